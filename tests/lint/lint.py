#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""
Checks of the source tree that need not run the programs.

usage: lint.py TOP BUILD

Each check is a function check_NAME() that yields its complaints.  Prints
`ok NAME`, or `not ok NAME: complaint` for each complaint, and fails if there
is one.
"""

import sys

import manual
import structure
import text


def main():
    failures = 0
    checks = {name[len("check_"):]: value
              for module in (manual, structure, text)
              for name, value in vars(module).items()
              if name.startswith("check_")}
    for name, check in sorted(checks.items()):
        bad = 0
        for complaint in check():
            print(f"not ok {name}: {complaint}")
            bad += 1
        if not bad:
            print(f"ok {name}")
        failures += bad
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
