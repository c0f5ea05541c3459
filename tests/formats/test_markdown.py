"""The summary of a CI step: whole, escaped, and never longer than GitHub takes."""

from __future__ import annotations

import pytest

from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import NOTICE
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.formats.markdown import LIMIT
from treeguard.formats.markdown import render

EXPECTED = """\
### treeguard: 2 to fix

2 findings&#58; 2 new, 0 existing, 1 excepted, 81 files, 1 notice.

Policy: <code>policy.toml</code> of <code>index</code>, <code>sha256&#58;00</code>

| | rule | where | what | fix |
| --- | --- | --- | --- | --- |
| error | <code>no-garbage-imports</code> | <code>core/run.py&#58;12&#58;6</code> \
| imports garbage/demo.py<br><i>garbage/ is an archive.</i> | take this out |
| error | <code>reports-kept</code> | <code>reports/a b.json</code> \
| is preserved and is deleted<br><i>measured once.</i><br><i>Never again.</i> \
| bring it back<br><code>git restore -- 'reports/a b.json'</code> |
| excepted | <code>no-garbage-imports</code> \
| <code>core/waived.py&#58;12&#58;6</code> \
| imports garbage/demo.py<br><i>garbage/ is an archive.</i> | take this out |

| where | cannot be decided |
| --- | --- |
| <code>core/run.py&#58;7</code> | what f() imports is only known when it runs |
"""
CLEAN = """\
### treeguard: no violations

No violations (81 files checked).

Policy: <code>policy.toml</code> of <code>index</code>, <code>sha256&#58;00</code>
"""


def test_whole_text() -> None:
    assert render(a_report(WAIVED, IMPORT, DELETION, notices=(NOTICE,))) == EXPECTED


def test_a_layout_that_is_kept() -> None:
    assert render(a_report()) == CLEAN


def test_a_chain_and_what_the_old_tree_had() -> None:
    text = render(a_report(CHAIN))
    assert "| warning, existing |" in text
    assert (
        "<code>core/run.py&#58;12</code> &rarr; <code>lib/a.py&#58;3</code> "
        "&rarr; <code>garbage/demo.py</code>" in text
    )
    assert "nothing blocks" in text


@pytest.mark.parametrize(
    ("nasty", "shown"),
    [
        ("a|b", "a&#124;b"),
        ("`x`", "&#96;x&#96;"),
        ("<img src=x>", "&#60;img src=x&#62;"),
        ("&amp;", "&#38;amp;"),
        ("[a](http://b)", "&#91;a&#93;(http&#58;//b)"),
        ("a\nb", "a&#92;nb"),
        ("\u202etxt", "&#92;u202etxt"),
        ("@team #1 www.b", "&#64;team &#35;1 www&#46;b"),
        (
            "**b** _i_ ~~s~~",
            "&#42;&#42;b&#42;&#42; &#95;i&#95; &#126;&#126;s&#126;&#126;",
        ),
    ],
)
def test_nothing_of_a_name_is_markup(nasty: str, shown: str) -> None:
    finding = Finding(nasty, "forbidden", nasty, nasty, fix=Fix(nasty, (nasty,)))
    row = render(a_report(finding)).splitlines()[-1]
    assert (row.count("|"), row.count(shown)) == (6, 5)


def test_a_long_report_ends_early_and_says_so() -> None:
    long = IMPORT._replace(message="x" * 1000)
    text = render(a_report(*[long] * 2000, notices=(NOTICE,)))
    rows = text.count("\n| error |")
    assert len(text.encode()) <= LIMIT
    assert rows > 800
    said = "more findings are not shown: GitHub's limit is 1 MiB a step."
    assert f"\n\n{2000 - rows} {said}\n" in text
