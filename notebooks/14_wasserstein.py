# %% [markdown]
# # Lesson 14: Wasserstein distance
#
# **Goal** Know a distance between data and fakes that says *how far*, compute it exactly on a line by sorting, see why a critic of slope 1 measures it, and hold a critic to that slope in two ways, one of which is bad.
#
# **Prerequisites** Lesson 3 (losses and their slopes), lesson 6 (D alone), lesson 7 (the Jensen-Shannon distance JS, and that minimax G walks down JS when D is at its best). Integration by parts.
#
# **Run time** 9 s on two cores (measured).
#
# Pictures are thin. Of all the arrays of 784 numbers next to none is a digit, and the first fakes of a generator do not touch the data anywhere. Then the best D is sure of everything, the JS distance has its largest value, and a step in the right direction changes nothing: G is told *wrong*, never
# *warmer*. Arjovsky, Chintala and Bottou (2017) asked for a distance that says warmer. It is as old as the transport of earth for fortresses (Monge, 1781), and on a line it is a sort.

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
from minigan.teach.lessons import figure, planted, quick, show_source, steps

# %% [markdown]
# ## Predict: how different are two clouds?
#
# Two bell curves of width 0.1, one at 0 and one at $d$. For $d = 1$ they do not overlap any more. How does the Jensen-Shannon distance, $\operatorname{JS} = \frac12 \int p \log \frac{2p}{p + q} + \frac12 \int q \log \frac{2q}{p + q}$, change from $d = 1$ to $d = 4$?
#
# - **a** it grows in proportion to $d$
# - **b** it grows with $d^2$, as for bell curves
# - **c** it stays the same
# - **d** it becomes infinite: nothing is shared

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
    print(f"d = {d:3.1f}   JS {jensen_shannon(bell(0), bell(d)):.6f}")

check.nb14_p1(guess)

# %% [markdown]
# ## Derive: a distance that does not know distance
#
# Take two boxes, $p$ on $[0, 1]$ and $q$ on $[d, 1 + d]$, both of height 1. Where they overlap, on a length $1 - d$, we have $p = q$ and both integrands are $\log 1 = 0$. On the rest, a length $d$ on either side, one of them is 0 and the other $\log 2$. So
#
# $$ \operatorname{JS} = d \log 2 \quad (d \le 1), \qquad \operatorname{JS} = \log 2 \quad (d \ge 1) \tag{14.1} $$
#
# As soon as the boxes part it is $\log 2$, and its slope in $d$ is 0. That is not a weakness of some D. It is what the *best* D can tell: it says 1 here and 0 there, and is right. (Lesson 3 saw the same from the other end: minimax's slope $\sigma(f)$ vanishes where D is sure.)
#
# What else could a distance be? Earth lies in the shape of $q$ and is wanted in the shape of $p$. *A plan* says how much is carried from $y$ to $x$; its cost is mass times way. The **earth mover's distance**, or Wasserstein-1 distance $W$, is the cost of the cheapest plan. For the boxes it is
# plainly $d$: all is carried by $d$.

# %%
distances = np.linspace(0, 3, 61)
title = "JS is flat as soon as the two part; the earth mover's distance goes on"
with figure(title) as ax:
    found = [jensen_shannon(bell(0, 0.2), bell(d, 0.2)) for d in distances]
    ax.plot(distances, found, label="JS of two bells of width 0.2")
    ax.plot(distances, np.minimum(distances, 1) * np.log(2), label="JS of two boxes of width 1, (14.1)")
    ax.plot(distances, distances, label="earth mover's distance of both")
    ax.axhline(np.log(2), color="0.5", linewidth=1, linestyle=":")
    ax.annotate("log 2", (2.8, 0.76))
    ax.set(xlabel="how far apart, d", ylabel="distance")

# %% [markdown]
# ## Derive: on a line it is a sort
#
# Let $F$ and $G$ be the shares of $p$ and of $q$ to the left of $t$ (their distribution functions). Look at one place $t$ while the earth is carried. Before, the share $G(t)$ lay to the left; after, $F(t)$. So whatever the plan, what crosses $t$ leftward minus what crosses it rightward is $F(t) - G(t)$, and
# *at least* $|F(t) - G(t)|$ has to cross. A mass that is carried a way of length $\ell$ crosses $\ell$ worth of places, so the cost is the mass crossing $t$, summed over all $t$:
#
# $$ W \ge \int \lvert F(t) - G(t) \rvert\, dt \tag{14.2} $$
#
# Can it be reached? Yes, if at no place two loads pass each other in opposite directions. Take $N$ points $x_i$ and $N$ points $y_i$, each of mass $1/N$, *sort both*, and carry the first to the first, the second to the second. Suppose pair $i$ crosses $t$ rightward, $y_i \le t < x_i$, and pair $j$ leftward,
# $x_j \le t < y_j$. Then $y_i < y_j$, so $i$ comes before $j$; and $x_j < x_i$, so $j$ comes before $i$. Both cannot be. So
#
# $$ W = \int \lvert F - G \rvert\, dt = \frac1N \sum_i \bigl\lvert x_{(i)} - y_{(i)} \bigr\rvert \tag{14.3} $$
#
# By hand: from $y = (5, 0, 1)$ to $x = (2, 4, 3)$. Sorted, $(0, 1, 5)$ and $(2, 3, 4)$: $W = \frac13 (2 + 2 + 1) = \frac53$.
#
# **Against all plans there are.** Seven points can be paired with seven in 5040 ways. And the area between the two staircases, (14.3), is the same number again.

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
# In many dimensions there is no order and no sort. The library's `sliced_wasserstein` looks along many random directions, sorts there, and averages (`eq:metric.sliced`; with squares, and for sets of different sizes). It measures finished generators; lesson 20 uses it.
#
# ## Derive: the critic
#
# G needs a slope, and W is a minimum over all plans. The way out is to look at the same number from the other side. Let $D$ be any function whose slope is nowhere above 1, so that $|D(x) - D(y)| \le |x - y|$ for any two places: *1-Lipschitz*. Carry the mass by any plan, from $y$ to $x$:
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
# (Kantorovich and Rubinstein; it holds in any number of dimensions.) The best D has the slope *exactly* 1, uphill, along every way on which earth is carried: with equality in (14.4), $D(x) - D(y) = |x - y|$ for each pair. It does not classify, so it is called a **critic**. Its loss, and G's:
#
# $$ L_D = \operatorname{mean} f - \operatorname{mean} r \tag{eq:loss.wasserstein.d} $$
#
# $$ L_G = -\operatorname{mean} f \tag{eq:loss.wasserstein.g} $$
#
# with the dullest slopes there are, $-\frac1N$ for each real score, $\frac1N$ for each fake, and no logarithm. All that is new is the condition $|D'| \le 1$; without it $L_D$ falls without end.
#
# **G's push.** The slope of $L_G$ at a fake is $-\frac1N D'$: with the best critic each fake is moved uphill at *constant speed*, from however far it comes.
#
# ## See the code
#
# The loss, and two ways to hold a critic to its slope. *Clipping* (the first WGAN): after each step every weight is cut to $[-c, c]$. *The penalty* (WGAN-GP): add $\lambda \operatorname{mean} (\lVert \partial D / \partial x \rVert - 1)^2$, at points between real and fake, where the earth is carried. How such a penalty's gradient gets into D's weights is lesson 15; here we only
# use it.

# %%
show_source(losses.wasserstein, clip_weights, penalties.wgan_gp, penalties.between, sliced_wasserstein)

# %% [markdown]
# ## Check: the slopes, and the sort

# %%
r, f = rng.standard_normal((2, 5, 1))
of_d = numerical_gradient(lambda f: losses.wasserstein.d(r, f)[0], f)
print(compare("slope of L_D in the fakes", losses.wasserstein.d(r, f)[2], of_d, FIRST))
of_g = numerical_gradient(lambda f: losses.wasserstein.g(r, f)[0], f)
print(compare("slope of L_G             ", losses.wasserstein.g(r, f)[1], of_g, FIRST))
w2 = np.sqrt(np.mean((np.sort(x) - np.sort(y)) ** 2))
sliced = sliced_wasserstein(x[:, None], y[:, None], np.random.default_rng(0))
print(compare("sliced, on a line: W2    ", sliced, w2, ADJOINT))

# %% [markdown]
# ## Predict: ten times the clip
#
# A critic with two hidden layers of 64 units learns to tell two clouds apart with the Wasserstein loss, every weight clipped to $[-c, c]$. For $c = 0.01$, the value of the paper, and for $c = 0.1$. How much steeper is the second?
#
# - **a** equally steep: the loss decides the slope, the clip only the weights
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


def slope(D, at):
    return D.backward(np.ones_like(at), D.forward(at)[1], learn=False)


at = np.linspace(-3, 3, 241)[:, None]
clipped = {c: taught(clip=c) for c in (0.01, 0.03, 0.1, 0.3, 1.0)}
steepest = {c: np.abs(slope(D, at)).max() for c, D in clipped.items()}
for c in (0.01, 0.1, 1.0):
    full = np.mean(np.abs(clipped[c].theta) > 0.999 * c)
    print(f"c = {c:4.2f}   steepest slope {steepest[c]:9.4f}   weights at the bound {full:.0%}")

check.nb14_p2(guess)

# %% [markdown]
# ## Derive: what a clip allows
#
# Through a layer, a difference grows at most by the largest stretch of its matrix, $\lVert W_l \rVert$, the largest singular value; a LeakyReLU stretches nothing. Through all of D:
#
# $$ |D(x) - D(y)| \le \lVert W_1 \rVert \cdots \lVert W_L \rVert\, |x - y| \tag{14.7} $$
#
# An $n \times m$ matrix with entries up to $c$ has a stretch of at most $c \sqrt{n m}$. Here that is $8 c \cdot 64 c \cdot 8 c = 4096\, c^3$. *The bound goes with the power of the depth,* and a critic that wants to be steep goes to the bound: most of its weights end at $\pm c$. So $c$ sets the slope, but by a formula nobody can guess:
# 0.004 for $c = 0.01$, and 4 for $c = 0.1$. And slopes are what G learns from.

# %%
clips = np.array(list(steepest))
title = "Ten times the clip makes the critic hundreds of times steeper"
with figure(title, marker=True) as ax:
    ax.loglog(clips, list(steepest.values()), label="steepest slope of the critic")
    ax.loglog(clips, 4096 * clips**3, label="bound 4096 c³")
    ax.axhline(1, color="0.5", linestyle=":", linewidth=1)
    ax.annotate("what is wanted: 1", (0.2, 0.35))
    ax.set(xlabel="clip c", ylabel="slope")

assert quick() or 200 < steepest[0.1] / steepest[0.01] < 2000
assert all(steepest[c] <= 4096 * c**3 for c in steepest)

# %% [markdown]
# **The penalty says what it means.** Let D have the slope $s$ along a way of length $W$. It gains $s W$ and pays $\lambda (s - 1)^2$, so it stops where $W = 2 \lambda (s - 1)$:
#
# $$ s = 1 + \frac{W}{2 \lambda} \tag{14.8} $$
#
# a little above 1, with the usual $\lambda = 10$ by 5 % for each unit of distance, and no word of depth or width. Here is the critic it makes, beside the best critic there is, by (14.5) with $F$ and $G$ counted from 20,000 points.

# %%
D = taught([penalties.wgan_gp])
many = np.random.default_rng(2)
x, y = real(20_000, many), 0.3 * many.standard_normal((20_000, 1))
W = np.mean(np.abs(np.sort(x, axis=0) - np.sort(y, axis=0)))
F, G = (np.searchsorted(np.sort(points[:, 0]), at[:, 0]) / len(points) for points in (x, y))
best = np.cumsum(np.sign(G - F)) * (at[1, 0] - at[0, 0])

with figure("With the penalty the critic is nearly the best one; with c = 0.01 it is flat") as ax:
    ax.plot(at, best - best.min(), color="0.7", linewidth=5, linestyle="-", label="best critic, slope ±1")
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
typical = float(np.median(np.abs(slope(D, at))))
print(
    f"W by sorting {W:.3f}   the critic says {estimate:.3f}   its slope {typical:.3f}, by (14.8) {1 + W / 20:.3f}"
)
assert quick() or abs(typical - (1 + W / 20)) < 0.06

# %% [markdown]
# ## Derive: a trap on the line
#
# There is a snag that one meets only on a line. A critic that leans the wrong way, $s = -1$, pays no penalty. To turn round it has to pass $s = 0$, where it pays $\lambda$. With $L_D = -s W$ and the penalty $\lambda (|s| - 1)^2$, for negative $s$
#
# $$ \frac{d}{ds} \bigl[ -s W + \lambda (-s - 1)^2 \bigr] = -W + 2 \lambda (s + 1) = 0 \quad\text{at}\quad s = -1 + \frac{W}{2 \lambda} \tag{14.9} $$
#
# and that is a minimum with $s < 0$ as long as $W < 2 \lambda$: it stays there. (A curved D gets out some day; on its way G is led *away* from the data.) In the plane, or among pictures, a slope can turn round without ever being 0, and nobody notices. On the line we therefore use a penalty on one side only,
# $\lambda \operatorname{mean} \max(0, |D'| - 1)^2$ (Petzka et al., 2018): what (14.6) asks for is $\le 1$, not $= 1$.


# %%
def one_sided(g, lam=10.0):
    """For slopes g (N, 1) -> value and its slope in g."""
    excess = np.maximum(np.abs(g) - 1, 0)
    return lam * float(np.mean(excess**2)), 2 * lam * excess * np.sign(g) / len(g)


one_sided = penalties.Custom(one_sided, place="between")


def turned(penalty):
    """A straight critic that begins with the slope -1; fakes around -2, data around 1.5."""
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
    ax.set(xlabel="steps of D", ylabel="slope s of the critic")

print(f"two-sided ends at {two[-1]:.3f}, (14.9) {-1 + 3.5 / 20:.3f}", end="   ")
print(f"one-sided at {one[-1]:.3f}, (14.8) {1 + 3.5 / 20:.3f}")
assert abs(two[-1] + 1 - 3.5 / 20) < 0.03
assert abs(one[-1] - 1 - 3.5 / 20) < 0.03

# %% [markdown]
# ## Derive: warmer
#
# Now let fakes travel. To see the distance and nothing else, G is a *list of 64 points*: a dense layer without bias, fed with the unit vectors, so that each weight is one fake. G's step moves fake $n$ by $\eta$ times the critic's slope at its place (learning rate $\eta N$, which undoes the $\frac1N$). The data has two bumps, at 1 and 2; all fakes begin
# near $-2$. Three games; D learns 100 steps ahead, then 20 for each step of G.

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
assert quick() or logs["minimax"][0][-1] > 3
assert quick() or max(logs[name][0][-1] for name in ("non-saturating", "Wasserstein")) < 1

# %% [markdown]
# Minimax stands still, as (14.1) predicts. The non-saturating loss arrives as well: its D, unbounded, is steep enough to push across any gap, and the speed is whatever slope D has reached by then. The Wasserstein fakes come down a straight line, in each
# step by $0.02$ times the critic's slope, about 1.1. At 140 steps they stand between the two bumps, too near for the one and too far for the other; the critic takes its time to turn a ramp into a V, and then they part and arrive. (What swinging is left at the end is the rotation of lesson 5, and the subject of lesson 16.)
#
# The second promise is the one that made the paper famous: *a loss with a meaning*. Here is the critic's loss, with the other sign, beside the distance by sorting.

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
# On the way it is the distance times about (14.8). While the critic learns to turn, between 145 and 180, it says *less*, down to nothing: by (14.4) a critic that is not at its best shows too little. (The penalty lets it show more only by its slope above 1.) So a large value is news, and a small one may be a lazy critic. Compare this with the
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


check.nb14_q1(earth_mover)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def earth_mover(x, y):
#     return np.mean(np.abs(np.sort(x) - np.sort(y)))
# ```
#
# The cost of a sort, $N \log N$, instead of a choice among $N!$ plans. The absolute value is taken of each pair: the mean difference alone would say 0 of two clouds around the same centre, however wide one of them is.
#
# </details>

# %% [markdown]
# ### Exercise 2: the best critic
#
# Given real points `x`, fakes `y` (arrays of any lengths) and places `t`, return the slope of the best critic at each place, an array of $1$, $-1$ or $0$ like `t`: by (14.5) the sign of $G(t) - F(t)$, with $F$ the share of the $x$ and $G$ the share of the $y$ that are $\le t$.


# %% tags=["exercise"]
def best_derivative(x, y, t):
    return ...  # your code: an array like t


check.nb14_q2(best_derivative)

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
# If more fakes than data lie to the left of $t$, earth has to be carried to the right across $t$, and there the critic rises. Where nothing has to cross, its slope does not matter, and sign 0 is one choice.
#
# </details>

# %% [markdown]
# ### Exercise 3: how steep can it be?
#
# Equation (14.7): given a list of the matrices of D's dense layers, with LeakyReLUs between them, return the bound on D's slope. `np.linalg.svd(W, compute_uv=False)` gives the singular values.


# %% tags=["exercise"]
def lipschitz_bound(matrices):
    return ...  # your code: one number


check.nb14_q3(lipschitz_bound)

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
# A difference can be stretched by each layer in turn, so the stretches multiply. It is a bound, and seldom reached, because the direction that one layer stretches most is not the one the next layer does. Divide each matrix by its largest singular value and the bound is 1, at any depth: that is
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
# 4. *A copy is clipped:* `np.clip(theta, -c, c)`, whose result nobody takes.
#
# Five instruments: the gradient check of both steps; the values by hand; the critic's estimate against the true distance; the direction in which G's step moves the fakes; the weights after a clip. Which of the four trains as well as the right one?
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

check.nb14_p3(guess)
assert all(ok for _, ok in examine())
assert caught["the sigmoid left in"][0] == "estimate"
assert caught["both signs reversed"] == ["values by hand"]
assert caught["one sign lost"] == ["values by hand", "direction of G"]
assert caught["a copy is clipped"] == ["weights in the box"]

# %% [markdown]
# Reversing both signs turns D into $-D$, and nothing else changes: it is a convention. (Papers differ in it, and whoever copies one half from one paper and the other half from another has bug 3.) The sigmoid passes every check of derivatives: it is a right gradient of a critic that cannot show a difference
# above 1, and here the distance is 2. Only a number that is known beforehand, the distance, gives it away.
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
# - JS says how surely two clouds can be told apart; the earth mover's distance says how far they are. Only the second has a slope when they do not touch.
# - On a line it is a sort; everywhere it is what the best critic of slope 1 can show.
# - Clipping weights bounds a slope by a power of the clip. A penalty on the slope bounds the slope.
# - A penalty that wants the slope 1 makes it $1 + W / 2\lambda$, and on a line it has a trap.
#
# ## Next
#
# [Lesson 15: Gradient penalties by hand](15_gradient_penalties.ipynb). We used a penalty on D's slope as if its gradient fell from the sky. It is a derivative of a derivative; you write it without autograd, in two short loops.
