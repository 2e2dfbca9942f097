/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Connects a mail worker with the store.  Each worker process has one store,
 * which is configured here and driven by the worker's event loop.  So common/
 * and storage/ need not know each other.
 */
#ifndef MAIL_MAILSTORE_H
#define MAIL_MAILSTORE_H

struct storage;

/*
 * For worker_proto.start: make the store and watch its descriptors.  Returns 0,
 * or -1 on failure.
 */
int		 mailstore_start(void);
/* For worker_proto.reload: give the store the options of the configuration. */
void		 mailstore_reload(void);
/* For worker_proto.tick: let the store do what is due, and set its timer. */
void		 mailstore_tick(void);
/* For worker_proto.exit: write what is still to be written, free the store. */
void		 mailstore_exit(void);
/* The store of this process. */
struct storage	*mailstore(void);

#endif
