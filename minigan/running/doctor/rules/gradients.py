"""Does what the optimizers follow belong to the losses?"""

from minigan.running.doctor.rule import EVERYTHING_LATER, Seen, rule
from minigan.running.doctor.symptoms import Symptoms


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
