/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Names of files in a Maildir, and moving files without overwriting any.
 *
 * A file is named "base:2,FS".  The base is the identity of the message, and
 * the letters are its flags: D F R S T are system flags, a to z are keywords
 * (keywordfile.h), and any other letter is kept as it is.
 */

#ifndef STORAGE_MAILDIR_MAILDIR_H
#define STORAGE_MAILDIR_MAILDIR_H

#include <sys/stat.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* The number of keywords that have letters in names. */
#define MAILDIR_KEYWORDS 26
/* Room for any file name and its NUL. */
#define MAILDIR_NAME_MAX 256

/* Cut a name at the ':'.  info.p is NULL if there is none. */
void	 maildir_split(struct slice name, struct slice *base,
	    struct slice *info);
/*
 * Get the flags from info; bit 0 of keywords is 'a'.  If info does not begin
 * with "2,", there are none.
 */
void	 maildir_info_parse(struct slice info, uint32_t *system,
	    uint32_t *keywords);
/*
 * Append the info for these flags, such as "2,FSa", and keep the letters of
 * old that are neither system flags nor among ours.  Returns 0, or -1 if out
 * would exceed its cap.
 */
int	 maildir_info_print(struct slice old, uint32_t system,
	    uint32_t keywords, uint32_t ours, struct buf *out);
/*
 * Print the name "base:info".  If that is longer than a name can be, it has as
 * many letters of info as fit, or no info at all.
 */
void	 maildir_name_print(struct slice base, struct slice info,
	    char name[MAILDIR_NAME_MAX]);
/* Return the time that a name begins with, in seconds since 1970, or 0. */
int64_t	 maildir_name_time(struct slice base);
/* Append a new base name that nobody else uses. */
void	 maildir_new_base(struct buf *out);
/* Append ",S=raw,W=wire".  Returns 0, or -1 if out would exceed its cap. */
int	 maildir_add_sizes(struct buf *out, uint64_t raw, uint64_t wire);
/* Whether a base name says with ",S=" how many bytes its file has. */
bool	 maildir_size_of(struct slice base, uint64_t *size);

/*
 * Whether an errno says that a file or folder is not there.  All other errors
 * leave that open: what was known of the file stays known.  No other function
 * of storage/ tells the two apart.
 */
bool	 maildir_gone(int errnum);
/*
 * Go to the next name of a folder, other than "." and "..".  Returns 1 with
 * *e set, 0 after the last name, or -1 with errno: then names may be missing.
 */
int	 maildir_next(DIR *dir, struct dirent **e);
/*
 * Open a folder for maildir_next(), not following a link.  Returns NULL with
 * errno.
 */
DIR	*maildir_open_names(int dir_fd, const char *name);
/*
 * Rename a file or a folder, but fail with EEXIST instead of replacing a file.
 * Returns 0, or -1 with errno.
 */
int	 maildir_move(int from_fd, const char *from, int to_fd,
	    const char *to);
/*
 * Open a regular file for reading.  Links are not followed, and a FIFO is not
 * waited for.  Returns the descriptor and sets sb, or returns -1 with errno.
 */
int	 maildir_open(int dir_fd, const char *name, struct stat *sb);
/*
 * Append the contents of a small file beside the mail, all of it: out must
 * have room for max + 1 bytes.  Returns 0, or -1 with errno, which is EFBIG if
 * the file has more than max bytes.
 */
int	 maildir_read_file(int dir_fd, const char *name, size_t max,
	    struct buf *out);
/*
 * Append the first len bytes of a file, or all of a shorter one.  Returns 0,
 * or -1 with errno, which is EFBIG if they do not fit in out.
 */
int	 maildir_read_head(int dir_fd, const char *name, size_t len,
	    struct buf *out);
/* Write all of a text.  Returns 0, or -1 with errno. */
int	 maildir_write(int fd, struct slice text);
/*
 * Open a folder, not following a link.  Returns the descriptor, or -1 with
 * errno.
 */
int	 maildir_open_dir(int dir_fd, const char *name);
/*
 * Make a folder with cur, new and tmp; any of them may exist already.  Returns
 * 0, or -1 with errno.
 */
int	 maildir_make(int dir_fd, const char *name);
/*
 * As maildir_make(), for a folder that is not the root: it gets the file that
 * marks it as one in Maildir++.
 */
int	 maildir_make_folder(int dir_fd, const char *name);
/*
 * Make such a folder, which must not exist, in one step: it is made in aside_fd
 * on the same file system, and then renamed.  cur and new get an
 * mtime in the past, which is returned in *mtime: as long as it stays, nothing
 * has arrived.  Returns 0, or -1 with errno, which is EEXIST if the folder
 * exists.
 */
int	 maildir_make_aside(int dir_fd, const char *name, int aside_fd,
	    int64_t *mtime);
/*
 * Remove a folder with what maildir_make_folder() made.  If it has a message,
 * the folder stays whole.
 */
void	 maildir_unmake(int dir_fd, const char *name);
/*
 * Return the mtime of a file in ns.  It is never 0 or -1, which stand for no
 * time, and a time that does not fit is the first or last that does.
 */
int64_t	 maildir_file_time(const struct stat *sb);
/* As maildir_file_time() for a file in a folder, or -1 with errno. */
int64_t	 maildir_mtime(int dir_fd, const char *name);
/*
 * Whether two results of maildir_mtime() say that nothing has changed.  One
 * that could not be read says nothing.
 */
bool		 maildir_same_mtime(int64_t a, int64_t b);
/* Return the time of day in ns. */
int64_t	 maildir_now(void);
/*
 * Whether an mtime that was read at the time checked is too recent to prove
 * anything: a later change could leave it the same.
 */
bool	 maildir_racy(int64_t mtime, int64_t checked);

#endif
