/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Memory that processes share by passing its descriptor. */

#ifndef COMMON_PROC_SHM_H
#define COMMON_PROC_SHM_H

#include <stddef.h>

/*
 * Make shared memory without a name, all zero.
 *
 * readonly   if not NULL, set to a second descriptor that can only read
 *
 * Returns a descriptor to read and write, or -1 with errno set.  Both are
 * close-on-exec.  A process closes the descriptor once it has mapped the
 * memory: if the process is taken over later, it then cannot truncate the
 * memory, which would kill the others.
 */
int	 shm_make(size_t size, int *readonly);

/*
 * Map shared memory.  The descriptor is closed in any case.  Memory that is
 * smaller than size is refused with EINVAL.
 *
 * prot   as in mmap(2)
 *
 * Returns the memory, or NULL with errno set.
 */
void	*shm_map(int fd, size_t size, int prot);

#endif
