# The sources of mailctl/; see Makefile.in.
MAILCTL_SRCS = \
	mailctl/check.c \
	mailctl/check_cert.c \
	mailctl/check_file.c \
	mailctl/check_mail.c \
	mailctl/check_port.c \
	mailctl/check_tls.c \
	mailctl/check_users.c \
	mailctl/cmd_check.c \
	mailctl/cmd_user.c \
	mailctl/mailctl.c \
	mailctl/password.c \
	mailctl/usersfile.c
