from __future__ import annotations

import pytest

from tests.languages.expect import uses

SILENT = [
    ("comment", "# COPY old/ /x"),
    ("from a stage", "COPY --from=build /old /x"),
    ("destination", "COPY --chown=a:b . /old/"),
    ("printed", "RUN echo python -m old.x"),
    ("label", 'LABEL x="python old/x.py"'),
    ("folder in the image", "WORKDIR /old"),
    ("absolute path in the image", "RUN python /srv/old/x.py"),
    ("document that becomes a file", "COPY <<EOF /x\nold/x.py\nEOF"),
    ("port and user", "EXPOSE 80\nUSER old"),
    ("whole context", "COPY . ."),
    ("volume", 'VOLUME ["/old"]'),
    ("shell of a user", "RUN useradd -m -s /bin/bash old"),
    ("comment between lines", "RUN true && \\\n  # python old/x.py\n  true"),
]
SAYS = [
    ("copied", "COPY old/ /x/", ["old/"]),
    ("several", "ADD --chown=a old/a old/b /x/", ["old/a", "old/b"]),
    ("lower case", "copy old/a /x", ["old/a"]),
    ("from the context's root", "COPY /old/a /x", ["old/a"]),
    ("list", 'COPY ["old/a b", "/x/"]', ["old/a b"]),
    ("pattern", "COPY old/*.py /x/", ["old/..."]),
    ("argument", "ARG D=old\nCOPY ${D}/x /y", ["old/x"]),
    ("unknown argument", "COPY ${D}/old/x /y", ["old/x"]),
    ("on build", "ONBUILD COPY old /x", ["old"]),
    ("mount", "RUN --mount=type=bind,source=old/x,target=/y true", ["old/x"]),
    ("mount of a stage", "RUN --mount=from=b,source=old/x true", []),
    ("run", "RUN pip install x && \\\n    python -m old.x", ["m old.x"]),
    ("run a list", 'RUN ["python", "old/x.py"]', ["old/x.py"]),
    ("command", 'CMD ["python", "-m", "old.x"]', ["m old.x"]),
    ("shell's command", 'CMD ["sh", "-c", "python old/x.py"]', ["old/x.py"]),
    ("entry point", "ENTRYPOINT uvicorn old.api:app", ["m old.api"]),
    ("health", "HEALTHCHECK --interval=5s CMD python old/x.py", ["old/x.py"]),
    ("document", "RUN <<EOF\npython old/x.py\nEOF\nRUN true", ["old/x.py"]),
    ("Python document", "RUN python <<EOF\nimport old.x\nEOF", ["m old.x"]),
    ("where the context went", "COPY . /app\nCMD python /app/old/x.py", ["old/x.py"]),
    ("home", "WORKDIR /app\nCOPY . .\nRUN /app/old/x.sh", ["old/x.sh"]),
    ("environment", "ENV A=b PYTHONPATH=old", ["old"]),
    ("old environment", "ENV DJANGO_SETTINGS_MODULE old.settings", ["m old.settings"]),
    ("back quote as escape", "# escape=`\nRUN python `\n  old/x.py", ["old/x.py"]),
    ("Windows lines", "COPY old /x\r\nRUN true\r\n", ["old"]),
]


@pytest.mark.parametrize("text", [s for _, s in SILENT], ids=[i for i, _ in SILENT])
def test_a_mention_is_no_use(text: str) -> None:
    assert uses("Dockerfile", text) == []


@pytest.mark.parametrize(
    ("text", "expected"), [s[1:] for s in SAYS], ids=[s[0] for s in SAYS]
)
def test_what_a_dockerfile_uses(text: str, expected: list[str]) -> None:
    assert uses("deployment/api.Dockerfile", text) == expected


COMPOSE = """\
x-common: &common
  build: ../old
services:
  a:
    <<: *common
    image: old/image
    build: {context: .., dockerfile: old/Dockerfile}
    volumes: ["./old:/g:ro", "old:/vol", "${X:-./conf}:/c", ".:/app"]
    env_file: [{path: old/.env}, .env.production]
    command: python /app/old/x.py
    environment:
      - PYTHONPATH=old
      - TITLE=old/x.py
    extends: {file: old/base.yml, service: x}
    labels: [old/x]
    healthcheck: {test: [CMD, python, -m, old.health]}
    develop: {watch: [{path: ./old/w}]}
configs:
  c: {file: ./old/c.conf}
include: [old/more.yml]
"""


def test_what_a_compose_file_uses() -> None:
    assert uses("deployment/compose.yaml", COMPOSE) == [
        "../old",
        "../old/Dockerfile",
        "./old",
        "./conf",
        "old/.env",
        ".env.production",
        "old/x.py",
        "old",
        "old/base.yml",
        "m old.health",
        "./old/w",
        "./old/c.conf",
        "old/more.yml",
    ]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("[CMD, python, old/x.py]", ["old/x.py"]),
        ("[CMD-SHELL, 'curl a/b || ./old/x.sh']", ["./old/x.sh"]),
        ("./old/x.sh --fast", ["./old/x.sh"]),
        ("[NONE]", []),
    ],
)
def test_how_a_service_is_found_healthy(test: str, expected: list[str]) -> None:
    text = f"services: {{a: {{image: x, healthcheck: {{test: {test}}}}}}}"
    assert uses("compose.yml", text) == expected


def test_a_compose_file_is_known_by_what_it_holds() -> None:
    text = "services: {a: {image: x, env_file: old/e}}"
    assert uses("stack.yml", text) == ["old/e"]
