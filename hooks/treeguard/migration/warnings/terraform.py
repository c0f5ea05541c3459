"""Warn of Terraform modules that are initialized at their old places.

`terraform init` records in .terraform/modules/modules.json, which Git does not have,
where each module was found. After its `source` changes, `plan` and `apply` end with
"Module source has changed" until it is run again
(https://developer.hashicorp.com/terraform/cli/commands/init#child-module-installation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.migration.context import MoveContext
from treeguard.plans import FileEdit
from treeguard.plans import SideEffect

_SOURCE = re.compile(rb"\s*source\s*=")


def changed_modules(
    context: MoveContext, edits: Iterable[FileEdit]
) -> Iterator[SideEffect]:
    """Yield each line at which the source of a module is rewritten."""
    for file in edits:
        if not file.path.endswith(".tf"):
            continue
        lines = context.before.data(file.path).splitlines()
        for line in sorted({edit.line for edit in file.edits}):
            if _SOURCE.match(lines[line - 1]):
                yield SideEffect(
                    file.new_path,
                    line,
                    "the module has another source: terraform refuses to plan where it "
                    "was initialized before",
                    "run `terraform init` again in every checkout and pipeline that "
                    "keeps .terraform",
                )
