/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Session tickets with LibreTLS (seen in 3.7.0 over OpenSSL 3.0).
 *
 * libtls's callback for ticket keys answers 0 when it has set up the keys of
 * a new ticket.  LibreSSL reads that as success, OpenSSL as "make no ticket"
 * (SSL_CTX_set_tlsext_ticket_key_cb(3)), so that no session is ever resumed.
 * libtls gives no access to its SSL_CTX.  But it registers its callback by
 * SSL_CTX_callback_ctrl(3), and a function of that name in the program comes
 * before the library's: this one passes all on, the callback wrapped in one
 * that says 1 for 0.  A failure is -1 in libtls, and stays one.
 */

#include "config.h"

#include <dlfcn.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "common/log.h"
#include "common/ticketfix.h"

#ifdef LIBRESSL_VERSION_NUMBER

void
ticketfix_init(void)
{
}

#else

typedef int ticket_fn(SSL *, unsigned char *, unsigned char *,
    EVP_CIPHER_CTX *, HMAC_CTX *, int);
typedef long ctrl_fn(SSL_CTX *, int, void (*)(void));

/* libtls has one callback for all its contexts. */
static ticket_fn	*libtls_ticket;

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
	static ctrl_fn *real;
	void *symbol;

	if (real == NULL) {
		symbol = dlsym(RTLD_NEXT, "SSL_CTX_callback_ctrl");
		if (symbol == NULL)
			log_fatal("tls: %s", dlerror());
		*(void **)&real = symbol;
	}
	if (cmd == SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB && fn != NULL) {
		libtls_ticket = (ticket_fn *)fn;
		fn = (void (*)(void))ticket;
	}
	return real(ctx, cmd, fn);
}

/* Nothing to do: that it is called brings this file into the program. */
void
ticketfix_init(void)
{
}

#endif
