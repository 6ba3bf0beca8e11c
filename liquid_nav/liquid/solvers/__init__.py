"""Solvers, one a file: each advances a membrane equation by a real elapsed time."""

from .base import Solver, Terms, derivative
from .dormand_prince import DormandPrince
from .explicit_euler import ExplicitEuler
from .implicit import ImplicitEuler, jacobian
from .rk4 import RK4
from .semi_implicit import SemiImplicitEuler

__all__ = [
    "RK4",
    "DormandPrince",
    "ExplicitEuler",
    "ImplicitEuler",
    "SemiImplicitEuler",
    "Solver",
    "Terms",
    "derivative",
    "jacobian",
]
