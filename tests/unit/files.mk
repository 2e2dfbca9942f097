# The unit tests; see Makefile.in.  test_NAME.c defines suite_NAME(), and its
# row in unit.c runs it.
UNIT_SRCS = \
	tests/unit/test_conf.c \
	tests/unit/unit.c
