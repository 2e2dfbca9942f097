#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Faults: the store is held against what it answered, whatever fails.

Runs tests/faults/faults, which lets every call of every script fail, kills the
process before each call, cuts the power before each change and lets two
processes take turns.  A check is a script in one of these modes, and the rule
that it tests is what the mode says in doc/store.md.

Of long scripts only every n-th call or change is tried, unless FAULTS_EVERY is
in the environment, as in `make soak`; for more, see tests/faults/faults.c.
"""

import concurrent.futures
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PROGRAM = os.path.join(os.environ.get("BUILD", os.path.join(TOP, "build")),
                       "tests/faults/faults")
# Trials wait for helper threads more often than they compute.
AT_ONCE = 2 * (os.cpu_count() or 1)
ALL = "FAULTS_EVERY" in os.environ

# Of these scripts every n-th call or change is tried; 1 for the others.
EVERY = {
    "checkpoint": 5,
    "deliver-idle": 4,
    "first-login": 6,
    "folders": 4,
    "index-lost": 8,
    "rename-flags": 3,
    "two-sessions": 2,
}

# Checks that are known to fail, and why.  They are to be mended, and taken out
# of this table; `make soak` runs them.
LEFT_OUT = {}


def run(name):
    """Run a check.  Returns its exit code and what it printed."""
    every = EVERY.get(name.split(":")[0], 1)
    done = subprocess.run([PROGRAM, name], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          env={"FAULTS_EVERY": str(every), **os.environ})
    return done.returncode, done.stdout


def selected():
    """The names of all checks, or of those that the command line asks for."""
    names = subprocess.run([PROGRAM, "-l"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    for name in set(LEFT_OUT) - set(names):
        sys.exit(f"there is no check {name} to be left out")
    for text in sys.argv[1:]:
        if not any(text in name for name in names):
            print(f'test_calls.py: no check has "{text}" in its name, only:',
                  *names, sep="\n  ", file=sys.stderr)
            sys.exit(2)
    return [name for name in names if len(sys.argv) < 2 or
            any(text in name for text in sys.argv[1:])]


def main():
    names, bad = selected(), False
    for name in [] if ALL else [n for n in names if n in LEFT_OUT]:
        print(f"skip {name}: {LEFT_OUT[name]}")
        names.remove(name)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, (code, text) in zip(names, pool.map(run, names)):
            print(text, end="", flush=True)
            if code != 0:
                bad = True
                if "\nnot ok" not in "\n" + text:
                    print(f"not ok {name}: exit code {code}", flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
