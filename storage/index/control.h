/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * penfold/control: the part of the index that is not in the Maildir, as text
 * that people can copy and read.  Written within a second after a change
 * (control_write.h), and read only when the index had to be created anew.
 *
 *	penfold 2
 *	uidvalidity N
 *	modseq N
 *	mailbox-id N
 *	content-id N
 *	mailbox ID USE UIDVALIDITY UIDNEXT FOLDER
 *	subscribed NAME
 *	end LINES
 *
 * The first four are the floors of floor.h, and UIDNEXT is a floor, too: it is
 * above all UIDs that were given out.  The last line counts the lines before
 * it.  A file without it, or of another version, was cut or damaged, or is from
 * an older daemon: its names, special uses and subscriptions are taken over,
 * but no other number is believed.
 */

#ifndef STORAGE_INDEX_CONTROL_H
#define STORAGE_INDEX_CONTROL_H

#include <stdint.h>

#include "common/base/buf.h"
#include "storage/index/sql.h"

struct store;

#define CONTROL_NAME	"control"
/* A mailbox of the file that never had a message has this UIDNEXT. */
#define CONTROL_UIDNEXT_MIN 2
/* The file has some 100 bytes for each mailbox. */
#define CONTROL_MAX	(16 * 1024 * 1024)

/*
 * Print the file.  *modseq gets its floor for modseqs.  Returns SQL_DONE, or
 * what failed.
 */
enum sql_rc	 control_print(struct store *st, struct buf *out,
		    uint64_t *modseq);
/*
 * Read the file into a new index, within a transaction.  Returns 0, or -1 with
 * errno if the file cannot be read, or is not there.
 *
 * A mailbox gets the UIDVALIDITY in the file, and keeps it if its first scan
 * finds that its dovecot-uidlist agrees.  UIDNEXT tells the scan that clients
 * may know that UIDVALIDITY: it is at least CONTROL_UIDNEXT_MIN.  From a file
 * that is not whole, a mailbox gets a new UIDVALIDITY and UIDNEXT 1.
 */
int		 control_read(struct store *st);
/*
 * A transaction with this modseq was committed: have the file written anew if
 * its floor is not above that.  Nearly always costs a comparison.
 */
void		 control_modseq(struct store *st, uint64_t modseq);
/*
 * Subscriptions, names or special uses changed: schedule a write of the
 * control file.
 */
void		 control_changed(struct store *st);

#endif
