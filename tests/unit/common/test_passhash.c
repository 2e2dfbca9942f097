/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Password hashes: verified, made, classified. */

#include "config.h"

#include "common/pass/passhash.h"
#include "tests/unit/util.h"

static const struct {
	const char	*stored;	/* a hash of the password "secret" */
	bool		 slow;
	const char	*class;
	const char	*why;
} hashes[] = {
	{ "{BLF-CRYPT}$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNll"
	    "XbjJd8MjG", true, "{BLF-CRYPT}$2b$04$", "bcrypt" },
	{ "$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNllXbjJd8MjG",
	    true, "$2b$04$", "bcrypt without a scheme" },
	{ "{crypt}$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNll"
	    "XbjJd8MjG", true, "{crypt}$2b$04$",
	    "crypt(3), a scheme has no case" },
	{ "{SHA512-CRYPT}$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcn"
	    "Ly62KsunSLHNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1",
	    true, "{SHA512-CRYPT}$6$rounds=1000$", "SHA-512 with rounds" },
	{ "{SHA512-CRYPT}$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaN"
	    "GStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.", true,
	    "{SHA512-CRYPT}$6$", "SHA-512 with the usual rounds" },
	{ "{SHA256-CRYPT}$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9u"
	    "Y4Ijlz6VjyOmkx5i4", true, "{SHA256-CRYPT}$5$rounds=1000$",
	    "SHA-256" },
	{ "{MD5-CRYPT}$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", true,
	    "{MD5-CRYPT}$1$", "MD5 of crypt(3)" },
	{ "{YESCRYPT}$y$j75$abcdefghijkl$v9quvWD9Rf3PZ/Cv69TjY7bBGQJAPdLyZC"
	    "EDwg21mWD", true, "{YESCRYPT}$y$j75$", "yescrypt" },
	{ "abNANd1rDfiNc", true, "", "DES without a scheme" },
	{ "{PLAIN}secret", false, "{PLAIN}", "a password in the clear" },
	{ "{plain}secret", false, "{plain}", "a scheme has no case" },
	{ "{CLEARTEXT}secret", false, "{CLEARTEXT}", "another name of it" },
	{ "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",
	    false, "{SSHA256}", "a salted hash" },
	{ "{SSHA512}E491yrR9AdCoE7rbOPYS3EZgSuZpVE65AD9xko08s6floNesY/Zpe9z"
	    "MVvLix4S2FiQSJ99RIkNvhHomNO9uL3NhbHQ=", false, "{SSHA512}",
	    "a salted hash, longer" },
	{ "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", false, "{SSHA}",
	    "a salted hash, SHA-1" },
	{ "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", false,
	    "{SHA256}", "a hash without salt" },
	{ "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", false, "{SHA}",
	    "the same, SHA-1" },
	{ "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69", false,
	    "{PLAIN-MD5}", "MD5 in hexadecimal" },
	{ "{PLAIN-MD5.B64}Xr4ilOzQ4PCOq3aQ0qbuaQ==", false,
	    "{PLAIN-MD5.B64}", "MD5 in base64" },
	{ "{MD5}5EBE2294ECD0E0F08EAB7690D2A6EE69", false, "{MD5}",
	    "MD5 in capitals" },
	{ "{MD5}$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", true, "{MD5}$1$",
	    "MD5 of crypt(3) under that name" },
	{ "{SHA1.hex}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", false,
	    "{SHA1.hex}", "an encoding that is named" },
	{ "{SHA1}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", false,
	    "{SHA1}", "hexadecimal, by its length" },
	{ "{SSHA.HEX}8152bc582f58c854f580cb101d3182813dec4afe73616c74", false,
	    "{SSHA.HEX}", "hexadecimal, with a salt" },
	{ "{SSHA.base64}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", false,
	    "{SSHA.base64}", "base64, by its name" },
	{ "{CLEAR}secret", false, "{CLEAR}", "another name of PLAIN" },
	{ "{PBKDF2}$1$saltsaltsaltsalt$1000$"
	    "1a5de175888a46acde808eef2c6bc51be03cf4dd", true, "{PBKDF2}",
	    "PBKDF2 of Dovecot" },
};

/* Only the first password is right. */
static const struct slice	passwords[] = {
	LIT("secret"), LIT("Secret"), LIT("secret "), LIT(""),
	LIT("secret\0x"), LIT("secre")
};

START_TEST(test_passhash_verify)
{
	const char *stored = hashes[_i].stored;
	const char *why = hashes[_i].why;

	ck_row_eq(stored, why, passhash_fault(stored) == NULL, true);
	for (size_t i = 0; i < NROWS(passwords); i++)
		ck_row_eq(stored, why,
		    passhash_verify(stored, passwords[i]),
		    i == 0 ? PASSHASH_RIGHT : PASSHASH_WRONG);
	ck_row_eq(stored, why, passhash_slow(stored), hashes[_i].slow);
	ck_row_eq(stored, why, passhash_class(stored), hashes[_i].class);
}
END_TEST

/* Stored values that must never let anybody in, whatever the password. */
static const struct {
	const char	*stored;
	bool		 is_fault;	/* reported at loading */
	const char	*why;
} broken[] = {
	{ "", true, "nothing" },
	{ "{PLAIN}", true, "no password" },
	{ "{CRYPT}", true, "no hash" },
	{ "{NOSUCH}x", true, "no such scheme" },
	{ "{CRYPT", true, "half of a scheme" },
	{ "*", false, "a locked account" },
	{ "!", false, "a locked account" },
	{ "!$2b$04$Xq0mB8rVwCkD3nLhJtYsPeafOJffPkv/10szF.L4dNllXbjJd8MjG",
	    false, "a hash that was locked" },
	{ "{CRYPT}*0", false, "what crypt(3) fails with" },
	{ "{BLF-CRYPT}$6$abcdefgh$", true, "a hash of another scheme" },
	{ "{BLF-CRYPT}$2b$99$Xq0mB8rVwCkD3nLhJtYsPe", false,
	    "a cost that there is not" },
	{ "{SSHA256}AAAA", true, "too short to have a salt" },
	{ "{SSHA256}not base64", true, "no base64" },
	{ "{SHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0", true,
	    "a salt where none belongs" },
	{ "{SSHA.HEX}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", true,
	    "base64 where hexadecimal is promised" },
	{ "{SHA.B64}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", true,
	    "hexadecimal where base64 is promised" },
	{ "{SHA.}5en6G6MezRroT3XKqkdPOmY/BfQ=", true,
	    "an encoding without a name" },
	{ "{SHA.ROT13}5en6G6MezRroT3XKqkdPOmY/BfQ=", true,
	    "an encoding that there is not" },
	{ "{PLAIN.B64}c2VjcmV0", true, "PLAIN has no encoding" },
	{ "{BLF-CRYPT.HEX}2b", true, "bcrypt has none" },
	{ "{PLAIN-MD5}5ebe", true, "half of a hash" },
	{ "{MD5}$1$", false, "no salt" },
	{ "{PBKDF2}$2$salt$1000$00", true, "another version" },
	{ "{PBKDF2}$1$salt", false, "no rounds" },
	{ "{PBKDF2}$1$salt$0$f2ff33fcd5f6a39ad4c6c1f6a9d8f3b1ed5b1ef4", false,
	    "no rounds at all" },
	{ "{PBKDF2}$1$salt$4294967295$f2ff", false, "too many rounds" },
	{ "{PBKDF2}$1$salt$1000$", false, "no hash" },
	{ "{PBKDF2}$1$salt$1000$xx", false, "a hash that is no hexadecimal" },
	{ "{CRAM-MD5}fe8522268d91e485ccac8f36800e4fa6", true,
	    "a challenge and response, which is not offered" },
	{ "{SCRAM-SHA-1}4096,AAAA,AAAA,AAAA", true,
	    "SCRAM-SHA-1 is not offered" },
	{ "{SCRAM-SHA-256}4096,AAAA", true, "half of a secret" },
	{ "{SCRAM-SHA-256}0,AAAA,AAAA,AAAA", true, "no iterations" },
	{ "{SCRAM-SHA-256}99999999999,AAAA,AAAA,AAAA", true,
	    "too many iterations" },
};

START_TEST(test_passhash_broken)
{
	const char *stored = broken[_i].stored;
	const char *why = broken[_i].why;

	ck_row_eq(stored, why, passhash_fault(stored) != NULL,
	    broken[_i].is_fault);
	ck_row(stored, why, passhash_verify(stored, SLICE_LIT("")) !=
	    PASSHASH_RIGHT);
	ck_row(stored, why, passhash_verify(stored, SLICE_LIT("*0")) !=
	    PASSHASH_RIGHT);
	ck_row(stored, why, passhash_verify(stored, slice_str(stored)) !=
	    PASSHASH_RIGHT);
	(void)passhash_class(stored);
	(void)passhash_slow(stored);
}
END_TEST

START_TEST(test_passhash_make_each_scheme)
{
	const char *name, *stored;
	struct buf a, b;
	bool can_make;

	name = passhash_scheme((size_t)_i, &can_make);
	if (name == NULL)
		return;
	buf_init(&a, PASSHASH_MAX);
	buf_init(&b, PASSHASH_MAX);
	ck_assert_int_eq(passhash_make(name, SLICE_LIT("pencil"), &a),
	    can_make ? 0 : -1);
	if (can_make) {
		ck_assert_int_eq(buf_add_char(&a, '\0'), 0);
		stored = buf_slice(&a).p;
		ck_assert_ptr_null(passhash_fault(stored));
		ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("pencil")),
		    PASSHASH_RIGHT);
		ck_assert_int_eq(passhash_verify(stored, SLICE_LIT("Pencil")),
		    PASSHASH_WRONG);
		/* Each hash has a new salt. */
		ck_assert_int_eq(passhash_make(name, SLICE_LIT("pencil"), &b),
		    0);
		ck_assert_int_eq(slice_eq_str(buf_slice(&b), stored),
		    !passhash_slow(stored));
		/* All hashes made by one scheme are in one class. */
		ck_assert_int_eq(buf_add_char(&b, '\0'), 0);
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
	Suite *s = suite_create("passhash");
	TCase *t = tcase_create("passhash");
	bool can_make;
	int n = 0;

	while (passhash_scheme((size_t)n, &can_make) != NULL)
		n++;
	tcase_add_loop_test(t, test_passhash_verify, 0, NROWS(hashes));
	tcase_add_loop_test(t, test_passhash_broken, 0, NROWS(broken));
	tcase_add_loop_test(t, test_passhash_make_each_scheme, 0, n);
	tcase_add_test(t, test_passhash_dummy);
	suite_add_tcase(s, t);
	return s;
}
