/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Files of a Maildir; see maildir.h. */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/num.h"
#include "common/base/random.h"
#include "common/base/table.h"
#include "storage/maildir/maildir.h"
#include "storage/types.h"

#define READ_SIZE	65536

/*
 * An empty file that tells a delivery agent of Maildir++ that the root with
 * the quota is the folder above.
 */
#define MARKER	"maildirfolder"

/* The letters of the system flags. */
static const struct {
	char		 letter;
	uint32_t	 flag;
} letters[] = {
	{ .letter = 'D', .flag = FLAG_DRAFT },
	{ .letter = 'F', .flag = FLAG_FLAGGED },
	{ .letter = 'R', .flag = FLAG_ANSWERED },
	{ .letter = 'S', .flag = FLAG_SEEN },
	{ .letter = 'T', .flag = FLAG_DELETED },
};

void
maildir_split(struct slice name, struct slice *base, struct slice *info)
{
	size_t at = slice_chr(name, ':');

	if (at == SLICE_NONE) {
		*base = name;
		*info = SLICE_EMPTY;
		return;
	}
	*base = slice_sub(name, 0, at);
	*info = slice_from(name, at + 1);
	if (info->p == NULL)
		info->p = "";
}

void
maildir_info_parse(struct slice info, uint32_t *system, uint32_t *keywords)
{
	*system = 0;
	*keywords = 0;
	if (!slice_starts(info, SLICE_LIT("2,")))
		return;
	for (size_t i = 2; i < info.len; i++) {
		char c = info.p[i];

		if (c >= 'a' && c <= 'z')
			*keywords |= 1U << (c - 'a');
		for (size_t k = 0; k < NROWS(letters); k++)
			if (letters[k].letter == c)
				*system |= letters[k].flag;
	}
}

/* The letters are in ASCII order, as other programs expect. */
int
maildir_info_print(struct slice old, uint32_t system, uint32_t keywords,
    uint32_t ours, struct buf *out)
{
	bool set[128] = { false };

	if (slice_starts(old, SLICE_LIT("2,")))
		for (size_t i = 2; i < old.len; i++)
			if ((unsigned char)old.p[i] < sizeof(set) &&
			    old.p[i] > ' ')
				set[(unsigned char)old.p[i]] = true;
	for (size_t k = 0; k < NROWS(letters); k++)
		set[(unsigned char)letters[k].letter] =
		    (system & letters[k].flag) != 0;
	for (int k = 0; k < MAILDIR_KEYWORDS; k++)
		if (ours & 1U << k)
			set['a' + k] = (keywords & 1U << k) != 0;
	if (buf_add_str(out, "2,") == -1)
		return -1;
	for (size_t c = 0; c < sizeof(set); c++)
		if (set[c] && buf_add_char(out, (char)c) == -1)
			return -1;
	return 0;
}

void
maildir_name_print(struct slice base, struct slice info,
    char name[MAILDIR_NAME_MAX])
{
	const size_t len_max = MAILDIR_NAME_MAX - 1;
	size_t room;

	room = base.len < len_max ? len_max - base.len - 1 : 0;
	if (room < 2)
		(void)snprintf(name, MAILDIR_NAME_MAX, "%.*s",
		    SLICE_ARG(base));
	else
		(void)snprintf(name, MAILDIR_NAME_MAX, "%.*s:%.*s",
		    SLICE_ARG(base), SLICE_ARG(slice_sub(info, 0, room)));
}

int64_t
maildir_name_time(struct slice base)
{
	size_t at = slice_chr(base, '.');
	uint64_t n;

	if (at == SLICE_NONE || num_parse_u64(slice_sub(base, 0, at),
	    &n) == -1 || n > UINT32_MAX)
		return 0;
	return (int64_t)n;
}

void
maildir_new_base(struct buf *out)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)buf_add_fmt(out, "%lld.M%ldP%ld.", (long long)ts.tv_sec,
	    ts.tv_nsec / 1000, (long)getpid());
	(void)random_hex(out, 8);
}

bool
maildir_size_of(struct slice base, uint64_t *size)
{
	struct slice field;

	while (slice_cut(&base, ',', &field))
		if (slice_starts(base, SLICE_LIT("S="))) {
			base = slice_from(base, 2);
			(void)slice_cut(&base, ',', &field);
			return num_parse_u64(field, size) == 0;
		}
	return false;
}

int
maildir_add_sizes(struct buf *out, uint64_t raw, uint64_t wire)
{
	return buf_add_fmt(out, ",S=%llu,W=%llu", (unsigned long long)raw,
	    (unsigned long long)wire);
}

bool
maildir_gone(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR;
}

int
maildir_next(DIR *dir, struct dirent **e)
{
	do {
		errno = 0;
		if ((*e = readdir(dir)) == NULL)
			return errno == 0 ? 0 : -1;
	} while (strcmp((*e)->d_name, ".") == 0 ||
	    strcmp((*e)->d_name, "..") == 0);
	return 1;
}

DIR *
maildir_open_names(int dir_fd, const char *name)
{
	DIR *dir;
	int fd, saved;

	if ((fd = maildir_open_dir(dir_fd, name)) == -1)
		return NULL;
	if ((dir = fdopendir(fd)) == NULL) {
		saved = errno;
		(void)close(fd);
		errno = saved;
	}
	return dir;
}

int
maildir_move(int from_fd, const char *from, int to_fd, const char *to)
{
#ifdef RENAME_NOREPLACE
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
#endif
	if (linkat(from_fd, from, to_fd, to, 0) == 0)
		return unlinkat(from_fd, from, 0);
	/* Folders have no hard links; only an empty one is replaced. */
	if (errno != EPERM && errno != EISDIR)
		return -1;
	return renameat(from_fd, from, to_fd, to);
}

int
maildir_open(int dir_fd, const char *name, struct stat *sb)
{
	int fd;

	fd = openat(dir_fd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, sb) == -1 || !S_ISREG(sb->st_mode)) {
		(void)close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

int
maildir_read_head(int dir_fd, const char *name, size_t len, struct buf *out)
{
	struct stat sb;
	ssize_t n = 1;
	char *room;
	int fd, saved = 0;

	if ((fd = maildir_open(dir_fd, name, &sb)) == -1)
		return -1;
	while (n > 0 && len > 0) {
		size_t want = len < READ_SIZE ? len : READ_SIZE;

		errno = EFBIG;
		n = buf_reserve(out, want, &room) == -1 ? -1 :
		    read(fd, room, want);
		if (n > 0) {
			buf_commit(out, (size_t)n);
			len -= (size_t)n;
		}
	}
	if (n == -1)
		saved = errno;
	(void)close(fd);
	errno = saved;
	return saved == 0 ? 0 : -1;
}

int
maildir_read_file(int dir_fd, const char *name, size_t max, struct buf *out)
{
	size_t start = buf_len(out);

	if (maildir_read_head(dir_fd, name, max + 1, out) == -1)
		return -1;
	if (buf_len(out) - start <= max)
		return 0;
	errno = EFBIG;
	return -1;
}

int
maildir_write(int fd, struct slice text)
{
	ssize_t n;

	while (text.len > 0) {
		n = write(fd, text.p, text.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		text = slice_from(text, (size_t)n);
	}
	return 0;
}

int
maildir_open_dir(int dir_fd, const char *name)
{
	return openat(dir_fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int
maildir_make(int dir_fd, const char *name)
{
	static const char *const subs[] = { "cur", "new", "tmp" };
	int fd;

	if (mkdirat(dir_fd, name, 0700) == -1 && errno != EEXIST)
		return -1;
	if ((fd = maildir_open_dir(dir_fd, name)) == -1)
		return -1;
	for (size_t i = 0; i < NROWS(subs); i++)
		if (mkdirat(fd, subs[i], 0700) == -1 && errno != EEXIST) {
			(void)close(fd);
			return -1;
		}
	return close(fd);
}

int
maildir_make_folder(int dir_fd, const char *name)
{
	int dir, fd = -1;

	if (maildir_make(dir_fd, name) == -1 ||
	    (dir = maildir_open_dir(dir_fd, name)) == -1)
		return -1;
	fd = openat(dir, MARKER, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	(void)close(dir);
	return fd == -1 ? -1 : close(fd);
}

/* Older than maildir_racy() asks for, even where a file system rounds. */
#define PAST_NS		10000000000

static int
make_old(int dir_fd, const char *name, int64_t *mtime)
{
	struct timespec times[2];
	int64_t past = maildir_now() - PAST_NS;
	int fd, rc;

	times[0].tv_sec = times[1].tv_sec = (time_t)(past / 1000000000);
	times[0].tv_nsec = times[1].tv_nsec = 0;
	if ((fd = maildir_open_dir(dir_fd, name)) == -1)
		return -1;
	rc = utimensat(fd, "cur", times, AT_SYMLINK_NOFOLLOW);
	if (rc == 0)
		rc = utimensat(fd, "new", times, AT_SYMLINK_NOFOLLOW);
	*mtime = maildir_mtime(fd, "cur");
	(void)close(fd);
	return rc;
}

int
maildir_make_aside(int dir_fd, const char *name, int aside_fd, int64_t *mtime)
{
	static const char aside[] = "folder.new";
	int saved;

	if (maildir_make_folder(aside_fd, aside) == 0 &&
	    make_old(aside_fd, aside, mtime) == 0 &&
	    maildir_move(aside_fd, aside, dir_fd, name) == 0)
		return 0;
	saved = errno;
	maildir_unmake(aside_fd, aside);
	errno = saved;
	return -1;
}

void
maildir_unmake(int dir_fd, const char *name)
{
	/* new/ first: a delivery may have come already, and then all stays. */
	static const char *const subs[] = { "new", "cur", "tmp" };
	char path[PATH_MAX];
	size_t n;

	/* By paths, since this also undoes what failed for want of open(2). */
	for (n = 0; n < NROWS(subs); n++) {
		(void)snprintf(path, sizeof(path), "%s/%s", name, subs[n]);
		if (unlinkat(dir_fd, path, AT_REMOVEDIR) == -1)
			break;
	}
	if (n == NROWS(subs)) {
		(void)snprintf(path, sizeof(path), "%s/%s", name, MARKER);
		(void)unlinkat(dir_fd, path, 0);
		(void)unlinkat(dir_fd, name, AT_REMOVEDIR);
		return;
	}
	while (n-- > 0) {
		(void)snprintf(path, sizeof(path), "%s/%s", name, subs[n]);
		(void)mkdirat(dir_fd, path, 0700);
	}
}

#define NS		1000000000

int64_t
maildir_file_time(const struct stat *sb)
{
	int64_t s = (int64_t)sb->st_mtim.tv_sec;
	int64_t ns;

	if (s >= INT64_MAX / NS)
		return INT64_MAX;
	if (s <= INT64_MIN / NS)
		return INT64_MIN;
	ns = s * NS + sb->st_mtim.tv_nsec;
	return ns == 0 || ns == -1 ? 1 : ns;
}

int64_t
maildir_mtime(int dir_fd, const char *name)
{
	struct stat sb;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	return maildir_file_time(&sb);
}

bool
maildir_same_mtime(int64_t a, int64_t b)
{
	return a == b && a != -1;
}

int64_t
maildir_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * NS + ts.tv_nsec;
}

/* Two seconds is the coarsest mtime of file systems in use. */
bool
maildir_racy(int64_t mtime, int64_t checked)
{
	return mtime > checked - 2 * (int64_t)NS;
}
