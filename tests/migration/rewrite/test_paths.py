"""A written path, read from the old place and told from the new one."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from treeguard.migration.rewrite.paths import SCATTERED
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import moved_head
from treeguard.migration.rewrite.paths import moved_path

WORLD = a_world(
    {
        "README.md": b"",
        "config/app.yaml": b"",
        "config/dev/app.yaml": b"",
        "docs/guide.md": b"",
        "docs/setup.md": b"",
        "mixed/a.txt": b"",
        "mixed/b.txt": b"",
    },
    {
        "config/": "deployment/config/",
        "docs/setup.md": "docs/enterprise/setup.md",
        "mixed/a.txt": "one/a.txt",
        "mixed/b.txt": "two/b.txt",
    },
)


@pytest.mark.parametrize(
    ("text", "folder", "new_folder", "expected"),
    [
        ("config/app.yaml", "", "", NewText("deployment/config/app.yaml")),
        ("./config/app.yaml", "", "", NewText("./deployment/config/app.yaml")),
        ("./config/", "", "", NewText("./deployment/config/")),
        ("/config/dev", "docs", "docs", NewText("/deployment/config/dev")),
        ("guide.md", "docs", "docs", None),
        ("guide.md", "docs", "docs/enterprise", NewText("../guide.md")),
        ("setup.md", "docs", "docs", NewText("enterprise/setup.md")),
        ("setup.md", "docs", "docs/enterprise", None),
        ("../docs/guide.md", "docs", "docs", None),
        ("../README.md", "docs", "docs/enterprise", NewText("../../README.md")),
        (".", "", "deployment/docker", NewText("../..")),
        ("./", "", "deployment/docker", NewText("../../")),
        ("..", "docs", "docs", None),
        ("../../outside", "docs", "docs/enterprise", None),
        ("missing.md", "docs", "docs/enterprise", None),
        ("mixed", "", "", NewText("mixed", SCATTERED)),
        ("docs/", "", "", None),
    ],
)
def test_path(
    text: str, folder: str, new_folder: str, expected: NewText | None
) -> None:
    """The style stays, and what still leads there is not touched."""
    assert moved_path(text, folder, new_folder, WORLD) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("config/**", NewText("deployment/config/**")),
        ("/config/*.yaml", NewText("/deployment/config/*.yaml")),
        ("config/dev/[ab].yaml", NewText("deployment/config/dev/[ab].yaml")),
        ("docs/*.md", None),
        ("**/config", None),
        ("*.md", None),
        ("/*.md", None),
        ("mixed/*.txt", NewText("mixed/*.txt", SCATTERED)),
        ("config/app.yaml", NewText("deployment/config/app.yaml")),
    ],
)
def test_pattern(pattern: str, expected: NewText | None) -> None:
    """Its folders before the first wildcard are a path like any other."""
    assert moved_head(pattern, "", "", WORLD) == expected
