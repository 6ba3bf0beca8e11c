"""How numbers and texts that people type become parameters, and what is reported of those that
cannot.
"""

import importlib.util
import math
from pathlib import Path

import pytest
from rclpy.parameter import Parameter

from liquid_nav.errors import UserError
from liquid_nav.nodes.parameters import declare

_SPEC = importlib.util.spec_from_file_location("wires", Path(__file__).with_name("wires.py"))
wires = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(wires)
context, node = wires.context, wires.node  # fixtures

BETWEEN = (0.5, 50.0)
COUNT = (0, 100)


def declared(node, value, default, limits=None):
    """Return a node whose parameter ``p`` was given a value, and what the node gets of
    it.
    """
    made = node(wires.Plain, p=value)
    return made, declare(made, "p", default, "What it is.", limits)


@pytest.mark.parametrize(
    "value, default, limits, result",
    [
        (1, 3.0, BETWEEN, 1.0),
        (50, 3.0, BETWEEN, 50.0),
        (-2, 3.0, None, -2.0),
        (1.5, 3.0, BETWEEN, 1.5),
        (7.0, 3, COUNT, 7),
        (7, 3, COUNT, 7),
        (True, False, None, True),
        (12, "text", None, "12"),
    ],
)
def test_a_whole_number_is_a_fine_double_and_the_other_way_round(
    node, value, default, limits, result
):
    made, got = declared(node, value, default, limits)
    assert got == result
    assert type(got) is type(default)
    # What ``ros2 param get`` and ``describe`` show is the same, with the range that sliders use.
    if not isinstance(default, str):
        assert made.get_parameter("p").type_ is Parameter.Type.from_parameter_value(default)
    description = made.describe_parameter("p")
    assert description.read_only
    assert description.description == "What it is."
    assert bool([*description.floating_point_range, *description.integer_range]) == bool(limits)


NUMBER = "Give a number between 0.5 and 50"
WHOLE = "Give a whole number between 0 and 100"


@pytest.mark.parametrize(
    "value, default, limits, remedy",
    [
        (0, 3.0, BETWEEN, NUMBER),
        (51, 3.0, BETWEEN, NUMBER),
        (0.4, 3.0, BETWEEN, NUMBER),
        (math.nan, 3.0, BETWEEN, NUMBER),
        (math.inf, 3.0, BETWEEN, NUMBER),
        (math.nan, 3.0, None, "Give a number"),
        (math.inf, 3.0, None, "Give a number"),
        (True, 3.0, BETWEEN, NUMBER),
        ("1,5", 3.0, BETWEEN, NUMBER),
        ([1.0], 3.0, BETWEEN, NUMBER),
        (7.5, 3, COUNT, WHOLE),
        (101.0, 3, COUNT, WHOLE),
        (101, 3, COUNT, WHOLE),
        (-1, 3, (0, 2**31 - 1), "Give a whole number between 0 and 2147483647"),
        (math.nan, 3, COUNT, WHOLE),
        (math.inf, 3, COUNT, WHOLE),
        (True, 3, COUNT, WHOLE),
        (1, True, None, "Give true or false"),
        (1.0, False, None, "Give true or false"),
        ("on", False, None, "Give true or false"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(node, value, default, limits, remedy):
    with pytest.raises(UserError) as caught:
        declared(node, value, default, limits)
    assert str(caught.value) == f"parameter 'p' of plain is {value!r}. {remedy}"
