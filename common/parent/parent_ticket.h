/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: the keys of TLS session tickets,
 * which all fronts share and which are replaced from time to time.
 */

#ifndef COMMON_PARENT_PARENT_TICKET_H
#define COMMON_PARENT_PARENT_TICKET_H

struct kid;

/* Make the first key. */
void	 parent_ticket_setup(void);

/*
 * The lifetime of tickets may have changed: set the timer for the next key
 * anew.
 */
void	 parent_ticket_arm(void);

/* Send a front all keys, as a part of its configuration. */
void	 parent_ticket_send(struct kid *k);

#endif
