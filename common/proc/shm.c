/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Shared memory; see shm.h. */

#include "config.h"

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/proc/shm.h"

int
shm_make(size_t size, int *readonly)
{
	char name[64];
	uint64_t id;
	int fd, ro = -1, saved;

	random_bytes(&id, sizeof(id));
	(void)snprintf(name, sizeof(name), "/penfold.%016llx",
	    (unsigned long long)id);
	if ((fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600)) == -1)
		return -1;
	if (readonly != NULL)
		ro = shm_open(name, O_RDONLY, 0);
	saved = errno;
	(void)shm_unlink(name);
	if (readonly == NULL || ro != -1) {
		if (ftruncate(fd, (off_t)size) == 0) {
			if (readonly != NULL)
				*readonly = ro;
			return fd;
		}
		saved = errno;
	}
	if (ro != -1)
		(void)close(ro);
	(void)close(fd);
	errno = saved;
	return -1;
}

void *
shm_map(int fd, size_t size, int prot)
{
	struct stat st;
	void *p = MAP_FAILED;
	int saved;

	/* Access beyond the end of shorter memory would raise SIGBUS. */
	if (fstat(fd, &st) == -1 || st.st_size < (off_t)size)
		errno = EINVAL;
	else
		p = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return p == MAP_FAILED ? NULL : p;
}
