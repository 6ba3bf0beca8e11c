"""Measures of smoothness, irregular time and attention, where the answer is known."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from liquid_nav.comparison.claims import (
    FLIGHTS,
    FRAMES,
    GREY,
    HALF_WIDTH,
    Sequences,
    measure_attention,
    measure_core,
    read_sequences,
    roughness,
    thin,
)
from liquid_nav.learning import auxiliary
from liquid_nav.policy import Policy, PolicyConfig
from liquid_nav.vision import EncoderConfig

SMALL = EncoderConfig(height=24, width=32, channels=(4,), kernels=(5,), strides=(3,), features=6)


def test_white_noise_is_rough_and_a_slow_wave_is_smooth():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(8, 2000, 3, generator=generator)
    assert roughness(noise) == pytest.approx(2.0, abs=0.05)
    time = torch.linspace(0.0, 6.0 * math.pi, 600)
    wave = torch.sin(time)[None, :, None].expand(4, -1, 2)
    # Of a sine with step h, the mean squared difference is h^2 / 2, its variance 1 / 2.
    assert roughness(wave) == pytest.approx(float(time[1]) ** 2, rel=0.02)


def test_neurons_that_never_change_do_not_count():
    noise = torch.randn(2, 500, 1, generator=torch.Generator().manual_seed(1))
    with_dead = torch.cat((noise, torch.full((2, 500, 5), 0.3)), dim=2)
    assert roughness(with_dead) == pytest.approx(roughness(noise))


def sequences(batch=3, frames=40, features=6, seed=2):
    generator = torch.Generator().manual_seed(seed)
    return Sequences(
        torch.rand(batch, frames, features, generator=generator) * 2.0 - 1.0,
        0.02 + 0.1 * torch.rand(batch, frames, generator=generator),
    )


def test_missing_frames_leave_the_times_of_the_others():
    whole = sequences()
    kept = torch.rand(40, generator=torch.Generator().manual_seed(3)) > 0.4
    kept[0] = True
    thinned = thin(whole, kept)
    assert torch.equal(thinned.features, whole.features[:, kept])
    torch.testing.assert_close(
        thinned.elapsed.cumsum(1), whole.elapsed.cumsum(1)[:, kept], rtol=0, atol=1e-5
    )


def policy_of(core, seed=0):
    torch.manual_seed(seed)
    return Policy(PolicyConfig(encoder=SMALL, core=core)).eval()


def test_a_network_without_memory_and_time_does_not_miss_frames():
    memoryless = measure_core(
        policy_of({"kind": "feedforward", "units": 12, "timed": False}), sequences()
    )
    assert memoryless.missing < 1e-6 and memoryless.noise > 1e-4
    assert memoryless.roughness is None and memoryless.noisy_roughness is None
    remembering = measure_core(policy_of({"kind": "gru", "units": 12, "timed": False}), sequences())
    assert remembering.missing > 1e-4


def test_slow_neurons_are_smoother_than_quick_ones():
    def rough(low, high):
        core = {"kind": "ctrnn", "units": 8, "time_constant": [low, high]}
        return measure_core(policy_of(core), sequences(frames=120)).roughness

    assert rough(2.0, 4.0) < 0.5 * rough(0.01, 0.02)


def test_the_measures_are_the_same_each_time():
    policy = policy_of({"kind": "gru", "units": 8, "timed": True})
    assert measure_core(policy, sequences()) == measure_core(policy, sequences())
    assert measure_core(policy, sequences()) != measure_core(policy, sequences(), seed=1)


@pytest.fixture
def shard(monkeypatch):
    """Twenty black pictures; in one of two the target is visible, at a bearing of its own."""
    rng = np.random.default_rng(4)
    table = np.zeros((20, len(auxiliary.NAMES)), np.float32)
    table[:, 0] = np.sin(rng.uniform(-0.5, 0.5, 20))
    table[::2, auxiliary.VISIBLE] = 1.0
    pictures = np.zeros((20, 45, 80, 3), np.uint8)
    pictures[:] = (np.arange(20) + 100).reshape(20, 1, 1, 1)
    data = SimpleNamespace(frames=pictures, auxiliary=table)
    monkeypatch.setattr("liquid_nav.comparison.claims.Shard", lambda folder: data)
    return data


class Looking:
    """A policy that looks at the target of each picture, or everywhere where there is noise."""

    view = math.radians(80.0)

    def __init__(self, config=None):
        self.config = config

    def saliency(self, picture):
        mass = np.full((45, 80), 1e-6)
        row = int(picture[0, 0, 0]) - 100
        if picture.std() > 0.5 * GREY / 4 or self.config is None:
            return np.ones((45, 80))
        sine = self.config[row]
        column = 0.5 - 0.5 * math.tan(math.asin(sine)) / math.tan(self.view / 2)
        mass[:, min(79, int(column * 80))] = 1.0
        return mass


def test_attention_on_the_target_is_more_than_chance(shard, monkeypatch):
    monkeypatch.setattr("liquid_nav.comparison.claims.Policy", lambda config: Looking())
    found = measure_attention(Looking(shard.auxiliary[:, 0]), "shard", Looking.view)
    assert found.clean == pytest.approx(1.0 / (2.0 * HALF_WIDTH), rel=0.25)
    assert found.noisy == pytest.approx(1.0) and found.randomised == pytest.approx(1.0)


def test_flights_that_are_mirrored_or_too_short_are_left_out(monkeypatch):
    lengths = np.array([FRAMES] * 10 + [FRAMES - 1] * 10 + [FRAMES + 5] * 40)
    begins = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    elapsed = np.repeat(np.arange(len(lengths)), lengths).astype(np.float32) + 1.0
    data = SimpleNamespace(lengths=lengths, begins=begins, elapsed=elapsed)
    monkeypatch.setattr("liquid_nav.comparison.claims.Shard", lambda folder: data)
    features = np.repeat(np.arange(len(lengths)), lengths).astype(np.float16)[:, None]
    monkeypatch.setattr(
        "liquid_nav.comparison.claims.open_features", lambda place: ([features, features], True)
    )
    read = read_sequences("shard", "features")
    assert read.features.shape == (FLIGHTS, FRAMES, 1) and read.elapsed.shape == (FLIGHTS, FRAMES)
    flights = [0, 2, 4, 6, 8, 20, 22, 24, 26, 28, 30, 32]
    assert read.features[:, 0, 0].tolist() == flights
    assert (read.elapsed[:, -1] - 1.0).tolist() == flights
