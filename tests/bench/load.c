/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The load generator of the benchmark: a mail client that does the work of one
 * row, with any server.  It uses little CPU, so that the server is the limit.
 *
 *	load [-t] -p port -u user [-n count] [-c clients] [-s setup]... kind
 *	    [arg ...]
 *
 * It connects and makes the preparations of the row, prints "ready" and waits
 * for a line.  Then it does the work, prints the result and waits for another
 * line before it exits.  So its caller can look at the server's CPU time in
 * between.  Answers are not parsed: a command is finished when its tag, which
 * no message contains, is received.
 */
#include "config.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tls.h>

#define TAG		"q7Zx"		/* not in any message of the corpus */
#define ROOM		(256 * 1024)	/* bytes read at once */
#define SETUP_MAX	8
#define BATCH		64		/* number of RETR sent at once */
#define FAIL_MAX	160

struct conn {
	int		 fd;
	struct tls	*tls;		/* NULL: cleartext */
	char		*in;		/* ROOM bytes and a NUL */
	size_t		 len;
	uint64_t	 bytes;		/* received so far */
	size_t		 sent;		/* commands sent, in the append row */
};

static struct {
	bool		 tls;
	const char	*user;
	uint16_t	 port;
	size_t		 n;		/* how often the work is done */
	size_t		 clients;
	const char	*setup[SETUP_MAX];
	size_t		 nsetup;
	char		**args;
	size_t		 nargs;
} opt = { .n = 1, .clients = 1 };

static struct tls_config	*tls_conf;
static uint64_t			 total_bytes;
static double			*delays;	/* in ms, for the idle rows */

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The connection. */

static void
conn_send(struct conn *c, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = c->tls != NULL ? tls_write(c->tls, p, len) :
		    write(c->fd, p, len);

		if (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT)
			continue;
		if (n <= 0)
			errx(1, "write failed");
		p += n;
		len -= (size_t)n;
	}
}

static void
conn_read(struct conn *c)
{
	ssize_t n;

	do
		n = c->tls != NULL ?
		    tls_read(c->tls, c->in + c->len, ROOM - c->len) :
		    read(c->fd, c->in + c->len, ROOM - c->len);
	while (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT);
	if (n <= 0)
		errx(1, "the server has closed the connection: %.*s",
		    (int)(c->len < FAIL_MAX ? c->len : FAIL_MAX), c->in);
	c->len += (size_t)n;
	c->bytes += (uint64_t)n;
	c->in[c->len] = '\0';
}

/* Drop the input up to p. */
static void
conn_drop(struct conn *c, const char *p)
{
	c->len -= (size_t)(p - c->in);
	memmove(c->in, p, c->len + 1);
}

/* Read up to the end of a line that contains the text, and drop it all. */
static void
conn_wait(struct conn *c, const char *text)
{
	size_t text_len = strlen(text);
	char *p, *end;

	for (;;) {
		p = memmem(c->in, c->len, text, text_len);
		if (p != NULL && (end = memchr(p, '\n',
		    (size_t)(c->in + c->len - p))) != NULL) {
			conn_drop(c, end + 1);
			return;
		}
		/* Keep only what may be the beginning of the text. */
		if (p == NULL && c->len > text_len)
			conn_drop(c, c->in + c->len - text_len);
		conn_read(c);
	}
}

/* Wait for the tagged answer, which must be OK. */
static void
conn_ok(struct conn *c)
{
	const size_t tag_len = strlen(TAG " OK");
	char *p, *end;

	for (;;) {
		p = memmem(c->in, c->len, TAG " ", strlen(TAG " "));
		if (p != NULL && (end = memchr(p, '\n',
		    (size_t)(c->in + c->len - p))) != NULL) {
			if (memcmp(p, TAG " OK", tag_len) != 0)
				errx(1, "%.*s", (int)(end - p), p);
			conn_drop(c, end + 1);
			return;
		}
		if (p == NULL && c->len > tag_len)
			conn_drop(c, c->in + c->len - tag_len);
		conn_read(c);
	}
}

static void
conn_open(struct conn *c)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int one = 1;

	memset(c, 0, sizeof(*c));
	if ((c->in = malloc(ROOM + 1)) == NULL)
		err(1, "malloc");
	sin.sin_port = htons(opt.port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "connect to port %u", opt.port);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!opt.tls)
		return;
	if ((c->tls = tls_client()) == NULL ||
	    tls_configure(c->tls, tls_conf) == -1 ||
	    tls_connect_socket(c->tls, c->fd, "localhost") == -1 ||
	    tls_handshake(c->tls) == -1)
		errx(1, "tls: %s", tls_error(c->tls));
}

static void
conn_close(struct conn *c)
{
	total_bytes += c->bytes;
	if (c->tls != NULL)
		(void)tls_close(c->tls);
	close(c->fd);
	tls_free(c->tls);
	free(c->in);
}

/* IMAP: one command at a time. */

/* Send a command, with number in the place of "%d", and wait for OK. */
static void
imap_command(struct conn *c, const char *cmd, size_t number)
{
	char line[2048];
	const char *d = strstr(cmd, "%d");
	int n;

	if (d != NULL)
		n = snprintf(line, sizeof(line), TAG " %.*s%zu%s\r\n",
		    (int)(d - cmd), cmd, number, d + 2);
	else
		n = snprintf(line, sizeof(line), TAG " %s\r\n", cmd);
	if (n < 0 || (size_t)n >= sizeof(line))
		errx(1, "command too long");
	conn_send(c, line, (size_t)n);
	conn_ok(c);
}

static void
imap_login(struct conn *c)
{
	char line[256];

	conn_open(c);
	conn_wait(c, "* OK");
	(void)snprintf(line, sizeof(line), "LOGIN %s testpass", opt.user);
	imap_command(c, line, 0);
}

static void
imap_open(struct conn *c)
{
	imap_login(c);
	for (size_t i = 0; i < opt.nsetup; i++)
		imap_command(c, opt.setup[i], 0);
}

/* The rows: preparations (before) and work (run). */

static struct conn *conns;

static void
conns_alloc(size_t n)
{
	if ((conns = calloc(n, sizeof(*conns))) == NULL)
		err(1, "calloc");
}

static void
command_before(void)
{
	conns_alloc(1);
	imap_open(&conns[0]);
}

static void
command_run(void)
{
	for (size_t i = 1; i <= opt.n; i++)
		for (size_t j = 0; j < opt.nargs; j++)
			imap_command(&conns[0], opt.args[j], i);
}

static void
none_before(void)
{
}

static void
login_run(void)
{
	struct conn c;

	for (size_t i = 0; i < opt.n; i++) {
		imap_login(&c);
		imap_command(&c, "LOGOUT", 0);
		conn_close(&c);
	}
}

/* append: several clients append messages as fast as they are answered. */
static void
append_before(void)
{
	conns_alloc(opt.clients);
	for (size_t i = 0; i < opt.clients; i++)
		imap_open(&conns[i]);
}

static void
append_one(struct conn *c, const char *msg, size_t len)
{
	char line[128];
	int n;

	n = snprintf(line, sizeof(line), TAG " APPEND INBOX {%zu+}\r\n", len);
	conn_send(c, line, (size_t)n);
	conn_send(c, msg, len);
	conn_send(c, "\r\n", 2);
	c->sent++;
}

static void
append_run(void)
{
	static char msg[4096];
	struct epoll_event ev;
	size_t left = opt.n, open = opt.clients, at;
	int ep = epoll_create1(0);

	at = (size_t)snprintf(msg, sizeof(msg), "From: a@example.org\r\n"
	    "Subject: bench\r\nMessage-ID: <append@example.org>\r\n\r\n");
	while (at < sizeof(msg) - 66)
		at += (size_t)snprintf(msg + at, sizeof(msg) - at, "%s\r\n",
		    "A line of sixty-two characters of which a body is "
		    "made of");
	for (size_t i = 0; i < opt.clients; i++) {
		ev.events = EPOLLIN;
		ev.data.ptr = &conns[i];
		if (epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev) == -1)
			err(1, "epoll_ctl");
		append_one(&conns[i], msg, at);
		left--;
	}
	while (open > 0) {
		struct conn *c;

		if (epoll_wait(ep, &ev, 1, -1) != 1)
			err(1, "epoll_wait");
		c = ev.data.ptr;
		conn_ok(c);
		if (left > 0) {
			append_one(c, msg, at);
			left--;
		} else {
			(void)epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
			open--;
		}
	}
	close(ep);
}

/* idle: how long after a delivery into new/ a client in IDLE is told. */
static void
idle_before(void)
{
	command_before();
	conn_send(&conns[0], TAG " IDLE\r\n", strlen(TAG " IDLE\r\n"));
	conn_wait(&conns[0], "+ ");
	usleep(500000);
	if ((delays = calloc(opt.n, sizeof(*delays))) == NULL)
		err(1, "calloc");
}

static void
idle_run(void)
{
	const char *dir = opt.args[0];
	char tmp[1024], new[1024];
	struct stat st;

	if (stat(dir, &st) == -1)
		err(1, "%s", dir);
	for (size_t i = 0; i < opt.n; i++) {
		uint64_t start;
		FILE *fp;

		(void)snprintf(tmp, sizeof(tmp), "%s/tmp/%ld.idle%zu.bench",
		    dir, (long)time(NULL), i);
		(void)snprintf(new, sizeof(new), "%s/new/%ld.idle%zu.bench",
		    dir, (long)time(NULL), i);
		if ((fp = fopen(tmp, "w")) == NULL)
			err(1, "%s", tmp);
		fprintf(fp, "Subject: idle %zu\n\nbody\n", i);
		fclose(fp);
		if (chown(tmp, st.st_uid, st.st_gid) == -1 &&
		    geteuid() == 0)
			err(1, "chown");
		start = now_ns(CLOCK_MONOTONIC);
		if (rename(tmp, new) == -1)
			err(1, "rename");
		conn_wait(&conns[0], "EXISTS");
		delays[i] = (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e6;
		/* Many programs look only at the seconds of folders' mtimes. */
		usleep(1200000);
	}
	conn_send(&conns[0], "DONE\r\n", 6);
	conn_ok(&conns[0]);
}

/*
 * push: one session appends, and another has the same mailbox in IDLE.  How
 * long after the OK of the first the second is told; 0 if it was told before.
 */
static void
push_before(void)
{
	conns_alloc(2);
	imap_open(&conns[0]);
	imap_open(&conns[1]);
	conn_send(&conns[0], TAG " IDLE\r\n", strlen(TAG " IDLE\r\n"));
	conn_wait(&conns[0], "+ ");
	usleep(500000);
	if ((delays = calloc(opt.n, sizeof(*delays))) == NULL)
		err(1, "calloc");
}

static void
push_run(void)
{
	static const char msg[] = "Subject: push\r\n\r\nbody\r\n";

	for (size_t i = 0; i < opt.n; i++) {
		uint64_t ok, told;

		append_one(&conns[1], msg, sizeof(msg) - 1);
		conn_ok(&conns[1]);
		ok = now_ns(CLOCK_MONOTONIC);
		conn_wait(&conns[0], "EXISTS");
		told = now_ns(CLOCK_MONOTONIC);
		delays[i] = (double)(told - ok) / 1e6;
		usleep(100000);
	}
	conn_send(&conns[0], "DONE\r\n", 6);
	conn_ok(&conns[0]);
}

/* many: many clients in IDLE. */
static void
many_before(void)
{
	conns_alloc(opt.n);
	for (size_t i = 0; i < opt.n; i++) {
		imap_open(&conns[i]);
		conn_send(&conns[i], TAG " IDLE\r\n",
		    strlen(TAG " IDLE\r\n"));
		conn_wait(&conns[i], "+ ");
	}
}

static void
many_run(void)
{
}

static void
pop3_before(void)
{
	struct conn *c;
	char line[256];

	conns_alloc(1);
	c = &conns[0];
	conn_open(c);
	conn_wait(c, "+OK");
	(void)snprintf(line, sizeof(line), "USER %s\r\n", opt.user);
	conn_send(c, line, strlen(line));
	conn_wait(c, "+OK");
	conn_send(c, "PASS testpass\r\n", strlen("PASS testpass\r\n"));
	conn_wait(c, "+OK");
}

/* pop3: RETR of messages 1 to n, in batches.  A dot on a line ends each. */
static void
pop3_run(void)
{
	static const char end[] = "\r\n.\r\n";
	struct conn *c = &conns[0];

	for (size_t i = 1; i <= opt.n; ) {
		char lines[BATCH * 24];
		size_t at = 0, waiting = 0;

		for (; i <= opt.n && waiting < BATCH; i++, waiting++)
			at += (size_t)snprintf(lines + at, sizeof(lines) - at,
			    "RETR %zu\r\n", i);
		conn_send(c, lines, at);
		while (waiting > 0) {
			const char *p = memmem(c->in, c->len, end, 5);

			if (p != NULL) {
				conn_drop(c, p + 5);
				waiting--;
				continue;
			}
			if (c->len > 4)
				conn_drop(c, c->in + c->len - 4);
			conn_read(c);
		}
	}
}

static const struct kind {
	const char	*name;
	void		(*before)(void);
	void		(*run)(void);
} kinds[] = {
	{ "command", command_before, command_run },
	{ "login", none_before, login_run },
	{ "append", append_before, append_run },
	{ "idle", idle_before, idle_run },
	{ "push", push_before, push_run },
	{ "many", many_before, many_run },
	{ "pop3", pop3_before, pop3_run },
};

static void
wait_line(const char *say)
{
	char line[64];

	puts(say);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		exit(1);
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
run(const struct kind *kind)
{
	char result[256];
	uint64_t wall, cpu;
	uint64_t received = 0;
	size_t n;

	kind->before();
	if (conns != NULL)
		conns[0].bytes = 0;
	wait_line("ready");
	wall = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	kind->run();
	wall = now_ns(CLOCK_MONOTONIC) - wall;
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	received = total_bytes + (conns != NULL ? conns[0].bytes : 0);
	n = (size_t)snprintf(result, sizeof(result),
	    "wall=%.6f cpu=%.6f bytes=%llu", (double)wall / 1e9,
	    (double)cpu / 1e9, (unsigned long long)received);
	if (delays != NULL) {
		qsort(delays, opt.n, sizeof(*delays), compare_double);
		(void)snprintf(result + n, sizeof(result) - n,
		    " median_ms=%.3f max_ms=%.3f", delays[opt.n / 2],
		    delays[opt.n - 1]);
	}
	wait_line(result);
}

static void
usage(void)
{
	fprintf(stderr, "usage: load [-t] -p port -u user [-n count] "
	    "[-c clients] [-s setup]... kind [arg ...]\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	int ch;

	while ((ch = getopt(argc, argv, "c:n:p:s:tu:")) != -1)
		switch (ch) {
		case 'c':
			opt.clients = strtoul(optarg, NULL, 10);
			break;
		case 'n':
			opt.n = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			opt.port = (uint16_t)strtoul(optarg, NULL, 10);
			break;
		case 's':
			if (opt.nsetup == SETUP_MAX)
				usage();
			opt.setup[opt.nsetup++] = optarg;
			break;
		case 't':
			opt.tls = true;
			break;
		case 'u':
			opt.user = optarg;
			break;
		default:
			usage();
		}
	argc -= optind;
	argv += optind;
	if (argc < 1 || opt.user == NULL || opt.n < 1 ||
	    opt.clients < 1 || opt.clients > opt.n)
		usage();
	opt.args = argv + 1;
	opt.nargs = (size_t)argc - 1;
	if (opt.tls && ((tls_conf = tls_config_new()) == NULL))
		errx(1, "tls_config_new");
	if (opt.tls) {
		tls_config_insecure_noverifycert(tls_conf);
		tls_config_insecure_noverifyname(tls_conf);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[0]) == 0) {
			run(&kinds[i]);
			return 0;
		}
	usage();
}
