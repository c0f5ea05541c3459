"""What a server keeps between pushes: there at once, never behind, never believed
blindly."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.support import Workshop
from tests.end_to_end.test_server import Hosted
from tests.support.git import Repo
from tests.support.patch13 import KEPT
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit

KNOWN = "ok   the store knows the files of main"


@pytest.fixture
def hosted(tmp_path: Path, workshop: Workshop) -> Hosted:
    return Hosted(tmp_path, workshop)


def said(workshop: Workshop, repo: Repo, *words: str) -> tuple[int, str]:
    command = [workshop.python, "-I", "-m", "treeguard", *words]
    done = subprocess.run(
        command,
        cwd=repo.path,
        env=repo.env,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def wait_until_known(workshop: Workshop, bare: Repo) -> None:
    for _ in range(100):
        if KNOWN in said(workshop, bare, "doctor")[1]:
            return
        time.sleep(0.1)
    raise AssertionError(said(workshop, bare, "doctor")[1])


def test_what_lands_is_known_soon_after(workshop: Workshop, hosted: Hosted) -> None:
    """The first push, of a whole history, and one that changes what is kept."""
    wait_until_known(workshop, hosted.bare)
    hosted.commit(Edit({"new/module.py": "import os\n"}))
    assert hosted.push("main") == ""
    wait_until_known(workshop, hosted.bare)
    hosted.commit(VIOLATIONS["forbidden"])
    assert "no-garbage-imports" in hosted.push("main")


def test_installing_learns(workshop: Workshop, hosted: Hosted) -> None:
    wait_until_known(workshop, hosted.bare)
    shutil.rmtree(hosted.bare.path / "treeguard")
    assert "does not know the files" in said(workshop, hosted.bare, "doctor")[1]
    workshop.treeguard(hosted.bare, "install", "--server")
    code, text = said(workshop, hosted.bare, "doctor")
    assert (code, KNOWN in text) == (0, True)


def gone(store: Path) -> None:
    shutil.rmtree(store.parent)


def garbled(store: Path) -> None:
    data = bytearray(store.read_bytes())
    for place in range(100, len(data), 7):
        data[place] ^= 0xFF
    store.write_bytes(data)


def cut(store: Path) -> None:
    store.write_bytes(store.read_bytes()[: store.stat().st_size // 2])


def no_database(store: Path) -> None:
    store.write_bytes(b"import garbage\n" * 1000)


def a_folder(store: Path) -> None:
    store.unlink()
    store.mkdir()


def read_only(store: Path) -> None:
    for name in store.parent.iterdir():
        name.chmod(0o444)
    store.parent.chmod(0o555)


@pytest.mark.parametrize("harm", [gone, garbled, cut, no_database, a_folder, read_only])
def test_a_harmed_store_bends_no_verdict(
    workshop: Workshop, hosted: Hosted, harm: Callable[[Path], None]
) -> None:
    wait_until_known(workshop, hosted.bare)
    folder = hosted.bare.path / "treeguard"
    harm(folder / "facts.sqlite")
    hosted.branch("guilty", VIOLATIONS["forbidden"])
    assert "no-garbage-imports" in hosted.push("guilty:main")
    hosted.branch("innocent", KEPT["forbidden"])
    assert hosted.push("innocent:main") == ""
    hosted.branch("again", VIOLATIONS["preserved"])
    assert "reports-kept" in hosted.push("-f", "again:main")
    if folder.exists():
        folder.chmod(0o755)


def test_a_push_waits_for_no_one(hosted: Hosted) -> None:
    """What runs behind a push holds none of its pipes, whatever becomes of it."""
    hook = hosted.bare.path / "hooks/post-receive"
    hook.write_text(hook.read_text().replace("exec ", "exec 2>/dev/null\nexec "))
    _put_a_file_in_place_of(hosted.bare.path / "treeguard")
    hosted.commit(KEPT["closed"])
    assert hosted.push("main") == ""


def _put_a_file_in_place_of(log: Path) -> None:
    """What still runs behind an earlier push may make the folder once more."""
    for _attempt in range(200):
        shutil.rmtree(log, ignore_errors=True)
        try:
            log.write_text("no folder can be made here")
        except IsADirectoryError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{log} was made again and again")


def test_it_is_taken_away_again(workshop: Workshop, hosted: Hosted) -> None:
    hooks = hosted.bare.path / "hooks"
    assert "receive --after" in (hooks / "post-receive").read_text()
    workshop.treeguard(hosted.bare, "uninstall")
    assert not {"pre-receive", "post-receive"}.intersection(os.listdir(hooks))


def test_a_hook_of_somebody_else_stays(workshop: Workshop, hosted: Hosted) -> None:
    hook = hosted.bare.path / "hooks/post-receive"
    hook.write_text("#!/bin/sh\ncat > /dev/null\n")
    code, text = said(workshop, hosted.bare, "install", "--server")
    assert code == 2
    assert "is not treeguard's and is left as it is" in text
    assert "-m treeguard receive --after" in text
    line = "python -I -m treeguard receive --after"
    hook.write_text(f'#!/bin/sh\nrefs="$(cat)"; echo "$refs" | {line}\n')
    assert said(workshop, hosted.bare, "install", "--server")[0] == 0


@pytest.mark.parametrize(
    ("stage", "state", "word", "code"),
    [
        ("pre-receive", "gone", "BAD  stage pre-receive is not installed", 1),
        ("post-receive", "gone", "note stage post-receive is not installed", 0),
        ("pre-receive", "dead", "is not executable", 1),
        ("pre-receive", "foreign", "does not call treeguard", 1),
        ("post-receive", "foreign", "does not call treeguard", 0),
    ],
)
def test_doctor_says_what_is_missing(
    workshop: Workshop, hosted: Hosted, stage: str, state: str, word: str, code: int
) -> None:
    hook = hosted.bare.path / "hooks" / stage
    if state == "gone":
        hook.unlink()
    elif state == "dead":
        hook.chmod(0o644)
    else:
        hook.write_text("#!/bin/sh\n")
    found = said(workshop, hosted.bare, "doctor")
    assert word in found[1]
    assert found[0] == code
