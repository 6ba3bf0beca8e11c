"""The reports of ``liquid-nav report``: of each flight in a folder, with or without a record."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from liquid_nav.cli.bag_report import report_bag
from liquid_nav.cli.flight_files import make_pictures
from liquid_nav.cli.flight_folder import RECORD_NAME
from liquid_nav.errors import UserError


def report_flights(flight: Path, scenario: str, out: Path | None) -> None:
    """Make video, top view and report of a flight, or of each of several drones.

    Args:
        flight: Folder of the flight, or a bag.
        scenario: Its name or file; empty for that of the record.
        out: Folder of what is made; None for the flight's.

    Raises:
        UserError: there is no flight, or it cannot be read.
    """
    console = Console()
    bar = Console(stderr=True)
    # Without a terminal even a transient bar leaves an empty line before an error.
    with Progress(console=bar, transient=True, disable=not bar.is_terminal) as progress:
        task = progress.add_task("reading", total=1.0)

        def show(name: str, share: float) -> None:
            progress.update(task, description=name, completed=share)

        for folder in _flights(flight):
            target = _target(folder, flight, out)
            if (folder / RECORD_NAME).exists():
                outcome = make_pictures(folder, scenario, show, target).outcome
                result = f"{outcome.reason} after {outcome.time:.1f} s, {outcome.detail}"
            else:
                result = report_bag(folder, target, show)
            _print_result(console, target, result)


def _flights(flight: Path) -> list[Path]:
    """Return the folders (or the one bag) to report: each of several drones has its own."""
    if not flight.exists():
        raise UserError(f"there is no flight '{flight}'", "give the folder of a flight, or a bag")
    if flight.is_file() or (flight / RECORD_NAME).exists():
        return [flight]
    below = sorted(path.parent for path in flight.glob(f"*/{RECORD_NAME}"))
    return below or [flight]


def _target(folder: Path, flight: Path, out: Path | None) -> Path:
    """Return where the files of a flight go, made if need be."""
    target = _folder_of(folder, flight, out)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot create {target}: {(error.strerror or 'error').lower()}", "choose --out"
        ) from error
    return target


def _folder_of(folder: Path, flight: Path, out: Path | None) -> Path:
    if out is None:
        return folder if folder.is_dir() else folder.parent
    return out if folder == flight else out / folder.name


def _print_result(console: Console, target: Path, result: str) -> None:
    # Not as markup: a folder may be called "[today]".
    for line in (result, f"see {target / 'report.html'}"):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
