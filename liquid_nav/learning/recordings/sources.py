"""From paths that somebody names to recordings: bags, folders of runs, and folders full of either."""

from __future__ import annotations

from pathlib import Path

from liquid_nav.learning.recordings.bag import open_bag
from liquid_nav.learning.recordings.folder import TABLE, open_folder
from liquid_nav.learning.recordings.recording import Recording, RecordingError
from liquid_nav.learning.recordings.topics import TopicNames

BAG_FILES = (".mcap", ".db3", ".bag")


def find_sources(paths: list[Path]) -> list[Path]:
    """Return every bag and every run below ``paths``, in order; raises RecordingError for a path without any."""
    found = []
    for path in paths:
        if not path.exists():
            raise RecordingError(f"no recording at '{path}'", "give a bag, its folder, or a folder of runs")
        below = [path] if _is_source(path) else _below(path)
        if not below:
            raise RecordingError(f"'{path}' holds no recording",
                                 f"give a bag (metadata.yaml, .mcap, .db3, .bag) or frames with {TABLE}")
        found += below
    return list(dict.fromkeys(found))


def open_recordings(path: Path, wanted: TopicNames | None = None, frame_rate: float = 30.0) -> list[Recording]:
    """Open one source; ``frame_rate`` counts for frames without stamps."""
    if (path / TABLE).is_file():
        return [open_folder(path, frame_rate)]
    return open_bag(path, wanted or TopicNames())


def _is_source(path: Path) -> bool:
    if path.is_file():
        return path.suffix in BAG_FILES
    return (path / "metadata.yaml").is_file() or (path / TABLE).is_file()


def _below(path: Path) -> list[Path]:
    if path.is_file():
        return []
    folders = [path, *sorted(p for p in path.rglob("*") if p.is_dir())]
    sources = [p for p in folders if _is_source(p)]
    loose = [p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix in BAG_FILES and p.parent not in sources]
    return sources + loose
