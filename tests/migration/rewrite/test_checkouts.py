"""Jobs that have the repository in a folder, or another one in its place."""

from __future__ import annotations

from posixpath import normpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content
from treeguard.languages.references import spans_in
from treeguard.languages.spans import REF

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


TREE: dict[str, Content] = {
    "Dockerfile": b"",
    "lamp/__init__.py": b"",
    "lamp/run.py": b"",
    "lamp/tests/test_a.py": b"",
    "docs/guide.md": b"",
    "scripts/go.sh": b"",
}
ALL_MOVES = {
    "Dockerfile": "deployment/Dockerfile",
    "lamp/": "src/lamp/",
    "docs/": "manual/docs/",
    "scripts/": "tools/scripts/",
}
AT = "- uses: actions/checkout@v4\n      with: {{path: {}}}"
HERE = "- uses: actions/checkout@v4"
THERE = f"{HERE}\n      with: {{repository: org/other}}"
BESIDE = f"{HERE}\n      with: {{repository: org/other, path: other}}"
FORK = (
    "- uses: actions/checkout@v4\n      with:\n        path: lamp\n"
    "        repository: ${{ github.event.pull_request.head.repo.full_name }}"
)


def steps(*given: str) -> str:
    """Return a workflow of one job with these steps."""
    return "jobs:\n" + job(*(f"    {step}\n" for step in given))


def after(text: str) -> tuple[str, list[str]]:
    data, told = rewritten(a_world({**TREE, PATH: text.encode()}, ALL_MOVES), PATH)
    return data.decode(), [f"{one.line}: {one.text}" for one in told]


# The checkouts, a step, and the step afterwards.
REWRITTEN = {
    "the checkout itself": (
        [THERE, AT.format("lamp")],
        "- run: poetry add ./lamp && cp -R ./lamp/lamp vendor/.",
        "- run: poetry add ./lamp && cp -R ./lamp/src/lamp vendor/.",
    ),
    "a path in it": (
        [AT.format("source")],
        "- run: python source/lamp/run.py && bash 'source/scripts/go.sh'",
        "- run: python source/src/lamp/run.py && bash 'source/tools/scripts/go.sh'",
    ),
    "a deeper folder": (
        [AT.format("./a/b/")],
        "- run: cat a/b/docs/guide.md && pytest a/b/lamp/tests/",
        "- run: cat a/b/manual/docs/guide.md && pytest a/b/src/lamp/tests/",
    ),
    "another folder of the same name": (
        [THERE, AT.format("lamp")],
        "- run: python lamp/run.py && python docs/build.py && cat scripts/go.sh",
        "- run: python lamp/run.py && python docs/build.py && cat scripts/go.sh",
    ),
    "the working directory": (
        [THERE, AT.format("lamp")],
        "- {working-directory: lamp, run: python lamp/run.py && cat docs/guide.md}",
        "- {working-directory: lamp, run: python src/lamp/run.py && "
        "cat manual/docs/guide.md}",
    ),
    "a folder in it": (
        [AT.format("lamp")],
        "- {working-directory: lamp/docs, run: cat guide.md}",
        "- {working-directory: lamp/manual/docs, run: cat guide.md}",
    ),
    "cd there and back": (
        [THERE, AT.format("lamp")],
        "- run: cd lamp && python lamp/run.py && cd .. && python lamp/lamp/run.py",
        "- run: cd lamp && python src/lamp/run.py && cd .. && "
        "python lamp/src/lamp/run.py",
    ),
    "an input, and what is hashed": (
        [FORK],
        "- {uses: x/y@v1, with: {source: lamp/docs, key: \"${{ hashFiles('lamp/docs/*')"
        ' }}"}}',
        "- {uses: x/y@v1, with: {source: lamp/manual/docs, key: "
        "\"${{ hashFiles('lamp/manual/docs/*') }}\"}}",
    ),
    "a build beside it": (
        [THERE, AT.format("lamp")],
        "- run: docker build .",
        "- run: docker build .",
    ),
    "a build in it": (
        [THERE, AT.format("lamp")],
        "- {working-directory: lamp, run: docker build .}",
        "- {working-directory: lamp, run: docker build -f deployment/Dockerfile .}",
    ),
    "another repository beside ours": (
        [HERE, BESIDE],
        "- run: python lamp/run.py",
        "- run: python src/lamp/run.py",
    ),
    "ours at the root as well": (
        [HERE, AT.format("base")],
        "- run: python lamp/run.py",
        "- run: python src/lamp/run.py",
    ),
    "another repository, or ours, that only the run knows": (
        [THERE.replace("org/other", "'${{ inputs.repository }}'")],
        "- run: python lamp/run.py",
        "- run: python src/lamp/run.py",
    ),
    "another repository in each run": (
        [THERE.replace("org/other", "'org/${{ matrix.project }}'"), AT.format("own")],
        "- run: python lamp/run.py && python own/lamp/run.py",
        "- run: python lamp/run.py && python own/src/lamp/run.py",
    ),
    "the fork of a pull request": (
        [FORK.replace("        path: lamp\n", "")],
        "- run: cat docs/guide.md",
        "- run: cat manual/docs/guide.md",
    ),
    "plain words": (
        [THERE, AT.format("lamp")],
        "- {working-directory: lamp, run: ruff check lamp docs}",
        "- {working-directory: lamp, run: ruff check src/lamp manual/docs}",
    ),
    "a folder that only the run knows": (
        [AT.format("${{ matrix.folder }}")],
        "- run: python lamp/run.py",
        "- run: python src/lamp/run.py",
    ),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_path_starts_where_the_repository_is_checked_out(name: str) -> None:
    checkouts, old, new = REWRITTEN[name]
    assert after(steps(*checkouts, old)) == (steps(*checkouts, new), [])


def test_each_job_has_its_own_checkouts() -> None:
    text = steps(AT.format("lamp"), "- run: cat lamp/docs/guide.md docs/guide.md")
    text += "  b:\n    steps:\n    - uses: actions/checkout@v4\n"
    text += "    - run: cat docs/guide.md\n"
    new = text.replace("cat lamp/docs", "cat lamp/manual/docs")
    new = new.replace("run: cat docs", "run: cat manual/docs")
    assert after(text) == (new, [])


NAMES = st.sampled_from(["lamp", "docs", "x-1", "y.z"])
PLACES = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
COMMANDS = st.sampled_from(["python {}.py", "cat {}/", "bash ./{}.sh", "cd {} && make"])


@given(PLACES, st.lists(st.builds(str.format, COMMANDS, PLACES), max_size=4))
def test_in_the_checkout_a_path_means_what_it_means_at_the_root(
    folder: str, commands: list[str]
) -> None:
    run = f"run: {' && '.join([*commands, 'true'])}"
    inside = steps(AT.format(folder), f"- {{working-directory: {folder}, {run}}}")
    assert _meant(inside) == _meant(steps(HERE, f"- {{{run}}}"))


def _meant(workflow: str) -> set[tuple[str, str, str]]:
    """Return what a workflow names: as it is written, its kind and its meaning."""
    data = workflow.encode()
    return {
        (
            workflow[span.start : span.end],
            span.kind,
            normpath(f"/{span.text.strip('/')}"),
        )
        for span in spans_in(PATH, data, workflow)
        if span.kind != REF
    }
