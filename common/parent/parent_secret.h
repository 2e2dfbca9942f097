/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: the key of the SCRAM secrets that
 * auth invents for users who do not exist.
 */

#ifndef COMMON_PARENT_PARENT_SECRET_H
#define COMMON_PARENT_PARENT_SECRET_H

struct kid;

/*
 * Read the key from a file, or make both if there is no file yet.
 *
 * key    FAKES_KEY_LEN octets
 *
 * Returns 0, or -1 with the reason logged and key unchanged.
 */
int	 parent_secret_load(const char *path, unsigned char *key);

/* Send auth the key, if the configuration offers SCRAM. */
void	 parent_secret_send(struct kid *k);

#endif
