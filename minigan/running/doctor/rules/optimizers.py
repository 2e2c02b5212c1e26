"""Do the networks move at all, and by how much in a step?"""

from minigan.running.doctor.rule import EVERYTHING_LATER, Seen, rule
from minigan.running.doctor.symptoms import Symptoms

LOOKS_LIKE_NOISE = (
    "uphill_G", "uphill_D", "one_sided_D", "no_gradient_at_G", "D_far_ahead", "penalty_too_strong", "D_constant", "D_too_weak",
    "swings_grow",
)  # fmt: skip


@rule(
    "Numbers that are not finite",
    "A NaN or an Inf spreads to every weight within a step or two.",
    "Go back to the last checkpoint with a tenth of the rate: minigan resume RUN --lr LR/10; check that no image holds NaN.",
    lesson=5,
    panel="loss_D",
    live=True,
    hides=EVERYTHING_LATER,
)
def not_finite(s: Symptoms) -> Seen:
    if s.broken >= 0:
        return f"the log has NaN or Inf from step {s.broken:.0f} on"
    return None


@rule(
    "G does not move",
    "The optimizer of G does not reach G's weights, or its learning rate is 0.",
    "Give opt_G the network G and a rate above 0, such as --lr 0.002, and call opt_G.step() once in each step.",
    lesson=4,
    hides=EVERYTHING_LATER,
)
def G_frozen(s: Symptoms) -> Seen:
    return _frozen(s, "G")


@rule(
    "D does not move",
    "The optimizer of D does not reach D's weights, or its learning rate is 0.",
    "Give opt_D the network D and a rate above 0, such as --lr 0.002, and call opt_D.step() in each step.",
    lesson=4,
    hides=EVERYTHING_LATER,
)
def D_frozen(s: Symptoms) -> Seen:
    return _frozen(s, "D")


def _frozen(s: Symptoms, name: str) -> Seen:
    if s.moved.get(name, 1) == 0 and s.steps > 0:
        return f"after {s.steps:.0f} steps every weight of {name} has its first value"
    return None


@rule(
    "The learning rate is too low",
    "The steps are so small that the networks are still what they were drawn as.",
    "Multiply the rate by 10 until the samples change, --lr LR*10; Adam's usual rates are between 0.0001 and 0.002.",
    lesson=5,
    hides=EVERYTHING_LATER,
)
def lr_too_low(s: Symptoms) -> Seen:
    # Adam moves a weight by about lr a step; 2 % of the first weights is within what the next seed changes
    if s.moved and 0 < max(s.moved.values()) < 0.02:
        return f"after {s.steps:.0f} steps the weights have moved by {max(s.moved.values()):.2%} of their size (usual: 20 % and more)"
    return None


@rule(
    "The learning rate is too high",
    "One step of Adam changes a weight by as much as its first value, so each step undoes the ones before it.",
    "Divide the rate by 100, --lr LR/100; Adam's usual rates are between 0.0001 and 0.002.",
    lesson=5,
    panel="loss_D",
    hides=EVERYTHING_LATER,
)
def lr_too_high(s: Symptoms) -> Seen:
    # a step of Adam is about lr for each weight, whatever the gradient:  lr / rms(theta_0)
    if s.update > 0.5:
        return f"a step of Adam is {s.update:.2f} times as large as a first weight (usual: 0.01 to 0.1)"
    return None


@rule(
    "The batch is too small",
    "A gradient of so few images is mostly noise, and BatchNorm's statistics are those of a handful.",
    "Use --batch 64.",
    lesson=12,
    hides=LOOKS_LIKE_NOISE,
)
def small_batch(s: Symptoms) -> Seen:
    if s.batch <= 4:
        return f"each step sees {s.batch:.0f} images (usual: 32 to 256)"
    return None
