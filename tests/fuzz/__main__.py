"""`make fuzz`: tries mutated inputs on every target until the time is over.

An input that crashes a target, hangs it, or gets two answers is kept in build/fuzz/;
once the crash is mended it belongs into tests/fuzz/corpus/, where every run of the
tests tries it again.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz.mutate import grown
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS
from tests.fuzz.targets import Target
from tests.fuzz.targets import outcome

CORPUS = Path(__file__).parent / "corpus"
CRASHES = Path(__file__).parents[2] / "build" / "fuzz"
HANG_SECONDS = 15
ENOUGH = 10  # so many crashes of one target say all that there is to say


class Hang(BaseException):
    """An input took too long. No `Exception`: nobody on the way may catch it."""


def seeds(name: str) -> list[bytes]:
    """The inputs that are kept for a target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def _alarm(_signal: int, _frame: object) -> None:
    raise Hang


def tried(target: Target, data: bytes) -> str:
    """Empty when the target stands an input, else why it does not."""
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    # What does not return from C or Rust hears no alarm: the process ends, and says
    # where.
    faulthandler.dump_traceback_later(4 * HANG_SECONDS, exit=True)
    try:
        first = outcome(target, data)
        second = outcome(target, data)
    except Hang:
        return f"no answer within {HANG_SECONDS} s\n{traceback.format_exc()}"
    except Exception:
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
    return "" if first == second else f"two answers:\n{first}\n{second}"


def fuzz(name: str, seconds: float, rng: random.Random) -> tuple[int, int]:
    """How many inputs were tried on a target, and how many it did not stand."""
    corpus, end, count, bad = seeds(name), time.monotonic() + seconds, 0, 0
    while time.monotonic() < end and bad < ENOUGH:
        data = grown(rng) if count % 4 == 3 else mutated(rng, corpus)
        why = tried(TARGETS[name], data)
        count += 1
        if why:
            bad += 1
            keep(name, data, why)
    return count, bad


def keep(name: str, data: bytes, why: str) -> None:
    """Write a crash and its reason to build/fuzz, and tell it."""
    CRASHES.mkdir(parents=True, exist_ok=True)
    path = CRASHES / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(why, encoding="utf-8", errors="replace")
    sys.stderr.write(f"{path}\n{why}\n")


def main() -> int:
    """0 when every input was stood, 1 when one was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    args = parser.parse_args()
    signal.signal(signal.SIGALRM, _alarm)
    print(f"seed {args.seed}: the same seed tries the same inputs")
    failed = 0
    for name in args.targets:
        rng = random.Random(f"{args.seed} {name}")
        count, bad = fuzz(name, args.seconds / len(args.targets), rng)
        print(f"{name:10} {count:7} inputs, {bad} not stood", flush=True)
        failed += bad
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
