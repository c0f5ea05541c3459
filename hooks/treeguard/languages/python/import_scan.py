"""A fast superset of what a Python source imports, by searching its text.

Nothing is parsed: strings and comments are read like code, so there may be more
candidates than imports, never fewer. Where a file says something that only a parser
can read (`needs_exact`), its candidates are not enough.
"""

from __future__ import annotations

import re

from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.python.attribute_scan import attributes
from treeguard.languages.python.attribute_scan import normal
from treeguard.languages.python.decode import UndecodableError
from treeguard.languages.python.decode import cookie
from treeguard.languages.python.decode import decode
from treeguard.languages.python.decode import first_lines
from treeguard.languages.python.decode import is_utf8
from treeguard.languages.python.one_line_imports import simple_imports
from treeguard.languages.python.scan_limits import is_crowded

# What a dynamic import, a change of sys.path or code in a string cannot do without.
_WORDS = (
    b"import_module",
    b"__import__",
    b"run_module",
    b"run_path",
    b"resolve_name",
    b"get_data",
    b"spec_from_file",
    b"FileLoader",
    b"load_source",
    b"import_string",
    b"importorskip",
    b"pytest_plugins",
    b"addsitedir",
)
# What puts a module's name together from pieces has one of these words. The first
# stands for `import_module`, `import_string` and `__import__`: each costs a search.
PIECEWISE = (
    b"import_",
    b"importorskip",
    b"run_module",
    b"run_path",
    b"resolve_name",
    b"spec_from_file",
    b"sys.path",
)
_RUNS_CODE = re.compile(rb"e(?:xec|val)\s*\(")
_SYS_PATH = re.compile(
    rb"\bsys[\s\\]*\.[\s\\]*path\b|\bfrom[\s\\]+sys\b|\bsys[\s\\]+as\b"
)
# A line that is continued with a backslash. The vertical tab keeps the count of lines;
# Python accepts none outside strings and comments.
_CONTINUED = "\\\n"
_JOINED = " \v"
# Greedy: the last `from` of a line counts, whatever a comment before it says.
_HEADER = re.compile(r"(?s:.*)(?<![^\W\d])from(?=[\s.])([\s.]*)([^;:#()'\"=,]*)\Z")
_COMMENT = re.compile(r"#[^\n\v]*")
# Where a list of names ends at the latest: none holds the keyword.
_STOP = re.compile(r"[\n;#]|(?<!\w)import(?!\w)")
_CLOSING = re.compile(r"[)#]")


def needs_exact(data: bytes) -> bool:
    """Say whether a file must be parsed, whatever its candidates are.

    True for notebooks, for an encoding other than UTF-8, and where a word stands that
    a dynamic import, code in a string or an edit of `sys.path` needs. Module names
    and paths in other strings are not looked for.
    """
    for word in _WORDS:
        if word in data:
            return True
    if (b"exec" in data or b"eval" in data) and _runs_code(data):
        return True
    if b"path" in data and b"sys" in data and _names_sys_path(data):
        return True
    if b"importlib" in data and b"resources" in data:
        return True
    if b"coding" in first_lines(data) and not is_utf8(cookie(data)):
        return True
    return is_notebook(data) or is_crowded(data)


def puts_together(data: bytes) -> bool:
    """True for a source whose imports are known to the parser alone."""
    return any(word in data for word in PIECEWISE) and needs_exact(data)


def _runs_code(data: bytes) -> bool:
    if b"builtins" in data:
        return True
    for found in _RUNS_CODE.finditer(data):
        before = data[max(0, found.start() - 1) : found.start()]
        # Not `re.eval(`, `_exec(` or `retrieval(`.
        if not (before.isalnum() or before in (b"_", b".")):
            return True
    return False


def _names_sys_path(data: bytes) -> bool:
    if b"sys.path" in data:
        return True
    # The regular expression is slow; without such a space it can find nothing.
    spaced = b"sys " in data or b"sys\t" in data or b"sys\\" in data
    return (spaced or b"sys\f" in data) and bool(_SYS_PATH.search(data))


def is_notebook(data: bytes) -> bool:
    """Guess from the bytes alone whether this is a Jupyter notebook's JSON."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and (
        b'"cells"' in data or b'"worksheets"' in data
    )


def candidates(data: bytes) -> tuple[Import, ...]:
    """Return a superset of the imports and attribute walks of Python source.

    Module, level and name are right for every real import; the line is that of the
    word `import`, columns are 1. Never raises, whatever the bytes are.
    """
    text = _text(data)
    bound: dict[str, set[str]] = {}
    found = simple_imports(text, bound)
    if found is None:
        found = _statements(text, bound, is_crowded(data))
    attributes(text, bound, found)
    return tuple(found)


def _statements(text: str, bound: dict[str, set[str]], crowded: bool) -> list[Import]:
    """What every word `import` of the text could mean."""
    found: list[Import] = []
    line, counted, low, at = 1, 0, 0, text.find("import")
    while at >= 0:
        end = at + 6
        if _is_word(text, at, end):
            line += text.count("\n", counted, at) + text.count("\v", counted, at)
            counted = at
            _statement(text, (low, at, end), line, found, bound, crowded)
            low = end
        at = text.find("import", end)
    return found


def _is_word(text: str, at: int, end: int) -> bool:
    after, before = text[end : end + 1], text[at - 1 : at]
    if after.isidentifier() or after.isdigit():
        return False
    return not (before.isalnum() or before == "_")


def _text(data: bytes) -> str:
    if data.isascii() and b"coding" not in first_lines(data):
        text = data.decode("ascii")
    else:
        text = _decoded(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTINUED in text:
        text = text.replace(_CONTINUED, _JOINED)
    if is_notebook(data):
        return text.replace("\\n", "\n").replace('"', "\n")
    return text


def _decoded(data: bytes) -> str:
    """Decode as well as it goes: names in ASCII survive whatever the rest is."""
    try:
        return decode(data)
    except UndecodableError:
        return data.decode("utf-8", "replace").removeprefix("\ufeff")


def _statement(
    text: str,
    place: tuple[int, int, int],
    line: int,
    found: list[Import],
    bound: dict[str, set[str]],
    crowded: bool,
) -> None:
    """Read the statement around one word `import`, in each way that it could be meant.

    `place` is where the word before it ended, and where this one begins and ends: no
    statement holds two. A comment cannot be told from code here, so `# from a \\` above
    `import b` is read as `from a import b` and as `import b`.
    """
    low, at, end = place
    before = text[max(low, text.rfind("\n", low, at) + 1) : at]
    header = _HEADER.match(before) if "from" in before else None
    if header:
        _from(text, end, line, header, found, crowded)
    if header is None or "#" in before or "\v" in before:
        _plain(text, end, line, found, bound)


def _plain(
    text: str, start: int, line: int, found: list[Import], bound: dict[str, set[str]]
) -> None:
    for part in _until_end(text, start).split(","):
        module, asname = _names(part)
        if not module:
            continue
        found.append(Import(line, 1, line, 1, IMPORT, module))
        root = module.partition(".")[0]
        bound.setdefault(asname or root, set()).add(module if asname else root)


def _from(
    text: str,
    start: int,
    line: int,
    header: re.Match[str],
    found: list[Import],
    crowded: bool,
) -> None:
    module = _dotted("".join(header[2].split()))
    level = header[1].count(".")
    if module is None or not (module or level):
        return
    for part in _list(text, start, crowded).split(","):
        name = part.split()[0] if part.strip() else ""
        if name == "*" or name.isidentifier():
            name = normal(name)
            found.append(Import(line, 1, line, 1, FROM, module, level, name))


def _until_end(text: str, start: int) -> str:
    stop = _STOP.search(text, start)
    return text[start : stop.start() if stop else len(text)]


def _list(text: str, start: int, crowded: bool) -> str:
    """Return the names after `from a import`, without parentheses and comments."""
    tail = _until_end(text, start).strip()
    if not tail.startswith("("):
        return tail
    if crowded:
        return tail[1:]
    opened = text.index("(", start) + 1
    inside = text[opened : text.find(")", opened) + 1 or len(text)]
    if "#" not in inside:
        return inside[:-1]
    return _commented_list(text, opened)


def _commented_list(text: str, start: int) -> str:
    """The same where comments, which may hold a `)`, stand among the names."""
    at, parts = start, []
    while True:
        mark = _CLOSING.search(text, at)
        parts.append(text[at : mark.start() if mark else len(text)])
        comment = _COMMENT.match(text, mark.start()) if mark else None
        if comment is None:
            return "".join(parts)
        at = comment.end()


def _names(part: str) -> tuple[str, str]:
    """Split `a . b as c` into (`a.b`, `c`); both empty where it is no module name."""
    words = part.split()
    asname = ""
    if len(words) > 2 and words[-2] == "as":
        asname = words[-1]
        words = words[:-2]
        if not asname.isidentifier():
            return "", ""
    return _dotted("".join(words)) or "", normal(asname)


def _dotted(name: str) -> str | None:
    """Return a dotted name normalised (NFKC, as PEP 3131 says); None if it is none."""
    if name.isidentifier() or not name:
        return normal(name)
    if all(part.isidentifier() for part in name.split(".")):
        return ".".join(normal(part) for part in name.split("."))
    return None
