"""Ask PyTorch 2.13 (float64, on the CPU) the questions of vgg_questions.py and write its answers to vgg_answers.safetensors.

Run by hand, in any environment that has torch, numpy and safetensors; minigan itself is not needed, the file of all 13
convolutions of VGG-16 is:

    python tests/oracle/make_vgg_answers.py vgg16_conv5_3.safetensors
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from safetensors.torch import load_file
from vgg_questions import DEEP_STAGES, GRADIENTS, SHIPPED_STAGES, SIZES, digest, image, weight

torch.set_default_dtype(torch.float64)


def stages(x, weights):
    """x (1, H, W, 3) RGB in [-1, 1] -> {stage: (1, C, H, W)}, each after its ReLU."""
    y = 255 * (x.permute(0, 3, 1, 2).flip(1) + 1) / 2 - torch.tensor([103.939, 116.779, 123.68])[:, None, None]
    found, number = {}, 0
    for name in (*SHIPPED_STAGES, *DEEP_STAGES):
        if name.startswith("pool"):
            y, number = F.max_pool2d(y, 2), number + 1
        else:
            y = F.conv2d(y, weights[f"features.{number}.weight"], weights[f"features.{number}.bias"], padding=1).relu()
            number += 2
        found[name] = y
    return found


def nhwc(y):
    return y.detach().permute(0, 2, 3, 1).numpy()


def main():
    weights = {name: a.double() for name, a in load_file(sys.argv[1]).items()}
    answers = {}
    for size in SIZES:
        x = torch.tensor(image(size).astype("float64"), requires_grad=True)
        found = stages(x, weights)
        answers |= {f"{size} {name}": digest(name, nhwc(y)) for name, y in found.items()}
        for name, chosen in GRADIENTS.items():
            sent = [torch.tensor(weight(stage, nhwc(found[stage]))).permute(0, 3, 1, 2) for stage in chosen]
            (dx,) = torch.autograd.grad([found[stage] for stage in chosen], x, sent, retain_graph=True)
            answers[f"{size} dx {name}"] = digest(f"dx {name}", dx.numpy())
    save_file(answers, Path(__file__).with_name("vgg_answers.safetensors"), {"torch": torch.__version__})


if __name__ == "__main__":
    main()
