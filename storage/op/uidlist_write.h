/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Writing dovecot-uidlist and dovecot-keywords; uidlist.h has the format. */

#ifndef STORAGE_OP_UIDLIST_WRITE_H
#define STORAGE_OP_UIDLIST_WRITE_H

struct mailbox;

/* Start a job that writes what mailbox_list_behind() finds missing. */
void		 uidlist_start_job(struct mailbox *mb);
/*
 * Write what mailbox_list_behind() finds missing now, unless somebody holds
 * the lock.  Blocks.
 */
void		 uidlist_flush(struct mailbox *mb);

#endif
