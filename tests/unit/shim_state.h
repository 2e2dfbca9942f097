/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What the functions of shim_calls.c ask and tell shim.c. */
#ifndef TESTS_UNIT_SHIM_STATE_H
#define TESTS_UNIT_SHIM_STATE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a call of the libc function fname may be made on a name in a folder.
 * to is the new name, in to_fd, of a rename or link, or NULL.  If it may not,
 * errno is set.
 */
bool	 shim_pass_at(unsigned int call, const char *fname, int dirfd,
	    const char *name, int to_fd, const char *to);
/*
 * The same for a call on a descriptor.  *len, unless len is NULL, becomes less
 * for a short read or write.
 */
bool	 shim_pass_fd(unsigned int call, const char *fname, int fd,
	    size_t *len);
/* Tell the log that a call begins.  Returns what the log says. */
size_t	 shim_begin(void);
/*
 * Log a call on names, which returned rc; begun is what shim_begin() returned.
 * Returns rc.
 */
int	 shim_done_at(int64_t rc, unsigned int call, size_t begun, int fd,
	    const char *name, int to_fd, const char *to);
/*
 * Log a call on a descriptor, which wrote len octets of data at off, or where
 * the file stood if off is -1.  Returns rc.
 */
int64_t	 shim_done_fd(int64_t rc, unsigned int call, size_t begun, int fd,
	    const void *data, uint64_t len, int64_t off);
/* The path to open instead of this one: itself without shim_redirect(). */
const char	*shim_redirected(const char *path);
bool	 shim_is_logging(void);
/* The inode to show for this one, see shim_map_inodes(). */
uint64_t	 shim_inode(uint64_t ino);

#endif
