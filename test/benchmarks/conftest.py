"""Fixtures of the tests beside: flights made by hand, and small models."""

import importlib.util
from pathlib import Path


def _beside(folder):
    """Return the conftest of another folder of tests as a module."""
    path = Path(__file__).parents[1] / folder / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"fixtures_of_{folder}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


flight = _beside("learning").flight
_evaluation = _beside("evaluation")
layout = _evaluation.layout
record = _evaluation.record
small_model = _beside("nodes").small_model
