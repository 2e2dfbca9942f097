# What mailctl/ is made of; see Makefile.in.
MAILCTL_SRCS =
