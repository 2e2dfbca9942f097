/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Argument parsing.  It is as strict as the grammar of RFC 3501, except for
 * what clients are known to send: trailing spaces, and octets over 127 in
 * quoted strings, where passwords and search strings have them.
 */

#include "config.h"

#include <string.h>

#include "common/base/date.h"
#include "common/base/num.h"
#include "imapd/arg.h"
#include "imapd/literal.h"

/* Classes of characters (RFC 3501, section 9). */
#define IS_ATOM		(1U << 0)	/* ATOM-CHAR */
#define IS_ASTRING	(1U << 1)	/* ASTRING-CHAR */
#define IS_PATTERN	(1U << 2)	/* list-char */
#define IS_TAG		(1U << 3)	/* in a tag: ASTRING-CHAR but "+" */
#define IS_WORD		(1U << 4)	/* in a keyword of the grammar */
#define IS_SET		(1U << 5)	/* in a sequence-set */

static unsigned int
char_class(unsigned char c)
{
	unsigned int class;

	if (c <= 0x20 || c >= 0x7f)
		return 0;
	if (strchr("(){\"\\", c) != NULL)
		return 0;
	if (c == '%')
		return IS_PATTERN;
	if (c == '*')
		return IS_PATTERN | IS_SET;
	class = IS_PATTERN | IS_ASTRING;
	if (c != ']')
		class |= IS_ATOM;
	if (c != '+')
		class |= IS_TAG;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_')
		class |= IS_WORD;
	if ((c >= '0' && c <= '9') || c == ':' || c == ',' || c == '$')
		class |= IS_SET;
	return class;
}

void
arg_init(struct arg *a, struct slice text, struct arena *arena,
    const struct name_style *names)
{
	a->p = text.p;
	a->end = text.len == 0 ? text.p : text.p + text.len;
	a->arena = arena;
	a->error = NULL;
	a->code = CODE_NONE;
	a->names = names == NULL ? &name_style_default : names;
	a->cut = false;
}

int
arg_fail(struct arg *a, const char *error)
{
	if (a->error == NULL)
		a->error = error;
	return -1;
}

/* Fail for an argument whose syntax is correct: NO with a code, not BAD. */
static int
fail_code(struct arg *a, enum respcode code, const char *error)
{
	if (a->error == NULL)
		a->code = code;
	return arg_fail(a, error);
}

int
arg_memory(struct arg *a)
{
	return fail_code(a, CODE_LIMIT, ARG_MEMORY);
}

char
arg_peek(const struct arg *a)
{
	return a->p < a->end ? *a->p : '\0';
}

bool
arg_if_char(struct arg *a, char c)
{
	if (a->p == a->end || *a->p != c)
		return false;
	a->p++;
	return true;
}

int
arg_char(struct arg *a, char c)
{
	if (arg_if_char(a, c))
		return 0;
	switch (c) {
	case ' ':
		return arg_fail(a, "Space expected");
	case '(':
		return arg_fail(a, "Opening parenthesis expected");
	case ')':
		return arg_fail(a, "Closing parenthesis expected");
	case ']':
		return arg_fail(a, "Closing bracket expected");
	default:
		return arg_fail(a, "Unexpected character");
	}
}

int
arg_sp(struct arg *a)
{
	return arg_char(a, ' ');
}

int
arg_end(struct arg *a)
{
	while (a->p < a->end && *a->p == ' ')
		a->p++;
	if (a->p < a->end)
		return arg_fail(a, "Unexpected argument");
	return 0;
}

bool
arg_if_more(struct arg *a)
{
	return arg_if_char(a, ' ') && a->p < a->end;
}

struct slice
arg_rest(struct arg *a)
{
	struct slice rest = slice_make(a->p, (size_t)(a->end - a->p));

	a->p = a->end;
	return slice_trim(rest);
}

int
arg_list_next(struct arg *a, size_t *n)
{
	if (*n == 0) {
		if (arg_char(a, '(') == -1)
			return -1;
	} else if (!arg_if_char(a, ' '))
		return arg_char(a, ')');
	++*n;
	return 1;
}

bool
arg_if_empty_list(struct arg *a)
{
	if (a->end - a->p < 2 || a->p[0] != '(' || a->p[1] != ')')
		return false;
	a->p += 2;
	return true;
}

/* Consume all characters of a class that come next; there may be none. */
static struct slice
span(struct arg *a, unsigned int class)
{
	const char *start = a->p;

	while (a->p < a->end && (char_class((unsigned char)*a->p) & class))
		a->p++;
	return slice_make(start, (size_t)(a->p - start));
}

static int
span_some(struct arg *a, unsigned int class, const char *error,
    struct slice *out)
{
	*out = span(a, class);
	return out->len == 0 ? arg_fail(a, error) : 0;
}

bool
arg_if_word(struct arg *a, const char *word)
{
	const char *start = a->p;

	if (slice_caseeq_str(span(a, IS_WORD), word))
		return true;
	a->p = start;
	return false;
}

int
arg_word(struct arg *a, struct slice *out)
{
	return span_some(a, IS_WORD, "Word expected", out);
}

uint32_t
arg_bit(const struct arg_bit *rows, size_t nrows, struct slice name)
{
	for (size_t i = 0; i < nrows; i++)
		if (slice_caseeq_str(name, rows[i].name))
			return rows[i].bit;
	return 0;
}

int
arg_bits(struct arg *a, const struct arg_bit *rows, size_t nrows,
    const char *error, uint32_t *bits)
{
	struct slice word;
	uint32_t bit;

	if (arg_word(a, &word) == -1)
		return -1;
	if ((bit = arg_bit(rows, nrows, word)) == 0)
		return arg_fail(a, error);
	*bits |= bit;
	return 0;
}

int
arg_tag(struct arg *a, struct slice *out)
{
	return span_some(a, IS_TAG, "Tag expected", out);
}

int
arg_atom(struct arg *a, struct slice *out)
{
	return span_some(a, IS_ATOM, "Atom expected", out);
}

/* Parse a quoted string whose opening quote was already consumed. */
static int
quoted(struct arg *a, struct slice *out)
{
	const char *start = a->p;
	size_t escapes = 0, n;
	char *copy;

	for (; a->p < a->end && *a->p != '"'; a->p++) {
		if (*a->p == '\\') {
			escapes++;
			if (++a->p == a->end ||
			    (*a->p != '"' && *a->p != '\\'))
				return arg_fail(a,
				    "Bad escape in quoted string");
		} else if (*a->p == '\0' || *a->p == '\r' || *a->p == '\n')
			return arg_fail(a,
			    "Forbidden character in quoted string");
	}
	if (a->p == a->end)
		return arg_fail(a, "Quoted string is not terminated");
	*out = slice_make(start, (size_t)(a->p - start));
	a->p++;
	if (escapes == 0)
		return 0;
	if ((copy = arena_alloc(a->arena, out->len)) == NULL)
		return arg_memory(a);
	n = 0;
	for (size_t i = 0; i < out->len; i++) {
		if (out->p[i] == '\\')
			i++;
		copy[n++] = out->p[i];
	}
	*out = slice_make(copy, n);
	return 0;
}

/*
 * Parse a literal.  Its size needs no limit here: the command reader collects
 * no literal that is too big.
 */
static int
literal_string(struct arg *a, struct slice *out)
{
	struct slice rest = slice_make(a->p, (size_t)(a->end - a->p)), line;
	struct literal literal;
	size_t at;

	at = slice_chr(rest, '\n');
	line = at == SLICE_NONE ? rest : slice_sub(rest, 0, at + 1);
	if (literal_parse(line, &literal) == -1)
		return arg_fail(a, "Bad literal");
	a->p += line.len;
	if (at == SLICE_NONE) {
		a->cut = true;
		return arg_fail(a, "Literal expected");
	}
	if (literal.size > (uint64_t)(a->end - a->p))
		return arg_fail(a, "Bad literal");
	*out = slice_make(a->p, (size_t)literal.size);
	a->p += literal.size;
	if (slice_chr(*out, '\0') != SLICE_NONE)
		return arg_fail(a, "NUL in a literal");
	return 0;
}

int
arg_string(struct arg *a, struct slice *out)
{
	if (arg_if_char(a, '"'))
		return quoted(a, out);
	if (arg_peek(a) == '{')
		return literal_string(a, out);
	return arg_fail(a, "String expected");
}

int
arg_astring(struct arg *a, struct slice *out)
{
	if (arg_peek(a) == '"' || arg_peek(a) == '{')
		return arg_string(a, out);
	return span_some(a, IS_ASTRING, "Atom or string expected", out);
}

int
arg_nstring(struct arg *a, struct slice *out)
{
	if (arg_if_word(a, "NIL")) {
		*out = SLICE_EMPTY;
		return 0;
	}
	return arg_string(a, out);
}

static struct slice
digits(struct arg *a)
{
	const char *start = a->p;

	while (a->p < a->end && *a->p >= '0' && *a->p <= '9')
		a->p++;
	return slice_make(start, (size_t)(a->p - start));
}

int
arg_number(struct arg *a, uint32_t *out)
{
	if (num_parse_u32(digits(a), out) == -1)
		return arg_fail(a, "Number expected");
	return 0;
}

int
arg_nz_number(struct arg *a, uint32_t *out)
{
	if (num_parse_nz(digits(a), out) == -1)
		return arg_fail(a, "Number greater than zero expected");
	return 0;
}

int
arg_mod_sequence(struct arg *a, uint64_t *out)
{
	/* RFC 7162, section 7: 63 bits. */
	if (num_parse_u64(digits(a), out) == -1 || *out > INT64_MAX)
		return arg_fail(a, "Mod-sequence expected");
	return 0;
}

int
arg_modifier(struct arg *a, const char *name, const char *error,
    uint64_t *modseq)
{
	if (arg_char(a, '(') == -1)
		return -1;
	if (!arg_if_word(a, name))
		return arg_fail(a, error);
	if (arg_sp(a) == -1 || arg_mod_sequence(a, modseq) == -1)
		return -1;
	return arg_char(a, ')');
}

static int
decode_name(struct arg *a, struct slice wire, struct slice *out)
{
	struct buf utf8;

	buf_init(&utf8, wire.len * 2 + 4);
	if (name_style_decode(a->names, &utf8, wire) == -1) {
		buf_clear(&utf8);
		return fail_code(a, CODE_CANNOT, a->names->utf8 ?
		    "Mailbox name is not UTF-8" :
		    "Mailbox name is not modified UTF-7");
	}
	*out = arena_dup(a->arena, buf_slice(&utf8));
	buf_clear(&utf8);
	return out->p == NULL ? arg_memory(a) : 0;
}

int
arg_mailbox(struct arg *a, struct slice *out)
{
	struct slice wire;

	if (arg_astring(a, &wire) == -1 || decode_name(a, wire, out) == -1)
		return -1;
	/* RFC 3501, 5.1: INBOX is case-insensitive; we use upper case. */
	if (slice_caseeq_str(*out, "INBOX"))
		*out = SLICE_LIT("INBOX");
	return 0;
}

int
arg_pattern(struct arg *a, struct slice *out)
{
	struct slice wire;

	if (arg_peek(a) == '"' || arg_peek(a) == '{') {
		if (arg_string(a, &wire) == -1)
			return -1;
	} else if (span_some(a, IS_PATTERN, "Pattern expected", &wire) == -1)
		return -1;
	return decode_name(a, wire, out);
}

int
arg_sequence_set(struct arg *a, uint32_t star, struct idset *out)
{
	struct slice text;

	if (span_some(a, IS_SET, "Sequence set expected", &text) == -1)
		return -1;
	out->limit = ARG_RANGES_MAX;
	if (idset_parse(out, text, star) == -1)
		return arg_fail(a, "Bad sequence set");
	return 0;
}

int
arg_date(struct arg *a, int32_t *day)
{
	struct slice text;
	bool has_quotes;

	has_quotes = arg_if_char(a, '"');
	text = span(a, IS_WORD);
	if (has_quotes && arg_char(a, '"') == -1)
		return -1;
	if (date_parse_imap(text, day) == -1)
		return arg_fail(a, "Date expected");
	return 0;
}

int
arg_date_time(struct arg *a, int64_t *when)
{
	struct slice text;
	int zone_min;

	if (arg_peek(a) != '"' || arg_string(a, &text) == -1 ||
	    date_parse_imap_time(text, when, &zone_min) == -1)
		return arg_fail(a, "Date and time expected");
	return 0;
}
