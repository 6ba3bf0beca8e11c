"""What ``liquid-nav world`` writes: contact sheets, and files for Gazebo and MuJoCo."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import typer
from rich.console import Console
from rich.status import Status

from liquid_nav.cli.progress_bars import progress_counter
from liquid_nav.worlds import (
    KEYS_OF_OWN_LOOK,
    Condition,
    ConditionError,
    DroneSpec,
    Layout,
    check_condition_supported,
    generate_layout,
    line_blocked,
    load_condition,
    load_scenario,
    write_sdf,
)


class WorldOutput:
    """A scenario that is shown or written."""

    def __init__(self, scenario: str) -> None:
        """``scenario``: its name or file; raises UserError where there is none."""
        self._scenario = load_scenario(scenario)

    def draw_sheet(
        self, conditions: Sequence[str], seeds: list[int], sheet: Path, width: int
    ) -> None:
        """Draw start and target for each condition and seed into one picture.

        ``width``: of each of them, pixels.
        """
        from liquid_nav.evaluation import draw_contact_sheet, save_picture

        around = [load_condition(name) for name in conditions]
        size = (width, width * 9 // 16)
        with progress_counter("rendering", len(around) * len(seeds)) as on_picture:
            picture = draw_contact_sheet(self._scenario, around, seeds, size, on_picture=on_picture)
        save_picture(sheet, picture)
        for number in seeds:
            typer.echo(_describe(generate_layout(self._scenario, number)))
        typer.echo(f"wrote {sheet}")

    def write_sdf(
        self,
        condition: str | None,
        seed: int,
        path: Path | None,
        engine: str,
        drone: bool,
        prefix: str,
    ) -> None:
        """Write the world for Gazebo.

        Args:
            condition: Its name or file; None for the scenario's own.
            seed: Of the layout.
            path: Where; None for ``<scenario>_<seed>.sdf``.
            engine: Gazebo's render engine.
            drone: Whether the drone stands in it.
            prefix: Of the drone's frame ids.
        """
        around = self._condition(condition)
        try:
            check_condition_supported(around, "an SDF file", KEYS_OF_OWN_LOOK)
        except ConditionError as error:
            typer.echo(f"warning: {error.cause}; written without it", err=True)
        path = path or self._usual_path(seed, "sdf")
        spec = None
        if drone:
            spec = DroneSpec(prefix=prefix)
        with _generating():
            layout = generate_layout(self._scenario, seed)
            count = write_sdf(path, layout, around, engine, spec)
        _report(layout, path, count)

    def write_mjcf(self, condition: str | None, seed: int, path: Path | None) -> None:
        """Write the world for MuJoCo; arguments as for ``write_sdf``."""
        from liquid_nav.worlds import write_mjcf  # needs mujoco

        around = self._condition(condition)
        path = path or self._usual_path(seed, "xml")
        with _generating():
            layout = generate_layout(self._scenario, seed)
            count = write_mjcf(path, layout, around)
        _report(layout, path, count)

    def _condition(self, name: str | None) -> Condition:
        return load_condition(self._scenario.condition if name is None else name)

    def _usual_path(self, seed: int, ending: str) -> Path:
        return Path(f"{self._scenario.name}_{seed}.{ending}")


def _generating() -> Status:
    return Console(stderr=True).status("generating the world")


def _report(layout: Layout, path: Path, count: int) -> None:
    """``count``: how many files were written."""
    typer.echo(_describe(layout))
    line = f"wrote {path}"
    if count > 1:
        line += f" and {count - 1} files into {path.stem}_files"
    typer.echo(line)


def _describe(layout: Layout) -> str:
    distance = (layout.target.x**2 + layout.target.y**2) ** 0.5
    line = "blocked" if line_blocked(layout) else "free"
    return (
        f"seed {layout.seed}: target {distance:.1f} m away, straight line {line}, "
        f"{len(layout.items)} objects"
    )
