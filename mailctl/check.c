/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Prints the errors and warnings of mailctl check.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "mailctl/check.h"

static void
report(const char *kind, const char *fix, const char *fmt, va_list ap)
{
	(void)printf("%s: ", kind);
	(void)vprintf(fmt, ap);
	(void)printf("\n");
	if (fix != NULL)
		(void)printf("    fix: %s\n", fix);
}

void
check_error(struct check *c, const char *fix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report("error", fix, fmt, ap);
	va_end(ap);
	c->errors++;
}

void
check_warn(struct check *c, const char *fix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report("warning", fix, fmt, ap);
	va_end(ap);
	c->warnings++;
}
