/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the front alone: listening sockets, and who is let in
 * (limit.h).
 */

#ifndef COMMON_FRONT_LISTEN_H
#define COMMON_FRONT_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

struct conf;

/* Set up what listening needs, once. */
void	 front_listen_setup(void);

/* A socket, which it owns, for listener number of the next configuration. */
void	 front_listen_add(int fd, uint32_t number);

/* The sockets that were added are those of this configuration. */
bool	 front_listen_fits(const struct conf *conf);

/* Listen on those that were added, and on no others. */
void	 front_listen_switch(void);

/* Close those that were added since the last switch. */
void	 front_listen_forget(void);

/* Begin to accept, if that has not been done. */
void	 front_listen_start(void);

/* Close all, for good. */
void	 front_listen_close(void);

#endif
