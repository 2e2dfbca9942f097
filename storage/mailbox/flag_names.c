/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Flags with the names of their keywords; see flag_names.h. */

#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "storage/mailbox/flag_names.h"

void
flag_names_copy(struct flag_names *to, const struct flag_names *from)
{
	struct slice *names = xcalloc(from->nkeywords + 1, sizeof(*names));

	for (size_t i = 0; i < from->nkeywords; i++)
		names[i] = slice_make(xstrndup(from->keywords[i].p,
		    from->keywords[i].len), from->keywords[i].len);
	to->system = from->system;
	to->keywords = names;
	to->nkeywords = from->nkeywords;
}

void
flag_names_clear(struct flag_names *names)
{
	for (size_t i = 0; i < names->nkeywords; i++)
		free((char *)(uintptr_t)names->keywords[i].p);
	free((void *)(uintptr_t)names->keywords);
	names->keywords = NULL;
	names->nkeywords = 0;
}
