/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The only writer of IMAP syntax: all responses (RFC 3501, section 9,
 * response) are printed with these functions.
 *
 * None of them returns an error.  If the output buffer cannot grow, failed is
 * set and the session ends: a partial response is worse than none.
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
	/*
	 * Something could not be written.  Then nothing more is: a client must
	 * not get what comes after a hole as an answer.
	 */
	bool		 failed;
};

enum status {
	STATUS_OK,
	STATUS_NO,
	STATUS_BAD,
	STATUS_BYE
};

/* Start writing to out. */
void	 reply_init(struct reply *r, struct buf *out);

/* Print bytes as they are. */
static inline void
reply_bytes(struct reply *r, const char *p, size_t len)
{
	if (r->failed || buf_add(r->out, p, len) == -1)
		r->failed = true;
}

/* Print a C string as it is. */
static inline void
reply_str(struct reply *r, const char *s)
{
	reply_bytes(r, s, strlen(s));
}

/* Print one byte as it is. */
static inline void
reply_char(struct reply *r, char c)
{
	if (r->failed || buf_add_char(r->out, c) == -1)
		r->failed = true;
}

/* Print a slice as it is.  It must be checked, or made by us. */
void	 reply_slice(struct reply *r, struct slice s);

/* Print a number. */
void	 reply_number(struct reply *r, uint64_t n);

/* Print a string: quoted if possible, as a literal otherwise. */
void	 reply_string(struct reply *r, struct slice s);

/* Print an astring: an atom if possible, otherwise as reply_string(). */
void	 reply_astring(struct reply *r, struct slice s);

/*
 * Print a mailbox name in the given style.  The name is UTF-8 with '/' between
 * levels.
 */
void	 reply_mailbox(struct reply *r, struct slice name,
	    const struct name_style *names);

/* Print a sequence-set; nothing if the set is empty. */
void	 reply_idset(struct reply *r, const struct idset *set);

/* Print a date-time in quotes, in UTC.  when is in seconds since the epoch. */
void	 reply_datetime(struct reply *r, int64_t when);

/*
 * Print the start of an untagged response: "* LIST", or "* 5 EXISTS".  The
 * caller prints the space before the next item, and ends with reply_end().
 */
void	 reply_untagged(struct reply *r, const char *name);
void	 reply_untagged_number(struct reply *r, uint64_t n,
	    const char *name);

/* End a response: print CRLF. */
void	 reply_end(struct reply *r);

/* Print "{n}" CRLF.  The caller prints the n octets of the literal. */
void	 reply_literal_size(struct reply *r, uint64_t n);

/*
 * Print a status response, "TAG OK [CODE args] text".
 *
 * tag   empty for an untagged response
 * args  arguments of the code, printed as they are; may be empty
 */
void	 reply_status(struct reply *r, struct slice tag, enum status status,
	    enum respcode code, struct slice args, struct slice text);

/* Print a status response without text and CRLF, which the caller prints. */
void	 reply_status_begin(struct reply *r, struct slice tag,
	    enum status status, enum respcode code, struct slice args);

/* Print "* OK [CODE args] text" or "* OK [CODE n] text". */
void	 reply_ok(struct reply *r, enum respcode code, struct slice args,
	    const char *text);
void	 reply_ok_number(struct reply *r, enum respcode code, uint64_t n,
	    const char *text);

/*
 * Print "TAG OK [CODE ", then, after the caller has printed the arguments of
 * the code, "] text" CRLF.
 */
void	 reply_ok_begin(struct reply *r, struct slice tag,
	    enum respcode code);
void	 reply_ok_end(struct reply *r, const char *text);

/* Print "* BYE [CODE] text". */
void	 reply_bye(struct reply *r, enum respcode code, const char *text);

/*
 * Print "+ text", which asks the client to go on: to send a literal, the
 * response to a challenge, or, in IDLE, DONE at some time.
 */
void	 reply_continue(struct reply *r, struct slice text);

#endif
