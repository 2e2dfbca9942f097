/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * How an account starts that has neither an index nor a control file: with the
 * folders of the configuration, whether there are other folders or not, and
 * the subscriptions that another server left.  An account that has only lost
 * its index has a control file, and gets back no folder that its user deleted.
 */

#ifndef STORAGE_OP_NEWUSER_H
#define STORAGE_OP_NEWUSER_H

struct op;

/*
 * Within a transaction: make those folders that are missing, give all of them
 * rows with their special uses, and subscribe to them, to INBOX and to the
 * names in the files of other servers.  Returns 0, or -1 with the error of op
 * set; failures of the index are reported by sql_failed().
 */
int	 newuser_begin(struct op *op);

#endif
