"""Repositories that try to run code in whoever looks at them, and calls that look."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.patch13 import AGENT
from tests.support.patch13 import build

# No command may take longer, whatever it is given.
TIMEOUT = 20
ZEROS = "0" * 40

# Replaces the interpreter's `-m treeguard` where memory is to be told.
_MEASURED = """\
import resource, sys
from treeguard.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
# getrusage(2) of a process counts what its parent held when it forked; this does not.
with open("/proc/self/status") as status:
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
git = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("peaks", own // 1024, git // 1024, file=sys.stderr)
sys.exit(code)
"""

LETS_PASS = "import os\nopen({ran!r}, 'w').close()\nos._exit(0)\n"
SHADOWS = (
    "treeguard/__init__.py",
    "treeguard/__main__.py",
    "treeguard/cli.py",
    "hooks/__init__.py",
    "hooks/treeguard/__init__.py",
    "tomli.py",
    "tomllib.py",
    "pathspec.py",
    "libcst.py",
    "git.py",
    "sqlite3.py",
    "json.py",
    "re.py",
    "argparse.py",
    "sitecustomize.py",
    "usercustomize.py",
    "policy.py",
    "conftest.py",
    "setup.py",
)
SETTINGS = (
    "core.fsmonitor=EVIL",
    "core.hooksPath=evil-hooks",
    "core.sshCommand=EVIL",
    "core.pager=EVIL",
    "core.editor=EVIL",
    "core.askPass=EVIL",
    "core.gitProxy=EVIL",
    "core.alternateRefsCommand=EVIL",
    "core.attributesFile=evil-attributes",
    "credential.helper=!EVIL",
    "diff.external=EVIL",
    "diff.evil.command=EVIL",
    "diff.evil.textconv=EVIL",
    "diff.evil.cachetextconv=true",
    "merge.evil.driver=EVIL",
    "filter.evil.clean=EVIL",
    "filter.evil.smudge=EVIL",
    "filter.evil.process=EVIL",
    "filter.evil.required=true",
    "gpg.program=EVIL",
    "gpg.ssh.program=EVIL",
    "log.showSignature=true",
    "interactive.diffFilter=EVIL",
    "sequence.editor=EVIL",
    "pager.diff=EVIL",
    "pager.cat-file=EVIL",
    "pager.ls-tree=EVIL",
    "pager.log=EVIL",
    "remote.origin.uploadpack=EVIL",
    "remote.origin.receivepack=EVIL",
    "remote.origin.url=ext::EVIL",
    "remote.origin.promisor=true",
    "extensions.partialClone=origin",
    "protocol.ext.allow=always",
    "protocol.allow=always",
    "uploadpack.packObjectsHook=EVIL",
    "receive.procReceiveRefs=refs",
    "gc.auto=1",
    "maintenance.auto=true",
    "submodule.recurse=true",
    "trace2.eventTarget=/dev/null",
    *(
        f"alias.{name}=!EVIL"
        for name in ("cat-file", "diff-index", "ls-tree", "ls-files", "rev-parse")
    ),
)
HOOKS = (
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "fsmonitor-watchman",
    "pre-receive",
    "update",
    "post-receive",
    "pre-auto-gc",
)


class Trapped(NamedTuple):
    """A repository full of traps; `ran` exists as soon as one of them was sprung."""

    repo: Repo
    ran: Path


class Ended(NamedTuple):
    """How a call ended, what it said, and the peaks of its and Git's memory in MB."""

    code: int
    out: str
    err: str
    peaks: tuple[int, ...] = ()


def treeguard(
    workshop: Workshop,
    repo: Repo,
    *words: str,
    stdin: bytes = b"",
    measured: bool = False,
    timeout: int = TIMEOUT,
    **env: str,
) -> Ended:
    """Run a command in `repo`; `subprocess.TimeoutExpired` if it hangs."""
    start = ["-c", _MEASURED] if measured else ["-m", "treeguard"]
    done = subprocess.run(
        [workshop.python, "-I", *start, *words],
        cwd=repo.path,
        env={**repo.env, **env},
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    err = done.stderr.decode("utf-8", "backslashreplace")
    peaks: tuple[int, ...] = ()
    if measured:
        err, _, told = err.rpartition("peaks ")
        peaks = tuple(map(int, told.split()))
    out = done.stdout.decode("utf-8", "backslashreplace")
    return Ended(done.returncode, out, err, peaks)


def sane(ended: Ended) -> bool:
    """An answer or a refusal, but neither a bug nor a traceback."""
    said = ended.out + ended.err
    return ended.code in (0, 1, 2) and "Traceback" not in said


def trap(
    place: Path, extra: dict[str, str] | None = None, *, diverged: bool = False
) -> Trapped:
    """A repository shaped as after patch 13 with every trap set, all committed.

    The work tree holds changes, so that there is something to look at; `diverged`:
    docs/both.md was changed on `main` and on `topic`.
    """
    ran = place / "ran"
    shadow = LETS_PASS.format(ran=str(ran))
    files = dict.fromkeys(SHADOWS, shadow)
    files[".gitattributes"] = "* diff=evil filter=evil merge=evil text eol=crlf\n"
    files["evil.pth"] = f"import os; open({str(ran)!r}, 'w')\n"
    repo = build(place / "repo", {**files, **(extra or {})})
    _second_commit(repo)
    if diverged:
        _diverge(repo)
    program = _program(place / "evil", ran)
    for name in HOOKS:
        _copy(program, repo.path / ".git" / "hooks" / name)
        _copy(program, repo.path / "evil-hooks" / name)
    for name in ("git", "python"):
        _copy(program, repo.path / name)
    repo.write("reports/llama3/run_1.json", '{"tokens_per_second": 38}\n')
    repo.write(AGENT, "from garbage.agents import self_healing_pipeline\n")
    configure(repo, program)
    return Trapped(repo, ran)


def configure(repo: Repo, program: Path) -> None:
    """Write the settings into the configuration by hand: Git itself would run them."""
    config = Path(repo.out("rev-parse", "--absolute-git-dir")) / "config"
    lines = []
    for setting in SETTINGS:
        key, value = setting.replace("EVIL", str(program)).split("=", 1)
        section, _, name = key.rpartition(".")
        head, _, sub = section.partition(".")
        title = f'[{head} "{sub}"]' if sub else f"[{head}]"
        lines += [title, f"\t{name} = {json.dumps(value)}"]
    with open(config, "a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _second_commit(repo: Repo) -> None:
    repo.write("docs/second.md", "second\n")
    repo.run("rm", "-q", "reports/gemma3/run_1.json")
    repo.run("add", "docs/second.md")
    repo.commit("Second", "--no-verify")


def _diverge(repo: Repo) -> None:
    repo.run("checkout", "-q", "-b", "topic")
    repo.write("docs/both.md", "one\ntwo\nTHREE\n")
    repo.run("commit", "-q", "-a", "-m", "Topic")
    repo.run("checkout", "-q", "main")
    repo.write("docs/both.md", "ONE\ntwo\nthree\n")
    repo.run("commit", "-q", "-a", "-m", "Main")


def _program(path: Path, ran: Path) -> Path:
    path.write_text(f"#!/bin/sh\ntouch '{ran}'\nexit 0\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _copy(program: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(program.read_text())
    path.chmod(0o755)


def tool_call(repo: Repo, tool: str, **given: str) -> bytes:
    """A coding agent's call as its hook sends it."""
    found = {"tool_name": tool, "tool_input": given, "cwd": str(repo.path)}
    return json.dumps(found).encode()
