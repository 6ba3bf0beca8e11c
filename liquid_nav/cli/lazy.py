"""Subcommands that are imported only when they run.

Help is fast, and a missing package breaks only the commands that need it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from liquid_nav.cli.failures import explain, missing_package
from liquid_nav.errors import UserError

if TYPE_CHECKING:
    # Typer's copy of Click has these in a private module; older releases of Typer use Click itself.
    from typer._click import Command, Context


@dataclass(frozen=True)
class Entry:
    """One subcommand, imported when it is called."""

    name: str
    """Name on the command line."""
    module: str
    """Full name of the module, which exports ``<name>_app`` (a Typer with subcommands) or a
    function called ``name``.
    """
    summary: str
    """One line for the list of subcommands."""
    example: str
    """Command line that is shown at the end of its help."""

    def load(self) -> Command:
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
    """A command group that has names and summaries, and loads a command when it is called."""

    entries: tuple[Entry, ...] = ()

    def _entry(self, name: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.name == name), None)

    def list_commands(self, ctx: Context) -> list[str]:
        """Return the names of all subcommands, in the order of the table."""
        return [entry.name for entry in self.entries]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return a stand-in for a subcommand with what help shows of it, without importing it."""
        entry = self._entry(cmd_name)
        if entry is None:
            return None
        return TyperCommand(entry.name, help=entry.summary)

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Return the real subcommand that the arguments name."""
        name, command, rest = super().resolve_command(ctx, args)
        if args:
            entry = self._entry(args[0])
            if entry:
                command = entry.load()
        return name, command, rest

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run, and turn every foreseeable failure into one line on stderr and an exit code."""
        kwargs["standalone_mode"] = False
        with explain():
            result = super().main(*args, **kwargs)
        raise SystemExit(result if isinstance(result, int) else 0)
