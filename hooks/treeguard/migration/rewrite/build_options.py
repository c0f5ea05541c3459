"""Find, in the text of a build file, the options that select packages.

pyproject.toml, setup.cfg and setup.py say the same in three formats: one class for each
finds where the values are, and where a new option goes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple
from typing import Protocol

from treeguard.languages.build_files import SetupScript
from treeguard.languages.build_files import find_arguments
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.source import Source
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.toml_ini import ini_texts
from treeguard.languages.toml_ini import toml_strings
from treeguard.languages.yaml_tree import Scalar


class Slot(NamedTuple):
    """The characters `start` to `end` of a build file, and the text that they spell.

    `key` is that of the mapping that holds it, if one does.
    """

    start: int
    end: int
    text: str
    key: str = ""


class Patch(NamedTuple):
    """The characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


class Options(Protocol):
    """The options of setuptools in one file."""

    def values(self, option: str) -> list[Slot]:
        """Return the texts of an option: of its list, or the values of its mapping."""

    def keys(self, option: str) -> list[Slot]:
        """Return the keys of an option that is a mapping."""

    def selects(self) -> bool:
        """Return True if this file says which packages ship."""

    def add_root(self, folder: str) -> list[Patch]:
        """Return what adds `package_dir`: all packages are in a folder."""

    def add_where(self, folder: str) -> list[Patch]:
        """Return what adds the folder in which packages are found."""

    def add_include(self, patterns: list[str]) -> list[Patch]:
        """Return what adds which of the packages that are found ship."""


class TomlText:
    """The strings of a pyproject.toml, and its tables."""

    def __init__(self, chars: str) -> None:
        self.chars = chars
        self._strings = list(toml_strings(from_file(chars)))

    def values(self, place: str) -> list[Slot]:
        """Return the strings of a key, by its dotted place; `*` is any last key."""
        head = place.removesuffix("*")
        found = []
        for one in self._strings:
            tail = one.place.removeprefix(head)
            is_here = one.place == place or (head != place and head + tail == one.place)
            if is_here and not one.is_key and one.text.chars:
                found.append(_slot(one.text, tail if head != place else ""))
        return found

    def keys(self, table: str) -> list[Slot]:
        """Return the keys of a table that has a header of its own."""
        found = []
        header = re.search(rf"(?m)^\[{re.escape(table)}\][^\n]*\n", self.chars)
        if header:
            end = self.chars.find("\n[", header.end() - 1)
            body = self.chars[: end if end >= 0 else len(self.chars)]
            key = re.compile(r"(?m)^[ \t]*[\"']?([\w.*-]+)[\"']?[ \t]*=")
            for match in key.finditer(body, header.end()):
                found.append(Slot(*match.span(1), match[1]))
        return found

    def add(self, table: str, line: str) -> list[Patch]:
        """Return what adds a line to a table, which may have to be made."""
        header = re.search(rf"(?m)^\[{re.escape(table)}\][^\n]*(?:\n|\Z)", self.chars)
        if header:
            end = "" if header[0].endswith("\n") else "\n"
            return [Patch(header.end(), header.end(), f"{end}{line}\n")]
        gap = "\n" if self.chars.endswith("\n") else "\n\n"
        at = len(self.chars)
        return [Patch(at, at, f"{gap}[{table}]\n{line}\n")]


class TomlOptions(TomlText):
    """The options of setuptools in a pyproject.toml."""

    _FIND = "tool.setuptools.packages.find"

    def values(self, place: str) -> list[Slot]:
        """Return the texts of an option."""
        if place in ("where", "include", "exclude"):
            return super().values(f"{self._FIND}.{place}")
        place = f"tool.setuptools.{place.replace('_', '-')}"
        if place.endswith("package-dir"):
            return super().values(f"{place}.*")
        return super().values(place)

    def keys(self, table: str) -> list[Slot]:
        """Return the keys of an option that is a mapping."""
        return super().keys(f"tool.setuptools.{table.replace('_', '-')}")

    def selects(self) -> bool:
        """Return True if this file says which packages ship."""
        start = "tool.setuptools.packages"
        listed = any(one.place.startswith(start) for one in self._strings)
        return listed or self._finds() or bool(self.values("py_modules"))

    def _finds(self) -> bool:
        header = (
            rf"(?m)^\[{re.escape(self._FIND)}\]|^packages[ \t]*=[ \t]*\{{[ \t]*find"
        )
        return re.search(header, self.chars) is not None

    def add_root(self, folder: str) -> list[Patch]:
        """Return what adds `package-dir`."""
        return self.add("tool.setuptools", f'package-dir = {{ "" = "{folder}" }}')

    def add_where(self, folder: str) -> list[Patch]:
        """Return what adds `where`."""
        if not self._finds():
            return []
        return self.add(self._FIND, f'where = ["{folder}"]')

    def add_include(self, patterns: list[str]) -> list[Patch]:
        """Return what adds `include`."""
        if not self._finds():
            return []
        return self.add(self._FIND, f"include = [{_quoted(patterns)}]")


class IniOptions:
    """The options of setuptools in a setup.cfg."""

    def __init__(self, chars: str) -> None:
        self.chars = chars
        self._texts = list(ini_texts(from_file(chars)))

    def values(self, option: str) -> list[Slot]:
        """Return the texts of an option."""
        is_find = option in ("where", "include", "exclude")
        path = f"options/packages/find/{option}" if is_find else f"options/{option}"
        value = next((o for o in self._texts if o.path == path and not o.is_key), None)
        if value is None:
            return []
        return list(self._words(value, option == "package_dir"))

    @staticmethod
    def _words(value: Scalar, is_mapping: bool) -> Iterator[Slot]:
        for match in re.finditer(r"[^\n,]+", value.text.chars):
            line = value.text.group(match)
            key, equals, _ = line.chars.partition("=")
            start = len(key) + 1 if is_mapping and equals else 0
            word = line.part(start).strip()
            if word.chars and word.chars not in ("find:", "find_namespace:"):
                yield _slot(word, key.strip() if start else "")

    def keys(self, option: str) -> list[Slot]:
        """Return the keys of an option that is a mapping."""
        start = f"options/{option}/"
        found = (one for one in self._texts if one.is_key)
        return [_slot(one.text) for one in found if one.path.startswith(start)]

    def selects(self) -> bool:
        """Return True if this file says which packages ship."""
        return any(
            o.path in ("options/packages", "options/py_modules") for o in self._texts
        )

    def add_root(self, folder: str) -> list[Patch]:
        """Return what adds `package_dir`."""
        return self._add("options", f"package_dir =\n    = {folder}\n")

    def add_where(self, folder: str) -> list[Patch]:
        """Return what adds `where`."""
        value = next((o for o in self._texts if o.path == "options/packages"), None)
        if value is None or "find" not in self.chars:
            return []
        return self._add("options.packages.find", f"where = {folder}\n")

    def add_include(self, patterns: list[str]) -> list[Patch]:
        """Return what adds `include`."""
        if not self.values("where"):
            return []
        lines = "".join(f"    {one}\n" for one in patterns)
        return self._add("options.packages.find", f"include =\n{lines}")

    def _add(self, section: str, text: str) -> list[Patch]:
        header = re.search(rf"(?m)^\[{re.escape(section)}\][^\n]*\n", self.chars)
        if header:
            return [Patch(header.end(), header.end(), text)]
        gap = "\n" if self.chars.endswith("\n") else "\n\n"
        return [Patch(len(self.chars), len(self.chars), f"{gap}[{section}]\n{text}")]


class ScriptOptions:
    """The options of setuptools in a setup.py. Raises `UnreadableError`."""

    def __init__(self, data: bytes) -> None:
        self._source = Source(data)
        self._script = SetupScript(data)

    def values(self, option: str) -> list[Slot]:
        """Return the texts of an option."""
        if option in ("where", "include", "exclude"):
            call = self._find()
            node = find_arguments(call).get(option) if call else None
            return list(self._texts([node])) if node is not None else []
        node = self._script.arguments.get(option)
        if isinstance(node, ast.Dict):
            return [
                slot._replace(key=str(key.value))
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
                for slot in self._texts([value])
            ]
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return list(self._texts(node.elts))
        return []

    def keys(self, option: str) -> list[Slot]:
        """Return the keys of an option that is a mapping."""
        node = self._script.arguments.get(option)
        return list(self._texts(node.keys)) if isinstance(node, ast.Dict) else []

    def _texts(self, nodes: Iterable[ast.expr | None]) -> Iterator[Slot]:
        for node in nodes:
            if isinstance(node, ast.List | ast.Tuple):
                yield from self._texts(node.elts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                inner = self._source.plain_string(self._source.span(node))
                if inner is not None and self._source.text[slice(*inner)] == node.value:
                    yield Slot(*inner, node.value)

    def _find(self) -> ast.Call | None:
        node = self._script.arguments.get("packages")
        return node if isinstance(node, ast.Call) else None

    def selects(self) -> bool:
        """Return True if this file says which packages ship."""
        return not {"packages", "py_modules"}.isdisjoint(self._script.arguments)

    def add_root(self, folder: str) -> list[Patch]:
        """Return what adds `package_dir` before the packages."""
        call = self._script.call
        for keyword in call.keywords if call else ():
            if keyword.arg in ("packages", "py_modules"):
                at = self._source.span(keyword)[0]
                text = self._source.text
                line = text[text.rfind("\n", 0, at) + 1 : at]
                gap = f"\n{line}" if not line.strip() else " "
                return [Patch(at, at, f'package_dir={{"": "{folder}"}},{gap}')]
        return []

    def add_where(self, folder: str) -> list[Patch]:
        """Return what adds the folder to `find_packages()`."""
        call = self._find()
        if call is None:
            return []
        end = self._source.span(call)[1] - 1
        at = self._source.text.find("(", self._source.span(call.func)[1]) + 1
        if self._source.text[at:end].strip():
            return [Patch(at, at, f'where="{folder}", ')] if not call.args else []
        return [Patch(at, end, f'"{folder}"')]

    def add_include(self, patterns: list[str]) -> list[Patch]:
        """Return what adds `include` to `find_packages(...)`."""
        call = self._find()
        if call is None or not (call.args or call.keywords):
            return []
        end = self._source.span([*call.args, *call.keywords][-1])[1]
        return [Patch(end, end, f", include=[{_quoted(patterns)}]")]


def options_of(name: str, data: bytes, chars: str) -> Options | None:
    """Return the options of setuptools in a build file, None if it is unreadable."""
    if name == "pyproject.toml":
        return TomlOptions(chars)
    if name == "setup.cfg":
        return IniOptions(chars)
    try:
        return ScriptOptions(data)
    except UnreadableError:
        return None


def _quoted(texts: list[str]) -> str:
    return ", ".join(f'"{one}"' for one in texts)


def _slot(text: SourceText, key: str = "") -> Slot:
    return Slot(text.offsets[0], text.offsets[-1] + 1, text.chars, key)
