/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Address lists; see address.h.
 *
 * Each address is tried as a group, then as a name-addr, then as an addr-spec,
 * always from the same place.  Text that is none of them ends the list,
 * because nobody could say where the next address begins.
 */

#include "config.h"

#include "storage/mime/address.h"
#include "storage/mime/token.h"

struct parse {
	struct token		 tok;
	struct buf		 comment;
	struct buf		*out;	/* the token being read */
	struct arena		*arena;
	struct address_list	*list;
	size_t			*left;
	struct address		 addr;	/* the address being read */
	int			 full;	/* the arena is full */
};

static const struct slice missing_mailbox = SLICE_INIT("MISSING_MAILBOX");
static const struct slice missing_domain = SLICE_INIT("MISSING_DOMAIN");
static const struct slice syntax_error = SLICE_INIT("SYNTAX_ERROR");
static const struct slice invalid_route = SLICE_INIT("INVALID_ROUTE");

/* Copy a token into the arena.  p of the result is never NULL. */
static struct slice
keep(struct parse *ps, const struct buf *b)
{
	struct slice s = buf_slice(b);
	char *p;

	if (s.len == 0)
		return slice_make("", 0);
	if ((p = arena_alloc(ps->arena, s.len)) == NULL) {
		ps->full = 1;
		return slice_make("", 0);
	}
	memcpy(p, s.p, s.len);
	return slice_make(p, s.len);
}

static void
add(struct parse *ps)
{
	struct address *a;

	if (*ps->left > 0) {
		if ((a = arena_alloc(ps->arena, sizeof(*a))) == NULL) {
			ps->full = 1;
			return;
		}
		(*ps->left)--;
		*a = ps->addr;
		a->next = NULL;
		if (ps->list->first == NULL)
			ps->list->first = a;
		else
			ps->list->last->next = a;
		ps->list->last = a;
	}
	ps->addr = (struct address){ 0 };
}

static void
add_mailbox(struct parse *ps)
{
	if (ps->addr.mailbox.p == NULL)
		ps->addr.mailbox = missing_mailbox;
	if (ps->addr.host.p == NULL)
		ps->addr.host = missing_domain;
	add(ps);
}

/*
 * local-part: dot-atom, quoted-string, or RFC 822's words and dots.  Dots at
 * the beginning, which no RFC allows, are accepted.
 */
static int
local_part(struct parse *ps)
{
	int ret;

	buf_truncate(ps->out, 0);
	for (; ps->tok.p < ps->tok.end && *ps->tok.p == '.'; ps->tok.p++)
		(void)buf_add_char(ps->out, '.');
	if (ps->tok.p < ps->tok.end && *ps->tok.p == '"')
		ret = token_quoted(&ps->tok, ps->out);
	else
		ret = token_dot_atom(&ps->tok, ps->out);
	if (ret >= 0)
		ps->addr.mailbox = keep(ps, ps->out);
	return ret;
}

static int
domain(struct parse *ps)
{
	int ret;

	buf_truncate(ps->out, 0);
	ret = token_domain(&ps->tok, ps->out);
	if (ret >= 0)
		ps->addr.host = keep(ps, ps->out);
	return ret;
}

/* obs-domain-list (RFC 5322, section 4.4): "@a,@b" before a colon. */
static int
route(struct parse *ps)
{
	int ret;

	buf_truncate(ps->out, 0);
	while (*ps->tok.p == '@') {
		if (buf_len(ps->out) > 0)
			(void)buf_add_char(ps->out, ',');
		(void)buf_add_char(ps->out, '@');
		if ((ret = token_domain(&ps->tok, ps->out)) <= 0)
			return ret;
		while ((ret = token_skip(&ps->tok)) > 0 && *ps->tok.p == ',')
			ps->tok.p++;
		if (ret <= 0)
			return ret;
	}
	ps->addr.route = keep(ps, ps->out);
	return 1;
}

/* "<" [route ":"] local-part "@" domain ">" */
static int
angle_addr(struct parse *ps)
{
	int ret;

	ps->tok.p++;
	if (token_skip(&ps->tok) <= 0)
		return -1;
	if (*ps->tok.p == '@') {
		if (route(ps) <= 0 || *ps->tok.p != ':') {
			ps->addr.route = invalid_route;
			return -1;
		}
		ps->tok.p++;
		if ((ret = token_skip(&ps->tok)) <= 0)
			return ret;
	}
	if (*ps->tok.p == '>') {
		/* "<>" means that there is no address. */
		ps->addr.mailbox = missing_mailbox;
	} else {
		if (local_part(ps) <= 0)
			return -1;
		if (*ps->tok.p == '@' && domain(ps) <= 0)
			return -1;
	}
	if (*ps->tok.p != '>')
		return -1;
	ps->tok.p++;
	return token_skip(&ps->tok);
}

static int
name_addr(struct parse *ps)
{
	struct slice name;

	buf_truncate(ps->out, 0);
	if (token_phrase(&ps->tok, ps->out) <= 0 || *ps->tok.p != '<')
		return -1;
	name = keep(ps, ps->out);
	if (name.len > 0)
		ps->addr.name = name;
	if (angle_addr(ps) == -1 && (ps->tok.p == ps->tok.end ||
	    ps->addr.route.p != invalid_route.p))
		ps->addr.host = syntax_error;
	return ps->tok.p < ps->tok.end;
}

/* local-part "@" domain; a comment is the name, as in the days of RFC 822. */
static int
addr_spec(struct parse *ps)
{
	int ret, ret2;

	buf_truncate(&ps->comment, 0);
	ret = *ps->tok.p == '@' ? 1 : local_part(ps);
	if (ret > 0 && *ps->tok.p == '@' && (ret2 = domain(ps)) <= 0)
		ret = ret2;
	if (buf_len(&ps->comment) > 0)
		ps->addr.name = keep(ps, &ps->comment);
	return ret;
}

/* Words that are not an address; if there are several, they are a name. */
static int
name_only(struct parse *ps)
{
	size_t len;
	int ret;

	buf_truncate(ps->out, 0);
	ret = token_phrase(&ps->tok, ps->out);
	len = slice_trim(buf_slice(ps->out)).len;
	buf_truncate(ps->out, len);
	if (slice_chr(buf_slice(ps->out), ' ') == SLICE_NONE)
		return ret;
	ps->addr = (struct address){ 0 };
	ps->addr.name = keep(ps, ps->out);
	return ret;
}

static int
mailbox(struct parse *ps)
{
	const char *start = ps->tok.p;
	int ret;

	if ((ret = name_addr(ps)) == -1) {
		ps->tok.p = start;
		ret = addr_spec(ps);
		if (ret > 0 && ps->addr.host.p == NULL &&
		    (token_is_atext((unsigned char)*ps->tok.p) ||
		    *ps->tok.p == '"')) {
			ps->tok.p = start;
			ret = name_only(ps);
		}
	}
	add_mailbox(ps);
	return ret;
}

static int
group_members(struct parse *ps)
{
	while (*ps->tok.p != ';') {
		if (mailbox(ps) <= 0)
			return -1;
		if (*ps->tok.p != ',')
			break;
		ps->tok.p++;
		if (token_skip(&ps->tok) <= 0)
			return -1;
	}
	if (*ps->tok.p != ';')
		return -1;
	ps->tok.p++;
	return token_skip(&ps->tok);
}

/* display-name ":" [mailbox-list] ";".  Returns -1 if this is not a group. */
static int
group(struct parse *ps)
{
	int ret;

	buf_truncate(ps->out, 0);
	if (token_phrase(&ps->tok, ps->out) <= 0 || *ps->tok.p != ':')
		return -1;
	ps->tok.p++;
	ret = token_skip(&ps->tok);
	ps->addr.mailbox = keep(ps, ps->out);
	add(ps);
	if (ret > 0)
		ret = group_members(ps);
	add(ps);
	return ret != 0;
}

static int
address(struct parse *ps)
{
	const char *start = ps->tok.p;
	int ret;

	if ((ret = group(ps)) == -1) {
		ps->tok.p = start;
		ret = mailbox(ps);
	}
	return ret;
}

static void
address_list(struct parse *ps)
{
	while (*ps->left > 0 && !ps->full) {
		if (address(ps) == 0 || ps->tok.p == ps->tok.end)
			return;
		if (*ps->tok.p != ',')
			return;
		/* List members may be empty (RFC 5322, 4.4). */
		do {
			ps->tok.p++;
			if (token_skip(&ps->tok) <= 0)
				return;
		} while (*ps->tok.p == ',');
	}
}

int
address_parse(struct arena *a, struct slice value, size_t *left,
    struct buf *scratch, struct address_list *list)
{
	struct parse ps = { .out = scratch, .arena = a, .list = list,
	    .left = left };

	buf_init(&ps.comment, BUF_NOCAP);
	token_init(&ps.tok, value, &ps.comment);
	buf_truncate(scratch, 0);
	if (token_skip(&ps.tok) > 0)
		address_list(&ps);
	buf_clear(&ps.comment);
	return ps.full ? -1 : 0;
}
