# The sources of pop3d/; see Makefile.in.  Front and mail worker share those
# of POP3D_PROTO_SRCS.
POP3D_SRCS = \
	pop3d/pop3d.c

POP3D_FRONT_SRCS = \
	pop3d/front.c

POP3D_MAIL_SRCS = \
	pop3d/cmd_dele.c \
	pop3d/cmd_list.c \
	pop3d/cmd_retr.c \
	pop3d/cmd_session.c \
	pop3d/command_table.c \
	pop3d/dialogue.c \
	pop3d/dispatch.c \
	pop3d/dotstuff.c \
	pop3d/maildrop.c \
	pop3d/store_reply.c \
	pop3d/surrogate.c \
	pop3d/worker.c

POP3D_PROTO_SRCS = \
	pop3d/capability.c \
	pop3d/lang.c \
	pop3d/line.c \
	pop3d/reply.c
