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


@njit(fastmath=True, cache=False, error_model="numpy")
def forward(x: Any, y: Any, w: Any, src: Any, dst: Any, paths: Any, coupling: Any, out: Any) -> None:
    """Accumulate the messages of all edges into ``out``."""
    z = np.zeros((MAX_DIM, MAX_DIM), x.dtype)
    for e in range(src.size):
        xs = x[src[e]]
        we = w[e]
        oe = out[dst[e]]
        for p in range(paths.shape[0]):
            ox, oy, oo, ow, mul = paths[p, 0], paths[p, 1], paths[p, 2], paths[p, 3], paths[p, 4]
            d1, d2, d3 = paths[p, 5], paths[p, 6], paths[p, 7]
            for i in range(d1):
                for k in range(d3):
                    s = coupling[p, i, 0, k] * y[e, oy]
                    for j in range(1, d2):
                        s += coupling[p, i, j, k] * y[e, oy + j]
                    z[i, k] = s
            for k in range(d3):
                o = oe[oo + k * mul : oo + (k + 1) * mul]
                for i in range(d1):
                    s = z[i, k]
                    xi = xs[ox + i * mul : ox + (i + 1) * mul]
                    wp = we[ow : ow + mul]
                    for u in range(mul):
                        o[u] += s * wp[u] * xi[u]


@njit(fastmath=True, cache=False, error_model="numpy")
def backward(  # noqa: C901, PLR0913, PLR0917
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
    z = np.zeros((MAX_DIM, MAX_DIM), x.dtype)
    wx = np.zeros(2 * paths[:, 4].max(), x.dtype)
    for e in range(src.size):
        xs, gx = x[src[e]], g_x[src[e]]
        we, gw = w[e], g_w[e]
        go_all = g_out[dst[e]]
        for p in range(paths.shape[0]):
            ox, oy, oo, ow, mul = paths[p, 0], paths[p, 1], paths[p, 2], paths[p, 3], paths[p, 4]
            d1, d2, d3 = paths[p, 5], paths[p, 6], paths[p, 7]
            for i in range(d1):
                for k in range(d3):
                    s = coupling[p, i, 0, k] * y[e, oy]
                    for j in range(1, d2):
                        s += coupling[p, i, j, k] * y[e, oy + j]
                    z[i, k] = s
            wp = we[ow : ow + mul]
            gwp = gw[ow : ow + mul]
            for i in range(d1):
                xi = xs[ox + i * mul : ox + (i + 1) * mul]
                gxi = gx[ox + i * mul : ox + (i + 1) * mul]
                t = wx[mul : 2 * mul]
                for u in range(mul):
                    wx[u] = wp[u] * xi[u]
                    t[u] = 0.0
                for k in range(d3):
                    s = z[i, k]
                    go = go_all[oo + k * mul : oo + (k + 1) * mul]
                    r = x.dtype.type(0.0)
                    for u in range(mul):
                        t[u] += s * go[u]
                        r += wx[u] * go[u]
                    for j in range(d2):
                        g_y[e, oy + j] += coupling[p, i, j, k] * r
                for u in range(mul):
                    gwp[u] += t[u] * xi[u]
                    gxi[u] += t[u] * wp[u]
