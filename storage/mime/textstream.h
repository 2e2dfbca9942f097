/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A message as text that can be searched (RFC 3501, section 6.4.4): headers
 * with their encoded words decoded, one line to a field; bodies of parts of
 * type text or message with transfer encoding and charset undone; all in UTF-8
 * and folded (common/base/casefold.h), NULs and invalid bytes as U+FFFD.  HTML
 * is its source.  Parts that are no text are left out, but their headers are
 * not, so that names of attachments are found.
 *
 * It is fed the bytes of the file in pieces of any size, and gives pieces
 * whose concatenation does not depend on that.  A line end stands between
 * parts, so that nothing is found across them.
 */
#ifndef STORAGE_TEXTSTREAM_H
#define STORAGE_TEXTSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/mime.h"

#define TEXTSTREAM_HEADER	(1U << 0)	/* of the message */
#define TEXTSTREAM_BODY		(1U << 1)	/* all but that */
/* What SEARCH TEXT looks at. */
#define TEXTSTREAM_TEXT		(TEXTSTREAM_HEADER | TEXTSTREAM_BODY)

/* Gets each piece; returns true to end the stream, as all is known. */
typedef bool textstream_fn(void *arg, struct slice text);

struct textstream;

/*
 * Start on a message whose structure is known, parsed or from its blob; it
 * must live as long.  Freed by textstream_free().
 */
struct textstream *textstream_new(const struct mime_part *root,
	    unsigned int what, textstream_fn *emit, void *arg);
/* End it; NULL is fine. */
void	 textstream_free(struct textstream *ts);

/*
 * Where in the file the next bytes are wanted from: it may be further on
 * than what was fed, as what holds no text is skipped.  UINT64_MAX: no more.
 */
uint64_t textstream_want(const struct textstream *ts);

/*
 * Feed bytes of the file from offset off, which is not beyond what is
 * wanted.  Returns 1 when emit said that it is enough, 0 to go on, -1 when
 * memory is short.
 */
int	 textstream_feed(struct textstream *ts, uint64_t off,
	    struct slice raw);

/* The end of the file.  Returns as textstream_feed(). */
int	 textstream_finish(struct textstream *ts);

/*
 * Append the value of one header field, as SEARCH SUBJECT and HEADER look at
 * it: unfolded, decoded, folded in case.  Returns 0, or -1 over the cap.
 */
int	 textstream_value(struct buf *out, struct slice value);

#endif
