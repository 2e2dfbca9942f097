/* POSIX threads. */
#include <pthread.h>
#include <stddef.h>

static void *
run(void *arg)
{
	return arg;
}

int
main(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, NULL) != 0)
		return 1;
	return pthread_join(t, NULL);
}
