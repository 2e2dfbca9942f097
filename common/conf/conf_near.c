/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Suggests a name for an unknown option or statement: the nearest by edit
 * distance, or our name for a setting of another server.
 */

#include "config.h"

#include <string.h>

#include "common/conf/conf_parse.h"

/* Statements that are not rows of conf_options[]. */
static const char *const statements[] = {
#define ROW(id, word, ...)	word " listen on",
	CONF_SERVICES(ROW)
#undef ROW
#define ROW(id, code, word, ...)	"users " word,
	CONF_USERS_KINDS(ROW)
#undef ROW
	"allow plaintext from", "certificate", "include", "mail", NULL
};

/* Names that users of other servers try first. */
static const struct {
	const char	*from;
	const char	*to;
} renamed[] = {
	{ .from = "address", .to = "imap listen on" },
	{ .from = "auth_mechanisms", .to = "auth mechanisms" },
	{ .from = "ca", .to = "client ca" },
	{ .from = "cert", .to = "certificate" },
	{ .from = "ciphers", .to = "tls ciphers" },
	{ .from = "disable_plaintext_auth", .to = "allow plaintext from" },
	{ .from = "domain", .to = "default domain" },
	{ .from = "listen", .to = "imap listen on" },
	{ .from = "log_path", .to = "log to" },
	{ .from = "login_greeting", .to = "greeting" },
	{ .from = "mail_location", .to = "mail" },
	{ .from = "mail_max_userip_connections", .to = "connections per user" },
	{ .from = "mail_path", .to = "mail" },
	{ .from = "maildir", .to = "mail" },
	{ .from = "passdb", .to = "users passwd" },
	{ .from = "passwd", .to = "users passwd" },
	{ .from = "pki", .to = "certificate" },
	{ .from = "pop3_uidl_format", .to = "pop3 uidl" },
	{ .from = "protocols", .to = "imap listen on" },
	{ .from = "ssl", .to = "imap listen on" },
	{ .from = "ssl_cert", .to = "certificate" },
	{ .from = "ssl_cipher_list", .to = "tls ciphers" },
	{ .from = "ssl_key", .to = "certificate" },
	{ .from = "ssl_min_protocol", .to = "tls protocols" },
	{ .from = "timeout", .to = "idle timeout" },
	{ .from = "tls certificate", .to = "certificate" },
	{ .from = "tls key", .to = "certificate" },
	{ .from = "userdb", .to = "users passwd" },
	{ .from = NULL }
};

#define DISTANCE_MAX	64	/* names of this length or more never match */

static unsigned int
min3(unsigned int a, unsigned int b, unsigned int c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

unsigned int
conf_distance(const char *a, const char *b)
{
	unsigned int row[3][DISTANCE_MAX + 1];
	unsigned int *before = row[0], *last = row[1], *now = row[2], *t;
	size_t alen = strlen(a), blen = strlen(b), i, j;

	if (alen >= DISTANCE_MAX || blen >= DISTANCE_MAX)
		return DISTANCE_MAX;
	memset(row, 0, sizeof(row));
	for (j = 0; j <= blen; j++)
		last[j] = (unsigned int)j;
	for (i = 1; i <= alen; i++) {
		now[0] = (unsigned int)i;
		for (j = 1; j <= blen; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		t = before;
		before = last;
		last = now;
		now = t;
	}
	return last[blen];
}

static size_t
count_words(const char *name)
{
	size_t n = 1;

	for (; *name != '\0'; name++)
		n += *name == ' ';
	return n;
}

struct search {
	const char *const	*words;
	size_t			 n;
	const char		*name;		/* best so far */
	size_t			 taken;
	unsigned int		 distance;
};

/*
 * Compare a name of n words with the first n - 1, n and n + 1 words of the
 * statement, since the user may have left out a space or put in an extra one.
 */
static void
consider(struct search *s, const char *name)
{
	char text[DISTANCE_MAX * 2];
	size_t count = count_words(name);
	unsigned int d;

	text[0] = '\0';
	for (size_t i = 0; i < s->n && i < count + 1; i++) {
		if (i > 0)
			(void)strlcat(text, " ", sizeof(text));
		(void)strlcat(text, s->words[i], sizeof(text));
		if (i + 2 < count)
			continue;
		d = conf_distance(text, name);
		/* Allow one edit, and one more for each four letters. */
		if (d < s->distance && d <= 1 + strlen(name) / 4) {
			s->distance = d;
			s->name = name;
			s->taken = i + 1;
		}
	}
}

const char *
conf_near(const char *const *words, size_t n, size_t *taken)
{
	struct search s = { words, n, NULL, 1, DISTANCE_MAX };
	const char *meant = NULL;

	for (size_t i = 0; renamed[i].from != NULL; i++) {
		consider(&s, renamed[i].from);
		if (s.distance == 0 && meant == NULL)
			meant = renamed[i].to;
	}
	*taken = s.taken;
	if (meant != NULL)
		return meant;
	s.name = NULL;
	s.taken = 1;
	s.distance = DISTANCE_MAX;
	for (size_t i = 0; statements[i] != NULL; i++)
		consider(&s, statements[i]);
	for (size_t i = 0; i < conf_noptions; i++)
		consider(&s, conf_options[i].name);
	*taken = s.taken;
	return s.name;
}

const char *
conf_near_keyword(const struct conf_keyword *keywords, const char *word)
{
	struct search s = { &word, 1, NULL, 1, DISTANCE_MAX };

	for (const struct conf_keyword *k = keywords; k->name != NULL; k++)
		consider(&s, k->name);
	return s.name;
}
