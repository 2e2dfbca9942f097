/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The return values of work that can be resumed.
 *
 * Everything that may take longer than a few milliseconds, or that has to wait
 * for the disk, a lock or a slow client, is written so that it can be called
 * again and continues where it stopped.  The commands of both daemons and the
 * operations of the store share these values.
 */

#ifndef COMMON_BASE_RUN_H
#define COMMON_BASE_RUN_H

/* After this time, work returns RUN_MORE: nobody holds up the others. */
#define RUN_SLICE_MS	4

enum run {
	RUN_DONE,	/* finished; the result may be read */
	RUN_MORE,	/* more to do now: call again after the others */
	RUN_WAIT,	/* waiting: the caller will be woken */
	RUN_FAIL	/* failed; the object's error says why */
};

#endif
