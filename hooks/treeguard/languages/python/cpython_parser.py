"""CPython's own parser, asked for a tree alone: nothing runs, nothing is printed."""

from __future__ import annotations

import ast
import warnings

# The last source with its tree, until somebody takes it: what becomes of facts first,
# and is rewritten then, is parsed once.
_last: list[tuple[str | bytes, ast.Module]] = []
_DEEP = "is nested too deeply to be parsed"


class UnreadableError(Exception):
    """Source that no parser takes: `reason` ends a sentence, `line` is 1-based."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def parse(source: str | bytes) -> ast.Module:
    """Parse with the running Python's grammar; nothing is printed or warned about.

    Raises `UnreadableError`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(
                source, "<source>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True
            )
    except SyntaxError as error:
        raise UnreadableError(f"cannot be parsed: {error.msg}", error.lineno) from None
    except (RecursionError, MemoryError, SystemError):
        raise UnreadableError(_DEEP, None) from None
    except (ValueError, OverflowError) as error:
        # Null bytes, before Python 3.12 made a SyntaxError of them.
        raise UnreadableError(f"cannot be parsed: {error}", None) from None
    assert isinstance(tree, ast.Module)
    _last[:] = [(source, tree)]
    return tree


def parse_to_change(source: str | bytes) -> ast.Module:
    """As `parse`, for one who changes the tree: it is handed out to nobody else.

    The last tree that was parsed is given away where it is that of `source`; who had
    it first must be done with it, as whoever wants no more than facts is.
    """
    if _last and _last[0][0] == source:
        return _last.pop()[1]
    tree = parse(source)
    _last.clear()
    return tree
