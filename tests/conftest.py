"""Settings of every test."""

from __future__ import annotations

import os

from hypothesis import settings

# No test asserts a time; on CI the same commit gets the same answer.
settings.register_profile("ours", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("ours")
