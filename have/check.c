/* Check, for the unit tests. */
#include <check.h>
#include <stdlib.h>

int
main(void)
{
	Suite *s = suite_create("s");
	SRunner *r = srunner_create(s);

	srunner_free(r);
	return EXIT_SUCCESS;
}
