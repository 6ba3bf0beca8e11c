"""Worlds: from the description of a scenario to a layout and on to a MuJoCo model; and the
conditions around it.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names
from liquid_nav.types import Limits

if TYPE_CHECKING:
    from liquid_nav.worlds.backend import (
        RENDERING_REMEDY,
        RenderingError,
        choose_rendering_backend,
        first_error_line,
        load_mujoco,
    )
    from liquid_nav.worlds.camera_config import CameraConfig
    from liquid_nav.worlds.catalogue import BIRCH_LEAVES, OAK_BARK, SPECIES, Grows, Species
    from liquid_nav.worlds.condition import (
        CONDITIONS,
        DEFAULT_FRAME_RATE,
        KEYS_OF_OWN_CAMERA,
        KEYS_OF_OWN_CLOCK,
        KEYS_OF_OWN_ESTIMATOR,
        KEYS_OF_OWN_LOOK,
        UNLIMITED_SIGHT,
        AppearanceSpec,
        CameraFaults,
        Condition,
        ConditionError,
        DriftSpec,
        WindSpec,
        check_condition_supported,
        load_condition,
    )
    from liquid_nav.worlds.drone_model import DRONE_MODEL, DroneModel
    from liquid_nav.worlds.geom_groups import GeomGroup
    from liquid_nav.worlds.keys import number_key, range_key
    from liquid_nav.worlds.kinds import WORLDS, Horizon, WorldKind
    from liquid_nav.worlds.layout import generate_layout, line_blocked
    from liquid_nav.worlds.materials import Material
    from liquid_nav.worlds.mjcf import build_mujoco_spec
    from liquid_nav.worlds.mjcf_file import write_mjcf
    from liquid_nav.worlds.mounting import Mounting, draw_mounting
    from liquid_nav.worlds.palette import LIGHTING, SKY_COLOURS
    from liquid_nav.worlds.scenario import (
        Geofence,
        Scenario,
        ScenarioError,
        SuccessRule,
        TargetSpec,
        load_scenario,
    )
    from liquid_nav.worlds.sdf import write_sdf
    from liquid_nav.worlds.sdf_drone import DroneSpec
    from liquid_nav.worlds.shapes import (
        BaleStack,
        Boulder,
        BroadTree,
        Bush,
        Conifer,
        Cylinder,
        DrawnSize,
        Post,
        Tuft,
        VariantSize,
    )
    from liquid_nav.worlds.solids import Solid
    from liquid_nav.worlds.starts import MAX_DRONES, shared_start
    from liquid_nav.worlds.streams import RandomStream
    from liquid_nav.worlds.textures import meadow_texture
    from liquid_nav.worlds.values import TARGET_GEOM_PREFIX, Layout, LayoutItem, Start, Target
    from liquid_nav.worlds.veil import apply_veil
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "backend": [
                "RENDERING_REMEDY",
                "RenderingError",
                "choose_rendering_backend",
                "first_error_line",
                "load_mujoco",
            ],
            "camera_config": ["CameraConfig"],
            "catalogue": ["BIRCH_LEAVES", "Grows", "OAK_BARK", "SPECIES", "Species"],
            "condition": [
                "CONDITIONS",
                "AppearanceSpec",
                "CameraFaults",
                "Condition",
                "ConditionError",
                "DEFAULT_FRAME_RATE",
                "DriftSpec",
                "KEYS_OF_OWN_CAMERA",
                "KEYS_OF_OWN_CLOCK",
                "KEYS_OF_OWN_ESTIMATOR",
                "KEYS_OF_OWN_LOOK",
                "UNLIMITED_SIGHT",
                "WindSpec",
                "check_condition_supported",
                "load_condition",
            ],
            "drone_model": ["DRONE_MODEL", "DroneModel"],
            "geom_groups": ["GeomGroup"],
            "keys": ["number_key", "range_key"],
            "kinds": ["Horizon", "WORLDS", "WorldKind"],
            "layout": ["generate_layout", "line_blocked"],
            "materials": ["Material"],
            "mjcf": ["build_mujoco_spec"],
            "mjcf_file": ["write_mjcf"],
            "mounting": ["Mounting", "draw_mounting"],
            "palette": ["LIGHTING", "SKY_COLOURS"],
            "scenario": [
                "Geofence",
                "Scenario",
                "ScenarioError",
                "SuccessRule",
                "TargetSpec",
                "load_scenario",
            ],
            "sdf": ["write_sdf"],
            "sdf_drone": ["DroneSpec"],
            "shapes": [
                "BaleStack",
                "Boulder",
                "BroadTree",
                "Bush",
                "Conifer",
                "Cylinder",
                "DrawnSize",
                "Post",
                "Tuft",
                "VariantSize",
            ],
            "solids": ["Solid"],
            "starts": ["MAX_DRONES", "shared_start"],
            "streams": ["RandomStream"],
            "textures": ["meadow_texture"],
            "values": ["Layout", "LayoutItem", "Start", "TARGET_GEOM_PREFIX", "Target"],
            "veil": ["apply_veil"],
        },
    )

__all__ = [
    "CONDITIONS",
    "AppearanceSpec",
    "BIRCH_LEAVES",
    "BaleStack",
    "Boulder",
    "BroadTree",
    "Bush",
    "CameraConfig",
    "CameraFaults",
    "Condition",
    "ConditionError",
    "Conifer",
    "Cylinder",
    "DEFAULT_FRAME_RATE",
    "DRONE_MODEL",
    "DrawnSize",
    "DriftSpec",
    "DroneModel",
    "DroneSpec",
    "Geofence",
    "GeomGroup",
    "Grows",
    "Horizon",
    "KEYS_OF_OWN_CAMERA",
    "KEYS_OF_OWN_CLOCK",
    "KEYS_OF_OWN_ESTIMATOR",
    "KEYS_OF_OWN_LOOK",
    "LIGHTING",
    "Layout",
    "LayoutItem",
    "Limits",
    "MAX_DRONES",
    "Material",
    "Mounting",
    "OAK_BARK",
    "Post",
    "RENDERING_REMEDY",
    "RandomStream",
    "RenderingError",
    "SKY_COLOURS",
    "SPECIES",
    "Scenario",
    "ScenarioError",
    "Solid",
    "Species",
    "Start",
    "SuccessRule",
    "TARGET_GEOM_PREFIX",
    "Target",
    "TargetSpec",
    "Tuft",
    "UNLIMITED_SIGHT",
    "VariantSize",
    "WORLDS",
    "WindSpec",
    "WorldKind",
    "apply_veil",
    "build_mujoco_spec",
    "check_condition_supported",
    "choose_rendering_backend",
    "draw_mounting",
    "first_error_line",
    "generate_layout",
    "line_blocked",
    "load_condition",
    "load_mujoco",
    "load_scenario",
    "meadow_texture",
    "number_key",
    "range_key",
    "shared_start",
    "write_mjcf",
    "write_sdf",
]
