"""For tools that still ask for a setup.py: pyproject.toml says everything."""

from __future__ import annotations

from setuptools import setup

setup()
