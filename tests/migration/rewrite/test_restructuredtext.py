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


SITE: dict[str, Content] = {
    "docs/conf.py": b"",
    "docs/index.rst": b"",
    "docs/guide/faq.rst": b"",
    "docs/guide/intro.md": b"",
    "docs/guide/a.png": b"",
    "docs/old/api.rst": b"",
    "docs/old/more.rst": b"",
    "docs/other.rst": b"",
}
SITE_MOVES = {
    "docs/guide/": "docs/user/guide/",
    "docs/old/more.rst": "docs/more/more.rst",
}
TREE = ".. toctree::\n   :glob:\n\n"
# The document, its text before, afterwards, and what is listed of it.
FROM_CONF = {
    "toctree": (INDEX, f"{TREE}   /guide/faq\n   T </guide/intro>\n   self\n",
                f"{TREE}   /user/guide/faq\n   T </user/guide/intro>\n   self\n", []),
    "roles": (INDEX, ":doc:`/guide/faq` :doc:`t </guide/intro>`"
              " :download:`/guide/a.png`\n",
              ":doc:`/user/guide/faq` :doc:`t </user/guide/intro>`"
              " :download:`/user/guide/a.png`\n", []),
    "directives": (INDEX, ".. image:: /guide/a.png\n\n.. include:: /guide/faq.rst\n",
                   ".. image:: /user/guide/a.png\n\n.. include:: /user/guide/faq.rst\n",
                   []),
    "a document that moves": ("docs/guide/faq.rst", ":doc:`/other` :doc:`../other`\n",
                              ":doc:`/other` :doc:`../../other`\n", []),
    "an address of the site": (INDEX, "`x </guide/faq>`_\n\n.. _y: /guide/faq\n",
                               "`x </guide/faq>`_\n\n.. _y: /guide/faq\n", []),
    "patterns": (INDEX, f"{TREE}   guide/*\n   /guide/f*\n",
                 f"{TREE}   user/guide/*\n   /user/guide/f*\n", []),
    "a pattern that follows its document": ("docs/guide/faq.rst", f"{TREE}   int*\n",
                                            f"{TREE}   int*\n", []),
    "a pattern that loses some": (INDEX, f"{TREE}   old/*\n", f"{TREE}   old/*\n",
                                  ["old/*: some of what it matches moves away"]),
    "markdown": ("docs/a.md",
                 "```{toctree}\n:glob:\n\n/guide/faq\nguide/*\n```\n",
                 "```{toctree}\n:glob:\n\n/user/guide/faq\nuser/guide/*\n```\n", []),
    "markdown's roles": ("docs/a.md", "{doc}`/guide/faq`, {doc}`x <guide/intro>`.\n",
                         "{doc}`/user/guide/faq`, {doc}`x <user/guide/intro>`.\n",
                         []),
    "markdown's directives": ("docs/a.md", "```{image} /guide/a.png\n:alt: x\n```\n",
                              "```{image} /user/guide/a.png\n:alt: x\n```\n", []),
}  # fmt: skip


@pytest.mark.parametrize("name", FROM_CONF)
def test_a_leading_slash_counts_from_the_folder_of_conf_py(name: str) -> None:
    path, text, expected, listed = FROM_CONF[name]
    data, undecided = rewritten(a_world({**SITE, path: text}, SITE_MOVES), path)
    assert data.decode() == expected
    assert [f"{one.text}: {one.why}" for one in undecided] == listed


@pytest.mark.parametrize(
    ("moves", "why"),
    [
        pytest.param({"docs/": "site/docs/"}, [], id="all-of-it-moves"),
        pytest.param({"docs/index.rst": "index.rst"}, ["it counts from the folder of"
                     " Sphinx's conf.py, which this file leaves"], id="it-leaves"),
        pytest.param({"docs/guide/": "guide/"}, ["it would be outside of the folder of"
                     " Sphinx's conf.py"], id="what-it-names-leaves"),
    ],
)  # fmt: skip
def test_where_conf_py_says_nothing_new(moves: dict[str, str], why: list[str]) -> None:
    text = ":doc:`/guide/faq`\n"
    data, undecided = rewritten(a_world({**SITE, INDEX: text}, moves), INDEX)
    assert data.decode() == text
    assert [one.why for one in undecided] == why


CODE: dict[str, Content] = {
    "src/p/__init__.py": b"",
    "src/p/q/__init__.py": b"",
    "src/p/q/m.py": b"",
    "src/p/qq.py": b"",
    "src/alone.py": b"",
    "src/t/a.py": b"",
    "src/t/b.py": b"",
}
NAMES_MOVE = {"src/p/q/": "src/p/r/q/", "src/alone.py": "src/p/alone.py"}
NAMED = [
    ("automodule", ".. automodule:: p.q.m\n   :members:\n",
     ".. automodule:: p.r.q.m\n   :members:\n"),
    ("currentmodule", ".. currentmodule:: p.q\n.. py:module:: p.q.m\n",
     ".. currentmodule:: p.r.q\n.. py:module:: p.r.q.m\n"),
    ("class", "  .. autoclass:: p.q.m.C(x, y=1)\n",
     "  .. autoclass:: p.r.q.m.C(x, y=1)\n"),
    ("roles", ":class:`~p.q.m.C` :py:func:`the f <p.q.f>`, :meth:`!p.q.m.C.f()`\n",
     ":class:`~p.r.q.m.C` :py:func:`the f <p.r.q.f>`, :meth:`!p.r.q.m.C.f()`\n"),
    ("autosummary", ".. autosummary::\n   :n:\n\n   p.q.m\n   ~p.q.m.f\n\np\n",
     ".. autosummary::\n   :n:\n\n   p.r.q.m\n   ~p.r.q.m.f\n\np\n"),
    ("a-module", ":mod:`alone` :attr:`alone`\n", ":mod:`p.alone` :attr:`alone`\n"),
    ("what-stays", ":mod:`p.qq` :mod:`q.m` :func:`m` :mod:`xp.q`\n.. module:: p\n",
     ":mod:`p.qq` :mod:`q.m` :func:`m` :mod:`xp.q`\n.. module:: p\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*row[1:], id=row[0]) for row in NAMED]
)
def test_names_that_sphinx_imports(text: str, expected: str) -> None:
    world = a_world({**CODE, INDEX: text}, NAMES_MOVE, ("src", ""))
    data, undecided = rewritten(world, INDEX)
    assert (data.decode(), undecided) == (expected, [])


def test_a_name_whose_files_part_is_told() -> None:
    text, moves = ".. automodule:: t\n", {"src/t/a.py": "src/b/a.py"}
    moves["src/t/b.py"] = "src/c/b.py"
    world = a_world({**CODE, INDEX: text}, moves, ("src", ""))
    data, [told] = rewritten(world, INDEX)
    assert data.decode() == text
    assert (told.line, told.text) == (1, "t")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("see config/app.yaml", "prose", id="prose"),
        pytest.param("see ``config/app.yaml``", "code", id="code"),
        pytest.param("::\n\n   .. include:: ../config/app.yaml", "code", id="literal"),
        pytest.param(".. include:: /config/app.yaml\n", "conf.py", id="no-conf.py"),
    ],
)
def test_told(text: str, why: str) -> None:
    world = a_world({**FILES, INDEX: text}, MOVES)
    data, [told] = rewritten(world, INDEX)
    assert data.decode() == text
    assert why in told.why
