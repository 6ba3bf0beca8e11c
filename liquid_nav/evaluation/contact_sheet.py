"""Contact sheets: what the drone sees in a scenario, by condition and seed, on one picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from liquid_nav.errors import UserError
from liquid_nav.geometry import attitude_from_yaw, camera_axes, rotation_from_vector
from liquid_nav.simulation import CameraRenderer
from liquid_nav.worlds import (
    CameraConfig,
    Condition,
    Scenario,
    apply_veil,
    generate_layout,
    load_mujoco,
)

GAP = 6
"""Space around each picture, pixels."""
LABEL = 22
"""Height of the text above each picture, pixels."""
PAPER = (250, 250, 248)
INK = (40, 40, 40)


def views(
    scenario: Scenario, condition: Condition, seed: int, size: tuple[int, int] = (384, 216)
) -> list[NDArray[np.uint8]]:
    """Return the views of a level drone at the start and 3.5 m before the target.

    Both are uint8 [H, W, 3] RGB. ``size``: width and height of a picture, pixels. Noise, blur and
    exposure of the condition are left out.
    """
    from liquid_nav.worlds import build_mujoco_spec

    mujoco = load_mujoco()
    layout = generate_layout(scenario, seed)
    spec = build_mujoco_spec(layout, condition)
    camera = CameraConfig(width=size[0], height=size[1]).of(condition.camera, seed)
    camera_body = spec.worldbody.add_body(name="camera_body", mocap=True)
    rotation = rotation_from_vector(camera.turn) @ camera_axes(camera.pitch)
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, rotation.ravel())
    camera_body.add_camera(name="front", quat=quaternion, fovy=math.degrees(camera.vertical_fov))
    model = spec.compile()
    data = mujoco.MjData(model)
    start = layout.start
    target = layout.target
    bearing = math.atan2(target.y - start.y, target.x - start.x)
    distance = math.hypot(target.x - start.x, target.y - start.y)
    near = (distance - 3.5) / distance
    places = (
        (start.x, start.y, start.yaw),
        (start.x + near * (target.x - start.x), start.y + near * (target.y - start.y), bearing),
    )
    images = []
    with CameraRenderer(model, *size, condition.appearance.draw_sight(seed)) as renderer:
        for x, y, yaw in places:
            data.mocap_pos[0] = x, y, start.z
            data.mocap_quat[0] = attitude_from_yaw(yaw)
            mujoco.mj_forward(model, data)
            images.append(apply_veil(renderer.render(data), condition.appearance.veil))
    return images


def draw_contact_sheet(
    scenario: Scenario,
    conditions: Iterable[Condition],
    seeds: Iterable[int],
    size: tuple[int, int] = (384, 216),
    on_picture: Callable[[], None] | None = None,
) -> NDArray[np.uint8]:
    """Return the sheet as uint8 [H, W, 3] RGB: a row for each condition, two views for each seed.

    ``on_picture`` is called after each seed of each condition.
    """
    rows = []
    for condition in conditions:
        pictures = []
        names = []
        for seed in seeds:
            pictures += views(scenario, condition, seed, size)
            names += [
                f"{scenario.name}, {condition.name}, seed {seed}: start",
                "3.5 m before the target",
            ]
            if on_picture is not None:
                on_picture()
        rows.append(_row(pictures, names))
    return np.concatenate([*rows, np.full((GAP, rows[0].shape[1], 3), PAPER, np.uint8)])


def _row(pictures: list[NDArray[np.uint8]], names: list[str]) -> NDArray[np.uint8]:
    height, width = pictures[0].shape[:2]
    row = np.full((height + LABEL + GAP, (width + GAP) * len(pictures) + GAP, 3), PAPER, np.uint8)
    for i, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        left = GAP + i * (width + GAP)
        row[LABEL + GAP :, left : left + width] = picture
        cv2.putText(row, name, (left, LABEL), cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
    return row


def save_picture(path: Path, image: NDArray[np.uint8]) -> None:
    """Write an RGB image as PNG or JPEG, by the ending of the path.

    Raises:
        UserError: the ending is unknown, the picture is too large for its format, or the place
            cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in (".png", ".jpg", ".jpeg"):
        raise UserError(f"{path} does not end in .png or .jpg", "name the sheet e.g. forest.png")
    # OpenCV warns of a quality that a PNG has not.
    parameters = []
    if kind != ".png":
        parameters = [cv2.IMWRITE_JPEG_QUALITY, 86]
    try:
        ok, data = cv2.imencode(kind, image[..., ::-1], parameters)
    except cv2.error:  # some releases of OpenCV raise it, others return False
        ok = False
    if not ok:
        raise UserError(
            f"a picture of {image.shape[1]} x {image.shape[0]} pixels cannot be stored as {kind}",
            "draw fewer seeds, or a smaller --width",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as problem:
        raise UserError(
            f"cannot write {path}: {problem.strerror}", "choose another place with --sheet"
        ) from None
