/* One row for each tests/unit/test_NAME.c, sorted; included by unit.c. */
