/* OpenBSD's pledge(2) and unveil(2). */
#include <unistd.h>

int
main(void)
{
	return unveil("/", "r") == -1 || pledge("stdio", NULL) == -1;
}
