/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of capabilities (RFC 3501, 6.1.1).  Before login we list only
 * what can be used before login.  RFC 3501 allows the list to change at login;
 * clients get the new list with the tagged OK.
 */

#include "config.h"

#include <stddef.h>

#include "common/conf/conf_mech.h"
#include "imapd/capability.h"

enum cap_when {
	WHEN_ALWAYS,
	WHEN_LOGIN,		/* before login */
	WHEN_STARTTLS,		/* before login, while STARTTLS is possible */
	WHEN_NOLOGIN,		/* before login, while LOGIN is refused */
	WHEN_MAIL		/* after login */
};

struct capability {
	const char	*name;
	enum cap_when	 when;
	/*
	 * For a name that ends in "=" and is listed once for each value:
	 * return the next value on offer, or NULL after the last.  *i starts
	 * as 0.
	 */
	const char	*(*value)(const struct cap_env *env, int *i);
};

/* Return the next mechanism that the client may use, for AUTH=. */
static const char *
next_mech(const struct cap_env *env, int *i)
{
	const char *name;

	while (*i < CONF_MECH_MAX) {
		name = conf_mechs[(*i)++].name;
		if (env->has_mech(env->arg, slice_str(name)))
			return name;
	}
	return NULL;
}

static const struct capability capabilities[CAP_MAX] = {
	[CAP_IMAP4REV1] = { .name = "IMAP4rev1" },
	[CAP_LITERAL_PLUS] = { .name = "LITERAL+" },
	[CAP_SASL_IR] = { .name = "SASL-IR", .when = WHEN_LOGIN },
	[CAP_ID] = { .name = "ID" },
	[CAP_STARTTLS] = { .name = "STARTTLS", .when = WHEN_STARTTLS },
	[CAP_LOGINDISABLED] = { .name = "LOGINDISABLED",
	    .when = WHEN_NOLOGIN },
	[CAP_AUTH] = { .name = "AUTH=", .when = WHEN_LOGIN,
	    .value = next_mech },
	[CAP_ENABLE] = { .name = "ENABLE", .when = WHEN_MAIL },
	[CAP_IDLE] = { .name = "IDLE", .when = WHEN_MAIL },
	[CAP_NAMESPACE] = { .name = "NAMESPACE", .when = WHEN_MAIL },
	[CAP_CHILDREN] = { .name = "CHILDREN", .when = WHEN_MAIL },
	[CAP_UIDPLUS] = { .name = "UIDPLUS", .when = WHEN_MAIL },
	[CAP_UNSELECT] = { .name = "UNSELECT", .when = WHEN_MAIL },
	[CAP_MOVE] = { .name = "MOVE", .when = WHEN_MAIL },
	[CAP_SPECIAL_USE] = { .name = "SPECIAL-USE", .when = WHEN_MAIL },
	[CAP_CREATE_SPECIAL_USE] = { .name = "CREATE-SPECIAL-USE",
	    .when = WHEN_MAIL },
	[CAP_LIST_EXTENDED] = { .name = "LIST-EXTENDED", .when = WHEN_MAIL },
	[CAP_LIST_STATUS] = { .name = "LIST-STATUS", .when = WHEN_MAIL },
	[CAP_ESEARCH] = { .name = "ESEARCH", .when = WHEN_MAIL },
	[CAP_CONDSTORE] = { .name = "CONDSTORE", .when = WHEN_MAIL },
};

bool
capability_holds(enum cap cap, const struct cap_env *env)
{
	const struct capability *c = &capabilities[cap];

	switch (c->when) {
	case WHEN_ALWAYS:
		return true;
	case WHEN_LOGIN:
		return !env->logged_in;
	case WHEN_STARTTLS:
		return !env->logged_in && env->can_starttls;
	case WHEN_NOLOGIN:
		return !env->logged_in && !env->may_password;
	case WHEN_MAIL:
		return env->logged_in;
	}
	return false;
}

static void
print_name(struct reply *r, bool *first, const char *name, const char *value)
{
	if (!*first)
		reply_char(r, ' ');
	reply_str(r, name);
	reply_str(r, value);
	*first = false;
}

void
capability_print(struct reply *r, const struct cap_env *env)
{
	const struct capability *c;
	const char *value;
	bool first = true;
	int n;

	for (int i = CAP_NONE + 1; i < CAP_MAX; i++) {
		if (!capability_holds((enum cap)i, env))
			continue;
		c = &capabilities[i];
		if (c->value == NULL) {
			print_name(r, &first, c->name, "");
			continue;
		}
		for (n = 0; (value = c->value(env, &n)) != NULL;)
			print_name(r, &first, c->name, value);
	}
}

const char *
capability_name(enum cap cap)
{
	return capabilities[cap].name;
}
