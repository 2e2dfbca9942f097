/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Files that another program may have changed in place.  RFC 3501, 2.3.1.1: a
 * UID never means another message, so a file with other contents is a new
 * message, though its base name is the same.
 */

#ifndef STORAGE_OP_SCAN_COMPARE_H
#define STORAGE_OP_SCAN_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/op/scan_struct.h"

/* Start with no file; scan_compare_clear() closes one. */
void		 scan_compare_init(struct scan_compare *c);
void		 scan_compare_clear(struct scan_compare *c);
/*
 * Within the transaction of a scan: whether a file of cur/ has other contents
 * than its message had when it was parsed.  If it has the same, the index gets
 * its new time.  Returns RUN_DONE with *changed set, RUN_MORE to be called
 * again, or RUN_FAIL with the error of the operation set.
 */
enum run	 scan_compare(struct scan *sc, const char *name, uint32_t uid,
		    bool *changed);

#endif
