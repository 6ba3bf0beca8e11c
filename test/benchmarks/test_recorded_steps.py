"""The numbers of a step response, of our drone and of a recording made by hand."""

import dataclasses
import math
import struct

import numpy as np
import pytest

from liquid_nav.errors import UserError
from liquid_nav.simulation import DroneResponse
from liquid_nav_benchmarks.px4_log import LogError, read_px4_step
from liquid_nav_benchmarks.recorded_steps import (
    StepNumbers,
    StepResponse,
    record_fleet,
    record_step,
)


def answer(forward, yaw_rate, side=0.0):
    """A response that is known: functions of time, s."""
    time = np.arange(0.0, 5.001, 0.01)
    return StepResponse(
        "known", time, forward(time), np.full_like(time, side), np.zeros_like(time), yaw_rate(time)
    )


def first_order(size, lag, dead=0.0):
    return lambda t: size * np.where(t > dead, 1.0 - np.exp(-(t - dead) / lag), 0.0)


def test_numbers_of_a_first_order_lag_with_dead_time():
    numbers = StepNumbers.of(answer(first_order(2.0, 0.4, 0.1), first_order(0.3, 0.25), side=-0.2))
    assert numbers.begins == pytest.approx(0.1 + 0.4 * math.log(1 / 0.9), abs=2e-3)
    assert numbers.rises == pytest.approx(0.1 + 0.4 * math.log(10), abs=2e-3)
    assert numbers.turns == pytest.approx(0.25 * math.log(10), abs=2e-3)
    assert numbers.speed == pytest.approx(2.0, abs=0.01)
    assert numbers.overshoot == 0.0 and numbers.side_slip == pytest.approx(-0.2)


def test_overshoot_is_measured_and_what_never_comes_is_nan():
    numbers = StepNumbers.of(
        answer(lambda t: 2.3 * np.minimum(t, 1.0), lambda t: 0.2 * np.ones_like(t))
    )
    assert numbers.overshoot == pytest.approx(0.15)
    assert math.isnan(numbers.turns)


def test_the_nominal_drone_answers_like_a_multicopter():
    step = record_step(DroneResponse())
    assert step.forward[0] == pytest.approx(0.0, abs=1e-3) and np.abs(step.up).max() < 0.2
    numbers = StepNumbers.of(step)
    assert 0.15 < numbers.begins < 0.3 < numbers.rises < 1.0
    assert numbers.speed == pytest.approx(2.0, abs=0.05) and numbers.overshoot < 0.1
    assert 0.3 < numbers.turns < 0.9
    assert numbers.side_slip < 0.0, "it slips to the outside of the turn"


def test_the_fleet_lies_around_the_nominal_drone():
    fleet = [StepNumbers.of(step) for step in record_fleet(12, seed=1)]
    again = [StepNumbers.of(step) for step in record_fleet(12, seed=1)]
    assert fleet == again
    nominal = StepNumbers.of(record_step(DroneResponse()))
    for name in ("begins", "rises", "turns", "side_slip"):
        values = [getattr(numbers, name) for numbers in fleet]
        assert min(values) < getattr(nominal, name) < max(values), name


def test_slower_parts_answer_later():
    nominal = StepNumbers.of(record_step(DroneResponse()))
    late = StepNumbers.of(record_step(dataclasses.replace(DroneResponse(), delay=0.14)))
    assert late.begins - nominal.begins == pytest.approx(0.1, abs=0.01)
    assert (
        StepNumbers.of(record_step(dataclasses.replace(DroneResponse(), yaw_lag=0.4))).turns
        > nominal.turns + 0.2
    )


class Recording:
    """Writes a tlog: big-endian microseconds, then the raw message."""

    def __init__(self, path):
        self.dialect = pytest.importorskip("pymavlink.dialects.v20.common")
        self.vehicle = self.dialect.MAVLink(None, srcSystem=1)
        self.companion = self.dialect.MAVLink(None, srcSystem=255)
        self.file = open(path, "wb")

    def put(self, time, sender, message):
        self.file.write(struct.pack(">Q", int(1e9 + 1e6 * time)) + message.pack(sender))

    def setpoint(self, time, vx, yaw_rate):
        message = self.dialect.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 8, 0x5C7, 0, 0, 0, vx, 0, 0, 0, 0, 0, 0, yaw_rate
        )
        self.put(time, self.companion, message)


@pytest.fixture
def tlog(tmp_path):
    """Heads west of north, turns right at once, and flies with 1.6 m/s ahead, 0.2 to its left and
    0.1 upwards.
    """
    path = tmp_path / "flight.tlog"
    log = Recording(path)
    boot_offset, north_yaw = 20.0, -1.2
    for time in np.arange(0.0, 12.0, 0.02):
        since = time - 4.0
        if abs(since) < 0.01:
            log.setpoint(time, 2.0, 0.3)
        elif round(time / 0.02) % 5 == 0:
            log.setpoint(time, 2.0 if since > 0 else 0.0, 0.3 if since > 0 else 0.0)
        turning = 0.3 if since >= 0.1 else 0.0
        yaw = north_yaw + 0.3 * max(0.0, since - 0.1)
        boot = int(1000 * (time + boot_offset))
        log.put(
            time + 0.001,
            log.vehicle,
            log.dialect.MAVLink_attitude_message(
                boot, 0.0, -0.1, yaw, 0.0, 0.0, turning * math.cos(0.1)
            ),
        )
        ahead = 1.6 * (1.0 - math.exp(-max(0.0, since - 0.2) / 0.3))
        side = -0.2 if since > 2 else 0.0
        north = math.cos(yaw) * ahead - math.sin(yaw) * side
        east = math.sin(yaw) * ahead + math.cos(yaw) * side
        log.put(
            time + 0.002,
            log.vehicle,
            log.dialect.MAVLink_local_position_ned_message(boot, 0.0, 0.0, 0.0, north, east, -0.1),
        )
    log.file.close()
    return path


def test_a_recording_is_read_in_the_level_body_frame(tlog):
    step = read_px4_step(tlog)
    expected = 1.6 * (1.0 - np.exp(-np.maximum(0.0, step.time - 0.2) / 0.3))
    np.testing.assert_allclose(step.forward, expected, atol=0.02)
    np.testing.assert_allclose(step.side[step.time > 2.1], -0.2, atol=0.02)
    np.testing.assert_allclose(step.up, 0.1, atol=1e-5)
    np.testing.assert_allclose(step.yaw_rate[step.time > 0.2], 0.3, atol=1e-3)
    np.testing.assert_allclose(step.yaw_rate[step.time < 0.05], 0.0, atol=1e-3)
    assert step.time[0] < -0.4 and step.time[-1] == pytest.approx(5.0, abs=0.03)
    numbers = StepNumbers.of(step)
    assert numbers.begins == pytest.approx(0.24, abs=0.02) and math.isnan(numbers.rises)


def test_what_cannot_be_read_is_one_line(tmp_path):
    with pytest.raises(LogError, match="no recording at"):
        read_px4_step(tmp_path / "nowhere.tlog")
    Recording(tmp_path / "empty.tlog").file.close()
    log = Recording(tmp_path / "still.tlog")
    for time in np.arange(0.0, 3.0, 0.1):
        log.setpoint(time, 0.0, 0.0)
    log.file.close()
    (tmp_path / "noise.tlog").write_bytes(np.random.default_rng(0).bytes(5000))
    for name in ("empty", "still", "noise"):
        with pytest.raises(UserError, match="holds no step") as error:
            read_px4_step(tmp_path / f"{name}.tlog")
        assert "\n" not in str(error.value)
