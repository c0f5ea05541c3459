"""Find packages as setuptools does: listed, found by a pattern, or by itself.

https://setuptools.pypa.io/en/latest/userguide/package_discovery.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from treeguard.analysis.project_folder import BuildError
from treeguard.analysis.project_folder import Files
from treeguard.analysis.project_folder import Project
from treeguard.languages.build_files import Build
from treeguard.languages.build_files import Find
from treeguard.trees import TREE

# `FlatLayoutPackageFinder` and `FlatLayoutModuleFinder` leave these out.
_NO_PACKAGES = re.compile(
    r"ci|bin|debian|docs?|documentation|manpages|news|newsfragments|changelog"
    r"|(?:unit_)?tests?|examples?|scripts|tools|utils?|python|build|dist|venv|env"
    r"|requirements|tasks|fabfile|site_scons|benchmarks?|exercises?|htmlcov|[._].*"
)
_NO_MODULES = re.compile(
    r"setup|conftest|tests?|examples?|build|toxfile|noxfile|pavement|dodo|tasks|fabfile"
    r"|[Ss][Cc]onstruct|conanfile|manage|benchmarks?|exercises?|[._].*"
)


def setuptools_files(build: Build, project: Project) -> Files:
    """Yield the modules of all packages, and the data that `package_data` names."""
    options = build.options
    package_dir = _package_dir(options.get("package_dir"))
    packages, modules = options.get("packages"), options.get("py_modules")
    if packages is None and modules is None and "ext_modules" not in options:
        packages, modules = _discovered(project, package_dir)
    if isinstance(packages, Find):
        packages = list(_found(packages, project, package_dir))
    data = options.get("package_data")
    for package in packages or ():
        folder = package_folder(str(package), package_dir)
        if not project.is_folder(folder):
            raise BuildError(f"package directory '{folder}' does not exist")
        place = str(package).replace(".", "/")
        for path in _files_of(str(package), folder, project, data):
            inner = path[len(folder) + 1 :] if folder not in ("", ".") else path
            yield f"{place}/{inner}", path
    for module in modules or ():
        path = package_folder(str(module), package_dir) + ".py"
        if project.is_file(path):
            yield f"{str(module).replace('.', '/')}.py", path


def package_folder(package: str, package_dir: Mapping[str, str]) -> str:
    """Return where a package is looked for: the longest key that fits decides."""
    parts = package.split(".")
    for count in range(len(parts), -1, -1):
        at = package_dir.get(".".join(parts[:count]))
        if at is not None:
            return "/".join(part for part in (at, *parts[count:]) if part)
    return "/".join(parts)


def _package_dir(given: object) -> dict[str, str]:
    pairs = given.items() if isinstance(given, Mapping) else ()
    found = {}
    for package, folder in pairs:
        parts = [part for part in str(folder).split("/") if part not in ("", ".")]
        found[str(package)] = "/".join(parts)
    return found


def _files_of(
    package: str, folder: str, project: Project, data: object
) -> Iterator[str]:
    at = f"{folder}/" if folder not in ("", ".") else ""
    for name, entry in project.children(folder).items():
        if entry.is_file and name.endswith(".py") and at + name != "setup.py":
            yield at + name
    given = data if isinstance(data, Mapping) else {}
    patterns = [
        str(one)
        for key in ("", "*", package)
        for one in given.get(key, ())
        if isinstance(one, str)
    ]
    globs = [re.compile(_glob(pattern)) for pattern in patterns]
    for path in project.below(folder) if globs else ():
        if any(one.fullmatch(path[len(at) :]) for one in globs):
            yield path


def _glob(pattern: str) -> str:
    """Return the regular expression of a pattern of `glob`, `**` included."""
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./"))
    known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(known.get(one) or re.escape(one) for one in pieces)


def _found(find: Find, project: Project, package_dir: dict[str, str]) -> Iterator[str]:
    """Yield what is found in every `where`, which says where the packages are too."""
    roots = [
        "/".join(p for p in one.split("/") if p not in ("", ".")) for one in find.where
    ]
    for root in roots:
        if root and not project.is_folder(root):
            raise BuildError(f"folder {root} does not exist")
        packages = list(_packages_in(root, find, project))
        if find.fills and len(roots) == 1 and root:
            package_dir.setdefault("", root)
        elif find.fills and root:
            for package in packages:
                path = f"{root}/{package.replace('.', '/')}"
                package_dir.setdefault(package, path)
        yield from packages


def _packages_in(root: str, find: Find, project: Project) -> Iterator[str]:
    for package, _folder in _walk(root, project, find.namespaces):
        if _matches(package, find.include) and not _matches(package, find.exclude):
            yield package


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _walk(root: str, project: Project, namespaces: bool) -> Iterator[tuple[str, str]]:
    """Yield the packages below a folder, and their folders."""
    waiting = [(root, "")]
    while waiting:
        folder, outer = waiting.pop()
        for name, entry in project.children(folder).items():
            path = f"{folder}/{name}" if folder else name
            if entry.mode != TREE or "." in name:
                continue
            if namespaces or project.is_file(f"{path}/__init__.py"):
                package = f"{outer}.{name}" if outer else name
                yield package, path
                waiting.append((path, package))


def _discovered(
    project: Project, package_dir: dict[str, str]
) -> tuple[list[Any], list[Any]]:
    """Return the packages and modules that setuptools finds when nothing is listed."""
    named = {key: at for key, at in package_dir.items() if key}
    if named:
        packages = [
            f"{key}.{one}" if one else key
            for key, at in named.items()
            for one in ("", *(package for package, _ in _walk(at, project, True)))
        ]
        return packages, []
    src = package_dir.get("", "src")
    if project.is_folder(src):
        package_dir.setdefault("", src)
        return [one for one, _ in _walk(src, project, True)], _modules(src, project)
    packages = [
        package
        for package, _folder in _walk("", project, True)
        if not _NO_PACKAGES.fullmatch(package.partition(".")[0])
        and all(map(_is_name, package.removesuffix("-stubs").split(".")))
    ]
    tops = [one for one in packages if "." not in one and not one.endswith("-stubs")]
    if len(tops) > 1:
        names = ", ".join(sorted(tops))
        raise BuildError(f"several top-level packages in a flat layout: {names}")
    if packages:
        return packages, []
    modules = [one for one in _modules("", project) if not _NO_MODULES.fullmatch(one)]
    if len(modules) > 1:
        names = ", ".join(sorted(modules))
        raise BuildError(f"several top-level modules in a flat layout: {names}")
    return [], modules


def _modules(folder: str, project: Project) -> list[str]:
    return [
        name.removesuffix(".py")
        for name, entry in project.children(folder).items()
        if entry.is_file and name.endswith(".py") and _is_name(name[:-3])
    ]


def _is_name(part: str) -> bool:
    return part.isidentifier()
