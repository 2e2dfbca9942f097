/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The commands: what the rows of command_table.c refer to.  For each a struct
 * with its arguments and what it keeps between calls, a parser, and a runner.
 * Each stands in cmd_FAMILY.c.
 */

#ifndef IMAPD_CMD_H
#define IMAPD_CMD_H

#include "common/base/idset.h"
#include "imapd/command.h"
#include "imapd/fetch.h"
#include "imapd/list_select.h"
#include "imapd/search_key.h"

/* cmd_session.c */
struct cmd_id {
	struct buf	 client_id;
};
struct cmd_enable {
	enum cap	*caps;
	size_t		 ncaps;
};
struct cmd_noop {
	struct op	*op;	/* looks for changes of other programs */
};
enum run	 cmd_capability_run(struct session *s, void *args);
enum run	 cmd_noop_run(struct session *s, void *args);
void		 cmd_noop_clear(void *args);
enum run	 cmd_logout_run(struct session *s, void *args);
enum run	 cmd_namespace_run(struct session *s, void *args);
enum parsed	 cmd_id_parse(struct session *s, struct arg *a, void *args);
enum run	 cmd_id_run(struct session *s, void *args);
void		 cmd_id_clear(void *args);
enum parsed	 cmd_enable_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_enable_run(struct session *s, void *args);

/* cmd_select.c */
struct cmd_select {
	struct slice	 name;
	bool		 condstore;
	struct op	*op;
};
enum parsed	 cmd_select_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_select_run(struct session *s, void *args);
void		 cmd_select_clear(void *args);
enum run	 cmd_unselect_run(struct session *s, void *args);

/* cmd_mailbox.c */
struct cmd_mailbox {
	struct slice	 name;
	struct slice	 to;		/* RENAME */
	uint32_t	 use;		/* CREATE */
	struct op	*op;
};
enum parsed	 cmd_create_parse(struct session *s, struct arg *a,
		    void *args);
enum parsed	 cmd_mailbox_parse(struct session *s, struct arg *a,
		    void *args);
enum parsed	 cmd_rename_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_create_run(struct session *s, void *args);
enum run	 cmd_delete_run(struct session *s, void *args);
enum run	 cmd_rename_run(struct session *s, void *args);
enum run	 cmd_subscribe_run(struct session *s, void *args);
void		 cmd_mailbox_clear(void *args);

/* cmd_list.c: LIST, and LSUB with CMD_VARIANT */
struct cmd_list {
	struct list_args list;
	struct op	*op;
	const struct mailbox_info *boxes;
	size_t		 nboxes;
	size_t		 next;		/* of boxes */
	bool		 ready;		/* patterns and above are complete */
	struct list_above above;
	struct op	*status_op;	/* of boxes[next] */
};
enum parsed	 cmd_list_parse(struct session *s, struct arg *a,
		    void *args);
enum parsed	 cmd_lsub_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_list_run(struct session *s, void *args);
void		 cmd_list_clear(void *args);

/* cmd_status.c */
struct cmd_status {
	struct slice	 name;
	uint32_t	 items;		/* STATUS_* */
	struct op	*op;
};
enum parsed	 cmd_status_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_status_run(struct session *s, void *args);
void		 cmd_status_clear(void *args);

/* cmd_append.c */
struct cmd_append {
	struct slice	 name;
	struct arg_flags flags;
	int64_t		 internaldate;	/* -1: now */
	struct op	*op;
	enum append_step {
		APPEND_OPEN,		/* look whether the mailbox is there */
		APPEND_DATA,		/* the literal is coming in */
		APPEND_REST,		/* the rest of the line */
		APPEND_COMMIT
	}		 step;
};
enum parsed	 cmd_append_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_append_run(struct session *s, void *args);
void		 cmd_append_clear(void *args);

/* cmd_fetch.c */
enum fetch_step {
	FETCH_BATCH,		/* take the next messages */
	FETCH_MARK,		/* set \Seen on them */
	FETCH_READ		/* print them */
};
struct cmd_fetch {
	struct fetch	 fetch;
	bool		 changedsince;
	uint64_t	 modseq;	/* CHANGEDSINCE */
	bool		 started;
	struct idset	 uids;		/* what was asked for */
	struct idset_iter iter;		/* over it, in batches */
	struct idset	 batch;
	struct idset	 marked;	/* of the batch: \Seen was set now */
	struct idset_iter batch_iter;	/* where nothing is read */
	enum fetch_step	 step;
	struct op	*op;
	struct message	 light;		/* with the flags of now */
	bool		 busy;		/* a message is being printed */
	size_t		 item;		/* of it, next to be printed */
	bool		 failed;	/* a message could not be read */
	struct store_error err;		/* why */
};
enum parsed	 cmd_fetch_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_fetch_run(struct session *s, void *args);
void		 cmd_fetch_clear(void *args);

/* cmd_store.c */
struct cmd_store {
	struct idset	 uids;
	enum flags_how	 how;
	bool		 silent;
	struct arg_flags flags;
	uint64_t	 unchangedsince;	/* UINT64_MAX: not given */
	struct op	*op;
	struct idset_iter iter;		/* over what is answered */
	uint32_t	 uid;		/* the next of it, 0: none */
	bool		 done;		/* the flags are set */
};
enum parsed	 cmd_store_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_store_run(struct session *s, void *args);
void		 cmd_store_clear(void *args);

/* cmd_copy.c: COPY, and MOVE with CMD_VARIANT */
struct cmd_copy {
	struct idset	 uids;
	struct slice	 to;
	struct op	*op;
};
enum parsed	 cmd_copy_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_copy_run(struct session *s, void *args);
void		 cmd_copy_clear(void *args);

/* cmd_expunge.c */
struct cmd_expunge {
	struct idset	 uids;
	struct op	*op;
};
enum parsed	 cmd_uid_expunge_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_expunge_run(struct session *s, void *args);
enum run	 cmd_close_run(struct session *s, void *args);
void		 cmd_expunge_clear(void *args);

/* cmd_search.c */
struct cmd_search {
	struct search_keys keys;
	uint32_t	 returns;	/* RETURN_* of cmd_search.c */
	bool		 esearch;	/* RETURN was given */
	struct op	*op;
	struct idset	 found;		/* in the numbers to be printed */
	struct idset_iter iter;
	bool		 printing;
};
enum parsed	 cmd_search_parse(struct session *s, struct arg *a,
		    void *args);
enum run	 cmd_search_run(struct session *s, void *args);
void		 cmd_search_clear(void *args);

/* cmd_idle.c */
struct cmd_idle {
	bool		 idling;	/* "+" was sent */
	bool		 done;		/* DONE came */
	uint64_t	 told_at;	/* ms, when something was last sent */
};
enum run	 cmd_idle_run(struct session *s, void *args);

#endif
