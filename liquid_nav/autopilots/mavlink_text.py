"""The autopilot's texts: STATUSTEXT, whose long ones come in chunks of 50 characters."""

from __future__ import annotations

from dataclasses import dataclass

from liquid_nav.autopilots.mavlink_codec import MavlinkMessage

CHUNK = 50
"""Characters of a STATUSTEXT; a shorter one is the last of its text."""
PATIENCE = 0.5
"""s to wait for the rest of a text."""


@dataclass(frozen=True, slots=True)
class Text:
    """One whole text."""

    time: float
    """When it was whole or its rest was given up, s of the caller's clock."""
    severity: int
    """MAV_SEVERITY, 0 (worst) to 7."""
    text: str
    """The text; an ellipsis stands for chunks that were lost."""


class TextJoiner:
    """Joins chunks; a text whose rest is lost comes out after ``PATIENCE`` with an ellipsis at its
    end.
    """

    def __init__(self) -> None:
        """Start with nothing received."""
        self._open: dict[int, tuple[float, int, dict[int, str]]] = {}

    def add(self, message: MavlinkMessage, now: float) -> list[Text]:
        """Take a STATUSTEXT; returns the texts that are whole now."""
        text = message.text
        if not isinstance(text, str):
            text = bytes(text).decode("utf-8", "replace")
        number = int(getattr(message, "id", 0))
        part = int(getattr(message, "chunk_seq", 0))
        last = len(text) < CHUNK
        if number == 0 or (part == 0 and last):
            return [Text(now, message.severity, text.strip())]
        _, _, parts = self._open.setdefault(number, (now, message.severity, {}))
        if not last:
            text += "\0"
        parts[part] = text
        if not self._whole(parts):
            return []
        return self._finish(number, now)

    def expired(self, now: float) -> list[Text]:
        """Return what has waited too long for its rest."""
        late = [
            number
            for number, (begin, _, _) in self._open.items()
            if not 0.0 <= now - begin < PATIENCE
        ]
        return [text for number in late for text in self._finish(number, now)]

    @staticmethod
    def _whole(parts: dict[int, str]) -> bool:
        end = max(parts)
        return not parts[end].endswith("\0") and len(parts) == end + 1

    def _finish(self, number: int, now: float) -> list[Text]:
        _, severity, parts = self._open.pop(number)
        rest = "" if self._whole(parts) else " ..."
        text = "".join(parts.get(i, " ... ") for i in range(max(parts) + 1)).replace("\0", "")
        return [Text(now, severity, text.strip() + rest)]
