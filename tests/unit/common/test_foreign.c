/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Other protocols, known by how they begin. */
#include "config.h"

#include <stdlib.h>

#include "common/front/foreign.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	bool		 tls, http;
	const char	*why;
} rows[] = {
	{ LIT("\x16\x03\x01\x02\x00"), true, false, "a ClientHello" },
	{ LIT("\x16"), true, false, "its first octet is enough" },
	{ LIT("\x15\x03\x01"), false, false, "an alert" },
	{ LIT("GET / HTTP/1.1"), false, true, "a browser" },
	{ LIT("GET /"), false, true, "HTTP/0.9" },
	{ LIT("POST /x HTTP/1.1"), false, true, "a form" },
	{ LIT("PRI * HTTP/2.0"), false, true, "RFC 9113, 3.4" },
	{ LIT("OPTIONS * HTTP/1.1"), false, true, "an asterisk" },
	{ LIT("CONNECT a:143 HTTP/1.1"), false, true, "a proxy" },
	{ LIT("GET http://a/ x"), false, true, "an absolute form" },
	{ LIT("GET NOOP"), false, false, "a tag GET of IMAP" },
	{ LIT("POST LOGIN a b"), false, false, "a tag POST" },
	{ LIT("a GET / HTTP/1.1"), false, false, "not at the beginning" },
	{ LIT("get / HTTP/1.1"), false, false, "methods have a case" },
	{ LIT("GET"), false, false, "no blank" },
	{ LIT("USER GET /"), false, false, "POP3" },
	{ LIT(""), false, false, "nothing" },
};

START_TEST(test_foreign)
{
	struct slice in = unit_tight(rows[_i].in);

	ck_row_eq(in, rows[_i].why, foreign_tls(in), rows[_i].tls);
	ck_row_eq(in, rows[_i].why, foreign_http(in), rows[_i].http);
	free((char *)in.p);
}
END_TEST

Suite *
suite_foreign(void)
{
	Suite *s = suite_create("foreign");
	TCase *tc = tcase_create("foreign");

	tcase_add_loop_test(tc, test_foreign, 0, NROWS(rows));
	suite_add_tcase(s, tc);
	return s;
}
