/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The key of invented SCRAM secrets; see parent_secret.h.
 *
 * The file is beside the configuration, so that both daemons find the same one,
 * and is made by the first that needs it.  Without a key that lasts, the salts
 * of unknown names would change with each start, and those of users do not.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/conf/conf_mech.h"
#include "common/parent/material.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_secret.h"
#include "common/proc/msg.h"

#define NAME	"scram.key"

/* Why a file must not be used, or NULL. */
static const char *
file_fault(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != geteuid() || (st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "must belong to root, with mode 0600";
	if (st->st_size != 0 && st->st_size != FAKES_KEY_LEN)
		return "does not have 32 octets; remove it to get a new one";
	return NULL;
}

/* Read the key, or write it if the file is empty. */
static int
key_get(int fd, bool is_new, unsigned char *key)
{
	unsigned char bytes[FAKES_KEY_LEN];
	int ret = -1;

	errno = EIO;
	if (is_new) {
		random_bytes(bytes, sizeof(bytes));
		if (pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
		    fsync(fd) == 0)
			ret = 0;
	} else if (pread(fd, bytes, sizeof(bytes), 0) == sizeof(bytes))
		ret = 0;
	if (ret == 0)
		memcpy(key, bytes, sizeof(bytes));
	explicit_bzero(bytes, sizeof(bytes));
	return ret;
}

int
parent_secret_load(const char *path, unsigned char *key)
{
	const char *fault = NULL;
	struct stat st;
	int fd, ret = -1;

	/* O_NONBLOCK: never wait for the writer of a FIFO. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    0600);
	/* The lock is for the other daemon, which starts at the same time. */
	if (fd != -1 && flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 &&
	    (fault = file_fault(&st)) == NULL)
		ret = key_get(fd, st.st_size == 0, key);
	if (ret == -1)
		log_warn("%s: %s", path, fault != NULL ? fault :
		    strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return ret;
}

void
parent_secret_send(struct kid *k)
{
	static unsigned char key[FAKES_KEY_LEN];
	static bool has_key;
	const char *conf = parent.conf_path, *slash = strrchr(conf, '/');
	char path[4096];
	int dir = slash == NULL ? 0 : (int)(slash - conf) + 1;

	if (!conf_has_mech(parent.m->conf, conf_mech_find(
	    SLICE_LIT("SCRAM-SHA-256"))))
		return;
	(void)snprintf(path, sizeof(path), "%.*s" NAME, dir, conf);
	if (!has_key && parent_secret_load(path, key) == -1) {
		log_warn("until the next start, a random key hides which users "
		    "exist from those who try SCRAM");
		random_bytes(key, sizeof(key));
	}
	has_key = true;
	(void)kid_send(k, MSG_FAKES_KEY, 0, -1, slice_make((const char *)key,
	    sizeof(key)));
}
