# What mail workers are made of beyond common/ and storage/; see Makefile.in.
MAIL_SRCS = \
	mail/mailstore.c
