"""Subcommands that are imported only when they run, so that help is fast and a missing part breaks
nothing else.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import typer
from typer.core import TyperGroup

from liquid_nav.cli.failures import explain, missing_package
from liquid_nav.errors import UserError


@dataclass(frozen=True)
class Entry:
    """One subcommand, imported when it is called."""

    name: str
    """Word on the command line."""
    module: str
    """Full name of the module, which exports ``<name>_app`` (a Typer with subcommands) or a
    function called ``name``.
    """
    summary: str
    """One line for the list of subcommands."""
    example: str
    """Command line that is shown at the end of its help."""

    def load(self) -> typer.core.TyperCommand:
        """Import the module and return its command, with the example at the end of its help."""
        try:
            module = importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            if error.name == self.module:
                raise UserError(
                    f"this installation has no '{self.name}' command", "update liquid_nav"
                ) from error
            raise missing_package(error) or error from error
        app = getattr(module, f"{self.name}_app", None)
        if app is None:
            app = typer.Typer(add_completion=False)
            app.command(self.name)(getattr(module, self.name))
        command = typer.main.get_command(app)
        command.name = self.name
        if not command.epilog and "Example" not in (command.help or ""):
            command.epilog = f"Example: {self.example}"
        return command


class LazyGroup(TyperGroup):
    """A command group that knows names and summaries, and loads a command when it is called."""

    entries: tuple[Entry, ...] = ()

    def _entry(self, name: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.name == name), None)

    def list_commands(self, ctx: typer.Context) -> list[str]:
        """Return the names of all subcommands, in the order of the table."""
        return [entry.name for entry in self.entries]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> typer.core.TyperCommand | None:
        """Return what help needs to know about a subcommand, without importing it."""
        entry = self._entry(cmd_name)
        if entry is None:
            return None
        return typer.core.TyperCommand(entry.name, help=entry.summary)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> tuple:
        """Return the real subcommand that the arguments name."""
        name, command, rest = super().resolve_command(ctx, args)
        if args:
            entry = self._entry(args[0])
            if entry:
                command = entry.load()
        return name, command, rest

    def main(self, *args: object, **kwargs: object) -> None:
        """Run, and turn every foreseeable failure into one line on stderr and an exit code."""
        kwargs["standalone_mode"] = False
        with explain():
            result = super().main(*args, **kwargs)
        raise SystemExit(result if isinstance(result, int) else 0)
