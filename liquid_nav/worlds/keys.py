"""Keys of scenario and condition files: each is a field of a frozen dataclass, which states its
default and the values that it takes once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar, cast

from liquid_nav.worlds._files import Reader

Kind = TypeVar("Kind")
Take = Callable[[Reader, str, Any], Any]
"""Takes the value of a key out of a file: called with its reader, the key and the default."""


@dataclass(frozen=True)
class Key:
    """What a key of a file takes."""

    take: Take
    """Reads its value, or raises the error of the file."""
    values: str
    """The values that it takes, as the reference describes them; empty for a section."""
    section: type | None = None
    """Dataclass of its keys, where it is a section; default: it is none."""
    other: Key | None = None
    """What those keys of the section take that state nothing; None: they are no keys."""


def number_key(default: float, low: float = -1e9, high: float = 1e9) -> float:
    """Return the field of a number in [low, high]."""
    return cast(float, _field(default, _number(low, high)))


def range_key(
    default: tuple[float, float], low: float = -1e9, high: float = 1e9
) -> tuple[float, float]:
    """Return the field of a range [lowest, highest] within [low, high]."""

    def take(part: Reader, key: str, usual: tuple[float, float]) -> tuple[float, float]:
        return part.pair(key, usual, low, high)

    return cast(
        "tuple[float, float]", _field(default, Key(take, f"[lowest, highest]{_between(low, high)}"))
    )


def choice_key(default: str, choices: tuple[str, ...]) -> str:
    """Return the field of one of ``choices``."""

    def take(part: Reader, key: str, usual: str) -> str:
        return part.choice(key, usual, choices)

    return cast(str, _field(default, Key(take, ", ".join(choices))))


def text_key(default: str, values: str) -> str:
    """Return the field of a text; ``values``: what it may be, for the reference."""

    def take(part: Reader, key: str, usual: str) -> str:
        return str(part.data.pop(key, usual))

    return cast(str, _field(default, Key(take, values)))


def section_key(default: Kind, low: float | None = None, high: float | None = None) -> Kind:
    """Return the field of a nested mapping, which is read into the class of ``default``.

    ``low``, ``high``: range of those of its fields that state none; they are numbers.
    """
    kind = type(default)
    other = None
    if low is not None and high is not None:
        other = _number(low, high)

    def take(part: Reader, key: str, usual: Kind) -> Kind:
        return read_keys(part.section(key), kind, other)

    return cast(Kind, _field(default, Key(take, "", kind, other)))


def read_keys(
    part: Reader,
    kind: type[Kind],
    other: Key | None = None,
    known: tuple[str, ...] = (),
    **given: object,
) -> Kind:
    """Return what a file gives for the fields of ``kind``, each with its default where it gives
    none.

    Args:
        part: The file, or a section of it.
        kind: Frozen dataclass with the keys as fields.
        other: What a field takes that states nothing; None: it is no key.
        known: Keys that were read before.
        given: Values of the fields that are no keys.

    Raises:
        ValueError: The error of the file, for a wrong or unknown key.
    """
    keys = keys_of(kind, other)
    values = {name: key.take(part, name, default) for name, (key, default) in keys.items()}
    part.finish((*known, *keys))
    make: Callable[..., Kind] = kind
    return make(**given, **values)


def keys_of(kind: type[Any], other: Key | None = None) -> dict[str, tuple[Key, Any]]:
    """Return {name: (what it takes, default)} of the keys of a dataclass."""
    found = {}
    for one in fields(kind):
        key = one.metadata.get(Key, other)
        if key is not None:
            found[one.name] = (key, one.default)
    return found


def _field(default: object, key: Key) -> Field[Any]:
    return cast("Field[Any]", field(default=default, metadata={Key: key}))


def _number(low: float, high: float) -> Key:
    def take(part: Reader, key: str, usual: float) -> float:
        return part.number(key, usual, low, high)

    return Key(take, f"number{_between(low, high)}")


def _between(low: float, high: float) -> str:
    if (low, high) == (-1e9, 1e9):
        return ""
    return f" from {low:.4g} to {high:.4g}"
