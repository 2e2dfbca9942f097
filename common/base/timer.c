/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The monotonic clock. */
#include "config.h"

#include <time.h>

#include "common/base/timer.h"

uint64_t
timer_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t
timer_ms(void)
{
	return timer_ns() / 1000000;
}
