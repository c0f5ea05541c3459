"""How commands print: the report on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from time import monotonic
from typing import TextIO

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.findings import Report
from treeguard.formats.escape import escape_lines

# The output format where no option says so: hooks have none.
FORMAT = "TREEGUARD_OUTPUT_FORMAT"

# Seconds before progress is shown.
PATIENCE = 0.5


class OutputError(UsageError):
    """The report cannot be written to stdout: a full disk, a closed stream."""


def wants_color(choice: str, stream: TextIO) -> bool:
    """Return whether to colour what is written to `stream`.

    For `auto`, NO_COLOR (https://no-color.org) and then FORCE_COLOR decide if they are
    not empty, then whether `stream` is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def format_of(given: str | None = None) -> str:
    """Return the output format given, else that of the environment, else `text`.

    Raises `UsageError` for an unknown one.
    """
    from treeguard.formats.registry import FORMATS

    name = given or os.environ.get(FORMAT) or "text"
    if name not in FORMATS:
        raise UsageError(
            f"{FORMAT} is {name!r}, which is not an output format",
            f"use one of {', '.join(FORMATS)}",
        )
    return name


def progress_of(args: Namespace) -> Progress:
    """Return what shows long work on stderr, if it is a terminal, on one line."""
    if args.quiet or not sys.stderr.isatty():
        return silent
    begun = monotonic()

    def progress(what: str, done: int, total: int) -> None:
        if done == total:
            sys.stderr.write("\r\x1b[K")
        elif monotonic() - begun > PATIENCE:
            sys.stderr.write(f"\r{what}: {done} of {total}\x1b[K")
            sys.stderr.flush()

    return progress


def show(text: str) -> None:
    """Write a part of the report; `text` is already safe to show.

    Raises `OutputError`, or `BrokenPipeError` when the reader has closed the pipe.
    """
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritten(error) from error


def finish() -> None:
    """Flush what is still buffered. Errors as `show`."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritten(error) from error


def _unwritten(error: OSError) -> OutputError:
    reason = reason_of(error)
    return OutputError(f"the report cannot be written: {reason}", "see --output FILE")


def write_report(text: str, output: str | None) -> None:
    """Write the report to stdout, or to the file `output`. Raises `UsageError`."""
    if output is None:
        show(text)
    else:
        write_file(text.encode("utf-8"), output, "--output")


def write_file(data: bytes, path: str, option: str) -> None:
    """Write the file that an option names. Raises `UsageError`."""
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as error:
        reason = reason_of(error)
        hint = f"give {option} a file in a folder that exists"
        raise UsageError(f"{path} cannot be written: {reason}", hint) from error


def show_report(report: Report, args: Namespace) -> int:
    """Write a report as the environment says; return 1 if a finding blocks, else 0."""
    from treeguard.formats.registry import renderer

    show(renderer(format_of())(report, color=wants_color(args.color, sys.stdout)))
    return int(report.blocking > 0)


def inform(args: Namespace, message: str) -> None:
    """Print a message on stderr, unless --quiet."""
    if not args.quiet:
        print(escape_lines(message), file=sys.stderr)


def detail(args: Namespace, message: str) -> None:
    """Print a message on stderr, only with --verbose."""
    if args.verbose:
        print(escape_lines(message), file=sys.stderr)


def warn(message: str) -> None:
    """Print on stderr what could not be done, even with --quiet."""
    print(escape_lines(message), file=sys.stderr)
