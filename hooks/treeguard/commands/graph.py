"""`treeguard graph`: show the policy's zones and the imports that cross them."""

from __future__ import annotations

import argparse

from treeguard.commands.arguments import add_tree
from treeguard.commands.arguments import chosen_tree
from treeguard.commands.terminal import show
from treeguard.commands.terminal import warn
from treeguard.formats.graph import FORMATS
from treeguard.stages.session import analyze_snapshot
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.stages.zone_graph import build_zone_graph

HELP = "show the policy's zones and the imports that cross them"
EPILOG = """\
Zones are what rules of the kinds forbidden, isolated and layers name. A file in none of
them counts as its topmost folder, and a module that a zone `owns` counts as itself.
Files that cannot be read as Python are listed on stderr, and the exit code is then 1.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the tree and the format."""
    add_tree(parser)
    parser.add_argument(
        "--output-format", choices=FORMATS, default="text", help="default: text"
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 if every Python source could be read, else 1."""
    with open_session() as (git, store):
        snapshot, name = chosen_tree(git, args.tree)
        policy = read_policy(snapshot, name)
        graph = build_zone_graph(policy, analyze_snapshot(snapshot, policy, store))
    for path, why in graph.unreadable:
        warn(f"{path}: cannot be read as Python: {why}")
    show(FORMATS[args.output_format](graph))
    return 1 if graph.unreadable else 0
