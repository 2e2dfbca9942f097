/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The commands of mailctl(8) and what they share.
 */

#ifndef MAILCTL_MAILCTL_H
#define MAILCTL_MAILCTL_H

/* Exit codes. */
#define MAILCTL_OK	0
#define MAILCTL_FAIL	1 /* it could not be done, or check found faults */
#define MAILCTL_USAGE	2

/*
 * Commands: conf_path is the configuration's, argv[0] the command's own name.
 * They print what is wrong and return an exit code.
 */
int	 cmd_check(const char *conf_path, int argc, char **argv);
int	 cmd_user_add(const char *conf_path, int argc, char **argv);
int	 cmd_user_passwd(const char *conf_path, int argc, char **argv);
int	 cmd_user_del(const char *conf_path, int argc, char **argv);
int	 cmd_user_list(const char *conf_path, int argc, char **argv);

/*
 * Ask for a new password: twice on the terminal, without echo; or read one
 * line of standard input when that is no terminal.
 *
 * Returns the password, which the caller gives to freezero(3), or NULL when
 * there is none; that was reported.
 */
char		*password_ask(const char *user);

#endif
