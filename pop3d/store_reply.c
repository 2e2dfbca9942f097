/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The answer to an error of the store.  Not in reply.c, since the front is
 * linked without the store.
 */
#include "config.h"

#include <errno.h>

#include "common/base/table.h"
#include "pop3d/reply.h"
#include "storage/store.h"

/* RFC 3206: TEMP is likely to go away, PERM needs an administrator. */
static const char *const codes[] = {
	[STORE_ERR_NOPERM] = POP3_CODE_SYS_PERM,
	[STORE_ERR_INUSE] = POP3_CODE_IN_USE,
	[STORE_ERR_LIMIT] = POP3_CODE_SYS_TEMP,
	[STORE_ERR_OVERQUOTA] = POP3_CODE_SYS_TEMP,
	[STORE_ERR_CORRUPT] = POP3_CODE_SYS_PERM,
	[STORE_ERR_IO] = POP3_CODE_SYS_TEMP,
	[STORE_ERR_UNSURE] = POP3_CODE_SYS_TEMP,
	[STORE_ERR_LOST] = POP3_CODE_SYS_TEMP,
};

static const char *
code_of(const struct store_error *err)
{
	const char *code = NULL;

	if (err->errnum == EACCES || err->errnum == EPERM)
		return POP3_CODE_SYS_PERM;
	if ((size_t)err->kind < NROWS(codes))
		code = codes[err->kind];
	return code == NULL ? "" : code;
}

void
pop3_store_err(struct buf *out, const struct store_error *err)
{
	if (err->kind == STORE_ERR_EXPUNGED)
		pop3_err(out, "This message no longer exists");
	else
		pop3_errf(out, "%s%s", code_of(err), err->text);
}
