/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * User names and mail paths.  The characters that are refused or folded follow
 * PRECIS' UsernameCaseMapped and UsernameCasePreserved (RFC 8265, 3.3 and 3.4)
 * as far as is possible without the PRECIS tables.  Characters with a meaning
 * in a path or a users file are refused as well.
 */

#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include <utf8proc.h>

#include "common/base/bounds.h"
#include "common/base/utf8.h"
#include "common/pass/user.h"

/* True if s has a character that no name may have. */
static bool
name_has_bad(struct slice s)
{
	uint32_t cp;
	size_t n;

	for (; s.len > 0; s = slice_from(s, n)) {
		n = utf8_decode(s, &cp);
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
		    cp == '/' || cp == '%' || cp == ':' ||
		    cp == 0x2028 || cp == 0x2029)
			return true;
		switch (utf8proc_category((utf8proc_int32_t)cp)) {
		case UTF8PROC_CATEGORY_CF:	/* bidi controls, zero-width */
		case UTF8PROC_CATEGORY_CN:
		case UTF8PROC_CATEGORY_CO:
		case UTF8PROC_CATEGORY_CS:
			return true;
		default:
			break;
		}
	}
	return false;
}

static utf8proc_int32_t
lower(utf8proc_int32_t cp, void *arg)
{
	(void)arg;
	return utf8proc_tolower(cp);
}

static int
part_put(struct slice in, bool fold, struct buf *out)
{
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t len;
	int ret = -1;

	if (utf8_ascii(in)) {
		for (size_t i = 0; i < in.len; i++) {
			char c = in.p[i];

			if (fold && c >= 'A' && c <= 'Z')
				c += 'a' - 'A';
			if (buf_add_char(out, c) == -1)
				return -1;
		}
		return 0;
	}
	len = utf8proc_map_custom((const utf8proc_uint8_t *)in.p,
	    (utf8proc_ssize_t)in.len, &mapped,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE, fold ? lower : NULL, NULL);
	if (len >= 0)
		ret = buf_add(out, mapped, (size_t)len);
	free(mapped);
	return ret;
}

static bool
part_ok(struct slice part)
{
	return part.len > 0 && part.p[0] != '.' &&
	    slice_find(part, SLICE_LIT("..")) == SLICE_NONE;
}

int
user_normalise(const struct user_rules *rules, struct slice in,
    struct buf *out)
{
	struct slice local, domain = in;
	size_t len = buf_len(out);
	bool has_domain;

	if (in.len > USER_NAME_MAX || !utf8_valid(in) || name_has_bad(in))
		return -1;
	has_domain = slice_cut(&domain, '@', &local);
	if (!has_domain && rules->domain != NULL) {
		domain = slice_str(rules->domain);
		has_domain = true;
	}
	if (!part_ok(local) || (has_domain && (!part_ok(domain) ||
	    slice_chr(domain, '@') != SLICE_NONE)))
		return -1;
	if (part_put(local, !rules->exact, out) == -1 ||
	    (has_domain && (buf_add_char(out, '@') == -1 ||
	    part_put(domain, true, out) == -1)) ||
	    buf_len(out) - len > USER_NAME_MAX) {
		buf_truncate(out, len);
		return -1;
	}
	return 0;
}

/* Get a part of a normalised name; the domain may be empty. */
static struct slice
local_part(struct slice name)
{
	struct slice local;

	(void)slice_cut(&name, '@', &local);
	return local;
}

static struct slice
domain_part(struct slice name)
{
	struct slice local;

	(void)slice_cut(&name, '@', &local);
	return name;
}

static const char *
variable_put(char c, struct slice name, struct slice home, struct buf *out)
{
	struct slice value;
	const char *empty;

	switch (c) {
	case 'u':
		value = name;
		empty = "the name is empty";
		break;
	case 'n':
		value = local_part(name);
		empty = "the name is empty";
		break;
	case 'd':
		value = domain_part(name);
		/*
		 * With an empty domain, the template "/mail/%d/%n" would give
		 * a user named "example.org" the mail of that whole domain.
		 */
		empty = "the name has no domain for %d";
		break;
	case 'h':
		value = home;
		empty = "the user has no home for %h";
		break;
	case '%':
		value = SLICE_LIT("%");
		empty = NULL;
		break;
	default:
		return "unknown variable: use %u, %n, %d, %h or %%";
	}
	if (value.len == 0)
		return empty;
	return buf_add_slice(out, value) == -1 ? "the path is too long" : NULL;
}

/* True if a path component is "..". */
static bool
path_steps_up(struct slice path)
{
	struct slice part;

	while (path.len > 0) {
		(void)slice_cut(&path, '/', &part);
		if (slice_eq_str(part, ".."))
			return true;
	}
	return false;
}

const char *
user_expand(const char *template, struct slice name, struct slice home,
    struct buf *out)
{
	const char *p = template, *fault = NULL;
	size_t len = buf_len(out);
	struct slice path;

	if (p[0] == '~' && (p[1] == '/' || p[1] == '\0')) {
		fault = variable_put('h', name, home, out);
		p++;
	}
	for (; *p != '\0' && fault == NULL; p++) {
		if (*p == '%' && p[1] != '\0')
			fault = variable_put(*++p, name, home, out);
		else if (buf_add_char(out, *p) == -1)
			fault = "the path is too long";
	}
	if (fault == NULL) {
		path = slice_from(buf_slice(out), len);
		if (path.len == 0 || path.p[0] != '/')
			fault = "the path does not start with /";
		else if (path_steps_up(path))
			fault = "the path has a part \"..\"";
		else if (path.len > USER_PATH_MAX)
			fault = "the path is too long";
	}
	if (fault != NULL)
		buf_truncate(out, len);
	return fault;
}
