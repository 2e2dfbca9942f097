/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a scan makes of the files that it found: rows of the index, within its
 * transaction, and entries after COMMIT.
 */

#ifndef STORAGE_OP_SCAN_TAKE_H
#define STORAGE_OP_SCAN_TAKE_H

#include <stdbool.h>

#include "common/base/run.h"

struct file;
struct scan;

/*
 * Take in what other programs added to dovecot-keywords before any name is
 * read.  A program that adds a line may rename files first, but it holds the
 * lock of dovecot-uidlist for both: if we did not wait for it to the end, read
 * both again.
 */
enum run	 scan_adopt_keywords(struct scan *sc);
/* Take over UIDVALIDITY and UIDNEXT that another server left. */
void		 scan_adopt_list(struct scan *sc);
/* Whether a file without a row is to stay in new/, and only counted. */
bool		 scan_leaves(const struct scan *sc, const struct file *f);
/* Merge rows and found, both sorted by base, and take in the differences. */
enum run	 scan_merge(struct scan *sc);
/* Move the files in fresh, sorted by arrival, to cur/, and give them UIDs. */
enum run	 scan_add(struct scan *sc);
/* After COMMIT: change the entries in memory. */
void		 scan_apply(struct scan *sc);

#endif
