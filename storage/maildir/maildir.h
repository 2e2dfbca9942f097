/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Names of files in a Maildir, and moving them without ever overwriting one.
 *
 * "base:2,FS": base is the message's identity, what follows ':' its flags.
 * The letters D F R S T are system flags; a to z are the first 26 keywords
 * of the mailbox; any other letter is kept as it is.
 */

#ifndef STORAGE_MAILDIR_H
#define STORAGE_MAILDIR_H

#include <sys/stat.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Keywords that have letters in names. */
#define MAILDIR_KEYWORDS 26
#define MAILDIR_KEYWORD_MASK ((1U << MAILDIR_KEYWORDS) - 1)
/* Room for any name and a NUL. */
#define MAILDIR_NAME_MAX 256

/* Cut a name at the ':'; info.p is NULL when there is none. */
void	 maildir_split(struct slice name, struct slice *base,
	    struct slice *info);
/* What info says; what is not "2,..." says nothing. */
void	 maildir_info_parse(struct slice info, uint32_t *system,
	    uint32_t *keywords);
/*
 * Append the info for these flags, keeping the letters of old that are
 * neither: "2,FSa".
 */
int	 maildir_info_print(struct slice old, uint32_t system,
	    uint32_t keywords, struct buf *out);
/* Seconds since 1970 that a name begins with, or 0. */
int64_t	 maildir_name_time(struct slice base);
/* A new base name that nobody else uses. */
void	 maildir_new_base(struct buf *out);
/* Append ",S=raw,W=wire". */
int	 maildir_add_sizes(struct buf *out, uint64_t raw, uint64_t wire);

/*
 * Rename, but fail with EEXIST rather than replace.  Returns 0, or -1 with
 * errno.
 */
int	 maildir_move(int from_fd, const char *from, int to_fd,
	    const char *to);
/*
 * Open a regular file for reading, following no link and waiting for no
 * FIFO.  Returns the descriptor with sb of it, or -1 with errno.
 */
int	 maildir_open(int dir_fd, const char *name, struct stat *sb);
/*
 * Append what a small file beside the mail holds, of one over max bytes its
 * beginning.  Returns 0, or -1 with errno.
 */
int	 maildir_read_file(int dir_fd, const char *name, size_t max,
	    struct buf *out);
/* Open a folder, following no link; -1 with errno. */
int	 maildir_open_dir(int dir_fd, const char *name);
/* Make dir with cur, new and tmp; what exists is fine.  0 or -1. */
int	 maildir_make(int dir_fd, const char *name);
/*
 * Make one that is not there yet, at once: aside in a folder of the same
 * file system, then renamed.  cur and new get an mtime of the past, *mtime,
 * so that it proves that nothing has come since.  EEXIST if it is there.
 */
int	 maildir_make_aside(int dir_fd, const char *name, int aside_fd,
	    int64_t *mtime);
/* Remove dir with its three, if it is empty. */
void	 maildir_unmake(int dir_fd, const char *name);
/* The mtime of a folder's file in ns, or -1 with errno. */
int64_t	 maildir_mtime(int dir_fd, const char *name);
/* The time of day in ns. */
int64_t	 maildir_now(void);
/* An mtime seen at this time proves nothing: it may be of now. */
bool	 maildir_racy(int64_t mtime, int64_t checked);

#endif
