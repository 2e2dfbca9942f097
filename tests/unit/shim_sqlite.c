/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Faults of SQLite itself; see shim.h. */

#include <dlfcn.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "tests/unit/shim.h"

int
sqlite3_step(sqlite3_stmt *stmt)
{
	static int (*real)(sqlite3_stmt *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_step");
	if (!shim_pass(SHIM_STEP, "sqlite3_step",
	    sqlite3_db_filename(sqlite3_db_handle(stmt), "main")))
		return SQLITE_IOERR;
	return real(stmt);
}
