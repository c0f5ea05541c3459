"""`python -I -m treeguard`: how every hook enters, so that nothing shadows our code."""

from __future__ import annotations

from treeguard.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
