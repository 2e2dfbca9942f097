/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the parts of the configuration parser share; nobody else includes it.
 *
 * conf_lex.c turns files into statements and statements into tokens, conf.y
 * has the grammar, conf_stmt.c does what a statement says, conf_check.c looks
 * at the whole.
 */

#ifndef COMMON_CONF_PARSE_H
#define COMMON_CONF_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/conf/conf.h"
#include "common/conf/conf_option.h"

/* Bounds of what a file may ask for, so that a wrong one ends. */
#define CONF_FILE_MAX		(1024 * 1024)	/* octets of one file */
#define CONF_DEPTH_MAX		16		/* include in include */
#define CONF_FILES_MAX		256		/* files in all */
#define CONF_TOKENS_MAX		1024		/* tokens of a statement */
#define CONF_MACROS_MAX		1024
#define CONF_ERRORS_MAX		50		/* then the rest is not read */

struct conf_token {
	char	*text;		/* without quotes */
	bool	 quoted;
	char	 punct;		/* '=' or ',', or 0 for a word */
	int	 line;
};

struct conf_macro {
	char	*name;
	char	*value;
	bool	 used;
	struct conf_where where;
};

/* A file that is being read. */
struct conf_source {
	char	*name;
	char	*text;
	size_t	 len;
	size_t	 pos;
	int	 line;
};

/* A keyword of the grammar, and its number there. */
struct conf_keyword {
	const char	*name;
	int		 token;
};

struct conf_parse {
	struct conf		*conf;
	const struct conf_keyword *keywords; /* ended by a NULL name */
	unsigned int		 flags;		/* CONF_NO_* */
	conf_report_fn		*report;
	void			*report_arg;
	unsigned int		 errors;

	struct conf_source	 source[CONF_DEPTH_MAX];
	size_t			 depth;		/* sources that are open */
	size_t			 files;		/* opened so far */
	struct conf_macro	*macros;
	size_t			 nmacros;

	/* The statement at hand. */
	struct conf_token	 token[CONF_TOKENS_MAX];
	size_t			 ntokens;
	size_t			 next;		/* to be given to yyparse() */
	size_t			 given;		/* number of the last given */
	char			*file;		/* that it stands in */
	int			 line;		/* of its end */
	const struct conf_option *option;	/* when it sets one */
	bool			 in_statement;
	bool			 is_macro;
	const char		*want;		/* what may come next */
	char			 detail[128];	/* an error with a name in it */

	/* Line of each option that was set, 0 for a default; its file. */
	struct conf_where	*option_where;
};

/* Run the grammar over p's sources; errors are counted in p. */
void	 conf_grammar(struct conf_parse *p);

/* Report an error at a line of a file; line 0 leaves the line out. */
void	 conf_error(struct conf_parse *p, const char *file, int line,
	    const char *fmt, ...)
	    __attribute__((__format__(printf, 4, 5)));

/* Report an error of the statement at hand, at the line of its first token. */
void	 conf_stmt_error(struct conf_parse *p, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));

/*
 * Tokens (conf_lex.c)
 */

/* What the lexer found. */
enum conf_lexed {
	CONF_LEX_END,		/* all sources are read */
	CONF_LEX_NEWLINE,	/* the statement is over */
	CONF_LEX_OPTION,	/* p->option: the words of its name */
	CONF_LEX_MACRO,		/* a name before '=' */
	CONF_LEX_PUNCT,		/* '=' or ',' */
	CONF_LEX_VALUE,		/* a word or string that is no keyword here */
	CONF_LEX_KEYWORD	/* a bare word of the grammar: *keyword */
};

/*
 * Give the next token of the sources.  Statements that begin with nothing
 * known are reported here, with the nearest name, and skipped.
 */
enum conf_lexed	 conf_lex(struct conf_parse *p, const char **text,
		    int *keyword);

/* Report that the last token given is not what p->want says. */
void		 conf_lex_unexpected(struct conf_parse *p);

/* Start reading text (taken over) named name (copied); -1: too deep. */
int		 conf_source_push(struct conf_parse *p, const char *name,
		    char *text, size_t len);

/* Read a file whole; -1 with errno, also for what is no regular file. */
int		 conf_file_read(const char *path, char **text, size_t *len);

/* Free sources, macros and tokens. */
void		 conf_lex_clear(struct conf_parse *p);

/*
 * Statements (conf_stmt.c); they report their errors themselves.
 */
void	 conf_stmt_macro(struct conf_parse *p, const char *name,
	    const char *value);
void	 conf_stmt_include(struct conf_parse *p, const char *path);
void	 conf_stmt_certificate(struct conf_parse *p, const char *cert,
	    const char *key, const char *ocsp);
void	 conf_stmt_users(struct conf_parse *p,
	    const struct conf_users_kind *kind, const char *path);
void	 conf_stmt_mail(struct conf_parse *p, const char *path,
	    const char *owner);
void	 conf_stmt_listen(struct conf_parse *p,
	    const struct conf_service *service, const char *addr,
	    const char *port, enum conf_mode mode, bool plaintext,
	    struct conf_nets *from);
void	 conf_stmt_net(struct conf_parse *p, struct conf_nets *nets,
	    const char *net);
void	 conf_stmt_option(struct conf_parse *p, const struct conf_option *o,
	    const char *const *v, size_t n);

/*
 * Look at the whole when every line is read (conf_check.c); most of it only
 * if no line was wrong.
 */
void	 conf_check(struct conf_parse *p);

/*
 * Names that were meant (conf_near.c)
 */

/*
 * The name of an option or statement nearest to the first words of a
 * statement, or NULL when none is near.  Names that other servers or earlier
 * versions use are known too.
 *
 * words, n  the bare words that the statement begins with
 * taken     set to the number of words that the name stands for
 */
const char	*conf_near(const char *const *words, size_t n, size_t *taken);

/* The keyword nearest to a word, or NULL. */
const char	*conf_near_keyword(const struct conf_keyword *keywords,
		    const char *word);

/* Edits (insert, delete, change, swap) from a to b; both under 64 octets. */
unsigned int	 conf_distance(const char *a, const char *b);

#endif
