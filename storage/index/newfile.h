/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A new version of a small file beside the mail: written under another name,
 * synced, renamed into its place, and the folder synced.  Whatever fails or
 * crashes, the file has either its old content or all of the new one.
 *
 * Syncs are made by helper threads, and the caller asks until they are done;
 * or by the caller itself, if it may block.
 */

#ifndef STORAGE_INDEX_NEWFILE_H
#define STORAGE_INDEX_NEWFILE_H

#include <sys/stat.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/maildir/maildir.h"

struct sync;
struct syncfile;

struct newfile {
	int		 fd;		/* of the new file; -1 if none */
	int		 tmp_fd;	/* of the folder with the new file */
	char		 tmp[MAILDIR_NAME_MAX];	/* its name; "" once renamed */
	int		 dir_fd;	/* of its destination */
	struct syncfile	*sync;		/* of fd, then of dir_fd */
	uint64_t	 ticket;
};

/* Start without a file. */
void	 newfile_init(struct newfile *f);
/*
 * Create the new file in tmp/ of a Maildir, where other programs remove what a
 * crash leaves behind.  Returns 0, or -1 with errno.
 */
int	 newfile_open(struct newfile *f, int maildir_fd);
/*
 * As newfile_open(), but with this name beside the old file, for a folder
 * without tmp/.  The caller must be the only process that writes the file.
 */
int	 newfile_open_beside(struct newfile *f, int dir_fd, const char *name);
/* Append to the new file.  Returns 0, or -1 with errno. */
int	 newfile_write(struct newfile *f, struct slice text);
/*
 * Sync what was written.  With s NULL, this blocks.  Returns 1 when it is on
 * disk, 0 if the caller has to ask again after a helper thread has finished
 * something, or -1 with errno.
 */
int	 newfile_synced(struct newfile *f, struct sync *s);
/*
 * Rename the new file to name in the folder dir_fd.  sb is set to what fstat(2)
 * says of the file.  Returns 0, or -1 with errno.
 */
int	 newfile_place(struct newfile *f, int dir_fd, const char *name,
	    struct stat *sb);
/* As newfile_synced(), for the folder, after newfile_place(). */
int	 newfile_settled(struct newfile *f, struct sync *s);
/* Close the file.  If it was not renamed, it is removed. */
void	 newfile_close(struct newfile *f);

#endif
