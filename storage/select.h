/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What the loop does so that sessions see what SELECT would show. */

#ifndef STORAGE_SELECT_H
#define STORAGE_SELECT_H

struct mailbox;

/* Claim \Recent of messages that another process added. */
void	 select_start_claim(struct mailbox *mb);

#endif
