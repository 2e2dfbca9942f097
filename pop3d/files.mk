# What pop3d/ is made of; see Makefile.in.  The protocol parts are shared by
# the front and the mail worker.
POP3D_SRCS = \
	pop3d/pop3d.c

POP3D_FRONT_SRCS = \
	pop3d/front.c

POP3D_MAIL_SRCS = \
	pop3d/cmd.c \
	pop3d/command.c \
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
