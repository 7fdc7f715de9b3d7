"""The network that marks cores: an encoder and a decoder with bridges between them (U-Net, Ronneberger 2015)."""

from typing import Final

import torch
from torch import Tensor, nn

LEVELS: Final = 5


class _Bridged(nn.Module):
    """Image (N, 3, 256, 256) -> logits (N, 1, 128, 128)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        wide = [width * min(level + 1, 5) for level in range(LEVELS + 1)]
        self.down = nn.ModuleList([_layer(3, wide[0], stride=2)])
        self.down.extend(_layer(wide[level], wide[level + 1], stride=2) for level in range(LEVELS))
        self.up = nn.ModuleList(
            _layer(wide[level + 1] + wide[level], wide[level], stride=1) for level in reversed(range(LEVELS))
        )
        self.mark = nn.Conv2d(wide[0], 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        bridges: list[Tensor] = []
        state = images
        for layer in self.down:
            state = layer(state)
            bridges.append(state)
        for layer, bridge in zip(self.up, reversed(bridges[:-1]), strict=True):
            state = nn.functional.interpolate(state, scale_factor=2.0, mode="nearest")
            state = layer(torch.cat([state, bridge], dim=1))
        marks: Tensor = self.mark(state)
        return marks


def network(width: int) -> nn.Module:
    """Return the untrained network; `width` is the number of channels of its first layer.

    Raises:
        ValueError: a width outside 4 to 128.
    """
    if not 4 <= width <= 128:
        raise ValueError(f"a width of {width} is outside 4 to 128")
    return _Bridged(width)


def _layer(inner: int, outer: int, *, stride: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inner, outer, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
        nn.Conv2d(outer, outer, 3, padding=1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
    )
