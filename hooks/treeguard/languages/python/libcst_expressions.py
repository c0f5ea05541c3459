"""The expressions of a libcst tree as those of an `ast` tree."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange

_WORDS = {"True": True, "False": False, "None": None}
_CONDITIONAL = ("test", "body", "orelse")
_LEAVES = (cst.Name, cst.BaseString, cst.Integer)
_OPERATORS = {"Add": ast.Add, "Divide": ast.Div, "Modulo": ast.Mod}


class Expressions:
    """Makes `ast` nodes whose columns count code points.

    `handlers` maps the name of a libcst class to what translates it. What is not
    there means nothing in itself, and becomes a container of its children.
    """

    def __init__(self, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        self._positions = positions
        self.handlers: dict[str, Callable[[Any], Any]] = {
            "IfExp": self._if_expression,
            "NamedExpr": self._walrus,
            "Name": self._name,
            "Attribute": self._attribute,
            "Call": self._call,
            "SimpleString": self._string,
            "ConcatenatedString": self._joined,
            "FormattedString": self._formatted,
            "Integer": self._integer,
            "BinaryOperation": self._binary,
            "BooleanOperation": self._boolean,
            "UnaryOperation": self._unary,
            "List": self._sequence,
            "Tuple": self._sequence,
            "Set": self._set,
            "Dict": self._dict,
            "StarredElement": self._starred,
            "Subscript": self._subscript,
            "ListComp": self._comprehension,
            "SetComp": self._comprehension,
            "DictComp": self._comprehension,
            "GeneratorExp": self._comprehension,
        }

    def _any(self, node: cst.CSTNode) -> Any:
        handler = self.handlers.get(type(node).__name__)
        return handler(node) if handler else self._bag(node)

    def _bag(self, node: cst.CSTNode) -> Any:
        """Anything else: the children, in a node that itself means nothing."""
        parts = [self._any(child) for child in node.children if _says_much(child)]
        return self._at(node, ast.JoinedStr(values=parts))

    def _body(self, nodes: Sequence[cst.CSTNode]) -> list[Any]:
        return [self._any(node) for node in nodes]

    def _at(self, node: cst.CSTNode, made: Any) -> Any:
        where = self._positions.get(node)
        if where is not None:
            made.lineno, made.col_offset = where.start.line, where.start.column
            made.end_lineno, made.end_col_offset = where.end.line, where.end.column
        else:
            made.lineno = made.end_lineno = 1
            made.col_offset = made.end_col_offset = 0
        return made

    def _maybe(self, node: cst.CSTNode | None) -> Any:
        return None if node is None else self._any(node)

    def _keyword(self, node: Any) -> Any:
        name = dotted(node.keyword) if node.keyword else None
        return self._at(node, ast.keyword(arg=name, value=self._any(node.value)))

    def _if_expression(self, node: Any) -> Any:
        parts = {name: self._any(getattr(node, name)) for name in _CONDITIONAL}
        return self._at(node, ast.IfExp(**parts))

    def _walrus(self, node: Any) -> Any:
        target, value = self._target(node.target), self._any(node.value)
        return self._at(node, ast.NamedExpr(target=target, value=value))

    def _target(self, node: cst.CSTNode) -> Any:
        """A target: each name in it is bound, other than in `a.b` and `a[b]`."""
        made = self._any(node)
        stack = [made]
        while stack:
            item = stack.pop()
            if isinstance(item, ast.Name):
                item.ctx = ast.Store()
            elif isinstance(item, (ast.List, ast.Tuple)):
                stack += item.elts
            elif isinstance(item, ast.Starred):
                stack.append(item.value)
        return made

    def _name(self, node: Any) -> Any:
        if node.value in _WORDS:
            return self._at(node, ast.Constant(value=_WORDS[node.value]))
        return self._at(node, ast.Name(id=dotted(node), ctx=ast.Load()))

    def _attribute(self, node: Any) -> Any:
        value, attr = self._any(node.value), dotted(node.attr)
        return self._at(node, ast.Attribute(value=value, attr=attr, ctx=ast.Load()))

    def _call(self, node: Any) -> Any:
        made = ast.Call(func=self._any(node.func), args=[], keywords=[])
        for arg in node.args:
            if arg.keyword is not None or arg.star == "**":
                made.keywords.append(self._keyword(arg))
            elif arg.star:
                starred = ast.Starred(value=self._any(arg.value), ctx=ast.Load())
                made.args.append(self._at(arg, starred))
            else:
                made.args.append(self._any(arg.value))
        return self._at(node, made)

    def _string(self, node: Any) -> Any:
        value = node.evaluated_value
        return self._at(node, ast.Constant(value=value))

    def _joined(self, node: Any) -> Any:
        """Implicit concatenation; `ast` makes one constant of it, and so does this."""
        parts, rest = [], node
        while isinstance(rest, cst.ConcatenatedString):
            parts.append(self._any(rest.left))
            rest = rest.right
        parts.append(self._any(rest))
        if all(isinstance(part, ast.Constant) for part in parts):
            empty = b"" if isinstance(parts[0].value, bytes) else ""
            value = empty.join(part.value for part in parts)
            return self._at(node, ast.Constant(value=value))
        values = [v for part in parts for v in getattr(part, "values", [part])]
        return self._at(node, ast.JoinedStr(values=values))

    def _formatted(self, node: Any) -> Any:
        values: list[Any] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                text = part.value.replace("{{", "{").replace("}}", "}")
                values.append(self._at(part, ast.Constant(value=text)))
                continue
            spec = self._specification(part)
            made: Any = ast.FormattedValue(
                value=self._any(part.expression),
                conversion=ord(part.conversion) if part.conversion else -1,
                format_spec=spec,
            )
            values.append(self._at(part, made))
        return self._at(node, ast.JoinedStr(values=values))

    def _specification(self, part: Any) -> Any:
        if part.format_spec is None:
            return None
        return self._at(part, ast.JoinedStr(values=self._body(part.format_spec)))

    def _integer(self, node: Any) -> Any:
        # Only a level and an index are ever read, and those are short.
        value = (
            int(node.value, 0) if node.value.isdigit() and len(node.value) < 9 else 1j
        )
        return self._at(node, ast.Constant(value=value))

    def _binary(self, node: Any) -> Any:
        kind: Any = _OPERATORS.get(type(node.operator).__name__, ast.BitOr)
        left, right = self._any(node.left), self._any(node.right)
        return self._at(node, ast.BinOp(left=left, op=kind(), right=right))

    def _boolean(self, node: Any) -> Any:
        op: Any = ast.And() if isinstance(node.operator, cst.And) else ast.Or()
        values = [self._any(node.left), self._any(node.right)]
        return self._at(node, ast.BoolOp(op=op, values=values))

    def _unary(self, node: Any) -> Any:
        op: Any = ast.Not() if isinstance(node.operator, cst.Not) else ast.USub()
        operand = self._any(node.expression)
        return self._at(node, ast.UnaryOp(op=op, operand=operand))

    def _sequence(self, node: Any) -> Any:
        kind: Any = getattr(ast, type(node).__name__)
        return self._at(node, kind(elts=self._elements(node), ctx=ast.Load()))

    def _set(self, node: Any) -> Any:
        return self._at(node, ast.Set(elts=self._elements(node)))

    def _elements(self, node: Any) -> list[Any]:
        starred = cst.StarredElement
        return [
            self._any(item if isinstance(item, starred) else item.value)
            for item in node.elements
        ]

    def _starred(self, node: Any) -> Any:
        value = self._any(node.value)
        return self._at(node, ast.Starred(value=value, ctx=ast.Load()))

    def _dict(self, node: Any) -> Any:
        pairs = [(getattr(item, "key", None), item.value) for item in node.elements]
        keys = [self._maybe(key) for key, _value in pairs]
        values = [self._any(value) for _key, value in pairs]
        return self._at(node, ast.Dict(keys=keys, values=values))

    def _subscript(self, node: Any) -> Any:
        slices = [element.slice for element in node.slice]
        items = [
            self._any(item.value if isinstance(item, cst.Index) else item)
            for item in slices
        ]
        inner = items[0]
        if len(items) > 1:
            inner = self._at(node, ast.Tuple(elts=items, ctx=ast.Load()))
        value = self._any(node.value)
        return self._at(node, ast.Subscript(value=value, slice=inner, ctx=ast.Load()))

    def _comprehension(self, node: Any) -> Any:
        made = ast.GeneratorExp(elt=self._bag(node), generators=[])
        return self._at(node, made)


def _says_much(node: cst.CSTNode) -> bool:
    """White space, commas and operators have nothing in them."""
    return bool(node.children) or isinstance(node, _LEAVES)


def dotted(node: Any) -> str:
    """Return a dotted name, normalised as the compiler does it (PEP 3131)."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(_identifier(node.attr.value))
        node = node.value
    parts.append(_identifier(node.value))
    return ".".join(reversed(parts))


def _identifier(name: str) -> str:
    if name.isascii():
        return name
    import unicodedata

    return unicodedata.normalize("NFKC", name)
