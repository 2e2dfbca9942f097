/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The server side of SCRAM-SHA-256 (RFC 5802 with RFC 7677):
 *
 *	C: n,,n=user,r=cnonce
 *	S: r=cnonce snonce,s=salt,i=4096
 *	C: c=biws,r=cnonce snonce,p=proof
 *	S: v=signature
 *	C: (empty, since success in IMAP and POP3 carries no data)
 *
 * For a user who does not exist, the exchange takes the same steps with an
 * invented secret.  A failure is reported by NO or -ERR and never by "e=",
 * which would reveal why it failed (RFC 5802, 7, server-error-value).
 *
 * The flag "y" says that the client supports channel binding but thinks that
 * the server does not.  That is true, since we offer no -PLUS mechanism, so
 * "y" is accepted.  If one is ever added, "y" shows a downgrade attack and
 * must fail (RFC 5802, 6).
 */

#include "config.h"

#include <stdlib.h>

#include "common/base/base64.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/random.h"
#include "common/base/utf8.h"
#include "common/sasl/sasl_mech.h"

#define NONCE_LEN	18	/* random bytes: 24 characters of base64 */
/*
 * Octets of a client's nonce.  RFC 5802 sets no limit; clients send 16 to 64.
 * The server repeats it, so it bounds the challenge.
 */
#define CLIENT_NONCE_MAX	256

/* "r=" nonces, ",s=" salt, ",i=" ten digits; "v=" signature is shorter. */
_Static_assert(2 + CLIENT_NONCE_MAX + BASE64_LEN(NONCE_LEN) +
    3 + BASE64_LEN(SCRAM_SALT_MAX) + 3 + 10 <= SASL_CHALLENGE_MAX,
    "a challenge fits");

struct scram {
	struct scram_secret	 secret;
	struct buf		 gs2;	/* gs2-header, repeated in "c=" */
	struct buf		 nonce;		/* client's, then server's */
	struct buf		 message;	/* AuthMessage so far */
};

/* Decode a saslname: "=2C" is a comma, "=3D" an equals sign. */
static int
name_decode(struct buf *out, struct slice in)
{
	struct slice plain;

	while (slice_cut(&in, '=', &plain)) {
		if (buf_add_slice(out, plain) == -1)
			return -1;
		if (slice_starts(in, SLICE_LIT("2C"))) {
			if (buf_add_char(out, ',') == -1)
				return -1;
		} else if (slice_starts(in, SLICE_LIT("3D"))) {
			if (buf_add_char(out, '=') == -1)
				return -1;
		} else
			return -1;
		in = slice_from(in, 2);
	}
	return buf_add_slice(out, plain);
}

/* Decode a name and prepare it as SASLprep would. */
static int
name_set(struct buf *b, struct slice in)
{
	struct buf raw;
	char *prepared = NULL;
	int ret = -1;

	buf_init(&raw, SASL_RESPONSE_MAX);
	if (in.len > 0 && name_decode(&raw, in) == 0)
		prepared = scram_prepare(buf_slice(&raw));
	if (prepared != NULL && prepared[0] != '\0')
		ret = sasl_set(b, slice_str(prepared));
	free(prepared);
	buf_clear(&raw);
	return ret;
}

/* Cut "x=value" off the front; x must be letter.  Returns 0 or -1. */
static int
attr_cut(struct slice *in, char letter, struct slice *value)
{
	(void)slice_cut(in, ',', value);
	if (value->len < 2 || value->p[0] != letter || value->p[1] != '=')
		return -1;
	*value = slice_from(*value, 2);
	return 0;
}

/* "printable" in RFC 5802, 7: %x21-2B / %x2D-7E; at least one octet. */
static bool
is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == ',')
			return false;
	return s.len > 0;
}

static int
nonce_make(const struct sasl *s, struct scram *m, struct slice client)
{
	char bytes[NONCE_LEN];

	if (buf_add_slice(&m->nonce, client) == -1)
		return -1;
	if (s->nonce != NULL)
		return buf_add_str(&m->nonce, s->nonce);
	random_bytes(bytes, sizeof(bytes));
	return base64_encode(&m->nonce, slice_make(bytes, sizeof(bytes)));
}

/* Parse the client-first-message. */
static enum sasl_step
first_parse(struct sasl *s, struct scram *m, struct slice in)
{
	struct slice all = in, flag, authzid, bare, name, nonce;

	buf_init(&m->gs2, SASL_RESPONSE_MAX);
	buf_init(&m->nonce, SASL_CHALLENGE_MAX);
	buf_init(&m->message, 8 * SASL_RESPONSE_MAX);
	if (!slice_cut(&in, ',', &flag) || !slice_cut(&in, ',', &authzid))
		return SASL_SYNTAX;
	/* "p=" asks for channel binding, which only -PLUS mechanisms have. */
	if (!slice_eq_str(flag, "n") && !slice_eq_str(flag, "y"))
		return SASL_SYNTAX;
	bare = in;
	if (authzid.len > 0 && (!slice_starts(authzid, SLICE_LIT("a=")) ||
	    name_set(&s->authzid, slice_from(authzid, 2)) == -1))
		return SASL_SYNTAX;
	/* Other extensions follow the nonce; "m=" would come before "n=". */
	if (attr_cut(&in, 'n', &name) == -1 ||
	    attr_cut(&in, 'r', &nonce) == -1 || !is_printable(nonce) ||
	    nonce.len > CLIENT_NONCE_MAX ||
	    name_set(&s->user, name) == -1)
		return SASL_SYNTAX;
	if (buf_add(&m->gs2, all.p, all.len - bare.len) == -1 ||
	    buf_add_slice(&m->message, bare) == -1 ||
	    nonce_make(s, m, nonce) == -1)
		return SASL_WRONG;
	return SASL_SECRET;
}

/* Build the server-first-message. */
static enum sasl_step
scram_challenge(struct sasl *s, void *state, const struct scram_secret *secret)
{
	struct scram *m = state;
	struct buf *b = &s->challenge;

	m->secret = *secret;
	buf_truncate(b, 0);
	if (buf_add_str(b, "r=") == -1 ||
	    buf_add_slice(b, buf_slice(&m->nonce)) == -1 ||
	    buf_add_str(b, ",s=") == -1 ||
	    base64_encode(b, slice_make((const char *)secret->salt,
	    secret->salt_len)) == -1 ||
	    buf_add_str(b, ",i=") == -1 ||
	    buf_add_u64(b, secret->iterations) == -1 ||
	    buf_add_char(&m->message, ',') == -1 ||
	    buf_add_slice(&m->message, buf_slice(b)) == -1)
		return SASL_WRONG;
	return SASL_CHALLENGE;
}

/* "c=" must repeat the gs2-header alone: there is no channel binding data. */
static bool
binding_ok(const struct scram *m, struct slice value)
{
	struct buf b;
	bool same;

	buf_init(&b, BASE64_LEN(SASL_RESPONSE_MAX));
	same = base64_encode(&b, buf_slice(&m->gs2)) == 0 &&
	    slice_eq(buf_slice(&b), value);
	buf_clear(&b);
	return same;
}

/* Check the client-final-message and build the server-final-message. */
static enum sasl_step
final_parse(struct sasl *s, struct scram *m, struct slice in)
{
	struct slice rest, head, binding, nonce;
	unsigned char signature[SCRAM_KEY_LEN];
	struct buf proof;
	enum sasl_step step = SASL_SYNTAX;
	size_t at = in.len;

	buf_init(&proof, SCRAM_KEY_LEN);
	while (at > 0 && in.p[at - 1] != ',')
		at--;
	if (at == 0 || !slice_starts(slice_from(in, at), SLICE_LIT("p=")) ||
	    base64_decode(&proof, slice_from(in, at + 2)) == -1 ||
	    buf_len(&proof) != SCRAM_KEY_LEN)
		goto out;
	rest = head = slice_sub(in, 0, at - 1);
	if (attr_cut(&rest, 'c', &binding) == -1 ||
	    attr_cut(&rest, 'r', &nonce) == -1)
		goto out;
	step = SASL_WRONG;
	if (buf_add_char(&m->message, ',') == -1 ||
	    buf_add_slice(&m->message, head) == -1)
		goto out;
	if (!scram_check_proof(&m->secret, buf_slice(&m->message),
	    (const unsigned char *)buf_slice(&proof).p) ||
	    !binding_ok(m, binding) ||
	    !slice_eq(nonce, buf_slice(&m->nonce)))
		goto out;
	scram_server_signature(&m->secret, buf_slice(&m->message), signature);
	buf_truncate(&s->challenge, 0);
	if (buf_add_str(&s->challenge, "v=") == 0 &&
	    base64_encode(&s->challenge, slice_make((char *)signature,
	    sizeof(signature))) == 0)
		step = SASL_CHALLENGE;
out:
	buf_clear_secret(&proof);
	return step;
}

static enum sasl_step
scram_respond(struct sasl *s, void *state, unsigned int n, struct slice in)
{
	struct scram *m = state;

	/* No message may have a NUL or invalid UTF-8 in it. */
	if (slice_chr(in, '\0') != SLICE_NONE || !utf8_valid(in))
		return SASL_SYNTAX;
	switch (n) {
	case 0:
		return first_parse(s, m, in);
	case 1:
		return final_parse(s, m, in);
	case 2:
		return in.len == 0 ? SASL_DONE : SASL_SYNTAX;
	default:
		return SASL_SYNTAX;
	}
}

static void
scram_clear(void *state)
{
	struct scram *m = state;

	buf_clear(&m->gs2);
	buf_clear(&m->nonce);
	buf_clear(&m->message);
}

const struct sasl_mech sasl_scram_sha_256 = {
	.state_size = sizeof(struct scram),
	.greeting = "",
	.respond = scram_respond,
	.secret = scram_challenge,
	.clear = scram_clear,
};
