/* crypt(3): libxcrypt or glibc in unistd.h or crypt.h, libc elsewhere. */
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
