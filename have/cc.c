/* A C11 compiler and a hosted libc. */
#include <stdio.h>
#include <stdlib.h>

_Static_assert(sizeof(int) >= 4, "int is at least 32 bits");

int
main(void)
{
	printf("hello\n");
	return EXIT_SUCCESS;
}
