/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The store of a mail worker.
 */
#include "config.h"

#include "common/proc/worker.h"
#include "mail/mailstore.h"
#include "storage/store.h"

static struct storage *the_storage;

/* The special uses of the folders that a new account gets. */
static const uint32_t folder_uses[CONF_FOLDER_MAX] = {
	[CONF_FOLDER_DRAFTS] = MAILBOX_USE_DRAFTS,
	[CONF_FOLDER_SENT] = MAILBOX_USE_SENT,
	[CONF_FOLDER_TRASH] = MAILBOX_USE_TRASH,
	[CONF_FOLDER_JUNK] = MAILBOX_USE_JUNK,
	[CONF_FOLDER_ARCHIVE] = MAILBOX_USE_ARCHIVE,
};

static void
dispatch(void *arg)
{
	(void)arg;
	storage_dispatch(the_storage);
}

/* Fill in the store's options.  They borrow strings from the configuration. */
static void
get_options(struct storage_options *options,
    struct storage_folder folders[CONF_FOLDER_MAX + 1])
{
	const struct conf *conf = worker_conf();
	size_t n = 0;

	for (size_t i = 0; i < CONF_FOLDER_MAX; i++)
		if (conf->folder[i] != NULL)
			folders[n++] = (struct storage_folder){
				.name = conf->folder[i],
				.use = folder_uses[i],
			};
	folders[n].name = NULL;
	*options = (struct storage_options){
		.message_max = conf->message_size,
		.mailbox_max = conf->mailboxes,
		.keyword_max = conf->keywords,
		.expunged_keep = conf->expunge_keep,
		.idle_close = conf->index_idle,
		.sync_threads = conf->sync_threads,
		.lock_timeout = conf->lock_timeout,
		.poll_interval = conf->poll_interval,
		.open_max = conf->open_indexes,
		.folders = folders,
	};
}

int
mailstore_start(void)
{
	struct storage_folder folders[CONF_FOLDER_MAX + 1];
	struct storage_options options;
	int fds[2];

	get_options(&options, folders);
	if ((the_storage = storage_new(&options)) == NULL)
		return -1;
	storage_fds(the_storage, fds);
	for (size_t i = 0; i < 2; i++)
		if (fds[i] != -1)
			worker_watch(fds[i], dispatch, NULL);
	return 0;
}

void
mailstore_reload(void)
{
	struct storage_folder folders[CONF_FOLDER_MAX + 1];
	struct storage_options options;

	/* A configuration may still come after mailstore_exit(). */
	if (the_storage == NULL)
		return;
	get_options(&options, folders);
	storage_configure(the_storage, &options);
}

void
mailstore_tick(void)
{
	int ms;

	/* The loop goes round once more after mailstore_exit(). */
	if (the_storage == NULL)
		return;
	storage_dispatch(the_storage);
	if ((ms = storage_timeout(the_storage)) != -1)
		worker_timer((unsigned int)ms, dispatch, NULL);
}

void
mailstore_exit(void)
{
	storage_flush(the_storage);
	storage_free(the_storage);
	the_storage = NULL;
}

struct storage *
mailstore(void)
{
	return the_storage;
}
