"""Scan the text of a Python source for a fast superset of what it imports.

Nothing is parsed: strings and comments are read like code, so there may be more
candidates than imports, never fewer. Where a file says something that only a parser
can read (`needs_exact`), its candidates are not enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from collections.abc import Iterator

from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.decode import cookie
from treeguard.languages.python.decode import decode
from treeguard.languages.python.decode import first_lines
from treeguard.languages.python.decode import is_utf8

# What a dynamic import, a change of sys.path or code in a string cannot do without.
_WORDS = tuple(
    b"_gcd_import importorskip run_module run_path resolve_name spec_from_file builtins"
    b" pydoc get_data pkg_resources pytest_plugins addsitedir EntryPoint timeit rofile"
    b" pdb set_forkserver_preload symbol_by_name dottedname".split()
)
# The same for words that share a part, which is searched for first.
_SHARING = (
    (
        b"import_",
        *(b"import_module", b"import_string", b"import_from_string", b"import_item"),
        b"__import__",
    ),
    (
        b"oad",
        b"get_loader",
        b"find_loader",
        b"FileLoader",
        b"load_source",
        b"lazy_loader",
    ),
    (b"_spec", b"find_spec", b"from_spec"),
    (b"named", b"namedAny", b"namedModule"),
)
# How `from package import *` is written.
STARS = (b"import *", b"import*", b"import\t*", b"import  *", b"import \\", b"import\\")
# Code that puts a module's name together from pieces has one of these words. The first
# covers `import_module`, `import_string` and `__import__`: each costs a search. What
# else imports by name has to spell the name (`extract`).
PIECEWISE = (
    b"import_",
    b"importorskip",
    b"run_module",
    b"run_path",
    b"resolve_name",
    b"spec_from_file",
    b"sys.path",
    b"pytest_plugins",
    b"builtins",
    b"pydoc",
    b"exec",
    b"eval",
)
_TELLING = PIECEWISE[:-2]
# Not `re.eval(`, `_exec(`, `retrieval(` or the word in prose or quotes.
_RUNS_CODE = re.compile(
    rb"(?<![\w.'\"`-])(?:exec|eval)(?![\w'\"`.-])"
    rb"(?=[ \t]*(?:[^ \t\w='\"`]|\Z|(?:if|or|and|else|for|in|is|not)\b))"
)
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
# The latest end of a list of names: none holds the keyword.
_STOP = re.compile(r"[\n;#]|(?<!\w)import(?!\w)")
_CLOSING = re.compile(r"[)#]")
_OPENED = re.compile(rb"import[\s\\]*\(")
_CLOSED_OR_COMMENT = re.compile(rb"\)|#[^\n\v]*")
# More words `import` in one pair of brackets than a list with comments has.
_CROWD = 100
# No chain is longer; one that is must not cost time with the square of its length.
_CHAIN = re.compile(
    r"(?:\s*(?:#[^\n\v]*[\n\v]\s*)*\.\s*(?:#[^\n\v]*[\n\v]\s*)*\w+){1,40}"
)
# `(x).y` walks from `x`, as `x.y` does; `f(x).y` does not.
_BRACKETED = re.compile(r"(?<![\w)\]}'\"])\(([ \t]*[^\W\d]\w*[ \t]*)\)(?=\s*\.)")
_DOTTED_NAME = re.compile(r"(?<![\w.])\w+(?=\s*[.#\\])")
# What may follow a name that a dot follows in the end.
_ENDS = ". \t\n\v\f#"
_NAME = r"[^\W\d]\w*"
_SIMPLE = re.compile(
    rf"[ \t]*(?:from (\.*)((?:{_NAME}(?:\.{_NAME})*)?) import ({_NAME}|\*)"
    rf"|import ({_NAME}(?:\.{_NAME})*))[ \t]*",
    re.ASCII,
)
_WORD = "import"


def needs_exact(data: bytes) -> bool:
    """Return True if a file must be parsed, whatever its candidates are.

    True for notebooks, for an encoding other than UTF-8, and where a word is found
    that a dynamic import, code in a string or an edit of `sys.path` needs. Module
    names and paths in other strings are not looked for.
    """
    if _needs_parser(data):
        return True
    if not data.isascii() and _needs_parser(_as_compared(data)):
        return True
    if b"coding" in first_lines(data) and not is_utf8(cookie(data)):
        return True
    return is_notebook(data) or _is_crowded(data)


def _needs_parser(data: bytes) -> bool:
    if any(word in data for word in _WORDS):
        return True
    for part, *words in _SHARING:
        if part in data and any(word in data for word in words):
            return True
    if _runs_code(data):
        return True
    if b"path" in data and b"sys" in data and _names_sys_path(data):
        return True
    return b"importlib" in data and b"resources" in data


def _runs_code(data: bytes) -> bool:
    for word in (b"exec", b"eval"):
        at = data.find(word)
        while at >= 0:
            if _RUNS_CODE.match(data, at):
                return True
            at = data.find(word, at + len(word))
    return False


def _as_compared(data: bytes) -> bytes:
    """Return text with its names as Python compares them (NFKC, PEP 3131)."""
    return _normalized(data.decode("utf-8", "replace")).encode()


def puts_together(data: bytes) -> bool:
    """Return True if the imports of a source are known to the parser alone."""
    if not data.isascii():
        data = _as_compared(data)
    if any(word in data for word in _TELLING):
        return needs_exact(data)
    if b"exec" not in data and b"eval" not in data:
        return False
    # In a notebook's JSON, the letter of an escape may come right before the word.
    return is_notebook(data) or _runs_code(data)


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
    found = _one_line_imports(text, bound)
    if found is None:
        found = _statements(text, bound, _is_crowded(data))
    _add_attributes(text, bound, found)
    return tuple(found)


def may_star(data: bytes) -> bool:
    """Return True if a source may hold `from a import *`."""
    return any(star in data for star in STARS)


def inside_of(item: Import) -> Import:
    """Return an import of everything in what `from a import b` names."""
    module = f"{item.module}.{item.name}" if item.module else item.name or ""
    return item._replace(module=module, name="*")


def walks_from(
    data: bytes, wanted: Collection[tuple[int, str, str | None]] | None = None
) -> tuple[Import, ...]:
    """Return a superset of the attribute walks that begin with what `from` imports.

    `wanted` are level, module and name of each import that counts; None for all.
    """
    text = _BRACKETED.sub(r" \1 ", _text(data))
    given: dict[str, set[tuple[int, str, str]]] = {}
    _statements(text, {}, _is_crowded(data), given)
    bound = {
        name: {
            "." * one[0] + _inner(one)
            for one in every
            if wanted is None or one in wanted
        }
        for name, every in given.items()
    }
    bound = {name: every for name, every in bound.items() if every}
    found: list[Import] = []
    _add_attributes(text, bound, found)
    return tuple(
        item._replace(
            module=item.module.lstrip("."),
            level=len(item.module) - len(item.module.lstrip(".")),
        )
        for item in found
    )


def _inner(one: tuple[int, str, str]) -> str:
    return f"{one[1]}.{one[2]}" if one[1] else one[2]


def _statements(
    text: str,
    bound: dict[str, set[str]],
    crowded: bool,
    given: dict[str, set[tuple[int, str, str]]] | None = None,
) -> list[Import]:
    """Return what every word `import` of the text could mean.

    Fills `bound` with the names that `import` binds, and `given` with those of `from`,
    each with level, module and name.
    """
    found: list[Import] = []
    line, counted, low, at = 1, 0, 0, text.find("import")
    while at >= 0:
        end = at + 6
        if _is_word(text, at, end):
            line += text.count("\n", counted, at) + text.count("\v", counted, at)
            counted = at
            _statement(text, (low, at, end), line, found, bound, crowded, given)
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
    """Decode as far as possible: names in ASCII survive whatever the rest is."""
    try:
        return decode(data)
    except UnreadableError:
        return data.decode("utf-8", "replace").removeprefix("\ufeff")


def _statement(
    text: str,
    place: tuple[int, int, int],
    line: int,
    found: list[Import],
    bound: dict[str, set[str]],
    crowded: bool,
    given: dict[str, set[tuple[int, str, str]]] | None,
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
        _from(text, end, line, header, found, crowded, given)
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
    given: dict[str, set[tuple[int, str, str]]] | None,
) -> None:
    module = _dotted("".join(header[2].split()))
    level = header[1].count(".")
    if module is None or not (module or level):
        return
    for part in _list(text, start, crowded).split(","):
        name = part.split()[0] if part.strip() else ""
        if name == "*" or name.isidentifier():
            name = _normalized(name)
            found.append(Import(line, 1, line, 1, FROM, module, level, name))
            if given is not None and name != "*":
                asname = _normalized(part.split()[-1])
                given.setdefault(asname, set()).add((level, module, name))


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
    """Return the same where comments, which may hold a `)`, are among the names."""
    at, parts = start, []
    while True:
        mark = _CLOSING.search(text, at)
        parts.append(text[at : mark.start() if mark else len(text)])
        comment = _COMMENT.match(text, mark.start()) if mark else None
        if comment is None:
            return "".join(parts)
        at = comment.end()


def _names(part: str) -> tuple[str, str]:
    """Split `a . b as c` into (`a.b`, `c`); both are empty for anything else."""
    words = part.split()
    asname = ""
    if len(words) > 2 and words[-2] == "as":
        asname = words[-1]
        words = words[:-2]
        if not asname.isidentifier():
            return "", ""
    return _dotted("".join(words)) or "", _normalized(asname)


def _dotted(name: str) -> str | None:
    """Return a dotted name normalised (NFKC, PEP 3131); None for anything else."""
    if name.isidentifier() or not name:
        return _normalized(name)
    if all(part.isidentifier() for part in name.split(".")):
        return ".".join(_normalized(part) for part in name.split("."))
    return None


def _is_crowded(data: bytes) -> bool:
    """Return True if lists of imported names seem to hold many imports themselves.

    Reading each of them to its end would take time with the square of their number.
    """
    if data.count(b"import") <= _CROWD:
        return False
    return any(_holds_many(data, found.end()) for found in _OPENED.finditer(data))


def _holds_many(data: bytes, at: int) -> bool:
    """Return True if more imports than a crowd precede the closing bracket."""
    count = 0
    while count <= _CROWD:
        mark = _CLOSED_OR_COMMENT.search(data, at)
        if mark is None:
            return count + data.count(b"import", at) > _CROWD
        count += data.count(b"import", at, mark.end())
        if mark[0] == b")":
            break
        at = mark.end()
    return count > _CROWD


def _normalized(name: str) -> str:
    """Return a name as Python compares it (NFKC, PEP 3131)."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


def _add_attributes(text: str, bound: dict[str, set[str]], found: list[Import]) -> None:
    """Add each `b.c.d` that begins with a name bound by `import`."""
    if not bound:
        return
    if text.isascii():
        ends = _ENDS if _dot_after_space(text) else "."
        walks = {walk for name in bound for walk in _walks(text, name, ends)}
    else:
        walks = set(_any_walks(text))
    for name, chain in sorted(walks):
        if name in bound:
            bare = _COMMENT.sub("", chain) if "#" in chain else chain
            tail = _normalized("".join(bare.split()))
            found += [
                Import(1, 1, 1, 1, ATTRIBUTE, module + tail)
                for module in sorted(bound[name])
            ]


def _any_walks(text: str) -> Iterator[tuple[str, str]]:
    """Yield every chain, also with white space or a comment before a dot."""
    for found in _DOTTED_NAME.finditer(text):
        chain = _CHAIN.match(text, found.end())
        if chain:
            yield _normalized(found[0]), chain[0]


def _walks(text: str, name: str, ends: str) -> Iterator[tuple[str, str]]:
    """Yield the chains that begin with one name, which one of `ends` must follow."""
    size = len(name)
    for end in ends:
        ended = name + end
        at = text.find(ended)
        while at >= 0:
            before = text[at - 1] if at else "\n"
            if before != "." and not (before.isalnum() or before == "_"):
                chain = _CHAIN.match(text, at + size)
                if chain:
                    yield name, chain[0]
            at = text.find(ended, at + size)


def _dot_after_space(text: str) -> bool:
    """Return True if a dot follows white space, other than in `from .a import`."""
    for space in (" .", "\t.", "\n.", "\v.", "\f."):
        at = text.find(space)
        while at >= 0:
            if text[max(0, at - 4) : at] != "from" and text[at + 2 : at + 3] != ".":
                return True
            at = text.find(space, at + 2)
    return False


def _one_line_imports(text: str, bound: dict[str, set[str]]) -> list[Import] | None:
    """Return every import of a text if each is alone in its line; None if one is not.

    Nearly all are. Fills `bound` with the names that `import` binds, each with what it
    means. Lines end in line feeds, and none is continued.
    """
    found: list[Import] = []
    names: list[str] = []
    line, counted, at = 1, 0, text.find(_WORD)
    while at >= 0:
        begin = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        statement = _SIMPLE.fullmatch(text, begin, end if end >= 0 else len(text))
        if statement is None:
            return None
        line += text.count("\n", counted, begin)
        counted = begin
        dots, module, name, plain = statement.groups()
        if plain:
            found.append(Import(line, 1, line, 1, IMPORT, plain))
            names.append(plain.partition(".")[0])
        elif dots or module:
            found.append(Import(line, 1, line, 1, FROM, module, len(dots), name))
        else:
            return None
        at = text.find(_WORD, end) if end >= 0 else -1
    bound.update((name, {name}) for name in names)
    return found
