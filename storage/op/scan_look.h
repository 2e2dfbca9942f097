/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The first part of a scan: it reads the folders, the list and the rows, and
 * finds out where they differ.  It holds no lock, so what it finds may have
 * changed again when the second part comes (scan_take.h).
 *
 * Each function is a step of a scan: it returns RUN_DONE, RUN_MORE or RUN_WAIT
 * to be called again, or RUN_FAIL with the error of the operation set.
 */

#ifndef STORAGE_OP_SCAN_LOOK_H
#define STORAGE_OP_SCAN_LOOK_H

#include <stdbool.h>

#include "common/base/run.h"
#include "common/base/slice.h"
#include "storage/index/sql.h"

struct file;
struct scan;

/* Find out whether dovecot-uidlist must be read, and open it. */
enum run	 scan_look_list(struct scan *sc);
/* Read the list. */
enum run	 scan_look_uids(struct scan *sc);
/* Read new/. */
enum run	 scan_look_new(struct scan *sc);
/* Read cur/, if all of the folder is to be looked at. */
enum run	 scan_look_cur(struct scan *sc);
/* Sort the files by base. */
enum run	 scan_look_sort(struct scan *sc);
/* Compare the files that readers found changed. */
enum run	 scan_look_suspects(struct scan *sc);
/* Find the file of each row, and note rows whose files differ. */
enum run	 scan_look_rows(struct scan *sc);
/* Read and sort the bases of messages that were expunged before this boot. */
enum run	 scan_look_buried(struct scan *sc);
/* Collect the files without a row. */
enum run	 scan_look_fresh(struct scan *sc);
/* Sort these by arrival. */
enum run	 scan_look_arrival(struct scan *sc);

/*
 * Read the rows above sc->row_last, a batch of them, within a span or a
 * transaction, and have seen() called for each.  Returns SQL_ROW if there may
 * be more, SQL_DONE after the last, or an error.
 */
enum sql_rc	 scan_look_batch(struct scan *sc, void (*seen)(struct scan *,
		    uint32_t uid, struct slice base, struct slice info));
/*
 * Find the file of a row, which is the first with this base.  Returns its place
 * in found, or found.n.
 */
size_t		 scan_look_place(struct scan *sc, struct slice base);
/* Whether another program has changed cur/ since the scan began. */
bool		 scan_look_changed(struct scan *sc);
/*
 * UIDs from the returned one on were not given out here, so that they can be
 * adopted from the list.
 */
uint32_t	 scan_look_adopt_from(const struct scan *sc);
/*
 * Whether the list on disk is the one that was read: 1 or 0, or -1 with errno.
 */
int		 scan_look_list_same(const struct scan *sc);
/* The list cannot be read: set the error by errno.  Returns RUN_FAIL. */
enum run	 scan_look_list_error(struct scan *sc);

#endif
