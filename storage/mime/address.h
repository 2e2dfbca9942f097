/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Address lists of header fields (RFC 5322, section 3.4 and 4.4) in the form
 * that ENVELOPE gives them (RFC 3501, section 7.4.2): a personal name, a
 * source route, a mailbox and a host, each as the message has it but without
 * quotes and comments.  Encoded words are not decoded.
 *
 * A group begins with a member whose host is absent and whose mailbox is the
 * group's name, and ends with one where both are absent.  Absent is p == NULL.
 *
 * Whatever the input, some list comes of it.  A mailbox without a part of
 * its address gets the words that Dovecot gives, which clients know.
 */
#ifndef STORAGE_ADDRESS_H
#define STORAGE_ADDRESS_H

#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"

/* Members of all lists of one message; mailing lists in To stay below. */
#define ADDRESS_MAX	20000

struct address {
	struct address	*next;
	struct slice	 name;
	struct slice	 route;
	struct slice	 mailbox;
	struct slice	 host;
};

/* A list that can be appended to. */
struct address_list {
	struct address	*first;
	struct address	*last;
};

/*
 * Append the addresses of a field body, folded or not, to a list.
 *
 * left     how many more may be added; counts down
 * scratch  working memory, emptied
 *
 * Returns 0, or -1 when the arena is full.
 */
int	 address_parse(struct arena *a, struct slice value, size_t *left,
	    struct buf *scratch, struct address_list *list);

#endif
