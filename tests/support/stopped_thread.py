"""Holds one thread of a running program, as if it were stuck, while its others go on: by ptrace, so that the program needs no hook for it.
"""
import contextlib
import ctypes
import os
import pathlib
import threading

PTRACE_CONT, PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 7, 17, 0x4206, 0x4207
WALL = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def ptrace(request, thread):
    if LIBC.ptrace(ctypes.c_long(request), ctypes.c_long(thread), None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of thread {thread}: {os.strerror(ctypes.get_errno())}")


def threads(process):
    """{name: thread id} of the threads of a process; of several with one name (a thread's own threads inherit it) the first."""
    found = {}
    for task in sorted(pathlib.Path(f"/proc/{process}/task").iterdir(), key=lambda task: int(task.name)):
        found.setdefault((task / "comm").read_text().strip(), int(task.name))
    return found


def wait_for(thread):
    with contextlib.suppress(OSError):
        os.waitpid(thread, WALL)


@contextlib.contextmanager
def stopped(thread):
    ptrace(PTRACE_SEIZE, thread)
    try:
        ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        # A killed program ends only when its held thread has been waited for.
        threading.Thread(target=wait_for, args=(thread,), daemon=True).start()
        yield
    finally:
        with contextlib.suppress(OSError):  # it may have been killed meanwhile
            ptrace(PTRACE_DETACH, thread)
