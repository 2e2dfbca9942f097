/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Numbers that are never given out again; see floor.h. */

#include "config.h"

#include <time.h>

#include "storage/index/floor.h"

/*
 * How far the floors in the control file are above what was given out.  The
 * file is written anew when a modseq comes near its floor, at most once a day
 * since modseqs follow the clock.  No store parses so many messages between
 * two writes of the file.
 */
#define MODSEQ_AHEAD	(86400ULL << 16)
#define CONTENT_AHEAD	(1ULL << 32)
/*
 * Without a control file, ids of mailboxes begin at the seconds since this
 * time, in 2020: they have 32 bits, and nobody makes a mailbox a second for
 * years.
 */
#define MAILBOX_EPOCH	1577836800

#define KEY_UIDVALIDITY	SQL_T(SLICE_LIT("uidvalidity"))
#define KEY_MODSEQ	SQL_T(SLICE_LIT("modseq"))
#define KEY_MAILBOX	SQL_T(SLICE_LIT("mailbox"))
#define KEY_CONTENT	SQL_T(SLICE_LIT("content"))

/* Get the number of a one-row query, 0 if there is no row. */
static enum sql_rc
get(struct sql *db, enum sql_stmt id, struct sql_arg key, uint64_t *out)
{
	enum sql_rc rc;

	*out = 0;
	sql_start(db, id, &key, 1);
	if ((rc = sql_step(db, id)) == SQL_ROW) {
		int64_t n = sql_int(db, id, 0);

		*out = n < 0 ? 0 : (uint64_t)n;
	}
	sql_reset(db, id);
	return rc == SQL_ROW ? SQL_DONE : rc;
}

enum sql_rc
floor_get(struct sql *db, uint64_t modseq, struct floor *out)
{
	uint64_t made = 0;
	enum sql_rc rc;

	rc = get(db, SQL_META_GET, KEY_UIDVALIDITY, &out->uidvalidity);
	if (rc == SQL_DONE)
		rc = get(db, SQL_META_GET, KEY_MODSEQ, &made);
	if (rc == SQL_DONE)
		rc = get(db, SQL_SEQUENCE_GET, KEY_MAILBOX, &out->mailbox);
	if (rc == SQL_DONE)
		rc = get(db, SQL_SEQUENCE_GET, KEY_CONTENT, &out->content);
	out->modseq = (modseq > made ? modseq : made) + MODSEQ_AHEAD;
	out->content += CONTENT_AHEAD;
	return rc;
}

static void
raise_sequence(struct sql *db, struct sql_arg key, uint64_t n)
{
	sql_tx_do(db, SQL_SEQUENCE_ADD, &key, 1);
	sql_tx_do(db, SQL_SEQUENCE_RAISE, SQL_ARGS(key, SQL_I(n)));
}

void
floor_clock(struct floor *out)
{
	struct timespec ts;
	uint64_t now;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	now = (uint64_t)ts.tv_sec;
	out->uidvalidity = now;
	/*
	 * A modseq is a 65,536th of a second: fewer changes of a mailbox are
	 * made, and fewer messages parsed, in a second.
	 */
	out->modseq = (now << 16) +
	    (uint64_t)ts.tv_nsec * 65536 / 1000000000;
	out->mailbox = now > MAILBOX_EPOCH ? now - MAILBOX_EPOCH : 0;
	out->content = out->modseq;
}

void
floor_raise(struct sql *db, const struct floor *floor)
{
	sql_tx_do(db, SQL_META_SET, SQL_ARGS(KEY_UIDVALIDITY,
	    SQL_I(floor->uidvalidity)));
	sql_tx_do(db, SQL_META_SET, SQL_ARGS(KEY_MODSEQ,
	    SQL_I(floor->modseq)));
	raise_sequence(db, KEY_MAILBOX, floor->mailbox);
	raise_sequence(db, KEY_CONTENT, floor->content);
}

uint32_t
floor_next_uidvalidity(struct sql *db)
{
	uint64_t last, next = (uint64_t)time(NULL);

	if (get(db, SQL_META_GET, KEY_UIDVALIDITY, &last) != SQL_DONE)
		return 0;
	if (next <= last)
		next = last + 1;
	if (next > UINT32_MAX)
		return 0;
	sql_tx_do(db, SQL_META_SET, SQL_ARGS(KEY_UIDVALIDITY, SQL_I(next)));
	return (uint32_t)next;
}

uint64_t
floor_first_modseq(struct sql *db)
{
	uint64_t floor, first = (uint64_t)time(NULL) << 16;

	if (get(db, SQL_META_GET, KEY_MODSEQ, &floor) != SQL_DONE)
		return 0;
	return first > floor ? first : floor + 1;
}
