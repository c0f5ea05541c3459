"""Every output format by name, loaded when it is used.

Adding one: its file with `render(report, *, color)`, and one line here.
"""

from __future__ import annotations

from typing import Protocol

from treeguard.findings import Report


class Render(Protocol):
    """Renders a whole report; `color` allows ANSI colours."""

    def __call__(self, report: Report, *, color: bool = False) -> str: ...


FORMATS: dict[str, tuple[str, str]] = {
    "text": ("treeguard.formats.text", "render"),
    "concise": ("treeguard.formats.concise", "render"),
    "json": ("treeguard.formats.json_report", "render"),
    "sarif": ("treeguard.formats.sarif", "render"),
    "github": ("treeguard.formats.github", "render"),
    "gitlab": ("treeguard.formats.gitlab", "render"),
    "junit": ("treeguard.formats.junit", "render"),
    "markdown": ("treeguard.formats.markdown", "render"),
}


def renderer(name: str) -> Render:
    """Return the function that renders the format `name`."""
    import importlib

    module, function = FORMATS[name]
    found: Render = getattr(importlib.import_module(module), function)
    return found
