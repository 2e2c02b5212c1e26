# %% [markdown]
# # Lesson 6: A discriminator alone
#
# **Goal** Understand a discriminator's score as the logarithm of a ratio of two densities; know where it is reliable, and where it is only an
# extrapolation.
#
# **Prerequisites** Lesson 3 (scores, sigmoid, D's loss) and lesson 5 (Adam). The density of a Gaussian.
#
# **Run time** 4 s on two cores (measured).
#
# The usual story has a forger and a detective, and D looks like a judge with opinions. It is something better, a *measuring instrument*:
# given samples of two unknown distributions, it learns, at every point, how much more likely one is than the other. It needs no formula of
# either.
#
# This is useful even without a generator. And if you know what D measures, and where it cannot measure, much of what happens later in the
# game will not surprise you. So in this lesson the fakes don't change.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("real", "fake", "D", "scores", "loss_D")

# %%
import numpy as np

from minigan import game, losses
from minigan.differences import FIRST, compare, numerical_gradient
from minigan.gradcheck import step_checks
from minigan.layers import Dense, LeakyReLU
from minigan.layers.activations import sigmoid, softplus
from minigan.losses import Minimax
from minigan.network import Sequential
from minigan.optim import Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: how sure will it become?
#
# Real numbers come from the Gaussian with mean 1 and standard deviation 1, fakes from the one with mean $-1$ and standard deviation 1, with fresh samples of both in every step. D is the smallest network there is, $D(x) = w x + b$, one Dense layer: statisticians call it logistic regression. We train it for a long time. Where does its
# score at $x = 3$ end?
#
# - **a** it grows as long as the training goes on: 3 is far on the real side
# - **b** near 6, and it stays there
# - **c** near 1: surely real

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def fixed(mean, std):
    """A generator that nobody trains: G(z) = std z + mean."""
    G = Sequential(Dense(1, 1), rng=0)
    G.layers[0].W[...], G.layers[0].b[...] = std, mean
    return G


def train(D, G, real, n, rate=3e-3, batch=512, watch=None):
    """n steps of D on fresh samples; `watch` is asked after each."""
    opt, rng, seen = Adam(D, cosine(rate, n)), np.random.default_rng(1), []
    for _ in range(n):
        x, z = real(batch, rng), rng.standard_normal((batch, 1))
        row = game.d_step(G, D, losses.minimax, (), opt, x, z)
        seen.append(watch() if watch else row["loss_D"])
    return np.array(seen)


line = Sequential(Dense(1, 1, gain=1.0), rng=0)
at_3 = train(
    line,
    fixed(-1, 1),
    lambda n, rng: 1 + rng.standard_normal((n, 1)),
    steps(1000, 20),
    rate=0.05,
    watch=lambda: float(line(np.array([[3.0]]))[0, 0]),
)
for t in (1, 10, 100, 500, 1000):
    print(f"after {t:4d} steps   D(3) = {at_3[min(t, len(at_3)) - 1]:6.3f}")
print(f"w = {line.layers[0].W[0, 0]:.3f}   b = {line.layers[0].b[0]:.3f}")

check.discriminator_alone.p1(guess)
usually("D(3) ends within 0.2 of 6", abs(at_3[-1] - 6) < 0.2)

# %% [markdown]
# ## Derive: the best score at each point
#
# D's loss is a mean over a real and a mean over a fake batch,
#
# $$ L_D = \operatorname{mean}\operatorname{softplus}(-r) + \operatorname{mean}\operatorname{softplus}(f) \tag{eq:loss.minimax.d} $$
#
# With ever larger batches a mean becomes an integral over the density: $p(x)$ of the reals, $q(x)$ of the fakes. Both integrals run over the same $x$, and at each $x$ both use the same number $s(x)$, D's score there. So
#
# $$ L_D = \int \Bigl[\, p(x) \operatorname{softplus}(-s(x)) + q(x) \operatorname{softplus}(s(x)) \Bigr] dx \tag{6.1} $$
#
# Suppose D could choose its score at each point freely. Then each point is a problem by itself: for given numbers $p$ and $q$ find the $s$ that makes $\ell(s) = p \operatorname{softplus}(-s) + q \operatorname{softplus}(s)$ least. The derivative of softplus is the sigmoid, so
#
# $$ \ell'(s) = -p\, \sigma(-s) + q\, \sigma(s) \tag{6.2} $$
#
# Two pulls: the reals at $x$ pull the score up, each by $\sigma(-s)$, the remaining doubt; the fakes pull it down, each by $\sigma(s)$. Each pull vanishes as D becomes sure of that kind. At the minimum they are equal. With $\sigma(-s) = 1 - \sigma(s)$, the equation $p\,(1 - \sigma(s)) = q\, \sigma(s)$ gives
#
# $$ \sigma(s^*) = D^*(x) = \frac{p(x)}{p(x) + q(x)} \tag{6.3} $$
#
# which is Bayes' rule: it is the share of reals among all samples at $x$. And since $\sigma(s) / \sigma(-s) = e^s$, the same equation is $e^s = p / q$:
#
# $$ s^*(x) = \log \frac{p(x)}{q(x)} \tag{6.4} $$
#
# It is the only minimum, because $\ell'' = (p + q)\, \sigma(s)\, \sigma(-s)$ is positive everywhere. **The score is the logarithm of how many times likelier the reals are.** By hand: at a point where $p = 0.3$ and $q = 0.1$, $D^* = \frac34$ and $s^* = \log 3 = 1.0986$; indeed $-0.3 \cdot \frac14 + 0.1 \cdot \frac34 = 0$.
#
# For our two Gaussians the factors $1 / \sqrt{2 \pi}$ cancel:
#
# $$ \log \frac{p(x)}{q(x)} = -\frac{(x - 1)^2}{2} + \frac{(x + 1)^2}{2} = 2x \tag{6.5} $$
#
# So $w = 2$, $b = 0$, and 6 at $x = 3$: a straight line, and therefore one layer was enough. Training found both numbers from samples alone.
#
# ## See the code
#
# `d_step` is the library's training step of D; the penalties in it are for later. Notice three things: the fakes come from `G.forward`, but there is no backward pass through G; there are two forward passes with two caches, both kept; and G may be anything here, even something that never learns.

# %%
show_source(game.d_step, Minimax.d)

# %% [markdown]
# ## Check: the two pulls balance at log p/q
#
# The claim is about every point, so we check it on many: a grid of $x$, the integral (6.1) as a sum over the grid, and its gradient in each of the grid's scores, by differences. First (6.2) at arbitrary scores; then at $s^*$, where all gradients must be 0; then the library's loss on batches with reals and fakes in the proportion 3 : 1.

# %%
grid = np.linspace(-5, 5, 41)


def density(x, mean, std):
    return np.exp(-((x - mean) ** 2) / (2 * std**2)) / (std * np.sqrt(2 * np.pi))


p, q = density(grid, 0, 1), density(grid, 0, 2)


def integral(s):
    return np.sum(p * softplus(-s) + q * softplus(s))


s = np.random.default_rng(0).standard_normal(grid.size)
print(compare("(6.2)", -p * sigmoid(-s) + q * sigmoid(s), numerical_gradient(integral, s), FIRST))
best = np.log(p / q)
print(f"largest gradient at log p/q: {np.abs(numerical_gradient(integral, best)).max():.0e}")
print(compare("(6.3)", sigmoid(best), p / (p + q), FIRST))

three = np.full(1, np.log(3.0))
_, d_real, d_fake = losses.minimax.d(three, three)
print(f"by hand: 0.3 * {d_real[0]:.2f} + 0.1 * {d_fake[0]:.2f} = {0.3 * d_real[0] + 0.1 * d_fake[0]:.0e}")

# %% [markdown]
# ## Predict: far from all data
#
# Now Gaussians of different widths: reals with mean 0 and standard deviation 1, fakes with mean 0 and standard deviation 2. Then $\log p/q = \log 2 - \frac38 x^2$ (exercise 1), a parabola, and D is a network of two hidden layers with 32 LeakyReLUs each. It sees a million samples of each kind. Of the fakes, one in 370 lies
# beyond $\pm 6$ and one in 16,000 beyond $\pm 8$. What is its score at $x = 12$, where it has never seen a sample?
#
# - **a** about $\log p/q$, which is -53
# - **b** about 0: it has no reason to prefer either side
# - **c** about what you get by extending its curve as a straight line, far from -53 and far from 0

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
wide = fixed(0, 2)


def network(width=32, rng=0):
    hidden = Dense(1, width), LeakyReLU(0.2), Dense(width, width), LeakyReLU(0.2)
    return Sequential(*hidden, Dense(width, 1, gain=1.0), rng=rng)


def narrow(n, rng):
    return rng.standard_normal((n, 1))


D = network()
loss = train(D, wide, narrow, steps(2000, 30))


def truth(x):
    return np.log(2) - 3 / 8 * x**2


def score(x, D=D):
    return D(np.reshape(x, (-1, 1)).astype(float))[:, 0]


for x in (0, 1, 2, 4, 12):
    print(f"x = {x:2d}   log p/q {truth(x):7.2f}   D(x) {score(x)[0]:7.2f}")

check.discriminator_alone.p2(guess)
usually("at 0, where there is data, D is right to 0.15", abs(score(0)[0] - truth(0)) < 0.15)
usually("at 12 D is far from the truth", abs(score(12)[0] - truth(12)) > 5)

# %%
x = np.linspace(-14, 14, 561)
title = "Where there is data D measures log p/q; beyond it, D continues as a straight line"
with figure(title, panels=2, size=(9, 3.4)) as (left, right):
    for ax, name in ((left, "where the data is"), (right, "far out")):
        ax.plot(x, truth(x), color="0.6", linewidth=5, linestyle="-", label="log p/q")
        ax.plot(x, score(x), color="black", linestyle="--", label="D's score")
        ax.set(title=name, xlabel="x")
    left.set(xlim=(-4.5, 4.5), ylim=(-8, 2))
    left.legend(loc="lower center")
    right.axvspan(-6, 6, facecolor="none", edgecolor="0.7", hatch="//", linewidth=0)
    right.legend(handles=[])
    right.annotate("99.7 % of\nthe fakes", (0, -45), ha="center", backgroundcolor="white")

# %% [markdown]
# So D's score far from all data is not a measurement but an extrapolation. This matters for a generator: at first its fakes are exactly there, far from all reals, and its gradient is that of D's last linear piece.
#
# **Is a 0.7 a 0.7?** If (6.3) holds, D's probabilities can be taken literally: among all samples, real and fake in equal numbers, of which D says "real with probability about 0.7", seven in ten are real. Weather forecasters call this being *calibrated*. We test it on samples that D has not seen.

# %%
rng = np.random.default_rng(7)
real, fake = narrow(40_000, rng), wide(rng.standard_normal((40_000, 1)))
said = sigmoid(np.concatenate([score(real), score(fake)]).astype(float))
is_real = np.repeat([1.0, 0.0], 40_000)
edges = np.linspace(0, 0.7, 15)
where = np.digitize(said, edges)
bins = [k for k in range(1, 16) if np.sum(where == k) > 200]
claim = np.array([said[where == k].mean() for k in bins])
share = np.array([is_real[where == k].mean() for k in bins])

with figure("D is calibrated: of what it calls 0.6 real, six in ten are", size=(5, 3.6)) as ax:
    ax.plot([0, 0.7], [0, 0.7], color="0.6", linewidth=5, linestyle="-", label="said = is")
    ax.plot(claim, share, "o", color="black", markersize=4, label="80,000 new samples")
    ax.set(xlabel="D's probability", ylabel="share of reals", xlim=(0, 0.75), ylim=(0, 0.75))

print(f"largest difference {np.abs(claim - share).max():.3f}; D's largest probability {said.max():.3f}")
usually("what D claims is right to 5 %", np.abs(claim - share).max() < 0.05)

# %% [markdown]
# (No sample gets more than about $\frac23$: at $x = 0$ the narrow Gaussian is twice as high as the wide one, and no sample can give stronger evidence.)
#
# ## Derive: from fakes to reals
#
# If $e^{s} = p / q$ is known, fakes can stand in for reals. For any function $h$,
#
# $$ \int p(x)\, h(x)\, dx = \int q(x)\, \frac{p(x)}{q(x)}\, h(x)\, dx = \operatorname{mean}_{\text{fakes}} \bigl[ e^{s(x)}\, h(x) \bigr] \tag{6.6} $$
#
# so a fake that D finds $e^s$ times likelier among the reals gets the weight $e^s$. The mean weight should be 1 (take $h = 1$), which is a quick test of any D. The library uses this to repair a generator's samples by rejecting some of them.

# %%
weight = np.exp(score(fake).astype(float))
title = "Each fake counted exp(D) times, the fakes have the shape of the reals"
with figure(title, size=(8, 3.2)) as ax:
    edges = np.linspace(-6, 6, 49)
    ax.hist(fake[:, 0], edges, density=True, histtype="step", color="0.6", label="fakes")
    ax.hist(fake[:, 0], edges, weights=weight / len(fake) / 0.25, color="0.85", hatch="//", label="weighed")
    ax.plot(edges, density(edges, 0, 1), color="black", label="density of the reals")
    ax.set(xlabel="x")
    ax.legend()

print(f"mean weight {weight.mean():.3f}")
print(
    f"standard deviation: fakes {fake.std():.3f}, weighed {np.sqrt(np.mean(weight * fake[:, 0] ** 2)):.3f}, reals {real.std():.3f}"
)
usually("the mean weight is 1, to 5 %", abs(weight.mean() - 1) < 0.05)

# %% [markdown]
# ## Predict: forty points
#
# So far every step had fresh samples. A data set is finite. Back to the Gaussians at 1 and $-1$, where the best possible loss is about 0.7; but now D (two hidden layers of 64) is shown *the same* 20 reals and 20 fakes in every step. Where does its loss on these forty points go?
#
# - **a** to about 0.7
# - **b** towards 0
# - **c** to $2 \log 2 = 1.386$

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
rng = np.random.default_rng(5)
few, z = 1 + rng.standard_normal((20, 1)), rng.standard_normal((20, 1))
G, memory = fixed(-1, 1), network(64)
opt = Adam(memory, 3e-3)
rng = np.random.default_rng(6)
new_real, new_fake = 1 + rng.standard_normal((5000, 1)), G(rng.standard_normal((5000, 1)))
curve = []
for t in range(steps(3000, 40)):
    on_forty = game.d_step(G, memory, losses.minimax, (), opt, few, z)["loss_D"]
    if t % 20 == 0:
        curve.append((t, on_forty, losses.minimax.d(memory(new_real), memory(new_fake))[0]))
best_loss = losses.minimax.d(2 * new_real, 2 * new_fake)[0]  # at the true log p/q, 2x
print(
    f"on the forty points {curve[-1][1]:.3f}   on new samples {curve[-1][2]:.1f}   best possible {best_loss:.3f}"
)

check.discriminator_alone.p3(guess)

t, on_forty, on_new = np.array(curve).T
title = "On forty points shown again and again, D becomes certain, and wrong"
with figure(title, panels=2, size=(9, 3.4)) as (left, right):
    left.loglog(t + 1, on_forty, label="the forty points")
    left.loglog(t + 1, on_new, label="new samples")
    left.axhline(best_loss, color="black", linestyle=":", linewidth=1)
    left.set(xlabel="step", title="loss of D (dotted: the best possible)")
    x = np.linspace(-4, 4, 401)
    right.plot(x, 2 * x, color="0.6", linewidth=5, linestyle="-", label="log p/q")
    right.plot(x, score(x, memory), color="black", linestyle="--", linewidth=1, label="D's score")
    right.plot(few[:, 0], np.full(20, -55), "|", color="black", markersize=12)
    right.plot(G(z)[:, 0], np.full(20, -55), "x", color="black", markersize=5)
    right.set(ylim=(-60, 60), xlabel="x    (| real, x fake)", title="after training")
    right.legend(loc="upper left")

usually(
    "the loss is too small on the forty, and too large on new points", on_forty[-1] < best_loss < on_new[-1]
)

# %% [markdown]
# In the derivation D could choose its score freely at each point, and on forty points it does: where reals and fakes are mixed, each point gets its own peak or pit, and on the sides, with only one kind, the size of the score grows without end. The loss on the forty then measures D's memory. Remember the picture when a GAN is trained on a thousand images: *a falling loss of D may mean that it measures better, or that it no longer measures at all*. Only samples it has not seen can tell.
#
# ## Modify
#
# ### Exercise 1: two Gaussians
#
# Given an array `x` and mean and standard deviation of both densities, return $\log p(x) / q(x)$.


# %% tags=["exercise"]
def log_ratio(x, mean_p, std_p, mean_q, std_q):
    return ...  # your code: an array like x


check.discriminator_alone.q1(log_ratio)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def log_ratio(x, mean_p, std_p, mean_q, std_q):
#     log_p = -np.log(std_p) - (x - mean_p) ** 2 / (2 * std_p**2)
#     log_q = -np.log(std_q) - (x - mean_q) ** 2 / (2 * std_q**2)
#     return log_p - log_q
# ```
#
# Both densities have $1 / \sqrt{2 \pi}$ in front, which cancels, and $1 / \text{std}$, which does not: a wide density is low. With means 0 and standard deviations 1 and 2 it is $\log 2 - \frac{x^2}{2} + \frac{x^2}{8}$, the parabola of the text.
#
# </details>

# %% [markdown]
# ### Exercise 2: more fakes than reals
#
# Somebody puts `n_real` reals and `n_fake` fakes into one batch and takes one mean of the cross-entropy over all of them (this library takes two means, one for each kind). Given the scores `s` of a D trained that way to its best, return $\log p/q$ at the same points.


# %% tags=["exercise"]
def corrected(s, n_real, n_fake):
    return ...  # your code: an array like s


check.discriminator_alone.q2(corrected)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def corrected(s, n_real, n_fake):
#     return s - np.log(n_real / n_fake)
# ```
#
# In (6.2) each pull is multiplied by the number of its kind, so $e^s = n_{\text{real}}\, p / (n_{\text{fake}}\, q)$. In Bayesian terms: D learns the posterior, and the batch sets the prior.
#
# </details>

# %% [markdown]
# ### Exercise 3: the mean over the reals
#
# Equation (6.6), with the weights divided by their sum, so that they add up to 1 even if D is not perfect. Given `h`, the values of some function at N fakes, and `s`, D's scores of the same fakes, return the estimate of the mean of that function over the *reals*. Scores may be as large as 800.


# %% tags=["exercise"]
def mean_of_reals(h, s):
    return ...  # your code: one number


check.discriminator_alone.q3(mean_of_reals)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def mean_of_reals(h, s):
#     w = np.exp(s - s.max())
#     return np.sum(w * h) / np.sum(w)
# ```
#
# A common factor of all weights cancels between the two sums, so we can subtract the largest score before `exp`, which avoids overflow as in lesson 3. The estimate is good only where fakes are: a kind of real that G never makes has no fake to stand in for it, however large its weight would be.
#
# </details>

# %% [markdown]
# ## Break it
#
# The Gaussians with the known ratio are a check too: train D on them, and see whether $w x + b$ becomes $2 x$. Together with the gradient of D's whole step we have two checks. Three bugs in D's loss:
#
# 1. *Real and fake exchanged* on the way into the loss: D learns to score the fakes high.
# 2. *The sigmoid twice* (lesson 3): the loss takes the sigmoid of the scores first, as if D ended without one, and then uses them as logits.
# 3. *The forgotten 1/N*: the gradients are N times too large.
#
# Which of them does the check of $\log p / q$, trained with Adam, miss?
#
# - **a** the first
# - **b** the second
# - **c** the third
# - **d** none

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
right = Minimax.d
gauss = np.sort(np.random.default_rng(11).standard_normal((2000, 1)), axis=0)
gauss = (gauss - gauss.mean()) / gauss.std()  # one fixed batch, with mean 0 and standard deviation 1


def examine():
    rng = np.random.default_rng(0)
    G, D = fixed(-1, 1), network(6, rng=2)
    for found in step_checks(G, D, losses.minimax, *rng.standard_normal((2, 5, 1))):
        if found.name.startswith("D"):
            yield found
    D = Sequential(Dense(1, 1, gain=1.0), rng=0)
    opt = Adam(D, cosine(0.1, 300))
    for _ in range(300):
        game.d_step(G, D, losses.minimax, (), opt, 1 + gauss, gauss)
    yield compare("score is log p/q = 2x + 0", D.theta, [2.0, 0.0], 0.05)


def exchanged(self, r, f):
    value, d_fake, d_real = right(self, f, r)  # right: value, d_real, d_fake = right(self, r, f)
    return value, d_real, d_fake


def sigmoid_twice(self, r, f):
    a, b = sigmoid(r), sigmoid(f)
    value, d_real, d_fake = right(self, a, b)  # right: right(self, r, f)
    return value, d_real * a * (1 - a), d_fake * b * (1 - b)


def without_one_over_n(self, r, f):
    value, d_real, d_fake = right(self, r, f)
    return value, d_real * r.size, d_fake * f.size  # right: d_real, d_fake


caught = {}
for title, wrong in (
    ("real and fake exchanged", exchanged),
    ("the sigmoid twice", sigmoid_twice),
    ("the forgotten 1/N", without_one_over_n),
):
    print(title)
    with planted(Minimax, "d", wrong):
        checks = list(examine())
    show_checks(checks)
    caught[title] = {found.name.split(" is")[0] for found in checks if not found.ok}
    print()

check.discriminator_alone.p4(guess)
assert caught == {
    "real and fake exchanged": {"score"},
    "the sigmoid twice": {"score"},
    "the forgotten 1/N": {"D step, dtheta"},
}
assert not show_checks(examine())

# %% [markdown]
# The two checks complement each other. The gradient check compares a gradient with a value and does not know what the value is for. The
# Gaussians check what D is for, not how it gets there. To find a bug in the *aim* you need a problem whose answer is known, so this library
# keeps several.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:loss.minimax.d`: $\operatorname{mean} \operatorname{softplus}(-r) + \operatorname{mean} \operatorname{softplus}(f)$, least at $s = \log p/q$ | `minigan.losses.Minimax.d` | `tests/test_losses.py`: `test_minimax_by_hand` |
# | `eq:loss.minimax.d.gradients`: the two pulls, $-\sigma(-r)/N$ and $\sigma(f)/N$ | `minigan.losses.Minimax.d` | `tests/test_losses.py`: `test_minimax_by_hand` |
# | `eq:game.d_step`: one step of D | `minigan.game.d_step` | `tests/test_game.py`: `test_each_step_moves_its_own_network_only`, `test_both_steps_against_differences_with_each_penalty` |
# | `eq:rejection.acceptance`: fakes kept in proportion to $e^s$ | `minigan.measure.results.rejection.acceptance` | `tests/measure/results/test_rejection.py`: `test_without_gamma_the_acceptance_is_the_ratio_to_the_best`, `test_what_is_kept_has_the_odds_of_the_data` |
#
# - Trained to its best, D's score is $\log p/q$ and its probability $p / (p + q)$: a measurement, not an opinion.
# - It measures where both kinds of samples are. Elsewhere it extrapolates; on a few points it memorises.
# - A finite best score needs overlap. Where the densities do not overlap there is no best score, and it grows for ever: lesson 9.
#
# ## Next
#
# [Lesson 7: The GAN game](07_the_gan_game.ipynb). Insert the best D into its own loss, and the result is a divergence between two distributions. The minimax G minimises it.
