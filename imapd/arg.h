/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The one parser of command arguments (RFC 3501, section 9; RFC 9051).
 *
 * It walks over a whole command, literals included, as input.h gives it.
 * Each function takes one thing at the place where it stands and returns 0,
 * or -1 with a sentence in error, where the first stays.  Slices point into
 * the command, or into the arena where something had to be decoded.  There
 * is no recursion: what nests (SEARCH) keeps a stack and counts it against
 * ARG_DEPTH_MAX.
 *
 * A NUL is refused wherever it stands: no argument may contain one.
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

/* Parentheses within parentheses; 3501 needs 2 but in SEARCH. */
#define ARG_DEPTH_MAX	32
/* Ranges of one sequence set. */
#define ARG_RANGES_MAX	100000

/* What is said when the memory that a command may use is used up. */
#define ARG_MEMORY	"Command needs too much memory."

struct arg {
	const char	*p;
	const char	*end;
	struct arena	*arena;
	const char	*error;	/* first thing that was wrong, or NULL */
	enum respcode	 code;	/* it is a NO with this code, not a BAD */
	const struct name_style *names;	/* of mailboxes */
	bool		 cut;	/* the text ends where a literal would begin */
};

/* A row of a table of words that stand for bits. */
struct arg_bit {
	const char	*name;
	uint32_t	 bit;
};

/* Start on a text; names: of the session, NULL for the usual style. */
void	 arg_init(struct arg *a, struct slice text, struct arena *arena,
	    const struct name_style *names);

/* Set the error unless there is one; returns -1. */
int	 arg_fail(struct arg *a, const char *error);

/* The same for an arena that is full: NO [LIMIT], not BAD. */
int	 arg_memory(struct arg *a);

/* What stands next, without taking it: '\0' at the end. */
char	 arg_peek(const struct arg *a);

/* One given byte; _if: whether it was there and was taken. */
int	 arg_char(struct arg *a, char c);
bool	 arg_if_char(struct arg *a, char c);

/* One space. */
int	 arg_sp(struct arg *a);

/* Nothing more; spaces at the end of the line are forgiven. */
int	 arg_end(struct arg *a);

/*
 * Whether an optional argument follows; takes the space before it.  A space
 * at the end of the line is forgiven, too.
 */
bool	 arg_if_more(struct arg *a);

/* Take all that is left, without spaces at its ends. */
struct slice arg_rest(struct arg *a);

/*
 * Step through a list, "(" item *(SP item) ")".  *n is 0 at first and counts
 * items.  Returns 1 when an item has to be parsed, 0 behind the list, or -1:
 *
 *	while ((rc = arg_list_next(a, &n)) == 1)
 *		if (parse_item(a) == -1)
 *			return -1;
 *	return rc;
 */
int	 arg_list_next(struct arg *a, size_t *n);

/* Whether a list without items, "()", stands next; takes it if so. */
bool	 arg_if_empty_list(struct arg *a);

/* A word of the grammar: letters, digits, '.', '-' and '_'. */
int	 arg_word(struct arg *a, struct slice *out);

/* Whether this word stands next, ASCII case ignored; takes it if so. */
bool	 arg_if_word(struct arg *a, const char *word);

/* The bit that a table has for a name, ASCII case ignored; 0: none. */
uint32_t arg_bit(const struct arg_bit *rows, size_t nrows,
	    struct slice name);

/* A word of a table, whose bit is added to *bits; error if it is none. */
int	 arg_bits(struct arg *a, const struct arg_bit *rows, size_t nrows,
	    const char *error, uint32_t *bits);

int	 arg_tag(struct arg *a, struct slice *out);
int	 arg_atom(struct arg *a, struct slice *out);
int	 arg_string(struct arg *a, struct slice *out);	/* quoted or literal */
int	 arg_astring(struct arg *a, struct slice *out);
int	 arg_nstring(struct arg *a, struct slice *out);	/* p NULL: NIL */
int	 arg_number(struct arg *a, uint32_t *out);
int	 arg_nz_number(struct arg *a, uint32_t *out);
int	 arg_mod_sequence(struct arg *a, uint64_t *out);	/* 63 bits */

/*
 * A modifier of RFC 7162, "(CHANGEDSINCE 12)"; error if it has another name.
 */
int	 arg_modifier(struct arg *a, const char *name, const char *error,
	    uint64_t *modseq);

/* A mailbox name, decoded: UTF-8, '/' between levels. */
int	 arg_mailbox(struct arg *a, struct slice *out);

/* The same where % and * may stand in it: list-mailbox. */
int	 arg_pattern(struct arg *a, struct slice *out);

/* A sequence set; star is what "*" stands for. */
int	 arg_sequence_set(struct arg *a, uint32_t star, struct idset *out);

/* Days since 1970-01-01, from a date with or without quotes. */
int	 arg_date(struct arg *a, int32_t *day);
/* Seconds since the epoch, from a quoted date-time. */
int	 arg_date_time(struct arg *a, int64_t *when);

#endif
