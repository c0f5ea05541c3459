"""Images that keep the old layout, and code that follows the moves."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from treeguard.migration.rewrite.rewriters import rewrite
from treeguard.migration.warnings.collect import lost_in_images
from treeguard.plans import FileEdit

MOVES = {"config/": "deployment/config/", "Dockerfile": "deployment/docker/Dockerfile"}
CODE = """\
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "config" / "app.yaml"
"""
ELSEWHERE = CODE.replace("config", "data")


@pytest.mark.parametrize(
    ("dockerfile", "code", "lines"),
    [
        pytest.param("COPY config/ /app/config/", CODE, [4], id="a-folder-by-name"),
        pytest.param(
            "COPY config/app.yaml /app/config/", CODE, [4], id="a-file-by-name"
        ),
        pytest.param("COPY . /app", CODE, [], id="everything"),
        pytest.param("COPY . /app\nCOPY config/ /etc/", CODE, [], id="both"),
        pytest.param("COPY pkg/ /app/pkg/", CODE, [], id="without-it"),
        pytest.param("RUN true", CODE, [], id="nothing"),
        pytest.param("COPY config/ /app/config/", ELSEWHERE, [], id="another-folder"),
    ],
)
def test_code_that_is_edited_and_an_image_that_is_not(
    dockerfile: str, code: str, lines: list[int]
) -> None:
    files = {
        "Dockerfile": f"FROM x\n{dockerfile}\n",
        "pkg/__init__.py": "",
        "pkg/a.py": code,
        "config/app.yaml": "",
        "data/app.yaml": "",
    }
    context = a_world(files, MOVES)
    edits = [
        FileEdit(
            path, context.where(path), tuple(rewrite(path, text.encode(), context)[0])
        )
        for path, text in files.items()
    ]
    found = list(lost_in_images(context, edits))
    assert [(one.path, one.line) for one in found] == [
        ("pkg/a.py", line) for line in lines
    ]
    for one in found:
        assert one.message.startswith(
            "it looks for deployment/config now, and a Dockerfile"
        )
