"""The ``liquid-nav`` command: thin, lazily loaded subcommands over the subpackages."""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.cli.app import main
    from liquid_nav.cli.processes import ChildProcess, graph_environment
    from liquid_nav.cli.progress_bars import progress_counter
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "app": ["main"],
            "processes": ["ChildProcess", "graph_environment"],
            "progress_bars": ["progress_counter"],
        },
    )

__all__ = [
    "ChildProcess",
    "graph_environment",
    "main",
    "progress_counter",
]
