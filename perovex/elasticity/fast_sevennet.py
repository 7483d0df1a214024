"""SevenNet on CPU with its convolutions replaced by compiled kernels that never store a message."""

from typing import Any

import numpy as np
import torch
from e3nn.o3 import Irreps, wigner_3j
from torch import nn

from perovex.elasticity import _convolution_kernels as kernels


class _Convolve(torch.autograd.Function):
    """Sum over edges of weight * (node x harmonics), with its first derivative."""

    @staticmethod
    def forward(ctx, x, y, w, src, dst, paths, coupling, width):  # noqa: PLR0913
        out = torch.zeros((x.shape[0], width), dtype=x.dtype)
        args = [t.detach().numpy() for t in (x, y, w)]
        kernels.forward(*args, src, dst, paths, coupling, out.numpy())
        ctx.args = args, src, dst, paths, coupling
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x, y, w), src, dst, paths, coupling = ctx.args
        grads = [np.zeros_like(a) for a in (x, y, w)]
        kernels.backward(x, y, w, src, dst, paths, coupling, g.contiguous().numpy(), *grads)
        return (*(torch.from_numpy(a) for a in grads), None, None, None, None, None)


def _channel_last(irreps: Irreps) -> torch.Tensor:
    """Index that takes an (u, m) feature row to (m, u) blocks."""
    parts, start = [], 0
    for mul, ir in irreps:
        parts.append(start + torch.arange(mul * ir.dim).reshape(mul, ir.dim).T.reshape(-1))
        start += mul * ir.dim
    return torch.cat(parts)


class FusedConvolution(nn.Module):
    """Drop-in replacement of SevenNet's ``IrrepsConvolution`` for inference on CPU."""

    def __init__(self, original: Any) -> None:
        super().__init__()
        product = original.convolution
        in1, in2, out = (Irreps(i) for i in (product.irreps_in1, product.irreps_in2, product.irreps_out))
        rows, couplings, weight = [], [], 0
        for ins in product.instructions:
            a, b, c = in1[ins.i_in1], in2[ins.i_in2], out[ins.i_out]
            if ins.connection_mode != "uvu" or b.mul != 1 or not ins.has_weight:
                msg = f"cannot fuse the path {ins}"
                raise ValueError(msg)
            slices = in1.slices()[ins.i_in1], in2.slices()[ins.i_in2], out.slices()[ins.i_out]
            rows.append([*(s.start for s in slices), weight, a.mul, a.ir.dim, b.ir.dim, c.ir.dim])
            weight += a.mul
            block = np.zeros((7, 7, 7))
            w3j = wigner_3j(a.ir.l, b.ir.l, c.ir.l, dtype=torch.float64).numpy() * ins.path_weight
            block[: w3j.shape[0], : w3j.shape[1], : w3j.shape[2]] = w3j
            couplings.append(block)
        self.paths = np.array(rows, dtype=np.int64)
        self.coupling = np.array(couplings)
        self.width = out.dim
        self.weight_nn = original.weight_nn
        self.denominator = original.denominator
        self.keys = original.key_x, original.key_filter, original.key_weight_input, original.key_edge_idx
        self.register_buffer("to_kernel", _channel_last(in1), persistent=False)
        self.register_buffer("from_kernel", torch.argsort(_channel_last(out)), persistent=False)

    def forward(self, data: Any) -> Any:
        """Replace the node features by the aggregated messages."""
        key_x, key_y, key_w, key_edge = self.keys
        x, edge = data[key_x], data[key_edge]
        out = _Convolve.apply(
            x[:, self.to_kernel],
            data[key_y].contiguous(),
            self.weight_nn(data[key_w]).contiguous(),
            edge[1].numpy(),
            edge[0].numpy(),
            self.paths,
            self.coupling.astype(x.detach().numpy().dtype),
            self.width,
        )
        data[key_x] = out[:, self.from_kernel].div(self.denominator)
        return data


def fuse(model: Any) -> Any:
    """Replace, in place, the convolutions of a SevenNet model; parameters are frozen (inference only)."""
    model.requires_grad_(False)
    for name, module in list(model._modules.items()):
        if type(module).__name__ == "IrrepsConvolution":
            model._modules[name] = FusedConvolution(module)
    return model
