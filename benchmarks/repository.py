"""Write a synthetic Git repository of many Python files, for measuring.

`python benchmarks/repository.py FOLDER [FILES [indirect]]`: 50 files to a package, some
2 KB and 8 imports a file, one commit, packed. A file in a thousand imports from
`garbage`. With `indirect` the first rule looks for chains from one package of 50 files;
nearly every file reaches `garbage`. The same seed gives the same bytes.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable
from collections.abc import Iterator

from git import Repo

PER_PACKAGE = 50
SEED = 7

POLICY = """\
[policy]
version = 1
existing = "warn"

[rules.no-garbage-imports]
kind = "forbidden"
zone = ["garbage/"]
references = true
reason = "garbage/ is an archive"

[rules.adapters]
kind = "isolated"
zone = ["adapters/"]
owns = ["datadog"]

[rules.deployment]
kind = "placed"
files = ["Dockerfile*", "compose*.y*ml"]
detect = ["dockerfile", "compose", "kubernetes"]
under = ["deployment/"]

[rules.reports-kept]
kind = "preserved"
paths = ["reports/"]

[rules.core-layers]
kind = "layers"
layers = ["acme/p1/", "acme/p2/", "acme/p3/"]
"""


CHAINS = 'from = ["acme/p1/"]\nindirect = true\nreferences = true'


def main(folder: str, files: int, policy: str) -> None:
    """Make the repository in `folder`, which must not exist."""
    fast_import(folder, _stream(files, policy))


def fast_import(folder: str, stream: Iterable[bytes]) -> None:
    """Make a repository from a stream in the language of git-fast-import(1)."""
    with Repo.init(folder, initial_branch="main") as repo:
        with tempfile.TemporaryFile() as file:
            file.writelines(stream)
            file.seek(0)
            repo.git.fast_import("--quiet", istream=file)
        repo.head.reset(index=True, working_tree=True)


def _stream(files: int, policy: str) -> Iterator[bytes]:
    yield b"commit refs/heads/main\n"
    yield b"committer Bench <bench@example.org> 1700000000 +0000\n"
    yield _data("one commit")
    yield b"M 100644 inline policy.toml\n" + _data(policy)
    for path, text in _files(files):
        yield f"M 100644 inline {path}\n".encode() + _data(text)


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s\n" % (len(content), content)


def _files(files: int) -> Iterator[tuple[str, str]]:
    pick = random.Random(SEED)
    packages = max(2, files // PER_PACKAGE)
    yield "acme/__init__.py", ""
    yield "garbage/__init__.py", ""
    yield "garbage/demo.py", "X = 1\n"
    yield "adapters/__init__.py", "import datadog\n"
    yield "reports/a.csv", "1,2\n"
    yield "deployment/Dockerfile", "FROM scratch\n"
    for number in range(files):
        package, module = divmod(number, PER_PACKAGE)
        if module == 0:
            yield f"acme/p{package}/__init__.py", ""
        yield f"acme/p{package}/m{module}.py", _module(pick, packages)


def _module(pick: random.Random, packages: int) -> str:
    lines = ["from __future__ import annotations", "", "import os", "import sys"]
    if pick.random() < 0.001:
        lines.append("from garbage import demo")
    for _ in range(5):
        package, module = pick.randrange(packages), pick.randrange(PER_PACKAGE)
        lines.append(f"from acme.p{package} import m{module}")
    for number in range(8):
        name = f"{pick.getrandbits(40):x}"
        lines += [
            "",
            "",
            f"def function_{name}(value: int) -> int:",
            f'    """Return value plus {number}, for {name}."""',
            f"    total_{name} = value + {number}",
            f"    for step_{name} in range(total_{name}):",
            f"        total_{name} += step_{name} * {pick.randrange(1000)}",
            f"    return total_{name}",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    rules = POLICY
    if sys.argv[3:] == ["indirect"]:
        rules = POLICY.replace("references = true", CHAINS)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000, rules)
