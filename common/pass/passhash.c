/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Password hashes.  Each scheme is a row of schemes[].  A new scheme is a new
 * row and, unless it can share them, functions to verify and make it.
 *
 * The {SSHA256} family is only for users files from other servers: a single
 * round of SHA gives no protection, so passhash_make() does not support it.
 * {PLAIN} is for tests.
 */

#include "config.h"

#ifdef __linux__
#include <crypt.h>
#endif
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#ifdef HAVE_SODIUM
#include <sodium.h>
#endif

#include "common/base/compat.h"
#include "common/base/random.h"
#include "common/base/table.h"
#include "common/pass/passhash.h"
#include "common/pass/passhash_scheme.h"
#include "common/pass/scram.h"

#define SALT_LEN	16	/* characters of six bits each */
#define BCRYPT_SALT_LEN	22	/* characters: 128 bits */
#define NAME_MAX_LEN	32	/* of a scheme's name in messages */

static bool
same_text(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

static enum passhash_result
crypt_verify(const struct stored *stored, const char *password)
{
	const char *hash = stored->hash, *prefix = stored->scheme->prefix;
	const char *got;

	/*
	 * Some crypt(3) take an empty setting as DES with an empty salt, and
	 * "!" or "*" marks a locked account.  No password may match either.
	 */
	if (strlen(hash) < 13 || hash[0] == '*' || hash[0] == '!' ||
	    strncmp(hash, prefix, strlen(prefix)) != 0)
		return PASSHASH_BROKEN;
	got = crypt(password, hash);
	if (got == NULL || got[0] == '*')
		return PASSHASH_BROKEN;
	return same_text(got, hash) ? PASSHASH_RIGHT : PASSHASH_WRONG;
}

/*
 * Append a random salt.  crypt_gensalt(3) would do it, but only libxcrypt has
 * it.  bcrypt uses its own alphabet, and only the upper two bits of its last
 * character count.
 */
static int
salt_put(const struct scheme *s, struct buf *out)
{
	static const char bcrypt[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char itoa64[] = "./0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz";
	unsigned char salt[BCRYPT_SALT_LEN];
	size_t n;

	random_bytes(salt, sizeof(salt));
	if (s->prefix[1] == '2') {
		for (n = 0; n < BCRYPT_SALT_LEN - 1; n++)
			if (buf_add_char(out, bcrypt[salt[n] & 63]) == -1)
				return -1;
		return buf_add_char(out, bcrypt[salt[n] & 0x30]);
	}
	for (n = 0; n < SALT_LEN; n++)
		if (buf_add_char(out, itoa64[salt[n] & 63]) == -1)
			return -1;
	return 0;
}

static int
crypt_make(const struct scheme *s, const char *password, struct buf *out)
{
	struct buf setting;
	const char *got;
	int ret = -1;

	buf_init(&setting, 128);
	if (buf_add_str(&setting, s->setting) == -1 ||
	    salt_put(s, &setting) == -1 || buf_add_char(&setting, '\0') == -1)
		goto out;
	got = crypt(password, buf_slice(&setting).p);
	if (got == NULL || got[0] == '*' ||
	    strncmp(got, s->setting, strlen(s->setting)) != 0)
		goto out;
	ret = buf_add_str(out, got);
out:
	buf_clear(&setting);
	return ret;
}

static enum passhash_result
plain_verify(const struct stored *stored, const char *password)
{
	return same_text(stored->hash, password) ? PASSHASH_RIGHT :
	    PASSHASH_WRONG;
}

static int
plain_make(const struct scheme *s, const char *password, struct buf *out)
{
	(void)s;
	return buf_add_str(out, password);
}

static enum passhash_result
scram_verify(const struct stored *stored, const char *password)
{
	struct scram_secret secret, derived;
	enum passhash_result ret = PASSHASH_WRONG;

	if (scram_secret_parse(slice_str(stored->hash), &secret) == -1)
		return PASSHASH_BROKEN;
	derived = secret;
	/* This fails for a password that is not UTF-8, which is then wrong. */
	if (scram_secret_derive(&derived, slice_str(password)) == 0 &&
	    CRYPTO_memcmp(derived.stored_key, secret.stored_key,
	    SCRAM_KEY_LEN) == 0)
		ret = PASSHASH_RIGHT;
	explicit_bzero(&derived, sizeof(derived));
	explicit_bzero(&secret, sizeof(secret));
	return ret;
}

static int
scram_make(const struct scheme *s, const char *password, struct buf *out)
{
	struct scram_secret secret;
	int ret = -1;

	(void)s;
	secret.iterations = SCRAM_ITERATIONS;
	secret.salt_len = SCRAM_SALT_LEN;
	random_bytes(secret.salt, secret.salt_len);
	if (scram_secret_derive(&secret, slice_str(password)) == 0)
		ret = scram_secret_print(&secret, out);
	explicit_bzero(&secret, sizeof(secret));
	return ret;
}

#ifdef HAVE_SODIUM
static enum passhash_result
argon2_verify(const struct stored *stored, const char *password)
{
	const char *hash = stored->hash, *prefix = stored->scheme->prefix;

	if (strncmp(hash, prefix, strlen(prefix)) != 0 ||
	    strlen(hash) >= crypto_pwhash_STRBYTES || sodium_init() == -1)
		return PASSHASH_BROKEN;
	return crypto_pwhash_str_verify(hash, password,
	    strlen(password)) == 0 ? PASSHASH_RIGHT : PASSHASH_WRONG;
}

static int
argon2_make(const struct scheme *s, const char *password, struct buf *out)
{
	char hash[crypto_pwhash_STRBYTES];

	(void)s;
	if (sodium_init() == -1 || crypto_pwhash_str_alg(hash, password,
	    strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
	    crypto_pwhash_MEMLIMIT_INTERACTIVE,
	    crypto_pwhash_ALG_ARGON2ID13) != 0)
		return -1;
	return buf_add_str(out, hash);
}
#endif

/*
 * The first row is used for a hash without a scheme.  bcrypt's cost of 11
 * takes a tenth of a second on a server of 2020.  Debian's passwd(1) uses j9T
 * for yescrypt.
 */
static const struct scheme schemes[] = {
	{ .name = "CRYPT", .verify = crypt_verify, .prefix = "" },
	{ .name = "BLF-CRYPT", .verify = crypt_verify, .make = crypt_make,
	    .prefix = "$2", .setting = "$2b$11$", .params = 3 },
	{ .name = "BCRYPT", .verify = crypt_verify, .make = crypt_make,
	    .prefix = "$2", .setting = "$2b$11$", .params = 3 },
	{ .name = "YESCRYPT", .verify = crypt_verify, .make = crypt_make,
	    .prefix = "$y$", .setting = "$y$j9T$", .params = 3 },
	{ .name = "SHA512-CRYPT", .verify = crypt_verify, .make = crypt_make,
	    .prefix = "$6$", .setting = "$6$rounds=100000$", .params = 2 },
	{ .name = "SHA256-CRYPT", .verify = crypt_verify, .make = crypt_make,
	    .prefix = "$5$", .setting = "$5$rounds=100000$", .params = 2 },
	{ .name = "MD5-CRYPT", .verify = crypt_verify, .prefix = "$1$",
	    .params = 2 },
	{ .name = "DES-CRYPT", .verify = crypt_verify, .prefix = "" },
#ifdef HAVE_SODIUM
	{ .name = "ARGON2ID", .verify = argon2_verify, .make = argon2_make,
	    .prefix = "$argon2id$", .params = 4 },
	{ .name = "ARGON2I", .verify = argon2_verify, .prefix = "$argon2i$",
	    .params = 4 },
	/* In Dovecot 2.4 {ARGON2} may be either ARGON2ID or ARGON2I. */
	{ .name = "ARGON2", .verify = argon2_verify, .prefix = "$argon2id$",
	    .params = 4, .or = "ARGON2I" },
#endif
	{ .name = "SCRAM-SHA-256", .verify = scram_verify,
	    .make = scram_make },
	{ .name = "PBKDF2", .verify = passhash_pbkdf2_verify, .prefix = "$1$" },
	{ .name = "PLAIN", .verify = plain_verify, .make = plain_make,
	    .fast = true },
	{ .name = "CLEARTEXT", .verify = plain_verify, .make = plain_make,
	    .fast = true },
	{ .name = "CLEAR", .verify = plain_verify, .make = plain_make,
	    .fast = true },
	{ .name = "SSHA512", .verify = passhash_digest_verify,
	    .digest = "SHA512", .salted = true, .fast = true },
	{ .name = "SSHA256", .verify = passhash_digest_verify,
	    .digest = "SHA256", .salted = true, .fast = true },
	{ .name = "SSHA", .verify = passhash_digest_verify,
	    .digest = "SHA1", .salted = true, .fast = true },
	{ .name = "SHA512", .verify = passhash_digest_verify,
	    .digest = "SHA512", .fast = true },
	{ .name = "SHA256", .verify = passhash_digest_verify,
	    .digest = "SHA256", .fast = true },
	{ .name = "SHA", .verify = passhash_digest_verify,
	    .digest = "SHA1", .fast = true },
	{ .name = "SHA1", .verify = passhash_digest_verify,
	    .digest = "SHA1", .fast = true },
	{ .name = "SMD5", .verify = passhash_digest_verify,
	    .digest = "MD5", .salted = true, .fast = true },
	{ .name = "LDAP-MD5", .verify = passhash_digest_verify,
	    .digest = "MD5", .fast = true },
	{ .name = "PLAIN-MD5", .verify = passhash_digest_verify,
	    .digest = "MD5", .hex = true, .fast = true },
	/* Dovecot's {MD5} may be MD5-CRYPT or a plain MD5 digest. */
	{ .name = "MD5", .verify = passhash_digest_verify,
	    .digest = "MD5", .hex = true, .fast = true, .or = "MD5-CRYPT" },
};

static const struct scheme *
scheme_find(struct slice name)
{
	for (size_t i = 0; i < NROWS(schemes); i++)
		if (slice_caseeq_str(name, schemes[i].name))
			return &schemes[i];
	return NULL;
}

static const struct {
	const char	*name;
	enum coding	 coding;
} codings[] = {
	{ .name = "B64", .coding = CODING_BASE64 },
	{ .name = "BASE64", .coding = CODING_BASE64 },
	{ .name = "HEX", .coding = CODING_HEX },
};

/* Cut ".HEX" or the like off a name.  Returns -1 for an unknown suffix. */
static int
coding_cut(struct slice *name, enum coding *coding)
{
	struct slice suffix = *name;

	*coding = CODING_USUAL;
	if (!slice_cut(&suffix, '.', name))
		return 0;
	for (size_t i = 0; i < NROWS(codings); i++)
		if (slice_caseeq_str(suffix, codings[i].name))
			*coding = codings[i].coding;
	return *coding == CODING_USUAL ? -1 : 0;
}

static bool
has_prefix(const struct scheme *s, const char *hash)
{
	return strncmp(hash, s->prefix, strlen(s->prefix)) == 0;
}

/* Split {SCHEME}hash.  Returns 0, or -1 for an unknown scheme or coding. */
static int
split(const char *text, struct stored *out)
{
	const struct scheme *or;
	const char *end;
	struct slice name;

	out->scheme = &schemes[0];
	out->coding = CODING_USUAL;
	out->hash = text;
	if (text[0] != '{')
		return 0;
	end = strchr(text, '}');
	if (end == NULL)
		return -1;
	out->hash = end + 1;
	name = slice_make(text + 1, (size_t)(end - text - 1));
	if (coding_cut(&name, &out->coding) == -1 ||
	    (out->scheme = scheme_find(name)) == NULL ||
	    (out->coding != CODING_USUAL && out->scheme->digest == NULL))
		return -1;
	if (out->scheme->or != NULL &&
	    (or = scheme_find(slice_str(out->scheme->or))) != NULL &&
	    has_prefix(or, out->hash))
		out->scheme = or;
	return 0;
}

enum passhash_result
passhash_verify(const char *text, struct slice password)
{
	char copy[PASSHASH_PASSWORD_MAX + 1];
	struct stored stored;
	enum passhash_result ret;

	if (split(text, &stored) == -1 || stored.hash[0] == '\0')
		return PASSHASH_BROKEN;
	if (password.len > PASSHASH_PASSWORD_MAX ||
	    slice_chr(password, '\0') != SLICE_NONE)
		return PASSHASH_WRONG;
	memcpy(copy, password.p, password.len);
	copy[password.len] = '\0';
	ret = stored.scheme->verify(&stored, copy);
	explicit_bzero(copy, sizeof(copy));
	return ret;
}

bool
passhash_slow(const char *text)
{
	struct stored stored;

	return split(text, &stored) == 0 && !stored.scheme->fast;
}

/* For {CRYPT} or no scheme, find the real scheme by the hash's prefix. */
static const struct scheme *
scheme_refine(const struct scheme *s, const char *hash)
{
	if (s->verify != crypt_verify || s->prefix[0] != '\0')
		return s;
	for (size_t i = 0; i < NROWS(schemes); i++)
		if (schemes[i].verify == crypt_verify &&
		    schemes[i].prefix[0] != '\0' &&
		    has_prefix(&schemes[i], hash))
			return &schemes[i];
	return s;
}

struct slice
passhash_class(const char *text)
{
	struct stored stored;
	const char *hash, *end;
	unsigned int params;

	if (split(text, &stored) == -1)
		return slice_str("");
	hash = stored.hash;
	if (stored.scheme->verify == scram_verify)
		return slice_make(text, (size_t)(hash - text) +
		    strcspn(hash, ","));
	params = scheme_refine(stored.scheme, hash)->params;
	if (params == 2 && strlen(hash) > 3 &&
	    strncmp(hash + 3, "rounds=", 7) == 0)
		params++;
	for (end = hash; params > 0 && *end != '\0'; end++)
		if (*end == '$')
			params--;
	return slice_make(text, (size_t)(end - text));
}

const char *
passhash_fault(const char *text)
{
	struct stored stored;
	struct scram_secret secret;
	int bad = 0;

	if (split(text, &stored) == -1)
		return "unknown password scheme";
	if (stored.hash[0] == '\0')
		return "empty password";
	if (stored.scheme->verify == scram_verify) {
		bad = scram_secret_parse(slice_str(stored.hash), &secret);
		explicit_bzero(&secret, sizeof(secret));
	} else if (stored.scheme->digest != NULL)
		bad = passhash_digest_parse(&stored);
	else if (stored.scheme->prefix != NULL)
		bad = !has_prefix(stored.scheme, stored.hash);
	return bad == 0 ? NULL : "not a hash of the scheme it names";
}

struct slice
passhash_named(const char *text)
{
	size_t len;

	if (text[0] != '{')
		return slice_make("", 0);
	len = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
	if (text[1 + len] != '}' || len > NAME_MAX_LEN)
		return slice_make("", 0);
	return slice_make(text + 1, len);
}

int
passhash_make(const char *scheme, struct slice password, struct buf *out)
{
	const struct scheme *s = scheme_find(slice_str(scheme));
	char copy[PASSHASH_PASSWORD_MAX + 1];
	size_t len = buf_len(out);
	int ret = -1;

	if (s == NULL || s->make == NULL ||
	    password.len > PASSHASH_PASSWORD_MAX ||
	    slice_chr(password, '\0') != SLICE_NONE)
		return -1;
	memcpy(copy, password.p, password.len);
	copy[password.len] = '\0';
	if (buf_add_char(out, '{') == 0 && buf_add_str(out, s->name) == 0 &&
	    buf_add_char(out, '}') == 0)
		ret = s->make(s, copy, out);
	if (ret == -1)
		buf_truncate(out, len);
	explicit_bzero(copy, sizeof(copy));
	return ret;
}

const char *
passhash_scheme(size_t i, bool *can_make)
{
	if (i >= NROWS(schemes))
		return NULL;
	*can_make = schemes[i].make != NULL;
	return schemes[i].name;
}

struct slice
passhash_scram(const char *text)
{
	struct stored stored;

	if (split(text, &stored) == -1 ||
	    stored.scheme->verify != scram_verify)
		return SLICE_EMPTY;
	return slice_str(stored.hash);
}

const char *
passhash_dummy(void)
{
	return "{BLF-CRYPT}$2b$11$Xq0mB8rVwCkD3nLhJtYsPe"
	    "FMTGXKw2JrpzjBxFqUmelTLKKQkpQw6";
}
