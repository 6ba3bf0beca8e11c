"""Loops of the LTC over one tile of LANES sequences that advance side by side, one SIMD lane each.

Arrays end in the lanes, so the inner loops are contiguous and the synapses, kept as sorted lists, need no
gather. Nothing but the states, rates and reciprocals of the solver steps is stored; the backward pass evaluates
the sigmoids again, which costs less than fetching them. Notation: K = T * LANES columns, N synapses, U unfolds.
"""

import numpy as np
from numba import njit

LANES = 8
_FLAGS = {"reassoc", "contract", "arcp", "nsz"}
_OPTIONS = {"nogil": True, "cache": True, "fastmath": _FLAGS, "error_model": "numpy", "boundscheck": False}
_EPSILON = np.float32(1e-8)
_TINY = np.float32(1e-12)
_HALF, _ONE, _LIMIT = np.float32(0.5), np.float32(1.0), np.float32(9.0)
# minimax rational approximation of tanh on [-9, 9] (odd numerator, even denominator), good to a few units in
# the last place of float32; pure arithmetic, so that the compiler turns it into SIMD code
_A1, _A3, _A5, _A7 = (
    np.float32(a)
    for a in (4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8)
)
_A9, _A11, _A13 = (
    np.float32(a) for a in (-8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16)
)
_B0, _B2, _B4, _B6 = (
    np.float32(b)
    for b in (4.89352518554385e-3, 2.26843463243900e-3, 1.18534705686654e-4, 1.19825839466702e-6)
)


@njit(inline="always", **_OPTIONS)
def _sigmoid(x):
    y = _HALF * x
    y = y if y < _LIMIT else _LIMIT
    y = y if y > -_LIMIT else -_LIMIT
    z = y * y
    p = y * (_A1 + z * (_A3 + z * (_A5 + z * (_A7 + z * (_A9 + z * (_A11 + z * _A13))))))
    q = _B0 + z * (_B2 + z * (_B4 + z * _B6))
    return _HALF + _HALF * (p / q)


@njit(**_OPTIONS)
def forward_tile(
    features,
    state,
    elapsed,
    first,
    unfolds,
    s_pre,
    s_post,
    s_w,
    s_sigma,
    s_mu,
    s_erev,
    pre,
    post,
    w,
    sigma,
    mu,
    erev,
    gleak,
    vleak,
    cm,
    input_w,
    input_b,
    trajectory,
    inputs,
    v_all,
    u_all,
    q_all,
):
    """Advance sequences first .. first+LANES; fills trajectory [B,T,S] and what the backward pass needs.

    inputs [I,K]: mapped features; v_all, u_all, q_all [T*U,S,LANES]: state before each solver step, its rate
    of change and 1 / (c + h conductance). When they hold one step only ([1,S,LANES]) nothing is kept.
    """
    batch, steps, width = features.shape
    units = state.shape[1]
    lanes = min(LANES, batch - first)
    keep = v_all.shape[0] > 1
    columns = steps * LANES
    for t in range(steps):
        for b in range(lanes):
            for i in range(width):
                inputs[i, t * LANES + b] = features[first + b, t, i] * input_w[i] + input_b[i]
    drive, rate = np.empty((units, columns), np.float32), np.empty((units, columns), np.float32)
    for i in range(units):
        drive[i, :] = gleak[i] * vleak[i]
        rate[i, :] = gleak[i] + _EPSILON
    for n in range(s_pre.shape[0]):
        x, a, d = inputs[s_pre[n]], drive[s_post[n]], rate[s_post[n]]
        slope, shift, weight, reversal = s_sigma[n], s_sigma[n] * s_mu[n], s_w[n], s_w[n] * s_erev[n]
        for k in range(columns):
            s = _sigmoid(slope * x[k] - shift)
            a[k] += reversal * s
            d[k] += weight * s

    v = np.zeros((units, LANES), np.float32)
    h = np.zeros(LANES, np.float32)
    a_all, d_all = np.empty((units, LANES), np.float32), np.empty((units, LANES), np.float32)
    for b in range(lanes):
        for i in range(units):
            v[i, b] = state[first + b, i]
    for t in range(steps):
        for b in range(lanes):
            h[b] = elapsed[first + b, t] / np.float32(unfolds)
        for k in range(unfolds):
            slot = t * unfolds + k if keep else 0
            v_old, u_row, q_row = v_all[slot], u_all[slot], q_all[slot]
            for i in range(units):
                for b in range(LANES):
                    a_all[i, b] = drive[i, t * LANES + b]
                    d_all[i, b] = rate[i, t * LANES + b]
                    v_old[i, b] = v[i, b]
            for n in range(pre.shape[0]):
                x, a, d = v[pre[n]], a_all[post[n]], d_all[post[n]]
                slope, shift, weight, reversal = sigma[n], sigma[n] * mu[n], w[n], w[n] * erev[n]
                for b in range(LANES):
                    s = _sigmoid(slope * x[b] - shift)
                    a[b] += reversal * s
                    d[b] += weight * s
            for i in range(units):
                for b in range(LANES):
                    q = _ONE / (cm[i] + h[b] * d_all[i, b] + _TINY)
                    u = (a_all[i, b] - d_all[i, b] * v[i, b]) * q
                    q_row[i, b] = q
                    u_row[i, b] = u
                    v[i, b] += h[b] * u
        for b in range(lanes):
            for i in range(units):
                trajectory[first + b, t, i] = v[i, b]


@njit(**_OPTIONS)
def backward_tile(
    grad,
    features,
    elapsed,
    first,
    unfolds,
    s_pre,
    s_post,
    s_w,
    s_sigma,
    s_mu,
    s_erev,
    pre,
    post,
    w,
    sigma,
    mu,
    erev,
    gleak,
    vleak,
    cm,
    input_w,
    inputs,
    v_all,
    u_all,
    q_all,
    g_features,
    g_state,
    g_elapsed,
    s_grads,
    grads,
    n_grads,
    i_grads,
):
    """Carry grad [B,T,S] back through sequences first .. first+LANES.

    Fills g_features, g_state, g_elapsed and this tile's share of the parameters' gradients: s_grads [4,Ns] and
    grads [4,N] (rows w, sigma, mu, erev), n_grads [3,S] (gleak, vleak, cm), i_grads [2,I] (input w, b).
    """
    batch, steps, width = features.shape
    units = gleak.shape[0]
    lanes = min(LANES, batch - first)
    columns = steps * LANES
    g_drive, g_rate = np.zeros((units, columns), np.float32), np.zeros((units, columns), np.float32)
    sums = np.zeros((4, pre.shape[0], LANES), np.float32)
    g_cm = np.zeros((units, LANES), np.float32)
    g, g_old = np.zeros((units, LANES), np.float32), np.empty((units, LANES), np.float32)
    ga_all, gd_all = np.empty((units, LANES), np.float32), np.empty((units, LANES), np.float32)
    h, g_h = np.zeros(LANES, np.float32), np.empty(LANES, np.float32)
    for t in range(steps - 1, -1, -1):
        g_h[:] = np.float32(0.0)
        for b in range(lanes):
            h[b] = elapsed[first + b, t] / np.float32(unfolds)
            for i in range(units):
                g[i, b] += grad[first + b, t, i]
        for k in range(unfolds - 1, -1, -1):
            slot = t * unfolds + k
            v, u, q = v_all[slot], u_all[slot], q_all[slot]
            for i in range(units):
                c = cm[i] + _TINY
                for b in range(LANES):
                    gq = g[i, b] * q[i, b]
                    ga = gq * h[b]
                    gd = -ga * (v[i, b] + h[b] * u[i, b])
                    g_cm[i, b] -= ga * u[i, b]
                    g_h[b] += c * gq * u[i, b]
                    g_old[i, b] = c * gq
                    ga_all[i, b] = ga
                    gd_all[i, b] = gd
                    g_drive[i, t * LANES + b] += ga
                    g_rate[i, t * LANES + b] += gd
            for n in range(pre.shape[0]):
                x, gx, ga, gd = v[pre[n]], g_old[pre[n]], ga_all[post[n]], gd_all[post[n]]
                s_a, s_d, s_z, s_x = sums[0, n], sums[1, n], sums[2, n], sums[3, n]
                slope, centre, weight, reversal = sigma[n], mu[n], w[n], erev[n]
                for b in range(LANES):
                    away = x[b] - centre
                    s = _sigmoid(slope * away)
                    gz = weight * (reversal * ga[b] + gd[b]) * s * (_ONE - s)
                    s_a[b] += s * ga[b]
                    s_d[b] += s * gd[b]
                    s_z[b] += gz
                    s_x[b] += gz * away
                    gx[b] += slope * gz
            g, g_old = g_old, g
        for b in range(lanes):
            g_elapsed[first + b, t] = g_h[b] / np.float32(unfolds)
    for b in range(lanes):
        for i in range(units):
            g_state[first + b, i] = g[i, b]
    for n in range(pre.shape[0]):
        a, d, z, x = sums[0, n].sum(), sums[1, n].sum(), sums[2, n].sum(), sums[3, n].sum()
        grads[0, n], grads[1, n], grads[2, n], grads[3, n] = erev[n] * a + d, x, -sigma[n] * z, w[n] * a
    for i in range(units):
        a, d = g_drive[i].sum(), g_rate[i].sum()
        n_grads[0, i], n_grads[1, i], n_grads[2, i] = vleak[i] * a + d, gleak[i] * a, g_cm[i].sum()

    g_inputs = np.zeros((width, columns), np.float32)
    for n in range(s_pre.shape[0]):
        x, gx, ga, gd = inputs[s_pre[n]], g_inputs[s_pre[n]], g_drive[s_post[n]], g_rate[s_post[n]]
        slope, centre, weight, reversal = s_sigma[n], s_mu[n], s_w[n], s_erev[n]
        s_a, s_d, s_z, s_x = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for k in range(columns):
            away = x[k] - centre
            s = _sigmoid(slope * away)
            gz = weight * (reversal * ga[k] + gd[k]) * s * (_ONE - s)
            s_a += s * ga[k]
            s_d += s * gd[k]
            s_z += gz
            s_x += gz * away
            gx[k] += slope * gz
        s_grads[0, n], s_grads[1, n] = reversal * s_a + s_d, s_x
        s_grads[2, n], s_grads[3, n] = -slope * s_z, weight * s_a
    for b in range(lanes):
        for t in range(steps):
            for i in range(width):
                gi = g_inputs[i, t * LANES + b]
                g_features[first + b, t, i] = gi * input_w[i]
                i_grads[0, i] += gi * features[first + b, t, i]
                i_grads[1, i] += gi
