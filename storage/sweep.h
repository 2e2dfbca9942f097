/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Old files in tmp/ of the mailboxes: what a program has left there that was
 * killed while it wrote a message.  Maildir has readers remove them after 36
 * hours.
 */

#ifndef STORAGE_SWEEP_H
#define STORAGE_SWEEP_H

struct store;

/*
 * Start a job that removes them, unless one is running.  It does nothing if
 * that was done, by any process, in the last hours: the index knows.
 */
void	 sweep_start_job(struct store *st);

#endif
