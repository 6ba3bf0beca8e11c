"""The services that set parameters of a running node.

A request that rclpy cannot read does not end the node.
"""

from __future__ import annotations

from typing import Any, Callable

from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.node import Node


def guard_parameter_services(node: Node) -> None:
    """Let the node answer with a refusal where rclpy raises, as it does for values of unknown
    types.
    """
    for service in node.services:
        if service.srv_type in (SetParameters, SetParametersAtomically):
            service.callback = _guarded(node, service.callback)


def _guarded(node: Node, answer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def guarded(request: Any, response: Any) -> Any:
        try:
            return answer(request, response)
        except Exception as error:
            reason = f"the request cannot be read: {' '.join(str(error).split())}"
            node.get_logger().warning(f"parameters stay as they are: {reason}")
            refused = SetParametersResult(successful=False, reason=reason)
            if isinstance(response, SetParameters.Response):
                response.results = [refused for _ in request.parameters]
            else:
                response.result = refused
            return response

    return guarded
