/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The grammar of penfold.conf(5), for both byacc and bison.
 *
 * A statement is a line.  All scalar options share one rule here and are rows
 * of conf_options[]; the lexer tells options from other statements.  Before
 * each token that may be wrong, an action calls want() with a description of
 * what is expected, so that an error message can name it.  After an error the
 * rest of the line is skipped.
 *
 * yacc keeps its state in globals, and so do we.  The parser is therefore not
 * reentrant, and no process needs it to be.
 */

%{
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf/conf_parse.h"

static struct conf_parse	*parse;
static struct conf_nets		 nets;		/* of the current statement */
static const char		*values[CONF_TOKENS_MAX];
static size_t			 nvalues;
static bool			 plaintext;

static int	 yylex(void);
static void	 yyerror(const char *);

int		 yyparse(void);

static void
want(const char *what)
{
	parse->want = what;
}

/* The words that may follow "users", each in quotes. */
#define WORD(id, code, word, ...)	"\"" word "\" "
#define USERS_WORDS	CONF_USERS_KINDS(WORD)

static void
want_argument(const struct conf_users_kind *kind)
{
	static char	 text[128];

	(void)snprintf(text, sizeof(text), "%s after \"%s\"", kind->want,
	    kind->word);
	want(text);
}

/* Drop the values collected so far, after an error in the statement. */
static void
forget(void)
{
	free(nets.v);
	memset(&nets, 0, sizeof(nets));
	nvalues = 0;
	plaintext = false;
}
%}

%union {
	const char		*text;
	const struct conf_option *option;
	const struct conf_service *service;
	const struct conf_users_kind *kind;
	int			 number;
}

%token	ALLOW CERTIFICATE FROM INCLUDE KEY LISTEN MAIL OCSP ON OWNER
%token	PLAINTEXT PORT STARTTLS TLS USERS
%token	<text>		VALUE MACRO
%token	<option>	OPTION
%token	<service>	SERVICE
%token	<kind>		KIND

%type	<text>		ocsp owner port
%type	<number>	mode

%%

file	: /* empty */
	| file '\n'
	| file statement '\n'
	| file error '\n'		{ forget(); yyerrok; }
	;

statement
	: MACRO '='
		{ want("a value in quotes after \"=\""); }
	  VALUE
		{
			want("the end of the line after the macro");
			conf_stmt_macro(parse, $1, $4);
		}
	| INCLUDE
		{ want("the path of a file after \"include\""); }
	  VALUE
		{
			want("the end of the line after the path");
			conf_stmt_include(parse, $3);
		}
	| CERTIFICATE
		{ want("the path of a file after \"certificate\""); }
	  VALUE
		{ want("\"key\" after the certificate"); }
	  KEY
		{ want("the path of a file after \"key\""); }
	  VALUE
		{ want("\"ocsp\" or the end of the line after the key"); }
	  ocsp
		{ conf_stmt_certificate(parse, $3, $7, $9); }
	| USERS
		{ want(USERS_WORDS "after \"users\""); }
	  KIND
		{ want_argument($3); }
	  VALUE
		{
			want("the end of the line after the path");
			conf_stmt_users(parse, $3, $5);
		}
	| MAIL
		{ want("a path with %u, %n, %d or %h after \"mail\""); }
	  VALUE
		{ want("\"owner\" or the end of the line after the path"); }
	  owner
		{ conf_stmt_mail(parse, $3, $5); }
	| SERVICE
		{ want("\"listen\" after the protocol"); }
	  LISTEN
		{ want("\"on\" after \"listen\""); }
	  ON
		{ want("\"*\" or an IP address after \"on\""); }
	  VALUE
		{ want("\"port\" after the address"); }
	  PORT
		{ want("a number or the name of a service after \"port\""); }
	  port
		{ want("\"starttls\", \"tls\" or \"plaintext\" after port"); }
	  mode
		{
			conf_stmt_listen(parse, $1, $7, $11,
			    (enum conf_mode)$13, plaintext, &nets);
			plaintext = false;
		}
	| ALLOW
		{ want("\"plaintext\" after \"allow\""); }
	  PLAINTEXT
		{ want("\"from\" after \"plaintext\""); }
	  FROM
		{ want("a network such as 192.0.2.0/24 after \"from\""); }
	  nets
		{
			for (size_t i = 0; i < nvalues; i++)
				conf_stmt_net(parse,
				    &parse->conf->plaintext_from, values[i]);
			nvalues = 0;
		}
	| OPTION
		{ want("a value after the option"); }
	  values
		{
			conf_stmt_option(parse, $1, values, nvalues);
			nvalues = 0;
		}
	;

ocsp	: /* empty */			{ $$ = NULL; }
	| OCSP
		{ want("the path of a file after \"ocsp\""); }
	  VALUE
		{
			want("the end of the line after the path");
			$$ = $3;
		}
	;

owner	: /* empty */			{ $$ = NULL; }
	| OWNER
		{ want("a user name or uid:gid after \"owner\""); }
	  VALUE
		{
			want("the end of the line after the owner");
			$$ = $3;
		}
	;

port	: VALUE
	| SERVICE			{ $$ = $1->word; }
	;

mode	: STARTTLS
		{ want("\"plaintext\" or the end of the line "
		    "after \"starttls\""); }
	  plaintext_too
		{ $$ = CONF_MODE_STARTTLS; }
	| TLS
		{
			want("the end of the line after \"tls\"");
			$$ = CONF_MODE_TLS;
		}
	| plaintext
		{ $$ = CONF_MODE_PLAINTEXT; }
	;

plaintext_too
	: /* empty */
	| plaintext
	;

plaintext
	: PLAINTEXT
		{
			want("\"from\" or the end of the line "
			    "after \"plaintext\"");
			plaintext = true;
		}
	  from
	;

from	: /* empty */
	| FROM
		{ want("a network such as 192.0.2.0/24 after \"from\""); }
	  nets
		{
			for (size_t i = 0; i < nvalues; i++)
				conf_stmt_net(parse, &nets, values[i]);
			nvalues = 0;
		}
	;

nets	: net
	| nets comma net
	;

net	: VALUE
		{
			want("another network or the end of the line");
			values[nvalues++] = $1;
		}
	;

comma	: /* empty */
	| ','
	;

values	: /* empty */
	| values VALUE			{ values[nvalues++] = $2; }
	| values ','
	;

%%

#define ROW(id, word, ...)	{ .name = word, .token = SERVICE },
static const struct conf_keyword keywords[] = {
	CONF_SERVICES(ROW)
#undef ROW
#define ROW(id, code, word, ...)	{ .name = word, .token = KIND },
	CONF_USERS_KINDS(ROW)
#undef ROW
	{ .name = "allow", .token = ALLOW },
	{ .name = "certificate", .token = CERTIFICATE },
	{ .name = "from", .token = FROM },
	{ .name = "include", .token = INCLUDE },
	{ .name = "key", .token = KEY },
	{ .name = "listen", .token = LISTEN },
	{ .name = "mail", .token = MAIL },
	{ .name = "ocsp", .token = OCSP },
	{ .name = "on", .token = ON },
	{ .name = "owner", .token = OWNER },
	{ .name = "plaintext", .token = PLAINTEXT },
	{ .name = "port", .token = PORT },
	{ .name = "starttls", .token = STARTTLS },
	{ .name = "tls", .token = TLS },
	{ .name = "users", .token = USERS },
	{ .name = NULL }
};

static int
yylex(void)
{
	const char	*text;
	int		 keyword = 0;

	switch (conf_lex(parse, &text, &keyword)) {
	case CONF_LEX_END:
		return 0;
	case CONF_LEX_NEWLINE:
		return '\n';
	case CONF_LEX_OPTION:
		yylval.option = parse->option;
		return OPTION;
	case CONF_LEX_MACRO:
		yylval.text = text;
		return MACRO;
	case CONF_LEX_PUNCT:
		return text[0];
	case CONF_LEX_VALUE:
		yylval.text = text;
		return VALUE;
	case CONF_LEX_KEYWORD:
		if (keyword == SERVICE)
			yylval.service = conf_service_find(text);
		else if (keyword == KIND)
			yylval.kind = conf_users_find(text);
		return keyword;
	}
	return 0;
}

/* yacc's msg is only "syntax error"; p->want says what was expected. */
static void
yyerror(const char *msg)
{
	(void)msg;
	conf_lex_unexpected(parse);
}

void
conf_grammar(struct conf_parse *p)
{
	parse = p;
	p->keywords = keywords;
	if (yyparse() != 0 && p->errors == 0)
		conf_error(p, p->conf->file, 0, "the parser ran out of memory");
	forget();
	parse = NULL;
}
