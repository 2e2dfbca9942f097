/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The table of messages, made from MSG_TYPES; see msg.h. */

#include "config.h"

#include "common/base/bounds.h"
#include "common/net/tlsmat.h"
#include "common/proc/auth_msg.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"
#include "common/proc/parent_msg.h"

#define ROW(type, min, max, fd)						\
	[MSG_##type] = { #type, min, max, fd },
static const struct msg_row rows[MSG_TYPE_MAX] = {
	MSG_TYPES(ROW)
};
#undef ROW

#define FITS(type, min, max, fd)					\
	_Static_assert((min) <= (max) && (max) <= MSG_MAX,		\
	    #type " fits into a message");
MSG_TYPES(FITS)
#undef FITS

const struct msg_row *
msg_row(enum msg_type type)
{
	if ((unsigned int)type >= MSG_TYPE_MAX || rows[type].name == NULL)
		return NULL;
	return &rows[type];
}

const char *
msg_name(enum msg_type type)
{
	const struct msg_row *row = msg_row(type);

	return row == NULL ? "?" : row->name;
}
