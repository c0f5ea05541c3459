"""`treeguard doctor`: proves that the hooks fire here, or says why they do not."""

from __future__ import annotations

import argparse

from treeguard.admin import doctor
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.commands.terminal import tell
from treeguard.formats.escape import escape_lines
from treeguard.repository.plumbing import Git

NAME = "doctor"
HELP = "prove that the hooks fire here: a commit refused in a scratch clone"

_SIGNS = {doctor.GOOD: "ok  ", doctor.NOTE: "note", doctor.BAD: "BAD "}


def add_options(parser: argparse.ArgumentParser) -> None:
    """None so far."""


def run(args: argparse.Namespace) -> int:
    """0 when the hooks fire and nothing is bypassed, else 1."""
    git = Git()
    if git.where.bare:
        from treeguard.admin import doctor_server

        remarks = doctor_server.examine(git)
    else:
        remarks = doctor.examine(
            git, lambda text: tell(args, f"doctor: {text} ..."), progress_of(args)
        )
    show("".join(_line(remark) for remark in remarks))
    return int(any(remark.state == doctor.BAD for remark in remarks))


def _line(remark: doctor.Remark) -> str:
    hint = f"     do: {escape_lines(remark.hint)}\n" if remark.hint else ""
    return f"{_SIGNS[remark.state]} {escape_lines(remark.message)}\n{hint}"
