/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The front process: accepts, speaks TLS, lets a protocol talk until
 * the user is authenticated, hands the session over, relays.
 *
 * A daemon's front is a main() that calls front_main() with a struct
 * front_proto.  All the rest (listeners, handshakes, time limits, limits by
 * address, STARTTLS, relay) is in front_*.c and the same for both.  This
 * header has all that a protocol may call, and nothing else.
 */

#ifndef COMMON_FRONT_H
#define COMMON_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/proc/auth_msg.h"
#include "common/proc/handoff.h"

struct fconn;		/* one connection before (and, relayed, after) login */

enum front_bye {
	FRONT_BYE_TIMEOUT,	/* login timeout */
	FRONT_BYE_SHUTDOWN,	/* the daemon ends */
	FRONT_BYE_TOOMANY,	/* connections, of this address or in all */
	FRONT_BYE_FAILURES,	/* failed logins */
	FRONT_BYE_ERRORS,	/* bad commands */
	FRONT_BYE_INPUT	/* line over the cap, bytes before the handshake */
};

struct front_proto {
	enum conf_service_id service;
	size_t		 state_size;	/* zeroed bytes for fconn_state() */
	bool		 tagged;	/* answers begin with a tag */

	/* Say hello; called once TLS is up on implicit TLS ports. */
	void	(*greet)(struct fconn *);
	/*
	 * Bytes came, or what was waited for is over.  Consume what is whole
	 * from fconn_in() and write to fconn_out().  Called again as long as
	 * it consumes and is not waiting for auth.  At EOF it is called once
	 * more and then the connection ends.
	 */
	void	(*input)(struct fconn *);
	/* Auth wants more: print the challenge (undecoded bytes). */
	void	(*challenge)(struct fconn *, struct slice data);
	/* Auth said no: print the answer.  Delays were auth's business. */
	void	(*denied)(struct fconn *, enum auth_denied why);
	/*
	 * Auth said yes: fill in tag, client_id, mech and options; the rest is
	 * filled in by the caller, the unread input becomes h->early.  After
	 * this the protocol is done with the connection.
	 */
	void	(*accepted)(struct fconn *, struct handoff *h);
	/* The connection is about to be closed for this reason: print BYE. */
	void	(*goodbye)(struct fconn *, enum front_bye why);
	/* Free what the state points to. */
	void	(*clear)(struct fconn *);
};

/* Run as a front; the channel to the parent is descriptor 3. */
int		 front_main(const struct front_proto *proto, int argc,
		    char *argv[]);

void		*fconn_state(struct fconn *c);	/* the protocol's own */
const struct conf *fconn_conf(const struct fconn *c);
struct buf	*fconn_in(struct fconn *c);	/* capped at the line limit */
struct buf	*fconn_out(struct fconn *c);	/* sent after the callback */
bool		 fconn_has_tls(const struct fconn *c);
/* STARTTLS can be done: certificate there, listener says so, no TLS yet. */
bool		 fconn_can_starttls(const struct fconn *c);
/* Credentials may be taken here: TLS, or cleartext allowed by the config. */
bool		 fconn_may_login(const struct fconn *c);
/*
 * Commands that carry a password themselves, LOGIN and USER, are taken here:
 * as above, and one of the mechanisms that do is in auth mechanisms.
 */
bool		 fconn_may_password(const struct fconn *c);
/* The mechanism of this name, in any case of letters, is taken here. */
bool		 fconn_has_mech(const struct fconn *c, struct slice name);

/*
 * After the bytes in fconn_out() are sent, do the handshake.  If input is
 * left over, the connection is closed (RFC 2595 2.1; CVE-2021-33515).  After
 * the handshake the state is cleared and zeroed and nothing is greeted.
 */
void		 fconn_starttls(struct fconn *c);

/*
 * Ask auth.  input() is not called again until challenge(), denied() or
 * accepted() was.  mech is checked against the config.  initial may have p
 * NULL: no initial response.  Credentials are wiped by the callee's copy
 * only: the caller wipes its own.
 */
void		 fconn_auth_start(struct fconn *c, struct slice mech,
		    struct slice initial);
void		 fconn_auth_continue(struct fconn *c, struct slice response);
void		 fconn_auth_abort(struct fconn *c);	/* client sent "*" */
/* PLAIN with these two, logged as mech ("LOGIN" or "USER"). */
void		 fconn_auth_password(struct fconn *c, const char *mech,
		    struct slice user, struct slice password);

/*
 * The client said something; shown if the connection is traced.
 *
 * name     of the command, from a table of ours; NULL if it is not there
 * octets   of the line, literals included
 */
void		 fconn_trace(struct fconn *c, const char *name, size_t octets);

/* Count a bad command; over the limit goodbye(FRONT_BYE_ERRORS) and close. */
void		 fconn_bad(struct fconn *c);
/* Close when all is sent (LOGOUT, QUIT).  goodbye() is not called. */
void		 fconn_close(struct fconn *c);
/* The same in the middle of what the client says. */
void		 fconn_close_early(struct fconn *c);

#endif
