"""What a move changes silently: each row is one tree and its moves."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.migration.rewrite.python_worlds import a_world
from treeguard.migration.rewrite.rewriters import rewrite
from treeguard.migration.warnings.collect import path_filters
from treeguard.migration.warnings.collect import side_effects
from treeguard.migration.warnings.mypy_names import lost_overrides
from treeguard.migration.warnings.terraform import changed_modules
from treeguard.plans import FileEdit
from treeguard.plans import SideEffect


def found(files: Mapping[str, str], moves: Mapping[str, str]) -> tuple[SideEffect, ...]:
    context = a_world(files, moves)
    assert context.after is not None
    return side_effects(context, context.after)


CONFIG = {"config/": "deployment/config/"}
K8S = {"k8s/": "deployment/kubernetes/"}
WORKFLOW = ".github/workflows/ci.yml"

SILENT = [
    pytest.param(
        {"config/app.yaml": "", ".gitignore": "*.log\n__pycache__/\n/build/\n"},
        CONFIG,
        id="an-ignore-rule-of-any-place",
    ),
    pytest.param(
        {"config/app.yaml": "", ".gitignore": "*.yaml\nother/\n"},
        CONFIG,
        id="ignored-before-and-after",
    ),
    pytest.param(
        {"config/app.yaml": "", ".gitignore": "config/secrets.yaml\nsecrets.yaml\n"},
        CONFIG,
        id="another-rule-covers-it",
    ),
    pytest.param(
        {"config/app.yaml": "", "config/.gitignore": "secrets.yaml\n/local/\n"},
        CONFIG,
        id="the-ignore-file-moves-along",
    ),
    pytest.param(
        {"k8s/a.bin": "", ".gitattributes": "*.bin filter=lfs\n"},
        K8S,
        id="attributes-of-any-place",
    ),
    pytest.param(
        {"k8s/a.bin": "", ".gitattributes": "k8s filter=lfs\n/k8s/ eol=lf\n"},
        K8S,
        id="attributes-of-a-folder-are-not-for-its-files",
    ),
    pytest.param(
        {"p/__init__.py": "", "p/a/__init__.py": ""},
        {"p/a/": "p/b/"},
        id="a-package-with-its-init",
    ),
    pytest.param(
        {"p/__init__.py": "", "p/b.py": "", "p/data.txt": ""},
        {"p/__init__.py": "q/__init__.py", "p/b.py": "q/b.py"},
        id="a-package-that-leaves-no-module-behind",
    ),
    pytest.param(
        {"k8s/a.yaml": "", WORKFLOW: "on:\n  push:\n    paths: ['**/*.yaml']\n"},
        K8S,
        id="a-filter-that-still-matches",
    ),
    pytest.param(
        {
            "config/a.yaml": "",
            "Dockerfile": "FROM x\nCOPY config/a.yaml /app/\n",
            ".dockerignore": "deployment\n!deployment/config\n",
        },
        CONFIG,
        id="a-source-that-is-let-in",
    ),
    pytest.param(
        {"p/__init__.py": "", "p/sub/tool/x.py": "", "p/sub/__init__.py": ""},
        {"p/": "q/"},
        id="a-folder-that-was-no-package-before",
    ),
    pytest.param(
        {"docker/compose.yml": "name: app\nservices: {}\n"},
        {"docker/compose.yml": "docker/compose.prod.yml"},
        id="compose-renamed-in-its-folder",
    ),
    pytest.param(
        {"demos/blog/compose.yml": "services: {a: {image: x}}\n", "demos/a.txt": ""},
        {"demos/": "garbage/demos/"},
        id="compose-in-a-folder-that-moves-as-one",
    ),
    pytest.param(
        {"a/web/docker-compose.yml": "services: {a: {image: x}}\n", "a/web/x": ""},
        {"a/web/": "b/web/"},
        id="compose-in-a-folder-that-keeps-its-name",
    ),
    pytest.param(
        {"web.Dockerfile": "FROM x\n", "web.Dockerfile.dockerignore": "docs\n"},
        {
            "web.Dockerfile": "d/web.Dockerfile",
            "web.Dockerfile.dockerignore": "d/web.Dockerfile.dockerignore",
        },
        id="an-ignore-file-that-goes-with-its-dockerfile",
    ),
]


@pytest.mark.parametrize(("files", "moves"), SILENT)
def test_nothing_changes(files: dict[str, str], moves: dict[str, str]) -> None:
    assert found(files, moves) == ()


TOLD = [
    pytest.param(
        {"web.Dockerfile": "FROM x\n", "web.Dockerfile.dockerignore": "docs\n"},
        {"web.Dockerfile": "docker/web.Dockerfile"},
        [
            (
                "web.Dockerfile.dockerignore",
                None,
                "for web.Dockerfile, which moves to docker/web.Dockerfile",
            )
        ],
        id="an-ignore-file-that-its-dockerfile-leaves",
    ),
    pytest.param(
        {"Dockerfile": "FROM x\n", "Dockerfile.dockerignore": "docs\n"},
        {
            "Dockerfile": "docker/Dockerfile",
            "Dockerfile.dockerignore": "docker/ignored",
        },
        [("docker/ignored", None, "docker no longer reads it")],
        id="an-ignore-file-that-goes-elsewhere",
    ),
    pytest.param(
        {"demos/blog/compose.yml": "services: {}\n", "demos/blog/x": ""},
        {"demos/blog/compose.yml": "garbage/blog/compose.yml"},
        [("garbage/blog/compose.yml", None, "reads .env and overrides")],
        id="compose-that-leaves-a-folder-of-its-name",
    ),
    pytest.param(
        {"config/app.yaml": "", ".gitignore": "x\nconfig/secrets.yaml\n"},
        CONFIG,
        [(".gitignore", 2, "does not cover deployment/config/secrets.yaml")],
        id="row-30-a-secret",
    ),
    pytest.param(
        {"config/app.yaml": "", ".gitignore": "/config/*.local\n/config/data/\n"},
        CONFIG,
        [
            (".gitignore", 1, "does not cover deployment/config/x.local"),
            (".gitignore", 2, "does not cover deployment/config/data/"),
        ],
        id="globs-and-folders",
    ),
    pytest.param(
        {"config/app.yaml": "", ".gitignore": "/deployment/*/\n!/config/\n"},
        CONFIG,
        [(".gitignore", 1, "/deployment/*/ hides new files in deployment/config")],
        id="a-place-that-is-ignored",
    ),
    pytest.param(
        {"k8s/a.bin": "", "x.md": "", "deployment/.gitignore": "*.bin\n"},
        K8S,
        [("deployment/.gitignore", 1, "*.bin hides new files in deployment/")],
        id="an-ending-that-is-ignored-there",
    ),
    pytest.param(
        {"k8s/a.bin": "", "k8s/b.bin": "", ".gitattributes": "k8s/*.bin filter=lfs\n"},
        K8S,
        [(".gitattributes", 1, "no longer holds for k8s/a.bin and 1 more")],
        id="row-31-lfs",
    ),
    pytest.param(
        {"install.bat": "", ".gitattributes": "/install.bat eol=crlf\n"},
        {"install.bat": "deployment/scripts/install.bat"},
        [(".gitattributes", 1, "no longer holds for install.bat")],
        id="row-31-eol",
    ),
    pytest.param(
        {"B/__init__.py": "", "B/storage/__init__.py": ""},
        {"B/storage/": "B/enterprise/storage/"},
        [("B/enterprise", None, "without `__init__.py`")],
        id="a-package-without-init",
    ),
    pytest.param(
        {
            "k8s/a.yaml": "",
            WORKFLOW: "on:\n  push:\n    paths:\n    - 'k8s/**'  # x\n    - src/**\n",
        },
        K8S,
        [(WORKFLOW, 4, "the path filter k8s/** matches nothing")],
        id="row-26-a-dead-filter",
    ),
    pytest.param(
        {"docker-compose.yml": "services: {}\n"},
        {"docker-compose.yml": "deployment/docker/docker-compose.yml"},
        [
            ("deployment/docker/docker-compose.yml", None, "reads .env and overrides"),
            ("deployment/docker/docker-compose.yml", None, 'and is now "docker"'),
        ],
        id="row-24-compose",
    ),
    pytest.param(
        {
            "compose.override.yml": "services: {}\n",
            "compose.prod.yml": "services: {}\n",
            "compose.yml": "services: {}\n",
        },
        {
            "compose.override.yml": "deployment/compose.override.yml",
            "compose.prod.yml": "deployment/compose.prod.yml",
            "compose.yml": "deployment/compose.yml",
        },
        [
            ("deployment/compose.yml", None, "reads .env and overrides"),
            ("deployment/compose.yml", None, 'and is now "deployment"'),
        ],
        id="a-project-of-several-files-is-told-once",
    ),
]


DOCKER = {"config/a.yaml": "", "Dockerfile": "FROM x\nCOPY config/a.yaml /app/\n"}
TOLD += [
    pytest.param(
        {**DOCKER, ".dockerignore": "# none of it\ndeployment\n"},
        CONFIG,
        [(".dockerignore", None, "hides deployment/config/a.yaml, which Dockerfile")],
        id="row-23-a-source-is-hidden",
    ),
    pytest.param(
        {**DOCKER, "deployment/b": "", "Dockerfile.dockerignore": "*\n!config\n"},
        CONFIG,
        [("Dockerfile.dockerignore", None, "hides deployment/config/a.yaml")],
        id="row-23-the-ignore-file-of-one-dockerfile",
    ),
]


@pytest.mark.parametrize(("files", "moves", "expected"), TOLD)
def test_what_is_told(
    files: dict[str, str],
    moves: dict[str, str],
    expected: list[tuple[str, int | None, str]],
) -> None:
    told = found(files, moves)
    assert [(one.path, one.line) for one in told] == [e[:2] for e in expected]
    for one, (_path, _line, text) in zip(told, expected, strict=True):
        assert text in one.message
        assert one.advice


def test_path_filters_in_both_styles() -> None:
    text = (
        "on:\n"
        "  push:\n"
        "    paths: [a/**, 'b c/*', \"d\"]  # why\n"
        "  pull_request:\n"
        "    paths-ignore:\n"
        "      # a comment\n"
        '      - "docs/**"\n'
        "      - '!x/**'\n"
        "    branches:\n"
        "      - main\n"
    )
    assert list(path_filters(text)) == [
        (3, "a/**"),
        (3, "b c/*"),
        (3, "d"),
        (7, "docs/**"),
        (8, "!x/**"),
    ]


ROOTED = {"p/__init__.py": "", "p/a.py": "", "use.py": "import p.a as a\n"}


@pytest.mark.parametrize(
    ("files", "moves", "roots", "told"),
    [
        (ROOTED, {"p/": "src/p/"}, ("",), ["src"]),
        (ROOTED, {"p/": "src/p/"}, ("", "src"), []),
        (ROOTED, {"p/": "src/p2/"}, ("",), []),
        ({**ROOTED, "q/__init__.py": ""}, {"p/": "q/p/"}, ("",), []),
        ({**ROOTED, "use.py": ""}, {"p/": "services/p/"}, ("",), []),
        ({**ROOTED, "p/b/c.py": "import p.b.c"}, {"p/b/": "old/b/"}, ("",), []),
    ],
    ids=["plain", "listed", "another-name", "package", "nobody-imports", "inner"],
)
def test_a_root_that_is_not_listed(
    files: dict[str, str],
    moves: dict[str, str],
    roots: tuple[str, ...],
    told: list[str],
) -> None:
    context = a_world(files, moves, roots)
    assert context.after is not None
    edits = [
        FileEdit(path, path, tuple(rewrite(path, text.encode(), context)[0]))
        for path, text in files.items()
    ]
    effects = side_effects(context, context.after, edits)
    assert [one.path for one in effects if "no root" in one.message] == told


HIDING = "hides `logging` of the standard library for "
HIDDEN = [
    ({"core/__init__.py": ""}, {"core/": "logging/"}, "logging"),
    ({"core/a.py": ""}, {"core/a.py": "logging.py"}, "logging.py"),
    (
        {"a/run.py": "import logging\n", "core/a.py": ""},
        {"core/a.py": "a/logging.py"},
        "a/logging.py",
    ),
    ({"core/a.py": ""}, {"core/": "pkg/"}, None),
    ({"pkg/__init__.py": "", "core/a.py": ""}, {"core/a.py": "pkg/logging.py"}, None),
    ({"core/a.py": ""}, {"core/a.py": "sys.py"}, None),
    ({"core/a.txt": ""}, {"core/a.txt": "logging.txt"}, None),
    ({"logging/__init__.py": "", "a.py": ""}, {"a.py": "logging/b.py"}, None),
    ({"logging/a.py": ""}, {"logging/a.py": "b/logging.py"}, None),
]


@pytest.mark.parametrize(("files", "moves", "place"), HIDDEN)
def test_a_module_that_hides_one_of_the_standard_library(
    files: dict[str, str], moves: dict[str, str], place: str | None
) -> None:
    hiding = [one for one in found(files, moves) if one.message.startswith(HIDING)]
    assert [one.path for one in hiding] == ([place] if place else [])


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("infra/prod/main.tf", 'module "n" {\n  source = "../../config/net"\n}\n', 2),
        ("main.tf", '# x\nmodule "n" {\n  source = "./config/net"\n}\n', 3),
        ("main.tf", 'module "n" {\n  source = "hashicorp/config/net"\n}\n', None),
        (
            "main.tf",
            'locals {\n  f = file("${path.module}/config/net/x.sh")\n}\n',
            None,
        ),
    ],
    ids=["a folder above", "a folder below", "a registry's module", "a file"],
)
def test_a_module_of_terraform_that_has_to_be_initialized_again(
    path: str, text: str, line: int | None
) -> None:
    files = {"config/net/main.tf": "", "config/net/x.sh": "", path: text}
    context = a_world(files, CONFIG)
    edits, _undecided = rewrite(path, text.encode(), context)
    told = list(changed_modules(context, [FileEdit(path, path, tuple(edits))]))
    assert [(one.path, one.line) for one in told] == ([(path, line)] if line else [])


TESTS = {"tests/__init__.py": "", "tests/test_a.py": "", "lamp/__init__.py": ""}
TABLE = '[[tool.mypy.overrides]]\nmodule = ["x.*", "{}"]\nignore_errors = true\n'
INI = "[mypy]\nstrict = True\n[mypy-{}]\nignore_errors = True\n"
OVERRIDES = {
    "into a plain folder": (
        ("setup.cfg", INI.format("x.*,tests.*"), {"tests/": "checks/unit/"}),
        (3, "mypy names checks/unit `unit`, as checks is no package"),
    ),
    "a table": (
        ("pyproject.toml", TABLE.format("tests.*"), {"tests/": "qa/tests/"}),
        (2, "mypy names qa/tests `tests`, as qa is no package"),
    ),
    "a package below": (
        ("mypy.ini", INI.format("lamp.inner.*"), {"lamp/": "apps/one/lamp/"}),
        (3, "mypy names apps/one/lamp `lamp.inner`, as apps/one is no package"),
    ),
    "into a package": (
        ("setup.cfg", INI.format("tests.*"), {"tests/": "lamp/tests/"}),
        None,
    ),
    "into a plain folder of a package": (
        ("setup.cfg", INI.format("tests.*"), {"tests/": "lamp/checks/tests/"}),
        None,
    ),
    "into a root": (("setup.cfg", INI.format("tests.*"), {"tests/": "src/t/"}), None),
    "named from the roots": (
        (
            "mypy.ini",
            INI.format("tests.*") + "[mypy]\nexplicit_package_bases = True\n",
            {"tests/": "checks/unit/"},
        ),
        None,
    ),
    "another table": (
        (
            "pyproject.toml",
            '[tool.coverage.run]\nsource_pkgs = ["tests"]\n',
            {"tests/": "checks/unit/"},
        ),
        None,
    ),
    "it never held": (
        ("setup.cfg", INI.format("old.lib.*"), {"old/": "older/"}),
        None,
    ),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_an_override_of_mypy_that_no_longer_holds(name: str) -> None:
    (path, text, moves), told = OVERRIDES[name]
    files = {**TESTS, "lamp/inner/__init__.py": "", "old/lib/__init__.py": ""}
    context = a_world({**files, path: text}, moves, ("", "src"))
    edits, _undecided = rewrite(path, text.encode(), context)
    assert edits
    assert context.after is not None
    made = [FileEdit(path, path, tuple(edits))]
    [*found] = lost_overrides(context, context.after, made)
    assert [one.line for one in found] == ([told[0]] if told else [])
    assert all(told and one.message.startswith(told[1]) for one in found)
