"""What the samples look like beside the data, and whether the game swings."""

from minigan.running.doctor.rule import Seen, rule
from minigan.running.doctor.symptoms import Symptoms


@rule(
    "G has memorised the training set",
    "The samples are copies: there are so few images that D can only learn them by heart, and G repeats them.",
    "Add images, or augment the few that there are, minigan train small; a smaller --width and fewer --steps help a little.",
    lesson=20,
    hides=("diversity_gone",),
)
def memorised(s: Symptoms) -> Seen:
    if s.copies < 0.5:  # a new sample of the data has a ratio of about 1
        return f"a sample is {s.copies:.2f} times as far from a training image as that is from its nearest other one (usual: about 1)"
    return None


@rule(
    "Diversity is gone",
    "G makes nearly the same sample whatever the noise, its best answer to a D that lags behind.",
    "Let D keep up with --d-steps 2 or a lower rate of G; --penalty r1 and an average of G, --ema 0.998, help against circling.",
    lesson=9,
)
def diversity_gone(s: Symptoms) -> Seen:
    # E |x - x'| of samples / of data; and the distance to the nearest other sample, which sees a few sharp modes
    of_label = " of one label" if s.conditional else ""
    if s.diversity < 0.5:
        return f"two samples{of_label} are {s.diversity:.0%} as far apart as two real ones (usual: 80 to 110 %)"
    return None


@rule(
    "Modes are missing",
    "G has left some modes out: nothing in its loss asks for variety, only D does.",
    "Show D more samples a step, --batch 256, or let it be steeper, --gamma GAMMA/10, and train longer, --steps STEPS*2.",
    lesson=9,
    panel="modes_found",
)
def modes_missing(s: Symptoms) -> Seen:
    if s.modes < 0.75:
        return f"{s.modes:.0%} of the modes are found"
    return None


@rule(
    "The swings grow",
    "G and D circle around the equilibrium, wider with each turn, because their steps are too large or nothing damps them.",
    "Halve the rate, --lr LR/2, or damp the circling with --penalty r1 --gamma 1.",
    lesson=16,
    panel="score_real",
    live=True,
)
def swings_grow(s: Symptoms) -> Seen:
    if s.swing > 2 and s.grown > 2:
        return (
            f"the gap between D's mean scores on real and on fake swings by {s.swing:.1f}, "
            f"{s.grown:.1f} times as far as in the middle third of the log"
        )
    return None
