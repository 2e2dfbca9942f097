/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* One row for each tests/unit/test_NAME.c, sorted; included by unit.c. */
SUITE(auth)
SUITE(auth_passwd)
SUITE(base64)
SUITE(buf)
SUITE(conf)
SUITE(crlf)
SUITE(date)
SUITE(idset)
SUITE(imap_arg)
SUITE(imap_input)
SUITE(log)
SUITE(num)
SUITE(passhash)
SUITE(pop3)
SUITE(sasl)
SUITE(slice)
SUITE(user)
SUITE(utf8)
