# The sources of common/, a list for each room; see Makefile.in.

# base/: slices, buffers, arenas, numbers, sets, text codecs, log.
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

# conf/: the grammar of penfold.conf and its options.
CONF_SRCS = \
	common/conf/conf.c \
	common/conf/conf.y \
	common/conf/conf_check.c \
	common/conf/conf_lex.c \
	common/conf/conf_load.c \
	common/conf/conf_mech.c \
	common/conf/conf_near.c \
	common/conf/conf_new.c \
	common/conf/conf_option.c \
	common/conf/conf_print.c \
	common/conf/conf_service.c \
	common/conf/conf_stmt.c \
	common/conf/conf_users.c

# net/: events, one stream over socket or TLS, TLS contexts.
NET_SRCS = \
	common/net/ev.c \
	common/net/io.c \
	common/net/libtlsfix.c \
	common/net/sock.c \
	common/net/stream.c \
	common/net/tlsctx.c \
	common/net/tlsmat.c

# pass/: password hashes and user names.
PASS_SRCS = \
	common/pass/passhash.c \
	common/pass/passhash_digest.c \
	common/pass/scram.c \
	common/pass/user.c

# sasl/: mechanisms.
SASL_SRCS = \
	common/sasl/sasl.c \
	common/sasl/sasl_login.c \
	common/sasl/sasl_mech.c \
	common/sasl/sasl_plain.c \
	common/sasl/sasl_scram.c

# proc/: messages, sandboxes, the frames of a child and of a mail worker.
PROC_SRCS = \
	common/proc/auth_msg.c \
	common/proc/census.c \
	common/proc/child.c \
	common/proc/conf_msg.c \
	common/proc/conf_tls.c \
	common/proc/handoff.c \
	common/proc/msg.c \
	common/proc/msg_type.c \
	common/proc/parent_msg.c \
	common/proc/pidlock.c \
	common/proc/proc.c \
	common/proc/sandbox_linux.c \
	common/proc/sandbox_none.c \
	common/proc/sandbox_openbsd.c \
	common/proc/shm.c \
	common/proc/stats.c \
	common/proc/trace.c \
	common/proc/worker.c

# parent/: the parent of a daemon.
PARENT_SRCS = \
	common/parent/material.c \
	common/parent/parent_census.c \
	common/parent/parent_conf.c \
	common/parent/parent_ctx.c \
	common/parent/parent_kid.c \
	common/parent/parent_log.c \
	common/parent/parent_main.c \
	common/parent/parent_secret.c \
	common/parent/parent_session.c \
	common/parent/parent_stats.c \
	common/parent/parent_ticket.c \
	common/parent/parent_watch.c

# front/: the process that clients talk to.
FRONT_SRCS = \
	common/front/foreign.c \
	common/front/front_conn.c \
	common/front/front_listen.c \
	common/front/front_login.c \
	common/front/front_main.c \
	common/front/front_talk.c \
	common/front/front_trace.c \
	common/front/limit.c \
	common/front/relay.c

# auth/: the process that sees password hashes.
AUTH_SRCS = \
	common/auth/auth.c \
	common/auth/auth_account.c \
	common/auth/auth_cache.c \
	common/auth/auth_check.c \
	common/auth/auth_ctx.c \
	common/auth/auth_fakes.c \
	common/auth/auth_front.c \
	common/auth/auth_line.c \
	common/auth/auth_login.c \
	common/auth/auth_net.c \
	common/auth/auth_passwd.c \
	common/auth/auth_pool.c \
	common/auth/auth_session.c \
	common/auth/auth_source.c \
	common/auth/auth_source_passwd.c \
	common/auth/auth_sources.c \
	common/auth/auth_tally.c \
	common/auth/auth_turns.c \
	common/auth/auth_users.c

# The main() of penfold-auth.
AUTHD_SRCS = \
	common/auth/penfold_auth.c
