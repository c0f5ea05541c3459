from __future__ import annotations

import importlib.metadata
import sqlite3
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.project import ROOT
from treeguard.analysis import store as stores
from treeguard.analysis.store import Store
from treeguard.analysis.store import source_checksum


def kept(path: Path) -> Store:
    store = Store(str(path))
    store.put("facts", "a", ("x", 1, None))
    store.close()
    return Store(str(path))


def test_what_was_put_is_got_back_by_another_process(tmp_path: Path) -> None:
    assert kept(tmp_path / "store").get("facts", "a") == ("x", 1, None)


def test_a_kind_is_no_other(tmp_path: Path) -> None:
    assert kept(tmp_path / "store").get("answers", "a") is None


def test_many_are_got_at_once(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    for number in range(2000):
        store.put("n", str(number), number)
    store.close()
    found = Store(str(tmp_path / "store")).get_many("n", map(str, range(2001)))
    assert found == {str(number): number for number in range(2000)}


def test_what_is_flushed_is_there_at_once_and_afterwards(tmp_path: Path) -> None:
    path = str(tmp_path / "facts")
    first = Store(path)
    first.put("kind", "key", ["a"])
    first.flush()
    assert first.get("kind", "key") == ["a"]
    assert Store(path).get("kind", "key") == ["a"]
    memory = Store(None)
    memory.put("kind", "key", ["a"])
    memory.flush()
    assert memory.get("kind", "key") == ["a"]


def test_memory_alone_keeps_too() -> None:
    store = Store(None)
    store.put("n", "1", 1)
    store.close()
    assert store.get("n", "1") == 1


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def cut(path: Path) -> None:
    kept(path).close()
    path.write_bytes(path.read_bytes()[:5000])


def flipped(path: Path) -> None:
    kept(path).close()
    with sqlite3.connect(path) as database:
        database.execute("update kept set value = x'00000000ffff'")


def folder(path: Path) -> None:
    path.mkdir()


def other_table(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("create table kept (other text)")


@pytest.mark.parametrize("damage", [garbage, cut, flipped, folder, other_table])
def test_damage_costs_time_only(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "store"
    damage(path)
    store = Store(str(path))
    assert store.get("facts", "a") is None
    store.put("facts", "b", 2)
    assert store.get("facts", "b") == 2
    store.close()


def test_a_damaged_store_heals(tmp_path: Path) -> None:
    path = tmp_path / "store"
    garbage(path)
    assert kept(path).get("facts", "a") == ("x", 1, None)


def test_a_locked_store_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "store"
    kept(path).close()
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("begin exclusive")
        store = Store(str(path))
        store.put("facts", "b", 2)
        store.close()
    assert Store(str(path)).get("facts", "b") is None


def test_read_only_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store"
    kept(path).close()
    before = path.read_bytes()
    store = Store(str(path), read_only=True)
    store.put("facts", "b", 2)
    store.close()
    assert path.read_bytes() == before


def test_read_only_makes_no_file(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "none" / "store"), read_only=True)
    store.put("facts", "b", 2)
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_clear_removes_everything(tmp_path: Path) -> None:
    store = kept(tmp_path / "store")
    assert store.info().rows == 1
    store.clear()
    assert store.get("facts", "a") is None
    assert store.info().rows == 0


def test_what_another_edition_of_treeguard_kept_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store"
    kept(path).close()
    monkeypatch.setattr("treeguard.analysis.store._stamp", lambda: "another edition")
    assert Store(str(path)).get("facts", "a") is None


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("a.py", "x = 2\n", True),
        ("deep/b.py", "x = 1\n", True),
        ("deep/known_keys.toml", "x = 1\n", True),
        ("a.txt", "x = 1\n", False),
        ("__pycache__/a.pyc", "x = 1\n", False),
    ],
)
def test_an_edition_is_the_bytes_of_its_modules(
    tmp_path: Path, name: str, text: str, counts: bool
) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    before = source_checksum([str(tmp_path)])
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert (source_checksum([str(tmp_path)]) != before) is counts


def test_an_edition_covers_parts_that_exist() -> None:
    places = [ROOT / "hooks/treeguard" / part for part in stores.MEANING]
    assert [place for place in places if not place.exists()] == []


@pytest.mark.parametrize("library", stores.LIBRARIES)
def test_an_edition_has_the_version_of_each_library(library: str) -> None:
    version = importlib.metadata.version(library)
    found = [name.lower() for name in stores.library_versions(sys.path)]
    assert f"{library}-{version}.dist-info" in found


@pytest.mark.parametrize("name", ["PyYAML-6.0.2.dist-info", "pyyaml-6.0.2.egg-info"])
def test_an_edition_changes_with_a_library(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stores._stamp.__wrapped__()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert stores._stamp.__wrapped__() == before
    (tmp_path / name).mkdir()
    assert stores._stamp.__wrapped__() != before


@pytest.mark.parametrize("data", [b"", b"\xff\xff", b"(\x05\x00\x00\x00"])
def test_what_marshal_did_not_write_is_unknown(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "store"
    kept(path).close()
    packed = zlib.crc32(data).to_bytes(4, "big") + data
    with sqlite3.connect(path) as database:
        database.execute("update kept set value = ?", (packed,))
    assert Store(str(path)).get("facts", "a") is None
