/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of the scalar options of penfold.conf(5).  The parser, the printer,
 * the message encoder and decoder, conf_new() and the test that compares the
 * manual with the program all walk the same rows.
 */

#ifndef COMMON_CONF_CONF_OPTION_H
#define COMMON_CONF_CONF_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "common/conf/conf.h"

enum conf_type {	/* in the file;			field of struct conf */
	CONF_NUMBER,	/* 20			uint32_t */
	CONF_TIME,	/* 90, 30m, 2h, never	uint32_t, seconds */
	CONF_SIZE,	/* 64K, 128M		uint64_t, octets */
	CONF_BOOL,	/* yes, no		bool */
	CONF_WORD,	/* one of words		uint32_t, value of the word */
	CONF_WORDS,	/* some of words	uint32_t, values or-ed */
	CONF_STRING,	/* "text"		char * */
	CONF_PATH,	/* "/path", or a word	char * */
	CONF_ID		/* "name", "uid:gid"	struct conf_id */
};

/* Flags of a row. */
#define CONF_OPT_NEVER	(1U << 0)	/* CONF_TIME: "never" is allowed */
#define CONF_OPT_NONE	(1U << 1)	/* "" is allowed and stored as NULL */
#define CONF_OPT_DAYS	(1U << 2)	/* CONF_TIME: whole days only */
/*
 * A changed value takes effect only after a restart.  Options without this
 * flag take effect on reload, which tests/wire/test_reload.py checks.
 */
#define CONF_OPT_RESTART (1U << 3)

struct conf_word {
	const char	*name;	/* NULL ends a list */
	uint32_t	 value;
};

struct conf_option {
	const char		*name;	/* one or more words */
	enum conf_type		 type;
	unsigned int		 flags;	/* CONF_OPT_* */
	size_t			 offset;/* of the field in struct conf */
	const char		*def; /* as in a file; NULL: set at run time */
	uint64_t		 min;	/* of a number or a string's length */
	uint64_t		 max;
	const struct conf_word	*words;
	const char		*doc;	/* description in one line */
};

/* Most words that a CONF_WORDS option may be given. */
#define CONF_VALUES_MAX	16

/* The rows, in the order of the manual, and their number. */
extern const struct conf_option	conf_options[];
extern const size_t		conf_noptions;

/*
 * Set an option from the values in a statement.
 *
 * v, n      the values as written, without quotes
 * err       on failure, set to a message that says what was expected
 *
 * Returns 0, or -1 with conf unchanged.
 */
int	 conf_option_set(struct conf *conf, const struct conf_option *o,
	    const char *const *v, size_t n, char *err, size_t errsize);

/*
 * Append the value of an option in the form that conf_option_set() takes, with
 * the quotes that the grammar needs.
 *
 * Returns 0, or -1 if the buffer is full.
 */
int	 conf_option_print(const struct conf *conf,
	    const struct conf_option *o, struct buf *out);

/*
 * Append a string, quoted and escaped as the lexer reads it.  NULL is "".
 *
 * Returns 0, or -1 if the buffer is full.
 */
int	 conf_option_print_string(struct buf *out, const char *s);

/*
 * Tell whether a value received in a message is within the row's bounds.  For
 * strings, paths and users the value is the length of the text.
 */
bool	 conf_option_valid(const struct conf_option *o, uint64_t value);

/*
 * Keep the current values of all options with a flag across a reload.
 *
 * next      new configuration; gets the values from now
 * now       old configuration, about to be freed; gets next's values
 * flag      one of CONF_OPT_*
 * names     appended: names of the options that differed, with commas
 */
void	 conf_option_keep(struct conf *next, struct conf *now,
	    unsigned int flag, struct buf *names);

/* The field of an option in conf; the option's type must match. */
uint32_t	*conf_field_u32(const struct conf *conf,
		    const struct conf_option *o);
uint64_t	*conf_field_u64(const struct conf *conf,
		    const struct conf_option *o);
bool		*conf_field_bool(const struct conf *conf,
		    const struct conf_option *o);
char	       **conf_field_str(const struct conf *conf,
		    const struct conf_option *o);
struct conf_id	*conf_field_id(const struct conf *conf,
		    const struct conf_option *o);

/*
 * Parse a system user.  "uid:gid" is complete; a name still has to be looked
 * up with conf_id_lookup().
 *
 * Returns 0, or -1 with id unchanged if text is neither.
 */
int		 conf_id_set(struct conf_id *id, const char *text);

/*
 * Look up the name with getpwnam(3), unless uid and gid are known already.
 *
 * Returns 0, or -1 if there is no such user.
 */
int		 conf_id_lookup(struct conf_id *id);

#endif
