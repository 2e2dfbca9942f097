# What storage/ is made of; see Makefile.in.
STORAGE_SRCS = \
	storage/charset.c \
	storage/encword.c \
	storage/header.c \
	storage/token.c
