"""Whether values from a file fit the fields of a dataclass: checked before anything is built from
them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping as AbstractMapping
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, Mapping, NamedTuple, Union, get_args, get_origin, get_type_hints

LONGEST = 60
"""Characters of a value that an error message quotes."""
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
"""Type -> what an error message asks for."""


class Misfit(NamedTuple):
    """A value of another type than its field."""

    cause: str
    """The field and the value."""
    remedy: str
    """What fits."""


def misfit(cls: type, values: Mapping[str, Any]) -> Misfit | None:
    """Return the first of ``values`` that its field in the dataclass ``cls`` cannot hold, or None.

    Whole numbers fit where numbers are wanted, lists where tuples are; true and false are no
    numbers, and NaN and infinity are refused too. Keys that are no fields are left to the
    constructor.
    """
    hints = get_type_hints(cls)
    for name, value in values.items():
        if name in hints and not _fits(value, hints[name]):
            shown = repr(value)
            if len(shown) > LONGEST:
                shown = f"{shown[:LONGEST]}..."
            return Misfit(f"{name} is {shown}", f"give {_wanted(hints[name])}")
    return None


def is_finite_number(value: Any) -> bool:
    """Whether this is a number that a float can hold; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # Not math.isfinite: it raises OverflowError for whole numbers that no float can hold.
    return abs(value) <= sys.float_info.max


def _fits(value: Any, hint: Any) -> bool:
    kind = get_origin(hint) or hint
    if kind in (Union, UnionType):
        return any(_fits(value, inner) for inner in get_args(hint))
    if kind is float:
        return is_finite_number(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is tuple:
        return isinstance(value, (tuple, list)) and _all_fit(value, get_args(hint))
    if kind is AbstractMapping:
        return isinstance(value, AbstractMapping)
    return not isinstance(kind, type) or isinstance(value, kind)


def _all_fit(values: Any, kinds: tuple[Any, ...]) -> bool:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return all(_fits(value, kinds[0]) for value in values)
    return len(values) == len(kinds) and all(
        _fits(value, kind) for value, kind in zip(values, kinds, strict=True)
    )


def _wanted(hint: Any) -> str:
    """Return, as text for people, what fits a type."""
    kind = get_origin(hint) or hint
    if kind in (Union, UnionType):
        return " or ".join(_wanted(inner) for inner in get_args(hint))
    if kind is type(None):
        return "null"
    if kind is tuple:
        inner = get_args(hint)
        if inner[-1] is Ellipsis:
            return f"a list: {_wanted(inner[0])}"
        return f"a list: {len(inner)} times {_wanted(inner[0])}"
    if kind is AbstractMapping or is_dataclass(kind):
        return "a mapping of keys"
    return _EXPECTED.get(kind, str(kind))
