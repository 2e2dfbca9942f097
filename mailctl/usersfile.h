/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Editing a users file: user:{SCHEME}hash:uid:gid:gecos:home:shell:...
 *
 * The file is locked from open to close and replaced as a whole, so that a
 * reader sees either the old or the new version.  Lines that are not changed,
 * including comments, keep their exact text and their order.
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

/* The purpose of opening a users file. */
enum users_open {
	USERS_READ,
	USERS_EDIT,		/* locks it against other editors */
	USERS_CREATE		/* the same; creates it with mode 0600 */
};

struct conf_users;
struct usersfile;

/* The path of a source that is a users file; NULL if it is another kind. */
const char	*usersfile_path(const struct conf_users *u);

/*
 * Open a users file; for editing, wait for the lock.
 *
 * Returns the file, which the caller closes, or NULL with errno set.
 */
struct usersfile *usersfile_open(const char *path, enum users_open how);

/* Close the file and unlock it.  Changes that were not saved are lost. */
void		 usersfile_close(struct usersfile *u);

/* The number of lines, including comments and empty lines. */
size_t		 usersfile_lines(const struct usersfile *u);

/* Lend a line, without its newline. */
struct slice	 usersfile_line(const struct usersfile *u, size_t i);

/* Whether a line is an account: neither empty nor a comment. */
bool		 usersfile_is_user(struct slice line);

/* A field of a line; empty if the line has fewer fields. */
struct slice	 usersfile_field(struct slice line, enum users_field field);

/* Find the line of a user by the normalised name.  -1: there is none. */
ssize_t		 usersfile_find(const struct usersfile *u, struct slice name,
		    const struct user_rules *rules);

/* Append a copy of a line. */
void		 usersfile_append(struct usersfile *u, struct slice line);

/* Replace the hash in the line of an account. */
void		 usersfile_set_hash(struct usersfile *u, size_t i,
		    struct slice hash);

/* Remove a line. */
void		 usersfile_remove(struct usersfile *u, size_t i);

/*
 * Save the file: write a temporary file in the same directory, with the same
 * owner and mode, sync it, rename it over the old file, and sync the directory.
 *
 * Returns 0, or -1 with errno set.  The old file is unchanged then, unless only
 * the sync of the directory failed.
 */
int		 usersfile_save(struct usersfile *u);

#endif
