"""Labels of Bazel follow their packages."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content

FILES: dict[str, Content] = {
    "MODULE.bazel": b"",
    "lib/px/BUILD.bazel": b"",
    "lib/px/x.py": b"",
    "lib/px/sub/y.py": b"",
    "app/BUILD": b"",
    "app/core.py": b"",
    "app/extra.py": b"",
    "tools/BUILD": b"",
    "tools/defs.bzl": b"",
}
MOVES = {
    "lib/px/": "libs/python/px/",
    "tools/": "build/helpers/",
    "app/extra.py": "other/extra.py",
}
APP = "app/BUILD"
# The file, its text before, afterwards, and what is listed of it.
ROWS = {
    "with a target": (
        APP,
        'deps = ["//lib/px:px", ":a"]',
        'deps = ["//libs/python/px:px", ":a"]',
        [],
    ),
    "without a target": (APP, 'deps = ["//lib/px"]', 'deps = ["//libs/python/px"]', []),
    "of a folder that is renamed": (
        APP,
        'deps = ["//tools"]',
        'deps = ["//build/helpers:tools"]',
        [],
    ),
    "with the main repository": (
        APP,
        "deps = ['@//lib/px:a', '@@//lib/px:b']",
        "deps = ['@//libs/python/px:a', '@@//libs/python/px:b']",
        [],
    ),
    "load": (
        APP,
        'load("//tools:defs.bzl", "x")',
        'load("//build/helpers:defs.bzl", "x")',
        [],
    ),
    "a file of a package": (
        APP,
        'data = ["//lib/px:sub/y.py"]',
        'data = ["//libs/python/px:sub/y.py"]',
        [],
    ),
    "visibility": (
        APP,
        'visibility = ["//lib/px:__subpackages__"]',
        'visibility = ["//libs/python/px:__subpackages__"]',
        [],
    ),
    "select": (
        APP,
        'x(deps = select({"//tools:on": ["//lib/px:a"], "//c": []}))',
        'x(deps = select({"//build/helpers:on": ["//libs/python/px:a"], "//c": []}))',
        [],
    ),
    "all below": (
        APP,
        't(tests = ["//lib/px/...", "-//tools/...:all"])',
        't(tests = ["//libs/python/px/...", "-//build/helpers/...:all"])',
        [],
    ),
    "of other repositories": (
        APP,
        'deps = ["@pip//lib/px", "@rules//tools:x", "//lib/pxx:px"]',
        'deps = ["@pip//lib/px", "@rules//tools:x", "//lib/pxx:px"]',
        [],
    ),
    "in a comment": (
        APP,
        '# see "//lib/px:px"\nx = 1',
        '# see "//lib/px:px"\nx = 1',
        [],
    ),
    "a file that leaves its package": (
        APP,
        'py(name = "a", srcs = ["core.py", "extra.py"])',
        'py(name = "a", srcs = ["core.py", "extra.py"])',
        ["extra.py: it moves out of app"],
    ),
    "a label of a file that leaves": (
        "tools/BUILD",
        'data = ["//app:extra.py"]',
        'data = ["//app:extra.py"]',
        ["app:extra.py: the file leaves the package, and no label leads out of one"],
    ),
    "patterns of a package that moves": (
        "lib/px/BUILD.bazel",
        'py(srcs = glob(["**/*.py"], exclude = ["sub/y.py"]))',
        'py(srcs = glob(["**/*.py"], exclude = ["sub/y.py"]))',
        [],
    ),
    "a macro": (
        "x/y.bzl",
        'def f():\n    native.x(deps = ["//lib/px:px"])',
        'def f():\n    native.x(deps = ["//libs/python/px:px"])',
        [],
    ),
    "options": (
        ".bazelrc",
        "build --flag=//tools:on  # //lib/px\ntest //lib/px/...\n",
        "build --flag=//build/helpers:on  # //lib/px\ntest //libs/python/px/...\n",
        [],
    ),
    "commands": (
        "all.sh",
        "bazel test //lib/px:all -- -//tools/...\n",
        "bazel test //libs/python/px:all -- -//build/helpers/...\n",
        [],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_labels_follow_their_packages(name: str) -> None:
    path, text, expected, listed = ROWS[name]
    data, undecided = rewritten(a_world({**FILES, path: text}, MOVES), path)
    assert data.decode() == expected
    assert [f"{one.text}: {one.why}" for one in undecided] == listed


def test_a_package_goes_where_its_build_file_goes() -> None:
    moves = {"lib/px/BUILD.bazel": "lib/BUILD.bazel"}
    text = 'deps = ["//lib/px:px", "//lib/px:x.py"]'
    data, undecided = rewritten(a_world({**FILES, APP: text}, moves), APP)
    assert data.decode() == 'deps = ["//lib:px", "//lib/px:x.py"]'
    assert [one.text for one in undecided] == ["lib/px:x.py"]
