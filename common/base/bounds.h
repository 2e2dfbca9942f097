/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Limits that several rooms must agree on, so that what one of them lets
 * through is never refused by the next.
 */

#ifndef COMMON_BASE_BOUNDS_H
#define COMMON_BASE_BOUNDS_H

/* Octets of a user name, so that it fits a file name. */
#define USER_NAME_MAX		255
/* Octets of the name of a SASL mechanism; RFC 4422, 3.1 allows 20. */
#define SASL_MECH_MAX		32
/* Octets of a client's response: two names, a password, and room. */
#define SASL_RESPONSE_MAX	4096
/* Octets of a server's challenge: SCRAM's is the longest, with two nonces. */
#define SASL_CHALLENGE_MAX	1024
/* Octets of a stored hash, which is in one line of a users file. */
#define STORED_HASH_MAX		4096
/* Octets of the key of invented SCRAM secrets, as HMAC-SHA-256 takes it. */
#define FAKES_KEY_LEN		32
/* Octets of the path of a mail root. */
#define USER_PATH_MAX		1024
/* Fronts of one daemon; each has a table of counts that all others read. */
#define FRONTS_MAX		256
/* Connections from an address, as each front counts them in 16 bits. */
#define PER_ADDRESS_MAX		65535
/* Check processes of one daemon. */
#define CHECKERS_MAX		64

#endif
