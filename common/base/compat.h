/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Functions and macros of OpenBSD's libc that glibc lacks: strlcpy, strtonum,
 * setproctitle, recallocarray, freezero, arc4random, and those for queues and
 * trees.  With glibc, configure puts libbsd's overlay before the system's
 * headers, so that the names are the same everywhere.
 */
#ifndef COMMON_BASE_COMPAT_H
#define COMMON_BASE_COMPAT_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only with glibc must setproctitle(3) be told where to put a title. */
#ifdef __OpenBSD__
#define setproctitle_init(argc, argv, envp) ((void)(argc), (void)(argv))
#endif

#endif
