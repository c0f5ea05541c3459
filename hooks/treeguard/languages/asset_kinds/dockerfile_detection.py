"""Is a text a Dockerfile? By the Dockerfile reference, not by its name.

Docker's "Dockerfile reference" says: parser directives and comments, then global `ARG`
instructions, then `FROM`, then instructions only; a backslash (or what the directive
`escape` names) continues a line; comment lines inside a continued one are dropped;
`RUN`, `COPY` and `ADD` may carry here-documents. Instructions are case-insensitive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Every spelling that is met in practice; `fRoM` is legal and written by nobody.
NEEDLES = (b"FROM", b"from", b"From")
_INSTRUCTIONS_WORDS = (
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD "
    "RUN SHELL STOPSIGNAL USER VOLUME WORKDIR"
)
INSTRUCTIONS = frozenset(_INSTRUCTIONS_WORDS.split())
_DIRECTIVE = re.compile(r"#\s*(syntax|escape|check)\s*=\s*(\S+)\s*$", re.IGNORECASE)
_FROM = re.compile(
    r"FROM\s+(?:--platform=\S+\s+)?[^\s:;,(){}-][^\s;,(){}]*(?:\{[^\s{}]*\}[^\s;,(){}]*)*"
    r"(?:\s+AS\s+[\w.$-]+)?\Z",
    re.IGNORECASE,
)
_HEREDOC = re.compile(r"""<<(-?)(["']?)([A-Za-z_]\w*)\2""")


def is_dockerfile(data: bytes, *, named: bool = False) -> bool:
    """True when `data` reads as a Dockerfile from its first line to its last.

    A lone `FROM` is also a whole SQL statement and a whole Modelfile: without another
    instruction only a file `named` as a Dockerfile is taken for one.
    """
    if b"\0" in data:
        return False
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    started = False
    count = 0
    for line in _instructions(text):
        word, _, rest = line.partition(" ")
        word = word.upper()
        if word not in INSTRUCTIONS or not rest.strip():
            return False
        if not started and word == "ARG":
            continue
        if word == "FROM" and not _FROM.match(line.strip()):
            return False
        if not started and word != "FROM":
            return False
        started = True
        count += 1
    return started and (named or count > 1)


def _instructions(text: str) -> Iterator[str]:
    """Each instruction on one line, here-documents and comments left out."""
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    escape = _escape(text)
    pending = ""
    for raw in lines:
        line = raw.strip().replace("\t", " ")
        if not line or line.startswith("#"):
            continue
        if line.endswith(escape):
            pending += line[:-1] + " "
            continue
        whole, pending = pending + line, ""
        if whole.strip():
            yield whole.strip()
            _skip_heredocs(whole, lines)
    if pending.strip():
        yield pending.strip()


def _escape(text: str) -> str:
    """The line continuation: directives stand before anything else."""
    for line in text.splitlines():
        found = _DIRECTIVE.match(line.strip())
        if found is None:
            break
        if found[1].lower() == "escape":
            return found[2]
    return "\\"


def _skip_heredocs(line: str, lines: Iterator[str]) -> None:
    word = line.partition(" ")[0].upper()
    if word not in ("RUN", "COPY", "ADD", "ONBUILD"):
        return
    for dash, _, name in _HEREDOC.findall(line):
        for body in lines:
            if (body.lstrip("\t") if dash else body) == name:
                break
