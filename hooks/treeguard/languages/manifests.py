"""Detect compose files, Kubernetes manifests and parts of charts by their content.

Each test follows the format's own reference: the Compose Specification (top-level
elements, service attributes), the Kubernetes API conventions ("Types (Kinds)": every
object names its `apiVersion` and `kind`, and objects carry `metadata`; groups that are
not Kubernetes' own are DNS names), the kustomization file reference, and Helm's "The
Chart.yaml File" and "Built-in Objects".

The outline is no second reader of YAML: `yaml_tree` reads what a file says. It tells
what a file is, also of templates that are not YAML yet, and a commit does not have to
import a YAML parser for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

from treeguard.languages.source_text import word_set

COMPOSE_NEEDLES = (b"services", b"include")
KUBERNETES_NEEDLES = (b"apiVersion",)
HELM_NEEDLES = (b"apiVersion", b"{{")

COMPOSE_TOP = word_set(
    "version name include services networks volumes configs secrets models"
)
# A service is started from one of these; no other format's services are.
_SERVICE_SOURCES = frozenset(("image", "build", "extends", "provider"))
# What an override file may hold alone, when `image` is in the file that it overrides.
_SERVICE_ATTRIBUTES = _SERVICE_SOURCES | word_set(
    "annotations attach blkio_config cap_add cap_drop cgroup cgroup_parent command "
    "configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period "
    "cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy develop "
    "device_cgroup_rules devices dns dns_opt dns_search domainname driver_opts "
    "entrypoint env_file environment expose external_links extra_hosts gpus group_add "
    "healthcheck hostname init ipc isolation label_file labels links logging "
    "mac_address mem_limit mem_reservation mem_swappiness memswap_limit models "
    "network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform "
    "ports post_start pre_stop privileged profiles pull_policy read_only restart "
    "runtime scale secrets security_opt shm_size stdin_open stop_grace_period "
    "stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user "
    "userns_mode uts volumes volumes_from working_dir <<"
)

_VERSION = re.compile(r"(?:([a-z0-9.-]+)/)?v\d+(?:(?:alpha|beta)\d+)?\Z")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]+\Z")
_BUILT_IN_GROUPS = frozenset(("apps", "autoscaling", "batch", "extensions", "policy"))
# They borrow the envelope, but nothing is ever applied to a cluster.
_FOREIGN_GROUPS = frozenset(("backstage.io", "score.dev"))
_KUSTOMIZATION = word_set(
    "bases components configMapGenerator configurations crds generators helmCharts "
    "images namePrefix namespace patches patchesJson6902 patchesStrategicMerge "
    "replacements resources secretGenerator transformers"
)
_TEMPLATE = re.compile(
    rb"\{\{[^}\n]{0,400}(?:\$|[\s(-])?\.(?:Values|Release|Chart|Capabilities)\b"
)


def is_compose(data: bytes) -> bool:
    """Return true when `data` is one project of the Compose Specification."""
    if not any(needle in data for needle in COMPOSE_NEEDLES):
        return False
    found = documents(data)
    return bool(found) and all(_is_compose_document(node) for node in found)


def _is_compose_document(node: Node) -> bool:
    if not all(key in COMPOSE_TOP or key.startswith("x-") for key in node):
        return False
    services = node.get("services")
    if not isinstance(services, dict) or not services:
        return False
    bodies = [body for body in services.values() if isinstance(body, dict)]
    if any(not _SERVICE_SOURCES.isdisjoint(body) for body in bodies):
        return True
    return bool(bodies) and all(_is_service(body) for body in bodies)


def _is_service(body: Node) -> bool:
    known = (key in _SERVICE_ATTRIBUTES or key.startswith("x-") for key in body)
    return bool(body) and all(known)


def is_kubernetes(data: bytes) -> bool:
    """Return true when a document of `data` is an object of the Kubernetes API."""
    if b"apiVersion" not in data or b"kind" not in data:
        return False
    return any(_is_object(node) for node in documents(data))


def _is_object(node: Node) -> bool:
    version, kind = node.get("apiVersion"), node.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        return False
    found = _VERSION.match(version)
    if found is None or not _KIND.match(kind):
        return False
    group = found[1] or ""
    if group in _FOREIGN_GROUPS or not _is_group(group):
        return False
    return "metadata" in node or "items" in node or group.endswith("k8s.io")


def _is_group(group: str) -> bool:
    return not group or group in _BUILT_IN_GROUPS or "." in group


def is_kustomization(data: bytes) -> bool:
    """Return true when `data`, in a file with its name, is a kustomization."""
    return any(not _KUSTOMIZATION.isdisjoint(node) for node in documents(data))


def is_chart(data: bytes) -> bool:
    """Return true when `data`, in a file named Chart.yaml, describes a Helm chart."""
    found = documents(data)
    if len(found) != 1:
        return False
    chart = found[0]
    written = all(chart.get(key) not in (None, "", ITEM) for key in ("name", "version"))
    return written and chart.get("apiVersion") in ("v1", "v2")


def is_chart_template(data: bytes) -> bool:
    """Return true when `data` uses an object that only Helm hands to its templates."""
    return _TEMPLATE.search(data) is not None


Node = dict[str, Union["Node", str]]

# Nothing that is asked lies deeper: `services: web: image:` is three.
DEPTH = 3
ITEM = "- "
_FLOW_KEY = re.compile(r"""(?<![\w.$-])([\w.$-]+)["']?\s*:(?:\s|$)""")
_BLOCK_SCALAR = re.compile(r"(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$")


def documents(data: bytes) -> list[Node]:
    """Return the outline of each document in `data`; none if it is no mapping of keys.

    A scalar is its text without quotes, a list is the text `ITEM`, and anything below
    the third level is left out.
    """
    if b"\0" in data:
        return []
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if text.lstrip().startswith("{") and not text.lstrip().startswith("{{"):
        return _flow_document(text)
    return _block_documents(text)


def _flow_document(text: str) -> list[Node]:
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        # Flow style that is not JSON (`{a: b}`) is not written by hand at this size.
        return []
    return [_as_node(found, DEPTH)] if isinstance(found, dict) else []


def _as_node(found: dict[str, object], depth: int) -> Node:
    node: Node = {}
    for key, value in found.items():
        if isinstance(value, dict):
            node[key] = _as_node(value, depth - 1) if depth > 1 else {}
        else:
            # Only text has a meaning here: `apiVersion: 1` must not read as "1".
            node[key] = value if isinstance(value, str) else ITEM
    return node


def _block_documents(text: str) -> list[Node]:
    found: list[Node] = []
    for lines in _split(text):
        node = _outline(lines)
        if node is None:
            return []
        if node:
            found.append(node)
    return found


def _split(text: str) -> Iterator[list[str]]:
    """Yield the lines of each document without markers (YAML 1.2.2, 9.1 and 9.2)."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip()
        if bare == "..." or bare == "---" or bare.startswith("--- "):
            yield lines
            lines = [bare[4:]] if bare.startswith("--- ") else []
        else:
            lines.append(bare)
    yield lines


def _outline(lines: list[str]) -> Node | None:
    """Return the keys of one document, None if a line at the margin cannot be YAML."""
    root: Node = {}
    open_nodes: list[tuple[int, Node, str]] = []
    silent_below: int | None = None
    for line in lines:
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        if not bare or bare.startswith(("#", "{{")):
            continue
        if silent_below is not None and indent > silent_below:
            continue
        silent_below = None
        while open_nodes and _closed_by(open_nodes[-1][0], indent, bare):
            open_nodes.pop()
        if bare == "-" or bare.startswith(ITEM):
            if not open_nodes:
                return None
            _, parent, key = open_nodes[-1]
            parent[key] = ITEM
            silent_below = indent
            continue
        pair = _pair(bare)
        if pair is None:
            if indent == 0 and not bare.startswith(("%", "}", "]")):
                return None
            continue
        if len(open_nodes) < DEPTH:
            silent_below = _enter(root, open_nodes, indent, pair)
    return root


def _closed_by(opened: int, indent: int, bare: str) -> bool:
    """Return whether a key ends here: the next one is no deeper, and is no item."""
    return indent < opened or (indent == opened and not bare.startswith("-"))


def _enter(
    root: Node,
    open_nodes: list[tuple[int, Node, str]],
    indent: int,
    pair: tuple[str, str],
) -> int | None:
    """Add one key; return the indentation below which nothing is read, if any."""
    key, value = pair
    node = root
    if open_nodes:
        _, parent, parent_key = open_nodes[-1]
        below = parent.get(parent_key)
        if not isinstance(below, dict):
            below = parent[parent_key] = {}
        node = below
    node[key] = _value(value)
    open_nodes.append((indent, node, key))
    return indent if _BLOCK_SCALAR.match(value) else None


def _pair(bare: str) -> tuple[str, str] | None:
    """Split a line `key: value`; return None if it is no such line."""
    if bare[0] in "\"'":
        end = bare.find(bare[0], 1)
        rest = bare[end + 1 :].lstrip(" ")
        if end < 0 or not rest.startswith(":"):
            return None
        return bare[1:end], rest[1:].strip()
    if bare[0] in "[]{},&*!|>%@`\t":
        return None
    key, found, value = bare.partition(": ")
    if not found:
        key, found, value = bare.partition(":\t")
    if not found:
        key, value = bare.split(" #", 1)[0].rstrip(), ""
        if not key.endswith(":"):
            return None
        key = key[:-1]
    return key.rstrip(), value.strip()


def _value(text: str) -> Node | str:
    """Return the value of a key: a scalar, or the keys of a `{...}` on its line."""
    while text.startswith(("&", "!")):
        text = text.partition(" ")[2].lstrip()
    if text.startswith("{") and not text.startswith("{{"):
        return dict.fromkeys(_FLOW_KEY.findall(text), "")
    if text.startswith("["):
        return ITEM
    if text[:1] in ("'", '"'):
        end = text.find(text[0], 1)
        return text[1:end] if end > 0 else text
    if text.startswith("#"):
        return ""
    return text.partition(" #")[0].rstrip()
