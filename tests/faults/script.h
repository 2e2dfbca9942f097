/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The scripts: what users and the store do while calls fail. */

#ifndef TESTS_FAULTS_SCRIPT_H
#define TESTS_FAULTS_SCRIPT_H

#include <stdbool.h>

struct script {
	const char	*name;
	/* Prepare; nothing fails yet. */
	void		(*setup)(void);
	/* What is done while calls fail. */
	void		(*run)(void);
	/*
	 * The store does at once what it delays otherwise, so that run() sees
	 * it.
	 */
	bool		 jobs;
	/*
	 * What another process does meanwhile, or NULL.  Both then begin with
	 * script_select().
	 */
	void		(*also)(void);
};

/* Select INBOX, which run() and also() expect. */
void	 script_select(void);

/* All scripts; the last has no name. */
extern const struct script scripts[];

#endif
