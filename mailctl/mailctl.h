/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The commands of mailctl(8) and what they share.
 */

#ifndef MAILCTL_MAILCTL_H
#define MAILCTL_MAILCTL_H

/* Exit codes. */
#define MAILCTL_OK	0
#define MAILCTL_FAIL	1 /* the command failed, or check found errors */
#define MAILCTL_USAGE	2 /* wrong arguments */

/*
 * The commands.  Each prints its errors and returns an exit code.
 *
 * conf_path  path of the configuration file
 * argv[0]    name of the command
 */
int	 cmd_check(const char *conf_path, int argc, char **argv);
int	 cmd_user_add(const char *conf_path, int argc, char **argv);
int	 cmd_user_passwd(const char *conf_path, int argc, char **argv);
int	 cmd_user_del(const char *conf_path, int argc, char **argv);
int	 cmd_user_list(const char *conf_path, int argc, char **argv);

/*
 * Ask for a new password, twice on the terminal, without echo.  If standard
 * input is not a terminal, read one line of it instead.
 *
 * Returns the password, which the caller frees with freezero(3), or NULL with
 * the reason printed.
 */
char		*password_ask(const char *user);

#endif
