/* pledge(2) and unveil(2), as OpenBSD has them. */
#include <unistd.h>

int
main(void)
{
	return unveil("/", "r") == -1 || pledge("stdio", NULL) == -1;
}
