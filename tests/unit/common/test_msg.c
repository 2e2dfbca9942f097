/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Messages: encoding, and the longest of each kind. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/net/tlsmat.h"
#include "common/proc/auth_msg.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"
#include "common/proc/parent_msg.h"
#include "tests/unit/util.h"

static const struct handoff handoff = {
	.tag = SLICE_INIT("a1"),
	.early = SLICE_INIT("b2 NOOP\r\n"),
	.client_id = SLICE_INIT("name=x"),
	.peer = SLICE_INIT("[2001:db8::1]:4711"),
	.local = SLICE_INIT("192.0.2.1:993"),
	.tls = SLICE_INIT("TLSv1.3 X"),
	.mech = SLICE_INIT("PLAIN"),
	.options = HANDOFF_RELAYED,
};

static const struct user_record user = {
	.name = SLICE_INIT("alice@example.org"),
	.root = SLICE_INIT("/var/mail/alice"),
	.uid = 61003,
	.gid = UINT32_MAX,
	.hash = UINT64_C(0x0123456789abcdef),
};

START_TEST(test_msg_numbers_are_in_network_order)
{
	struct msg_reader r;
	struct buf b;

	buf_init(&b, MSG_MAX);
	msg_put_u8(&b, 1);
	msg_put_u16(&b, 0x0203);
	msg_put_u32(&b, 0x04050607);
	msg_put_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert_mem_eq(buf_slice(&b).p, "\1\2\3\4\5\6\7\10\11\12\13\14\15"
	    "\16\17", 15);
	r = msg_reader(buf_slice(&b));
	ck_assert_uint_eq(msg_get_u8(&r), 1);
	ck_assert_uint_eq(msg_get_u16(&r), 0x0203);
	ck_assert_uint_eq(msg_get_u32(&r), 0x04050607);
	ck_assert_uint_eq(msg_get_u64(&r), UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert(msg_get_end(&r));
	buf_clear(&b);
}
END_TEST

START_TEST(test_msg_slice_is_bounded)
{
	struct msg_reader r;
	struct buf b;

	buf_init(&b, MSG_MAX);
	msg_put_slice(&b, SLICE_LIT("12345"), 5);
	r = msg_reader(buf_slice(&b));
	ck_assert_uint_eq(msg_get_slice(&r, 5).len, 5);
	ck_assert(msg_get_end(&r));
	r = msg_reader(buf_slice(&b));
	(void)msg_get_slice(&r, 4);
	ck_assert(!msg_get_end(&r));
	buf_clear(&b);
}
END_TEST

static int
session_get(struct slice data)
{
	struct msg_reader r = msg_reader(data);
	struct user_record u;
	struct handoff h;

	if (user_record_parse(&r, &u) == -1 || handoff_parse(&r, &h) == -1 ||
	    !msg_get_end(&r))
		return -1;
	ck_assert(slice_eq(u.name, user.name));
	ck_assert(slice_eq(u.root, user.root));
	ck_assert_uint_eq(u.uid, user.uid);
	ck_assert_uint_eq(u.gid, user.gid);
	ck_assert_uint_eq(u.hash, user.hash);
	ck_assert(slice_eq(h.tag, handoff.tag));
	ck_assert(slice_eq(h.early, handoff.early));
	ck_assert(slice_eq(h.client_id, handoff.client_id));
	ck_assert(slice_eq(h.peer, handoff.peer));
	ck_assert(slice_eq(h.local, handoff.local));
	ck_assert(slice_eq(h.tls, handoff.tls));
	ck_assert(slice_eq(h.mech, handoff.mech));
	ck_assert_uint_eq(h.options, handoff.options);
	return 0;
}

/* A message parses when whole; a shorter or longer one is refused. */
START_TEST(test_msg_session_cut_at_every_byte)
{
	struct buf b;
	struct slice whole;
	char *copy;

	buf_init(&b, MSG_MAX);
	user_record_put(&b, &user);
	handoff_put(&b, &handoff);
	whole = buf_slice(&b);
	ck_assert_int_eq(session_get(whole), 0);
	for (size_t len = 0; len < whole.len; len++) {
		/*
		 * A heap copy of exactly this size, so that ASan sees a read
		 * beyond it.
		 */
		copy = malloc(len + 1);
		memcpy(copy, whole.p, len);
		ck_assert_int_eq(session_get(slice_make(copy, len)), -1);
		free(copy);
	}
	ck_assert_int_eq(buf_add_char(&b, '\0'), 0);
	ck_assert_int_eq(session_get(buf_slice(&b)), -1);
	buf_clear(&b);
}
END_TEST

START_TEST(test_msg_user_without_absolute_root)
{
	struct user_record bad = user;
	struct buf b;

	bad.root = SLICE_LIT("relative");
	buf_init(&b, MSG_MAX);
	user_record_put(&b, &bad);
	handoff_put(&b, &handoff);
	ck_assert_int_eq(session_get(buf_slice(&b)), -1);
	buf_clear(&b);
}
END_TEST

START_TEST(test_msg_unknown_option_of_a_handoff)
{
	struct handoff bad = handoff;
	struct buf b;

	bad.options = 1U << 31;
	buf_init(&b, MSG_MAX);
	user_record_put(&b, &user);
	handoff_put(&b, &bad);
	ck_assert_int_eq(session_get(buf_slice(&b)), -1);
	buf_clear(&b);
}
END_TEST

/* The longest slice that fits max. */
static struct slice
longest(size_t max)
{
	static char bytes[MSG_MAX];

	memset(bytes, '/', sizeof(bytes));
	return slice_make(bytes, max);
}

static const struct handoff *
longest_handoff(void)
{
	static struct handoff h;

	h.tag = longest(HANDOFF_TAG_MAX);
	h.early = longest(HANDOFF_EARLY_MAX);
	h.client_id = longest(HANDOFF_ID_MAX);
	h.peer = h.local = longest(HANDOFF_ADDR_MAX);
	h.tls = longest(HANDOFF_TLS_MAX);
	h.mech = longest(SASL_MECH_MAX);
	return &h;
}

static int
longest_start(struct buf *b)
{
	struct auth_msg_start s = { .has_initial = true }, got;

	s.mech = s.as = longest(SASL_MECH_MAX);
	s.initial = longest(SASL_RESPONSE_MAX);
	s.peer = longest(HANDOFF_ADDR_MAX);
	s.tls = longest(HANDOFF_TLS_MAX);
	auth_msg_start_put(b, &s);
	return auth_msg_start_parse(buf_slice(b), &got);
}

static int
longest_handed(struct buf *b)
{
	static const unsigned char token[AUTH_MSG_TOKEN_LEN];
	unsigned char got[AUTH_MSG_TOKEN_LEN];
	struct handoff h;

	auth_msg_handoff_put(b, token, longest_handoff());
	return auth_msg_handoff_parse(buf_slice(b), got, &h);
}

static int
longest_accepted(struct buf *b)
{
	struct auth_msg_accepted a = { .name = longest(USER_NAME_MAX) }, got;

	auth_msg_accepted_put(b, &a);
	return auth_msg_accepted_parse(buf_slice(b), &got);
}

static int
longest_session(struct buf *b)
{
	struct user_record u = { .name = longest(USER_NAME_MAX),
	    .root = longest(USER_PATH_MAX) }, got;
	struct msg_reader r;
	struct handoff h;

	user_record_put(b, &u);
	handoff_put(b, longest_handoff());
	r = msg_reader(buf_slice(b));
	if (user_record_parse(&r, &got) == -1 || handoff_parse(&r, &h) == -1)
		return -1;
	return msg_get_end(&r) ? 0 : -1;
}

static int
longest_known(struct buf *b)
{
	struct slice name, peer;

	parent_msg_known_put(b, longest(USER_NAME_MAX),
	    longest(HANDOFF_ADDR_MAX));
	return parent_msg_known_parse(buf_slice(b), &name, &peer);
}

static int
longest_pair(struct buf *b)
{
	struct tlsmat mat;
	int rc;

	tlsmat_init(&mat);
	parent_msg_pair_put(b, PARENT_MSG_CERT, longest(MSG_PIECE_MAX));
	rc = parent_msg_pair_parse(buf_slice(b), tlsmat_pair(&mat, 0));
	tlsmat_clear(&mat);
	return rc;
}

/*
 * What the encoder makes of the longest parts is as long as the row says, and
 * the decoder takes it.  A stranger chooses the length of most of these parts
 * (HAZARDS: a length that one process may send and the other may not take).
 */
static const struct {
	enum msg_type	 type;
	int		(*both)(struct buf *);
} encoders[] = {
	{ MSG_AUTH_START, longest_start },
	{ MSG_HANDOFF, longest_handed },
	{ MSG_AUTH_ACCEPTED, longest_accepted },
	{ MSG_SESSION, longest_session },
	{ MSG_SESSION_KNOWN, longest_known },
	{ MSG_CONF_KEYPAIR, longest_pair },
};

START_TEST(test_msg_longest_of_an_encoder)
{
	const char *name = msg_name(encoders[_i].type);
	struct buf b;

	buf_init(&b, MSG_MAX);
	ck_row_eq(name, "both ends", encoders[_i].both(&b), 0);
	ck_row_eq(name, "its row", buf_len(&b),
	    msg_row(encoders[_i].type)->len_max);
	buf_clear(&b);
}
END_TEST

Suite *
suite_msg(void)
{
	Suite *s = suite_create("msg");
	TCase *t;

	t = tcase_create("encoding");
	tcase_add_test(t, test_msg_numbers_are_in_network_order);
	tcase_add_test(t, test_msg_slice_is_bounded);
	tcase_add_test(t, test_msg_session_cut_at_every_byte);
	tcase_add_test(t, test_msg_user_without_absolute_root);
	tcase_add_test(t, test_msg_unknown_option_of_a_handoff);
	tcase_add_loop_test(t, test_msg_longest_of_an_encoder, 0,
	    NROWS(encoders));
	suite_add_tcase(s, t);

	return s;
}
