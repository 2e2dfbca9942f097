/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* TLS connections for tests; see tlspair.h. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <tls.h>

#include "common/conf/conf.h"
#include "common/proc/conf_tls.h"
#include "tests/unit/tlspair.h"
#include "tests/unit/util.h"

/* A small buffer, so that a test can fill it. */
#define SOCKET_BUFFER	(16 * 1024)

static EVP_PKEY *
make_key(enum tlspair_key kind)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	ctx = EVP_PKEY_CTX_new_id(kind == TLSPAIR_RSA ? EVP_PKEY_RSA :
	    EVP_PKEY_EC, NULL);
	ck_assert_int_eq(EVP_PKEY_keygen_init(ctx), 1);
	if (kind == TLSPAIR_RSA)
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048),
		    1);
	else
		ck_assert_int_eq(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
		    NID_X9_62_prime256v1), 1);
	ck_assert_int_eq(EVP_PKEY_keygen(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static X509 *
make_certificate(EVP_PKEY *key, const char *names)
{
	X509_EXTENSION *ext;
	X509_NAME *name;
	X509 *x = X509_new();
	X509V3_CTX v3;

	ck_assert_int_eq(X509_set_version(x, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 1000L * 24 * 3600);
	name = X509_NAME_new();
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"test", -1, -1, 0);
	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, name);
	X509_NAME_free(name);
	X509_set_pubkey(x, key);
	X509V3_set_ctx(&v3, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, names);
	ck_assert_ptr_nonnull(ext);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
	return x;
}

static void
take(BIO *bio, struct buf *to)
{
	char *p;
	long len = BIO_get_mem_data(bio, &p);

	ck_assert_int_eq(buf_add(to, p, (size_t)len), 0);
	BIO_free(bio);
}

void
tlspair_certificate(struct tlsmat *mat, enum tlspair_key kind,
    const char *names)
{
	struct tlsmat_pair *pair = tlsmat_pair(mat, mat->npairs);
	EVP_PKEY *key = make_key(kind);
	X509 *x = make_certificate(key, names);
	BIO *bio;

	bio = BIO_new(BIO_s_mem());
	ck_assert_int_eq(PEM_write_bio_X509(bio, x), 1);
	take(bio, &pair->cert);
	bio = BIO_new(BIO_s_mem());
	ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0,
	    NULL, NULL), 1);
	take(bio, &pair->key);
	X509_free(x);
	EVP_PKEY_free(key);
}

struct tlsctx *
tlspair_context(const struct tlsmat *mat, const char *text)
{
	struct tlsctx_options options;
	struct tlsctx *ctx;
	struct conf *conf;
	char all[1024];

	(void)snprintf(all, sizeof(all), "hostname localhost\n"
	    "users passwd \"/u\"\nmail \"/%%n\" owner \"1:1\"\n"
	    "imap listen on * port 143 plaintext\n%s\n", text);
	conf = conf_load_text("f", all, strlen(all),
	    CONF_NO_IDS | CONF_NO_FILES, NULL, NULL);
	ck_assert_ptr_nonnull(conf);
	conf_tls(conf, "imap", &options);
	ctx = tlsctx_new(&options, mat);
	conf_free(conf);
	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

void
tlspair_sockets(struct tlspair *p)
{
	int fds[2], size = SOCKET_BUFFER;

	memset(p, 0, sizeof(*p));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
		ck_assert_int_eq(setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF,
		    &size, sizeof(size)), 0);
	}
	io_init(&p->io, fds[0]);
	p->fd = fds[1];
}

void
tlspair_tls(struct tlspair *p, struct tlsctx *ctx, const char *name,
    const char *protocols)
{
	struct tls_config *config = tls_config_new();
	uint32_t versions;

	tlspair_sockets(p);
	ck_assert_int_eq(tls_config_parse_protocols(&versions, protocols), 0);
	ck_assert_int_eq(tls_config_set_protocols(config, versions), 0);
	tls_config_insecure_noverifycert(config);
	tls_config_insecure_noverifyname(config);
	p->client = tls_client();
	ck_assert_int_eq(tls_configure(p->client, config), 0);
	tls_config_free(config);
	ck_assert_int_eq(tls_connect_socket(p->client, p->fd, name), 0);
	ck_assert_int_eq(io_starttls(&p->io, tlsctx_server(ctx)), 0);
}

bool
tlspair_shake(struct tlspair *p)
{
	enum io_result ours = IO_AGAIN;
	int theirs = TLS_WANT_POLLIN;

	for (int i = 0; i < 100; i++) {
		if (theirs != 0)
			theirs = tls_handshake(p->client);
		if (ours == IO_AGAIN)
			ours = io_handshake(&p->io);
		if (theirs == -1 || ours == IO_ERROR)
			return false;
		if (theirs == 0 && ours == IO_DONE)
			return true;
	}
	return false;
}

size_t
tlspair_send(struct tlspair *p, const void *data, size_t len)
{
	const char *bytes = data;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		if (p->client == NULL)
			n = write(p->fd, bytes + done, len - done);
		else
			n = tls_write(p->client, bytes + done, len - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

long
tlspair_recv(struct tlspair *p, void *data, size_t max)
{
	ssize_t n;

	if (p->client == NULL) {
		n = recv(p->fd, data, max, 0);
		return n > 0 ? (long)n : n == 0 ? -1 : 0;
	}
	n = tls_read(p->client, data, max);
	if (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT)
		return 0;
	return n > 0 ? (long)n : -1;
}

void
tlspair_leave(struct tlspair *p, bool politely)
{
	if (politely && p->client != NULL)
		(void)tls_close(p->client);
	tls_free(p->client);
	p->client = NULL;
	if (p->fd != -1)
		(void)close(p->fd);
	p->fd = -1;
}

void
tlspair_close(struct tlspair *p)
{
	tlspair_leave(p, false);
	io_close(&p->io);
}
