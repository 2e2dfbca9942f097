/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Mailbox names and the folders of Maildir++ that hold them: "Sent/2026" is
 * ".Sent.2026".  Levels are in modified UTF-7 (RFC 3501, 5.1.3), and a '.'
 * within a level is "&AC4-", its modified UTF-7 form.
 */

#ifndef STORAGE_MBNAME_H
#define STORAGE_MBNAME_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Octets of a name: a folder's name must fit a directory entry. */
#define MBNAME_MAX	1000
#define MBNAME_FOLDER_MAX 255
/* Levels of a name. */
#define MBNAME_DEPTH_MAX 32

/*
 * Append the name as the store knows it: INBOX as the name or as the first
 * level is spelt so in any case of the client's.  Returns 0, or -1 when no
 * mailbox can have this name: not UTF-8, controls, an empty level, too long.
 */
int	 mbname_normal(struct slice name, struct buf *out);

/*
 * Append the folder of a normal name, nothing for INBOX.  Returns 0, or -1
 * when it would be longer than a directory entry.
 */
int	 mbname_to_folder(struct slice name, struct buf *out);

/*
 * Append the name of a folder, with its leading '.'.  Returns 0, or -1 for
 * what is no folder or gives no possible name.
 */
int	 mbname_from_folder(struct slice folder, struct buf *out);

/* Whether name is child of parent, at any depth. */
bool	 mbname_below(struct slice name, struct slice parent);

/* Order of a list: INBOX first, a parent before its children. */
int	 mbname_cmp(struct slice a, struct slice b);

#endif
