"""`treeguard uninstall`: takes the native hooks away again."""

from __future__ import annotations

import argparse

from treeguard.admin import install
from treeguard.commands.terminal import tell
from treeguard.repository.plumbing import Git

NAME = "uninstall"
HELP = "take treeguard's own hooks away, and nothing else"


def add_options(parser: argparse.ArgumentParser) -> None:
    """None so far."""


def run(args: argparse.Namespace) -> int:
    """0, also where nothing was installed."""
    git = Git()
    bare = git.where.bare
    folder = install.server_folder(git) if bare else install.hooks_folder(git)
    for sentence in install.uninstall(folder):
        tell(args, sentence)
    return 0
