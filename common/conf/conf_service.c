/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of services; see conf_service.h. */

#include "config.h"

#include <stddef.h>
#include <string.h>

#include "common/conf/conf_service.h"

#define ROW(id_, word_, daemon_, port_, tls_port_, sasl_, flags_)	\
	[CONF_##id_] = { .id = CONF_##id_, .word = (word_),		\
	    .daemon = daemon_, .front = daemon_ "-front",		\
	    .mail = daemon_ "-mail", .port = (port_),			\
	    .tls_port = (tls_port_), .sasl = (sasl_), .flags = (flags_) },
const struct conf_service conf_services[CONF_SERVICE_MAX] = {
	CONF_SERVICES(ROW)
};
#undef ROW

const struct conf_service *
conf_service_find(const char *word)
{
	for (int i = 0; i < CONF_SERVICE_MAX; i++)
		if (strcmp(conf_services[i].word, word) == 0)
			return &conf_services[i];
	return NULL;
}
