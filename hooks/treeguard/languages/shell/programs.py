"""Describe programs, Python's own among them, for the shell that runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from treeguard.languages.shell.python_code import code
from treeguard.languages.shell.runner import Program
from treeguard.languages.shell.runner import Runner
from treeguard.languages.shell.runner import Words
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import pieces
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import Span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import tests_in

_NO_WORDS: frozenset[str] = frozenset()
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=")


def values(words: Words, *names: str) -> Iterator[SourceText]:
    """Yield the values of options: `-f x`, `-fx`, `--file x`, `--file=x`."""
    for index, word in enumerate(words):
        for name in names:
            if word.chars == name:
                yield from words[index + 1 : index + 2]
            elif word.chars.startswith(name + "="):
                yield word.part(len(name) + 1)
            elif len(name) == 2 and word.chars.startswith(name):
                yield word.part(2)


def positional(
    words: Words, valued: frozenset[str] = frozenset()
) -> Iterator[SourceText]:
    """Yield what is neither an option nor the value of one of the `valued` options."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.chars.startswith("-") and word.chars != "-":
            skip = word.chars in valued
        else:
            yield word


class Tool(NamedTuple):
    """A program, by what its options and its other words name.

    Values of the options `paths` are paths, of `names` modules, and of `objects` either
    (`a.b:c`, `a/b.py`). `take` is how many of the other words are paths, or `objects`
    with `by_name`: the `first`, `all`, the `sources` (all but the last) or none. They
    begin after one of the words `after`, if given.
    """

    paths: tuple[str, ...] = ()
    take: str = ""
    after: frozenset[str] = _NO_WORDS
    valued: frozenset[str] = _NO_WORDS
    names: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    by_name: bool = False

    def spans(self, words: Words, shell: Runner) -> Iterator[Span]:
        """Yield the spans of the program when it is run with these words."""
        for path in values(words, *self.paths):
            yield from shell.path(path)
        for names in values(words, *self.names):
            for name in pieces(names, ","):
                yield from name_span(name)
        for target in values(words, *self.objects):
            yield from module_or_path(target, shell)
        for word in self._taken(words):
            yield from module_or_path(word, shell) if self.by_name else shell.path(word)

    def _taken(self, words: Words) -> list[SourceText]:
        start = 1
        if self.after:
            found = [i for i, word in enumerate(words) if word.chars in self.after]
            start = found[0] + 1 if found else len(words)
        rest = list(positional(words[start:], self.valued.union(self.paths)))
        if self.take == "first":
            return rest[:1]
        if self.take == "sources" and not any(values(words, "-t")):
            return rest[:-1]
        return rest if self.take else []


def tools(names: str, tool: Tool | Program) -> dict[str, Program]:
    """Return the rows of a table for several programs that are alike."""
    program = tool.spans if isinstance(tool, Tool) else tool
    return dict.fromkeys(names.split(), program)


def module_or_path(text: SourceText, shell: Runner) -> Iterator[Span]:
    """Yield `a.b`, `a.b:c`, or a path if it looks like one."""
    path = text.part(0, (text.chars + ":").find(":"))
    if "/" in path.chars or path.chars.endswith(".py"):
        yield from shell.path(path)
    else:
        yield from name_span(text)


INTERPRETER = re.compile(r"(?:python|pypy|ipython|pythonw|py)[\d.]*t?(?:\.exe)?")

PYTEST_FILES = "test_*.py|*_test.py"
_PYTEST_VALUED = word_set(
    "-k -m -n -o -W -c -p -r --cov --cov-report --cov-config --cov-fail-under --ignore"
    " --ignore-glob --deselect --junitxml --junit-xml --tb --durations --timeout --dist"
    " --maxfail --rootdir --confcutdir --basetemp --html --color --log-level --log-file"
    " --numprocesses --reruns --benchmark-json --import-mode --capture --override-ini"
    " --log-cli-level --ds --config-file --report-log --shard-id --num-shards"
)


def python(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `python [options] (-m module | -c code | script | -) ...`.

    https://docs.python.org/3/using/cmdline.html
    """
    index = 1
    while index < len(words) and words[index].chars[:1] == "-":
        option = words[index]
        if option.chars == "-":
            return  # the program is on its input
        letter = re.match(r"-[a-zA-Z]*?([mcWX])", option.chars)
        if not letter:
            index += 1
            continue
        rest = option.part(letter.end())
        value = rest if rest.chars else (*words[index + 1 : index + 2], rest)[0]
        index += 1 if rest.chars else 2
        if letter[1] == "m":
            yield from module(value, words[index:], shell)
            return
        if letter[1] == "c":
            yield from code(value, shell)
            return
    for script in words[index : index + 1]:
        yield from shell.path(script)
        yield from _DJANGO.spans(words[index:], shell)


def module(name: SourceText, arguments: Words, shell: Runner) -> Iterator[Span]:
    """Read what follows `-m`: a module, which may be a program that runs another."""
    yield from name_span(name)
    if name.chars in PROGRAMS or name.chars in ("pip", "streamlit", "locust"):
        yield from shell.command([name, *arguments])


def pytest(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `pytest [options] [path[::test] ...]`: it imports and runs its arguments."""
    for plugin in values(words, "-p"):
        if not plugin.chars.startswith("no:"):
            yield from name_span(plugin)
    for settings in values(words, "--ds"):
        yield from name_span(settings)
    for path in values(words, "-c", "--config-file", "--rootdir", "--confcutdir"):
        yield from shell.path(path)
    by_name = any(word.chars == "--pyargs" for word in words)
    for target in positional(words[1:], _PYTEST_VALUED):
        target = target.part(0, (target.chars + "::").find("::"))
        found = tests_in(shell.path(target), PYTEST_FILES)
        yield from name_span(target) if by_name else found


def launcher(words: Words, shell: Runner) -> Iterator[Span]:
    """Read programs that run a script, or with `-m` a module: coverage, pdb."""
    for index, word in enumerate(words[1:], 1):
        before = words[index - 1].chars
        if before in ("-m", "--module") and not word.chars.endswith(".py"):
            yield from module(word, words[index + 1 :], shell)
            return
        if word.chars.endswith(".py") and not word.chars.startswith("-"):
            yield from shell.path(word)
            yield from _DJANGO.spans(words[index:], shell)
            return


def coverage(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `coverage run [options] (-m module | script)`; no other command runs any."""
    rest = [words[0]]
    for before, word in pairwise(words):
        rest += [word] if before.chars not in _MEASURED else []
    if any(word.chars == "run" for word in rest[:3]):
        yield from launcher(rest, shell)


def timed(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `python -m timeit -s setup statement`: all of them are code."""
    for text in (*values(words, "-s", "--setup"), *positional(words[1:], _TIMED)):
        yield from code(text, shell)


def by_name(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `python -m runpy module`, as `python -m module`."""
    if words[1:]:
        yield from module(words[1], words[2:], shell)


def watcher(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `watchfiles TARGET [paths]`: a command, or a function by its name."""
    for target in list(positional(words[1:], _WATCHED))[:1]:
        is_command = " " in target.chars.strip()
        run = shell.script(target) if is_command else module_or_path(target, shell)
        yield from run


def server(words: Words, shell: Runner) -> Iterator[Span]:
    """Read servers that import an application, `a.b:app`: uvicorn, gunicorn."""
    for path in values(words, "-c", "--config", "--app-dir", "--chdir", "--pythonpath"):
        path = path.part(len("file:")) if path.chars.startswith("file:") else path
        yield from shell.path(path)
    for name in values(words, "-k", "--worker-class", "--logger-class"):
        yield from name_span(name)
    for index, word in enumerate(list(positional(words[1:]))):
        if index == 0 or ":" in word.chars:
            yield from name_span(word)


def worker(words: Words, _shell: Runner) -> Iterator[Span]:
    """Read workers that import the modules they are given: dramatiq, arq, huey."""
    for name in positional(words[1:]):
        if "." in name.chars or ":" in name.chars:
            yield from name_span(name)


def unit_tests(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `unittest [discover] [-s start] [-p pattern]`, tests by name or by path.

    https://docs.python.org/3/library/unittest.html#test-discovery
    """
    yield from _TESTS.spans(words, shell)
    given = list(positional(words[1:], _TESTS.valued | {*_TESTS.paths}))
    if not given or given[0].chars != "discover":
        return
    patterns = [*values(words, "-p", "--pattern"), *given[2:3]]
    pattern = patterns[0].chars if patterns else "test*.py"
    for start in (*values(words, "-s", "--start-directory"), *given[1:2]):
        yield from tests_in(shell.path(start), pattern)


_TESTS = Tool(
    ("-s", "--start-directory", "-t", "--top-level-directory"),
    "all",
    valued=word_set("-p -k --pattern"),
    by_name=True,
)
_MEASURED = word_set("--omit --include --source --rcfile --data-file --context")
_TIMED = word_set("-s --setup -n --number -r --repeat -u --unit")
_WATCHED = word_set("--filter --args --ignore-paths --grace-period --sigint-timeout")
_DJANGO = Tool(("--pythonpath",), names=("--settings",))
PROGRAMS: dict[str, Program] = {
    **tools("pytest py.test", pytest),
    **tools("nose2 trial asv", _TESTS),
    "unittest": unit_tests,
    **tools(
        "pdb cProfile profile trace debugpy kernprof memory_profiler"
        " scalene viztracer torchrun torch.distributed.run torch.distributed.launch"
        " accelerate deepspeed mpirun mpiexec horovodrun srun spark-submit py-spy"
        " memray opentelemetry-instrument ddtrace-run newrelic-admin pudb pudb3 ipdb"
        " pyinstrument fil-profile hupper jurigged mpi4py bpython ptpython nuitka"
        " pyinstaller",
        launcher,
    ),
    "coverage": coverage,
    "timeit": timed,
    **tools("pydoc inspect", Tool((), "first", by_name=True)),
    "runpy": by_name,
    "watchfiles": watcher,
    **tools("uvicorn gunicorn hypercorn daphne granian waitress-serve sanic", server),
    **tools("dramatiq arq huey_consumer huey_consumer.py periodiq taskiq", worker),
    **tools(
        "celery flask faust quart litestar",
        Tool(names=("-I", "--include"), objects=("-A", "--app", "--application")),
    ),
    "uwsgi": Tool(
        ("--wsgi-file", "--file", "--ini", "--chdir"),
        names=("-w", "--module", "--wsgi"),
    ).spans,
    **tools("pex shiv zipapp", Tool(names=("-m", "--main", "-e", "--entry-point"))),
    **tools("django-admin manage.py django", _DJANGO),
}
