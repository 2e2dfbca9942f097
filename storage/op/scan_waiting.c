/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Counting messages that stay in new/; see scan_waiting.h. */

#include "config.h"

#include <string.h>

#include "common/base/timer.h"
#include "storage/maildir/filelist.h"
#include "storage/maildir/maildir.h"
#include "storage/op/scan_waiting.h"
#include "storage/types.h"

void
scan_waiting_init(struct scan_waiting *w)
{
	memset(w, 0, sizeof(*w));
}

void
scan_waiting_clear(struct scan_waiting *w)
{
	if (w->dir != NULL)
		(void)closedir(w->dir);
	w->dir = NULL;
}

void
scan_waiting_add(struct scan_waiting *w, struct slice name)
{
	struct slice base, info;
	uint32_t system, keywords;

	maildir_split(name, &base, &info);
	maildir_info_parse(info, &system, &keywords);
	w->messages++;
	if ((system & FLAG_SEEN) == 0)
		w->unseen++;
}

enum run
scan_waiting_read(struct scan_waiting *w, uint64_t until_ns)
{
	struct dirent *e;
	int rc;

	while ((rc = maildir_next(w->dir, &e)) == 1) {
		if ((rc = filelist_is_message(dirfd(w->dir), e)) == -1)
			break;
		if (rc == 1)
			scan_waiting_add(w, slice_str(e->d_name));
		if (timer_ns() > until_ns)
			return RUN_MORE;
	}
	return rc == -1 ? RUN_FAIL : RUN_DONE;
}
