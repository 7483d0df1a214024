"""Compiled kernels of an equivariant convolution, message and aggregation in one pass.

Layouts (all C-contiguous): ``x`` (N, X) and ``out`` (N, O) hold every irrep block as (m, u), component
first and channel last, so that the innermost loop runs over channels; ``y`` (E, Y) spherical harmonics of
the edges; ``w`` (E, W) path weights; ``src`` and ``dst`` (E,) node indices. ``paths`` is (P, 8) of
integers: x offset, y offset, output offset, weight offset, channels, 2l+1 of x, of y and of the output;
``coupling`` (P, 7, 7, 7) the coupling coefficients, normalisation included, zero-padded.
"""

from typing import Any

import numpy as np
from numba import njit

MAX_DIM = 7  # 2 l + 1 up to l = 3


@njit(cache=False, error_model="numpy")
def _nonzero(paths: Any, coupling: Any) -> Any:
    """Coupling coefficients that are not zero, three of four are: where each path begins, indices, values."""
    start = np.zeros(paths.shape[0] + 1, np.int64)
    index = np.zeros((coupling.size, 3), np.int64)
    value = np.zeros(coupling.size, coupling.dtype)
    count = 0
    for p in range(paths.shape[0]):
        for i in range(paths[p, 5]):
            for j in range(paths[p, 6]):
                for k in range(paths[p, 7]):
                    if coupling[p, i, j, k] != 0:
                        index[count, 0], index[count, 1], index[count, 2] = i, j, k
                        value[count] = coupling[p, i, j, k]
                        count += 1
        start[p + 1] = count
    return start, index, value


@njit(fastmath=True, cache=False, error_model="numpy")
def forward(x: Any, y: Any, w: Any, src: Any, dst: Any, paths: Any, coupling: Any, out: Any) -> None:
    """Accumulate the messages of all edges into ``out``."""
    start, index, value = _nonzero(paths, coupling)
    z = np.zeros((MAX_DIM, MAX_DIM), x.dtype)
    wx = np.zeros((MAX_DIM, paths[:, 4].max()), x.dtype)
    for e in range(src.size):
        xs, we, ye = x[src[e]], w[e], y[e]
        oe = out[dst[e]]
        for p in range(paths.shape[0]):
            ox, oy, oo, ow, mul = paths[p, 0], paths[p, 1], paths[p, 2], paths[p, 3], paths[p, 4]
            d1, d3 = paths[p, 5], paths[p, 7]
            z[:] = 0
            for q in range(start[p], start[p + 1]):
                z[index[q, 0], index[q, 2]] += value[q] * ye[oy + index[q, 1]]
            wp = we[ow : ow + mul]
            for i in range(d1):
                xi = xs[ox + i * mul : ox + (i + 1) * mul]
                for u in range(mul):
                    wx[i, u] = wp[u] * xi[u]
            for k in range(d3):
                o = oe[oo + k * mul : oo + (k + 1) * mul]
                for i in range(d1):
                    s = z[i, k]
                    wxi = wx[i]
                    for u in range(mul):
                        o[u] += s * wxi[u]


@njit(fastmath=True, cache=False, error_model="numpy")
def backward(  # noqa: PLR0913, PLR0917
    x: Any,
    y: Any,
    w: Any,
    src: Any,
    dst: Any,
    paths: Any,
    coupling: Any,
    g_out: Any,
    g_x: Any,
    g_y: Any,
    g_w: Any,
) -> None:
    """Accumulate the gradients with respect to nodes, harmonics and weights, given that of ``out``."""
    start, index, value = _nonzero(paths, coupling)
    z, r = np.zeros((MAX_DIM, MAX_DIM), x.dtype), np.zeros((MAX_DIM, MAX_DIM), x.dtype)
    wx, t = np.zeros(paths[:, 4].max(), x.dtype), np.zeros(paths[:, 4].max(), x.dtype)
    for e in range(src.size):
        xs, gx = x[src[e]], g_x[src[e]]
        we, gw = w[e], g_w[e]
        ye, gy = y[e], g_y[e]
        go_all = g_out[dst[e]]
        for p in range(paths.shape[0]):
            ox, oy, oo, ow, mul = paths[p, 0], paths[p, 1], paths[p, 2], paths[p, 3], paths[p, 4]
            z[:] = 0
            for q in range(start[p], start[p + 1]):
                z[index[q, 0], index[q, 2]] += value[q] * ye[oy + index[q, 1]]
            wp = we[ow : ow + mul]
            gwp = gw[ow : ow + mul]
            for i in range(paths[p, 5]):
                xi = xs[ox + i * mul : ox + (i + 1) * mul]
                gxi = gx[ox + i * mul : ox + (i + 1) * mul]
                for u in range(mul):
                    wx[u] = wp[u] * xi[u]
                    t[u] = 0
                for k in range(paths[p, 7]):
                    s = z[i, k]
                    go = go_all[oo + k * mul : oo + (k + 1) * mul]
                    total = x.dtype.type(0.0)
                    for u in range(mul):
                        t[u] += s * go[u]
                        total += wx[u] * go[u]
                    r[i, k] = total
                for u in range(mul):
                    gwp[u] += t[u] * xi[u]
                    gxi[u] += t[u] * wp[u]
            for q in range(start[p], start[p + 1]):
                gy[oy + index[q, 1]] += value[q] * r[index[q, 0], index[q, 2]]
