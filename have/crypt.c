/* crypt(3): declared in crypt.h on Linux (libxcrypt), in unistd.h elsewhere. */
#include <unistd.h>
#ifdef __linux__
#include <crypt.h>
#endif

int
main(int argc, char **argv)
{
	(void)argc;
	return crypt(argv[0], "$2b$04$") == NULL;
}
