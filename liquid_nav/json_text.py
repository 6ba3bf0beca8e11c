"""JSON that another process has sent: read as an object or not at all. No ROS in here."""

from __future__ import annotations

import json
import math
from typing import Any

LIMIT = 65536
"""Characters of a text, or bytes, that are read at most."""
DEEPEST = 32
"""Objects and lists inside each other at most; what this package sends has one or two levels."""


def read_json(text: str | bytes, limit: int = LIMIT) -> dict[str, Any] | None:
    """Return the JSON object that a text holds, or None for anything else; never raises.

    None is returned for a text that is too long, is not UTF-8, is no JSON, holds another kind of
    value than an object, is nested more than ``DEEPEST`` levels deep, holds a number that is not
    finite (NaN, Infinity, 1e999: RFC 8259 has none of them) or a whole number that no float can
    hold, or holds half of a surrogate pair, which no ROS message can carry.

    Args:
        text: What was received; bytes are decoded as UTF-8.
        limit: Characters (of str) or bytes (of bytes) that are read at most; default 65536.
    """
    try:
        if len(text) > limit:
            return None
        # Bytes are decoded here because json.loads also accepts UTF-16 and UTF-32.
        if isinstance(text, (bytes, bytearray)):
            text = text.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
        if not isinstance(value, dict) or not _is_plain(value):
            return None
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
    return value


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is too large")
    return number


def _whole(digits: str) -> int:
    _finite(digits)  # its readers compare it with floats, which raises OverflowError beyond 1e308
    return int(digits)


def _is_plain(value: dict[str, Any]) -> bool:
    """Return whether nothing is nested too deep.

    Raises UnicodeEncodeError for half of a surrogate pair.
    """
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for part in level:
            members = part
            if isinstance(part, dict):
                members = [*part.keys(), *part.values()]
            for member in members:
                if isinstance(member, str):
                    member.encode("utf-8")
                elif isinstance(member, (dict, list)):
                    inner.append(member)
        if not inner:
            return True
        level = inner
    return False
