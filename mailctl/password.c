/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Asks for passwords.  They are in memory as briefly as can be.
 */

#include "config.h"

#include <readpassphrase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/passhash.h"
#include "common/user.h"
#include "common/xmalloc.h"
#include "mailctl/mailctl.h"

#define SIZE	(PASSHASH_PASSWORD_MAX + 2)	/* one too many, and a NUL */

/* Read a line of standard input into a buffer of SIZE. */
static int
from_stdin(char *password)
{
	size_t	len = 0;
	ssize_t	n;
	char	c;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		if (c == '\0') {
			(void)fprintf(stderr, "mailctl: NUL in the "
			    "password\n");
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
	char	again[SIZE], prompt[USER_NAME_MAX + 64];
	int	rc = -1;

	(void)snprintf(prompt, sizeof(prompt), "New password for %s: ", user);
	if (readpassphrase(prompt, password, SIZE, RPP_REQUIRE_TTY) == NULL ||
	    readpassphrase("The same again: ", again, sizeof(again),
	    RPP_REQUIRE_TTY) == NULL)
		(void)fprintf(stderr, "mailctl: no password was read\n");
	else if (strcmp(password, again) != 0)
		(void)fprintf(stderr, "mailctl: the two are not the same\n");
	else
		rc = 0;
	explicit_bzero(again, sizeof(again));
	return rc;
}

char *
password_ask(const char *user)
{
	char	*password = xcalloc(1, SIZE);
	int	 rc;

	rc = isatty(STDIN_FILENO) ? from_terminal(user, password) :
	    from_stdin(password);
	if (rc == 0 && password[0] == '\0') {
		(void)fprintf(stderr, "mailctl: the password is empty\n");
		rc = -1;
	}
	if (rc == 0 && strlen(password) > PASSHASH_PASSWORD_MAX) {
		(void)fprintf(stderr, "mailctl: the password is longer than "
		    "%d octets\n", PASSHASH_PASSWORD_MAX);
		rc = -1;
	}
	if (rc == -1) {
		freezero(password, SIZE);
		return NULL;
	}
	return password;
}
