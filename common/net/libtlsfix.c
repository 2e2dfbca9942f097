/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Six repairs of LibreTLS (seen in 3.7.0 over OpenSSL 3.0).
 *
 * Tickets: libtls's callback for ticket keys returns 0 when it has set up the
 * keys of a new ticket.  LibreSSL takes that as success, OpenSSL as "make no
 * ticket" (SSL_CTX_set_tlsext_ticket_key_cb(3)), so that no session is ever
 * resumed.  libtls reports a failure as -1, so 0 can safely be turned into 1.
 *
 * The clock: libtls judges the age of a ticket key by the time of day.  If all
 * keys are too old, as after a step of the clock or a sleep of the machine, it
 * fails the handshake.  Such a handshake gets a ticket that nobody can read,
 * until the parent makes the next key.
 *
 * Two certificates for one name: libtls gives each key pair a context of its
 * own and uses the first context that has the name, so that a client that
 * supports only the other kind of key is refused.  Here the contexts of an RSA
 * and an ECDSA certificate with the same names get each other's certificate.
 *
 * Memory: OpenSSL keeps a read and a write buffer of 17 KB each for every
 * connection unless SSL_MODE_RELEASE_BUFFERS is set.
 *
 * Number of tickets: TLS 1.3 sends one ticket instead of two, because mail
 * clients do not use the tickets of one connection to open several.
 *
 * ALPN: a client that offers protocols, but not that of the daemon, gets the
 * alert that RFC 7301, 3.2 asks for.  libtls goes on without a protocol, so
 * that a page of another server could have a browser talk to a mail server.
 *
 * libtls gives no access to its SSL_CTX.  But it registers its callbacks
 * through SSL_CTX_callback_ctrl(3), and a function of that name in the program
 * takes precedence over the library's.  So the function here sees every server
 * context; it passes all calls on.  So does SSL_CTX_set_alpn_select_cb(3).
 * LibreSSL's own libtls would need the repairs for ALPN and for two
 * certificates, too, but does not get them.
 */

/* libtls uses HMAC_CTX, which later versions of the API deprecate. */
#define OPENSSL_API_COMPAT	10101

#include "config.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/base/log.h"
#include "common/base/random.h"
#include "common/base/xmalloc.h"
#include "common/net/libtlsfix.h"

#ifdef LIBRESSL_VERSION_NUMBER

void
libtlsfix_init(void)
{
}

int
libtlsfix_share(const struct tlsmat *mat)
{
	(void)mat;
	return 0;
}

#else

typedef int ticket_fn(SSL *, unsigned char *, unsigned char *,
    EVP_CIPHER_CTX *, HMAC_CTX *, int);
typedef long callback_ctrl_fn(SSL_CTX *, int, void (*)(void));
typedef long ctrl_fn(SSL_CTX *, int, long, void *);
typedef int num_tickets_fn(SSL_CTX *, size_t);
typedef int status_fn(SSL *, void *);
typedef int alpn_fn(SSL *, const unsigned char **, unsigned char *,
    const unsigned char *, unsigned int, void *);
typedef void set_alpn_fn(SSL_CTX *, alpn_fn *, void *);

/* The functions of the library itself. */
static struct {
	callback_ctrl_fn	*callback_ctrl;
	ctrl_fn			*ctrl;
	num_tickets_fn		*num_tickets;
	set_alpn_fn		*set_alpn;
} real;

/* libtls uses the same callbacks for all its contexts. */
static ticket_fn	*libtls_ticket;
static status_fn	*libtls_status;
static alpn_fn		*libtls_alpn;

/*
 * The contexts made since libtlsfix_init(): one per key pair, in their order.
 */
static struct {
	SSL_CTX	**v;		/* borrowed */
	size_t	  n;
} made;

static void
find(void *fn, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		log_fatal("tls: %s: not in this libssl", name);
	*(void **)fn = symbol;
}

static void
find_real(void)
{
	if (real.callback_ctrl != NULL)
		return;
	find(&real.ctrl, "SSL_CTX_ctrl");
	find(&real.num_tickets, "SSL_CTX_set_num_tickets");
	find(&real.set_alpn, "SSL_CTX_set_alpn_select_cb");
	find(&real.callback_ctrl, "SSL_CTX_callback_ctrl");
}

/* Make a ticket with a key that is forgotten at once.  Returns 1, or -1. */
static int
ticket_for_nobody(unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *ctx, HMAC_CTX *hmac)
{
	unsigned char key[32];
	int ok;

	random_bytes(name, 16);
	random_bytes(iv, EVP_MAX_IV_LENGTH);
	random_bytes(key, sizeof(key));
	ok = EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv) == 1 &&
	    HMAC_Init_ex(hmac, key, sizeof(key), EVP_sha256(), NULL) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	return ok ? 1 : -1;
}

static int
ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx,
    HMAC_CTX *hmac, int encrypting)
{
	int ret = libtls_ticket(ssl, name, iv, ctx, hmac, encrypting);

	if (encrypting != 1)
		return ret;
	return ret == 0 ? 1 : ticket_for_nobody(name, iv, ctx, hmac);
}

/* libtls only has the OCSP response of the context's own certificate. */
static int
status(SSL *ssl, void *arg)
{
	if (SSL_get_certificate(ssl) !=
	    SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)))
		return SSL_TLSEXT_ERR_NOACK;
	return libtls_status(ssl, arg);
}

static int
alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *offered, unsigned int offered_len, void *arg)
{
	int ret = libtls_alpn(ssl, out, len, offered, offered_len, arg);

	return ret == SSL_TLSEXT_ERR_NOACK ? SSL_TLSEXT_ERR_ALERT_FATAL : ret;
}

void
SSL_CTX_set_alpn_select_cb(SSL_CTX *ctx, SSL_CTX_alpn_select_cb_func fn,
    void *arg)
{
	find_real();
	libtls_alpn = fn;
	real.set_alpn(ctx, fn == NULL ? NULL : alpn, arg);
}

static void
remember(SSL_CTX *ctx)
{
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	made.v = xreallocarray(made.v, made.n + 1, sizeof(*made.v));
	made.v[made.n++] = ctx;
}

long
SSL_CTX_callback_ctrl(SSL_CTX *ctx, int cmd, void (*fn)(void))
{
	find_real();
	/*
	 * libtls makes this call for server contexts only, and before the
	 * others.
	 */
	if (cmd == SSL_CTRL_SET_TLSEXT_SERVERNAME_CB) {
		(void)real.ctrl(ctx, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS,
		    NULL);
		(void)real.num_tickets(ctx, 1);
		remember(ctx);
	}
	if (made.n == 0 || made.v[made.n - 1] != ctx)
		return real.callback_ctrl(ctx, cmd, fn);
	if (cmd == SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB && fn != NULL) {
		libtls_ticket = (ticket_fn *)fn;
		fn = (void (*)(void))ticket;
	}
	if (cmd == SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB && fn != NULL) {
		libtls_status = (status_fn *)fn;
		fn = (void (*)(void))status;
	}
	return real.callback_ctrl(ctx, cmd, fn);
}

void
libtlsfix_init(void)
{
	find_real();
	made.n = 0;
}

/* Whether each name of one certificate is a name of the other. */
static bool
names_within(GENERAL_NAMES *a, GENERAL_NAMES *b)
{
	bool found = true;

	for (int i = 0; found && i < sk_GENERAL_NAME_num(a); i++) {
		found = false;
		for (int j = 0; !found && j < sk_GENERAL_NAME_num(b); j++)
			found = GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a, i),
			    sk_GENERAL_NAME_value(b, j)) == 0;
	}
	return found;
}

static bool
same_names(const X509 *a, const X509 *b)
{
	GENERAL_NAMES *a_names, *b_names;
	bool same;

	a_names = X509_get_ext_d2i(a, NID_subject_alt_name, NULL, NULL);
	b_names = X509_get_ext_d2i(b, NID_subject_alt_name, NULL, NULL);
	if (a_names == NULL && b_names == NULL)
		same = X509_NAME_cmp(X509_get_subject_name(a),
		    X509_get_subject_name(b)) == 0;
	else
		same = a_names != NULL && b_names != NULL &&
		    names_within(a_names, b_names) &&
		    names_within(b_names, a_names);
	GENERAL_NAMES_free(a_names);
	GENERAL_NAMES_free(b_names);
	return same;
}

/* Give a context a second certificate; its own remains the current one. */
static int
add_second(SSL_CTX *ctx, SSL_CTX *from, const struct tlsmat_pair *p)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *own = SSL_CTX_get0_certificate(ctx), *cert = NULL, *more;
	struct slice pem = buf_slice(&p->cert);
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	int ret = -1;

	if (bio == NULL || chain == NULL)
		goto out;
	if ((cert = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL)) == NULL)
		goto out;
	while ((more = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(chain, more) == 0) {
			X509_free(more);
			goto out;
		}
	if (SSL_CTX_use_cert_and_key(ctx, cert, SSL_CTX_get0_privatekey(from),
	    chain, 0) == 1 && SSL_CTX_select_current_cert(ctx, own) == 1)
		ret = 0;
out:
	X509_free(cert);
	sk_X509_pop_free(chain, X509_free);
	BIO_free(bio);
	ERR_clear_error();
	return ret;
}

static int
kind(const SSL_CTX *ctx)
{
	return EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(ctx));
}

int
libtlsfix_share(const struct tlsmat *mat)
{
	int ret = 0;

	if (made.n != mat->npairs)
		return made.n == 0 ? 0 : -1;
	for (size_t i = 0; i < made.n; i++)
		for (size_t j = 0; j < made.n; j++)
			if (kind(made.v[i]) != kind(made.v[j]) &&
			    same_names(SSL_CTX_get0_certificate(made.v[i]),
			    SSL_CTX_get0_certificate(made.v[j])) &&
			    add_second(made.v[i], made.v[j],
			    &mat->pairs[j]) == -1)
				ret = -1;
	made.n = 0;
	return ret;
}

#endif
