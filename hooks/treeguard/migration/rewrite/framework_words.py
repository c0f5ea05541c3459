"""Rewrite single words that a framework imports: Django's applications, Celery's.

A word alone may be anything elsewhere. Here it is a module's name:
https://docs.djangoproject.com/en/stable/ref/applications/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.source import Source
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.plans import Edit

# Names whose value is a module, or a list of them. A word in INSTALLED_APPS is listed:
# what depends on the application's label has to be looked at as well.
_ASSIGNED = {"ROOT_URLCONF", "CELERY_IMPORTS", "CELERY_INCLUDE"}
_VARIABLE = "DJANGO_SETTINGS_MODULE"


def rewrite_framework_words(
    source: Source, found: Walk, names: Names
) -> Iterator[Edit]:
    """Yield edits of single words that are the names of modules which move."""
    for value in _values(source, found):
        for node in ast.walk(value):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            inner = source.plain_string(source.span(node))
            if not node.value.isidentifier() or inner is None:
                continue
            try:
                new = names.new_name(Name(node.value)).module
            except UndecidedError:
                continue
            if new != node.value:
                yield source.edit(inner, new, "string")


def _values(source: Source, found: Walk) -> Iterator[ast.expr]:
    for target, value, place in found.assignments:
        is_plain = isinstance(target, ast.Name) and place.scope is found.module
        if is_plain and getattr(target, "id", "") in _ASSIGNED:
            yield value
        if isinstance(target, ast.Subscript) and _is_variable(target.slice):
            yield value
    for call, _place in found.calls:
        name = last_name(call.func)
        if name == "autodiscover_tasks" and call.args:
            yield call.args[0]
        elif (
            name == "setdefault" and len(call.args) == 2 and _is_variable(call.args[0])
        ):
            yield call.args[1]
    if "AppConfig" in source.text:
        yield from _application_names(source.tree)


def _application_names(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the `name` of each class that is an AppConfig by its bases."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        if any((last_name(base) or "").endswith("AppConfig") for base in node.bases):
            for one in node.body:
                targets = one.targets if isinstance(one, ast.Assign) else []
                names = [each.id for each in targets if isinstance(each, ast.Name)]
                if isinstance(one, ast.Assign) and "name" in names:
                    yield one.value


def _is_variable(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == _VARIABLE
