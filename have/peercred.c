/* SO_PEERCRED with Linux's struct ucred. */
#include <sys/socket.h>

int
main(void)
{
	struct ucred	 cred;
	socklen_t	 len = sizeof(cred);

	return getsockopt(0, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	    cred.uid == 1;
}
