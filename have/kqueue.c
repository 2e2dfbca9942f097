/* kqueue(2). */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>

int
main(void)
{
	return kqueue() == -1;
}
