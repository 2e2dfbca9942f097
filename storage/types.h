/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The types that all of storage/ and its users share. */

#ifndef STORAGE_TYPES_H
#define STORAGE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

struct storage;
struct store;
struct mailbox;
struct view;
struct op;

/*
 * Errors
 */

/*
 * Kinds of errors that the protocols can report; comments name the response
 * codes of RFC 5530.
 */
enum store_err {
	STORE_OK,
	STORE_ERR_NONEXISTENT,	/* NONEXISTENT, or TRYCREATE if the RFC asks */
	STORE_ERR_EXISTS,	/* ALREADYEXISTS */
	STORE_ERR_NAME,		/* CANNOT: no mailbox can have this name */
	STORE_ERR_NOPERM,	/* NOPERM */
	STORE_ERR_READONLY,	/* the mailbox was opened by EXAMINE */
	STORE_ERR_HASCHILDREN,	/* HASCHILDREN */
	STORE_ERR_INUSE,	/* INUSE: no lock within lock_timeout */
	STORE_ERR_EXPUNGED,	/* EXPUNGEISSUED */
	STORE_ERR_LIMIT,	/* LIMIT: a configured limit, or resources */
	STORE_ERR_OVERQUOTA,	/* OVERQUOTA: quota or full disk */
	STORE_ERR_TOOBIG,	/* TOOBIG: the message is too large */
	STORE_ERR_CHARSET,	/* BADCHARSET */
	STORE_ERR_CORRUPT,	/* SERVERBUG: the data on disk is damaged */
	STORE_ERR_IO,		/* SERVERBUG, UNAVAILABLE: a system error */
	/*
	 * The change is in the index, but may not survive a power cut, since
	 * the disk can't be synced: neither OK nor NO would be true.
	 */
	STORE_ERR_UNSURE,
	/*
	 * UNAVAILABLE: the user's mail home was moved, removed or replaced.
	 * The store is of no more use, and its sessions must end.
	 */
	STORE_ERR_LOST
};

/* An error, set once, where it happened.  text is a sentence for the user. */
struct store_error {
	enum store_err	 kind;
	int		 errnum;	/* errno, or 0 */
	char		 text[160];
};

/*
 * Flags
 */

/* System flags.  \Recent is not stored; see view_recent(). */
#define FLAG_SEEN	(1U << 0)
#define FLAG_ANSWERED	(1U << 1)
#define FLAG_FLAGGED	(1U << 2)
#define FLAG_DELETED	(1U << 3)
#define FLAG_DRAFT	(1U << 4)
#define FLAG_ALL	0x1fU

/* Keywords that a mailbox can have; keyword n is bit n of a mask. */
#define KEYWORD_MAX	64
#define KEYWORD_LEN_MAX	128

/* The flags of one message: system flags and keyword numbers. */
struct flags {
	uint32_t	 system;
	uint64_t	 keywords;
};

/* Flags as a client names them: its keywords have no numbers yet. */
struct flag_names {
	uint32_t	 system;
	const struct slice *keywords;	/* borrowed; checked atoms */
	size_t		 nkeywords;
};

/*
 * The process
 */

/*
 * Expunged messages are kept for so many seconds, for sessions that still see
 * them.  If options.expunged_keep does not ask for more, they are removed
 * earlier when the disk is full.
 */
#define STORAGE_KEEP	3600

struct delays;

/* Options of a process; storage_new() and storage_configure() copy them. */
struct storage_options {
	uint64_t	 message_max;	/* octets of a message; 0: no limit */
	uint32_t	 mailbox_max;	/* mailboxes of a user; 0: no limit */
	uint32_t	 keyword_max;	/* of a mailbox, up to KEYWORD_MAX */
	uint32_t	 expunged_keep;	/* seconds, STORAGE_KEEP at least */
	uint32_t	 idle_close; /* seconds until an unused store closes */
	uint32_t	 sync_threads;
	uint32_t	 lock_timeout;	/* seconds until STORE_ERR_INUSE */
	uint32_t	 poll_interval;	/* seconds; for unwatched folders */
	uint32_t	 open_max; /* open indexes before idle ones close */
	uint32_t	 folder_max;	/* open folders; 0: a default */
	uint32_t	 slice_us;	/* microseconds in a time slice */
	const struct delays *delays;	/* for tests; NULL: delays_default */
	/*
	 * Folders of a new account: created, given their special use and
	 * subscribed.  The list ends with a NULL name.
	 */
	const struct storage_folder {
		const char	*name;
		uint32_t	 use;		/* MAILBOX_USE_* */
	}		*folders;
};

/*
 * Mailboxes
 */

#define MAILBOX_USE_ALL		(1U << 0)	/* RFC 6154 */
#define MAILBOX_USE_ARCHIVE	(1U << 1)
#define MAILBOX_USE_DRAFTS	(1U << 2)
#define MAILBOX_USE_FLAGGED	(1U << 3)
#define MAILBOX_USE_JUNK	(1U << 4)
#define MAILBOX_USE_SENT	(1U << 5)
#define MAILBOX_USE_TRASH	(1U << 6)
#define MAILBOX_USE_IMPORTANT	(1U << 7)	/* RFC 8457 */
#define MAILBOX_USE_KNOWN	0xffU

#define MAILBOX_NONEXISTENT	(1U << 0) /* only subscribed, or a parent */
#define MAILBOX_NOSELECT	(1U << 1) /* \Noselect: a level without mail */
#define MAILBOX_SUBSCRIBED	(1U << 2)
#define MAILBOX_CHILDREN	(1U << 3)	/* has existing children */

struct mailbox_info {
	struct slice	 name;		/* UTF-8, '/' between levels */
	uint32_t	 id;	/* never reused in this store; 0: none */
	uint32_t	 attrs;		/* MAILBOX_* */
	uint32_t	 use;		/* MAILBOX_USE_* */
};

/*
 * Messages
 */

/* Properties of a message; NEED_SIZE makes a reader report them. */
#define MESSAGE_NO_EOL	(1U << 0)	/* its last line has no line end */
#define MESSAGE_HEADER_8BIT (1U << 1)	/* its header is not all ASCII */

/* Part of a message, by offsets in its raw file; see mimeblob_section(). */
struct stretch {
	uint64_t	 raw_off;
	uint64_t	 raw_len;
	uint64_t	 wire_len;	/* the same as raw_len in a CRLF file */
};

#endif
