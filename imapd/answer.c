/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* See answer.h. */

#include "config.h"

#include "imapd/answer.h"
#include "imapd/session.h"

static enum run
fail(struct session *s, enum status status, enum respcode code,
    struct slice args, const char *text)
{
	s->cmd.answer = (struct answer){ status, code, args,
	    slice_str(text) };
	return RUN_FAIL;
}

void
answer_ok(struct session *s, enum respcode code, struct slice args,
    const char *text)
{
	s->cmd.answer = (struct answer){ STATUS_OK, code, args,
	    slice_str(text) };
}

enum run
answer_no(struct session *s, enum respcode code, const char *text)
{
	return fail(s, STATUS_NO, code, SLICE_EMPTY, text);
}

enum run
answer_bad(struct session *s, enum respcode code, const char *text)
{
	return fail(s, STATUS_BAD, code, SLICE_EMPTY, text);
}

/*
 * NOPERM with an errno means that the system refused access, for example to a
 * Maildir with wrong permissions.  That has nothing to do with the user's
 * rights: the administrator has to fix it (RFC 5530, section 3, SERVERBUG).
 */
enum respcode
answer_store_code(const struct store_error *err)
{
	switch (err->kind) {
	case STORE_OK:
		return CODE_NONE;
	case STORE_ERR_NONEXISTENT:
		return CODE_NONEXISTENT;
	case STORE_ERR_EXISTS:
		return CODE_ALREADYEXISTS;
	case STORE_ERR_NAME:
		return CODE_CANNOT;
	case STORE_ERR_NOPERM:
		return err->errnum != 0 ? CODE_SERVERBUG : CODE_NOPERM;
	case STORE_ERR_READONLY:
		return CODE_READ_ONLY;
	case STORE_ERR_HASCHILDREN:
		return CODE_HASCHILDREN;
	case STORE_ERR_INUSE:
		return CODE_INUSE;
	case STORE_ERR_EXPUNGED:
		return CODE_EXPUNGEISSUED;
	case STORE_ERR_LIMIT:
		return CODE_LIMIT;
	case STORE_ERR_OVERQUOTA:
		return CODE_OVERQUOTA;
	case STORE_ERR_TOOBIG:
		return CODE_TOOBIG;
	case STORE_ERR_CHARSET:
		return CODE_BADCHARSET;
	case STORE_ERR_CORRUPT:
		return CODE_CORRUPTION;
	case STORE_ERR_IO:
		return CODE_SERVERBUG;
	case STORE_ERR_UNSURE:
	case STORE_ERR_LOST:
		return CODE_UNAVAILABLE;
	}
	return CODE_SERVERBUG;
}

enum run
answer_store(struct session *s, const struct store_error *err)
{
	const char *text;

	text = arena_strndup(&s->cmd.arena, err->text, sizeof(err->text));
	if (text == NULL || *text == '\0')
		text = "The store failed.";
	if (err->kind == STORE_ERR_UNSURE || err->kind == STORE_ERR_LOST)
		return session_fatal(s, answer_store_code(err), text);
	return answer_no(s, answer_store_code(err), text);
}

enum run
answer_store_into(struct session *s, const struct store_error *err)
{
	(void)answer_store(s, err);
	if (err->kind == STORE_ERR_NONEXISTENT)
		s->cmd.answer.code = CODE_TRYCREATE;
	return RUN_FAIL;
}

enum run
answer_memory(struct session *s)
{
	return answer_no(s, CODE_LIMIT, ARG_MEMORY);
}

enum run
answer_expunged(struct session *s)
{
	return answer_no(s, CODE_EXPUNGEISSUED,
	    "Some messages have been expunged.");
}

struct slice
answer_uids(struct session *s, uint64_t uidvalidity, const struct idset *from,
    const struct idset *to)
{
	struct slice args = SLICE_EMPTY;
	struct buf text;

	buf_init(&text, BUF_NOCAP);
	if (buf_add_u64(&text, uidvalidity) == 0 &&
	    (from == NULL || (buf_add_char(&text, ' ') == 0 &&
	    idset_print(from, &text) == 0)) &&
	    buf_add_char(&text, ' ') == 0 && idset_print(to, &text) == 0)
		args = arena_dup(&s->cmd.arena, buf_slice(&text));
	if (args.p == NULL)
		s->reply.failed = true;
	buf_clear(&text);
	return args;
}

enum run
answer_badcharset(struct session *s)
{
	return fail(s, STATUS_NO, CODE_BADCHARSET,
	    SLICE_LIT("(US-ASCII UTF-8)"), "Unknown charset.");
}
