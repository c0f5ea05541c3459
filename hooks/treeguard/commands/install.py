"""`treeguard install`: puts the native hooks in place."""

from __future__ import annotations

import argparse
import sys

from treeguard.commands.terminal import tell
from treeguard.repository.plumbing import Git
from treeguard.stages import install

NAME = "install"
HELP = "put the hooks in place that hold every commit to the policy"


def add_options(parser: argparse.ArgumentParser) -> None:
    """None so far."""


def run(args: argparse.Namespace) -> int:
    """0; a hook of somebody else is a usage error, and stays."""
    folder = install.hooks_folder(Git())
    for sentence in install.install(folder, sys.executable):
        tell(args, sentence)
    tell(args, "`treeguard doctor` proves that they fire.")
    return 0
