/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What OpenBSD's libc has and glibc lacks: strlcpy, strtonum, setproctitle,
 * recallocarray, freezero, arc4random, the queue and tree macros.  On glibc
 * configure puts libbsd's overlay before the system's headers, so that the
 * names are the same everywhere.
 */
#ifndef COMMON_COMPAT_H
#define COMMON_COMPAT_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only glibc's way of setting a title needs to be told where to put it. */
#ifdef __OpenBSD__
#define setproctitle_init(argc, argv, envp) ((void)(argc), (void)(argv))
#endif

#endif
