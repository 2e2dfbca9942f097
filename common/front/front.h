/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The front process: accepts connections, does TLS, lets a protocol talk to the
 * client until the user is authenticated, then hands the session over and, with
 * TLS, relays it.
 *
 * A daemon's front is a main() that calls front_main() with a struct
 * front_proto.  The rest (listeners, handshakes, time limits, limits by
 * address, STARTTLS, relay) is in front_*.c and is the same for both daemons.
 * This header has all that a protocol may call, and nothing else.
 */

#ifndef COMMON_FRONT_FRONT_H
#define COMMON_FRONT_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/proc/auth_msg.h"
#include "common/proc/handoff.h"

struct fconn;		/* a connection before login, not yet handed over */

enum front_bye {
	FRONT_BYE_TIMEOUT,	/* login timeout */
	FRONT_BYE_SHUTDOWN,	/* the daemon is stopping */
	FRONT_BYE_TOOMANY,	/* connections, in total or from this address */
	FRONT_BYE_FAILURES,	/* failed logins */
	FRONT_BYE_ERRORS,	/* bad commands */
	FRONT_BYE_INPUT, /* line too long, bytes before the handshake */
	FRONT_BYE_FOREIGN	/* the client speaks TLS or HTTP */
};

/* What became of the line that answers a challenge. */
enum front_response {
	FRONT_RESPONSE_SENT,	/* auth has it: denied() or such comes next */
	FRONT_RESPONSE_CANCELLED, /* it was "*", and the login is over */
	FRONT_RESPONSE_INVALID	/* not base64, and the login is over */
};

struct front_proto {
	enum conf_service_id service;
	size_t		 state_size;	/* zeroed memory for fconn_state() */
	bool		 tagged;	/* answers begin with a tag */

	/* Print the greeting; on implicit TLS ports called when TLS is up. */
	void	(*greet)(struct fconn *);
	/*
	 * Input came, or a wait for auth is over.  Consume the next line or
	 * command in fconn_in() and write to fconn_out(): if
	 * fconn_challenged(), a line that answers the challenge.  Called again
	 * as long as it consumes input and does not wait for auth.  At EOF it
	 * is called once more, and then the connection ends.
	 */
	void	(*input)(struct fconn *);
	/* Auth sent a challenge (undecoded bytes): print it. */
	void	(*challenge)(struct fconn *, struct slice data);
	/*
	 * Auth refused the login: print the answer.  Auth has already delayed
	 * it.
	 */
	void	(*denied)(struct fconn *, enum auth_denied why);
	/*
	 * Auth accepted the login: fill in tag, client_id, mech and options.
	 * The caller fills in the rest; the unread input becomes h->early.
	 * After this the protocol is done with the connection.
	 */
	void	(*accepted)(struct fconn *, struct handoff *h);
	/* The connection is about to be closed for this reason: print why. */
	void	(*goodbye)(struct fconn *, enum front_bye why);
	/* Free whatever the protocol's state points to. */
	void	(*clear)(struct fconn *);
};

/* Run as a front; the channel to the parent is descriptor 3. */
int		 front_main(const struct front_proto *proto, int argc,
		    char *argv[]);

void		*fconn_state(struct fconn *c);	/* the protocol's state */
const struct conf *fconn_conf(const struct fconn *c);
struct buf	*fconn_in(struct fconn *c);	/* capped at the line limit */
struct buf	*fconn_out(struct fconn *c);	/* sent after the callback */
bool		 fconn_has_tls(const struct fconn *c);
/* STARTTLS is possible: certificate, a listener that offers it, no TLS yet. */
bool		 fconn_can_starttls(const struct fconn *c);
/* Logins are allowed: there is TLS, or the config allows cleartext. */
bool		 fconn_may_login(const struct fconn *c);
/*
 * Commands that carry a password themselves (LOGIN and USER) are allowed:
 * logins are, and `auth mechanisms` has one that takes a password.
 */
bool		 fconn_may_password(const struct fconn *c);
/* Logins by this mechanism (in any case) are allowed. */
bool		 fconn_has_mech(const struct fconn *c, struct slice name);

/*
 * Start the handshake after the bytes in fconn_out() are sent.  If input is
 * left over, the connection is closed (RFC 2595 2.1; CVE-2021-33515).  After
 * the handshake the protocol's state is cleared and zeroed, and no greeting is
 * sent.
 */
void		 fconn_starttls(struct fconn *c);

/*
 * Ask auth.  input() is not called again until challenge(), denied() or
 * accepted() has been.  mech is checked against the config.  initial.p is NULL
 * if there is no initial response.  Only copies of the credentials are wiped
 * here: the caller wipes its own.
 */
void		 fconn_auth_start(struct fconn *c, struct slice mech,
		    struct slice initial);
/* Log in by PLAIN with these two; mech ("LOGIN" or "USER") is for the log. */
void		 fconn_auth_password(struct fconn *c, const char *mech,
		    struct slice user, struct slice password);

/* The next line of the client answers a challenge. */
bool		 fconn_challenged(const struct fconn *c);
/*
 * Pass on the line that answers a challenge: "*" or base64, for both protocols
 * (RFC 3501, 6.2.2; RFC 5034, section 4).  The caller wipes it.
 */
enum front_response fconn_auth_response(struct fconn *c, struct slice line);
/* End the login whose challenge can't be answered: the line is too long. */
void		 fconn_auth_abort(struct fconn *c);

/*
 * Log that the client sent a command, if the connection is traced.
 *
 * name     of the command, from a table of ours; NULL if it is not there
 * octets   length of the line, literals included
 */
void		 fconn_trace(struct fconn *c, const char *name, size_t octets);

/* Count a bad command; over the limit, goodbye(FRONT_BYE_ERRORS) and close. */
void		 fconn_bad(struct fconn *c);
/* Close when all output is sent (LOGOUT, QUIT).  goodbye() is not called. */
void		 fconn_close(struct fconn *c);
/* As fconn_close(), but the client may still be sending: drain its input. */
void		 fconn_close_early(struct fconn *c);

#endif
