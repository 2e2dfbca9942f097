/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The parts of POP3 that need no connection: lines, byte-stuffing, CAPA, LANG.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pop3d/capability.h"
#include "pop3d/dotstuff.h"
#include "pop3d/lang.h"
#include "pop3d/line.h"
#include "pop3d/reply.h"
#include "pop3d/surrogate.h"
#include "storage/store.h"
#include "tests/unit/util.h"

/*
 * The input and the lines read from it: each line is followed by '|', and a bad
 * line is shown as '!'.
 */
#define LINES_MAX	16
static const struct {
	struct slice	 in;
	const char	*want;
	const char	*why;
} lines[] = {
	{ LIT("NOOP\r\n"), "NOOP|", "a line" },
	{ LIT("NOOP\n"), "NOOP|", "LF alone is taken, too" },
	{ LIT("NOOP\r\nQUIT\r\nX"), "NOOP|QUIT|", "two, and half a line" },
	{ LIT("\r\n"), "|", "an empty line" },
	{ LIT("\n"), "|", "an empty line that ends with LF alone" },
	{ LIT("A\rB\r\n"), "A\rB|", "CR alone ends no line" },
	{ LIT("USER a\0b\r\nNOOP\r\n"), "!NOOP|", "a NUL" },
	{ LIT("0123456789012345678901234567890\r\nNOOP\r\n"), "!NOOP|",
	    "too long: the next line is the next command" },
	{ LIT("0123456789abcdef\r\nNOOP\r\n"), "!NOOP|",
	    "too long with its line end" },
	{ LIT("0123456789abcde\r\nNOOP\r\n"), "!NOOP|",
	    "too long by one octet" },
	{ LIT("0123456789abcd\r\nNOOP\r\n"), "0123456789abcd|NOOP|",
	    "as long as may be" },
	{ LIT("NOOP"), "", "no line end" },
};

static void
lines_read(size_t row, size_t chunk, size_t cap, struct buf *got)
{
	struct slice line;
	struct buf in;
	bool skipping = false;
	size_t off, n;

	buf_init(&in, cap);
	for (off = 0; off < lines[row].in.len; off += n) {
		n = lines[row].in.len - off;
		if (n > chunk)
			n = chunk;
		if (n > in.cap - buf_len(&in))
			n = in.cap - buf_len(&in);
		ck_assert_uint_ne(n, 0);
		ck_assert_int_eq(buf_add(&in, lines[row].in.p + off, n), 0);
		for (;;) {
			enum pop3_line_result r;

			r = pop3_line_take(&in, LINES_MAX, &skipping, &line);
			if (r == POP3_LINE_NONE)
				break;
			if (r == POP3_LINE_BAD)
				(void)buf_add_char(got, '!');
			else {
				(void)buf_add_slice(got, line);
				(void)buf_add_char(got, '|');
			}
		}
	}
	buf_clear(&in);
}

/*
 * Lines are the same however the input is split and however much is buffered.
 */
START_TEST(test_line_take)
{
	struct buf got;

	for (size_t cap = LINES_MAX; cap < 3 * LINES_MAX; cap++)
		for (size_t chunk = 1; chunk <= cap; chunk++) {
			buf_init(&got, 1024);
			lines_read((size_t)_i, chunk, cap, &got);
			ck_row_eq(lines[_i].in, lines[_i].why, buf_slice(&got),
			    lines[_i].want);
			buf_clear(&got);
		}
}
END_TEST

START_TEST(test_line_split)
{
	struct slice keyword, args;

	pop3_line_split(SLICE_LIT("PASS  two words "), &keyword, &args);
	ck_assert(slice_eq_str(keyword, "PASS"));
	ck_assert(slice_eq_str(args, " two words "));
	pop3_line_split(SLICE_LIT("PASS"), &keyword, &args);
	ck_assert(slice_eq_str(keyword, "PASS"));
	ck_assert_ptr_null(args.p);
	pop3_line_split(SLICE_LIT("PASS "), &keyword, &args);
	ck_assert_ptr_nonnull(args.p);
	ck_assert_uint_eq(args.len, 0);
}
END_TEST

/* Byte-stuffing (RFC 1939, section 3) and the line count of TOP (section 7). */
static const struct {
	const char	*message;
	uint32_t	 lines;		/* UINT32_MAX: RETR */
	const char	*want;
	const char	*why;
} stuffs[] = {
	{ "A: b\r\n\r\nc\r\n", UINT32_MAX, "A: b\r\n\r\nc\r\n.\r\n",
	    "RETR ends in a line with a dot" },
	{ ".\r\n..\r\n.x\r\n", UINT32_MAX, "..\r\n...\r\n..x\r\n.\r\n",
	    "a dot at the beginning of a line is doubled" },
	{ "a.b\r\nc\r\n", UINT32_MAX, "a.b\r\nc\r\n.\r\n",
	    "a dot elsewhere is not" },
	{ "no end", UINT32_MAX, "no end\r\n.\r\n",
	    "a last line without its end gets one" },
	{ "", UINT32_MAX, ".\r\n", "an empty message" },
	{ ".", UINT32_MAX, "..\r\n.\r\n", "a dot alone" },
	{ "a: b\r\n\r\n1\r\n2\r\n3\r\n", 0, "a: b\r\n\r\n.\r\n",
	    "TOP 0: the header and the empty line" },
	{ "a: b\r\n\r\n1\r\n2\r\n3\r\n", 2, "a: b\r\n\r\n1\r\n2\r\n.\r\n",
	    "TOP 2: two lines of the body" },
	{ "a: b\r\n\r\n1\r\n2\r\n3\r\n", 9,
	    "a: b\r\n\r\n1\r\n2\r\n3\r\n.\r\n",
	    "TOP with more lines than there are" },
	{ "a: b\r\n \r\n\r\n.1\r\n2\r\n", 1, "a: b\r\n \r\n\r\n..1\r\n.\r\n",
	    "a line of white space is no empty line" },
	{ "\r\nbody\r\nmore\r\n", 1, "\r\nbody\r\n.\r\n",
	    "TOP of an empty header" },
	{ "a: b", 3, "a: b\r\n.\r\n", "TOP of a header without its end" },
};

START_TEST(test_dotstuff)
{
	const char *message = stuffs[_i].message;
	size_t len = strlen(message);

	for (size_t chunk = 1; chunk <= len + 1; chunk++) {
		struct dotstuff st;
		struct buf out;
		bool more = true;

		buf_init(&out, 1024);
		(void)buf_add_str(&out, "+OK\r\n");
		dotstuff_init(&st);
		for (size_t off = 0; more && off < len; off += chunk) {
			size_t mark = buf_len(&out);

			(void)buf_add(&out, message + off,
			    len - off < chunk ? len - off : chunk);
			more = dotstuff_limit(&st, &out, mark,
			    stuffs[_i].lines);
			ck_assert_int_eq(dotstuff_apply(&st, &out, mark), 0);
		}
		dotstuff_end(&st, &out);
		ck_row_eq(message, stuffs[_i].why,
		    slice_from(buf_slice(&out), 5), stuffs[_i].want);
		buf_clear(&out);
	}
}
END_TEST

/* RFC 6856, section 3. */
static const struct {
	const char	*range;
	const char	*want;		/* start of the answer */
	const char	*why;
} langs[] = {
	{ "",		"+OK Language listing follows\r\nen English\r\n.\r\n",
	    "no range: what there is" },
	{ "*",		"+OK en ", "any" },
	{ "en",		"+OK en ", "the name of a language" },
	{ "EN-gb",	"+OK en ", "a wider range is matched (RFC 4647, 3.4)" },
	{ "english",	"-ERR ", "a longer word is another one" },
	{ "de",		"-ERR ", "a language that there is not" },
};

START_TEST(test_lang)
{
	struct buf out;

	buf_init(&out, 1024);
	pop3_lang(&out, slice_str(langs[_i].range));
	ck_row_eq(langs[_i].range, langs[_i].why, slice_sub(buf_slice(&out),
	    0, strlen(langs[_i].want)), langs[_i].want);
	buf_clear(&out);
}
END_TEST

/* Eleven letters of two octets each. */
#define U11	"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"	\
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"

/* RFC 6858, section 2. */
static const struct {
	const char	*header;
	const char	*want;		/* NULL: not needed */
	const char	*why;
} surrogates[] = {
	{ "From: a@b\r\n\r\n", NULL, "ASCII needs none" },
	{ "Subject: \xfc\r\n\r\n", NULL, "not UTF-8: what it was stays" },
	{ "Subject: \xc3\xbc\r\nX: y\r\n\r\n",
	  "Subject: =?utf-8?B?w7w=?=\r\nX: y\r\n\r\n",
	    "Subject gets encoded words (RFC 2047)" },
	{ "Subject: " U11 U11 "\xc3\xbc\r\n\r\n",
	  "Subject: =?utf-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvM"
	  "O8w7zDvMO8w7zDvMO8w7zDvMO8w7w=?=\r\n =?utf-8?B?w7w=?=\r\n\r\n",
	    "several words, between characters (RFC 2047, 5)" },
	{ "Subject: 123" U11 U11 "\r\n\r\n",
	  "Subject: =?utf-8?B?MTIzw7zDvMO8w7zDvMO8w7zDvMO8w7"
	  "zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8?=\r\n =?utf-8?B?w7w=?=\r\n\r\n",
	    "a word that is full" },
	{ "From: J\xc3\xb6rg <j@b>\r\n\r\n",
	  "From: =?utf-8?B?SsO2cmc=?= <j@b>\r\n\r\n",
	    "a name gets encoded words" },
	{ "To: J <j\xc3\xb6@b>, c@d\r\n\r\n",
	  "To: \"J\" <invalid@internationalized-address.invalid>,\r\n"
	  " <c@d>\r\n\r\n", "an address has no such form (RFC 6858, 2.1)" },
	{ "Content-Type: text/plain; name=\"\xc3\xb6;x\"; charset=utf-8\r\n"
	  "\r\n",
	  "Content-Type: text/plain; charset=utf-8\r\n\r\n",
	    "a parameter is left out" },
	{ "Comments: \xc3\xb6\r\nA: b\r\n\r\n", "A: b\r\n\r\n",
	    "any other field is left out" },
};

START_TEST(test_surrogate)
{
	struct slice header = slice_str(surrogates[_i].header);
	struct buf out, want;

	ck_row_eq(header, surrogates[_i].why, pop3_surrogate_needed(header),
	    surrogates[_i].want != NULL);
	if (surrogates[_i].want == NULL)
		return;
	buf_init(&out, 4096);
	buf_init(&want, 4096);
	(void)buf_add_str(&out, "+OK\r\n");
	(void)buf_add_slice(&out, header);
	(void)buf_add_str(&out, "body \xc3\xb6\r\n");
	pop3_surrogate_apply(&out, 5);
	(void)buf_add_str(&want, surrogates[_i].want);
	(void)buf_add_str(&want, "body \xc3\xb6\r\n");
	ck_row_eq(header, surrogates[_i].why, slice_from(buf_slice(&out), 5),
	    buf_slice(&want));
	buf_clear(&want);
	buf_clear(&out);
}
END_TEST

static const struct {
	struct store_error err;
	const char	*want;
	const char	*why;
} errors[] = {
	{ { STORE_ERR_EXPUNGED, 0, "Gone." },
	    "-ERR This message no longer exists\r\n",
	    "another session deleted it" },
	{ { STORE_ERR_INUSE, 0, "Busy." }, "-ERR [IN-USE] Busy.\r\n",
	    "RFC 2449, 8.1.1" },
	{ { STORE_ERR_IO, EIO, "Broken." }, "-ERR [SYS/TEMP] Broken.\r\n",
	    "likely to go away (RFC 3206, 4)" },
	{ { STORE_ERR_LIMIT, 0, "Much." }, "-ERR [SYS/TEMP] Much.\r\n",
	    "memory" },
	{ { STORE_ERR_OVERQUOTA, ENOSPC, "Full." },
	    "-ERR [SYS/TEMP] Full.\r\n", "a full disk" },
	{ { STORE_ERR_CORRUPT, 0, "Bad." }, "-ERR [SYS/PERM] Bad.\r\n",
	    "an administrator has to look (RFC 3206, 4)" },
	{ { STORE_ERR_NOPERM, 0, "No." }, "-ERR [SYS/PERM] No.\r\n",
	    "no right" },
	{ { STORE_ERR_IO, EACCES, "No." }, "-ERR [SYS/PERM] No.\r\n",
	    "wrong permissions do not go away" },
	{ { STORE_ERR_IO, EPERM, "No." }, "-ERR [SYS/PERM] No.\r\n",
	    "the same by another name" },
	{ { STORE_ERR_NONEXISTENT, 0, "None." }, "-ERR None.\r\n",
	    "no code fits" },
};

START_TEST(test_store_err)
{
	struct buf out;

	buf_init(&out, 1024);
	pop3_store_err(&out, &errors[_i].err);
	ck_row_eq(errors[_i].err.text, errors[_i].why, buf_slice(&out),
	    errors[_i].want);
	buf_clear(&out);
}
END_TEST

static bool
capa_has(const struct pop3_capability_facts *facts, const char *line)
{
	struct buf out;
	bool found;

	buf_init(&out, 4096);
	pop3_capability_print(&out, facts);
	found = slice_find(buf_slice(&out), slice_str(line)) != SLICE_NONE;
	buf_clear(&out);
	return found;
}

START_TEST(test_capa_before_tls_offers_no_password)
{
	struct conf *conf = conf_new();
	struct pop3_capability_facts facts = { .conf = conf, .can_stls = true };

	ck_assert(!capa_has(&facts, "\r\nUSER\r\n"));
	ck_assert(!capa_has(&facts, "\r\nSASL"));
	ck_assert(capa_has(&facts, "\r\nSTLS\r\n"));
	facts = (struct pop3_capability_facts){ .conf = conf,
	    .may_login = true };
	ck_assert(capa_has(&facts, "\r\nUSER\r\n"));
	ck_assert(capa_has(&facts, "\r\nSASL PLAIN LOGIN\r\n"));
	ck_assert(!capa_has(&facts, "\r\nSTLS\r\n"));
	conf_free(conf);
}
END_TEST

START_TEST(test_capa_arguments_follow_the_config)
{
	struct conf *conf = conf_new();
	struct pop3_capability_facts facts = { .conf = conf };

	conf->pop3_expire = CONF_NEVER;
	conf->pop3_login_delay = 0;
	ck_assert(capa_has(&facts, "\r\nEXPIRE NEVER\r\n"));
	ck_assert(!capa_has(&facts, "LOGIN-DELAY"));
	conf->pop3_expire = 30 * 24 * 60 * 60;
	conf->pop3_login_delay = 60;
	ck_assert(capa_has(&facts, "\r\nEXPIRE 30\r\n"));
	ck_assert(capa_has(&facts, "\r\nLOGIN-DELAY 60\r\n"));
	conf_free(conf);
}
END_TEST

Suite *
suite_pop3(void)
{
	Suite *s = suite_create("pop3");
	TCase *tc = tcase_create("pop3");

	tcase_add_loop_test(tc, test_line_take, 0, NROWS(lines));
	tcase_add_test(tc, test_line_split);
	tcase_add_loop_test(tc, test_dotstuff, 0, NROWS(stuffs));
	tcase_add_loop_test(tc, test_surrogate, 0, NROWS(surrogates));
	tcase_add_loop_test(tc, test_store_err, 0, NROWS(errors));
	tcase_add_loop_test(tc, test_lang, 0, NROWS(langs));
	tcase_add_test(tc, test_capa_before_tls_offers_no_password);
	tcase_add_test(tc, test_capa_arguments_follow_the_config);
	suite_add_tcase(s, tc);
	return s;
}
