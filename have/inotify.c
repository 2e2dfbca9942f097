/* inotify(7). */
#include <sys/inotify.h>

int
main(void)
{
	return inotify_init1(IN_CLOEXEC | IN_NONBLOCK) == -1;
}
