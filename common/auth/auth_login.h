/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: a login on its way from a front's
 * question to the answer.
 */

#ifndef COMMON_AUTH_LOGIN_H
#define COMMON_AUTH_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/auth/auth_account.h"
#include "common/auth/auth_cache.h"
#include "common/auth/auth_net.h"
#include "common/auth/auth_pool.h"
#include "common/base/compat.h"
#include "common/proc/auth_msg.h"
#include "common/sasl/sasl.h"

struct auth_tally;
struct chan;
struct event;

enum login_state {
	LOGIN_START,		/* nothing has been asked yet */
	LOGIN_SUSPENDED,	/* a users file is being read again */
	LOGIN_TALKING,		/* a challenge is with the client */
	LOGIN_LOOKING,		/* a source is asked who it is */
	LOGIN_PACED,		/* its address failed often: its turn comes */
	LOGIN_CHECKING,		/* a check process or a source decides */
	LOGIN_REFUSED,		/* the answer is known and waits for its time */
	LOGIN_ACCEPTED		/* has a token, waits for the descriptor */
};

struct login {
	RB_ENTRY(login)		 node;
	struct login_front	*front;
	uint32_t		 id;		/* the front's number */
	uint64_t		 begun_ms;	/* what is judged came */
	enum login_state	 state;
	struct event		*timer;
	struct sasl		*sasl;
	char			*as;		/* mechanism, for the log */
	struct buf		 initial;	/* while suspended */
	bool			 has_initial;
	char			*peer;
	char			 addr[AUTH_NET_KEY_MAX];
	bool			 has_tls;
	struct auth_account	 account;
	bool			 looked_up;	/* account is complete */
	void			(*next)(struct login *); /* what wants it */
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	struct auth_wait	 wait;
	enum auth_denied	 why;		/* if refused */
	unsigned char		 token[AUTH_MSG_TOKEN_LEN];
	struct auth_tally	*user_tally;	/* counted there, if accepted */
	struct auth_tally	*addr_tally;
};
RB_HEAD(login_tree, login);

/* A front, as its logins know it. */
struct login_front {
	struct chan		*chan;		/* NULL: not there */
	struct login_tree	 logins;	/* by its numbers */
	char			 name[16];	/* "front 1", for the log */
};

/* Make one, in its front's tree; find it there. */
struct login	*auth_login_new(struct login_front *f, uint32_t id);
struct login	*auth_login_find(struct login_front *f, uint32_t id);
void		 auth_login_free(struct login *l);

/*
 * Each of these may answer and free the login.
 *
 * begin     with the initial response, if there is one
 * respond   to a challenge
 * refuse    at once: nothing was learnt that a delay would protect
 */
void		 auth_login_begin(struct login *l);
void		 auth_login_respond(struct login *l, struct slice response);
void		 auth_login_refuse(struct login *l, enum auth_denied why);

/* Begin later: after that long, or when resumed before. */
void		 auth_login_suspend(struct login *l, uint64_t ms);
void		 auth_login_resume(struct login *l);

RB_PROTOTYPE(login_tree, login, node, login_cmp)

#endif
