/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The capabilities of POP3, one row each.  Those of the AUTHORIZATION state
 * are announced in both states (RFC 2449, section 5), but only if they can be
 * used: USER and SASL before TLS would invite clients to send a password in
 * the clear (RFC 2595, section 9), and STLS does not work under TLS.
 */
#include "config.h"

#include "common/base/table.h"
#include "common/conf/conf.h"
#include "common/conf/conf_mech.h"
#include "pop3d/capability.h"
#include "pop3d/reply.h"

struct capa_row {
	const char	*name;
	/* Print " argument...".  Returns false to leave the capability out. */
	bool		(*print)(struct buf *out,
			    const struct pop3_capability_facts *facts);
};

bool
pop3_capability_print_mechs(struct buf *out, const struct conf *conf)
{
	bool any = false;

	for (int i = 0; i < CONF_MECH_MAX; i++) {
		if (!conf_has_mech(conf, &conf_mechs[i]))
			continue;
		(void)buf_add_char(out, ' ');
		(void)buf_add_str(out, conf_mechs[i].name);
		any = true;
	}
	return any;
}

static bool
print_user(struct buf *out, const struct pop3_capability_facts *facts)
{
	(void)out;
	return facts->may_login && conf_takes_passwords(facts->conf);
}

static bool
print_sasl(struct buf *out, const struct pop3_capability_facts *facts)
{
	return facts->may_login &&
	    pop3_capability_print_mechs(out, facts->conf);
}

static bool
print_stls(struct buf *out, const struct pop3_capability_facts *facts)
{
	(void)out;
	return facts->can_stls;
}

/* RFC 6856, section 2.2: names and passwords may be UTF-8. */
static bool
print_utf8(struct buf *out, const struct pop3_capability_facts *facts)
{
	(void)facts;
	(void)buf_add_str(out, " USER");
	return true;
}

/* EXPIRE is in whole days (RFC 2449, section 6.7). */
#define DAY_S	(24 * 60 * 60)

static bool
print_expire(struct buf *out, const struct pop3_capability_facts *facts)
{
	if (facts->conf->pop3_expire == CONF_NEVER)
		(void)buf_add_str(out, " NEVER");
	else {
		(void)buf_add_char(out, ' ');
		(void)buf_add_u64(out, facts->conf->pop3_expire / DAY_S);
	}
	return true;
}

static bool
print_login_delay(struct buf *out, const struct pop3_capability_facts *facts)
{
	if (facts->conf->pop3_login_delay == 0)
		return false;
	(void)buf_add_char(out, ' ');
	(void)buf_add_u64(out, facts->conf->pop3_login_delay);
	return true;
}

static bool
print_implementation(struct buf *out, const struct pop3_capability_facts *facts)
{
	(void)facts;
	(void)buf_add_str(out, " Penfold");
	return true;
}

/* RFC 2449 section 6, RFC 2595 section 4, RFC 3206, RFC 5034, RFC 6856. */
static const struct capa_row capas[] = {
	{ .name = "CAPA" },
	{ .name = "TOP" },
	{ .name = "UIDL" },
	{ .name = "USER", .print = print_user },
	{ .name = "SASL", .print = print_sasl },
	{ .name = "STLS", .print = print_stls },
	{ .name = "PIPELINING" },
	{ .name = "RESP-CODES" },
	{ .name = "AUTH-RESP-CODE" },
	{ .name = "UTF8", .print = print_utf8 },
	{ .name = "LANG" },
	{ .name = "EXPIRE", .print = print_expire },
	{ .name = "LOGIN-DELAY", .print = print_login_delay },
	{ .name = "IMPLEMENTATION", .print = print_implementation },
};

void
pop3_capability_print(struct buf *out,
    const struct pop3_capability_facts *facts)
{
	size_t mark;

	pop3_ok(out, "Capability list follows");
	for (size_t i = 0; i < NROWS(capas); i++) {
		mark = buf_len(out);
		(void)buf_add_str(out, capas[i].name);
		if (capas[i].print != NULL && !capas[i].print(out, facts)) {
			buf_truncate(out, mark);
			continue;
		}
		(void)buf_add_str(out, "\r\n");
	}
	pop3_end(out);
}
