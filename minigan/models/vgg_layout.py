"""VGG on paper: the stages of each depth, and the names and shapes of their parameters in torchvision's files.

torchvision numbers the layers of `features` one by one, ReLUs and pools included: in VGG-16 conv1_2 is features.2, in VGG-16 with
batch norm features.3.  So the numbers in a file tell which VGG it is.
"""

from typing import NamedTuple

BLOCKS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}  # convolutions, then a pool
WIDTHS = (64, 128, 256, 512, 512)  # the channels of each block
DENSE = {
    "classifier.0": ("fc6", 512 * 49, 4096),
    "classifier.3": ("fc7", 4096, 4096),
    "classifier.6": ("fc8", 4096, 1000),
}
TIMM = {"pre_logits.fc1": "classifier.0", "pre_logits.fc2": "classifier.3", "head.fc": "classifier.6"}
NORM = {"weight": "gamma", "bias": "beta", "running_mean": "running_mean", "running_var": "running_var"}


class Parameter(NamedTuple):
    """One array of a file: whose it is, which of its arrays, and its shape there."""

    stage: str  # conv1_1, ..., fc8
    array: str  # W, b, or one of BatchNorm's gamma, beta, running_mean, running_var
    shape: tuple[int, ...]


def stages(depth: int) -> dict[str, int]:
    """{"conv1_1": 64, "conv1_2": 64, "pool1": 64, ...}: the stages in order, each with its channels."""
    found: dict[str, int] = {}
    for block, (many, width) in enumerate(zip(BLOCKS[depth], WIDTHS, strict=True), 1):
        found |= {f"conv{block}_{i}": width for i in range(1, many + 1)} | {f"pool{block}": width}
    return found


def parameters(depth: int, batch_norm: bool) -> dict[str, Parameter]:
    """{"features.0.weight": ("conv1_1", "W", (64, 3, 3, 3)), ...}, in the order of the layers."""
    found: dict[str, Parameter] = {}
    number, c_in = 0, 3
    for stage, c_out in stages(depth).items():
        if stage.startswith("pool"):
            number += 1
            continue
        found[f"features.{number}.weight"] = Parameter(stage, "W", (c_out, c_in, 3, 3))
        found[f"features.{number}.bias"] = Parameter(stage, "b", (c_out,))
        if batch_norm:
            found |= {
                f"features.{number + 1}.{theirs}": Parameter(stage, ours, (c_out,)) for theirs, ours in NORM.items()
            }
        number, c_in = number + 2 + batch_norm, c_out
    for name, (stage, n_in, n_out) in DENSE.items():
        found[f"{name}.weight"] = Parameter(stage, "W", (n_out, n_in))
        found[f"{name}.bias"] = Parameter(stage, "b", (n_out,))
    return found
