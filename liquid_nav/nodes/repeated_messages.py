"""Recognises a message that has arrived already, by its content.

Bytes are no measure of that: CDR leaves the gaps before aligned values undefined, and Fast CDR
leaves in them whatever the memory held, so that one message published twice may arrive as two byte
strings.
"""

from __future__ import annotations

from typing import Any, Hashable

import numpy as np


def content(value: Any) -> Hashable:
    """Return the content of a message, or of a value in one: equal for equal messages.

    A value that is not a number (NaN) equals itself here, unlike in Python.
    """
    if hasattr(value, "get_fields_and_field_types"):
        return tuple(content(getattr(value, name)) for name in value.get_fields_and_field_types())
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (str, bytes, int)):
        return value
    return tuple(content(item) for item in value)


class RepeatedMessages:
    """Remembers, for each topic, the messages with the newest stamp.

    A simulator publishes its first frame again and again until the flight begins.
    """

    def __init__(self) -> None:
        self._newest: dict[str, tuple[int, set[Hashable]]] = {}

    def is_repeated(self, topic: str, stamp: int, message: Any) -> bool:
        """Whether this very message (stamp in ns) has arrived already; from now on it has."""
        newest, known = self._newest.get(topic, (stamp, set()))
        if newest != stamp:
            known = set()
        found = content(message)
        repeated = found in known
        known.add(found)
        self._newest[topic] = (stamp, known)
        return repeated

    def clear(self) -> None:
        """Forget all messages."""
        self._newest.clear()
