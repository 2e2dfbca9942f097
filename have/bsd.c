/* Functions of OpenBSD's libc, which libbsd provides elsewhere. */
#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const char *err;
	char buf[8];
	void *p;

	(void)argc;
	strlcpy(buf, argv[0], sizeof(buf));
	strlcat(buf, "x", sizeof(buf));
	(void)strtonum(buf, 0, 9, &err);
	arc4random_buf(buf, sizeof(buf));
	explicit_bzero(buf, sizeof(buf));
	p = reallocarray(NULL, 2, 2);
	p = recallocarray(p, 2, 4, 2);
	freezero(p, 8);
	closefrom(100);
	setproctitle("%s", "x");
	return 0;
}
