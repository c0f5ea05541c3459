"""Every input that is kept is stood: also those that once were not."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.__main__ import CORPUS
from tests.fuzz.__main__ import seeds
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS
from tests.fuzz.targets import outcome


@pytest.mark.parametrize("name", TARGETS)
def test_kept_inputs(name: str) -> None:
    for data in seeds(name):
        assert outcome(TARGETS[name], data) == outcome(TARGETS[name], data)


def test_every_target_has_a_corpus() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)


def test_one_seed_makes_one_input() -> None:
    corpus = seeds("python")
    tries = [mutated(random.Random(n), corpus) for n in range(50)]
    assert tries == [mutated(random.Random(n), corpus) for n in range(50)]
    assert len(set(tries)) > 40
