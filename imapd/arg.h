/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The only parser of command arguments (RFC 3501, section 9; RFC 9051).
 *
 * The parser walks over the text of a command, literals included, as input.h
 * delivers it.  Each function parses one item at the current position and
 * returns 0, or -1 with a sentence in error; the first error is kept.  Slices
 * point into the text, or into the arena if the item had to be decoded.
 * Nothing recurses: SEARCH, whose keys nest, keeps a stack of at most
 * ARG_DEPTH_MAX frames.
 *
 * NUL is refused everywhere: no argument may contain it.
 */

#ifndef IMAPD_ARG_H
#define IMAPD_ARG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/idset.h"
#include "common/base/slice.h"
#include "imapd/name_style.h"
#include "imapd/respcode.h"

/* Levels of nested keys (NOT, OR, parentheses) in SEARCH. */
#define ARG_DEPTH_MAX	32
/* Ranges in one sequence set. */
#define ARG_RANGES_MAX	100000

/* The answer when a command would use more memory than it may. */
#define ARG_MEMORY	"Command needs too much memory."

struct arg {
	const char	*p;
	const char	*end;
	struct arena	*arena;
	const char	*error;	/* the first error, or NULL */
	enum respcode	 code;	/* of the error: NO; CODE_NONE: BAD */
	const struct name_style *names;	/* encoding of mailbox names */
	bool		 cut;	/* the text ends where a literal would begin */
};

/* A row of a table that maps words to bits. */
struct arg_bit {
	const char	*name;
	uint32_t	 bit;
};

/*
 * Start parsing a text.
 *
 * names  how the session writes mailbox names; NULL for name_style_default
 */
void	 arg_init(struct arg *a, struct slice text, struct arena *arena,
	    const struct name_style *names);

/* Set the error unless one is set already.  Returns -1. */
int	 arg_fail(struct arg *a, const char *error);

/* Set the error for a full arena: NO [LIMIT] instead of BAD.  Returns -1. */
int	 arg_memory(struct arg *a);

/* Return the next byte without consuming it, or '\0' at the end. */
char	 arg_peek(const struct arg *a);

/*
 * Consume the byte c.  arg_char() fails if the next byte is another one;
 * arg_if_char() returns false then and consumes nothing.
 */
int	 arg_char(struct arg *a, char c);
bool	 arg_if_char(struct arg *a, char c);

/* Consume one space. */
int	 arg_sp(struct arg *a);

/* Check that no argument follows.  Trailing spaces are ignored. */
int	 arg_end(struct arg *a);

/*
 * Return whether an optional argument follows, and consume the space before
 * it.  A trailing space is ignored, as by arg_end().
 */
bool	 arg_if_more(struct arg *a);

/* Consume and return the rest of the text, trimmed of spaces. */
struct slice arg_rest(struct arg *a);

/*
 * Step through a list, "(" item *(SP item) ")".  *n must start as 0 and counts
 * the items.  Returns 1 when an item has to be parsed, 0 after the closing
 * parenthesis, or -1:
 *
 *	while ((rc = arg_list_next(a, &n)) == 1)
 *		if (parse_item(a) == -1)
 *			return -1;
 *	return rc;
 */
int	 arg_list_next(struct arg *a, size_t *n);

/* Return whether an empty list, "()", comes next, and consume it if so. */
bool	 arg_if_empty_list(struct arg *a);

/* Parse a keyword of the grammar: letters, digits, '.', '-' and '_'. */
int	 arg_word(struct arg *a, struct slice *out);

/*
 * Return whether this word comes next, ignoring ASCII case, and consume it if
 * so.
 */
bool	 arg_if_word(struct arg *a, const char *word);

/* Return the bit of a name, ignoring ASCII case, or 0 if it has no row. */
uint32_t arg_bit(const struct arg_bit *rows, size_t nrows,
	    struct slice name);

/* Parse a word of a table and add its bit to *bits.  error: no such row. */
int	 arg_bits(struct arg *a, const struct arg_bit *rows, size_t nrows,
	    const char *error, uint32_t *bits);

/* Parse an item of that name in the grammar (RFC 3501, section 9). */
int	 arg_tag(struct arg *a, struct slice *out);
int	 arg_atom(struct arg *a, struct slice *out);
int	 arg_string(struct arg *a, struct slice *out);	/* quoted or literal */
int	 arg_astring(struct arg *a, struct slice *out);
int	 arg_nstring(struct arg *a, struct slice *out);	/* NIL: p is NULL */
int	 arg_number(struct arg *a, uint32_t *out);
int	 arg_nz_number(struct arg *a, uint32_t *out);
int	 arg_mod_sequence(struct arg *a, uint64_t *out);	/* 63 bits */

/*
 * Parse a modifier of RFC 7162, "(CHANGEDSINCE 12)".
 *
 * error  what to say if the modifier has another name
 */
int	 arg_modifier(struct arg *a, const char *name, const char *error,
	    uint64_t *modseq);

/*
 * Parse and decode a mailbox name: UTF-8, '/' between levels, and INBOX in
 * upper case.
 */
int	 arg_mailbox(struct arg *a, struct slice *out);

/*
 * Parse and decode a pattern of LIST (list-mailbox), which may contain % and
 * *.
 */
int	 arg_pattern(struct arg *a, struct slice *out);

/* Parse a sequence set.  "*" stands for the number star. */
int	 arg_sequence_set(struct arg *a, uint32_t star, struct idset *out);

/* Parse a date, quoted or not.  *day counts days since 1970-01-01. */
int	 arg_date(struct arg *a, int32_t *day);
/* Parse a quoted date-time.  *when is in seconds since the epoch. */
int	 arg_date_time(struct arg *a, int64_t *when);

#endif
