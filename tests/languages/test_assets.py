"""What files are, whatever their names; the silent cases come first."""

from __future__ import annotations

import json
import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from treeguard.languages.assets import KINDS
from treeguard.languages.assets import detect
from treeguard.languages.assets import may_be
from treeguard.languages.assets import named
from treeguard.languages.assets import needles
from treeguard.languages.yaml_outline import DEPTH
from treeguard.languages.yaml_outline import ITEM
from treeguard.languages.yaml_outline import documents

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec: {}\n"
COMPOSE = "services:\n  web:\n    image: nginx\n"
BUILD = "FROM python:3.12\nRUN pip install .\n"
WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    services:
      db:
        image: postgres
    steps:
      - run: make test
"""

FLOW = "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n"
JSON = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}'
GO = 'package main\n\nimport "os"\n\nfunc from() { os.Exit(1) }\n'

SILENT = {
    "python with the string FROM": ("a.py", 'sql = "FROM x"\nfrom a import b\n'),
    "extensionless python script": ("run", "#!/usr/bin/python\nfrom a import b\n"),
    "extensionless import first": ("run", "from a import b\nimport c\n"),
    "sql": ("q.sql", "SELECT *\nFROM x\n"),
    "sql without a suffix": ("query", "FROM users\nWHERE a = 1\n"),
    "one line of sql": ("query.txt", "FROM users\n"),
    "modelfile": ("Modelfile", "FROM llama3\nPARAMETER temperature 1\nSYSTEM hi\n"),
    "modelfile of one line": ("Modelfile", "FROM llama3\n"),
    "earthfile": ("Earthfile", "VERSION 0.8\nFROM alpine\nRUN ls\n"),
    "mail": ("mail.eml", "From: a@b.c\nSubject: hello\n"),
    "mbox": ("inbox", "From a@b.c Sat Jan 1\nSubject: hello\n"),
    "prose": ("NOTES", "From here on all is well.\nRUN while you can.\n"),
    "run before from": ("build", "RUN ls\nFROM alpine\n"),
    "markdown with a dockerfile": ("a.md", f"# Build\n\n```\n{BUILD}```\n"),
    "markdown that is only a dockerfile": ("a.md", BUILD),
    "text with a dockerfile": ("a.txt", f"Like this:\n\n{BUILD}"),
    "notes named after a dockerfile": ("Dockerfile.notes", "Ask Bob first.\n"),
    "Go named after a Dockerfile": ("dockerfile.go", GO),
    "Go with that capital": ("parser/Dockerfile.go", GO),
    "Rust named after a Dockerfile": ("dockerfile.rs", "use std::fs;\nfn from() {}\n"),
    "Python named after a Dockerfile": ("dockerfile.py", "from a import b\nrun = b\n"),
    "Java named after a Dockerfile": ("Dockerfile.java", "class Dockerfile {\n}\n"),
    "documentation of a Dockerfile": ("Dockerfile.md", f"# Ours\n\nIt is\n\n{BUILD}"),
    "empty source named so": ("dockerfile.ts", ""),
    "source that is no Dockerfile by name": ("a.go", BUILD),
    "ignore file": (".dockerignore", "Dockerfile\n"),
    "binary": ("blob", b"FROM a\nRUN b\0\n"),
    "empty": ("empty", ""),
    "only comments": ("c", "# FROM a\n# RUN b\n"),
    "github workflow": (".github/workflows/ci.yml", WORKFLOW),
    "gitlab ci": (".gitlab-ci.yml", "services:\n  - postgres\ntest:\n  script: x\n"),
    "gitlab ci of lists": (".gitlab-ci.yml", "services:\n  - name: a\n    image: b\n"),
    "travis": (".travis.yml", "language: python\nservices:\n  - docker\n"),
    "render": ("render.yaml", "services:\n  - type: web\n    image: x\n"),
    "symfony": ("services.yaml", "services:\n  app.x:\n    class: X\n    tags: [a]\n"),
    "woodpecker": (
        ".woodpecker.yml",
        "services:\n  db:\n    image: postgres\nsteps:\n  a:\n    image: b\n",
    ),
    "configuration with services": ("c.yaml", "services:\n  api:\n    port: 80\n"),
    "config named compose": ("compose.yaml", "title: A song\nkey: c minor\n"),
    "services without a value": ("c.yaml", "services:\n"),
    "an agent's provider": (
        "conf/llm.yaml",
        "name: agent\nservices:\n  llm:\n    provider: openai\n    model: gpt-4o\n",
    ),
    "a provider alone": ("c.yaml", "services:\n  llm:\n    provider: openai\n"),
    "an image with a port": (
        "c.yaml",
        "services:\n  a:\n    image: x\n    port: 80\n",
    ),
    "an image of values": (
        "values.yaml",
        "services:\n  a:\n    image:\n      repository: x\n      tag: y\n",
    ),
    "an environment that is a word": (
        "c.yaml",
        "services:\n  a:\n    command: x\n    environment: prod\n",
    ),
    "services of two sorts": (
        "c.yaml",
        "services:\n  a:\n    image: x\n  b:\n    class: App\n",
    ),
    "services in flow style": ("c.yml", "services: {a: {port: 80}, b: {image: x}}\n"),
    "compose behind another document": ("c.yml", f"- a\n---\n{COMPOSE}"),
    "openapi": ("api.yaml", "openapi: 3.1.0\ninfo:\n  title: a\npaths: {}\n"),
    "mkdocs": ("mkdocs.yml", "site_name: a\nnav:\n  - Home: index.md\n"),
    "ansible": ("play.yml", "- hosts: all\n  tasks:\n    - name: x\n"),
    "ansible with a manifest": (
        "play.yml",
        "- hosts: all\n  tasks:\n    - k8s:\n        definition:\n"
        "          apiVersion: v1\n          kind: Pod\n          metadata: {}\n",
    ),
    "grafana": ("ds.yaml", "apiVersion: 1\ndatasources:\n  - name: a\n"),
    "backstage": (
        "catalog-info.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: a\n",
    ),
    "skaffold": (
        "skaffold.yaml",
        "apiVersion: skaffold/v4beta6\nkind: Config\nmetadata:\n  name: a\n",
    ),
    "experiment": (
        "conf/exp.yaml",
        "apiVersion: v1\nkind: Experiment\nmetadata:\n  name: x\nspec: {}\n",
    ),
    "pipeline of a group": (
        "p.yaml",
        "apiVersion: batch/v1\nkind: Pipeline\nmetadata:\n  name: x\n",
    ),
    "model of no group": (
        "m.yaml",
        "apiVersion: v1beta1\nkind: Model\nmetadata: {}\n",
    ),
    "kubeconfig": ("config", "apiVersion: v1\nkind: Config\nclusters: []\n"),
    "experiment in flow style": (
        "e.yaml",
        "{apiVersion: v1, kind: Experiment, metadata: {name: x}}\n",
    ),
    "experiments in a row": ("e.json", JSON.replace("Pod", "Experiment") * 2),
    "UTF-16 without a mark": ("pod.yaml", POD.encode("utf-16-le")),
    "Dockerfile in UTF-16": ("build.image", BUILD.encode("utf-16")),
    "unclosed flow": ("a.yaml", "{apiVersion: v1, kind: Pod, metadata: {\n"),
    "kind without a version": ("a.yaml", "kind: Pod\nmetadata:\n  name: a\n"),
    "manifest inside a block scalar": (
        "values.yaml",
        "template: |\n  apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n",
    ),
    "keys in two documents": (
        "a.yaml",
        "apiVersion: v1\n---\nkind: Pod\nmetadata: {}\n",
    ),
    "manifest in prose": ("a.rst.j2", f"Write this\n\n{POD}"),
    "manifest in a comment": (
        "a.yaml",
        "# apiVersion: v1\n# kind: Pod\nmetadata: {}\n",
    ),
    "json without an object": ("a.json", '{"apiVersion": {"type": "string"}}'),
    "json discovery": ("d.json", '{"kind": "discovery#x", "apiVersion": "v1"}'),
    "json of great depth": ("d.json", '{"apiVersion":' * 5000),
    "json list": ("d.json", '[{"apiVersion": "v1", "kind": "Pod", "metadata": {}}]'),
    "package.json": ("package.json", '{"name": "a", "version": "1"}'),
    "chart data": ("Chart.yaml", "title: Sales\nbars:\n  - 1\n"),
    "chart.yaml elsewhere": ("chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
    "jinja template": ("web/templates/a.txt", "Hello {{ user.name }}\n"),
    "go template": ("web/templates/a.tpl", '{{ define "x" }}{{ .Title }}{{ end }}\n'),
    "packer": (
        "image.pkr.hcl",
        'packer {\n}\nsource "amazon-ebs" "x" {\n}\nvariable "a" {\n}\n',
    ),
    "nomad": ("web.nomad.hcl", 'job "web" {\n  group "a" {\n  }\n}\n'),
    "prose named tf": ("notes.tf", "The first note.\n"),
    "binary named tf": ("weights.tf", b"\0\1\2"),
    "variables alone": ("v.hcl", 'variable "a" {\n}\n'),
}

LOUD = {
    "dockerfile": ("Dockerfile", BUILD, "dockerfile"),
    "dockerfile below": ("a/b/Dockerfile.prod", BUILD, "dockerfile"),
    "dockerfile of one line": ("Dockerfile", "FROM scratch\n", "dockerfile"),
    "empty dockerfile": ("Dockerfile", "", "dockerfile"),
    "containerfile": ("Containerfile", BUILD, "dockerfile"),
    "suffix": ("web.dockerfile", BUILD, "dockerfile"),
    "renamed": ("build.image", BUILD, "dockerfile"),
    "renamed without suffix": ("image", BUILD, "dockerfile"),
    "renamed as text": ("image.txt", BUILD, "dockerfile"),
    **{
        f"of a {ending} program": (f"b/Dockerfile.{ending}", BUILD, "dockerfile")
        for ending in ("go", "rs", "py", "java", "php", "r", "ts", "html", "jl")
    },
    "suffix behind a dash": ("Dockerfile-api.go", BUILD, "dockerfile"),
    "containerfile of a program": ("Containerfile.go", "FROM x\n", "dockerfile"),
    "syntax directive": (
        "build.image",
        f"# syntax=docker/dockerfile:1\n{BUILD}",
        "dockerfile",
    ),
    "escape directive": (
        "build.image",
        "# escape=`\nFROM a\nRUN dir `\n  c:\\\n",
        "dockerfile",
    ),
    "arg before from": (
        "build.image",
        "ARG V=3\nFROM python:${V}\nCMD x\n",
        "dockerfile",
    ),
    "args with defaults": (
        "build.image",
        "ARG V\nFROM ${R:-docker.io}/a:${V:-1}\nCMD x\n",
        "dockerfile",
    ),
    "platform and stages": (
        "build.image",
        "FROM --platform=$BUILDPLATFORM a AS b\nFROM c\nCOPY --from=b / /\n",
        "dockerfile",
    ),
    "digest": ("build.image", f"FROM a@sha256:{'0' * 64}\nCMD x\n", "dockerfile"),
    "heredoc": (
        "build.image",
        "FROM a\nRUN <<EOF\nnot an instruction\nEOF\nCOPY <<-'X' <<\"Y\" /\nanything\n"
        "\tX\nmore\nY\nCMD x\n",
        "dockerfile",
    ),
    "continuation with comments": (
        "build.image",
        "FROM a\nRUN x && \\\n  # why\n\n  y\nCMD z\n",
        "dockerfile",
    ),
    "lower case": ("build.image", "from a as b\nrun c\n", "dockerfile"),
    "crlf and bom": ("build.image", b"\xef\xbb\xbfFROM a\r\nRUN b\r\n", "dockerfile"),
    "onbuild": ("build.image", "FROM a\nONBUILD RUN b\n", "dockerfile"),
    "compose": ("stack.yaml", COMPOSE, "compose"),
    "compose by name": ("compose.yaml", COMPOSE, "compose"),
    "compose without suffix": ("stack", COMPOSE, "compose"),
    "compose with all": (
        "stack.yml",
        f"# why\nversion: '3.8'\nname: a\nx-common: &c\n  restart: always\n{COMPOSE}"
        "volumes:\n  data:\nnetworks: {a: {}}\n",
        "compose",
    ),
    "compose with merge keys": (
        "stack.yml",
        "x-a: &a\n  image: x\nservices:\n  web:\n    <<: *a\n    ports: [80]\n",
        "compose",
    ),
    "compose in flow style": ("s.yml", "services:\n  web: {image: nginx}\n", "compose"),
    "compose as one mapping": ("stack.yml", "services: {a: {image: x}}\n", "compose"),
    "compose over lines in flow style": (
        "stack.yml",
        "services: {\n  a: {image: x, # why\n    ports: ['80:80']},\n  b: {build: .}}",
        "compose",
    ),
    "compose in UTF-16": ("stack.yml", COMPOSE.encode("utf-16"), "compose"),
    "compose by an alias": (
        "stack.yml",
        "x-a: &a\n  image: x\nservices:\n  web: *a\n",
        "compose",
    ),
    "compose with a provider": (
        "s.yml",
        "services:\n  db:\n    provider:\n      type: awesomecloud\n",
        "compose",
    ),
    "compose with a model": (
        "s.yml",
        "services:\n  a:\n    image: x\n    models: [m]\nmodels:\n  m: {model: m}\n",
        "compose",
    ),
    "compose override": (
        "dev.yml",
        "services:\n  web:\n    ports:\n      - 80:80\n",
        "compose",
    ),
    "compose as json": ("s.json", '{"services": {"web": {"image": "a"}}}', "compose"),
    "compose with quoted keys": (
        "s.yaml",
        '"services":\n  "web":\n    "image": a\n',
        "compose",
    ),
    "empty compose": ("docker-compose.yml", "", "compose"),
    "manifest": ("pod.yaml", POD, "kubernetes"),
    "manifest without suffix": ("pod", POD, "kubernetes"),
    "crlf": ("pod.yaml", POD.replace("\n", "\r\n"), "kubernetes"),
    "second document": ("all.yaml", f"# a\n---\nx: y\n---\n{POD}", "kubernetes"),
    "document on the marker": ("all.yaml", f"--- # first\n{POD}", "kubernetes"),
    "group": (
        "d.yaml",
        "kind: Deployment\napiVersion: apps/v1 # stable\nmetadata: {name: a}\n",
        "kubernetes",
    ),
    "quoted": (
        "d.yaml",
        'apiVersion: "apps/v1"\nkind: "Deployment"\nmetadata: {}\n',
        "kubernetes",
    ),
    "custom resource": (
        "a.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: a\n",
        "kubernetes",
    ),
    "list": ("l.yaml", f"apiVersion: v1\nkind: List\nitems:\n- {POD}", "kubernetes"),
    "json manifest": ("pod.json", json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    ), "kubernetes"),
    "json manifest, indented": ("pod.json", json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, indent=2
    ), "kubernetes"),
    "manifest in flow style": ("k/flow.yaml", FLOW, "kubernetes"),
    "manifest in flow style over lines": (
        "flow.yaml",
        "# why\n{\n  apiVersion: v1, # stable\n  'kind': \"Pod\",\n"
        "  metadata: {name: a, labels: {b: [c, {d: e}]}},\n}\n",
        "kubernetes",
    ),
    "second document in flow style": ("a.yaml", f"a: b\n---\n{FLOW}", "kubernetes"),
    "document with an anchor": ("k/a.yaml", f"--- &a\n{POD}", "kubernetes"),
    "document with a tag": ("a.yaml", f"--- !!map\n{POD}", "kubernetes"),
    "tag on a line of its own": ("a.yaml", f"!!map\n{POD}", "kubernetes"),
    "anchors of values": (
        "a.yaml",
        "x: &k Pod\napiVersion: &v v1\nkind: *k\nmetadata: &m {name: a}\n",
        "kubernetes",
    ),
    "behind a list document": ("a.yaml", f"- a\n- b: c\n---\n{POD}", "kubernetes"),
    "objects in a row": ("pods.json", JSON + JSON, "kubernetes"),
    "objects on lines": ("pods", f"{JSON}\n\n{JSON}\n", "kubernetes"),
    "second object": ("p.json", f'{{"a": 1}}\n{JSON}', "kubernetes"),
    "UTF-16": ("pod.yaml", POD.encode("utf-16"), "kubernetes"),
    "UTF-16 of the other order": (
        "pod.yaml",
        b"\xfe\xff" + POD.encode("utf-16-be"),
        "kubernetes",
    ),
    "indented": ("pod.yaml", textwrap.indent(POD, "  "), "kubernetes"),
    "values on the next line": (
        "a.yaml",
        "apiVersion:\n  v1\nkind: >-\n  Pod\nmetadata: {name: a}\n",
        "kubernetes",
    ),
    "marked keys": (
        "a.yaml",
        "? apiVersion\n: v1\n? kind\n: Pod\n? metadata\n: {name: a}\n",
        "kubernetes",
    ),
    "kustomization": ("kustomization.yaml", "resources:\n  - a.yaml\n", "kubernetes"),
    "cluster configuration": (
        "kind.yaml",
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: worker\n",
        "kubernetes",
    ),
    "chart": (
        "charts/a/Chart.yaml",
        "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "helm",
    ),
    "chart template": (
        "charts/a/templates/d.yaml",
        f"{{{{- if .Values.on }}}}\n{POD}{{{{- end }}}}\n",
        "helm",
    ),
    "chart helpers": (
        "charts/a/templates/_helpers.tpl",
        '{{- define "a.name" -}}{{ default .Chart.Name $.Values.x }}{{- end }}\n',
        "helm",
    ),
    "terraform": ("main.tf", 'resource "a" "b" {\n}\n', "terraform"),
    "terraform with comments": ("main.tf", "/* a\n*/\n# c\nlocals {\n}\n", "terraform"),
    "empty terraform": ("variables.tf", "", "terraform"),
    "tfvars": ("prod.tfvars", 'region = "eu"\n', "terraform"),
    "terraform json": ("main.tf.json", '{"resource": {}}', "terraform"),
    "terragrunt": ("live/terragrunt.hcl", 'include "root" {\n}\n', "terraform"),
    "terraform renamed": (
        "infra.hcl",
        'terraform {\n  x = <<EOF\nprose\nEOF\n}\nvariable "a" {}\nmodule "b" {\n}\n',
        "terraform",
    ),
}  # fmt: skip


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@pytest.mark.parametrize(("path", "text"), SILENT.values(), ids=SILENT)
def test_says_nothing(path: str, text: str | bytes) -> None:
    assert detect(path, as_bytes(text), KINDS) is None


@pytest.mark.parametrize(("path", "text", "kind"), LOUD.values(), ids=LOUD)
def test_says_what_it_is(path: str, text: str | bytes, kind: str) -> None:
    assert detect(path, as_bytes(text), KINDS) == kind
    assert detect(path, as_bytes(text), (kind,)) == kind


@pytest.mark.parametrize(("path", "text", "kind"), LOUD.values(), ids=LOUD)
def test_no_shortcut_misses_it(path: str, text: str | bytes, kind: str) -> None:
    assert may_be(path, (kind,))
    data = as_bytes(text)
    held = any(needle in data for needle in needles((kind,)))
    # Of bytes that are not ASCII, every file is looked at.
    assert held or named(path, (kind,)) or not data.isascii()


@pytest.mark.parametrize(("path", "text", "kind"), LOUD.values(), ids=LOUD)
def test_is_nothing_that_was_not_asked_for(
    path: str, text: str | bytes, kind: str
) -> None:
    others = [other for other in KINDS if other not in (kind, "kubernetes")]
    assert detect(path, as_bytes(text), others) is None


def test_a_chart_template_is_a_manifest_when_charts_are_not_asked_for() -> None:
    text = f"{{{{- if .Values.on }}}}\n{POD}{{{{- end }}}}\n".encode()
    assert detect("a/templates/d.yaml", text, ("kubernetes",)) == "kubernetes"
    assert detect("a/templates/d.yaml", text, ("kubernetes", "helm")) == "helm"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="nomad"):
        detect("a", b"", ("nomad",))


@given(st.text(), st.sampled_from(["a", "a.yaml", "a.json", "Dockerfile.x", "a.tf"]))
def test_any_text_gets_an_answer_that_the_shortcuts_allow(text: str, path: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    kind = detect(path, data, KINDS)
    if kind is not None:
        assert may_be(path, (kind,))
        held = any(needle in data for needle in needles((kind,)))
        assert held or named(path, (kind,)) or not data.isascii()


names = st.text("abcdefg", min_size=1, max_size=4)
trees = st.dictionaries(
    names, st.one_of(names, st.dictionaries(names, names, min_size=1)), min_size=1
)


# Blanks between words are one, as in an outline nothing depends on them.
flow_scalars = st.text("ab-.:/# '", min_size=1, max_size=5).map(
    lambda text: " ".join(text.split())
)
flow_trees = st.recursive(
    flow_scalars,
    lambda inner: (
        st.dictionaries(names, inner, min_size=1, max_size=3)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


def pruned(found: object, depth: int = DEPTH) -> object:
    """What an outline keeps of a parsed document."""
    if isinstance(found, dict):
        inner = {key: pruned(value, depth - 1) for key, value in found.items()}
        return inner if depth else {}
    return found if isinstance(found, str) else ITEM


@given(st.dictionaries(names, flow_trees, min_size=1))
def test_outline_reads_flow_style_as_yaml_does(tree: dict[str, object]) -> None:
    text = yaml.safe_dump(tree, default_flow_style=True, width=10_000, sort_keys=False)
    expected = [pruned(tree)]
    assert documents(text.encode()) == expected
    assert documents(f"--- &a\n{text}".encode("utf-16")) == documents(text.encode())
    dumped = json.dumps(tree)
    assert documents(f"{dumped}{dumped}\n{dumped}".encode()) == expected * 3


@given(st.text("{}[],:\"'#&*!|>-? \nab", max_size=60))
def test_any_outline_ends(text: str) -> None:
    assert isinstance(documents(text.encode()), list)


@pytest.mark.parametrize(
    "text",
    [
        "{" * 50_000,
        "a: {" * 20_000,
        '{"a":' * 20_000,
        "{'" * 50_000,
        "a: *a\n" * 20_000,
    ],
    ids=["braces", "flow", "JSON", "quotes", "aliases"],
)
def test_nesting_costs_no_recursion(text: str) -> None:
    assert len(documents(text.encode())) < 2


@given(trees, st.integers(1, 6))
def test_outline_reads_what_was_written(
    tree: dict[str, str | dict[str, str]], width: int
) -> None:
    lines = []
    for key, value in tree.items():
        lines.append(f"{key}:" if isinstance(value, dict) else f"{key}: {value}")
        if isinstance(value, dict):
            inner = "\n".join(f"{name}: {text}" for name, text in value.items())
            lines.append(textwrap.indent(inner, " " * width))
    text = "\n".join(lines)
    assert documents(text.encode()) == [tree]
    assert documents(json.dumps(tree).encode()) == [tree]
