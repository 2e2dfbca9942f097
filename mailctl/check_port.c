/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checks whether the ports of the listeners can be bound.  If not, finds the
 * program that uses them, on systems that have /proc.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mailctl/check.h"

/* The inode of the socket that listens on a port, or 0. */
static unsigned long
listening_inode(const char *table, uint16_t port)
{
	unsigned long inode, found = 0;
	unsigned int local, state;
	char line[512];
	FILE *fp;

	if ((fp = fopen(table, "re")) == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), fp) != NULL)
		if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x "
		    "%x %*s %*s %*s %*u %*u %lu", &local, &state, &inode) == 3
		    && state == 0x0a && local == port)
			found = inode;
	(void)fclose(fp);
	return found;
}

static bool
has_socket(const char *pid, unsigned long inode)
{
	const struct dirent *e;
	char path[PATH_MAX], link[64], want[64];
	ssize_t n;
	DIR *d;
	bool found = false;

	(void)snprintf(want, sizeof(want), "socket:[%lu]", inode);
	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	if ((d = opendir(path)) == NULL)
		return false;
	while (!found && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid,
		    e->d_name);
		if ((n = readlink(path, link, sizeof(link) - 1)) <= 0)
			continue;
		link[n] = '\0';
		found = strcmp(link, want) == 0;
	}
	(void)closedir(d);
	return found;
}

/* Find the pid and the name of the process that has a socket. */
static bool
find_process(unsigned long inode, char *pid, size_t pidsize, char *name,
    size_t namesize)
{
	const struct dirent *e;
	char path[PATH_MAX];
	DIR *d;
	FILE *fp;
	bool found = false;

	if (inode == 0 || (d = opendir("/proc")) == NULL)
		return false;
	while (!found && (e = readdir(d)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
		    !has_socket(e->d_name, inode))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		if ((fp = fopen(path, "re")) == NULL)
			continue;
		if (fgets(name, (int)namesize, fp) != NULL) {
			name[strcspn(name, "\n")] = '\0';
			(void)strlcpy(pid, e->d_name, pidsize);
			found = true;
		}
		(void)fclose(fp);
	}
	(void)closedir(d);
	return found;
}

static void
check_taken(struct check *c, const struct conf_listener *l)
{
	const char *own = conf_services[l->service].daemon;
	unsigned long inode;
	char pid[32], name[64], fix[256];

	inode = listening_inode("/proc/net/tcp6", l->port);
	if (inode == 0)
		inode = listening_inode("/proc/net/tcp", l->port);
	if (!find_process(inode, pid, sizeof(pid), name, sizeof(name))) {
		check_warn(c, "run mailctl check as root to see who uses it",
		    "port %u is in use", l->port);
		return;
	}
	if (strncmp(name, own, strlen(own)) == 0)
		return;		/* our own daemon is running */
	(void)snprintf(fix, sizeof(fix), "stop %s (process %s), or choose "
	    "another port", name, pid);
	check_error(c, fix, "%s:%d: port %u is in use by %s", l->where.file,
	    l->where.line, l->port, name);
}

static void
check_listener(struct check *c, const struct conf_listener *l)
{
	int fd, on = 1;

	fd = socket(l->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1) {
		if (!l->any)
			check_error(c, "remove the line, or enable this "
			    "address family", "%s:%d: %s", l->where.file,
			    l->where.line, strerror(errno));
		return;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (l->addr.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof(on));
	if (bind(fd, (const struct sockaddr *)&l->addr, l->addr_len) == 0 &&
	    listen(fd, 1) == 0) {
		(void)close(fd);
		return;
	}
	switch (errno) {
	case EADDRINUSE:
		check_taken(c, l);
		break;
	case EACCES:
		check_warn(c, "run mailctl check as root, like the daemons",
		    "%s:%d: only root may use port %u", l->where.file,
		    l->where.line, l->port);
		break;
	case EADDRNOTAVAIL:
		if (!l->any)
			check_error(c, "name an address of this host, or "
			    "\"*\"", "%s:%d: this host has no such "
			    "address", l->where.file, l->where.line);
		break;
	default:
		check_error(c, NULL, "%s:%d: port %u: %s", l->where.file,
		    l->where.line, l->port, strerror(errno));
	}
	(void)close(fd);
}

void
check_ports(struct check *c)
{
	for (size_t i = 0; i < c->conf->nlisteners; i++)
		check_listener(c, &c->conf->listeners[i]);
}
