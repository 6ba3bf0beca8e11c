"""Parameters with descriptions and ranges, so that rqt_reconfigure and ``ros2 param describe`` show them well."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node

from liquid_nav.errors import UserError


def declare(
    node: Node,
    name: str,
    default: Any,
    description: str,
    limits: tuple[float, float] | None = None,
    read_only: bool = True,
) -> Any:
    """Declare a parameter and return its value; its type is that of the default.

    A seed given as text on a command line arrives as an integer and the other way round, so text parameters accept
    any type and come back as text. Raises UserError for a wrong type or a value out of range.
    """
    text = isinstance(default, str)
    descriptor = ParameterDescriptor(description=description, read_only=read_only, dynamic_typing=text)
    if limits is not None and isinstance(default, float):
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(limits[0]), to_value=float(limits[1]), step=0.0)
        ]
    elif limits is not None:
        descriptor.integer_range = [
            IntegerRange(from_value=int(limits[0]), to_value=int(limits[1]), step=1)
        ]
    try:
        value = node.declare_parameter(name, default, descriptor).value
    except (InvalidParameterTypeException, InvalidParameterValueException) as error:
        between = f" between {limits[0]:g} and {limits[1]:g}" if limits else ""
        raise UserError(
            f"parameter '{name}' of {node.get_name()}: {error}", f"Give a {type(default).__name__}{between}"
        ) from error
    return str(value) if text else value
