/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Address lists of header fields (RFC 5322, sections 3.4 and 4.4) in the form
 * of ENVELOPE (RFC 3501, section 7.4.2): a personal name, a source route, a
 * mailbox and a host, each as in the message but without quotes and comments.
 * Encoded words are not decoded.
 *
 * A group begins with a member that has no host and has the group's name as
 * its mailbox, and ends with a member that has neither.  A missing value has p
 * == NULL.
 *
 * Every input gives some list.  If a part of an address is missing, it is
 * replaced by the word that Dovecot uses, which clients know.
 */
#ifndef STORAGE_MIME_ADDRESS_H
#define STORAGE_MIME_ADDRESS_H

#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"

/* Addresses of one message.  A long list of recipients stays below. */
#define ADDRESS_MAX	20000

struct address {
	struct address	*next;
	struct slice	 name;
	struct slice	 route;
	struct slice	 mailbox;
	struct slice	 host;
};

/* A list that can be appended to at its end. */
struct address_list {
	struct address	*first;
	struct address	*last;
};

/*
 * Append the addresses of a field body, folded or not, to a list.
 *
 * left     how many more addresses may be added; counted down
 * scratch  working memory; its contents are lost
 *
 * Returns 0, or -1 if the arena is full.
 */
int	 address_parse(struct arena *a, struct slice value, size_t *left,
	    struct buf *scratch, struct address_list *list);

#endif
