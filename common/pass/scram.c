/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The key computations of SCRAM (RFC 5802, 3) with SHA-256.  The messages are
 * in sasl_scram.c; passhash.c verifies plain passwords with these keys.
 *
 *	SaltedPassword = PBKDF2(password, salt, iterations)
 *	StoredKey      = H(HMAC(SaltedPassword, "Client Key"))
 *	ServerKey      = HMAC(SaltedPassword, "Server Key")
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <utf8proc.h>

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/compat.h"
#include "common/base/num.h"
#include "common/base/utf8.h"
#include "common/pass/scram.h"

static void
hmac(const void *key, size_t key_len, const void *data, size_t len,
    unsigned char *out)
{
	if (HMAC(EVP_sha256(), key, (int)key_len, data, len, out,
	    NULL) == NULL)
		abort();
}

/* Decode one base64 field of at most max bytes. */
static int
field_parse(struct slice field, unsigned char *out, size_t max, size_t *len)
{
	struct buf b;
	int ret = -1;

	buf_init(&b, max);
	if (base64_decode(&b, field) == 0) {
		*len = buf_len(&b);
		memcpy(out, buf_slice(&b).p, *len);
		ret = 0;
	}
	buf_clear_secret(&b);
	return ret;
}

int
scram_secret_parse(struct slice stored, struct scram_secret *out)
{
	struct slice iterations, salt, key;
	uint64_t n;
	size_t stored_len, server_len;

	if (!slice_cut(&stored, ',', &iterations) ||
	    !slice_cut(&stored, ',', &salt) ||
	    !slice_cut(&stored, ',', &key))
		return -1;
	if (num_parse_range(iterations, 1, SCRAM_ITERATIONS_MAX, &n) == -1 ||
	    field_parse(salt, out->salt, SCRAM_SALT_MAX,
	    &out->salt_len) == -1 ||
	    field_parse(key, out->stored_key, SCRAM_KEY_LEN,
	    &stored_len) == -1 ||
	    field_parse(stored, out->server_key, SCRAM_KEY_LEN,
	    &server_len) == -1)
		return -1;
	out->iterations = (uint32_t)n;
	if (out->salt_len == 0 || stored_len != SCRAM_KEY_LEN ||
	    server_len != SCRAM_KEY_LEN)
		return -1;
	return 0;
}

int
scram_secret_print(const struct scram_secret *secret, struct buf *out)
{
	size_t len = buf_len(out);

	if (buf_add_u64(out, secret->iterations) == 0 &&
	    buf_add_char(out, ',') == 0 &&
	    base64_encode(out, slice_make((const char *)secret->salt,
	    secret->salt_len)) == 0 &&
	    buf_add_char(out, ',') == 0 &&
	    base64_encode(out, slice_make((const char *)secret->stored_key,
	    SCRAM_KEY_LEN)) == 0 &&
	    buf_add_char(out, ',') == 0 &&
	    base64_encode(out, slice_make((const char *)secret->server_key,
	    SCRAM_KEY_LEN)) == 0)
		return 0;
	buf_truncate(out, len);
	return -1;
}

int
scram_secret_derive(struct scram_secret *out, struct slice password)
{
	unsigned char salted[SCRAM_KEY_LEN], client[SCRAM_KEY_LEN];
	char *prepared;
	int ok;

	prepared = scram_prepare(password);
	if (prepared == NULL)
		return -1;
	ok = PKCS5_PBKDF2_HMAC(prepared, (int)strlen(prepared), out->salt,
	    (int)out->salt_len, (int)out->iterations, EVP_sha256(),
	    sizeof(salted), salted);
	freezero(prepared, strlen(prepared));
	if (ok != 1)
		return -1;
	hmac(salted, sizeof(salted), "Client Key", 10, client);
	SHA256(client, sizeof(client), out->stored_key);
	hmac(salted, sizeof(salted), "Server Key", 10, out->server_key);
	explicit_bzero(salted, sizeof(salted));
	explicit_bzero(client, sizeof(client));
	return 0;
}

void
scram_secret_fake(struct scram_secret *out, const struct scram_secret *like,
    const unsigned char *key, size_t key_len, struct slice user)
{
	unsigned char sub[SCRAM_KEY_LEN];

	/*
	 * Use a separate subkey for each output, so that the salt, which any
	 * client is shown, reveals nothing about the secret keys.
	 */
	out->iterations = like->iterations;
	out->salt_len = like->salt_len;
	hmac(key, key_len, "salt", 4, sub);
	hmac(sub, sizeof(sub), user.p, user.len, out->salt);
	hmac(key, key_len, "salt, second half", 17, sub);
	hmac(sub, sizeof(sub), user.p, user.len, out->salt + SCRAM_KEY_LEN);
	hmac(key, key_len, "stored key", 10, sub);
	hmac(sub, sizeof(sub), user.p, user.len, out->stored_key);
	hmac(key, key_len, "server key", 10, sub);
	hmac(sub, sizeof(sub), user.p, user.len, out->server_key);
	explicit_bzero(sub, sizeof(sub));
}

bool
scram_check_proof(const struct scram_secret *secret,
    struct slice auth_message, const unsigned char *proof)
{
	unsigned char client[SCRAM_KEY_LEN], stored[SCRAM_KEY_LEN];
	bool same;

	/* ClientKey = ClientProof XOR ClientSignature */
	hmac(secret->stored_key, SCRAM_KEY_LEN, auth_message.p,
	    auth_message.len, client);
	for (size_t i = 0; i < sizeof(client); i++)
		client[i] ^= proof[i];
	SHA256(client, sizeof(client), stored);
	same = CRYPTO_memcmp(stored, secret->stored_key, SCRAM_KEY_LEN) == 0;
	explicit_bzero(client, sizeof(client));
	return same;
}

void
scram_server_signature(const struct scram_secret *secret,
    struct slice auth_message, unsigned char *out)
{
	hmac(secret->server_key, SCRAM_KEY_LEN, auth_message.p,
	    auth_message.len, out);
}

/*
 * Whether there is a control character (RFC 3454, C.2), in ASCII or in what
 * follows it.  Such text is refused, since nobody types it on purpose;
 * UTF8PROC_STRIPCC would strip them or turn them into spaces.
 */
static bool
has_control(struct slice s)
{
	uint32_t cp;

	while (s.len > 0) {
		s = slice_from(s, utf8_decode(s, &cp));
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return true;
	}
	return false;
}

char *
scram_prepare(struct slice in)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len;

	if (has_control(in))
		return NULL;
	len = utf8proc_map((const utf8proc_uint8_t *)in.p,
	    (utf8proc_ssize_t)in.len, &out, UTF8PROC_STABLE |
	    UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE);
	return len < 0 ? NULL : (char *)out;
}
