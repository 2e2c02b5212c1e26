"""Is one of the two players so strong, or so weak, that the other has nothing to learn?"""

from minigan.running.doctor.rule import Seen, rule
from minigan.running.doctor.symptoms import Symptoms


@rule(
    "No gradient reaches G",
    "D is sure that each fake is fake, and at such scores the derivative of G's loss is nearly 0.",
    "Use a loss whose gradient does not vanish there, --loss non_saturating, with --penalty r1 --gamma 1 and --d-steps 1.",
    lesson=9,
    panel="loss_G",
    hides=("D_far_ahead",),
)
def no_gradient_at_G(s: Symptoms) -> Seen:
    # minimax: |d L_G / d f| = sigmoid(f), 1/2 at the equilibrium; small too where D takes fakes for real, which is no fault of D's
    if s.received < 0.1 and s.separation > 0.9:
        return f"G's loss changes by {s.received:.1g} when a fake's score changes by 1 (usual: 0.1 to 1)"
    return None


@rule(
    "D is far ahead of G",
    "D tells every fake from every real image, so what it says to G depends on how long D was trained and not on what G should change.",
    "Limit D's gradient with a penalty, --penalty r1 --gamma 1, or raise its weight, --gamma GAMMA*10, "
    "or weaken D with --d-steps 1 or a smaller --width.",
    lesson=9,
    panel="loss_D",
    live=True,
)
def D_far_ahead(s: Symptoms) -> Seen:
    # at D = 1/2 the loss is `level`, log 4: a quarter of it is D = 0.84 on real images and 0.16 on fake ones
    if s.level > 0 and s.loss_D < 0.25 * s.level:
        return (
            f"D's loss is {s.loss_D:.2g}, {s.loss_D / s.level:.1%} of its reference level in the curves, {s.level:.2f}, "
            "where D cannot tell real from fake"
        )
    return None


@rule(
    "The penalty outweighs D's loss",
    "D learns to make its penalty small and not to tell real from fake, so G has nothing to learn from it.",
    "Divide the weight of the penalty by 100, --gamma GAMMA/100.",
    lesson=17,
    panel="loss_D",
    hides=("D_constant", "D_too_weak"),
)
def penalty_too_strong(s: Symptoms) -> Seen:
    # |d penalty / d theta_D| / |d loss / d theta_D|; a strong penalty alone is no fault, a D that errs is
    if s.penalised > 3 and s.separation < 0.65 and s.told_apart > 0.9:
        return f"the gradient of the penalty in D's weights is {s.penalised:.1f} times that of the loss (usual: below 1), while {_alike(s)}"
    return None


@rule(
    "D is constant",
    "D gives every image nearly the same score, so its gradient in the image, which is all that reaches G, is nearly 0.",
    "Divide the weight of the penalty by 100, --gamma GAMMA/100, until the scores differ; or give D more channels, --width WIDTH*2.",
    lesson=17,
    panel="score_real",
    hides=("D_too_weak",),
)
def D_constant(s: Symptoms) -> Seen:
    if not s.told_apart > 0.6:  # both are alike, and D is right
        return None
    if s.spread < 0.05:
        return f"D's scores have a standard deviation of {s.spread:.1g} (usual: 0.3 to 3), while {_alike(s)}"
    if s.steepness < 0.1:  # the most that D's score could change on the way from one real sample to another
        return f"over the width of the data, D's gradient changes a score by {s.steepness:.1g}, while {_alike(s)}"
    return None


@rule(
    "D is too weak",
    "Real and fake samples are easy to tell apart, and D cannot do it, so G has nothing to learn from it.",
    "Give D more channels, --width WIDTH*2, or more steps, --d-steps 2.",
    lesson=9,
    panel="loss_D",
)
def D_too_weak(s: Symptoms) -> Seen:
    if s.separation < 0.65 and s.told_apart > 0.9:
        return f"D scores a real image above a fake one in {s.separation:.0%} of all pairs (chance: 50 %), while {_alike(s)}"
    return None


def _alike(s: Symptoms) -> str:
    return f"the nearest neighbour of {s.told_apart:.0%} of the samples is of their own kind, real or fake (50 % if they were alike)"
