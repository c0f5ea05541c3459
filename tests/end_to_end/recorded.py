"""The findings of every row of the table, as they were recorded once.

`python -m tests.end_to_end.recorded` writes them anew.
"""

from __future__ import annotations

import json
from pathlib import Path

PATH = Path(__file__).with_name("findings.json")
FINDINGS: dict[str, list[str]] = (
    json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
)


def main() -> None:
    """Ask one gate about each row."""
    import os
    import sys
    import tempfile

    from tests.end_to_end import test_gates
    from tests.end_to_end.conftest import Gates
    from tests.end_to_end.gates import marks
    from tests.end_to_end.support import Workshop
    from tests.support.git import clean_environment
    from tests.support.patch13 import build

    found = {}
    groups = {
        "receive": {**test_gates.LAWS, **test_gates.HISTORIES},
        "commit": test_gates.COMMITS,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = clean_environment(folder)
        template = build(folder / "template").path
        workshop = Workshop(sys.executable, folder, template, env)
        for gate, rows in groups.items():
            for number, (title, row) in enumerate(rows.items()):
                place = folder / f"{gate}-{number}"
                place.mkdir()
                gates = Gates(place, folder, workshop, lambda runner: None)
                is_history = title in test_gates.HISTORIES
                done = test_gates.at_gate(gates, gate, row, is_history=is_history)
                found[title] = marks(done)
    text = json.dumps(found, indent=1, ensure_ascii=True, sort_keys=True)
    PATH.write_text(f"{text}{os.linesep}", encoding="utf-8")


if __name__ == "__main__":
    main()
