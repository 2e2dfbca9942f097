/* utf8proc: case folding and decomposition. */
#include <stdlib.h>
#include <utf8proc.h>

int
main(void)
{
	return utf8proc_toupper('a') != 'A';
}
