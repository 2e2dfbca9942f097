/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The second part of a scan: what the first has found becomes rows of the
 * index, in transactions that are short, and entries after their COMMIT.
 *
 * Functions that return enum run are steps, as in scan_look.h.  Each is called
 * within a transaction, after scan_take_begin().
 */

#ifndef STORAGE_OP_SCAN_TAKE_H
#define STORAGE_OP_SCAN_TAKE_H

#include "common/base/run.h"

struct scan;

/*
 * A transaction has begun: take in what others have done since the folder was
 * read.
 */
enum run	 scan_take_begin(struct scan *sc);
/*
 * Commit, change the entries in memory, and release the lock of the list.
 * Returns 0, or -1 with the scan undone and freed.
 */
int		 scan_take_commit(struct scan *sc);

/*
 * Take in what other programs added to dovecot-keywords.  A program that adds
 * a line may rename files first, but it holds the lock of dovecot-uidlist for
 * both: if it has the lock now, both are read again.
 */
enum run	 scan_take_keywords(struct scan *sc);
/* Take in what has changed of known messages. */
enum run	 scan_take_differ(struct scan *sc);
/* Add files that have UIDs in the list. */
enum run	 scan_take_adopted(struct scan *sc);
/* Add all other files that were found, and move those in new/ to cur/. */
enum run	 scan_take_rest(struct scan *sc);

#endif
