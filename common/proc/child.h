/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The frame of every process but the parent: front, auth, check, mail.
 *
 * A child is started with its channel to the parent as descriptor 3.  It
 * collects its configuration from it, lets its role build what needs
 * privileges, drops them, enters its sandbox, and says MSG_READY.  Later
 * configurations (SIGHUP in the parent) come the same way.  When the
 * channel ends, the parent is dead, and the child ends as well.
 *
 * What runs when:
 *
 *	main()		calls *_setup() of its modules: no configuration
 *	child_main()	the event loop begins; MSG_CONF...
 *	  configure()	the first one, with the parent's privileges
 *	  (privileges are dropped, the sandbox is entered)
 *	  start()	then MSG_READY; channels and sessions come from here on
 *	  configure()	a later one, in the sandbox: may say no
 *	  reload()	it is in force
 *	  shutdown()	MSG_SHUTDOWN, or the parent died
 *	child_stop()	the loop ends, and the process with it
 */

#ifndef COMMON_CHILD_H
#define COMMON_CHILD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/conf/conf.h"
#include "common/proc/msg.h"

struct event_base;

/* The context of a child process; there is one. */
struct child {
	const struct child_ops	*ops;
	uint32_t		 number;	/* among those of its role */
	uid_t			 uid;		/* owner, for ROLE_MAIL */
	gid_t			 gid;
	uint32_t		 services;	/* of the daemon, as bits */
	struct event_base	*base;
	struct chan		*parent;
	const struct conf	*conf;	/* the one in force; NULL at first */
	bool			 stopping;	/* MSG_SHUTDOWN came */
};

/* What makes a child the one of its role. */
struct child_ops {
	enum role	 role;
	const char	*name;		/* program and title: "imapd-front" */
	/*
	 * Messages from the parent besides those of every child (MSG_CONF,
	 * MSG_CONF_DONE, MSG_LOGFD, MSG_CHANNEL, MSG_SHUTDOWN); their handlers
	 * get the struct child.  May be NULL.
	 */
	const struct msg_permit *permits;
	/*
	 * A configuration and what belongs to it came whole.  next is kept
	 * until the one after it is in force.  The first time this runs with
	 * the parent's privileges and conf is NULL.
	 * Returns 0, and c->conf becomes next; or -1: the first time the
	 * process ends, later the old one stays in force.
	 */
	int		(*configure)(struct child *c, const struct conf *next);
	/* Once, when privileges are dropped, before MSG_READY.  May be NULL. */
	void		(*start)(struct child *c);
	/*
	 * A later configuration is in force; what it replaces is freed after
	 * this.  May be NULL.
	 */
	void		(*reload)(struct child *c);
	/*
	 * A channel to another child; fd is the callee's.  It may replace an
	 * older one to the same peer, which died.  NULL if not permitted.
	 */
	void		(*channel)(struct child *c, enum role peer,
			    uint32_t number, int fd);
	/*
	 * Say goodbye to clients and finish; child_stop() when done.  NULL:
	 * ends at once.
	 */
	void		(*shutdown)(struct child *c);
	/*
	 * After each round of the event loop.  True: go on at once, there is
	 * more to do.  May be NULL.
	 */
	bool		(*round)(struct child *c);
};

/*
 * Run a child until it is told to stop or the parent is gone.  Options in
 * argv, before others that are the program's: -d (log to stderr whatever
 * the configuration says), -v (debug log).  Returns the exit status.
 */
int	 child_main(const struct child_ops *ops, int argc, char *argv[]);

/* Send to the parent; nothing is sent when it is gone. */
void	 child_send(struct child *c, enum msg_type type, uint32_t id, int fd,
	    struct slice data);

/* End the event loop; child_main returns. */
void	 child_stop(struct child *c);

#endif
