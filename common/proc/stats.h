/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a daemon has done since its start, as a table of counters.
 *
 * Each child has a table of its own in memory that it shares only with the
 * parent: the child writes, the parent reads.  So counting is a load and a
 * store, without a lock, a message or a cache line that two processes write.
 * However a child ends, the parent then adds its counters to a sum, so that a
 * crash loses nothing.  A gauge is a number that is true only now, and ends
 * with its process.
 *
 * A child can falsify only its own numbers.
 */

#ifndef COMMON_PROC_STATS_H
#define COMMON_PROC_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* X(id, kind, name, text), in the order in which they are printed. */
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
	STATS_GAUGE	/* a current number; can fall */
};

struct stats_row {
	const char	*name;
	const char	*text;	/* a description for people */
	enum stats_kind	 kind;
};

extern const struct stats_row stats_rows[STAT_MAX];

/* The shared table.  Relaxed access: a value may be a moment old. */
struct stats {
	_Atomic uint64_t n[STAT_MAX];
	_Atomic uint64_t beat;	/* a child raises it while its loop turns */
};

/* Seconds between two beats, if the loop of a child turns. */
#define STATS_BEAT_S	10

/*
 * Make a table, all zero.  For the parent.
 *
 * fd   set to the descriptor for the child, close-on-exec
 *
 * Returns the table, to be passed to stats_close(), or NULL with errno set.
 */
const struct stats *stats_open(int *fd);

/* Show the parent that our loop turns. */
void	 stats_beat(void);

/* Unmap a table from stats_open(); NULL is allowed. */
void	 stats_close(const struct stats *s);

/*
 * For a child: count in the table of this descriptor from now on.  Closes the
 * descriptor, and copies what was counted before into the table.  Returns 0, or
 * -1 with errno set; then the process keeps counting in memory of its own.
 */
int	 stats_share(int fd);

/* Add to a counter of this process.  Only for the thread of the event loop. */
void	 stats_add(enum stat_id id, uint64_t n);

/* Set a gauge of this process.  Only for the thread of the event loop. */
void	 stats_set(enum stat_id id, uint64_t n);

/*
 * Add the table of a process to a sum.
 *
 * ended   the process has ended: leave out its gauges
 */
void	 stats_sum(uint64_t sum[STAT_MAX], const struct stats *s, bool ended);

#endif
