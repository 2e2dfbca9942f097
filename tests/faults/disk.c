/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Disks after a power cut; see disk.h. */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"
#include "tests/faults/disk.h"
#include "tests/unit/shim.h"

#define PAGE		4096
#define CHANGES_MAX	4096
#define PIECES_MAX	8192
#define FILES_MAX	512
#define BYTES_MAX	((size_t)512 << 20)

/* A file or folder, by inode. */
struct file {
	uint64_t	 ino;
	bool		 folder;
	mode_t		 mode;
	char		*data;
	size_t		 len;
};

/* A name in a folder. */
struct entry {
	uint64_t	 folder;
	uint64_t	 ino;		/* 0: removed */
	char		 name[256];
};

/* A set of files and names. */
struct tree {
	struct file	 files[FILES_MAX];
	size_t		 nfiles;
	struct entry	 entries[FILES_MAX * 2];
	size_t		 nentries;
};

struct change {
	unsigned int	 call;
	uint64_t	 ino;
	uint64_t	 folder;	/* of the path */
	uint64_t	 to_folder;
	char		 name[256];
	char		 to[256];
	char		 path[256];	/* below the root */
	const char	*data;
	size_t		 len;
	size_t		 off;
	size_t		 begun;		/* changes done when a sync began */
	mode_t		 mode;		/* of what it has made; 0: nothing */
	struct world	 world;		/* when it ended */
};

/* One thing that is on disk or not. */
struct piece {
	size_t		 change;
	size_t		 off;		/* the part of a write */
	size_t		 len;
	bool		 synced;
};

static struct record {
	char		 root[64];
	uint64_t	 root_ino;
	struct tree	 before;	/* synced when the script began */
	struct change	 changes[CHANGES_MAX];
	size_t		 nchanges;
	size_t		 used;		/* of bytes */
	char		 bytes[BYTES_MAX];
} *r;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct piece	 pieces[PIECES_MAX];
static size_t		 npieces;
static size_t		 nloose;	/* pieces that are not synced */
static struct tree	 now;		/* the disk that is built */
static uint64_t		 inodes[FILES_MAX][2];	/* new and old */
static size_t		 ninodes;

static void
die(const char *what)
{
	perror(what);
	abort();
}

size_t
disk_size(void)
{
	return sizeof(*r);
}

void
disk_new(void *memory)
{
	r = memory;
}

static char *
take_bytes(size_t len)
{
	char *p = r->bytes + r->used;

	if (len > BYTES_MAX - r->used)
		die("record");
	r->used += len;
	return p;
}

static void
read_file(struct file *f, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd == -1 || fstat(fd, &st) == -1)
		die(path);
	f->len = (size_t)st.st_size;
	f->data = take_bytes(f->len);
	if (read(fd, f->data, f->len) != (ssize_t)f->len)
		die(path);
	(void)close(fd);
}

/* Add what is at a path to the tree, and all below it. */
static uint64_t
read_tree(struct tree *t, const char *path)
{
	char below[512];
	struct dirent *e;
	struct stat st;
	struct file *f;
	struct entry *entry;
	DIR *d;

	if (lstat(path, &st) == -1)
		die(path);
	if (t->nfiles == FILES_MAX)
		die("files");
	f = &t->files[t->nfiles++];
	*f = (struct file){ .ino = st.st_ino, .folder = S_ISDIR(st.st_mode),
	    .mode = st.st_mode & 0777 };
	if (S_ISREG(st.st_mode))
		read_file(f, path);
	if (!f->folder)
		return st.st_ino;
	d = opendir(path);
	if (d == NULL)
		die(path);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		entry = &t->entries[t->nentries++];
		entry->folder = st.st_ino;
		(void)snprintf(entry->name, sizeof(entry->name), "%s",
		    e->d_name);
		entry->ino = read_tree(t, below);
	}
	(void)closedir(d);
	return st.st_ino;
}

/* Split a path into the inode of its folder and the name in it. */
static uint64_t
split(const char *path, char *name, size_t size)
{
	char folder[512];
	const char *slash = strrchr(path, '/');
	struct stat st;

	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path),
	    path);
	(void)snprintf(name, size, "%s", slash + 1);
	return stat(folder, &st) == -1 ? 0 : st.st_ino;
}

static mode_t
mode_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 ? 0 : st.st_mode;
}

static size_t
on_begin(void)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = r->nchanges;
	pthread_mutex_unlock(&lock);
	return n;
}

static void
on_done(const struct shim_change *sc)
{
	struct change *c;

	/* Others rebuild the shared memory of the index. */
	if (strstr(sc->path, "-shm") != NULL)
		return;
	pthread_mutex_lock(&lock);
	if (r->nchanges == CHANGES_MAX)
		die("changes");
	c = &r->changes[r->nchanges];
	*c = (struct change){ .call = sc->call, .ino = sc->ino, .len = sc->len,
	    .off = sc->off, .begun = sc->begun, .world = *w };
	(void)snprintf(c->path, sizeof(c->path), "%s",
	    sc->path + strlen(r->root));
	if ((sc->call & (SHIM_WRITE | SHIM_SYNC | SHIM_TRUNCATE)) == 0)
		c->folder = split(sc->path, c->name, sizeof(c->name));
	if (sc->to[0] != '\0')
		c->to_folder = split(sc->to, c->to, sizeof(c->to));
	if (sc->call == SHIM_OPEN || sc->call == SHIM_MKDIR)
		c->mode = mode_at(sc->path);
	if (sc->call == SHIM_WRITE) {
		char *p = take_bytes(sc->len);

		memcpy(p, sc->data, sc->len);
		c->data = p;
	}
	w->changes = ++r->nchanges;
	pthread_mutex_unlock(&lock);
}

void
disk_begin(const char *root)
{
	r->used = r->nchanges = w->changes = 0;
	memset(&r->before, 0, sizeof(r->before));
	(void)snprintf(r->root, sizeof(r->root), "%s", root);
	r->root_ino = read_tree(&r->before, root);
	shim_log(r->root, on_begin, on_done);
}

void
disk_end(void)
{
	shim_log(NULL, NULL, NULL);
}

size_t
disk_changes(void)
{
	return r->nchanges;
}

const struct world *
disk_world(size_t change)
{
	return change < r->nchanges ? &r->changes[change].world : w;
}

const char *
disk_path(size_t change)
{
	return change < r->nchanges ? r->changes[change].path : "(end)";
}

/* Whether a sync puts a change on disk. */
static bool
covers(const struct change *sync, size_t n)
{
	const struct change *c = &r->changes[n];

	if (sync->call != SHIM_SYNC || n >= sync->begun)
		return false;
	if ((c->call & (SHIM_WRITE | SHIM_TRUNCATE)) != 0)
		return sync->ino == c->ino;
	return sync->ino == c->folder ||
	    (c->to_folder != 0 && sync->ino == c->to_folder);
}

static void
add_piece(size_t change, size_t off, size_t len, bool synced)
{
	if (npieces == PIECES_MAX)
		die("pieces");
	pieces[npieces++] = (struct piece){ change, off, len, synced };
	nloose += !synced;
}

/* How many of the first changes the index on disk has after a cut. */
static size_t
index_synced(size_t change)
{
	const struct change *c;
	size_t n = 0;

	for (size_t s = 0; s < change; s++) {
		c = &r->changes[s];
		if (c->call == SHIM_SYNC && c->begun > n &&
		    strstr(c->path, "index.db-wal") != NULL)
			n = c->begun;
	}
	return n;
}

size_t
disk_cut(size_t change)
{
	const struct change *c;
	size_t off, len;
	bool synced;

	w->synced = index_synced(change);
	npieces = nloose = 0;
	for (size_t n = 0; n < change; n++) {
		c = &r->changes[n];
		if (c->call == SHIM_SYNC)
			continue;
		synced = false;
		for (size_t s = n + 1; s < change && !synced; s++)
			synced = covers(&r->changes[s], n);
		if (c->call != SHIM_WRITE) {
			add_piece(n, 0, 0, synced);
			continue;
		}
		for (off = c->off; off < c->off + c->len; off += len) {
			len = PAGE - off % PAGE;
			if (len > c->off + c->len - off)
				len = c->off + c->len - off;
			add_piece(n, off, len, synced);
		}
	}
	return nloose;
}

/*
 * The mode of an inode that the script has made, or 0.  Its first name may not
 * be on disk, but no file system has the name that it was given by a rename
 * without its inode.
 */
static mode_t
made_mode(uint64_t ino)
{
	for (size_t i = 0; i < r->nchanges; i++)
		if (r->changes[i].mode != 0 && r->changes[i].ino == ino)
			return r->changes[i].mode;
	return 0;
}

static struct file *
find_file(uint64_t ino)
{
	struct file *f;
	mode_t mode = made_mode(ino);

	for (size_t i = 0; i < now.nfiles; i++)
		if (now.files[i].ino == ino)
			return &now.files[i];
	if (now.nfiles == FILES_MAX)
		die("files");
	f = &now.files[now.nfiles++];
	*f = (struct file){ .ino = ino, .folder = S_ISDIR(mode),
	    .mode = mode != 0 ? mode & 0777 : 0600 };
	return f;
}

/* The name in a folder; it is added with inode 0 if it does not exist. */
static struct entry *
find_entry(uint64_t folder, const char *name)
{
	struct entry *e;

	for (size_t i = 0; i < now.nentries; i++) {
		e = &now.entries[i];
		if (e->folder == folder && strcmp(e->name, name) == 0)
			return e;
	}
	if (now.nentries == NROWS(now.entries))
		die("entries");
	e = &now.entries[now.nentries++];
	e->folder = folder;
	e->ino = 0;
	(void)snprintf(e->name, sizeof(e->name), "%s", name);
	return e;
}

static void
resize(struct file *f, size_t len)
{
	char *p = calloc(1, len + 1);

	if (p == NULL)
		die("calloc");
	if (f->len > 0)
		memcpy(p, f->data, f->len < len ? f->len : len);
	/* What was there is freed with the process that builds the disk. */
	f->data = p;
	f->len = len;
}

static void
write_piece(const struct change *c, const struct piece *p)
{
	struct file *f = find_file(c->ino);

	resize(f, f->len > p->off + p->len ? f->len : p->off + p->len);
	memcpy(f->data + p->off, c->data + (p->off - c->off), p->len);
}

/* Do what a change did, or a piece of it. */
static void
redo(const struct piece *p)
{
	const struct change *c = &r->changes[p->change];

	switch (c->call) {
	case SHIM_WRITE:
		write_piece(c, p);
		break;
	case SHIM_TRUNCATE:
		resize(find_file(c->ino), c->len);
		break;
	case SHIM_OPEN:
	case SHIM_MKDIR:
		resize(find_file(c->ino), 0);
		find_entry(c->folder, c->name)->ino = c->ino;
		break;
	case SHIM_RENAME:
		find_entry(c->folder, c->name)->ino = 0;
		find_entry(c->to_folder, c->to)->ino = c->ino;
		break;
	case SHIM_LINK:
		find_entry(c->to_folder, c->to)->ino = c->ino;
		break;
	case SHIM_UNLINK:
		find_entry(c->folder, c->name)->ino = 0;
		break;
	default:
		break;
	}
}

static uint64_t
old_inode(uint64_t ino)
{
	for (size_t i = 0; i < ninodes; i++)
		if (inodes[i][0] == ino)
			return inodes[i][1];
	return ino;
}

static void
note_inode(const char *path, uint64_t old)
{
	struct stat st;

	if (stat(path, &st) == -1)
		die(path);
	if (ninodes == FILES_MAX)
		die("inodes");
	inodes[ninodes][0] = st.st_ino;
	inodes[ninodes++][1] = old;
}

static void
write_file(const char *path, const struct file *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || fchmod(fd, f->mode) == -1 ||
	    write(fd, f->data, f->len) != (ssize_t)f->len)
		die(path);
	(void)close(fd);
	note_inode(path, f->ino);
}

static void
write_folder(const char *path, uint64_t ino)
{
	char below[512];
	const struct file *f;

	if (mkdir(path, 0700) == -1)
		die(path);
	note_inode(path, ino);
	for (size_t i = 0; i < now.nentries; i++) {
		if (now.entries[i].folder != ino || now.entries[i].ino == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path,
		    now.entries[i].name);
		f = find_file(now.entries[i].ino);
		if (f->folder)
			write_folder(below, f->ino);
		else if (strstr(below, "-shm") == NULL)
			write_file(below, f);
	}
}

void
disk_build(const char *root, bool (*has)(size_t piece))
{
	size_t loose = 0;

	ninodes = 0;
	now = r->before;
	for (size_t i = 0; i < npieces; i++)
		if (pieces[i].synced || has(loose++))
			redo(&pieces[i]);
	write_folder(root, r->root_ino);
	shim_map_inodes(old_inode);
}
