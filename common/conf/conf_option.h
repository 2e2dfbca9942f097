/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The scalar options of penfold.conf(5) as rows of a table.  The parser, the
 * printer, the message codec, the defaults and the test that compares the
 * manual with the program all walk the same rows.
 */

#ifndef COMMON_CONF_OPTION_H
#define COMMON_CONF_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "common/conf/conf.h"

enum conf_type {	/* in the file;			field of struct conf */
	CONF_NUMBER,	/* 20			uint32_t */
	CONF_TIME,	/* 90, 30m, 2h, never	uint32_t, seconds */
	CONF_SIZE,	/* 64K, 128M		uint64_t, octets */
	CONF_BOOL,	/* yes, no		bool */
	CONF_WORD,	/* one of words		uint32_t, its value */
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
 * The value of the start stays in force until a restart.  All others are in
 * force after a reload; tests/wire/test_reload.py looks for the effect.
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
	const char		*def; /* as it would be written; NULL: found */
	uint64_t		 min;	/* of numbers; length of strings */
	uint64_t		 max;
	const struct conf_word	*words;
	const char		*doc;	/* one line */
};

/* Longest value of CONF_WORDS, in words. */
#define CONF_VALUES_MAX	16

/* The rows, in the order of the manual, and how many there are. */
extern const struct conf_option	conf_options[];
extern const size_t		conf_noptions;

/*
 * Set the option of a configuration from the words of a statement.
 *
 * v, n      the values as written, without quotes
 * err       filled with what was expected, on failure
 *
 * Returns 0, or -1 with conf unchanged.
 */
int	 conf_option_set(struct conf *conf, const struct conf_option *o,
	    const char *const *v, size_t n, char *err, size_t errsize);

/*
 * Append the value of an option as conf_option_set() takes it, quoted where
 * the grammar wants it.
 *
 * Returns 0, or -1 when the buffer is full.
 */
int	 conf_option_print(const struct conf *conf,
	    const struct conf_option *o, struct buf *out);

/*
 * Tell whether a value that came by message lies within the row's bounds.
 */
bool	 conf_option_valid(const struct conf_option *o, uint64_t value);

/*
 * Leave options as they are in the configuration that is replaced.
 *
 * next      gets the values of the options that have the flag
 * now       gets what next had: it is to be freed
 * flag      one of CONF_OPT_*
 * names     the names of those that differed are appended, with commas
 */
void	 conf_option_keep(struct conf *next, struct conf *now,
	    unsigned int flag, struct buf *names);

/* The field of an option, typed. */
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
 * Read a user of the system: "uid:gid" is known at once, a name has to be
 * looked up with conf_id_lookup().
 *
 * Returns 0, or -1 when it is neither; id then is unchanged.
 */
int		 conf_id_set(struct conf_id *id, const char *text);

/*
 * Look the name up with getpwnam(3), unless uid and gid are known.
 *
 * Returns 0, or -1 when there is no such user.
 */
int		 conf_id_lookup(struct conf_id *id);

#endif
