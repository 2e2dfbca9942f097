/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The tables of an index: created in an empty database, and upgraded from any
 * older version.
 */

#ifndef STORAGE_INDEX_SCHEMA_H
#define STORAGE_INDEX_SCHEMA_H

#include <stddef.h>

#include <sqlite3.h>

/*
 * One step of an upgrade: statements that bring the tables from one version of
 * the schema to another.
 */
struct schema_step {
	int		 from;		/* 0: an empty database */
	int		 to;
	int		 compat;	/* oldest version that may go on */
	const char	*texts[2];	/* executed in order; NULL: none */
};

/* A version of the schema, and the upgrades that lead to it. */
struct schema {
	int		 version;
	const struct schema_step *steps;
	size_t		 n;
};

/* The schema of this version of Penfold. */
extern const struct schema	schema_ours;

/*
 * The result code for an index that only a newer version of Penfold can use.
 * SQLite itself never returns SQLITE_FORMAT.
 */
#define SCHEMA_NEWER	SQLITE_FORMAT

/*
 * Check that programs with this schema may use the database, without changing
 * anything.  Returns an SQLite result code; SCHEMA_NEWER is logged, with path.
 */
int	 schema_check(sqlite3 *db, const char *path,
	    const struct schema *schema);
/*
 * Bring the tables to the version of schema, in one transaction.  Tables that
 * are newer but may be used stay as they are.  Returns an SQLite result code:
 * SQLITE_NOTADB if no upgrade leads to that version.  path is for the log.
 */
int	 schema_upgrade(sqlite3 *db, const char *path,
	    const struct schema *schema);

#endif
