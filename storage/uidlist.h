/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-uidlist, version 3: how UIDs come along from Dovecot and survive
 * the loss of the index.
 *
 *	3 V1234567890 N42 G...
 *	17 P7 :1690000000.M1P2.host,S=100
 */

#ifndef STORAGE_UIDLIST_H
#define STORAGE_UIDLIST_H

#include <stdint.h>

#include "common/slice.h"

struct mailbox;

struct uidlist {
	struct uidlist_item {
		char		*base;
		char		*uidl;	/* or NULL */
		uint32_t	 uid;
	}		*items;		/* sorted by base */
	size_t		 n;
	uint32_t	 uidvalidity;
	uint32_t	 next;		/* 0: there is no list */
	uint32_t	 from;		/* lesser UIDs may not be adopted */
};

/*
 * Read the list of a mailbox that the index knows nothing of yet, and take
 * over its UIDVALIDITY.  Leaves it empty for others.
 */
void		 uidlist_adopt(struct mailbox *mb, struct uidlist *list);
void		 uidlist_clear(struct uidlist *list);
/* The UID of a base name, or 0. */
uint32_t	 uidlist_find(const struct uidlist *list, struct slice base);
struct slice	 uidlist_uidl(const struct uidlist *list, struct slice base);
/* UIDVALIDITY of the list in a folder, or 0. */
uint32_t	 uidlist_validity(int dir_fd);
/* Write the list of a mailbox.  Returns 0, or -1 if not now. */
int		 uidlist_write(struct mailbox *mb);

#endif
