/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SEARCH (RFC 3501, 6.4.4).  The tree of keys is asked in rounds: with the
 * entry in memory, then with the gist, then with the header in the index, then
 * with the file.  A message goes to the next round only while the tree is
 * undecided.
 *
 * The index is read in two passes: first only gists, then all that the index
 * has of the messages that are still undecided.  A gist is a tenth of that,
 * and few messages are left when people search by subject, sender or date.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/casefold.h"
#include "common/base/date.h"
#include "common/base/xmalloc.h"
#include "storage/index/op_wait.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/mime/charset.h"
#include "storage/mime/gist.h"
#include "storage/mime/header.h"
#include "storage/mime/mimeblob.h"
#include "storage/mime/textstream.h"
#include "storage/op/op_state.h"
#include "storage/read/reader.h"
#include "storage/read/search.h"
#include "storage/read/search_file.h"
#include "storage/read/search_header.h"

enum round { ROUND_ENTRY, ROUND_GIST, ROUND_HEADER, ROUND_FILE };

/* A key that looks for text, with that text folded. */
struct needle {
	const struct search_node *node;
	struct buf	 text;
	uint64_t	 name;		/* of the field in a gist */
	enum answer	 told;	/* the message's answer, or MAYBE */
};

struct subject {
	struct search_op *s;
	enum round	 round;
	uint32_t	 uid;
	uint32_t	 seq;
	struct flags	 flags;
	uint64_t	 modseq;
	const struct message *m;
	struct gist	 gist;
	struct mimeblob	 blob;
	bool		 has_blob;
	bool		 failed;	/* the file cannot be read */
};

struct search_op {
	struct op	 op;
	struct view	*view;
	struct search_node *root;
	struct needle	*needles;
	size_t		 nneedles;
	size_t		 needles_size;
	bool		 asks_gist;	/* a gist can answer some key */
	bool		 asks_seq;	/* some key is a SEARCH_SEQS */
	bool		 collected;	/* collect() has run */
	bool		 prepared;	/* the first round is over */
	uint32_t	 asked;		/* last UID of the first round */
	struct idset	 open;		/* messages still undecided */
	bool		 gists;		/* reader is in the pass over gists */
	struct reader	*reader;
	struct subject	 x;		/* the message to be decided */
	bool		 asking;	/* x is not decided yet */
	struct needle	*wanted; /* first key that waits for an answer */
	bool		 waiting;	/* for the file to be found */
	struct search_file file;
	struct search_header stored;	/* what the index has of the header */
	struct search_header whole;	/* the header in the file */
	struct buf	 block;		/* of the file, not decoded yet */
	struct idset	 found;		/* in the present round, ascending */
	struct search_result result;
};

static bool
is_text(enum search_key key)
{
	return key == SEARCH_HEADER || key == SEARCH_BODY ||
	    key == SEARCH_TEXT;
}

/* Keys that the columns beside the gist answer, or the date in the gist. */
static bool
is_number(enum search_key key)
{
	return key >= SEARCH_LARGER && key <= SEARCH_SENTSINCE;
}

static void
collect(struct search_op *s, struct search_node *node)
{
	struct needle *n;

	for (; node != NULL; node = node->next) {
		collect(s, node->kids);
		if (is_number(node->key))
			s->asks_gist = true;
		if (node->key == SEARCH_SEQS)
			s->asks_seq = true;
		if (!is_text(node->key))
			continue;
		s->needles = xgrow(s->needles, s->nneedles, &s->needles_size,
		    sizeof(*s->needles));
		node->place = s->nneedles++;
		n = &s->needles[node->place];
		memset(n, 0, sizeof(*n));
		n->node = node;
		buf_init(&n->text, BUF_NOCAP);
		(void)casefold_add(&n->text, node->text);
		n->name = node->key == SEARCH_HEADER ?
		    gist_name(node->header) : GIST_NONE;
		if (n->name != GIST_NONE)
			s->asks_gist = true;
		if (node->key == SEARCH_HEADER) {
			search_header_want(&s->stored, node->header);
			search_header_want(&s->whole, node->header);
		}
	}
}

/* The needle of a text key; collect() made one for each such key. */
static struct needle *
needle_of(const struct search_op *s, const struct search_node *node)
{
	return &s->needles[node->place];
}

static enum answer
yes_if(bool yes)
{
	return yes ? YES : NO;
}

/* Whether any field of that name has the text in its value. */
static enum answer
ask_gist(const struct gist *gist, const struct needle *n)
{
	struct slice fields = gist->fields, value;
	uint64_t name;

	while (gist_next(&fields, &name, &value))
		if (name == n->name && slice_find(value,
		    buf_slice(&n->text)) != SLICE_NONE)
			return YES;
	return NO;
}

/* Read the header in the file, as much of it as is parsed. */
static void
read_header(struct subject *x)
{
	struct search_op *s = x->s;
	struct mime_part *root;
	struct stretch st;

	buf_reset(&s->block, 65536);
	root = x->has_blob ? search_file_parts(&s->file, &x->blob) : NULL;
	if (root == NULL || mimeblob_section(root, NULL, 0,
	    MIME_SECTION_HEADER, &st) != 1)
		return;
	while (buf_len(&s->block) < st.wire_len &&
	    buf_len(&s->block) < MIME_HEADER_MAX) {
		int64_t n = reader_body(s->reader, &st, buf_len(&s->block),
			    st.wire_len, 65536, &s->block);

		if (n <= 0)
			break;
	}
}

/* Whether the index has the fields of this key's name. */
static bool
is_stored(const struct subject *x, const struct search_node *node)
{
	return x->m->headers.len > 0 && header_cached(&node->header, 1);
}

/* This key takes long: it is looked into once ask() has returned. */
static enum answer
ask_later(struct subject *x, struct needle *n)
{
	if (n->told == MAYBE && x->s->wanted == NULL)
		x->s->wanted = n;
	return n->told;
}

static enum answer
ask_header(struct subject *x, const struct search_node *node)
{
	struct needle *n = needle_of(x->s, node);
	const struct search_header *h;

	if (x->round == ROUND_ENTRY)
		return MAYBE;
	if (n->name != GIST_NONE && x->gist.has_fields)
		return ask_gist(&x->gist, n);
	if (x->round == ROUND_GIST)
		return MAYBE;
	h = is_stored(x, node) ? &x->s->stored : &x->s->whole;
	if (search_header_is_small(h))
		return yes_if(search_header_has(h, node->header,
		    buf_slice(&n->text)));
	if (h == &x->s->whole && x->round != ROUND_FILE)
		return MAYBE;
	return ask_later(x, n);
}

static enum answer
ask_text(struct subject *x, const struct search_node *node)
{
	struct needle *n = needle_of(x->s, node);

	if (buf_len(&n->text) == 0)
		return YES;
	return x->round == ROUND_FILE ? ask_later(x, n) : MAYBE;
}

/* The day in the Date: field.  A message without one matches no such key. */
static enum answer
ask_sent(const struct subject *x, const struct search_node *node)
{
	int32_t day;

	if (!x->gist.has_date)
		return NO;
	day = date_day(x->gist.date, x->gist.zone_min);
	if (node->key == SEARCH_SENTBEFORE)
		return yes_if(day < node->day);
	if (node->key == SEARCH_SENTON)
		return yes_if(day == node->day);
	return yes_if(day >= node->day);
}

static enum answer
ask_entry(const struct subject *x, const struct search_node *node)
{
	int number;

	switch (node->key) {
	case SEARCH_UIDS:
		return yes_if(idset_contains(node->ids, x->uid));
	case SEARCH_SEQS:
		return yes_if(idset_contains(node->ids, x->seq));
	case SEARCH_FLAG:
		return yes_if((x->flags.system & node->number) != 0);
	case SEARCH_KEYWORD:
		number = view_keyword_find(x->s->view, node->text);
		return yes_if(number != -1 &&
		    (x->flags.keywords & 1ULL << number) != 0);
	case SEARCH_RECENT:
		return yes_if(view_recent(x->s->view, x->uid));
	case SEARCH_MODSEQ:
		return yes_if(node->number == 0 || x->modseq >
		    view_since(x->s->view, node->number - 1));
	default:
		return YES;
	}
}

static enum answer
ask_number(const struct subject *x, const struct search_node *node)
{
	int32_t day;

	if (x->round == ROUND_ENTRY)
		return MAYBE;
	day = date_day(x->m->internaldate, 0);
	switch (node->key) {
	case SEARCH_LARGER:
		return yes_if(x->m->size > node->number);
	case SEARCH_SMALLER:
		return yes_if(x->m->size < node->number);
	case SEARCH_BEFORE:
		return yes_if(day < node->day);
	case SEARCH_ON:
		return yes_if(day == node->day);
	case SEARCH_SINCE:
		return yes_if(day >= node->day);
	default:
		return ask_sent(x, node);
	}
}

static enum answer	ask(struct subject *, const struct search_node *);

/* One NO decides an AND, one YES an OR. */
static enum answer
ask_kids(struct subject *x, const struct search_node *node,
    enum answer decides)
{
	const struct search_node *kid;
	enum answer a, all = decides == NO ? YES : NO;

	for (kid = node->kids; kid != NULL; kid = kid->next) {
		a = ask(x, kid);
		if (a == decides)
			return a;
		if (a == MAYBE)
			all = MAYBE;
	}
	return all;
}

/* The recursion is as deep as the client's command, which the parser limits. */
static enum answer
ask(struct subject *x, const struct search_node *node)
{
	enum answer a;

	switch (node->key) {
	case SEARCH_ALL:
		return YES;
	case SEARCH_AND:
		return ask_kids(x, node, NO);
	case SEARCH_OR:
		return ask_kids(x, node, YES);
	case SEARCH_NOT:
		a = ask(x, node->kids);
		return a == MAYBE ? MAYBE : yes_if(a == NO);
	case SEARCH_UIDS:
	case SEARCH_SEQS:
	case SEARCH_FLAG:
	case SEARCH_KEYWORD:
	case SEARCH_RECENT:
	case SEARCH_MODSEQ:
		return ask_entry(x, node);
	case SEARCH_LARGER:
	case SEARCH_SMALLER:
	case SEARCH_BEFORE:
	case SEARCH_ON:
	case SEARCH_SINCE:
	case SEARCH_SENTBEFORE:
	case SEARCH_SENTON:
	case SEARCH_SENTSINCE:
		return ask_number(x, node);
	case SEARCH_HEADER:
		return ask_header(x, node);
	case SEARCH_BODY:
	case SEARCH_TEXT:
		return ask_text(x, node);
	}
	return NO;
}

static void
found(struct search_op *s, uint32_t uid, uint64_t modseq)
{
	(void)idset_add(&s->found, uid);
	if (modseq > s->result.modseq)
		s->result.modseq = modseq;
}

/*
 * A round has ended.  Each finds messages in the order of UIDs, and what it
 * found is added to the result at once: one by one would be quadratic.
 */
static void
end_round(struct search_op *s)
{
	(void)idset_union(&s->result.uids, &s->found);
	idset_clear(&s->found);
}

/* Start the pass over gists, or the one over all that the index has. */
static void
read_open(struct search_op *s, bool gists)
{
	uint32_t need = NEED_SIZE | NEED_DATE | NEED_GIST;

	if (!gists)
		need |= NEED_STRUCT | NEED_HEADERS;
	s->gists = gists;
	if (!idset_empty(&s->open))
		s->reader = reader_new(s->view, &s->open, need);
	idset_clear(&s->open);
}

/* Check the clock after this many entries. */
#define YIELD_EVERY	64

/*
 * The first round, with the entries in memory.  Returns false when the slice
 * is used up: call again.
 */
static bool
ask_entries(struct search_op *s)
{
	struct subject x = { .s = s, .round = ROUND_ENTRY };
	struct mailbox *mb = view_mailbox(s->view);
	size_t i = mailbox_place(mb, s->asked);
	size_t end = view_end(s->view);

	/* Find the place by UID: entries may come and go between two calls. */
	if (i < end && mb->entries[i].uid == s->asked)
		i++;
	for (unsigned int n = 1; i < end; i++, n++) {
		struct entry *e = &mb->entries[i];

		s->asked = e->uid;
		if (e->flags & ENTRY_ZOMBIE && view_gone(s->view, e->uid))
			continue;
		x.uid = e->uid;
		x.seq = s->asks_seq ? view_seq(s->view, e->uid) : 0;
		x.flags.system = e->flags & FLAG_ALL;
		x.flags.keywords = e->keywords;
		x.modseq = e->modseq;
		switch (ask(&x, s->root)) {
		case YES:
			found(s, e->uid, e->modseq);
			break;
		case MAYBE:
			(void)idset_add(&s->open, e->uid);
			break;
		case NO:
			break;
		}
		if (n % YIELD_EVERY == 0 && op_must_yield(&s->op))
			return false;
	}
	return true;
}

/* Start with the message that the reader has just read. */
static void
decide_begin(struct search_op *s, const struct message *m)
{
	struct subject *x = &s->x;

	*x = (struct subject){ .s = s, .round = ROUND_GIST, .uid = m->uid,
	    .seq = m->seq, .flags = m->flags, .modseq = m->modseq, .m = m };
	(void)gist_open(&x->gist, m->gist);
	if (!s->gists) {
		x->has_blob = mimeblob_parse(&x->blob, m->blob) == 0;
		x->round = ROUND_HEADER;
	}
	for (size_t i = 0; i < s->nneedles; i++)
		s->needles[i].told = MAYBE;
	search_header_reset(&s->stored);
	search_header_reset(&s->whole);
	s->asking = true;
}

/* Have the file opened.  Returns false to be called again. */
static bool
open_file(struct search_op *s)
{
	s->waiting = reader_open(s->reader) == RUN_WAIT;
	return !s->waiting;
}

/* Have the header answer the wanted key.  Returns false to be called again. */
static bool
ask_wanted_header(struct search_op *s)
{
	const struct search_node *node = s->wanted->node;
	struct subject *x = &s->x;
	struct search_header *h = &s->whole;
	struct slice block = x->m->headers;

	if (is_stored(x, node))
		h = &s->stored;
	else if (!h->loaded) {
		if (!h->begun) {
			if (!open_file(s))
				return false;
			read_header(x);
		}
		block = buf_slice(&s->block);
	}
	if (!search_header_load(h, block, op_until(&s->op)))
		return false;
	s->wanted->told = yes_if(search_header_has(h, node->header,
	    buf_slice(&s->wanted->text)));
	return true;
}

/* Have the file answer the wanted key.  Returns false to be called again. */
static bool
ask_wanted_file(struct search_op *s)
{
	struct subject *x = &s->x;

	if (!open_file(s))
		return false;
	if (!search_file_reading(&s->file) && (!x->has_blob ||
	    search_file_begin(&s->file, s->reader, &x->blob,
	    s->wanted->node->key == SEARCH_BODY ? TEXTSTREAM_BODY :
	    TEXTSTREAM_TEXT, buf_slice(&s->wanted->text)) == -1)) {
		x->failed = true;
		s->wanted->told = NO;
	} else
		s->wanted->told = search_file_go(&s->file, &s->op);
	return s->wanted->told != MAYBE;
}

/* Decide on the current message; false when the slice is used up first. */
static bool
decide(struct search_op *s)
{
	struct subject *x = &s->x;
	enum answer a;

	for (;;) {
		if (s->wanted != NULL &&
		    !(s->wanted->node->key == SEARCH_HEADER ?
		    ask_wanted_header(s) : ask_wanted_file(s)))
			return false;
		s->wanted = NULL;
		a = ask(x, s->root);
		if (a != MAYBE || s->gists)
			break;
		if (s->wanted == NULL)
			x->round = ROUND_FILE;
		if (op_must_yield(&s->op))
			return false;
	}
	if (a == YES && !x->failed)
		found(s, x->uid, x->modseq);
	if (a == MAYBE)
		(void)idset_add(&s->open, x->uid);
	s->wanted = NULL;
	s->asking = false;
	return true;
}

/* A message that cannot be read matches nothing, and the search goes on. */
static enum run
search_run(struct op *op)
{
	struct search_op *s = (struct search_op *)op;
	const struct message *m;

	if (!s->prepared) {
		if (!s->collected)
			collect(s, s->root);
		s->collected = true;
		if (!ask_entries(s))
			return RUN_MORE;
		s->prepared = true;
		end_round(s);
		read_open(s, s->asks_gist);
	}
	while (s->reader != NULL) {
		if (s->asking && !decide(s))
			return s->waiting ? op_wait_ms(op, 1) : RUN_MORE;
		switch (reader_next(s->reader, &m)) {
		case RUN_DONE:
			if (m != NULL) {
				decide_begin(s, m);
				break;
			}
			reader_free(s->reader);
			s->reader = NULL;
			end_round(s);
			if (s->gists)
				read_open(s, false);
			break;
		case RUN_MORE:
		case RUN_WAIT:
			return op_wait_ms(op, 1);
		case RUN_FAIL:
			break;
		}
		if (op_must_yield(op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

static void
search_free(struct op *op)
{
	struct search_op *s = (struct search_op *)op;

	reader_free(s->reader);
	for (size_t i = 0; i < s->nneedles; i++)
		buf_clear(&s->needles[i].text);
	free(s->needles);
	idset_clear(&s->open);
	idset_clear(&s->found);
	idset_clear(&s->result.uids);
	search_file_clear(&s->file);
	search_header_clear(&s->stored);
	search_header_clear(&s->whole);
	buf_clear(&s->block);
}

static const struct op_class search_class = {
	.run = search_run, .free = search_free
};

struct op *
search_new(struct view *v, struct search_node *root)
{
	struct search_op *s;

	s = xcalloc(1, sizeof(*s));
	op_init(&s->op, &search_class, view_mailbox(v)->store);
	s->view = v;
	s->root = root;
	idset_init(&s->open, IDSET_NOLIMIT);
	idset_init(&s->found, IDSET_NOLIMIT);
	idset_init(&s->result.uids, IDSET_NOLIMIT);
	search_file_init(&s->file);
	search_header_init(&s->stored);
	search_header_init(&s->whole);
	buf_init(&s->block, MIME_HEADER_MAX + 65536);
	return &s->op;
}

const struct search_result *
search_result(const struct op *op)
{
	return &((const struct search_op *)op)->result;
}

int
search_charset(struct slice charset, struct slice text, struct buf *out)
{
	if (!charset_known(charset))
		return -1;
	return charset_decode(out, charset, text);
}
