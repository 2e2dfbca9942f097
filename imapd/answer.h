/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The content of a command's tagged response.  The dispatcher prints it when
 * the command has ended; until then a later answer replaces an earlier one.
 * Texts and code arguments must live as long as the command.
 */

#ifndef IMAPD_ANSWER_H
#define IMAPD_ANSWER_H

#include <stdint.h>

#include "common/base/idset.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "imapd/reply.h"
#include "storage/store.h"

struct session;

/* Answer OK, with or without a code.  A NULL text says "NAME completed." */
void		 answer_ok(struct session *s, enum respcode code,
		    struct slice args, const char *text);

/*
 * Answer NO or BAD.  Both return RUN_FAIL, so that a runner can end with
 * `return answer_no(...)`.
 */
enum run	 answer_no(struct session *s, enum respcode code,
		    const char *text);
enum run	 answer_bad(struct session *s, enum respcode code,
		    const char *text);

/*
 * Answer NO with the code and text of a store error, or end the session with
 * BYE if the store does not know whether the change will last.  Returns
 * RUN_FAIL.
 */
enum run	 answer_store(struct session *s,
		    const struct store_error *err);

/*
 * Like answer_store(), for APPEND, COPY and MOVE: the code is TRYCREATE if the
 * target mailbox does not exist (RFC 3501, 7.1).
 */
enum run	 answer_store_into(struct session *s,
		    const struct store_error *err);

/*
 * Answer NO [LIMIT]: the command needs more memory than a session may use.
 * Returns RUN_FAIL.
 */
enum run	 answer_memory(struct session *s);

/*
 * Answer NO [EXPUNGEISSUED] (RFC 5530): another session has expunged some of
 * the messages.  Returns RUN_FAIL.
 */
enum run	 answer_expunged(struct session *s);

/*
 * Answer NO [BADCHARSET] and name the charsets that SEARCH always accepts; it
 * also accepts those of iconv(3).  Returns RUN_FAIL.
 */
enum run	 answer_badcharset(struct session *s);

/*
 * Print the arguments of APPENDUID, "1234 5", or of COPYUID, "1234 3:4 8:9"
 * (RFC 4315, section 3), into the command's arena.
 *
 * from   NULL for APPENDUID
 *
 * Without memory the session ends, since what was stored cannot be told.
 */
struct slice	 answer_uids(struct session *s, uint64_t uidvalidity,
		    const struct idset *from, const struct idset *to);

/* Return the response code for a store error. */
enum respcode	 answer_store_code(const struct store_error *err);

#endif
