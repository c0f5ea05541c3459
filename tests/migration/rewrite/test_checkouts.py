"""Jobs that have the repository in a folder, or another one in its place."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content

FILES: dict[str, Content] = {
    "lamp/__init__.py": b"",
    "lamp/run.sh": b"",
    "docs/a.md": b"",
}
MOVES = {"lamp/": "src/lamp/"}
PATH = ".github/workflows/a.yml"
OTHER = "    - uses: actions/checkout@v5\n      with: {repository: x/y}\n"
OWN = "    - uses: actions/checkout@v5\n"
BELOW = "    - uses: actions/checkout@v5\n      with: {path: lamp}\n"


def job(*steps: str, name: str = "a") -> str:
    return f"  {name}:\n    runs-on: x\n    steps:\n{''.join(steps)}"


def run(command: str) -> str:
    return f"    - run: {command}\n"


# The jobs, and what of their text is replaced; what is listed.
ROWS: dict[str, tuple[str, tuple[str, str] | None, list[str]]] = {
    "at the root": (
        job(OWN, run("cp -r lamp x")),
        ("cp -r lamp", "cp -r src/lamp"),
        [],
    ),
    "without a checkout": (job(run("sh lamp/run.sh")), ("sh lamp", "sh src/lamp"), []),
    "in a folder": (
        job(OTHER, BELOW, run("cp -R ./lamp/lamp y; cp -r ./lamp z; sh lamp/run.sh")),
        ("./lamp/lamp", "./lamp/src/lamp"),
        [],
    ),
    "in a folder that commands start in": (
        job(BELOW, "    - working-directory: lamp\n      run: sh lamp/run.sh\n"),
        ("sh lamp", "sh src/lamp"),
        [],
    ),
    "another repository": (job(OTHER, run("sh lamp/run.sh; cat docs/a.md")), None, []),
    "both": (
        job(OWN, OTHER.replace("x/y}", "x/y, path: z}"), run("sh lamp/run.sh")),
        ("sh lamp", "sh src/lamp"),
        [],
    ),
    "itself by its name": (
        job(OTHER.replace("x/y", "'${{ github.repository }}'"), run("cat lamp/run.sh")),
        ("cat lamp", "cat src/lamp"),
        [],
    ),
    "the next job": (
        job(OTHER, run("sh lamp/run.sh")) + job(OWN, run("cat lamp/run.sh"), name="b"),
        ("cat lamp", "cat src/lamp"),
        [],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_job_names(name: str) -> None:
    jobs, change, listed = ROWS[name]
    text = f"on: push\njobs:\n{jobs}"
    data, undecided = rewritten(a_world({**FILES, PATH: text}, MOVES), PATH)
    assert data.decode() == (text.replace(*change) if change else text)
    assert [one.text for one in undecided] == listed
