/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Errors, set once, where they happen; see store_error.h.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "storage/index/store_error.h"

void
store_error_set(struct store_error *err, enum store_err kind, int errnum,
    const char *text)
{
	if (err->kind != STORE_OK)
		return;
	err->kind = kind;
	err->errnum = errnum;
	snprintf(err->text, sizeof(err->text), "%s", text);
}

void
store_error_errno(struct store_error *err, int errnum, const char *path)
{
	log_limited(LOG_LEVEL_WARN, "store error path=%s errno=%d: %s",
	    log_esc(slice_str(path)), errnum, strerror(errnum));
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		store_error_set(err, STORE_ERR_OVERQUOTA, errnum,
		    "There is no space left on the disk");
		break;
	case EACCES:
	case EPERM:
	case EROFS:
		store_error_set(err, STORE_ERR_NOPERM, errnum,
		    "The mail store does not permit that");
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		store_error_set(err, STORE_ERR_LIMIT, errnum,
		    "The server is short of resources; try again later");
		break;
	default:
		store_error_set(err, STORE_ERR_IO, errnum,
		    "The mail store could not be read or written");
		break;
	}
}

void
store_error_lost(struct store_error *err)
{
	store_error_set(err, STORE_ERR_LOST, 0, "Your mail folder was moved, "
	    "removed or replaced; please connect again");
}
