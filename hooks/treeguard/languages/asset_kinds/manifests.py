"""Is a YAML or JSON text a compose file, a Kubernetes manifest or part of a chart?

Each test follows the format's own reference: the Compose Specification (top-level
elements, service attributes), the Kubernetes API conventions ("Types (Kinds)": every
object names its `apiVersion` and `kind`, and objects carry `metadata`; groups that are
not Kubernetes' own are DNS names), the kustomization file reference, and Helm's "The
Chart.yaml File" and "Built-in Objects".
"""

from __future__ import annotations

import re

from treeguard.languages.asset_kinds.yaml_outline import ITEM
from treeguard.languages.asset_kinds.yaml_outline import Node
from treeguard.languages.asset_kinds.yaml_outline import documents

COMPOSE_NEEDLES = (b"services", b"include")
KUBERNETES_NEEDLES = (b"apiVersion",)
HELM_NEEDLES = (b"apiVersion", b"{{")

_COMPOSE_TOP_WORDS = (
    "version name include services networks volumes configs secrets models"
)
_COMPOSE_TOP = frozenset(_COMPOSE_TOP_WORDS.split())
# A service is started from one of these; no other format's services are.
_SERVICE_SOURCES = frozenset(("image", "build", "extends", "provider"))
# What an override file may hold alone, where `image` stands in the file it overrides.
_SERVICE_ATTRIBUTES_WORDS = (
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
_SERVICE_ATTRIBUTES = _SERVICE_SOURCES | frozenset(_SERVICE_ATTRIBUTES_WORDS.split())

_VERSION = re.compile(r"(?:([a-z0-9.-]+)/)?v\d+(?:(?:alpha|beta)\d+)?\Z")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]+\Z")
_BUILT_IN_GROUPS = frozenset(("apps", "autoscaling", "batch", "extensions", "policy"))
# They borrow the envelope, but nothing is ever applied to a cluster.
_FOREIGN_GROUPS = frozenset(("backstage.io", "score.dev"))
_KUSTOMIZATION_WORDS = (
    "bases components configMapGenerator configurations crds generators helmCharts "
    "images namePrefix namespace patches patchesJson6902 patchesStrategicMerge "
    "replacements resources secretGenerator transformers"
)
_KUSTOMIZATION = frozenset(_KUSTOMIZATION_WORDS.split())
_TEMPLATE = re.compile(
    rb"\{\{[^}\n]{0,400}(?:\$|[\s(-])?\.(?:Values|Release|Chart|Capabilities)\b"
)


def is_compose(data: bytes) -> bool:
    """True when `data` is one project of the Compose Specification."""
    if not any(needle in data for needle in COMPOSE_NEEDLES):
        return False
    found = documents(data)
    return bool(found) and all(_is_compose_document(node) for node in found)


def _is_compose_document(node: Node) -> bool:
    if not all(key in _COMPOSE_TOP or key.startswith("x-") for key in node):
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
    """True when a document of `data` is an object of the Kubernetes API."""
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
    """True when `data`, in a file with kustomize's own name, is a kustomization."""
    return any(not _KUSTOMIZATION.isdisjoint(node) for node in documents(data))


def is_chart(data: bytes) -> bool:
    """True when `data`, in a file named Chart.yaml, describes a Helm chart."""
    found = documents(data)
    if len(found) != 1:
        return False
    chart = found[0]
    written = all(chart.get(key) not in (None, "", ITEM) for key in ("name", "version"))
    return written and chart.get("apiVersion") in ("v1", "v2")


def is_chart_template(data: bytes) -> bool:
    """True when `data` uses an object that only Helm hands to its templates."""
    return _TEMPLATE.search(data) is not None
