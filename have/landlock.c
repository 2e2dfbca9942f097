/* The Landlock header.  Whether the kernel has it is asked at run time. */
#include <linux/landlock.h>
#include <sys/syscall.h>

int
main(void)
{
	struct landlock_ruleset_attr	 attr;

	attr.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE;
	return attr.handled_access_fs == 0 || SYS_landlock_create_ruleset == 0;
}
