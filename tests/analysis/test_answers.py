from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.answers import answer
from treeguard.analysis.query import FileQuery
from treeguard.analysis.store import Store


def under(*folders: str) -> FileQuery:
    def folder(path: str) -> bool | None:
        if any(f"{path}/".startswith(f"{name}/") for name in folders):
            return True
        return None if path == "" else False

    return FileQuery(f"under {folders}", folder, lambda path, _mode: False)


PYTHON = FileQuery(
    "python", lambda _f: None, lambda path, _mode: path.endswith(".py"), counts=True
)
WORD = FileQuery(
    "word", lambda _f: None, lambda path, _mode: path.endswith(".py"), (b"word",)
)
TWICE = FileQuery(
    "twice",
    lambda folder: False if folder == "b" else None,
    lambda path, _mode: True,
    (b"word",),
    lambda _path, data: data.count(b"word") == 2,
)
QUESTIONS = (under("a"), PYTHON, WORD, TWICE)


class Counting(MemorySnapshot):
    """A snapshot that remembers what it was asked to read."""

    read_so_far: tuple[str, ...] = ()

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        wanted = list(oids)
        self.read_so_far += tuple(wanted)
        return super().read_many(wanted)


def test_each_question_is_answered() -> None:
    tree = MemorySnapshot(
        {
            "a/x.py": "word",
            "a/y.txt": "word word",
            "b/z.py": "word word",
            "c/w.py": "w\N{LATIN SMALL LETTER O WITH DIAERESIS}rd",
            "d.py": "none",
        }
    )
    assert answer(tree, QUESTIONS, Store(None)) == {
        "under ('a',)": {"a/x.py", "a/y.txt"},
        "python": 4,
        # Not ASCII: nobody can tell by bytes alone what its identifiers fold to.
        "word": {"a/x.py", "b/z.py", "c/w.py"},
        "twice": {"a/y.txt"},
    }


def test_only_what_changed_is_read_again() -> None:
    store = Store(None)
    files: dict[str, Content] = {f"m{n}.py": f"word {n}" for n in range(20)}
    old = Counting(files)
    answer(old, QUESTIONS, store)
    new = Counting({**files, "m3.py": "other"}, earlier=old)
    assert len(answer(new, QUESTIONS, store)["word"]) == 19  # type: ignore[arg-type]
    changed = new.entry("m3.py")
    assert changed is not None
    assert new.read_so_far == (changed.oid,)


paths = st.sampled_from(["a/x.py", "a/b/y.py", "b/z.py", "z.py", "b/t.txt", "u"])
texts = st.sampled_from(["", "word", "word word", "other", "\N{MICRO SIGN}"])
trees = st.dictionaries(paths, texts)


@given(trees, trees, trees)
def test_brought_up_to_date_equals_asked_anew(
    first: dict[str, str], second: dict[str, str], third: dict[str, str]
) -> None:
    store = Store(None)
    tree: MemorySnapshot | None = None
    for files in (first, second, third):
        tree = MemorySnapshot(files, earlier=tree)
        kept = answer(tree, QUESTIONS, store)
        assert kept == answer(MemorySnapshot(files), QUESTIONS, Store(None))


@given(trees, trees)
def test_a_tree_never_written_keeps_nothing(
    first: dict[str, str], second: dict[str, str]
) -> None:
    store = Store(None)
    old = MemorySnapshot(first)
    before = answer(old, QUESTIONS, store)
    copied = {name: set(v) if isinstance(v, set) else v for name, v in before.items()}
    index = MemorySnapshot(second, earlier=old)
    index.tree = None
    answer(index, QUESTIONS, store)
    assert answer(old, QUESTIONS, store) == copied
