/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checks certificates and their keys, with libcrypto.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdio.h>

#include "mailctl/check.h"

#define SOON_DAYS	14	/* automatic renewal is overdue by then */

/* The files of one "certificate" statement. */
struct pair {
	const struct conf_cert	*conf;
	X509			*leaf;
	STACK_OF(X509)		*chain;
	EVP_PKEY		*key;
};

static void
pair_clear(struct pair *p)
{
	X509_free(p->leaf);
	sk_X509_pop_free(p->chain, X509_free);
	EVP_PKEY_free(p->key);
	ERR_clear_error();
}

/* A daemon cannot ask for a passphrase. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static void
read_chain(struct pair *p)
{
	FILE *fp;
	X509 *x;

	p->chain = sk_X509_new_null();
	if ((fp = fopen(p->conf->cert, "re")) == NULL)
		return;
	p->leaf = PEM_read_X509(fp, NULL, no_passphrase, NULL);
	while (p->leaf != NULL && p->chain != NULL &&
	    (x = PEM_read_X509(fp, NULL, no_passphrase, NULL)) != NULL)
		if (sk_X509_push(p->chain, x) == 0)
			X509_free(x);
	(void)fclose(fp);
}

static void
check_key(struct check *c, struct pair *p)
{
	const char *path = p->conf->key;
	struct stat st;
	FILE *fp;
	char fix[4200];

	if ((fp = fopen(path, "re")) == NULL)
		return;		/* check_files() has reported it */
	if (fstat(fileno(fp), &st) == 0 &&
	    (st.st_mode & (S_IRWXO | S_IWGRP))) {
		(void)snprintf(fix, sizeof(fix), "chmod g-w,o= %s", path);
		check_error(c, fix, "%s: others may read or write the key "
		    "(mode %03o)", path, (unsigned int)st.st_mode & 0777);
	}
	p->key = PEM_read_PrivateKey(fp, NULL, no_passphrase, NULL);
	(void)fclose(fp);
	if (p->key == NULL)
		check_error(c, "store the key without a passphrase, for "
		    "example with openssl pkey",
		    "%s: no private key can be read", path);
	else if (p->leaf != NULL &&
	    X509_check_private_key(p->leaf, p->key) != 1)
		check_error(c, "name the key of this certificate",
		    "%s: the key does not belong to %s", path,
		    p->conf->cert);
}

static void
check_dates(struct check *c, const struct pair *p)
{
	const ASN1_TIME *before = X509_get0_notBefore(p->leaf);
	const ASN1_TIME *after = X509_get0_notAfter(p->leaf);
	int days = 0, seconds = 0;

	if (X509_cmp_current_time(before) > 0) {
		check_error(c, "correct the clock, or wait",
		    "%s: the certificate is not valid yet", p->conf->cert);
		return;
	}
	if (ASN1_TIME_diff(&days, &seconds, NULL, after) != 1)
		check_error(c, "renew the certificate",
		    "%s: the certificate has no valid expiry date",
		    p->conf->cert);
	else if (days < 0 || seconds < 0)
		check_error(c, "renew the certificate",
		    "%s: the certificate has expired", p->conf->cert);
	else if (days < SOON_DAYS)
		check_warn(c, "renew the certificate",
		    "%s: the certificate expires in %d days", p->conf->cert,
		    days);
}

/* The remedy for a chain that does not verify. */
static const char *
chain_fix(int why)
{
	switch (why) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "make clients trust it, or get a certificate from an "
		    "authority that they trust";
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return "make clients trust that authority, or get a "
		    "certificate from one that they trust";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "append the authority's intermediate certificates to "
		    "the file, or use its \"full chain\" file";
	default:
		return "get another certificate";
	}
}

/* Verify the chain as a client would, with the authorities of this system. */
static void
check_chain(struct check *c, const struct pair *p)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int why;

	if (store != NULL && ctx != NULL &&
	    X509_STORE_set_default_paths(store) == 1 &&
	    X509_STORE_CTX_init(ctx, store, p->leaf, p->chain) == 1 &&
	    X509_verify_cert(ctx) != 1) {
		why = X509_STORE_CTX_get_error(ctx);
		if (why != X509_V_ERR_CERT_HAS_EXPIRED &&
		    why != X509_V_ERR_CERT_NOT_YET_VALID)
			check_warn(c, chain_fix(why), "%s: clients may not "
			    "trust the certificate: %s", p->conf->cert,
			    X509_verify_cert_error_string(why));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
}

void
check_certs(struct check *c)
{
	const struct conf *conf = c->conf;
	struct pair p;
	bool named = false;
	size_t readable = 0;
	char fix[512];

	for (size_t i = 0; i < conf->ncerts; i++) {
		p = (struct pair){ .conf = &conf->certs[i] };
		read_chain(&p);
		if (p.leaf != NULL) {
			readable++;
			check_dates(c, &p);
			check_chain(c, &p);
			if (X509_check_host(p.leaf, conf->hostname, 0, 0,
			    NULL) == 1)
				named = true;
		} else {
			check_error(c, "name a PEM file with the certificate, "
			    "followed by the intermediate ones",
			    "%s: no certificate can be read", p.conf->cert);
		}
		check_key(c, &p);
		pair_clear(&p);
	}
	if (readable == 0 || named)
		return;
	(void)snprintf(fix, sizeof(fix), "get a certificate for %s, or set "
	    "hostname to a name in one of the certificates", conf->hostname);
	check_warn(c, fix, "no certificate is for \"%s\", the host name",
	    conf->hostname);
}
