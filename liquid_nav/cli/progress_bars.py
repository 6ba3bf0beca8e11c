"""Progress bars on the standard error of a long command."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import Callable, Iterator

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress_counter(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar while the block runs; yields a function that advances it by one of ``total``."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield partial(progress.advance, progress.add_task(what, total=total))
