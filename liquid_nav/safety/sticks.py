"""Whether a pilot has touched anything: a joystick, or the remote control as the autopilot reports
it.

One topic may carry several devices; each is a source of its own, with its own rest position.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

from liquid_nav.safety.faults import Fault, FaultKind

TOUCHED = 0.2
"""Part of half the range that a stick moves when a pilot means it."""
SWITCHED = 0.5
"""Part of half the range that a switch or knob of a remote control moves when a pilot means it."""
STICKS = 4
"""Axes of a remote control that are sticks: the first ones."""
SWITCHES = 8
"""Axes of a remote control up to which there are sticks, switches and knobs. What comes behind may
be the strength of the signal, which drifts: there only a jump counts. A device with no more axes
than this is a gamepad.
"""
MOST_SOURCES = 16
"""Devices that are distinguished; more are an attack or a mistake and count as touched."""


@dataclass
class _Source:
    """One device, by its messages."""

    rest: list[float]
    """Axes, -1 to 1, where they are not touched."""
    last: tuple[float, ...]
    """Axes of the last message."""
    buttons: tuple[int, ...]
    """Buttons of the last message."""
    received: float
    """When that came, s."""


class Sticks:
    """Compares devices with where they rested before: a throttle stick rests at its end, not in the
    middle.
    """

    def __init__(self) -> None:
        """Begin without a device."""
        self._sources: dict[tuple[str, int, int], _Source] = {}

    def moved(
        self, name: str, axes: Sequence[float], buttons: Sequence[int], active: bool, now: float
    ) -> str:
        """Take one message and return what was touched, empty if nothing.

        Args:
            name: The device as the message names it (its frame_id).
            axes: Positions, -1 to 1.
            buttons: 0 or 1; only a change counts, since some rest pressed.
            active: Whether a touch would end something; otherwise the axes define the rest.
            now: Time of arrival, s.
        """
        key = (name, len(axes), len(buttons))
        source = self._sources.get(key)
        if source is None:
            if len(self._sources) >= MOST_SOURCES:
                return "an unknown device"
            self._sources[key] = _Source(list(axes), tuple(axes), tuple(buttons), now)
            return ""
        touched = ""
        if active:
            touched = self._compare(source, axes, buttons)
        else:
            source.rest = list(axes)
        source.last = tuple(axes)
        source.buttons = tuple(buttons)
        source.received = now
        return touched

    def faults(self, now: float, limit: float) -> list[Fault]:
        """Return a fault for each device that was there and is silent for more than ``limit`` s; 0:
        not watched.
        """
        if not limit:
            return []
        found = []
        for (name, axes, _), source in self._sources.items():
            silent = now - source.received
            if not -limit <= silent <= limit:
                label = name or f"{axes} axes"
                found.append(Fault(FaultKind.STICKS_OLD, silent, limit, label))
        return found

    @staticmethod
    def _compare(source: _Source, axes: Sequence[float], buttons: Sequence[int]) -> str:
        for i, (pressed, before) in enumerate(zip(buttons, source.buttons)):
            if pressed != before:
                return f"button {i}"
        remote_control = len(axes) > SWITCHES
        for i, value in enumerate(axes):
            if not math.isfinite(source.rest[i]):
                # Nothing is known of where it rests: from now on this is it.
                source.rest[i] = value
                continue
            most = TOUCHED
            rest = source.rest[i]
            if remote_control and i >= STICKS:
                most = SWITCHED
            if remote_control and i >= SWITCHES:
                rest = source.last[i]
            if not abs(value - rest) <= most:
                return f"stick {i}"
        return ""
