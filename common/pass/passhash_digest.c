/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Hashes in users files from Dovecot and LDAP: plain digests with or without
 * salt, and PBKDF2.  They can be verified but not made.
 */

#include "config.h"

#include <stdint.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/base/base64.h"
#include "common/base/compat.h"
#include "common/base/num.h"
#include "common/pass/passhash_scheme.h"

/* More PBKDF2 rounds would occupy a check process for minutes. */
#define ROUNDS_MAX	10000000

static int
hex_decode(struct buf *out, struct slice in)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *hi, *lo;

	if (in.len % 2 != 0)
		return -1;
	for (size_t i = 0; i < in.len; i += 2) {
		hi = memchr(digits, in.p[i], sizeof(digits) - 1);
		lo = memchr(digits, in.p[i + 1], sizeof(digits) - 1);
		if (hi == NULL || lo == NULL || buf_add_char(out, (char)(
		    ((hi - digits) & 15) << 4 | ((lo - digits) & 15))) == -1)
			return -1;
	}
	return 0;
}

/*
 * True if the digest is in hex.  If no coding is named, the length of the text
 * tells hex from base64, as in Dovecot.  A salt makes the length useless, so
 * salted schemes have their usual coding.  len is the length of the digest.
 */
static bool
is_hex(const struct stored *stored, size_t len)
{
	if (stored->coding != CODING_USUAL)
		return stored->coding == CODING_HEX;
	if (stored->scheme->salted)
		return stored->scheme->hex;
	return strlen(stored->hash) == len * 2;
}

/* Decode digest and salt into out.  Returns the algorithm, or NULL. */
static const EVP_MD *
digest_decode(const struct stored *stored, struct buf *out)
{
	const EVP_MD *md = EVP_get_digestbyname(stored->scheme->digest);
	struct slice text = slice_str(stored->hash);
	size_t len;

	if (md == NULL)
		return NULL;
	len = (size_t)EVP_MD_size(md);
	if ((is_hex(stored, len) ? hex_decode : base64_decode)(out,
	    text) == -1 || buf_len(out) < len ||
	    (buf_len(out) > len) != stored->scheme->salted)
		return NULL;
	return md;
}

int
passhash_digest_parse(const struct stored *stored)
{
	struct buf b;
	int ret;

	buf_init(&b, PASSHASH_MAX);
	ret = digest_decode(stored, &b) == NULL ? -1 : 0;
	buf_clear_secret(&b);
	return ret;
}

enum passhash_result
passhash_digest_verify(const struct stored *stored, const char *password)
{
	struct buf b;
	unsigned char got[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md;
	enum passhash_result ret = PASSHASH_BROKEN;
	struct slice salt;
	size_t len;

	buf_init(&b, PASSHASH_MAX);
	if (ctx == NULL || (md = digest_decode(stored, &b)) == NULL)
		goto out;
	len = (size_t)EVP_MD_size(md);
	salt = slice_from(buf_slice(&b), len);
	if (EVP_DigestInit_ex(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, password, strlen(password)) != 1 ||
	    EVP_DigestUpdate(ctx, salt.p, salt.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, got, NULL) != 1)
		goto out;
	ret = CRYPTO_memcmp(got, buf_slice(&b).p, len) == 0 ?
	    PASSHASH_RIGHT : PASSHASH_WRONG;
out:
	EVP_MD_CTX_free(ctx);
	buf_clear_secret(&b);
	explicit_bzero(got, sizeof(got));
	return ret;
}

enum passhash_result
passhash_pbkdf2_verify(const struct stored *stored, const char *password)
{
	struct slice rest = slice_str(stored->hash), salt, count;
	unsigned char got[EVP_MAX_MD_SIZE];
	struct buf key;
	enum passhash_result ret = PASSHASH_BROKEN;
	uint32_t rounds;

	buf_init(&key, sizeof(got));
	if (!slice_starts(rest, slice_str(stored->scheme->prefix)))
		goto out;
	rest = slice_from(rest, strlen(stored->scheme->prefix));
	if (!slice_cut(&rest, '$', &salt) || !slice_cut(&rest, '$', &count) ||
	    num_parse_u32(count, &rounds) == -1 || rounds == 0 ||
	    rounds > ROUNDS_MAX || hex_decode(&key, rest) == -1 ||
	    buf_len(&key) == 0)
		goto out;
	if (PKCS5_PBKDF2_HMAC_SHA1(password, (int)strlen(password),
	    (const unsigned char *)salt.p, (int)salt.len, (int)rounds,
	    (int)buf_len(&key), got) != 1)
		goto out;
	ret = CRYPTO_memcmp(got, buf_slice(&key).p, buf_len(&key)) == 0 ?
	    PASSHASH_RIGHT : PASSHASH_WRONG;
out:
	buf_clear_secret(&key);
	explicit_bzero(got, sizeof(got));
	return ret;
}
