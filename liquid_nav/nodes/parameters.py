"""Parameters with descriptions and ranges, so that rqt_reconfigure and ``ros2 param describe`` show
them well.
"""

from __future__ import annotations

import math
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node

from liquid_nav.errors import UserError

KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
"""What a person has to give, by the type of the default."""
REFUSED = (InvalidParameterTypeException, InvalidParameterValueException)
"""What rclpy raises for a value of another type, or out of range."""


def declare(
    node: Node,
    name: str,
    default: Any,
    description: str,
    limits: tuple[float, float] | None = None,
    read_only: bool = True,
) -> Any:
    """Declare a parameter and return its value; its type is that of the default.

    A seed given as text on a command line arrives as an integer and the other way round, so text
    parameters accept any type and come back as text. ``speed:=1`` arrives as an integer too: whole
    numbers are fine doubles, and doubles without a fraction fine integers.

    Raises:
        UserError: a wrong type, a value out of range, or a number that is not finite.
    """
    descriptor = _descriptor(default, description, limits, read_only)
    try:
        value = node.declare_parameter(name, default, descriptor).value
    except REFUSED:
        value = _declare_fitting(
            node, name, default, _descriptor(default, description, limits, read_only), limits
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise _refusal(node, name, default, limits, value)
    if isinstance(default, str):
        return str(value)
    return value


def _declare_fitting(
    node: Node,
    name: str,
    default: Any,
    descriptor: ParameterDescriptor,
    limits: tuple[float, float] | None,
) -> Any:
    """Declare a parameter with its given value in the default's type; return that value."""
    # Only a declared parameter shows what was given for it: for a moment of whatever type it is.
    given = node.declare_parameter(name, default, ParameterDescriptor(dynamic_typing=True)).value
    node.undeclare_parameter(name)
    value = fitting(given, default)
    if value is not None:
        try:
            return node.declare_parameter(name, value, descriptor, ignore_override=True).value
        except REFUSED:
            pass
    raise _refusal(node, name, default, limits, given) from None


def fitting(given: Any, default: Any) -> Any:
    """Return a number in the type of the default.

    None: that would change it, or the default is no number.
    """
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or isinstance(default, bool) or not isinstance(default, int | float):
        return None
    if isinstance(default, float):
        return float(given)
    if not math.isfinite(given) or given != int(given):
        return None
    return int(given)


def _descriptor(
    default: Any, description: str, limits: tuple[float, float] | None, read_only: bool
) -> ParameterDescriptor:
    """Return a new descriptor: rclpy writes into those that it gets."""
    text = isinstance(default, str)
    descriptor = ParameterDescriptor(
        description=description, read_only=read_only, dynamic_typing=text
    )
    if limits is not None and isinstance(default, float):
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(limits[0]), to_value=float(limits[1]), step=0.0)
        ]
    elif limits is not None:
        descriptor.integer_range = [
            IntegerRange(from_value=int(limits[0]), to_value=int(limits[1]), step=1)
        ]
    return descriptor


def _refusal(
    node: Node, name: str, default: Any, limits: tuple[float, float] | None, given: Any
) -> UserError:
    """Return the error that names what was given and what fits."""
    between = ""
    if limits is not None:
        low, high = (_shown(end, default) for end in limits)
        between = f" between {low} and {high}"
    return UserError(
        f"parameter '{name}' of {node.get_name()} is {given!r}",
        f"Give {KINDS[type(default)]}{between}",
    )


def _shown(limit: float, default: Any) -> str:
    """Return one end of a range as text; whole numbers are shown with all their digits."""
    if isinstance(default, float):
        return f"{float(limit):g}"
    return str(int(limit))
