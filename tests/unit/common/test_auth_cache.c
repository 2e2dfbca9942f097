/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The cache of successful logins, which for a while need no hash. */
#include "config.h"

#include <stdio.h>

#include "common/auth/auth_cache.h"
#include "tests/unit/util.h"

static void
cache_key(const struct auth_cache *c, uint32_t source, const char *user,
    const char *stored, const char *password, unsigned char *key)
{
	auth_cache_key(c, source, slice_str(user), stored,
	    slice_str(password), key);
}

START_TEST(test_auth_cache_knows_the_whole_login)
{
	struct auth_cache *c = auth_cache_new();
	unsigned char key[AUTH_CACHE_KEY_LEN];
	unsigned char other[AUTH_CACHE_KEY_LEN];

	cache_key(c, 0, "ann", "$2b$", "pw", key);
	auth_cache_add(c, key, 1000);
	ck_assert(!auth_cache_has(c, key, 1000));	/* size still 0 */
	auth_cache_limit(c, 100, 5000);
	ck_assert(!auth_cache_has(c, key, 1000));
	auth_cache_add(c, key, 1000);
	ck_assert(auth_cache_has(c, key, 1000));
	ck_assert(auth_cache_has(c, key, 5999));
	ck_assert(!auth_cache_has(c, key, 6000));
	auth_cache_add(c, key, 7000);
	/* A login must match in every part of the key. */
	cache_key(c, 1, "ann", "$2b$", "pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	cache_key(c, 0, "anna", "$2b$", "pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	cache_key(c, 0, "ann", "$2b$x", "pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	cache_key(c, 0, "ann", "$2b$", "Pw", other);
	ck_assert(!auth_cache_has(c, other, 7000));
	/* Moving a byte from one field to the next gives another key. */
	cache_key(c, 0, "ann$", "2b$", "pw", other);
	ck_assert_mem_ne(key, other, sizeof(key));
	cache_key(c, 0, "ann", "$2b", "$pw", other);
	ck_assert_mem_ne(key, other, sizeof(key));
	auth_cache_free(c);
}
END_TEST

START_TEST(test_auth_cache_is_bounded)
{
	struct auth_cache *c = auth_cache_new();
	unsigned char key[AUTH_CACHE_KEY_LEN];
	char name[32];
	int kept = 0;

	auth_cache_limit(c, 16, 60000);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "user%d", i);
			cache_key(c, 0, name, "x", "pw", key);
			if (round == 0)
				auth_cache_add(c, key, 1000 + (uint64_t)i);
			else if (auth_cache_has(c, key, 3000))
				kept++;
		}
	ck_assert_int_eq(kept, 16);
	auth_cache_free(c);
}
END_TEST

Suite *
suite_auth_cache(void)
{
	Suite *s = suite_create("auth_cache");
	TCase *tc = tcase_create("auth_cache");

	tcase_add_test(tc, test_auth_cache_knows_the_whole_login);
	tcase_add_test(tc, test_auth_cache_is_bounded);
	suite_add_tcase(s, tc);
	return s;
}
