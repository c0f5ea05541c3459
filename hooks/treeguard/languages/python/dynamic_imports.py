"""Find imports that calls make: `import_module`, `__import__`, `runpy` and the like."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import PATH
from treeguard.languages.facts import Import
from treeguard.languages.python.argument_readers import Reader
from treeguard.languages.python.argument_readers import Use
from treeguard.languages.python.argument_readers import argument_of
from treeguard.languages.python.argument_readers import file_reader
from treeguard.languages.python.argument_readers import named
from treeguard.languages.python.argument_readers import read_dunder_import
from treeguard.languages.python.argument_readers import read_find_spec
from treeguard.languages.python.argument_readers import read_import_module
from treeguard.languages.python.argument_readers import read_maybe_module
from treeguard.languages.python.argument_readers import read_maybe_object
from treeguard.languages.python.argument_readers import read_module
from treeguard.languages.python.argument_readers import read_module_from_spec
from treeguard.languages.python.argument_readers import read_modules
from treeguard.languages.python.argument_readers import read_object
from treeguard.languages.python.choices import elements
from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import alternatives
from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.constant_eval import inner_module
from treeguard.languages.python.constant_eval import literal
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.import_scan import PIECEWISE
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.parse import parse
from treeguard.languages.python.scopes import Picked
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.scopes import split_chain

# An import whose module goes on in what is unknown: `exec(f"import a.{name}")`.
_BEGUN = re.compile(r"(?:^|[;\n])[ \t]*(?:import|from)[ \t]+([^\W\d][\w.]*)\Z")
# More of them around one call are not taken off.
_MOST_PARTIALS = 4
_MOST_WRAPPERS = 8


def spelled_callables(text: str) -> frozenset[str]:
    """Return the last names of all callables below that a source could call.

    A name is spelled, and so is its library unless it tells enough by itself, or it is
    a key of the builtins. Python compares names after NFKC (PEP 3131).
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    by_key = _BUILTINS if "builtins" in text else frozenset()
    return by_key.union(
        last
        for library, lasts in _LIBRARIES.items()
        if not library or library in text
        for last in lasts
        if last in text
    )


def has_importing_library(imports: Iterable[Import]) -> bool:
    """Return True if a library is imported that imports modules by name."""
    return any(
        item.module.partition(".")[0] in _TOP_LEVEL
        and not _MODULES.isdisjoint(
            (item.module, f"{item.module}.{item.name}", item.module.rpartition(".")[0])
        )
        for item in imports
    )


def uses(node: ast.Call, scope: Scope, spelled: frozenset[str]) -> Iterator[Use]:
    """Yield what one call imports or runs; nothing for a call of anything else.

    `spelled` is what `spelled_callables` returns for the source.
    """
    call = _applied(node, scope)
    for name in sorted(called(call.func, scope)):
        reader = _reader(name, call.func, scope)
        if reader is not None and name.rpartition(".")[2] in spelled:
            yield from reader(call, scope)
            return
    if "EntryPoint" in spelled:
        yield from _loaded(call.func, scope)
    if _is_hidden(call.func, scope):
        yield Use(node, DYNAMIC, None)


def _applied(node: ast.Call, scope: Scope) -> ast.Call:
    """Return the call that `partial(f, a)(b)` makes, or will make: `f(a, b)`."""
    if _is_partial(node, scope) and len(node.args) > 1:
        node = _call_of(node, node.args[1:], node.keywords)
    for _step in range(_MOST_PARTIALS):
        func = literal(node.func, scope)
        if not (isinstance(func, ast.Call) and _is_partial(func, scope)):
            break
        args = [*func.args[1:], *node.args]
        node = _call_of(func, args, [*func.keywords, *node.keywords])
    return node


def _is_partial(node: ast.Call, scope: Scope) -> bool:
    return bool(node.args) and not called(node.func, scope).isdisjoint(_PARTIALS)


def _call_of(
    partial: ast.Call, args: list[ast.expr], keywords: list[ast.keyword]
) -> ast.Call:
    return ast.copy_location(ast.Call(partial.args[0], args, keywords), partial)


def _is_hidden(func: ast.expr, scope: Scope) -> bool:
    """Return True for `getattr(builtins, name)`, `__builtins__[name]`."""
    if isinstance(func, ast.Subscript):
        holder, key = func.value, func.slice
        is_dict = isinstance(holder, ast.Name) and holder.id == "__builtins__"
        module = holder if is_dict else inner_module(holder)
    elif isinstance(func, ast.Call) and len(func.args) > 1:
        is_get = "getattr" in called(func.func, scope)
        key, module = func.args[1], func.args[0] if is_get else None
    else:
        return False
    if module is None or "builtins" not in called(module, scope):
        return False
    text = fold(key, scope)
    return text is None or not text.complete


def handed_over(node: ast.Call, scope: Scope, spelled: frozenset[str]) -> Iterator[Use]:
    """Yield what a call imports by a function that it gets: `map(__import__, names)`.

    Nothing for a call that gets none, nor for `partial(import_module, "a.b")`, which
    `uses` reads.
    """
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    if _is_partial(node, scope) and len(node.args) > 1:
        given.pop(0)
    importers = [value for value in given if _is_importer(value, scope, spelled)]
    if not importers:
        return
    made = _handed(node, importers)
    if made is not None:
        yield from uses(made, scope, spelled)
        return
    is_map = last_name(node.func).endswith("map") and node.args[:1] == importers
    listed = elements(node.args[1], scope) if is_map and len(node.args) == 2 else None
    for picked in listed or (Picked(None, scope),):
        if picked.node is None:
            yield Use(node, DYNAMIC, None)
        else:
            yield from named(node, picked.node, picked.scope)


def _handed(node: ast.Call, importers: list[ast.expr]) -> ast.Call | None:
    """Return the call that `submit(f, a)` or `Thread(target=f, args=(a,))` makes."""
    words = {word.arg: word.value for word in node.keywords}
    args = words.get("args")
    if words.get("target") in importers and isinstance(args, (ast.Tuple, ast.List)):
        return ast.copy_location(ast.Call(importers[0], list(args.elts), []), node)
    at = next((n for n, one in enumerate(node.args) if one in importers), None)
    if at is None or not node.args[at + 1 :] or last_name(node.func).endswith("map"):
        return None
    made = ast.Call(importers[0], node.args[at + 1 :], node.keywords)
    return ast.copy_location(made, node)


def _is_importer(node: ast.expr, scope: Scope, spelled: frozenset[str]) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and any(
        name in _IMPORTERS and name.rpartition(".")[2] in spelled
        for name in called(node, scope)
    )


def _reader(name: str, func: ast.expr, scope: Scope) -> Reader | None:
    """Find what a callable does.

    A function that other libraries re-export, or that comes from `import *`, is known
    by its last name alone.
    """
    if name in READERS:
        return READERS[name]
    last = name.rpartition(".")[2]
    is_bare = isinstance(func, ast.Name) and scope.lookup(func.id)[0] is None
    if is_bare or last in _EVERYWHERE:
        return _BY_LAST.get(last) if _starts_with_import(func, scope) else None
    return None


def _starts_with_import(func: ast.expr, scope: Scope) -> bool:
    """Methods of unknown objects are no imports, whatever they are called."""
    first, _names = split_chain(func)
    if not isinstance(first, ast.Name):
        return True
    owner, bindings = scope.lookup(first.id)
    return owner is None or any(b.dotted or b.value is not None for b in bindings)


def _code(*arguments: tuple[int, str], is_optional: bool = False) -> Reader:
    """Make a reader of arguments that are code: of `exec`, `eval`, `timeit.timeit`.

    What is not `is_optional` is code in any case, so it is undecided if it is unknown.
    """

    def read(node: ast.Call, scope: Scope) -> Iterator[Use]:
        for index, name in arguments:
            argument = argument_of(node, index, name)
            for choice in alternatives(argument) if argument is not None else ():
                yield from _of_code(choice, scope, is_optional)

    return read


def _of_code(node: ast.expr, scope: Scope, is_optional: bool) -> Iterator[Use]:
    """Read one piece of code, or the path of a file that is opened for it."""
    opened = _opened(node, scope)
    path = fold_path(opened, scope) if opened is not None else None
    if path is not None:
        if path.text[0] != "/":
            yield Use(opened or node, PATH, path.text, not path.complete)
        return
    text = _code_text(node, scope)
    begun = _BEGUN.search(text.text) if text and not text.complete else None
    if text is not None:
        code = text.text[: begun.start()] if begun else text.text
        yield from _statements(node, code)
        yield from _calls(node, code, scope)
    if begun:
        yield Use(node, DYNAMIC, begun[1], True)
    elif not (is_optional or (text is not None and text.complete)):
        yield Use(node, DYNAMIC, None)


def _code_text(node: ast.expr, scope: Scope) -> Text | None:
    """Return the code in `compile("...", ...)`, `dedent("...")`, `b"..."`, `"..."`."""
    for _step in range(_MOST_WRAPPERS):
        node = literal(node, scope)
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            return Text(node.value.decode("utf-8", "replace"))
        if not isinstance(node, ast.Call):
            break
        names = {name.rpartition(".")[2] for name in called(node.func, scope)}
        if names & _CODE_WRAPPERS and node.args:
            node = node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _CODE_METHODS:
            node = node.func.value
        else:
            break
    return fold(node, scope)


def _statements(node: ast.expr, code: str) -> Iterator[Use]:
    """Yield the import statements of code in a string."""
    for item in candidates(code.encode("utf-8", "replace")):
        if item.kind in ("import", "from"):
            name = None if item.name == "*" else item.name
            yield Use(node, DYNAMIC, item.module, False, item.level, name)


def _calls(node: ast.expr, code: str, scope: Scope) -> Iterator[Use]:
    """Yield what calls in such code import: `eval("__import__('a.b')")`."""
    try:
        tree = parse(code)
    except UnreadableError:  # its statements count nevertheless, see above
        return
    # Code may run itself: `code = "exec(code)"`.
    running: set[str] = scope.remember("running", set)
    if code in running:
        return
    running.add(code)
    spelled = spelled_callables(code)
    for inner in ast.walk(tree) if spelled else ():
        if isinstance(inner, ast.Call):
            for use in uses(inner, scope, spelled):
                yield use._replace(node=node)
    running.discard(code)


def _loaded(func: ast.expr, scope: Scope) -> Iterator[Use]:
    """Read `EntryPoint("name", "a.b:c", "group").load()`, its object in a name too.

    Of pkg_resources `EntryPoint.parse("name = a.b:c")` as well.
    """
    if not (isinstance(func, ast.Attribute) and func.attr in ("load", "resolve")):
        return
    made = literal(func.value, scope)
    if not isinstance(made, ast.Call):
        return
    names = called(made.func, scope)
    is_parsed = any(name.endswith("EntryPoint.parse") for name in names)
    if not is_parsed and not any(name.endswith("EntryPoint") for name in names):
        return
    argument = argument_of(made, int(not is_parsed), "value", "module_name", "src")
    for use in named(made, argument, scope):
        text = (use.module or "").rpartition("=")[2] if is_parsed else use.module or ""
        module = re.match(r"[\w.]*", text.strip())
        is_part = use.prefix and ":" not in text
        yield use._replace(module=(module and module[0]) or None, prefix=is_part)


def _opened(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Return the path in `compile(open(path).read(), ...)`, `Path(p).read_text()`."""
    for _step in range(4):
        node = literal(node, scope)
        if not isinstance(node, ast.Call):
            return None
        names = called(node.func, scope)
        if names & {"open", "io.open", "io.open_code", "codecs.open", "tokenize.open"}:
            return node.args[0] if node.args else None
        if names & {"compile"} and node.args:
            node = node.args[0]
        elif isinstance(node.func, ast.Attribute):
            if node.func.attr in ("read_text", "read_bytes"):
                return node.func.value
            if node.func.attr != "read":
                return None
            node = node.func.value
        else:
            return None
    return None


_TIMED = _code((0, "stmt"), (1, "setup"), is_optional=True)
_RUN = _code((0, "statement"), is_optional=True)
READERS: dict[str, Reader] = {
    "importlib.import_module": read_import_module,
    "importlib.__import__": read_dunder_import,
    "importlib._bootstrap._gcd_import": read_import_module,
    "builtins.__import__": read_dunder_import,
    "__import__": read_dunder_import,
    "runpy.run_module": read_module,
    "runpy._run_module_as_main": read_module,
    "runpy.run_path": file_reader(0, "path_name"),
    "pkgutil.resolve_name": read_object,
    "pkgutil.get_data": read_maybe_module,
    "pkgutil.get_loader": read_find_spec,
    "pkgutil.find_loader": read_find_spec,
    "pydoc.locate": read_object,
    "pydoc.safeimport": read_object,
    "pydoc.resolve": read_maybe_object,
    "pydoc.render_doc": read_maybe_object,
    "pydoc.doc": read_maybe_object,
    "pydoc.help": read_maybe_object,
    "pydoc.writedoc": read_maybe_object,
    "importlib.util.find_spec": read_find_spec,
    "importlib.util.module_from_spec": read_module_from_spec,
    "importlib.resources.files": read_maybe_module,
    "importlib.resources.path": read_maybe_module,
    "importlib.resources.open_text": read_maybe_module,
    "importlib.resources.open_binary": read_maybe_module,
    "importlib.resources.read_text": read_maybe_module,
    "importlib.resources.read_binary": read_maybe_module,
    "importlib.resources.contents": read_maybe_module,
    "importlib.resources.is_resource": read_maybe_module,
    "importlib_resources.files": read_maybe_module,
    "pkg_resources.resource_filename": read_maybe_module,
    "pkg_resources.resource_string": read_maybe_module,
    "pkg_resources.resource_stream": read_maybe_module,
    "importlib.util.spec_from_file_location": file_reader(1, "location"),
    "importlib.machinery.SourceFileLoader": file_reader(1, "path"),
    "importlib.machinery.SourcelessFileLoader": file_reader(1, "path"),
    "imp.load_source": file_reader(1, "pathname"),
    "multiprocessing.set_forkserver_preload": read_modules,
    "pytest.importorskip": read_module,
    "django.utils.module_loading.import_string": read_module,
    "werkzeug.utils.import_string": read_module,
    "traitlets.import_item": read_module,
    "traitlets.utils.importstring.import_item": read_module,
    "uvicorn.importer.import_from_string": read_object,
    "rest_framework.settings.import_from_string": read_module,
    "kombu.utils.imports.symbol_by_name": read_object,
    "celery.utils.imports.symbol_by_name": read_object,
    "twisted.python.reflect.namedAny": read_module,
    "twisted.python.reflect.namedModule": read_module,
    "zope.dottedname.resolve.resolve": read_module,
    "lazy_loader.load": read_module,
    "exec": _code((0, "source")),
    "eval": _code((0, "source")),
    "builtins.exec": _code((0, "source")),
    "builtins.eval": _code((0, "source")),
    "timeit.timeit": _TIMED,
    "timeit.repeat": _TIMED,
    "timeit.Timer": _TIMED,
    "cProfile.run": _RUN,
    "cProfile.runctx": _RUN,
    "profile.run": _RUN,
    "profile.runctx": _RUN,
    "pdb.run": _RUN,
    "pdb.runctx": _RUN,
    "pdb.runeval": _code((0, "expression"), is_optional=True),
}
_IMPORTERS = frozenset(
    name
    for name, reader in READERS.items()
    if reader in (read_import_module, read_dunder_import)
    or name.rpartition(".")[2] in ("exec", "eval")
) | {"runpy.run_module", "runpy.run_path"}
_PARTIALS = {"functools.partial", "partial"}
_CODE_WRAPPERS = {"compile", "dedent", "cleandoc", "str", "bytes", "bytearray"}
_CODE_METHODS = {"encode", "decode"}
# Names that mean the same where nothing but `import *` can have bound them.
_BY_LAST = {
    name.rpartition(".")[2]: reader
    for name, reader in READERS.items()
    if reader in (read_import_module, read_dunder_import) or name.startswith("runpy.")
}
# Names that mean the same wherever they are imported from.
_EVERYWHERE = {
    "import_module": read_import_module,
    "spec_from_file_location": READERS["importlib.util.spec_from_file_location"],
    "SourceFileLoader": READERS["importlib.machinery.SourceFileLoader"],
    "importorskip": read_module,
    "import_string": read_module,
    "import_from_string": read_object,
    "symbol_by_name": read_object,
}
_BY_LAST |= _EVERYWHERE | {
    name: READERS[f"{module}.{name}"]
    for module, name in (
        ("pkgutil", "resolve_name"),
        ("imp", "load_source"),
        ("importlib.machinery", "SourcelessFileLoader"),
        *(("importlib.resources", f"{verb}_text") for verb in ("open", "read")),
        *(("importlib.resources", f"{verb}_binary") for verb in ("open", "read")),
    )
}
# The last names by the library that they need; none is needed for those that tell.
_LIBRARIES: dict[str, set[str]] = {"": {*_BY_LAST, "exec", "eval", "EntryPoint"}}
for _name in READERS:
    _LIBRARIES.setdefault(_name.partition(".")[0], set()).add(_name.rpartition(".")[2])
_BUILTINS = frozenset({"__import__", "exec", "eval"})
# Of those that no word of `PIECEWISE` finds.
_MODULES = {
    name.rpartition(".")[0]
    for name in READERS
    if not any(word.decode() in name for word in PIECEWISE)
} - {""}
_MODULES |= {"importlib.metadata", "importlib_metadata"}
_TOP_LEVEL = {name.partition(".")[0] for name in _MODULES}
