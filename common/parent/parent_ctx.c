/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* This runs as root.  The context of the parent. */

#include "config.h"

#include "common/parent/parent_ctx.h"

struct parent_ctx	 parent;
