"""``liquid-nav report``: video, top view and report of a flight that lies on the disk, whoever
recorded it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from liquid_nav.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

RECORD = "record.json"


def report(
    flight: Path = typer.Argument(
        ..., help="Folder of a flight, or a bag: of `fly`, of launch, of a real drone."
    ),
    scenario: str = typer.Option(
        "", help="Scenario's YAML file, where the record names one that is not installed."
    ),
    out: Optional[Path] = typer.Option(
        None, help="Folder for video, top view and report; the flight's by default."
    ),
) -> None:
    """Make video, top view and report of a recorded flight, also of an interrupted one.

    Example: liquid-nav report flights/20260101-120000
    """
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.cli.bag_report import report_bag
    from liquid_nav.cli.flight_files import make_pictures

    console = Console()
    bar = Console(stderr=True)
    # Where there is no terminal a bar that is gone would still leave an empty line before an error.
    with Progress(console=bar, transient=True, disable=not bar.is_terminal) as progress:
        task = progress.add_task("reading", total=1.0)

        def show(name: str, share: float) -> None:
            progress.update(task, description=name, completed=share)

        for folder in _flights(flight):
            target = _target(folder, flight, out)
            if (folder / RECORD).exists():
                outcome = make_pictures(folder, scenario, show, target).outcome
                said = f"{outcome.reason} after {outcome.time:.1f} s, {outcome.detail}"
            else:
                said = report_bag(folder, target, show)
            _tell(console, target, said)


def _flights(flight: Path) -> list[Path]:
    """Return the folders (or the one bag) to report: of several drones in one world each has its
    own.
    """
    if not flight.exists():
        raise UserError(f"there is no flight '{flight}'", "give the folder of a flight, or a bag")
    if flight.is_file() or (flight / RECORD).exists():
        return [flight]
    below = sorted(path.parent for path in flight.glob(f"*/{RECORD}"))
    return below or [flight]


def _target(folder: Path, flight: Path, out: Path | None) -> Path:
    """Return where the files of a flight go, made if need be."""
    target = folder if folder.is_dir() else folder.parent
    if out is not None:
        target = out if folder == flight else out / folder.name
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot create {target}: {(error.strerror or 'error').lower()}", "choose --out"
        ) from error
    return target


def _tell(console: Console, target: Path, said: str) -> None:
    console.print(said, highlight=False, soft_wrap=True)
    console.print(f"see {target / 'report.html'}", highlight=False, soft_wrap=True)
