"""Which processes make a flight, with which parameters, for ``liquid-nav fly``, which needs no
``launch``, and what the launch files share. Imports neither rclpy nor, but for ``launching`` and
``launch_endings``, ``launch``.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.bringup.claims import claim_ros_domain
    from liquid_nav.bringup.fleet import drone_namespaces, flight_processes
    from liquid_nav.bringup.node_help import (
        asks_for_help,
        executable_name,
        module_of_node,
        node_help_text,
        refuse_non_ros_arguments,
    )
    from liquid_nav.bringup.real_drone import IMAGE_TRANSPORTS
    from liquid_nav.bringup.simulated_flight import (
        EMBEDDED_PARAMETER_FILE,
        GATE_LIMITS,
        PILOT_KINDS,
        PX4_DDS_DOMAIN,
        FlightPlan,
        NodeProcess,
        enclave_arguments,
        node_environment,
        parameter_as_yaml,
        parse_namespace,
        parse_seed,
    )
    from liquid_nav.bringup.transport import (
        fastdds_profile_variable,
        transport_problem,
        transport_remedy,
    )
    from liquid_nav.bringup.unknown_names import refuse_unknown_parameters, wildcard_parameters
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "claims": ["claim_ros_domain"],
            "fleet": ["drone_namespaces", "flight_processes"],
            "node_help": [
                "asks_for_help",
                "executable_name",
                "module_of_node",
                "node_help_text",
                "refuse_non_ros_arguments",
            ],
            "real_drone": ["IMAGE_TRANSPORTS"],
            "simulated_flight": [
                "EMBEDDED_PARAMETER_FILE",
                "FlightPlan",
                "GATE_LIMITS",
                "NodeProcess",
                "PILOT_KINDS",
                "PX4_DDS_DOMAIN",
                "enclave_arguments",
                "node_environment",
                "parameter_as_yaml",
                "parse_namespace",
                "parse_seed",
            ],
            "transport": ["fastdds_profile_variable", "transport_problem", "transport_remedy"],
            "unknown_names": ["refuse_unknown_parameters", "wildcard_parameters"],
        },
    )

__all__ = [
    "EMBEDDED_PARAMETER_FILE",
    "FlightPlan",
    "GATE_LIMITS",
    "IMAGE_TRANSPORTS",
    "NodeProcess",
    "PILOT_KINDS",
    "PX4_DDS_DOMAIN",
    "asks_for_help",
    "claim_ros_domain",
    "drone_namespaces",
    "enclave_arguments",
    "executable_name",
    "fastdds_profile_variable",
    "flight_processes",
    "module_of_node",
    "node_environment",
    "node_help_text",
    "parameter_as_yaml",
    "parse_namespace",
    "parse_seed",
    "refuse_non_ros_arguments",
    "refuse_unknown_parameters",
    "transport_problem",
    "transport_remedy",
    "wildcard_parameters",
]
