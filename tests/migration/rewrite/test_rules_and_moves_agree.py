"""What a rule sees in a file, a migration rewrites or lists: both read its spans."""

from __future__ import annotations

import posixpath

import pytest

from tests.languages.test_compose import KEYS
from tests.languages.test_known_keys import ROWS
from tests.migration.rewrite.python_worlds import a_world
from treeguard.languages.facts import PATH
from treeguard.languages.references import references
from treeguard.migration.rewrite.rewriters import rewrite

FILES = [
    *((path, text) for path, text, _expected in ROWS),
    *(("stack.yml", f"services: {{a: {{image: x, {key}}}}}") for key, _ in KEYS),
    ("Dockerfile", "FROM x\nCOPY a/b.txt /c\nCMD python d/e.py\n"),
    ("up.sh", "cd a\npython b.py\ncat ../c/d.txt\n"),
    ("Makefile", "x: a/b.txt\n\tpython c/d.py\n"),
    ("package.json", '{"scripts": {"a": "sh b/c.sh"}}'),
    (".gitlab-ci.yml", "a: {script: [./b/c.sh, 'cd d && python e.py']}"),
]


@pytest.mark.parametrize(("path", "text"), FILES)
def test_every_path_that_a_rule_sees_follows(path: str, text: str) -> None:
    uses = [one for one in references(path, text.encode()) if one.kind == PATH]
    for use in uses:
        target = posixpath.normpath(use.module.lstrip("/"))
        if target.startswith("..") or target == path:
            continue
        tree = {path: text.encode(), target: b""}
        world = a_world(tree, {target: f"moved/{target}"})
        edits, undecided = rewrite(path, text.encode(), world)
        assert edits or undecided, f"{use.module} moves"
