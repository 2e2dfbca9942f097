/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The monotonic clock, which neither an admin nor NTP can set back.  Time-outs
 * and time slices use it, never the time of day.
 */
#ifndef COMMON_BASE_TIMER_H
#define COMMON_BASE_TIMER_H

#include <stdint.h>

/*
 * Return milliseconds or nanoseconds since some moment before the program
 * began.
 */
uint64_t	 timer_ms(void);
uint64_t	 timer_ns(void);

#endif
