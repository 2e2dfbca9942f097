/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A reader from inside: its batch of rows, and the functions of its files. */

#ifndef STORAGE_READ_READER_STATE_H
#define STORAGE_READ_READER_STATE_H

#include <sys/stat.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/idset.h"
#include "storage/mime/parse.h"
#include "storage/op/op_state.h"
#include "storage/read/reader.h"
#include "storage/types.h"

/* Messages in a batch, and bytes that end a batch early. */
#define BATCH_MAX	128
#define BATCH_BYTES	(512 * 1024)
#define NEED_CONTENT	(NEED_SIZE | NEED_DATE | NEED_STRUCT | NEED_HEADERS | \
			    NEED_GIST | NEED_FILE)

struct reader_row {
	uint32_t	 uid;
	int64_t		 content;
	int64_t		 savedate;
	int64_t		 date;
	int64_t		 mtime;		/* of the file, if has_mtime */
	uint64_t	 digest;	/* of the file, if parsed */
	uint64_t	 raw;
	uint64_t	 wire;
	uint32_t	 traits;
	size_t		 blob_off;	/* offset in bytes of struct reader */
	size_t		 blob_len;
	size_t		 headers_off;
	size_t		 headers_len;
	size_t		 gist_off;
	size_t		 gist_len;
	size_t		 name_off;	/* in reader.names, once read */
	size_t		 name_len;
	bool		 has_mtime;
	bool		 parsed;	/* by this reader: to be stored */
	enum store_err	 err;
	int		 errnum;
};

struct reader {
	struct view	*view;
	struct mailbox	*mb;
	uint32_t	 need;
	struct idset	 uids;
	struct idset_iter it;
	uint32_t	 ahead;		/* next UID if already taken; 0: none */
	bool		 end;		/* no UIDs are left to take */
	uint32_t	 sought;	/* UID whose file was not found, or 0 */
	unsigned int	 seeks;		/* scans that were made for that file */
	bool		 asleep;	/* the waiter is set */
	uint64_t	 busy_since_ms;	/* of op_wait_lock_with() */
	uint32_t	 suspect;	/* UID whose file a scan compares */
	struct reader_row	 rows[BATCH_MAX];
	size_t		 nrows;
	size_t		 batch;		/* most rows of the next batch */
	size_t		 at;		/* index of the next of rows */
	bool		 filling;	/* rows from parsed_to may lack data */
	size_t		 parsed_to;
	bool		 parsing;	/* parse was initialized */
	struct parse	 parse;		/* of rows[parsed_to] */
	int		 parse_fd;	/* file of parse; -1: none begun */
	bool		 has_names;	/* names were read for this batch */
	struct buf	 bytes;
	struct buf	 names;		/* of the batch, NUL-terminated */
	struct buf	 name;
	struct message	 m;
	struct reader_row	*row;		/* the row of m */
	int		 fd;
	struct waiter	 waiter;
	struct index_wait index_wait;
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
 * reader_file.c: wait until the index is open.  Returns RUN_WAIT, with the
 * waiter set, or RUN_DONE, or RUN_FAIL.
 */
enum run	 reader_ready(struct reader *r);
/*
 * Open the file of a row.  The name that the batch has may be
 * old: if there is no such file, ask the index.  Returns the descriptor, or -1
 * with errno; ENOENT means that the message was expunged, and EBUSY that the
 * index could not be asked: reader_wait_lock().
 */
int		 reader_open_file(struct reader *r,
		    const struct reader_row *row, struct stat *sb);
/*
 * After ENOENT from reader_open_file(): whether a scan may find the file.  Then
 * reader_next() returns RUN_WAIT; the waiter is set.
 */
bool		 reader_seek(struct reader *r, uint32_t uid);
/*
 * The index could not be read, since no lock for reading can be had.  Returns
 * whether to wait: then the waiter is set, and reader_next() returns RUN_WAIT.
 */
bool		 reader_wait_lock(struct reader *r);
/*
 * The descriptor of the current message's file, opened on first use; -1 on
 * failure with the error set.
 */
int		 reader_fd(struct reader *r);
/* Close the file of the current message. */
void		 reader_close_file(struct reader *r);
/* Set the error by errnum, and log it with the place of the message. */
void		 reader_fail_errno(struct reader *r, uint32_t uid, int errnum);

/*
 * reader_parse.c: parse the message of a row.  Returns false if until_ns has
 * passed before the end: call again.
 */
bool		 reader_parse_row(struct reader *r, struct reader_row *row,
		    uint64_t until_ns);
/* Close the file that is being parsed, if there is one. */
void		 reader_parse_end(struct reader *r);
/* Free what parsing keeps from message to message. */
void		 reader_parse_leave(struct reader *r);
/* Store the results of parsing this batch, if the lock is free. */
void		 reader_store_parsed(struct reader *r);

#endif
