/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Lexical tokens of header fields (RFC 5322, section 3.2; RFC 2045, section
 * 5.1), read from a field body that is still folded.
 *
 * All functions return 1 if the field goes on after the token, 0 if the field
 * ends there, and -1 on an error: there is no such token, or a quoted string
 * or domain literal has no end and is not appended, or a comment after the
 * token has no end.  White space and comments after a token are skipped with
 * it.  Malformed mail is accepted as by Dovecot's parser, so that clients see
 * what they are used to.
 */
#ifndef STORAGE_MIME_TOKEN_H
#define STORAGE_MIME_TOKEN_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

struct token {
	const char	*p;		/* the current position */
	const char	*end;
	struct buf	*comment;	/* text of the last comment, or NULL */
};

/* Start at the beginning of a field body.  comment may be NULL. */
void	 token_init(struct token *t, struct slice value, struct buf *comment);

/* Whether c may be in an atom.  8-bit bytes may (RFC 6532). */
bool	 token_is_atext(unsigned char c);

/* Skip white space, line ends and (nested) comments. */
int	 token_skip(struct token *t);

/* Read 1*atext.  Like all functions below, it appends the token to out. */
int	 token_atom(struct token *t, struct buf *out);

/*
 * Read atoms joined by dots, with white space and comments between (RFC 822).
 */
int	 token_dot_atom(struct token *t, struct buf *out);

/*
 * Read a quoted string, from its quote on, without its escapes and line ends.
 */
int	 token_quoted(struct token *t, struct buf *out);

/* Read a display name: words and dots, separated by one space each. */
int	 token_phrase(struct token *t, struct buf *out);

/* Read "@" and a domain or domain literal.  The "@" is not appended. */
int	 token_domain(struct token *t, struct buf *out);

/* Read a token of RFC 2045, which may be empty. */
int	 token_mime(struct token *t, struct buf *out);

#endif
