"""Ends a process by SIGKILL at its n-th step: before it writes, removes or starts.

The child of a fork counts its own audit events (PEP 578) and kills itself; nothing in
the product knows of it. A kill from outside at a random moment is the other way.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

WRITING = frozenset(
    (
        "os.link",
        "os.symlink",
        "os.rename",
        "os.remove",
        "os.mkdir",
        "os.rmdir",
        "os.chmod",
        "subprocess.Popen",
    )
)


_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT


def is_step(event: str, args: tuple[object, ...]) -> bool:
    """True for what changes the file system, or starts a program that does."""
    if event == "open":
        return isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR))
    return event in WRITING


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that is killed at its `step`-th step; True if it was.

    False: it came to its end, which was a good one.
    """
    child = os.fork()
    if child == 0:
        _silence()
        count = 0

        def count_down(event: str, args: tuple[object, ...]) -> None:
            nonlocal count
            if is_step(event, args):
                count += 1
                if count > step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count_down)
        _work_and_leave(work)
    return _ended_by_kill(child)


def killed_after(
    seconds: float,
    work: Callable[[], object],
    ready: Callable[[], bool] = lambda: True,
) -> bool:
    """Do `work` in a process group of its own; kill the group, Git too, meanwhile:
    so long after it is `ready`, or has ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        _silence()
        _work_and_leave(work)
    while not ready() and os.waitid(os.P_PID, child, _ENDED) is None:
        time.sleep(0.001)
    time.sleep(seconds)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
    return _ended_by_kill(child)


def started(work: Callable[[], object]) -> int:
    """Do `work` in a child, whose id it is; its exit code is 1 if it raises."""
    child = os.fork()
    if child == 0:
        _silence()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 2)
        _work_and_leave(work)
    return child


def children_of(process: int) -> list[int]:
    """The ids of the children that a process has just now (Linux)."""
    path = f"/proc/{process}/task/{process}/children"
    try:
        with open(path, encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def _silence() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)


def _work_and_leave(work: Callable[[], object]) -> None:
    try:
        work()
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)
    os._exit(0)


def _ended_by_kill(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "it failed instead of being killed"
    return False
