"""What the reference shows of a node's parameters is what the running node answers."""

import importlib
from pathlib import Path

import pytest

from liquid_nav.nodes.safety_supervisor import SupervisorNode

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def node_parameters(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("reference_pages.node_parameters")


def test_parameters_are_those_of_the_running_node(node_parameters, harness):
    node = harness.add(SupervisorNode)
    for one in node_parameters.parameters("safety_supervisor"):
        descriptor = node.describe_parameter(one.name)
        assert descriptor.description == one.description
        assert descriptor.read_only is not one.changeable
        assert node_parameters.typed(node.get_parameter(one.name).value) == one.default
        for limits in descriptor.floating_point_range:
            assert one.range == f"{limits.from_value:g} to {limits.to_value:g}"
