"""Contracts of import-linter name the same modules after the moves."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content

FILES: dict[str, Content] = {
    "app/__init__.py": b"",
    "app/adapters/__init__.py": b"",
    "app/adapters/web.py": b"",
    "app/domain/__init__.py": b"",
    "app/domain/web.py": b"",
    "lib/__init__.py": b"",
    "lib/cli.py": b"",
    "engine/__init__.py": b"",
}
DEEPER = {"app/adapters/": "app/enterprise/adapters/"}
INI = "[importlinter]\nroot_package = app\n\n[importlinter:contract:a]\ntype = layers\n"
TOML = '[[tool.importlinter.contracts]]\nname = "{}"\ntype = "layers"\n'
# The moves, the file, its text before, afterwards, and what is listed of it.
ROWS = {
    "below a container": (
        DEEPER,
        ".importlinter",
        f"{INI}containers =\n    app\nlayers =\n    adapters\n    domain\n",
        f"{INI}containers =\n    app\nlayers =\n    enterprise.adapters\n    domain\n",
        [],
    ),
    "several in a layer, and optional ones": (
        DEEPER,
        "setup.cfg",
        f"{INI}containers = app\nlayers =\n    (adapters) | domain\n"
        "    adapters.web : x\n",
        f"{INI}containers = app\nlayers =\n    (enterprise.adapters) | domain\n"
        "    enterprise.adapters.web : x\n",
        [],
    ),
    "in TOML": (
        DEEPER,
        "pyproject.toml",
        f'{TOML}containers = ["app"]\nlayers = ["adapters | domain", "(adapters)"]\n',
        f'{TOML}containers = ["app"]\n'
        'layers = ["enterprise.adapters | domain", "(enterprise.adapters)"]\n',
        [],
    ),
    "of another contract": (
        DEEPER,
        "pyproject.toml",
        f'{TOML}layers = ["adapters", "app.adapters"]\n\n{TOML}containers = ["app"]\n',
        f'{TOML}layers = ["adapters", "app.enterprise.adapters"]\n\n{TOML}'
        'containers = ["app"]\n',
        [],
    ),
    "with its container": (
        {"app/": "services/app/"},
        ".importlinter",
        f"{INI}containers =\n    app.domain\nlayers =\n    web\n",
        f"{INI}containers =\n    services.app.domain\nlayers =\n    web\n",
        ["app: it may name app/__init__.py, which moves"],
    ),
    "out of its container": (
        {"app/adapters/": "engine/adapters/"},
        ".importlinter",
        f"{INI}containers = app\nlayers =\n    adapters\n",
        f"{INI}containers = app\nlayers =\n    adapters\n",
        ["adapters: it is engine.adapters afterwards, not below app"],
    ),
    "below two containers, of which one keeps it": (
        {"app/adapters/web.py": "app/adapters/http/web.py"},
        ".importlinter",
        f"{INI}containers =\n    app.adapters\n    app.domain\nlayers =\n    web\n",
        f"{INI}containers =\n    app.adapters\n    app.domain\nlayers =\n    web\n",
        ["web: it is used in two ways"],
    ),
    "by their whole names": (
        {"lib/": "engine/lib/"},
        ".importlinter",
        f"{INI}layers =\n    (lib.cli)\n    lib.cli|app.domain\n",
        f"{INI}layers =\n    (engine.lib.cli)\n    engine.lib.cli|app.domain\n",
        [],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_layers_name_the_same_modules(name: str) -> None:
    moves, path, text, expected, listed = ROWS[name]
    data, undecided = rewritten(a_world({**FILES, path: text}, moves), path)
    assert data.decode() == expected
    assert [f"{one.text}: {one.why}" for one in undecided] == listed
