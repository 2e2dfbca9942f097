# What imapd/ is made of; see Makefile.in.  The protocol parts are shared by
# the front and the mail worker.
IMAPD_SRCS =
IMAPD_FRONT_SRCS =
IMAPD_MAIL_SRCS =
IMAPD_PROTO_SRCS =
