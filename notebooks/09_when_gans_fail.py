# %% [markdown]
# # Lesson 9: When GANs fail
#
# **Goal** Recognise the three classical failures: a G that gets no gradient, a G that has collapsed, a game that goes in circles. Know why
# each happens, which numbers show it, and which only seem to.
#
# **Prerequisites** Lessons 6 to 8: what D measures, Jensen-Shannon, the training of a ring.
#
# **Run time** 22 s on two cores (measured).
#
# Somebody shows you a log. D's loss has been at 1.39 for hours and G's at 0.70, exactly the numbers of the equilibrium. The pictures are all
# the same. Somebody else complains that G's loss has been *rising* since the first epoch, and has wonderful pictures. Both are normal. A GAN
# has no loss that falls when things go well, and people have lost many hours over such curves. On data whose distribution is known we can
# learn what they tell, and what they never tell.

# %%
from itertools import product

import numpy as np

from minigan import data, game, losses, models
from minigan.data.toy import RING_MODES, RING_STD
from minigan.differences import ADJOINT, FIRST, Check, compare, numerical_gradient
from minigan.gradcheck import layer_checks
from minigan.layers import Dense, Pack
from minigan.layers.activations import sigmoid, softplus
from minigan.metrics import modes
from minigan.network import Sequential
from minigan.optim import Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: halfway home
#
# Reals and fakes are two Gaussians with standard deviation 1 on a line, the reals at 0, the fakes at 20. D is at its best, so G's minimax loss minimises the Jensen-Shannon divergence. G takes one large step and moves its fakes to 10. How has the divergence changed?
#
# - **a** it has halved
# - **b** it has fallen by some percent
# - **c** it is the same, to a millionth

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
x = np.linspace(-10, 30, 20_001)
dx = x[1] - x[0]


def log_gauss(mean, std=1.0):
    return -((x - mean) ** 2) / (2 * std**2) - np.log(std) - 0.5 * np.log(2 * np.pi)


def jsd(theta):
    """Of Gaussians at 0 and at theta, from D's loss at its best: log 2 - L_D / 2."""
    s = log_gauss(0) - log_gauss(theta)  # log p/q
    p, q = np.exp(log_gauss(0)), np.exp(log_gauss(theta))
    return np.log(2) - np.sum(p * softplus(-s) + q * softplus(s)) * dx / 2


for theta in (20.0, 10.0, 5.0, 2.0, 1.0):
    print(f"fakes at {theta:4.0f}   JSD {jsd(theta):.6f}")

check.when_gans_fail.p1(guess)
assert abs(jsd(20.0) - jsd(10.0)) < 1e-6

# %% [markdown]
# ## Derive: no overlap, no gradient
#
# **How far from $\log 2$?** By lesson 7, $\log 2 - \mathrm{JSD}$ is half of D's loss at its best, $\frac12 \int p \log(1 + q/p) + q \log(1 + p/q)$. For every $u \ge 0$, $\log(1 + u) \le \sqrt u$, so each of the two parts is at most $\int \sqrt{p q}$, the *overlap*:
#
# $$ 0 \le \log 2 - \mathrm{JSD}(p, q) \le \int \sqrt{p(x)\, q(x)}\, dx = e^{-\theta^2 / (8 \sigma^2)} \tag{9.1} $$
#
# for Gaussians of standard deviation $\sigma$ at 0 and $\theta$ (multiply the two exponentials and complete the square). At ten standard deviations that is $4 \cdot 10^{-6}$. JSD saturates: it measures overlap, and without overlap it is the same at every distance.
#
# **What G gets.** The best score is $f = \log p/q = (\theta^2 - 2 \theta x) / (2 \sigma^2)$, a straight line with the slope $-\theta / \sigma^2$, pointing to the reals from everywhere. G's parameter is $\theta$, and its fakes are $x = \theta + \sigma z$, so $\partial x / \partial \theta = 1$, and by (8.1) with the gradients of both losses:
#
# $$ \frac{\partial L_G}{\partial \theta} = \frac{\theta}{\sigma^2}\, \operatorname{mean} \sigma(f) \quad \text{(minimax)}, \qquad \frac{\partial L_G}{\partial \theta} = \frac{\theta}{\sigma^2}\, \operatorname{mean} \sigma(-f) \quad \text{(non-saturating)} \tag{9.2} $$
#
# (Here $\sigma(f)$ is the sigmoid and $\sigma^2$ the variance.) The mean over the fakes of $\sigma(f) = p / (p + q)$ is $\int \frac{p q}{p + q} \le \frac12 \int \sqrt{p q}$, since $p + q \ge 2 \sqrt{p q}$. So **the minimax gradient vanishes with the overlap, faster than any power of the distance**. The other one is $\theta / \sigma^2$ minus that: it *grows* with the
# distance, and the narrower the data, the more.
#
# In high dimension "no overlap" is the rule, not the exception. Real images fill a low-dimensional surface in the space of all images, the fakes of an untrained G another one, and two such surfaces hardly ever meet in a set of positive measure (Arjovsky and Bottou, 2017).


# %%
def gradients(theta):
    """dL_G/dtheta against the best D by (9.2): minimax, non-saturating."""
    q, f = np.exp(log_gauss(theta)), log_gauss(0) - log_gauss(theta)
    return theta * np.sum(q * sigmoid(f)) * dx, theta * np.sum(q * sigmoid(-f)) * dx


at = np.linspace(0.1, 14, 100)
title = "Far apart the divergence is flat: minimax has no gradient, the other loss a large one"
with figure(title, panels=2, size=(10, 3.4)) as (left, right):
    left.plot(at, [jsd(theta) for theta in at], color="black")
    left.axhline(np.log(2), color="black", linestyle=":", linewidth=1)
    left.annotate("log 2", (0.2, np.log(2)), va="top")
    left.set(title="Jensen-Shannon divergence", xlabel="distance, in standard deviations", ylim=(0, 0.75))
    for name, line in zip(
        ("minimax", "non-saturating"), np.array([gradients(t) for t in at]).T, strict=True
    ):
        right.semilogy(at, line, label=name)
    right.set(title="gradient of G's loss", xlabel="distance, in standard deviations", ylim=(1e-8, 1e3))
    right.legend(loc="lower left")

# %% [markdown]
# ## See the code
#
# Before we break things we need a measure that shows what broke. We know the distribution of the ring, so we can count collapse: $q_k$ is the share of the fakes whose nearest mode is $k$, and
#
# $$ \mathrm{KL}(q \,\Vert\, u) = \sum_k q_k \log(q_k K) \tag{eq:metric.reverse\_kl} $$
#
# is 0 if all $K$ modes get as many, and $\log K$ (2.08 for the ring) if one gets all. Notice what each of the three numbers cannot see.

# %%
show_source(modes.mixture_quality)

# %% [markdown]
# ## Check: gradients and measures
#
# (9.2) against differences: minimax against those of $2\, \mathrm{JSD}$; then both together, which have to add up to $\theta / \sigma^2$. And the measures on three samples whose quality we know: the data itself, of which $1 - e^{-9/2} = 98.9 \%$ lie within three standard deviations; all points on one mode; and noise all over the square.

# %%
for theta in (0.5, 2.0, 6.0):
    minimax, other = gradients(theta)
    expected = numerical_gradient(lambda t: 2 * jsd(t[0]), np.array([theta]))[0]
    print(compare(f"theta = {theta}: minimax", minimax, expected, FIRST), f"   sum {minimax + other:.6f}")

rng = np.random.default_rng(0)
samples = {
    "the data itself": data.ring(4000, rng),
    "all on one mode": RING_MODES[2] + RING_STD * rng.standard_normal((4000, 2)),
    "noise all over": rng.uniform(-1.3, 1.3, (40_000, 2)),
}
for name, points in samples.items():
    found = modes.mixture_quality(points, RING_MODES, RING_STD)
    print(f"{name}   modes {found['modes']}   ", end="")
    print(f"high quality {found['high_quality']:6.1%}   reverse KL {found['reverse_kl']:.2f}")

# %% [markdown]
# **And a real D?** A network never reaches $\log p/q$ where there is no overlap, since there is no finite best score. It grows for ever. We take two clouds in the plane, ten standard deviations apart, and a fixed G; we train D and measure from time to time the gradient that each of G's losses would give to a fake.

# %%
far = Sequential(Dense(2, 2), rng=0)
far.layers[0].W[...], far.layers[0].b[...] = 0.1 * np.eye(2), (1, 0)  # fakes around (1, 0)
_, D = models.toy(latent=2, width=64, depth=2, rng=0)
opt, rng = Adam(D, 1e-3), np.random.default_rng(1)
fakes = far(np.random.default_rng(3).standard_normal((500, 2)))
heard = []
for t in range(steps(3000, 40) + 1):
    if t in (1, 3, 10, 30, 100, 300, 1000, 3000):
        f, caches = D.forward(fakes)
        row = [t]
        for loss in (losses.minimax, losses.non_saturating):
            each = D.backward(loss.g(None, f)[1] * len(f), caches, learn=False)  # a fake by itself
            row.append(np.linalg.norm(each, axis=1).mean())
        heard.append(row)
    reals = 0.1 * rng.standard_normal((256, 2))  # around (0, 0)
    game.d_step(far, D, losses.minimax, (), opt, reals, rng.standard_normal((256, 2)))

heard = np.array(heard)
title = "The better D gets, the smaller minimax's gradient, and the larger that of the other loss"
with figure(title, size=(8, 3.4), marker=True) as ax:
    ax.loglog(heard[:, 0], heard[:, 1], label="minimax")
    ax.loglog(heard[:, 0], heard[:, 2], label="non-saturating")
    ax.set(xlabel="steps of D", ylabel="gradient at a fake")

print(f"after {heard[-1, 0]:.0f} steps: minimax {heard[-1, 1]:.4f}, non-saturating {heard[-1, 2]:.1f}")
usually("minimax fades while the other loss grows", heard[-1, 1] < 0.01 and heard[-1, 2] > heard[0, 2])

# %% [markdown]
# With minimax you must not train D too well: this is the origin of the advice "do not let D win". The gradient of the non-saturating loss does not vanish, but its size means nothing either: it is the size of D's gradient, which depends on how long D was trained, not on how far G has to go. The cures give D's gradient a meaningful size: Wasserstein's distance
# (lesson 14), gradient penalties (15 and 17), spectral normalisation (18), or blurring both clouds until they overlap (exercise 3).
#
# Now to the other two failures. We train three GANs on the ring, A, B and C, with the same networks, the same loss and the same Adam. They differ in one setting, which we reveal later. First we look at their logs, as you would in practice.

# %%
FRESH = np.random.default_rng(9).standard_normal((2500, 2))


def train(n, g_steps, falling, seed, batch=128):
    """-> losses of every step (n, 2), quality and shares of the modes every 10 steps, quality at the end."""
    G, D = models.toy(latent=2, width=64, depth=3, rng=seed)
    rate_G, rate_D = (
        cosine(1e-3, k * n) if falling else 1e-3 for k in (g_steps, 1)
    )  # each counts its own steps
    opt_G, opt_D = Adam(G, rate_G, beta2=0.99), Adam(D, rate_D, beta2=0.99)
    rng, log, looks, loss = np.random.default_rng(seed + 1), [], [], losses.non_saturating
    for t in range(n):
        row = game.d_step(G, D, loss, (), opt_D, data.ring(batch, rng), rng.standard_normal((batch, 2)))
        for _ in range(g_steps):
            row |= game.g_step(G, D, loss, opt_G, None, rng.standard_normal((batch, 2)))
        log.append((row["loss_D"], row["loss_G"]))
        if t % 10 == 0:
            points = G(FRESH[:500])
            nearest = np.linalg.norm(points[:, None] - RING_MODES, axis=2).argmin(axis=1)
            shares = np.bincount(nearest, minlength=8) / 500
            looks.append((modes.mixture_quality(points, RING_MODES, RING_STD), shares))
    found = modes.mixture_quality(G(FRESH), RING_MODES, RING_STD)
    return {"log": np.array(log), "looks": looks, "found": found, "networks": (G, D)}


SETTINGS = {  # steps, steps of G for each of D, does the rate fall, seed
    "A": (steps(500, 30), 20, False, 0),
    "B": (steps(2000, 30), 1, True, 1),
    "C": (steps(1500, 30), 3, True, 0),
}
runs = {name: train(*settings) for name, settings in SETTINGS.items()}


def smooth(a, width=20):
    return np.convolve(a, np.full(width, 1 / width), mode="valid")


title = "A and C end near the losses of the equilibrium; B moves away, and its G seems to get worse"
with figure(title, panels=3, size=(11, 3.4)) as axes:
    for ax, (name, run) in zip(axes, runs.items(), strict=True):
        ax.plot(smooth(run["log"][:, 0]), linewidth=1, label="loss of D")
        ax.plot(smooth(run["log"][:, 1]), linewidth=1, label="loss of G")
        ax.axhline(np.log(4), color="black", linestyle=":", linewidth=1)
        ax.axhline(np.log(2), color="black", linestyle=":", linewidth=1)
        ax.set(title=f"{name}    (dotted: log 4, log 2)", xlabel="step", ylim=(0, 2.6))

# %% [markdown]
# ## Predict: which of the three?
#
# At the equilibrium D's loss is $\log 4 = 1.386$ and G's $\log 2 = 0.693$. A's losses go up and down around these two numbers, and C's end not far from them. In B, D's loss falls well below $\log 4$, and G's rises to more than twice $\log 2$. Two of the three spread their fakes over the ring. One has collapsed, and makes one mode at a time.
# Which?
#
# - **a** A
# - **b** B
# - **c** C

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
for name, run in runs.items():
    d, g = run["log"][-300:].mean(axis=0)
    found = run["found"]
    print(f"{name}: loss of D {d:.2f}, of G {g:.2f}   modes {found['modes']}   ", end="")
    print(f"high quality {found['high_quality']:4.0%}   reverse KL {found['reverse_kl']:.2f}")

check.when_gans_fail.p2(guess)

title = "A puts everything on one mode and moves on; B and C spread over the ring and stay"
with figure(title, panels=3, size=(11, 3.4)) as axes:
    for ax, (name, run) in zip(axes, runs.items(), strict=True):
        shares = np.array([share for _, share in run["looks"]]).T  # (8, T)
        end = 10 * shares.shape[1]
        ax.imshow(shares, cmap="gray_r", vmin=0, vmax=1, aspect="auto", extent=(0, end, 7.5, -0.5))
        ax.set(title=f"{name}: share of each mode (black: all)", xlabel="step", ylabel="mode")
        ax.grid(visible=False)

late_kl = {
    name: np.mean([look["reverse_kl"] for look, _ in run["looks"][-40:]]) for name, run in runs.items()
}
usually("A has the most uneven modes", late_kl["A"] > max(late_kl["B"], late_kl["C"]))
off = {name: abs(run["log"][-300:, 0].mean() - np.log(4)) for name, run in runs.items()}
usually("and yet A's loss is nearer to log 4 than B's", off["A"] < off["B"])

# %% [markdown]
# ## Derive: why collapse, and why in circles
#
# The one setting: for each step of D, G made one step in B, three in C and *twenty in A*. (A's rate is constant, those of B and C fall, as in lesson 8; which is why C ends so quietly.) What does G do against a fixed D? Its loss is a mean over its fakes. In the notation of lesson 7, $q_k$ is the share of the fakes at place $k$ and $c_k = \operatorname{softplus}(-s_k)$ what a fake there costs:
#
# $$ L_G = \sum_k q_k\, c_k \ge \min_k c_k \tag{9.3} $$
#
# with equality if *all* fakes are where the cost is least, D's highest point. **Against a fixed D, collapse is not a failure of G but its best answer.** No term in $L_G$ rewards variety; the cost of a fake does not depend on the others. Variety comes only from D, which lowers its score wherever there are too many fakes.
#
# And D's best answer to a G that makes one point $x_0$ is a score that is low there and high at all other modes: $s = \log p/q$ is $+\infty$ wherever there are reals but no fakes. Then G's best answer is another point, and so on, as in rock, paper, scissors. No single mode is good against every D, only the mixture of all is. So it matters which player moves second. For any game,
#
# $$ \max_D \min_G V(D, G) \le \min_G \max_D V(D, G) \tag{9.4} $$
#
# (moving second is never a disadvantage), and even where both values are equal, the best G is not the same: on the right D answers G, and only $q = p$ is safe; that is lesson 7. On the left G answers D, with one of D's highest points. A training that alternates steps is neither. The better D keeps up, the nearer it is to the right side; if G runs ahead of D, it is nearer to the left.
#
# **Then why did A's losses look so good?** D was always a little behind. Where D lags, reals and fakes have scores near 0 on average, and $\operatorname{softplus}(0) = \log 2$ for each. *At the equilibrium D cannot tell reals from fakes. A D that is too slow cannot either.* C is close to the first case, A is the second.
#
# And B's rising loss of G? D got better at finding the fakes on the bridges between the modes, and each of them costs a great deal, $\operatorname{softplus}(-f) \approx -f$ (printed below). Meanwhile G got better too; D got better faster. **A loss measured by a D that changes cannot be compared over time.**
#
# The next figure shows how little one loss says, at all moments of the three trainings except their beginnings:

# %%
G, D = runs["B"]["networks"]
points = G(FRESH)
near = np.linalg.norm(points[:, None] - RING_MODES, axis=2).min(axis=1) <= 3 * RING_STD
cost = softplus(-D(points)[:, 0])
third = len(runs["B"]["looks"]) // 3
then, now = (runs["B"]["looks"][t][0]["high_quality"] for t in (third, -1))
print(f"B: high quality {then:.0%} at a third of the training, {now:.0%} at its end")
print(f"B: a fake at a mode costs G {cost[near].mean():.2f}, one beside it {cost[~near].mean():.2f}")
usually("B gets better while its G's loss rises", now > then)
usually("a fake between the modes costs more than one at a mode", cost[~near].mean() > cost[near].mean())

title = "Near the losses of the equilibrium there is everything, from one mode to eight"
with figure(title, panels=2, size=(10, 3.6)) as axes:
    for ax, column, name in zip(axes, (0, 1), ("loss of D", "loss of G"), strict=True):
        for (label, run), mark in zip(runs.items(), "xso", strict=True):
            looks = run["looks"]
            late = range(len(looks) // 3, len(looks))
            loss = smooth(np.pad(run["log"][:, column], (10, 9), mode="edge"))
            kl = [looks[t][0]["reverse_kl"] for t in late]
            style = {"markersize": 4, "linestyle": "none", "markerfacecolor": "none"}
            ax.plot([loss[10 * t] for t in late], kl, mark, label=label, **style)
        ax.set(xlabel=name, ylabel="reverse KL (0: all modes, 2.08: one)", ylim=(-0.1, 2.2))

# %% [markdown]
# So what do the curves tell?
#
# - *D's loss goes to 0, and G's (non-saturating) up and up:* D is sure of everything. No overlap, or a D that has learned its data by heart (lesson 6: look at reals it has not seen).
# - *Both stay at $\log 4$ and $\log 2$:* D cannot tell reals from fakes, because G is perfect, or because D is too small, too slow, or broken. Train D alone for a while with a fixed G: if its loss falls, the cause was D.
# - *Both oscillate without end, as in A:* the players circle (lesson 5). Look at the average of G; lower the rates; give D more steps; add friction.
# - *NaN, or exactly constant:* a bug.
# - *That G has all modes, that pictures get better, that it is time to stop:* no. That takes a measurement of the fakes themselves (lesson 20).
#
# ## Derive: show D several at once
#
# One fake of a collapsed G may look perfect; several together reveal the collapse. So let D judge $m$ samples at once, all real or all fake (*PacGAN*, Lin et al. 2018). The layer `Pack(m)`, the first of D, concatenates them along the channels, and D has one score for each pack:
#
# $$ (N, \dots, C) \to (N/m, \dots, m C) \tag{eq:pack.forward} $$
#
# The layer only moves numbers, so backward moves the gradients back. What do we gain? Let the reals have $K$ equally frequent modes and let G make $k$ of them, equally often. A single sample is of a certain mode with $p = 1/K$ or, if G makes it, $q = 1/k$, so the overlap is $\sum \min(p, q) = k/K$. Of packs of independent samples there are $K^m$ among the reals and $k^m$ among the fakes, and the overlap is
# $k^m \cdot K^{-m} = (k/K)^m$. A single missing mode of eight leaves D an overlap of 88 %, and in packs of four of 59 %.
#
# Nor does (9.3) hold any more. If a pack of two costs $c_{kl}$, G's loss is $\sum_{k,l} q_k q_l\, c_{kl}$, of second degree in $q$. With two places, where D is fooled by unequal pairs only (cost 0, equal ones 1), it is $q_1^2 + q_2^2$, least at $q_1 = q_2 = \frac12$: this loss rewards variety.
#
# ## Check: packs
#
# The layer on numbers that show their position, its gradients, and the overlap by enumerating all packs.

# %%
four = np.arange(8.0).reshape(4, 2)
print(compare("four samples, two packs", Pack(2)(four), np.array([[0.0, 1, 2, 3], [4, 5, 6, 7]]), ADJOINT))
assert not show_checks(layer_checks(Pack(2), np.random.default_rng(0).standard_normal((4, 3, 3, 2))))
for m in (1, 2, 4):
    packs = np.array(list(product(range(8), repeat=m)))  # (8^m, m)
    p, q = np.full(len(packs), 8.0**-m), np.all(packs < 7, axis=1) / 7.0**m
    print(
        compare(f"overlap, packs of {m}: {(7 / 8) ** m:.2f}", np.minimum(p, q).sum(), (7 / 8) ** m, ADJOINT)
    )

# %% [markdown]
# (A score now belongs to $m$ samples, so D has no gradient at a single one of them, and the gradient penalties of lesson 15 refuse such a D.)
#
# ## Modify
#
# ### Exercise 1: two pushes
#
# Reals are a Gaussian at 0, fakes one at `theta`, both of standard deviation `std`, and D is at its best. Given fakes `x`, an array, return for each the push on it, minus the gradient in $x$ of *its own* loss (without $1/N$): first for minimax, $\log(1 - D)$, then for the non-saturating loss, $-\log D$.


# %% tags=["exercise"]
def pushes(x, theta, std):
    return ...  # your code: minimax, non_saturating, two arrays like x


check.when_gans_fail.q1(pushes)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def pushes(x, theta, std):
#     f = (theta**2 - 2 * theta * x) / (2 * std**2)
#     df_dx = -theta / std**2
#     return sigmoid(f) * df_dx, sigmoid(-f) * df_dx
# ```
#
# The derivative of $-\operatorname{softplus}(f)$ in $f$ is $-\sigma(f)$, that of $\operatorname{softplus}(-f)$ is $-\sigma(-f)$; the chain rule multiplies by $df/dx = -\theta / \sigma^2$, and the push has the other sign. Both point the same way, to the reals. They differ in size, and their sum is D's whole gradient.
#
# </details>

# %% [markdown]
# ### Exercise 2: how unevenly are the modes filled?
#
# `eq:metric.reverse_kl`: given `points` (N, 2) and `centres` (K, 2), each point belongs to its nearest centre; return $\sum_k q_k \log(q_k K)$.


# %% tags=["exercise"]
def unevenness(points, centres):
    return ...  # your code: one number


check.when_gans_fail.q2(unevenness)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def unevenness(points, centres):
#     distance = np.linalg.norm(points[:, None] - centres, axis=2)
#     nearest = distance.argmin(axis=1)
#     q = np.bincount(nearest, minlength=len(centres)) / len(points)
#     q = q[q > 0]
#     return np.sum(q * np.log(q * len(centres)))
# ```
#
# `points[:, None] - centres` is an array (N, K, 2) of all differences. $K$ has to be the number of *all* modes: with the number of those found, a G that makes one mode only would get $\log(1 \cdot 1) = 0$, a perfect value.
#
# </details>

# %% [markdown]
# ### Exercise 3: blur them
#
# A cure for missing overlap is *instance noise*: add fresh Gaussian noise of standard deviation $\tau$ to reals and fakes alike, whenever D looks at them. Two Gaussians of standard deviation `std` at a `distance` then have the standard deviation $\sqrt{\text{std}^2 + \tau^2}$ each, and the mean score that the best D gives to reals is $\text{distance}^2 / \bigl(2 (\text{std}^2 + \tau^2)\bigr)$. How
# large must $\tau$ be at least, so that this mean score does not exceed `limit`?


# %% tags=["exercise"]
def noise_needed(distance, std, limit):
    return ...  # your code: one number


check.when_gans_fail.q3(noise_needed)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def noise_needed(distance, std, limit):
#     return np.sqrt(max(0.0, distance**2 / (2 * limit) - std**2))
# ```
#
# The mean of $f = (\theta^2 - 2 \theta x) / (2 \sigma^2)$ over reals, whose mean is 0, is $\theta^2 / (2 \sigma^2)$: the Kullback-Leibler divergence $\mathrm{KL}(p \Vert q)$. Independent noise adds its variance. (Sønderby et al. 2017 proposed it, and let $\tau$ fall to 0 in the course of training.) A gradient penalty does the same to D without any noise, as we will see.
#
# </details>

# %% [markdown]
# ## Break it
#
# Now the measures themselves. If you count modes wrongly, you will not notice collapse. Three bugs:
#
# 1. *Nearest is enough*: the distance to the nearest mode is never compared with three standard deviations.
# 2. *Half squared*: the square of the distance is compared with $3 \sigma$, not with $9 \sigma^2$.
# 3. *K of those found*: the reverse KL uses the number of modes found instead of the number of all modes.
#
# And three controls, the samples from above whose quality we know. Which of them catches the first bug?
#
# - **a** the data itself
# - **b** all on one mode
# - **c** noise all over

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
right, right_nearest = modes.mixture_quality, modes._nearest
known = {  # modes, high quality, reverse KL
    "the data itself": (8, 1 - np.exp(-4.5), 0.0),
    "all on one mode": (1, 1 - np.exp(-4.5), np.log(8)),
    "noise all over": (8, 8 * np.pi * 0.03**2 / 2.6**2, 0.0),
}


def examine():
    for name, points in samples.items():
        found = modes.mixture_quality(points, RING_MODES, RING_STD)
        values = [float(found[key]) for key in ("modes", "high_quality", "reverse_kl")]
        off = max(abs(a - b) for a, b in zip(values, known[name], strict=True))
        expected, got = (" / ".join(f"{a:.3f}" for a in row) for row in (known[name], values))
        yield Check(name, off, 0.03, f"expected {expected}, got {got}")


def nearest_is_enough(points, centres):
    nearest, distance = right_nearest(points, centres)
    return nearest, 0 * distance  # right: distance


def half_squared(points, centres, std):
    radius = np.sqrt(3 * std)  # right: 3 std
    return right(points, centres, radius / 3)


def k_of_those_found(points, centres, std):
    found = right(points, centres, std)
    absent = np.log(len(centres)) - np.log(found["modes"])
    return found | {"reverse_kl": found["reverse_kl"] - absent}  # right: all of them


caught = {}
for name, verb, wrong in (
    ("nearest is enough", "_nearest", nearest_is_enough),
    ("half squared", "mixture_quality", half_squared),
    ("K of those found", "mixture_quality", k_of_those_found),
):
    print(name)
    with planted(modes, verb, wrong):
        checks = list(examine())
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

check.when_gans_fail.p3(guess)
assert caught == {
    "nearest is enough": {"noise all over"},
    "half squared": {"noise all over"},
    "K of those found": {"all on one mode"},
}
assert not show_checks(examine())

# %% [markdown]
# The data itself, the control that everybody thinks of, caught none of the three. A measure of failure has to be tested on *failures*: on noise, on collapse, on everything it should detect. (The library tests all its measures like this, and `minigan results damage` shows how each of them reacts to known harm.)
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:loss.minimax.g`: gradient $\to 0$ where D is sure | `minigan.losses.Minimax.g` | `tests/test_losses.py`: `test_minimax_vanishes_where_non_saturating_does_not` |
# | `eq:loss.non_saturating.g`: gradient of the size of D's | `minigan.losses.NonSaturating.g` | `tests/test_losses.py`: `test_minimax_vanishes_where_non_saturating_does_not` |
# | `eq:pack.forward`: $(N, \dots, C) \to (N/m, \dots, m C)$ | `minigan.layers.Pack` | `tests/layers/more/test_pack.py`: `test_worked_by_hand` |
# | `eq:metric.modes`: modes found, share of high quality | `minigan.metrics.mixture_quality` | `tests/metrics/test_modes.py`: `test_a_case_by_hand`, `test_the_data_itself_is_nearly_perfect` |
# | `eq:metric.reverse_kl`: $\sum_k q_k \log(q_k K)$ | `minigan.metrics.mixture_quality` | `tests/metrics/test_modes.py`: `test_collapse_onto_one_mode` |
#
# - Without overlap JSD is $\log 2$ at any distance. There minimax has no gradient; that of the non-saturating loss has no meaningful size.
# - Against a fixed D, G's best answer is one point. Variety comes from a D that keeps up.
# - A loss measured by a D that changes cannot be compared over time. Losses at the values of the equilibrium say that D cannot tell reals from fakes, not why.
#
# ## Next
#
# [Lesson 10: Convolution](10_convolution.ipynb). Points in the plane have taught us all they can about the game. For pictures we need one more layer, the dense layer with its weights shared between all positions, and some thought on how to make it fast.
