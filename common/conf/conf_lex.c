/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The lexer of penfold.conf(5).
 *
 * A whole statement is read before the grammar sees its first token, for two
 * reasons: the name of an option may be several words ("login timeout"), and
 * the longest match wins; and an unknown first word deserves a better message
 * than "syntax error".
 *
 * As in pf.conf(5), $name is replaced by the text of the macro, which is then
 * split into tokens, so a macro may hold several words.  A macro inside the
 * value of a macro is an error, which bounds how far text can grow.  Within
 * quotes $ is a plain character.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf_parse.h"

/* Room for a path, a line number and a sentence. */
#define ERROR_MAX	(CONF_STRING_MAX + 1024)

static void
report(struct conf_parse *p, const char *file, int line, const char *fmt,
    va_list ap)
{
	char msg[ERROR_MAX];
	int len;

	if (p->errors++ >= CONF_ERRORS_MAX)
		return;
	if (line == 0)
		len = snprintf(msg, sizeof(msg), "%s: ", file);
	else
		len = snprintf(msg, sizeof(msg), "%s:%d: ", file, line);
	if (len < 0 || (size_t)len >= sizeof(msg))
		len = 0;
	(void)vsnprintf(msg + len, sizeof(msg) - (size_t)len, fmt, ap);
	if (p->report != NULL)
		p->report(p->report_arg, msg);
	else
		log_warn("%s", msg);
}

void
conf_error(struct conf_parse *p, const char *file, int line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(p, file, line, fmt, ap);
	va_end(ap);
}

void
conf_stmt_error(struct conf_parse *p, const char *fmt, ...)
{
	va_list ap;
	int line = p->ntokens > 0 ? p->token[0].line : p->line;

	va_start(ap, fmt);
	report(p, p->file, line, fmt, ap);
	va_end(ap);
}

int
conf_file_read(const char *path, char **text, size_t *len)
{
	struct stat st;
	struct buf b;
	ssize_t n;
	char *room;
	int fd, error = 0;

	buf_init(&b, CONF_FILE_MAX);
	/* O_NONBLOCK: opening a FIFO must not block the start of a daemon. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		error = errno;
	else if (S_ISDIR(st.st_mode))
		error = EISDIR;
	else if (!S_ISREG(st.st_mode))
		error = EINVAL;
	while (error == 0) {
		if (buf_reserve(&b, 4096, &room) == -1) {
			error = EFBIG;
			break;
		}
		if ((n = read(fd, room, 4096)) == -1 && errno != EINTR)
			error = errno;
		if (n == 0)
			break;
		if (n > 0)
			buf_commit(&b, (size_t)n);
	}
	(void)close(fd);
	if (error != 0) {
		buf_clear(&b);
		errno = error;
		return -1;
	}
	*len = buf_len(&b);
	*text = xmalloc(*len + 1);
	if (*len > 0)
		memcpy(*text, buf_slice(&b).p, *len);
	(*text)[*len] = '\0';
	buf_clear(&b);
	return 0;
}

int
conf_source_push(struct conf_parse *p, const char *name, char *text,
    size_t len)
{
	struct conf_source *s;

	if (p->depth == CONF_DEPTH_MAX || p->files == CONF_FILES_MAX) {
		free(text);
		return -1;
	}
	p->files++;
	s = &p->source[p->depth++];
	s->name = xstrdup(name);
	s->text = text;
	s->len = len;
	s->pos = 0;
	s->line = 1;
	return 0;
}

static void
source_pop(struct conf_parse *p)
{
	struct conf_source *s = &p->source[--p->depth];

	free(s->name);
	free(s->text);
	memset(s, 0, sizeof(*s));
}

/*
 * Characters of one text: a file, or the value of a macro
 */

struct reader {
	const char	*p;
	const char	*end;
	int		 line;
	bool		 is_macro;
};

/* Skip blanks, comments, and newlines after a backslash. */
static void
skip_blanks(struct reader *r)
{
	while (r->p < r->end) {
		if (*r->p == ' ' || *r->p == '\t' || *r->p == '\r') {
			r->p++;
		} else if (*r->p == '#') {
			while (r->p < r->end && *r->p != '\n')
				r->p++;
		} else if (r->end - r->p >= 2 && r->p[0] == '\\' &&
		    r->p[1] == '\n') {
			r->p += 2;
			r->line++;
		} else if (r->end - r->p >= 3 && r->p[0] == '\\' &&
		    r->p[1] == '\r' && r->p[2] == '\n') {
			r->p += 3;
			r->line++;
		} else {
			break;
		}
	}
}

/* True if a character needs no quotes. */
static bool
is_bare(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f &&
	    strchr("\"#=,$\\{}()", c) == NULL;
}

static struct conf_token *
token_add(struct conf_parse *p, int line)
{
	struct conf_token *t;

	if (p->ntokens == CONF_TOKENS_MAX)
		return NULL;
	t = &p->token[p->ntokens++];
	memset(t, 0, sizeof(*t));
	t->line = line;
	return t;
}

/*
 * The read_*() functions read tokens at r->p and move it on.  They return
 * NULL, or an error message.
 */

static const char *
read_quoted(struct conf_parse *p, struct reader *r)
{
	struct conf_token *t;
	struct buf b;
	const char *error = NULL;

	if ((t = token_add(p, r->line)) == NULL)
		return "statement is too long";
	t->quoted = true;
	buf_init(&b, CONF_STRING_MAX);
	for (r->p++; error == NULL; r->p++) {
		if (r->p == r->end || *r->p == '\n') {
			error = "string has no closing \"";
			break;
		}
		if (*r->p == '"')
			break;
		if (*r->p == '\\' && r->end - r->p >= 2 &&
		    (r->p[1] == '"' || r->p[1] == '\\'))
			r->p++;
		if (*r->p == '\0')
			error = "NUL in string";
		else if (buf_add_char(&b, *r->p) == -1)
			error = "string is too long";
	}
	if (error == NULL)
		r->p++;
	t->text = xstrdup_slice(buf_slice(&b));
	buf_clear(&b);
	return error;
}

static const char *
read_word(struct conf_parse *p, struct reader *r)
{
	struct conf_token *t;
	const char *start = r->p;

	while (r->p < r->end && is_bare(*r->p))
		r->p++;
	if (r->p - start > CONF_STRING_MAX)
		return "word is too long";
	if ((t = token_add(p, r->line)) == NULL)
		return "statement is too long";
	t->text = xstrndup(start, (size_t)(r->p - start));
	return NULL;
}

static const char *read_tokens(struct conf_parse *, struct reader *);

static const char *
read_macro(struct conf_parse *p, struct reader *r)
{
	struct reader value;
	struct slice name;
	const char *start = ++r->p;

	if (r->is_macro)
		return "macro within the value of a macro";
	while (r->p < r->end && (isalnum((unsigned char)*r->p) ||
	    *r->p == '_'))
		r->p++;
	name = slice_make(start, (size_t)(r->p - start));
	for (size_t i = 0; i < p->nmacros; i++) {
		if (!slice_eq_str(name, p->macros[i].name))
			continue;
		p->macros[i].used = true;
		value.p = p->macros[i].value;
		value.end = value.p + strlen(value.p);
		value.line = r->line;
		value.is_macro = true;
		return read_tokens(p, &value);
	}
	(void)snprintf(p->detail, sizeof(p->detail),
	    "macro \"%s\" is not defined", log_esc(name));
	return p->detail;
}

/* Read tokens up to the newline or the end; r->p is left in front of it. */
static const char *
read_tokens(struct conf_parse *p, struct reader *r)
{
	struct conf_token *t;
	const char *error = NULL;

	while (error == NULL) {
		skip_blanks(r);
		if (r->p == r->end || *r->p == '\n')
			break;
		if (*r->p == '"') {
			error = read_quoted(p, r);
		} else if (*r->p == '$') {
			error = read_macro(p, r);
		} else if (*r->p == '=' || *r->p == ',') {
			if ((t = token_add(p, r->line)) == NULL)
				return "statement is too long";
			t->punct = *r->p;
			t->text = xstrndup(r->p++, 1);
		} else if (is_bare(*r->p)) {
			error = read_word(p, r);
		} else {
			error = "character that may only stand in quotes";
		}
	}
	return error;
}

static void
tokens_free(struct conf_parse *p)
{
	for (size_t i = 0; i < p->ntokens; i++)
		free(p->token[i].text);
	p->ntokens = p->next = p->given = 0;
	free(p->file);
	p->file = NULL;
	p->option = NULL;
	p->is_macro = false;
	p->want = NULL;
}

void
conf_lex_clear(struct conf_parse *p)
{
	tokens_free(p);
	while (p->depth > 0)
		source_pop(p);
	for (size_t i = 0; i < p->nmacros; i++) {
		free(p->macros[i].name);
		free(p->macros[i].value);
		free(p->macros[i].where.file);
	}
	free(p->macros);
}

/*
 * Read the tokens of the next line that is not empty.  Lines that cannot be
 * split into tokens are reported and skipped.  Returns 0, or -1 at the end of
 * the last source or after CONF_ERRORS_MAX errors.
 */
static int
statement_read(struct conf_parse *p)
{
	struct conf_source *s;
	struct reader r;
	const char *error;

	for (;;) {
		tokens_free(p);
		while (p->depth > 0 &&
		    p->source[p->depth - 1].pos ==
		    p->source[p->depth - 1].len)
			source_pop(p);
		if (p->depth == 0 || p->errors >= CONF_ERRORS_MAX)
			return -1;
		s = &p->source[p->depth - 1];
		r.p = s->text + s->pos;
		r.end = s->text + s->len;
		r.line = s->line;
		r.is_macro = false;
		p->file = xstrdup(s->name);
		error = read_tokens(p, &r);
		p->line = r.line;
		if (error != NULL)
			conf_error(p, p->file, r.line, "%s", error);
		while (r.p < r.end && *r.p != '\n')
			r.p++;
		if (r.p < r.end) {
			r.p++;
			r.line++;
		}
		s->pos = (size_t)(r.p - s->text);
		s->line = r.line;
		if (error == NULL && p->ntokens > 0)
			return 0;
	}
}

/* Get the bare words that the statement begins with; returns how many. */
static size_t
leading_words(const struct conf_parse *p, const char **words, size_t max)
{
	size_t n = 0;

	while (n < max && n < p->ntokens && !p->token[n].quoted &&
	    p->token[n].punct == 0) {
		words[n] = p->token[n].text;
		n++;
	}
	return n;
}

/* Count the words of name if the statement begins with them all, else 0. */
static size_t
name_match(const char *name, const char *const *words, size_t n)
{
	size_t len, i;

	for (i = 0; *name != '\0'; i++) {
		len = strcspn(name, " ");
		if (i == n || strlen(words[i]) != len ||
		    memcmp(words[i], name, len) != 0)
			return 0;
		name += len;
		name += strspn(name, " ");
	}
	return i;
}

static const struct conf_keyword *
keyword_find(const struct conf_parse *p, const char *word)
{
	for (const struct conf_keyword *k = p->keywords; k->name != NULL; k++)
		if (strcmp(k->name, word) == 0)
			return k;
	return NULL;
}

/* True if these words begin a statement that is not an option. */
static bool
begins_statement(const char *const *words, size_t n)
{
	static const char *const first[] = {
		"include", "certificate", "users", "mail", "allow", NULL
	};

	if (n == 0)
		return false;
	for (size_t i = 0; first[i] != NULL; i++)
		if (strcmp(words[0], first[i]) == 0)
			return true;
	/* Options such as "pop3 uidl" begin with a service's word as well. */
	return conf_service_find(words[0]) != NULL &&
	    (n == 1 || strcmp(words[1], "listen") == 0);
}

static void
unknown_report(struct conf_parse *p, const char *const *words, size_t n)
{
	const char *near;
	char what[128] = "";
	size_t taken = 1;

	if (n == 0) {
		conf_stmt_error(p, "expected the name of an option, not \"%s\"",
		    log_esc(slice_str(p->token[0].text)));
		return;
	}
	near = conf_near(words, n, &taken);
	for (size_t i = 0; i < taken && i < n; i++) {
		if (i > 0)
			(void)strlcat(what, " ", sizeof(what));
		(void)strlcat(what, log_esc(slice_str(words[i])),
		    sizeof(what));
	}
	if (near != NULL)
		conf_stmt_error(p, "unknown option \"%s\"; did you mean "
		    "\"%s\"?", what, near);
	else
		conf_stmt_error(p, "unknown option \"%s\"", what);
}

/*
 * Decide whether the statement is a macro, an option or another statement.
 * Returns 0, or -1 after reporting an unknown statement.
 */
static int
statement_classify(struct conf_parse *p)
{
	const char *words[8];
	size_t best = 0, m, n;

	n = leading_words(p, words, NROWS(words));
	if (n == 1 && p->ntokens > 1 && p->token[1].punct == '=') {
		p->is_macro = true;
		return 0;
	}
	for (size_t i = 0; i < conf_noptions; i++) {
		m = name_match(conf_options[i].name, words, n);
		if (m > best) {
			best = m;
			p->option = &conf_options[i];
		}
	}
	if (best > 0 && best < p->ntokens && p->token[best].punct == '=') {
		conf_stmt_error(p, "expected a value after \"%s\", without "
		    "\"=\"", p->option->name);
		return -1;
	}
	if (best > 0) {
		p->next = best;
		return 0;
	}
	if (begins_statement(words, n))
		return 0;
	unknown_report(p, words, n);
	return -1;
}

enum conf_lexed
conf_lex(struct conf_parse *p, const char **text, int *keyword)
{
	const struct conf_keyword *k;
	struct conf_token *t;

	*text = NULL;
	if (!p->in_statement) {
		do {
			if (statement_read(p) == -1)
				return CONF_LEX_END;
		} while (statement_classify(p) == -1);
		p->in_statement = true;
		if (p->option != NULL)
			return CONF_LEX_OPTION;
	}
	p->given = p->next;
	if (p->next == p->ntokens) {
		p->in_statement = false;
		return CONF_LEX_NEWLINE;
	}
	t = &p->token[p->next++];
	*text = t->text;
	if (t->punct != 0)
		return CONF_LEX_PUNCT;
	if (p->is_macro)
		return p->next == 1 ? CONF_LEX_MACRO : CONF_LEX_VALUE;
	if (p->option != NULL || t->quoted ||
	    (k = keyword_find(p, t->text)) == NULL)
		return CONF_LEX_VALUE;
	*keyword = k->token;
	return CONF_LEX_KEYWORD;
}

void
conf_lex_unexpected(struct conf_parse *p)
{
	const struct conf_token *t;
	const char *want = p->want;
	const char *near = NULL;
	char quoted[32];

	if (want == NULL)
		want = "another statement";
	if (p->given >= p->ntokens) {
		conf_error(p, p->file, p->line,
		    "expected %s, not the end of the line", want);
		return;
	}
	t = &p->token[p->given];
	if (!t->quoted && t->punct == 0)
		near = conf_near_keyword(p->keywords, t->text);
	/* Suggest only a keyword that is allowed at this place. */
	if (near != NULL)
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", near);
	if (near != NULL && strstr(want, quoted) != NULL)
		conf_error(p, p->file, t->line,
		    "expected %s, not \"%s\"; did you mean \"%s\"?", want,
		    log_esc(slice_str(t->text)), near);
	else
		conf_error(p, p->file, t->line, "expected %s, not \"%s\"",
		    want, log_esc(slice_str(t->text)));
}
