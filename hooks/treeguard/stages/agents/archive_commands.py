"""What archivers, downloads and searches do to the files that an agent names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from treeguard.languages.source_text import SourceText
from treeguard.stages.agents.command_options import option
from treeguard.stages.agents.command_options import positional
from treeguard.stages.agents.shell_command import Script

_KEEPS = frozenset(("--keep", "--stdout", "--to-stdout", "--test", "--list"))


def tar(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """`tar --remove-files`: what was packed is deleted."""
    if "--remove-files" in words:
        _lose(list(positional(words[1:])), script)


def zip_files(
    words: Sequence[str], script: Script, _bodies: Sequence[SourceText]
) -> None:
    """`zip -m`: what was packed is deleted."""
    if any(re.match(r"-[a-zA-Z]*m|--move", word) for word in words[1:]):
        _lose(list(positional(words[1:]))[1:], script)


def compress(
    words: Sequence[str], script: Script, _bodies: Sequence[SourceText]
) -> None:
    """`gzip FILE` puts FILE.gz into its place; zstd and lz4 keep it unless told."""
    letters = "".join(w[1:] for w in words[1:] if re.match(r"-[a-zA-Z0-9]", w))
    keeps = bool(_KEEPS & set(words)) or bool(set("kctl") & set(letters))
    if words[0].endswith(("zstd", "lz4")):
        keeps = "--rm" not in words
    if not keeps:
        _lose(list(positional(words[1:], "-S --suffix -T -M")), script)


def curl(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """`curl -o FILE URL`, `curl -O URL`: written over, whatever it was."""
    paths = [option(words, "-o", "--output")]
    if any(re.match(r"-[a-zA-Z]*O|--remote-name\Z", word) for word in words[1:]):
        urls = [word for word in words[1:] if "://" in word]
        paths += [re.split(r"[?#]", url)[0].rpartition("/")[2] for url in urls]
    _overwrite(paths, script)


def wget(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    """`wget -O FILE URL`; without it, a file that is there is left alone."""
    _overwrite([option(words, "-O", "--output-document")], script)


def fd(words: Sequence[str], script: Script, bodies: Sequence[SourceText]) -> None:
    """`fd PATTERN FOLDER -x COMMAND`: it may be given all that is below the words."""
    for place, word in enumerate(words[1:], 1):
        if word in ("-x", "-X", "--exec", "--exec-batch"):
            inner = [word for word in words[place + 1 :] if word != ";"]
            script.program(["xargs", *inner], bodies)
            return


def _lose(paths: Sequence[str], script: Script) -> None:
    for path in paths:
        script.effects.lose(path, script.cwd)


def _overwrite(paths: Sequence[str | None], script: Script) -> None:
    for path in paths:
        if path not in (None, "", "-"):
            script.effects.empty(str(path), script.cwd)
