/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold authors */

/* One row for each tests/unit/test_NAME.c, sorted; included by unit.c. */
SUITE(conf)
