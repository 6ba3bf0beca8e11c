"""The log beside a model: a line for every campaign on the seeds of reported numbers, good or bad.

Numbers that are picked from many tries mean nothing; this file shows how many tries there were. It
also states how each flight ended, so that two models are compared flight by flight with their logs
alone (``paired.py``), and with which software they flew, since one log may hold campaigns of
several machines.
"""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any, Mapping, Sequence

from liquid_nav.errors import UserError
from liquid_nav.evaluation.metrics import SUMMARY_KEYS, summarize_flights, wilson_interval
from liquid_nav.evaluation.pilot_spec import PilotSpec
from liquid_nav.evaluation.seeds import FIRST_REPORTED_SEED, format_seeds, parse_seeds
from liquid_nav.evaluation.software import describe_software
from liquid_nav.evaluation.task import FlightSummary
from liquid_nav.worlds import DEFAULT_FRAME_RATE, ConditionError, load_condition

CAMPAIGN_LOG_NAME = "campaigns.jsonl"
SUCCESS = "s"
LETTERS = {
    "success": SUCCESS,
    "collision": "c",
    "timeout": "t",
    "geofence": "g",
    "lost": "l",
    "landed": "d",
}
"""How a flight ended: reason -> its letter in the log."""
NOT_FLOWN = "-"


def belongs_in_campaign_log(pilot: PilotSpec, seeds: range) -> bool:
    """Return whether a campaign belongs in the log of a model."""
    return bool(pilot.fingerprint) and seeds.stop > FIRST_REPORTED_SEED


def append_to_campaign_log(
    pilot: PilotSpec,
    seeds: range,
    frame_rates: Mapping[str, float],
    flights: Sequence[FlightSummary],
    complete: bool,
    date: datetime,
) -> Path:
    """Append a line per scenario and condition to the log beside the model; return its path.

    Args:
        pilot: The model.
        seeds: What was asked for.
        frame_rates: Of the camera in each condition, Hz.
        flights: Those of the model; of a campaign that broke off, those flown before.
        complete: Whether all flights were flown.
        date: When the campaign ended.

    Raises:
        OSError: the model's folder is not writable.
    """
    path = Path(pilot.source) / CAMPAIGN_LOG_NAME
    stamp = date.isoformat(timespec="seconds")
    software = describe_software()
    with path.open("a") as log:
        for row in summarize_flights(flights):
            mine = [
                flight
                for flight in flights
                if _place(flight) == (row["scenario"], row["condition"])
            ]
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
    """Return how the flights of one scenario and condition ended: one of ``LETTERS`` for each seed,
    in the order of the seeds.
    """
    found = {flight.seed: LETTERS[flight.reason] for flight in flights}
    return "".join(found.get(seed, NOT_FLOWN) for seed in seeds)


def read_outcomes(line: Mapping[str, Any]) -> dict[int, str]:
    """Return {seed: how that flight ended, one of ``LETTERS``} of a line of the log.

    Empty for an older line, which had no letters.

    Raises:
        UserError, ValueError, KeyError or TypeError: the line is not one of this log.
    """
    letters = str(line.get("outcomes", ""))
    if not letters:
        return {}
    pairs = zip(parse_seeds(str(line["seeds"])), letters, strict=True)
    return {seed: letter for seed, letter in pairs if letter != NOT_FLOWN}


def latest(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those lines of a log that are of the weights that flew last."""
    return [line for line in lines if line["model_sha256"] == lines[-1]["model_sha256"]]


def other_rate(line: Mapping[str, Any]) -> float | None:
    """Return the camera's rate in Hz where it was not that of the condition, else None."""
    rate = float(line["frame_rate"])
    try:
        usual = load_condition(str(line["condition"])).frame_rate()
    except ConditionError:
        # Flown in a condition from a file that does not come with the package.
        usual = DEFAULT_FRAME_RATE
    if rate == usual:
        return None
    return rate


def pool_campaign_log(path: Path) -> list[dict[str, Any]]:
    """Return one row per scenario and condition over all lines of the weights that flew last.

    Rows have the keys of ``summarize_flights`` and ``seeds``, e.g. ``21000:21100``. A flight counts
    once, as it ended when it was flown last. Left out are lines from before the log had letters,
    and those of another frame rate than the condition's.

    Raises:
        UserError: the file cannot be read, is no such log, or holds no such flight.
    """
    remedy = "give a log that `liquid-nav evaluate` has written"
    places: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in latest(lines):
            if read_outcomes(line) and other_rate(line) is None:
                places.setdefault((line["model"], line["scenario"], line["condition"]), []).append(
                    line
                )
        rows = [_pooled(names, found) for names, found in places.items()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"cannot read the campaigns in {path}: {error}", remedy) from error
    if not rows:
        raise UserError(f"{path} holds no campaign with the outcome of each flight", remedy)
    return rows


def _pooled(names: tuple[str, str, str], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    letters: dict[int, str] = {}
    for line in lines:
        letters |= read_outcomes(line)
    ends = list(letters.values())
    good = ends.count(SUCCESS)
    low, high = wilson_interval(good, len(ends))
    successes = [
        (int(line["successes"]), line["mean_time_s"]) for line in lines if line["successes"]
    ]
    # The log has no times of single flights: one that was flown twice counts twice in the mean.
    seconds = math.fsum(count * float(mean) for count, mean in successes)
    counted = sum(count for count, _ in successes)
    values = (
        *names,
        len(ends),
        good,
        good / len(ends),
        low,
        high,
        *(ends.count(LETTERS[reason]) for reason in ("collision", "timeout", "geofence", "lost")),
        seconds / counted if counted else None,
    )
    return dict(zip(SUMMARY_KEYS, values, strict=True)) | {"seeds": _runs(sorted(letters))}


def _runs(seeds: Sequence[int]) -> str:
    """Return ascending seeds as ranges, e.g. ``3:10, 20``."""
    ranges: list[range] = []
    for seed in seeds:
        if ranges and seed == ranges[-1].stop:
            ranges[-1] = range(ranges[-1].start, seed + 1)
        else:
            ranges.append(range(seed, seed + 1))
    return ", ".join(map(format_seeds, ranges))


def _place(flight: FlightSummary) -> tuple[str, str]:
    return flight.scenario, flight.condition
