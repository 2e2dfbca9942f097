/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* TLS contexts: names and keys, tickets, and the clock. */

#include "config.h"

#include <sys/types.h>
#include <sys/time.h>

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/base/random.h"
#include "tests/unit/tlspair.h"
#include "tests/unit/util.h"

/*
 * The time of day, for libtls, too: the program's definition of the function
 * takes precedence over the C library's.
 */
static time_t clock_is_ahead;

time_t
time(time_t *where)
{
	struct timeval tv;

	(void)gettimeofday(&tv, NULL);
	tv.tv_sec += clock_is_ahead;
	if (where != NULL)
		*where = tv.tv_sec;
	return tv.tv_sec;
}

static void
setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	clock_is_ahead = 0;
}

/* An OpenSSL client, for what libtls gives no control of. */
struct client {
	SSL_CTX		*ctx;
	SSL		*ssl;
	struct tlspair	 pair;
};

static bool
connect_as(struct client *c, struct tlsctx *server, const char *name,
    int version, const char *sigalgs, SSL_SESSION *session)
{
	enum io_result ours = IO_AGAIN;
	int ret = 0;
	char byte;

	memset(c, 0, sizeof(*c));
	tlspair_sockets(&c->pair);
	ck_assert_int_eq(io_starttls(&c->pair.io, tlsctx_server(server)), 0);
	c->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(c->ctx, version);
	SSL_CTX_set_max_proto_version(c->ctx, version);
	if (sigalgs != NULL)
		ck_assert_int_eq(SSL_CTX_set1_sigalgs_list(c->ctx, sigalgs),
		    1);
	c->ssl = SSL_new(c->ctx);
	ck_assert_int_eq(SSL_set_tlsext_host_name(c->ssl, name), 1);
	if (session != NULL)
		ck_assert_int_eq(SSL_set_session(c->ssl, session), 1);
	SSL_set_fd(c->ssl, c->pair.fd);
	for (int i = 0; i < 100 && (ret != 1 || ours == IO_AGAIN); i++) {
		if (ret != 1)
			ret = SSL_connect(c->ssl);
		if (ours == IO_AGAIN)
			ours = io_handshake(&c->pair.io);
		if (ours == IO_ERROR)
			return false;
	}
	/* In TLS 1.3 tickets arrive after the handshake. */
	if (ret == 1)
		(void)SSL_read(c->ssl, &byte, 1);
	return ret == 1 && ours == IO_DONE;
}

static void
client_free(struct client *c)
{
	/* OpenSSL does not resume a session whose connection broke off. */
	SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	tlspair_close(&c->pair);
}

static int
kind_shown(struct client *c)
{
	X509 *x = SSL_get_peer_certificate(c->ssl);
	int id = EVP_PKEY_base_id(X509_get0_pubkey(x));

	X509_free(x);
	return id;
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* Key types that a client may know. */
static const struct {
	const char	*sigalgs;
	int		 kind;
} clients[] = {
	{ "RSA-PSS+SHA256", EVP_PKEY_RSA },
	{ "ECDSA+SHA256", EVP_PKEY_EC },
};

/* Either order of the two keys, as the default certificate or after another. */
static const struct {
	enum tlspair_key first, second;
	bool		 default_too;
} orders[] = {
	{ TLSPAIR_RSA, TLSPAIR_ECDSA, false },
	{ TLSPAIR_ECDSA, TLSPAIR_RSA, false },
	{ TLSPAIR_RSA, TLSPAIR_ECDSA, true },
	{ TLSPAIR_ECDSA, TLSPAIR_RSA, true },
};

START_TEST(test_tlsctx_two_kinds_of_key_for_a_name)
{
	struct client c;
	struct tlsctx *ctx;
	struct tlsmat mat;

	tlsmat_init(&mat);
	if (orders[_i].default_too)
		tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:first.example");
	/* Certificates cover the same names in whatever order. */
	tlspair_certificate(&mat, orders[_i].first,
	    "DNS:a.example,DNS:b.example");
	tlspair_certificate(&mat, orders[_i].second,
	    "DNS:b.example,DNS:a.example");
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:only.example");
	ctx = tlspair_context(&mat, "");
	for (size_t v = 0; v < 2; v++)
		for (size_t k = 0; k < 2; k++) {
			ck_assert(connect_as(&c, ctx, "b.example",
			    versions[v], clients[k].sigalgs, NULL));
			ck_assert_int_eq(kind_shown(&c), clients[k].kind);
			client_free(&c);
		}
	/* A name with only an ECDSA key offers no RSA key of another name. */
	ck_assert(!connect_as(&c, ctx, "only.example", TLS1_2_VERSION,
	    "RSA-PSS+SHA256", NULL));
	client_free(&c);
	tlsctx_unref(ctx);
	tlsmat_clear(&mat);
}
END_TEST

static void
add_key(struct tlsmat *mat, struct tlsctx *ctx, uint32_t rev)
{
	struct tlsmat_ticket t;

	random_bytes(&t, sizeof(t));
	t.rev = rev;
	if (ctx == NULL)
		tlsmat_ticket(mat, &t);
	else
		tlsctx_ticket(ctx, &t);
}

/* Connect, and tell whether the session was resumed.  *session is replaced. */
static bool
resumed(struct tlsctx *ctx, int version, SSL_SESSION **session)
{
	struct client c;
	bool reused;

	ck_assert(connect_as(&c, ctx, "localhost", version, NULL, *session));
	reused = SSL_session_reused(c.ssl) == 1;
	SSL_SESSION_free(*session);
	*session = SSL_get1_session(c.ssl);
	client_free(&c);
	return reused;
}

START_TEST(test_tlsctx_tickets_and_the_clock)
{
	int version = versions[_i];
	SSL_SESSION *session = NULL;
	struct tlsctx *ctx;
	struct tlsmat mat;

	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	add_key(&mat, NULL, 1);
	ctx = tlspair_context(&mat, "tls ticket lifetime 1h");
	ck_assert(!resumed(ctx, version, &session));
	ck_assert(resumed(ctx, version, &session));
	/* A ticket key is still good after a newer one was added, */
	add_key(&mat, ctx, 2);
	ck_assert(resumed(ctx, version, &session));
	/* but not for ever. */
	clock_is_ahead = 2 * 3600;
	add_key(&mat, ctx, 3);
	ck_assert(!resumed(ctx, version, &session));
	ck_assert(resumed(ctx, version, &session));
	/* A jump of the clock expires all keys, but no handshake fails. */
	clock_is_ahead = 24 * 3600;
	ck_assert(!resumed(ctx, version, &session));
	ck_assert(!resumed(ctx, version, &session));
	add_key(&mat, ctx, 4);
	ck_assert(!resumed(ctx, version, &session));
	ck_assert(resumed(ctx, version, &session));
	/* Nor does one fail when the clock jumps back. */
	clock_is_ahead = 0;
	(void)resumed(ctx, version, &session);
	SSL_SESSION_free(session);
	tlsctx_unref(ctx);
	tlsmat_clear(&mat);
}
END_TEST

/* A context that a reload frees lives on for handshakes under way. */
START_TEST(test_tlsctx_is_held_by_handshakes)
{
	struct tlspair p;
	struct tlsctx *ctx, *held;
	struct tlsmat mat;

	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:other");
	ctx = tlspair_context(&mat, "");
	tlspair_tls(&p, ctx, "other", "tlsv1.3");
	held = tlsctx_ref(ctx);
	tlsctx_unref(ctx);
	ck_assert(tlspair_shake(&p));
	tlsctx_unref(held);
	/* After the handshake, a connection no longer needs the context. */
	ck_assert_uint_eq(tlspair_send(&p, "x", 1), 1);
	tlspair_close(&p);
	tlsmat_clear(&mat);
}
END_TEST

static const struct {
	int		 version;
	const char	*ciphers;	/* of TLS 1.2 */
	bool		 works;
	const char	*why;
} suites[] = {
	{ TLS1_VERSION, "ALL:@SECLEVEL=0", false, "TLS 1.0 (RFC 8996)" },
	{ TLS1_1_VERSION, "ALL:@SECLEVEL=0", false, "TLS 1.1 (RFC 8996)" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true, "AEAD" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", true,
	    "AEAD, longer" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true,
	    "AEAD, ChaCha20" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", false, "CBC" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA", false, "CBC and SHA-1" },
	{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM", false,
	    "CCM is not in the list" },
	{ TLS1_2_VERSION, "AES128-GCM-SHA256", false, "no forward secrecy" },
	{ TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", false, "finite fields" },
	{ TLS1_2_VERSION, "NULL:aNULL:@SECLEVEL=0", false,
	    "nobody is authenticated" },
	{ TLS1_3_VERSION, "ALL", true, "all of TLS 1.3 are good" },
};

START_TEST(test_tlsctx_versions_and_ciphers)
{
	enum io_result ours = IO_AGAIN;
	struct tlspair p;
	struct tlsctx *ctx;
	struct tlsmat mat;
	SSL_CTX *cctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	int ret = 0;

	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	tlspair_certificate(&mat, TLSPAIR_RSA, "DNS:localhost");
	ctx = tlspair_context(&mat, "");
	tlspair_sockets(&p);
	ck_assert_int_eq(io_starttls(&p.io, tlsctx_server(ctx)), 0);
	SSL_CTX_set_security_level(cctx, 0);
	SSL_CTX_set_min_proto_version(cctx, suites[_i].version);
	SSL_CTX_set_max_proto_version(cctx, suites[_i].version);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(cctx, suites[_i].ciphers),
	    1);
	ssl = SSL_new(cctx);
	SSL_set_fd(ssl, p.fd);
	for (int i = 0; i < 20 && (ret != 1 || ours == IO_AGAIN); i++) {
		ret = SSL_connect(ssl);
		if (ours == IO_AGAIN)
			ours = io_handshake(&p.io);
		if (ours == IO_ERROR)
			break;
	}
	ck_row_eq(suites[_i].ciphers, suites[_i].why, ours == IO_DONE,
	    suites[_i].works);
	SSL_free(ssl);
	SSL_CTX_free(cctx);
	tlspair_close(&p);
	tlsctx_unref(ctx);
	tlsmat_clear(&mat);
}
END_TEST

#define CIPHERS	"ECDHE+AESGCM"
#define CURVES	"X25519:P-256"

static const struct {
	struct tlsctx_options o;
	bool		 works;
	const char	*why;
} options[] = {
	{ { true, true, false, CIPHERS, CURVES, "imap", 0 }, true,
	    "no more than is needed" },
	{ { true, true, true, CIPHERS, CURVES, "imap", 3600 }, true,
	    "all that can be turned on" },
	{ { false, true, false, CIPHERS, CURVES, "imap", 0 }, true,
	    "TLS 1.3 alone" },
	{ { true, true, false, "nonsense", CURVES, "imap", 0 }, false,
	    "no such cipher" },
	{ { true, true, false, CIPHERS, "nonsense", "imap", 0 }, false,
	    "no such curve" },
	{ { true, true, false, CIPHERS, CURVES, "", 0 }, false,
	    "no protocol" },
};

/* Each option that libtls refuses is an error, whatever the others are. */
START_TEST(test_tlsctx_options)
{
	struct tlsmat_ticket ticket = { .rev = 1 };
	struct tlsctx *ctx;
	struct tlsmat mat;

	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	tlsmat_ticket(&mat, &ticket);
	ctx = tlsctx_new(&options[_i].o, &mat);
	ck_row_eq(options[_i].o.ciphers, options[_i].why, ctx != NULL,
	    options[_i].works);
	tlsctx_unref(ctx);
	tlsmat_clear(&mat);
}
END_TEST

/* Which option tlsctx_bad_option() finds for these options and this CA. */
static const struct {
	const char	*ciphers;
	const char	*curves;
	const char	*ca;		/* "": none; NULL: a certificate */
	const char	*bad;		/* NULL: none */
} bad_options[] = {
	{ CIPHERS, CURVES, "", NULL },
	{ CIPHERS, CURVES, NULL, NULL },
	{ "nonsense", CURVES, "", "tls ciphers" },
	{ CIPHERS, "nonsense", "", "tls curves" },
	{ CIPHERS, CURVES, "no certificate\n", "client ca" },
	{ CIPHERS, CURVES, "-----BEGIN CERTIFICATE-----\nAAAA\n"
	    "-----END CERTIFICATE-----\n", "client ca" },
};

/* The option that a context cannot have is found, and no other. */
START_TEST(test_tlsctx_bad_option)
{
	struct tlsctx_options o = options[0].o;
	const char *bad;
	struct tlsmat mat;
	char why[64] = "";

	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	o.ciphers = bad_options[_i].ciphers;
	o.curves = bad_options[_i].curves;
	ck_assert_int_eq(bad_options[_i].ca == NULL ?
	    buf_add_slice(&mat.ca, buf_slice(&mat.pairs[0].cert)) :
	    buf_add_str(&mat.ca, bad_options[_i].ca), 0);
	bad = tlsctx_bad_option(&o, &mat.ca, why, sizeof(why));
	if (bad_options[_i].bad == NULL)
		ck_assert_ptr_null(bad);
	else
		ck_assert_pstr_eq(bad, bad_options[_i].bad);
	ck_assert_int_eq(why[0] != '\0', bad != NULL);
	tlsmat_clear(&mat);
}
END_TEST

/* A certificate needs its own key. */
START_TEST(test_tlsctx_wrong_key)
{
	struct tlsctx_options o = options[0].o;
	struct tlsmat mat;
	struct buf key;

	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:other");
	key = mat.pairs[0].key;
	mat.pairs[0].key = mat.pairs[1].key;
	mat.pairs[1].key = key;
	ck_assert_ptr_null(tlsctx_new(&o, &mat));
	tlsmat_clear(&mat);
}
END_TEST

/* Cleared material can be used again, and has nothing of before. */
START_TEST(test_tlsmat_clear)
{
	struct tlsmat_ticket ticket = { .rev = 1 };
	struct tlsmat mat;

	tlsmat_init(&mat);
	tlspair_certificate(&mat, TLSPAIR_ECDSA, "DNS:localhost");
	ck_assert_int_eq(buf_add_str(&mat.ca, "ca"), 0);
	tlsmat_ticket(&mat, &ticket);
	tlsmat_clear(&mat);
	ck_assert_uint_eq(mat.npairs, 0);
	ck_assert_uint_eq(mat.ntickets, 0);
	ck_assert_uint_eq(buf_len(&mat.ca), 0);
	ck_assert_uint_eq(buf_len(&tlsmat_pair(&mat, 1)->cert), 0);
	ck_assert_uint_eq(mat.npairs, 2);
	tlsmat_clear(&mat);
}
END_TEST

/* The newest keys are kept, and the current one comes last. */
START_TEST(test_tlsmat_tickets)
{
	struct tlsmat_ticket ticket = { .rev = 0 };
	struct tlsmat mat;

	tlsmat_init(&mat);
	for (uint32_t i = 1; i <= TLSMAT_NKEYS + 2; i++) {
		ticket.rev = i;
		tlsmat_ticket(&mat, &ticket);
		ck_assert_uint_eq(mat.ntickets,
		    i < TLSMAT_NKEYS ? i : TLSMAT_NKEYS);
		ck_assert_uint_eq(mat.tickets[mat.ntickets - 1].rev, i);
	}
	ck_assert_uint_eq(mat.tickets[0].rev, 3);
	tlsmat_clear(&mat);
}
END_TEST

Suite *
suite_tlsctx(void)
{
	Suite *s = suite_create("tlsctx");
	TCase *t = tcase_create("tlsctx");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, test_tlsctx_two_kinds_of_key_for_a_name, 0,
	    NROWS(orders));
	tcase_add_loop_test(t, test_tlsctx_tickets_and_the_clock, 0,
	    NROWS(versions));
	tcase_add_test(t, test_tlsctx_is_held_by_handshakes);
	tcase_add_loop_test(t, test_tlsctx_versions_and_ciphers, 0,
	    NROWS(suites));
	tcase_add_loop_test(t, test_tlsctx_bad_option, 0,
	    NROWS(bad_options));
	tcase_add_loop_test(t, test_tlsctx_options, 0, NROWS(options));
	tcase_add_test(t, test_tlsctx_wrong_key);
	tcase_add_test(t, test_tlsmat_clear);
	tcase_add_test(t, test_tlsmat_tickets);
	suite_add_tcase(s, t);
	return s;
}
