"""VGG-16 with its real weights against PyTorch: every stage, and gradients in the image through several stages at once.

Run as a program it prints the error of every answer: python tests/oracle/test_vgg_answers.py [FILE], where FILE holds all 13
convolutions.  pytest finds that file by the environment variable MINIGAN_VGG16; without it only the part that comes with
the package is tested.

In float32 a ReLU whose input is within rounding of 0 (one in a million) may open in one library and not in the other; a
gradient from conv5_3 passes some thousand of them at each of its pixels.  So the gradients are proven in float64.
"""

import os
import sys
from functools import cache
from pathlib import Path

import pytest
from safetensors.numpy import load_file
from vgg_questions import DEEP_STAGES, GRADIENTS, SHIPPED_STAGES, SIZES, digest, error, image, weight

from minigan import models

ANSWERS = load_file(Path(__file__).with_name("vgg_answers.safetensors"))
BOUND = {"float32": 1e-5, "float64": 1e-12}
ALL = os.environ.get("MINIGAN_VGG16")
needs_all = pytest.mark.skipif(not ALL, reason="MINIGAN_VGG16 names no file of all 13 convolutions of VGG-16")


@cache
def network(weights, dtype):
    return models.vgg(16, weights=weights, dtype=dtype)


def stage_errors(weights, dtype, size, names):
    found = network(weights, dtype).stages(image(size), names)
    return {name: error(digest(name, a), ANSWERS[f"{size} {name}"], a.size) for name, a in found.items()}


def gradient_error(weights, dtype, size, name):
    net = network(weights, dtype)
    found, caches = net.forward(image(size), GRADIENTS[name])
    dx = net.backward({stage: weight(stage, a) for stage, a in found.items()}, caches)
    return error(digest(f"dx {name}", dx), ANSWERS[f"{size} dx {name}"], dx.size)


@pytest.mark.parametrize("size", SIZES)
def test_features(size):
    errors = stage_errors("conv3_3", "float32", size, SHIPPED_STAGES)
    assert list(errors) == list(SHIPPED_STAGES)
    assert max(errors.values()) < BOUND["float32"], errors


@pytest.mark.parametrize("name", ["one", "pool", "perceptual"])
def test_gradients(name):
    assert gradient_error("conv3_3", "float64", 64, name) < BOUND["float64"]
    assert gradient_error("conv3_3", "float32", 224, name) < BOUND["float32"]


@needs_all
@pytest.mark.parametrize("size", SIZES)
def test_features_of_all_stages(size):
    names = SHIPPED_STAGES + DEEP_STAGES
    errors = stage_errors(ALL, "float32", size, names)
    assert list(errors) == list(names)
    assert max(errors.values()) < BOUND["float32"], errors


@needs_all
@pytest.mark.parametrize("size", SIZES)
def test_gradients_of_all_stages(size):
    for name in GRADIENTS:
        assert gradient_error(ALL, "float64", size, name) < BOUND["float64"]


if __name__ == "__main__":
    weights, *_ = [*sys.argv[1:], "conv3_3"]
    names = SHIPPED_STAGES + (DEEP_STAGES if len(sys.argv) > 1 else ())
    print("| what | " + " | ".join(f"{dtype}, {size} x {size}" for dtype in BOUND for size in SIZES) + " |")
    print("|---" * (1 + 2 * len(SIZES)) + "|")
    columns = [
        stage_errors(weights, dtype, size, names)
        | {f"gradient in x from {', '.join(stages)}": gradient_error(weights, dtype, size, name)
           for name, stages in GRADIENTS.items() if set(stages) <= set(names)}
        for dtype in BOUND for size in SIZES
    ]  # fmt: skip
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(f"{column[name]:.1e}" for column in columns) + " |")
