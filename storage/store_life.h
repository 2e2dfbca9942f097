/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Freeing stores, for the loop and for the end of the process.
 */

#ifndef STORAGE_STORE_LIFE_H
#define STORAGE_STORE_LIFE_H

struct store;

/* Free a store without references, and all its mailboxes. */
void	 store_destroy(struct store *st);

#endif
