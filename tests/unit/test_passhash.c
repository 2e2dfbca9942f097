/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Password hashes: verified, made, classed. */

#include "config.h"

#include "common/pass/passhash.h"
#include "tests/unit/util.h"

static const struct {
	const char	*stored;	/* of the password "secret" */
	bool		 slow;
	const char	*class;
} hashes[] = {
	{ "{BLF-CRYPT}$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNll"
	    "XbjJd8MjG", true, "{BLF-CRYPT}$2b$04$" },
	{ "$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNllXbjJd8MjG",
	    true, "$2b$04$" },
	{ "{crypt}$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNll"
	    "XbjJd8MjG", true, "{crypt}$2b$04$" },
	{ "{SHA512-CRYPT}$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcn"
	    "Ly62KsunSLHNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1",
	    true, "{SHA512-CRYPT}$6$rounds=1000$" },
	{ "{SHA512-CRYPT}$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaN"
	    "GStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.", true,
	    "{SHA512-CRYPT}$6$" },
	{ "{SHA256-CRYPT}$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9u"
	    "Y4Ijlz6VjyOmkx5i4", true, "{SHA256-CRYPT}$5$rounds=1000$" },
	{ "{MD5-CRYPT}$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", true,
	    "{MD5-CRYPT}$1$" },
	{ "{YESCRYPT}$y$j75$abcdefghijkl$v9quvWD9Rf3PZ/Cv69TjY7bBGQJAPdLyZC"
	    "EDwg21mWD", true, "{YESCRYPT}$y$j75$" },
	{ "abNANd1rDfiNc", true, "" },
	{ "{PLAIN}secret", false, "{PLAIN}" },
	{ "{plain}secret", false, "{plain}" },
	{ "{CLEARTEXT}secret", false, "{CLEARTEXT}" },
	{ "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",
	    false, "{SSHA256}" },
	{ "{SSHA512}E491yrR9AdCoE7rbOPYS3EZgSuZpVE65AD9xko08s6floNesY/Zpe9z"
	    "MVvLix4S2FiQSJ99RIkNvhHomNO9uL3NhbHQ=", false, "{SSHA512}" },
	{ "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", false, "{SSHA}" },
	{ "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", false,
	    "{SHA256}" },
	{ "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", false, "{SHA}" },
	{ "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69", false,
	    "{PLAIN-MD5}" },
	{ "{PLAIN-MD5.B64}Xr4ilOzQ4PCOq3aQ0qbuaQ==", false,
	    "{PLAIN-MD5.B64}" },
	{ "{MD5}5EBE2294ECD0E0F08EAB7690D2A6EE69", false, "{MD5}" },
	{ "{MD5}$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", true, "{MD5}$1$" },
	{ "{SHA1.hex}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", false,
	    "{SHA1.hex}" },
	{ "{SHA1}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", false,
	    "{SHA1}" },
	{ "{SSHA.HEX}8152bc582f58c854f580cb101d3182813dec4afe73616c74", false,
	    "{SSHA.HEX}" },
	{ "{SSHA.base64}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", false,
	    "{SSHA.base64}" },
	{ "{CLEAR}secret", false, "{CLEAR}" },
	{ "{PBKDF2}$1$saltsaltsaltsalt$1000$"
	    "1a5de175888a46acde808eef2c6bc51be03cf4dd", true, "{PBKDF2}" },
};

START_TEST(test_passhash_verify)
{
	const char	*stored = hashes[_i].stored;

	ck_assert_ptr_null(passhash_fault(stored));
	ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("secret")),
	    PASSHASH_RIGHT);
	ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("Secret")),
	    PASSHASH_WRONG);
	ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("secret ")),
	    PASSHASH_WRONG);
	ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("")),
	    PASSHASH_WRONG);
	ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("secret\0x")),
	    PASSHASH_WRONG);
	ck_assert_int_eq(passhash_slow(stored), hashes[_i].slow);
	ck_assert(slice_eq_str(passhash_class(stored), hashes[_i].class));
}
END_TEST

/* What must never let anybody in, whatever the password. */
static const struct {
	const char	*stored;
	bool		 is_fault;	/* said at loading */
} broken[] = {
	{ "", true },
	{ "{PLAIN}", true },
	{ "{CRYPT}", true },
	{ "{NOSUCH}x", true },
	{ "{CRYPT", true },
	{ "*", false },
	{ "!", false },
	{ "!$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNllXbjJd8MjG",
	    false },
	{ "{CRYPT}*0", false },
	{ "{BLF-CRYPT}$6$abcdefgh$", true },
	{ "{BLF-CRYPT}$2b$99$Xq0mB8rVwCkD3nLhJtYsPe", false },
	{ "{SSHA256}AAAA", true },
	{ "{SSHA256}not base64", true },
	{ "{SHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0", true },
	{ "{SSHA.HEX}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", true },
	{ "{SHA.B64}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", true },
	{ "{SHA.}5en6G6MezRroT3XKqkdPOmY/BfQ=", true },
	{ "{SHA.ROT13}5en6G6MezRroT3XKqkdPOmY/BfQ=", true },
	{ "{PLAIN.B64}c2VjcmV0", true },
	{ "{BLF-CRYPT.HEX}2b", true },
	{ "{PLAIN-MD5}5ebe", true },
	{ "{MD5}$1$", false },
	{ "{PBKDF2}$2$salt$1000$00", true },
	{ "{PBKDF2}$1$salt", false },
	{ "{PBKDF2}$1$salt$0$f2ff33fcd5f6a39ad4c6c1f6a9d8f3b1ed5b1ef4", false },
	{ "{PBKDF2}$1$salt$4294967295$f2ff", false },
	{ "{PBKDF2}$1$salt$1000$", false },
	{ "{PBKDF2}$1$salt$1000$xx", false },
	{ "{CRAM-MD5}fe8522268d91e485ccac8f36800e4fa6", true },
	{ "{SCRAM-SHA-1}4096,AAAA,AAAA,AAAA", true },
	{ "{SCRAM-SHA-256}4096,AAAA", true },
	{ "{SCRAM-SHA-256}0,AAAA,AAAA,AAAA", true },
	{ "{SCRAM-SHA-256}99999999999,AAAA,AAAA,AAAA", true },
};

START_TEST(test_passhash_broken)
{
	const char	*stored = broken[_i].stored;

	ck_assert_int_eq(passhash_fault(stored) != NULL, broken[_i].is_fault);
	ck_assert_int_ne(passhash_verify(stored, SLICE_LIT("")),
	    PASSHASH_RIGHT);
	ck_assert_int_ne(passhash_verify(stored, SLICE_LIT("*0")),
	    PASSHASH_RIGHT);
	ck_assert_int_ne(passhash_verify(stored, slice_str(stored)),
	    PASSHASH_RIGHT);
	(void)passhash_class(stored);
	(void)passhash_slow(stored);
}
END_TEST

START_TEST(test_passhash_make_each_scheme)
{
	const char	*name, *stored;
	struct buf	 a, b;
	bool		 can_make;

	name = passhash_scheme((size_t)_i, &can_make);
	if (name == NULL)
		return;
	buf_init(&a, PASSHASH_MAX);
	buf_init(&b, PASSHASH_MAX);
	ck_assert_int_eq(passhash_make(name, SLICE_LIT("pencil"), &a),
	    can_make ? 0 : -1);
	if (can_make) {
		ck_assert_int_eq(buf_addc(&a, '\0'), 0);
		stored = buf_slice(&a).p;
		ck_assert_ptr_null(passhash_fault(stored));
		ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("pencil")),
		    PASSHASH_RIGHT);
		ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("Pencil")),
		    PASSHASH_WRONG);
		/* A new salt each time. */
		ck_assert_int_eq(passhash_make(name, SLICE_LIT("pencil"), &b),
		    0);
		ck_assert_int_eq(slice_eq_str(buf_slice(&b), stored),
		    !passhash_slow(stored));
		/* All of one make are of one class. */
		ck_assert_int_eq(buf_addc(&b, '\0'), 0);
		ck_assert(slice_eq(passhash_class(stored),
		    passhash_class(buf_slice(&b).p)));
	} else
		ck_assert_uint_eq(buf_len(&a), 0);
	buf_clear(&a);
	buf_clear(&b);
}
END_TEST

START_TEST(test_passhash_dummy)
{
	ck_assert_ptr_null(passhash_fault(passhash_dummy()));
	ck_assert_int_eq(passhash_verify(passhash_dummy(), SLICE_LIT("x")),
	    PASSHASH_WRONG);
}
END_TEST

Suite *
suite_passhash(void)
{
	Suite	*s = suite_create("passhash");
	TCase	*t = tcase_create("passhash");
	bool	 can_make;
	int	 n = 0;

	while (passhash_scheme((size_t)n, &can_make) != NULL)
		n++;
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, test_passhash_verify, 0,
	    sizeof(hashes) / sizeof(hashes[0]));
	tcase_add_loop_test(t, test_passhash_broken, 0,
	    sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(t, test_passhash_make_each_scheme, 0, n);
	tcase_add_test(t, test_passhash_dummy);
	suite_add_tcase(s, t);
	return s;
}
