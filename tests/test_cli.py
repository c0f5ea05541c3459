"""The command line: options before and after commands, errors, exit codes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from argparse import ArgumentParser
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.patch13 import build
from tests.support.project import ROOT
from treeguard import __version__
from treeguard import cli
from treeguard.errors import Fault
from treeguard.errors import GitError
from treeguard.errors import PolicyError
from treeguard.errors import UsageError

PROBE = "tests.probe_command"


def _probe(monkeypatch: pytest.MonkeyPatch, run: Callable[[Namespace], int]) -> None:
    """Register a real command module, `probe`, whose `run` is given."""
    module = ModuleType(PROBE)
    vars(module).update(HELP="a probe", add_options=_options, run=run)
    monkeypatch.setitem(sys.modules, PROBE, module)
    monkeypatch.setitem(cli.COMMANDS, "probe", PROBE)


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="*")


def _raising(error: BaseException) -> Callable[[Namespace], int]:
    def run(_args: Namespace) -> int:
        raise error

    return run


FAULTS = PolicyError(
    (
        Fault("policy.toml", 3, "policy.rots", "unknown key", "did you mean `roots`?"),
        Fault("policy.toml", 0, "", "it says no version"),
    )
)
FAULTS_TEXT = """\
policy.toml:3: policy.rots: unknown key (did you mean `roots`?)
policy.toml: it says no version
treeguard: the policy cannot be used: 2 faults found
  fix the faults listed, then run `treeguard policy check`
"""


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        pytest.param(
            UsageError("no such rule", "see `x`"),
            2,
            "treeguard: no such rule\n  see `x`\n",
            id="usage",
        ),
        pytest.param(GitError("Git is missing"), 2, "treeguard: Git is missing\n"),
        pytest.param(FAULTS, 2, FAULTS_TEXT, id="policy"),
        pytest.param(
            UsageError("a\x1b[2J\nb"), 2, "treeguard: a\\x1b[2J\\nb\n", id="hostile"
        ),
        pytest.param(
            PermissionError(errno.EACCES, "Permission denied", "a b"),
            2,
            "treeguard: a b cannot be read or written: permission denied\n"
            "  `ls -ld 'a b'` shows the permissions; `df` the free space\n",
            id="rights",
        ),
        pytest.param(
            OSError(errno.EROFS, "Read-only file system", b"\xff"),
            2,
            "treeguard: \\xff cannot be read or written: read-only file system\n"
            "  `ls -ld '\\xff'` shows the permissions; `df` the free space\n",
            id="read-only",
        ),
        pytest.param(
            KeyboardInterrupt(), 130, "treeguard: interrupted\n", id="interrupted"
        ),
    ],
)
def test_an_error_is_told_in_a_sentence(
    error: BaseException,
    code: int,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _probe(monkeypatch, _raising(error))
    assert cli.main(["probe"]) == code
    assert capsys.readouterr() == ("", expected)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("odd\x1b"),
        RecursionError("deep"),
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EISDIR, "Is a directory", "x"),
        PermissionError(errno.EACCES, "Permission denied", 3),
    ],
    ids=repr,
)
def test_a_bug_is_reported_with_all_that_is_needed(
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _probe(monkeypatch, _raising(error))
    assert cli.main(["probe", "a b"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    for part in (
        "nothing was verified",
        f"treeguard {__version__}",
        "python 3.",
        "git version ",
        "command: treeguard probe 'a b'",
        "Traceback (most recent call last)",
        type(error).__name__,
    ):
        assert part in err
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        pytest.param([], ("no command", "treeguard --help"), id="no command"),
        pytest.param(["chekc"], ("'chekc'", "did you mean `check`?"), id="near"),
        pytest.param(
            ["xyzzy"], ("'xyzzy'", "known: agent-hook, audit, cache, check"), id="far"
        ),
        pytest.param(["check", "--nop"], ("--nop", "check --help"), id="option"),
        pytest.param(["--nop"], ("--nop",), id="option before"),
        pytest.param(["check", "--colour"], ("--colour",), id="no abbreviation"),
        pytest.param(["check", "--exist"], ("--exist",), id="no prefix"),
        pytest.param(["check", "--color", "x"], ("--color",), id="choice"),
        pytest.param(["-q", "-v", "check"], ("not allowed with",), id="quiet, verbose"),
    ],
)
def test_a_usage_error_says_what_to_type(
    words: list[str], parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(part in err for part in parts)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["check", "-q"], ([], "check", ["-q"])),
        (["-q", "check", "x"], (["-q"], "check", ["x"])),
        (["--color", "never", "check"], (["--color", "never"], "check", [])),
        (["--color=never", "check"], (["--color=never"], "check", [])),
        (["-q"], (["-q"], None, [])),
        ([], ([], None, [])),
    ],
    ids=repr,
)
def test_split(
    words: list[str], expected: tuple[list[str], str | None, list[str]]
) -> None:
    assert cli.split(words) == expected


@pytest.mark.parametrize("words", [["-q", "probe"], ["probe", "-q"]], ids=repr)
def test_common_options_stand_before_or_after_the_command(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _probe(monkeypatch, lambda args: int(args.quiet) + 40)
    assert cli.main(words) == 41


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr() == (f"treeguard {__version__}\n", "")


def test_help_lists_every_command_with_its_own_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "examples:" in out
    assert "exit codes:" in out
    for name in cli.COMMANDS:
        module = cli.load(name)
        assert f"  {name} " in out
        assert module.HELP in out


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: treeguard {name} ")


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "hooks"), **more}


def test_a_reader_that_leaves_is_no_success_and_no_traceback(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "treeguard", "check", "--help"],
        stdout=write,
        stderr=subprocess.PIPE,
        env=_environment(),
        cwd=tmp_path,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_full_disk_is_told(unbuffered: str, tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "treeguard", "check"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**repo.env, **_environment(PYTHONUNBUFFERED=unbuffered)},
            cwd=repo.path,
            check=False,
            text=True,
        )
    said = "treeguard: the report cannot be written: no space left on device\n"
    assert (done.returncode, done.stderr) == (2, f"{said}  see --output FILE\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("staged", ["", "import garbage\n"], ids=["clean", "broken"])
def test_the_verdict_stands_when_a_stream_is_closed(
    closed: str, staged: str, tmp_path: Path
) -> None:
    repo = build(tmp_path / "repo")
    repo.write("run.py", staged)
    repo.run("add", "run.py")
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m treeguard check {closed}', sys.executable],
        capture_output=True,
        env={**repo.env, **_environment()},
        cwd=repo.path,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (bool(staged), "")
    heard = ">&-" not in closed.split()
    assert ("run.py:1:8" in done.stdout) is (bool(staged) and heard)


def test_a_terminal_without_the_characters_gets_escapes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "treeguard", "caf\u00e9"],
        capture_output=True,
        env=_environment(PYTHONIOENCODING="ascii"),
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert b"unknown command 'caf\\xe9'" in done.stderr


def test_outside_of_a_repository_nothing_is_clean(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "treeguard", "check"],
        capture_output=True,
        env=_environment(GIT_CEILING_DIRECTORIES=str(tmp_path.parent)),
        cwd=tmp_path,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("treeguard: not a Git repository\n  ")
