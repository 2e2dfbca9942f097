# Sources of the base part: text codecs, buffers, numbers, log.
BASE_SRCS = \
	common/base/arena.c \
	common/base/base64.c \
	common/base/buf.c \
	common/base/casefold.c \
	common/base/crlf.c \
	common/base/date.c \
	common/base/hash.c \
	common/base/idset.c \
	common/base/log.c \
	common/base/mutf7.c \
	common/base/num.c \
	common/base/qp.c \
	common/base/random.c \
	common/base/slice.c \
	common/base/timer.c \
	common/base/utf8.c \
	common/base/xmalloc.c

# Sources of the serve part: config, processes, messages, listeners, TLS.
SERVE_SRCS = \
	common/conf/conf.c \
	common/conf/conf.y \
	common/conf/conf_check.c \
	common/conf/conf_lex.c \
	common/conf/conf_load.c \
	common/conf/conf_near.c \
	common/conf/conf_new.c \
	common/conf/conf_option.c \
	common/conf/conf_print.c \
	common/conf/conf_stmt.c \
	common/front/foreign.c \
	common/front/front_conn.c \
	common/front/front_listen.c \
	common/front/front_login.c \
	common/front/front_main.c \
	common/front/front_talk.c \
	common/front/limit.c \
	common/front/relay.c \
	common/net/ev.c \
	common/net/io.c \
	common/net/libtlsfix.c \
	common/net/stream.c \
	common/net/tlsctx.c \
	common/net/tlsmat.c \
	common/parent/material.c \
	common/parent/parent_census.c \
	common/parent/parent_conf.c \
	common/parent/parent_ctx.c \
	common/parent/parent_kid.c \
	common/parent/parent_main.c \
	common/parent/parent_session.c \
	common/parent/parent_stats.c \
	common/parent/parent_ticket.c \
	common/proc/auth_msg.c \
	common/proc/census.c \
	common/proc/child.c \
	common/proc/conf_msg.c \
	common/proc/conf_tls.c \
	common/proc/handoff.c \
	common/proc/msg.c \
	common/proc/pidlock.c \
	common/proc/proc.c \
	common/proc/sandbox_linux.c \
	common/proc/sandbox_none.c \
	common/proc/sandbox_openbsd.c \
	common/proc/shm.c \
	common/proc/stats.c \
	common/proc/worker.c

# Sources of the auth part, which sees password hashes.
AUTH_SRCS = \
	common/auth/auth.c \
	common/auth/auth_account.c \
	common/auth/auth_cache.c \
	common/auth/auth_check.c \
	common/auth/auth_ctx.c \
	common/auth/auth_front.c \
	common/auth/auth_login.c \
	common/auth/auth_net.c \
	common/auth/auth_passwd.c \
	common/auth/auth_pool.c \
	common/auth/auth_session.c \
	common/auth/auth_tally.c \
	common/auth/auth_users.c \
	common/pass/passhash.c \
	common/pass/passhash_digest.c \
	common/pass/scram.c \
	common/pass/user.c \
	common/sasl/sasl.c \
	common/sasl/sasl_login.c \
	common/sasl/sasl_mech.c \
	common/sasl/sasl_plain.c \
	common/sasl/sasl_scram.c

# The program penfold-auth.
AUTHD_SRCS = \
	common/auth/penfold_auth.c
