# What storage/ is made of; see Makefile.in.
STORAGE_SRCS =
