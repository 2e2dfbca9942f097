/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Where the mail worker and the store meet: the store of this process, set
 * up from the configuration and driven by the worker's event loop.  Each
 * daemon's worker has one; neither common nor storage knows of the other.
 */
#ifndef MAIL_MAILSTORE_H
#define MAIL_MAILSTORE_H

struct storage;

/* For worker_proto.init: make the store and watch its descriptors. */
int		 mailstore_init(void);
/* For worker_proto.reload: give the store the options of the configuration. */
void		 mailstore_reload(void);
/* For worker_proto.tick: let the store do what is due, set its timer. */
void		 mailstore_tick(void);
/* For worker_proto.exit: write what is owed. */
void		 mailstore_exit(void);
/* The store of this process. */
struct storage	*mailstore(void);

#endif
