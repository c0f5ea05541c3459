"""Imports that calls, strings and attributes make."""

from __future__ import annotations

import pytest

from tests.languages.python.sources import facts
from tests.languages.python.sources import words
from treeguard.languages.facts import FIRST
from treeguard.languages.facts import LAST
from treeguard.languages.facts import OF_MAIN
from treeguard.languages.facts import OF_SCRIPT
from treeguard.languages.facts import SECOND
from treeguard.languages.facts import SearchPath
from treeguard.languages.python.file_names import own_search_path

IM = "import importlib\n"
DYNAMIC = [
    ("20", IM + 'importlib.import_module("garbage.a")', ["dynamic garbage.a"]),
    (
        "21-alias",
        'from importlib import import_module as im\nim("garbage.a")',
        ["dynamic garbage.a"],
    ),
    (
        "21-assigned",
        IM + 'load = importlib.import_module\nload("garbage.a")',
        ["dynamic garbage.a"],
    ),
    (
        "21-getattr",
        IM + 'getattr(importlib, "import_module")("garbage.a")',
        ["dynamic garbage.a"],
    ),
    (
        "22-relative",
        IM + 'importlib.import_module(".a", package="garbage")',
        ["dynamic garbage.a"],
    ),
    (
        "22-relative-own",
        IM + 'importlib.import_module("..a", __package__)',
        ["dynamic ..a"],
    ),
    (
        "26-loop",
        IM + 'for m in ("json", "garbage"):\n    importlib.import_module(m)',
        ["dynamic json", "dynamic garbage"],
    ),
    (
        "26-loop-over-a-constant",
        IM
        + 'N = ["a"] + ["b"]\nfor m in N:\n    importlib.import_module("garbage." + m)',
        ["dynamic garbage.a", "dynamic garbage.b"],
    ),
    (
        "26-pairs",
        IM + 'for p, n in [("a", "b"), ("c", "d")]:\n'
        '    importlib.import_module(f"{p}.{n}")',
        ["dynamic a.b", "dynamic c.d"],
    ),
    (
        "26-values",
        IM + 'T = {"x": "garbage.a"}\nfor _, m in T.items():\n'
        "    importlib.import_module(m)",
        ["dynamic garbage.a"],
    ),
    (
        "26-comprehension",
        IM + '[importlib.import_module(f"garbage.{n}") for n in "a b".split()]',
        ["dynamic garbage.a", "dynamic garbage.b"],
    ),
    (
        "26-relative-loop",
        IM + 'for n in ("a",):\n    importlib.import_module("." + n, __package__)',
        ["dynamic .a"],
    ),
    (
        "26-table",
        IM + 'T = {"x": "garbage.a", "y": "c"}\nimportlib.import_module(T[key])',
        ["dynamic garbage.a", "dynamic c"],
    ),
    (
        "26-table-key",
        IM + 'T = {"x": "garbage.a", "y": "c"}\nimportlib.import_module(T["y"])',
        ["dynamic c"],
    ),
    (
        "26-table-get",
        IM + 'T = {"x": "a"}\nm = T.get(key, "garbage")\nimportlib.import_module(m)',
        ["dynamic a", "dynamic garbage"],
    ),
    (
        "26-two-loops",
        IM + 'for m in ("a",):\n    importlib.import_module(m)\n'
        'for m in ("b",):\n    importlib.import_module(m)',
        ["dynamic a", "dynamic b"],
    ),
    (
        "26-map",
        IM + 'list(map(importlib.import_module, ["a", "b"]))',
        ["dynamic a", "dynamic b"],
    ),
    ("22-name", IM + 'importlib.import_module(".a", __name__)', ["dynamic .a"]),
    (
        "22-parent",
        IM + 'importlib.import_module("..a", "garbage.deep")',
        ["dynamic garbage.a"],
    ),
    (
        "23",
        '__import__("garbage.a", fromlist=["Model"])',
        ["dynamic garbage.a:Model"],
    ),
    ("24-sum", IM + 'importlib.import_module("garbage." + "a")', ["dynamic garbage.a"]),
    (
        "24-implicit",
        IM + 'importlib.import_module("garbage." "a")',
        ["dynamic garbage.a"],
    ),
    ("25-f", IM + 'importlib.import_module(f"garbage.{n}")', ["dynamic garbage.*"]),
    (
        "25-percent",
        IM + 'importlib.import_module("garbage.%s" % n)',
        ["dynamic garbage.*"],
    ),
    (
        "25-format",
        IM + 'importlib.import_module("garbage.{}".format(n))',
        ["dynamic garbage.*"],
    ),
    (
        "26",
        IM + 'N = "garbage.a"\nimportlib.import_module(N)',
        ["dynamic garbage.a"],
    ),
    (
        "26-f",
        IM + 'N = "garbage"\nimportlib.import_module(f"{N}.a")',
        ["dynamic garbage.a"],
    ),
    (
        "choice",
        IM + 'importlib.import_module("garbage.a" if x else "b.c")',
        ["dynamic garbage.a", "dynamic b.c"],
    ),
    ("builtins", '__builtins__.__import__("garbage.a")', ["dynamic garbage.a"]),
    ("builtins-key", '__builtins__["__import__"]("a.b")', ["dynamic a.b"]),
    ("builtins-exec", '__builtins__.exec("import a.b")', ["dynamic a.b"]),
    ("28", 'f = lambda: __import__("garbage.a")', ["dynamic garbage.a"]),
    ("29", 'import runpy\nrunpy.run_module("garbage.a")', ["dynamic garbage.a"]),
    (
        "30",
        'spec_from_file_location("x", "garbage/a.py")',
        ["path garbage/a.py"],
    ),
    (
        "30-joined",
        "import os\n"
        "from importlib.util import spec_from_file_location as s\n"
        's("x", os.path.join(os.path.dirname(__file__), "garbage", "a.py"))',
        ["path ./garbage/a.py"],
    ),
    (
        "32",
        'import pkgutil\npkgutil.resolve_name("garbage.a:Model")',
        ["dynamic garbage.a"],
    ),
    ("34", 'exec(open("garbage/a.py").read())', ["path garbage/a.py"]),
    (
        "34-compile",
        'exec(compile(open("garbage/a.py").read(), "a", "exec"))',
        ["path garbage/a.py"],
    ),
    ("exec", 'exec("import garbage.a")', ["dynamic garbage.a"]),
    ("run-path", 'import runpy\nrunpy.run_path("garbage/a.py")', ["path garbage/a.py"]),
    (
        "35",
        'def __getattr__(n):\n\treturn import_module("garbage." + n)',
        ["dynamic garbage.*"],
    ),
    ("36", 'pytest_plugins = ["garbage.a"]', ["dynamic garbage.a"]),
    ("36-one", 'pytest_plugins = "garbage.a"', ["dynamic garbage.a"]),
    (
        "importorskip",
        'import pytest\npytest.importorskip("garbage")',
        ["dynamic garbage"],
    ),
    ("pydoc", 'import pydoc\npydoc.locate("garbage.a.Y")', ["dynamic garbage.a.Y"]),
    (
        "pydoc-from",
        'from pydoc import safeimport as s\ns("garbage.a")',
        ["dynamic garbage.a"],
    ),
    (
        "django",
        "from django.utils.module_loading import import_string\n"
        'import_string("garbage.a.Y")',
        ["dynamic garbage.a.Y"],
    ),
    (
        "resource",
        'import pkg_resources\npkg_resources.resource_string("garbage", "x.txt")',
        ["dynamic garbage"],
    ),
    (
        "spec-parent",
        'import importlib.util\nimportlib.util.find_spec("garbage.a")',
        ["dynamic garbage"],
    ),
    (
        "spec-made",
        "from importlib.util import find_spec, module_from_spec\n"
        'spec = find_spec("garbage")\nm = module_from_spec(spec)',
        ["dynamic garbage"],
    ),
    (
        "preload",
        'import multiprocessing\nmultiprocessing.set_forkserver_preload(["garbage"])',
        ["dynamic garbage"],
    ),
    (
        "percent",
        IM + 'importlib.import_module("%s.%s" % ("garbage", "a"))',
        ["dynamic garbage.a"],
    ),
    (
        "percent-names",
        IM + 'T = "%(p)s.a"\nimportlib.import_module(T % {"p": "garbage"})',
        ["dynamic garbage.a"],
    ),
    (
        "format",
        IM + 'importlib.import_module("{1}.{0}".format("a", "garbage"))',
        ["dynamic garbage.a"],
    ),
    (
        "join",
        IM + 'P = ["garbage", "a"]\nimportlib.import_module(".".join(P))',
        ["dynamic garbage.a"],
    ),
    (
        "join-unknown",
        IM + 'importlib.import_module(".".join(["garbage", n]))',
        ["dynamic garbage.*"],
    ),
    (
        "method",
        IM + 'importlib.import_module("Garbage.A".lower())',
        ["dynamic garbage.a"],
    ),
    (
        "partial",
        IM + "from functools import partial\n"
        'partial(importlib.import_module, "garbage.a")',
        ["dynamic garbage.a"],
    ),
    ("submitted", IM + 'pool.submit(importlib.import_module, "garbage.a")', None),
    (
        "thread",
        IM + 'Thread(target=importlib.import_module, args=("garbage.a",))',
        ["dynamic garbage.a"],
    ),
    (
        "pool-map",
        IM + 'pool.map(importlib.import_module, ["garbage.a"])',
        ["dynamic garbage.a"],
    ),
    (
        "timeit",
        'import timeit\ntimeit.timeit("f()", setup="from garbage import f")',
        ["dynamic garbage:f"],
    ),
    (
        "timer",
        'from timeit import Timer\nTimer(lambda: 1, "import garbage.a")',
        ["dynamic garbage.a"],
    ),
    (
        "profile",
        'import cProfile\ncProfile.run("import garbage.a; garbage.a.f()")',
        ["dynamic garbage.a"],
    ),
    (
        "entry-point",
        "from importlib.metadata import EntryPoint\n"
        'EntryPoint("a", "garbage.a:f [x]", "g").load()',
        ["dynamic garbage.a"],
    ),
    (
        "entry-point-named",
        "from importlib import metadata\n"
        'e = metadata.EntryPoint(name="a", value="garbage:f", group="g")\ne.load()',
        ["dynamic garbage"],
    ),
    (
        "entry-point-parsed",
        "import pkg_resources\n"
        'pkg_resources.EntryPoint.parse("a = garbage.a:f").resolve()',
        ["dynamic garbage.a"],
    ),
    ("exec-pieces", 'exec("import gar" "bage")', ["dynamic garbage"]),
    ("exec-escape", 'exec("import\\u0020garbage")', ["dynamic garbage"]),
    ("exec-bytes", 'exec(b"import garbage")', ["dynamic garbage"]),
    (
        "exec-compiled",
        'exec(compile("import garbage", "x", "exec"))',
        ["dynamic garbage"],
    ),
    (
        "exec-compiled-before",
        'c = compile("from garbage import a", "x", "exec")\nexec(c)',
        ["dynamic garbage:a"],
    ),
    (
        "exec-dedent",
        'import textwrap\nexec(textwrap.dedent("""\n  import garbage\n"""))',
        ["dynamic garbage"],
    ),
    ("exec-open", 'with open("garbage/a.py") as f:\n exec(f.read())', None),
    ("exec-begun", 'exec(f"import os; from garbage.{n} import x")', None),
    ("exec-in-exec", """exec('exec("import garbage")')""", ["dynamic garbage"]),
    ("eval-pieces", """eval("__imp" + 'ort__("garbage")')""", ["dynamic garbage"]),
    ("nfkc", '__\uff49mport__("gar" "bage")', ["dynamic garbage"]),
    (
        "builtins-vars",
        'import builtins\nvars(builtins)["__import__"]("garbage")',
        ["dynamic garbage"],
    ),
    (
        "builtins-dict",
        'import builtins as b\nb.__dict__["__imp" "ort__"]("gar" "bage")',
        ["dynamic garbage"],
    ),
    (
        "builtins-get",
        'vars(__builtins__).get("exec")("import garbage")',
        ["dynamic garbage"],
    ),
    (
        "builtins-globals",
        'globals()["__builtins__"].eval("__import__(\'garbage\')")',
        ["dynamic garbage"],
    ),
    (
        "sys-modules",
        'import sys\nsys.modules["importlib"].import_module("garbage")',
        ["dynamic garbage"],
    ),
    ("typing", 'if TYPE_CHECKING:\n __import__("a.b")', ["dynamic a.b (typing)"]),
    ("silent-method", 'def f(self): self.import_module("garbage.a")', []),
    ("silent-own", 'def import_module(n): ...\nimport_module("garbage.a")', []),
    ("silent-absolute", 'import runpy\nrunpy.run_path("/garbage/a.py")', []),
    ("silent-eval-method", 'df.eval("__import__(\'garbage\')")\nmodel.exec("x")', []),
    ("silent-compile", 'compile("import garbage", "x", "exec")', []),
    (
        "silent-entry-point",
        'from importlib.metadata import EntryPoint\nEntryPoint("a", "garbage:f", "g")',
        [],
    ),
    (
        "silent-spec",
        'import importlib.util\nimportlib.util.find_spec("garbage")',
        [],
    ),
    ("silent-timed", "import timeit\ntimeit.timeit(f, setup=g)", []),
    ("silent-help", "import pydoc\npydoc.help(f)", []),
    ("silent-resolve-name", 'importlib.util.resolve_name(".a", "garbage")', []),
    ("silent-open", 'open("garbage/a.txt").read()', []),
]


SEVERAL = {
    "exec-open": ["path garbage/a.py"],
    "submitted": ["dynamic garbage.a"],
    "exec-begun": ["dynamic garbage.*", "dynamic os"],
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [pytest.param(c[1], c[2] or SEVERAL.get(c[0], []), id=c[0]) for c in DYNAMIC],
)
def test_calls_that_import(source: str, expected: list[str]) -> None:
    found = words(source, "dynamic", "path")
    assert found == expected
    assert facts(source).undecidable == ()


@pytest.mark.parametrize(
    "call",
    [
        "importlib.import_module(n)",
        'importlib.import_module(f"{n}.a")',
        'importlib.import_module(".a")',
        'importlib.import_module(".a", package)',
        "importlib.import_module()",
        "importlib.import_module(*names)",
        "__import__(n)",
        '__import__("a", level=n)',
        "runpy.run_path(n)",
        "map(__import__, names)",
        "partial(importlib.import_module, package=__name__)",
        "pool.submit(fn=runpy.run_path)",
        "exec(code)",
        'eval("1 + " + code)',
        'exec(f"import {n}")',
        "map(eval, codes)",
        "getattr(__builtins__, n)('garbage')",
        "vars(__builtins__)[n]('garbage')",
    ],
)
def test_what_cannot_be_decided_is_said(call: str) -> None:
    found = facts(f"import importlib, runpy\nx = {call}")
    assert [(item.line, item.text) for item in found.undecidable] == [(2, call)]
    assert not [item for item in found.imports if item.kind in ("dynamic", "path")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('partial(runpy.run_module, alter_sys=True)("a.b")', "dynamic a.b"),
        ('f = partial(importlib.import_module, package="a")\nf(".b")', "dynamic a.b"),
        ('f = partial(__import__, level=0)\ng = partial(f, "a")\ng()', "dynamic a"),
    ],
)
def test_a_partial_call_is_followed(source: str, expected: str) -> None:
    source = f"import importlib, runpy\nfrom functools import partial\n{source}"
    assert expected in words(source, "dynamic")


def test_a_default_is_decided_and_the_rest_is_not() -> None:
    source = IM + 'importlib.import_module(os.environ.get("M", "garbage.a"))'
    assert words(source, "dynamic") == ["dynamic garbage.a"]
    assert len(facts(source).undecidable) == 1


def test_a_name_that_is_bound_twice_is_no_constant() -> None:
    source = 'N = "a.b"\nN = "c.d"\n__import__(N)'
    assert len(facts(source).undecidable) == 1


STRINGS = [
    ("33", 'run([sys.executable, "-m", "garbage.a"])', ["string garbage.a"]),
    ("33-one-name", 'run(["python3", "-m", "garbage"])', ["string garbage"]),
    ("33-shell", 'os.system("python3 -m garbage.a --x")', ["string garbage.a"]),
    ("33-glued", 'os.system("python3 -u -mgarbage.a --x")', ["string garbage.a"]),
    ("33-file", 'os.system("python garbage/a.py")', ["path garbage/a.py"]),
    ("37", '@mock.patch("garbage.a.Model")\ndef f(): ...', ["string garbage.a.Model"]),
    ("setattr", 'monkeypatch.setattr("a.b.c", 1)', ["string a.b.c"]),
    ("entry", 'uvicorn.run("app.main:app")', ["string app.main"]),
    ("assigned", 'X = "a.b"', ["string a.b"]),
    ("container", 'X = {"k": ["a.b"], "c.d": 1}', ["string a.b", "string c.d"]),
    ("path", 'run(["bash", "scripts/x.sh"])', ["path scripts/x.sh"]),
    ("default", 'def f(x="a.b"): ...', ["string a.b"]),
    ("65", 'def f(m: "garbage.a.Model") -> "a.b": ...', []),
    ("annotated", 'x: "a.b.C" = 1', []),
    ("subscript", 'x: Dict["a.b", "c.d"]', []),
    ("cast", 'x = cast("a.b", y)', []),
    ("docstring", '"""a.b"""\ndef f():\n "c.d"', []),
    ("compared", 'x == "a.b"', []),
    ("prose", 'f("see a.b")\nf("a.b.")\nf("1.2")', []),
    ("word", 'f("garbage")', []),
    ("path-assigned", 'X = "garbage/a.py"', []),
    ("path-absolute", 'f("/garbage/a.py")', []),
    ("url", 'f("http://x.org/a.py")', []),
    ("bytes", 'f(b"a.b")', []),
]


@pytest.mark.parametrize(
    ("source", "expected"), [pytest.param(*c[1:], id=c[0]) for c in STRINGS]
)
def test_names_in_strings(source: str, expected: list[str]) -> None:
    assert words(source, "string", "path", "dynamic") == expected


MENTIONS = [
    ("logger", 'logging.getLogger("garbage.a")'),
    ("logger-set", 'caplog.set_level(10, logger="garbage.a")'),
    ("child", 'log.getChild("garbage.a")'),
    ("level", 'with caplog.at_level(10, "garbage.a"): pass'),
    ("message", 'log.warning("garbage.a")'),
    ("printed", 'print("garbage.a", file=x)'),
    ("raised", 'raise ImportError("garbage.a") from None'),
    ("raised-own", 'raise errors.GoneError(name="garbage.a")'),
    ("warned", 'warnings.warn("garbage.a", DeprecationWarning)'),
    ("filtered", 'warnings.filterwarnings("ignore", module="garbage.a")'),
    ("deprecated", '@deprecated("garbage.a")\ndef f(): ...'),
    ("begins", 'name.startswith("garbage.a")'),
    ("begins-one-of", 'name.startswith(("garbage.a", "b.c"))'),
    ("compared", 'if name == "garbage.a": pass'),
    ("compared-with-many", 'x = name in ("garbage.a", "b.c")'),
    ("compared-with-table", 'assert x == {"garbage.a": ["b.c"]}'),
    ("asserted", 'self.assertEqual(name, "garbage.a")'),
    ("called-with", 'mocked.assert_called_once_with("garbage.a")'),
    ("replaced", 'name.replace("garbage.a", "b.c")'),
    ("matched", 're.match("garbage.a", name)'),
    ("expected", 'pytest.raises(E, match="garbage.a")'),
    ("forgotten", 'sys.modules.pop("garbage.a", None)'),
    ("looked-up", 'sys.modules.get("garbage.a")'),
    ("replaced-module", 'monkeypatch.setitem(sys.modules, "garbage.a", x)'),
    ("replaced-modules", 'patch.dict("sys.modules", {"garbage.a": x})'),
    ("group", 'entry_points(group="garbage.a")'),
    ("tracer", 'trace.get_tracer("garbage.a")'),
    ("permission", 'user.has_perm("garbage.a")'),
]


@pytest.mark.parametrize(
    "source", [pytest.param(source, id=name) for name, source in MENTIONS]
)
def test_a_mention_uses_nothing(source: str) -> None:
    assert words(source, "string", "path", "dynamic") == []


def test_a_call_in_a_mention_is_a_call() -> None:
    assert words('print(load("a.b"))', "string") == ["string a.b"]
    assert words('x = load("a.b") == "c.d"', "string") == ["string a.b"]
    assert words('raise X(load(["a.b"]))', "string") == ["string a.b"]


ATTRIBUTES = [
    ("64", "import b\nb.enterprise.adapter.X", ["attribute b.enterprise.adapter.X"]),
    ("as", "import b.c as d\nd.e", ["attribute b.c.e"]),
    ("submodule", "import b.c\nb.d\nb.c", ["attribute b.d"]),
    ("called", "import b\nb.c(1).d", ["attribute b.c"]),
    ("inner-scope", "import b\ndef f(): return b.c", ["attribute b.c"]),
    ("lazy", "def f():\n import b\n b.c\nb.d", ["attribute b.c"]),
    ("spread", "import b\nx = (b\n . c # y\n .d)", ["attribute b.c.d"]),
    ("parameter", "import b\ndef f(b): b.c", []),
    ("rebound", "import b\nb = 1\nb.c", []),
    ("loop", "import b\nfor b in x: b.c", []),
    ("with", "import b\nwith x as b: b.c", []),
    ("caught", "import b\ntry: pass\nexcept E as b: b.c", []),
    ("comprehension", "import b\n[b.c for b in x]", []),
    ("lambda", "import b\nlambda b: b.c", []),
    ("global", "import b\ndef f():\n global b\n b = 1\nb.c", []),
    ("match", "import b\nmatch x:\n case [b]: b.c", []),
    ("from", "from a import b\nb.c", ["attribute a.b.c"]),
    ("from-as", "from a.b import c as d\nd.e.f()\nd.e.f()", ["attribute a.b.c.e.f"]),
    ("from-here", "from . import b\nb.c", ["attribute .b.c"]),
    ("from-above", "from ..a import b\nb.c", ["attribute ..a.b.c"]),
    ("from-and-more", "from a import b\nb = 1\nb.c", []),
    ("class", "class A:\n import b\n def f(self): b.c", []),
]


@pytest.mark.parametrize(
    ("source", "expected"), [pytest.param(*c[1:], id=c[0]) for c in ATTRIBUTES]
)
def test_attribute_walks(source: str, expected: list[str]) -> None:
    assert words(source, "attribute") == expected


FOLDERS = [
    ('sys.path.insert(0, "garbage")', ("garbage",)),
    ('sys.path.append("a/../b/")', ("b/",)),
    ('sys.path.extend(["a", "b"])', ("a", "b")),
    ('sys.path += ["a"]', ("a",)),
    ('sys.path[:0] = ["a"]', ("a",)),
    ('sys.path = ["a"] + sys.path', ("a",)),
    ('from sys import path\npath.append("a")', ("a",)),
    ('p = "a"\nsys.path.append(p)', ("a",)),
    ("import os\nsys.path.append(os.path.dirname(__file__))", ("./",)),
    (
        "import os\nsys.path.insert(0, os.path.join("
        'os.path.dirname(os.path.abspath(__file__)), "..", "garbage"))',
        ("./../garbage",),
    ),
    ('import os\nsys.path.append(os.path.join(__file__, "..", "lib"))', ("./lib",)),
    (
        "from pathlib import Path\n"
        'sys.path.append(str(Path(__file__).resolve().parent / "garbage"))',
        ("./garbage",),
    ),
    (
        "from pathlib import Path\nsys.path.append(str(Path(__file__).parents[1]))",
        ("./..",),
    ),
    (
        'import os\nsys.path.insert(0, os.path.dirname(__file__) + "/../garbage")',
        ("./../garbage",),
    ),
    (
        "import os\nhere = os.path.dirname(__file__)\n"
        'sys.path.append(here + os.sep + os.pardir + os.sep + "garbage")',
        ("./../garbage",),
    ),
    (
        "from pathlib import Path\nROOT = Path(__file__).resolve().parents[1]\n"
        'sys.path.insert(0, f"{ROOT}/garbage")',
        ("./../garbage",),
    ),
    ('D = "garbage"\nsys.path.append(f"a/{D!s}/" + "b")', ("a/garbage/b",)),
    ('import os\nsys.path.append(os.getcwd() + "/garbage")', ("garbage",)),
    (
        'from pathlib import Path\nsys.path.append(str(Path.cwd() / "garbage"))',
        ("garbage",),
    ),
    ('sys.path.append(f"{n}/garbage")', ()),
    ('sys.path.append(f"garbage/{n:>3}")', ()),
    ('sys.path.append("garbage/" + n)', ()),
    ('sys.path.append(__file__ + ".d")', ()),
    ("sys.path.append(n)", ()),
    ("sys.path.append(__file__)", ()),
    ('other.path.append("a")', ()),
]


@pytest.mark.parametrize(("source", "expected"), FOLDERS)
def test_folders_added_to_the_search_path(
    source: str, expected: tuple[str, ...]
) -> None:
    found = facts(f"import sys\n{source}").search_path
    assert tuple(edit.folder for edit in found) == expected


PLACES = [
    ('sys.path.insert(0, "a")', [(2, FIRST, "a")]),
    ('sys.path.append("a")', [(2, LAST, "a")]),
    ('sys.path.insert(1, "a")', [(2, SECOND, "a")]),
    ('sys.path.insert(-1, "a")', [(2, LAST, "a")]),
    ('sys.path.insert(len(sys.path), "a")', [(2, LAST, "a")]),
    ('sys.path.insert(0, "")', [(2, FIRST, ".")]),
    ('sys.path[0] = "a"', [(2, FIRST, "a")]),
    ('sys.path[1:1] = ["a"]', [(2, SECOND, "a")]),
    # The last folder that is inserted is the first one that is searched.
    ('sys.path[:0] = ["a", "b"]', [(2, FIRST, "b"), (2, FIRST, "a")]),
    ('sys.path += ["a", "b"]', [(2, LAST, "a"), (2, LAST, "b")]),
    ('sys.path = ["a", *sys.path, "b"]', [(2, FIRST, "a"), (2, LAST, "b")]),
    ('sys.path = ["a"] + sys.path + ["b"]', [(2, FIRST, "a"), (2, LAST, "b")]),
    ('D = "x"\nsys.path += [D + "/a"]', [(3, LAST, "x/a")]),
    ('D = "x"\nsys.path[0] = D + "/a"', [(3, FIRST, "x/a")]),
    ('sys.path = sys.path[1:] + ["b"]', [(2, LAST, "b")]),
    ('D = ["a", "b"]\nsys.path.extend(D)', [(3, LAST, "a"), (3, LAST, "b")]),
    ('import site\nsite.addsitedir("a")', [(3, LAST, "a")]),
    (
        'for d in ("a", "b"):\n    sys.path.insert(0, d)',
        [(3, FIRST, "a"), (3, FIRST, "b")],
    ),
    (
        "import os\nfor d in ['a', 'b']:\n"
        "    p = os.path.join(os.path.dirname(__file__), '..', d)\n"
        "    if p not in sys.path: sys.path.append(p)",
        [(5, LAST, "./../a"), (5, LAST, "./../b")],
    ),
    (
        "import pathlib\nfor d in sorted({'a': 1}):\n"
        "    sys.path.append(str(pathlib.Path(__file__).parent / d))",
        [(4, LAST, "./a")],
    ),
    ("for d in found():\n    sys.path.append(d)", []),
]


@pytest.mark.parametrize(("source", "expected"), PLACES)
def test_where_a_folder_is_on_the_search_path(
    source: str, expected: list[tuple[int, int, str]]
) -> None:
    found = facts(f"import sys\n{source}").search_path
    assert [edit[:3] for edit in found] == expected


SCRIPTS = [
    ("#!/usr/bin/env python3\nimport a", OF_SCRIPT),
    ("import a\nif __name__ == '__main__':\n    a.b()", OF_MAIN),
    ('if "__main__" == __name__: pass', OF_MAIN),
    ("#!/bin/sh\nimport a", ()),
    ("import __main__\nprint(__name__)", ()),
]


@pytest.mark.parametrize(("source", "expected"), SCRIPTS)
def test_scripts_have_their_own_folder_first(source: str, expected: SearchPath) -> None:
    assert facts(source).search_path == expected
    assert own_search_path(source.encode()) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("s = 'exec(s)'\nexec(s)", id="code-that-runs-itself"),
        pytest.param("a = b('x')\nb = a.get(a('x'))\na(b)", id="calls-in-a-circle"),
        pytest.param(
            "a = a.replace('b', a.get(a))\nb = c.get(str(b))\nc = b\n"
            "import_module(a)\nimport_module(b)",
            id="texts-in-a-circle",
        ),
        pytest.param("a = a.x\n" * 50 + 'a("b")', id="names"),
        pytest.param(
            "".join(f"a = a.x{n}\n" for n in range(50)) + 'a("b")', id="distinct-names"
        ),
        pytest.param(
            "x0 = 'a'\n"
            + "".join(f"x{n + 1} = {'+'.join([f'x{n}'] * 50)}\n" for n in range(9))
            + "import_module(x9)",
            id="sums",
        ),
        pytest.param(
            "import sys\nx0 = 'a'\n"
            + "".join(f"x{n + 1} = {'/'.join([f'x{n}'] * 50)}\n" for n in range(9))
            + "sys.path.append(x9)",
            id="paths",
        ),
    ],
)
def test_what_names_hold_is_evaluated_once(source: str) -> None:
    """Each of these would take hours if every use of a name were followed anew."""
    assert facts(f"from importlib import import_module\n{source}").error == ""


def test_many_decoys_do_not_hide_what_a_name_calls() -> None:
    decoys = "".join(f"f = module.name{number}\n" for number in range(3000))
    source = f"import importlib\n{decoys}f = importlib.import_module\nf('garbage.x')\n"
    assert "dynamic garbage.x" in words(source, "dynamic")
