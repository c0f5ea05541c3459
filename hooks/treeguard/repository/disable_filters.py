"""Filter drivers, switched off: programs that configuration ties to attributes.

`git restore`, `git add` and `git update-index --refresh` run them (gitattributes(5),
`filter`). A clone brings no configuration along; an archive or a shared folder does.
"""

from __future__ import annotations

import os

from treeguard.repository.plumbing import Git

_DRIVERS = r"^filter\..*\.(clean|smudge|process|required)$"


def filters_off(git: Git) -> dict[str, str]:
    """Variables for one call of `git.run` in which no filter of this repository runs.

    Content then goes between index and disk as it is: of Git LFS, the pointer.
    """
    args = ("config", "-z", "--name-only", "--get-regexp", _DRIVERS)
    found = git.run(*args, codes=(0, 1)).split(b"\0")[:-1]
    names = [os.fsdecode(name) for name in dict.fromkeys(found)]
    start = int(git.env.get("GIT_CONFIG_COUNT") or 0)
    env = {"GIT_CONFIG_COUNT": str(start + len(names))}
    for number, name in enumerate(names, start):
        env[f"GIT_CONFIG_KEY_{number}"] = name
        env[f"GIT_CONFIG_VALUE_{number}"] = (
            "false" if name.endswith(".required") else ""
        )
    return env
