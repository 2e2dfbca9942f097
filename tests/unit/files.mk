# The unit tests; see Makefile.in.  test_NAME.c defines suite_NAME(), and its
# row in suites.h runs it.
UNIT_SRCS = \
	tests/unit/test_auth.c \
	tests/unit/test_auth_passwd.c \
	tests/unit/test_base64.c \
	tests/unit/test_buf.c \
	tests/unit/test_conf.c \
	tests/unit/test_crlf.c \
	tests/unit/test_date.c \
	tests/unit/test_gist.c \
	tests/unit/test_header.c \
	tests/unit/test_idset.c \
	tests/unit/test_imap_arg.c \
	tests/unit/test_imap_fetch.c \
	tests/unit/test_imap_input.c \
	tests/unit/test_imap_search.c \
	tests/unit/test_io.c \
	tests/unit/test_limit.c \
	tests/unit/test_log.c \
	tests/unit/test_mime.c \
	tests/unit/test_msg.c \
	tests/unit/test_num.c \
	tests/unit/test_passhash.c \
	tests/unit/test_pop3.c \
	tests/unit/test_relay.c \
	tests/unit/test_sandbox.c \
	tests/unit/test_sasl.c \
	tests/unit/test_slice.c \
	tests/unit/test_store.c \
	tests/unit/test_textstream.c \
	tests/unit/test_tlsctx.c \
	tests/unit/test_user.c \
	tests/unit/test_usersfile.c \
	tests/unit/test_utf8.c \
	tests/unit/tlspair.c \
	tests/unit/unit.c \
	tests/unit/util.c
