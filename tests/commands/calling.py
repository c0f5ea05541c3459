"""Calls the command line inside this process, in the folder of a repository."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest

from tests.support.git import Repo
from treeguard import cli


class Answer(NamedTuple):
    """What one call gave."""

    code: int
    out: str
    err: str


def call(
    repo: Repo, capsys: pytest.CaptureFixture[str], *words: str, folder: str = ""
) -> Answer:
    """`treeguard WORDS` in `folder` of the repository, with its environment alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("GIT_"):
                patch.delenv(name)
        for name, value in repo.env.items():
            patch.setenv(name, value)
        patch.chdir(repo.path / folder)
        code = cli.main(words)
    out, err = capsys.readouterr()
    return Answer(code, out, err)
