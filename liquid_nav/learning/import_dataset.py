"""A folder of shards made from recordings; whatever is finished there is not done again."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any, Callable

from liquid_nav.learning.cache import META
from liquid_nav.learning.import_report import describe, describe_failure, page
from liquid_nav.learning.ingest import IngestOptions, ingest
from liquid_nav.learning.stills import SHARD as STILLS
from liquid_nav.recordings import (
    RecordingError,
    RecordingLoader,
    SourceFailure,
    UnreadableRecordingError,
    open_recordings,
)

IMPORT_REPORT_NAME = "report.html"
_NOTES = "notes"
_RULES = 2
"""Version of the rules by which labels are found; shards of an older version are made again."""


def data_set_shards(folder: Path) -> list[Path]:
    """Return the finished shards of a cache or of a training's run, or the folder itself if it is
    one.

    Those of a run (``liquid-nav train --out``) come in the order of its rounds. Raises
    RecordingError without any.
    """
    if (folder / META).is_file():
        return [folder]
    rounds = sorted(folder.glob(f"round-*/data/{META}"), key=lambda p: (len(p.parts[-3]), p))
    found = [p.parent for p in rounds or sorted(folder.glob(f"*/{META}"))]
    if not found:
        raise RecordingError(
            f"'{folder}' holds no data set", "make one with `liquid-nav import flights`"
        )
    return found


def import_recordings(
    paths: list[Path],
    folder: Path,
    options: IngestOptions,
    on_source: Callable[[int, int], object] = lambda *_: None,
) -> list[dict[str, Any]]:
    """Bring all recordings below ``paths`` into ``folder`` and write its report; returns one flat
    row each.

    ``on_source(done, total)`` is called before each source. A source whose file and options have
    not changed since is not read again; where one of them has, its new shards take the place of the
    old. What cannot be read has a row too, with the cause and the remedy in ``error``. Raises
    RecordingError where there is no source at all.
    """
    loader = RecordingLoader(paths)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _NOTES).mkdir(exist_ok=True)
    notes = []
    for done, source in enumerate(loader.sources):
        on_source(done, len(loader.sources))
        notes += loader.each(source, lambda path: _source(path, folder, options))
    on_source(len(loader.sources), len(loader.sources))
    notes += [_failed(failure, "unreadable_source") for failure in loader.failures]
    rows = [note["row"] for note in notes]
    (folder / IMPORT_REPORT_NAME).write_text(
        page(rows, [note["part"] for note in notes]), encoding="utf-8"
    )
    return rows


def _failed(failure: SourceFailure, kind: str) -> dict[str, Any]:
    """Return the note of something that cannot be learned from at all."""
    row = {
        "flight": failure.name,
        "source": str(failure.source),
        "labels": "",
        "frames": 0,
        "learned": 0,
        "flights": 0,
        "seconds": 0.0,
        "verdict": "refused",
        "unreadable": "",
        **{f"topic_{name}": "" for name in ("image", "command", "odometry")},
        "shard": "",
        "findings": kind,
        "error": str(failure.error),
    }
    return {"row": row, "part": describe_failure(row)}


def _source(source: Path, folder: Path, options: IngestOptions) -> list[dict[str, Any]]:
    """Return a note for each recording of a source: those of last time, or new ones."""
    digest = _digest(source, options)
    path = folder / _NOTES / f"{digest}.json"
    if path.is_file():
        notes: list[dict[str, Any]] = json.loads(path.read_text())
        if all(
            not note["row"]["learned"] or (folder / note["row"]["shard"] / META).is_file()
            for note in notes
        ):
            _drop_others(source, folder, digest)
            return notes
    notes = []
    recordings = open_recordings(source, options.topics, options.frame_rate)
    # Before the new ones are written: an interrupted import may lack a flight, but never holds it
    # twice.
    _drop_others(source, folder, digest)
    for recording in recordings:
        shard = re.sub(r"[^\w.-]+", "_", recording.name) + "-" + digest[:8]
        try:
            ingested = ingest(recording, folder / shard, options)
        except UnreadableRecordingError:
            # What is read file by file instead would be there twice.
            for note in notes:
                shutil.rmtree(folder / (note["row"]["shard"] or shard), ignore_errors=True)
            raise
        except RecordingError as error:
            # One drone of several: the others are learned from.
            notes.append(_failed(SourceFailure(recording.name, source, error), "no_labels"))
            continue
        findings = ", ".join(f.kind for f in ingested.findings)
        notes.append(
            {
                "row": ingested.row | {"shard": shard, "findings": findings, "error": ""},
                "part": describe(ingested),
            }
        )
    scratch = path.with_suffix(".part")
    scratch.write_text(json.dumps(notes))
    scratch.replace(path)
    return notes


def _drop_others(source: Path, folder: Path, digest: str) -> None:
    """Remove what was made of a source in another state or with other options, which would be there
    twice; also where the files of a bag were read one by one and now all together, or the other way
    round.
    """
    own = source.resolve()
    for meta in folder.glob(f"*/{META}"):
        made_of = json.loads(meta.read_text()).get("source")
        name = meta.parent.name
        # The source of flights from stills is no path.
        if not made_of or name == STILLS or name.endswith(f"-{digest[:8]}"):
            continue
        other = Path(made_of).resolve()
        if own in (other, other.parent) or own.parent == other:
            shutil.rmtree(meta.parent)


def _digest(source: Path, options: IngestOptions) -> str:
    """Name a source in its present state, read with these options."""
    files = [source]
    if not source.is_file():
        files = sorted(p for p in source.iterdir() if p.is_file())
    state = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    text = json.dumps([_RULES, str(source.resolve()), state, options.to_dict()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
