"""Everything real, made once per session and shared by all workers: an interpreter
that has treeguard, the hook repository, and what the two runners install from it."""

from __future__ import annotations

import fcntl
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.gates import GATES
from tests.end_to_end.gates import SETUPS
from tests.end_to_end.gates import Place
from tests.end_to_end.support import RUNNERS
from tests.end_to_end.support import Guarded
from tests.end_to_end.support import Workshop
from tests.support.banterhearts import building
from tests.support.git import Repo
from tests.support.git import clean_environment
from tests.support.git import make_repository
from tests.support.patch13 import build
from tests.support.project import ROOT
from tests.support.project import copy_project


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`; the system lets go of it when a process dies."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(place: Path, make: Callable[[Path], None]) -> Path:
    """`place`, made by the first worker that needs it."""
    done = place.with_suffix(".done")
    with locked(place.with_suffix(".lock")):
        if not done.exists():
            make(place)
            done.touch()
    return place


def make_interpreter(place: Path) -> None:
    """An environment that sees our sources even when started with `-I`."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(place)]
    subprocess.run(command, check=True)
    [target] = place.glob("lib/python*/site-packages")
    folders = [str(ROOT / "hooks"), *site.getsitepackages()]
    (target / "treeguard_tests.pth").write_text("\n".join(folders) + "\n")


def make_hook_repository(place: Path) -> None:
    repo = make_repository(place)
    copy_project(place / "copy")
    for path in list((place / "copy").iterdir()):
        path.rename(place / path.name)
    repo.stage()
    repo.commit("Release")
    repo.run("tag", "v1.0.0")


@pytest.fixture(scope="session")
def python(shared: Path) -> str:
    """An interpreter that has treeguard, as after `pip install`."""
    return str(once(shared / "interpreter", make_interpreter) / "bin" / "python")


@pytest.fixture(scope="session")
def workshop(shared: Path, python: str) -> Workshop:
    """What is needed to guard repositories; the runners install when first used."""
    hooks = once(shared / "hook-repository", make_hook_repository)
    env = {
        **clean_environment(Path.home()),
        "PRE_COMMIT_HOME": str(shared / "pre-commit-home"),
        "PREK_HOME": str(shared / "prek-home"),
        # prek installs with uv, which trusts the machine's certificates only if told.
        "UV_SYSTEM_CERTS": "1",
        "UV_NATIVE_TLS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    template = once(shared / "patched", lambda place: build(place) and None)
    return Workshop(python, hooks, template, env)


@pytest.fixture(scope="session")
def ready(shared: Path, workshop: Workshop) -> Callable[[str], None]:
    """Make sure that a runner has installed our hooks: slow, so once per session."""

    def install(runner: str) -> None:
        def make(place: Path) -> None:
            repo = Repo(place, workshop.env)
            make_repository(place)
            workshop.configure(repo, ["treeguard"])
            workshop.call(repo, sys.executable, "-m", RUNNERS[runner], "install-hooks")

        once(shared / f"installed-by-{runner}", make)

    return install


@pytest.fixture
def guard(
    tmp_path: Path, workshop: Workshop, ready: Callable[[str], None]
) -> Callable[..., Guarded]:
    """Make a repository shaped as after patch 13, with its hooks in place."""

    def make(way: str, *ids: str) -> Guarded:
        if way in RUNNERS:
            ready(way)
        return workshop.guarded(tmp_path / "guarded", way, ids or ("treeguard",))

    return make


class Gates(NamedTuple):
    """Opens places with a gate put up, each a copy of one that is made once."""

    folder: Path
    shared: Path
    workshop: Workshop
    ready: Callable[[str], None]

    def open(self, gate: str, setup: str = "plain") -> Place:
        """A fresh place of that setup (a name of `SETUPS`) with that gate."""
        _, under, runner = gate.partition(" under ")
        if under:
            self.ready(runner)

        def make(template: Path) -> None:
            template.mkdir()
            SETUPS[setup](template, self.workshop)
            GATES[gate].install(self._place(template))

        number = list(SETUPS).index(setup)
        template = once(self.shared / f"gates-{number}-{gate.replace(' ', '-')}", make)
        shutil.copytree(template, self.folder / "gates", symlinks=True)
        return self._place(self.folder / "gates")

    def _place(self, folder: Path) -> Place:
        env = {**self.workshop.env, "TREEGUARD_OUTPUT_FORMAT": "json"}
        repo = Repo(folder / "clone", env)
        bare = Repo(folder / "origin.git", env)
        return Place(repo, bare, repo, self.workshop)


@pytest.fixture
def gates(
    tmp_path: Path, shared: Path, workshop: Workshop, ready: Callable[[str], None]
) -> Gates:
    return Gates(tmp_path, shared, workshop, ready)


class Banterhearts(NamedTuple):
    """The repository of patch 13, made once: as it stood before, and performed.

    Both are shared: what writes takes a copy.
    """

    before: Repo
    after: Repo
    workshop: Workshop

    def copy(self, place: Path, *, performed: bool = False) -> Repo:
        """A repository of one's own at `place`."""
        source = self.after if performed else self.before
        shutil.copytree(source.path, place, symlinks=True)
        return Repo(place, clean_environment(place.parent))


@pytest.fixture(scope="session")
def banterhearts(shared: Path, workshop: Workshop) -> Banterhearts:
    def perform(place: Path) -> None:
        shutil.copytree(before.path, place, symlinks=True)
        repo = Repo(place, clean_environment(place.parent))
        workshop.treeguard(repo, "migrate", "apply")

    env = clean_environment(shared)
    made = once(shared / "banterhearts", lambda place: building.build(place) and None)
    before = Repo(made, env)
    after = Repo(once(shared / "banterhearts-performed", perform), env)
    return Banterhearts(before, after, workshop)
