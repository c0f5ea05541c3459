"""`treeguard uninstall`: remove the native hooks."""

from __future__ import annotations

import argparse
from contextlib import closing

from treeguard.admin import install
from treeguard.commands.terminal import inform
from treeguard.repository.plumbing import Git

HELP = "remove treeguard's own hooks, and nothing else"
EPILOG = """\
Removes the hooks that `treeguard install` wrote, also those of --hard; in a bare
repository, those of --server. Hooks of others stay.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options."""


def run(args: argparse.Namespace) -> int:
    """Return 0, also if nothing was installed."""
    with closing(Git()) as git:
        bare = git.where.bare
        folder = install.server_folder(git) if bare else install.hooks_folder(git)
        for sentence in install.uninstall(folder):
            inform(args, sentence)
    return 0
