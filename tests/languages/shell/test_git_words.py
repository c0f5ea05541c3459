"""Which words of git, gh and glab are names in Git, and which may be paths."""

from __future__ import annotations

import pytest

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import REF
from treeguard.languages.spans import WORD

# A command, the words that are no paths, and those that may be.
COMMANDS = [
    ("git checkout -b old/x", ["old/x"], []),
    ('git push origin "old/${TAG}"', ["origin", "old/\0"], []),
    ("git -C web push -u old/r old/b:old/c", ["old/r", "old/b:old/c"], []),
    ("git switch -c old/x main", ["main", "old/x"], []),
    ("git merge --no-ff old/x", ["old/x"], []),
    ("git fetch old/remote 'refs/heads/old/*'", ["old/remote", "refs/heads/old/*"], []),
    ("git commit -m old/x.py -- old/y.py", ["old/x.py"], ["old/y.py"]),
    ("git checkout main -- old/x.py", [], ["old/x.py"]),
    ("git diff main old/x.py", [], ["old/x.py"]),
    ("git show HEAD:old/x.py", ["HEAD:old/x.py"], []),
    ("git add old/x.py old/*.txt", [], ["old/x.py", "old/"]),
    ("git rm -r old/x.py; git mv old/y old/z", [], ["old/x.py", "old/y", "old/z"]),
    ("sudo git tag old/v1", ["old/v1"], []),
    ("git log --grep=old/x -- old/y.py", ["--grep=old/x"], ["old/y.py"]),
    (
        "gh pr create --title old/x --head old/y -F old/body.md",
        ["old/x", "old/y"],
        ["old/body.md"],
    ),
    ("gh pr checkout old/x", ["old/x"], []),
    ("gh release create old/v1 old/a.zip -t old/t", ["old/v1", "old/t"], ["old/a.zip"]),
    ("glab mr create --source-branch old/x", ["old/x"], []),
    ("cp old/x.py old/y.py", [], ["old/x.py", "old/y.py"]),
]


@pytest.mark.parametrize(("command", "names", "paths"), COMMANDS)
def test_a_branch_is_no_path(command: str, names: list[str], paths: list[str]) -> None:
    found = list(Shell().run(from_file(command)))
    assert sorted(s.text for s in found if s.kind == REF) == sorted(names)
    assert [s.text for s in found if s.kind == WORD and "old" in s.text] == paths
