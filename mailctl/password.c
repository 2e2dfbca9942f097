/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Asks for passwords.  They stay in memory for as short a time as possible.
 */

#include "config.h"

#include <readpassphrase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/base/utf8.h"
#include "common/base/xmalloc.h"
#include "common/pass/passhash.h"
#include "mailctl/mailctl.h"

#define SIZE	(PASSHASH_PASSWORD_MAX + 2)	/* one too many, and a NUL */
#define WEAK_LEN	8	/* the minimum of NIST SP 800-63B */

/* Read a line of standard input into a buffer of SIZE. */
static int
from_stdin(char *password)
{
	size_t len = 0;
	ssize_t n;
	char c;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		if (c == '\0') {
			(void)fprintf(stderr, "mailctl: the password "
			    "contains a NUL\n");
			return -1;
		}
		if (len < SIZE - 1)
			password[len++] = c;
	}
	password[len] = '\0';
	if (n == -1)
		perror("mailctl: standard input");
	return n == -1 ? -1 : 0;
}

static int
from_terminal(const char *user, char *password)
{
	char again[SIZE], prompt[USER_NAME_MAX + 64];
	int rc = -1;

	(void)snprintf(prompt, sizeof(prompt), "New password for %s: ", user);
	if (readpassphrase(prompt, password, SIZE, RPP_REQUIRE_TTY) == NULL ||
	    readpassphrase("Repeat the password: ", again, sizeof(again),
	    RPP_REQUIRE_TTY) == NULL)
		(void)fprintf(stderr, "mailctl: cannot read the password\n");
	else if (strcmp(password, again) != 0)
		(void)fprintf(stderr, "mailctl: the passwords do not match\n");
	else
		rc = 0;
	explicit_bzero(again, sizeof(again));
	return rc;
}

_Static_assert(PASSHASH_PASSWORD_MAX == 511, "named in a message");

/* Refuse what nobody can type, and what mail clients may send differently. */
static const char *
fault_of(const char *password)
{
	if (password[0] == '\0')
		return "the password is empty";
	if (strlen(password) > PASSHASH_PASSWORD_MAX)
		return "the password is longer than 511 octets";
	if (!utf8_valid(slice_str(password)))
		return "the password is not UTF-8";
	for (const char *p = password; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '\177')
			return "the password contains a control character, "
			    "perhaps a carriage return at the end";
	return NULL;
}

/* Only a warning: the administrator knows what the account is for. */
static void
warn_weak(const char *user, const char *password)
{
	size_t local = strcspn(user, "@");

	if (strlen(password) < WEAK_LEN)
		(void)fprintf(stderr, "mailctl: warning: a password of fewer "
		    "than %d characters is easy to guess\n", WEAK_LEN);
	else if (strcasecmp(password, user) == 0 ||
	    (strlen(password) == local &&
	    strncasecmp(password, user, local) == 0))
		(void)fprintf(stderr, "mailctl: warning: the user's name is "
		    "the first password that others will try\n");
}

char *
password_ask(const char *user)
{
	char *password = xcalloc(1, SIZE);
	const char *fault;
	int rc;

	rc = isatty(STDIN_FILENO) ? from_terminal(user, password) :
	    from_stdin(password);
	if (rc == 0 && (fault = fault_of(password)) != NULL) {
		(void)fprintf(stderr, "mailctl: %s\n", fault);
		rc = -1;
	}
	if (rc == -1) {
		freezero(password, SIZE);
		return NULL;
	}
	warn_weak(user, password);
	return password;
}
