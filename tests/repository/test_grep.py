"""Whole words, found by Git: nothing that Python finds may be missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.git import make_repository
from treeguard.repository.grep import WORD
from treeguard.repository.grep import search_words
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot

TEXTS = {
    "a.py": "import agents\n",
    "b.py": "import agents_too\n",
    "c.py": "x = 'a\\nagents'\n",
    "d.md": "see %2Fagents\n",
    "e.txt": "é\n",
    "sub/f": "agents.md",
    "g.py": "",
}


@pytest.mark.parametrize("more", [0, 30], ids=["few", "many"])
def test_files_with_a_word(tmp_path: Path, more: int) -> None:
    repo = make_repository(tmp_path / "repo")
    for path, text in TEXTS.items():
        repo.write(path, text)
    repo.stage()
    repo.commit("texts")
    git = Git(str(repo.path), repo.env)
    words = [b"agents", *(b"unheard%d" % number for number in range(more))]
    tree = tree_snapshot(git, "HEAD").tree
    assert tree is not None
    found = search_words(git, tree, words)
    exact = re.compile(WORD % b"|".join(map(re.escape, words)))
    wanted = {path for path, text in TEXTS.items() if exact.search(text.encode())}
    assert wanted == {"a.py", "c.py", "d.md", "sub/f"}
    assert found == frozenset(wanted | {"e.txt"})
    left = search_words(git, tree, words, [".py"])
    assert left == frozenset({"d.md", "e.txt", "sub/f"})
    git.close()
