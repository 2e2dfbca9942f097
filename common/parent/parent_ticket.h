/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  For the files of the parent alone: the keys of TLS
 * session tickets, which are the same in all fronts and change.
 */

#ifndef COMMON_PARENT_TICKET_H
#define COMMON_PARENT_TICKET_H

struct kid;

/* Make the first key. */
void	 parent_ticket_setup(void);

/* The configuration has changed: keys may change sooner or later. */
void	 parent_ticket_arm(void);

/* Tell a front all keys, as a part of its configuration. */
void	 parent_ticket_send(struct kid *k);

#endif
