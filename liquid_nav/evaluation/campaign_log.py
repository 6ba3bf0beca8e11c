"""The log beside a model: every campaign on the seeds of reported numbers leaves a line, the bad ones too.

Numbers that are picked from many tries mean nothing; this file shows how many tries there were.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Mapping, Sequence

from liquid_nav.evaluation.seeds import REPORTED_FROM, format_seeds
from liquid_nav.evaluation.task import PilotSpec

LOG_NAME = "campaigns.jsonl"


def must_log(pilot: PilotSpec, seeds: range) -> bool:
    """Return whether a campaign belongs into a model's log."""
    return bool(pilot.fingerprint) and seeds.stop > REPORTED_FROM


def append(
    pilot: PilotSpec,
    seeds: range,
    frame_rates: Mapping[str, float],
    rows: Sequence[Mapping[str, object]],
    complete: bool,
    date: datetime,
) -> Path:
    """Append one line per row to the log beside the model and return the log's path.

    Args:
        pilot: The model.
        seeds: What was asked for.
        frame_rates: Of the camera in each condition, Hz.
        rows: What was measured; without ``complete``, of those flights that were flown before the campaign broke off.
        complete: Whether all flights were flown.
        date: When the campaign ended.

    Raises:
        OSError: the model's folder is not writable.
    """
    path = Path(pilot.source) / LOG_NAME
    stamp = date.isoformat(timespec="seconds")
    with path.open("a") as log:
        for row in rows:
            entry = {
                "date": stamp,
                "seeds": format_seeds(seeds),
                "frame_rate": frame_rates[str(row["condition"])],
                "complete": complete,
                "model_sha256": pilot.fingerprint,
                **row,
            }
            log.write(json.dumps(entry) + "\n")
    return path
