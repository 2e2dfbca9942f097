/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Response codes: the machine-readable word in brackets in a status response
 * (RFC 3501, 7.1; RFC 5530; extensions).  Tail comments list the arguments.
 */

#ifndef IMAPD_RESPCODE_H
#define IMAPD_RESPCODE_H

enum respcode {
	CODE_NONE,
	CODE_ALREADYEXISTS,
	CODE_APPENDUID,			/* uidvalidity, uid-set */
	CODE_AUTHENTICATIONFAILED,
	CODE_AUTHORIZATIONFAILED,
	CODE_BADCHARSET,		/* (charsets) */
	CODE_CANNOT,
	CODE_CAPABILITY,		/* names */
	CODE_CLOSED,
	CODE_COPYUID,			/* uidvalidity, from, to */
	CODE_CORRUPTION,
	CODE_EXPUNGEISSUED,
	CODE_HASCHILDREN,
	CODE_HIGHESTMODSEQ,		/* mod-sequence */
	CODE_INUSE,
	CODE_LIMIT,
	CODE_MODIFIED,			/* set */
	CODE_NONEXISTENT,
	CODE_NOPERM,
	CODE_OVERQUOTA,
	CODE_PERMANENTFLAGS,		/* (flags) */
	CODE_PRIVACYREQUIRED,
	CODE_READ_ONLY,
	CODE_READ_WRITE,
	CODE_SERVERBUG,
	CODE_TOOBIG,
	CODE_TRYCREATE,
	CODE_UIDNEXT,			/* uid */
	CODE_UIDVALIDITY,		/* uidvalidity */
	CODE_UNAVAILABLE,
	CODE_UNSEEN,			/* seq */
	CODE_USEATTR,
	CODE_MAX
};

/* Return the name of a code as on the wire; "" for CODE_NONE. */
const char	*respcode_name(enum respcode code);

#endif
