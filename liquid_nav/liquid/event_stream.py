"""Time-stamped events from several sensors, each at its own rate, late or out of order."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Iterable, Mapping

import torch
from torch import Tensor

from .core import Core, CoreInputError


@dataclass(frozen=True)
class Channel:
    """One sensor: where its events go in the core's features."""

    columns: slice
    """Slice of the core's features, 0 to I, that its events fill."""
    initial: float = 0.0
    """Value of these features before the first event, in the sensor's unit."""


@dataclass(frozen=True, order=True)
class Event:
    """A measurement of one sensor; equal times are applied in the order of the sensors' names."""

    time: float
    """When it was measured, s, on one clock for all sensors."""
    sensor: str
    """Name of the sensor: a key of the stream's channels."""
    values: Tensor = field(compare=False)
    """float32 [n], one for each column of the sensor's channel, in the sensor's unit."""


@dataclass(frozen=True)
class _Point:
    """State of the stream right after an instant."""

    time: float
    """The instant, s; minus infinity before any event."""
    state: Tensor
    """State of the core right after it, [1,S]."""
    features: Tensor
    """Features held from it on, [1,I]."""


class Stream:
    """Runs a core over events without resampling them to a common rate.

    Between events the features are held, sensor by sensor. With ``hold="backward"`` (training's
    convention) the features that arrive at t_k act over the interval (t_k-1, t_k] that ends with
    them; with ``hold="forward"`` the state first advances with the features held so far, then the
    new ones apply from t_k on.

    Events may come in any order. One that is no older than ``horizon`` s before the newest is put
    in its place and everything after it is computed again, so the result is that of the sorted
    stream. An older one is dropped and counted in ``late``. The same sensor at the same time twice:
    the first stays, the copy counts in ``duplicates``. Events of several sensors at one instant are
    one input. ``query`` never disturbs the state.
    """

    def __init__(
        self,
        core: Core,
        channels: Mapping[str, Channel],
        *,
        state: Tensor | None = None,
        horizon: float = 0.5,
        nominal_period: float = 1 / 30,
        hold: str = "backward",
    ) -> None:
        """Begin in ``state`` [1,S], zeros by default.

        The first instant's elapsed time is ``nominal_period`` s.
        """
        if hold not in ("backward", "forward"):
            raise CoreInputError(f"hold '{hold}' is unknown; choose backward or forward")
        covered = sorted(
            k for channel in channels.values() for k in range(core.input_size)[channel.columns]
        )
        if covered != list(range(core.input_size)):
            raise CoreInputError(
                f"the channels must fill each of the {core.input_size} features exactly once"
            )
        self.core = core
        self.channels = dict(channels)
        self.horizon = horizon
        self.hold = hold
        self.nominal_period = nominal_period
        self.late = 0
        self.duplicates = 0
        self._events: list[Event] = []
        features = torch.zeros(1, core.input_size)
        for channel in channels.values():
            features[:, channel.columns] = channel.initial
        if state is None:
            state = core.initial_state(1)
        self._base = _Point(-math.inf, state, features)  # the kept points follow it
        self._points: list[_Point] = []

    @property
    def time(self) -> float:
        """Time of the newest event in s, minus infinity before any."""
        return self._newest.time

    @property
    def state(self) -> Tensor:
        """State [1,S] right after the newest event."""
        return self._newest.state

    @property
    def _newest(self) -> _Point:
        if not self._points:
            return self._base
        return self._points[-1]

    def push(self, sensor: str, time: float, values: Iterable[float] | Tensor) -> bool:
        """Add an event; return whether it was accepted (False: too late, or a duplicate)."""
        event = Event(float(time), sensor, self._checked(sensor, time, values))
        if event.time <= self._base.time or event.time < self.time - self.horizon:
            self.late += 1
            return False
        if any(e.time == event.time and e.sensor == sensor for e in self._events):
            self.duplicates += 1
            return False
        insort(self._events, event)
        self._replay(event.time)
        self._forget()
        return True

    def query(self, time: float) -> Tensor:
        """Return the outputs [1,O] at ``time`` s, from the newest event on; its input is held."""
        newest = self._newest
        elapsed = time - newest.time
        if math.isinf(newest.time):
            raise CoreInputError("query before any event; push one first")
        if not elapsed >= 0:
            raise CoreInputError(
                f"query at {time:.6g} s lies before the newest event at {newest.time:.6g} s"
            )
        return self._advance(newest.features, newest.state, elapsed)[0]

    def _checked(self, sensor: str, time: float, values: Iterable[float] | Tensor) -> Tensor:
        if sensor not in self.channels:
            raise CoreInputError(
                f"sensor '{sensor}' is unknown; the channels are {', '.join(self.channels)}"
            )
        values = torch.as_tensor(values, dtype=torch.float32).flatten()
        width = len(range(self.core.input_size)[self.channels[sensor].columns])
        if len(values) != width:
            raise CoreInputError(
                f"event of '{sensor}' has {len(values)} values; its channel has {width}"
            )
        if not (torch.isfinite(values).all() and math.isfinite(time)):
            raise CoreInputError(
                f"event of '{sensor}' at {time} s contains NaN or infinity; drop it"
            )
        return values

    def _advance(self, features: Tensor, state: Tensor, elapsed: float) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            outputs, state = self.core(
                features[:, None], state, torch.tensor([[elapsed]], dtype=torch.float32)
            )
        return outputs[:, 0], state

    def _replay(self, since: float) -> None:
        """Compute every instant from ``since`` on anew."""
        keep = bisect_left([point.time for point in self._points], since)
        del self._points[keep:]
        first = bisect_left([event.time for event in self._events], since)
        pending = self._events[first:]
        while pending:
            time = pending[0].time
            together = [event for event in pending if event.time == time]
            pending = pending[len(together) :]
            before = self._newest
            features = before.features.clone()
            for event in together:
                features[:, self.channels[event.sensor].columns] = event.values
            elapsed = self.nominal_period if math.isinf(before.time) else time - before.time
            acting = features if self.hold == "backward" else before.features
            _, state = self._advance(acting, before.state, elapsed)
            self._points.append(_Point(time, state, features))

    def _forget(self) -> None:
        """Drop what lies before the horizon.

        The newest instant that no event can precede any more becomes the base.
        """
        limit = self.time - self.horizon
        while len(self._points) > 1 and self._points[0].time < limit:
            self._base = self._points.pop(0)
        self._events = [event for event in self._events if event.time > self._base.time]
