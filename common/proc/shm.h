/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Memory that processes share by passing descriptors of it. */

#ifndef COMMON_PROC_SHM_H
#define COMMON_PROC_SHM_H

#include <stddef.h>

/*
 * Make shared memory without a name, all zero.
 *
 * readonly   if not NULL, set to a second descriptor that can only be read
 *
 * Returns a descriptor to read and write, or -1 with errno set.  Both are
 * close-on-exec.  Whoever maps the memory closes the descriptor then, so that
 * a process that is taken over later cannot make the memory shorter, which
 * would kill the others.
 */
int	 shm_make(size_t size, int *readonly);

/*
 * Map shared memory and close its descriptor, in any case.  Memory that is
 * shorter than size is refused with EINVAL.
 *
 * prot   as of mmap(2)
 *
 * Returns the memory, or NULL with errno set.
 */
void	*shm_map(int fd, size_t size, int prot);

#endif
