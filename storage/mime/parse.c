/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Parses a message once, for the index; see parse.h. */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/timer.h"
#include "storage/mime/gist.h"
#include "storage/mime/mimeblob.h"
#include "storage/mime/parse.h"

/* Limits of memory for one message: for its structure and for each result. */
#define PARSE_ARENA_MAX	(64 * 1024 * 1024)
#define PARSE_BLOB_MAX	(32 * 1024 * 1024)
/* Memory that each buffer keeps for the next message. */
#define PARSE_KEEP	(64 * 1024)

void
parse_init(struct parse *p)
{
	memset(p, 0, sizeof(*p));
	arena_init(&p->arena, PARSE_ARENA_MAX);
	buf_init(&p->blob, PARSE_BLOB_MAX);
	buf_init(&p->headers, PARSE_BLOB_MAX);
	buf_init(&p->gist, PARSE_BLOB_MAX);
	p->mime = mime_parser_new(&p->arena);
	p->line_empty = true;
}

/* Look for the end of the header and for 8-bit bytes before it. */
static void
look_at_header(struct parse *p, struct slice data)
{
	for (size_t i = 0; i < data.len && !p->in_body; i++) {
		if (data.p[i] == '\n') {
			p->in_body = p->line_empty;
			p->line_empty = true;
		} else if (data.p[i] != '\r')
			p->line_empty = false;
		if ((unsigned char)data.p[i] >= 0x80)
			p->traits |= MESSAGE_HEADER_8BIT;
	}
}

void
parse_feed(struct parse *p, struct slice data)
{
	if (data.len == 0)
		return;
	p->raw += data.len;
	digest_feed(&p->digest, data);
	if (!p->in_body)
		look_at_header(p, data);
	p->traits &= ~MESSAGE_NO_EOL;
	if (data.p[data.len - 1] != '\n')
		p->traits |= MESSAGE_NO_EOL;
	mime_feed(p->mime, data);
}

int
parse_finish(struct parse *p)
{
	struct mime_message *m;

	m = mime_finish(p->mime);
	if (m == NULL || mimeblob_put(&p->blob, m) == -1 ||
	    mimeblob_headers(&p->headers, m) == -1 ||
	    gist_put(&p->gist, buf_slice(&p->headers),
	    m->root->envelope->date) == -1) {
		errno = ENOMEM;
		return -1;
	}
	p->wire = m->root->end.wire;
	return 0;
}

void
parse_reset(struct parse *p)
{
	arena_reset(&p->arena);
	mime_parser_reset(p->mime);
	p->raw = p->wire = 0;
	p->digest = (struct digest){ .len = 0 };
	p->traits = 0;
	p->in_body = false;
	p->line_empty = true;
	buf_reset(&p->blob, PARSE_KEEP);
	buf_reset(&p->headers, PARSE_KEEP);
	buf_reset(&p->gist, PARSE_KEEP);
}

void
parse_trim(struct parse *p)
{
	mime_parser_free(p->mime);
	p->mime = NULL;
	arena_clear(&p->arena);
}

void
parse_clear(struct parse *p)
{
	parse_trim(p);
	buf_clear(&p->blob);
	buf_clear(&p->headers);
	buf_clear(&p->gist);
}

int
parse_file(struct parse *p, int fd, uint64_t size, uint64_t until_ns)
{
	static char b[65536];	/* only one thread parses */
	ssize_t n;

	while (p->raw < size) {
		if ((n = pread(fd, b, sizeof(b), (off_t)p->raw)) == -1)
			return -1;
		if (n == 0)
			break;
		parse_feed(p, slice_make(b, (size_t)n));
		/* The last header may take long, and so may the end. */
		if ((p->raw < size || size > sizeof(b)) &&
		    timer_ns() > until_ns)
			return 0;
	}
	return parse_finish(p) == -1 ? -1 : 1;
}
