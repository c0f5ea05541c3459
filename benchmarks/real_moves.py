"""Move parts of public packages elsewhere and run the packages' own tests.

`python benchmarks/real_moves.py FOLDER [PACKAGE[/MOVE]...] [--from FOLDER]` (Python
3.11 or newer) does what `real_moves.toml` says, in FOLDER: a clone and a virtual
environment for each package; then for each move the plan, `apply`, the tests, `verify`,
`git log --follow` and `undo`. Each package is cloned from its URL, or from
FOLDER/OWNER+NAME/repo of `--from`. Prints one line of a table for each move.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any
from typing import NamedTuple

import tomllib
from git import Repo

MOVES = Path(__file__).with_suffix(".toml")
TREEGUARD = [sys.executable, "-m", "treeguard"]
AUTHOR = ["-c", "user.name=mover", "-c", "user.email=mover@example.org"]
HEAD = (
    "| move | files | edits | reported | effects | tests | wheel | imported first "
    "| verify | history | undo | seconds |"
)
# Imports each module in a process of its own, and prints those that can be. What stands
# outside of the clone is imported once, before.
EACH = """
import os, sys
firsts = {name.partition(".")[0] for name in sys.argv[1:]}
reader, writer = os.pipe()
if not os.fork():
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    for name in sys.argv[1:]:
        try:
            __import__(name)
        except BaseException:
            pass
    others = [one for one in sys.modules if one.partition(".")[0] not in firsts]
    os.write(writer, " ".join(others).encode())
    os._exit(0)
os.close(writer)
for name in os.fdopen(reader).read().split():
    try:
        __import__(name)
    except BaseException:
        pass
assert firsts.isdisjoint(sys.modules)
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        try:
            __import__(name)
        except BaseException:
            os._exit(1)
        os._exit(0)
    if not os.waitpid(child, 0)[1]:
        print(name)
"""

Outcomes = Counter[tuple[str, str]]


class Clone(NamedTuple):
    """One package: its clone, its Python, and what the TOML file says of it."""

    path: Path
    python: Path
    said: dict[str, Any]

    def run(self, *command: str | Path, ok: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [*map(str, command)], cwd=self.path, capture_output=True, text=True
        )
        if done.returncode not in ok:
            shown = " ".join(map(str, command))
            raise SystemExit(f"{shown}\n{done.stdout}{done.stderr}")
        return done.stdout

    def git(self, *args: str) -> str:
        return self.run("git", *AUTHOR, *args)

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def state(self) -> tuple[str, str, str, str]:
        """Every ref, the index, what git status says, and the bytes on disk."""
        refs = self.git("for-each-ref")
        status = self.git("status", "--porcelain", "--ignored")
        return refs, self.git("ls-files", "-s"), status, self._digest()

    def _digest(self) -> str:
        found = hashlib.sha256()
        for path in sorted(self.path.rglob("*")):
            if ".git" not in path.parts:
                found.update(f"{path} {path.lstat().st_mode}".encode())
                found.update(path.read_bytes() if path.is_file() else b"")
        return found.hexdigest()


def prepared(folder: Path, name: str, said: dict[str, Any], source: str) -> Clone:
    """The package cloned anew, and installed once in an environment of its own."""
    path, home = folder / name, folder / f"{name}-environment"
    shutil.rmtree(path, ignore_errors=True)
    url = said["url"]
    if source:
        url = f"{source}/{'+'.join(url.split('/')[-2:])}/repo"
    with Repo.clone_from(url, path) as repo:
        repo.git.checkout("-B", "main", said["commit"])
    clone = Clone(path, home / "bin" / "python", said)
    if not home.exists():
        venv.create(home, with_pip=True)
        clone.run(clone.python, "-m", "pip", "-q", "install", *said["install"])
    return clone


def tests(clone: Clone, path: list[str]) -> Outcomes:
    """How often each test of the package ended how; a test is known by its name."""
    report = clone.path.with_name("report.xml")
    report.unlink(missing_ok=True)
    places = os.pathsep.join(str(clone.path / place) for place in path)
    env = {**os.environ, "PYTHONPATH": places, "PYTHONDONTWRITEBYTECODE": "1"}
    env |= clone.said.get("environment", {})
    command = [clone.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += clone.said.get("pytest", [])
    done = subprocess.run(
        [*map(str, command), f"--junit-xml={report}"],
        cwd=clone.path,
        env=env,
        capture_output=True,
        text=True,
    )
    clone.path.with_name(f"{clone.path.name}-tests.txt").write_text(done.stdout)
    clone.git("clean", "-qfdx", "-e", "*.egg-info")
    cases = ET.parse(report).iter("testcase") if report.exists() else ()
    return Counter((_name(case), _outcome(case)) for case in cases)


def _name(case: ET.Element) -> str:
    """Drop the folders of its file, which may move."""
    whole = f"{case.get('classname')}.{case.get('name')}"
    found = re.search(r"\btest_.*", whole, re.DOTALL)
    return found[0] if found else whole


def _outcome(case: ET.Element) -> str:
    return next((one.tag for one in case if one.tag in _ENDS), "passed")


_ENDS = ("failure", "error", "skipped")


def counted(outcomes: Outcomes) -> str:
    ends = Counter(end for _name, end in outcomes.elements())
    return ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))


def policy_text(name: str, move: dict[str, Any], roots: list[str]) -> str:
    """The policy.toml of a maintainer who wants this one move."""
    lines = [f"[policy]\nversion = 1\nroots = {json.dumps(roots)}\n"]
    lines.append(f'[migration]\nid = "{name}"\nrecord = "moves/{name}.md"\n')
    for *old, new in move["moves"]:
        lines.append(f"[[migration.move]]\nfrom = {json.dumps(old)}\nto = '{new}'\n")
    for path in move.get("create", ()):
        lines.append(f"[[migration.create]]\npath = '{path}'\ntext = ''\n")
    return "\n".join(lines)


def importable(clone: Clone, path: list[str]) -> set[str]:
    """The files of packages below `path` that Python can import before all others."""
    compiled = clone.path.with_name(f"{clone.path.name}-compiled")
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    places = [str(clone.path / place) for place in path]
    names = {}
    for file in clone.git("ls-files", "*.py").split():
        for place in path:
            inner = file.removeprefix(f"{place}/").removesuffix(".py").split("/")
            top = clone.path / place / inner[0] / "__init__.py"
            parts = [part for part in inner if part != "__init__"]
            if top.exists() and (place == "." or file.startswith(f"{place}/")):
                names[".".join(parts)] = file
                break
    command = [clone.python, "-P", "-c", EACH, *names]
    done = subprocess.run(
        [*map(str, command)],
        cwd=clone.path,
        env={**env, "PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        check=True,
    )
    return {names[name] for name in done.stdout.split()}


def wheel(clone: Clone) -> set[str]:
    """The files of the wheel that the project's own build back end makes.

    Without its metadata, which holds the version and the list of the files.
    """
    if not clone.said.get("wheel", False):
        return set()
    output = clone.path.with_name(f"{clone.path.name}-wheel")
    shutil.rmtree(output, ignore_errors=True)
    build = ["-m", "pip", "-q", "wheel", "--no-deps", "--no-build-isolation"]
    with tempfile.TemporaryDirectory() as copy:
        # A build leaves folders of its own, and `undo` is held to the last byte.
        shutil.copytree(clone.path, copy, symlinks=True, dirs_exist_ok=True)
        clone.run(clone.python, *build, "--wheel-dir", output, copy, ok=(0, 1))
    return {
        name
        for file in output.glob("*.whl")
        for name in zipfile.ZipFile(file).namelist()
        if ".dist-info/" not in name
    }


def perform(
    clone: Clone, name: str, move: dict[str, Any], before: Outcomes
) -> Iterator[str]:
    """One move there and back: the cells of its line."""
    clone.git("checkout", "-q", "-f", "-B", "main", clone.said["commit"])
    clone.git("clean", "-qfdx", "-e", "*.egg-info")
    for path, text in move.get("prepare", {}).items():
        (clone.path / path).parent.mkdir(parents=True, exist_ok=True)
        (clone.path / path).write_text(text)
    text = policy_text(name, move, clone.said["roots"])
    (clone.path / "policy.toml").write_text(text)
    clone.commit("The policy of a move")
    if "prepare" in move:
        before = tests(clone, clone.said["path"])
    old = clone.state()
    first = importable(clone, clone.said["path"])
    shipped = wheel(clone)
    start = perf_counter()
    output = clone.path.with_name(f"{clone.path.name}-{name}.json")
    migrate = [*TREEGUARD, "migrate"]
    clone.run(*migrate, "plan", "--output-format", "json", "--output", output)
    clone.run(*migrate, "apply")
    seconds = perf_counter() - start
    plan = json.loads(output.read_text())
    yield from _planned(plan)
    yield _tested(clone, move, before, plan)
    yield _shipped(clone, move, shipped, plan)
    yield _imported(clone, move, first, plan)
    yield _verified(clone.run(*migrate, "verify", ok=(0, 1)))
    yield _history(clone, plan["moves"])
    clone.run(*migrate, "undo")
    yield "exact" if clone.state() == old else "DIFFERS"
    yield f"{seconds:.1f}"


def _planned(plan: dict[str, Any]) -> Iterator[str]:
    yield str(len(plan["moves"]))
    yield f"{sum(len(one['edits']) for one in plan['edits'])} in {len(plan['edits'])}"
    yield str(len(plan["undecided"]))
    yield str(len(plan["side_effects"]))


def _tested(
    clone: Clone, move: dict[str, Any], before: Outcomes, plan: dict[str, Any]
) -> str:
    """The tests as `apply` left them, and again after what it left to do by hand."""
    path = move.get("path", clone.said["path"])
    said = _compared(clone, plan["id"], before, tests(clone, path))
    if "by_hand" not in move:
        return said
    lines, reported = _by_hand(clone, move["by_hand"], plan)
    now = _compared(clone, plan["id"], before, tests(clone, path))
    clone.git("checkout", "-q", "-f", "HEAD")
    return f"{said}; after {lines} lines by hand ({reported} reported): {now}"


def _by_hand(
    clone: Clone, edits: list[list[str]], plan: dict[str, Any]
) -> tuple[int, int]:
    """Make them; return how many lines they are, and how many the plan listed."""
    homes = {move["old"]: move["new"] for move in plan["moves"]}
    reported = {
        (homes.get(one["path"], one["path"]), one["line"]) for one in plan["undecided"]
    }
    advice = " ".join(one["advice"] for one in plan["side_effects"])
    count = known = 0
    for path, old, new in edits:
        text = (clone.path / path).read_text()
        found = [text[: one.start()] for one in re.finditer(re.escape(old), text)]
        assert found, f"{path} does not say {old}"
        count += len(found)
        known += sum(
            (path, one.count("\n") + 1) in reported or path in advice for one in found
        )
        (clone.path / path).write_text(text.replace(old, new))
    return count, known


def _compared(clone: Clone, name: str, before: Outcomes, after: Outcomes) -> str:
    """The same, or how many tests ended otherwise; which ones goes into a file."""
    output = clone.path.with_name(f"{clone.path.name}-{name}.txt")
    output.write_text("".join(f"{end} {test}\n" for test, end in after - before))
    if before == after:
        return f"the same: {counted(after)}"
    return f"{(before - after).total()} otherwise: {counted(after)}"


def _shipped(
    clone: Clone, move: dict[str, Any], before: set[str], plan: dict[str, Any]
) -> str:
    """Whether the wheel holds the same files at the places that the plan gives them.

    If not, how many are lost and how many are new; which ones goes into a file.
    """
    if not before:
        return ""
    after = wheel(clone)
    places = [*move.get("path", []), *clone.said["path"]]
    homes = {_inside(one["old"], places): one["new"] for one in plan["moves"]}
    before = {_inside(homes.get(name, name), places) for name in before}
    before |= {_inside(path, places) for path in move.get("create", ())} & after
    output = clone.path.with_name(f"{clone.path.name}-{plan['id']}-wheel.txt")
    output.write_text("\n".join(sorted(before ^ after)))
    if before == after:
        return f"the same: {len(after)} files"
    return f"{len(before - after)} of {len(before)} lost, {len(after - before)} new"


def _inside(path: str, places: list[str]) -> str:
    """A path below the first of the folders `places` that it is in."""
    found = (place for place in places if path.startswith(f"{place}/"))
    return path.removeprefix(f"{next(found, '')}/")


def _imported(
    clone: Clone, move: dict[str, Any], first: set[str], plan: dict[str, Any]
) -> str:
    """How many modules of packages can still be imported first; and after the hand."""
    path = list(dict.fromkeys([*move.get("path", []), *clone.said["path"]]))
    homes = {each["old"]: each["new"] for each in plan["moves"]}
    wanted = {homes.get(file, file) for file in first}
    said = f"{len(wanted & importable(clone, path))} of {len(wanted)}"
    if "by_hand" in move:
        _by_hand(clone, move["by_hand"], plan)
        said += f", then {len(wanted & importable(clone, path))}"
        clone.git("checkout", "-q", "-f", "HEAD")
    return said


def _verified(text: str) -> str:
    held = [line.startswith("[x]") for line in text.splitlines() if line[0] == "["]
    return f"{sum(held)} of {len(held)}" if held else text


def _history(clone: Clone, moves: list[dict[str, str]]) -> str:
    """How many of the files that moved show their first commit to `log --follow`.

    An empty file is like every other empty one: Git cannot follow it.
    """
    reached, count, base = 0, 0, clone.said["commit"]
    for move in moves:
        if not (clone.path / move["new"]).read_bytes():
            continue
        count += 1
        old = clone.git("log", "--format=%h", "--follow", base, "--", move["old"])
        new = clone.git("log", "--format=%h", "--follow", "--", move["new"])
        reached += set(old.split()) <= set(new.split())
    return f"{reached} of {count}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("chosen", nargs="*")
    parser.add_argument("--from", dest="source", default="")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, said in tomllib.loads(MOVES.read_text()).items():
        wanted = [
            move
            for move in said["moves"]
            if not args.chosen or {name, f"{name}/{move}"} & set(args.chosen)
        ]
        if not wanted:
            continue
        clone = prepared(args.folder.resolve(), name, said, args.source)
        before = tests(clone, said["path"])
        print(f"\n{name} at {said['commit'][:12]}, before: {counted(before)}\n\n{HEAD}")
        print("|---" * HEAD.count(" | ") + "|---|")
        for move in wanted:
            cells = perform(clone, move, said["moves"][move], before)
            print(f"| {move} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
