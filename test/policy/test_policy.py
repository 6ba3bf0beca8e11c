"""Images in, commands out: one frame at a time or all at once, with real elapsed time."""

import numpy as np
import pytest
import torch

from liquid_nav.policy import Command, Decision, Observation

ELAPSED = np.random.default_rng(5).uniform(0.02, 0.2, 12)


def fly(policy, images, elapsed=ELAPSED):
    """Step through the images; returns the commands [T,4] and the last state."""
    state, commands = policy.initial_state(), []
    for image, dt in zip(images, elapsed):
        decision, state = policy.step(Observation(image), state, float(dt))
        assert isinstance(decision, Decision) and isinstance(decision.command, Command)
        commands.append(decision.command.as_array())
    return np.array(commands), state


def test_frame_by_frame_equals_the_sequence(policy, images):
    commands, state = fly(policy, images)
    elapsed = torch.tensor(ELAPSED, dtype=torch.float32)
    with torch.no_grad():
        together, core = policy(
            torch.from_numpy(images)[None], policy.initial_state().core, elapsed[None]
        )
    np.testing.assert_allclose(commands, together[0].numpy(), atol=2e-6)
    np.testing.assert_allclose(state.core.numpy(), core.numpy(), atol=2e-6)


def test_a_batch_is_many_flights_apart(policy, images):
    frames = torch.from_numpy(images.reshape(3, 4, 24, 32, 3))
    elapsed = torch.tensor(ELAPSED, dtype=torch.float32).reshape(3, 4)
    with torch.no_grad():
        together, _ = policy(frames, policy.initial_state(3).core, elapsed)
    for i in range(3):
        alone, _ = fly(policy, frames[i].numpy(), elapsed[i].numpy())
        np.testing.assert_allclose(together[i].numpy(), alone, atol=2e-6)


def test_memory_is_in_the_state_and_nowhere_else(policy, images):
    first, _ = fly(policy, images)
    again, _ = fly(policy, images)
    np.testing.assert_array_equal(first, again)
    start = policy.initial_state()
    before = start.core.clone()
    policy.step(Observation(images[0]), start, 0.1)
    assert torch.equal(start.core, before), "a step leaves the old state alone"


def test_elapsed_time_matters(policy, images):
    slow, _ = fly(policy, images, np.full(12, 0.15))
    fast, _ = fly(policy, images, np.full(12, 0.03))
    assert np.abs(slow - fast).max() > 1e-3


def test_the_past_matters(policy, images):
    commands, _ = fly(policy, images)
    fresh, _ = fly(policy, images[-1:], ELAPSED[-1:])
    assert np.abs(commands[-1] - fresh[0]).max() > 1e-4


def test_the_image_may_have_any_size(policy, images):
    large = np.kron(images[0], np.ones((4, 4, 1), np.uint8))
    same, _ = policy.step(Observation(large), policy.initial_state(), 0.1)
    small, _ = policy.step(Observation(images[0]), policy.initial_state(), 0.1)
    np.testing.assert_allclose(same.command.as_array(), small.command.as_array(), atol=1e-6)


@pytest.mark.parametrize(
    "image, what",
    [
        (None, "needs an image"),
        (np.zeros((24, 32), np.uint8), r"\(24, 32\)"),
        (np.zeros((24, 32, 3)), "float64"),
        (np.zeros((2, 2, 3), np.uint8), "2 x 2 pixels"),
    ],
)
def test_a_wrong_image_is_named(policy, image, what):
    with pytest.raises(ValueError, match=what):
        policy.step(Observation(image), policy.initial_state(), 0.1)


def test_commands_are_outputs_in_metres_and_radians(policy):
    outputs = torch.tensor((1.0, -1.0, 0.5, 2.0))
    torch.testing.assert_close(policy.commands(outputs), torch.tensor((1.6, -1.0, 0.3, 2.0)))


def test_inspect_shows_neurons_and_once_a_frame_came_time_constants(policy, images):
    start = policy.inspect(policy.initial_state())
    assert set(start) == {"neurons"} and not start["neurons"].any()
    _, state = fly(policy, images)
    seen = policy.inspect(state)
    assert len(policy.neuron_names) == 15
    for name in ("neurons", "time_constants"):
        assert seen[name].shape == (15,) and seen[name].dtype == np.float32
    np.testing.assert_array_equal(seen["neurons"], state.core[0].numpy())
    assert (seen["time_constants"] > 0).all()
