"""Seed ranges as people write them: ``20000:20200`` (half-open) or a single number."""

from __future__ import annotations

from liquid_nav.errors import UserError

FIRST_REPORTED_SEED = 20_000
"""First seed of those for reported numbers only: their campaigns are logged beside the model."""


def parse_seeds(text: str) -> range:
    """Parse ``a:b`` (a included, b not) or a single non-negative integer.

    Raises:
        UserError: for anything else, and for an empty range.
    """
    remedy = "write a half-open range such as 20000:20200, or one non-negative integer"
    first, colon, last = text.strip().partition(":")
    if not _is_number(first) or (colon and not _is_number(last)):
        raise UserError(f"cannot read the seeds {text!r}", remedy)
    start = int(first)
    stop = int(last) if colon else start + 1
    if stop <= start:
        raise UserError(f"the seed range {text!r} is empty", remedy)
    return range(start, stop)


def format_seeds(seeds: range) -> str:
    """Return the text that ``parse_seeds`` reads as the same range (of step 1)."""
    if len(seeds) == 1:
        return str(seeds.start)
    return f"{seeds.start}:{seeds.stop}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
