/*
 * SQLite 3.40 or later.
 * Run: the library may be older than its header.
 */
#include <sqlite3.h>
#include <stdio.h>

#if SQLITE_VERSION_NUMBER < 3040000
#error SQLite 3.40 or later
#endif

int
main(void)
{
	printf("SQLite %s\n", sqlite3_libversion());
	return sqlite3_libversion_number() < 3040000;
}
