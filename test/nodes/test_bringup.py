"""The description of the graph, and the command lines made of it. No ROS needed."""

import pytest
import yaml

from liquid_nav.cli.processes import arguments, free_domain
from liquid_nav.errors import UserError
from liquid_nav.nodes.bringup import RANDOM_SEEDS, FlightPlan, Process, as_yaml, embedded_graph, parse_seed
from liquid_nav.worlds import load_scenario


def test_the_supervisor_gets_the_scenarios_limits():
    gate = next(p for p in embedded_graph(FlightPlan("forest")) if p.executable == "safety_supervisor")
    limits = load_scenario("forest").limits
    assert gate.parameters["speed"] == limits.speed and gate.parameters["acceleration"] == limits.acceleration


def test_every_node_of_a_flight_has_the_same_world():
    plan = FlightPlan("field", 17, "fog")
    for process in embedded_graph(plan):
        if process.executable in ("simulator", "scenario_runner"):
            assert [process.parameters[key] for key in ("scenario", "seed", "condition")] == ["field", 17, "fog"]


@pytest.mark.parametrize("value", ["forest", "12", "a: b # c", "it's \"quoted\"", 3, 2.5, True])
def test_parameter_values_survive_the_command_line(value):
    assert yaml.safe_load(as_yaml(value)) == value


def test_empty_parameters_are_left_out():
    line = arguments(Process("simulator", {"condition": "", "seed": 3}))
    assert "seed:=3" in line and not [word for word in line if word.startswith("condition")]


def test_seeds():
    assert parse_seed("42") == 42
    assert parse_seed("random") in RANDOM_SEEDS
    for text in ("-1", "x", "1.5", "", "2147483648"):
        with pytest.raises(UserError, match="random"):
            parse_seed(text)


def test_a_domain_is_free():
    assert 1 <= free_domain() <= 101
