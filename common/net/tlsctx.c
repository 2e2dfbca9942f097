/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * TLS server contexts; see tlsctx.h.
 *
 * During a handshake libtls's callbacks use the server context without a
 * reference to it, so each connection holds a reference to ours until the
 * handshake is over: after a reload the old context lives until its last
 * handshake has ended.  After that a connection does not need the context.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <tls.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/net/libtlsfix.h"
#include "common/net/tlsctx.h"

struct tlsctx {
	unsigned int		 refs;
	struct tls_config	*config;
	struct tls		*server;
};

static const uint8_t *
bytes(const struct buf *b)
{
	return buf_len(b) == 0 ? NULL : (const uint8_t *)buf_slice(b).p;
}

static int
add_pair(struct tls_config *config, const struct tlsmat_pair *p, size_t i)
{
	/* The first pair serves clients that send no SNI or an unknown name. */
	if (i == 0)
		return tls_config_set_keypair_ocsp_mem(config,
		    bytes(&p->cert), buf_len(&p->cert),
		    bytes(&p->key), buf_len(&p->key),
		    bytes(&p->staple), buf_len(&p->staple));
	return tls_config_add_keypair_ocsp_mem(config,
	    bytes(&p->cert), buf_len(&p->cert),
	    bytes(&p->key), buf_len(&p->key),
	    bytes(&p->staple), buf_len(&p->staple));
}

static int
add_pairs(struct tls_config *config, const struct tlsmat *mat)
{
	for (size_t i = 0; i < mat->npairs; i++)
		if (add_pair(config, &mat->pairs[i], i) == -1)
			return -1;
	return 0;
}

static int
set_protocols(struct tls_config *config, const struct tlsctx_options *o)
{
	uint32_t versions = 0;

	if (o->tls1_2)
		versions |= TLS_PROTOCOL_TLSv1_2;
	if (o->tls1_3)
		versions |= TLS_PROTOCOL_TLSv1_3;
	return tls_config_set_protocols(config, versions);
}

static int
set_client_ca(struct tls_config *config, const struct tlsmat *mat)
{
	if (buf_len(&mat->ca) == 0)
		return 0;
	tls_config_verify_client_optional(config);
	return tls_config_set_ca_mem(config, bytes(&mat->ca),
	    buf_len(&mat->ca));
}

static int
add_ticket(struct tls_config *config, const struct tlsmat_ticket *ticket)
{
	unsigned char key[TLSMAT_KEY_LEN];
	int ret;

	memcpy(key, ticket->key, sizeof(key));
	ret = tls_config_add_ticket_key(config, ticket->rev, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return ret;
}

static int
set_tickets(struct tls_config *config, const struct tlsctx_options *o,
    const struct tlsmat *mat)
{
	unsigned char id[TLS_MAX_SESSION_ID_LENGTH] = "penfold ";

	if (o->ticket_lifetime == 0 || mat->ntickets == 0)
		return 0;
	/* The id need not be secret: only this daemon has the ticket keys. */
	(void)strlcat((char *)id, o->alpn, sizeof(id));
	if (tls_config_set_session_id(config, id, sizeof(id)) == -1 ||
	    tls_config_set_session_lifetime(config,
	    (int)o->ticket_lifetime) == -1)
		return -1;
	for (size_t i = 0; i < mat->ntickets; i++)
		if (add_ticket(config, &mat->tickets[i]) == -1)
			return -1;
	return 0;
}

/* Whether libtls can read these authorities. */
static bool
has_certificates(const struct buf *ca)
{
	STACK_OF(X509_INFO) *all = NULL;
	bool found = false;
	BIO *bio;

	bio = BIO_new_mem_buf(buf_slice(ca).p, (int)buf_len(ca));
	if (bio != NULL)
		all = PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL);
	for (int i = 0; i < sk_X509_INFO_num(all); i++)
		if (sk_X509_INFO_value(all, i)->x509 != NULL)
			found = true;
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	BIO_free(bio);
	ERR_clear_error();
	return found;
}

const char *
tlsctx_bad_option(const struct tlsctx_options *o, const struct buf *ca,
    char *why, size_t len)
{
	struct tls_config *config;
	const char *bad = NULL, *text = NULL;

	if ((config = tls_config_new()) == NULL)
		log_fatal("tls: out of memory");
	if (tls_config_set_ciphers(config, o->ciphers) == -1)
		bad = "tls ciphers";
	else if (tls_config_set_ecdhecurves(config, o->curves) == -1)
		bad = "tls curves";
	if (bad != NULL)
		text = tls_config_error(config);
	else if (buf_len(ca) > 0 && !has_certificates(ca)) {
		bad = "client ca";
		text = "no certificate can be read";
	}
	if (bad != NULL)
		(void)strlcpy(why, text == NULL ? "unknown error" : text, len);
	tls_config_free(config);
	return bad;
}

struct tlsctx *
tlsctx_new(const struct tlsctx_options *o, const struct tlsmat *mat)
{
	struct tlsctx *ctx = xcalloc(1, sizeof(*ctx));
	const char *why;

	ctx->refs = 1;
	libtlsfix_init();
	ctx->config = tls_config_new();
	ctx->server = tls_server();
	if (ctx->config == NULL || ctx->server == NULL) {
		log_warn("tls: out of memory");
		goto fail;
	}
	if (set_protocols(ctx->config, o) == -1 ||
	    tls_config_set_ciphers(ctx->config, o->ciphers) == -1 ||
	    tls_config_set_ecdhecurves(ctx->config, o->curves) == -1 ||
	    tls_config_set_dheparams(ctx->config, o->dhe ? "auto" : "none") ==
	    -1 ||
	    tls_config_set_alpn(ctx->config, o->alpn) == -1 ||
	    add_pairs(ctx->config, mat) == -1 ||
	    set_client_ca(ctx->config, mat) == -1 ||
	    set_tickets(ctx->config, o, mat) == -1) {
		why = tls_config_error(ctx->config);
		log_warn("tls: %s", why == NULL ? "unknown error" : why);
		goto fail;
	}
	if (tls_configure(ctx->server, ctx->config) == -1) {
		why = tls_error(ctx->server);
		log_warn("tls: %s", why == NULL ? "unknown error" : why);
		goto fail;
	}
	if (libtlsfix_share(mat) == -1) {
		log_warn("tls: two certificates for one name cannot be used "
		    "together");
		goto fail;
	}
	return ctx;
fail:
	tlsctx_unref(ctx);
	return NULL;
}

struct tlsctx *
tlsctx_ref(struct tlsctx *ctx)
{
	ctx->refs++;
	return ctx;
}

void
tlsctx_unref(struct tlsctx *ctx)
{
	if (ctx == NULL || --ctx->refs > 0)
		return;
	tls_free(ctx->server);
	tls_config_free(ctx->config);
	free(ctx);
}

struct tls *
tlsctx_server(struct tlsctx *ctx)
{
	return ctx->server;
}

void
tlsctx_ticket(struct tlsctx *ctx, const struct tlsmat_ticket *ticket)
{
	const char *why;

	if (add_ticket(ctx->config, ticket) == 0)
		return;
	why = tls_config_error(ctx->config);
	log_warn("tls: ticket key: %s", why == NULL ? "unknown error" : why);
}
