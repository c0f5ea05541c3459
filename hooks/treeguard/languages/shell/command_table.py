"""List what each program does with its words: which it runs, copies or imports.

Only programs that run, copy or import what they are given are listed. Of a program that
is not, the words are searched for one that is (`docker run image python -m a.b`),
unless it is known to run nothing (`echo`, `git`, `rm`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.bazel import labels_in
from treeguard.languages.shell.programs import ASSIGNMENT
from treeguard.languages.shell.programs import INTERPRETER
from treeguard.languages.shell.programs import PROGRAMS as PYTHON_PROGRAMS
from treeguard.languages.shell.programs import Tool
from treeguard.languages.shell.programs import module
from treeguard.languages.shell.programs import positional
from treeguard.languages.shell.programs import python
from treeguard.languages.shell.programs import tools
from treeguard.languages.shell.programs import values
from treeguard.languages.shell.runner import Program
from treeguard.languages.shell.runner import Runner
from treeguard.languages.shell.runner import Words
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join
from treeguard.languages.source_text import pieces
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import COMPOSE_FILE
from treeguard.languages.spans import DOCKERFILE
from treeguard.languages.spans import IMAGE
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import WORD
from treeguard.languages.spans import Container
from treeguard.languages.spans import Span
from treeguard.languages.spans import bare_span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import text_span
from treeguard.languages.spans import word_span

SHELLS = word_set("sh bash zsh dash ksh ash fish su")

_SILENT = word_set(
    "echo printf print : true false test [ [[ git hg svn grep egrep rg ag rm rmdir"
    " mkdir ls touch chmod chown sed awk wc head tail less more which whereis type hash"
    " man exit return break continue set unset shift read alias trap help apt apt-get"
    " apk yum dnf pacman brew snap choco gem cargo go rustup write-host write-output"
    " write-error write-warning remove-item test-path throw rem del basename dirname"
    " useradd adduser usermod groupadd chsh"
    " realpath stat file diff cmp ruff black isort mypy flake8 pylint pyright bandit"
    " codespell shellcheck hadolint yamllint actionlint vulture pyupgrade"
)
_SCRIPT = re.compile(r".*\.(?:py|sh|bash|zsh|ps1|pl|rb|js|mjs|cjs|ts)")
_KEPT = word_set("export declare local readonly typeset")
_ENVIRONMENT = _KEPT | word_set("env cross-env")


def shell_program(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `bash script` or `bash -c 'commands'`."""
    for index, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[a-z]*c", word.chars) or word.chars == "--command":
            for script in words[index + 1 : index + 2]:
                yield from shell.script(script)
            return
        if word.chars[:1] not in "-+":
            yield from shell.path(word)
            return


def evaluate(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `eval 'commands'`."""
    for word in words[1:]:
        yield from shell.script(word)


def pip(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `pip install -r file -e folder ./folder`: it builds what it gets."""
    for path in values(words, "-r", "--requirement", "-c", "--constraint"):
        yield from shell.path(path)
    folders = [*values(words, "-e", "--editable"), *positional(words[1:])]
    for folder in folders:
        if "/" in folder.chars or folder.chars.startswith("."):
            yield from shell.path(folder.part(0, (folder.chars + "[").find("[")))


def docker(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `docker build`, `docker compose`, `docker run`, and the like."""
    options = ("-f", "--file", "--env-file", "--project-directory", "--compose-file")
    for path in values(words, *options):
        yield from shell.path(path)
    for context in values(words, "--build-context"):
        yield from shell.path(context.part(context.chars.find("=") + 1))
    names = {word.chars for word in [*positional(words, _DOCKER_VALUES)][:4]}
    compose = names & _COMPOSE
    yield from _implied(words, names, shell)
    if names & {"build", "bake"} and not names & {"compose", "docker-compose"}:
        if len(words) > 2 and not words[-1].chars.startswith("-"):
            yield from shell.path(words[-1])
    elif names & {"run", "create", "exec"}:
        yield from _mounts(words, shell)
        folder = next(values(words, "-w", "--workdir"), None)
        mounts = () if compose else tuple(_mounted(words))
        start = "" if folder is None else folder.chars
        inside = shell.within(Container((start,), mounts=mounts, is_ours=bool(compose)))
        if folder is not None and mounts:
            yield from in_container(text_span(IMAGE, folder, ROOT), inside)
        yield from in_container(search(words, inside), inside)


def _implied(words: Words, names: set[str], shell: Runner) -> Iterator[Span]:
    """Yield the Dockerfile or Compose file that is read because none is named."""
    compose = names & _COMPOSE
    if any(values(words, "-f", "--file")):
        return
    if compose and "COMPOSE_FILE" in shell.variables:
        return  # it names the file, and `-f` would win over it
    if names & {"run", "exec", "create"} and not compose:
        return
    at = next((w for w in words if w.chars in (compose or {"build"})), None)
    asks = {*names, *(w.chars for w in words if w.chars.startswith("-"))}
    if at is None or not at.offsets or not _READS_NONE.isdisjoint(asks):
        return
    context = "." if compose else words[-1].chars
    if UNKNOWN not in context and context[:1] not in ("-", "/", "~", ""):
        end = at.offsets[-1] + 1
        kind = COMPOSE_FILE if compose else DOCKERFILE
        yield Span(end, end, kind, context, shell.folder)


def _mounts(words: Words, shell: Runner) -> Iterator[Span]:
    for volume in values(words, "-v", "--volume"):
        source = next(pieces(volume, ":"), volume)
        if "/" in source.chars:
            yield from shell.path(source)
    for mount in values(words, "--mount"):
        for field in pieces(mount, ","):
            if re.match(r"(?:source|src)=", field.chars):
                yield from shell.path(field.part(field.chars.find("=") + 1))
    for pair in values(words, "-e", "--env"):
        yield from _assignment(pair, shell)


def _mounted(words: Words) -> Iterator[tuple[str, str]]:
    """Yield the folders of a container that show the repository, or a folder of it.

    `$(pwd)`, which is nearly always all that is unknown before the colon, and `.` are
    the folder that the command is started in: the root.
    """
    for volume in values(words, "-v", "--volume"):
        source, *places = (one.chars for one in pieces(volume, ":"))
        if places and places[0].startswith("/"):
            rest = source.removeprefix(UNKNOWN)
            is_here = rest != source or source.startswith(".")
            yield places[0], f"/{rest.lstrip('./')}" if is_here else ""


def environment(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `export NAME=value`, `env NAME=value command`."""
    rest = list(words[1:])
    while rest and (ASSIGNMENT.match(rest[0].chars) or rest[0].chars.startswith("-")):
        word = rest.pop(0)
        yield from _assignment(word, shell)
        match = ASSIGNMENT.match(word.chars)
        if match:
            shell.assign(match[1], word.part(match.end()))
    if rest and words[0].chars in ("env", "cross-env", "/usr/bin/env"):
        yield from shell.command(rest)


def _assignment(word: SourceText, shell: Runner) -> Iterator[Span]:
    match = ASSIGNMENT.match(word.chars)
    if match:
        yield from shell.environment(match[1], word.part(match.end()))


def project_runner(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `uv run -m module`, `hatch run env:command`, `pdm run script`."""
    rest = list(words)
    for index, word in enumerate(rest[1:], 1):
        if word.chars in ("-m", "--module"):
            for name in rest[index + 1 : index + 2]:
                yield from module(name, rest[index + 2 :], shell)
            return
        after = word.part(word.chars.find(":") + 1)
        if after.chars != word.chars and _known(name_of(after)):
            rest[index] = word = after
        if _known(name_of(word)) or _is_script(word):
            break
    yield from search(rest, shell)


def nodemon(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `nodemon --exec 'commands' [script]`, `nodemon script`."""
    for index, word in enumerate(words):
        if word.chars in ("-x", "--exec") and words[index + 1 :]:
            command = words[index + 1]
            is_script = " " in command.chars.strip()
            rest = words[index + 1 :]
            yield from shell.script(command) if is_script else shell.command(rest)
            return
    yield from _FIRST.spans(words, shell)


def powershell(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `pwsh -Command 'commands'`, `pwsh -File script`."""
    for index, word in enumerate(words):
        if word.chars.lower() in ("-c", "-command"):
            for script in words[index + 1 : index + 2]:
                yield from shell.script(script)
            return
    yield from Tool(("-File", "-f"), "first").spans(words, shell)


def kubectl(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `kubectl apply -f file`, `kubectl exec pod -- command`."""
    at = next((i for i, word in enumerate(words) if word.chars == "--"), len(words))
    yield from _MANIFESTS.spans(words[:at], shell)
    if words[at:]:
        inside = shell.within(Container())
        yield from in_container(search(words[at:], inside), inside)


def tox(words: Words, shell: Runner) -> Iterator[Span]:
    """Read `tox -c file`, `tox exec -- command`."""
    at = next((i for i, word in enumerate(words) if word.chars == "--"), len(words))
    yield from _CONFIGURED.spans(words[:at], shell)
    if any(word.chars in ("exec", "e") for word in words[:at]) and words[at:]:
        yield from search(words[at:], shell)


def input_program(words: Words) -> Program | None:
    """Return the program, `python` or a shell, that a command reads its code with.

    None where it is given a script, a module or code, or is no such program.
    """
    for index, word in enumerate(words):
        program = program_of(word)
        if program in (python, shell_program):
            return program if _reads_input(words[index + 1 :], program) else None
        if word.chars == "-" and index and program_of(words[0]) is project_runner:
            return python
        if index == 0 and name_of(word).lower() in _SILENT | _PRINTERS:
            return None
    return None


def _reads_input(words: Words, program: Program) -> bool:
    for word in words:
        if word.chars in ("-", "/dev/stdin", "-s"):
            return True
        if word.chars[:1] not in "-+":
            return False
        if re.match(r"-[a-zA-Z]*[mc]", word.chars):
            return program is shell_program and "c" not in word.chars
    return True


def printed_text(words: Words) -> SourceText | None:
    """Return what `echo` and `printf` print, if a command is one of them."""
    if not words or name_of(words[0]) not in ("echo", "printf"):
        return None
    shown = [word for word in words[1:] if not re.fullmatch("-[neE]+", word.chars)]
    blank = words[0].part(0, 1).with_chars(" ")
    text = join([piece for word in shown for piece in (blank, word)][1:])
    return text.sub(_NEWLINE, lambda _match: "\n")


def printed_files(words: Words) -> list[SourceText]:
    """Return the files that `cat` prints."""
    is_cat = bool(words) and name_of(words[0]) == "cat"
    return [word for word in positional(words[1:]) if word.chars != "-"] * is_cat


def passes_input_on(words: Words) -> bool:
    """Return True for a command that prints its input, if changed, like `tee`."""
    return bool(words) and name_of(words[0]) in _PASSING


def search(words: Words, shell: Runner) -> Iterator[Span]:
    """Yield what a command uses that is among another program's words."""
    wrapper = name_of(words[0]) in _WRAPPERS
    for index, word in enumerate(words[1:], 1):
        name = name_of(word)
        if " " in word.chars.strip() and _known(
            name_of(word.part(0, word.chars.find(" ")))
        ):
            yield from shell.script(word)
        elif _is_program(word, name) or (wrapper and _is_script(word)):
            yield from shell.command(words[index:])
            return
        elif wrapper and name == "git" and words[index - 1].chars[:1] != "-":
            return
        else:
            yield from _assignment(word, shell)


def bazel(words: Words, _shell: Runner) -> Iterator[Span]:
    """Yield the labels that Bazel is given."""
    for word in words[1:]:
        yield from labels_in(word)


def run(words: Words, shell: Runner) -> Iterator[Span]:
    """Yield what one command uses: its own file, if it is a path, and its words."""
    if not words:
        return
    name = name_of(words[0])
    if _is_path(words[0]) or _SCRIPT.fullmatch(name):
        yield from shell.path(words[0])
    program = program_of(words[0])
    if program:
        yield from program(words, shell)
    elif name.lower() not in _SILENT:
        yield from search(words, shell)


def program_of(word: SourceText) -> Program | None:
    """Return the reader of the program that a command's first word names, if any."""
    name = name_of(word)
    return python if INTERPRETER.fullmatch(name) else PROGRAMS.get(name)


def name_of(word: SourceText) -> str:
    """Return the program that a word names, without its folder."""
    return word.chars.rpartition("/")[2].removesuffix(".exe")


def _known(name: str) -> bool:
    # `.` and `source` are words of their own only at the beginning of a command.
    return name in _FINDABLE or INTERPRETER.fullmatch(name) is not None


def _is_program(word: SourceText, name: str) -> bool:
    """Return True for a program in another's words; its folder is one of programs."""
    folder = word.chars.rpartition("/")[0]
    is_bin = (
        not folder
        or "." in name
        or folder.rpartition("/")[2] in ("bin", "Scripts", "shims")
    )
    return _known(name) and is_bin


def _is_script(word: SourceText) -> bool:
    return _is_path(word) or _SCRIPT.fullmatch(word.chars) is not None


def _is_path(word: SourceText) -> bool:
    return "/" in word.chars and "=" not in word.chars and word.chars[0] != "-"


_FIRST = Tool(take="first")
_MANIFESTS = Tool(("-f", "--filename", "-k", "--kustomize"))
_CONFIGURED = Tool(("-c", "--config", "--configuration"))
_PRINTERS = word_set("cat tee sort uniq cut tr envsubst base64 gzip")
_PASSING = word_set("cat tee sed tr envsubst grep head tail sort uniq")
_NEWLINE = re.compile(r"\\n")
_DOCKER_VALUES = word_set(
    "-f --file --env-file --project-directory --compose-file -p --project-name"
    " --profile --context -H --host --ansi --progress --parallel -l --log-level"
    " --config"
)
_COMPOSE = word_set("compose docker-compose podman-compose")
_READS_NONE = word_set("version --version help --help")
_DOCKER_NAMES = "docker podman nerdctl docker-compose podman-compose buildah"
PROGRAMS: dict[str, Program] = {
    **PYTHON_PROGRAMS,
    **tools(" ".join(SHELLS), shell_program),
    **tools("pip pip3 pipx", pip),
    **tools(_DOCKER_NAMES, docker),
    **tools(" ".join(_ENVIRONMENT), environment),
    "eval": evaluate,
    **tools("uv uvx pdm rye hatch poetry pipenv pixi", project_runner),
    **tools(
        "streamlit fastapi chainlit marimo",
        Tool(take="first", after=word_set("run dev edit")),
    ),
    **tools("panel bokeh", Tool(take="all", after=frozenset({"serve"}))),
    **tools("gradio voila robyn manim", _FIRST),
    **tools(
        "bentoml textual modal prefect",
        Tool(
            take="first",
            after=word_set("serve run deploy shell"),
            names=("-m",),
            by_name=True,
        ),
    ),
    **tools("dagster dagster-webserver", Tool(("-f", "--python-file"), names=("-m",))),
    **tools("luigi", Tool(names=("--module",))),
    **tools("locust", Tool(("-f", "--locustfile"))),
    **tools("alembic supervisord nginx", _CONFIGURED),
    "tox": tox,
    **tools("nox", Tool(("-f", "--noxfile"))),
    **tools("make gmake", Tool(("-C", "--directory", "-f", "--file", "--makefile"))),
    **tools("npm yarn pnpm bun", Tool(("--prefix", "-C", "--cwd", "--dir"))),
    **tools("node deno ruby perl Rscript php lua tsx ts-node", _FIRST),
    "nodemon": nodemon,
    **tools("pwsh powershell", powershell),
    **tools("source . call papermill crontab Import-Module", _FIRST),
    **tools(
        "cp mv rsync install ln scp Copy-Item Move-Item xcopy", Tool((), "sources")
    ),
    **tools("kubectl oc", kubectl),
    **tools("kustomize", Tool((), "first", frozenset({"build"}))),
    **tools("helm", Tool(("-f", "--values"))),
    **tools("terraform tofu", Tool(("-chdir", "-var-file"))),
    **tools("ansible-playbook bats", Tool(("-i",), "all")),
    **tools("bazel bazelisk buck buck2 plz", bazel),
    **tools("psql", Tool(("-f", "--file"))),
    **tools("jupyter", Tool((), "first", frozenset({"nbconvert", "execute", "run"}))),
    **tools("pm2", Tool((), "first", frozenset({"start"}))),
}
_FINDABLE = frozenset(PROGRAMS) - word_set(
    ". source call install ln cp mv trace profile django su bun make panel textual"
    " modal prefect manim luigi timeit pydoc inspect runpy"
)
_WRAPPERS = word_set(
    "sudo doas exec time nohup nice ionice timeout xargs command builtin stdbuf setsid"
    " dumb-init tini gosu su-exec uv poetry pipenv pdm rye hatch conda mamba micromamba"
    " xvfb-run caffeinate chronic dotenv doppler watchmedo parallel"
)


_LINTERS = word_set(
    "ruff black isort mypy flake8 pylint pyright basedpyright bandit codespell vulture"
    " pyupgrade pydocstyle pycodestyle pyflakes autoflake yapf autopep8 interrogate"
    " radon yamllint"
)
_OTHERS = word_set(
    "pytest py.test ls rm rmdir mkdir find du tar zip chmod chown touch tree rsync"
    " cp mv sphinx-build sphinx-apidoc prettier eslint"
)
_VERBS = word_set("check format lint")
_RUNNERS = word_set("uv poetry pipenv pdm rye hatch sudo time xargs run -m")
_FARTHEST = 6


def plain_words(words: Words, folder: str) -> Iterator[Span]:
    """Yield each word without a slash or an ending that may be a folder.

    Only of programs that work on folders: elsewhere such a word is most likely the name
    of a task, a branch or a package. Linters take nothing but paths.
    """
    at = _program(words)
    if at < 0:
        return
    takes_paths, after_option = name_of(words[at]) in _LINTERS, False
    for index, word in enumerate(words[at + 1 :]):
        if not after_option and " " in word.chars.strip():
            # The shell splits the value of a variable.
            for part in pieces(word, r"\s"):
                yield from word_span(part, folder)
                for span in bare_span(part, folder):
                    yield span._replace(kind=WORD) if takes_paths else span
        is_option = word.chars.startswith("-")
        value = word.part(word.chars.find("=") + 1)
        is_verb = index == 0 and word.chars in _VERBS
        for span in () if is_verb else bare_span(value if is_option else word, folder):
            is_path = takes_paths and not is_option and not after_option
            yield span._replace(kind=WORD) if is_path else span
        after_option = is_option and "=" not in word.chars


def _program(words: Words) -> int:
    """Return the index of the program: first, or after its runner; -1 if another."""
    for index, word in enumerate(words[:_FARTHEST]):
        name = name_of(word)
        if name in _LINTERS or name in _OTHERS:
            return index
        if not (name in _RUNNERS or INTERPRETER.fullmatch(name) or "=" in name):
            return -1
    return -1
