/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The log.  A line is built in one buffer on the stack and written with one
 * write(2).  A line that does not fit is cut.  A line that cannot be written
 * is lost: a server does not stop because its log is full.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/timer.h"

#define LOG_LINE_MAX	1024	/* below PIPE_BUF: atomic on a pipe, too */
#define LOG_HEAD_MAX	128	/* what log_child() puts before such a line */
#define LOG_ESC_MAX	80	/* characters of client text */
#define LOG_ESC_RING	8

static struct {
	char		program[32];
	enum log_dest	dest;
	int		fd;
	enum log_level	level;
	long		pid;	/* kept to save a system call per line */
} log_state = { "", LOG_DEST_STDERR, STDERR_FILENO, LOG_LEVEL_INFO, 0 };

static const char *const level_names[] = {
	[LOG_LEVEL_FATAL] = "fatal: ",
	[LOG_LEVEL_WARN] = "warning: ",
	[LOG_LEVEL_INFO] = "",
	[LOG_LEVEL_DEBUG] = "debug: ",
};

static const int level_priorities[] = {
	[LOG_LEVEL_FATAL] = LOG_CRIT,
	[LOG_LEVEL_WARN] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void
log_init(const char *program, enum log_dest dest, int fd,
    enum log_level level)
{
	(void)strlcpy(log_state.program, program, sizeof(log_state.program));
	log_state.dest = dest;
	log_state.fd = dest == LOG_DEST_FD ? fd : STDERR_FILENO;
	log_state.level = level;
	log_state.pid = (long)getpid();
	if (dest == LOG_DEST_SYSLOG)
		openlog(log_state.program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
log_reserve_syslog(void)
{
	openlog(NULL, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

/* Print "2026-01-31T12:00:00.123Z imapd[17]: ".  UTC needs no zone file. */
static size_t
put_head(char *line, size_t size, const char *program, long pid)
{
	struct timespec ts;
	struct tm tm;
	size_t len;
	int n;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (gmtime_r(&ts.tv_sec, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	len = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &tm);
	n = snprintf(line + len, size - len, ".%03ldZ %s[%ld]: ",
	    ts.tv_nsec / 1000000, program, pid);
	return n > 0 ? len + (size_t)n : len;
}

/* Write out a line of len octets and room for one more, or its text. */
static void
put_line(enum log_level level, char *line, size_t len, const char *text)
{
	int saved = errno;

	if (log_state.dest == LOG_DEST_SYSLOG)
		syslog(level_priorities[level], "%s", text);
	else {
		/* The newline replaces the NUL. */
		line[len++] = '\n';
		(void)!write(log_state.fd, line, len);
	}
	errno = saved;
}

static void
vlog(enum log_level level, unsigned int repeated, const char *fmt,
    va_list ap)
{
	char line[LOG_LINE_MAX], *text;
	size_t len = 0, room;
	int n, saved = errno;

	if (level > log_state.level)
		return;
	if (log_state.pid == 0)
		log_state.pid = (long)getpid();
	if (log_state.dest == LOG_DEST_STDERR ||
	    log_state.dest == LOG_DEST_FD)
		len = put_head(line, sizeof(line) / 2, log_state.program,
		    log_state.pid);
	text = line + len;
	if (log_state.dest == LOG_DEST_PIPE) {
		line[len++] = (char)('0' + (int)level);
		line[len++] = ' ';
	} else if (log_state.dest != LOG_DEST_PLAIN)
		len += strlcpy(line + len, level_names[level],
		    sizeof(line) - len);
	errno = saved;
	room = sizeof(line) - len;
	n = vsnprintf(line + len, room, fmt, ap);
	if (n > 0)
		len += (size_t)n < room ? (size_t)n : room - 1;
	if (repeated > 0) {
		room = sizeof(line) - len;
		n = snprintf(line + len, room, " (repeated %u times)",
		    repeated);
		if (n > 0)
			len += (size_t)n < room ? (size_t)n : room - 1;
	}
	put_line(level, line, len, text);
	errno = saved;
}

void
log_child(const char *program, long pid, struct slice s)
{
	char line[LOG_HEAD_MAX + LOG_LINE_MAX];
	enum log_level level = LOG_LEVEL_WARN;
	size_t len;

	if (s.len > 1 && s.p[0] >= '0' && s.p[0] <= '0' + LOG_LEVEL_DEBUG &&
	    s.p[1] == ' ') {
		level = (enum log_level)(s.p[0] - '0');
		s = slice_from(s, 2);
	}
	if (level > log_state.level)
		return;
	if (log_state.dest == LOG_DEST_SYSLOG)
		len = (size_t)snprintf(line, LOG_HEAD_MAX, "%s[%ld]: ", program,
		    pid);
	else
		len = put_head(line, LOG_HEAD_MAX, program, pid);
	len += strlcpy(line + len, level_names[level], sizeof(line) - len);
	log_esc_to(line + len, sizeof(line) - len - LOG_ESC_END, s, "");
	len += strlen(line + len);
	put_line(level, line, len, line);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_WARN, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
log_fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_FATAL, 0, fmt, ap);
	va_end(ap);
	_exit(1);
}

/*
 * Count a line.  Returns whether it may be written, and how many lines were
 * dropped before it.
 */
static bool
within_limit(struct log_limit *limit, unsigned int *dropped)
{
	/* The threads of a process share its call sites. */
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	uint64_t now = timer_ms();
	bool yes;

	(void)pthread_mutex_lock(&mutex);
	if (limit->start_ms == 0 ||
	    now - limit->start_ms >= LOG_LIMIT_PERIOD_MS) {
		limit->start_ms = now;
		limit->count = 0;
	}
	yes = limit->count < LOG_LIMIT_LINES;
	*dropped = limit->dropped;
	if (yes) {
		limit->count++;
		limit->dropped = 0;
	} else
		limit->dropped++;
	(void)pthread_mutex_unlock(&mutex);
	return yes;
}

void
log_limited_at(struct log_limit *limit, enum log_level level,
    const char *fmt, ...)
{
	unsigned int dropped;
	va_list ap;

	if (level > log_state.level || !within_limit(limit, &dropped))
		return;
	va_start(ap, fmt);
	vlog(level, dropped, fmt, ap);
	va_end(ap);
}

void
log_esc_to(char *dst, size_t max, struct slice s, const char *also)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = c >= ' ' && c <= '~' && strchr(also, c) == NULL;

		if (n + (plain ? 1 : 4) > max) {
			memcpy(dst + n, "...", 3);
			n += 3;
			break;
		}
		if (plain)
			dst[n++] = (char)c;
		else {
			dst[n++] = '\\';
			dst[n++] = 'x';
			dst[n++] = hex[c >> 4];
			dst[n++] = hex[c & 15];
		}
	}
	dst[n] = '\0';
}

const char *
log_esc(struct slice s)
{
	static _Thread_local char ring[LOG_ESC_RING]
	    [LOG_ESC_MAX + LOG_ESC_END];
	static _Thread_local unsigned int turn;
	char *dst = ring[turn++ % LOG_ESC_RING];

	log_esc_to(dst, LOG_ESC_MAX, s, "\"\\");
	return dst;
}
