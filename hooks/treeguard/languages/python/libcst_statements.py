"""A libcst tree as an `ast` tree, as far as facts need it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange
from libcst.metadata import MetadataWrapper
from libcst.metadata import PositionProvider

from treeguard.languages.python.libcst_expressions import Expressions
from treeguard.languages.python.libcst_expressions import dotted


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


class _Translator(Expressions):
    """Adds the statements, and what binds names in them."""

    def __init__(self, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        super().__init__(positions)
        self.handlers |= {
            "Import": self._import,
            "LazyImport": self._import,
            "ImportFrom": self._import_from,
            "LazyImportFrom": self._import_from,
            "FunctionDef": self._function,
            "Lambda": self._lambda,
            "ClassDef": self._class,
            "If": self._if,
            "Expr": self._statement,
            "Assign": self._assign,
            "AnnAssign": self._ann_assign,
            "AugAssign": self._aug_assign,
            "For": self._bound_target,
            "CompFor": self._bound_target,
            "AsName": self._as_name,
            "Del": self._bound_target,
            "Global": self._scope_words,
            "Nonlocal": self._scope_words,
            "MatchAs": self._capture,
            "MatchStar": self._capture,
            "MatchMapping": self._capture,
            "TypeAlias": self._type_alias,
            "TypeVar": self._type_parameter,
            "ParamSpec": self._type_parameter,
            "TypeVarTuple": self._type_parameter,
        }

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

    _type_parameter = _capture


def _is_parameter(node: object) -> bool:
    return isinstance(node, cst.Param)
