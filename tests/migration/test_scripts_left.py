"""Scripts whose modules leave their folder: each row is run before and after."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.migration.rewrite.python_worlds import a_world
from treeguard.migration.warnings.scripts_left import left_scripts

JSON = "#!/usr/bin/env python3\nimport json\n"
BANG = "#!/usr/bin/env python3\nimport common\n"
MAIN = "from common import X\nif __name__ == '__main__':\n    print(X)\n"
COMMON = "X = 1\n"
PLAIN = {"scripts/common.py": COMMON}
OUT = {"scripts/common.py": "lib/common.py"}

LEFT = [
    ({"scripts/run.py": BANG, "scripts/common.py": COMMON}, OUT, "scripts/run.py"),
    (
        {
            "scripts/__init__.py": "",
            "scripts/run.py": MAIN,
            "scripts/common.py": COMMON,
        },
        OUT,
        "scripts/run.py",
    ),
    ({"run.py": MAIN, "common.py": COMMON}, {"run.py": "tools/run.py"}, "tools/run.py"),
    (
        {"scripts/run.py": BANG, "scripts/common/__init__.py": COMMON},
        {"scripts/common/__init__.py": "lib/common/__init__.py"},
        "scripts/run.py",
    ),
]
SILENT = [
    (
        {"scripts/run.py": BANG, "scripts/common.py": COMMON},
        {"scripts/common.py": "tools/common.py", "scripts/run.py": "tools/run.py"},
    ),
    ({"scripts/m.py": "import common\n", "scripts/common.py": COMMON}, OUT),
    (
        {"scripts/run.py": JSON, "scripts/common.py": COMMON},
        OUT,
    ),
    ({"run.py": BANG, "common.py": COMMON}, {"common.py": "lib/common.py"}),
]


def _listed(files: Mapping[str, str], moves: Mapping[str, str]) -> list[str]:
    return [one.path for one in left_scripts(a_world(dict(files), dict(moves)))]


@pytest.mark.parametrize(("files", "moves", "script"), LEFT)
def test_scripts_that_are_listed_no_longer_run(
    tmp_path: Path, files: dict[str, str], moves: dict[str, str], script: str
) -> None:
    assert _listed(files, moves) == [script]
    for path, text in files.items():
        place = tmp_path / moves.get(path, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    # By whatever name the script would call it, the module is not on its path.
    (tmp_path / script).write_text("import common")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True)
    assert b"ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize(("files", "moves"), SILENT)
def test_others_are_not(files: dict[str, str], moves: dict[str, str]) -> None:
    assert _listed(files, moves) == []
