"""The liquid time-constant (LTC) network: conductance-based synapses, real elapsed seconds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Callable, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import fast
from .core import CoreInputError, is_exporting
from .ode import ODECore
from .solvers import SemiImplicitEuler, Solver, Terms
from .wiring import WiringRule

if TYPE_CHECKING:
    from .fast.function import InferenceGroups

#: added to the total conductance, as the published code does against division by zero; the numba
#: kernels have the same value, because their cache does not follow other files
EPSILON = 1e-8
#: published ranges of the initial parameters of synapses and neurons
RANGES = {
    "gleak": (0.001, 1.0),
    "vleak": (-0.2, 0.2),
    "w": (0.001, 1.0),
    "sigma": (3.0, 8.0),
    "mu": (0.3, 0.8),
}


def _is_short(features: Tensor) -> bool:
    """Whether features are so few that Python would take most of the time.

    False for anything but a tensor [B,T,I], which ``check_shapes`` rejects.
    """
    return (
        isinstance(features, Tensor)
        and features.dim() == 3
        and features.shape[0] * features.shape[1] <= 8
    )


class LTC(ODECore):
    """Leaky neurons whose time constants depend on their input, joined by sigmoidal synapses.

    c_i dv_i/dt = g_i (vleak_i - v_i) + sum_j w_ji s(sigma_ji (u_j - mu_ji)) (erev_ji - v_i), where
    u_j runs over the inputs (after an affine map) and the other neurons. The outputs are an affine
    map of the motor neurons. Sources: Hasani et al., "Liquid time-constant networks", AAAI 2021;
    Lechner et al., "Neural circuit policies enabling auditable autonomy", 2020.

    Parameters are held per synapse, ordered as ``wiring.synapses()``; absent synapses cost nothing.
    Initial capacities are set so that at rest a neuron's time constant lies within
    ``time_constant`` seconds; activity shortens it.
    """

    w: nn.Parameter
    """Strength of the internal synapses, [N]."""
    sigma: nn.Parameter
    """Slope of their sigmoids, [N]."""
    mu: nn.Parameter
    """State at the middle of their sigmoids, [N]."""
    erev: nn.Parameter
    """Their reversal potential, [N]."""
    pre: Tensor
    """Their source neuron, int64 [N]."""
    post: Tensor
    """Their target neuron, int64 [N]."""
    onto: Tensor
    """[N,S]: 1 at each synapse's target, else 0."""
    sensory_w: nn.Parameter
    """Strength of the input synapses, [Ns]."""
    sensory_sigma: nn.Parameter
    """Slope of their sigmoids, [Ns]."""
    sensory_mu: nn.Parameter
    """Mapped input at the middle of their sigmoids, [Ns]."""
    sensory_erev: nn.Parameter
    """Their reversal potential, [Ns]."""
    sensory_pre: Tensor
    """Their input, int64 [Ns]."""
    sensory_post: Tensor
    """Their target neuron, int64 [Ns]."""
    sensory_onto: Tensor
    """[Ns,S]: 1 at each input synapse's target, else 0."""

    def __init__(
        self,
        input_size: int,
        wiring: WiringRule,
        *,
        unfolds: int = 6,
        output_size: int | None = None,
        nominal_period: float = 1 / 30,
        time_constant: tuple[float, float] | None = None,
        solver: Solver | None = None,
        kernel: str = "auto",
    ) -> None:
        """Draw the wiring and the initial parameters (from torch's generator).

        Args:
            input_size: width I of the features.
            wiring: recipe of the wiring.
            unfolds: solver steps per input.
            output_size: number of motor neurons, checked when given.
            nominal_period: usual time between inputs in s; sets the default of ``time_constant``.
            time_constant: (least, most) initial time constant in s; 1.5 to 30 nominal periods by
                default.
            solver: how to advance; the published semi-implicit step by default.
            kernel: ``torch`` (the reference), ``numba`` (fast, CPU only) or ``auto``.
        """
        built = wiring.build(input_size)
        layers = {k: slice(int(v[0]), int(v[-1]) + 1) for k, v in built.layers.items()}
        super().__init__(
            input_size,
            built.state_size,
            len(built.motor),
            built.names,
            layers,
            solver=solver or SemiImplicitEuler(unfolds),
            own_readout=True,
        )
        if output_size not in (None, self.output_size):
            raise CoreInputError(
                f"output_size is {output_size} but the wiring has {self.output_size} motor neurons"
            )
        if kernel not in ("auto", "torch", "numba"):
            raise CoreInputError(f"kernel '{kernel}' is unknown; choose auto, torch or numba")
        self.wiring = built
        self.unfolds = unfolds
        self.kernel = kernel
        low, high = time_constant or (1.5 * nominal_period, 30 * nominal_period)

        for prefix, (pre, post), signs in (
            ("", built.synapses(), built.internal),
            ("sensory_", built.sensory_synapses(), built.sensory),
        ):
            for name in ("w", "sigma", "mu"):
                self.register_parameter(
                    prefix + name, nn.Parameter(_uniform(len(pre), *RANGES[name]))
                )
            self.register_parameter(
                prefix + "erev", nn.Parameter(torch.tensor(signs[pre, post], dtype=torch.float32))
            )
            self.register_buffer(prefix + "pre", torch.from_numpy(pre), persistent=False)
            self.register_buffer(prefix + "post", torch.from_numpy(post), persistent=False)
            onto = torch.zeros(len(pre), self.state_size)
            onto[torch.arange(len(pre)), torch.from_numpy(post)] = 1.0
            self.register_buffer(prefix + "onto", onto, persistent=False)
        self._views: tuple[list[int], InferenceGroups] | None = None
        self._synapses = (*_by_target(built.sensory), *_by_target(built.internal))
        self.gleak = nn.Parameter(_uniform(self.state_size, *RANGES["gleak"]))
        self.vleak = nn.Parameter(_uniform(self.state_size, *RANGES["vleak"]))
        self.cm = nn.Parameter(self._initial_capacity(low, high))
        self.input_w = nn.Parameter(torch.ones(input_size))
        self.input_b = nn.Parameter(torch.zeros(input_size))
        self.output_w = nn.Parameter(torch.ones(self.output_size))
        self.output_b = nn.Parameter(torch.zeros(self.output_size))

    def _initial_capacity(self, low: float, high: float) -> Tensor:
        """Return c = tau * conductance for log-uniform time constants (motor neurons: faster half).

        The conductance is that at rest (v = 0) with the sensory synapses half open.
        """
        upper = torch.full((self.state_size,), math.log(high))
        upper[self.slices["motor"]] = 0.5 * (math.log(low) + math.log(high))
        tau = torch.exp(math.log(low) + torch.rand(self.state_size) * (upper - math.log(low)))
        with torch.no_grad():
            at_rest = torch.sigmoid(-self.sigma * self.mu)
            conductance = (
                self.gleak
                + (self.w * at_rest) @ self.onto
                + 0.5 * self.sensory_w @ self.sensory_onto
            )
        return tau * conductance

    def forward(self, features: Tensor, state: Tensor, elapsed: Tensor) -> tuple[Tensor, Tensor]:
        """Return outputs [B,T,O] and the new state [B,S] after T inputs, elapsed [B,T] in s."""
        if not torch.is_grad_enabled() and _is_short(features):
            if self._is_fast(features, state, elapsed):
                return self._quick_step(features, state, elapsed)
        return super().forward(features, state, elapsed)

    def trajectory(self, features: Tensor, state: Tensor, elapsed: Tensor) -> Tensor:
        """Return the state after every input, [B,T,S]."""
        if not self._is_fast(features, state, elapsed):
            return super().trajectory(features, state, elapsed)
        from .fast.function import trajectory

        self.check(features, state, elapsed)
        assert isinstance(self.solver, SemiImplicitEuler)  # else it is not fast
        by_name = self._by_name
        parameters = [by_name[name] for name in fast.PARAMETERS[:-2]]
        return trajectory(self._synapses, self.solver.unfolds, features, state, elapsed, parameters)

    @property
    def wants_processor(self) -> bool:
        """Whether the numba kernel would run on the CPU.

        On a GPU some thousand tiny operations take its place.
        """
        available = self.kernel != "torch" and fast.fast_ltc_available()
        return (
            available
            and isinstance(self.solver, SemiImplicitEuler)
            and self._by_name["cm"].dtype is torch.float32
        )

    @property
    def _by_name(self) -> dict[str, Tensor]:
        """The parameters; found faster here than by ``nn.Module.__getattr__``."""
        # torch's type allows None, which no parameter of an LTC is.
        return cast("dict[str, Tensor]", self._parameters)

    def _is_fast(self, *tensors: Tensor) -> bool:
        """Whether the numba kernel is chosen and can run.

        Raises CoreInputError where it is requested and cannot run.
        """
        if self.kernel == "torch" or (self.kernel == "auto" and not fast.fast_ltc_available()):
            return False
        serves = isinstance(self.solver, SemiImplicitEuler) and not is_exporting()
        for tensor in (*tensors, self._by_name["cm"]):
            serves = (
                serves
                and isinstance(tensor, Tensor)
                and tensor.dtype is torch.float32
                and tensor.is_cpu
            )
        if self.kernel == "numba" and not (serves and fast.fast_ltc_available()):
            raise CoreInputError(
                "kernel 'numba' needs numba, float32 on the CPU and the semi-implicit solver; use "
                "kernel='auto'"
            )
        return serves

    def _quick_step(
        self, features: Tensor, state: Tensor, elapsed: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Do all of ``forward`` in one compiled call.

        At this size Python would take most of the time.
        """
        from .fast.function import infer, prepare

        self.check_shapes(features, state, elapsed)
        assert isinstance(self.solver, SemiImplicitEuler)  # else it is not fast
        by_name = self._by_name
        parameters = [by_name[name] for name in fast.PARAMETERS]
        places = [parameter.data_ptr() for parameter in parameters]
        views = self._views  # valid while the parameters stay in place
        if views is None or views[0] != places:
            views = (places, prepare(self._synapses, parameters))
            self._views = views
        first = self.slices["motor"].start
        fault, outputs, after = infer(
            views[1], self.solver.unfolds, features, state, elapsed, first, self.validate
        )
        if fault:
            self.refuse(fault)
        return outputs, after

    def __getstate__(self) -> dict[str, Any]:
        """Leave the views of the parameters out of copies and pickles."""
        return {**self.__dict__, "_views": None}

    def readout(self, states: Tensor) -> Tensor:
        """Return the outputs [...,O] of states [...,S]."""
        first = self.slices["motor"]
        return torch.addcmul(self.output_b, states[..., first], self.output_w)

    def _weights(self, prefix: str) -> Tensor:
        """Return [N,2S]: what an open synapse adds to each neuron's drive and to its
        conductance.
        """
        w = getattr(self, prefix + "w")
        erev = getattr(self, prefix + "erev")
        onto = getattr(self, prefix + "onto")
        return torch.cat(((w * erev)[:, None] * onto, w[:, None] * onto), dim=1)

    def hold(self, features: Tensor) -> Tensor:
        """Return drive and conductance from inputs and leak, whatever the state, [...,2S]."""
        inputs = (features * self.input_w + self.input_b)[..., self.sensory_pre]
        opening = torch.sigmoid(self.sensory_sigma * (inputs - self.sensory_mu))
        leak = torch.cat((self.gleak * self.vleak, self.gleak + EPSILON))
        return opening @ self._weights("sensory_") + leak

    def membrane(self) -> Callable[[Tensor], Terms]:
        """Return the map from a held input [B,2S] to drive, conductance and capacity of a state."""
        internal = self._weights("")

        def under(held: Tensor) -> Terms:
            def terms(v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
                opening = torch.sigmoid(self.sigma * (v[:, self.pre] - self.mu))
                drive, conductance = (held + opening @ internal).chunk(2, dim=-1)
                return drive, conductance, self.cm

            return terms

        return under

    @torch.no_grad()
    def clamp_(self) -> None:
        """Keep weights, leak and capacity at or above zero, as the published training does."""
        for parameter in (self.w, self.sensory_w, self.gleak, self.cm):
            parameter.clamp_(min=0.0)

    @torch.no_grad()
    def load_dense(self, values: dict[str, Tensor]) -> None:
        """Copy parameters shaped as in ``ncps``, [S,S], [I,S] or vectors; drop absent synapses."""
        for name, parameter in self.named_parameters():
            if name not in values:
                continue
            value = torch.as_tensor(values[name], dtype=parameter.dtype)
            if value.dim() == 2:
                prefix = "sensory_" if name.startswith("sensory_") else ""
                value = value[getattr(self, prefix + "pre"), getattr(self, prefix + "post")]
            if value.shape != parameter.shape:
                raise CoreInputError(
                    f"{name} has shape {list(value.shape)}; expected {list(parameter.shape)}"
                )
            parameter.copy_(value)


def _by_target(signs: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sources [N] of the synapses, sorted by target, and each target's first, [S+1]."""
    target, source = np.nonzero(signs.T)
    first = np.searchsorted(target, np.arange(signs.shape[1] + 1))
    return source.astype(np.int64), first.astype(np.int64)


def _uniform(size: int, low: float, high: float) -> Tensor:
    return torch.rand(size) * (high - low) + low
