/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* This runs as root.  The log of the daemon; see parent_log.h. */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_log.h"

struct parent_log {
	const char	*program;
	pid_t		 pid;
	int		 fd;
	struct event	*ev;
	size_t		 len;		/* of a line that has no end yet */
	char		 line[4096];
};

static int
log_open(const char *path)
{
	int fd;

	/* O_NONBLOCK: no process may wait for the reader of a FIFO. */
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fd == -1)
		log_warn("log %s: %s", path, strerror(errno));
	return fd;
}

/*
 * Point stderr to the log file.  If the log does not go to a file, point stderr
 * back to where it led when the parent was started.
 */
void
parent_log_start(const struct conf *conf)
{
	static int first = -1;
	enum log_level level = parent.verbose ? LOG_LEVEL_DEBUG :
	    (enum log_level)conf->log_level;
	int fd;

	if (first == -1)
		first = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	if (parent.foreground || conf->log_to[0] != '/')
		(void)dup2(first, STDERR_FILENO);
	else if ((fd = log_open(conf->log_to)) == -1)
		return;
	else {
		(void)dup2(fd, STDERR_FILENO);
		(void)close(fd);
	}
	if (!parent.foreground && strcmp(conf->log_to, "syslog") == 0)
		log_init(parent.service->daemon, LOG_DEST_SYSLOG, -1, level);
	else
		log_init(parent.service->daemon, LOG_DEST_FD, STDERR_FILENO,
		    level);
}

static void
put(const struct parent_log *l, const char *line, size_t len)
{
	log_child(l->program, (long)l->pid, slice_make(line, len));
}

/* Log the lines that are complete, or that fill the buffer. */
static void
put_lines(struct parent_log *l)
{
	const char *at = l->line, *end = l->line + l->len, *nl;

	while ((nl = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		put(l, at, (size_t)(nl - at));
		at = nl + 1;
	}
	if ((size_t)(end - at) == sizeof(l->line)) {
		put(l, at, sizeof(l->line));
		at = end;
	}
	l->len = (size_t)(end - at);
	memmove(l->line, at, l->len);
}

/*
 * Read once.  Returns 1; 0 if there is nothing now; or -1 if nothing will come,
 * since no process has the other end.
 */
static int
take(struct parent_log *l)
{
	ssize_t n = read(l->fd, l->line + l->len, sizeof(l->line) - l->len);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	l->len += (size_t)n;
	put_lines(l);
	return n > 0 ? 1 : -1;
}

/*
 * One read in a turn: a child that writes without end keeps nobody out, even if
 * each octet is a line.
 */
static void
on_written(int fd, short what, void *arg)
{
	struct parent_log *l = arg;

	(void)fd;
	(void)what;
	if (take(l) == -1)
		(void)event_del(l->ev);
}

struct parent_log *
parent_log_new(const char *program, pid_t pid, int fd)
{
	struct parent_log *l = xcalloc(1, sizeof(*l));

	l->program = program;
	l->pid = pid;
	l->fd = fd;
	l->ev = event_new(parent.base, fd, EV_READ | EV_PERSIST, on_written, l);
	if (l->ev == NULL || event_add(l->ev, NULL) == -1)
		log_fatal("event");
	return l;
}

/*
 * What is in the pipe has an end, unless another process has got hold of the
 * other end: a pipe has at most a megabyte.
 */
void
parent_log_free(struct parent_log *l)
{
	if (l == NULL)
		return;
	for (int i = 0; i < (1 << 20) / (int)sizeof(l->line); i++)
		if (take(l) != 1)
			break;
	if (l->len > 0)
		put(l, l->line, l->len);
	event_free(l->ev);
	(void)close(l->fd);
	free(l);
}
