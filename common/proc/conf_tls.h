/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The TLS options of a configuration, in the form that tlsctx.h takes. */

#ifndef COMMON_PROC_CONF_TLS_H
#define COMMON_PROC_CONF_TLS_H

struct conf;
struct tlsctx_options;

/*
 * Fill in the options.  Their strings are borrowed from conf and alpn.
 *
 * alpn      "imap" or "pop3" (RFC 7301 registry)
 */
void	 conf_tls(const struct conf *conf, const char *alpn,
	    struct tlsctx_options *o);

#endif
