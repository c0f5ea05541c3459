"""`treeguard graph`: the policy's zones, and the imports that cross them."""

from __future__ import annotations

import argparse

from treeguard.commands import graph_formats
from treeguard.commands.terminal import complain
from treeguard.commands.terminal import show
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import analyze_snapshot
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.stages.zone_graph import graph_of

NAME = "graph"
HELP = "show the policy's zones and the imports that cross them"
EPILOG = """\
A zone is what a rule of the kinds forbidden, isolated or layers names; what lies in
none counts by its topmost folder, and a module that a zone `owns` stands for itself. A
file that cannot be read as Python is named on stderr, and the exit code is then 1.
"""
FORMATS = {
    "text": graph_formats.text,
    "dot": graph_formats.dot,
    "mermaid": graph_formats.mermaid,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which tree, and in which language."""
    parser.add_argument(
        "tree", nargs="?", metavar="TREE", help="a commit or tree (default: the index)"
    )
    parser.add_argument(
        "--output-format", choices=FORMATS, default="text", help="default: text"
    )


def run(args: argparse.Namespace) -> int:
    """0 when every Python source could be read, else 1."""
    with open_session() as (git, store):
        named = args.tree is not None
        snapshot = tree_snapshot(git, args.tree) if named else index_snapshot(git)
        policy = read_policy(snapshot, args.tree if named else "index")
        graph = graph_of(policy, analyze_snapshot(snapshot, policy, store))
    for path, why in graph.unreadable:
        complain(f"{path}: cannot be read as Python: {why}")
    show(FORMATS[args.output_format](graph))
    return 1 if graph.unreadable else 0
