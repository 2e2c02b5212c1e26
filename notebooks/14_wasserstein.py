# %% [markdown]
# # Lesson 14: Wasserstein distance
#
# **Goal** Know a distance between data and fakes that says *how far*, compute it exactly on a line by sorting, see why a critic with a
# gradient of norm 1 measures it, and bound a critic's gradient in two ways, one of which is bad.
#
# **Prerequisites** Lesson 3 (losses and their gradients), lesson 6 (D alone), lesson 7 (the Jensen-Shannon divergence JSD, and that the minimax G minimises it when D is at its best). Integration by parts.
#
# **Run time** 9 s on two cores (measured).
#
# Real pictures are a tiny part of all pictures. Of all arrays of 784 numbers hardly any is a digit, and the first fakes of a generator are
# nowhere near the data. Then the best D is sure of everything, JSD has its largest value, and a step in the right direction changes nothing:
# G learns that it is *wrong*, but not when it gets *warmer*. Arjovsky, Chintala and Bottou (2017) used a distance that says warmer. It is as
# old as the transport of earth for fortresses (Monge, 1781), and on a line it is a sort.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("scores", "loss_G", "loss_D")

# %%
from itertools import permutations

import numpy as np

from minigan import losses, models, optim, penalties
from minigan.differences import ADJOINT, FIRST, compare, numerical_gradient
from minigan.game import d_step, g_step
from minigan.gradcheck import step_checks
from minigan.layers import Dense, LeakyReLU, Sigmoid
from minigan.metrics import sliced_wasserstein
from minigan.network import Sequential
from minigan.optim import SGD, Adam, RMSProp, clip_weights
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_source, steps, usually

# %% [markdown]
# ## Predict: how different are two clouds?
#
# Two bell curves of width 0.1, one at 0 and one at $d$. For $d = 1$ they no longer overlap. How does the Jensen-Shannon divergence, $\mathrm{JSD} = \frac12 \int p \log \frac{2p}{p + q} + \frac12 \int q \log \frac{2q}{p + q}$, change from $d = 1$ to $d = 4$?
#
# - **a** it grows in proportion to $d$
# - **b** it grows with $d^2$, as for bell curves
# - **c** it stays the same
# - **d** it becomes infinite: they share nothing

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
grid = np.linspace(-1, 6, 70_001)


def bell(centre, width=0.1):
    density = np.exp(-((grid - centre) ** 2) / (2 * width**2))
    return density / density.sum()


def jensen_shannon(p, q):
    half = [np.sum(a[a > 0] * np.log(2 * a[a > 0] / (p + q)[a > 0])) / 2 for a in (p, q)]
    return half[0] + half[1]


for d in (0.1, 0.3, 1.0, 2.0, 4.0):
    print(f"d = {d:3.1f}   JSD {jensen_shannon(bell(0), bell(d)):.6f}")

check.wasserstein.p1(guess)

# %% [markdown]
# ## Derive: a divergence that ignores distance
#
# Take two boxes, $p$ on $[0, 1]$ and $q$ on $[d, 1 + d]$, both of height 1. Where they overlap, on a length $1 - d$, we have $p = q$ and both integrands are $\log 1 = 0$. On the rest, a length $d$ on either side, one of them is 0 and the other $\log 2$. So
#
# $$ \mathrm{JSD} = d \log 2 \quad (d \le 1), \qquad \mathrm{JSD} = \log 2 \quad (d \ge 1) \tag{14.1} $$
#
# As soon as the boxes no longer overlap it is $\log 2$, and its derivative in $d$ is 0. This is not a weakness of a particular D. Even the *best* D can only say 1 here and 0 there, and is right. (Lesson 3 showed the same for the loss: minimax's gradient $\sigma(f)$ vanishes where D is sure.)
#
# What else could we measure? Earth has the shape of $q$ and should get the shape of $p$. A *plan* says how much to carry from $y$ to $x$; its cost is mass times distance. The **earth mover's distance**, or Wasserstein-1 distance $W$, is the cost of the cheapest plan. For the boxes it is $d$: everything moves by $d$.

# %%
distances = np.linspace(0, 3, 61)
title = "JSD is constant as soon as the two no longer overlap; the earth mover's distance grows"
with figure(title) as ax:
    found = [jensen_shannon(bell(0, 0.2), bell(d, 0.2)) for d in distances]
    ax.plot(distances, found, label="JSD of two bells of width 0.2")
    ax.plot(distances, np.minimum(distances, 1) * np.log(2), label="JSD of two boxes of width 1, (14.1)")
    ax.plot(distances, distances, label="earth mover's distance of both")
    ax.axhline(np.log(2), color="0.5", linewidth=1, linestyle=":")
    ax.annotate("log 2", (2.8, 0.76))
    ax.set(xlabel="how far apart, d", ylabel="distance")

# %% [markdown]
# ## Derive: on a line it is a sort
#
# Let $F$ and $G$ be the shares of $p$ and of $q$ to the left of $t$ (their distribution functions). Consider one place $t$. Before the transport the share $G(t)$ is to the left of it; afterwards, $F(t)$. So for any plan, what crosses $t$ leftward minus what crosses it rightward is $F(t) - G(t)$, and *at least* $|F(t) - G(t)|$ has to cross. A mass that moves by $\ell$ crosses an interval of length $\ell$, so the cost is the mass crossing $t$, integrated over all $t$:
#
# $$ W \ge \int \lvert F(t) - G(t) \rvert\, dt \tag{14.2} $$
#
# Can we reach this bound? Yes, if no two masses pass each other in opposite directions. Take $N$ points $x_i$ and $N$ points $y_i$, each of mass $1/N$, *sort both*, and move the first to the first, the second to the second. Suppose pair $i$ crosses $t$ rightward, $y_i \le t < x_i$, and pair $j$ leftward,
# $x_j \le t < y_j$. Then $y_i < y_j$, so $i$ comes before $j$; and $x_j < x_i$, so $j$ comes before $i$. Both cannot be. So
#
# $$ W = \int \lvert F - G \rvert\, dt = \frac1N \sum_i \bigl\lvert x_{(i)} - y_{(i)} \bigr\rvert \tag{14.3} $$
#
# By hand: from $y = (5, 0, 1)$ to $x = (2, 4, 3)$. Sorted, $(0, 1, 5)$ and $(2, 3, 4)$: $W = \frac13 (2 + 2 + 1) = \frac53$.
#
# **Compared with all plans.** Seven points can be paired with seven in 5040 ways. And the area between the two staircases, (14.3), is the same number again.

# %%
rng = np.random.default_rng(0)
x, y = rng.standard_normal(7), 1 + 2 * rng.standard_normal(7)
by_sorting = np.mean(np.abs(np.sort(x) - np.sort(y)))
all_plans = min(np.mean(np.abs(x - y[list(order)])) for order in permutations(range(7)))
ends = np.sort(np.concatenate([x, y]))
F, G = (np.searchsorted(np.sort(points), ends[:-1], side="right") / 7 for points in (x, y))
area = np.sum(np.abs(F - G) * np.diff(ends))
print(f"by sorting {by_sorting:.6f}")
print(compare("the best of 5040 plans", by_sorting, all_plans, ADJOINT))
print(compare("area between F and G  ", by_sorting, area, ADJOINT))

with figure("The cost of the cheapest plan is the area between the two staircases") as ax:
    ax.step(ends[:-1], F, where="post", label="F: share of the x to the left")
    ax.step(ends[:-1], G, where="post", label="G: share of the y to the left")
    ax.fill_between(ends[:-1], F, G, step="post", facecolor="none", edgecolor="0.6", hatch="///")
    ax.set(xlabel="place t", ylabel="share")
    ax.legend(loc="upper left")

# %% [markdown]
# In many dimensions there is no order and no sort. The library's `sliced_wasserstein` projects the points on many random directions, sorts there, and averages (`eq:metric.sliced`; with squares, and for sets of different sizes). It measures finished generators; lesson 20 uses it.
#
# ## Derive: the critic
#
# G needs a gradient, and W is a minimum over all plans. There is a second formula for the same number. Let $D$ be any function whose gradient nowhere exceeds 1 in norm, so that $|D(x) - D(y)| \le |x - y|$ for any two places: it is *1-Lipschitz*. Move the mass by any plan, from $y$ to $x$:
#
# $$ \operatorname{mean} D(x) - \operatorname{mean} D(y) = \text{mean over the plan of } D(x) - D(y) \le \text{its cost} \tag{14.4} $$
#
# This holds for the cheapest plan as well: *no such D can show a difference larger than W.* Is there one that shows all of it? On a line, integrate by parts: $\int D\, dF = D(\infty) - \int D' F\, dt$, and likewise for $G$, so
#
# $$ \operatorname{mean} D(x) - \operatorname{mean} D(y) = \int D'(t)\, \bigl( G(t) - F(t) \bigr)\, dt \tag{14.5} $$
#
# which is largest if $D' = 1$ wherever $G > F$ and $-1$ wherever $G < F$. Then it is $\int |F - G| = W$. So
#
# $$ W = \max_{|D'| \le 1} \bigl[ \operatorname{mean} D(\text{real}) - \operatorname{mean} D(\text{fake}) \bigr] \tag{14.6} $$
#
# (Kantorovich and Rubinstein; it holds in any number of dimensions.) The gradient of the best D has norm *exactly* 1, uphill, along every path on which earth moves: with equality in (14.4), $D(x) - D(y) = |x - y|$ for each pair. It does not classify, so it is called a **critic**. Its loss, and G's:
#
# $$ L_D = \operatorname{mean} f - \operatorname{mean} r \tag{eq:loss.wasserstein.d} $$
#
# $$ L_G = -\operatorname{mean} f \tag{eq:loss.wasserstein.g} $$
#
# with the simplest gradients possible, $-\frac1N$ for each real score, $\frac1N$ for each fake, and no logarithm. What is new is the condition $|D'| \le 1$; without it $L_D$ falls without end.
#
# **G's push.** The gradient of $L_G$ at a fake is $-\frac1N D'$: with the best critic each fake moves uphill at *constant speed*, from any distance.
#
# ## See the code
#
# The loss, and two ways to bound a critic's gradient. *Clipping* (the first WGAN): after each step every weight is cut to $[-c, c]$. *The penalty* (WGAN-GP): add $\lambda \operatorname{mean} (\lVert \partial D / \partial x \rVert - 1)^2$, at points between real and fake, along the transport. Lesson 15 derives the gradient of such a penalty in D's weights; here we only use it.

# %%
show_source(losses.wasserstein, clip_weights, penalties.wgan_gp, penalties.between, sliced_wasserstein)

# %% [markdown]
# ## Check: the gradients, and the sort

# %%
r, f = rng.standard_normal((2, 5, 1))
of_d = numerical_gradient(lambda f: losses.wasserstein.d(r, f)[0], f)
print(compare("gradient of L_D in the fakes", losses.wasserstein.d(r, f)[2], of_d, FIRST))
of_g = numerical_gradient(lambda f: losses.wasserstein.g(r, f)[0], f)
print(compare("gradient of L_G             ", losses.wasserstein.g(r, f)[1], of_g, FIRST))
w2 = np.sqrt(np.mean((np.sort(x) - np.sort(y)) ** 2))
sliced = sliced_wasserstein(x[:, None], y[:, None], np.random.default_rng(0))
print(compare("sliced, on a line: W2    ", sliced, w2, ADJOINT))

# %% [markdown]
# ## Predict: ten times the clip
#
# A critic with two hidden layers of 64 units learns to tell two clouds apart with the Wasserstein loss, with every weight clipped to $[-c, c]$: once with $c = 0.01$, the value of the paper, and once with $c = 0.1$. How much steeper is the second?
#
# - **a** equally steep: the loss decides the gradient, the clip only the weights
# - **b** 10 times
# - **c** nearly 1000 times

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def real(n, rng):  # two bumps, at -2 and 2
    return np.where(rng.random((n, 1)) < 0.5, -2, 2) + 0.3 * rng.standard_normal((n, 1))


def critic(seed=0):
    hidden = [Dense(1, 64), LeakyReLU(0.2), Dense(64, 64), LeakyReLU(0.2)]
    return Sequential(*hidden, Dense(64, 1, gain=1.0), rng=seed)


def taught(penalty=None, clip=None):
    """A critic that has learned to tell the bumps from fakes around 0."""
    D, rng = critic(), np.random.default_rng(1)
    G = Sequential(Dense(1, 1), rng=0)
    G.theta[...] = 0.3, 0  # fakes: 0.3 z
    opt = RMSProp(D, 1e-3) if clip else Adam(D, 1e-3)
    for _ in range(steps(1500, 20)):
        d_step(G, D, losses.wasserstein, penalty, opt, real(64, rng), rng.standard_normal((64, 1)), rng)
        if clip:
            clip_weights(D, clip)
    return D


def gradient(D, at):
    return D.backward(np.ones_like(at), D.forward(at)[1], learn=False)


at = np.linspace(-3, 3, 241)[:, None]
clipped = {c: taught(clip=c) for c in (0.01, 0.03, 0.1, 0.3, 1.0)}
steepest = {c: np.abs(gradient(D, at)).max() for c, D in clipped.items()}
for c in (0.01, 0.1, 1.0):
    full = np.mean(np.abs(clipped[c].theta) > 0.999 * c)
    print(f"c = {c:4.2f}   steepest gradient {steepest[c]:9.4f}   weights at the bound {full:.0%}")

check.wasserstein.p2(guess)

# %% [markdown]
# ## Derive: what a clip allows
#
# A layer increases a difference at most by the factor $\lVert W_l \rVert$, the largest singular value of its matrix; a LeakyReLU does not increase it. For all of D:
#
# $$ |D(x) - D(y)| \le \lVert W_1 \rVert \cdots \lVert W_L \rVert\, |x - y| \tag{14.7} $$
#
# An $n \times m$ matrix with entries up to $c$ has the norm $c \sqrt{n m}$ at most. Here that is $8 c \cdot 64 c \cdot 8 c = 4096\, c^3$. *The bound is a power of $c$ that grows with the depth,* and most weights of a critic that tries to be steep end at $\pm c$. So $c$ determines the gradient, but by a formula nobody can guess: 0.004 for $c = 0.01$, and 4 for $c = 0.1$. And G learns from this gradient.

# %%
clips = np.array(list(steepest))
title = "Ten times the clip makes the critic hundreds of times steeper"
with figure(title, marker=True) as ax:
    ax.loglog(clips, list(steepest.values()), label="steepest gradient of the critic")
    ax.loglog(clips, 4096 * clips**3, label="bound 4096 c³")
    ax.axhline(1, color="0.5", linestyle=":", linewidth=1)
    ax.annotate("what is wanted: 1", (0.2, 0.35))
    ax.set(xlabel="clip c", ylabel="gradient")

usually("ten times the clip makes D more than 100 times as steep", steepest[0.1] > 100 * steepest[0.01])
assert all(steepest[c] <= 4096 * c**3 for c in steepest)

# %% [markdown]
# **The penalty sets the gradient directly.** Let D have the derivative $s$ along a path of length $W$. It gains $s W$ and pays $\lambda (s - 1)^2$, so the optimum is where $W = 2 \lambda (s - 1)$:
#
# $$ s = 1 + \frac{W}{2 \lambda} \tag{14.8} $$
#
# a little above 1, with the usual $\lambda = 10$ by 5 % for each unit of distance, independent of depth and width. Here is the resulting critic, next to the best possible one, by (14.5) with $F$ and $G$ counted from 20,000 points.

# %%
D = taught([penalties.wgan_gp])
many = np.random.default_rng(2)
x, y = real(20_000, many), 0.3 * many.standard_normal((20_000, 1))
W = np.mean(np.abs(np.sort(x, axis=0) - np.sort(y, axis=0)))
F, G = (np.searchsorted(np.sort(points[:, 0]), at[:, 0]) / len(points) for points in (x, y))
best = np.cumsum(np.sign(G - F)) * (at[1, 0] - at[0, 0])

with figure("With the penalty the critic is nearly the best one; with c = 0.01 it is flat") as ax:
    ax.plot(
        at, best - best.min(), color="0.7", linewidth=5, linestyle="-", label="best critic, gradient ±1"
    )
    ax.plot(at, D(at) - D(at).min(), color="black", label="WGAN-GP, λ = 10", linestyle="--")
    flat = clipped[0.01](at)
    ax.plot(at, flat - flat.min(), label="clipped, c = 0.01", linestyle=":")
    ax.axvspan(-0.6, 0.6, facecolor="none", edgecolor="0.8", hatch="///")
    for left in (-2.6, 1.4):
        ax.axvspan(left, left + 1.2, facecolor="none", edgecolor="0.8", hatch="...")
    ax.annotate("fakes", (-0.2, 2.2))
    ax.annotate("data", (-2.15, 0.3))
    ax.annotate("data", (1.85, 0.3))
    ax.set(xlabel="place", ylabel="score")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))

estimate = float(np.mean(D(x)) - np.mean(D(y)))
typical = float(np.median(np.abs(gradient(D, at))))
print(
    f"W by sorting {W:.3f}   the critic says {estimate:.3f}   its gradient {typical:.3f}, by (14.8) {1 + W / 20:.3f}"
)
usually("the critic's gradient is that of (14.8), to 0.06", abs(typical - (1 + W / 20)) < 0.06)

# %% [markdown]
# ## Derive: a trap on the line
#
# There is a problem that occurs only on a line. A critic with the wrong sign, $s = -1$, pays no penalty. To change its sign it has to pass $s = 0$, where it pays $\lambda$. With $L_D = -s W$ and the penalty $\lambda (|s| - 1)^2$, for negative $s$
#
# $$ \frac{d}{ds} \bigl[ -s W + \lambda (-s - 1)^2 \bigr] = -W + 2 \lambda (s + 1) = 0 \quad\text{at}\quad s = -1 + \frac{W}{2 \lambda} \tag{14.9} $$
#
# and that is a minimum with $s < 0$ as long as $W < 2 \lambda$: it stays there. (A curved D gets out some day; on its way G is led *away* from the data.) In the plane, or for pictures, a gradient can rotate without ever being 0, and the problem disappears. On the line we therefore use a one-sided penalty,
# $\lambda \operatorname{mean} \max(0, |D'| - 1)^2$ (Petzka et al., 2018): what (14.6) asks for is $\le 1$, not $= 1$.


# %%
def one_sided(g, lam=10.0):
    """For gradients g (N, 1) -> value and its gradient in g."""
    excess = np.maximum(np.abs(g) - 1, 0)
    return lam * float(np.mean(excess**2)), 2 * lam * excess * np.sign(g) / len(g)


one_sided = penalties.Custom(one_sided, place="between")


def turned(penalty):
    """A straight critic that begins with the gradient -1; fakes around -2, data around 1.5."""
    D, G = Sequential(Dense(1, 1), rng=0), Sequential(Dense(1, 1), rng=0)
    D.theta[...], G.theta[...] = (-1, 0), (0.1, -2)
    opt, rng, way = SGD(D, 0.02), np.random.default_rng(0), [-1.0]
    for _ in range(60):
        x, z = 1.5 + 0.1 * rng.standard_normal((64, 1)), rng.standard_normal((64, 1))
        d_step(G, D, losses.wasserstein, [penalty], opt, x, z, rng)
        way.append(float(D.theta[0]))
    return way


with figure("On a line the two-sided penalty traps a critic that leans the wrong way") as ax:
    two, one = turned(penalties.wgan_gp), turned(one_sided)
    ax.plot(two, label="(|s| - 1)², on both sides")
    ax.plot(one, label="max(0, |s| - 1)², above 1 only")
    ax.axhline(0, color="0.5", linewidth=0.8, linestyle="-")
    ax.set(xlabel="steps of D", ylabel="gradient s of the critic")

print(f"two-sided ends at {two[-1]:.3f}, (14.9) {-1 + 3.5 / 20:.3f}", end="   ")
print(f"one-sided at {one[-1]:.3f}, (14.8) {1 + 3.5 / 20:.3f}")
assert abs(two[-1] + 1 - 3.5 / 20) < 0.03
assert abs(one[-1] - 1 - 3.5 / 20) < 0.03

# %% [markdown]
# ## Derive: warmer
#
# Now let fakes move. To see only the effect of the loss, G is a *list of 64 points*: a dense layer without bias whose inputs are the unit vectors, so that each weight is one fake. G's step moves fake $n$ by $\eta$ times the critic's gradient at its place (learning rate $\eta N$, which undoes the $\frac1N$). The data has two bumps, at 1 and 2; all fakes begin
# near $-2$. Three games: D first takes 100 steps alone, then 20 for each step of G.

# %%
N = 64
two_bumps = np.where(np.arange(N) % 2, 1.0, 2.0)[:, None] + 0.1 * np.random.default_rng(5).standard_normal(
    (N, 1)
)
held = np.sort(two_bumps, axis=0)


def travel(loss, penalty):
    """-> W by sorting after each step, and what D's loss says it is."""
    G, D = Sequential(Dense(N, 1, bias=False), rng=0), critic()
    G.theta[...] = -2 + 0.1 * np.random.default_rng(3).standard_normal(N)
    opt_G, opt_D, rng = SGD(G, 0.02 * N), Adam(D, 1e-3), np.random.default_rng(0)
    exact, said = [], []
    for t in range(steps(250, 3)):
        for _ in range(steps(20 if t else 100, 5)):
            row = d_step(G, D, loss, penalty, opt_D, two_bumps, np.eye(N), rng)
        exact.append(np.mean(np.abs(np.sort(G(np.eye(N)), axis=0) - held)))
        said.append(-row["loss_D"])
        g_step(G, D, loss, opt_G, None, np.eye(N))
    return exact, said


games = {
    "minimax": (losses.minimax, ()),
    "non-saturating": (losses.non_saturating, ()),
    "Wasserstein": (losses.wasserstein, [one_sided]),
}
logs = {name: travel(*game) for name, game in games.items()}
with figure("The critic brings fakes home at constant speed; a sure minimax D leaves them") as ax:
    for name, (exact, _) in logs.items():
        ax.plot(exact, label=name)
    ax.set(xlabel="steps of G", ylabel="earth mover's distance to the data", ylim=(0, None))

print({name: f"{exact[0]:.2f} to {exact[-1]:.2f}" for name, (exact, _) in logs.items()})
usually("minimax stays where it was", logs["minimax"][0][-1] > 3)
usually("the two others arrive", max(logs[name][0][-1] for name in ("non-saturating", "Wasserstein")) < 1)

# %% [markdown]
# Minimax does not move, as (14.1) predicts. The non-saturating loss reaches the data as well: its unbounded D is steep enough to push across any gap, with a speed that depends on how steep D has become. The distance of the Wasserstein fakes falls along a straight line, in each step by $0.02$ times the critic's gradient, about 1.1. At 140 steps they are between the two bumps. The critic needs some time to turn a ramp into a V, and then they separate and reach both. (The oscillation that is left at the end is the rotation of lesson 5, and the subject of lesson 16.)
#
# The second promise is the one that made the paper famous: *a loss with a meaning*. Here is the critic's loss, with the other sign, next to the distance by sorting.

# %%
exact, said = logs["Wasserstein"]
with figure("The critic's loss says how far the fakes still have to go") as ax:
    ax.plot(exact, color="0.7", linewidth=5, linestyle="-", label="distance by sorting")
    ax.plot(said, color="black", linewidth=1, label="-L_D, what the critic says")
    ax.set(xlabel="steps of G", ylabel="distance")

ratio = np.array(said[20:120]) / np.array(exact[20:120]) if not quick() else np.ones(1)
print(f"on the way the critic says {ratio.mean():.2f} times the distance")
assert 0.85 < ratio.mean() < 1.35

# %% [markdown]
# On the way it is about the distance times (14.8). While the critic changes its shape, between 145 and 180, it shows *less*, down to 0: by (14.4) a critic that is not at its best shows too little. (With the penalty it can show a little more, because its gradient is above 1.) So a large value is reliable, and a small one may only mean that the critic has not learned enough. Compare this with the
# loss curves of lesson 9.
#
# ## Modify
#
# ### Exercise 1: the earth mover
#
# Equation (14.3): given arrays `x` and `y` of N numbers each, in no order, return $W$.


# %% tags=["exercise"]
def earth_mover(x, y):
    return ...  # your code: one number


check.wasserstein.q1(earth_mover)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def earth_mover(x, y):
#     return np.mean(np.abs(np.sort(x) - np.sort(y)))
# ```
#
# The cost of a sort, $N \log N$, instead of a choice among $N!$ plans. The absolute value is taken of each pair: the mean difference alone would be 0 for two clouds with the same centre, however wide one of them is.
#
# </details>

# %% [markdown]
# ### Exercise 2: the best critic
#
# Given real points `x`, fakes `y` (arrays of any lengths) and places `t`, return the derivative of the best critic at each place, an array of $1$, $-1$ or $0$ like `t`: by (14.5) the sign of $G(t) - F(t)$, with $F$ the share of the $x$ and $G$ the share of the $y$ that are $\le t$.


# %% tags=["exercise"]
def best_derivative(x, y, t):
    return ...  # your code: an array like t


check.wasserstein.q2(best_derivative)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def best_derivative(x, y, t):
#     F = np.mean(x[:, None] <= t, axis=0)
#     G = np.mean(y[:, None] <= t, axis=0)
#     return np.sign(G - F)
# ```
#
# If more fakes than data are to the left of $t$, earth has to move to the right across $t$, and there the critic rises. Where nothing has to cross, its derivative does not matter, and 0 is one choice.
#
# </details>

# %% [markdown]
# ### Exercise 3: how steep can it be?
#
# Equation (14.7): given a list of the matrices of D's dense layers, with LeakyReLUs between them, return the bound on D's gradient. `np.linalg.svd(W, compute_uv=False)` gives the singular values.


# %% tags=["exercise"]
def lipschitz_bound(matrices):
    return ...  # your code: one number


check.wasserstein.q3(lipschitz_bound)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def lipschitz_bound(matrices):
#     bound = 1.0
#     for W in matrices:
#         bound = bound * np.linalg.svd(W, compute_uv=False).max()
#     return bound
# ```
#
# Each layer can increase a difference, so the factors multiply. It is a bound, and seldom reached, because the direction that one layer stretches most is not the one the next layer does. Divide each matrix by its largest singular value and the bound is 1, at any depth: that is
# spectral normalisation, in lesson 18.
#
# </details>

# %% [markdown]
# ## Break it
#
# Four ways in which Wasserstein GANs were published, in the plane, two clouds 2 apart:
#
# 1. *The sigmoid left in.* D still ends in a sigmoid, as in the first GAN.
# 2. *Both signs reversed:* $L_D = \operatorname{mean} r - \operatorname{mean} f$ and $L_G = \operatorname{mean} f$.
# 3. *One sign lost:* $L_G = \operatorname{mean} f$, with the right $L_D$.
# 4. *A copy is clipped:* `np.clip(theta, -c, c)`, and the result is not used.
#
# Five checks: the gradient check of both steps; the values by hand; the critic's estimate against the true distance; the direction in which G's step moves the fakes; the weights after a clip. Which of the four trains as well as the right one?
#
# - **a** the first
# - **b** the second
# - **c** the third
# - **d** none of them

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def with_sigmoid(latent, width, depth, rng):
    G = Sequential(Dense(latent, width), LeakyReLU(0.2), Dense(width, 2), rng=rng)
    return G, Sequential(Dense(2, width), LeakyReLU(0.2), Dense(width, 1), Sigmoid(), rng=rng)


class Reversed(losses.Wasserstein):
    def d(self, r, f):
        value, d_real, d_fake = super().d(r, f)
        return -value, -d_real, -d_fake

    def g(self, r, f):
        value, d_fake = super().g(r, f)
        return -value, -d_fake


class SignLost(losses.Wasserstein):
    def g(self, r, f):
        return float(np.mean(f)), np.full_like(f, 1 / f.size)


def examine():
    G, D = models.toy(2, 32, 1, 0)
    rng = np.random.default_rng(4)
    x, z = rng.standard_normal((2, 5, 2))
    yield "gradients", all(found.ok for found in step_checks(G, D, losses.wasserstein, x, z, samples=60))
    r, f = np.array([1.0, 2.0]), np.array([0.0, 4.0])
    yield "values by hand", losses.wasserstein.d(r, f)[0] == 0.5 and losses.wasserstein.g(r, f)[0] == -2

    points, opt = Sequential(Dense(N, 2, bias=False), rng=0), Adam(D, 3e-3)
    points.layers[0].W[...] = 0.3 * rng.standard_normal((N, 2))  # fakes around (0, 0)
    for _ in range(400):
        x = [2, 0] + 0.3 * rng.standard_normal((N, 2))
        row = d_step(points, D, losses.wasserstein, [penalties.wgan_gp], opt, x, np.eye(N), rng)
    yield "estimate", 1.6 < -row["loss_D"] < 2.8
    before = points.theta.copy()
    g_step(points, D, losses.wasserstein, SGD(points, 0.1 * N), None, np.eye(N))
    yield "direction of G", (points.theta - before)[::2].mean() > 0.01

    optim.clip_weights(D, 0.01)
    yield "weights in the box", np.abs(D.theta).max() <= 0.01 + 1e-8


bugs = {
    "the sigmoid left in": (models, "toy", with_sigmoid),
    "both signs reversed": (losses, "wasserstein", Reversed()),
    "one sign lost": (losses, "wasserstein", SignLost()),
    "a copy is clipped": (optim, "clip_weights", lambda net, c: np.clip(net.theta, -c, c)),
}
caught = {}
for name, bug in bugs.items():
    with planted(*bug):
        caught[name] = [kind for kind, ok in examine() if not ok]
    print(f"{name:<20} caught by: {', '.join(caught[name])}")

check.wasserstein.p3(guess)
assert all(ok for _, ok in examine())
assert caught["the sigmoid left in"][0] == "estimate"
assert caught["both signs reversed"] == ["values by hand"]
assert caught["one sign lost"] == ["values by hand", "direction of G"]
assert caught["a copy is clipped"] == ["weights in the box"]

# %% [markdown]
# Reversing both signs turns D into $-D$, and nothing else changes: it is a convention. (Papers differ in it, and if you copy one half from one paper and the other half from another, you get bug 3.) The sigmoid passes every check of derivatives: its gradient is right, but this critic cannot show a difference above 1, and here the distance is 2. Only the known distance reveals it.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:loss.wasserstein.d`: $\operatorname{mean} f - \operatorname{mean} r$ | `minigan.losses.Wasserstein.d` | `tests/test_losses.py`: `test_wasserstein_by_hand` |
# | `eq:loss.wasserstein.g`: $-\operatorname{mean} f$ | `minigan.losses.Wasserstein.g` | `tests/test_losses.py`: `test_wasserstein_by_hand` |
# | `eq:clip`: $\theta \leftarrow \min(\max(\theta, -c), c)$ | `minigan.optim.clip_weights` | `tests/test_optim.py`: `test_clip_weights` |
# | `eq:penalty.wgan_gp`: $\lambda \operatorname{mean} (\lVert g_n \rVert - 1)^2$ | `minigan.penalties.wgan_gp` | `tests/test_penalties.py`: `test_wgan_gp_by_hand` |
# | `eq:penalty.between`: $t\, x_{\text{real}} + (1 - t)\, x_{\text{fake}}$ | `minigan.penalties.between` | `tests/test_penalties.py`: `test_between_lies_on_the_segment_of_each_pair` |
# | `eq:metric.sliced`: sort along random lines | `minigan.metrics.wasserstein.sliced_wasserstein` | `tests/metrics/test_wasserstein.py`: `test_by_hand`, `test_a_shift` |
#
# - JSD says how surely two clouds can be told apart; the earth mover's distance says how far they are. Only the second has a gradient when they do not touch.
# - On a line it is a sort; in any dimension it is what the best 1-Lipschitz critic can show.
# - Clipping bounds the gradient by a power of the clip. A penalty on the gradient sets the gradient itself.
# - A penalty with the target 1 makes the gradient $1 + W / 2\lambda$, and on a line it has a trap.
#
# ## Next
#
# [Lesson 15: Gradient penalties by hand](15_gradient_penalties.ipynb). We used a penalty on D's gradient without deriving its own gradient. That is a derivative of a derivative; you write it without autograd, in two short loops.
