/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Lexical tokens of header fields (RFC 5322, section 3.2; RFC 2045, section
 * 5.1), read from a field body whose folding is still in it.
 *
 * All functions answer alike: 1, there is more; 0, the token was read and the
 * field ends here; -1, this is no such token, or it does not end and nothing
 * of its last word was appended.  A token takes the white space and the
 * comments behind it along.  Tolerance is that of Dovecot's parser where mail
 * in the wild is malformed, so that clients see what they are used to.
 */
#ifndef STORAGE_TOKEN_H
#define STORAGE_TOKEN_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

struct token {
	const char	*p;		/* where we are */
	const char	*end;
	struct buf	*comment;	/* text of the last comment; or NULL */
};

/* Start at the beginning of a field body; comment may be NULL. */
void	 token_init(struct token *t, struct slice value, struct buf *comment);

/* Whether c may stand in an atom; 8-bit bytes may (RFC 6532). */
bool	 token_is_atext(unsigned char c);

/* Skip white space, line ends and (nested) comments. */
int	 token_skip(struct token *t);

/* 1*atext, appended to out as the others do. */
int	 token_atom(struct token *t, struct buf *out);

/* Atoms joined by dots, with white space and comments between (RFC 822). */
int	 token_dot_atom(struct token *t, struct buf *out);

/* The inside of a quoted string, without its escapes and line ends. */
int	 token_quoted(struct token *t, struct buf *out);

/* A display name: words and dots, one space for what is between them. */
int	 token_phrase(struct token *t, struct buf *out);

/* "@" and a domain or domain literal; only the latter goes to out. */
int	 token_domain(struct token *t, struct buf *out);

/* A token of RFC 2045, perhaps empty. */
int	 token_mime(struct token *t, struct buf *out);

#endif
