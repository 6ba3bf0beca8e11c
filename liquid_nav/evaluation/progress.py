"""A progress bar on stderr that counts flights and successes."""

from __future__ import annotations

from types import TracebackType
from typing import Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from liquid_nav.evaluation.task import FlightSummary


class FlightProgress:
    """Shows how many flights are done, how many of those succeeded and how long the rest takes."""

    def __init__(
        self, total: int, flown: Sequence[FlightSummary] = (), console: Console | None = None
    ) -> None:
        """Expect ``total`` flights, of which ``flown`` are done already."""
        self._progress = Progress(
            TextColumn("flights"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console or Console(stderr=True),
        )
        self.flights = len(flown)
        self.successes = sum(flight.success for flight in flown)
        # They are no progress of this run: the time that is left is not estimated by them.
        self._task = self._progress.add_task(
            "flights", total=total, completed=self.flights, note="starting"
        )

    def add(self, flight: FlightSummary) -> None:
        """Count one flight that ended."""
        self.flights += 1
        self.successes += flight.success
        self._progress.update(
            self._task, advance=1, note=f"{self.successes}/{self.flights} reached the target"
        )

    def __enter__(self) -> FlightProgress:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last state of the bar on the screen."""
        self._progress.stop()
