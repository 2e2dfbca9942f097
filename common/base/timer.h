/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The monotonic clock, which no admin and no NTP sets back: time-outs and
 * time slices use this, never the time of day.
 */
#ifndef COMMON_TIMER_H
#define COMMON_TIMER_H

#include <stdint.h>

/* Milliseconds and nanoseconds since some moment before the program. */
uint64_t	 timer_ms(void);
uint64_t	 timer_ns(void);

#endif
