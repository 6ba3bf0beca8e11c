"""The ROS 2 nodes: parameters, messages and timers around the other subpackages, nothing else."""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.nodes.liquid_controller import make_liquid_controller
    from liquid_nav.nodes.memory import keep_memory
    from liquid_nav.nodes.messages import named_values, to_stamp
    from liquid_nav.nodes.preflight_listening import add_local_facts, gather_preflight_facts
    from liquid_nav.nodes.qos import reliable_qos, sensor_data_qos
    from liquid_nav.nodes.recorder import Recorder
    from liquid_nav.nodes.running import run_node
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "liquid_controller": ["make_liquid_controller"],
            "memory": ["keep_memory"],
            "messages": ["named_values", "to_stamp"],
            "preflight_listening": ["add_local_facts", "gather_preflight_facts"],
            "qos": ["reliable_qos", "sensor_data_qos"],
            "recorder": ["Recorder"],
            "running": ["run_node"],
        },
    )

__all__ = [
    "Recorder",
    "add_local_facts",
    "gather_preflight_facts",
    "keep_memory",
    "make_liquid_controller",
    "named_values",
    "reliable_qos",
    "run_node",
    "sensor_data_qos",
    "to_stamp",
]
