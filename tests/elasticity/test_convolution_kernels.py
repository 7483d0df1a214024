"""Compiled convolutions against plain sums, and their gradients against finite differences."""

import numpy as np
import pytest

pytest.importorskip("numba")

from perovex.elasticity.potentials.convolution_kernels import MAX_DIM, backward, forward

#: Blocks: x offset, y offset, output offset, weight offset, channels, 2l+1 of x, of y, of the output.
PATHS = np.array([[0, 0, 0, 0, 2, 1, 1, 1], [0, 1, 2, 2, 2, 1, 3, 3], [2, 1, 0, 4, 2, 3, 3, 1]])
NODES, EDGES = 4, 7


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    coupling = np.zeros((len(PATHS), MAX_DIM, MAX_DIM, MAX_DIM))
    for p, (*_, d1, d2, d3) in enumerate(PATHS):
        coupling[p, :d1, :d2, :d3] = rng.normal(size=(d1, d2, d3))
    coupling[1, 0, 1, 1] = coupling[2, 1, :, 0] = 0.0  # most coefficients are zero
    x, y, w = rng.normal(size=(NODES, 8)), rng.normal(size=(EDGES, 4)), rng.normal(size=(EDGES, 6))
    return x, y, w, rng.integers(NODES, size=EDGES), rng.integers(NODES, size=EDGES), PATHS, coupling


def plain(x, y, w, src, dst, paths, coupling):
    out = np.zeros((NODES, 8))
    for e in range(EDGES):
        for p, (ox, oy, oo, ow, mul, d1, d2, d3) in enumerate(paths):
            block = x[src[e], ox : ox + d1 * mul].reshape(d1, mul)
            message = np.einsum("iu,j,ijk,u->ku", block, y[e, oy : oy + d2], coupling[p, :d1, :d2, :d3],
                                w[e, ow : ow + mul])  # fmt: skip
            out[dst[e], oo : oo + d3 * mul] += message.ravel()
    return out


def test_messages_are_sums_over_edges_and_paths(arrays):
    out = np.zeros((NODES, 8))
    forward(*arrays, out)
    assert out == pytest.approx(plain(*arrays))


@pytest.mark.parametrize("which", [0, 1, 2], ids=["nodes", "harmonics", "weights"])
def test_gradients_are_those_of_the_sums(arrays, which):
    g_out = np.random.default_rng(1).normal(size=(NODES, 8))
    gradients = [np.zeros_like(array) for array in arrays[:3]]
    backward(*arrays, g_out, *gradients)
    step = 1e-6
    for place in np.ndindex(arrays[which].shape):
        ends = []
        for sign in (1, -1):
            moved = [array.copy() for array in arrays[:3]]
            moved[which][place] += sign * step
            ends.append((plain(*moved, *arrays[3:]) * g_out).sum())
        assert gradients[which][place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-6)
