"""The command line: find the command, run it, and turn errors into exit codes.

Exit codes: 0 clean, 1 findings, 2 an error that you can fix, 3 a bug in treeguard, 130
interrupted, 141 broken pipe. A guard never exits 0 because it failed.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any
from typing import NoReturn

from treeguard import __version__
from treeguard.commands.terminal import OutputError
from treeguard.commands.terminal import finish
from treeguard.errors import PolicyError
from treeguard.errors import TreeguardError
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_lines

CLEAN = 0
OUR_BUG = 3
INTERRUPTED = 130
BROKEN_PIPE = 141

COMMANDS: dict[str, str] = {
    "check": "treeguard.commands.check",
    "explain": "treeguard.commands.explain",
    "imports": "treeguard.commands.imports",
    "graph": "treeguard.commands.graph",
    "restore": "treeguard.commands.restore",
    "migrate": "treeguard.commands.migrate.command",
    "init": "treeguard.commands.init",
    "policy": "treeguard.commands.policy",
    "install": "treeguard.commands.install",
    "uninstall": "treeguard.commands.uninstall",
    "doctor": "treeguard.commands.doctor",
    "hook": "treeguard.commands.hook",
    "receive": "treeguard.commands.receive",
    "audit": "treeguard.commands.audit",
    "agent-hook": "treeguard.commands.agent_hook",
    "cache": "treeguard.commands.cache",
}

# What a file system refuses: permissions and space, unknown in advance.
_FIXABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)

EXAMPLES = """\
examples:
  treeguard init                   write a policy.toml that this repository satisfies
  treeguard check                  what a commit would make, against HEAD
  treeguard check --all            the whole index, without a comparison
  treeguard check origin/main..HEAD --policy-from origin/main
  treeguard explain core/run.py    which rules apply to this file, and why
  treeguard install                Git runs the check on every commit

exit codes: 0 clean, 1 findings, 2 policy or usage error, 3 a bug in treeguard
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (default: the process's) and return the exit code."""
    _open_closed_streams()
    _escape_unencodable()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
        finish()
        return code
    except BrokenPipeError:
        _silence_stdout()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        print("treeguard: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OutputError as error:
        _silence_stdout()
        return _report(error)
    except TreeguardError as error:
        return _report(error)
    except Exception as error:
        known = _as_usage_error(error)
        if known is not None:
            return _report(known)
        _report_bug(error, words)
        return OUR_BUG


def _run(words: list[str]) -> int:
    given, name, rest = split(words)
    if name is None:
        return _without_command(given)
    if name not in COMMANDS:
        from treeguard.commands.arguments import suggest

        hint = f"{suggest(name, COMMANDS)} (`treeguard --help` explains them)"
        raise UsageError(f"unknown command {name!r}", hint)
    module = load(name)
    parser = command_parser(name, module)
    try:
        args = parser.parse_args([*given, *rest])
    except SystemExit as end:  # --help and --version, which have printed
        return CLEAN if end.code is None else int(end.code)
    code: int = module.run(args)
    return code


def split(words: Sequence[str]) -> tuple[list[str], str | None, list[str]]:
    """Return the options before the command, the command, and what follows it."""
    given: list[str] = []
    for place, word in enumerate(words):
        if not word.startswith("-") and given[-1:] != ["--color"]:
            return given, word, list(words[place + 1 :])
        given.append(word)
    return given, None, []


def _without_command(given: list[str]) -> int:
    asks = "-h" in given or "--help" in given
    parser = Parser("treeguard", _description() if asks else "")
    add_common_options(parser)
    parser.usage = "treeguard COMMAND [options]"
    try:
        parser.parse_args(given)
    except SystemExit as end:
        return CLEAN if end.code is None else int(end.code)
    raise UsageError("no command was given", "`treeguard --help` lists the commands")


def _description() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:{width}}{load(name).HELP}" for name in COMMANDS]
    intro = "Keep a Git repository in the layout that its policy.toml describes."
    return "\n".join([intro, "", "commands:", *lines])


def load(name: str) -> ModuleType:
    """Import the module of one command."""
    import importlib

    return importlib.import_module(COMMANDS[name])


class Parser(argparse.ArgumentParser):
    """An argparse parser that raises `UsageError`, and is quick to create."""

    def __init__(self, prog: str, description: str, epilog: str = EXAMPLES) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=_formatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"`{self.prog} --help` lists the options")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse ignores every OSError here: --help into a broken pipe would exit 0.
        (file or sys.stdout).write(message)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Return a formatter with a width: argparse would import shutil to find one."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() and int(columns) > 40 else 88
    return argparse.RawDescriptionHelpFormatter(prog, width=width)


def command_parser(name: str, module: ModuleType) -> Parser:
    """Return the parser of one command, with its own options and the common ones."""
    epilog = getattr(module, "EPILOG", "")
    parser = Parser(f"treeguard {name}", module.HELP, epilog)
    add_common_options(parser)
    module.add_options(parser)
    return parser


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has, before its name or after it."""
    common = parser.add_argument_group("common options")
    amount = common.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help="only the report")
    amount.add_argument(
        "-v", "--verbose", action="store_true", help="also print what is being done"
    )
    common.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours in text (default: on a terminal; see NO_COLOR, FORCE_COLOR)",
    )
    common.add_argument(
        "--version", action="version", version=f"treeguard {__version__}"
    )


def _as_usage_error(error: Exception) -> UsageError | None:
    """Return what the file system refuses as an error that the user can fix."""
    if not isinstance(error, OSError) or error.errno not in _FIXABLE:
        return None
    if not isinstance(error.filename, (str, bytes)):
        return None
    import shlex

    path = os.fsdecode(error.filename)
    reason = reason_of(error)
    return UsageError(
        f"{path} cannot be read or written: {reason}",
        f"`ls -ld {shlex.quote(path)}` shows the permissions; `df` the free space",
    )


def _report(error: TreeguardError) -> int:
    if isinstance(error, PolicyError):
        for fault in error.faults:
            print(escape(str(fault)), file=sys.stderr)
    print(escape(f"treeguard: {error.message}"), file=sys.stderr)
    if error.hint:
        print(escape(f"  {error.hint}"), file=sys.stderr)
    return error.exit_code


def _report_bug(error: Exception, words: Sequence[str]) -> None:
    import platform
    import shlex
    import traceback

    lines = [
        "treeguard: this is a bug in treeguard; nothing was verified",
        "  please report it, with everything between the two lines",
        "-" * 72,
        f"treeguard {__version__}",
        f"python {platform.python_version()} on {sys.platform}",
        _git_version(),
        f"command: treeguard {shlex.join(words)}",
        "".join(traceback.format_exception(error)).rstrip(),
        "-" * 72,
    ]
    print(escape_lines("\n".join(lines)), file=sys.stderr)


def _git_version() -> str:
    from treeguard.repository.plumbing import Git

    try:
        return os.fsdecode(Git().run("version").strip())
    except TreeguardError as error:
        return f"git: {error.message}"


def _open_closed_streams() -> None:
    """Open streams that were closed at our start (`>&-`) to nothing, as Git does.

    Else the next file that is opened would get their number, and our messages.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nowhere)


def _escape_unencodable() -> None:
    """Print characters that the terminal's encoding lacks as escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    """Redirect stdout to nothing, so that the flush at exit does not fail again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
