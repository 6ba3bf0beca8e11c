"""Solvers, one a file: each advances a membrane equation by a real elapsed time."""

from .base import Solver, Terms, derivative
from .semi_implicit import SemiImplicit

__all__ = ["SemiImplicit", "Solver", "Terms", "derivative"]
