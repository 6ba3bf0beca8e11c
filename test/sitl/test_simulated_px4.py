"""The simulated PX4 against a recorded flight of a real PX4: the same companion's messages, the
same events.
"""

from pathlib import Path

import pytest

mavutil = pytest.importorskip("pymavlink.mavutil")

from liquid_nav.autopilots.mavlink_text import TextJoiner
from liquid_nav.sitl.simulated_px4 import Px4Vehicle
from liquid_nav.sitl.vehicle_body import PointBody

RECORD = Path(__file__).parents[3] / "shared" / "reference" / "px4_sitl" / "flight.tlog"
KINDS = [
    "HEARTBEAT",
    "COMMAND_ACK",
    "STATUSTEXT",
    "EXTENDED_SYS_STATE",
    "COMMAND_LONG",
    "PARAM_SET",
    "SET_POSITION_TARGET_LOCAL_NED",
    "PARAM_VALUE",
]


class Events:
    """Changes and texts in order: (kind, what, time)."""

    def __init__(self):
        self.rows, self._last, self._joiner = [], {}, TextJoiner()

    def receive(self, message, now):
        kind = message.get_type()
        if kind == "HEARTBEAT":
            self._changed(
                "mode", (message.base_mode, message.custom_mode, message.system_status), now
            )
        elif kind == "EXTENDED_SYS_STATE":
            self._changed("landed", message.landed_state, now)
        elif kind == "COMMAND_ACK":
            self.rows.append(("ack", (message.command, message.result), now))
        elif kind == "PARAM_VALUE" and message.param_id == "COM_OBL_RC_ACT":
            self.rows.append(("parameter", message.param_value, now))
        elif kind == "STATUSTEXT":
            self.rows += [
                ("text", (t.severity, t.text), now) for t in self._joiner.add(message, now)
            ]

    def _changed(self, kind, what, now):
        if self._last.get(kind) != what:
            self._last[kind] = what
            self.rows.append((kind, what, now))

    def of(self, kind):
        return [row for row in self.rows if row[0] == kind and "logger" not in str(row[1])]


@pytest.fixture(scope="module")
def both():
    """(events of the real PX4, events of ours) for the same messages of the companion at the same
    times.
    """
    if not RECORD.is_file():
        pytest.skip(f"no recorded flight at {RECORD}")
    log = mavutil.mavlink_connection(str(RECORD), dialect="common")
    real, ours, vehicle, boot = Events(), Events(), Px4Vehicle(PointBody()), None
    while (message := log.recv_match(type=KINDS)) is not None:
        if boot is None:
            boot = message._timestamp - 0.197  # the first message's age in the record
        now = message._timestamp - boot
        if message.get_srcSystem() == 1:
            real.receive(message, now)
            continue
        for packet in vehicle.advance(round(now / 0.004) * 0.004):
            for received in vehicle.codec.decode(packet):
                ours.receive(received, vehicle.now)
        if message.get_type() == "COMMAND_LONG":
            vehicle.receive(bytes(message.get_msgbuf()))
        else:
            vehicle.handle(message)
    return real, ours


def compare(both, kind, tolerance):
    real, ours = (events.of(kind) for events in both)
    assert [row[1] for row in ours] == [row[1] for row in real]
    for (_, what, expected), (_, _, got) in zip(real, ours):
        assert got == pytest.approx(expected, abs=tolerance), what


def test_acknowledgements_in_order_and_in_time(both):
    compare(both, "ack", 0.1)


def test_texts_in_order_and_in_time(both):
    real, ours = (events.of("text") for events in both)
    assert [row[1] for row in ours] == [row[1] for row in real]
    for (_, (_, text), expected), (_, _, got) in zip(real, ours):
        # Landing takes as long as the height above ground requires, which the record holds to half
        # a metre only.
        loose = "anding d" in text or "by landing" in text
        assert got == pytest.approx(expected, abs=1.0 if loose else 0.2), text


def test_disarming_follows_touch_down_as_recorded(both):
    for events in both:
        times = {what[1]: now for _, what, now in events.of("text")}
        assert times["Disarmed by landing"] - times["Landing detected"] == pytest.approx(
            2.03, abs=0.1
        )


def test_heartbeats_show_the_same_modes_and_states(both):
    # A heartbeat comes once a second: what it shows may be a second late.
    real, ours = (events.of("mode") for events in both)
    assert [row[1] for row in ours] == [row[1] for row in real]
    for (_, what, expected), (_, _, got) in zip(real[:-1], ours[:-1]):
        assert got == pytest.approx(expected, abs=1.1), what


def test_landed_states(both):
    real, ours = (events.of("landed") for events in both)
    assert [row[1] for row in ours] == [row[1] for row in real]
    for (_, what, expected), (_, _, got) in zip(real[1:-1], ours[1:-1]):
        assert got == pytest.approx(expected, abs=0.5), what


def test_parameters_are_sent_twice(both):
    compare(both, "parameter", 0.1)
