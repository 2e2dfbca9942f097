/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Password hashes.  Each scheme is a row of schemes[]; a new one is a row
 * and, if it is like no other, a pair of functions.
 *
 * The {SSHA256} family is here for those who move in: one round of SHA is
 * no protection, and passhash_make() refuses to make them.  {PLAIN} is for
 * tests.
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
#include <openssl/evp.h>
#ifdef HAVE_SODIUM
#include <sodium.h>
#endif

#include "common/base64.h"
#include "common/compat.h"
#include "common/passhash.h"
#include "common/random.h"
#include "common/scram.h"

#define SALT_LEN	16	/* characters, six bits each */
#define BCRYPT_SALT_LEN	22	/* characters: 128 bits */

struct scheme {
	const char	*name;
	enum passhash_result (*verify)(const struct scheme *, const char *,
			    const char *);
	/* Append the hash, without {SCHEME}; NULL: only verified. */
	int		(*make)(const struct scheme *, const char *,
			    struct buf *);
	const char	*prefix;	/* its hashes begin with this */
	const char	*setting;	/* crypt(3): what goes before the salt */
	unsigned int	 params;	/* '$' before the salt: see class */
	const char	*digest;	/* libcrypto's name of it */
	bool		 hex;		/* the digest is written so */
	bool		 salted;	/* salt follows the digest */
	bool		 fast;		/* costs microseconds */
};

static bool
same_text(const char *a, const char *b)
{
	size_t	 len = strlen(a);

	return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

static enum passhash_result
crypt_verify(const struct scheme *s, const char *hash, const char *password)
{
	const char	*got;

	/*
	 * An empty setting is DES with an empty salt to some, and locked
	 * accounts are written "!" or "*": neither is ever right.
	 */
	if (strlen(hash) < 13 || hash[0] == '*' || hash[0] == '!' ||
	    strncmp(hash, s->prefix, strlen(s->prefix)) != 0)
		return PASSHASH_BROKEN;
	got = crypt(password, hash);
	if (got == NULL || got[0] == '*')
		return PASSHASH_BROKEN;
	return same_text(got, hash) ? PASSHASH_RIGHT : PASSHASH_WRONG;
}

/*
 * Salts are made here and not by crypt_gensalt(3), which only libxcrypt
 * has.  bcrypt's alphabet differs from the others', and of its last
 * character only the upper two bits count.
 */
static int
salt_put(const struct scheme *s, struct buf *out)
{
	static const char	 bcrypt[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char	 itoa64[] = "./0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz";
	unsigned char		 salt[BCRYPT_SALT_LEN];
	size_t			 n;

	random_bytes(salt, sizeof(salt));
	if (s->prefix[1] == '2') {
		for (n = 0; n < BCRYPT_SALT_LEN - 1; n++)
			if (buf_addc(out, bcrypt[salt[n] & 63]) == -1)
				return -1;
		return buf_addc(out, bcrypt[salt[n] & 0x30]);
	}
	for (n = 0; n < SALT_LEN; n++)
		if (buf_addc(out, itoa64[salt[n] & 63]) == -1)
			return -1;
	return 0;
}

static int
crypt_make(const struct scheme *s, const char *password, struct buf *out)
{
	struct buf	 setting;
	const char	*got;
	int		 ret = -1;

	buf_init(&setting, 128);
	if (buf_add_str(&setting, s->setting) == -1 ||
	    salt_put(s, &setting) == -1 || buf_addc(&setting, '\0') == -1)
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
plain_verify(const struct scheme *s, const char *hash, const char *password)
{
	(void)s;
	if (hash[0] == '\0')
		return PASSHASH_BROKEN;
	return same_text(hash, password) ? PASSHASH_RIGHT : PASSHASH_WRONG;
}

static int
plain_make(const struct scheme *s, const char *password, struct buf *out)
{
	(void)s;
	return buf_add_str(out, password);
}

static enum passhash_result
scram_verify(const struct scheme *s, const char *hash, const char *password)
{
	struct scram_secret	 stored, derived;
	enum passhash_result	 ret = PASSHASH_WRONG;

	(void)s;
	if (scram_secret_parse(slice_str(hash), &stored) == -1)
		return PASSHASH_BROKEN;
	derived = stored;
	/* A password that is not UTF-8 can't be prepared and so not right. */
	if (scram_secret_derive(&derived, slice_str(password)) == 0 &&
	    CRYPTO_memcmp(derived.stored_key, stored.stored_key,
	    SCRAM_KEY_LEN) == 0)
		ret = PASSHASH_RIGHT;
	explicit_bzero(&derived, sizeof(derived));
	explicit_bzero(&stored, sizeof(stored));
	return ret;
}

static int
scram_make(const struct scheme *s, const char *password, struct buf *out)
{
	struct scram_secret	 secret;
	int			 ret = -1;

	(void)s;
	secret.iterations = SCRAM_ITERATIONS;
	secret.salt_len = SCRAM_SALT_LEN;
	random_bytes(secret.salt, secret.salt_len);
	if (scram_secret_derive(&secret, slice_str(password)) == 0)
		ret = scram_secret_print(&secret, out);
	explicit_bzero(&secret, sizeof(secret));
	return ret;
}

static int
hex_decode(struct buf *out, struct slice in)
{
	static const char	 digits[] = "0123456789abcdef0123456789ABCDEF";
	const char		*hi, *lo;

	if (in.len % 2 != 0)
		return -1;
	for (size_t i = 0; i < in.len; i += 2) {
		hi = memchr(digits, in.p[i], sizeof(digits) - 1);
		lo = memchr(digits, in.p[i + 1], sizeof(digits) - 1);
		if (hi == NULL || lo == NULL || buf_addc(out,
		    (char)(((hi - digits) & 15) << 4 |
		    ((lo - digits) & 15))) == -1)
			return -1;
	}
	return 0;
}

static enum passhash_result
digest_verify(const struct scheme *s, const char *hash, const char *password)
{
	struct buf		 stored;
	unsigned char		 got[EVP_MAX_MD_SIZE];
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	const EVP_MD		*md = EVP_get_digestbyname(s->digest);
	enum passhash_result	 ret = PASSHASH_BROKEN;
	struct slice		 salt;
	size_t			 len;

	buf_init(&stored, PASSHASH_MAX);
	if (ctx == NULL || md == NULL)
		goto out;
	len = (size_t)EVP_MD_size(md);
	if ((s->hex ? hex_decode : base64_decode)(&stored,
	    slice_str(hash)) == -1 || buf_len(&stored) < len ||
	    (buf_len(&stored) > len) != s->salted)
		goto out;
	salt = slice_from(buf_slice(&stored), len);
	if (EVP_DigestInit_ex(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, password, strlen(password)) != 1 ||
	    EVP_DigestUpdate(ctx, salt.p, salt.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, got, NULL) != 1)
		goto out;
	ret = CRYPTO_memcmp(got, buf_slice(&stored).p, len) == 0 ?
	    PASSHASH_RIGHT : PASSHASH_WRONG;
out:
	EVP_MD_CTX_free(ctx);
	buf_clear_secret(&stored);
	explicit_bzero(got, sizeof(got));
	return ret;
}

#ifdef HAVE_SODIUM
static enum passhash_result
argon2_verify(const struct scheme *s, const char *hash, const char *password)
{
	if (strncmp(hash, s->prefix, strlen(s->prefix)) != 0 ||
	    strlen(hash) >= crypto_pwhash_STRBYTES || sodium_init() == -1)
		return PASSHASH_BROKEN;
	return crypto_pwhash_str_verify(hash, password,
	    strlen(password)) == 0 ? PASSHASH_RIGHT : PASSHASH_WRONG;
}

static int
argon2_make(const struct scheme *s, const char *password, struct buf *out)
{
	char	 hash[crypto_pwhash_STRBYTES];

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
 * The first is the one meant when no scheme is named.  bcrypt's cost of 11
 * is a tenth of a second on a server of 2020; yescrypt's j9T is what
 * Debian's passwd(1) uses.
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
#endif
	{ .name = "SCRAM-SHA-256", .verify = scram_verify,
	    .make = scram_make },
	{ .name = "PLAIN", .verify = plain_verify, .make = plain_make,
	    .fast = true },
	{ .name = "CLEARTEXT", .verify = plain_verify, .make = plain_make,
	    .fast = true },
	{ .name = "SSHA512", .verify = digest_verify, .digest = "SHA512",
	    .salted = true, .fast = true },
	{ .name = "SSHA256", .verify = digest_verify, .digest = "SHA256",
	    .salted = true, .fast = true },
	{ .name = "SSHA", .verify = digest_verify, .digest = "SHA1",
	    .salted = true, .fast = true },
	{ .name = "SHA512", .verify = digest_verify, .digest = "SHA512",
	    .fast = true },
	{ .name = "SHA256", .verify = digest_verify, .digest = "SHA256",
	    .fast = true },
	{ .name = "SHA", .verify = digest_verify, .digest = "SHA1",
	    .fast = true },
	{ .name = "SHA1", .verify = digest_verify, .digest = "SHA1",
	    .fast = true },
	{ .name = "SMD5", .verify = digest_verify, .digest = "MD5",
	    .salted = true, .fast = true },
	{ .name = "LDAP-MD5", .verify = digest_verify, .digest = "MD5",
	    .fast = true },
	{ .name = "PLAIN-MD5", .verify = digest_verify, .digest = "MD5",
	    .hex = true, .fast = true },
};
#define NSCHEMES	(sizeof(schemes) / sizeof(schemes[0]))

static const struct scheme *
scheme_find(struct slice name)
{
	for (size_t i = 0; i < NSCHEMES; i++)
		if (slice_caseeq_str(name, schemes[i].name))
			return &schemes[i];
	return NULL;
}

/* Split {SCHEME}hash; NULL when the scheme is unknown. */
static const struct scheme *
scheme_of(const char *stored, const char **hash)
{
	const char	*end;

	*hash = stored;
	if (stored[0] != '{')
		return &schemes[0];
	end = strchr(stored, '}');
	if (end == NULL)
		return NULL;
	*hash = end + 1;
	return scheme_find(slice_make(stored + 1, (size_t)(end - stored - 1)));
}

enum passhash_result
passhash_verify(const char *stored, struct slice password)
{
	char			 copy[PASSHASH_PASSWORD_MAX + 1];
	const struct scheme	*s;
	const char		*hash;
	enum passhash_result	 ret;

	s = scheme_of(stored, &hash);
	if (s == NULL || hash[0] == '\0')
		return PASSHASH_BROKEN;
	if (password.len > PASSHASH_PASSWORD_MAX ||
	    slice_chr(password, '\0') != SLICE_NONE)
		return PASSHASH_WRONG;
	memcpy(copy, password.p, password.len);
	copy[password.len] = '\0';
	ret = s->verify(s, hash, copy);
	explicit_bzero(copy, sizeof(copy));
	return ret;
}

bool
passhash_slow(const char *stored)
{
	const struct scheme	*s;
	const char		*hash;

	s = scheme_of(stored, &hash);
	return s != NULL && !s->fast;
}

/* {CRYPT} and no scheme: the hash says by its prefix what it is. */
static const struct scheme *
scheme_refine(const struct scheme *s, const char *hash)
{
	if (s->verify != crypt_verify || s->prefix[0] != '\0')
		return s;
	for (size_t i = 0; i < NSCHEMES; i++)
		if (schemes[i].verify == crypt_verify &&
		    schemes[i].prefix[0] != '\0' && strncmp(hash,
		    schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return s;
}

struct slice
passhash_class(const char *stored)
{
	const struct scheme	*s;
	const char		*hash, *end;
	unsigned int		 params;

	s = scheme_of(stored, &hash);
	if (s == NULL)
		return slice_str("");
	if (s->verify == scram_verify)
		return slice_make(stored, (size_t)(hash - stored) +
		    strcspn(hash, ","));
	params = scheme_refine(s, hash)->params;
	if (params == 2 && strlen(hash) > 3 &&
	    strncmp(hash + 3, "rounds=", 7) == 0)
		params++;
	for (end = hash; params > 0 && *end != '\0'; end++)
		if (*end == '$')
			params--;
	return slice_make(stored, (size_t)(end - stored));
}

const char *
passhash_fault(const char *stored)
{
	const struct scheme	*s;
	struct scram_secret	 secret;
	const char		*hash;
	int			 bad = 0;

	s = scheme_of(stored, &hash);
	if (s == NULL)
		return "unknown password scheme";
	if (hash[0] == '\0')
		return "empty password";
	if (s->verify == scram_verify) {
		bad = scram_secret_parse(slice_str(hash), &secret);
		explicit_bzero(&secret, sizeof(secret));
	} else if (s->prefix != NULL)
		bad = strncmp(hash, s->prefix, strlen(s->prefix));
	return bad == 0 ? NULL : "not a hash of the scheme it names";
}

int
passhash_make(const char *scheme, struct slice password, struct buf *out)
{
	const struct scheme	*s = scheme_find(slice_str(scheme));
	char			 copy[PASSHASH_PASSWORD_MAX + 1];
	size_t			 len = buf_len(out);
	int			 ret = -1;

	if (s == NULL || s->make == NULL ||
	    password.len > PASSHASH_PASSWORD_MAX ||
	    slice_chr(password, '\0') != SLICE_NONE)
		return -1;
	memcpy(copy, password.p, password.len);
	copy[password.len] = '\0';
	if (buf_addc(out, '{') == 0 && buf_add_str(out, s->name) == 0 &&
	    buf_addc(out, '}') == 0)
		ret = s->make(s, copy, out);
	if (ret == -1)
		buf_truncate(out, len);
	explicit_bzero(copy, sizeof(copy));
	return ret;
}

const char *
passhash_scheme(size_t i, bool *can_make)
{
	if (i >= NSCHEMES)
		return NULL;
	*can_make = schemes[i].make != NULL;
	return schemes[i].name;
}

struct slice
passhash_scram(const char *stored)
{
	const struct scheme	*s;
	const char		*hash;

	s = scheme_of(stored, &hash);
	if (s == NULL || s->verify != scram_verify)
		return slice_make(NULL, 0);
	return slice_str(hash);
}

const char *
passhash_dummy(void)
{
	return "{BLF-CRYPT}$2b$11$Xq0mB8rVwCkD3nLhJtYsPe"
	    "FMTGXKw2JrpzjBxFqUmelTLKKQkpQw6";
}
