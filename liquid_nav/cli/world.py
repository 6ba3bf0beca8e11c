"""``liquid-nav world``: contact sheets of what the drone sees."""

from __future__ import annotations

from pathlib import Path

import typer

ALL = ("summer", "autumn", "winter", "fog", "dusk")


def world(
    scenario: str = typer.Option("forest", help="Scenario name or file."),
    condition: list[str] = typer.Option(list(ALL), help="Condition name or file; may be given several times."),
    seed: list[int] = typer.Option([7], min=0, help="Seed of the layout; may be given several times."),
    sheet: Path = typer.Option(Path("world.png"), help="Picture to write, .png or .jpg."),
    width: int = typer.Option(384, min=64, max=1280, help="Width of each picture in pixels; 16:9."),
) -> None:
    """Render a scenario: a row for each condition, the view at the start and before the target for each seed."""
    from rich.console import Console
    from rich.progress import Progress

    from liquid_nav.evaluation.contact_sheet import contact_sheet, save_picture
    from liquid_nav.worlds import generate_layout, line_blocked, load_condition, load_scenario

    place = load_scenario(scenario)
    conditions = [load_condition(name) for name in condition]
    size = (width, width * 9 // 16)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rendering", total=len(conditions) * len(seed))
        picture = contact_sheet(place, conditions, seed, size, on_picture=lambda: progress.advance(task))
    save_picture(sheet, picture)
    for number in seed:
        layout = generate_layout(place, number)
        distance = (layout.target.x**2 + layout.target.y**2) ** 0.5
        line = "blocked" if line_blocked(layout) else "free"
        typer.echo(
            f"seed {number}: target {distance:.1f} m away, straight line {line}, {len(layout.items)} things stand there"
        )
    typer.echo(f"wrote {sheet}")
