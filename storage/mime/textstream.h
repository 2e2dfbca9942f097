/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A message as text that can be searched (RFC 3501, section 6.4.4).  Headers
 * have their encoded words decoded, with one line for each field.  Bodies of
 * parts of type text or message have transfer encoding and charset undone.
 * All text is UTF-8 and folded (common/base/casefold.h), with NULs and invalid
 * bytes as U+FFFD.  HTML is searched as its source.  Other parts are left out,
 * but their headers are not, so that names of attachments are found.
 *
 * The stream is fed the bytes of the file in pieces of any size, and emits
 * text in pieces; the whole text does not depend on their sizes.  There is a
 * line end between parts, so that no match spans two of them.
 */
#ifndef STORAGE_MIME_TEXTSTREAM_H
#define STORAGE_MIME_TEXTSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/charset.h"
#include "storage/mime/mime.h"

#define TEXTSTREAM_HEADER	(1U << 0)	/* of the message */
#define TEXTSTREAM_BODY		(1U << 1)	/* everything else */
/* Header and body, as SEARCH TEXT looks at them. */
#define TEXTSTREAM_TEXT		(TEXTSTREAM_HEADER | TEXTSTREAM_BODY)

/* Gets each piece of text.  Returns true to end the stream early. */
typedef bool textstream_fn(void *arg, struct slice text);

struct textstream;

/*
 * Start on a message.  root is its structure, parsed or from its blob, and must
 * outlive the stream.  textstream_free() frees the stream.
 */
struct textstream *textstream_new(const struct mime_part *root,
	    unsigned int what, textstream_fn *emit, void *arg);
/* Free the stream; NULL is fine. */
void	 textstream_free(struct textstream *ts);

/*
 * Have textstream_feed() and textstream_finish() stop between two fields or two
 * parts once timer_ns() is past until_ns.  They always do something first.
 */
void	 textstream_until(struct textstream *ts, uint64_t until_ns);

/*
 * Return where in the file the next bytes are wanted from.  That may be beyond
 * what was fed, because stretches without text are skipped.  UINT64_MAX: no
 * more bytes are wanted.
 */
uint64_t textstream_want(const struct textstream *ts);

/*
 * Feed bytes of the file from offset off, which may not be greater than
 * textstream_want().  Returns 1 if emit ended the stream, 0 to go on, or -1 if
 * memory is short or bytes were left out.  What was not taken for want of time
 * is wanted again.
 */
int	 textstream_feed(struct textstream *ts, uint64_t off,
	    struct slice raw);

/*
 * Finish at the end of the file.  Returns as textstream_feed(), or
 * TEXTSTREAM_MORE to be called again.
 */
#define TEXTSTREAM_MORE	2
int	 textstream_finish(struct textstream *ts);

/*
 * Append the value of one header field in the form that SEARCH SUBJECT and
 * HEADER look at: unfolded, decoded, and folded in case.  set is as for
 * encword_decode().  Returns 0, or -1 if out would exceed its cap.
 */
int	 textstream_value(struct buf *out, struct slice value,
	    struct charset_set *set);

#endif
