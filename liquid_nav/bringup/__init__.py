"""Which processes make a flight, with which parameters: the same for the launch files and for
``liquid-nav fly``, which needs no ``launch``. Imports neither rclpy nor, but for the files named
``launching``, ``launch``.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.bringup.claims import claim_ros_domain
    from liquid_nav.bringup.drone_launching import describe_drone
    from liquid_nav.bringup.fleet import drone_namespaces, flight_processes
    from liquid_nav.bringup.launching import describe
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
            "drone_launching": ["describe_drone"],
            "fleet": ["drone_namespaces", "flight_processes"],
            "launching": ["describe"],
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
    "describe",
    "describe_drone",
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
