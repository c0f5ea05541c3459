"""Decide how a span of what runs in a container reads after the moves.

Every image that may be meant is asked. What one of them holds there decides, if they
agree; where none does, nothing says what the image holds, and the span is listed.
"""

from __future__ import annotations

import posixpath
import re

from treeguard.languages.facts import STRING
from treeguard.languages.spans import BARE
from treeguard.languages.spans import IMAGE
from treeguard.languages.spans import PLACED
from treeguard.languages.spans import Container
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.containers import Found
from treeguard.migration.rewrite.containers import Image
from treeguard.migration.rewrite.containers import images
from treeguard.migration.rewrite.containers import roots_of
from treeguard.migration.rewrite.containers import start_of
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_strings import MAY_BE_NAME

_UNKNOWN = "nothing here says what the image holds"
_LOST = "the image would no longer hold it"
_OTHER = "the image is perhaps not built here, and would hold it elsewhere"
_WILD = re.compile(r"[*?\[\0]")


def new_text(
    span: Span, chars: str, names: Names, outside: NewText | None
) -> NewText | None:
    """Return the new text of a span, the old one if it is decided that it stays.

    `outside` is its new text in the repository; None says nothing of what moves.
    """
    assert span.container is not None
    raw = chars[span.start : span.end]
    if span.kind != IMAGE and chars[: span.start].endswith("/"):
        return None  # the end of an absolute path, which is a span of its own
    found = images(names.path, span.container, names.context)
    held = [
        answer
        for image in found
        for answer in _answers(image, span, raw, names, outside)
    ]
    if not held:
        return _unheld(span, raw, found, names.context, outside)
    first = held[0]
    if any(one != first for one in held[1:]):
        return NewText(raw, "the images that may be meant differ")
    container, is_named = span.container, span.kind == IMAGE
    is_sure = container.is_ours or container.stage or is_named or _is_mounted(container)
    if not first.why and first.text != raw and not is_sure:
        return NewText(raw, _OTHER)
    if not first.why and first.text != raw and span.kind == BARE:
        return NewText(raw, MAY_BE_NAME)
    return first


def _is_mounted(container: Container) -> bool:
    """Return True if a command starts in a folder that shows one of the repository."""
    start = f"{container.roots[0]}/"
    shown = (place.rstrip("/") for place, source in container.mounts if source)
    return any(start.startswith(f"{place}/") for place in shown)


def _answers(
    image: Image, span: Span, raw: str, names: Names, outside: NewText | None
) -> list[NewText]:
    """Return what an image says: one answer, none if it holds nothing of the span.

    A base image may set the folder that commands start in. Where only it can have,
    and the image is built here, every folder in which it would hold what is named is
    taken for that.
    """

    def answer(one: Span) -> NewText | None:
        if span.kind == STRING:
            return _module(image, one, names, outside)
        return _path(image, one, raw)

    assert span.container is not None
    container, said = span.container, [answer(span)]
    is_ours = container.is_ours or container.stage
    if said == [None] and is_ours and not start_of(image, container):
        _unknown, *others = container.roots
        said = [
            answer(span._replace(container=container._replace(roots=roots)))
            for roots in ((folder, *others) for folder in image.folders())
        ]
    return [one for one in said if one is not None]


def _unheld(
    span: Span,
    raw: str,
    found: list[Image],
    context: MoveContext,
    outside: NewText | None,
) -> NewText | None:
    if span.kind == IMAGE:
        # The whole path of a file that moves is hardly there by chance.
        ends = [raw[at + 1 :] for at, char in enumerate(raw) if char == "/"]
        moves = any("/" in end and end in context.moves for end in ends)
        is_command = span.base != PLACED
        return NewText(raw, _UNKNOWN) if moves and is_command else NewText(raw)
    if span.kind == STRING and any(one.installs for one in found):
        return outside  # an installed package has the names that its code has
    if outside is None or span.kind == BARE:
        return outside
    return NewText(raw, _UNKNOWN)


def _path(image: Image, span: Span, raw: str) -> NewText | None:
    assert span.container is not None
    start = start_of(image, span.container)
    wild = _WILD.search(raw)
    text = span.text[: len(span.text) - len(raw) + wild.start()] if wild else span.text
    head = text.rpartition("/")[0] if wild else text
    place = posixpath.normpath(posixpath.join(start, head or "."))
    found = image.find("" if place == "." else place)
    if found is None:
        return None
    if found.place is None:
        return NewText(raw, _LOST)
    tail = raw[len(raw) - (len(text) - len(head)) :] if not wild else ""
    tail = raw[raw.rfind("/", 0, wild.start()) :] if wild and head else tail
    slash = "/" if head.endswith("/") and not wild else ""
    if posixpath.isabs(raw):
        return NewText(found.place + slash + tail)
    entered = span.base.strip("/") if span.base not in (PLACED, ".") else ""
    folder = posixpath.normpath(posixpath.join(start, entered or "."))
    now = image.folder_now("" if folder == "." else folder)
    if found.place == ("" if place == "." else place) and now == folder.strip("."):
        return NewText(raw)
    new = posixpath.relpath(found.place or ".", now or ".")
    dot = "./" if raw.startswith("./") and not new.startswith(".") else ""
    return NewText(dot + new + slash + tail)


def _module(
    image: Image, span: Span, names: Names, outside: NewText | None
) -> NewText | None:
    """Return the new name of a module; that of an installed one is its name in code."""
    assert span.container is not None
    found: Found | None = image.find_module(
        span.text.rstrip("\0."), roots_of(image, span.container)
    )
    if found is None:
        return None
    if image.installs:
        return outside or NewText(span.text)
    if found.place is None:
        return NewText(span.text, _LOST)
    if span.open_end and found.place != span.text.rstrip("\0."):
        return NewText(span.text.rstrip("\0"), "it is built when it runs")
    in_code = span.text if outside is None else outside.text
    if found.place not in (in_code, span.text):
        return NewText(span.text, f"it is {found.place} in the image, and not in code")
    return NewText(found.place if not span.open_end else span.text)
