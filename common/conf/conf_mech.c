/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of SASL mechanisms; see conf_mech.h. */

#include "config.h"

#include <assert.h>
#include <stddef.h>

#include "common/conf/conf_mech.h"

static_assert(CONF_MECH_MAX <= 32, "conf.auth_mechanisms has 32 bits");

#define ROW(id_, code_, name_, word_, class_)				\
	[CONF_MECH_##id_] = { .id = CONF_MECH_##id_, .class = (class_),	\
	    .name = (name_) },
const struct conf_mech conf_mechs[CONF_MECH_MAX] = {
	CONF_MECHS(ROW)
};
#undef ROW

const struct conf_mech *
conf_mech_find(struct slice name)
{
	for (int i = 0; i < CONF_MECH_MAX; i++)
		if (slice_caseeq_str(name, conf_mechs[i].name))
			return &conf_mechs[i];
	return NULL;
}
