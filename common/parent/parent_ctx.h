/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* This runs as root.  Private to the parent: the context of the process. */

#ifndef COMMON_PARENT_PARENT_CTX_H
#define COMMON_PARENT_PARENT_CTX_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "common/parent/parent.h"

struct event_base;
struct material;

struct parent_ctx {
	const struct conf_service *service;
	const char		*conf_path;
	const char		*libexec; /* where children's programs are */
	bool			 foreground;	/* -d */
	bool			 trace;		/* -d -d: log messages */
	bool			 verbose;	/* -v */
	bool			 stopping;
	long			 ncores;
	struct event_base	*base;
	struct material		*m;		/* the configuration in force */
};

extern struct parent_ctx parent;

#endif
