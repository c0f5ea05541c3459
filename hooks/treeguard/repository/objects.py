"""Git's objects through one long-lived `git cat-file --batch`."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.errors import TooLargeError
from treeguard.repository.process import Pipes
from treeguard.repository.process import Process
from treeguard.repository.process import pipes
from treeguard.repository.process import printable
from treeguard.repository.tree_objects import MissingObjectError
from treeguard.repository.tree_objects import damaged
from treeguard.repository.tree_objects import missing
from treeguard.repository.tree_objects import parse_tree
from treeguard.trees import Entry

# A larger object is refused: a guard must not be made to fill the memory.
LIMIT = 64 << 20

# Requests under way. 48 lines of an id in hex (65 bytes with SHA-256) stay below the
# 4096 bytes that a pipe holds at the least (pipe(7)): writing them can never block
# while Git itself waits for us to read, so neither threads nor polling are needed.
_WINDOW = 48
_NAME_LIMIT = 2048

# Entries of trees that are kept: some 200 MB. The trees of one commit rarely have as
# many, those of a thousand commits do.
MOST_ENTRIES = 1_000_000


class Object(NamedTuple):
    """One object as Git holds it: `kind` is blob, tree, commit or tag."""

    oid: str
    kind: str
    data: bytes


class _Request:
    """One name that was asked for; `answer` is set when its turn in the pipe came."""

    __slots__ = ("answer", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.answer: Object | GitError | None = None


class Objects:
    """Reads objects by id or name. `start` starts the process when it is first needed;
    `failure` makes the error for its exit code and messages."""

    def __init__(
        self,
        start: Callable[[], Process],
        failure: Callable[[int, bytes], GitError],
        limit: int = LIMIT,
    ) -> None:
        self.limit = limit
        self._start = start
        self._failure = failure
        self._pipes: Pipes | None = None
        self._messages = b""
        self._answers = 0
        self._waiting: deque[_Request] = deque()
        self._trees: dict[str, Mapping[str, Entry]] = {}
        self._entries = 0
        self.most_entries = MOST_ENTRIES

    def get(self, name: str) -> Object:
        """Return one object by its id, or by any name that Git understands
        (`HEAD^{tree}`).

        Raises `MissingObjectError` or `TooLargeError`. A name with a line break names
        nothing.
        """
        if "\n" in name or len(os.fsencode(name)) > _NAME_LIMIT:
            raise MissingObjectError(
                f"there is no object named {printable(os.fsencode(name))}"
            )
        while self._waiting:  # a long name must not fill the pipe
            self._read_one()
        return self._result(self._ask(name))

    def read(self, oid: str) -> bytes:
        """Return the bytes of one blob."""
        return _blob(self.get(oid))

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield blobs in the order asked for, read ahead; other reads may come in
        between."""
        ahead: deque[_Request] = deque()
        for oid in oids:
            ahead.append(self._ask(oid))
            if len(ahead) >= _WINDOW:
                yield from self._shift(ahead)
        while ahead:
            yield from self._shift(ahead)

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """Return a tree's entries by name, kept for the next time."""
        found = self._trees.get(oid)
        if found is None:
            found = self.remember(self.get(oid))
        return found

    def remember(self, found: Object) -> Mapping[str, Entry]:
        """Parse a tree that was read already, and keep it."""
        if found.kind != "tree":
            raise damaged(found.oid, f"is a {found.kind} where a folder must be")
        entries = parse_tree(found.oid, found.data)
        self._entries += len(entries)
        # A folder that alone is as large is read again and again: worth keeping too.
        self.most_entries = max(self.most_entries, 4 * len(entries))
        if self._entries > self.most_entries:
            self._trees.clear()
            self._entries = len(entries)
        self._trees[found.oid] = entries
        return entries

    def close(self) -> None:
        """End the process; a later read starts a new one."""
        link, self._pipes = self._pipes, None
        self._waiting.clear()
        if link is not None:
            link.end()

    def __del__(self) -> None:
        if self.__dict__.get("_pipes") is not None:
            self.close()

    def _ask(self, name: str) -> _Request:
        while len(self._waiting) >= _WINDOW:
            self._read_one()
        link = self._pipes or self._open()
        request = _Request(name)
        self._waiting.append(request)
        try:
            os.write(link.stdin.fileno(), os.fsencode(name) + b"\n")
        except BrokenPipeError:  # Git has ended: reading tells why
            self._read_one()
        return request

    def _open(self) -> Pipes:
        link = self._pipes = pipes(self._start())
        os.set_blocking(link.stderr.fileno(), False)
        self._messages = b""
        return link

    def _shift(self, ahead: deque[_Request]) -> Iterator[tuple[str, bytes]]:
        request = ahead.popleft()
        yield request.name, _blob(self._result(request))

    def _result(self, request: _Request) -> Object:
        while request.answer is None:
            self._read_one()
        if isinstance(request.answer, GitError):
            raise request.answer
        return request.answer

    def _read_one(self) -> None:
        link = self._pipes
        if link is None or not self._waiting:  # closed under a reader that had asked
            raise GitError("the reader of objects was closed", "run treeguard again")
        name = self._waiting[0].name
        header = link.stdout.readline()
        if not header.endswith(b"\n"):
            raise self._died(link, name)
        self._waiting[0].answer = self._answer(link, name, header)
        self._waiting.popleft()
        self._answers += 1
        if self._answers % _WINDOW == 0:
            self._listen(link)

    def _answer(self, link: Pipes, name: str, header: bytes) -> Object | GitError:
        fields = header.rsplit(b" ", 2)
        if len(fields) != 3 or not fields[2][:-1].isdigit():
            return self._absent(link, name, header)
        oid, kind = fields[0].decode("ascii"), fields[1].decode("ascii")
        size = int(fields[2])
        if size > self.limit:
            self._skip(link, oid, size + 1)
            return TooLargeError(f"object {oid}", size, self.limit, oid)
        data = link.stdout.read(size + 1)
        if len(data) != size + 1:
            raise self._died(link, oid)
        return Object(oid, kind, data[:-1])

    def _skip(self, link: Pipes, oid: str, size: int) -> None:
        while size:
            chunk = link.stdout.read(min(size, 1 << 20))
            if not chunk:
                raise self._died(link, oid)
            size -= len(chunk)

    def _absent(self, link: Pipes, name: str, header: bytes) -> MissingObjectError:
        shown = printable(os.fsencode(name))
        self._listen(link)
        said, self._messages = self._messages, b""
        if header.endswith(b" ambiguous\n"):
            return MissingObjectError(
                f"{shown} is ambiguous: several ids start so",
                "type more of the id",
            )
        reason = _first(said)
        return damaged(shown, f"cannot be read: {reason}") if reason else missing(shown)

    def _listen(self, link: Pipes) -> None:
        """Take what Git said meanwhile: a full pipe of messages would stop it."""
        try:
            said = os.read(link.stderr.fileno(), 65536)
            self._messages = (self._messages + said)[-65536:]
        except BlockingIOError:
            pass

    def _died(self, link: Pipes, name: str) -> GitError:
        self._pipes = None
        self._waiting.clear()
        os.set_blocking(link.stderr.fileno(), True)
        messages = self._messages + link.stderr.read()
        error = self._failure(link.end(), messages)
        shown = printable(os.fsencode(name))
        if shown in error.message or "`git cat-file`" not in error.message:
            return error
        return GitError(f"object {shown} cannot be read: {error.message}", error.hint)


def _blob(found: Object) -> bytes:
    if found.kind != "blob":
        raise damaged(found.oid, f"is a {found.kind} where a file must be")
    return found.data


def _first(messages: bytes) -> str:
    """Return Git's first complaint; its hints and warnings say nothing about an
    object."""
    for line in messages.split(b"\n"):
        if line.startswith((b"error: ", b"fatal: ")):
            return printable(line.partition(b": ")[2])
    return ""
