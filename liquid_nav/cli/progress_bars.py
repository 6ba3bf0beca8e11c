"""Bars on the standard error of a command that takes its time."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import Callable, Iterator

from rich.console import Console
from rich.progress import Progress


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar while the block runs; yields what moves it on by one of ``total``."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield partial(progress.advance, progress.add_task(what, total=total))
