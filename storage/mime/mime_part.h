/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The parts of a message, as the tree that mime.c builds, and the limits of
 * that tree, each with its reason.
 */

#ifndef STORAGE_MIME_MIME_PART_H
#define STORAGE_MIME_MIME_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/mime/address.h"
#include "storage/mime/param.h"

/*
 * Nesting depth; a multipart or message at this depth is opaque.  Mail that
 * people write reaches 10.
 */
#define MIME_DEPTH_MAX		100
/*
 * Parts of one message; what follows belongs to the last part
 * (CVE-2020-12100).
 */
#define MIME_PARTS_MAX		10000
/*
 * Bytes of one header that are parsed, and bytes of all headers of a message.
 * The rest is header all the same, and is sent with it, but fields there have
 * no meaning: Dovecot truncates headers, too, and taking the rest for the body
 * would change what a signature covers.  A header is parsed in one go, which
 * takes up to 20 ms for 1 MB of tiny fields.  Mail that people write reaches
 * 100 KB; messages attached to another have their own headers.
 */
#define MIME_HEADER_MAX		(1024 * 1024)
#define MIME_HEADERS_MAX	(10 * MIME_HEADER_MAX)
/*
 * A boundary has at most 70 characters (RFC 2046, 5.1.1); a longer one is
 * truncated.
 */
#define MIME_BOUNDARY_MAX	80
/* Language tags of one Content-Language field. */
#define MIME_LANGUAGE_MAX	64

/* A position in a message: what precedes it, counted in three ways. */
struct mime_pos {
	uint64_t	raw;	/* bytes of the file */
	uint64_t	wire;	/* octets, with every line end as CRLF */
	uint64_t	lines;	/* line ends */
};

enum mime_kind {
	MIME_TEXT,		/* text of any subtype; the default */
	MIME_MULTIPART,
	MIME_MESSAGE,		/* message/rfc822; the message is its child */
	MIME_OTHER
};

enum mime_encoding {
	MIME_7BIT,		/* also if none is given */
	MIME_8BIT,
	MIME_BINARY,
	MIME_QP,
	MIME_BASE64,
	MIME_UNKNOWN		/* any other name */
};

#define MIME_PART_OVERFLOW	(1U << 0)	/* opaque: over a limit */

/* Field values as they are in the header; p is NULL if a field is absent. */
struct mime_envelope {
	struct slice		 date;
	struct slice		 subject;
	struct address_list	 from;
	struct address_list	 sender;
	struct address_list	 reply_to;
	struct address_list	 to;
	struct address_list	 cc;
	struct address_list	 bcc;
	struct slice		 in_reply_to;
	struct slice		 message_id;
};

struct mime_part {
	struct mime_part	*parent;
	struct mime_part	*next;		/* next sibling */
	struct mime_part	*child;		/* first child */
	struct mime_part	*last;		/* last child, while parsing */
	enum mime_kind		 kind;
	enum mime_encoding	 encoding;
	unsigned int		 flags;		/* MIME_PART_* */
	unsigned int		 depth;		/* 0 for the message */

	/* The header, with its empty line, ends where the body begins. */
	struct mime_pos		 start;
	struct mime_pos		 body;
	struct mime_pos		 end;

	struct slice		 header;	/* raw, up to MIME_HEADER_MAX */

	/*
	 * type.p is NULL if the header gives none: the part is text/plain, or
	 * message/rfc822 in a digest.
	 */
	struct slice		 type;
	struct slice		 subtype;
	struct param		*params;
	size_t			 nparams;
	struct slice		 cte;		/* Content-Transfer-Encoding */
	struct slice		 id;
	struct slice		 description;
	struct slice		 md5;
	struct slice		 disposition;
	struct param		*disposition_params;
	size_t			 ndisposition_params;
	struct slice		*languages;
	size_t			 nlanguages;
	struct slice		 location;

	/* Set for the message and for children of MIME_MESSAGE, else NULL. */
	struct mime_envelope	*envelope;
};

struct mime_message {
	struct mime_part	*root;
	size_t			 nparts;
	bool			 has_nul;	/* anywhere in the file */
};

#endif
