/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a view keeps, for view.c and view_sync.c only. */

#ifndef STORAGE_MAILBOX_VIEW_STRUCT_H
#define STORAGE_MAILBOX_VIEW_STRUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/idset.h"

struct mailbox;

struct view {
	TAILQ_ENTRY(view) link;		/* in mailbox->views */
	struct mailbox	*mailbox;
	bool		 readonly;
	bool		 takes_recent;	/* of new messages */
	uint32_t	 origin;	/* marks changes by this session */
	uint32_t	 told_uid;	/* greater UIDs are not told yet */
	uint32_t	 told_uidnext;
	uint32_t	 exists;	/* number of messages, as told */
	uint32_t	 told_recent;
	uint32_t	 told_keywords;	/* keywords_version */
	uint64_t	 flag_pos;	/* in mailbox->flag_changes */
	uint64_t	 expunge_pos;
	struct gone {
		uint32_t	 uid;
		uint32_t	 place;	/* in the entries */
	}		*gone;		/* zombies that were told, by uid */
	size_t		 ngone;
	struct idset	 recent;	/* \Recent for this session */
	bool		 recent_untold;	/* VIEW_RECENT is still to be told */
	struct idset	 to_expunge;	/* being told by view_sync() */
	struct idset	 to_flag;
	bool		 follows;	/* see view_follow() */
	uint64_t	 follow_pos;	/* in mailbox->flag_changes */
	struct idset	 followed;
	void		(*wake)(void *);
	void		*wake_arg;
	bool		 waked;		/* wake was called since last sync */
};

/*
 * Claimed \Recent goes to the first view that may take it: whether this view
 * may, and have it take what it may.
 */
bool		 view_may_take_recent(const struct view *v);
void		 view_take_recent(struct view *v);
/* Drop zombies and items of the logs that every view was told of. */
void		 view_trim(struct mailbox *mb);

#endif
