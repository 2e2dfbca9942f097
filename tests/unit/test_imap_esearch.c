/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* RETURN options and the ESEARCH response (RFC 4731). */
#include "config.h"

#include <stdlib.h>

#include "imapd/esearch.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	int		 want;		/* RETURN_*; -1: refused */
	const char	*rest;		/* not consumed */
	const char	*why;
} options[] = {
	{ LIT("ALL"), 0, "ALL", "no RETURN: a SEARCH response" },
	{ LIT("RETURNED"), 0, "RETURNED", "a longer word" },
	{ LIT("RETURN (MIN) x"), RETURN_MIN, "x", "an option" },
	{ LIT("return (max) x"), RETURN_MAX, "x", "words have no case" },
	{ LIT("RETURN (COUNT ALL) x"), RETURN_COUNT | RETURN_ALL, "x",
	    "two options" },
	{ LIT("RETURN (MIN MIN) x"), RETURN_MIN, "x", "an option twice" },
	{ LIT("RETURN () x"), RETURN_ALL, "x",
	    "an empty list means ALL (3.1)" },
	{ LIT("RETURN (SAVE) x"), -1, NULL, "RFC 5182 is not offered" },
	{ LIT("RETURN (MIN"), -1, NULL, "no end" },
	{ LIT("RETURN (MIN)"), -1, NULL, "no blank, and so no key" },
	{ LIT("RETURN MIN x"), -1, NULL, "no list" },
	{ LIT("RETURN(MIN) x"), -1, NULL, "no blank before the list" },
	{ LIT("RETURN"), -1, NULL, "nothing" },
};

START_TEST(test_esearch_parse)
{
	struct slice text = unit_tight(options[_i].in);
	const char *why = options[_i].why;
	uint32_t returns = RETURN_MIN | RETURN_MAX;	/* set to 0 first */
	struct arg a;
	int rv;

	arg_init(&a, text, NULL, NULL);
	rv = esearch_parse(&a, &returns);
	ck_row_eq(text, why, rv, options[_i].want == -1 ? -1 : 0);
	if (rv == -1)
		ck_row(text, why, a.error != NULL);
	else {
		ck_row_eq(text, why, returns, options[_i].want);
		ck_row_eq(text, why, slice_make(a.p, (size_t)(a.end - a.p)),
		    options[_i].rest);
	}
	free((char *)text.p);
}
END_TEST

#define ALL_FOUR	(RETURN_MIN | RETURN_MAX | RETURN_COUNT | RETURN_ALL)

static const struct {
	const char	*found;		/* "": no message */
	uint32_t	 returns;
	bool		 uid;
	uint64_t	 modseq;
	const char	*want;
	const char	*why;
} responses[] = {
	{ "2:4,7", RETURN_ALL, false, 0, " ALL 2:4,7", "all" },
	{ "2:4,7", RETURN_ALL, true, 0, " UID ALL 2:4,7",
	    "UID says which numbers they are" },
	{ "2:4,7", RETURN_COUNT, false, 0, " COUNT 4",
	    "messages, not ranges" },
	{ "2:4,7", RETURN_MIN | RETURN_MAX, false, 0, " MIN 2 MAX 7",
	    "the ends" },
	{ "5", ALL_FOUR, false, 0, " MIN 5 MAX 5 COUNT 1 ALL 5",
	    "one message is both ends" },
	{ "5", ALL_FOUR, true, 917,
	    " UID MIN 5 MAX 5 COUNT 1 ALL 5 MODSEQ 917",
	    "RFC 7162, 3.1.10" },
	{ "", ALL_FOUR, false, 0, " COUNT 0",
	    "of none, only COUNT is said (RFC 4731, 3.1)" },
	{ "", RETURN_ALL, true, 0, " UID", "of none, not even that" },
	{ "", RETURN_COUNT, false, 917, " COUNT 0",
	    "no message has no mod-sequence" },
	{ "4294967295", RETURN_MAX, true, UINT64_C(1) << 62,
	    " UID MAX 4294967295 MODSEQ 4611686018427387904",
	    "the greatest" },
};

START_TEST(test_esearch_print)
{
	struct idset found;
	struct reply r;
	struct buf out, want;

	idset_init(&found, IDSET_NOLIMIT);
	if (*responses[_i].found != '\0')
		ck_assert_int_eq(idset_parse(&found,
		    slice_str(responses[_i].found), 1), 0);
	buf_init(&out, 1024);
	buf_init(&want, 1024);
	reply_init(&r, &out);
	esearch_print(&r, &(struct esearch){
		.tag = SLICE_LIT("a\"1"),
		.uid = responses[_i].uid,
		.returns = responses[_i].returns,
		.found = &found,
		.modseq = responses[_i].modseq,
	});
	/* A tag may have a quotation mark; TAG has a string. */
	(void)buf_add_fmt(&want, "* ESEARCH (TAG \"a\\\"1\")%s\r\n",
	    responses[_i].want);
	ck_row_eq(responses[_i].found, responses[_i].why, buf_slice(&out),
	    buf_slice(&want));
	ck_assert(!r.failed);
	buf_clear(&out);
	buf_clear(&want);
	idset_clear(&found);
}
END_TEST

Suite *
suite_imap_esearch(void)
{
	Suite *s = suite_create("imap_esearch");
	TCase *tc = tcase_create("imap_esearch");

	tcase_add_loop_test(tc, test_esearch_parse, 0, NROWS(options));
	tcase_add_loop_test(tc, test_esearch_print, 0, NROWS(responses));
	suite_add_tcase(s, tc);
	return s;
}
