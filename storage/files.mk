# The sources of storage/, a list for each room; see Makefile.in.

# mime/: what a message says.
MIME_SRCS = \
	storage/mime/address.c \
	storage/mime/charset.c \
	storage/mime/digest.c \
	storage/mime/encword.c \
	storage/mime/gist.c \
	storage/mime/header.c \
	storage/mime/imapform.c \
	storage/mime/match.c \
	storage/mime/mime.c \
	storage/mime/mime_field.c \
	storage/mime/mimeblob.c \
	storage/mime/param.c \
	storage/mime/parse.c \
	storage/mime/textstream.c \
	storage/mime/token.c

# maildir/: names, folders and lists on disk, watches.
MAILDIR_SRCS = \
	storage/maildir/dotlock.c \
	storage/maildir/expunged.c \
	storage/maildir/filelist.c \
	storage/maildir/keywordfile.c \
	storage/maildir/maildir.c \
	storage/maildir/mbname.c \
	storage/maildir/uidlist.c \
	storage/maildir/watch_inotify.c \
	storage/maildir/watch_poll.c

# index/: SQL, handles, syncs, control.
INDEX_SRCS = \
	storage/index/checkpoint.c \
	storage/index/content.c \
	storage/index/control.c \
	storage/index/delays.c \
	storage/index/due.c \
	storage/index/floor.c \
	storage/index/gap.c \
	storage/index/heal.c \
	storage/index/index.c \
	storage/index/newfile.c \
	storage/index/op_fail.c \
	storage/index/op_wait.c \
	storage/index/opening.c \
	storage/index/reserve.c \
	storage/index/room.c \
	storage/index/schema.c \
	storage/index/schema.sql \
	storage/index/sql.c \
	storage/index/sql_rc.c \
	storage/index/sql_text.c \
	storage/index/store_error.c \
	storage/index/store_ref.c \
	storage/index/sync.c \
	storage/index/vfs.c \
	storage/index/waiter.c \
	storage/index/walmark.c

# mailbox/: rows, entries, views, what others committed.
MAILBOX_SRCS = \
	storage/mailbox/changes.c \
	storage/mailbox/delta.c \
	storage/mailbox/flag_names.c \
	storage/mailbox/home.c \
	storage/mailbox/keyword.c \
	storage/mailbox/keywords.c \
	storage/mailbox/letter.c \
	storage/mailbox/mailbox.c \
	storage/mailbox/mailbox_folder.c \
	storage/mailbox/mailbox_load.c \
	storage/mailbox/mailbox_lookup.c \
	storage/mailbox/mailbox_row.c \
	storage/mailbox/mailboxes.c \
	storage/mailbox/names.c \
	storage/mailbox/row_read.c \
	storage/mailbox/store_absorb.c \
	storage/mailbox/tomb.c \
	storage/mailbox/view.c \
	storage/mailbox/view_sync.c \
	storage/mailbox/watcher.c

# op/: what changes or scans.
OP_SRCS = \
	storage/op/claim.c \
	storage/op/control_write.c \
	storage/op/copy.c \
	storage/op/expunge.c \
	storage/op/flagname.c \
	storage/op/flags.c \
	storage/op/folder.c \
	storage/op/grave.c \
	storage/op/keyword_write.c \
	storage/op/list.c \
	storage/op/list_load.c \
	storage/op/list_look.c \
	storage/op/list_op.c \
	storage/op/list_row.c \
	storage/op/list_settle.c \
	storage/op/list_watch.c \
	storage/op/newuser.c \
	storage/op/op.c \
	storage/op/purge.c \
	storage/op/save.c \
	storage/op/scan.c \
	storage/op/scan_look.c \
	storage/op/scan_take.c \
	storage/op/scan_waiting.c \
	storage/op/select.c \
	storage/op/status.c \
	storage/op/uidlist_promise.c \
	storage/op/uidlist_write.c

# read/: readers and search.
READ_SRCS = \
	storage/read/reader.c \
	storage/read/reader_file.c \
	storage/read/reader_parse.c \
	storage/read/search.c \
	storage/read/search_file.c \
	storage/read/search_header.c \
	storage/read/usage.c

# On top: the life of a user, the ticks.
STORE_SRCS = \
	storage/storage.c \
	storage/store.c \
	storage/sweep.c \
	storage/tick.c
