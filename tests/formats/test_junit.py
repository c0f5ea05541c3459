"""JUnit XML, valid by the schema of Jenkins' xUnit plugin."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from tests.formats.reports import CELL
from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from treeguard.findings import Finding
from treeguard.formats.junit import render

# The schema of https://github.com/jenkinsci/xunit-plugin, unchanged, with its licence.
SCHEMA = Path(__file__).parent / "schemas" / "junit-10.xsd"
ALL = (IMPORT, CHAIN, DELETION, CELL, WAIVED)


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMA))


def parsed(*findings: Finding) -> ElementTree.Element:
    return ElementTree.fromstring(render(a_report(*findings)).encode())


@pytest.mark.parametrize("findings", [(), ALL, ALL * 2], ids=["clean", "all", "twice"])
def test_valid(findings: tuple[Finding, ...], schema: xmlschema.XMLSchema) -> None:
    schema.validate(render(a_report(*findings)))


def test_the_schema_refuses_what_is_not_junit(schema: xmlschema.XMLSchema) -> None:
    text = render(a_report(IMPORT)).replace(' classname="', ' file="')
    assert not schema.is_valid(text)


def test_one_passing_case_when_clean() -> None:
    root = parsed()
    [case] = root.iter("testcase")
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert [child.tag for child in case] == ["system-out"]


def test_counts_are_those_of_the_cases() -> None:
    root = parsed(*ALL)
    assert (root.get("tests"), root.get("failures")) == ("5", "2")
    for suite in root.iter("testsuite"):
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(list(suite.iter("failure"))))
        assert suite.get("skipped") == str(len(list(suite.iter("skipped"))))


@pytest.mark.parametrize(
    ("finding", "tag"),
    [
        pytest.param(IMPORT, "failure", id="new"),
        pytest.param(CHAIN, "system-out", id="existing that passes"),
        pytest.param(CELL, "system-out", id="warning"),
        pytest.param(WAIVED, "skipped", id="excepted"),
    ],
)
def test_what_becomes_of_a_finding(finding: Finding, tag: str) -> None:
    [case] = parsed(finding).iter("testcase")
    assert [child.tag for child in case] == [tag]


def test_a_failure_says_everything() -> None:
    [failure] = parsed(CHAIN._replace(status="new")).iter("failure")
    assert failure.get("message") == "reaches garbage/demo.py"
    assert failure.text == (
        "core/run.py:12:6: error: reaches garbage/demo.py\n"
        "  -> core/run.py:12\n  -> lib/a.py:3\n  -> garbage/demo.py\n"
        "why: garbage/ is an archive.\nfix: take this out"
    )


def test_equal_cases_have_names_of_their_own() -> None:
    names = [case.get("name") for case in parsed(IMPORT, IMPORT).iter("testcase")]
    assert names == [
        "core/run.py: imports garbage/demo.py",
        "core/run.py: imports garbage/demo.py (2)",
    ]


def test_a_name_is_no_markup() -> None:
    nasty = IMPORT._replace(path='a"]]>&<x>\x00\ufffe.py', rule="<r>")
    [case] = parsed(nasty).iter("testcase")
    assert case.get("name") == 'a"]]>&<x>\\x00\\ufffe.py: imports garbage/demo.py'
    assert "]]>" not in render(a_report(nasty))
