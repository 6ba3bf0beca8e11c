"""Wirings are what they declare, can be drawn, and refuse what cannot work."""

import numpy as np
import pytest

from liquid_nav.liquid import DenseWiring, NCPWiring, RandomWiring, Wiring, WiringError


def test_ncp_has_the_published_layers_and_counts():
    wiring = NCPWiring(18, 12, 4, 6, 4, 4, 6, 22224).build(128)
    assert (
        wiring.state_size,
        np.count_nonzero(wiring.sensory),
        np.count_nonzero(wiring.internal),
    ) == (34, 768, 100)
    assert wiring.describe() == (
        "34 neurons (4 motor + 12 command + 18 inter), 768 sensory and 100 internal synapses"
    )
    assert not wiring.sensory[:, :16].any(), "inputs feed inter neurons only"
    assert (wiring.names[0], wiring.names[4], wiring.names[16]) == (
        "motor.0",
        "command.0",
        "inter.0",
    )
    pre, post = wiring.synapses()
    assert (np.diff(post) >= 0).all() and (wiring.internal[pre, post] != 0).all()


def test_dense_equals_ncps():
    reference = pytest.importorskip("ncps.wirings").FullyConnected(7, 2)
    reference.build(5)
    wiring = DenseWiring(7, 2).build(5)
    assert np.array_equal(wiring.internal, reference.adjacency_matrix)
    assert np.array_equal(wiring.sensory, reference.sensory_adjacency_matrix)


@pytest.mark.parametrize("motor", [[5], [-1], [1, 2]])
def test_neurons_that_do_not_exist_are_named(motor):
    with pytest.raises(WiringError, match="number them from 0 to 1"):
        Wiring(np.ones((1, 2), np.int8), np.ones((2, 2), np.int8), {"motor": np.array(motor)})


def test_random_has_the_density_asked_for():
    wiring = RandomWiring(20, 3, density=0.25, seed=1).build(8)
    assert np.count_nonzero(wiring.internal) == 100 and np.count_nonzero(wiring.sensory) == 40
    assert np.array_equal(
        wiring.internal, RandomWiring(20, 3, density=0.25, seed=1).build(8).internal
    )


def test_a_motor_neuron_without_a_path_is_named():
    sensory, internal = np.zeros((2, 3), np.int8), np.zeros((3, 3), np.int8)
    sensory[0, 2] = internal[2, 0] = 1
    with pytest.raises(WiringError, match="no path from the inputs to motor.1; add synapses"):
        Wiring(sensory, internal, {"motor": np.arange(2), "inter": np.arange(2, 3)})
    internal[0, 1] = -1
    Wiring(sensory, internal, {"motor": np.arange(2), "inter": np.arange(2, 3)})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: NCPWiring(3, 4, 2, sensory_fanout=6),
            "sensory_fanout is 6 but there are only 3 inter neurons",
        ),
        (lambda: NCPWiring(8, 4, 2, motor_fanin=0), "motor_fanin is 0"),
        (lambda: NCPWiring(8, 8, 2).build(0), "at least one input"),
        (lambda: RandomWiring(4, density=1.5).build(2), "density is 1.5"),
        (lambda: DenseWiring(4, motor=5).build(2), "motor is 5"),
        (
            lambda: Wiring(np.ones((2, 3)), np.ones((3, 3)), {"inter": np.arange(3)}),
            "no layer called motor",
        ),
    ],
)
def test_impossible_wirings_are_refused(make, message):
    with pytest.raises(WiringError, match=message):
        make()
