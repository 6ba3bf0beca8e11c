"""From paths that the user names to recordings: bags, folders of runs, and folders of either.

An unreadable file or folder never hides the readable ones: it is listed, and the rest is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, TypeVar

from liquid_nav.recordings.bag_reader import PACKED, open_bag
from liquid_nav.recordings.image_folder import TABLE, open_folder
from liquid_nav.recordings.recording import Recording, RecordingError, UnreadableRecordingError
from liquid_nav.recordings.topic_names import TopicNames

BAG_FILES = (
    ".mcap",
    ".db3",
    ".bag",
    *(f"{kind}{packed}" for kind in (".mcap", ".db3") for packed in PACKED),
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """A file, folder or flight that was named and cannot be used."""

    name: str
    """Of the flight."""
    source: Path
    """File or folder."""
    error: RecordingError
    """What is wrong, and the remedy."""


class RecordingLoader:
    """Goes through everything below some paths and lists what cannot be used in ``failures``."""

    def __init__(self, paths: list[Path]) -> None:
        """Find the sources; raises RecordingError for a path that does not exist, or where there is
        none at all.
        """
        self.failures: list[SourceFailure] = []
        found: list[Path] = []
        for path in paths:
            if not path.exists():
                raise RecordingError(
                    f"no recording at '{path}'", "give a bag, its folder, or a folder of runs"
                )
            below = _sources(path)
            if not below:
                remedy = f"give a bag (metadata.yaml, .mcap, .db3, .bag) or frames with {TABLE}"
                self.failures.append(
                    SourceFailure(
                        path.name, path, RecordingError(f"'{path}' holds no recording", remedy)
                    )
                )
            found += below
        self.sources = list(dict.fromkeys(found))
        if not self.sources:
            raise self.failures[0].error

    def each(self, source: Path, use: Callable[[Path], list[T]]) -> list[T]:
        """Return what ``use`` makes of a source, or else of the files of a bag one by one; nothing
        where all fail.
        """
        try:
            return use(source)
        except UnreadableRecordingError as error:
            files = _bag_files(source)
            if not files:
                self.failures.append(SourceFailure(source.stem, source, error))
            return [made for file in files for made in self.each(file, use)]
        except RecordingError as error:
            self.failures.append(SourceFailure(source.stem, source, error))
            return []

    def attempt(self, recording: Recording, use: Callable[[Recording], T]) -> list[T]:
        """Return what ``use`` makes of one of several recordings in a source, or nothing where it
        fails.
        """
        try:
            return [use(recording)]
        except UnreadableRecordingError:
            raise
        except RecordingError as error:
            self.failures.append(SourceFailure(recording.name, recording.source, error))
            return []


def _bag_files(source: Path) -> list[Path]:
    if not source.is_dir() or (source / TABLE).is_file():
        return []
    return [path for path in sorted(source.iterdir()) if path.name.endswith(BAG_FILES)]


def open_recordings(
    path: Path, wanted: TopicNames | None = None, frame_rate: float = 30.0
) -> list[Recording]:
    """Open one source; ``frame_rate`` counts for frames without stamps. Raises RecordingError."""
    try:
        if (path / TABLE).is_file():
            return [open_folder(path, frame_rate)]
        return open_bag(path, wanted or TopicNames())
    except OSError as error:
        raise UnreadableRecordingError(
            f"'{path}' cannot be read: {error.strerror or error}", "check it and its permissions"
        ) from error


def _is_source(path: Path) -> bool:
    if path.is_file():
        return path.name.endswith(BAG_FILES)
    return (path / "metadata.yaml").is_file() or (path / TABLE).is_file()


def _sources(path: Path) -> list[Path]:
    """Return a path that is a source, or else the sources below it."""
    if _is_source(path):
        return [path]
    if path.is_file():
        return []
    folders = [path, *sorted(p for p in path.rglob("*") if p.is_dir())]
    sources = [p for p in folders if _is_source(p)]
    files = [p for p in sorted(path.rglob("*")) if p.is_file() and p.name.endswith(BAG_FILES)]
    return sources + [p for p in files if p.parent not in sources]
