/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The context of the auth process. */

#include "config.h"

#include "common/auth/auth_ctx.h"

struct auth_ctx	 auth;
