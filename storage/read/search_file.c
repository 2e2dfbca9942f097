/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* SEARCH in the text of a message file; see search_file.h. */

#include "config.h"

#include <unistd.h>

#include "storage/index/op_wait.h"
#include "storage/read/reader_state.h"
#include "storage/read/search_file.h"

/* Bytes for the structure of a message. */
#define PARTS_MAX	(64 * 1024 * 1024)

void
search_file_init(struct search_file *f)
{
	*f = (struct search_file){ .fd = -1 };
	arena_init(&f->arena, PARTS_MAX);
}

static void
stop(struct search_file *f)
{
	if (f->ts == NULL)
		return;
	textstream_free(f->ts);
	f->ts = NULL;
	match_clear(&f->match);
}

void
search_file_clear(struct search_file *f)
{
	stop(f);
	arena_clear(&f->arena);
}

bool
search_file_reading(const struct search_file *f)
{
	return f->ts != NULL;
}

struct mime_part *
search_file_parts(struct search_file *f, const struct mimeblob *blob)
{
	arena_reset(&f->arena);
	return mimeblob_parts(blob, &f->arena);
}

static bool
feed_match(void *arg, struct slice text)
{
	return match_feed(arg, text);
}

int
search_file_begin(struct search_file *f, struct reader *r,
    const struct mimeblob *blob, unsigned int parts, struct slice needle)
{
	struct mime_part *root = search_file_parts(f, blob);

	f->fd = reader_fd(r);
	if (root == NULL || f->fd == -1 || match_init(&f->match, needle) == -1)
		return -1;
	f->ts = textstream_new(root, parts, feed_match, &f->match);
	return 0;
}

enum answer
search_file_go(struct search_file *f, const struct op *op)
{
	static char b[65536];
	enum answer answer;
	uint64_t at;
	ssize_t n;
	int rc = 0;

	textstream_until(f->ts, op_until(op));
	while ((at = textstream_want(f->ts)) != UINT64_MAX) {
		n = pread(f->fd, b, sizeof(b), (off_t)at);
		if (n <= 0)
			break;
		rc = textstream_feed(f->ts, at, slice_make(b, (size_t)n));
		if (rc != 0)
			break;
		if (op_must_yield(op))
			return MAYBE;
	}
	if (rc == 0 && textstream_finish(f->ts) == TEXTSTREAM_MORE)
		return MAYBE;
	answer = f->match.found ? YES : NO;
	stop(f);
	return answer;
}
