"""Compute which files of a tree a wheel of a project would hold, and under which names.

Each build backend selects them in its own way. Nothing is built: these are the rules of
hatchling, flit, poetry-core, uv_build, pdm-backend and maturin; those of setuptools are
in `setuptools_packages`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from treeguard.analysis.project_folder import BuildError
from treeguard.analysis.project_folder import Files
from treeguard.analysis.project_folder import Project
from treeguard.analysis.project_folder import Tree
from treeguard.analysis.setuptools_packages import setuptools_files
from treeguard.languages.build_files import Build
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault
from treeguard.trees import TREE


class Wheel(NamedTuple):
    """The files of a wheel: where they are installed, and their paths in the project.

    With a `fault` the build fails.
    """

    files: Mapping[str, str]
    fault: str = ""


def hatch_files(build: Build, project: Project) -> Files:
    """Yield what hatchling ships: https://hatch.pypa.io/latest/config/build/"""
    config = _hatch_config(build)
    exclude = _patterns(_texts(config.get("exclude")))
    packages, include = _texts(config.get("packages")), _texts(config.get("include"))
    only = _texts(config.get("only-include"))
    if not (packages or include or only):
        packages, only = _hatch_defaults(build, project, config)
    packages = [_plain(one) for one in packages]
    sources = _hatch_sources(config.get("sources"), packages)
    wanted = [*include, *(f"/{one}/" for one in packages)]
    included = _patterns(wanted) if wanted else None
    selected = only or packages or ([""] if wanted else [])
    for one in selected:
        for path in project.in_path(_plain(one)) if one else project.below(""):
            is_in = bool(one) or included is None or included.match(path)
            if is_in and not exclude.match(path):
                yield _hatch_place(path, sources), path
    for place, path in _hatch_forced(config.get("force-include"), project):
        yield _hatch_place(place, sources), path


def _hatch_forced(given: object, project: Project) -> Files:
    for source, target in given.items() if isinstance(given, Mapping) else ():
        source, target = _plain(source), str(target).strip("/")
        is_there = project.is_folder(source) or project.is_file(source)
        if not source.startswith("..") and not is_there:
            raise BuildError(f"Forced include not found: {source}")
        for path in project.in_path(source):
            yield target + path.removeprefix(source), path


def _hatch_config(build: Build) -> dict[str, Any]:
    """Return the selection of a wheel: the target's own keys before those of all."""
    all_targets = _at(build.tool, "hatch", "build")
    target = _at(all_targets, "targets", "wheel")
    return {**all_targets, **target}


def _hatch_defaults(
    build: Build, project: Project, config: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    raw = re.sub(r"[^\w.]+", "_", build.name)
    for name in (raw, re.sub(r"[-_.]+", "_", build.name).lower()):
        for folder in (name, f"src/{name}"):
            if name and project.is_file(f"{folder}/__init__.py"):
                return [folder], []
        if project.is_file(f"{name}.py"):
            return [], [f"{name}.py"]
        spaces = [
            one
            for one, entry in project.children("").items()
            if entry.mode == TREE and project.is_file(f"{one}/{name}/__init__.py")
        ]
        if len(spaces) == 1:
            return spaces, []
    if config.get("force-include") or config.get("bypass-selection"):
        return [], []
    raise BuildError(f"no folder has the name of the project ({raw})")


def _hatch_sources(given: object, packages: Iterable[str]) -> dict[str, str]:
    sources: dict[str, str] = {}
    if isinstance(given, Mapping):
        for source, target in given.items():
            at = _plain(str(target))
            sources[f"{_plain(source)}/" if source else ""] = f"{at}/" if at else ""
    else:
        sources = {f"{_plain(one)}/": "" for one in _texts(given)}
    for one in packages:
        folder = one.rpartition("/")[0]
        if folder and f"{one}/" not in sources:
            sources[f"{folder}/"] = ""
    return dict(sorted(sources.items()))


def _hatch_place(path: str, sources: Mapping[str, str]) -> str:
    for source, target in sources.items():
        if path.startswith(source):
            return target + path[len(source) :]
    return path


def flit_files(build: Build, project: Project) -> Files:
    """Yield the one module or package that flit ships, from the root or from src."""
    tool = _at(build.tool, "flit")
    named = _at(tool, "module").get("name") or _at(tool, "metadata").get("module")
    name = str(named or re.sub(r"[-_.]+", "_", build.name).lower())
    path = name.replace(".", "/")
    found = [
        (root, one)
        for root in ("", "src/")
        for one in (f"{root}{path}", f"{root}{path}.py")
        if (project.is_file if one.endswith(".py") else project.is_folder)(one)
    ]
    if len(found) != 1:
        several = "several files or folders could be" if found else "nothing found for"
        raise BuildError(f"{several} module {name}")
    [(root, one)] = found
    for file in project.in_path(one):
        yield file.removeprefix(root), file


def poetry_files(build: Build, project: Project) -> Files:
    """Yield what poetry-core ships: `packages`, else the folder of the project's name.

    https://python-poetry.org/docs/pyproject/#packages
    """
    tool = _at(build.tool, "poetry")
    excluded = _patterns([f"/{_plain(one)}" for one in _texts(tool.get("exclude"))])
    packages = tool.get("packages") or _poetry_default(build, project)
    for one in packages if isinstance(packages, list) else ():
        formats = _texts(one.get("format")) if isinstance(one, Mapping) else []
        if not isinstance(one, Mapping) or "wheel" not in (formats or ["wheel"]):
            continue
        root, what = _plain(one.get("from", "")), _plain(one.get("include", ""))
        at = f"{root}/" if root else ""
        target = _plain(one.get("to", ""))
        found = list(_globbed(project, f"{at}{what}"))
        if not any(path.endswith((".py", ".pyi")) for path in found):
            raise BuildError(f"{at}{what} is no package")
        for path in found:
            place = path.removeprefix(at)
            if not excluded.match(path):
                yield f"{target}/{place}" if target else place, path


def _poetry_default(build: Build, project: Project) -> list[dict[str, str]]:
    name = re.sub(r"[-_.]+", "_", build.name).lower()
    for root in ("", "src"):
        at = f"{root}/" if root else ""
        if project.is_folder(f"{at}{name}"):
            return [{"include": name, "from": root}]
        if project.is_file(f"{at}{name}.py"):
            return [{"include": f"{name}.py", "from": root}]
    raise BuildError(f"no file or folder found for package {build.name}")


def uv_files(build: Build, project: Project) -> Files:
    """Yield what uv_build ships: https://docs.astral.sh/uv/concepts/build-backend/"""
    tool = _at(build.tool, "uv", "build-backend")
    root = _plain(str(tool.get("module-root", "src")))
    at = f"{root}/" if root else ""
    default = re.sub(r"[-_.]+", "_", build.name).lower()
    for name in _texts(tool.get("module-name")) or [default]:
        folder = at + name.replace(".", "/")
        inits = (f"{folder}/__init__.py", f"{folder}/__init__.pyi")
        if tool.get("namespace") is not True and not any(map(project.is_file, inits)):
            raise BuildError(f"expected a Python module at {folder}/__init__.py")
        excluded = _patterns(
            f"/{one.lstrip('/')}" if "/" in one else one
            for one in _texts(tool.get("wheel-exclude"))
        )
        for path in project.below(folder):
            if not excluded.match(path):
                yield path.removeprefix(at), path


def pdm_files(build: Build, project: Project) -> Files:
    """Yield what pdm-backend ships: https://backend.pdm-project.org/build_config/"""
    tool = _at(build.tool, "pdm", "build")
    includes, excludes = _texts(tool.get("includes")), _texts(tool.get("excludes"))
    root = tool.get("package-dir")
    if not isinstance(root, str):
        is_src = any(one.split("/")[0] == "src" for one in includes)
        is_src = is_src or (project.is_folder("src") and not includes)
        root = "src" if is_src and not {"src", "src/"} & set(excludes) else ""
    root = _plain(root)
    at = f"{root}/" if root else ""
    sources = _texts(tool.get("source-includes")) or ["tests"]
    excluded = _patterns(f"/{_plain(one)}" for one in [*excludes, *sources])
    if not includes:
        names = [name for name, entry in project.children(root).items()]
        includes = [
            at + name for name in names if project.is_file(f"{at}{name}/__init__.py")
        ]
        includes = includes or [f"{at}*.py"]
    for one in includes:
        for path in _globbed(project, _plain(one)):
            if not excluded.match(path):
                yield path.removeprefix(at), path


def maturin_files(build: Build, project: Project) -> Files:
    """Yield the Python package beside a maturin project's Rust code."""
    tool = _at(build.tool, "maturin")
    root = _plain(str(tool.get("python-source", "")))
    at = f"{root}/" if root else ""
    default = re.sub(r"[-_.]+", "_", build.name).lower()
    name = str(tool.get("module-name") or default).partition(".")[0]
    for path in project.below(f"{at}{name}"):
        yield path.removeprefix(at), path


def _globbed(project: Project, pattern: str) -> Iterator[str]:
    """Yield the files that a path, or a pattern of `glob`, leads to."""
    wild = re.search(r"[*?\[]", pattern)
    if wild is None:
        yield from project.in_path(pattern)
        return
    head = pattern[: wild.start()].rpartition("/")[0]
    patterns = _patterns([f"/{pattern}"])
    for path in project.below(head):
        if patterns.match(path):
            yield path


def _patterns(lines: Iterable[str]) -> Patterns:
    """Return patterns as in a .gitignore; those that cannot be used are left out."""
    return Patterns(tuple(line for line in lines if line and not fault(line)))


def _plain(path: str) -> str:
    """Return a path without dots and slashes at its ends; empty for the project's."""
    parts = [part for part in str(path).split("/") if part not in ("", ".")]
    return "/".join(parts)


def _at(table: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = table.get(key)
        table = value if isinstance(value, Mapping) else {}
    return table


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


_BACKENDS: dict[str, Callable[[Build, Project], Files]] = {
    "hatchling": hatch_files,
    "flit": flit_files,
    "poetry": poetry_files,
    "uv": uv_files,
    "pdm": pdm_files,
    "maturin": maturin_files,
}


def wheel_contents(build: Build, tree: Tree, folder: str) -> Wheel | None:
    """Return what the wheel of the project in `folder` holds, None if it is unknown."""
    if not build.is_known:
        return None
    project = Project(tree, folder)
    read = _BACKENDS.get(build.backend, setuptools_files)
    try:
        files = dict(read(build, project))
    except BuildError as error:
        return Wheel({}, str(error))
    kept = {at: path for at, path in files.items() if not at.endswith((".pyc", ".pyo"))}
    return Wheel(kept)
