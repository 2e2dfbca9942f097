/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Parsing a message file for the index, whole and in slices. */
#include "config.h"

#include <stdio.h>

#include "storage/mime/parse.h"
#include "tests/unit/util.h"

/* The bytes that parse_file() reads at once. */
#define READ_SIZE	65536

/*
 * Without any time, parse_file() stops after each read, and once more before
 * the end of a file that took several: the results take time, too.
 */
static const struct {
	size_t		 size;
	int		 stops;
	const char	*why;
} files[] = {
	{ 0, 0, "an empty file" },
	{ 1000, 0, "a single read" },
	{ READ_SIZE, 0, "a single read that is full" },
	{ READ_SIZE + 1, 2, "two reads" },
	{ 4 * READ_SIZE, 4, "four reads" },
};

START_TEST(test_parse_file_stops)
{
	struct parse whole, late;
	FILE *f;
	int stops = 0, rc;

	ck_assert_ptr_nonnull(f = tmpfile());
	for (size_t n = 0; n < files[_i].size; n++)
		ck_assert_int_ne(fputc("To: a@b\nX: y\n"[n % 13], f), EOF);
	ck_assert_int_eq(fflush(f), 0);
	parse_init(&whole);
	parse_init(&late);
	ck_assert_int_eq(parse_file(&whole, fileno(f), files[_i].size,
	    UINT64_MAX), 1);
	while ((rc = parse_file(&late, fileno(f), files[_i].size, 0)) == 0)
		stops++;
	ck_assert_int_eq(rc, 1);
	ck_row_eq(files[_i].why, "stops", stops, files[_i].stops);
	ck_assert_uint_eq(late.raw, files[_i].size);
	ck_assert_uint_eq(late.wire, whole.wire);
	ck_slice_eq(buf_slice(&late.blob), buf_slice(&whole.blob));
	ck_slice_eq(buf_slice(&late.headers), buf_slice(&whole.headers));
	ck_slice_eq(buf_slice(&late.gist), buf_slice(&whole.gist));
	parse_clear(&whole);
	parse_clear(&late);
	(void)fclose(f);
}
END_TEST

Suite *
suite_parse(void)
{
	Suite *s = suite_create("parse");
	TCase *tc = tcase_create("parse");

	tcase_add_loop_test(tc, test_parse_file_stops, 0, NROWS(files));
	suite_add_tcase(s, tc);
	return s;
}
