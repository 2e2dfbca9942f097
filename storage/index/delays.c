/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The delays of a daemon, each with the reason for its value. */

#include "config.h"

#include "storage/index/delays.h"

const struct delays delays_default = {
	/*
	 * A power failure may take the flags of the last second, no more:
	 * 800 ms leave 200 for the sync itself.
	 */
	.sync_ms = 800,
	.control_ms = 800,
	/* Whatever is wrong with the disk will not pass in a second. */
	.control_retry_ms = 5000,
	/*
	 * A client may set several flags of a message in a row: they become
	 * one rename, which is committed before the sync.
	 */
	.rename_ms = 700,
	/* Another program is renaming files, too; it should be done by then. */
	.rename_retry_ms = 5000,

	/* A burst of deliveries costs one append to the list. */
	.list_ms = 10000,
	/*
	 * 200 UIDs are left to give out until another server could give out
	 * the same: far more than come within a second.
	 */
	.list_soon_ms = 1000,
	.list_retry_ms = 5000,
	/*
	 * A server that writes the list holds its lock for milliseconds.
	 * Meanwhile a client waits for the scan.
	 */
	.list_lock_ms = 1000,
	.list_look_ms = 20,
	/* Dovecot itself breaks a lock that is older. */
	.list_stale_s = 120,

	/* Most transactions of other processes take less. */
	.lock_retry_ms = 3,
	/*
	 * Others wait that long, and for one turn of the loop and the COMMIT.
	 */
	.lock_hold_ms = 25,
	/* Twice as long as it takes another process to try again. */
	.lock_pause_ms = 6,
	/* Short of descriptors or memory: not much longer, hopefully. */
	.absorb_retry_ms = 1000,
	/* cp and tar write without a pause, but the disk may make one. */
	.settle_ms = 3000,

	/*
	 * Whoever replaces a folder by another with two commands in a script
	 * needs less; a new user waits no longer for the first login.
	 */
	.vanished_ms = 5000,
	/* To clients, the server is slow for so long, and not broken. */
	.return_ms = 1500,
	.return_look_ms = 30,
	/* Whoever removes all of penfold/ is mostly done by then. */
	.mend_ms = 1000,

	/* A disk that comes back is used again within a second. */
	.heal_ms = 1000,

	.unwanted_retry_ms = 1000,

	/* By then the sessions that opened the store have been served. */
	.purge_first_ms = 5000,
	/* What is kept for an hour may be kept for ten minutes more. */
	.purge_ms = 600000,
	/* Sessions have read by then what they were told to be expunged. */
	.full_keep_s = 60,
	/* Space on a full disk is freed soon after the files may go. */
	.full_ms = 10000,
	/* Committing the tombstone of a file never takes so long. */
	.stray_s = 3600,

	/* The description of Maildir says so. */
	.tmp_s = 36 * 3600,
};
