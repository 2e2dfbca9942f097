/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of the kinds of user sources; see conf_users.h. */

#include "config.h"

#include <string.h>

#include "common/conf/conf_users.h"

#define ROW(id_, code_, word_, want_, flags_)				\
	[CONF_USERS_##id_] = { .id = CONF_USERS_##id_, .word = (word_),	\
	    .want = (want_), .flags = (flags_) },
const struct conf_users_kind conf_users_kinds[CONF_USERS_KIND_MAX] = {
	CONF_USERS_KINDS(ROW)
};
#undef ROW

const struct conf_users_kind *
conf_users_find(const char *word)
{
	for (int i = 0; i < CONF_USERS_KIND_MAX; i++)
		if (strcmp(conf_users_kinds[i].word, word) == 0)
			return &conf_users_kinds[i];
	return NULL;
}
