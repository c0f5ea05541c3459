"""Paths of reStructuredText: what follows, and what is told."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content

FILES: dict[str, Content] = {
    "docs/guide.rst": b"",
    "docs/setup.rst": b"",
    "docs/img/a.png": b"",
    "config/app.yaml": b"",
}
MOVES = {"config/": "deployment/config/", "docs/setup.rst": "docs/enterprise/setup.rst"}
INDEX, SETUP = "docs/index.rst", "docs/setup.rst"
ROWS = [
    ("image", SETUP, ".. image:: img/a.png\n", ".. image:: ../img/a.png\n"),
    ("include", INDEX, ".. literalinclude:: ../config/app.yaml\n   :lines: 1\n",
     ".. literalinclude:: ../deployment/config/app.yaml\n   :lines: 1\n"),
    ("target", INDEX, ".. _s: setup.rst\n", ".. _s: enterprise/setup.rst\n"),
    ("inline", INDEX, "a `b c <setup.rst>`_ d\n",
     "a `b c <enterprise/setup.rst>`_ d\n"),
    ("download", INDEX, ":download:`x <../config/app.yaml>`\n",
     ":download:`x <../deployment/config/app.yaml>`\n"),
    ("doc", INDEX, ":doc:`setup` and :doc:`the <guide>`\n",
     ":doc:`enterprise/setup` and :doc:`the <guide>`\n"),
    ("toctree", INDEX,
     ".. toctree::\r\n   :maxdepth: 2\r\n\r\n   guide\r\n   2 <setup>\r\n",
     ".. toctree::\r\n   :maxdepth: 2\r\n\r\n   guide\r\n   2 <enterprise/setup>\r\n"),
    ("literal", INDEX, "So::\n\n   .. image:: setup.png\n   .. _s: guide.rst\n\nx\n",
     "So::\n\n   .. image:: setup.png\n   .. _s: guide.rst\n\nx\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_rewritten(path: str, text: str, expected: str) -> None:
    data, undecided = rewritten(a_world({**FILES, path: text}, MOVES), path)
    assert (data.decode(), undecided) == (expected, [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("see config/app.yaml", "prose", id="prose"),
        pytest.param("see ``config/app.yaml``", "code", id="code"),
        pytest.param("::\n\n   .. include:: ../config/app.yaml", "code", id="literal"),
        pytest.param(".. include:: /config/app.yaml\n", "prose", id="root-of-sphinx"),
    ],
)
def test_told(text: str, why: str) -> None:
    world = a_world({**FILES, INDEX: text}, MOVES)
    data, [told] = rewritten(world, INDEX)
    assert data.decode() == text
    assert why in told.why
