# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""A front in the hands of an attacker, for test_hostile.py: it runs in the
place of imapd-front with that front's channels and privileges, and does what
the test says.

usage: hostile_front.py DIR REAL ARG...

The first one in DIR is hostile, and listens on DIR/control; all later ones are
REAL.  A request is a line of JSON, [name, argument...], for the function of
that name below; the answer is a line of JSON, too."""

import array
import contextlib
import json
import os
import re
import select
import socket
import struct
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FRONT_ID = 61001		# the front's user and group in tests/serve


def message_types():
    """{name: number} of the messages in msg.h."""
    with open(os.path.join(TOP, "common", "proc", "msg.h")) as f:
        names = re.findall(r"^\tX\((\w+),", f.read(), re.M)
    return {name: number for number, name in enumerate(names, 1)}


TYPES = message_types()
NAMES = {number: name for name, number in TYPES.items()}


class Channel:
    """One end of a channel to another process of the daemon."""

    def __init__(self, fd):
        self.sock = socket.socket(fileno=fd)
        self.sock.setblocking(True)

    def send_raw(self, data, fds=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                    array.array("i", fds))] if fds else []
        self.sock.sendmsg([data], control)

    def send(self, name, number=0, data=b"", fds=()):
        self.send_raw(struct.pack(">II", TYPES[name], number) + data, fds)

    def recv(self):
        """(name, id, payload, descriptor), or None at the end."""
        data, control, _, _ = self.sock.recvmsg(65536,
                                                socket.CMSG_SPACE(4))
        fd = None
        for _, _, octets in control:
            fd = array.array("i", octets[:4])[0]
        if len(data) < 8:
            return None
        kind, number = struct.unpack(">II", data[:8])
        return NAMES[kind], number, data[8:], fd


def text(octets):
    return struct.pack(">I", len(octets)) + octets


class Front:
    """What the front has: its channels, and the listening sockets."""

    def __init__(self):
        self.parent, self.auth = Channel(3), None
        self.listeners, self.kept = [], []
        self.logins = 0

    def start(self):
        """Take what the parent sends to a new front."""
        while self.auth is None:
            name, _, _, fd = self.parent.recv()
            if name == "CONF_LISTENER":
                self.listeners.append(fd)
            elif name == "CHANNEL":
                self.auth = Channel(fd)
            elif fd is not None:
                os.close(fd)
            if name == "CONF_DONE":
                self.parent.send("READY")

    def send_start(self, number, mech=b"PLAIN", alias=b"LOGIN", initial=None,
                   peer=b"127.0.0.1:9"):
        self.auth.send("AUTH_START", number, b"\0" + text(mech) +
                       text(alias) + bytes([initial is not None]) +
                       text(initial or b"") + text(peer) + text(b""))

    def login(self, user, password):
        """A login as the user; the token, or None."""
        self.logins += 1
        self.send_start(self.logins, initial=b"\0" + user.encode() + b"\0" +
                        password.encode())
        while True:
            name, number, data, _ = self.auth.recv()
            if number == self.logins:
                return data[4:20] if name == "AUTH_ACCEPTED" else None

    def hand_off(self, token, fd, early=b""):
        self.auth.send("HANDOFF", self.logins, b"".join(map(text, (
            token, b"a", early, b"", b"127.0.0.1:9", b"127.0.0.1:143", b"",
            b"LOGIN"))) + struct.pack(">I", 0), [fd])

    def peer(self, name):
        return self.parent if name == "parent" else self.auth

    # Requests.

    def leak(self, whom, data, fds, count):
        """Send that many messages with so many descriptors each."""
        octets = b"" if data is None else struct.pack(">II", TYPES[data], 0)
        with contextlib.suppress(OSError):
            for _ in range(count):
                self.peer(whom).send_raw(octets, [0] * fds)

    def send_wrong(self, whom, name, length):
        """Send a message that this process may not send."""
        self.peer(whom).send(name, 0, bytes(length))

    def hang_up(self):
        """Close the channel to auth."""
        self.auth.sock.close()

    def block(self, user, password):
        """Hand over a session on a socket that blocks, ask for much, and read
        nothing."""
        theirs, self.mine = socket.socketpair()
        token = self.login(user, password)
        self.hand_off(token, theirs.fileno(), b"b NOOP\r\n")
        while not self.mine.recv(4096).count(b"b OK"):
            pass
        # The flag is that of the worker's descriptor, too.
        theirs.setblocking(True)
        self.mine.settimeout(1)
        with contextlib.suppress(TimeoutError):
            while True:
                self.mine.sendall(b"c CAPABILITY\r\n" * 20)

    def shut_ports(self, then_end):
        """Shut the listening sockets down, for all who share them."""
        for fd in self.listeners:
            with socket.socket(fileno=os.dup(fd)) as s:
                s.shutdown(socket.SHUT_RD)
        if then_end:
            os._exit(0)

    def forge(self, user, password):
        """Hand over a session with another token than auth's."""
        self.login(user, password)
        self.hand_off(bytes(16), os.dup(0))


def drop(empty):
    if os.geteuid() != 0:
        return
    os.chroot(empty)
    os.chdir("/")
    os.setgroups([FRONT_ID])
    os.setresgid(FRONT_ID, FRONT_ID, FRONT_ID)
    os.setresuid(FRONT_ID, FRONT_ID, FRONT_ID)


def serve(front, control):
    """Do what the test asks, until the parent ends the channel."""
    client, _ = control.accept()
    lines = client.makefile("rwb")
    while True:
        ready, _, _ = select.select([client, front.parent.sock], [], [])
        if front.parent.sock in ready:
            got = front.parent.recv()
            if got is None or got[0] in ("SHUTDOWN", "RETIRE"):
                return
            if got[3] is not None:
                os.close(got[3])
        if client in ready:
            line = lines.readline()
            if not line:
                return
            name, *arguments = json.loads(line)
            answer = getattr(front, name)(*arguments)
            lines.write(json.dumps(answer).encode() + b"\n")
            lines.flush()


def main():
    folder, real, *arguments = sys.argv[1:]
    try:
        os.close(os.open(os.path.join(folder, "taken"),
                         os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        os.execv(real, ["imapd-front", *arguments])
    front = Front()
    control = socket.socket(socket.AF_UNIX)
    control.bind(os.path.join(folder, "control"))
    control.listen(1)
    front.start()
    drop(os.path.join(folder, "s", "empty"))
    serve(front, control)


if __name__ == "__main__":
    main()
