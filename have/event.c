/* libevent 2.1. */
#include <event2/event.h>

#if LIBEVENT_VERSION_NUMBER < 0x02010000
#error libevent 2.1 or later
#endif

int
main(void)
{
	struct event_base *base;

	if ((base = event_base_new()) == NULL)
		return 1;
	event_base_free(base);
	return 0;
}
