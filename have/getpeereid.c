/* getpeereid(3). */
#include <sys/types.h>

#include <unistd.h>

int
main(void)
{
	uid_t	 uid;
	gid_t	 gid;

	return getpeereid(0, &uid, &gid) == 0;
}
