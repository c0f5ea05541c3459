"""Read scripts and tables of commands: shell, PowerShell, batch, crontab."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.languages.shell.command_table import program_of
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import pieces
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import PLACE
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import Span
from treeguard.languages.spans import text_span

_PROCESS = re.compile(r"\s*[\w-]+:\s*(?=\S)")
_SCHEDULE = re.compile(
    r"\s*(?:@\w+|(?:[\d*/,?LW#-]|[A-Za-z]{3}\b)[^\s=]*(?:\s+[^\s=]+){4})\s+(?=\S)"
)
_USER = re.compile(r"(?!(?:cd|exec|test)\b)[a-z_][a-z0-9_-]*\s+(?=[/.\w])")
_STEP = re.compile(
    r"""\b(?:sh|bat|pwsh|powershell)\b\s*\(?\s*(?:script\s*:\s*)?"""
    r"""(?P<quote>'''|\"\"\"|['"])(?P<script>.*?)(?P=quote)"""
    r"""|\b(?:(?P<enters>dir|ws)|junit|archiveArtifacts|readFile|readYaml|readJSON"""
    r"""|load|fileExists|changeset|recordIssues|publishHTML)\b[ \t]*\(?[ \t]*"""
    r"""(?:(?:artifacts|testResults|file|path|pattern|reportDir)[ \t]*:[ \t]*)?"""
    r"""(['"])(?P<path>[^'"\n$]+)['"]""",
    re.DOTALL,
)
_DEEPEST = 20
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
    """Yield what the `sh '...'` steps of a Jenkinsfile run, from the root or the
    folder of the `dir('...') { }` around them, and the paths that other steps take."""
    folders: list[tuple[int, str]] = []  # each with the end of its block
    for step in _STEP.finditer(text.chars):
        start = text.chars.rfind("\n", 0, step.start()) + 1
        if text.chars[start : step.start()].lstrip().startswith(("//", "*")):
            continue
        while folders and folders[-1][0] <= step.start():
            folders.pop()
        folder = folders[-1][1] if folders else ""
        if step["script"] is not None:
            yield from Shell("/", folder).run(text.group(step, "script"))
            continue
        for path in pieces(text.group(step, "path"), ","):
            for span in text_span(GLOB, path, folder or ROOT):
                yield span._replace(kind=PLACE) if step["enters"] else span
        if step["enters"] and len(folders) < _DEEPEST:
            inner = posixpath.normpath(f"/{folder}/{step['path']}")
            folders.append((_block_end(text.chars, step.end()), inner))


def _block_end(chars: str, start: int) -> int:
    """Return where the block that begins after `start` ends."""
    depth = 0
    for brace in re.compile(r"[{}]").finditer(chars, start):
        depth += 1 if brace[0] == "{" else -1
        if depth <= 0:
            return brace.end()
    return len(chars)


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
