/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* One row for each tests/unit/test_NAME.c, sorted; included by unit.c. */
SUITE(base64)
SUITE(buf)
SUITE(conf)
SUITE(crlf)
SUITE(date)
SUITE(idset)
SUITE(log)
SUITE(num)
SUITE(slice)
SUITE(utf8)
