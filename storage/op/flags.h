/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Changing flags. */

#ifndef STORAGE_OP_FLAGS_H
#define STORAGE_OP_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "storage/types.h"

enum flags_how { FLAGS_REPLACE, FLAGS_ADD, FLAGS_REMOVE };

/*
 * STORE.  Messages whose modseq is greater than unchangedsince are left alone
 * (RFC 7162, 3.1.3); UINT64_MAX changes all.
 */
struct op	*flags_new(struct view *v, const struct idset *uids,
		    enum flags_how how, const struct flag_names *flags,
		    uint64_t unchangedsince);
/*
 * What was changed, after RUN_DONE.  Many messages take several transactions,
 * so that after RUN_FAIL some may be changed, too.
 */
struct flags_result {
	struct idset	 changed;	/* UIDs whose flags were set */
	struct idset	 modified;	/* UIDs that failed UNCHANGEDSINCE */
	bool		 expunged;	/* some messages were gone already */
};
/* The result; it lives as long as the operation. */
const struct flags_result *flags_result(const struct op *op);

#endif
