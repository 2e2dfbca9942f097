/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The structure of a message (RFC 2045, 2046): a parser that is fed the bytes
 * of a file in pieces of any size and makes a tree of parts, each with its
 * place in the file and on the wire, and what its header says.
 *
 * No input is an error: what is malformed gets the structure that Dovecot
 * gives it, where the RFCs do not say otherwise.  What is told of a message
 * does not depend on how it was cut when it was fed.
 *
 * Bounds: below, each with its reason.  Offsets only grow, nothing recurs,
 * memory is the arena's (about the size of all headers, and of a few parts).
 */
#ifndef STORAGE_MIME_H
#define STORAGE_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/slice.h"
#include "storage/mime/address.h"
#include "storage/mime/param.h"

/* Parts within parts; deeper is opaque.  Mail that people write has 10. */
#define MIME_DEPTH_MAX		100
/* Parts of one message; what follows belongs to the last (CVE-2020-12100). */
#define MIME_PARTS_MAX		10000
/* Bytes of all headers that are parsed; the rest is only counted. */
#define MIME_HEADER_MAX		(10 * 1024 * 1024)
/* A boundary has 70 characters (RFC 2046, 5.1.1); what is longer is cut. */
#define MIME_BOUNDARY_MAX	80
/* Members of Content-Language. */
#define MIME_LANGUAGE_MAX	64

/* A place: how much is before it. */
struct mime_pos {
	uint64_t	raw;	/* bytes of the file */
	uint64_t	wire;	/* octets with CRLF at the end of each line */
	uint64_t	lines;	/* line ends */
};

enum mime_kind {
	MIME_TEXT,		/* text/anything, also by default */
	MIME_MULTIPART,
	MIME_MESSAGE,		/* message/rfc822: one child, the message */
	MIME_OTHER
};

enum mime_encoding {
	MIME_7BIT,		/* or none given */
	MIME_8BIT,
	MIME_BINARY,
	MIME_QP,
	MIME_BASE64,
	MIME_UNKNOWN		/* named, but not one of these */
};

#define MIME_PART_OVERFLOW	(1U << 0)	/* over a bound: opaque */

/* Values as the header has them, p == NULL where there is none. */
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
	struct mime_part	*next;		/* sibling */
	struct mime_part	*child;		/* first */
	struct mime_part	*last;		/* child, while parsing */
	enum mime_kind		 kind;
	enum mime_encoding	 encoding;
	unsigned int		 flags;		/* MIME_PART_* */
	unsigned int		 depth;		/* 0 for the message */

	/* The header ends, with its empty line, where the body begins. */
	struct mime_pos		 start;
	struct mime_pos		 body;
	struct mime_pos		 end;

	struct slice		 header;	/* raw bytes, parsed or not */

	/* NULL type: none given, text/plain (in a digest: message/rfc822). */
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

	/* Of the message itself and of children of MIME_MESSAGE; or NULL. */
	struct mime_envelope	*envelope;
};

struct mime_message {
	struct mime_part	*root;
	size_t			 nparts;
	bool			 has_nul;	/* anywhere */
};

struct mime_parser;

/*
 * Start on a message.  arena holds all that is made and must outlive it; the
 * parser itself is freed by mime_parser_free().
 */
struct mime_parser *mime_parser_new(struct arena *a);
/* Free the parser, not what is in the arena; NULL is fine. */
void		 mime_parser_free(struct mime_parser *p);

/* Start on another one, after the arena was reset. */
void		 mime_parser_reset(struct mime_parser *p);

/* The next bytes of the file. */
void		 mime_feed(struct mime_parser *p, struct slice data);

/*
 * The end of the file.  The result lives in the arena.  Returns NULL when
 * the arena was too small, and never because of the message.
 */
struct mime_message *mime_finish(struct mime_parser *p);

/* All at once. */
struct mime_message *mime_parse(struct arena *a, struct slice data);

/* The part behind p in the order of the file (preorder), NULL at the end. */
struct mime_part *mime_next(const struct mime_part *p);

#endif
