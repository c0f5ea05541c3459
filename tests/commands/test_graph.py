"""`treeguard graph`: zones, what crosses them, and languages that others read."""

from __future__ import annotations

from pathlib import Path

import pydot
import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository

POLICY = """\
[policy]
version = 1

[rules.no-garbage]
kind = "forbidden"
zone = ["garbage/"]

[rules.adapters]
kind = "isolated"
zone = ["app/adapters/"]
entrances = ["tests/"]
owns = ["datadog", "click_house.driver"]
independent = ["app/adapters/a/", "app/adapters/b/"]
"""
FILES = {
    "policy.toml": POLICY,
    "run.py": "import app.core, os\n",
    "app/__init__.py": "",
    "app/core.py": "import garbage.x\nfrom garbage import x as y\nimport datadog.api\n",
    "app/adapters/__init__.py": "",
    "app/adapters/a/__init__.py": "import click_house.driver.pool\n",
    "app/adapters/b/__init__.py": "from . import c\nfrom ..a import z\n",
    "app/adapters/b/c.py": "",
    "garbage/__init__.py": "",
    "garbage/x.py": "from app import core\n",
    "tests/test_a.py": "import app.adapters.a\n",
}
TEXT = """\
. -> app/: 1 import
  run.py:1
app/ -> datadog: 1 import, 1 refused by adapters
  app/core.py:3
app/ -> garbage/: 2 imports, 2 refused by no-garbage
  app/core.py:1
app/adapters/a/ -> click_house.driver: 1 import
  app/adapters/a/__init__.py:1
app/adapters/b/ -> app/adapters/a/: 1 import, 1 refused by adapters
  app/adapters/b/__init__.py:2
garbage/ -> app/: 1 import
  garbage/x.py:1
tests/ -> app/adapters/a/: 1 import
  tests/test_a.py:1
4 zones, 7 crossings, 3 of them refused.
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    for path, text in FILES.items():
        repo.write(path, text)
    repo.stage()
    repo.commit()
    return repo


def test_text(repo: Repo, capsys: Capture) -> None:
    answer = call(repo, capsys, "graph")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == TEXT


def test_a_tree_of_its_own(repo: Repo, capsys: Capture) -> None:
    repo.write("app/core.py", "")
    repo.stage()
    assert "garbage/ -> app/" in call(repo, capsys, "graph", "HEAD").out
    assert call(repo, capsys, "graph", "HEAD").out == TEXT
    assert "app/ -> garbage/" not in call(repo, capsys, "graph").out


def odd_zone(repo: Repo) -> str:
    """A zone whose name means something in every language there is."""
    name = 'od"d\\#z[o]n;e'
    repo.write("policy.toml", POLICY.replace('"garbage/"', f"'/{escaped(name)}/'"))
    repo.write(f"{name}/__init__.py", "import app.core\n")
    repo.stage()
    return name


def escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")
@pytest.mark.parametrize("is_odd", [False, True])
def test_dot_is_read_by_others(repo: Repo, capsys: Capture, is_odd: bool) -> None:
    if is_odd:
        odd_zone(repo)
    answer = call(repo, capsys, "graph", "--output-format", "dot")
    assert answer.code == 0
    [graph] = pydot.graph_from_dot_data(answer.out) or []
    edges = {
        (edge.get_source(), edge.get_destination(), edge.get("color"))
        for edge in graph.get_edges()
    }
    red = ('"app/adapters/b/"', '"app/adapters/a/"', "red")
    assert red in edges
    assert ('"."', '"app/"', None) in edges
    assert len(edges) == (7 if not is_odd else 8)
    assert {'"app/adapters/"', '"datadog"'} <= {n.get_name() for n in graph.get_nodes()}


def test_mermaid(repo: Repo, capsys: Capture) -> None:
    answer = call(repo, capsys, "graph", "--output-format", "mermaid")
    lines = answer.out.splitlines()
    assert lines[0] == "flowchart LR"
    assert '  n0["app/adapters/"]' in lines
    assert '  n2 ==>|"1 import, 1 refused by adapters"| n1' in lines
    assert lines[-1] == "  linkStyle 1,2,4 stroke:red"


def test_mermaid_holds_no_marks_of_names(repo: Repo, capsys: Capture) -> None:
    odd_zone(repo)
    answer = call(repo, capsys, "graph", "--output-format", "mermaid")
    [line] = [line for line in answer.out.splitlines() if "#34;" in line]
    assert line.count('"') == 2
    assert line.count("[") == line.count("]") == 1


def test_what_cannot_be_read_is_told(repo: Repo, capsys: Capture) -> None:
    repo.write("app/core.py", "def (:\n")
    repo.stage()
    answer = call(repo, capsys, "graph")
    assert answer.code == 1
    assert "app/core.py: cannot be read as Python" in answer.err


def test_it_needs_a_policy(repo: Repo, capsys: Capture) -> None:
    repo.run("rm", "-q", "policy.toml")
    answer = call(repo, capsys, "graph")
    assert answer.code == 2
    assert "policy.toml" in answer.err
