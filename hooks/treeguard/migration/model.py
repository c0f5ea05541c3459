"""The data of a plan, under its former name; see `treeguard.plans`."""

from __future__ import annotations

from treeguard.plans import Blocker as Blocker
from treeguard.plans import Edit as Edit
from treeguard.plans import FileEdit as FileEdit
from treeguard.plans import FileMove as FileMove
from treeguard.plans import NewFile as NewFile
from treeguard.plans import Plan as Plan
from treeguard.plans import SideEffect as SideEffect
from treeguard.plans import Undecided as Undecided
