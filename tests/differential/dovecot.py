# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Dovecot's imap program on a Maildir.  Run directly it needs no login, and no
service of the system is started or changed."""

import os
import shutil
import subprocess

IMAP = "/usr/lib/dovecot/imap"
NOBODY = 65534
UID = os.geteuid() or NOBODY
MISSING = "" if os.path.exists(IMAP) and shutil.which("setpriv") else \
    "there is no dovecot-imapd here"

CONF_23 = """\
base_dir = %(dir)s/run
log_path = %(dir)s/log
mail_location = maildir:%(mail)s
ssl = no
protocols = imap
default_internal_user = %(user)s
default_login_user = %(user)s
stats_writer_socket_path =
"""

CONF_24 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = %(dir)s/run
log_path = %(dir)s/log
mail_driver = maildir
mail_path = %(mail)s
ssl = no
protocols = imap
default_internal_user = %(user)s
default_login_user = %(user)s
stats_writer_socket_path =
import_environment {
  USER = %(user)s
  HOME = %(dir)s
}
"""


def version():
    """The version of Dovecot, since some differences depend on it."""
    return subprocess.run(["dovecot", "--version"], text=True, check=True,
                          stdout=subprocess.PIPE).stdout


def give(folder):
    """Make a folder, with all in it, the property of who runs Dovecot."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{UID}:{UID}", folder], check=True)


class Program:
    """How to run it: command and env.  Its files are in a folder of its
    own."""

    def __init__(self, folder, maildir):
        user = subprocess.run(["id", "-un", str(UID)], text=True,
                              stdout=subprocess.PIPE).stdout.strip()
        os.makedirs(os.path.join(folder, "run"), exist_ok=True)
        conf = os.path.join(folder, "dovecot.conf")
        with open(conf, "w") as f:
            text = CONF_24 if version() >= "2.4" else CONF_23
            f.write(text % {"dir": folder, "mail": maildir, "user": user})
        give(folder)
        self.command = [IMAP, "-c", conf]
        if os.geteuid() == 0:
            self.command = ["setpriv", "--reuid", str(UID), "--regid",
                            str(UID), "--clear-groups"] + self.command
        self.env = {"USER": user, "HOME": folder,
                    "PATH": os.environ["PATH"]}
