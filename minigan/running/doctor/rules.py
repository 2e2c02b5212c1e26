"""Symptoms -> findings.  One rule is one function: a formula, a threshold, and why the threshold is there.

A rule returns what it saw, as a sentence with the numbers, or None.  Its cause, its cure and its lesson are above it.  The rules are in
the order of gravity: a run with NaN has no other problem, and a G that does not move explains every symptom below it.  The thresholds
were chosen on seeds 0 to 4 of the table `doctor` (docs/results.md) and mended on seed 10; the table measures them on others.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from minigan.running.doctor.symptoms import Symptoms


@dataclass(frozen=True)
class Finding:
    """What is wrong with a run.

    name : of the rule
    title : in a few words
    evidence : what was measured, beside what is usual
    cause, cure : a sentence each
    lesson : number of the lesson that explains it
    panel : name of the scalar whose panel shows it, "" if no curve does
    since : the step from which on it is so, for the picture
    """

    name: str
    title: str
    evidence: str
    cause: str
    cure: str
    lesson: int
    panel: str = ""
    since: float = 0.0

    def __str__(self) -> str:
        return f"{self.title}: {self.evidence}. {self.cause} {self.cure} (lesson {self.lesson})"

    def _repr_html_(self) -> str:  # what a notebook asks for
        title, evidence, cause, cure = map(html.escape, (self.title, self.evidence, self.cause, self.cure))
        return f"<p><b>{title}</b>: {evidence}.<br>{cause}<br><i>{cure}</i> Lesson {self.lesson}.</p>"


Seen = str | None


@dataclass(frozen=True)
class Rule:
    """`see(symptoms)` -> the evidence, or None.

    live : it is asked during a training, because it needs nothing but the log
    hides : the rules below it that it explains
    """

    title: str
    cause: str
    cure: str
    lesson: int
    see: Callable[[Symptoms], Seen]
    panel: str = ""
    live: bool = False
    hides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """That of its function."""
        return self.see.__name__


RULES: list[Rule] = []


def rule(
    title: str, cause: str, cure: str, lesson: int, panel: str = "", live: bool = False, hides: Iterable[str] = ()
) -> Callable:
    """Put the function below among RULES."""

    def add(see: Callable[[Symptoms], Seen]) -> Callable[[Symptoms], Seen]:
        RULES.append(Rule(title, cause, cure, lesson, see, panel, live, tuple(hides)))
        return see

    return add


def findings(s: Symptoms, live: bool = False) -> list[Finding]:
    """What the rules find, the gravest first; a finding that a graver one explains is left out."""
    found, hidden = [], set[str]()
    for rule in RULES:
        if (rule.live or not live) and rule.name not in hidden and (evidence := rule.see(s)):
            words = (
                rule.name,
                rule.title,
                evidence,
                rule.cause,
                with_numbers(rule.cure, s.options),
                rule.lesson,
                rule.panel,
            )
            found.append(Finding(*words, since(s, rule)))
            hidden |= set(rule.hides)
    return found


def with_numbers(cure: str, options: Mapping[str, object]) -> str:
    """LR/10 becomes 0.0002 for a run with lr 0.002; it stays as it is if the option is not known, or 0."""

    def number(match: re.Match) -> str:
        value, factor = options.get(match[1].lower()), int(match[3])
        if not isinstance(value, int | float) or not value:
            return match[0]
        return f"{value * factor if match[2] == '*' else value / factor:g}"

    return re.sub(r"\b([A-Z]{2,})([*/])(\d+)", number, cure)


def since(s: Symptoms, rule: Rule) -> float:
    """Where the stretch begins that a finding is about: at the first bad number, or with the last third of the log."""
    if rule.name == "not_finite":
        return s.broken
    return s.rows[-(len(s.rows) // 3) or -1]["step"] if s.rows else 0.0


EVERYTHING_LATER = (
    "lr_too_high", "losses_diverge", "one_sided_D", "penalty_too_strong", "D_constant", "D_far_ahead", "no_gradient_at_G", "D_too_weak",
    "few_images", "diversity_gone", "modes_missing", "memorised", "outside_the_range", "constant_pixels", "swings_grow",
)  # fmt: skip
LOOKS_LIKE_NOISE = (
    "uphill_G", "uphill_D", "one_sided_D", "no_gradient_at_G", "D_far_ahead", "penalty_too_strong", "D_constant", "D_too_weak",
    "swings_grow",
)  # fmt: skip


# ---- the optimizers ---------------------------------------------------------------------------------------------------


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


# ---- the gradients ----------------------------------------------------------------------------------------------------


@rule(
    "G goes uphill",
    "The gradient that G's optimizer follows points against the gradient of G's loss: a sign is wrong between D's score and G's weights.",
    "Check the step with minigan.gradcheck.check_step, or minigan trace RUN; G's loss must fall when D's scores of the fakes rise.",
    lesson=4,
    hides=EVERYTHING_LATER,
)
def uphill_G(s: Symptoms) -> Seen:
    return _uphill(s, "G")


@rule(
    "D goes uphill",
    "The gradient that D's optimizer follows points against the gradient of D's loss: a sign is wrong between D's score and its weights.",
    "Check the step with minigan.gradcheck.check_step, or minigan trace RUN; D's loss falls when real scores rise and fake ones fall.",
    lesson=4,
    hides=EVERYTHING_LATER,
)
def uphill_D(s: Symptoms) -> Seen:
    return _uphill(s, "D")


def _uphill(s: Symptoms, name: str) -> Seen:
    # m . g / |g|^2 is 1 if m is the gradient of a batch, and -1 with the wrong sign; where noise outweighs the gradient it says nothing
    follows, noise = s.follows.get(name, 1), s.noise.get(name, 1)
    if follows < -0.3 and 1 - follows > 5 * noise and s.agree.get(name, 0) > 0.9:
        return f"{_along(name)} {follows:+.2f} times as long (usual: 1 +- {noise:.2f})"
    return None


def _along(name: str) -> str:
    return f"along the gradient of {name}'s loss, the mean gradient that Adam follows is"


@rule(
    "Old gradients are added to new ones",
    "The gradient is not zeroed after a step, so each step follows the sum of all batches until then.",
    "Zero it after each step, net.zero_grad(); the optimizers of minigan.optim do so.",
    lesson=4,
    hides=EVERYTHING_LATER,
)
def stale_gradient(s: Symptoms) -> Seen:
    large = {name: size for name, size in s.sizes.items() if size > 10}
    if large:
        name = max(large, key=lambda name: large[name])
        return (
            f"Adam's mean gradient of {name} is {large[name]:.0f} times as large as that of a batch (usual: 0.5 to 3)"
        )
    return None


@rule(
    "D learns from one side only",
    "The scores of real and fake images rise or fall together: D learns from one of the two alone.",
    "Let D's step accumulate both gradients, that of the real scores and that of the fake ones, before opt_D.step().",
    lesson=7,
    panel="score_real",
    live=True,
    hides=EVERYTHING_LATER,
)
def one_sided_D(s: Symptoms) -> Seen:
    if abs(s.drift) > 2 and abs(s.drift) > 2 * abs(s.gap):
        return (
            f"D's mean scores on real and on fake have moved together, by {s.drift:+.1f} from their reference level, "
            f"and are only {s.gap:+.1f} apart (usual: on either side of it)"
        )
    # m . g / |g|^2: where noise is small beside the gradient, nearly nothing of the gradient of its loss is in what D follows
    follows, noise = s.follows.get("D", 1), s.noise.get("D", 1)
    if -0.3 <= follows < 0.2 and 1 - follows > 5 * noise and s.agree.get("D", 0) > 0.9:
        return f"{_along('D')} {follows:+.2f} times as long (usual: 1 +- {noise:.2f})"
    return None


@rule(
    "The losses diverge",
    "D's scores grow without a bound, because its steps are too large or nothing limits its gradient.",
    "Divide the rate by 10, --lr LR/10, or limit D's gradient with a penalty, --penalty r1 --gamma 1.",
    lesson=5,
    panel="loss_D",
    live=True,
)
def losses_diverge(s: Symptoms) -> Seen:
    if s.largest > 1000:  # at the equilibrium every loss here is at most 2
        return f"a loss has reached {s.largest:.3g} (usual: below 10)"
    return None


# ---- what D and G are given ---------------------------------------------------------------------------------------------


@rule(
    "There are too few images",
    "D can learn so few images by heart, and then its scores say nothing about what the images have in common.",
    "Add images, or augment the few that there are, minigan train small.",
    lesson=6,
    hides=("no_gradient_at_G", "D_far_ahead", "diversity_gone"),
)
def few_images(s: Symptoms) -> Seen:
    if s.distinct < 100:
        return f"the training set has {s.distinct:.0f} different samples (usual: 1,000 and more)"
    return None


@rule(
    "The labels do not fit the images",
    "Images that look alike have different labels, so a label tells G nothing about what to draw.",
    "Check that images and labels are in the same order, minigan data PATH; or train without them, --no-labels.",
    lesson=19,
)
def labels_do_not_fit(s: Symptoms) -> Seen:
    if s.labelled < 0.05:
        return f"of two real images that look alike, {s.labelled:+.0%} more have the same label than by chance (usual: +20 % and more)"
    return None


@rule(
    "Constant pixels give the real images away",
    "Some pixels are exactly the same in all real images, and G only comes close to them, so D looks at these and not at the picture.",
    "Crop the border of the images before training, or copy the constant pixels into the fakes before D sees them.",
    lesson=6,
    hides=("no_gradient_at_G", "D_far_ahead", "diversity_gone"),
)
def constant_pixels(s: Symptoms) -> Seen:
    if s.constant > 0 and s.given_away > 0.3:
        return f"{s.given_away:.0%} of the gap between D's scores is due to the {s.constant:.0%} of pixels that never change in the data"
    return None


@rule(
    "The samples leave [-1, 1]",
    "The real images are in [-1, 1] and G's are not, so D can tell them apart without looking at the picture.",
    "End G with Tanh(), or scale the images to the range that G has.",
    lesson=13,
    hides=("no_gradient_at_G", "D_far_ahead"),
)
def outside_the_range(s: Symptoms) -> Seen:
    if s.outside > 0.01:
        return f"{s.outside:.1%} of the values of the samples are outside [-1, 1] (usual: 0 %)"
    return None


# ---- the balance ------------------------------------------------------------------------------------------------------


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


# ---- the samples ------------------------------------------------------------------------------------------------------


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


# ---- the game over time --------------------------------------------------------------------------------------------------


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
