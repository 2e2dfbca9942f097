# What pop3d/ is made of; see Makefile.in.  The protocol parts are shared by
# the front and the mail worker.
POP3D_SRCS =
POP3D_FRONT_SRCS =
POP3D_MAIL_SRCS =
POP3D_PROTO_SRCS =
