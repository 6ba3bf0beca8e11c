"""Content of a model folder's ``config.json``: all that is needed to build the network again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Mapping

from liquid_nav.fitting import misfit
from liquid_nav.policy.config_errors import ModelError
from liquid_nav.policy.sizes import DEEPEST, check_numbers, depth
from liquid_nav.types import COMMAND_FIELDS
from liquid_nav.vision import AnyEncoderConfig, EncoderConfig, encoder_config

__all__ = ["NCP_DEFAULT", "ModelError", "PolicyConfig"]
LARGEST_SCALE = 50.0
"""Largest command per unit of output, m/s or rad/s: faster than any multicopter here."""
CHECKED = ("core", "command_scale", "command_fields", "hold", "elapsed")
"""Entries that are checked by their values, or by what is built from them."""
NCP_DEFAULT = {
    "kind": "ltc",
    "wiring": {
        "kind": "ncp",
        "inter": 32,
        "command": 16,
        "motor": 4,
        "sensory_fanout": 16,
        "inter_fanout": 8,
        "recurrent_command": 24,
        "motor_fanin": 10,
        "seed": 22224,
    },
    "unfolds": 6,
    "time_constant": [0.05, 1.0],
}


@dataclass(frozen=True)
class PolicyConfig:
    """Configuration of a policy."""

    encoder: AnyEncoderConfig = field(default_factory=EncoderConfig)
    """Configuration of the vision encoder."""
    core: Mapping[str, Any] = field(default_factory=lambda: dict(NCP_DEFAULT))
    """Kind of the recurrent core (``kind``) and its arguments."""
    outputs: Mapping[str, tuple[int, int]] = field(default_factory=lambda: {"command": (0, 4)})
    """Slices of the core's outputs by name, as (begin, end); ``command`` has four values."""
    command_scale: tuple[float, float, float, float] = (1.6, 1.0, 0.6, 1.0)
    """Command per unit of output, in the order vx, vy, vz (m/s) and yaw_rate (rad/s)."""
    command_fields: tuple[str, ...] = COMMAND_FIELDS
    """Names of the four command values in their order; always ``COMMAND_FIELDS``."""
    nominal_period: float = 1.0 / 30.0
    """Usual time between frames, s, which is also the elapsed time of the first frame."""
    hold: str = "backward"
    """Interval in which an input acts; "backward" alone (as published): it ends with the input."""
    camera: Mapping[str, float] = field(
        default_factory=lambda: {"fov_deg": 80.0, "pitch_deg": 10.0}
    )
    """The camera that the model was trained with.

    ``fov_deg``: horizontal field of view; ``pitch_deg``: mounting pitch, positive downwards;
    both in degrees.
    """
    elapsed: str = "stamps"
    """Source of the core's elapsed time: "stamps" or "constant".

    "stamps": the real time between frames; "constant": ``elapsed_constant`` at every frame, as in
    the published networks.
    """
    elapsed_constant: float = 1.0
    """The core's elapsed time at every frame if ``elapsed`` is "constant", in ``elapsed_unit``."""
    elapsed_unit: float = 1.0
    """Unit of the core's elapsed time, s."""

    def __post_init__(self) -> None:
        """Raise ModelError for values that cannot be flown."""
        if self.hold != "backward":
            raise ModelError(f"config: hold is '{self.hold}'", "this version runs 'backward' only")
        if self.elapsed not in ("stamps", "constant"):
            raise ModelError(
                f"config: elapsed is '{self.elapsed}'", "it must be 'stamps' or 'constant'"
            )
        for name in ("nominal_period", "elapsed_constant", "elapsed_unit"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise ModelError(
                    f"config: {name} is {getattr(self, name)}", "it must be a positive number"
                )
        if not _is_scale(self.command_scale):
            raise ModelError(
                f"config: command_scale is {self.command_scale!r}"[:200],
                f"give four positive numbers of at most {LARGEST_SCALE:g}: vx, vy, vz in m/s, "
                "yaw_rate in rad/s",
            )
        if tuple(self.command_fields) != COMMAND_FIELDS:
            raise ModelError(
                f"config: command_fields are {list(self.command_fields)}",
                f"they must be {list(COMMAND_FIELDS)}",
            )
        if not all(_is_slice(part) for part in self.outputs.values()):
            raise ModelError(
                f"config: outputs are {dict(self.outputs)}"[:200],
                'give each slice as [begin, end], e.g. {"command": [0, 4]}',
            )
        if (
            "command" not in self.outputs
            or self.outputs["command"][1] - self.outputs["command"][0] != 4
        ):
            raise ModelError(
                "config: outputs need a slice 'command' of four values", 'e.g. {"command": [0, 4]}'
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PolicyConfig:
        """Inverse of ``to_dict``; raises ModelError for unknown keys or values that do not fit."""
        try:
            if depth(data) > DEEPEST:
                raise ModelError(
                    f"config is nested deeper than {DEEPEST} levels", "restore config.json"
                )
            check_numbers({key: value for key, value in data.items() if key != "command_scale"})
            values = dict(data)
            unknown = set(values) - {f.name for f in fields(cls)}
            if unknown:
                raise ModelError(
                    f"config has unknown keys {sorted(unknown)}",
                    "use a newer liquid_nav or remove them",
                )
            encoder = encoder_config(values.pop("encoder", {}))
            for name in ("command_scale", "command_fields"):
                if isinstance(values.get(name), list):
                    values[name] = tuple(values[name])
            if "outputs" in values:
                values["outputs"] = {k: tuple(v) for k, v in values["outputs"].items()}
            wrong = misfit(
                cls, {name: value for name, value in values.items() if name not in CHECKED}
            )
            if wrong is not None:
                raise ModelError(f"config: {wrong.cause}", wrong.remedy)
            return cls(encoder=encoder, **values)
        except ModelError:
            raise
        except (TypeError, AttributeError, ValueError) as error:
            raise ModelError(
                f"config does not fit: {error}", "compare it with models/default/config.json"
            ) from error


def _is_slice(part: Any) -> bool:
    """Whether these are two whole numbers from 0 on, the second one greater."""
    return len(part) == 2 and all(type(n) is int for n in part) and 0 <= part[0] < part[1]


def _is_scale(values: Any) -> bool:
    """Whether these are four positive numbers of at most ``LARGEST_SCALE``."""
    if not isinstance(values, (tuple, list)) or len(values) != 4:
        return False
    numbers = [
        value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return len(numbers) == 4 and all(0.0 < value <= LARGEST_SCALE for value in numbers)
