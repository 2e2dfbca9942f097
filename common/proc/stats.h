/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a daemon has done since it started, as a table of counters.
 *
 * Each child has a copy of the table in memory that it shares with the parent
 * alone: the child writes, the parent reads.  So counting is a load and a
 * store, without a lock, a message or a cache line that two processes write.
 * When a child ends, in whatever way, the parent adds its counters to a sum,
 * so that a crash loses nothing.  A gauge tells what is open now, and goes
 * with its process.
 *
 * A child can lie about its own numbers and touches nobody else's.
 */

#ifndef COMMON_PROC_STATS_H
#define COMMON_PROC_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* X(name, kind, text), in the order in which they are printed. */
#define STATS(X)							\
	X(CONNECTIONS, STATS_COUNTER, "connections",			\
	    "connections accepted")					\
	X(CONNECTIONS_REFUSED, STATS_COUNTER, "connections_refused",	\
	    "connections closed because there were too many")		\
	X(TLS_FAILED, STATS_COUNTER, "tls_failed",			\
	    "TLS handshakes that failed or were not finished")		\
	X(LOGINS, STATS_COUNTER, "logins",				\
	    "logins accepted")						\
	X(LOGINS_FAILED, STATS_COUNTER, "logins_failed",		\
	    "logins refused, for whatever reason")			\
	X(SESSIONS_OPEN, STATS_GAUGE, "sessions_open",			\
	    "sessions that are open now")				\
	X(COMMANDS, STATS_COUNTER, "commands",				\
	    "commands after login")					\
	X(OCTETS_IN, STATS_COUNTER, "octets_in",			\
	    "octets received from clients, without TLS")		\
	X(OCTETS_OUT, STATS_COUNTER, "octets_out",			\
	    "octets sent to clients, without TLS")			\
	X(MESSAGES_APPENDED, STATS_COUNTER, "messages_appended",	\
	    "messages stored by APPEND")				\
	X(MESSAGES_FETCHED, STATS_COUNTER, "messages_fetched",		\
	    "messages of which text was sent (BODY[...], RETR, TOP)")	\
	X(MESSAGES_EXPUNGED, STATS_COUNTER, "messages_expunged",	\
	    "messages removed by EXPUNGE, CLOSE or QUIT")

#define STATS_ENUM(id, kind, name, text)	STAT_##id,
enum stat_id {
	STATS(STATS_ENUM)
	STAT_MAX
};
#undef STATS_ENUM

enum stats_kind {
	STATS_COUNTER,	/* only grows */
	STATS_GAUGE	/* what there is now */
};

struct stats_row {
	const char	*name;
	const char	*text;	/* for people: a help line */
	enum stats_kind	 kind;
};

extern const struct stats_row stats_rows[STAT_MAX];

/* The table that is shared.  Relaxed: a moment old is as good. */
struct stats {
	_Atomic uint64_t n[STAT_MAX];
};

/*
 * Make a table, all zero, for the parent to read.
 *
 * fd   the descriptor to be sent to the child, close-on-exec
 *
 * Returns the table, to be given to stats_close(), or NULL with errno set.
 */
const struct stats *stats_open(int *fd);

/* Let go of a table that the parent has. */
void	 stats_close(const struct stats *s);

/*
 * Count in the table of this descriptor from now on, which is closed; for a
 * child.  What was counted before is added.  Returns 0, or -1 with errno set
 * and the process going on to count for itself.
 */
int	 stats_share(int fd);

/* Add to a counter of this process.  For the thread of the event loop. */
void	 stats_add(enum stat_id id, uint64_t n);

/* Set a gauge of this process. */
void	 stats_set(enum stat_id id, uint64_t n);

/*
 * Add the table of a process to a sum.
 *
 * ended   the process has gone, and with it what its gauges told
 */
void	 stats_sum(uint64_t sum[STAT_MAX], const struct stats *s, bool ended);

#endif
