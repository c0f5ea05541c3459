"""Detect compose files, Kubernetes manifests and parts of charts by their content.

Each test follows the format's own reference: the Compose Specification (top-level
elements, service attributes), the Kubernetes API conventions ("Types (Kinds)": every
object names its `apiVersion` and `kind`, and objects carry `metadata`; groups that are
not Kubernetes' own are DNS names), the kustomization file reference, and Helm's "The
Chart.yaml File" and "Built-in Objects".
"""

from __future__ import annotations

import re

from treeguard.languages.source_text import word_set
from treeguard.languages.yaml_outline import ITEM
from treeguard.languages.yaml_outline import Node
from treeguard.languages.yaml_outline import decoded
from treeguard.languages.yaml_outline import documents

COMPOSE_NEEDLES = (b"services", b"include")
KUBERNETES_NEEDLES = (b"apiVersion",)
HELM_NEEDLES = (b"apiVersion", b"{{")

COMPOSE_TOP = word_set(
    "version name include services networks volumes configs secrets models"
)
# A service is started from one of these; no other format's services are.
_SERVICE_SOURCES = frozenset(("image", "build", "extends", "provider"))
# Attributes by what their values are in schema/compose-spec.json of the specification;
# `docker compose config` refuses a service with any other.
_SCALARS = word_set(
    "attach cgroup cgroup_parent container_name cpu_count cpu_percent cpu_period "
    "cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset domainname hostname "
    "image init ipc isolation mac_address mem_limit mem_reservation mem_swappiness "
    "memswap_limit network_mode oom_kill_disable oom_score_adj pid pids_limit "
    "platform privileged pull_policy pull_refresh_after read_only restart runtime "
    "scale shm_size "
    "stdin_open stop_grace_period stop_signal tty use_api_socket user userns_mode uts "
    "volume_driver working_dir"
)
_COLLECTIONS = word_set(
    "annotations blkio_config cap_add cap_drop configs credential_spec depends_on "
    "deploy develop device_cgroup_rules devices dns_opt driver_opts environment expose "
    "external_links extra_hosts group_add healthcheck labels links logging models "
    "networks ports post_start pre_stop profiles provider secrets security_opt "
    "storage_opt sysctls ulimits volumes volumes_from"
)
_EITHER = word_set(
    "build command dns dns_search entrypoint env_file extends gpus label_file tmpfs <<"
)

_VERSION = re.compile(r"(?:([a-z0-9.-]+)/)?v\d+(?:(?:alpha|beta)\d+)?\Z")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]+\Z")
# The groups without a domain are closed: no resource definition can add a kind to one.
# https://kubernetes.io/docs/reference/generated/kubernetes-api/, with what it dropped.
_CLOSED_GROUPS = {
    "": word_set(
        "Binding ComponentStatus ConfigMap Endpoints Event LimitRange List Namespace "
        "Node PersistentVolume PersistentVolumeClaim Pod PodTemplate "
        "ReplicationController ResourceQuota Secret Service ServiceAccount Status"
    ),
    "apps": word_set(
        "ControllerRevision DaemonSet Deployment ReplicaSet Scale StatefulSet"
    ),
    "autoscaling": word_set("HorizontalPodAutoscaler Scale"),
    "batch": word_set("CronJob Job JobTemplate ScheduledJob"),
    "extensions": word_set(
        "DaemonSet Deployment Ingress NetworkPolicy PodSecurityPolicy ReplicaSet Scale "
        "ThirdPartyResource"
    ),
    "policy": word_set("Eviction PodDisruptionBudget PodSecurityPolicy"),
}
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
    if not _holds(data, COMPOSE_NEEDLES):
        return False
    found = documents(data)
    return bool(found) and all(_is_compose_document(node) for node in found)


def _holds(data: bytes, needles: tuple[bytes, ...]) -> bool:
    """Return whether a needle is in `data`, which may be in UTF-16."""
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = (decoded(data) or "").encode("utf-8", "replace") if is_wide else data
    return any(needle in text for needle in needles)


def _is_compose_document(node: Node) -> bool:
    if not all(key in COMPOSE_TOP or key.startswith("x-") for key in node):
        return False
    services = node.get("services")
    if not isinstance(services, dict) or not services:
        return False
    bodies = [body for name, body in services.items() if not name.startswith("x-")]
    # `web:` alone is in an override file.
    mappings = [body for body in bodies if isinstance(body, dict)]
    return bool(mappings) and all(map(_is_service, mappings))


def _is_service(body: Node) -> bool:
    return bool(body) and all(map(_is_attribute, body, body.values()))


def _is_attribute(key: str, value: Node | str) -> bool:
    """Return whether a service may have this; a value that is elsewhere may be any."""
    is_open = value == "" or (isinstance(value, str) and value.startswith(("*", "{{")))
    if key in _SCALARS:
        return isinstance(value, str) and value != ITEM
    if key in _COLLECTIONS:
        return is_open or isinstance(value, dict) or value == ITEM
    return key in _EITHER or key.startswith("x-")


def is_kubernetes(data: bytes) -> bool:
    """Return true when a document of `data` is an object of the Kubernetes API."""
    if not _holds(data, KUBERNETES_NEEDLES):
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
    if "." in group:
        is_known = group not in _FOREIGN_GROUPS
    else:
        kinds = _CLOSED_GROUPS.get(group, frozenset())
        is_known = kind in kinds or kind.removesuffix("List") in kinds
    is_whole = "metadata" in node or "items" in node or group.endswith("k8s.io")
    return is_known and is_whole


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
