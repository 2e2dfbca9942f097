/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Mailbox names and the folders of Maildir++ that hold them: "Sent/2026" is in
 * ".Sent.2026".  Levels are in modified UTF-7 (RFC 3501, 5.1.3), and a '.'
 * within a level is "&AC4-", its modified UTF-7 form.
 */

#ifndef STORAGE_MAILDIR_MBNAME_H
#define STORAGE_MAILDIR_MBNAME_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/*
 * Octets of a name, and of a folder's name, which must fit a directory entry.
 */
#define MBNAME_MAX	1000
#define MBNAME_FOLDER_MAX 255
/* Levels of a name. */
#define MBNAME_DEPTH_MAX 32

/*
 * Append a name in the form that the store uses: INBOX is in capitals, as the
 * whole name or as the first level.  Returns 0, or -1 if no mailbox can have
 * this name: it is not UTF-8, has control characters or an empty level, or is
 * too long or too deep.
 */
int	 mbname_normal(struct slice name, struct buf *out);

/*
 * Append the folder of a name from mbname_normal(), which is nothing for
 * INBOX.  Returns 0, or -1 if it would not fit a directory entry.
 */
int	 mbname_to_folder(struct slice name, struct buf *out);

/*
 * Append the name of the mailbox in a folder, which is given with its leading
 * '.'.  mbname_normal() returns every such name as it is, so that clients can
 * select it.  Returns 0, or -1 if it is not a folder of Maildir++ or no
 * mailbox can have its name.
 */
int	 mbname_from_folder(struct slice folder, struct buf *out);

/* Whether name is below parent, at any depth. */
bool	 mbname_below(struct slice name, struct slice parent);

/* Compare names for a list: INBOX first, a parent before its children. */
int	 mbname_cmp(struct slice a, struct slice b);

#endif
