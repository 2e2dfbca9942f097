/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A login, from the front's request to the answer; only for the files of the
 * auth process.
 */

#ifndef COMMON_AUTH_AUTH_LOGIN_H
#define COMMON_AUTH_AUTH_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/auth/auth_account.h"
#include "common/auth/auth_cache.h"
#include "common/auth/auth_line.h"
#include "common/auth/auth_net.h"
#include "common/auth/auth_pool.h"
#include "common/base/compat.h"
#include "common/proc/auth_msg.h"
#include "common/sasl/sasl.h"

struct auth_tally;
struct chan;
struct event;

enum login_state {
	LOGIN_START,		/* not begun */
	LOGIN_SUSPENDED,	/* waiting until a users file is read again */
	LOGIN_TALKING,		/* waiting for the client's response, but no
				   longer than the front may */
	LOGIN_LOOKING,		/* waiting for a source to look up the user */
	LOGIN_PACED,		/* password waits in the line of its address */
	LOGIN_CHECKING,		/* a check process or a source decides */
	LOGIN_REFUSED,		/* the refusal is being delayed */
	LOGIN_ACCEPTED		/* has a token, waits for the descriptor */
};

struct login {
	RB_ENTRY(login)		 node;
	struct login_front	*front;
	uint32_t		 id;		/* number given by the front */
	uint64_t		 begun_ms;	/* a refusal waits from here */
	enum login_state	 state;
	struct event		*timer;
	struct sasl		*sasl;
	char			*as;		/* mechanism, for the log */
	struct buf		 initial;	/* response, if has_initial */
	bool			 has_initial;
	char			*peer;
	char			 addr[AUTH_NET_KEY_MAX];
	bool			 has_tls;
	struct auth_account	 account;
	bool			 looked_up;	/* account is complete */
	void			(*next)(struct login *); /* after the lookup */
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	struct auth_ticket	 ticket;
	void			(*go)(struct login *);	/* at its turn */
	struct buf		 proof;		/* response that waits */
	bool			 proved;	/* the proof was right */
	struct auth_wait	 wait;
	enum auth_denied	 why;		/* if refused */
	unsigned char		 token[AUTH_MSG_TOKEN_LEN];
	struct auth_tally	*user_tally;	/* references, if accepted */
	struct auth_tally	*addr_tally;
};
RB_HEAD(login_tree, login);

/* A front, and its logins. */
struct login_front {
	struct chan		*chan;		/* NULL: not running */
	uint32_t		 life;		/* of the process */
	struct login_tree	 logins;	/* by id */
	uint32_t		 nlogins;
	char			 name[16];	/* "front 1", for the log */
};

/* Make a login in its front's tree, find it there, or remove and free it. */
struct login	*auth_login_new(struct login_front *f, uint32_t id);
struct login	*auth_login_find(struct login_front *f, uint32_t id);
void		 auth_login_free(struct login *l);

/*
 * Each of these functions may answer and free the login.
 *
 * begin     start the exchange, with the initial response if there is one
 * respond   go on with the client's response to a challenge
 * refuse    refuse without a delay, for reasons that reveal no credentials
 */
void		 auth_login_begin(struct login *l);
void		 auth_login_respond(struct login *l, struct slice response);
void		 auth_login_refuse(struct login *l, enum auth_denied why);

/* Begin after some time, or earlier when the login is resumed. */
void		 auth_login_suspend(struct login *l, uint64_t ms);
void		 auth_login_resume(struct login *l);

RB_PROTOTYPE(login_tree, login, node, login_cmp)

#endif
