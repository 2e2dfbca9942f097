/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* SASL mechanisms, step by step. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/base64.h"
#include "common/base/bounds.h"
#include "common/conf/conf_mech.h"
#include "common/pass/scram.h"
#include "common/sasl/sasl.h"
#include "tests/unit/util.h"

#define NONE	{ NULL, 0 }

static const char server_nonce[] = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

/* Mechanisms with plaintext passwords: which responses lead to which query. */
static const struct {
	const char	*mech;
	struct slice	 say[3];	/* starts with the initial response */
	enum sasl_step	 last;
	const char	*user, *password, *authzid;
	const char	*challenge;	/* first one, if initial is NONE */
	const char	*why;
} plain[] = {
	{ "PLAIN", { LIT("\0ann\0pw") }, SASL_PASSWORD, "ann", "pw", "", NULL,
	    "RFC 4616: user and password" },
	{ "plain", { LIT("\0ann\0pw") }, SASL_PASSWORD, "ann", "pw", "", NULL,
	    "a mechanism has no case" },
	{ "PLAIN", { LIT("bob\0ann\0pw") }, SASL_PASSWORD, "ann", "pw", "bob",
	    NULL, "an authorization identity" },
	{ "PLAIN", { NONE, LIT("\0ann\0pw") }, SASL_PASSWORD, "ann", "pw", "",
	    "", "no initial response" },
	{ "PLAIN", { LIT("\0ann\0") }, SASL_PASSWORD, "ann", "", "", NULL,
	    "an empty password" },
	{ "PLAIN", { LIT("\0ann\0p\xfc") }, SASL_PASSWORD, "ann", "p\xfc", "",
	    NULL, "a password that is no UTF-8" },
	{ "PLAIN", { LIT("") }, SASL_SYNTAX, "", "", "", NULL, "nothing" },
	{ "PLAIN", { LIT("ann") }, SASL_SYNTAX, "", "", "", NULL, "no NUL" },
	{ "PLAIN", { LIT("ann\0pw") }, SASL_SYNTAX, "", "", "", NULL,
	    "one NUL" },
	{ "PLAIN", { LIT("\0\0pw") }, SASL_SYNTAX, "", "", "", NULL,
	    "no user" },
	{ "PLAIN", { LIT("\0ann\0p\0w") }, SASL_SYNTAX, "", "", "", NULL,
	    "a NUL in the password" },
	{ "PLAIN", { LIT("\0ann\0pw\0") }, SASL_SYNTAX, "", "", "", NULL,
	    "a NUL too many" },
	{ "LOGIN", { NONE, LIT("ann"), LIT("pw") }, SASL_PASSWORD, "ann", "pw",
	    "", "Username:", "both questions" },
	{ "LOGIN", { LIT("ann"), LIT("pw") }, SASL_PASSWORD, "ann", "pw", "",
	    NULL, "an initial response is the user" },
	{ "LOGIN", { NONE, LIT("") }, SASL_SYNTAX, "", "", "", "Username:",
	    "no user" },
	{ "LOGIN", { LIT("a\0n"), LIT("pw") }, SASL_SYNTAX, "", "", "", NULL,
	    "a NUL in the user" },
	{ "LOGIN", { LIT("ann"), LIT("p\0w") }, SASL_SYNTAX, "ann", "", "",
	    NULL, "a NUL in the password" },
};

START_TEST(test_sasl_plaintext)
{
	const struct conf_mech *mech;
	struct slice in = plain[_i].say[0];
	const char *why = plain[_i].why;
	struct sasl *s;
	enum sasl_step step;

	mech = conf_mech_find(slice_str(plain[_i].mech));
	ck_assert_ptr_nonnull(mech);
	ck_assert_int_eq(mech->class, CONF_MECH_PASSWORD);
	for (int right = 0; right < 2; right++) {
		s = sasl_new(mech->id, NULL);
		step = sasl_start(s, plain[_i].say[0]);
		if (plain[_i].challenge != NULL)
			ck_row_eq(in, why, sasl_challenge(s),
			    plain[_i].challenge);
		for (int i = 1; i < 3 && step == SASL_CHALLENGE; i++)
			step = sasl_respond(s, plain[_i].say[i]);
		ck_row_eq(in, why, step, plain[_i].last);
		ck_row_eq(in, why, sasl_user(s), plain[_i].user);
		ck_row_eq(in, why, sasl_password(s), plain[_i].password);
		ck_row_eq(in, why, sasl_authzid(s), plain[_i].authzid);
		if (step == SASL_PASSWORD) {
			ck_row_eq(in, why, sasl_verified(s, right),
			    right ? SASL_DONE : SASL_WRONG);
			ck_row_eq(in, "a password is forgotten at once",
			    sasl_password(s).len, 0);
		}
		sasl_free(s);
	}
}
END_TEST

START_TEST(test_sasl_unknown_mechanism)
{
	ck_assert_ptr_null(conf_mech_find(SLICE_LIT("CRAM-MD5")));
	ck_assert_ptr_null(conf_mech_find(SLICE_LIT("")));
	ck_assert_ptr_null(conf_mech_find(SLICE_LIT("PLAIN ")));
}
END_TEST

START_TEST(test_sasl_response_too_long)
{
	static char long_one[SASL_RESPONSE_MAX + 1];

	memset(long_one, 'a', sizeof(long_one));
	for (int i = 0; i < CONF_MECH_MAX; i++) {
		struct sasl *s = sasl_new(conf_mechs[i].id, NULL);

		ck_assert_int_eq(sasl_start(s,
		    slice_make(long_one, sizeof(long_one))), SASL_SYNTAX);
		sasl_free(s);
	}
}
END_TEST

/* The user of RFC 7677, section 3. */
static void
pencil(struct scram_secret *secret)
{
	struct buf salt;

	buf_init(&salt, 64);
	ck_assert_int_eq(base64_decode(&salt,
	    SLICE_LIT("W22ZaJ0SNY7soEsUEjb6gQ==")), 0);
	secret->iterations = 4096;
	secret->salt_len = buf_len(&salt);
	memcpy(secret->salt, buf_slice(&salt).p, buf_len(&salt));
	buf_clear(&salt);
	ck_assert_int_eq(scram_secret_derive(secret, SLICE_LIT("pencil")), 0);
}

static const char final_good[] =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

START_TEST(test_sasl_scram_rfc7677_example)
{
	struct scram_secret secret;
	struct sasl *s;

	pencil(&secret);
	s = sasl_new(CONF_MECH_SCRAM_SHA_256, server_nonce);
	ck_assert_int_eq(sasl_start(s,
	    SLICE_LIT("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")), SASL_SECRET);
	ck_assert(slice_eq_str(sasl_user(s), "user"));
	ck_assert_int_eq(sasl_secret(s, &secret), SASL_CHALLENGE);
	ck_assert(slice_eq_str(sasl_challenge(s),
	    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
	ck_assert_int_eq(sasl_respond(s, slice_str(final_good)),
	    SASL_CHALLENGE);
	ck_assert(slice_eq_str(sasl_challenge(s),
	    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
	ck_assert_int_eq(sasl_respond(s, SLICE_LIT("")), SASL_DONE);
	sasl_free(s);
}
END_TEST

static const struct {
	struct slice	 say;
	enum sasl_step	 want;
	const char	*user;
	const char	*authzid;
	const char	*why;
} firsts[] = {
	{ LIT("n,,n=user,r=abc"), SASL_SECRET, "user", "", "RFC 5802, 7" },
	{ LIT("y,,n=user,r=abc"), SASL_SECRET, "user", "",
	    "the client knows channel binding" },
	{ LIT("n,a=bob,n=user,r=abc"), SASL_SECRET, "user", "bob",
	    "an authorization identity" },
	{ LIT("n,,n=us=2Cer=3D,r=abc"), SASL_SECRET, "us,er=", "",
	    "an escaped comma and equals sign" },
	{ LIT("n,,n=user,r=abc,x=ext"), SASL_SECRET, "user", "",
	    "extensions are ignored" },
	{ LIT("n,,n=\xef\xbd\x81,r=abc"), SASL_SECRET, "a", "",
	    "SASLprep: a wide letter" },
	{ LIT("p=tls-unique,,n=user,r=abc"), SASL_SYNTAX, "", "",
	    "channel binding is not offered" },
	{ LIT("n,,m=x,n=user,r=abc"), SASL_SYNTAX, "", "",
	    "a mandatory extension" },
	{ LIT("n,,n=us=er,r=abc"), SASL_SYNTAX, "", "",
	    "an equals sign that is no escape" },
	{ LIT("n,,n=user=,r=abc"), SASL_SYNTAX, "", "", "half of an escape" },
	{ LIT("n,,n=,r=abc"), SASL_SYNTAX, "", "", "no user" },
	{ LIT("n,,n=user,r="), SASL_SYNTAX, "", "", "no nonce" },
	{ LIT("n,,n=user,r=a b"), SASL_SYNTAX, "", "", "a blank in the nonce" },
	{ LIT("n,,n=user"), SASL_SYNTAX, "", "", "no nonce at all" },
	{ LIT("n,,r=abc,n=user"), SASL_SYNTAX, "", "", "the wrong order" },
	{ LIT("n,bob,n=user,r=abc"), SASL_SYNTAX, "", "",
	    "an authorization identity without its letter" },
	{ LIT("n,a=,n=user,r=abc"), SASL_SYNTAX, "", "",
	    "an empty authorization identity" },
	{ LIT("n=user,r=abc"), SASL_SYNTAX, "", "", "no header" },
	{ LIT("n,,n=us\0er,r=abc"), SASL_SYNTAX, "", "", "a NUL in the user" },
	{ LIT("n,,n=us\xff,r=abc"), SASL_SYNTAX, "", "",
	    "a user that is no UTF-8" },
	{ LIT("n,,n=us\x01,r=abc"), SASL_SYNTAX, "", "",
	    "a control character in the user" },
	{ LIT("n,,n=us\xc2\x85,r=abc"), SASL_SYNTAX, "", "",
	    "a control character beyond ASCII (RFC 3454, C.2.2)" },
	{ LIT("n,,n=us\xc2\xa0,r=abc"), SASL_SECRET, "us ", "",
	    "the first that is none: a space" },
	{ LIT(""), SASL_SYNTAX, "", "", "nothing" },
	{ LIT(",,"), SASL_SYNTAX, "", "", "only commas" },
};

START_TEST(test_sasl_scram_first)
{
	struct sasl *s = sasl_new(CONF_MECH_SCRAM_SHA_256, NULL);
	struct slice say = unit_tight(firsts[_i].say);
	const char *why = firsts[_i].why;

	ck_row_eq(say, why, sasl_start(s, say), firsts[_i].want);
	if (firsts[_i].want == SASL_SECRET) {
		ck_row_eq(say, why, sasl_user(s), firsts[_i].user);
		ck_row_eq(say, why, sasl_authzid(s), firsts[_i].authzid);
	}
	free((char *)say.p);
	sasl_free(s);
}
END_TEST

#define NONCE	"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define PROOF	"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

static const struct {
	struct slice	 say;
	enum sasl_step	 want;
	const char	*why;
} finals[] = {
	{ LIT("c=biws," NONCE "," PROOF), SASL_CHALLENGE, "RFC 7677, 3" },
	{ LIT("c=eSws," NONCE "," PROOF), SASL_WRONG,
	    "another channel binding" },
	{ LIT("c=biws,r=rOprNGfwEbeRWgbNEkqO," PROOF), SASL_WRONG,
	    "the client's nonce alone" },
	{ LIT("c=biws," NONCE
	    ",p=aHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), SASL_WRONG,
	    "another proof" },
	{ LIT("c=biws," NONCE ",x=ext," PROOF), SASL_WRONG,
	    "an extension that was not signed" },
	{ LIT("c=biws," NONCE ",p=dHzbZapWIk4jUhN+"), SASL_SYNTAX,
	    "half of a proof" },
	{ LIT("c=biws," NONCE ",p="), SASL_SYNTAX, "an empty proof" },
	{ LIT("c=biws," NONCE ",p=!"), SASL_SYNTAX,
	    "a proof that is no base64" },
	{ LIT("c=biws," NONCE), SASL_SYNTAX, "no proof" },
	{ LIT("c=biws," PROOF), SASL_SYNTAX, "no nonce" },
	{ LIT(NONCE ",c=biws," PROOF), SASL_SYNTAX, "the wrong order" },
	{ LIT("c=biws," NONCE "," PROOF ",x=y"), SASL_SYNTAX,
	    "something after the proof" },
	{ LIT(""), SASL_SYNTAX, "nothing" },
	{ LIT(PROOF), SASL_SYNTAX, "a proof alone" },
	{ LIT("," PROOF), SASL_SYNTAX, "a proof and a comma" },
};

static struct sasl *
scram_to_final(const struct scram_secret *secret)
{
	struct sasl *s = sasl_new(CONF_MECH_SCRAM_SHA_256, server_nonce);

	ck_assert_int_eq(sasl_start(s,
	    SLICE_LIT("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")), SASL_SECRET);
	ck_assert_int_eq(sasl_secret(s, secret), SASL_CHALLENGE);
	return s;
}

/* A real and an invented user go through the same steps except the last. */
START_TEST(test_sasl_scram_final)
{
	struct scram_secret real, fake;
	struct slice say = unit_tight(finals[_i].say);
	struct sasl *s;

	pencil(&real);
	s = scram_to_final(&real);
	ck_row_eq(say, finals[_i].why, sasl_respond(s, say), finals[_i].want);
	sasl_free(s);

	scram_secret_fake(&fake, &real, (const unsigned char *)"key", 3,
	    SLICE_LIT("user"));
	s = scram_to_final(&fake);
	ck_row_eq(say, "an invented user", sasl_respond(s, say),
	    finals[_i].want == SASL_SYNTAX ? SASL_SYNTAX : SASL_WRONG);
	free((char *)say.p);
	sasl_free(s);
}
END_TEST

/*
 * A nonce of any length gets a challenge that a front takes, or none at all
 * (HAZARDS: a stranger's long SCRAM nonce ended all logins of a front).
 */
START_TEST(test_sasl_scram_nonce_of_any_length)
{
	struct scram_secret secret;
	char say[SASL_RESPONSE_MAX];
	enum sasl_step step;
	struct sasl *s;
	size_t longest = 0;

	memset(say, 'A', sizeof(say));
	memcpy(say, "n,,n=user,r=", 12);
	pencil(&secret);
	secret.salt_len = sizeof(secret.salt);
	secret.iterations = SCRAM_ITERATIONS_MAX;
	for (size_t len = 13; len <= sizeof(say); len++) {
		s = sasl_new(CONF_MECH_SCRAM_SHA_256, NULL);
		step = sasl_start(s, slice_make(say, len));
		if (step == SASL_SECRET) {
			longest = len - 12;
			ck_assert_int_eq(sasl_secret(s, &secret),
			    SASL_CHALLENGE);
			ck_assert_uint_le(sasl_challenge(s).len,
			    SASL_CHALLENGE_MAX);
		} else
			ck_assert_int_eq(step, SASL_SYNTAX);
		sasl_free(s);
	}
	/* All that clients use, and more. */
	ck_assert_uint_ge(longest, 128);
}
END_TEST

START_TEST(test_sasl_scram_last_response_is_empty)
{
	struct scram_secret real;
	struct sasl *s;

	pencil(&real);
	s = scram_to_final(&real);
	ck_assert_int_eq(sasl_respond(s, slice_str(final_good)),
	    SASL_CHALLENGE);
	ck_assert_int_eq(sasl_respond(s, SLICE_LIT("x")), SASL_SYNTAX);
	sasl_free(s);
}
END_TEST

START_TEST(test_sasl_scram_nonce_is_new_each_time)
{
	struct scram_secret real;
	struct buf first;
	struct sasl *s;

	pencil(&real);
	buf_init(&first, 1024);
	for (int i = 0; i < 2; i++) {
		s = sasl_new(CONF_MECH_SCRAM_SHA_256, NULL);
		ck_assert_int_eq(sasl_start(s, SLICE_LIT("n,,n=user,r=abc")),
		    SASL_SECRET);
		ck_assert_int_eq(sasl_secret(s, &real), SASL_CHALLENGE);
		ck_assert(slice_starts(sasl_challenge(s),
		    SLICE_LIT("r=abc")));
		ck_assert(!slice_eq(sasl_challenge(s), buf_slice(&first)));
		ck_assert_int_eq(buf_add_slice(&first, sasl_challenge(s)), 0);
		sasl_free(s);
	}
	buf_clear(&first);
}
END_TEST

START_TEST(test_scram_fake)
{
	struct scram_secret like, a, b;

	memset(&like, 0, sizeof(like));
	like.iterations = 10000;
	like.salt_len = 24;
	scram_secret_fake(&a, &like, (const unsigned char *)"key", 3,
	    SLICE_LIT("ann"));
	scram_secret_fake(&b, &like, (const unsigned char *)"key", 3,
	    SLICE_LIT("ann"));
	ck_assert_uint_eq(a.iterations, 10000);
	ck_assert_uint_eq(a.salt_len, 24);
	ck_assert_mem_eq(a.salt, b.salt, 24);
	scram_secret_fake(&b, &like, (const unsigned char *)"key", 3,
	    SLICE_LIT("bob"));
	ck_assert_mem_ne(a.salt, b.salt, 24);
	scram_secret_fake(&b, &like, (const unsigned char *)"kez", 3,
	    SLICE_LIT("ann"));
	ck_assert_mem_ne(a.salt, b.salt, 24);
}
END_TEST

START_TEST(test_scram_stored_form)
{
	struct scram_secret a, b;
	struct buf out;

	pencil(&a);
	buf_init(&out, 1024);
	ck_assert_int_eq(scram_secret_print(&a, &out), 0);
	ck_assert_int_eq(scram_secret_parse(buf_slice(&out), &b), 0);
	ck_assert_uint_eq(a.iterations, b.iterations);
	ck_assert_mem_eq(a.stored_key, b.stored_key, SCRAM_KEY_LEN);
	ck_assert_mem_eq(a.server_key, b.server_key, SCRAM_KEY_LEN);
	for (size_t n = 0; n < buf_len(&out); n++)
		ck_assert_int_eq(scram_secret_parse(
		    slice_sub(buf_slice(&out), 0, n), &b), -1);
	buf_clear(&out);
	/* The format of Dovecot's "doveadm pw". */
	ck_assert_int_eq(scram_secret_parse(SLICE_LIT("4096,"
	    "pLtWKCLn9TiwyI5RA90DbA==,IGfS3GM0VT0FdISFUK3GfO9w4cfrEV/DB8Tp9aPl"
	    "xGw=,c9CqtHBfcroMle/PS3Gr+FS6zDzYxme49FuU4RfwUh4="), &a), 0);
	b = a;
	ck_assert_int_eq(scram_secret_derive(&b, SLICE_LIT("pencil")), 0);
	ck_assert_mem_eq(a.stored_key, b.stored_key, SCRAM_KEY_LEN);
	ck_assert_mem_eq(a.server_key, b.server_key, SCRAM_KEY_LEN);
}
END_TEST

/* A pseudo-random number below n, the same in each run. */
static size_t
pick(uint32_t *x, size_t n)
{
	*x = *x * 1664525 + 1013904223;
	return (*x >> 8) % n;
}

/* Whatever a client sends, each step of an exchange is a valid one. */
START_TEST(test_sasl_mutated)
{
	static const struct slice seeds[] = {
		LIT("\0ann\0pw"), LIT("ann"), LIT("n,,n=user,r=abc"),
		LIT("y,a=b,n=u=2C,r=x,e=f"), LIT("c=biws," NONCE "," PROOF),
		LIT("")
	};
	struct scram_secret secret;
	uint32_t x = 4711;
	char say[128];
	size_t len;

	pencil(&secret);
	for (int i = 0; i < 10000; i++) {
		struct sasl *s = sasl_new(pick(&x, CONF_MECH_MAX),
				    server_nonce);
		enum sasl_step step = SASL_CHALLENGE;

		for (int n = 0; n < 5; n++) {
			struct slice seed = seeds[pick(&x, 6)];

			len = seed.len;
			memcpy(say, seed.p, len);
			for (size_t k = pick(&x, 4); k > 0 && len > 0; k--) {
				size_t at = pick(&x, len);

				say[at] = (char)pick(&x, 256);
			}
			if (len > 0 && pick(&x, 4) == 0)
				len = pick(&x, len);
			step = n == 0 ? sasl_start(s, slice_make(say, len)) :
			    sasl_respond(s, slice_make(say, len));
			if (step == SASL_SECRET)
				step = sasl_secret(s, &secret);
			if (step != SASL_CHALLENGE)
				break;
		}
		ck_assert_int_ge(step, SASL_CHALLENGE);
		ck_assert_int_le(step, SASL_SYNTAX);
		/* Nobody is accepted without a check of his password. */
		ck_assert_int_ne(step, SASL_DONE);
		sasl_free(s);
	}
}
END_TEST

Suite *
suite_sasl(void)
{
	Suite *s = suite_create("sasl");
	TCase *t = tcase_create("sasl");

	tcase_add_loop_test(t, test_sasl_plaintext, 0, NROWS(plain));
	tcase_add_test(t, test_sasl_unknown_mechanism);
	tcase_add_test(t, test_sasl_response_too_long);
	tcase_add_test(t, test_sasl_scram_rfc7677_example);
	tcase_add_loop_test(t, test_sasl_scram_first, 0, NROWS(firsts));
	tcase_add_loop_test(t, test_sasl_scram_final, 0, NROWS(finals));
	tcase_add_test(t, test_sasl_scram_nonce_of_any_length);
	tcase_add_test(t, test_sasl_scram_last_response_is_empty);
	tcase_add_test(t, test_sasl_scram_nonce_is_new_each_time);
	tcase_add_test(t, test_scram_fake);
	tcase_add_test(t, test_scram_stored_form);
	tcase_add_test(t, test_sasl_mutated);
	suite_add_tcase(s, t);
	return s;
}
