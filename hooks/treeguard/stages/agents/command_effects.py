"""What the programs do that an agent's command may run: those that lose or make files.

A program that is not listed here does nothing that is judged: it may do anything, which
is why this hook is never the only layer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from fnmatch import fnmatchcase

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import word_set
from treeguard.stages.agents import archive_commands as agent_tools
from treeguard.stages.agents import git_commands as agent_git
from treeguard.stages.agents import hook_bypass as agent_bypass
from treeguard.stages.agents import interpreters as agent_runners
from treeguard.stages.agents.command_options import option
from treeguard.stages.agents.command_options import positional
from treeguard.stages.agents.interpreters import SHELLS
from treeguard.stages.agents.shell_command import ENTER
from treeguard.stages.agents.shell_command import Script
from treeguard.stages.agents.shell_words import UNKNOWN
from treeguard.stages.agents.shell_words import RefusedError

Program = Callable[[Sequence[str], Script, Sequence[SourceText]], None]

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", re.DOTALL)
_WRAPPERS = word_set(
    "sudo doas env nohup time nice ionice timeout command builtin exec stdbuf setsid"
    " chronic caffeinate xargs parallel watch uv poetry pipenv pdm rye hatch conda"
    " busybox flock unbuffer script"
)
_SPACES = re.compile(r"\s|\\[0nrt]")


def run(
    words: Sequence[str], script: Script, bodies: Sequence[SourceText] = ()
) -> None:
    """Follow one command. Raises `RefusedError` where it does what is forbidden."""
    name = os.path.basename(words[0])
    agent_bypass.refuse_runner(name, words)
    if UNKNOWN in words[0]:
        what = "which program runs"
        script.effects.refuse_if_mentioned(list(words[1:]), script.cwd, what)
    elif name in _WRAPPERS:
        _wrapper(words, script, bodies)
    elif name in SHELLS:
        agent_runners.shell(words, script, bodies)
    elif agent_runners.is_code(name):
        agent_runners.code(words, script, bodies)
    elif name in PROGRAMS:
        PROGRAMS[name](words, script, bodies)


def _wrapper(
    words: Sequence[str], script: Script, bodies: Sequence[SourceText]
) -> None:
    """A program that runs another: the first word from here on that is a known one."""
    for place, word in enumerate(words[1:], 1):
        found = _ASSIGNMENT.match(word)
        if found:
            agent_bypass.refuse_assignment(found[1], found[2])
        elif _is_known(word):
            _wrapped(words, place, script, bodies)
            return
        elif word.startswith("--split-string=") or words[place - 1] == "-S":
            script.child(word.removeprefix("--split-string="))


def _is_known(word: str) -> bool:
    name = os.path.basename(word)
    known = name in PROGRAMS or name in SHELLS or name in _WRAPPERS or name in ENTER
    return known or agent_runners.is_code(name)


def _wrapped(
    words: Sequence[str], place: int, script: Script, bodies: Sequence[SourceText]
) -> None:
    inner = words[place:]
    if os.path.basename(words[0]) in ("xargs", "parallel") and _loses(inner):
        what = "which files are meant"
        given = [part for word in script.seen for part in _SPACES.split(word)]
        script.effects.refuse_if_mentioned(given, script.cwd, what)
    script.program(inner, bodies)


def _loses(words: Sequence[str]) -> bool:
    name = os.path.basename(words[0])
    git = name == "git" and bool({"rm", "mv", "clean", "checkout"} & set(words))
    shell = name in SHELLS or agent_runners.is_code(name)
    return git or shell or name in ("rm", "unlink", "shred", "mv", "truncate", "sed")


def _remove(
    words: Sequence[str], script: Script, _bodies: Sequence[SourceText]
) -> None:
    known = True
    for path in positional(words[1:]):
        known = script.effects.lose(path, script.cwd) and known
    if not known:
        what = "which files are meant"
        script.effects.refuse_if_mentioned(script.seen, script.cwd, what)


def _move(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    _carry(words, script, away=True)


def _copy(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    _carry(words, script, away="--remove-source-files" in words)
    paths = list(positional(words[1:]))
    if paths and any(word.startswith("--delete") for word in words):
        what = "which files rsync deletes"
        script.effects.refuse_if_mentioned(paths[-1:], script.cwd, what)


def _carry(words: Sequence[str], script: Script, *, away: bool) -> None:
    if "-d" in words and words[0] == "install":
        return
    paths = list(positional(words[1:], "-t -S -m -o -g --suffix --mode"))
    target = option(words, "-t", "--target-directory")
    if target is not None:
        target += "/"
    elif len(paths) > 1:
        target = paths.pop()
    if target is not None:
        script.effects.carry(paths, target, script.cwd, away=away)


def _link(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    paths = list(positional(words[1:]))
    target = option(words, "-t", "--target-directory")
    if target is None and len(paths) > 1:
        target = paths.pop()
    for path in paths:
        script.effects.link(path, target or ".", script.cwd)


def _touch(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    for path in positional(words[1:], "-d -r -t"):
        script.effects.make(path, script.cwd)


def _tee(words: Sequence[str], script: Script, bodies: Sequence[SourceText]) -> None:
    appends = any(re.fullmatch(r"-[a-z]*a[a-z]*|--append", w) for w in words)
    for path in positional(words[1:]):
        if appends:
            script.effects.edit(path, script.cwd)
            script.effects.make(path, script.cwd)
        else:
            script.effects.empty(path, script.cwd)


def _truncate(
    words: Sequence[str], script: Script, _bodies: Sequence[SourceText]
) -> None:
    for path in positional(words[1:], "-s -r --size --reference"):
        script.effects.empty(path, script.cwd)


def _dd(words: Sequence[str], script: Script, _bodies: Sequence[SourceText]) -> None:
    for word in words[1:]:
        if word.startswith("of="):
            script.effects.empty(word[3:], script.cwd)


def _stream_edit(
    words: Sequence[str], script: Script, _bodies: Sequence[SourceText]
) -> None:
    if not any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in words[1:]):
        return
    done = script.effects.empty if _deletes_all(words) else script.effects.edit
    for path in positional(words[1:], "-e -f"):
        done(path, script.cwd)


def _deletes_all(words: Sequence[str]) -> bool:
    """`sed -i d`, `sed -i '1,$d'`; `sed -n -i` with a script that prints nothing."""
    given = option(words, "-e", "--expression", "--expression=")
    text = given if given is not None else next(positional(words[1:]), "")
    silent = any(re.match(r"-[a-zA-Z]*n|--quiet|--silent", word) for word in words)
    every = re.fullmatch(r"\s*(1\s*,\s*\$)?\s*d\s*", text)
    return every is not None or (silent and not re.search(r"[pPwiac]", text))


def _find(words: Sequence[str], script: Script, bodies: Sequence[SourceText]) -> None:
    """`find FOLDERS -name GLOB -delete`, or `-exec rm {} +`."""
    start = next((i for i, w in enumerate(words) if i and w[:1] in "-(!"), len(words))
    folders = list(words[1:start]) or ["."]
    for place, word in enumerate(words):
        if word in ("-exec", "-execdir", "-ok", "-okdir") and place + 1 < len(words):
            inner = [w for w in words[place + 1 :] if w not in ("{}", ";", "+")]
            if _loses(inner or ["true"]):
                _delete(folders, words, script)
            else:
                script.program(inner, bodies)
    if "-delete" in words:
        _delete(folders, words, script)


def _delete(folders: Sequence[str], words: Sequence[str], script: Script) -> None:
    names = [words[i + 1] for i, w in enumerate(words[:-1]) if w == "-name"]
    tangled = {"-o", "-or", "!", "-not", "("} & set(words)

    def wanted(path: str) -> bool:
        name = path.rpartition("/")[2]
        return tangled != set() or all(fnmatchcase(name, glob) for glob in names)

    for folder in folders:
        script.effects.lose(folder, script.cwd, wanted)


def _change_mode(
    words: Sequence[str], script: Script, _bodies: Sequence[SourceText]
) -> None:
    from treeguard.stages.agents.shell_words import place

    for path in positional(words[1:]):
        place(path, script.cwd, script.effects.ground)


def _patch(words: Sequence[str], script: Script, bodies: Sequence[SourceText]) -> None:
    """Codex's `apply_patch`, with the patch as a word or as a here-document."""
    from treeguard.stages.agents.call_formats import apply_patch

    texts = [*words[1:2], *(body.chars for body in bodies)]
    if not texts or script.cwd is None:
        raise RefusedError(
            "cannot verify a patch that is not in the command", "write it out"
        )
    for text in texts:
        apply_patch(text, script.effects.ground)


def _table() -> Iterator[tuple[str, Program]]:
    for names, program in (
        ("rm unlink shred srm wipe rimraf trash trash-put rmdir", _remove),
        ("mv", _move),
        ("cp rsync install scp", _copy),
        ("ln", _link),
        ("touch", _touch),
        ("tee", _tee),
        ("truncate", _truncate),
        ("dd", _dd),
        ("sed gsed", _stream_edit),
        ("find", _find),
        ("chmod", _change_mode),
        ("eval", agent_runners.evaluate),
        ("alias", agent_runners.alias),
        ("trap", agent_runners.trap),
        ("export declare readonly typeset local", agent_runners.export),
        ("read mapfile readarray", agent_runners.read),
        ("tar gtar bsdtar", agent_tools.tar),
        ("zip", agent_tools.zip_files),
        ("gzip bzip2 xz lzma zstd pigz pbzip2 lz4", agent_tools.compress),
        ("curl", agent_tools.curl),
        ("wget", agent_tools.wget),
        ("fd fdfind", agent_tools.fd),
        ("apply_patch applypatch", _patch),
        ("git", agent_git.run),
    ):
        for name in names.split():
            yield name, program


PROGRAMS: dict[str, Program] = dict(_table())
