/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Internal header of the configuration parser.
 *
 * conf_lex.c splits files into statements and statements into tokens, conf.y
 * has the grammar, conf_stmt.c carries out each statement, and conf_check.c
 * checks the configuration as a whole.
 */

#ifndef COMMON_CONF_CONF_PARSE_H
#define COMMON_CONF_CONF_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/conf/conf.h"
#include "common/conf/conf_option.h"

/* Limits that make the parser stop on a broken or endless file. */
#define CONF_FILE_MAX		(1024 * 1024)	/* octets of one file */
#define CONF_DEPTH_MAX		16		/* files open at once */
#define CONF_FILES_MAX		256		/* files in total */
#define CONF_TOKENS_MAX		1024		/* tokens per statement */
#define CONF_MACROS_MAX		1024
#define CONF_ERRORS_MAX		50		/* then parsing stops */

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

/* A file being read. */
struct conf_source {
	char	*name;
	char	*text;
	size_t	 len;
	size_t	 pos;
	int	 line;
};

/* A keyword of the grammar and its token number in yacc. */
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
	size_t			 depth;		/* number of open sources */
	size_t			 files;		/* opened so far */
	struct conf_macro	*macros;
	size_t			 nmacros;

	/* The current statement. */
	struct conf_token	 token[CONF_TOKENS_MAX];
	size_t			 ntokens;
	size_t			 next;		/* next token for yyparse() */
	size_t			 given;		/* last token given to it */
	char			*file;		/* of the statement */
	int			 line;		/* of the statement's end */
	const struct conf_option *option;	/* set by it, or NULL */
	bool			 in_statement;
	bool			 is_macro;
	const char		*want;		/* expected next, for errors */
	char			 detail[128];	/* text of a lexer's error */

	/* Where each option was set, by row; line 0 for a default. */
	struct conf_where	*option_where;
};

/* Parse all of p's sources; p->errors counts the errors. */
void	 conf_grammar(struct conf_parse *p);

/* Report an error at a line of a file; line 0 means no line number. */
void	 conf_error(struct conf_parse *p, const char *file, int line,
	    const char *fmt, ...)
	    __attribute__((__format__(printf, 4, 5)));

/* Report an error in the current statement, with its first token's line. */
void	 conf_stmt_error(struct conf_parse *p, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));

/*
 * Tokens (conf_lex.c)
 */

/* Kinds of tokens that the lexer returns. */
enum conf_lexed {
	CONF_LEX_END,		/* end of the last source */
	CONF_LEX_NEWLINE,	/* end of the statement */
	CONF_LEX_OPTION,	/* the whole name of p->option */
	CONF_LEX_MACRO,		/* a name before '=' */
	CONF_LEX_PUNCT,		/* '=' or ',' */
	CONF_LEX_VALUE,		/* a word or string that is not a keyword */
	CONF_LEX_KEYWORD	/* a bare keyword, numbered *keyword */
};

/*
 * Return the next token.  Unknown statements are reported, with the nearest
 * known name, and skipped.
 */
enum conf_lexed	 conf_lex(struct conf_parse *p, const char **text,
		    int *keyword);

/* Report that the last token returned is not what p->want describes. */
void		 conf_lex_unexpected(struct conf_parse *p);

/*
 * Start to read another source.
 *
 * name      copied
 * text      taken over, on failure too
 *
 * Returns 0, or -1 if there are too many open files or files in total.
 */
int		 conf_source_push(struct conf_parse *p, const char *name,
		    char *text, size_t len);

/*
 * Read a whole file into a new string.  Returns 0, or -1 with errno set, also
 * if path is not a regular file.
 */
int		 conf_file_read(const char *path, char **text, size_t *len);

/* Free sources, macros and tokens. */
void		 conf_lex_clear(struct conf_parse *p);

/*
 * Statements (conf_stmt.c).  Each function reports its own errors.
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
 * Check the configuration as a whole after the last line (conf_check.c).
 * If any line had an error, only unused macros are looked for.
 */
void	 conf_check(struct conf_parse *p);

/*
 * Suggestions for misspelt names (conf_near.c)
 */

/*
 * Find the option or statement whose name is nearest to the first words of a
 * statement, or NULL if none is near.  Names that other servers use are known
 * too.
 *
 * words, n  the bare words that the statement begins with
 * taken     set to the number of words that were taken for the name
 */
const char	*conf_near(const char *const *words, size_t n, size_t *taken);

/* The keyword nearest to a word, or NULL. */
const char	*conf_near_keyword(const struct conf_keyword *keywords,
		    const char *word);

/*
 * Count the edits (insert, delete, change, swap) from a to b.  Returns 64 if
 * either is 64 octets or longer.
 */
unsigned int	 conf_distance(const char *a, const char *b);

#endif
