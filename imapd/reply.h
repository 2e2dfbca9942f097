/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The only writer of IMAP syntax: what a server sends (RFC 3501, section 9,
 * response) is put together from these.
 *
 * Nothing here returns an error.  If the output buffer cannot grow, failed
 * is set, nothing more is written, and the session ends: half a response
 * is worse than none.
 */

#ifndef IMAPD_REPLY_H
#define IMAPD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "common/base/slice.h"
#include "imapd/name_style.h"
#include "imapd/respcode.h"

struct reply {
	struct buf	*out;
	bool		 failed;	/* something could not be written */
};

enum status {
	STATUS_OK,
	STATUS_NO,
	STATUS_BAD,
	STATUS_BYE
};

/* Write to out. */
void	 reply_init(struct reply *r, struct buf *out);

/* Bytes as they are. */
static inline void
reply_bytes(struct reply *r, const char *p, size_t len)
{
	if (buf_add(r->out, p, len) == -1)
		r->failed = true;
}

/* A string of our own, as it is. */
static inline void
reply_str(struct reply *r, const char *s)
{
	reply_bytes(r, s, strlen(s));
}

/* One byte. */
static inline void
reply_char(struct reply *r, char c)
{
	if (buf_addc(r->out, c) == -1)
		r->failed = true;
}

/* A slice as it is: what was checked or made by ourselves. */
void	 reply_slice(struct reply *r, struct slice s);

/* A number. */
void	 reply_number(struct reply *r, uint64_t n);

/* A string: quoted if it can be, a literal otherwise. */
void	 reply_string(struct reply *r, struct slice s);

/* An astring: an atom if it can be, else as reply_string(). */
void	 reply_astring(struct reply *r, struct slice s);

/* A mailbox name, which is UTF-8 with '/' between levels, in a style. */
void	 reply_mailbox(struct reply *r, struct slice name,
	    const struct name_style *names);

/* A sequence-set; an empty one prints nothing. */
void	 reply_idset(struct reply *r, const struct idset *set);

/* A date-time with its quotes. */
void	 reply_datetime(struct reply *r, int64_t when);

/*
 * The start of an untagged response: "* LIST", or "* 5 EXISTS".  What follows
 * begins with its space; reply_end() ends it.
 */
void	 reply_untagged(struct reply *r, const char *name);
void	 reply_untagged_number(struct reply *r, uint64_t n,
	    const char *name);

/* The end of a response. */
void	 reply_end(struct reply *r);

/* "{n}" and the line end before the n octets of a literal. */
void	 reply_literal_size(struct reply *r, uint64_t n);

/*
 * A status response, "TAG OK [CODE args] text".
 *
 * tag   empty for "*"
 * args  of the code, as they are; empty where it has none
 */
void	 reply_status(struct reply *r, struct slice tag, enum status status,
	    enum respcode code, struct slice args, struct slice text);

/* The same without text and line end, which the caller prints. */
void	 reply_status_begin(struct reply *r, struct slice tag,
	    enum status status, enum respcode code, struct slice args);

/* The common cases, "* OK [CODE args] text" and "* OK [CODE n] text". */
void	 reply_ok(struct reply *r, enum respcode code, struct slice args,
	    const char *text);
void	 reply_ok_number(struct reply *r, enum respcode code, uint64_t n,
	    const char *text);

/*
 * "TAG OK [CODE ", for arguments that the caller prints piece by piece, and
 * "] text", which ends it.
 */
void	 reply_ok_begin(struct reply *r, struct slice tag,
	    enum respcode code);
void	 reply_ok_end(struct reply *r, const char *text);

/* "* BYE [CODE] text" */
void	 reply_bye(struct reply *r, enum respcode code, const char *text);

/*
 * "+ text": send the literal, DONE when you like, or the response to this
 * challenge.
 */
void	 reply_continue(struct reply *r, struct slice text);

#endif
