"""Parameters of a published training that its weights do not contain, from its ``params.json``.

The file holds Python reprs, which are parsed and never run.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from liquid_nav.policy.config import ModelError

PUBLISHED_PARAMETERS: dict[str, dict[str, Any]] = {
    "mixedcfc": {"forget_bias": 3.1633364953559684},
    "wiredcfccell": {"wiring_seed": 22224},
}
"""Those of the published checkpoints, used without a ``params.json``."""


def read_parameters(path: Path | None, kind: str, file_name: str) -> dict[str, Any]:
    """Return ``forget_bias`` or ``wiring_seed`` if ``kind`` needs it, of ``path`` or as published.

    Raises:
        ModelError: the file cannot be read, or holds no or several trainings of that kind.
    """
    published = PUBLISHED_PARAMETERS.get(kind, {})
    if path is None:
        return dict(published)
    try:
        entries = json.loads(path.read_text())
        trainings = {name: _call(text) for name, text in entries.items()}
    except (
        OSError,
        ValueError,
        TypeError,
        SyntaxError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as error:
        raise ModelError(
            f"'{path}' cannot be read: {error}", "give the params.json of the checkpoints"
        ) from error
    named = [values for name, values in trainings.items() if Path(name).name == file_name]
    found = named or [values for values in trainings.values() if values["kind"] == kind]
    if not published:
        return {}
    if len(found) != 1:
        raise ModelError(
            f"'{path}' holds {len(found)} trainings of kind {kind}",
            "give the checkpoint its original file name, which is the key there",
        )
    values = found[0]
    try:
        if kind == "mixedcfc":
            return {"forget_bias": float(values["config"]["forget_bias"])}
        return {"wiring_seed": int(values["wiredcfc_seed"])}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"'{path}' does not contain {error} of the {kind}", "leave --params out"
        ) from error


def _call(text: str) -> dict[str, Any]:
    """Parse ``Name(key=literal, ...)``; raises ValueError for anything but literals."""
    tree = ast.parse(text, mode="eval").body
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise ValueError(f"'{text[:40]}' is not a list of parameters")
    values = {
        keyword.arg: ast.literal_eval(keyword.value) for keyword in tree.keywords if keyword.arg
    }
    values["kind"] = values.get("ct_network_type", tree.func.id.removesuffix("Params").lower())
    return values
