"""Changes of a running node's parameters: refused with the reason, or applied and logged.

ROS itself publishes every change on /parameter_events, which the recorder keeps. What cannot be
changed while a node runs is declared read-only.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from liquid_nav.nodes.parameters import fitting

CLOCK = "use_sim_time"
Values = Mapping[str, Any]
"""Parameter -> value."""


class ParameterChanges:
    """Decides about, applies and logs the changes of some parameters of a node."""

    def __init__(
        self,
        node: Node,
        values: Values,
        refuses: Callable[[Values], str],
        apply: Callable[[Values], None],
    ) -> None:
        """Register the callbacks; call it when all parameters are declared.

        Args:
            node: Owner of the parameters.
            values: The parameters that may be changed, with their present values.
            refuses: Returns why all of the values cannot be those that it gets, or nothing; must
                change nothing.
            apply: Makes all of the values those that it gets.
        """
        self._node = node
        self._values = dict(values)
        self._refuses = refuses
        self._apply = apply
        self._clock = node.get_parameter(CLOCK).value
        node.add_pre_set_parameters_callback(self._fit)
        node.add_on_set_parameters_callback(self._judge)
        node.add_post_set_parameters_callback(self._take)

    def _fit(self, parameters: list[Parameter]) -> list[Parameter]:
        """Return the parameters with whole numbers as doubles where doubles are meant.

        The same is done when a node starts.
        """
        return [self._fitted(parameter) for parameter in parameters]

    def _fitted(self, parameter: Parameter) -> Parameter:
        present = self._values.get(parameter.name)
        if isinstance(present, str) and parameter.type_ is not Parameter.Type.NOT_SET:
            return Parameter(parameter.name, value=str(parameter.value))
        value = fitting(parameter.value, present)
        if value is None:
            return parameter
        return Parameter(parameter.name, value=value)

    def _judge(self, parameters: list[Parameter]) -> SetParametersResult:
        reason = self._reason(parameters)
        if reason:
            names = ", ".join(parameter.name for parameter in parameters)
            self._node.get_logger().warning(f"parameter {names} stays as it is: {reason}")
        return SetParametersResult(successful=not reason, reason=reason)

    def _reason(self, parameters: list[Parameter]) -> str:
        """Return why the parameters cannot be set, or nothing."""
        for parameter in parameters:
            # Ages and stamps were compared with one clock since the start.
            if parameter.name == CLOCK and parameter.value != self._clock:
                return f"{CLOCK} is read at the start only: start the node again with it"
            if parameter.name not in self._values:
                continue
            if parameter.type_ is Parameter.Type.NOT_SET:
                return f"{parameter.name} cannot be removed"
            if isinstance(parameter.value, float) and not math.isfinite(parameter.value):
                return f"{parameter.name} must be a finite number"
        changed = self._changed(parameters)
        if not changed:
            return ""
        return self._refuses({**self._values, **changed})

    def _take(self, parameters: list[Parameter]) -> None:
        changed = self._changed(parameters)
        if not changed:
            return
        before = self._values
        self._values = {**before, **changed}
        self._apply(self._values)
        text = ", ".join(
            f"{name} {_shown(before[name])} -> {_shown(value)}" for name, value in changed.items()
        )
        self._node.get_logger().info(f"parameter changed: {text}")

    def _changed(self, parameters: list[Parameter]) -> dict[str, Any]:
        """Return those of the parameters that are ours and get another value."""
        ours = {one.name: one.value for one in parameters if one.name in self._values}
        return {name: value for name, value in ours.items() if value != self._values[name]}


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return repr(value)
