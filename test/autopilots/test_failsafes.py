"""What follows from the autopilots' own failsafe parameters, value by value, as their sources
define.
"""

import math

import pytest

from liquid_nav.autopilots.failsafes import (
    explain_failsafe,
    failsafe_parameters,
    failsafe_stops_motors,
    is_known_failsafe,
)

RETURNS = "it returns to its launch"
STOPS = "it stops its motors and falls"
DISARMS = "it disarms and falls"
RETURNS_OR_LANDS = "it returns to its launch, or lands where it cannot"
GUIDED = ", unless FS_OPTIONS has bit 2 and GUIDED goes on"

MEANINGS = {
    "NAV_RCL_ACT": (
        "the remote control lost: ",
        {
            0: "nothing happens",
            1: "it holds",
            2: RETURNS,
            3: "it lands",
            5: STOPS,
            6: DISARMS,
        },
    ),
    "NAV_DLL_ACT": (
        "the ground station lost: ",
        {
            0: "nothing happens",
            1: "it holds",
            2: RETURNS,
            3: "it lands",
            5: STOPS,
            6: DISARMS,
        },
    ),
    "COM_LOW_BAT_ACT": (
        "the battery at its critical level: ",
        {
            0: "it only warns, and at the emergency level too",
            1: RETURNS,
            2: "it lands",
            3: "it returns to its launch, at the emergency level it lands",
        },
    ),
    "GF_ACTION": (
        "its own geofence: ",
        {
            0: "it does nothing",
            1: "it only warns",
            2: "it holds",
            3: RETURNS,
            4: STOPS,
            5: "it lands",
        },
    ),
    "COM_OBL_RC_ACT": (
        "set points end: ",
        {
            0: "position mode, which needs a remote control; without one it comes down",
            1: "altitude mode, which needs a remote control",
            2: "stabilized mode, which needs a remote control",
            3: "it returns to its launch, or lands where it has no global position",
            4: "it lands",
            5: "it holds, or lands where it has no global position",
            6: STOPS,
            7: DISARMS,
        },
    ),
    "FS_THR_ENABLE": (
        "the remote control lost: ",
        {
            0: "nothing happens",
            1: RETURNS_OR_LANDS + GUIDED,
            2: RETURNS_OR_LANDS + GUIDED,
            3: "it lands" + GUIDED,
            4: "it returns by its own path, or directly" + GUIDED,
            5: "it returns by its own path, or lands" + GUIDED,
            6: "it flies the landing of its mission, or returns to its launch" + GUIDED,
            7: "it brakes, or lands where it cannot" + GUIDED,
        },
    ),
    "FS_GCS_ENABLE": (
        "the ground station lost: ",
        {
            0: "nothing happens",
            1: RETURNS_OR_LANDS,
            2: RETURNS_OR_LANDS,
            3: "it returns by its own path, or directly",
            4: "it returns by its own path, or lands",
            5: "it lands",
            6: "it flies the landing of its mission, or returns to its launch",
            7: "it brakes, or lands where it cannot",
        },
    ),
    "FENCE_ENABLE": (
        "its own geofence: ",
        {
            0: "it is off, unless FENCE_AUTOENABLE turns it on",
            1: "it is on, FENCE_ACTION defines the action",
        },
    ),
}
MASKS = ("COM_RC_OVERRIDE", "COM_RCL_EXCEPT")
FALLING = {
    ("NAV_RCL_ACT", 5),
    ("NAV_RCL_ACT", 6),
    ("NAV_DLL_ACT", 5),
    ("NAV_DLL_ACT", 6),
    ("GF_ACTION", 4),
    ("COM_OBL_RC_ACT", 6),
    ("COM_OBL_RC_ACT", 7),
}
NUMBERS = (*range(-3, 40), 255, 2.5, -0.5, math.nan, math.inf, -math.inf)


@pytest.mark.parametrize("name", MEANINGS)
def test_every_value_has_its_meaning_and_every_other_one_is_reported_as_unknown(name):
    event, meanings = MEANINGS[name]
    for value in NUMBERS:
        if value in meanings:
            assert explain_failsafe(name, value) == event + meanings[value]
            assert is_known_failsafe(name, value)
        else:
            unknown = f"{event}nothing is known of what it does (value {value:g})"
            assert explain_failsafe(name, value) == unknown
            assert not is_known_failsafe(name, value)


@pytest.mark.parametrize("value", range(32))
def test_sticks_end_offboard_by_bit_1_alone(value):
    ends = "takes the drone back from our set points" in explain_failsafe("COM_RC_OVERRIDE", value)
    assert ends == (value in (2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))
    assert ends or "does not end OFFBOARD" in explain_failsafe("COM_RC_OVERRIDE", value)


@pytest.mark.parametrize("value", range(32))
def test_bit_2_alone_excepts_offboard_from_the_loss_of_the_remote_control(value):
    ignored = "is ignored in OFFBOARD" in explain_failsafe("COM_RCL_EXCEPT", value)
    assert ignored == (4 <= value <= 7 or 12 <= value <= 15 or 20 <= value <= 23 or value >= 28)
    assert ignored or "starts its failsafe (NAV_RCL_ACT)" in explain_failsafe(
        "COM_RCL_EXCEPT", value
    )


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_that_is_none_is_unknown(name):
    for value in (-1.0, 0.5, math.nan, math.inf):
        assert "nothing is known of what it does" in explain_failsafe(name, value)
        assert not is_known_failsafe(name, value)
    assert is_known_failsafe(name, 3)


def test_what_falls_is_known_as_a_value_and_stated_in_the_text():
    for name in (*failsafe_parameters("PX4"), *failsafe_parameters("ArduPilot")):
        for value in NUMBERS:
            assert failsafe_stops_motors(name, value) == ((name, value) in FALLING)
            assert failsafe_stops_motors(name, value) == ("falls" in explain_failsafe(name, value))
    assert failsafe_stops_motors("NAV_RCL_ACT", 6.0)


def test_the_parameters_of_each_autopilot_and_of_no_other():
    px4 = (
        "COM_RC_OVERRIDE",
        "COM_RCL_EXCEPT",
        "NAV_RCL_ACT",
        "NAV_DLL_ACT",
        "COM_LOW_BAT_ACT",
        "GF_ACTION",
        "COM_OBL_RC_ACT",
    )
    assert failsafe_parameters("PX4") == px4
    assert failsafe_parameters("ArduPilot") == ("FS_THR_ENABLE", "FS_GCS_ENABLE", "FENCE_ENABLE")
    assert failsafe_parameters("toaster") == ()
    assert {*MEANINGS, *MASKS} == {*px4, *failsafe_parameters("ArduPilot")}


def test_another_parameter_has_no_meaning():
    assert explain_failsafe("RTL_ALT", 3.0) == ""
    assert not is_known_failsafe("RTL_ALT", 3.0)
    assert not failsafe_stops_motors("RTL_ALT", 5.0)
