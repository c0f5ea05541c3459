"""Scan a tree for what suggests rules: archives, adapters, assets, layers."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.assets import KINDS as ASSETS
from treeguard.languages.assets import detect
from treeguard.languages.assets import may_be
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import

# Modules of services and devices: code that imports one needs an account or a machine.
_SERVICES = (
    "aioboto3 anthropic azure boto3 botocore braintree cassandra chromadb"
    " clickhouse_connect clickhouse_driver cohere confluent_kafka datadog"
    " datadog_api_client ddtrace discord elasticsearch firebase_admin google.cloud"
    " hubspot hvac influxdb_client kafka kubernetes ldap3 mailchimp mixpanel mlflow"
    " mysql neo4j newrelic openai opensearchpy oracledb paramiko paypalrestsdk pika"
    " pinecone plaid psycopg psycopg2 pymongo pymysql pynvml pyodbc qdrant_client"
    " redis segment sendgrid sentry_sdk serial shopify slack_sdk snowflake stripe"
    " supabase telegram tweepy twilio wandb weaviate zmq"
)
SERVICES = frozenset(_SERVICES.split())
_MOST_PARSED = 5000  # above this the layers of a package take minutes


class Survey:
    """A tree's files, and what imports what.

    `services` maps a service to the sources that import it, `assets` a kind of
    deployment asset to its files.
    """

    def __init__(self, analysis: TreeAnalysis) -> None:
        self._known = analysis
        self.files = frozenset(
            path for path, entry in analysis.snapshot.files() if _is_plain(path)
        )
        self.folders = {
            "/".join(parts[:end])
            for parts in (path.split("/") for path in self.files)
            for end in range(1, len(parts))
        }
        self.sources = [path for path in analysis.python_files() if _is_plain(path)]
        self.services: dict[str, list[str]] = {}
        self.assets: dict[str, list[str]] = {}
        self.edges: dict[str, frozenset[str]] = {}
        for path in self.sources:
            self._scan_imports(path)
        for path in sorted(self.files):
            self._scan_asset(path)

    def _scan_imports(self, path: str) -> None:
        found: set[str] = set()
        wanted = False
        for item in self._known.imports_of(path):
            targets = self._known.resolve(path, item).targets
            found.update(targets)
            wanted = wanted or (not targets and _service(item) is not None)
        self.edges[path] = frozenset(found)
        if wanted:
            self._scan_services(path)

    def _scan_services(self, path: str) -> None:
        """Count only what is really imported: a candidate may come from a string."""
        facts = self._known.source(path)
        used = {_service(item) for item in facts.imports} if facts else set()
        for service in used:
            if service is not None:
                self.services.setdefault(service, []).append(path)

    def _scan_asset(self, path: str) -> None:
        entry = self._known.entry(path)
        if entry is None or not entry.is_file or not may_be(path, ASSETS):
            return
        kind = detect(path, self._known.data(path), ASSETS)
        if kind is not None:
            self.assets.setdefault(kind, []).append(path)

    def importers(self, folder: str) -> list[str]:
        """Return the sources outside `folder` that seem to import something in it."""
        inside = f"{folder}/"
        return [
            path
            for path, targets in sorted(self.edges.items())
            if not path.startswith(inside)
            and any(f"{target}/".startswith(inside) for target in targets)
        ]

    def layers(self) -> Iterator[tuple[str, list[list[str]]]]:
        """Yield packages whose parts import each other in one direction, with rows."""
        for package in sorted(self._packages()):
            parts = self._parts(package)
            rows = rows_of(self._uses(package, parts)) if len(parts) > 1 else None
            if rows is not None and len(rows) > 1:
                yield package, rows

    def _packages(self) -> set[str]:
        """Return the outermost folders with an `__init__.py`."""
        marked = {
            path.rpartition("/")[0]
            for path in self.sources
            if path.endswith("/__init__.py")
        }
        return {p for p in marked if p.rpartition("/")[0] not in marked}

    def _parts(self, package: str) -> set[str]:
        start = len(package) + 1
        return {
            package + "/" + path[start:].partition("/")[0]
            for path in self.sources
            if path.startswith(f"{package}/") and "/" in path[start:]
        }

    def _uses(self, package: str, parts: set[str]) -> dict[str, set[str]] | None:
        """Map each part of a package to the others that it imports, by exact facts."""
        inside = [path for path in self.sources if path.startswith(f"{package}/")]
        if len(inside) > _MOST_PARSED:
            return None
        uses: dict[str, set[str]] = {part: set() for part in parts}
        depth = package.count("/") + 2
        for path in inside:
            part = "/".join(path.split("/")[:depth])
            if part in parts:
                for target in self._targets(path):
                    other = "/".join(target.split("/")[:depth])
                    uses[part].update({other} & parts - {part})
        return uses

    def _targets(self, path: str) -> Iterator[str]:
        facts = self._known.source(path)
        if facts is not None:
            for item in facts.imports:
                yield from self._known.resolve(path, item, facts.search_path).targets


def rows_of(uses: dict[str, set[str]] | None) -> list[list[str]] | None:
    """Return the rows of an acyclic graph, the upper first; None if it has a cycle.

    A part is in the lowest row above everything that it uses.
    """
    if uses is None:
        return None
    rows: list[list[str]] = []
    left = dict(uses)
    while left:
        ready = sorted(part for part, used in left.items() if not used & left.keys())
        if not ready:
            return None
        rows.append(ready)
        for part in ready:
            del left[part]
    return rows[::-1]


def _service(item: Import) -> str | None:
    if item.level or item.kind not in (IMPORT, FROM):
        return None
    top = item.module.partition(".")[0]
    if top in SERVICES:
        return top
    both = f"{item.module}.{item.name}" if item.name else item.module
    two = ".".join(both.split(".")[:2])
    return two if two in SERVICES else None


def _is_plain(path: str) -> bool:
    """Return whether a path can be written in a policy: UTF-8, on one line."""
    return path.isprintable()
