"""What a page is told: messages in their order, of which the newest of a kind replaces the older.

Whoever trains only appends; each reader takes what it has not seen, at its own pace. A reader that
is slow, or gone, holds up nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["Log"]

#: A message: plain data for JSON.
Message = Mapping[str, Any]


class Log:
    """Messages with numbers that only grow.

    Example:
        >>> log = Log()
        >>> log.post({"epoch": 1}, key="now")
        >>> log.post({"epoch": 2}, key="now")
        >>> log.wait(0, seconds=0.0)
        (2, [{'epoch': 2}])
    """

    def __init__(self) -> None:
        self._items: dict[Hashable, tuple[int, Message]] = {}
        self._changed = threading.Condition()
        self._version = 0
        self.closed = False

    @property
    def version(self) -> int:
        """The number of the last message; 0: there is none."""
        return self._version

    def post(self, message: Message, key: Hashable = None) -> None:
        """Appends a message, which nobody may change any more.

        Args:
            message: plain data.
            key: an older message with the same key goes; None: it stays for good.
        """
        with self._changed:
            self._version += 1
            if key is not None:
                self._items.pop(key, None)
            self._items[self._version if key is None else key] = (self._version, message)
            self._changed.notify_all()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Readers get all that is posted meanwhile at once, or nothing of it.

        Example:
            >>> log = Log()
            >>> with log.together():
            ...     log.post({"epochs": [1, 2]})
            ...     log.post({"now": 2}, key="now")
        """
        with self._changed:
            yield

    def drop(self, keys: set[Hashable]) -> None:
        """Forgets the messages with these keys."""
        with self._changed:
            for key in keys:
                self._items.pop(key, None)

    def wait(self, seen: int, seconds: float) -> tuple[int, list[Message]]:
        """The messages behind a number, and the number of the last one.

        Args:
            seen: the number of the last message that is known.
            seconds: to wait for one at most; none is an empty list.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._version > seen or self.closed, seconds)
            found: list[Message] = []
            for version, message in reversed(self._items.values()):
                if version <= seen:
                    break
                found.append(message)
            return self._version, found[::-1]

    def close(self) -> None:
        """Says that nothing comes any more; readers that have seen everything end."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()
