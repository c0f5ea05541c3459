"""For tools that still require a setup.py; pyproject.toml has all settings."""

from __future__ import annotations

from setuptools import setup

setup()
