/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The TLS options of a configuration; see conf_tls.h. */

#include "config.h"

#include "common/conf/conf.h"
#include "common/net/tlsctx.h"
#include "common/proc/conf_tls.h"

void
conf_tls(const struct conf *conf, const char *alpn, struct tlsctx_options *o)
{
	*o = (struct tlsctx_options){
		.tls1_2 = (conf->tls_protocols & CONF_TLS_1_2) != 0,
		.tls1_3 = (conf->tls_protocols & CONF_TLS_1_3) != 0,
		.dhe = conf->tls_dhparams == CONF_DH_AUTO,
		.ciphers = conf->tls_ciphers,
		.curves = conf->tls_curves,
		.alpn = alpn,
		.ticket_lifetime = conf->tls_ticket_lifetime,
	};
}
