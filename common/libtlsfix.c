/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * LibreTLS (seen in 3.7.0 over OpenSSL 3.0) in three places.
 *
 * Tickets: libtls's callback for ticket keys answers 0 when it has set up
 * the keys of a new ticket.  LibreSSL reads that as success, OpenSSL as
 * "make no ticket" (SSL_CTX_set_tlsext_ticket_key_cb(3)), so that no session
 * is ever resumed.  A failure is -1 in libtls, so 0 may become 1.
 *
 * Memory: OpenSSL keeps a read and a write buffer of 17 KB each for every
 * connection unless SSL_MODE_RELEASE_BUFFERS is set.
 *
 * One ticket in place of two of TLS 1.3: mail clients don't open several
 * connections with the tickets of one.
 *
 * libtls gives no access to its SSL_CTX.  But it registers its callbacks by
 * SSL_CTX_callback_ctrl(3), and a function of that name in the program comes
 * before the library's.  This one sees every server context so, and passes
 * all on.  LibreSSL's own libtls does not need it.
 */

#include "config.h"

#include <dlfcn.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "common/libtlsfix.h"
#include "common/log.h"

#ifdef LIBRESSL_VERSION_NUMBER

void
libtlsfix_init(void)
{
}

#else

typedef int ticket_fn(SSL *, unsigned char *, unsigned char *,
    EVP_CIPHER_CTX *, HMAC_CTX *, int);
typedef long callback_ctrl_fn(SSL_CTX *, int, void (*)(void));
typedef long ctrl_fn(SSL_CTX *, int, long, void *);
typedef int num_tickets_fn(SSL_CTX *, size_t);

/* The library's own functions. */
static struct {
	callback_ctrl_fn	*callback_ctrl;
	ctrl_fn			*ctrl;
	num_tickets_fn		*num_tickets;
} real;

/* libtls has one callback for all its contexts. */
static ticket_fn	*libtls_ticket;

static void
find(void *fn, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		log_fatal("tls: %s: not in this libssl", name);
	*(void **)fn = symbol;
}

static int
ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx,
    HMAC_CTX *hmac, int encrypting)
{
	int ret = libtls_ticket(ssl, name, iv, ctx, hmac, encrypting);

	return encrypting == 1 && ret == 0 ? 1 : ret;
}

long
SSL_CTX_callback_ctrl(SSL_CTX *ctx, int cmd, void (*fn)(void))
{
	libtlsfix_init();
	(void)real.ctrl(ctx, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
	(void)real.num_tickets(ctx, 1);
	if (cmd == SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB && fn != NULL) {
		libtls_ticket = (ticket_fn *)fn;
		fn = (void (*)(void))ticket;
	}
	return real.callback_ctrl(ctx, cmd, fn);
}

void
libtlsfix_init(void)
{
	if (real.callback_ctrl != NULL)
		return;
	find(&real.ctrl, "SSL_CTX_ctrl");
	find(&real.num_tickets, "SSL_CTX_set_num_tickets");
	find(&real.callback_ctrl, "SSL_CTX_callback_ctrl");
}

#endif
