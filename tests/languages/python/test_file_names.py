"""Which files are Python."""

from __future__ import annotations

import pytest

from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.trees import EXECUTABLE
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import SYMLINK
from treeguard.trees import TREE

# As pip starts a Python whose path is too long for a first line.
SH_EXEC = b"#!/bin/sh\n'''exec' /a/b/python \"$0\" \"$@\"\n'''"
SHEBANG = b"#!/usr/bin/env python3\nimport garbage"


@pytest.mark.parametrize(
    ("path", "mode", "head", "expected"),
    [
        ("a.py", REGULAR, b"", "python"),
        ("a/b.PY", REGULAR, b"", "python"),
        ("b/core/v1.2.py", REGULAR, b"", "python"),
        ("a.pyw", REGULAR, b"", "python"),
        ("a.pyi", REGULAR, b"", "stub"),
        ("a.ipynb", REGULAR, b"", "notebook"),
        (".github/scripts/a.py", REGULAR, b"", "python"),
        ("bin/tool", EXECUTABLE, SHEBANG, "python"),
        ("bin/tool", REGULAR, SHEBANG, "python"),
        (".hook", REGULAR, b"#!/usr/bin/python -u", "python"),
        ("bin/tool", REGULAR, b"#!python\n", "python"),
        ("bin/tool", REGULAR, b"#!pythonista", None),
        ("bin/tool", REGULAR, b"#!/usr/bin/env -S python3.12 -I\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/env -S uv run --script\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/env python3.13t\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/env python3d\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/python3.14td -E\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/python3-dbg\r\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/python3.12-debug\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/env -Spython3 -u\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/env -vS python3\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/env --split-string=python3\n", "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/env -S uv -q run --script\n", "python"),
        ("bin/tool", REGULAR, SH_EXEC, "python"),
        ("bin/tool", REGULAR, b"#!/usr/bin/python3-config\n", None),
        ("bin/tool", REGULAR, b"#!/usr/bin/pythonw.sh\n", None),
        ("bin/tool", REGULAR, b"#!/usr/bin/env bash\nexec python3\n", None),
        ("bin/tool", REGULAR, b"#!/bin/sh\n# python", None),
        ("bin/tool", REGULAR, b"#!/usr/bin/pythonista", None),
        ("bin/tool", REGULAR, b"", None),
        ("a.sh", REGULAR, SHEBANG, None),
        ("a.sh", EXECUTABLE, SHEBANG, "python"),
        ("bin/report.cgi", EXECUTABLE, SHEBANG, "python"),
        ("v1.2/tool-1.2", EXECUTABLE, SHEBANG, "python"),
        ("a.sh", EXECUTABLE, b"#!/bin/sh\npython3 x.py\n", None),
        ("a.png", EXECUTABLE, SHEBANG, None),
        ("a.py", EXECUTABLE, b"#!/bin/sh\n", "python"),
        ("a.py/b", REGULAR, b"", None),
        ("a.py", SYMLINK, b"", None),
        ("a.py", GITLINK, b"", None),
        ("a.py", TREE, b"", None),
    ],
)
def test_language(path: str, mode: int, head: bytes, expected: str | None) -> None:
    assert language(path, mode, head) == expected
    assert maybe_python(path, mode) or expected is None


def test_paths_that_need_no_look_inside() -> None:
    assert not maybe_python("README.md", REGULAR)
    assert not maybe_python("a.sh", REGULAR)
    assert maybe_python("a.sh", EXECUTABLE)
    assert not maybe_python("bin/tool", SYMLINK)
    assert maybe_python("bin/tool", REGULAR)
