/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* How the list of mailboxes is kept up to date, for the modules list*.c. */

#ifndef STORAGE_OP_LIST_STRUCT_H
#define STORAGE_OP_LIST_STRUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"

struct list_look;
struct op;

struct list {
	struct list_look *look;		/* what the root has */

	/* What the index has is in st->names. */
	bool		 loaded;	/* all pages were read */
	bool		 rows_read;	/* those of mailboxes */
	uint32_t	 last_id;	/* of the last page */
	char		*last_name;	/* of the last page of subscriptions */
	int64_t		 version;	/* of namelog that st->names has */
};

#endif
