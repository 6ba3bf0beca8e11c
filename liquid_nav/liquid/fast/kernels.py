"""Loops of the LTC over one tile of LANES sequences that advance side by side, one SIMD lane each.

Arrays end in the lanes and the synapses are lists sorted by target, so that no gather is needed and
a neuron's sums stay in registers. Only the states, their rates of change and one reciprocal per
solver step are stored; the backward pass evaluates the sigmoids again, which costs less than
fetching them. Groups of arguments, all float32 unless stated: ``sensory`` and ``internal`` are
(source int64 [N], first synapse of each target int64 [S+1], w, sigma, mu, erev [N]); ``neurons`` is
(gleak, vleak, cm) [S]; ``mapping`` is (weight, bias) [I] of the input map.
"""

from typing import Any, Literal, TypedDict

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .simd import LANES, clip, load, splat, store, total

Floats = NDArray[np.float32]
"""An array of float32; the docstrings give the shapes."""
Integers = NDArray[np.int64]
"""An array of int64; the docstrings give the shapes."""
Synapses = tuple[Integers, Integers, Floats, Floats, Floats, Floats]
"""Source, first synapse of each target, w, sigma, mu, erev."""
Neurons = tuple[Floats, Floats, Floats]
"""gleak, vleak, cm."""
Pair = tuple[Floats, Floats]
"""Weight and bias of an affine map."""


class _Options(TypedDict):
    nogil: bool
    cache: bool
    fastmath: set[str]
    error_model: Literal["numpy"]


_OPTIONS: _Options = {
    "nogil": True,
    "cache": True,
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",
}
_EPSILON = np.float32(1e-8)
_TINY = np.float32(1e-12)
_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_LIMIT = np.float32(9.0)
# Minimax rational approximation of tanh on [-9, 9] (odd numerator, even denominator), good to a few
# units in the last place of float32; plain arithmetic, so that all lanes take the same path
_A1 = np.float32(4.89352455891786e-3)
_A3 = np.float32(6.37261928875436e-4)
_A5 = np.float32(1.48572235717979e-5)
_A7 = np.float32(5.12229709037114e-8)
_A9 = np.float32(-8.60467152213735e-11)
_A11 = np.float32(2.00018790482477e-13)
_A13 = np.float32(-2.76076847742355e-16)
_B0 = np.float32(4.89352518554385e-3)
_B2 = np.float32(2.26843463243900e-3)
_B4 = np.float32(1.18534705686654e-4)
_B6 = np.float32(1.19825839466702e-6)


@njit(inline="always", **_OPTIONS)
def _sigmoid(x: Any) -> Any:
    y = clip(_HALF * x, splat(_LIMIT))
    z = y * y
    p = y * (_A1 + z * (_A3 + z * (_A5 + z * (_A7 + z * (_A9 + z * (_A11 + z * _A13))))))
    q = _B0 + z * (_B2 + z * (_B4 + z * _B6))
    return _HALF + _HALF * (p / q)


@njit(**_OPTIONS)
def forward_tile(
    features: Floats,
    state: Floats,
    elapsed: Floats,
    first: int,
    unfolds: int,
    sensory: Synapses,
    internal: Synapses,
    neurons: Neurons,
    mapping: Pair,
    trajectory: Floats,
    inputs: Floats,
    v: Floats,
    u: Floats,
    q: Floats,
) -> None:
    """Advance sequences first .. first+LANES of features [B,T,I], state [B,S], elapsed [B,T].

    Fills trajectory [B,T,S] and what the backward pass needs: inputs [I*T,LANES] the features by
    lane; v, u, q [(T*U+1)*S,LANES] state before each solver step, its rate of change and 1 / (c + h
    conductance). Arrays v, u, q of two steps ([2*S,LANES]) are used in turn and keep nothing.
    """
    s_pre, s_start, s_w, s_sigma, s_mu, s_erev = sensory
    pre, start, w, sigma, mu, erev = internal
    gleak, vleak, cm = neurons
    batch, steps, width = features.shape
    units = state.shape[1]
    lanes = min(LANES, batch - first)
    slots = v.shape[0] // units
    h_all = np.zeros((steps, LANES), np.float32)
    for t in range(steps):
        for b in range(lanes):
            h_all[t, b] = elapsed[first + b, t] / np.float32(unfolds)
        for i in range(width):
            for b in range(lanes):
                inputs[i * steps + t, b] = features[first + b, t, i]
    drive = np.empty((units * steps, LANES), np.float32)
    rate = np.empty((units * steps, LANES), np.float32)
    for i in range(units):
        for t in range(steps):
            a = splat(gleak[i] * vleak[i])
            d = splat(gleak[i] + _EPSILON)
            for n in range(s_start[i], s_start[i + 1]):
                slope = s_sigma[n] * mapping[0][s_pre[n]]
                shift = s_sigma[n] * (s_mu[n] - mapping[1][s_pre[n]])
                s = _sigmoid(slope * load(inputs, s_pre[n] * steps + t) - shift)
                a = a + (s_w[n] * s_erev[n]) * s
                d = d + s_w[n] * s
            store(drive, i * steps + t, a)
            store(rate, i * steps + t, d)

    for i in range(units):
        for b in range(LANES):
            v[i, b] = state[first + b, i] if b < lanes else _ZERO
    step = 0
    for t in range(steps):
        h = load(h_all, t)
        for _ in range(unfolds):
            now = (step % slots) * units
            after = ((step + 1) % slots) * units
            for i in range(units):
                a = load(drive, i * steps + t)
                d = load(rate, i * steps + t)
                x = load(v, now + i)
                for n in range(start[i], start[i + 1]):
                    s = _sigmoid(sigma[n] * load(v, now + pre[n]) - sigma[n] * mu[n])
                    a = a + (w[n] * erev[n]) * s
                    d = d + w[n] * s
                reciprocal = _ONE / (h * d + (cm[i] + _TINY))
                velocity = (a - d * x) * reciprocal
                store(q, now + i, reciprocal)
                store(u, now + i, velocity)
                store(v, after + i, x + h * velocity)
            step += 1
        now = (step % slots) * units
        for b in range(lanes):
            for i in range(units):
                trajectory[first + b, t, i] = v[now + i, b]


@njit(**_OPTIONS)
def backward_tile(
    grad: Floats,
    elapsed: Floats,
    first: int,
    unfolds: int,
    sensory: Synapses,
    internal: Synapses,
    neurons: Neurons,
    mapping: Pair,
    inputs: Floats,
    v: Floats,
    u: Floats,
    q: Floats,
    g_features: Floats,
    g_state: Floats,
    g_elapsed: Floats,
    s_grads: Floats,
    grads: Floats,
    n_grads: Floats,
    i_grads: Floats,
) -> None:
    """Carry grad [B,T,S] back through sequences first .. first+LANES.

    Fills g_features, g_state, g_elapsed and this tile's share of the parameters' gradients: s_grads
    [4,Ns] and grads [4,N] (rows w, sigma, mu, erev), n_grads [3,S] (gleak, vleak, cm), i_grads
    [2,I] (input weight, bias).
    """
    s_pre, s_start, s_w, s_sigma, s_mu, s_erev = sensory
    pre, start, w, sigma, mu, erev = internal
    gleak, vleak, cm = neurons
    batch, steps, units = grad.shape
    width = mapping[0].shape[0]
    synapses = pre.shape[0]
    lanes = min(LANES, batch - first)
    g_drive = np.empty((units * steps, LANES), np.float32)
    g_rate = np.empty((units * steps, LANES), np.float32)
    sums = np.zeros((4 * synapses, LANES), np.float32)
    g_cm = np.zeros((units, LANES), np.float32)
    g = np.zeros((units, LANES), np.float32)
    g_old = np.zeros((units, LANES), np.float32)
    ga_all = np.empty((units, LANES), np.float32)
    gd_all = np.empty((units, LANES), np.float32)
    h_row = np.zeros((1, LANES), np.float32)
    g_h_row = np.zeros((1, LANES), np.float32)
    for t in range(steps - 1, -1, -1):
        for b in range(lanes):
            h_row[0, b] = elapsed[first + b, t] / np.float32(unfolds)
            for i in range(units):
                g[i, b] += grad[first + b, t, i]
        h = load(h_row, 0)
        g_h = splat(_ZERO)
        for k in range(unfolds - 1, -1, -1):
            now = (t * unfolds + k) * units
            for i in range(units):
                gq = load(g, i) * load(q, now + i)
                velocity = load(u, now + i)
                ga = h * gq
                gd = splat(_ZERO) - ga * (load(v, now + i) + h * velocity)
                back = (cm[i] + _TINY) * gq
                g_h = g_h + back * velocity
                store(g_cm, i, load(g_cm, i) - ga * velocity)
                store(g_old, i, back)
                store(ga_all, i, ga)
                store(gd_all, i, gd)
                last = k == unfolds - 1
                store(g_drive, i * steps + t, ga if last else ga + load(g_drive, i * steps + t))
                store(g_rate, i * steps + t, gd if last else gd + load(g_rate, i * steps + t))
            for i in range(units):
                ga = load(ga_all, i)
                gd = load(gd_all, i)
                for n in range(start[i], start[i + 1]):
                    away = load(v, now + pre[n]) - mu[n]
                    s = _sigmoid(sigma[n] * away)
                    gz = (w[n] * (erev[n] * ga + gd)) * (s * (_ONE - s))
                    store(sums, 4 * n, load(sums, 4 * n) + s * ga)
                    store(sums, 4 * n + 1, load(sums, 4 * n + 1) + s * gd)
                    store(sums, 4 * n + 2, load(sums, 4 * n + 2) + gz)
                    store(sums, 4 * n + 3, load(sums, 4 * n + 3) + gz * away)
                    store(g_old, pre[n], load(g_old, pre[n]) + sigma[n] * gz)
            g, g_old = g_old, g
        store(g_h_row, 0, g_h)
        for b in range(lanes):
            g_elapsed[first + b, t] = g_h_row[0, b] / np.float32(unfolds)
    for b in range(lanes):
        for i in range(units):
            g_state[first + b, i] = g[i, b]
    for n in range(synapses):
        a = total(load(sums, 4 * n))
        d = total(load(sums, 4 * n + 1))
        grads[0, n] = erev[n] * a + d
        grads[1, n] = total(load(sums, 4 * n + 3))
        grads[2, n] = -sigma[n] * total(load(sums, 4 * n + 2))
        grads[3, n] = w[n] * a

    g_inputs = np.zeros((width * steps, LANES), np.float32)
    for i in range(units):
        a = splat(_ZERO)
        d = splat(_ZERO)
        for t in range(steps):
            a = a + load(g_drive, i * steps + t)
            d = d + load(g_rate, i * steps + t)
        n_grads[0, i] = vleak[i] * total(a) + total(d)
        n_grads[1, i] = gleak[i] * total(a)
        n_grads[2, i] = total(load(g_cm, i))
        for n in range(s_start[i], s_start[i + 1]):
            gain = mapping[0][s_pre[n]]
            centre = s_mu[n] - mapping[1][s_pre[n]]
            s_a = splat(_ZERO)
            s_d = splat(_ZERO)
            s_z = splat(_ZERO)
            s_x = splat(_ZERO)
            for t in range(steps):
                row = s_pre[n] * steps + t
                x = load(inputs, row)
                ga = load(g_drive, i * steps + t)
                gd = load(g_rate, i * steps + t)
                s = _sigmoid(s_sigma[n] * (gain * x - centre))
                gz = (s_w[n] * (s_erev[n] * ga + gd)) * (s * (_ONE - s))
                s_a = s_a + s * ga
                s_d = s_d + s * gd
                s_z = s_z + gz
                s_x = s_x + gz * x
                store(g_inputs, row, load(g_inputs, row) + s_sigma[n] * gz)
            a_n = total(s_a)
            z_n = total(s_z)
            x_n = total(s_x)
            s_grads[0, n] = s_erev[n] * a_n + total(s_d)
            s_grads[1, n] = gain * x_n - centre * z_n
            s_grads[2, n] = -s_sigma[n] * z_n
            s_grads[3, n] = s_w[n] * a_n
            i_grads[0, s_pre[n]] += s_sigma[n] * x_n
            i_grads[1, s_pre[n]] += s_sigma[n] * z_n
    for t in range(steps):
        for i in range(width):
            for b in range(lanes):
                g_features[first + b, t, i] = g_inputs[i * steps + t, b] * mapping[0][i]


@njit(**_OPTIONS)
def fault(features: Floats, state: Floats, elapsed: Floats) -> int:
    """Return 0 for good values, else what is wrong.

    1, 2 or 3: NaN or infinity in features, state or elapsed; 4: negative time.
    """
    code = 0
    if not np.isfinite(features.sum()):
        code = 1
    elif not np.isfinite(state.sum()):
        code = 2
    elif not np.isfinite(elapsed.sum()):
        code = 3
    elif elapsed.min() < _ZERO:
        code = 4
    return code


@njit(**_OPTIONS)
def infer_tile(
    features: Floats,
    state: Floats,
    elapsed: Floats,
    unfolds: int,
    sensory: Synapses,
    internal: Synapses,
    neurons: Neurons,
    mapping: Pair,
    readout: Pair,
    first_motor: int,
    validate: bool,
) -> tuple[int, Floats, Floats]:
    """Check and advance at most LANES sequences.

    Returns (fault, outputs [B,T,O], states [B,T,S]); see ``fault``.
    """
    batch, steps, width = features.shape
    units = state.shape[1]
    motors = readout[0].shape[0]
    states = np.empty((batch, steps, units), np.float32)
    outputs = np.empty((batch, steps, motors), np.float32)
    code = fault(features, state, elapsed) if validate else 0
    if code == 0:
        inputs = np.zeros((width * steps, LANES), np.float32)
        v = np.empty((2 * units, LANES), np.float32)
        u = np.empty_like(v)
        q = np.empty_like(v)
        forward_tile(
            features,
            state,
            elapsed,
            0,
            unfolds,
            sensory,
            internal,
            neurons,
            mapping,
            states,
            inputs,
            v,
            u,
            q,
        )
        for b in range(batch):
            for t in range(steps):
                for i in range(motors):
                    outputs[b, t, i] = readout[0][i] * states[b, t, first_motor + i] + readout[1][i]
    return code, outputs, states
