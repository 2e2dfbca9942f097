/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The log: one fact, one line, one write(2), so that lines of several
 * processes do not mix.  `session event key=value`; text of clients goes
 * through log_esc(), and what a stranger can provoke through log_limited().
 * errno is preserved by every function here.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdint.h>

#include "common/base/slice.h"

enum log_level {
	LOG_LEVEL_FATAL,	/* the process ends */
	LOG_LEVEL_WARN,		/* an admin must act */
	LOG_LEVEL_INFO,		/* an admin wants to know */
	LOG_LEVEL_DEBUG,	/* a developer wants to know */
};

enum log_dest {
	LOG_DEST_PLAIN,	/* stderr, the text alone: for who typed a command */
	LOG_DEST_STDERR,	/* with a timestamp */
	LOG_DEST_FD,		/* the same, to a given descriptor */
	LOG_DEST_SYSLOG,	/* facility mail */
};

/*
 * Say where lines go and which: those of level and above.  program is copied
 * and starts each line, with the pid.  fd is for LOG_DEST_FD, and is not
 * closed.  Before this call lines go to stderr at LOG_LEVEL_INFO.  After
 * fork(2) it is called again, for the pid.
 */
void	 log_init(const char *program, enum log_dest dest, int fd,
	    enum log_level level);

/*
 * Connect to syslogd now, so that log_init() may choose LOG_DEST_SYSLOG later,
 * when a chroot hides its socket.
 */
void	 log_reserve_syslog(void);

/* Log a line at its level; the text has no newline at its end. */
void	 log_warn(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2)));
void	 log_info(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2)));
void	 log_debug(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2)));

/* Log a line and exit(1) without running atexit handlers. */
void	 log_fatal(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2), __noreturn__));

/*
 * Printable text of client bytes: controls, bytes over 126, quotes and
 * backslashes become \xNN, and what is longer than 80 characters is cut with
 * "...".  The result is lent from a ring of eight per thread, enough for the
 * arguments of one line.
 */
const char	*log_esc(struct slice s);

/* One call site that is limited in rate: the state behind log_limited(). */
struct log_limit {
	uint64_t	start_ms;	/* of the current period, 0: none */
	unsigned int	count;		/* lines in it */
	unsigned int	dropped;	/* lines not written in it */
};

/* Lines that a call site may write in a period, and its length. */
#define LOG_LIMIT_LINES		10
#define LOG_LIMIT_PERIOD_MS	10000

/* The function behind log_limited(). */
void	 log_limited_at(struct log_limit *limit, enum log_level level,
	    const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/*
 * Log a line that a stranger can provoke: LOG_LIMIT_LINES a period from each
 * call site; what was dropped is told as "(repeated N times)" with the next
 * line that is written.
 */
#define log_limited(level, ...) do {					\
	static struct log_limit log_limit_here;				\
	log_limited_at(&log_limit_here, level, __VA_ARGS__);		\
} while (0)

#endif
