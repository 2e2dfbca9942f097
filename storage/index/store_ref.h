/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* References to a store, for the modules of storage/. */

#ifndef STORAGE_INDEX_STORE_REF_H
#define STORAGE_INDEX_STORE_REF_H

struct store;

/*
 * Take and drop a reference.  A store without references closes after a while.
 */
void		 store_ref(struct store *st);
void		 store_unref(struct store *st);
/*
 * Keep st in storage->spares while its index is open and nobody holds st.  To
 * be called when the index was opened or closed.
 */
void		 store_note_spare(struct store *st);

#endif
