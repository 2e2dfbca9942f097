/* accept4(2). */
#include <sys/socket.h>

#include <stddef.h>

int
main(void)
{
	return accept4(-1, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) != -1;
}
