/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The log.  One fact is one line and one write(2), so that lines of several
 * processes do not mix.  A line is `session event key=value`.  Text from
 * clients goes through log_esc(), and lines that a stranger can provoke go
 * through log_limited().  Logging preserves errno.
 */
#ifndef COMMON_BASE_LOG_H
#define COMMON_BASE_LOG_H

#include <stdint.h>

#include "common/base/slice.h"

enum log_level {
	LOG_LEVEL_FATAL,	/* the process ends */
	LOG_LEVEL_WARN,		/* an admin must act */
	LOG_LEVEL_INFO,		/* an admin wants to know */
	LOG_LEVEL_DEBUG,	/* a developer wants to know */
};

enum log_dest {
	LOG_DEST_PLAIN,	/* stderr, the text only */
	LOG_DEST_STDERR,	/* stderr, with a timestamp */
	LOG_DEST_FD,		/* a descriptor, with a timestamp */
	LOG_DEST_PIPE,		/* stderr, to a parent that calls log_child() */
	LOG_DEST_SYSLOG,	/* facility mail */
};

/*
 * Set where lines go, and the least important level that is logged.  program
 * is copied and begins each line, with the pid.  fd is for LOG_DEST_FD, and is
 * not closed.  Before this call, lines of LOG_LEVEL_INFO and above go to
 * stderr.  Must be called again after fork(2), because of the pid.
 */
void	 log_init(const char *program, enum log_dest dest, int fd,
	    enum log_level level);

/*
 * Connect to syslogd now, so that log_init() can choose LOG_DEST_SYSLOG later,
 * when a chroot hides its socket.
 */
void	 log_reserve_syslog(void);

/* Log a line at the level in the name.  The text has no newline at its end. */
void	 log_warn(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2)));
void	 log_info(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2)));
void	 log_debug(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2)));

/* Log a line and call _exit(1), which runs no atexit(3) handlers. */
void	 log_fatal(const char *fmt, ...)
	    __attribute__((__format__(printf, 1, 2), __noreturn__));

/*
 * Log a line that a child has written to its end of a pipe, without the newline
 * at its end.  When it was written, and by whom, is what we know, and not what
 * the child says.  The text is the child's, with all that does not print
 * escaped.  A line without a level, such as one of libc, is a warning.
 *
 * program   name of the child, as in log_init()
 */
void	 log_child(const char *program, long pid, struct slice line);

/*
 * Make client bytes printable: control characters, bytes over 126, quotes and
 * backslashes become \xNN, and what is longer than 80 characters is cut and
 * ends in "...".  The result is in a ring of eight per thread, enough for the
 * arguments of one line.
 */
const char	*log_esc(struct slice s);

/* Octets that log_esc_to() may write after the text: "..." and a NUL. */
#define LOG_ESC_END	4

/*
 * The same into memory of the caller, max + LOG_ESC_END octets at dst.
 *
 * also   octets that are escaped although they print
 */
void		 log_esc_to(char *dst, size_t max, struct slice s,
		    const char *also);

/* The state of one call site of log_limited(). */
struct log_limit {
	uint64_t	start_ms;	/* of the current period; 0: none */
	unsigned int	count;		/* lines written in the period */
	unsigned int	dropped;	/* lines dropped, not reported yet */
};

/* How many lines a call site may write in a period, and the period's length. */
#define LOG_LIMIT_LINES		10
#define LOG_LIMIT_PERIOD_MS	10000

/* The function behind log_limited(). */
void	 log_limited_at(struct log_limit *limit, enum log_level level,
	    const char *fmt, ...)
	    __attribute__((__format__(printf, 3, 4)));

/*
 * Log a line that a stranger can provoke.  Each call site writes up to
 * LOG_LIMIT_LINES in a period; the number of lines dropped is added to the
 * next line that is written, as "(repeated N times)".
 */
#define log_limited(level, ...) do {					\
	static struct log_limit log_limit_here;				\
	log_limited_at(&log_limit_here, level, __VA_ARGS__);		\
} while (0)

#endif
