"""What runs in containers reads as the image has it after the moves."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

TREE = {
    "lib/__init__.py": "",
    "lib/core.py": "",
    "config/app.yaml": "",
    "main.py": "",
    "pyproject.toml": "",
}
MOVES = {"lib/": "engine/lib/", "config/": "deployment/config/"}
ALL = "FROM x\nWORKDIR /app\nCOPY . /app\n"
BY_NAME = "FROM x\nWORKDIR /app\nCOPY lib lib\nCOPY config/ /etc/shop/\n"
NEW_BY_NAME = BY_NAME.replace("Y lib", "Y engine/lib").replace(
    "Y config", "Y deployment/config"
)
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: c
      image: shop:1
"""


def pod(keys: str) -> str:
    return f"{POD}      {keys}\n"


def service(keys: str) -> str:
    return f"name: x\nservices:\n  a:\n    {keys}\n"


# A Dockerfile, its text afterwards; empty if it is the same.
DOCKERFILES = {
    "module of a copied folder": (f"{BY_NAME}RUN python -m lib.core\n", None),
    "server of a copied folder": (f'{BY_NAME}CMD ["uvicorn", "lib.core:app"]\n', None),
    "path of a copied folder": (
        f"{BY_NAME}RUN python lib/core.py -c /etc/shop/app.yaml\n",
        None,
    ),
    "health of a copied folder": (
        f"{BY_NAME}HEALTHCHECK CMD python lib/core.py\n",
        None,
    ),
    "PYTHONPATH of a copied folder": (f"{BY_NAME}ENV PYTHONPATH=/app/lib\n", None),
    "module of everything": (
        f"{ALL}CMD python -m lib.core\n",
        f"{ALL}CMD python -m engine.lib.core\n",
    ),
    "server of everything": (
        f'{ALL}ENTRYPOINT ["gunicorn", "lib.core:app"]\n',
        f'{ALL}ENTRYPOINT ["gunicorn", "engine.lib.core:app"]\n',
    ),
    "absolute paths": (
        f"{ALL}ENV PYTHONPATH=/app/lib\nHEALTHCHECK CMD python /app/lib/core.py\n",
        f"{ALL}ENV PYTHONPATH=/app/engine/lib\n"
        "HEALTHCHECK CMD python /app/engine/lib/core.py\n",
    ),
    "module of PYTHONPATH, which follows": (
        f"{ALL}ENV PYTHONPATH=/app/lib\nCMD python -m core\n",
        f"{ALL}ENV PYTHONPATH=/app/engine/lib\nCMD python -m core\n",
    ),
    "folder that is entered": (
        f"{ALL}WORKDIR /app/lib\nCMD python core.py ../config/app.yaml\n",
        f"{ALL}WORKDIR /app/engine/lib\n"
        "CMD python core.py ../../deployment/config/app.yaml\n",
    ),
    "cd in a command": (
        f"{ALL}RUN cd lib && python core.py\n",
        f"{ALL}RUN cd engine/lib && python core.py\n",
    ),
    "another folder in the image": (
        "FROM x\nWORKDIR /srv\nCOPY lib/ ./code/\nCMD python -m code.core\n",
        "FROM x\nWORKDIR /srv\nCOPY engine/lib/ ./code/\nCMD python -m code.core\n",
    ),
    "content of a folder": (
        "FROM x\nWORKDIR /srv\nCOPY lib .\nCMD python core.py\n",
        "FROM x\nWORKDIR /srv\nCOPY engine/lib .\nCMD python core.py\n",
    ),
    "from a stage of everything": (
        f"{ALL.replace('FROM x', 'FROM x AS b')}FROM y\nWORKDIR /srv\n"
        "COPY --from=b /app/lib ./lib\nCMD python -m lib.core\n",
        f"{ALL.replace('FROM x', 'FROM x AS b')}FROM y\nWORKDIR /srv\n"
        "COPY --from=b /app/engine/lib ./lib\nCMD python -m lib.core\n",
    ),
    "from a stage by its number": (
        f"{BY_NAME}FROM y\nCOPY --from=0 /app /srv\nCMD python /srv/lib/core.py\n",
        None,
    ),
    "on top of a stage": (
        f"{ALL.replace('FROM x', 'FROM x AS b')}FROM b AS c\nCMD python -m lib.core\n",
        f"{ALL.replace('FROM x', 'FROM x AS b')}FROM b AS c\n"
        "CMD python -m engine.lib.core\n",
    ),
    "other stages do not count": (
        f"{ALL}FROM y\nWORKDIR /app\nCOPY lib lib\nCMD python -m lib.core\n",
        f"{ALL}FROM y\nWORKDIR /app\nCOPY engine/lib lib\nCMD python -m lib.core\n",
    ),
    "mount": (
        "FROM x\nRUN --mount=type=bind,source=lib,target=/l python /l/core.py\n",
        "FROM x\nRUN --mount=type=bind,source=engine/lib,target=/l python /l/core.py\n",
    ),
    "a file by its name": (
        "FROM x\nWORKDIR /a\nCOPY lib/*.py ./\nCMD python core.py\n",
        "FROM x\nWORKDIR /a\nCOPY engine/lib/*.py ./\nCMD python core.py\n",
    ),
    "module in a folder that the base image starts in": (
        "FROM x\nCOPY lib /app/lib/\nCMD python -m lib.core\n",
        "FROM x\nCOPY engine/lib /app/lib/\nCMD python -m lib.core\n",
    ),
    "all in a folder that the base image starts in": (
        "FROM x\nCOPY . /app\nCMD uvicorn lib.core:app --env-file config/app.yaml\n",
        "FROM x\nCOPY . /app\n"
        "CMD uvicorn engine.lib.core:app --env-file deployment/config/app.yaml\n",
    ),
    "a list that a variable ends": (
        f"{ALL}ENV PATH=/app/bin:$PATH PYTHONPATH=/app\n",
        f"{ALL}ENV PATH=/app/bin:$PATH PYTHONPATH=/app\n",
    ),
    "installed from here": (
        f"{ALL}RUN pip install .\nCMD python -m lib.core\n",
        f"{ALL}RUN pip install .\nCMD python -m engine.lib.core\n",
    ),
}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_commands_of_a_dockerfile(name: str) -> None:
    text, expected = DOCKERFILES[name]
    if expected is None:
        expected = text.replace(BY_NAME, NEW_BY_NAME)
    assert after({"Dockerfile": text}, "Dockerfile") == (expected, [])


def after(files: dict[str, str], path: str) -> tuple[str, list[str]]:
    """The new text of a file, and what is listed of it."""
    tree = {**TREE, **files}
    world = a_world({one: text.encode() for one, text in tree.items()}, MOVES)
    data, undecided = rewritten(world, path)
    return data.decode(), [f"{one.text}: {one.why}" for one in undecided]


UNKNOWN = "nothing here says what the image holds"
# A Dockerfile or none, the file, its text, its text afterwards, what is listed.
OTHERS = {
    "compose that builds everything": (
        ALL,
        "compose.yml",
        service(
            "build: .\n    working_dir: /app/lib\n    command: python /app/lib/core.py"
        ),
        service(
            "build: .\n    working_dir: /app/engine/lib\n"
            "    command: python /app/engine/lib/core.py"
        ),
        [],
    ),
    "compose that builds a copied folder": (
        BY_NAME,
        "compose.yml",
        service("build: .\n    command: uvicorn lib.core:app"),
        service("build: .\n    command: uvicorn lib.core:app"),
        [],
    ),
    "compose with a mount of a folder": (
        "FROM x\nWORKDIR /srv\n",
        "compose.yml",
        service(
            "build: .\n    volumes: ['./lib:/srv/lib']\n    command: python -m lib.core"
        ),
        service(
            "build: .\n    volumes: ['./engine/lib:/srv/lib']\n"
            "    command: python -m lib.core"
        ),
        [],
    ),
    "compose with a mount of everything": (
        None,
        "compose.yml",
        service(
            "image: x\n    volumes: ['.:/srv']\n    command: python /srv/lib/core.py"
        ),
        service(
            "image: x\n    volumes: ['.:/srv']\n"
            "    command: python /srv/engine/lib/core.py"
        ),
        [],
    ),
    "compose of an image from elsewhere": (
        None,
        "compose.yml",
        service("image: vendor/shop\n    command: python -m lib.core"),
        service("image: vendor/shop\n    command: python -m lib.core"),
        [f"lib.core: {UNKNOWN}"],
    ),
    "pod of everything": (
        ALL,
        "k8s/pod.yaml",
        pod('command: ["python", "/app/lib/core.py"]'),
        pod('command: ["python", "/app/engine/lib/core.py"]'),
        [],
    ),
    "pod of a copied folder": (
        BY_NAME,
        "k8s/pod.yaml",
        pod('args: ["--config", "/etc/shop/app.yaml", "lib/core.py"]'),
        pod('args: ["--config", "/etc/shop/app.yaml", "lib/core.py"]'),
        [],
    ),
    "pod of an image from elsewhere": (
        None,
        "k8s/pod.yaml",
        pod('args: ["--config", "config/app.yaml"]'),
        pod('args: ["--config", "config/app.yaml"]'),
        [f"config/app.yaml: {UNKNOWN}"],
    ),
    "pod that may be built here": (
        ALL,
        "k8s/pod.yaml",
        pod('args: ["--config", "config/app.yaml"]'),
        pod('args: ["--config", "config/app.yaml"]'),
        [
            "config/app.yaml: the image is perhaps not built here, and would hold it"
            " elsewhere"
        ],
    ),
    "pod with a mount over the folder": (
        ALL,
        "k8s/pod.yaml",
        pod(
            "command: [cat, /app/config/x.yaml]\n"
            "      volumeMounts: [{name: v, mountPath: /app/config}]"
        ),
        pod(
            "command: [cat, /app/config/x.yaml]\n"
            "      volumeMounts: [{name: v, mountPath: /app/config}]"
        ),
        [],
    ),
    "pod with a folder of its own": (
        ALL,
        "k8s/pod.yaml",
        pod("workingDir: /usr/lib\n      command: [cat, core.py, /usr/lib/os.py]"),
        pod("workingDir: /usr/lib\n      command: [cat, core.py, /usr/lib/os.py]"),
        [],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_commands_of_containers(name: str) -> None:
    dockerfile, path, text, expected, listed = OTHERS[name]
    files = {path: text}
    if dockerfile is not None:
        files["Dockerfile"] = dockerfile
    assert after(files, path) == (expected, listed)


RUNS = {
    "a working folder on a mount": (
        "docker run -v $(pwd):/w -w /w/lib node npm install\n",
        "docker run -v $(pwd):/w -w /w/engine/lib node npm install\n",
    ),
    "a path on a mount": (
        'docker run --rm -v "$PWD:/w" x python /w/lib/core.py\n',
        'docker run --rm -v "$PWD:/w" x python /w/engine/lib/core.py\n',
    ),
    "a path from the working folder": (
        "docker run -v .:/w -w /w x python lib/core.py\n",
        "docker run -v .:/w -w /w x python engine/lib/core.py\n",
    ),
    "a mounted folder": (
        "docker run -v ./lib:/w/lib -w /w x python lib/core.py\n",
        "docker run -v ./engine/lib:/w/lib -w /w x python lib/core.py\n",
    ),
    "a volume": (
        "docker run -v data:/w -w /w/lib x ls\n",
        "docker run -v data:/w -w /w/lib x ls\n",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_containers_that_a_script_runs(name: str) -> None:
    text, expected = RUNS[name]
    assert after({"run.sh": text}, "run.sh") == (expected, [])


def test_a_file_that_leaves_what_is_copied_is_listed() -> None:
    tree = {**TREE, "Dockerfile": f"{BY_NAME}CMD python lib/core.py\n"}
    moves = {"lib/core.py": "engine/core.py"}
    world = a_world({one: text.encode() for one, text in tree.items()}, moves)
    data, undecided = rewritten(world, "Dockerfile")
    assert data.decode() == tree["Dockerfile"]
    assert [one.why for one in undecided] == ["the image would no longer hold it"]
