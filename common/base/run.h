/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a resumable piece of work answers when it is called.
 *
 * Everything that may take longer than a few milliseconds, or that has
 * to wait for the disk, a lock or a slow client, is written so that it
 * can be called again and goes on where it stopped.  Commands of both
 * daemons and operations of the store share this one vocabulary.
 */

#ifndef COMMON_RUN_H
#define COMMON_RUN_H

enum run {
	RUN_DONE,	/* finished; the result may be read */
	RUN_MORE,	/* has more to do now: call again after the others */
	RUN_WAIT,	/* waits: whoever it waits for wakes the caller */
	RUN_FAIL	/* failed; the object's error says why */
};

#endif
