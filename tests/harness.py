# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""The parts shared by all tests that talk to running daemons: checks and the
lines that they print, a server, and a second connection that shows what a
client really did.

A script defines its checks at the top level, each named after the rule that
it tests, and runs them in main():

    @check("EXPUNGE is not sent during FETCH (RFC 3501 7.4.1)")
    def no_expunge(server):
        ...

    def main():
        on(Server, no_expunge, ...)
        finish()

Each check can be run alone and in any order, but those of a story(): they build
on one another.  A check that main() does not run is an error.

    python3 tests/PART/NAME.py [text ...]

With arguments, a script runs the checks whose names contain one of them.  If
no name contains an argument, the script lists all names and exits with 2.

SERVE=command in the environment starts another server, by a command that
behaves like tests/serve, to see whether a client or the test is at fault.
"""

import atexit
import collections
import contextlib
import email.message
import email.policy
import fcntl
import imaplib
import os
import poplib
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import termios
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOST = "127.0.0.1"
PASSWORD = "testpass"

results = {"ok": 0, "bad": 0, "skip": 0}
wanted = sys.argv[1:]		# texts that select checks; none: run all
checks = []			# all checks of the script

# The last lines sent and received on all connections, oldest first.
dialogue = collections.deque(maxlen=24)


class Skip(Exception):
    """The check that raises this cannot run here, and the text says why."""


class Check:
    """One rule and the function that tests it."""

    def __init__(self, name, function, skip="", module="__main__"):
        if module != "__main__":
            # Its checks would be listed, and never run.
            raise ImportError(f"{module} is a script with checks of its own")
        if name in (c.name for c in checks):
            raise ValueError(f"two checks have the name {name}")
        self.name, self.function, self.skip = name, function, skip
        self.used = False	# on() or story() has had it
        checks.append(self)

    def selected(self):
        return not wanted or any(text in self.name for text in wanted)

    def run(self, *args):
        if self.skip:
            skip(self.name, self.skip)
            return
        dialogue.clear()
        try:
            self.function(*args)
        except Skip as why:
            skip(self.name, str(why))
        except Exception as error:
            failed(self.name, error)
        else:
            results["ok"] += 1
            print(f"ok {self.name}", flush=True)


def check(name, with_each=None, skip=""):
    """A decorator that makes a function a check.  skip is the reason why the
    check cannot run here, if there is one.

    with_each is a list of values for an extra argument of the function, and
    makes a check for each value.  The name has {} in place of the value, or
    {0} and {1} for the members of a tuple.  The function's name then refers
    to the list of these checks.
    """
    def decorate(function):
        if with_each is None:
            return Check(name, function, skip, function.__module__)
        return [Check(name.format(*(row if isinstance(row, tuple)
                                    else (row,))),
                      lambda *args, row=row: function(*args, row), skip,
                      function.__module__)
                for row in with_each]
    return decorate


def failed(name, error):
    """Report that a check failed: why, where, and the dialogue before."""
    results["bad"] += 1
    kind = "" if isinstance(error, AssertionError) else \
        type(error).__name__ + ": "
    text = str(error).replace("\n", " | ")[:600]
    print(f"not ok {name}: {kind}{text}")
    for where in traceback.extract_tb(error.__traceback__):
        if where.filename != __file__:
            print(f"  {os.path.relpath(where.filename, TOP)}:{where.lineno} "
                  f"{where.name}: {where.line}")
    if error.__cause__ or not isinstance(error, AssertionError):
        traceback.print_exception(type(error), error, error.__traceback__,
                                  file=sys.stdout)
    if dialogue:
        print("what was said last:")
    for line in dialogue:
        print("  " + line)
    sys.stdout.flush()


def skip(name, why):
    results["skip"] += 1
    print(f"skip {name}: {why}", flush=True)


def look_for_wanted():
    """End the script if an argument matches no check's name."""
    for text in wanted:
        if not any(text in c.name for c in checks):
            print(f'{os.path.basename(sys.argv[0])}: no check has "{text}" '
                  "in its name, only:", file=sys.stderr)
            for c in checks:
                print(f"  {c.name}", file=sys.stderr)
            sys.exit(2)


def flat(some):
    """Checks, and those in lists of checks; all of them are used now."""
    for c in some:
        for each in c if isinstance(c, list) else [c]:
            each.used = True
            yield each


def on(make, *some):
    """Run checks with the object from the context manager make(), usually a
    server.  If the command line selects none of them, make() is not called."""
    look_for_wanted()
    run_on(make, [c for c in flat(some) if c.selected()])


def story(make, *some):
    """Like on(), for checks that build on one another: all of them run, up to
    the last one that is selected."""
    look_for_wanted()
    some = list(flat(some))
    while some and not some[-1].selected():
        some.pop()
    run_on(make, some)


def run_on(make, some):
    if all(c.skip for c in some):
        for c in some:
            c.run()
        return
    with contextlib.ExitStack() as stack:
        try:
            thing = stack.enter_context(make())
        except Exception as error:
            for c in some:
                failed(c.name, error)
            return
        for c in some:
            c.run(thing)


def finish():
    """End the script.  It fails if a check failed, if none was run, or if
    there is one that main() does not run."""
    look_for_wanted()
    for c in checks:
        if not c.used:
            results["bad"] += 1
            print(f"not ok {c.name}: main() does not run it")
    if results["ok"] + results["bad"] + results["skip"] == 0:
        print("not ok: no check was run")
    ran = results["ok"] if wanted else results["ok"] + results["skip"]
    sys.exit(0 if ran and not results["bad"] else 1)


def say(who, direction, data):
    """Record a line of dialogue, to be shown with a failure."""
    data = data[:2000]
    if isinstance(data, bytes):
        data = data.decode(errors="backslashreplace")
    lines = data.rstrip("\r\n").split("\n")
    if len(lines) > 4:
        lines[3:] = [f"[{len(lines) - 3} lines more]"]
    for line in lines:
        line = line.rstrip("\r")
        dialogue.append(f"{who} {direction} {line[:160]}" +
                        ("..." if len(line) > 160 else ""))


def need(truth, what):
    if not truth:
        raise AssertionError(what)


def expect(got, want, what="value"):
    """Both are equal; a failure shows both, long texts from where they begin
    to differ."""
    if got == want:
        return
    if type(got) is type(want) and isinstance(got, (bytes, str)):
        equal = len(os.path.commonprefix([got, want]))
        if equal > 100:
            what += f" from {equal - 20} on"
            got, want = got[equal - 20:], want[equal - 20:]
    raise AssertionError(f"{what}: want {want!r:.250}, got {got!r:.250}")


def expect_in(part, whole, what="value"):
    """whole contains part; a failure shows both."""
    if part not in whole:
        raise AssertionError(
            f"{what}: want {part!r:.250} in it, got {whole!r:.250}")


def expect_not_in(part, whole, what="value"):
    if part in whole:
        raise AssertionError(
            f"{what}: want no {part!r:.250} in it, got {whole!r:.250}")


def expect_match(pattern, text, what="value"):
    """re.search() finds a match, which is returned."""
    found = re.search(pattern, text, re.S)
    if not found:
        raise AssertionError(
            f"{what}: want /{pattern!r:.250}/, got {text!r:.250}")
    return found


def sanitized():
    """Are the programs under test built with ASan?  Then they keep freed
    memory, and only tests/run's second run, with build, can check a bound: it
    is of checks with "memory" in their names."""
    build = os.environ.get("BUILD", os.path.join(TOP, "build"))
    with open(os.path.join(build, "bin", "imapd"), "rb") as f:
        return b"__asan_init" in f.read()


def log_is_written(parent):
    """Has the parent of a daemon logged all that its children wrote so far?
    Then their pipes are empty, and it sleeps: a write to a pipe wakes it up
    before it returns.  Users other than root see no pipes."""
    pipes = f"/proc/{parent}/fd"
    try:
        with contextlib.suppress(PermissionError):
            for fd in os.listdir(pipes):
                with contextlib.suppress(FileNotFoundError):
                    path = os.path.join(pipes, fd)
                    if os.readlink(path).startswith("pipe:") and unread(path):
                        return False
        with open(f"/proc/{parent}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] in "SZ"
    except (FileNotFoundError, ProcessLookupError):
        return True		# it has ended
    except OSError:
        return False		# the descriptor is another by now


def unread(path):
    """The number of octets in a pipe."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        count = fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(count, sys.byteorder)
    finally:
        os.close(fd)


def wait_for(what, function, timeout=120.0, pause=0.05):
    """Ask until the answer is true; its value is returned."""
    end = time.monotonic() + timeout
    while True:
        value = function()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"timed out: {what}")
        time.sleep(pause)


def lasts(seconds, enough):
    """Return a function that is true for so many seconds, and then until
    enough() is true, but not for more than two minutes."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end or (
        time.monotonic() < end + 120 and not enough())


def quick(what, seconds, function, tries=10):
    """Call function until a call takes less than so many seconds, and return
    how long that took.  Other processes may delay some calls; what is wrong
    with the program delays them all."""
    times = []
    while len(times) < tries:
        begun = time.monotonic()
        function()
        times.append(time.monotonic() - begun)
        if times[-1] < seconds:
            return times[-1]
    raise AssertionError(f"{what}: want less than {seconds} s once in {tries} "
                         f"times, the least was {min(times):.1f} s")


servers = set()			# those that were not closed


@atexit.register
def close_servers():
    """A script, or the constructor of a server with more to do, has failed."""
    for server in list(servers):
        server.close()


# tests/run sends SIGTERM to a script that takes too long: end as by an error,
# so that no server is left over.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))


class Server:
    """A server in a folder of its own, with users that have mail.  conf is
    text to add to its configuration, and env is passed to tests/serve."""

    def __init__(self, users="alice bob", conf="", **env):
        self.dir = tempfile.mkdtemp(prefix="penfold-test.")
        os.chmod(self.dir, 0o755)
        if conf:
            env["CONF_EXTRA"] = os.path.join(self.dir, "extra.conf")
            with open(env["CONF_EXTRA"], "w") as f:
                f.write(conf)
        self.env = dict(os.environ, USERS=users, PASSWORD=PASSWORD,
                        **{k: str(v) for k, v in env.items()})
        self._start()

    def _start(self):
        command = shlex.split(os.environ.get("SERVE", "sh tests/serve"))
        self.log = open(os.path.join(self.dir, "serve.out"), "w+b")
        self.process = subprocess.Popen(
            command + [os.path.join(self.dir, "s")], cwd=TOP, env=self.env,
            stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, start_new_session=True)
        servers.add(self)
        try:
            wait_for("tests/serve says ready", self._ready, 120)
        except BaseException:
            print(self.output())
            self.close()
            raise
        with open(self.path("ports")) as f:
            self.ports = {k: int(v) for k, v in
                          (word.split("=") for word in f.read().split())}
        self.ca = self.path("ca.pem")

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError("tests/serve ended: " + self.output()[-300:])
        return "\nready\n" in "\n" + self.output()

    def path(self, *names):
        return os.path.join(self.dir, "s", *names)

    def change_users(self, change):
        """Replace the text of the users file by what change makes of it."""
        path = self.path("users")
        with open(path) as f:
            text = change(f.read())
        with open(path + ".new", "w") as f:
            f.write(text)
        os.chmod(path + ".new", 0o600)
        os.rename(path + ".new", path)

    def output(self):
        with open(self.log.name, errors="replace") as f:
            return f.read()

    def log_text(self):
        """What the daemons have logged so far."""
        with open(self.path("pids")) as f:
            for pid in f.read().split():
                wait_for("the log is written", lambda: log_is_written(pid),
                         pause=0.001)
        with open(self.path("log"), errors="replace") as f:
            return f.read()

    def maildir(self, user):
        return self.path("mail", user)

    def restart(self, between=lambda: None):
        """Stop the server, and start it again with the same mail on new
        ports."""
        self._stop()
        between()
        self._start()

    def close(self):
        servers.discard(self)
        self._stop()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def _stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(self.output()[-3000:])
        self.close()

    def context(self):
        context = ssl.create_default_context(cafile=self.ca)
        context.check_hostname = False
        return context

    def imap(self, user="alice"):
        """The second connection: an imaplib client."""
        client = imaplib.IMAP4_SSL(HOST, self.ports["imaps"],
                                   ssl_context=self.context(), timeout=30)
        client.login(user, PASSWORD)
        return client

    def pop3(self, user="alice"):
        client = poplib.POP3_SSL(HOST, self.ports["pop3s"],
                                 context=self.context(), timeout=30)
        client.user(user)
        client.pass_(PASSWORD)
        return client

    def append(self, messages, user="alice", mailbox="INBOX"):
        with self.imap(user) as client:
            for message in messages:
                answer = client.append(quote(mailbox), None, None, message)
                expect(answer[0], "OK", "APPEND")

    def deliver(self, message, user="alice"):
        """Deliver as an MTA does: write to tmp/, then rename into new/.  Names
        sort in the order of delivery."""
        deliver.count += 1
        name = f"{int(time.time())}.M{deliver.count:06}P{os.getpid()}.test"
        root = self.maildir(user)
        with open(os.path.join(root, "tmp", name), "wb") as f:
            f.write(message.replace(b"\r\n", b"\n"))
        owner = os.stat(root)
        if os.geteuid() == 0:
            os.chown(f.name, owner.st_uid, owner.st_gid)
        os.rename(f.name, os.path.join(root, "new", name))

    def snapshot(self, user="alice", mailbox="INBOX"):
        """{subject: flags} of a mailbox, read on a new connection."""
        with self.imap(user) as client:
            status, data = client.select(quote(mailbox), readonly=True)
            if status != "OK":
                return None
            if data == [b"0"]:
                return {}
            _, rows = client.fetch(
                "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        found = {}
        for row in rows:
            if isinstance(row, tuple):
                flags = imaplib.ParseFlags(row[0])
                subject = row[1].decode().strip()[len("Subject: "):]
                found[subject] = {flag.decode() for flag in flags}
        return found

    def body(self, subject, user="alice", mailbox="INBOX"):
        """The whole message with that subject, byte by byte."""
        with self.imap(user) as client:
            client.select(quote(mailbox), readonly=True)
            _, found = client.search(None, "SUBJECT", quote(subject))
            number = found[0].split()[0]
            return client.fetch(number, "(BODY.PEEK[])")[1][0][1]

    def folders(self, user="alice"):
        """{name as sent on the wire: set of attributes}."""
        with self.imap(user) as client:
            return parse_list(client.list()[1])

    def subscribed(self, user="alice"):
        with self.imap(user) as client:
            return set(parse_list(client.lsub()[1]))


class deliver:
    count = 0


def quote(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_list(lines):
    found = {}
    for line in lines:
        if not line:
            continue
        attrs, rest = line.decode().split(") ", 1)
        name = rest.split(" ", 1)[1].strip('"')
        found[name] = set(attrs.lstrip("(").split())
    return found


def utf7(name):
    """A mailbox name in modified UTF-7 (RFC 3501, 5.1.3)."""
    out, run = "", ""
    for char in name + "\0":
        if " " <= char <= "~" or char == "\0":
            if run:
                coded = run.encode("utf-7").decode()
                out += "&" + coded[1:].rstrip("-").replace("/", ",") + "-"
                run = ""
            out += "&-" if char == "&" else char
        else:
            run += char
    return out.rstrip("\0")


def message(subject, text="Hello.\n", html=None, attachment=None, **headers):
    """A message as a mail program would write it, with CRLF."""
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"] = headers.get("sender", "Zoë Sender <zoe@example.org>")
    m["To"] = headers.get("to", "Alice <alice@example.org>")
    m["Subject"] = subject
    m["Date"] = headers.get("date", "Tue, 05 May 2026 10:11:12 +0200")
    message.count += 1
    m["Message-ID"] = headers.get(
        "id", f"<{message.count}.{os.getpid()}@example.org>")
    m.set_content(text, cte=headers.get("cte"))
    if html:
        m.add_alternative(html, subtype="html")
    if attachment:
        m.add_attachment(attachment[1], maintype="application",
                         subtype="octet-stream", filename=attachment[0])
    return m.as_bytes()


message.count = 0


def run(command, timeout=120, code=0, **more):
    """Run a client and return its output, which a failure shows, too."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout, **more)
    text = done.stdout.decode(errors="replace")
    if code is not None and done.returncode != code:
        raise AssertionError(
            f"{command[0]} ended with {done.returncode}: {text[-600:]}")
    return text
