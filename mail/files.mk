# The sources of mail workers besides common/ and storage/; see Makefile.in.
MAIL_SRCS = \
	mail/mailstore.c
