/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The main program of every process but the parent: front, auth, check, mail.
 *
 * A child is started with its channel to the parent as descriptor 3.  It
 * receives its configuration from the channel, lets its role set up what needs
 * privileges, drops them, enters its sandbox, and sends MSG_READY.  Later
 * configurations (SIGHUP in the parent) come the same way.  When the channel
 * ends, the parent is dead, and the child ends as well.
 *
 * The order of calls:
 *
 *	main()		calls *_setup() of its modules: no configuration
 *	child_main()	the event loop begins; MSG_CONF...
 *	  configure()	the first one, with the parent's privileges
 *	  (privileges are dropped, the sandbox is entered)
 *	  start()	then MSG_READY; channels and sessions come from here on
 *	  configure()	a later one, in the sandbox: may refuse it
 *	  reload()	the later configuration is in force
 *	  shutdown()	MSG_SHUTDOWN, or the parent died
 *	child_stop()	the loop ends, and the process with it
 */

#ifndef COMMON_PROC_CHILD_H
#define COMMON_PROC_CHILD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/conf/conf.h"
#include "common/proc/msg.h"

struct event_base;
struct parent_msg_channel;

/* The context of a child process; there is one. */
struct child {
	const struct child_ops	*ops;
	uint32_t		 number;	/* among children of its role */
	uid_t			 uid;		/* owner, for ROLE_MAIL */
	gid_t			 gid;
	uint32_t		 services; /* of the daemon, one bit each */
	struct event_base	*base;
	struct chan		*parent;
	const struct conf	*conf;	/* in force; NULL at first */
	bool			 stopping;	/* MSG_SHUTDOWN came */
};

/* Defines the role of a child. */
struct child_ops {
	enum role	 role;
	const char	*name; /* program and log name: "imapd-front" */
	/*
	 * Messages accepted from the parent besides those of every child
	 * (MSG_CONF, MSG_CONF_DONE, MSG_STATS, MSG_CHANNEL, MSG_SHUTDOWN);
	 * handlers get the struct child.  May be NULL.
	 */
	const struct msg_permit *permits;
	/*
	 * A configuration and all that belongs to it has arrived.  next is kept
	 * until a later configuration is in force.  The first call runs with
	 * the parent's privileges, and c->conf is NULL.  Returns 0, and c->conf
	 * becomes next, or -1: the first time the process ends, later the old
	 * configuration stays in force.
	 */
	int		(*configure)(struct child *c, const struct conf *next);
	/*
	 * Called once, after privileges are dropped, before MSG_READY.  May be
	 * NULL.
	 */
	void		(*start)(struct child *c);
	/*
	 * A later configuration is in force; the old one is freed after this
	 * call.  May be NULL.
	 */
	void		(*reload)(struct child *c);
	/*
	 * A channel to another child has come; fd is the callee's.  It may
	 * replace an earlier channel to the same peer, which died.  NULL: not
	 * permitted.
	 */
	void		(*channel)(struct child *c,
			    const struct parent_msg_channel *peer, int fd);
	/*
	 * Say goodbye to clients and finish; call child_stop() when done.
	 * NULL: the process ends at once.
	 */
	void		(*shutdown)(struct child *c);
	/*
	 * Called after each round of the event loop.  Returns true if there is
	 * more to do, so that the loop must not wait.  May be NULL.
	 */
	bool		(*round)(struct child *c);
};

/*
 * Run a child until it is told to stop or the parent is gone.  Options in argv,
 * before any of the program's own: -d (log to stderr whatever the configuration
 * says; twice: also log messages), -v (debug log).  Returns the exit status.
 */
int	 child_main(const struct child_ops *ops, int argc, char *argv[]);

/*
 * Send to the parent; does nothing if the parent is gone.  fd, if not -1, is
 * taken over.
 */
void	 child_send(struct child *c, enum msg_type type, uint32_t id, int fd,
	    struct slice data);

/*
 * For auth: tell the parent that the channel to a peer has ended, so that it
 * ends that process if it still runs.  broken: the peer broke the rules.
 */
void	 child_lost(struct child *c, uint32_t life, bool broken);

/*
 * Say goodbye to clients and end as if the parent had said so, because this
 * process can't serve any more.  The parent forks another when it needs one.
 */
void	 child_end(struct child *c);

/* End the event loop; child_main() then ends the process. */
void	 child_stop(struct child *c);

#endif
