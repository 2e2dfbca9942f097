/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A reader from inside: its batch of rows, and who works on them. */

#ifndef STORAGE_READER_STATE_H
#define STORAGE_READER_STATE_H

#include <sys/stat.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "storage/mime/parse.h"
#include "storage/op/op_state.h"
#include "storage/read/reader.h"
#include "storage/types.h"

/* Messages of a batch, and bytes that end one early. */
#define BATCH_MAX	128
#define BATCH_BYTES	(512 * 1024)
#define NEED_CONTENT	(NEED_SIZE | NEED_DATE | NEED_STRUCT | NEED_HEADERS | \
			    NEED_GIST | NEED_FILE)

struct reader_row {
	uint32_t	 uid;
	int64_t		 content;
	int64_t		 savedate;
	int64_t		 date;
	uint64_t	 raw;
	uint64_t	 wire;
	uint32_t	 traits;
	size_t		 blob_off;	/* in bytes */
	size_t		 blob_len;
	size_t		 headers_off;
	size_t		 headers_len;
	size_t		 gist_off;
	size_t		 gist_len;
	size_t		 name_off;	/* of the file, once names are read */
	size_t		 name_len;
	bool		 parsed;	/* just now: to be stored */
	enum store_err	 err;
	int		 errnum;
};

struct reader {
	struct view	*view;
	struct mailbox	*mb;
	uint32_t	 need;
	struct idset	 uids;
	struct idset_iter it;
	uint32_t	 ahead;		/* taken from it, not in a batch yet */
	bool		 end;		/* it has given all */
	struct reader_row	 rows[BATCH_MAX];
	size_t		 nrows;
	size_t		 at;		/* the next of rows */
	bool		 filling;	/* rows from parsed_to on are raw */
	size_t		 parsed_to;
	bool		 parsing;	/* parse was begun in this batch */
	struct parse	 parse;		/* of rows[parsed_to], if */
	int		 parse_fd;	/* this is not -1 */
	bool		 has_names;	/* those of rows were read */
	struct buf	 bytes;
	struct buf	 names;		/* of the batch, each with a NUL */
	struct buf	 name;
	struct message	 m;
	struct reader_row	*row;		/* of m */
	int		 fd;
	struct waiter	 waiter;
	struct store_error err;
};

/* Append to the bytes of the batch, and lend them again. */
static inline void
reader_add_bytes(struct reader *r, struct slice s, size_t *off, size_t *len)
{
	*off = buf_len(&r->bytes);
	*len = s.len;
	(void)buf_add_slice(&r->bytes, s);
}

static inline struct slice
reader_bytes_at(const struct reader *r, size_t off, size_t len)
{
	return slice_sub(buf_slice(&r->bytes), off, len);
}

/*
 * reader_file.c: open the file of a row.  The name that the batch knows may
 * be old: if there is no such file, the index is asked.  Returns the
 * descriptor, or -1 with errno; ENOENT for what was expunged.
 */
int		 reader_open_file(struct reader *r,
		    const struct reader_row *row, struct stat *sb);
/* The descriptor of that file, opened on first use; -1 on failure. */
int		 reader_fd(struct reader *r);
/* Close the file of the message that the reader stands on. */
void		 reader_close_file(struct reader *r);
/* The system failed us on a message: the log gets its place. */
void		 reader_fail_errno(struct reader *r, uint32_t uid, int errnum);

/* reader_parse.c: parse a row's message until then; false: not enough. */
bool		 reader_parse_row(struct reader *r, struct reader_row *row,
		    uint64_t until_ns);
/* Close the file that is being parsed, if there is one. */
void		 reader_parse_end(struct reader *r);
/* Give up what parsing shares from message to message. */
void		 reader_parse_leave(struct reader *r);
/* Store what was parsed of the batch, if the lock is free. */
void		 reader_store_parsed(struct reader *r);

#endif
