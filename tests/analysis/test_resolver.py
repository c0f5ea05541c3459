"""Where imports lead: tables by hand, and CPython's own finder as the judge."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from treeguard.analysis.import_candidates import spelled
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.resolver import Resolution
from treeguard.analysis.resolver import Resolver
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FIRST
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.facts import PathEdit
from treeguard.languages.facts import SearchPath

TREE: dict[str, Content] = {
    "garbage/__init__.py": "",
    "garbage/old_model.py": "",
    "garbage/deep/__init__.py": "",
    "garbage/deep/thing.py": "",
    "b/__init__.py": "",
    "b/core/__init__.py": "",
    "b/core/x.py": "",
    "b/core/dual.py": "",
    "b/core/dual/__init__.py": "",
    "b/core/stub.pyi": "",
    "b/core/window.pyw": "",
    "b/enterprise/__init__.py": "",
    "b/enterprise/adapter.py": "",
    "b/ns/hidden.py": "",
    "b/my-tools/x.py": "",
    "scripts/run.py": "",
    "scripts/helper.py": "",
    "time.py": "",
    "logging/setup.py": "",
    "data/table.csv": "",
    "vendored": Submodule("1" * 40),
    "src/pkg/__init__.py": "",
    "src/pkg/inner.py": "",
    "b/old": Symlink("../garbage"),
    "b/loop": Symlink("."),
    "b/out": Symlink("../../elsewhere"),
    "b/absolute": Symlink("/etc"),
    "b/single.py": Symlink("../garbage/old_model.py"),
    "b/round1": Symlink("round2"),
    "b/round2": Symlink("round1"),
    "tools/t.py": "",
    "docker/build.py": "",
    "docker/fast.pyx": "",
    "docker/json/read.py": "",
    "b/core/builtins.py": "",
}
LINKS = tuple((path, str(to)) for path, to in TREE.items() if isinstance(to, Symlink))
CONTEXT = SearchRoots(("", "src"), LINKS)
X = "b/core/x.py"


def imp(
    kind: str,
    module: str,
    level: int = 0,
    name: str | None = None,
    prefix: bool = False,
) -> Import:
    return Import(1, 1, 1, 2, kind, module, level, name, prefix=prefix)


def resolve(importer: str, what: Import, search_path: SearchPath = ()) -> Resolution:
    return Resolver(MemorySnapshot(TREE), CONTEXT).resolve(importer, what, search_path)


@pytest.mark.parametrize(
    ("importer", "what", "targets"),
    [
        pytest.param(X, imp(IMPORT, "garbage"), ["garbage/__init__.py"], id="package"),
        pytest.param(
            X, imp(IMPORT, "garbage.old_model"), ["garbage/old_model.py"], id="module"
        ),
        pytest.param(
            X,
            imp(IMPORT, "garbage.gone.far"),
            ["garbage/__init__.py"],
            id="deepest-that-exists",
        ),
        pytest.param(
            X,
            imp(IMPORT, "garbage.old_model.Model"),
            ["garbage/old_model.py"],
            id="a-module-has-no-submodules",
        ),
        pytest.param(X, imp(IMPORT, "numpy.linalg"), [], id="third-party"),
        pytest.param(X, imp(IMPORT, "pkg.inner"), ["src/pkg/inner.py"], id="root"),
        pytest.param(
            X, imp(FROM, "garbage", 0, "old_model"), ["garbage/old_model.py"], id="from"
        ),
        pytest.param(
            X, imp(FROM, "garbage", 0, "Model"), ["garbage/__init__.py"], id="attribute"
        ),
        pytest.param(
            X, imp(FROM, "garbage", 0, "*"), ["garbage/__init__.py"], id="star"
        ),
        pytest.param(
            X,
            imp(FROM, "enterprise", 2, "adapter"),
            ["b/enterprise/adapter.py"],
            id="relative",
        ),
        pytest.param(X, imp(FROM, "", 1, "x"), ["b/core/x.py"], id="sibling"),
        pytest.param(
            X, imp(FROM, "", 1, "y"), ["b/core/__init__.py"], id="own-package"
        ),
        pytest.param(
            "b/__init__.py",
            imp(FROM, "", 1, "enterprise"),
            ["b/enterprise/__init__.py"],
            id="level-1-of-a-package-is-itself",
        ),
        pytest.param(
            X,
            imp(FROM, "garbage", 3, "old_model"),
            ["garbage/old_model.py"],
            id="beyond-the-top-by-path",
        ),
        pytest.param(X, imp(FROM, "", 5, "garbage"), [], id="beyond-the-tree"),
        pytest.param(X, imp(IMPORT, "b.ns"), ["b/ns/"], id="namespace"),
        pytest.param(
            X, imp(FROM, "b.ns", 0, "hidden"), ["b/ns/hidden.py"], id="in-a-namespace"
        ),
        pytest.param(X, imp(IMPORT, "b.ns.gone"), ["b/ns/"], id="not-in-a-namespace"),
        pytest.param(X, imp(IMPORT, "docker"), ["docker/"], id="maybe-installed"),
        pytest.param(X, imp(IMPORT, "docker.errors"), [], id="surely-installed"),
        pytest.param(
            X, imp(FROM, "docker", 0, "errors"), [], id="from-what-is-installed"
        ),
        pytest.param(
            X, imp(FROM, "docker", 0, "fast"), ["docker/"], id="compiled-module"
        ),
        pytest.param(
            X, imp(FROM, "docker", 0, "json"), ["docker/json/"], id="inner-json"
        ),
        pytest.param(
            X,
            imp(FROM, "", 1, "builtins"),
            ["b/core/builtins.py"],
            id="inner-builtins",
        ),
        pytest.param(
            "scripts/run.py", imp(IMPORT, "helper"), ["scripts/helper.py"], id="script"
        ),
        pytest.param(X, imp(IMPORT, "helper"), [], id="helper-of-scripts-only"),
        pytest.param(X, imp(IMPORT, "time"), [], id="built-in"),
        pytest.param(X, imp(IMPORT, "logging"), [], id="namespace-under-a-stdlib-name"),
        pytest.param(X, imp(IMPORT, "data"), [], id="folder-without-python"),
        pytest.param(X, imp(IMPORT, "vendored.x"), ["vendored/"], id="submodule"),
        pytest.param(X, imp(IMPORT, "b.core.stub"), ["b/core/stub.pyi"], id="stub"),
        pytest.param(X, imp(IMPORT, "b.core.window"), ["b/core/window.pyw"], id="pyw"),
        pytest.param(
            X,
            imp(IMPORT, "b.old.old_model"),
            ["garbage/old_model.py"],
            id="linked-folder",
        ),
        pytest.param(
            X, imp(IMPORT, "b.single"), ["garbage/old_model.py"], id="linked-file"
        ),
        pytest.param(
            X,
            imp(IMPORT, "b.loop.loop.loop.core.x"),
            ["b/core/x.py"],
            id="link-to-its-own-folder",
        ),
        pytest.param(X, imp(IMPORT, "b.out"), ["b/__init__.py"], id="link-out-of-tree"),
        pytest.param(
            X, imp(IMPORT, "b.absolute"), ["b/__init__.py"], id="absolute-link"
        ),
        pytest.param(
            X, imp(IMPORT, "b.round1"), ["b/__init__.py"], id="circular-links"
        ),
        pytest.param(
            X,
            imp(DYNAMIC, "garbage.", prefix=True),
            ["garbage/"],
            id="prefix-of-a-package",
        ),
        pytest.param(
            X,
            imp(DYNAMIC, "garbage.ol", prefix=True),
            ["garbage/old_model.py"],
            id="prefix-of-a-name",
        ),
        pytest.param(
            X,
            imp(DYNAMIC, "garbage.de", prefix=True),
            ["garbage/deep/"],
            id="prefix-deep",
        ),
        pytest.param(X, imp(DYNAMIC, "gar", prefix=True), [], id="prefix-of-a-word"),
        pytest.param(
            X, imp(DYNAMIC, "", 1, prefix=True), ["b/core/"], id="prefix-in-own-package"
        ),
        pytest.param(
            X,
            imp(STRING, "garbage.old_model.Model"),
            ["garbage/old_model.py"],
            id="string",
        ),
        pytest.param(X, imp(STRING, "garbage.gone"), [], id="string-of-one-known-word"),
        pytest.param(
            X, imp(STRING, "garbage"), ["garbage/__init__.py"], id="run-as-a-module"
        ),
        pytest.param(X, imp(STRING, "b.ns"), [], id="string-of-a-namespace"),
        pytest.param(
            X,
            imp(STRING, "garbage.old_model:main"),
            ["garbage/old_model.py"],
            id="entry-point",
        ),
        pytest.param(
            X, imp(PATH, "garbage/old_model.py"), ["garbage/old_model.py"], id="path"
        ),
        pytest.param(
            X, imp(PATH, "../../garbage/"), ["garbage/"], id="path-of-a-folder"
        ),
        pytest.param(X, imp(PATH, "./x.py"), ["b/core/x.py"], id="path-beside"),
        pytest.param(X, imp(PATH, "/time.py"), ["time.py"], id="path-from-the-root"),
        pytest.param(X, imp(PATH, "../../../x.py"), [], id="path-out-of-tree"),
        pytest.param(
            X, imp(PATH, "garbage/*.py"), ["garbage/"], id="path-with-wildcard"
        ),
        pytest.param(
            X, imp(PATH, "garbage/ol", prefix=True), ["garbage/"], id="path-prefix"
        ),
        pytest.param(X, imp(PATH, "b/old/deep"), ["garbage/deep/"], id="path-by-link"),
        pytest.param(
            X,
            imp(ATTRIBUTE, "b.enterprise.adapter.X"),
            ["b/enterprise/adapter.py"],
            id="attributes",
        ),
        pytest.param(X, imp(ATTRIBUTE, "b.version"), [], id="attribute-of-the-import"),
    ],
)
def test_targets(importer: str, what: Import, targets: list[str]) -> None:
    assert list(resolve(importer, what).targets) == targets


@pytest.mark.parametrize(
    ("importer", "what", "beyond"),
    [
        pytest.param(X, imp(FROM, "garbage", 3, "old_model"), True, id="to-the-root"),
        pytest.param(X, imp(FROM, "", 5, "garbage"), True, id="above-the-root"),
        pytest.param("time.py", imp(FROM, "", 1, "b"), True, id="in-the-root"),
        pytest.param(X, imp(FROM, "", 2, "enterprise"), False, id="inside"),
        pytest.param(
            "scripts/run.py", imp(FROM, "", 1, "helper"), False, id="namespace"
        ),
        pytest.param("src/pkg/inner.py", imp(FROM, "", 2, "x"), False, id="in-src"),
    ],
)
def test_beyond_top(importer: str, what: Import, beyond: bool) -> None:
    assert resolve(importer, what).beyond_top is beyond


def test_a_package_at_the_root_may_be_named_relatively() -> None:
    tree = {"__init__.py": "", "a.py": "", "sub/__init__.py": "", "sub/m.py": ""}
    resolver = Resolver(MemorySnapshot(tree), SearchRoots(("",), ()))
    found = resolver.resolve("sub/m.py", imp(FROM, "", 2, "a"))
    assert found == Resolution(("a.py",), ("__init__.py",))


SPREAD: dict[str, Content] = {
    "pyproject.toml": "",
    "src/ns/ns.py": "",
    "src/ns/sibling.py": "",
    "src/ns/json/__init__.py": "",
    "src/ns/core/__init__.py": "",
    "src/ns/core/x.py": "",
    "flat/flat.py": "",
    "flat/other.py": "",
    "project/setup.py": "",
    "project/common.py": "",
    "project/scripts/run.py": "",
    "project/scripts/common.py": "",
    "project/scripts/queue.py": "",
}


@pytest.mark.parametrize(
    ("importer", "module", "targets"),
    [
        pytest.param(
            "src/ns/core/x.py", "ns.core.x", ["src/ns/core/x.py"], id="own-name-in-it"
        ),
        pytest.param(
            "src/ns/sibling.py", "ns.json", ["src/ns/json/__init__.py"], id="all-of-it"
        ),
        pytest.param("src/ns/sibling.py", "ns", ["src/ns/"], id="the-namespace"),
        pytest.param("src/ns/core/x.py", "json", [], id="standard-library"),
        pytest.param(
            "src/ns/sibling.py", "core", ["src/ns/core/__init__.py"], id="still-script"
        ),
        pytest.param(
            "flat/other.py", "flat.other", ["flat/other.py"], id="below-the-top"
        ),
        pytest.param("flat/other.py", "flat.gone", ["flat/flat.py"], id="no-such"),
        pytest.param(
            "project/scripts/run.py",
            "common",
            ["project/scripts/common.py"],
            id="script-of-a-project",
        ),
        pytest.param(
            "project/scripts/run.py",
            "queue",
            ["project/scripts/queue.py"],
            id="a-script-shadows-the-standard-library",
        ),
    ],
)
def test_folders_without_init_are_scripts_or_portions(
    importer: str, module: str, targets: list[str]
) -> None:
    """As python-poetry/poetry: src/poetry/ has no __init__.py, but a poetry.py."""
    resolver = Resolver(MemorySnapshot(SPREAD), SearchRoots(("", "src", "project"), ()))
    found = resolver.resolve(importer, imp(IMPORT, module))
    assert list(found.targets) == targets


def test_parents_are_what_runs_on_the_way() -> None:
    found = resolve("tools/t.py", imp(IMPORT, "b.core.x"))
    assert found.parents == ("b/__init__.py", "b/core/__init__.py")


@pytest.mark.parametrize("init", ["__init__.py", "other.py"])
def test_a_link_to_the_root_is_the_root(init: str) -> None:
    tree: dict[str, Content] = {"pkg": Symlink("."), "garbage/x.py": "", init: ""}
    resolver = Resolver(MemorySnapshot(tree), SearchRoots(("",), (("pkg", "."),)))
    found = resolver.resolve("garbage/x.py", imp(FROM, "pkg.pkg.garbage", 0, "x"))
    assert found.targets == ("garbage/x.py",)


def test_a_package_wins_over_the_module_beside_it() -> None:
    found = resolve(X, imp(FROM, "b.core", 0, "dual"))
    assert found.targets == ("b/core/dual/__init__.py",)
    assert found.shadowed == ("b/core/dual.py",)


@pytest.mark.parametrize(
    ("what", "variant"),
    [
        (imp(IMPORT, "Garbage"), ("garbage/__init__.py",)),
        (imp(FROM, "GARBAGE", 0, "old_model"), ("garbage/old_model.py",)),
        (imp(IMPORT, "b.Enterprise"), ("b/enterprise/__init__.py",)),
        (imp(FROM, "garbage", 0, "Old_Model"), ()),
        (imp(IMPORT, "garbage"), ()),
        (imp(IMPORT, "Data"), ()),
    ],
)
def test_case_variants(what: Import, variant: tuple[str, ...]) -> None:
    assert resolve(X, what).case_variant == variant


@pytest.mark.parametrize(
    ("folder", "targets"),
    [
        ("garbage", ("garbage/old_model.py",)),
        ("./../../garbage", ("garbage/old_model.py",)),
        ("./garbage", ()),
        ("/garbage", ()),
        ("../../../garbage", ()),
    ],
)
def test_folders_that_the_file_adds(folder: str, targets: tuple[str, ...]) -> None:
    search_path = (PathEdit(1, FIRST, folder),)
    assert resolve(X, imp(IMPORT, "old_model"), search_path).targets == targets


NAMES = ("a", "b", "c")
FILES = st.sampled_from(
    [
        f"{stem}{end}"
        for stem in NAMES
        for end in (".py", ".pyc", "/__init__.py", "/__init__.pyc", "/z.py", "/z.pyc")
    ]
)
FOLDERS = st.lists(st.sampled_from((*NAMES, "r1", "r2")), max_size=3).map("/".join)
TREES = st.sets(
    st.tuples(FOLDERS, FILES).map(lambda pair: "/".join(filter(None, pair))),
    min_size=1,
    max_size=14,
)
DOTTED = st.lists(st.sampled_from((*NAMES, "z")), min_size=1, max_size=3)


@settings(max_examples=100, deadline=None)
@given(tree=TREES, wanted=st.lists(DOTTED, min_size=8, max_size=8))
def test_equals_cpython(tree: set[str], wanted: list[list[str]]) -> None:
    """The same file or namespace folders as `PathFinder`, for every dotted name."""
    resolver = Resolver(
        MemorySnapshot(dict.fromkeys(tree, "")), SearchRoots(("r1", "", "r2"), ())
    )
    with tempfile.TemporaryDirectory() as top:
        _write(top, tree)
        roots = [os.path.join(top, folder) for folder in ("r1", "", "r2")]
        for names in wanted:
            # In a folder that does not exist, the roots alone are looked at.
            found = resolver.resolve("r1/main.py", imp(IMPORT, ".".join(names)))
            assert sorted(found.targets) == sorted(_by_cpython(top, roots, names))


def _write(top: str, tree: set[str]) -> None:
    for path in tree:
        os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
        with open(os.path.join(top, path), "wb"):
            pass
    importlib.invalidate_caches()


def _by_cpython(top: str, roots: list[str], names: list[str]) -> list[str]:
    """What `PathFinder` finds for the longest part of a dotted name that runs.

    Where plain folders are all that exists of a name, nothing of it runs.
    """
    found: list[str] = []
    regular = False
    folders: list[str] | None = [folder for folder in roots if os.path.isdir(folder)]
    for name in names:
        # A finder of one folder looks at the last part of a name only, so asking for
        # the bare name asks for the submodule, without importing its parent.
        spec = importlib.machinery.PathFinder.find_spec(name, folders or ["/nowhere"])
        if spec is None:
            return [path for path in found if not path.endswith("/") or regular]
        regular = regular or spec.origin is not None
        inner = spec.submodule_search_locations
        folders = list(inner) if inner is not None else []
        if spec.origin is not None:
            found = [os.path.relpath(spec.origin, top)]
        else:
            found = [os.path.relpath(folder, top) + "/" for folder in folders]
    return found


def _every_import() -> Iterator[Import]:
    words = ("garbage", "old_model", "b", "core", "x", "old", "single", "loop", "gone")
    for first in words:
        yield imp(IMPORT, first)
        for second in words:
            yield imp(IMPORT, f"{first}.{second}")
            yield imp(PATH, f"{first}/{second}.py")
            for level in (0, 1, 2, 3):
                yield imp(FROM, first, level, second)


@pytest.mark.parametrize("importer", [X, "b/__init__.py", "scripts/run.py", "time.py"])
def test_what_resolves_is_among_what_is_spelled(importer: str) -> None:
    resolver = Resolver(MemorySnapshot(TREE), CONTEXT)
    for what in _every_import():
        found = resolver.resolve(importer, what)
        assert set(found.targets) <= set(spelled(importer, what, CONTEXT)), what
