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
	/*
	 * A client sets flags of one message one after another; they become
	 * one rename, and are committed before the sync.
	 */
	.rename_ms = 700,
	/* Somebody else renames as well; by then he has finished. */
	.rename_retry_ms = 5000,

	/* A burst of deliveries is one append to the list. */
	.list_ms = 10000,
	/*
	 * 200 UIDs are left to give out until another server could give out
	 * the same: far more than come within a second.
	 */
	.list_soon_ms = 1000,
	.list_retry_ms = 5000,
	/*
	 * A server that writes the list holds its lock for milliseconds.
	 * A client waits for the scan meanwhile.
	 */
	.list_lock_ms = 1000,
	.list_look_ms = 20,
	/* Dovecot itself breaks a lock that is older. */
	.list_stale_s = 120,

	/* Most transactions of others take less. */
	.lock_retry_ms = 3,

	/* When the sessions that opened the store have what they want. */
	.purge_first_ms = 5000,
	/* What is kept for an hour may be kept for ten minutes more. */
	.purge_ms = 600000,
	/* A purge stops after 200 files, for the sake of the sessions. */
	.purge_more_ms = 1000,
	/*
	 * The system has surely written the rename into expunged/ by then, so
	 * that no crash can bring back a file whose base name its tombstone
	 * has forgotten.
	 */
	.full_keep_s = 60,
	/* Often enough to give back room soon after it may be. */
	.full_ms = 10000,
	/* Longer than any operation that has yet to commit its tombstone. */
	.stray_s = 3600,
};
