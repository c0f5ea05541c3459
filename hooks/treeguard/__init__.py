"""treeguard keeps a Git repository in the layout that its owners decided on."""

from __future__ import annotations

__version__ = "0.1.0"
