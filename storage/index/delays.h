/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Every delay of the store: how long work may wait so that more of it is done
 * at once, and how soon something that failed is tried again.
 *
 * Tests set their own by storage_options.delays: no assertion may depend on
 * when a loaded machine runs the loop.
 */

#ifndef STORAGE_INDEX_DELAYS_H
#define STORAGE_INDEX_DELAYS_H

#include <stdint.h>

/* Longer than any process runs: for tests. */
#define DELAY_NEVER_MS	UINT32_MAX

struct delays {
	/* Work that is done after the client has its answer. */
	uint32_t	 sync_ms;	/* from COMMIT to the sync of the WAL */
	uint32_t	 control_ms;	/* until the control file is written */
	uint32_t	 control_retry_ms; /* doubled with each failure */
	uint32_t	 rename_ms;	/* until file names show new flags */
	uint32_t	 rename_retry_ms;

	/* dovecot-uidlist. */
	uint32_t	 list_ms;	/* until the list has new UIDs */
	uint32_t	 list_soon_ms;	/* if its next UID comes near */
	uint32_t	 list_retry_ms;
	uint32_t	 list_lock_ms;	/* a scan waits for the list's lock */
	uint32_t	 list_look_ms;	/* between two looks at the lock */
	uint32_t	 list_stale_s;	/* age at which a lock is abandoned */

	/* The index. */
	uint32_t	 lock_retry_ms;
	uint32_t	 lock_hold_ms;	/* a scan commits at the latest */
	uint32_t	 lock_pause_ms;	/* and leaves the lock to others */
	uint32_t	 absorb_retry_ms; /* after commits could not be read */
	uint32_t	 settle_ms;	/* see opening.h */

	/* How long a home that has vanished is not made anew. */
	uint32_t	 vanished_ms;
	/* How long a login waits for it, and between two looks. */
	uint32_t	 return_ms;
	uint32_t	 return_look_ms;
	/* Until what is missing in penfold/ is made anew in a home in use. */
	uint32_t	 mend_ms;

	/* After a failed sync: until the next attempt to write again. */
	uint32_t	 heal_ms;

	/*
	 * Until the next attempt to expunge what a COPY that failed has left;
	 * doubled with each failure.
	 */
	uint32_t	 unwanted_retry_ms;

	/* penfold/expunged/. */
	uint32_t	 purge_first_ms; /* after the store was opened */
	uint32_t	 purge_ms;	/* between two purges */
	uint32_t	 full_keep_s;	/* files are kept on a full disk */
	uint32_t	 full_ms;	/* between two purges of a full disk */
	uint32_t	 stray_s;	/* more for files without tombstone */

	/* Files in tmp/ are kept. */
	uint32_t	 tmp_s;
};

/* The delays of a daemon. */
extern const struct delays delays_default;

#endif
