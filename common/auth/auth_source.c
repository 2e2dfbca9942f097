/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Queries to sources of users; see auth_source.h.  A query holds a reference
 * to its source, so that a replaced source lives until its last answer.
 */

#include "config.h"

#include "common/auth/auth_source.h"

void
auth_source_unref(struct auth_source *s)
{
	if (s != NULL && --s->refs == 0)
		s->ops->close(s);
}

void
auth_query_lookup(struct auth_query *q, struct auth_source *s,
    struct slice name)
{
	q->source = s;
	s->refs++;
	s->ops->lookup(s, q, name);
}

void
auth_query_verify(struct auth_query *q, struct auth_source *s,
    struct slice name, struct slice password)
{
	q->source = s;
	s->refs++;
	s->ops->verify(s, q, name, password);
}

void
auth_query_cancel(struct auth_query *q)
{
	struct auth_source *s = q->source;

	if (s == NULL)
		return;
	s->ops->cancel(s, q);
	q->source = NULL;
	auth_source_unref(s);
}

/*
 * found() may start a query to the next source, so q->source is cleared
 * before the call.  The reference to s is kept until after the call, since u
 * points into s.
 */
void
auth_query_found(struct auth_query *q, enum auth_found how,
    const struct auth_user *u)
{
	struct auth_source *s = q->source;

	q->source = NULL;
	q->found(q->arg, how, u);
	auth_source_unref(s);
}

void
auth_query_verified(struct auth_query *q, enum auth_verdict verdict)
{
	struct auth_source *s = q->source;

	q->source = NULL;
	q->verified(q->arg, verdict);
	auth_source_unref(s);
}
