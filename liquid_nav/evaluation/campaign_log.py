"""The log beside a model: every campaign on the seeds of reported numbers leaves a line, the bad ones too.

Numbers that are picked from many tries mean nothing; this file shows how many tries there were. It says how each flight
ended, too, so that two models are compared flight by flight with their logs alone (``paired.py``), and with which
software they flew: campaigns of several machines may stand in one log.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Mapping, Sequence

from liquid_nav.evaluation.metrics import summarize
from liquid_nav.evaluation.seeds import REPORTED_FROM, format_seeds, parse_seeds
from liquid_nav.evaluation.software import describe_software
from liquid_nav.evaluation.task import FlightSummary, PilotSpec

LOG_NAME = "campaigns.jsonl"
SUCCESS = "s"
LETTERS = {"success": SUCCESS, "collision": "c", "timeout": "t", "geofence": "g", "lost": "l", "landed": "d"}
"""How a flight ended, as the log says it."""
NOT_FLOWN = "-"


def must_log(pilot: PilotSpec, seeds: range) -> bool:
    """Return whether a campaign belongs into a model's log."""
    return bool(pilot.fingerprint) and seeds.stop > REPORTED_FROM


def append(
    pilot: PilotSpec,
    seeds: range,
    frame_rates: Mapping[str, float],
    flights: Sequence[FlightSummary],
    complete: bool,
    date: datetime,
) -> Path:
    """Append one line per scenario and condition to the log beside the model and return the log's path.

    Args:
        pilot: The model.
        seeds: What was asked for.
        frame_rates: Of the camera in each condition, Hz.
        flights: Those of the model; without ``complete``, those that were flown before the campaign broke off.
        complete: Whether all flights were flown.
        date: When the campaign ended.

    Raises:
        OSError: the model's folder is not writable.
    """
    path = Path(pilot.source) / LOG_NAME
    stamp = date.isoformat(timespec="seconds")
    software = describe_software()
    with path.open("a") as log:
        for row in summarize(flights):
            mine = [flight for flight in flights if _place(flight) == (row["scenario"], row["condition"])]
            entry = {
                "date": stamp,
                "seeds": format_seeds(seeds),
                "frame_rate": frame_rates[str(row["condition"])],
                "complete": complete,
                "model_sha256": pilot.fingerprint,
                "software": software,
                **row,
                "outcomes": write_outcomes(mine, seeds),
            }
            log.write(json.dumps(entry) + "\n")
    return path


def write_outcomes(flights: Sequence[FlightSummary], seeds: range) -> str:
    """Return how the flights of one scenario and condition ended: one of ``LETTERS`` for each seed, in their order."""
    found = {flight.seed: LETTERS[flight.reason] for flight in flights}
    return "".join(found.get(seed, NOT_FLOWN) for seed in seeds)


def read_outcomes(line: Mapping[str, object]) -> dict[int, bool]:
    """Return {seed: whether that flight succeeded} of a line of the log; nothing of an older one, which had no letters.

    Raises:
        UserError, ValueError or TypeError: the line is not one of this log.
    """
    letters = str(line.get("outcomes", ""))
    if not letters:
        return {}
    pairs = zip(parse_seeds(str(line["seeds"])), letters, strict=True)
    return {seed: letter == SUCCESS for seed, letter in pairs if letter != NOT_FLOWN}


def _place(flight: FlightSummary) -> tuple[str, str]:
    return flight.scenario, flight.condition
