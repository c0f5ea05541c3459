"""Read what a project's build files say of the packages that a wheel is to hold.

pyproject.toml, setup.cfg and setup.py of one folder. Nothing runs: what a setup.py
computes is unknown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.parse import parse
from treeguard.languages.source_text import from_file
from treeguard.languages.toml_ini import ini_texts
from treeguard.policy.loading import toml_document

BUILD_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_BACKENDS = {
    "setuptools": "setuptools",
    "hatchling": "hatchling",
    "flit_core": "flit",
    "flit": "flit",
    "poetry": "poetry",
    "uv_build": "uv",
    "pdm": "pdm",
    "maturin": "maturin",
}
# What a file says of packages, wherever it comes from. pyproject.toml decides before
# setup.cfg, and setup.cfg before setup.py.
_OPTIONS = ("packages", "py_modules", "package_dir", "package_data", "ext_modules")


class Find(NamedTuple):
    """`find_packages(...)`, `find:` or a table `packages.find`."""

    where: tuple[str, ...] = (".",)
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    namespaces: bool = False
    # Whether `where` also says where the build looks for the packages that it found.
    fills: bool = True


class Unknown(NamedTuple):
    """A value that is only known when the build runs."""


class Build(NamedTuple):
    """The backend of a project, its name, and the backend's own tables.

    `options` are those of setuptools, from all three files.
    """

    backend: str
    name: str
    tool: Mapping[str, Any]
    options: Mapping[str, Any]

    @property
    def is_known(self) -> bool:
        """False if an option that selects packages is computed."""
        return not any(isinstance(one, Unknown) for one in self.options.values())


def read_build(files: Mapping[str, bytes]) -> Build | None:
    """Return what the build files of one folder say, by their names; None if a file is
    broken, or if nobody builds from them."""
    try:
        document = toml_document(files.get("pyproject.toml", b""))
    except (ValueError, RecursionError):
        return None
    tool = _table(document, "tool")
    module = _table(document, "build-system").get("build-backend", "")
    is_project = {"project", "build-system"} & set(document) or "poetry" in tool
    if not module and not is_project and "setuptools" not in tool:
        module = "setuptools" if {"setup.py", "setup.cfg"} & set(files) else "none"
    first = str(module or "setuptools").partition(".")[0]
    backend = _BACKENDS.get(first)
    if backend is None:
        return None
    name = _table(document, "project").get("name")
    name = name or _table(tool, "poetry").get("name") or ""
    options: dict[str, Any] = {}
    if backend == "setuptools":
        found = _setuptools(files, _table(tool, "setuptools"))
        options = {option: _checked(option, value) for option, value in found}
    return Build(backend, str(name), tool, options)


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _setuptools(
    files: Mapping[str, bytes], tool: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    script = SetupScript(files["setup.py"]) if "setup.py" in files else None
    config = _config(files.get("setup.cfg", b""))
    project = _project(tool)
    for option in _OPTIONS:
        for found in (project.get(option), config.get(option)):
            if found is not None:
                yield option, found
                break
        else:
            value = script.value(option) if script is not None else None
            if value is not None:
                yield option, value


def _checked(option: str, value: Any) -> Any:
    """Return a value of the type that its option has; any other is unknown."""
    if isinstance(value, Find | Unknown) or option == "ext_modules":
        return value
    if option in ("packages", "py_modules"):
        is_list = isinstance(value, list) and len(_texts(value)) == len(value)
        return value if is_list else Unknown()
    if not isinstance(value, Mapping):
        return Unknown()
    if option == "package_dir":
        return {str(key): str(folder) for key, folder in value.items()}
    return {str(key): _texts(patterns) for key, patterns in value.items()}


def _project(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a table `tool.setuptools`."""
    found = {key.replace("-", "_"): value for key, value in tool.items()}
    packages = found.get("packages")
    if isinstance(packages, Mapping):
        find = packages.get("find", {})
        find = find if isinstance(find, Mapping) else {}
        found["packages"] = Find(
            tuple(_texts(find.get("where", ["."]))),
            tuple(_texts(find.get("include", ["*"]))),
            tuple(_texts(find.get("exclude", []))),
            find.get("namespaces", True) is True,
        )
    return found


def _config(data: bytes) -> dict[str, Any]:
    """Return the options of a setup.cfg."""
    values: dict[str, list[str]] = {}
    text = from_file(data.decode("utf-8", "replace"))
    for one in ini_texts(text):
        if not one.is_key:
            words = re.split(r"[\n,]", one.text.chars)
            values[one.path] = [word.strip() for word in words if word.strip()]
    found: dict[str, Any] = {}
    packages = values.get("options/packages")
    if packages in (["find:"], ["find_namespace:"]):
        at = "options/packages/find"
        found["packages"] = Find(
            tuple(values.get(f"{at}/where", ["."])),
            tuple(values.get(f"{at}/include", ["*"])),
            tuple(values.get(f"{at}/exclude", [])),
            packages == ["find_namespace:"],
        )
    elif packages is not None:
        found["packages"] = packages
    if "options/py_modules" in values:
        found["py_modules"] = values["options/py_modules"]
    if "options/package_dir" in values:
        pairs = (one.partition("=") for one in values["options/package_dir"])
        found["package_dir"] = {key.strip(): value.strip() for key, _, value in pairs}
    data_at = "options/package_data/"
    package_data = {
        key.removeprefix(data_at).replace("/", "."): patterns
        for key, patterns in values.items()
        if key.startswith(data_at)
    }
    return {**found, **({"package_data": package_data} if package_data else {})}


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [one for one in values if isinstance(one, str)]


class SetupScript:
    """The call of `setup()` in a setup.py, its arguments as far as they are literals.

    `arguments` are the nodes by keyword; a name that one statement of the module gives
    a value stands for that value.
    """

    def __init__(self, data: bytes) -> None:
        self.arguments: dict[str, ast.expr] = {}
        self.call: ast.Call | None = None
        self._more = False
        try:
            tree = parse(data)
        except UnreadableError:
            self._more = True
            return
        given: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target = node.targets[0]
                if isinstance(target, ast.Name):
                    given.setdefault(target.id, []).append(node.value)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                given.setdefault(node.target.id, []).extend([node.value] * 2)
        self._names = {name: one[0] for name, one in given.items() if len(one) == 1}
        calls = [one for one in ast.walk(tree) if _function(one) == "setup"]
        if len(calls) != 1:
            self._more = bool(calls)
            return
        self.call = calls[0] if isinstance(calls[0], ast.Call) else None
        for keyword in self.call.keywords if self.call else ():
            if keyword.arg is None:
                self._more = True
            else:
                self.arguments[keyword.arg] = self._meant(keyword.value)

    def _meant(self, node: ast.expr) -> ast.expr:
        return self._names.get(node.id, node) if isinstance(node, ast.Name) else node

    def value(self, option: str) -> Any:
        """Return the value of an option, None if it is not given."""
        node = self.arguments.get(option)
        if node is None:
            return Unknown() if self._more else None
        if option == "ext_modules":
            return []
        if _function(node) in ("find_packages", "find_namespace_packages"):
            return self._find(node)
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return Unknown()
        return list(value) if isinstance(value, tuple | set) else value

    def _find(self, node: ast.expr) -> Find | Unknown:
        assert isinstance(node, ast.Call)
        found: dict[str, Any] = {}
        try:
            for name, argument in find_arguments(node).items():
                value = ast.literal_eval(self._meant(argument))
                found[name] = tuple(_texts(value))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return Unknown()
        if not set(found) <= {"where", "include", "exclude"}:
            return Unknown()
        is_plain = _function(node) == "find_packages"
        return Find(**found, namespaces=not is_plain, fills=False)


def find_arguments(call: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments of a call of `find_packages` by name."""
    names = ("where", "exclude", "include")
    found = dict(zip(names, call.args, strict=False))
    return {**found, **{one.arg or "*": one.value for one in call.keywords}}


def _function(node: ast.AST) -> str:
    """Return the last part of the name of what is called; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    called = node.func
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
