"""Translate a libcst tree into an `ast` tree, as far as facts need it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import ClassVar

import libcst as cst
from libcst.metadata import CodeRange
from libcst.metadata import MetadataWrapper
from libcst.metadata import PositionProvider

_WORDS = {"True": True, "False": False, "None": None}
_CONDITIONAL = ("test", "body", "orelse")
_LEAVES = (cst.Name, cst.BaseString, cst.Integer)
_OPERATORS = {"Add": ast.Add, "Divide": ast.Div, "Modulo": ast.Mod}


def translate(text: str) -> ast.Module | None:
    """Parse with libcst; None where it refuses, or gives up on the nesting."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
            positions = wrapper.resolve(PositionProvider)
            return _Translator(positions).module(wrapper.module)
    except (cst.ParserSyntaxError, cst.CSTValidationError, SyntaxError, ValueError):
        # The last two: a string literal with an escape that no Python takes.
        return None
    except cst.CSTLogicError:  # what its parser takes and its nodes do not: t'' t'' t''
        return None
    except Exception as error:
        if _ran_out_of_stack(error):
            return None
        raise


def _ran_out_of_stack(error: BaseException | None) -> bool:
    """A RecursionError may surface as a failure of the handler that it passed."""
    while error is not None and not isinstance(error, RecursionError):
        error = error.__cause__ or error.__context__
    return error is not None


class _Translator:
    """Makes `ast` nodes whose columns count code points.

    `_HANDLERS` maps the name of a libcst class to the method that translates it. Any
    other node has no meaning of its own and becomes a container of its children.
    """

    def __init__(self, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        self._positions = positions

    def _any(self, node: cst.CSTNode) -> Any:
        handler = self._HANDLERS.get(type(node).__name__)
        return handler(self, node) if handler else self._bag(node)

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

    def module(self, node: cst.Module) -> ast.Module:
        return ast.Module(body=self._body(node.body), type_ignores=[])

    def _import(self, node: Any) -> Any:
        return self._at(node, ast.Import(names=self._aliases(node)))

    def _import_from(self, node: Any) -> Any:
        module = dotted(node.module) if node.module is not None else None
        level = len(node.relative)
        made = ast.ImportFrom(module=module, names=self._aliases(node), level=level)
        return self._at(node, made)

    def _aliases(self, node: Any) -> list[ast.alias]:
        if isinstance(node.names, cst.ImportStar):
            return [self._at(node.names, ast.alias(name="*", asname=None))]
        made = []
        for item in node.names:
            asname = dotted(item.asname.name) if item.asname else None
            alias = self._at(item, ast.alias(name=dotted(item.name), asname=asname))
            # libcst counts the comma and the space after it as part of the alias.
            last = self._positions[item.asname.name if item.asname else item.name]
            alias.end_lineno = last.end.line
            alias.end_col_offset = last.end.column
            made.append(alias)
        return made

    def _function(self, node: Any) -> Any:
        made: Any = ast.FunctionDef(
            name=dotted(node.name),
            args=self._parameters(node.params),
            body=[*self._type_parameters(node), *self._body([node.body])],
            decorator_list=self._body([d.decorator for d in node.decorators]),
            returns=self._maybe(node.returns and node.returns.annotation),
        )
        return self._at(node, made)

    def _lambda(self, node: Any) -> Any:
        args = self._parameters(node.params)
        return self._at(node, ast.Lambda(args=args, body=self._any(node.body)))

    def _parameters(self, node: Any) -> Any:
        plain = [*node.posonly_params, *node.params, *node.kwonly_params]
        stars = [p for p in (node.star_arg, node.star_kwarg) if _is_parameter(p)]
        return ast.arguments(
            posonlyargs=[],
            args=[self._parameter(p) for p in [*plain, *stars]],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[self._any(p.default) for p in plain if p.default is not None],
        )

    def _parameter(self, node: Any) -> Any:
        annotation = self._maybe(node.annotation and node.annotation.annotation)
        return self._at(node, ast.arg(arg=dotted(node.name), annotation=annotation))

    def _type_parameters(self, node: Any) -> list[Any]:
        return self._body([node.type_parameters]) if node.type_parameters else []

    def _class(self, node: Any) -> Any:
        made: Any = ast.ClassDef(
            name=dotted(node.name),
            bases=[self._any(arg.value) for arg in node.bases],
            keywords=[self._keyword(arg) for arg in node.keywords],
            body=[*self._type_parameters(node), *self._body([node.body])],
            decorator_list=self._body([d.decorator for d in node.decorators]),
        )
        return self._at(node, made)

    def _if(self, node: Any) -> Any:
        made: Any = ast.If(
            test=self._any(node.test),
            body=self._body([node.body]),
            orelse=self._body([node.orelse]) if node.orelse else [],
        )
        return self._at(node, made)

    def _statement(self, node: Any) -> Any:
        return self._at(node, ast.Expr(value=self._any(node.value)))

    def _assign(self, node: Any) -> Any:
        targets = [self._target(item.target) for item in node.targets]
        return self._at(node, ast.Assign(targets=targets, value=self._any(node.value)))

    def _ann_assign(self, node: Any) -> Any:
        made = ast.AnnAssign(
            target=self._target(node.target),
            annotation=self._any(node.annotation.annotation),
            value=self._maybe(node.value),
            simple=1,
        )
        return self._at(node, made)

    def _aug_assign(self, node: Any) -> Any:
        target, value = self._target(node.target), self._any(node.value)
        return self._at(node, ast.AugAssign(target=target, op=ast.Add(), value=value))

    def _bound_target(self, node: Any) -> Any:
        """`for x in y`, in a statement or a comprehension, and `del x`."""
        bag: Any = self._bag(node)
        bag.values.append(self._target(node.target))
        return self._at(node, bag)

    def _as_name(self, node: Any) -> Any:
        return self._at(node, ast.JoinedStr(values=[self._target(node.name)]))

    def _scope_words(self, node: Any) -> Any:
        kind: Any = getattr(ast, type(node).__name__)
        return self._at(node, kind(names=[dotted(item.name) for item in node.names]))

    def _capture(self, node: Any) -> Any:
        """A pattern; what it binds is put beside its children."""
        bag: Any = self._bag(node)
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        bag.values += [self._target(name)] if name is not None else []
        return self._at(node, bag)

    def _type_alias(self, node: Any) -> Any:
        bag: Any = self._bag(node)
        bag.values.append(self._target(node.name))
        return self._at(node, bag)

    _HANDLERS: ClassVar[dict[str, Callable[[_Translator, Any], Any]]] = {
        "IfExp": _if_expression,
        "NamedExpr": _walrus,
        "Name": _name,
        "Attribute": _attribute,
        "Call": _call,
        "SimpleString": _string,
        "ConcatenatedString": _joined,
        "FormattedString": _formatted,
        "Integer": _integer,
        "BinaryOperation": _binary,
        "BooleanOperation": _boolean,
        "UnaryOperation": _unary,
        "List": _sequence,
        "Tuple": _sequence,
        "Set": _set,
        "Dict": _dict,
        "StarredElement": _starred,
        "Subscript": _subscript,
        "ListComp": _comprehension,
        "SetComp": _comprehension,
        "DictComp": _comprehension,
        "GeneratorExp": _comprehension,
        "Import": _import,
        "LazyImport": _import,
        "ImportFrom": _import_from,
        "LazyImportFrom": _import_from,
        "FunctionDef": _function,
        "Lambda": _lambda,
        "ClassDef": _class,
        "If": _if,
        "Expr": _statement,
        "Assign": _assign,
        "AnnAssign": _ann_assign,
        "AugAssign": _aug_assign,
        "For": _bound_target,
        "CompFor": _bound_target,
        "AsName": _as_name,
        "Del": _bound_target,
        "Global": _scope_words,
        "Nonlocal": _scope_words,
        "MatchAs": _capture,
        "MatchStar": _capture,
        "MatchMapping": _capture,
        "TypeAlias": _type_alias,
        "TypeVar": _capture,
        "ParamSpec": _capture,
        "TypeVarTuple": _capture,
    }


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


def _is_parameter(node: object) -> bool:
    return isinstance(node, cst.Param)
