"""Errors that a person can act on.

Each of these states, in one line, what is wrong and what to do about it. The command line and the
nodes print that line without a traceback and exit with code 2; any other exception is a bug and
keeps its traceback.
"""

from __future__ import annotations


class UserError(ValueError):
    """Bad input or an incomplete installation: one line with the cause and the remedy.

    Args:
        cause: What is wrong, without a full stop, e.g. ``unknown scenario 'forst'``.
        remedy: What to do about it, e.g. ``choose one of: field, forest``. May be empty.
    """

    def __init__(self, cause: str, remedy: str = "") -> None:
        self.cause = " ".join(str(cause).split())
        self.remedy = " ".join(str(remedy).split())
        super().__init__(str(self))

    def __str__(self) -> str:
        """The whole message in one line."""
        if not self.remedy:
            return self.cause
        cause = self.cause.rstrip(".")
        if not cause.endswith(("?", "!")):
            cause += "."
        return f"{cause} {self.remedy}"

    def __reduce__(self) -> tuple[type[UserError], tuple[str, str]]:
        """Rebuild from cause and remedy, so that the error survives a process pool."""
        return type(self), (self.cause, self.remedy)
