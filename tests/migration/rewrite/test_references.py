"""What other files than Python use is told anew; the numbers are those of the cases."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from treeguard.migration.context import MoveContext
from treeguard.plans import Undecided

TREE = {
    "Dockerfile": b"",
    "banterhearts/__init__.py": b"",
    "banterhearts/storage/__init__.py": b"",
    "banterhearts/storage/cli.py": b"def main(): pass\n",
    "banterhearts/storage_utils.py": b"",
    "config/a b.yaml": b"",
    "docker-compose.yml": b"services: {}\n",
    "config/app.yaml": b"",
    "k8s/base/deployment.yaml": b"",
    "scripts/demo/run.py": b"",
    "scripts/demo/helper.sh": b"",
    "scripts/common.py": b"",
    "scripts/push.py": b"",
    "requirements/base.txt": b"",
}
MOVES = {
    "Dockerfile": "deployment/docker/Dockerfile",
    "docker-compose.yml": "deployment/docker/docker-compose.yml",
    "banterhearts/storage/": "banterhearts/enterprise/storage/",
    "config/": "deployment/config/",
    "k8s/": "deployment/kubernetes/",
    "scripts/demo/": "garbage/demo/",
    "scripts/push.py": "banterhearts/enterprise/scripts/push.py",
    "install.sh": "deployment/scripts/install.sh",
    "install.ps1": "deployment/scripts/install.ps1",
}


def world_with(files: Mapping[str, str]) -> MoveContext:
    return a_world(
        {**TREE, **{path: text.encode() for path, text in files.items()}}, MOVES
    )


def after(path: str, text: str) -> tuple[str, list[str]]:
    """The new text of a file at `path`, and what was told of it."""
    data, undecided = rewritten(world_with({path: text}), path)
    return data.decode(), [f"{one.line}: {one.text}" for one in undecided]


REWRITTEN = {
    "a search path in python -c": (
        "run.sh",
        "python -c \"import sys; sys.path.insert(0, 'scripts/demo'); import helper\"\n",
        "python -c \"import sys; sys.path.insert(0, 'garbage/demo'); import helper\"\n",
    ),
    "a file that python -c opens": (
        "Makefile",
        "all:\n\tcd scripts && "
        "python -c 'print(open(\"../config/app.yaml\").read())'\n",
        "all:\n\tcd scripts && "
        "python -c 'print(open(\"../deployment/config/app.yaml\").read())'\n",
    ),
    "what a here-document adds and opens": (
        ".github/workflows/a.yml",
        "jobs:\n  a:\n    steps:\n    - run: |\n        python - <<EOF\n"
        "        import sys\n        sys.path += ['scripts/demo']\n"
        "        open('config/app.yaml')\n        print('config')\n        EOF\n",
        "jobs:\n  a:\n    steps:\n    - run: |\n        python - <<EOF\n"
        "        import sys\n        sys.path += ['garbage/demo']\n"
        "        open('deployment/config/app.yaml')\n        print('config')\n"
        "        EOF\n",
    ),
    "21 copy": (
        "Dockerfile",
        'COPY ["config/a b.yaml", "/x/"]\nCOPY config/ /app/config\nCOPY . /app\n'
        "COPY --from=b /app/config /y\n",
        'COPY ["deployment/config/a b.yaml", "/x/"]\n'
        "COPY deployment/config/ /app/config\nCOPY . /app\n"
        "COPY --from=b /app/config /y\n",
    ),
    "21 mount": (
        "Dockerfile",
        "RUN --mount=type=bind,source=config/app.yaml,target=/c cat /c\n",
        "RUN --mount=type=bind,source=deployment/config/app.yaml,target=/c cat /c\n",
    ),
    "module in an image": (
        "Dockerfile",
        'FROM x\nCOPY . .\nCMD ["python", "-m", "banterhearts.storage.cli"]\n',
        "FROM x\nCOPY . .\n"
        'CMD ["python", "-m", "banterhearts.enterprise.storage.cli"]\n',
    ),
    "25 shell": (
        "up.sh",
        "docker-compose -f docker-compose.yml -f config/app.yaml up\n"
        "python -m banterhearts.storage.cli --x\npython 'scripts/demo/run.py'\n",
        "docker-compose -f deployment/docker/docker-compose.yml "
        "-f deployment/config/app.yaml up\n"
        "python -m banterhearts.enterprise.storage.cli --x\n"
        "python 'garbage/demo/run.py'\n",
    ),
    "22 docker build": (
        "up.sh",
        "docker build -t x .\ndocker buildx build --push .\ncd scripts\n"
        "docker build -t y ..\ndocker build -f other .\n",
        "docker build -f deployment/docker/Dockerfile -t x .\n"
        "docker buildx build -f deployment/docker/Dockerfile --push .\ncd scripts\n"
        "docker build -f ../deployment/docker/Dockerfile -t y ..\n"
        "docker build -f other .\n",
    ),
    "25 docker compose": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n    - run: docker compose up -d\n"
        "    - run: docker-compose -p x ps\n",
        "jobs:\n  a:\n    steps:\n"
        "    - run: docker compose -f deployment/docker/docker-compose.yml up -d\n"
        "    - run: docker-compose -f deployment/docker/docker-compose.yml -p x ps\n",
    ),
    "26 cd": (
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    steps:\n    - run: |\n"
        "        cd scripts && python push.py\n"
        "    - run: cd scripts/demo; ./helper.sh\n",
        "on: push\njobs:\n  a:\n    steps:\n    - run: |\n"
        "        cd scripts && python ../banterhearts/enterprise/scripts/push.py\n"
        "    - run: cd garbage/demo; ./helper.sh\n",
    ),
    "28 entry point": (
        "pyproject.toml",
        '[project.scripts]\nx = "banterhearts.storage.cli:main"  # kept\n'
        'y = "banterhearts.storage_utils:main"\n',
        '[project.scripts]\nx = "banterhearts.enterprise.storage.cli:main"  # kept\n'
        'y = "banterhearts.storage_utils:main"\n',
    ),
    "line endings and a byte order mark": (
        "up.sh",
        "\ufeffcp config/app.yaml /tmp/\u00e9\r\npython scripts/demo/run.py\r\n",
        "\ufeffcp deployment/config/app.yaml /tmp/\u00e9\r\n"
        "python garbage/demo/run.py\r\n",
    ),
    "makefile": (
        "Makefile",
        "run: config\n\tpython scripts/demo/run.py --mode=config\n\tmake config\n",
        "run: config\n\tpython garbage/demo/run.py --mode=config\n\tmake config\n",
    ),
    "a script that moves away": (
        "install.sh",
        "pip install -r requirements/base.txt\ncp config/app.yaml /etc\n",
        "pip install -r requirements/base.txt\ncp deployment/config/app.yaml /etc\n",
    ),
    "scripts that move together": (
        "scripts/demo/all.sh",
        'bash "$(dirname "$0")/helper.sh"\n',
        'bash "$(dirname "$0")/helper.sh"\n',
    ),
    "batch": (
        "run.bat",
        "python scripts\\demo\\run.py\r\n",
        "python garbage\\demo\\run.py\r\n",
    ),
    "words of commands": (
        "up.sh",
        "cat config/app.yaml > k8s/base/deployment.yaml\n"
        "[ -f config/app.yaml ] || ls config/\nX=config/app.yaml\n"
        "for f in config/*.yaml; do head $f; done\n"
        "tool --out scripts/demo --file=config/app.yaml\ngit add scripts/push.py\n",
        "cat deployment/config/app.yaml > deployment/kubernetes/base/deployment.yaml\n"
        "[ -f deployment/config/app.yaml ] || ls deployment/config/\n"
        "X=deployment/config/app.yaml\n"
        "for f in deployment/config/*.yaml; do head $f; done\n"
        "tool --out garbage/demo --file=deployment/config/app.yaml\n"
        "git add banterhearts/enterprise/scripts/push.py\n",
    ),
    "26 back out of a folder that moves": (
        "up.sh",
        "cd k8s\nx ../scripts/common.py > ../out.txt\ncd ..\nmv out.txt a\n",
        "cd deployment/kubernetes\nx ../../scripts/common.py > ../../out.txt\n"
        "cd ../..\nmv out.txt a\n",
    ),
    "25 what runs in a service": (
        "up.sh",
        "docker compose run --rm app bash scripts/common.py\n"
        "docker compose -f docker-compose.yml exec app ls\n",
        "docker compose -f deployment/docker/docker-compose.yml run --rm app "
        "bash scripts/common.py\n"
        "docker compose -f deployment/docker/docker-compose.yml exec app ls\n",
    ),
    "an image of everything": (
        "Dockerfile",
        "FROM x\nCOPY requirements ./\nCOPY . .\nRUN cp config/app.yaml /etc\n"
        'CMD ["python", "scripts/demo/run.py"]\n',
        "FROM x\nCOPY requirements ./\nCOPY . .\n"
        "RUN cp deployment/config/app.yaml /etc\n"
        'CMD ["python", "garbage/demo/run.py"]\n',
    ),
    "makefile's variables and prerequisites": (
        "Makefile",
        "CONF := config/app.yaml\nDIR = config\n.PHONY: config docs\n"
        "config: config/app.yaml Dockerfile\n\tcat $(CONF) $(wildcard k8s/*)\n"
        "config/app.yaml: scripts/push.py\n\tpython $<\nVPATH = k8s:scripts/demo\n",
        "CONF := deployment/config/app.yaml\nDIR = config\n.PHONY: config docs\n"
        "config: deployment/config/app.yaml deployment/docker/Dockerfile\n"
        "\tcat $(CONF) $(wildcard deployment/kubernetes/*)\n"
        "deployment/config/app.yaml: banterhearts/enterprise/scripts/push.py\n"
        "\tpython $<\nVPATH = deployment/kubernetes:garbage/demo\n",
    ),
    "powershell": (
        "run.ps1",
        'Get-Content -Path "config\\app.yaml"\r\nSet-Location scripts\\demo\r\n'
        ".\\run.py\r\n",
        'Get-Content -Path "deployment\\config\\app.yaml"\r\n'
        "Set-Location garbage\\demo\r\n.\\run.py\r\n",
    ),
    "package.json": (
        "web/package.json",
        '{"scripts": {"x": "email export --out ../config/app.yaml"}}\n',
        '{"scripts": {"x": "email export --out ../deployment/config/app.yaml"}}\n',
    ),
    "folders that linters are given by their plain names": (
        "Makefile",
        "x:\n\t@flake8 --exclude=$(X) k8s config\n\truff check config\n"
        "\tuv run mypy config\n\tpython -m black -q . config\n",
        "x:\n\t@flake8 --exclude=$(X) deployment/kubernetes deployment/config\n"
        "\truff check deployment/config\n"
        "\tuv run mypy deployment/config\n\tpython -m black -q . deployment/config\n",
    ),
    "compose that reads no file": (
        "up.sh",
        "docker compose --help\ndocker compose version\ndocker-compose --version\n",
        "docker compose --help\ndocker compose version\ndocker-compose --version\n",
    ),
    "plain words of what takes no folders": (
        "up.sh",
        "make config\necho config\nnpm run config\ngit branch config\nruff config\n",
        "make config\necho config\nnpm run config\ngit branch config\n"
        "ruff deployment/config\n",
    ),
    "procfile": (
        "Procfile",
        "web: python -m banterhearts.storage.cli\n",
        "web: python -m banterhearts.enterprise.storage.cli\n",
    ),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_use_follows_what_it_names(name: str) -> None:
    path, text, expected = REWRITTEN[name]
    assert after(path, text) == (expected, [])


# Ways to enter the folder in which the script itself stands.
OWN = {
    "dirname": 'cd "$(dirname "$0")"\n',
    "dirname in backquotes": "cd `dirname $0`\n",
    "pushd": 'pushd "$(dirname -- "${BASH_SOURCE[0]}")" > /dev/null\n',
    "absolute": 'cd -- "$(cd -- "$(dirname -- "$0")" >/dev/null 2>&1 && pwd -P)"\n',
    "a variable": 'HERE="$(cd "$(dirname "$0")"; pwd)"\nset -eu\ncd "$HERE" || exit\n',
}


@pytest.mark.parametrize("name", OWN)
def test_a_script_that_enters_its_own_folder_tells_paths_from_there(name: str) -> None:
    text = "cp config/app.yaml /etc\ndocker compose -f docker-compose.yml up\n"
    told = "cp ../config/app.yaml /etc\n"
    told += "docker compose -f ../docker/docker-compose.yml up\n"
    assert after("install.sh", OWN[name] + text) == (OWN[name] + told, [])
    assert after("stays.sh", OWN[name] + text)[0].endswith(
        "cp deployment/config/app.yaml /etc\n"
        "docker compose -f deployment/docker/docker-compose.yml up\n"
    )


def test_powershell_that_enters_its_own_folder() -> None:
    text = "Set-Location $PSScriptRoot\nCopy-Item config/app.yaml x\n"
    assert after("install.ps1", text)[0].endswith("Copy-Item ../config/app.yaml x\n")


@pytest.mark.parametrize("start", ['cd "$ROOT"\n', 'cd "$(git rev-parse --top)"\n'])
def test_another_folder_is_not_taken_for_its_own(start: str) -> None:
    text = f"{start}cp config/app.yaml x\n"
    assert after("install.sh", text) == (
        f"{start}cp deployment/config/app.yaml x\n",
        [],
    )


def test_the_folder_that_it_stood_in_is_told() -> None:
    text = 'cd "$(dirname "$0")"\npip install .\ncp -r ./ /x\n'
    assert after("install.sh", text) == (text, ["2: .", "3: ./"])
    assert after("stays.sh", text) == (text, [])


BRANCH = {
    "push": ("up.sh", 'git push -u origin "config/${TAG}"\n'),
    "a new branch": (
        "up.sh",
        "git checkout -b config/1.2 && git push origin config/1\n",
    ),
    "gh in a workflow": (
        ".github/workflows/a.yml",
        'jobs: {a: {steps: [{run: "gh pr create --head config/$V"}]}}\n',
    ),
    "a tag": ("Makefile", "release:\n\tgit tag config/$(V)\n"),
    "GitLab's push": (
        ".gitlab-ci.yml",
        "a: {script: ['git push origin HEAD:config/x']}\n",
    ),
}


@pytest.mark.parametrize("name", BRANCH)
def test_a_branch_spelled_as_a_path_is_neither_edited_nor_listed(name: str) -> None:
    path, text = BRANCH[name]
    assert after(path, text) == (text, [])


# The folder in which a process is started is not that of its configuration.
PROCESSES = {
    "supervisor": "[program:a]\ncommand=./scripts/common.py x\ndirectory=/app\n",
    "systemd": "[Service]\nExecStart=/bin/sh scripts/common.py\n",
    "uWSGI": "[uwsgi]\nwsgi-file = scripts/common.py\n",
    "alembic": "[alembic]\nscript_location = scripts\n",
}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_configuration_that_moves_keeps_its_paths(name: str) -> None:
    files = {"scripts/demo.ini": PROCESSES[name], "top.ini": PROCESSES[name]}
    tree = {**TREE, **{one: text.encode() for one, text in files.items()}}
    moves = {"top.ini": "etc/top.ini", "scripts/demo.ini": "etc/demo.ini"}
    for path, text in files.items():
        data, undecided = rewritten(a_world(tree, moves), path)
        assert (data.decode(), undecided) == (text, [])


def test_a_process_configuration_follows_what_it_names_from_the_root() -> None:
    text = "[program:a]\ncommand=python scripts/push.py\n"
    there = "banterhearts/enterprise/scripts/push.py"
    assert after("a.conf", text) == (text.replace("scripts/push.py", there), [])


TOLD = {
    "variable": ("up.sh", "cp $ROOT/config/app.yaml /etc\n", ["1: config/app.yaml"]),
    "20 a service of an image with the old layout": (
        "up.sh",
        "docker run app cat x\ndocker run app python config/app.yaml\n",
        ["2: config/app.yaml"],
    ),
    "a service of an image that nothing here describes": (
        "up.sh",
        "docker compose -f a.yml run --rm app bash scripts/demo/helper.sh\n",
        ["1: scripts/demo/helper.sh"],
    ),
    "a folder between the root and the script": (
        "web/scripts/all.sh",
        "bash scripts/push.py\n",
        ["1: scripts/push.py"],
    ),
    "a path upwards, from some folder": (
        "ops/up.sh",
        "A=../scripts/push.py\n",
        ["1: ../scripts/push.py"],
    ),
    "back from its own folder": (
        "scripts/demo/up.sh",
        'cd "$(dirname "$0")/.."\n',
        ["1: .."],
    ),
    "own folder": (
        "scripts/demo/all.sh",
        'python "$(dirname "$0")/../common.py"\n',
        ["1: ../common.py"],
    ),
    "part of a folder": (
        "up.sh",
        "cp scripts/*.py /tmp\n",
        ["1: scripts/"],
    ),
    "a name with a space": (
        "up.sh",
        "cat x && . scripts/with\\ space.sh\n",
        ["1: scripts/with\\ space.sh"],
    ),
    "plain words that may be names": (
        "up.sh",
        "pylint --load-plugins=config x\nmypy -p config\npytest --cov config\n"
        "rm -rf config\ncd web; rm -rf config\n",
        ["1: config", "2: config", "3: config", "4: config"],
    ),
    "prefix of a module": (
        "up.sh",
        'python -m "banterhearts.storage.$NAME"\n',
        ["1: banterhearts.storage."],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_be_decided_is_told(name: str) -> None:
    path, text, expected = TOLD[name]
    files = {
        path: text,
        "scripts/with space.sh": "",
        "web/scripts/push.py": "",
        "web/Dockerfile": "FROM x\nCOPY config /app/config\n",
    }
    world = a_world(
        {**TREE, **{one: text.encode() for one, text in files.items()}},
        {**MOVES, "scripts/with space.sh": "garbage/with space.sh"},
    )
    data, undecided = rewritten(world, path)
    assert data.decode() == text
    assert [f"{one.line}: {one.text}" for one in undecided] == expected


def test_case_20_an_image_keeps_the_layout_that_its_dockerfile_copies() -> None:
    """The copy's source follows; its destination, and what runs there, stay."""
    text = "FROM x\nCOPY config/ config/\nRUN cp config/app.yaml /etc\n"
    new, told = after("Dockerfile", text)
    assert new == text.replace("COPY config/", "COPY deployment/config/")
    assert told == []


def test_a_variable_is_not_replaced_by_what_it_holds() -> None:
    text = "DIR=scripts/demo\ncat $DIR/run.py\n"
    new, told = after("up.sh", text)
    assert (new, told) == (text.replace("scripts", "garbage"), ["2: $DIR/run.py"])


def test_another_encoding_is_told_and_left() -> None:
    text = "rem caf\xe9\r\npython scripts/demo/run.py\r\n".encode("latin-1")
    world = a_world({**TREE, "run.bat": text}, MOVES)
    data, undecided = rewritten(world, "run.bat")
    assert data == text
    why = "the file is not in UTF-8"
    assert undecided == [Undecided("run.bat", 2, "scripts/demo/run.py", why)]


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_second_time_changes_nothing(name: str) -> None:
    path, _text, expected = REWRITTEN[name]
    old = world_with({path: expected})
    moved = {
        old.where(one): world_data(old, one)
        for one, _entry in old.before.snapshot.files()
    }
    world = a_world({**moved, "docs/x.md": b""}, {"docs/x.md": "docs/y.md"})
    assert rewritten(world, old.where(path)) == (expected.encode(), [])


def world_data(world: MoveContext, path: str) -> bytes:
    return world.before.data(path)
