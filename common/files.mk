# Sources of the base part: text codecs, buffers, numbers, log.
BASE_SRCS = \
	common/arena.c \
	common/base64.c \
	common/buf.c \
	common/casefold.c \
	common/crlf.c \
	common/date.c \
	common/hash.c \
	common/idset.c \
	common/log.c \
	common/mutf7.c \
	common/num.c \
	common/qp.c \
	common/random.c \
	common/slice.c \
	common/timer.c \
	common/utf8.c \
	common/xmalloc.c

# Sources of the serve part: config, processes, messages, listeners, TLS.
SERVE_SRCS = \
	common/authc.c \
	common/census.c \
	common/child.c \
	common/conf.c \
	common/conf.y \
	common/conf_check.c \
	common/conf_lex.c \
	common/conf_msg.c \
	common/conf_near.c \
	common/conf_option.c \
	common/conf_print.c \
	common/conf_stmt.c \
	common/ev.c \
	common/foreign.c \
	common/front.c \
	common/front_conn.c \
	common/front_listen.c \
	common/front_login.c \
	common/front_talk.c \
	common/handoff.c \
	common/io.c \
	common/libtlsfix.c \
	common/limit.c \
	common/material.c \
	common/msg.c \
	common/parent.c \
	common/parent_census.c \
	common/parent_conf.c \
	common/parent_kid.c \
	common/parent_session.c \
	common/parent_ticket.c \
	common/pidlock.c \
	common/proc.c \
	common/relay.c \
	common/sandbox_linux.c \
	common/sandbox_none.c \
	common/sandbox_openbsd.c \
	common/tlsctx.c \
	common/worker.c

# Sources of the auth part, which sees password hashes.
AUTH_SRCS = \
	common/auth.c \
	common/auth_account.c \
	common/auth_cache.c \
	common/auth_check.c \
	common/auth_ctx.c \
	common/auth_front.c \
	common/auth_login.c \
	common/auth_net.c \
	common/auth_passwd.c \
	common/auth_pool.c \
	common/auth_session.c \
	common/auth_tally.c \
	common/auth_users.c \
	common/passhash.c \
	common/passhash_digest.c \
	common/sasl.c \
	common/sasl_login.c \
	common/sasl_plain.c \
	common/sasl_scram.c \
	common/scram.c \
	common/user.c

# The program penfold-auth.
AUTHD_SRCS = \
	common/auth_main.c
