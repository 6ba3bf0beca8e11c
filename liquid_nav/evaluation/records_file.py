"""The file of ``liquid-nav evaluate --records``: a JSON line per flight, written when it ends.

A campaign that was interrupted, whatever the cause, resumes from the flights in the file. Each line
states what was flown and how, so that no flight of another model, place or camera is ever counted
among these.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Iterator, Sequence

from liquid_nav.errors import UserError
from liquid_nav.evaluation.software import describe_software
from liquid_nav.evaluation.task import FlightSummary, FlightTask

Key = tuple[str, str, str, int]
"""Names of model, scenario and condition, and the seed: what is one flight in a campaign."""

KEPT = tuple(part.name for part in fields(FlightSummary) if part.name != "timings")
"""What a line keeps of a flight; no measured times, so that equal campaigns give equal files."""

SETTINGS = {
    "model_sha256": "weights or configuration of the model",
    "reset_state": "--reset-state",
    "frame_rate": "frame rate",
    "drop": "--drop",
    "jitter": "--jitter",
    "scenario_sha256": "contents of the scenario file",
    "condition_sha256": "contents of the condition file",
    "software": "software",
}
"""What determines a flight beside its names and its seed: key of a line -> name in an error."""
ANOTHER_FILE = "give the command that the file was begun with, or another file"


class FlightRecords:
    """The records of one campaign: the flights in the file, and a line for each flight that ends.

    While the campaign runs, lines stand in the order in which flights ended; ``finish`` puts them
    into that of the tasks. A context manager: the file is locked until it is left, so that two
    campaigns never write into one.
    """

    def __init__(self, path: Path, tasks: Sequence[FlightTask], resume: bool = False) -> None:
        """Open the file, or begin it.

        Args:
            path: Where; folders are made.
            tasks: All flights of the campaign.
            resume: Go on with a file that holds flights; without, such a file is refused.

        Raises:
            UserError: the file cannot be written, belongs to another campaign that runs, or holds
                flights that do not belong to this one. It has not been changed then.
        """
        self.path = path
        described = _describe(tasks)
        self._indices = {key: index for index, (key, _) in enumerate(described)}
        self._settings = {key[:3]: settings for key, settings in described}
        self._file = _open(path)
        # A pipe or a device takes lines, but cannot be read again or put into order.
        self._regular = path.is_file()
        self.flown: dict[int, FlightSummary] = {}
        """The flights that the file held when it was opened, by the index of their task."""
        try:
            self._begin(resume)
        except BaseException:
            self._file.close()
            raise

    def _begin(self, resume: bool) -> None:
        if not self._regular:
            if resume:
                raise UserError(
                    f"{self.path} is no regular file, so there is nothing to resume",
                    "leave --resume out",
                )
            return
        self._lock()
        content = self.path.read_bytes()
        if content and not resume:
            count = sum(1 for _ in read_lines(content))
            raise UserError(
                f"{self.path} exists already and holds {count} flights",
                "add --resume to go on with them, or choose another file",
            )
        lines = list(read_lines(content))
        for number, line in enumerate(lines, 1):
            key, flight = self._read(number, line)
            if self._indices[key] in self.flown:
                raise UserError(
                    f"{self.path} holds the flight ({_name(key)}) twice", "choose another file"
                )
            self.flown[self._indices[key]] = flight
        self._mend(content, sum(len(line) + 1 for line in lines))

    def _mend(self, content: bytes, whole: int) -> None:
        """Keep the first ``whole`` bytes: cut the line that a killed campaign was writing, or end
        the last one.
        """
        try:
            if whole < len(content):
                self._file.truncate(whole)
        except OSError as error:
            raise _not_writable(self.path, error) from error
        if whole > len(content):
            self._write(b"\n")

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"another campaign is writing {self.path}",
                "wait until it has ended, or choose another file",
            ) from error
        except OSError:
            # A file system without locks.
            pass

    def _read(self, number: int, line: bytes) -> tuple[Key, FlightSummary]:
        """Return what a line holds; raises UserError if that is no flight of this campaign."""
        try:
            data = json.loads(line)
            flight = FlightSummary(**{name: data[name] for name in KEPT})
            key = (str(flight.model), str(flight.scenario), str(flight.condition), int(flight.seed))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"line {number} of {self.path} is no flight", "choose another file"
            ) from error
        self._check_asked(key)
        for name, text in SETTINGS.items():
            if name not in data:
                raise UserError(
                    f"{self.path} does not state with which {text} its flights were flown",
                    "choose another file",
                )
            here = self._settings[key[:3]][name]
            if data[name] != here:
                raise UserError(
                    f"{self.path} is of other flights: {text} {_short(data[name])} where this "
                    f"command has {_short(here)} ({_name(key)})",
                    ANOTHER_FILE,
                )
        return key, flight

    def _check_asked(self, key: Key) -> None:
        if key in self._indices:
            return
        for position, name in enumerate(("model", "scenario", "condition", "seed")):
            if key[position] not in {asked[position] for asked in self._indices}:
                raise UserError(
                    f"{self.path} holds flights of {name} '{key[position]}', which this command "
                    "does not fly",
                    ANOTHER_FILE,
                )

    def add(self, flight: FlightSummary) -> None:
        """Write a flight that has just ended; it is on the disk when this returns.

        Raises:
            UserError: the disk is full, or the file cannot be written for another reason.
        """
        self._write(self._line(flight))

    def finish(self, flights: Sequence[FlightSummary]) -> None:
        """Put the lines into the order of the tasks, all at once or not at all.

        Raises:
            UserError: the file cannot be written.
        """
        if not self._regular:
            return
        # Beside the file itself, where a link leads to: a rename is only atomic within one file
        # system.
        place = self.path.resolve()
        new = place.with_name(place.name + ".new")
        try:
            with new.open("wb") as file:
                file.write(b"".join(self._line(flight) for flight in flights))
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(place, new)
            new.replace(place)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise _not_writable(self.path, error) from error

    def _line(self, flight: FlightSummary) -> bytes:
        values = asdict(flight)
        settings = self._settings[flight.model, flight.scenario, flight.condition]
        return json.dumps({name: values[name] for name in KEPT} | settings).encode() + b"\n"

    def _write(self, data: bytes) -> None:
        try:
            # Unbuffered: what is written is with the kernel, whatever ends this process.
            while data:
                data = data[self._file.write(data) :]
            if self._regular:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise _not_writable(self.path, error) from error

    def __enter__(self) -> FlightRecords:
        """The file is open already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close and unlock the file; after an error one without a flight is removed."""
        if self._regular and error is not None and not self.path.stat().st_size:
            self.path.unlink()
        self._file.close()


def read_lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines of a records file, without an incomplete last one.

    A campaign leaves that when it is killed while it writes. A last line without its line break
    counts if it is complete JSON.
    """
    *lines, last = content.split(b"\n")
    yield from lines
    try:
        whole = isinstance(json.loads(last), dict)
    except ValueError:
        whole = False
    if whole:
        yield last


def _describe(tasks: Sequence[FlightTask]) -> list[tuple[Key, dict[str, object]]]:
    """Return key and settings of each task."""
    scenarios = {one: _fingerprint(one) for one in dict.fromkeys(task.scenario for task in tasks)}
    conditions = {one: _fingerprint(one) for one in dict.fromkeys(task.condition for task in tasks)}
    software = describe_software()
    described = []
    for task in tasks:
        settings: dict[str, object] = {
            "model_sha256": task.pilot.fingerprint,
            "reset_state": task.pilot.reset_state,
            "frame_rate": task.condition.frame_rate(task.frame_rate),
            "drop": task.drop,
            "jitter": task.jitter,
            "scenario_sha256": scenarios[task.scenario],
            "condition_sha256": conditions[task.condition],
            "software": software,
        }
        key = (task.pilot.label, task.scenario.name, task.condition.name, task.seed)
        described.append((key, settings))
    return described


def _fingerprint(place: object) -> str:
    """Return the SHA-256 of a scenario or a condition as it is flown.

    It does not depend on comments in its file, or on defaults that are left out there.
    """
    return hashlib.sha256(repr(place).encode()).hexdigest()


def _open(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab", buffering=0)
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> UserError:
    return UserError(
        f"cannot write {path}: {error.strerror}", "choose a file in a folder that you may write to"
    )


def _name(key: Key) -> str:
    return f"{', '.join(key[:3])}, seed {key[3]}"


def _short(value: object) -> str:
    """Return a value as text; of a SHA-256 its beginning."""
    if value in (None, ""):
        return "none"
    text = str(value)
    if len(text) == 64:
        return text[:12]
    return text
