"""The drone's camera: pictures from the MuJoCo model, and what can be wrong with them."""

import importlib
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from liquid_nav.worlds import (
    RENDERING_REMEDY,
    TARGET_GEOM_PREFIX,
    UNLIMITED_SIGHT,
    CameraFaults,
    GeomGroup,
    RandomStream,
    RenderingError,
    first_error_line,
    load_mujoco,
)

if TYPE_CHECKING:
    import mujoco

__all__ = [
    "CameraRenderer",
    "RenderingError",
    "apply_camera_faults",
    "draw_exposure",
    "load_mujoco",
]

DETAIL = 9.5
"""m; nearer, geoms of the group NEAR are drawn, farther, those of FAR."""


def _context_class() -> type:
    """Return the class of off-screen contexts that ``MUJOCO_GL`` asks for, even if mujoco was
    imported before it.
    """
    wanted = os.environ.get("MUJOCO_GL", "").lower()
    name = "mujoco.gl_context"
    if wanted in ("egl", "osmesa"):
        name = f"mujoco.{wanted}"
    context: type = importlib.import_module(name).GLContext
    return context


class CameraRenderer:
    """Renders a named camera of a model; hides what is out of view before MuJoCo processes it."""

    def __init__(
        self,
        model: "mujoco.MjModel",
        width: int = 256,
        height: int = 144,
        sight: float = UNLIMITED_SIGHT,
    ) -> None:
        """Open an off-screen context for pictures of that size.

        Args:
            model: The world with its cameras.
            width: Of a picture, pixels.
            height: Of a picture, pixels.
            sight: Distance from the camera within which the target is drawn, m.

        Raises:
            RenderingError: no GL library is usable.
        """
        self.model = model
        self.width = width
        self.height = height
        self.sight = sight
        # MuJoCo's contexts come without types.
        self._gl: Any = None
        self._context: Any = None
        try:
            mujoco = load_mujoco()
            self._mujoco = mujoco
            self._gl = _context_class()(width, height)
            self._gl.make_current()
            # A larger buffer is slower.
            model.vis.global_.offwidth = width
            model.vis.global_.offheight = height
            self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
            mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        except RenderingError:
            raise
        except Exception as problem:
            self.close()
            cause = first_error_line(problem)
            raise RenderingError(
                f"no usable OpenGL for the camera ({cause})", RENDERING_REMEDY
            ) from None
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + 200)
        flags = self._scene.flags
        for flag in ("SHADOW", "REFLECTION", "CULL_FACE"):
            flags[getattr(mujoco.mjtRndFlag, f"mjRND_{flag}")] = int(flag == "CULL_FACE")
        flags[mujoco.mjtRndFlag.mjRND_FOG] = int(model.vis.rgba.fog[3] > 0.0)
        flags[mujoco.mjtRndFlag.mjRND_HAZE] = 0
        self._options = mujoco.MjvOption()
        self._options.geomgroup[:] = (1, 1, 1, 1, 0, 0)
        self._options.sitegroup[:] = 0
        self._options.flags[:] = 0
        self._options.flags[mujoco.mjtVisFlag.mjVIS_STATIC] = 1
        self._options.flags[mujoco.mjtVisFlag.mjVIS_TEXTURE] = 1
        self._viewer = mujoco.MjvCamera()
        self._viewer.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._viewport = mujoco.MjrRect(0, 0, width, height)
        self._pixels = np.empty((height, width, 3), dtype=np.uint8)
        self._prepare_culling()

    def _prepare_culling(self) -> None:
        model = self.model
        static = (model.body_weldid[model.geom_bodyid] == 0) & (model.geom_rbound > 0)
        static &= model.geom_group < GeomGroup.SOLID
        self._ids = np.flatnonzero(static)
        self._groups = model.geom_group[self._ids].copy()
        self._near = self._groups == GeomGroup.NEAR
        self._far = self._groups == GeomGroup.FAR
        self._radii = model.geom_rbound[self._ids].copy()
        names = [model.geom(int(number)).name for number in self._ids]
        self._target = np.array([name.startswith(TARGET_GEOM_PREFIX) for name in names], dtype=bool)
        self._places = None

    def _cull(self, data: "mujoco.MjData", camera: int) -> None:
        if self._places is None:
            self._places = data.geom_xpos[self._ids].copy()
        relative = (self._places - data.cam_xpos[camera]) @ data.cam_xmat[camera].reshape(3, 3)
        up = math.radians(float(self.model.cam_fovy[camera])) / 2
        side = math.atan(math.tan(up) * self.width / self.height)
        depth = -relative[:, 2]
        r = self._radii
        seen = depth > -r
        seen &= np.abs(relative[:, 0]) * math.cos(side) - depth * math.sin(side) < r
        seen &= np.abs(relative[:, 1]) * math.cos(up) - depth * math.sin(up) < r
        squared = np.einsum("ij,ij->i", relative, relative)
        close = squared < DETAIL * DETAIL
        seen &= ~(self._near & ~close) & ~(self._far & close)
        seen &= ~(self._target & (squared > self.sight * self.sight))
        self.model.geom_group[self._ids] = np.where(seen, self._groups, GeomGroup.CULLED)

    def render(self, data: "mujoco.MjData", camera: str = "front") -> np.ndarray:
        """Return uint8 [H, W, 3] RGB, a new array, of the camera at the state in ``data``."""
        mujoco = self._mujoco
        number = mujoco.mj_name2id(self.model, mujoco.mjtObj.mjOBJ_CAMERA, camera)
        if number < 0:
            raise ValueError(f"the model has no camera named '{camera}'")
        self._gl.make_current()
        self._cull(data, number)
        self._viewer.fixedcamid = number
        mujoco.mjv_updateScene(
            self.model,
            data,
            self._options,
            None,
            self._viewer,
            mujoco.mjtCatBit.mjCAT_ALL,
            self._scene,
        )
        self.model.geom_group[self._ids] = self._groups
        mujoco.mjr_render(self._viewport, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._viewport, self._context)
        return np.ascontiguousarray(self._pixels[::-1])

    def close(self) -> None:
        """Free the GL context; the renderer cannot be used afterwards."""
        if self._context is not None:
            self._context.free()
            self._context = None
        if self._gl is not None:
            self._gl.free()
            self._gl = None

    def __enter__(self) -> "CameraRenderer":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def apply_camera_faults(
    image: np.ndarray, faults: CameraFaults, rng: np.random.Generator
) -> np.ndarray:
    """Return a new image with the condition's exposure, blur and noise.

    Args:
        image: uint8 [H, W, 3].
        faults: with the one gain of this flight, see ``draw_exposure``.
        rng: of the noise.

    Raises:
        ValueError: the exposure is still a range.
    """
    gain, high = faults.exposure
    if gain != high:
        raise ValueError(
            f"the exposure is still a range, {faults.exposure}: draw_exposure gives that of a "
            "flight"
        )
    result = image
    if faults.blur > 0.0:
        sigma = faults.blur * image.shape[1] / 256.0
        result = cv2.GaussianBlur(result, (0, 0), max(sigma, 0.05))
    if gain == 1.0 and faults.noise <= 0.0:
        return result.copy()
    values = result.astype(np.float32) * np.float32(gain)
    if faults.noise > 0.0:
        values += rng.standard_normal(image.shape, dtype=np.float32) * np.float32(faults.noise)
    picture: NDArray[np.uint8] = np.clip(values + 0.5, 0.0, 255.0).astype(np.uint8)
    return picture


def draw_exposure(faults: CameraFaults, seed: int, number: int = 0) -> CameraFaults:
    """Return the faults with the one exposure gain of a flight, the same in every way of flying.

    Args:
        faults: with the range of the condition.
        seed: of the flight; the draw has a stream of its own.
        number: of the drone, where several share the world; 0 is the drone that flies alone.
    """
    low, high = faults.exposure
    key = (number,) if number else ()
    gain = float(RandomStream.EXPOSURE.generator(seed, *key).uniform(low, high))
    return replace(faults, exposure=(gain, gain))
