/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* imapd-mail: IMAP after login, as the owner of the mail. */

#include "config.h"

#include "common/worker.h"
#include "imapd/session.h"
#include "mail/mailstore.h"

static const struct worker_proto imap_proto = {
	.name = "imap",
	.init = mailstore_init,
	.open = session_open,
	.run = session_run,
	.timeout = session_timeout,
	.shutdown = session_shutdown,
	.close = session_close,
	.tick = mailstore_tick,
	.exit = mailstore_exit,
};

int
main(int argc, char *argv[])
{
	return worker_main(&imap_proto, argc, argv);
}
