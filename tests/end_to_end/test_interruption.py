"""A hook that is interrupted blocks the commit and leaves everything as it was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

from tests.end_to_end.support import Guarded
from tests.end_to_end.support import Workshop
from tests.support.patch13 import KEPT
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import apply

Guard = Callable[..., Guarded]


def test_an_interrupted_hook_leaves_the_index_as_it_was(
    guard: Guard, workshop: Workshop
) -> None:
    repo = guard("native").repo
    # Many files, so that the signal meets a check that is under way.
    for number in range(1500):
        repo.write(f"scripts/many/m{number}.py", f"import os\nimport m{number + 1}\n")
    repo.stage()
    apply(repo, KEPT["preserved"])
    index = repo.path / ".git/index"
    before = index.read_bytes()
    ended = []
    for delay in (0.02, 0.06, 0.12, 0.2):
        command = [workshop.python, "-I", "-m", "treeguard", "hook", "pre-commit"]
        hook = subprocess.Popen(
            command,
            cwd=repo.path,
            env=repo.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # A shell's background jobs ignore the signal, and so would this one.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        time.sleep(delay)
        os.killpg(hook.pid, signal.SIGINT)
        hook.communicate()
        ended.append(hook.returncode)
        assert index.read_bytes() == before
    # Interrupted before our code had begun (the signal itself), or in it (130).
    assert {-signal.SIGINT, 130, 1} & set(ended), ended
    assert repo.out("status", "--porcelain", "reports") == (
        "A  reports/gemma3/run_2.json\nM  reports/llama3/run_1.json"
    )
    assert guard_still_works(repo.path, repo.env)


def guard_still_works(path: os.PathLike[str], env: dict[str, str]) -> bool:
    commit = ["git", "commit", "-q", "-m", "after the interruption"]
    return subprocess.run(commit, cwd=path, env=env, check=False).returncode == 0


def test_a_check_writes_no_index(guard: Guard, workshop: Workshop) -> None:
    repo = guard("native").repo
    apply(repo, KEPT["preserved"])
    index = repo.path / ".git/index"
    before = index.read_bytes(), index.stat().st_mtime_ns
    workshop.treeguard(repo, "hook", "pre-commit")
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before


def test_59_hooks_that_run_at_once(guard: Guard, workshop: Workshop) -> None:
    """prek runs hooks of one priority side by side: each finds the cache as it is."""
    repo = guard("native").repo
    for number in range(300):
        repo.write(f"scripts/many/m{number}.py", f"import m{number + 1}\n")
    repo.stage()
    assert repo.run("commit", "-qm", "many", "--no-verify")
    apply(repo, VIOLATIONS["forbidden"])
    shutil.rmtree(repo.path / ".git/treeguard", ignore_errors=True)
    index = (repo.path / ".git/index").read_bytes()
    command = [workshop.python, "-I", "-m", "treeguard", "hook", "pre-commit"]
    hooks = [
        subprocess.Popen(
            command,
            cwd=repo.path,
            env=repo.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(6)
    ]
    said = [(*hook.communicate(), hook.returncode) for hook in hooks]
    assert len(set(said)) == 1, said
    assert said[0][2] == 1
    assert (repo.path / ".git/index").read_bytes() == index
