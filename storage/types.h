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

/* Kinds a protocol has answers for (RFC 5530 names in comments). */
enum store_err {
	STORE_OK,
	STORE_ERR_NONEXISTENT,	/* NONEXISTENT; TRYCREATE where the RFC says */
	STORE_ERR_EXISTS,	/* ALREADYEXISTS */
	STORE_ERR_NAME,		/* CANNOT: no such name can be */
	STORE_ERR_NOPERM,	/* NOPERM */
	STORE_ERR_READONLY,	/* opened by EXAMINE */
	STORE_ERR_HASCHILDREN,	/* HASCHILDREN */
	STORE_ERR_INUSE,	/* INUSE: the lock was not had in 10 s */
	STORE_ERR_EXPUNGED,	/* EXPUNGEISSUED */
	STORE_ERR_LIMIT,	/* LIMIT: a configured bound */
	STORE_ERR_OVERQUOTA,	/* OVERQUOTA: quota or full disk */
	STORE_ERR_TOOBIG,	/* TOOBIG: message size */
	STORE_ERR_CHARSET,	/* BADCHARSET */
	STORE_ERR_CORRUPT,	/* SERVERBUG: on disk is nonsense */
	STORE_ERR_IO		/* SERVERBUG/UNAVAILABLE: the system failed */
};

/* Set once, where it happened; text is a sentence for the user. */
struct store_error {
	enum store_err	 kind;
	int		 errnum;	/* errno, or 0 */
	char		 text[160];
};

/*
 * Flags
 */

/* System flags; \Recent is not stored (view_recent). */
#define FLAG_SEEN	(1U << 0)
#define FLAG_ANSWERED	(1U << 1)
#define FLAG_FLAGGED	(1U << 2)
#define FLAG_DELETED	(1U << 3)
#define FLAG_DRAFT	(1U << 4)
#define FLAG_ALL	0x1fU

/* A mailbox has at most this many keywords: bit n of a mask is number n. */
#define KEYWORD_MAX	64
#define KEYWORD_LEN_MAX	128

/* The flags of one message: system flags and keyword numbers. */
struct flags {
	uint32_t	 system;
	uint64_t	 keywords;
};

/* Flags as a client names them, before there is a mailbox to number them. */
struct flag_names {
	uint32_t	 system;
	const struct slice *keywords;	/* borrowed; checked atoms */
	size_t		 nkeywords;
};

/*
 * The process
 */

/*
 * Seconds for which what was expunged is kept for sessions that still see it.
 * Who wants no more than that has it given up sooner when the disk is full.
 */
#define STORAGE_KEEP	3600

/* Copied by storage_new(), with what it points to. */
struct storage_options {
	uint64_t	 message_max;	/* octets of one message */
	uint32_t	 mailbox_max;	/* mailboxes of one user */
	uint32_t	 keyword_max;	/* at most KEYWORD_MAX */
	uint32_t	 expunged_keep;	/* seconds, STORAGE_KEEP at least */
	uint32_t	 idle_close; /* seconds until an unused store closes */
	uint32_t	 sync_threads;
	uint32_t	 lock_timeout;	/* seconds until STORE_ERR_INUSE */
	uint32_t	 poll_interval;	/* seconds, where watching fails */
	uint32_t	 open_max; /* open indexes before idle ones close */
	uint32_t	 slice_us;	/* that an operation works at a time */
	/* Made, marked and subscribed for a new index; ends with NULL. */
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

/* What a message is besides; told with NEED_SIZE. */
#define MESSAGE_NO_EOL	(1U << 0)	/* its last line has no end */
#define MESSAGE_HEADER_8BIT (1U << 1)	/* not all of its header is ASCII */

/* A stretch of a message, in raw file offsets, from mimeblob_section(). */
struct stretch {
	uint64_t	 raw_off;
	uint64_t	 raw_len;
	uint64_t	 wire_len;	/* the same as raw_len in a CRLF file */
};

#endif
