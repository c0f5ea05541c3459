"""Find what the commands run that a Python source starts: `subprocess`, `os.system`.

A list of words, or a text for the shell, is put together as far as the source decides,
and then read as in any shell script. What is unknown is unknown there, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple
from typing import TypeVar

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.python.argument_readers import Use
from treeguard.languages.python.constant_eval import alternatives
from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.constant_eval import literal
from treeguard.languages.python.constant_eval import pieces
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import USES
from treeguard.languages.spans import Span

_LISTS = {"run", "call", "Popen", "check_call", "check_output", "run_process"}
_TEXTS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell"}
# `program, *words`; of `os.exec*` and `os.spawn*` the second is the program's own name.
_WORDS = {"create_subprocess_exec", "run"}
_EXEC = re.compile(r"(?:exec|(?P<mode>spawn)|posix_(?P<list>spawnp?))(?:[lv]p?e?)?")
STARTERS = _LISTS | _TEXTS | _WORDS | {"spawn", "system_raw"}
# Whatever a function of another library is called, these run what they are given.
_SURE = {"subprocess", "os", "asyncio", "pty", "pexpect", "anyio", "trio", "commands"}
_INTERPRETER = re.compile(r"(?<![\w.-])(?:python|pypy|uv)[\d.]*(?:\.exe)?(?![\w.])")
_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[0-9.]*(?:\.exe)?")
_RUNS_CODE = re.compile(r"-[a-zA-Z]*[mc]")
_SAME = {"str", "fspath", "quote", "Path", "dedent", "cleandoc"}
_DEEPEST = 8
_LONGEST = 20_000
_MOST_WORDS = 500
# IPython fills in `{sys.executable}` and `$name`; what begins a line is its own.
_FILLED = re.compile(r"\{(?P<python>sys\.executable)\}|\{[\w.]+\}")
_MAGIC = re.compile(
    r"\s*(?:[\w\[\]'\"., ]+?=\s*)?(?:!{1,2}|%{1,2}(?:(?:sx|system|sc|bash|sh|zsh|ksh"
    r"|script|cmd|powershell)\b|(?=(?:pip|conda|mamba|uv)\b)))\s*"
)
_OTHER_MAGIC = re.compile(r"\s*%")

Word = tuple[str, ast.expr]
T = TypeVar("T")


class _Started(NamedTuple):
    """A command: its words, or the text of a script, each with its node."""

    words: list[Word]
    is_script: bool = False


def starts_command(call: ast.Call) -> bool:
    """Return True for a call that may start a program, by its last name alone."""
    last = last_name(call.func)
    return last in STARTERS or _EXEC.fullmatch(last) is not None


def call_uses(call: ast.Call, scope: Scope) -> Iterator[Use]:
    """Yield what the command of one call runs, copies or imports.

    A method of an unknown object counts where an interpreter is among the words.
    """
    libraries = {name.partition(".")[0] for name in called(call.func, scope)}
    is_sure = not libraries.isdisjoint(_SURE)
    for started in _started(call, scope, is_sure):
        text = " ".join(text for text, _node in started.words)
        if is_sure or _INTERPRETER.search(text):
            yield from _read(started, call, scope)
            yield from _environment(call, scope)


def list_uses(node: ast.List | ast.Tuple, scope: Scope) -> Iterator[Use]:
    """Yield what `[sys.executable, "-m", "a.b"]` runs, wherever it is written."""
    at = next((n for n, one in enumerate(node.elts) if _is_python(one, scope)), None)
    rest = node.elts[at + 1 :] if at is not None else []
    options = (one.value for one in rest if isinstance(one, ast.Constant))
    if at is not None and any(
        isinstance(text, str) and _RUNS_CODE.match(text) for text in options
    ):
        yield from _read(_Started(_words(node, scope, 0)[at:]), None, scope)


def line_spans(line: str) -> Iterator[Span]:
    """Yield what a line of IPython runs: `!{sys.executable} -m a.b`, `%sx x.py`."""
    from treeguard.languages.shell.interpreter import Shell

    magic = _MAGIC.match(line)
    if magic is None and _OTHER_MAGIC.match(line):
        return
    text = from_file(line)
    text = text.part(magic.end()) if magic else text
    filled = text.sub(
        _FILLED,
        lambda m: text.group(m).with_text("python") if m["python"] else UNKNOWN,
    )
    for span in Shell().run(filled):
        if span.kind in USES:
            yield span


def _started(call: ast.Call, scope: Scope, is_sure: bool) -> Iterator[_Started]:
    last, args = last_name(call.func), call.args
    executed = _EXEC.fullmatch(last) if is_sure and last != "spawn" else None
    if executed:
        yield from _executed(executed, args, scope)
        return
    first = args[0] if args else _keyword(call, "args") or _keyword(call, "cmd")
    for choice in alternatives(first) if first is not None else ():
        known = literal(choice, scope)
        if _is_list(known, scope):
            words = _words(known, scope, 0)
            if any(text != UNKNOWN for text, _node in words):
                yield _Started(words)
            continue
        text = _text(choice, scope, 0)
        if len(args) > 1 and last in _WORDS and not re.search(r"\s", text):
            yield _Started([(_text(one, scope, 0), one) for one in args])
        elif text != UNKNOWN:
            yield _Started([(text, choice)], is_script=True)


def _executed(
    name: re.Match[str], args: list[ast.expr], scope: Scope
) -> Iterator[_Started]:
    """Read `os.execv(program, words)`, `os.spawnl(mode, program, *words)`."""
    args = args[1:] if name["mode"] else args
    is_list = name["list"] or "v" in name[0].removeprefix("posix_")[4:]
    if len(args) < 2:
        return
    words = _words(args[1], scope, 0) if is_list else _words_of(args[1:], scope, 0)
    yield _Started([(_text(args[0], scope, 0), args[0]), *words[1:]])


def _read(started: _Started, call: ast.Call | None, scope: Scope) -> Iterator[Use]:
    """Read a command as the shell does; offsets are the numbers of its words."""
    # Imported here: few sources start commands.
    from treeguard.languages.shell.interpreter import Shell

    cwd = _keyword(call, "cwd")
    path = fold_path(cwd, scope) if cwd is not None else None
    shell = Shell(folder=path.text if path is not None and path.complete else "")
    folder = shell.folder
    texts = [
        SourceText(text, [number] * len(text))
        for number, (text, _node) in enumerate(started.words)
        if text
    ]
    spans = shell.run(texts[0]) if started.is_script else shell.command(texts)
    found = [span for span in (spans if texts else ()) if span.kind in USES]
    for span in found:
        kind = STRING if span.kind == STRING else PATH
        yield Use(started.words[span.start][1], kind, span.text, span.open_end)
    if cwd is not None and folder and found and all(s.base != folder for s in found):
        yield Use(cwd, PATH, folder)
    given = _keyword(call, "input")
    if given is not None and not started.is_script:
        yield from _input(texts, given, scope)


def _input(words: list[SourceText], given: ast.expr, scope: Scope) -> Iterator[Use]:
    """Read `input="import a.b"` of an interpreter that is given no script."""
    from treeguard.languages.shell.command_table import input_program
    from treeguard.languages.shell.interpreter import Shell
    from treeguard.languages.shell.programs import python
    from treeguard.languages.shell.python_code import code

    text = _text(given, scope, 0)
    if words and text and input_program(words) is python:
        for span in code(from_file(text), Shell()):
            kind = STRING if span.kind == STRING else PATH
            yield Use(given, kind, span.text, span.open_end)


def _environment(call: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read `env={"PYTHONPATH": "a"}`, `env=dict(os.environ, FLASK_APP="a.b")`."""
    from treeguard.languages.shell.interpreter import Shell

    given = _keyword(call, "env")
    given = literal(given, scope) if given is not None else None
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    if isinstance(given, ast.Dict):
        pairs = list(zip(given.keys, given.values, strict=True))
    elif isinstance(given, ast.Call):
        pairs = [(ast.Constant(word.arg), word.value) for word in given.keywords]
    for name, value in pairs:
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            text = _text(value, scope, 0)
            for span in Shell().environment(name.value, from_file(text)):
                kind = STRING if span.kind == STRING else PATH
                yield Use(value, kind, span.text, span.open_end)


def _keyword(call: ast.Call | None, name: str) -> ast.expr | None:
    words = call.keywords if call is not None else ()
    return next((word.value for word in words if word.arg == name), None)


def _is_list(node: ast.expr, scope: Scope, depth: int = 0) -> bool:
    """Return True for a list, a sum of lists, `shlex.split(x)` and `x.split()`."""
    for _step in range(_DEEPEST - depth):
        node = literal(node, scope)
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)):
            break
        if _is_list(node.right, scope, depth + 4):
            return True
        node = node.left
    return isinstance(node, (ast.List, ast.Tuple)) or _splits(node)


def _splits(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or last_name(node.func) != "split":
        return False
    return bool(node.args) or isinstance(node.func, ast.Attribute)


def _words(node: ast.expr, scope: Scope, depth: int) -> list[Word]:
    """Return the words of a list; one that is unknown stands for all that are."""
    if depth > _DEEPEST:
        return [(UNKNOWN, node)]
    if isinstance(node, ast.Name):
        return _once("words", node, scope, depth, _words) or [(UNKNOWN, node)]
    if isinstance(node, (ast.List, ast.Tuple)):
        return _words_of(node.elts, scope, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = _words(node.left, scope, depth + 1)
        return [*left, *_words(node.right, scope, depth + 1)][:_MOST_WORDS]
    if isinstance(node, ast.Call) and _splits(node):
        return list(_split_words(node, scope))
    return [(UNKNOWN, node)]


def _words_of(nodes: list[ast.expr], scope: Scope, depth: int) -> list[Word]:
    words: list[Word] = []
    for one in nodes[:_MOST_WORDS]:
        if isinstance(one, ast.Starred):
            words += _words(one.value, scope, depth)
        else:
            words.append((_text(one, scope, 0), one))
    return words[:_MOST_WORDS]


def _once(
    what: str,
    name: ast.Name,
    scope: Scope,
    depth: int,
    evaluate: Callable[[ast.expr, Scope, int], T],
) -> T | None:
    """Evaluate the one expression that a name is ever bound to, and remember it."""
    owner, bindings = scope.lookup(name.id)
    value = bindings[0].value if len(bindings) == 1 else None
    if owner is None or value is None:
        return None
    key = (what, id(owner), name.id, depth)
    return owner.remember(key, lambda: evaluate(value, owner, depth + 1))


def _split_words(node: ast.Call, scope: Scope) -> Iterator[Word]:
    from treeguard.languages.shell.interpreter import Shell

    is_shell = "shlex.split" in called(node.func, scope)
    assert isinstance(node.func, (ast.Attribute, ast.Name))
    holder = node.func.value if isinstance(node.func, ast.Attribute) else node
    source = node.args[0] if is_shell and node.args else holder
    text = _text(source, scope, 0)
    if is_shell:
        for word in Shell().words(from_file(text)):
            yield word.chars, source
    elif not node.args:
        for chars in text.split():
            yield chars, source


def _text(node: ast.expr, scope: Scope, depth: int) -> str:
    """Return the text of an expression, with `UNKNOWN` for each part that is."""
    if _is_python(node, scope):
        known = fold(node, scope)
        return known.text if known is not None and known.complete else "python"
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("utf-8", "replace")
        return node.value if isinstance(node.value, str) else UNKNOWN
    if depth > _DEEPEST:
        return UNKNOWN
    parts = pieces(node, scope, _DEEPEST)
    if parts is not None:
        texts = (UNKNOWN if p is None else _text(p, scope, depth + 1) for p in parts)
        return "".join(texts)[:_LONGEST]
    if isinstance(node, ast.Name):
        return _once("text", node, scope, depth, _text) or UNKNOWN
    if isinstance(node, ast.Call) and node.args and last_name(node.func) in _SAME:
        inner = _text(node.args[0], scope, depth + 1)
        if inner != UNKNOWN:
            return inner
    path = fold_path(node, scope)
    return path.text if path is not None and path.complete else UNKNOWN


def _is_python(node: ast.expr, scope: Scope) -> bool:
    """Return True for an interpreter: `sys.executable`, `"python3"`, `python`."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(_PYTHON.fullmatch(node.value))
    if isinstance(node, ast.Attribute):
        return node.attr == "executable"
    if isinstance(node, ast.Name):
        known = literal(node, scope)
        return "python" in node.id.lower() or (
            known is not node
            and isinstance(known, ast.Attribute)
            and known.attr == "executable"
        )
    return False
