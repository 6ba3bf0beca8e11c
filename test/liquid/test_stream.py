"""Events in any order give what the sorted events give; queries disturb nothing."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_nav.liquid import LTC, CoreInputError, NCPWiring
from liquid_nav.liquid.event_stream import Channel, Stream

CHANNELS = {
    "camera": Channel(slice(0, 3)),
    "imu": Channel(slice(3, 5)),
    "velocity": Channel(slice(5, 6), initial=0.2),
}
WIDTHS = {"camera": 3, "imu": 2, "velocity": 1}


def make_core():
    torch.manual_seed(0)
    return LTC(6, NCPWiring(5, 4, 2, 3, 2, 2, 2, seed=0), kernel="torch").requires_grad_(False)


CORE = make_core()
events = st.lists(
    st.tuples(st.sampled_from(sorted(WIDTHS)), st.integers(0, 60), st.integers(-3, 3)),
    min_size=1,
    max_size=14,
    unique_by=lambda e: e[:2],
)


def push(stream, event):
    sensor, tick, value = event
    return stream.push(sensor, tick / 100, [0.3 * value] * WIDTHS[sensor])


@settings(max_examples=25, deadline=None)
@given(
    events=events,
    order=st.randoms(use_true_random=False),
    hold=st.sampled_from(["backward", "forward"]),
)
def test_order_of_arrival_does_not_matter(events, order, hold):
    streams = [Stream(CORE, CHANNELS, horizon=10.0, hold=hold) for _ in range(2)]
    shuffled = list(events)
    order.shuffle(shuffled)
    for stream, sequence in zip(streams, (sorted(events, key=lambda e: e[1]), shuffled)):
        assert all(push(stream, event) for event in sequence)
    assert torch.equal(streams[0].state, streams[1].state)
    assert torch.equal(streams[0].query(1.0), streams[1].query(1.0))


@settings(max_examples=25, deadline=None)
@given(events=events, horizon=st.sampled_from([0.0, 0.1, 0.3]))
def test_late_events_are_dropped_and_the_rest_counts(events, horizon):
    """What a stream with a short memory accepted gives the state of the sorted accepted events."""
    stream = Stream(CORE, CHANNELS, horizon=horizon)
    accepted = [event for event in events if push(stream, event)]
    assert stream.late + stream.duplicates == len(events) - len(accepted)
    newest = -math.inf
    for _, tick, _ in accepted:
        assert tick / 100 >= newest - horizon - 1e-9
        newest = max(newest, tick / 100)
    sorted_stream = Stream(CORE, CHANNELS, horizon=10.0)
    for event in sorted(accepted, key=lambda e: e[1]):
        push(sorted_stream, event)
    assert torch.equal(stream.state, sorted_stream.state)


@settings(max_examples=15, deadline=None)
@given(events=events, queries=st.lists(st.integers(0, 40), max_size=4))
def test_queries_disturb_nothing(events, queries):
    quiet, asked = (Stream(CORE, CHANNELS, horizon=10.0) for _ in range(2))
    for event in sorted(events, key=lambda e: e[1]):
        push(quiet, event), push(asked, event)
        for later in queries:
            first = asked.query(event[1] / 100 + later / 100)
            assert torch.equal(first, asked.query(event[1] / 100 + later / 100))
    assert torch.equal(quiet.state, asked.state)


def test_regular_events_equal_the_sequence():
    """One sensor at a fixed rate is ``forward`` on the sequence, first elapsed time the nominal
    period.
    """
    core = CORE
    features = torch.randn(1, 8, 6)
    stream = Stream(core, {"all": Channel(slice(0, 6))}, nominal_period=0.04)
    for t in range(8):
        stream.push("all", 5.0 + 0.05 * t, features[0, t])
    elapsed = torch.tensor([[0.04] + [0.05] * 7])
    outputs, state = core(features, core.initial_state(1), elapsed)
    assert torch.allclose(stream.state, state, atol=1e-5)
    assert torch.allclose(stream.query(stream.time), outputs[:, -1], atol=1e-5)


def test_duplicates_stay_out_and_equal_times_join():
    stream = Stream(CORE, CHANNELS)
    assert stream.push("camera", 1.0, [0.1, 0.2, 0.3])
    assert not stream.push("camera", 1.0, [9.0, 9.0, 9.0])
    assert stream.duplicates == 1
    assert stream.push("imu", 1.0, [0.4, 0.5])
    features = torch.tensor([[[0.1, 0.2, 0.3, 0.4, 0.5, 0.2]]])
    wanted = CORE(features, CORE.initial_state(1), torch.tensor([[1 / 30]]))[1]
    assert torch.allclose(stream.state, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda s: s.push("lidar", 0.0, [1.0]), "sensor 'lidar' is unknown"),
        (lambda s: s.push("imu", 0.0, [1.0]), "has 1 values; its channel has 2"),
        (lambda s: s.push("imu", 0.0, [math.nan, 0.0]), "NaN"),
        (lambda s: s.push("imu", math.inf, [0.0, 0.0]), "infinity"),
        (lambda s: s.query(0.0), "before any event"),
        (lambda s: (s.push("imu", 1.0, [0.0, 0.0]), s.query(0.5)), "before the newest event"),
        (lambda s: Stream(CORE, {"imu": Channel(slice(0, 2))}), "exactly once"),
    ],
)
def test_misuse_is_named(act, message):
    with pytest.raises(CoreInputError, match=message):
        act(Stream(CORE, CHANNELS))
