# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""System calls made by another process, which is made to make them (ptrace).

A process that waits in a system call stands behind the instruction that made
it.  Its registers are changed, it does that instruction once more, and gets its
registers back.
"""

import contextlib
import ctypes
import os
import platform
import signal
import time

ATTACH, DETACH, SINGLESTEP, GETREGS, SETREGS, PEEK, POKE = 16, 17, 9, 12, 13, \
    2, 5
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi "
             "orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"
             ).split()
ARGUMENTS = "rdi rsi rdx r10 r8 r9".split()
SYSCALL = 0x050f		# the instruction
SCRATCH = 4096			# below the stack pointer

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p]


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS]


def ptrace(request, pid, address=0, data=0):
    ctypes.set_errno(0)
    result = libc.ptrace(request, pid, address, data)
    if result == -1 and ctypes.get_errno() != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request} of {pid}")
    return result


class Process:
    """A process that is stopped, and makes calls."""

    def __init__(self, pid):
        self.pid = pid

    def registers(self):
        r = Registers()
        ptrace(GETREGS, self.pid, 0, ctypes.addressof(r))
        return r

    def set_registers(self, r):
        ptrace(SETREGS, self.pid, 0, ctypes.addressof(r))

    def in_call(self):
        """Does the process stand behind the instruction of a call?"""
        at = self.registers().rip - 2
        return ptrace(PEEK, self.pid, at) & 0xffff == SYSCALL

    def put(self, address, octets):
        octets += b"\0" * (8 - len(octets) % 8)
        for i in range(0, len(octets), 8):
            word = int.from_bytes(octets[i:i + 8], "little")
            ptrace(POKE, self.pid, address + i, word)

    def call(self, number, *arguments):
        """Returns what the call returns, a negative errno if it failed.
        Arguments that are bytes are passed by their address."""
        before, r = self.registers(), self.registers()
        room = before.rsp - SCRATCH
        for name, value in zip(ARGUMENTS, arguments):
            if isinstance(value, bytes):
                self.put(room, value)
                value, room = room, room + 512
            setattr(r, name, value % 2**64)
        r.rip -= 2
        r.rax, r.orig_rax = number, 2**64 - 1
        self.set_registers(r)
        ptrace(SINGLESTEP, self.pid)
        _, status = os.waitpid(self.pid, 0)
        assert os.WIFSTOPPED(status), f"{self.pid} ended: {status:x}"
        result = self.registers().rax
        self.set_registers(before)
        return result - 2**64 if result >= 2**63 else result


def attach(pid):
    """Stop the process in a system call."""
    for _ in range(1000):
        ptrace(ATTACH, pid)
        os.waitpid(pid, 0)
        p = Process(pid)
        if p.in_call():
            return p
        ptrace(DETACH, pid)
        time.sleep(0.01)
    raise AssertionError(f"{pid} is never in a system call")


@contextlib.contextmanager
def stopped(pid):
    p = attach(pid)
    try:
        yield p
    finally:
        with contextlib.suppress(OSError):
            ptrace(DETACH, pid)


def missing():
    """Why no calls can be made in other processes here, or ""."""
    if platform.machine() != "x86_64":
        return "written for x86-64"
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    try:
        with stopped(pid) as p:
            return "" if p.call(39) == pid else "no call is made"
    except OSError as e:
        return str(e)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
