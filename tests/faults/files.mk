# The program that lets calls fail; see Makefile.in.  It uses parts of the unit
# tests.
FAULTS_SRCS = \
	tests/faults/calls.c \
	tests/faults/disk.c \
	tests/faults/faults.c \
	tests/faults/judge.c \
	tests/faults/power.c \
	tests/faults/script.c \
	tests/faults/trial.c \
	tests/faults/turns.c \
	tests/faults/world.c
