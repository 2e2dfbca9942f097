# What storage/ is made of; see Makefile.in.
STORAGE_SRCS = \
	storage/address.c \
	storage/charset.c \
	storage/encword.c \
	storage/header.c \
	storage/imapform.c \
	storage/match.c \
	storage/mime.c \
	storage/mimeblob.c \
	storage/param.c \
	storage/textstream.c \
	storage/token.c
