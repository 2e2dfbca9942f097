/* libseccomp, for lists of system calls on Linux. */
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

int
main(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (ctx == NULL)
		return 1;
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(read), 0);
}
