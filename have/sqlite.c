/*
 * SQLite 3.40 or later, with FTS5.
 * Run: only the library itself can say which options it was built with.
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
	if (sqlite3_libversion_number() < 3040000)
		return 1;
	return !sqlite3_compileoption_used("ENABLE_FTS5");
}
