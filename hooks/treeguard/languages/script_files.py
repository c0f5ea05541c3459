"""Read scripts and tables of commands: shell, PowerShell, batch, crontab."""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.shell.command_table import program_of
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import lines
from treeguard.languages.spans import Span

_PROCESS = re.compile(r"\s*[\w-]+:\s*(?=\S)")
_SCHEDULE = re.compile(
    r"\s*(?:@\w+|(?:[\d*/,?LW#-]|[A-Za-z]{3}\b)[^\s=]*(?:\s+[^\s=]+){4})\s+(?=\S)"
)
_USER = re.compile(r"(?!(?:cd|exec|test)\b)[a-z_][a-z0-9_-]*\s+(?=[/.\w])")
_STEP = re.compile(
    r"""\b(?:sh|bat|pwsh|powershell)\b\s*\(?\s*(?:script\s*:\s*)?"""
    r"""(?P<quote>'''|\"\"\"|['"])(?P<script>.*?)(?P=quote)""",
    re.DOTALL,
)
_BATCH_VARIABLE = re.compile(r"%~dp0/?|%(\w+)%|%~?\d")
_BATCH_COMMENT = re.compile(r"\s*@?(?:rem\b|::)", re.IGNORECASE)
_BLOCK_COMMENT = re.compile(r"<#.*?#>", re.DOTALL)
_POWERSHELL_ASSIGNMENT = re.compile(
    r"(?m)^\s*\$(?:env_|global:|script:)?(?P<name>\w+)\s*=\s*(?P<value>.*)$",
    re.IGNORECASE,
)


def shell_spans(text: SourceText) -> Iterator[Span]:
    """Yield what a shell script uses; the folder that it is started in is unknown."""
    return Shell().run(text)


def process_spans(text: SourceText) -> Iterator[Span]:
    """Yield what the `name: command` lines of a Procfile run, from the root."""
    for line in lines(text):
        match = _PROCESS.match(line.chars)
        if match:
            yield from Shell("/").run(line.part(match.end()))


def schedule_spans(text: SourceText) -> Iterator[Span]:
    """Yield what a crontab runs: five fields of time, perhaps a user, a command."""
    shell = Shell()
    for line in lines(text):
        match = _SCHEDULE.match(line.chars)
        if line.chars.lstrip().startswith("#"):
            continue
        if not match:
            yield from shell.run(line)
            continue
        command = line.part(match.end())
        user = _USER.match(command.chars)
        if user and program_of(command.group(user).strip()) is None:
            command = command.part(user.end())
        yield from shell.script(command)


def jenkins_spans(text: SourceText) -> Iterator[Span]:
    """Yield what the `sh '...'` steps of a Jenkinsfile run, from the root."""
    for step in _STEP.finditer(text.chars):
        start = text.chars.rfind("\n", 0, step.start()) + 1
        if not text.chars[start : step.start()].lstrip().startswith(("//", "*")):
            yield from Shell("/").run(text.group(step, "script"))


def powershell_spans(text: SourceText) -> Iterator[Span]:
    """Yield what a PowerShell script runs: back slashes are slashes, `&` calls."""
    chars = _BLOCK_COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text.chars)
    chars = re.sub(r"(?i)\$env:", "$env_", chars)
    chars = chars.replace("\\", "/").replace("`\n", "\\\n").replace("`", " ")
    script = text.with_chars(chars)
    shell = Shell()
    for match in _POWERSHELL_ASSIGNMENT.finditer(chars):
        value = script.group(match, "value").strip()
        if re.fullmatch(r"""(["'])[^"'$]*\1""", value.chars):
            shell.assign(match["name"], value.part(1, -1))
            yield from shell.environment(match["name"], value.part(1, -1))
    yield from shell.run(script)


def batch_spans(text: SourceText) -> Iterator[Span]:
    """Yield what a batch file runs: `%~dp0` is its own folder, `%NAME%` a variable."""
    shell = Shell()
    for line in lines(text):
        if _BATCH_COMMENT.match(line.chars):
            continue
        at = len(line.chars) - len(line.chars.lstrip("@ \t"))
        yield from shell.run(_as_shell(line.part(at)))


def _as_shell(line: SourceText) -> SourceText:
    line = line.with_chars(line.chars.replace("\\", "/"))
    return line.sub(
        _BATCH_VARIABLE,
        lambda m: line.group(m).with_text(f"${{{m[1]}}}" if m[1] else "$0/"),
    )
