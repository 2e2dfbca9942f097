#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Compares Penfold with Debian's Dovecot, or with itself.

    bench.py BUILD [--only WORD] [--turns N] [--small]
        [--penfold | --dovecot | --before BUILD] [--keep] [--write FILE]

--write puts the table into FILE, if it is complete.  --before compares BUILD
with another build of Penfold, in a tree of its own, instead of Dovecot.

Runs both servers in turns (A B B A) over the same generated mail.  Prints what
each row costs: the wall-clock time of the client and the CPU time of the
server's processes.  The CPU time is the figure to trust, since it hardly
changes on a busy machine.

Each turn uses accounts of its own, whose Maildirs are hard links to one corpus.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HERE = os.path.join(TOP, "tests", "bench")
OWNER = (61003, 61003)
TICK = os.sysconf("SC_CLK_TCK")

# What Thunderbird asks for when it opens a folder for the first time.
HEADERS = ("(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc "
           "Subject Date Message-ID Priority X-Priority References Newsgroups "
           "In-Reply-To Content-Type Reply-To)])")


IDLE = 500  # connections in IDLE
GUARD = 60  # seconds after which a row has failed


# A row for the mailbox with 10,000 messages and the same for 100,000: the name,
# and the number of messages or commands in it.
SELECT_ROWS = (("SELECT, FETCH FLAGS", 20 * 10000),
               ("100000: SELECT, FETCH FLAGS", 3 * 100000))
STORE_ROWS = (("STORE one flag, 500 times", 500),
              ("100000: STORE one flag, 500 times", 500))


def moved(n):
    """How many of n messages COPY, MOVE and EXPUNGE use."""
    return min(1000, n // 4)


# The rows: name, account and port (see WHERE), arguments of load, and number of
# operations.  n is the number of messages in INBOX.
def rows(n, big):
    fetch, k = "UID FETCH 1:* ", moved(n)
    sel = ["-s", "SELECT INBOX"]
    flags = ["command", "SELECT INBOX", fetch + "(FLAGS)"]
    r = [
        ("login, logout", "imap", ["-n", "100", "login"], 100),
        ("login, logout, TLS", "imaps", ["-n", "50", "login"], 50),
        ("header fetch, files never read", "imap",
         sel + ["command", fetch + HEADERS], n),
        ("header fetch, read before", "imap",
         sel + ["-n", "3", "command", fetch + HEADERS], 3 * n),
        ("ENVELOPE BODYSTRUCTURE, never asked", "imap2",
         sel + ["command", fetch + "(ENVELOPE BODYSTRUCTURE)"], n),
        ("ENVELOPE BODYSTRUCTURE, asked before", "imap",
         sel + ["-n", "3", "command", fetch + "(ENVELOPE BODYSTRUCTURE)"],
         3 * n),
        ("SELECT, FETCH FLAGS", "imap", ["-n", "20"] + flags, 20 * n),
        ("all bodies", "imap",
         sel + ["command", fetch + "(BODY.PEEK[])"], n),
        ("all bodies, TLS", "imaps",
         sel + ["command", fetch + "(BODY.PEEK[])"], n),
        ("STORE one flag, 500 times", "imap",
         sel + ["-n", "500", "command", "STORE %d +FLAGS (\\Flagged)"], 500),
        ("SEARCH SUBJECT", "imap",
         sel + ["-n", "3", "command", "SEARCH SUBJECT \"terlin\""], 3 * n),
        ("SEARCH TEXT", "imap",
         sel + ["command", "SEARCH TEXT \"terlindo\""], n),
        ("POP3 RETR all", "pop3", ["-n", str(n), "pop3"], n),
        ("POP3 RETR all, TLS", "pop3s", ["-n", str(n), "pop3"], n),
        ("APPEND 4 KB, 1 client", "imap", ["-n", "200", "append"], 200),
        ("APPEND 4 KB, 10 clients", "imap",
         ["-n", "200", "-c", "10", "append"], 200),
        ("COPY %d" % k, "imap",
         ["-s", "CREATE Copies"] + sel + ["command", "COPY 1:%d Copies" % k],
         k),
        ("MOVE %d" % k, "imap",
         ["-s", "CREATE Moved"] + sel + ["command", "MOVE 1:%d Moved" % k],
         k),
        ("EXPUNGE %d" % k, "imap",
         sel + ["-s", "STORE 1:%d +FLAGS.SILENT (\\Deleted)" % k,
                "command", "EXPUNGE"], k),
        ("LIST 1,000 folders", "folders",
         ["-n", "5", "command", "LIST \"\" *"], 5),
        ("IDLE push, delivery", "idle",
         sel + ["-n", "5", "idle", "MAILDIR"], 5),
        ("IDLE push, APPEND elsewhere", "idle", sel + ["-n", "5", "push"],
         5),
        ("%d idle, memory of each" % IDLE, "many",
         ["-n", str(IDLE), "-s", "SELECT INBOX", "many"], IDLE),
        ("%d idle, TLS, memory of each" % IDLE, "manys",
         ["-n", str(IDLE), "-s", "SELECT INBOX", "many"], IDLE),
    ]
    if big:
        r += [
            ("%d: SELECT, FETCH FLAGS" % big, "big", ["-n", "3"] + flags,
             3 * big),
            ("%d: STORE one flag, 500 times" % big, "big",
             sel + ["-n", "500", "command", "STORE %d +FLAGS (\\Flagged)"],
             500),
        ]
    return r


# The account's letter and the port for each second field of a row.
WHERE = {
    "imap": ("a", "imap"), "imaps": ("a", "imaps"), "imap2": ("b", "imap"),
    "pop3": ("p", "pop3"), "pop3s": ("p", "pop3s"),
    "folders": ("f", "imap"), "idle": ("i", "imap"),
    "many": ("m", "imap"), "manys": ("m", "imaps"), "big": ("g", "imap"),
}


class Proc:
    """CPU and memory of process trees, from /proc."""

    @staticmethod
    def tree(roots):
        children = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open("/proc/%s/stat" % name) as f:
                        rest = f.read().rpartition(")")[2].split()
                except OSError:
                    continue
                children.setdefault(int(rest[1]), []).append(
                    (int(name), rest))
        found, todo = {}, list(roots)
        for pid in roots:
            try:
                with open("/proc/%d/stat" % pid) as f:
                    found[pid] = f.read().rpartition(")")[2].split()
            except OSError:
                pass
        while todo:
            for pid, rest in children.get(todo.pop(), []):
                found[pid] = rest
                todo.append(pid)
        return found

    @staticmethod
    def cpu(roots):
        """Seconds of CPU, including those of children waited for."""
        total = 0.0
        for pid, rest in Proc.tree(roots).items():
            try:
                ns = 0
                for task in os.listdir("/proc/%d/task" % pid):
                    with open("/proc/%d/task/%s/schedstat"
                              % (pid, task)) as f:
                        ns += int(f.read().split()[0])
                total += ns / 1e9
            except OSError:
                total += (int(rest[11]) + int(rest[12])) / TICK
            total += (int(rest[13]) + int(rest[14])) / TICK
        return total

    @staticmethod
    def pss(roots):
        total = 0
        for pid in Proc.tree(roots):
            try:
                with open("/proc/%d/smaps_rollup" % pid) as f:
                    for line in f:
                        if line.startswith("Pss:"):
                            total += int(line.split()[1])
            except OSError:
                pass
        return total


class Server:
    def __init__(self, name, work, users, build):
        self.name = name
        self.dir = os.path.join(work, name)
        self.users = users
        env = dict(os.environ, USERS=" ".join(users), PLAINTEXT="yes",
                   OWNER="%d:%d" % OWNER, BUILD=build, PASSWORD="testpass",
                   CONF_EXTRA=os.path.join(HERE, "penfold.conf"))
        script = {"penfold": os.path.join(TOP, "tests", "serve"),
                  "dovecot": os.path.join(HERE, "dovecot"),
                  "before": os.path.join(build, "..", "tests", "serve")}[name]
        self.out = open(os.path.join(work, name + ".out"), "w+")
        self.p = subprocess.Popen(["sh", script, self.dir], env=env,
                                  stdout=self.out, stderr=self.out,
                                  stdin=subprocess.DEVNULL)
        until = time.time() + 120
        while True:
            with open(self.out.name) as f:
                text = f.read()
            if "ready" in text.split("\n"):
                break
            if self.p.poll() is not None or time.time() > until:
                sys.exit("%s does not start: %s" % (name, text))
            time.sleep(0.05)
        with open(os.path.join(self.dir, "ports")) as f:
            self.ports = dict(w.split("=") for w in f.read().split())
        with open(os.path.join(self.dir, "pids")) as f:
            self.pids = [int(w) for w in f.read().split()]

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        try:
            self.p.wait(20)
        except subprocess.TimeoutExpired:
            self.p.kill()


def chown(path):
    os.chown(path, *OWNER)


def maildir(path, corpus, own=()):
    """Make a Maildir of hard links to the corpus.  The messages whose numbers
    are in own are copies."""
    for d in ("", "cur", "new", "tmp"):
        os.makedirs(os.path.join(path, d), exist_ok=True)
        chown(os.path.join(path, d))
    for i, name in enumerate(corpus):
        to = os.path.join(path, "cur", os.path.basename(name) + ":2,S")
        if i in own:
            shutil.copy2(name, to)
            chown(to)
        else:
            os.link(name, to)


def populate(base, turn, corpus, big):
    def home(letter):
        return os.path.join(base, "mail", letter + str(turn))
    os.makedirs(os.path.join(base, "mail"), exist_ok=True)
    # The messages that EXPUNGE removes (MOVE takes those before them) are
    # copies, as after a delivery: removing the last link of a file costs more.
    k = moved(len(corpus))
    maildir(home("a"), corpus, range(k, 2 * k))
    maildir(home("b"), corpus)
    maildir(home("p"), corpus)
    maildir(home("i"), corpus[:100])
    maildir(home("m"), corpus[:10])
    maildir(home("f"), [])
    for i in range(1000):
        path = os.path.join(home("f"), ".Folder%d" % i)
        maildir(path, [])
        open(os.path.join(path, "maildirfolder"), "w").close()
        chown(os.path.join(path, "maildirfolder"))
    if big:
        path = home("g")
        maildir(path, [])
        for i in range(big):
            os.link(corpus[i % len(corpus)], os.path.join(
                path, "cur", "%d.M%dP2.bench:2,S" % (1500000000 + i, i)))


def measure(server, load, turn, row):
    name, where, args, _ = row
    letter, port = WHERE[where]
    user = letter + str(turn)
    args = [os.path.join(server.dir, "mail", user) if a == "MAILDIR" else a
            for a in args]
    cmd = [load] + (["-t"] if port.endswith("s") else []) + \
        ["-p", server.ports[port], "-u", user] + args
    rss0 = Proc.pss(server.pids) if where.startswith("many") else 0
    p = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    # If the server hangs, only this row fails.
    guard = subprocess.Popen(["sh", "-c", "exec >&-; sleep %d; kill %d"
                              % (GUARD, p.pid)])
    try:
        if p.stdout.readline().strip() != "ready":
            raise RuntimeError(p.stderr.read().strip() or "timed out")
        if where != "many" and where != "manys":
            time.sleep(0.15)
        cpu = Proc.cpu(server.pids)
        p.stdin.write("go\n")
        p.stdin.flush()
        line = p.stdout.readline().split()
        if not line:
            raise RuntimeError(p.stderr.read().strip() or "timed out")
        result = {k: float(v) for k, v in (w.split("=") for w in line)}
        # What the server does after the answer is part of the cost, too.
        time.sleep(0.15)
        result["server"] = Proc.cpu(server.pids) - cpu
        if where.startswith("many"):
            result["pss_kb"] = (Proc.pss(server.pids) - rss0) / IDLE
        p.stdin.write("bye\n")
        p.stdin.flush()
        p.wait(20)
        return result
    finally:
        guard.kill()
        guard.wait()
        p.kill()
        p.wait()


def amount(row, result):
    """The figure of a row and its unit.  Smaller is better."""
    if "pss_kb" in result:
        return result["pss_kb"], "KB"
    if "max_ms" in result:
        return result["median_ms"], "ms"
    return result["wall"] * 1000, "ms"


def table(all_rows, results, names):
    out = ["| row | " + " | ".join(names) + " | ratio | CPU " +
           " | CPU ".join(names) + " | ratio |",
           "| --- " + "| ---: " * (2 * len(names) + 2) + "|"]

    def cells(values, fmt):
        text = [fmt % v if v is not None else "failed" for v in values]
        ratio = "-"
        if len(values) == 2 and None not in values and values[0] > 0:
            ratio = values[1] / values[0]
            ratio = "%.2f" % ratio if ratio < 1000 else "> 1000"
        return text + [ratio]

    for row in all_rows:
        got = [results.get((n, row[0]), []) for n in names]
        if not any(got):
            continue
        unit = amount(row, [g for g in got if g][0][0])[1]
        metric = [min(amount(row, r)[0] for r in g) if g else None
                  for g in got]
        idle = unit == "KB" or "push" in row[0]
        cpu = [min(r["server"] for r in g) * 1000 if g else None for g in got]
        line = cells(metric, "%%.%df %s" % (1 if unit == "KB" or "push" in
                                            row[0] else 0, unit))
        line += (["-"] * (len(names) + 1) if idle and unit == "KB"
                 else cells(cpu, "%.0f ms"))
        out.append("| %s | %s |" % (row[0], " | ".join(line)))
    return "\n".join(out)


def notes(results):
    """How Penfold's costs grow with a mailbox of ten times the size, and the
    longest time until an idle client was told."""
    def each(row, count):
        got = results.get(("penfold", row[0]), [])
        return min(r["server"] for r in got) * 1e6 / count if got else None

    out = []
    for what, small, large in (
            ("SELECT, FETCH FLAGS, of a message", SELECT_ROWS[0],
             SELECT_ROWS[1]),
            ("STORE of one flag", STORE_ROWS[0], STORE_ROWS[1])):
        a, b = each(small, small[1]), each(large, large[1])
        if a and b:
            out.append("%s: %.3g \u00b5s CPU with 10,000, %.3g \u00b5s with "
                       "100,000." % (what, a, b))
    idle = [r["max_ms"] for (name, _), got in results.items()
            for r in got if name == "penfold" and "max_ms" in r]
    if idle:
        out.append("IDLE: told after %.1f ms at most." % max(idle))
    return "\n".join(out)


def options():
    ap = argparse.ArgumentParser()
    ap.add_argument("build")
    ap.add_argument("--only")
    ap.add_argument("--turns", type=int, default=2)
    ap.add_argument("--small", action="store_true")
    ap.add_argument("--penfold", action="store_true")
    ap.add_argument("--dovecot", action="store_true")
    ap.add_argument("--before", metavar="BUILD")
    ap.add_argument("--keep", action="store_true")
    ap.add_argument("--write")
    opt = ap.parse_args()
    opt.build = os.path.abspath(opt.build)
    opt.names = ["penfold", "before"] if opt.before else \
        [s for s in ("penfold", "dovecot")
         if not (opt.penfold or opt.dovecot) or getattr(opt, s)]
    return opt


def make_corpus(work, n):
    """Generate n messages.  Returns the paths of their files."""
    cdir = os.path.join(work, "corpus")
    subprocess.run([sys.executable, os.path.join(HERE, "corpus.py"),
                    cdir, str(n)], check=True)
    corpus = sorted(os.path.join(cdir, f) for f in os.listdir(cdir))
    for f in corpus:
        chown(f)
    return corpus


def start_servers(opt, work, corpus, big):
    """Start all servers, with the same certificate and accounts."""
    users = [letter + str(t) for letter in "abpfimg"
             for t in range(opt.turns)]
    cert = os.path.join(work, "cert")
    os.mkdir(cert)
    subprocess.run(["sh", os.path.join(TOP, "etc", "make-cert"), cert],
                   check=True, stdout=subprocess.DEVNULL)
    for name in opt.names:
        shutil.copytree(cert, os.path.join(work, name))
        for t in range(opt.turns):
            populate(os.path.join(work, name), t, corpus, big)
        chown(os.path.join(work, name, "mail"))
    servers = []
    try:
        for name in opt.names:
            build = os.path.abspath(opt.before) if name == "before" else \
                opt.build
            servers.append(Server(name, work, users, build))
    except BaseException:
        for server in servers:
            server.stop()
        raise
    return servers


def run_row(opt, server, turn, row):
    load = os.path.join(opt.build, "tests", "bench", "load")
    if row[1] == "big" or row[0] == "SELECT, FETCH FLAGS":
        # Let the server read the mailbox first.
        measure(server, load, turn, ("", row[1], [
            "command", "SELECT INBOX", "UID FETCH 1:* (FLAGS)"], 1))
    return measure(server, load, turn, row)


def run_rows(opt, servers, todo):
    """Returns the results by server and row, and how many rows failed."""
    results, failures = {}, 0
    for turn in range(opt.turns):
        # A row on all servers before the next: they find the machine alike.
        for row in todo:
            if row[1] in ("big", "many", "manys") and turn > 0:
                continue
            for server in servers[::1 if turn % 2 == 0 else -1]:
                try:
                    r = run_row(opt, server, turn, row)
                except (RuntimeError, OSError, ValueError) as e:
                    failures += 1
                    print("%s: %s: %s" % (server.name, row[0], str(e)[:200]),
                          flush=True)
                    continue
                results.setdefault((server.name, row[0]), []).append(r)
                if sys.stdout.isatty() or os.environ.get("VERBOSE"):
                    print("%d %-8s %-38s %s" % (turn, server.name, row[0],
                          " ".join("%s=%.4g" % kv for kv in r.items())),
                          flush=True)
    return results, failures


def print_load(results):
    """How busy the client was: if much, rows show its own cost."""
    client = [r["cpu"] / r["wall"] for v in results.values() for r in v
              if r["wall"] > 0.05]
    if client:
        print("\nload generator: %.0f %% of one core in the median row, "
              "%.0f %% at most" % (100 * statistics.median(client),
                                   100 * max(client)))


def main():
    opt = options()
    if os.geteuid() != 0:
        sys.exit("bench: needs root, as Dovecot does")
    n, big = (1000, 0) if opt.small else (10000, 100000)
    all_rows = rows(n, big)
    todo = [r for r in all_rows if not opt.only or opt.only in r[0]]
    if not any(r[1] == "big" for r in todo):
        big = 0
    work = tempfile.mkdtemp(prefix="penfold-bench.")
    os.chmod(work, 0o755)
    start = time.time()
    servers = []
    try:
        servers = start_servers(opt, work, make_corpus(work, n), big)
        print("prepared in %.0f s" % (time.time() - start), flush=True)
        results, failures = run_rows(opt, servers, todo)
        text = table(all_rows, results, opt.names)
        if not opt.dovecot:
            text += "\n\n" + notes(results)
        print(text)
        print_load(results)
        print("%.0f s" % (time.time() - start))
        # Do not replace a complete table by an incomplete one.
        if opt.write and not failures and opt.names[1:] == ["dovecot"] and \
                len(todo) == len(all_rows) and not opt.small:
            write(opt.write, text)
            print("written to", opt.write)
    finally:
        for server in servers:
            server.stop()
        if opt.keep:
            print("kept:", work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return 1 if failures else 0


def write(path, text):
    """Write the table between the two marks in the document."""
    with open(path) as f:
        doc = f.read()
    head, _, rest = doc.partition("<!-- table -->\n")
    tail = rest.partition("<!-- end of table -->")[2]
    with open(path, "w") as f:
        f.write(head + "<!-- table -->\n" + text +
                "\n<!-- end of table -->" + tail)


if __name__ == "__main__":
    sys.exit(main())
