"""The one model of Compose files: every key with a path, its kind and its base."""

from __future__ import annotations

import pytest

from treeguard.languages.compose import builds
from treeguard.languages.compose import is_compose
from treeguard.languages.facts import PATH
from treeguard.languages.references import spans_in
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import FILE
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PLACE
from treeguard.languages.yaml_tree import yaml_documents

KEYS = [
    ("build: ./api", [(FILE, "./api", OWN)]),
    ("build: .", [(PLACE, ".", OWN)]),
    (
        "build: {context: api, dockerfile: ../Dockerfile}",
        [(PATH, "api", OWN), (PATH, "Dockerfile", "./api")],
    ),
    ("build: {dockerfile: d/Dockerfile}", [(PATH, "d/Dockerfile", "./.")]),
    ("build: {additional_contexts: {b: y}}", [(PATH, "y", OWN)]),
    ("build: {additional_contexts: [b=y]}", [(PATH, "y", OWN)]),
    ("env_file: a.env", [(FILE, "a.env", OWN)]),
    ("env_file: [{path: a.env, required: false}]", [(FILE, "a.env", OWN)]),
    ("label_file: [labels]", [(FILE, "labels", OWN)]),
    ("extends: {file: b.yml, service: c}", [(FILE, "b.yml", OWN)]),
    ("volumes: ['./a:/b', 'name:/c', '~/d:/e', '/f:/g']", [(FILE, "./a", OWN)]),
    (
        "volumes: [{type: bind, source: a}, {type: volume, source: b}]",
        [(PATH, "a", OWN)],
    ),
    ("develop: {watch: [{path: src}]}", [(FILE, "src", OWN)]),
    ("volumes: ['${DATA:-./data}:/x', '${NONE}:/y']", [(FILE, "./data", OWN)]),
]


def found(path: str, text: str) -> list[tuple[str, str, str]]:
    spans = sorted(spans_in(path, text.encode(), text))
    return [(one.kind, one.text, one.base) for one in spans]


@pytest.mark.parametrize(("key", "expected"), KEYS)
def test_a_key_of_a_service(key: str, expected: list[tuple[str, str, str]]) -> None:
    assert found("stack.yml", f"services: {{a: {{image: x, {key}}}}}") == expected


def test_the_keys_at_the_top() -> None:
    text = (
        "include: [a.yml, {path: [b.yml], env_file: c.env, project_directory: d}]\n"
        "configs: {e: {file: f.txt}}\nsecrets: {g: {file: h.txt}}\n"
        "volumes: {i: {driver_opts: {device: ./j}}}\n"
        "x-k: &k {env_file: l.env}\nservices: {m: *k}\n"
    )
    assert [text for _kind, text, _base in found("compose.yml", text)] == [
        *("a.yml", "b.yml", "c.env", "d", "f.txt", "h.txt", "./j", "l.env")
    ]


def test_what_a_variable_decides_is_not_written() -> None:
    text = "services: {a: {volumes: ['${DATA:-./data}:/x']}}"
    [span] = spans_in("compose.yml", text.encode(), text)
    assert text[span.start : span.end] == "${DATA:-./data}:/x"
    assert span.quote is None


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("stack.yml", "services: {a: {image: x}}", True),
        ("stack.yml", "include: [a.yml]", False),
        ("compose.yml", "include: [a.yml]", True),
        (".github/workflows/compose.yml", "jobs: {a: {services: {}}}", False),
        ("stack.yml", "[services]", False),
    ],
)
def test_what_is_a_compose_file(path: str, text: str, expected: bool) -> None:
    [document] = yaml_documents(from_file(text)) or []
    assert is_compose(path, document) is expected


def test_builds() -> None:
    text = (
        "services: {a: {build: x}, b: {build: {context: y, dockerfile: z}}, c: {}, "
        "d: {build: {dockerfile: w}}}"
    )
    [document] = yaml_documents(from_file(text)) or []
    assert [
        (one.context.chars, one.dockerfile and one.dockerfile.chars, one.is_short)
        for one in builds(document)
    ] == [("x", None, True), ("y", "z", False)]
