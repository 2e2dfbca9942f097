/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Private to the front: listening sockets, and which connections are accepted
 * (limit.h).
 */

#ifndef COMMON_FRONT_FRONT_LISTEN_H
#define COMMON_FRONT_FRONT_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

struct conf;

/* Set up what all listeners share.  Called once. */
void	 front_listen_setup(void);

/*
 * Add a socket, which is then owned here, for the listener of this number in
 * the next configuration.
 */
void	 front_listen_add(int fd, uint32_t number);

/* Whether all added sockets have a listener in this configuration. */
bool	 front_listen_fits(const struct conf *conf);

/* Listen on the sockets that were added, and close all earlier ones. */
void	 front_listen_switch(void);

/* Close the sockets that were added since the last switch. */
void	 front_listen_forget(void);

/* Start to accept; does nothing if that was done. */
void	 front_listen_start(void);

/* Close all sockets, for good. */
void	 front_listen_close(void);

#endif
