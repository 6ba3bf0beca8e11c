"""Parameters of a running node: what is refused, what is taken, and what is reported of it."""

import importlib.util
import math
from pathlib import Path

import pytest
from rclpy.parameter import Parameter

from liquid_nav.nodes.parameter_changes import ParameterChanges
from liquid_nav.nodes.parameters import declare

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures


class Bench:
    """A node with a speed, a model and a folder that is fixed; ``refusal`` is what its owner has
    against a change.
    """

    def __init__(self, node):
        self.node = node(wires.Plain)
        self.refusal = ""
        self.asked = []
        self.applied = []
        values = {
            "speed": declare(self.node, "speed", 2.0, "Speed.", (0.0, 10.0), read_only=False),
            "count": declare(self.node, "count", 3, "Count.", (0, 10), read_only=False),
            "model": declare(self.node, "model", "default", "Model.", read_only=False),
        }
        declare(self.node, "folder", "here", "Folder.")
        ParameterChanges(self.node, values, self._refuses, self._apply)

    def _refuses(self, values):
        self.asked.append(dict(values))
        return self.refusal

    def _apply(self, values):
        self.applied.append(dict(values))

    def set(self, **values):
        """Set as `ros2 param set` does; returns the reason of a refusal, or nothing."""
        (result,) = self.node.set_parameters(
            [Parameter(name, value=value) for name, value in values.items()]
        )
        assert result.successful == (not result.reason)
        return result.reason

    def value(self, name):
        return self.node.get_parameter(name).value


@pytest.fixture
def bench(node):
    return Bench(node)


def test_a_change_is_applied_whole_and_logged_with_both_values(bench):
    assert bench.set(speed=1.5) == ""
    assert bench.applied == [{"speed": 1.5, "count": 3, "model": "default"}]
    assert bench.value("speed") == 1.5
    assert bench.node.log == [("info", "parameter changed: speed 2 -> 1.5")]
    bench.set(model="other")
    assert bench.applied[-1] == {"speed": 1.5, "count": 3, "model": "other"}
    assert bench.node.log[-1] == ("info", "parameter changed: model 'default' -> 'other'")


def test_a_refusal_has_the_owners_reason_changes_nothing_and_is_logged(bench):
    bench.refusal = "it flies. Land first"
    assert bench.set(speed=5.0) == "it flies. Land first"
    assert bench.asked == [{"speed": 5.0, "count": 3, "model": "default"}]
    assert bench.applied == [] and bench.value("speed") == 2.0
    assert bench.node.log == [("warning", "parameter speed stays as it is: it flies. Land first")]


def test_several_at_once_are_judged_together(bench):
    result = bench.node.set_parameters_atomically(
        [Parameter("speed", value=4.0), Parameter("count", value=7)]
    )
    assert result.successful
    assert bench.asked == bench.applied == [{"speed": 4.0, "count": 7, "model": "default"}]
    bench.refusal = "no"
    assert not bench.node.set_parameters_atomically(
        [Parameter("speed", value=1.0), Parameter("count", value=1)]
    ).successful
    assert (bench.value("speed"), bench.value("count")) == (4.0, 7)


def test_the_same_value_is_no_change(bench):
    bench.refusal = "it flies"
    assert bench.set(speed=2.0) == ""
    assert bench.asked == bench.applied == bench.node.log == []


@pytest.mark.parametrize(
    "name, value, result", [("speed", 3, 3.0), ("count", 5.0, 5), ("model", 12, "12")]
)
def test_a_number_is_taken_in_the_type_of_its_parameter_as_at_the_start(bench, name, value, result):
    assert bench.set(**{name: value}) == ""
    assert bench.value(name) == bench.applied[-1][name] == result
    assert type(bench.value(name)) is type(result)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("speed", -0.1),
        ("speed", 10.1),
        ("speed", 11),
        ("speed", math.nan),
        ("speed", math.inf),
        ("speed", -math.inf),
        ("speed", "fast"),
        ("speed", True),
        ("count", 11),
        ("count", 2.5),
        ("count", math.nan),
        ("folder", "there"),
    ],
)
def test_what_does_not_fit_never_reaches_the_owner(bench, name, value):
    before = bench.value(name)
    assert bench.set(**{name: value})
    assert bench.asked == bench.applied == [] and bench.value(name) == before


def test_not_a_number_is_refused_without_a_range_too(node):
    made = node(wires.Plain)
    value = declare(made, "free", 1.0, "No range.", read_only=False)
    ParameterChanges(made, {"free": value}, lambda values: "", lambda values: None)
    (result,) = made.set_parameters([Parameter("free", value=math.nan)])
    assert result.reason == "free must be a finite number"


def test_a_parameter_is_not_removed(bench):
    (result,) = bench.node.set_parameters([Parameter("model", Parameter.Type.NOT_SET)])
    assert result.reason == "model cannot be removed"
    assert bench.value("model") == "default"


def test_the_clock_of_a_running_node_stays(bench):
    assert "start the node again" in bench.set(use_sim_time=True)
    assert bench.value("use_sim_time") is False
    assert bench.set(use_sim_time=False) == ""
