/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Allocation that ends the process when it fails. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "common/base/xmalloc.h"

/* Elements of a small array: most grow no further. */
#define XGROW_MIN	16

static void *
must(void *p, const char *what)
{
	if (p == NULL)
		log_fatal("%s: %s", what, strerror(errno));
	return p;
}

void *
xmalloc(size_t size)
{
	return must(malloc(size == 0 ? 1 : size), "malloc");
}

void *
xcalloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return must(calloc(n, size), "calloc");
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return must(reallocarray(p, n, size), "reallocarray");
}

void *
xgrow(void *p, size_t n, size_t *size, size_t item)
{
	if (n < *size)
		return p;
	if (*size == 0)
		*size = XGROW_MIN;
	else if (num_mul_size(*size, 2, size) == -1)
		log_fatal("an array is too large");
	return xreallocarray(p, *size, item);
}

char *
xstrdup(const char *s)
{
	return must(strdup(s), "strdup");
}

char *
xstrdup_slice(struct slice s)
{
	char *p = xmalloc(s.len + 1);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

char *
xstrndup(const char *s, size_t max)
{
	return must(strndup(s, max), "strndup");
}
