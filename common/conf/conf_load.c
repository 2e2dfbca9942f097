/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Reading a struct conf from files; see conf.h.  The parser is linked only
 * into programs that read the file: parents and mailctl.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "common/conf/conf.h"
#include "common/conf/conf_option.h"
#include "common/conf/conf_parse.h"

/* Parse and check text, which is taken over and freed. */
static struct conf *
load(const char *name, char *text, size_t len, unsigned int flags,
    conf_report_fn *report, void *arg)
{
	struct conf_parse *p = xcalloc(1, sizeof(*p));
	struct conf *conf;

	p->conf = conf_new();
	p->conf->file = xstrdup(name);
	p->flags = flags;
	p->report = report;
	p->report_arg = arg;
	p->option_where = xcalloc(conf_noptions, sizeof(*p->option_where));
	(void)conf_source_push(p, name, text, len);
	conf_grammar(p);
	conf_check(p);
	conf = p->conf;
	if (p->errors > 0) {
		conf_free(conf);
		conf = NULL;
	}
	conf_lex_clear(p);
	for (size_t i = 0; i < conf_noptions; i++)
		free(p->option_where[i].file);
	free(p->option_where);
	free(p);
	return conf;
}

struct conf *
conf_load_text(const char *name, const char *text, size_t len,
    unsigned int flags, conf_report_fn *report, void *arg)
{
	char *copy = xmalloc(len + 1);

	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return load(name, copy, len, flags, report, arg);
}

struct conf *
conf_load(const char *path, unsigned int flags, conf_report_fn *report,
    void *arg)
{
	struct conf_parse p;
	char *text;
	size_t len;

	if (conf_file_read(path, &text, &len) == 0)
		return load(path, text, len, flags, report, arg);
	memset(&p, 0, sizeof(p));
	p.report = report;
	p.report_arg = arg;
	conf_error(&p, path, 0, "cannot read it: %s", strerror(errno));
	return NULL;
}
