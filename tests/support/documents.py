"""Run the examples of our documents, so that every output that they show is real.

A document is processed from top to bottom:

- `<!-- repository: patch13 -->` makes a fresh repository, one of `REPOSITORIES`; the
  examples below run in it;
- a `toml` block after `<!-- policy -->` becomes the repository's policy, committed;
- a `console` block is run: each line that begins with `$ ` is a command, and its output
  must equal the lines below it. A line of `...` alone matches any lines, or none;
- `<!-- picture: NAME.svg -->` before such a block draws it, in colour.

`python -m tests.support.documents` (or `make docs`) replaces shown output with real
output, and redraws the pictures.
"""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docs.picture import render
from docs.picture import without_colors
from tests.support import moving
from tests.support import patch13
from tests.support.banterhearts import building
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.project import ROOT

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/agents.md",
    "docs/architecture.md",
    "docs/ci.md",
    "docs/commands.md",
    "docs/comparison.md",
    "docs/formats.md",
    "docs/imports.md",
    "docs/install.md",
    "docs/limits.md",
    "docs/migration.md",
    "docs/policy.md",
    "docs/rules.md",
    "docs/speed.md",
)

REPOSITORIES: dict[str, Callable[[Path], Repo]] = {
    "empty": make_repository,
    "patch13": patch13.build,  # shaped as after patch 13
    "unguarded": patch13.build_unguarded,  # the same without a policy
    "banterhearts": building.build,  # as it was before patch 13
    "moving": moving.build,  # a small one, without a policy
}

# What a reader sees in place of the folders in which the examples run.
SHOWN_REPOSITORY = "/src/banterhearts"
SHOWN_ENVIRONMENT = "/src/venv"

ANY = "..."
_MARK = "-- end of a command --"
_PART = re.compile(
    r"^<!-- (?P<name>repository|policy|picture)(?:: (?P<value>\S+))? -->$"
    r"|^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Part(NamedTuple):
    """A directive (`value`) or a fenced block (`value` is its text), and where."""

    name: str
    value: str
    line: int
    start: int
    end: int


class Example(NamedTuple):
    """One console block: as it is shown, and its real output, colours included."""

    part: Part
    real: str
    picture: str

    @property
    def shown(self) -> str:
        return self.part.value


def parts(text: str) -> Iterator[Part]:
    """Yield the directives and the fenced blocks of a document, in order."""
    for found in _PART.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["language"]:
            start, end = found.span("text")
            yield Part(found["language"], found["text"], line, start, end)
        else:
            yield Part(found["name"], found["value"] or "", line, *found.span())


def make_environment(place: Path) -> Path:
    """Make a virtual environment with `treeguard` as after an installation."""
    venv.create(place, symlinks=True)
    [packages] = place.glob("lib/python*/site-packages")
    folders = [str(ROOT / "hooks"), *site.getsitepackages()]
    (packages / "treeguard_documents.pth").write_text("\n".join(folders) + "\n")
    command = place / "bin" / "treeguard"
    command.write_text(f'#!/bin/sh\nexec {place}/bin/python -I -m treeguard "$@"\n')
    command.chmod(0o755)
    return place


def examples(text: str, folder: Path) -> Iterator[Example]:
    """Run the console blocks of a document below `folder`, which exists."""
    environment = make_environment(folder / "venv")
    repo: Repo | None = None
    waiting = ""
    for number, part in enumerate(parts(text)):
        if part.name == "repository":
            place = folder / str(number) / "banterhearts"
            place.parent.mkdir()
            repo = REPOSITORIES[part.value](place)
        elif part.name in ("policy", "picture"):
            waiting = part.value or part.name
        elif part.name == "toml" and waiting == "policy" and repo is not None:
            repo.write("policy.toml", part.value)
            repo.stage("policy.toml")
            repo.commit("Policy", "--no-verify")
            waiting = ""
        elif part.name == "console":
            assert repo is not None, f"line {part.line}: no repository to run this in"
            real = run(part.value, repo, environment, colors=bool(waiting))
            yield Example(part, real, waiting)
            waiting = ""


def commands(text: str) -> list[str]:
    """Return the commands of a console block."""
    return [line[2:] for line in text.splitlines() if line.startswith("$ ")]


def run(text: str, repo: Repo, environment: Path, *, colors: bool) -> str:
    """Run the commands of a console block in one shell; return it with their output."""
    typed = commands(text)
    tail = f'\nended=$?; echo "{_MARK}"; (exit $ended)'
    done = subprocess.run(
        ["sh", "-c", "\n".join(command + tail for command in typed)],
        cwd=repo.path,
        env=_environment(repo, environment, colors),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    output = done.stdout.decode("utf-8", "backslashreplace")
    # Git fills the lines of a server with blanks.
    output = re.sub(r"[ \t]+$", "", output, flags=re.MULTILINE)
    output = output.replace(str(repo.path), SHOWN_REPOSITORY)
    output = output.replace(str(environment), SHOWN_ENVIRONMENT)
    printed = output.split(f"{_MARK}\n")
    assert len(printed) == len(typed) + 1, output
    return "".join(
        f"$ {command}\n{said}" for command, said in zip(typed, printed, strict=False)
    )


def _environment(repo: Repo, environment: Path, colors: bool) -> dict[str, str]:
    env = {**repo.env, "PATH": f"{environment}/bin{os.pathsep}{repo.env['PATH']}"}
    for name in ("NO_COLOR", "FORCE_COLOR", "SKIP", "COLUMNS", "PYTHONPATH"):
        env.pop(name, None)
    return {**env, "FORCE_COLOR": "1"} if colors else env


def is_shown(shown: str, real: str) -> bool:
    """Return whether `shown` matches the output; a line `...` matches any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == ANY else re.escape(line) + "\n"
        for line in shown.splitlines()
    )
    return re.fullmatch(pattern, without_colors(real)) is not None


def refreshed(text: str, folder: Path, pictures: Path) -> str:
    """Return the document with real output in its console blocks; draw pictures."""
    changes = []
    for example in examples(text, folder):
        if example.picture:
            (pictures / example.picture).write_text(render(example.real))
        assert "a bug in treeguard" not in example.real, example.real
        if not is_shown(example.shown, example.real):
            changes.append((example.part, without_colors(example.real)))
    for part, real in reversed(changes):
        text = text[: part.start] + real + text[part.end :]
    return text


def main(names: list[str]) -> int:
    """Refresh the documents `names`, or all of them."""
    for name in names or DOCUMENTS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            fresh = refreshed(text, Path(folder), ROOT / "docs")
        if fresh != text:
            path.write_text(fresh, encoding="utf-8")
            sys.stderr.write(f"{name} is refreshed\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
