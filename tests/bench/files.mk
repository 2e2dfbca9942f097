# The benchmark's load generator.
BENCH_SRCS = \
	tests/bench/load.c
