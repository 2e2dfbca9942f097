/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Tables: arrays whose rows the compiler counts. */

#ifndef COMMON_BASE_TABLE_H
#define COMMON_BASE_TABLE_H

/* The number of rows of an array, which must not be a pointer. */
#define NROWS(t)	(sizeof(t) / sizeof((t)[0]))

#endif
