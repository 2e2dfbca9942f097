# What imapd/ is made of; see Makefile.in.  The protocol parts are shared by
# the front and the mail worker.
IMAPD_SRCS = \
	imapd/imapd.c

IMAPD_FRONT_SRCS = \
	imapd/front.c \
	imapd/front_command.c \
	imapd/front_state.c

IMAPD_MAIL_SRCS = \
	imapd/answer.c \
	imapd/cmd_append.c \
	imapd/cmd_copy.c \
	imapd/cmd_enable.c \
	imapd/cmd_expunge.c \
	imapd/cmd_fetch.c \
	imapd/cmd_id.c \
	imapd/cmd_idle.c \
	imapd/cmd_list.c \
	imapd/cmd_mailbox.c \
	imapd/cmd_search.c \
	imapd/cmd_select.c \
	imapd/cmd_session.c \
	imapd/cmd_status.c \
	imapd/cmd_store.c \
	imapd/command_table.c \
	imapd/dialogue.c \
	imapd/dispatch.c \
	imapd/esearch.c \
	imapd/fetch_item.c \
	imapd/fetch_print.c \
	imapd/fetch_section.c \
	imapd/flag.c \
	imapd/list_args.c \
	imapd/list_match.c \
	imapd/list_select.c \
	imapd/message_set.c \
	imapd/search_key.c \
	imapd/section.c \
	imapd/session.c \
	imapd/session_op.c \
	imapd/special_use.c \
	imapd/status_items.c \
	imapd/update.c \
	imapd/worker.c

IMAPD_PROTO_SRCS = \
	imapd/arg.c \
	imapd/capability.c \
	imapd/id.c \
	imapd/input.c \
	imapd/literal.c \
	imapd/name_style.c \
	imapd/reply.c \
	imapd/respcode.c
