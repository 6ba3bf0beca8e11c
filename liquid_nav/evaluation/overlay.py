"""The command of the pilot drawn below a camera image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from liquid_nav.types import Command

SPEED_SCALE = 2.0
"""m/s that fill a gauge."""
VERTICAL_SCALE = 1.0
"""m/s that fill the gauge of the vertical speed."""
YAW_SCALE = 1.2
"""rad/s that fill the gauge of the yaw rate."""

_ACCENT = (255, 196, 61)
_COOL = (99, 179, 237)
_INK = (255, 255, 255)
_RAIL = (150, 150, 150)
_BACKGROUND = (28, 32, 40)
_PANEL = 96.0 / 432.0
"""Height of the panel as a fraction of the enlarged image."""


def panel_size(size: tuple[int, int], scale: int) -> tuple[int, int]:
    """Return width and height, both even, of the drawn picture for images of ``size`` (width,
    height).
    """
    width = size[0] * scale
    height = size[1] * scale
    return width + width % 2, height + round(height * _PANEL / 2) * 2 + height % 2


def draw_command(
    image: NDArray[np.uint8], command: Command, text: str = "", scale: int = 3
) -> NDArray[np.uint8]:
    """Return an enlarged copy of an image above a panel with the command.

    In the panel from left to right: a disc with an arrow for vx (up) and vy (to its side), a bar
    for vz, a bar for the yaw rate, to the side that the drone turns to, and the numbers. The image
    is not covered.

    Args:
        image: uint8 [H,W,3] RGB.
        command: Level body frame, m/s and rad/s.
        text: One line in the panel, may be empty.
        scale: Factor by which the image grows.

    Returns:
        uint8 RGB of ``panel_size``.
    """
    top = image.shape[0] * scale
    left = image.shape[1] * scale
    width, height = panel_size((image.shape[1], image.shape[0]), scale)
    canvas = np.full((height, width, 3), _BACKGROUND, dtype=np.uint8)
    canvas[:top, :left] = cv2.resize(image, (left, top), interpolation=cv2.INTER_CUBIC)
    unit = top / 432.0
    middle = top + int(48 * unit)
    _stick(canvas, (int(52 * unit), middle), int(38 * unit), command, unit)
    _vertical_bar(
        canvas, int(116 * unit), middle, int(38 * unit), command.vz / VERTICAL_SCALE, unit
    )
    _write(canvas, "climb", (int(134 * unit), middle + int(5 * unit)), unit)
    centre = width // 2 - int(30 * unit)
    _horizontal_bar(
        canvas, centre, top + int(66 * unit), int(130 * unit), command.yaw_rate / YAW_SCALE, unit
    )
    _write(canvas, "turn", (centre - int(162 * unit), top + int(70 * unit)), unit)
    _write(canvas, text, (centre - int(162 * unit), top + int(30 * unit)), unit)
    for row, (label, value, dimension) in enumerate(_numbers(command)):
        y = top + int((22 + 20 * row) * unit)
        _write(canvas, label, (width - int(196 * unit), y), unit)
        _write(canvas, value, (width - int(120 * unit), y), unit)
        _write(canvas, dimension, (width - int(60 * unit), y), unit)
    return canvas


def _numbers(command: Command) -> tuple[tuple[str, str, str], ...]:
    return (
        ("forward", f"{command.vx:+.2f}", "m/s"),
        ("left", f"{command.vy:+.2f}", "m/s"),
        ("up", f"{command.vz:+.2f}", "m/s"),
        ("turn left", f"{command.yaw_rate:+.2f}", "rad/s"),
    )


def _stick(
    canvas: NDArray[np.uint8], centre: tuple[int, int], radius: int, command: Command, unit: float
) -> None:
    line = max(1, round(unit))
    cv2.circle(canvas, centre, radius, _RAIL, line, cv2.LINE_AA)
    cv2.line(canvas, (centre[0] - radius, centre[1]), (centre[0] + radius, centre[1]), _RAIL, line)
    cv2.line(canvas, (centre[0], centre[1] - radius), (centre[0], centre[1] + radius), _RAIL, line)
    reach = np.array((-command.vy, -command.vx)) / SPEED_SCALE
    reach /= max(1.0, float(np.hypot(*reach)))
    tip = (centre[0] + round(float(reach[0]) * radius), centre[1] + round(float(reach[1]) * radius))
    if tip != centre:
        cv2.arrowedLine(canvas, centre, tip, _ACCENT, 3 * line, cv2.LINE_AA, tipLength=0.35)
    else:
        cv2.circle(canvas, centre, 3 * line, _ACCENT, -1, cv2.LINE_AA)


def _vertical_bar(
    canvas: NDArray[np.uint8], x: int, y: int, half: int, value: float, unit: float
) -> None:
    w = max(2, round(6 * unit))
    end = y - round(max(-1.0, min(1.0, value)) * half)
    cv2.rectangle(canvas, (x - w, y - half), (x + w, y + half), _RAIL, max(1, round(unit)))
    cv2.rectangle(canvas, (x - w + 1, min(y, end)), (x + w - 1, max(y, end)), _COOL, -1)
    cv2.line(canvas, (x - w - 3, y), (x + w + 3, y), _INK, max(1, round(unit)))


def _horizontal_bar(
    canvas: NDArray[np.uint8], x: int, y: int, half: int, value: float, unit: float
) -> None:
    h = max(2, round(6 * unit))
    # Counter-clockwise is to the left.
    end = x - round(max(-1.0, min(1.0, value)) * half)
    cv2.rectangle(canvas, (x - half, y - h), (x + half, y + h), _RAIL, max(1, round(unit)))
    cv2.rectangle(canvas, (min(x, end), y - h + 1), (max(x, end), y + h - 1), _ACCENT, -1)
    cv2.line(canvas, (x, y - h - 3), (x, y + h + 3), _INK, max(1, round(unit)))


def _write(canvas: NDArray[np.uint8], text: str, origin: tuple[int, int], unit: float) -> None:
    size = 0.46 * unit
    cv2.putText(
        canvas, text, origin, cv2.FONT_HERSHEY_SIMPLEX, size, _INK, max(1, round(unit)), cv2.LINE_AA
    )
