/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold authors */
/*
 * What OpenBSD's libc has and glibc lacks: strlcpy, strtonum, setproctitle,
 * recallocarray, freezero, arc4random, the queue and tree macros.  On glibc
 * they come from libbsd.  Include this instead of <sys/queue.h> and
 * <sys/tree.h>; glibc's queue.h lacks the _SAFE loops.
 */
#ifndef COMMON_COMPAT_H
#define COMMON_COMPAT_H

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __OpenBSD__
#include <sys/queue.h>
#include <sys/tree.h>
#else
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/unistd.h>
#endif

#endif
