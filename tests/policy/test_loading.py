"""Bad policies are refused with every fault in them, good ones are read in full.

`invalid/` holds bad policies, and beside each the faults that it must be refused with:
line, key, message and suggestion, with the kinds of rules as `{kinds}`.
"""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from treeguard.errors import Fault
from treeguard.errors import PolicyError
from treeguard.policy.loading import MAX_BYTES
from treeguard.policy.model import Policy
from treeguard.policy.patterns import Patterns
from treeguard.rules.closed import Closed
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated
from treeguard.rules.layers import Layers
from treeguard.rules.placed import Placed
from treeguard.rules.preserved import Preserved
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load
from treeguard.rules.required import Required
from treeguard.rules.vacated import Vacated

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
INVALID = sorted((HERE / "invalid").glob("*.toml"))
VALID = [*sorted((HERE / "valid").glob("*.toml")), ROOT / "policy.toml"]
KEPT = b'[rules.kept]\nkind = "preserved"\npaths = ["reports/"]\n'


def faults(text: bytes) -> tuple[Fault, ...]:
    with pytest.raises(PolicyError) as caught:
        load(text, "policy.toml", "a test")
    return caught.value.faults


def load_or_faults(text: bytes) -> Policy | tuple[Fault, ...]:
    try:
        return load(text, "policy.toml", "a test")
    except PolicyError as error:
        return error.faults


def written(fault: Fault) -> str:
    key = f"{fault.key}: " if fault.key else ""
    tail = f" ({fault.suggestion})" if fault.suggestion else ""
    return f"{fault.line}: {key}{fault.message}{tail}\n"


def one_rule(text: str) -> object:
    return load(f"[rules.x]\n{text}".encode(), "policy.toml", "a test").rules[0].options


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_every_fault_is_named(path: Path) -> None:
    found = faults(path.read_bytes())
    kinds = ", ".join(f'"{kind}"' for kind in KINDS)
    expected = path.with_suffix(".txt").read_text().replace("{kinds}", kinds)
    assert "".join(map(written, found)) == expected
    assert {fault.path for fault in found} == {"policy.toml"}


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_sound_policy_is_read(path: Path) -> None:
    policy = load(path.read_bytes(), str(path), "worktree")
    assert policy.rules or policy.migration


NOT_EVEN_TOML = {
    "empty": (b"", 0, "empty"),
    "blank": (b" \n\n", 0, "empty"),
    "a byte order mark": (b"\xef\xbb\xbf" + KEPT, 1, "byte order mark"),
    "UTF-16": (KEPT.decode().encode("utf-16"), 1, "not UTF-8"),
    "Latin-1": (KEPT + b"# caf\xe9\n", 4, "not UTF-8"),
    "a NUL": (KEPT + b"# \0\n", 4, "NUL"),
    "only NULs": (b"\0" * 100, 1, "NUL"),
    "huge": (KEPT + b"#" * MAX_BYTES, 0, "bytes long"),
    "an ELF program": (b"\x7fELF\x02\x01\x01" + b"\0" * 9, 1, "NUL"),
    "a bare carriage return": (b"a = 1\rb = 2\n", 1, "invalid TOML"),
    "a huge number": (b"a = " + b"9" * 5000, 0, "invalid TOML: exceeds the limit"),
    "brackets without end": (b"a = " + b"[" * 500_000, 0, "nested too deeply"),
    "tables without end": (b"a = " + b"{a = " * 100_000, 0, "nested too deeply"),
    "a key without end": (b".".join([b"a"] * 100_000), 0, "nested too deeply"),
}


@pytest.mark.parametrize(
    ("text", "line", "message"), NOT_EVEN_TOML.values(), ids=NOT_EVEN_TOML
)
def test_what_is_no_toml_is_refused(text: bytes, line: int, message: str) -> None:
    (fault,) = faults(text)
    assert fault.line == line
    assert message in fault.message


def test_windows_line_ends_are_toml() -> None:
    policy = load(KEPT.replace(b"\n", b"\r\n"), "policy.toml", "a test")
    assert [(rule.id, rule.line) for rule in policy.rules] == [("kept", 1)]


@settings(max_examples=200)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_the_bytes_only_faults_are_raised(text: bytes) -> None:
    assert load_or_faults(text)


WORDS = st.sampled_from(
    ["kind", "zone", "policy", "rules", "forbidden", "garbage/", "from", "x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner),
    max_leaves=8,
).filter(lambda value: value is not None)


@settings(max_examples=300)
@given(st.dictionaries(WORDS, st.dictionaries(WORDS, VALUES), max_size=3))
def test_whatever_the_types_only_faults_are_raised(rules: dict[str, object]) -> None:
    text = f"rules = {inline(rules)}\nmigration = {inline(rules)}\n"
    outcome = load_or_faults(text.encode())
    assert isinstance(outcome, Policy) or all(fault.line for fault in outcome)


def inline(value: object) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        pairs = (f"{key} = {inline(one)}" for key, one in value.items() if one != [])
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def test_the_defaults_of_a_policy() -> None:
    policy = load(KEPT, "policy.toml", "index")
    digest = f"sha256:{hashlib.sha256(KEPT).hexdigest()}"
    assert policy._replace(rules=()) == Policy(
        "policy.toml", "index", digest, None, Patterns(), "block", (), (), None
    )


def test_the_defaults_of_a_rule() -> None:
    (rule,) = load(b"# one\n\n" + KEPT, "policy.toml", "index").rules
    assert (rule.id, rule.kind, rule.line) == ("kept", "preserved", 3)
    assert (rule.severity, rule.reason, rule.allow_empty) == ("error", "", False)
    assert rule.exclude == Patterns()
    assert rule.patterns == (("paths", "reports/"),)


ZONE = Patterns(["z/"])
OPTIONS = {
    'kind = "forbidden"\nzone = ["z/"]': Forbidden(zone=ZONE),
    'kind = "forbidden"\nzone = ["z/"]\nfrom = ["a/"]\nindirect = true\n'
    'references = true\ntype_checking = false\nundecidable = "error"': Forbidden(
        zone=ZONE,
        importers=Patterns(["a/"]),
        indirect=True,
        references=True,
        type_checking=False,
        undecidable="error",
    ),
    'kind = "isolated"\nzone = ["z/"]': Isolated(
        zone=ZONE, entrances=Patterns(), owns=(), uses=None, independent=()
    ),
    'kind = "isolated"\nzone = ["z/"]\nentrances = ["e/"]\nowns = ["o.p"]\nuses = []\n'
    'independent = ["z/a/", "z/b/"]': Isolated(
        zone=ZONE,
        entrances=Patterns(["e/"]),
        owns=("o.p",),
        uses=Patterns(),
        independent=(Patterns(["z/a/"]), Patterns(["z/b/"])),
        references=False,
        type_checking=True,
        undecidable="notice",
    ),
    'kind = "placed"\nfiles = ["D*"]\nunder = ["z/"]': Placed(
        files=Patterns(["D*"]), detect=(), under=ZONE, exempt=Patterns()
    ),
    'kind = "placed"\ndetect = ["helm"]\nunder = ["z/"]\nexcept = ["e/"]': Placed(
        files=Patterns(), detect=("helm",), under=ZONE, exempt=Patterns(["e/"])
    ),
    'kind = "preserved"\npaths = ["z/"]': Preserved(paths=ZONE, allow=("edit", "move")),
    'kind = "preserved"\npaths = ["z/"]\nallow = []': Preserved(paths=ZONE, allow=()),
    'kind = "required"\nfiles = ["a/", "b"]': Required(files=("a/", "b")),
    'kind = "closed"\nfolder = "z/"\nchildren = ["*.py"]': Closed(
        folder="z", children=Patterns(["*.py"])
    ),
    'kind = "closed"\nfolder = "."\nchildren = ["*.py"]': Closed(
        folder="", children=Patterns(["*.py"])
    ),
    'kind = "layers"\nlayers = ["a/", ["b/", "c/"]]': Layers(
        layers=((Patterns(["a/"]),), (Patterns(["b/"]), Patterns(["c/"]))),
        type_checking=True,
    ),
    'kind = "vacated"\n[[migration.move]]\nfrom = ["a/"]\nto = "b/"\n'
    '[migration]\nid = "m"\nrecord = "m.md"': Vacated(),
}


@pytest.mark.parametrize(("text", "options"), OPTIONS.items())
def test_the_options_of_each_kind(text: str, options: object) -> None:
    assert one_rule(text) == options


@pytest.mark.parametrize(
    ("root", "meant"),
    [("./", "."), ("././", "."), ("./src", "src"), ("src/./", "src/")],
)
def test_a_root_of_dots_is_explained(root: str, meant: str) -> None:
    [fault] = faults(f'[policy]\nroots = ["{root}"]\n'.encode() + KEPT)
    assert f'(did you mean "{meant}"?)' in written(fault)


def test_roots_are_folders_without_slashes() -> None:
    text = b'[policy]\nroots = [".", "src/", "a/b"]\n' + KEPT
    assert load(text, "policy.toml", "index").roots == ("", "src", "a/b")


def test_every_claim_of_a_rule_is_listed() -> None:
    text = (
        '[rules.x]\nkind = "isolated"\nzone = ["z/"]\nowns = ["o"]\n'
        'independent = ["z/a/", "z/b/"]\n'
        '[rules.y]\nkind = "layers"\nlayers = ["a/", ["b/"]]\n'
    )
    first, second = load(text.encode(), "policy.toml", "index").rules
    assert first.patterns == (
        ("zone", "z/"),
        ("owns", "o"),
        ("independent", "z/a/"),
        ("independent", "z/b/"),
    )
    assert second.patterns == (("layers", "a/"), ("layers", "b/"))


def test_exceptions_and_migration_have_dates_and_lines() -> None:
    text = (HERE / "valid" / "every_kind.toml").read_bytes()
    policy = load(text, "policy.toml", "index")
    lines = text.decode().splitlines()
    first, second = policy.exceptions
    assert first.expires == datetime.date(2026, 12, 31)
    assert (first.path, first.target) == (Patterns(["scripts/*.py"]), "garbage.demo")
    assert (second.expires, second.target) == (None, None)
    assert policy.migration is not None
    places = [one.line for one in policy.exceptions]
    places += [move.line for move in policy.migration.moves]
    places += [create.line for create in policy.migration.creates]
    headers = [lines[place - 1] for place in places]
    names = ("exceptions", "migration.move", "migration.create")
    assert headers == [f"[[{name}]]" for name in names for _ in range(2)]
    assert policy.migration.moves[0].sources == ("a/", "/b/*.py")
    assert policy.migration.creates[0].text == "# Archive\n"
    assert policy.migration.creates[1].from_file == "docs/notice.txt"
