/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Rule, hook and log of calls that touch files; see shim.h.  The functions of
 * libc that come here are in shim_calls.c.
 */

#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/shim.h"
#include "tests/unit/shim_state.h"

#define PATH_LEN	4352	/* a folder and a name in it */

/* True if there is a rule or a hook: everything else stays off until then. */
static atomic_bool	 active;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct shim_rule	 the_rule;	/* no calls if there is none */
static unsigned long	 seen;		/* calls that matched */
static unsigned long	 failed;
static struct shim_rule	 hook_on;	/* which calls the hook sees */
static int		(*hook_fn)(const struct shim_event *, void *);
static void		*hook_arg;
static unsigned int	 hooks_running;	/* in all threads */
static pthread_cond_t	 hook_ended = PTHREAD_COND_INITIALIZER;
static const char	*log_root;
static size_t		(*log_begin)(void);
static void		(*log_done)(const struct shim_change *);
static uint64_t		(*ino_map)(uint64_t);
static const char	*redirect_path;
static const char	*redirect_to;
static _Thread_local bool inside;	/* a hook itself is running */
static _Thread_local bool paused;

void
shim_set(const struct shim_rule *rule)
{
	pthread_mutex_lock(&lock);
	the_rule = *rule;
	seen = failed = 0;
	active = true;
	pthread_mutex_unlock(&lock);
}

void
shim_hook(unsigned int calls, const char *path,
    int (*fn)(const struct shim_event *ev, void *arg), void *arg)
{
	pthread_mutex_lock(&lock);
	hook_on = (struct shim_rule){ .calls = calls, .path = path };
	hook_fn = fn;
	hook_arg = arg;
	active = true;
	pthread_mutex_unlock(&lock);
}

void
shim_pause(bool on)
{
	paused = on;
}

void
shim_log(const char *root, size_t (*begin)(void),
    void (*done)(const struct shim_change *c))
{
	log_root = root;
	log_begin = begin;
	log_done = done;
}

void
shim_map_inodes(uint64_t (*fn)(uint64_t ino))
{
	ino_map = fn;
}

void
shim_redirect(const char *path, const char *instead)
{
	redirect_path = path;
	redirect_to = instead;
}

bool
shim_in_hook(void)
{
	return inside;
}

unsigned long
shim_clear(void)
{
	unsigned long n;

	pthread_mutex_lock(&lock);
	active = false;
	n = failed;
	the_rule = hook_on = (struct shim_rule){ 0 };
	hook_fn = NULL;
	failed = 0;
	while (hooks_running > (inside ? 1 : 0))
		(void)pthread_cond_wait(&hook_ended, &lock);
	pthread_mutex_unlock(&lock);
	return n;
}

unsigned long
shim_seen(void)
{
	unsigned long n;

	pthread_mutex_lock(&lock);
	n = seen;
	pthread_mutex_unlock(&lock);
	return n;
}

/* The path of a descriptor, as the kernel knows it now. */
static void
path_of_fd(int fd, char *out, size_t size)
{
	char link[64];
	long n;

	if (fd == AT_FDCWD)
		(void)snprintf(link, sizeof(link), "/proc/self/cwd");
	else
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, out, size - 1);
	out[n < 0 ? 0 : n] = '\0';
}

static void
path_at(int dirfd, const char *name, char *out, size_t size)
{
	size_t len;

	out[0] = '\0';
	if (name == NULL || name[0] != '/')
		path_of_fd(dirfd, out, size);
	len = strlen(out);
	if (name != NULL && name[0] != '\0')
		(void)snprintf(out + len, size - len, "%s%s",
		    name[0] == '/' ? "" : "/", name);
}

static bool
matches(const struct shim_rule *r, const struct shim_event *ev)
{
	return (r->calls & ev->call) != 0 && (r->path == NULL ||
	    strstr(ev->path, r->path) != NULL ||
	    strstr(ev->to, r->path) != NULL);
}

/* Whether this call, which matches the rule, is one of those that fail. */
static bool
is_due(void)
{
	unsigned long n = seen++;

	if (n < the_rule.skip)
		return false;
	if (the_rule.count != 0 && n - the_rule.skip >= the_rule.count)
		return false;
	failed++;
	return true;
}

/*
 * Call a hook for a call that fails with errnum, or not if that is 0.  Returns
 * how the call fails now.
 */
static int
run_hook(int (*fn)(const struct shim_event *, void *), void *arg,
    const struct shim_event *ev, int errnum)
{
	if (errnum == 0) {
		inside = true;
		errnum = fn(ev, arg);
		inside = false;
	}
	pthread_mutex_lock(&lock);
	hooks_running--;
	(void)pthread_cond_broadcast(&hook_ended);
	pthread_mutex_unlock(&lock);
	return errnum;
}

/*
 * Decide about a call.  Returns false, and sets errno, if it must fail.
 * Otherwise *len, which may be NULL, is cut for a short read or write.
 */
static bool
decide(const struct shim_event *ev, size_t *len)
{
	int (*fn)(const struct shim_event *, void *) = NULL;
	void *arg = NULL;
	int errnum = 0;

	pthread_mutex_lock(&lock);
	if (matches(&the_rule, ev) && is_due()) {
		errnum = the_rule.errnum;
		if (the_rule.short_len != 0 && len != NULL) {
			errnum = 0;
			if (*len > the_rule.short_len)
				*len = the_rule.short_len;
		}
	}
	if (hook_fn != NULL && matches(&hook_on, ev)) {
		fn = hook_fn;
		arg = hook_arg;
		hooks_running++;
	}
	pthread_mutex_unlock(&lock);
	if (fn != NULL)
		errnum = run_hook(fn, arg, ev, errnum);
	if (errnum == SHIM_SHORT) {
		if (len != NULL && *len > 1)
			*len = 1;
		return true;
	}
	if (errnum != 0)
		errno = errnum;
	return errnum == 0;
}

bool
shim_pass_at(unsigned int call, const char *fname, int dirfd, const char *name,
    int to_fd, const char *to)
{
	char path[PATH_LEN], new[PATH_LEN] = "";
	int saved = errno;

	if (!active || inside || paused)
		return true;
	path_at(dirfd, name, path, sizeof(path));
	if (to != NULL)
		path_at(to_fd, to, new, sizeof(new));
	errno = saved;
	return decide(&(struct shim_event){ call, fname, path, new }, NULL);
}

bool
shim_pass_fd(unsigned int call, const char *fname, int fd, size_t *len)
{
	char path[PATH_LEN];
	int saved = errno;

	if (!active || inside || paused)
		return true;
	path_at(fd, NULL, path, sizeof(path));
	errno = saved;
	return decide(&(struct shim_event){ call, fname, path, "" }, len);
}

size_t
shim_begin(void)
{
	size_t n = 0;

	if (log_begin != NULL && !inside) {
		inside = true;
		n = log_begin();
		inside = false;
	}
	return n;
}

/* Whether the log wants to know of this call, which returned rc. */
static bool
is_logged(int64_t rc)
{
	return log_done != NULL && !inside && rc >= 0;
}

static void
done(struct shim_change *c)
{
	struct stat st;
	int saved = errno;

	inside = true;
	if (c->ino == 0 && lstat(c->to[0] != '\0' ? c->to : c->path, &st) == 0)
		c->ino = st.st_ino;
	if (strncmp(c->path, log_root, strlen(log_root)) == 0)
		log_done(c);
	inside = false;
	errno = saved;
}

int
shim_done_at(int64_t rc, unsigned int call, size_t begun, int fd,
    const char *name, int to_fd, const char *to)
{
	char path[PATH_LEN], new[PATH_LEN] = "";

	if (!is_logged(rc))
		return (int)rc;
	path_at(fd, name, path, sizeof(path));
	if (to != NULL)
		path_at(to_fd, to, new, sizeof(new));
	done(&(struct shim_change){ .call = call, .path = path, .to = new,
	    .begun = begun });
	return (int)rc;
}

int64_t
shim_done_fd(int64_t rc, unsigned int call, size_t begun, int fd,
    const void *data, uint64_t len, int64_t off)
{
	char path[PATH_LEN];
	struct stat st;

	if (!is_logged(rc))
		return rc;
	path_at(fd, NULL, path, sizeof(path));
	if (syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) != 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return rc;
	if (call == SHIM_WRITE && off == -1)
		off = syscall(SYS_lseek, fd, 0, SEEK_CUR) - rc;
	done(&(struct shim_change){ .call = call, .path = path, .to = "",
	    .ino = st.st_ino, .data = data, .len = len, .off = (uint64_t)off,
	    .begun = begun });
	return rc;
}

bool
shim_pass(unsigned int call, const char *fname, const char *path)
{
	return shim_pass_at(call, fname, AT_FDCWD, path, -1, NULL);
}

const char *
shim_redirected(const char *path)
{
	return redirect_path != NULL && strcmp(path, redirect_path) == 0 ?
	    redirect_to : path;
}

bool
shim_is_logging(void)
{
	return log_done != NULL;
}

uint64_t
shim_inode(uint64_t ino)
{
	return ino_map != NULL ? ino_map(ino) : ino;
}
