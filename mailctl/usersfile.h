/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A users file that is edited: user:{SCHEME}hash:uid:gid:gecos:home:shell:...
 *
 * It is locked from opening to closing and replaced as a whole, so that
 * whoever reads it, at whatever moment, sees the old or the new one.  Lines
 * that are not touched keep their octets and their order, comments too.
 */

#ifndef MAILCTL_USERSFILE_H
#define MAILCTL_USERSFILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "common/base/slice.h"
#include "common/pass/user.h"

/* Fields of a line by number. */
enum users_field {
	USERS_NAME,
	USERS_HASH,
	USERS_UID,
	USERS_GID,
	USERS_GECOS,
	USERS_HOME,
	USERS_SHELL,
	USERS_EXTRA		/* the rest of the line, with its colons */
};

/* What a users file is opened for. */
enum users_open {
	USERS_READ,
	USERS_EDIT,		/* locked against other editors */
	USERS_CREATE		/* the same; made if there is none, mode 0600 */
};

struct usersfile;

/*
 * Open a users file, waiting for the lock if it is to be edited.
 *
 * Returns the file, which the caller closes, or NULL with errno.
 */
struct usersfile *usersfile_open(const char *path, enum users_open how);

/* Forget changes that were not saved, and unlock. */
void		 usersfile_close(struct usersfile *u);

/* Lines in the file, comments and empty ones included. */
size_t		 usersfile_lines(const struct usersfile *u);

/* Lend a line without its newline. */
struct slice	 usersfile_line(const struct usersfile *u, size_t i);

/* Whether a line names a user, and is no comment and not empty. */
bool		 usersfile_is_user(struct slice line);

/* A field of a line; empty when it has not that many. */
struct slice	 usersfile_field(struct slice line, enum users_field field);

/* The line of a user by normalised name; -1 when there is none. */
ssize_t		 usersfile_find(const struct usersfile *u, struct slice name,
		    const struct user_rules *rules);

/* Append a line, copied. */
void		 usersfile_append(struct usersfile *u, struct slice line);

/* Put another hash into a line that names a user. */
void		 usersfile_set_hash(struct usersfile *u, size_t i,
		    struct slice hash);

/* Remove a line. */
void		 usersfile_remove(struct usersfile *u, size_t i);

/*
 * Write the file: a temporary one beside it, with the same owner and mode,
 * synced, then renamed over it, then the folder synced.
 *
 * Returns 0, or -1 with errno and the old file as it was.
 */
int		 usersfile_save(struct usersfile *u);

#endif
