/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the tagged line of a command will say.  The dispatcher prints it when
 * the command has ended; until then a later answer replaces an earlier one.
 * Texts and arguments of codes must live as long as the command.
 */

#ifndef IMAPD_ANSWER_H
#define IMAPD_ANSWER_H

#include "common/base/run.h"
#include "common/base/slice.h"
#include "imapd/reply.h"
#include "storage/store.h"

struct session;

/* OK, with a code or without; text NULL: "NAME completed." */
void		 answer_ok(struct session *s, enum respcode code,
		    struct slice args, const char *text);

/* NO or BAD.  Return RUN_FAIL, for `return answer_no(...)`. */
enum run	 answer_no(struct session *s, enum respcode code,
		    const char *text);
enum run	 answer_bad(struct session *s, enum respcode code,
		    const char *text);

/* NO, with the code and the text of an error of the store.  RUN_FAIL. */
enum run	 answer_store(struct session *s,
		    const struct store_error *err);

/*
 * The same for a command that puts messages into a mailbox: where that does
 * not exist, CREATE would help (RFC 3501, 7.1, TRYCREATE).
 */
enum run	 answer_store_into(struct session *s,
		    const struct store_error *err);

/* NO: the command needs more memory than a session may use.  RUN_FAIL. */
enum run	 answer_memory(struct session *s);

/* NO: messages of the set were expunged by others (RFC 5530).  RUN_FAIL. */
enum run	 answer_expunged(struct session *s);

/* NO, with the charsets that SEARCH knows.  RUN_FAIL. */
enum run	 answer_badcharset(struct session *s);

/* The response code of an error of the store. */
enum respcode	 answer_store_code(const struct store_error *err);

#endif
