/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Messages that STATUS counts in new/ and leaves there. */

#ifndef STORAGE_OP_SCAN_WAITING_H
#define STORAGE_OP_SCAN_WAITING_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"
#include "common/base/slice.h"

/*
 * Messages that wait in new/: they get UIDs, and go to cur/, when somebody
 * looks into the mailbox.
 */
struct scan_waiting {
	uint32_t	 messages;
	uint32_t	 unseen;	/* of these */
	bool		 scanned;	/* what else has changed is taken in */
	bool		 counted;
	uint32_t	 uidnext;	/* when they were counted */
	DIR		*dir;		/* new/, while it is read; or NULL */
};

/* Start with nothing counted; scan_waiting_clear() closes the folder. */
void		 scan_waiting_init(struct scan_waiting *w);
void		 scan_waiting_clear(struct scan_waiting *w);
/* Count a message by the name of its file. */
void		 scan_waiting_add(struct scan_waiting *w, struct slice name);
/*
 * Count the messages in w->dir.  Returns RUN_DONE, RUN_MORE once timer_ns() is
 * past until_ns, or RUN_FAIL with errno.
 */
enum run	 scan_waiting_read(struct scan_waiting *w, uint64_t until_ns);

#endif
