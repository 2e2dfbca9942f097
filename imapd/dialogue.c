/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Commands and responses of a session in the log; see dialogue.h. */

#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "common/proc/trace.h"
#include "imapd/dialogue.h"
#include "imapd/literal.h"
#include "imapd/session.h"

/* A response under way.  Only as much of a line is kept as will be shown. */
struct dialogue {
	char		 who[16];	/* number of the session */
	size_t		 seen;	/* octets of the output already read */
	struct literal_reader reader;	/* for the line under way */
	uint64_t	 literal;	/* octets of a literal still to skip */
	bool		 quoted;	/* in a quoted string of FETCH */
	bool		 escaped;	/* after a backslash in that string */
	size_t		 len;
	char		 line[TRACE_LINE_MAX + 1];
};

static void
add(struct dialogue *d, const char *p, size_t len)
{
	if (len > sizeof(d->line) - d->len)
		len = sizeof(d->line) - d->len;
	memcpy(d->line + d->len, p, len);
	d->len += len;
}

/* Return whether the line starts like "* 12 FETCH ". */
static bool
is_fetch(const struct dialogue *d)
{
	static const char fetch[] = " FETCH ";
	size_t i = 2;

	if (d->len < 2 || memcmp(d->line, "* ", 2) != 0)
		return false;
	while (i < d->len && isdigit((unsigned char)d->line[i]))
		i++;
	return d->len - i >= sizeof(fetch) - 1 &&
	    memcmp(d->line + i, fetch, sizeof(fetch) - 1) == 0;
}

/* At the end of a line, log the response, unless a literal continues it. */
static void
end_line(struct dialogue *d)
{
	struct literal literal;

	if (literal_announced(&d->reader, &literal))
		d->literal = literal.size;
	else {
		trace_line(d->who, TRACE_SERVER, slice_make(d->line, d->len));
		d->len = 0;
	}
	d->quoted = d->escaped = false;
	literal_reset(&d->reader);
}

/* Take one octet that is not part of a literal. */
static void
take(struct dialogue *d, const char *c)
{
	literal_feed(&d->reader, slice_make(c, 1));
	if (*c == '\n')
		end_line(d);
	else if (d->escaped)
		d->escaped = false;
	else if (d->quoted && *c == '\\')
		d->escaped = true;
	else if (*c == '"' && (d->quoted || is_fetch(d))) {
		d->quoted = !d->quoted;
		add(d, "\"...", d->quoted ? 4 : 1);
	} else if (!d->quoted && *c != '\r')
		add(d, c, 1);
}

/* Log the responses that were written since the last call. */
static void
responses(struct session *s)
{
	struct dialogue *d = s->dialogue;
	struct slice out = buf_slice(s->reply.out);
	size_t n;

	while (d->seen < out.len) {
		n = out.len - d->seen;
		if (d->literal == 0) {
			take(d, out.p + d->seen++);
			continue;
		}
		if (n > d->literal)
			n = (size_t)d->literal;
		d->literal -= n;
		d->seen += n;
	}
}

void
dialogue_begin(struct session *s)
{
	size_t unsent = buf_len(s->reply.out);

	/* A trace that began within a literal would take it for lines. */
	if (!s->cmd.busy && unsent == 0 &&
	    wconn_is_traced(s->conn) != (s->dialogue != NULL)) {
		if (s->dialogue != NULL)
			dialogue_clear(s);
		else {
			s->dialogue = xcalloc(1, sizeof(*s->dialogue));
			literal_reset(&s->dialogue->reader);
			(void)snprintf(s->dialogue->who,
			    sizeof(s->dialogue->who), "%" PRIu32,
			    wconn_id(s->conn));
		}
	}
	if (s->dialogue != NULL)
		s->dialogue->seen = unsent;
}

void
dialogue_end(struct session *s)
{
	if (s->dialogue != NULL)
		responses(s);
}

/* Log a command, leaving out the octets of its literals. */
static void
show_command(const struct dialogue *d, struct slice text)
{
	struct dialogue shown = { .len = 0 };
	struct literal_reader reader;
	struct literal literal;
	struct slice line;
	size_t lf;

	while (text.len > 0) {
		lf = slice_chr(text, '\n');
		line = slice_sub(text, 0, lf == SLICE_NONE ? lf : lf + 1);
		text = slice_from(text, line.len);
		literal_reset(&reader);
		literal_feed(&reader, line);
		while (line.len > 0 && (line.p[line.len - 1] == '\n' ||
		    line.p[line.len - 1] == '\r'))
			line.len--;
		add(&shown, line.p, line.len);
		if (literal_announced(&reader, &literal))
			text = slice_from(text, (size_t)literal.size);
	}
	trace_line(d->who, TRACE_CLIENT, slice_make(shown.line, shown.len));
}

void
dialogue_command(struct session *s, bool known, struct slice text)
{
	if (s->dialogue == NULL)
		return;
	responses(s);
	if (known)
		show_command(s->dialogue, text);
	else
		trace_hidden(s->dialogue->who, TRACE_CLIENT, NULL, text.len);
}

void
dialogue_clear(struct session *s)
{
	free(s->dialogue);
	s->dialogue = NULL;
}
