/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of search keys, and a parser that builds the tree for the store
 * from them.  NOT, OR and parentheses nest up to ARG_DEPTH_MAX, on an explicit
 * stack.
 */

#include "config.h"

#include <string.h>

#include "common/base/idset.h"
#include "common/base/table.h"
#include "imapd/message_set.h"
#include "imapd/search_key.h"

enum key_arg {
	KEY_NONE,
	KEY_STRING,		/* astring in the charset */
	KEY_FIELD,		/* astring to find in the row's field */
	KEY_HEADER,		/* field name, astring to find in it */
	KEY_KEYWORD,
	KEY_DATE,
	KEY_NUMBER,
	KEY_UIDS,
	KEY_MODSEQ,
	KEY_NOT,		/* one key */
	KEY_OR,			/* two keys */
	KEY_NEW			/* none; short for RECENT UNSEEN */
};

struct key_row {
	const char	*name;
	enum key_arg	 arg;
	enum search_key	 key;
	uint64_t	 number;	/* FLAG_* of SEARCH_FLAG */
	const char	*field;
	bool		 negated;
};

#define FLAG(word, flag)						\
	{ .name = word, .key = SEARCH_FLAG, .number = flag },		\
	{ .name = "UN" word, .key = SEARCH_FLAG, .number = flag,	\
	    .negated = true }
#define FIELD(word)							\
	{ .name = word, .arg = KEY_FIELD, .key = SEARCH_HEADER,		\
	    .field = word }
#define DATE(word, k)							\
	{ .name = word, .arg = KEY_DATE, .key = k }

static const struct key_row key_rows[] = {
	{ .name = "ALL", .key = SEARCH_ALL },
	FLAG("ANSWERED", FLAG_ANSWERED),
	FLAG("DELETED", FLAG_DELETED),
	FLAG("DRAFT", FLAG_DRAFT),
	FLAG("FLAGGED", FLAG_FLAGGED),
	FLAG("SEEN", FLAG_SEEN),
	FIELD("BCC"),
	FIELD("CC"),
	FIELD("FROM"),
	FIELD("SUBJECT"),
	FIELD("TO"),
	DATE("BEFORE", SEARCH_BEFORE),
	DATE("ON", SEARCH_ON),
	DATE("SINCE", SEARCH_SINCE),
	DATE("SENTBEFORE", SEARCH_SENTBEFORE),
	DATE("SENTON", SEARCH_SENTON),
	DATE("SENTSINCE", SEARCH_SENTSINCE),
	{ .name = "BODY", .arg = KEY_STRING, .key = SEARCH_BODY },
	{ .name = "TEXT", .arg = KEY_STRING, .key = SEARCH_TEXT },
	{ .name = "HEADER", .arg = KEY_HEADER, .key = SEARCH_HEADER },
	{ .name = "KEYWORD", .arg = KEY_KEYWORD, .key = SEARCH_KEYWORD },
	{ .name = "UNKEYWORD", .arg = KEY_KEYWORD, .key = SEARCH_KEYWORD,
	    .negated = true },
	{ .name = "LARGER", .arg = KEY_NUMBER, .key = SEARCH_LARGER },
	{ .name = "SMALLER", .arg = KEY_NUMBER, .key = SEARCH_SMALLER },
	{ .name = "MODSEQ", .arg = KEY_MODSEQ, .key = SEARCH_MODSEQ },
	{ .name = "UID", .arg = KEY_UIDS, .key = SEARCH_UIDS },
	{ .name = "RECENT", .key = SEARCH_RECENT },
	{ .name = "OLD", .key = SEARCH_RECENT, .negated = true },
	{ .name = "NEW", .arg = KEY_NEW, .key = SEARCH_AND },
	{ .name = "NOT", .arg = KEY_NOT, .key = SEARCH_NOT },
	{ .name = "OR", .arg = KEY_OR, .key = SEARCH_OR },
};

#undef FLAG
#undef FIELD
#undef DATE

/* A key whose child keys are still being parsed. */
struct frame {
	struct search_node *node;
	struct search_node **tail;	/* link to the next child */
	unsigned int	 want;		/* children left; 0: up to ")" or end */
	bool		 parenthesis;
};

struct parser {
	struct arg	*a;
	struct view	*view;
	uint32_t	 max;		/* limit of keys->nkeys */
	struct search_keys *keys;
	struct frame	 stack[ARG_DEPTH_MAX];
	size_t		 depth;		/* frames in use */
};

static struct search_node *
node_new(struct arg *a, enum search_key key)
{
	struct search_node *node;

	node = arena_calloc(a->arena, 1, sizeof(*node));
	if (node == NULL)
		(void)arg_memory(a);
	else
		node->key = key;
	return node;
}

static void
attach(struct parser *p, struct search_node *node)
{
	struct frame *top = &p->stack[p->depth - 1];

	*top->tail = node;
	top->tail = &node->next;
}

static int
push(struct parser *p, struct search_node *node, unsigned int want,
    bool parenthesis)
{
	if (p->depth == ARG_DEPTH_MAX)
		return arg_fail(p->a, "Too many nested keys");
	if (p->depth > 0)
		attach(p, node);
	p->stack[p->depth++] = (struct frame){ node, &node->kids, want,
	    parenthesis };
	return 0;
}

/* Parse a string and convert it to UTF-8; bad_charset is set on failure. */
static int
key_text(struct parser *p, struct slice *out)
{
	struct slice text;
	struct buf utf8;

	if (arg_sp(p->a) == -1 || arg_astring(p->a, &text) == -1)
		return -1;
	*out = text;
	if (p->keys->charset.len == 0 || p->keys->bad_charset)
		return 0;
	buf_init(&utf8, BUF_NOCAP);
	if (search_charset(p->keys->charset, text, &utf8) == -1)
		p->keys->bad_charset = true;
	else
		*out = arena_dup(p->a->arena, buf_slice(&utf8));
	buf_clear(&utf8);
	return out->p == NULL ?
	    arg_memory(p->a) : 0;
}

/* Copy a set to the arena, whose limit is that of the session. */
static const struct idset *
keep_set(struct arg *a, const struct idset *set)
{
	struct idset *kept;

	if ((kept = arena_calloc(a->arena, 1, sizeof(*kept))) == NULL)
		return NULL;
	kept->ranges = arena_array(a->arena, set->n, sizeof(*set->ranges));
	if (kept->ranges == NULL)
		return NULL;
	if (set->n > 0)
		memcpy(kept->ranges, set->ranges,
		    set->n * sizeof(*set->ranges));
	kept->n = kept->size = kept->limit = set->n;
	return kept;
}

/*
 * A set stays as it is written, and the search looks each message up in it: a
 * thousand sets of all messages are a few thousand octets, and nothing is done
 * for each message here, where nobody looks at the clock.
 */
static int
key_set(struct parser *p, struct search_node *node, bool uid)
{
	struct idset set;
	int rc;

	node->key = uid ? SEARCH_UIDS : SEARCH_SEQS;
	if (!uid)
		p->keys->seqnums = true;
	rc = message_set_parse_numbers(p->a, p->view, uid, &set);
	if (rc == 0 && (node->ids = keep_set(p->a, &set)) == NULL)
		rc = arg_memory(p->a);
	idset_clear(&set);
	return rc;
}

/* RFC 7162, 3.1.5: entry name and entry type are accepted and ignored. */
static int
key_modseq(struct parser *p, struct search_node *node)
{
	struct slice entry;

	if (arg_sp(p->a) == -1)
		return -1;
	if (arg_peek(p->a) == '"') {
		if (arg_string(p->a, &entry) == -1 || arg_sp(p->a) == -1)
			return -1;
		if (!arg_if_word(p->a, "all") &&
		    !arg_if_word(p->a, "priv") &&
		    !arg_if_word(p->a, "shared"))
			return arg_fail(p->a, "Entry type expected");
		if (arg_sp(p->a) == -1)
			return -1;
	}
	p->keys->modseq = true;
	return arg_mod_sequence(p->a, &node->number);
}

/* NEW is short for (RECENT UNSEEN). */
static int
key_new(struct parser *p, struct search_node *node)
{
	struct search_node *recent, *unseen, *seen;

	if ((recent = node_new(p->a, SEARCH_RECENT)) == NULL ||
	    (unseen = node_new(p->a, SEARCH_NOT)) == NULL ||
	    (seen = node_new(p->a, SEARCH_FLAG)) == NULL)
		return -1;
	seen->number = FLAG_SEEN;
	unseen->kids = seen;
	recent->next = unseen;
	node->kids = recent;
	return 0;
}

static int
key_argument(struct parser *p, const struct key_row *row,
    struct search_node *node)
{
	struct arg *a = p->a;
	uint32_t n;

	switch (row->arg) {
	case KEY_NONE:
		return 0;
	case KEY_FIELD:
		node->header = slice_str(row->field);
		return key_text(p, &node->text);
	case KEY_STRING:
		return key_text(p, &node->text);
	case KEY_HEADER:
		if (arg_sp(a) == -1 || arg_astring(a, &node->header) == -1)
			return -1;
		return key_text(p, &node->text);
	case KEY_KEYWORD:
		return arg_sp(a) == -1 ? -1 : arg_atom(a, &node->text);
	case KEY_DATE:
		return arg_sp(a) == -1 ? -1 : arg_date(a, &node->day);
	case KEY_NUMBER:
		if (arg_sp(a) == -1 || arg_number(a, &n) == -1)
			return -1;
		node->number = n;
		return 0;
	case KEY_UIDS:
		return arg_sp(a) == -1 ? -1 : key_set(p, node, true);
	case KEY_MODSEQ:
		return key_modseq(p, node);
	case KEY_NEW:
		return key_new(p, node);
	case KEY_NOT:
	case KEY_OR:
		break;
	}
	return 0;
}

static const struct key_row *
find_key(struct slice name)
{
	for (size_t i = 0; i < NROWS(key_rows); i++)
		if (slice_caseeq_str(name, key_rows[i].name))
			return &key_rows[i];
	return NULL;
}

static int
named_key(struct parser *p)
{
	const struct key_row *row;
	struct search_node *node, *not;
	struct slice name;

	if (arg_word(p->a, &name) == -1)
		return arg_fail(p->a, "Search key expected");
	if ((row = find_key(name)) == NULL)
		return arg_fail(p->a, "Unknown search key");
	if ((node = node_new(p->a, row->key)) == NULL)
		return -1;
	node->number = row->number;
	if (row->arg == KEY_NOT || row->arg == KEY_OR) {
		if (push(p, node, row->arg == KEY_OR ? 2 : 1, false) == -1)
			return -1;
		return arg_sp(p->a) == -1 ? -1 : 1;
	}
	if (key_argument(p, row, node) == -1)
		return -1;
	if (row->negated) {
		if ((not = node_new(p->a, SEARCH_NOT)) == NULL)
			return -1;
		not->kids = node;
		node = not;
	}
	attach(p, node);
	return 0;
}

/*
 * Parse one key.  Returns 0 if the key is complete, 1 if its child keys
 * follow, -1 on error.
 */
static int
one_key(struct parser *p)
{
	struct search_node *node;
	char c = arg_peek(p->a);

	if (++p->keys->nkeys > p->max)
		return arg_fail(p->a, "Too many search keys");
	if (arg_if_char(p->a, '(')) {
		node = node_new(p->a, SEARCH_AND);
		return node == NULL || push(p, node, 0, true) == -1 ? -1 : 1;
	}
	if ((c >= '0' && c <= '9') || c == '*') {
		if ((node = node_new(p->a, SEARCH_SEQS)) == NULL ||
		    key_set(p, node, false) == -1)
			return -1;
		attach(p, node);
		return 0;
	}
	return named_key(p);
}

/*
 * After a complete key, pop every frame that it completes.  Returns 1 if more
 * keys follow, 0 at the end, -1 on error.
 */
static int
close_keys(struct parser *p)
{
	for (;;) {
		struct frame *top = &p->stack[p->depth - 1];

		if (top->want > 0) {
			if (--top->want > 0)
				return arg_sp(p->a) == -1 ? -1 : 1;
		} else if (top->parenthesis) {
			if (arg_if_char(p->a, ' '))
				return 1;
			if (arg_char(p->a, ')') == -1)
				return -1;
		} else {
			return arg_if_more(p->a) ? 1 : 0;
		}
		p->depth--;
	}
}

int
search_keys_parse(struct arg *a, struct view *v, uint32_t max,
    struct search_keys *k)
{
	struct parser p = { .a = a, .view = v, .max = max, .keys = k };
	int rv;

	if ((k->root = node_new(a, SEARCH_AND)) == NULL ||
	    push(&p, k->root, 0, false) == -1)
		return -1;
	do {
		if ((rv = one_key(&p)) == 0)
			rv = close_keys(&p);
	} while (rv == 1);
	return rv;
}
