# %% [markdown]
# # Lesson 30: Flows and diffusion
#
# **Goal** Derive, train and compare what came after GANs: a flow, a diffusion model, a student that draws in one step, and a GAN that takes the large steps of a diffusion; know what each of them costs when it draws.
#
# **Prerequisites** Lesson 7 (the best D), lesson 14 (moving earth), lesson 15 (R1), lesson 21 (matching). Conditional expectation; Bayes' rule for Gaussians.
#
# **Run time** 60 s on two cores (estimated).
#
# Since about 2021 most pictures that computers draw have come from diffusion models and flows. They have no opponent: a network learns by least squares, its loss falls, and no mode gets lost. But drawing is slow: a GAN evaluates its network once, a diffusion model hundreds of times, and one way to bring that down to four is a GAN.
#
# **Recall.** Five questions from earlier lessons; answer before you unfold.
#
# <details><summary>1. Lesson 29: a network is trained by squared error and several pictures would fit its input. What does it draw? And with the absolute error?</summary>The mean of all that would fit, a blur. With the absolute error the median, pixel by pixel.</details>
# <details><summary>2. Lesson 21: in what sense does a generator trained by matching (IMLE) lose no mode, and what does it draw between the modes?</summary>Every data point pulls its nearest sample, so each mode has a sample nearby. Nothing pulls at samples between the modes: strays are free.</details>
# <details><summary>3. Lesson 14: what is the distance of two clouds of earth, in one sentence?</summary>The least mean way by which one can be moved onto the other.</details>
# <details><summary>4. Lesson 9: can the losses of a GAN tell you that a mode was dropped?</summary>No. D's loss compares D with G as they are now; you have to count the modes.</details>
# <details><summary>5. Lesson 23: why does a VAE add noise to its code?</summary>The bound on the likelihood is an expectation over the codes that may belong to an image, and the noise draws one of them.</details>

# %%
import numpy as np

from minigan import losses
from minigan.differences import FIRST, compare, numerical_gradient
from minigan.game import GAN
from minigan.layers import (
    Copy,
    Dense,
    Embedding,
    Join,
    Keep,
    LeakyReLU,
    Parallel,
    Residual,
    Shift,
    SiLU,
    Sum,
    Take,
    TimeEmbedding,
)
from minigan.measure.certify import after as certificate
from minigan.measure.results.moons import gaussians, moons
from minigan.metrics import energy_distance
from minigan.metrics.transport import assignment, squared_distances, squared_wasserstein
from minigan.models import noise
from minigan.models.ode import adaptive, euler
from minigan.models.timed import time_mlp
from minigan.network import Sequential
from minigan.optim import EMA, Adam, cosine
from minigan.penalties import R1
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually
from minigan.zoo import flow
from minigan.zoo.ddgan import DDGAN, ddgan_step
from minigan.zoo.ddpm import DDPM, ddpm_step
from minigan.zoo.distil import Distilled
from minigan.zoo.flow import Flow, coupled, flow_step

# %% [markdown]
# ## Predict: one step of a flow
#
# Eight Gaussians shall become two moons. Both are clouds in the plane, so a training takes seconds, and everything can be seen.
#
# A *flow* is a network $V(x, t)$ that says with what velocity a point at $x$ moves at time $t$. It learns like this: draw a point $x_0$ of the Gaussians and, *independently*, a point $x_1$ of the moons; choose a time $t$ between 0 and 1; go from $x_0$ to $x_1$ on a straight line. At time $t$ you are at $x_t = (1 - t)\, x_0 + t\, x_1$, and you move with the velocity $x_1 - x_0$. $V(x_t, t)$ has to say so, by least squares.
#
# To draw, take a point $x_0$ and follow $V$ from $t = 0$ to 1. With many small steps that works well. Now we take a single one: $x_0 + V(x_0, 0)$. Where do the points of the eight Gaussians end?
#
# - **a** on the moons, somewhat blurred
# - **b** nearly all at one place
# - **c** about where they were: the first step is short

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
class Eight:
    """A game in which the noise is not N(0, 1) but eight Gaussians."""

    def noise(self, n, rng, labels=None):
        return gaussians(n, rng)

    def inputs(self, draw, rng):
        x, _ = draw()
        return x, gaussians(len(x), rng), None


class EightFlow(Eight, Flow):
    pass


N, BATCH, WIDTH = steps(1000, 4), 128, 48
REAL, OTHER = (moons(steps(1000, 50), np.random.default_rng(seed)) for seed in (100, 101))


def adam(net, beta1=0.9):
    return Adam(net, cosine(3e-3, N), beta1=beta1, beta2=0.99)


def train(game, data=moons, seed=1):
    """Let a game see N batches of the moons -> its rows."""
    rng = np.random.default_rng(seed)
    return [game.step(lambda: (data(BATCH, rng), None), rng) for _ in range(N)]


def level(rows, name="loss"):
    """The mean loss of the last tenth of a training."""
    return np.mean([row[name] for row in rows[-len(rows) // 10 :]])


def drawn(game, evaluations, back=lambda x: x):
    """As many samples as there are points in REAL."""
    game.evaluations = evaluations
    return back(game.sample(len(REAL), np.random.default_rng(5)))


V = time_mlp(2, WIDTH, embedding=0, rng=0)
plain = EightFlow(V, adam(V), (2,), ema=0.99)
losses_of = {"independent": level(train(plain))}
source = gaussians(len(REAL), np.random.default_rng(5))
ends = {n: drawn(plain, n) for n in (1, 50)}
for n, points in ends.items():
    print(f"{n:2d} steps: standard deviation of where they end {points.std(axis=0).round(2)}")
print(
    f"mean of the moons {REAL.mean(axis=0).round(2)}, mean of the points after one step {ends[1].mean(axis=0).round(2)}"
)

check.flow_and_diffusion.p1(guess)

title = "One step of a flow with independent pairs brings all points near the mean of the moons"
with figure(title, panels=3, size=(10.5, 3.6)) as axes:
    shown = {"eight Gaussians": source, "one step": ends[1], "fifty steps": ends[50]}
    for ax, (name, points) in zip(axes, shown.items(), strict=True):
        ax.plot(*REAL.T, ".", color="0.8", markersize=3)
        ax.plot(*points.T, ".", color="#d1600a", markersize=3)
        ax.set(title=name, xlim=(-7, 7), ylim=(-7, 7), aspect="equal", xticks=(), yticks=())

# %% [markdown]
# ## Derive: the velocity is a mean
#
# Let $(x_0, x_1)$ be a random pair, of whatever distribution, as long as $x_0$ alone is distributed like the noise and $x_1$ alone like the data. The path and the loss of *flow matching* (Lipman et al. 2023; here with straight paths) are
#
# $$ x_t = (1 - t)\, x_0 + t\, x_1 \tag{eq:flow.path} $$
#
# $$ L = \operatorname{mean} \bigl( V(x_t, t) - (x_1 - x_0) \bigr)^2 \tag{eq:flow.loss} $$
#
# **What is the best V?** Many pairs may pass through the same place $x$ at the same time $t$, each with its own velocity. Write
#
# $$ u(x, t) = \mathbb{E} \bigl[ x_1 - x_0 \,\big|\, x_t = x \bigr] \tag{30.1} $$
#
# for their mean. Insert $u$ into the square: $V - (x_1 - x_0) = (V - u) + (u - (x_1 - x_0))$. The mean of the mixed term is 0: for any fixed $x_t = x$ the first bracket is a constant, and the second has the mean 0 by (30.1). So
#
# $$ \mathbb{E}\, \lVert V - (x_1 - x_0) \rVert^2 = \mathbb{E}\, \lVert V - u \rVert^2 + \mathbb{E}\, \lVert u - (x_1 - x_0) \rVert^2 \tag{30.2} $$
#
# V can lower the first term to 0, by being $u$. The second does not contain V: it says how much the velocities of the paths through one place differ, and *the loss of a flow never falls below it*. Least squares on single pairs, which we know, teaches the mean over all pairs, which we need not compute.
#
# **Does following the mean lead to the data?** Take any smooth function $h$ of a place, and ask how its mean over the moving cloud changes. If each point moves on its own straight line, the chain rule and then the tower rule, $\mathbb{E}\, [\,\cdot\,] = \mathbb{E}\, \mathbb{E}\, [\,\cdot \mid x_t]$, give
#
# $$ \frac{d}{dt}\, \mathbb{E}\, h(x_t) = \mathbb{E} \bigl[ \nabla h(x_t) \cdot (x_1 - x_0) \bigr] = \mathbb{E} \bigl[ \nabla h(x_t) \cdot u(x_t, t) \bigr] \tag{30.3} $$
#
# If each point follows $u$ instead, $\frac{d}{dt} \mathbb{E}\, h(x_t) = \mathbb{E}\, [\nabla h(x_t) \cdot u(x_t, t)]$ too, directly by the chain rule. Both clouds begin as the noise, and the mean of every $h$ obeys the same equation. So (for a smooth $u$, where this equation has one solution) *both clouds are distributed alike at every time*, and at $t = 1$ that is the data. Single points end elsewhere; the cloud does not.
#
# **Why everything came to one place.** At $t = 0$ the place is $x_0$ itself, and with independent pairs it says nothing about $x_1$:
#
# $$ u(x, 0) = \mathbb{E}\, x_1 - x, \qquad x + u(x, 0) = \mathbb{E}\, x_1 \tag{30.4} $$
#
# A step of Euler's method
#
# $$ x \leftarrow x + \tfrac1n\, v(x, t) \tag{eq:ode.euler} $$
#
# with $n = 1$ jumps to the mean of all data. With many steps the points learn on their way where they belong: the later, the fewer data can still be meant.
#
# **The field in closed form.** If the data is a finite set of points, and the noise is a mixture of Gaussians with the centres $\mu_i$ and the standard deviation $s$, we can compute $u$. Given $x_1$ and $x_t = x$, the noise is $x_0 = (x - t x_1) / (1 - t)$, so the velocity is $(x_1 - x) / (1 - t)$. Bayes' rule says how probable each $x_1$ is:
#
# $$ u(x, t) = \sum_j w_j\, \frac{x_1^{(j)} - x}{1 - t}, \qquad w_j \propto \sum_i \exp \Bigl( - \frac{\lVert x - t x_1^{(j)} - (1 - t) \mu_i \rVert^2}{2 (1 - t)^2 s^2} \Bigr) \tag{30.5} $$
#
# with weights that add up to 1.
#
# ## See the code
#
# The step of a flow, and the way of drawing. `x0`, `x1` and `t` are given, so you see in four lines what is learned.

# %%
show_source(flow_step, Flow.draw, euler)

# %% [markdown]
# ## Check: the network has learned the mean
#
# (30.5) for 2,000 points of the moons, against $V$, which has never seen (30.5):

# %%
CENTRES = 5 * np.stack([np.cos(np.pi * np.arange(8) / 4), np.sin(np.pi * np.arange(8) / 4)], axis=1)
KNOWN = moons(steps(2000, 100), np.random.default_rng(7)).astype(float)


def exact(x, t, s2=0.1**0.5):
    """(30.5): x (N, 2) -> u (N, 2)."""
    d = x[:, None, None] - t * KNOWN[:, None] - (1 - t) * CENTRES  # (N, M, 8, 2)
    exponent = -np.sum(d**2, axis=3) / (2 * (1 - t) ** 2 * s2)
    w = np.exp(exponent - exponent.max(axis=(1, 2), keepdims=True)).sum(axis=2)  # (N, M)
    return (w / w.sum(axis=1, keepdims=True) @ KNOWN - x) / (1 - t)


rng = np.random.default_rng(8)
for t in (0.0, 0.2, 0.4):
    x = (1 - t) * gaussians(300, rng) + t * moons(300, rng)
    u = exact(x.astype(float), t)
    unexplained = np.mean((plain.predict(x, t, None) - u) ** 2) / np.var(u, axis=0).mean()
    print(f"t = {t}: V differs from u by {unexplained:.1%} of u's variance")

title = "The network has learned the mean of all paths: its arrows lie on the exact ones"
with figure(title, panels=3, size=(11, 3.9)) as axes:
    for ax, t in zip(axes, (0.0, 0.2, 0.4), strict=True):
        cloud = ((1 - t) * source + t * moons(len(source), rng)).astype(np.float32)
        at = cloud[:60]
        ax.plot(*cloud.T, ".", color="0.85", markersize=3)
        for arrows, color, width in (
            (exact(at.astype(float), t), "0.45", 0.011),
            (plain.predict(at, t, None), "#d1600a", 0.005),
        ):
            ax.quiver(*at.T, *arrows.T, color=color, width=width, angles="xy", scale_units="xy", scale=4)
        ax.set(title=f"t = {t}", xlim=(-7, 7), ylim=(-7, 7), aspect="equal", xticks=(), yticks=())

# %% [markdown]
# (Grey: the cloud at time $t$ and the exact velocities, a quarter of their length; orange: the network's. At later times they part more, since the exact field has sharp edges there, which a small network rounds off.) And the gradient of the step, of a small smooth network, against differences:

# %%
G = Sequential(
    Parallel([Dense(2, 5)], [TimeEmbedding(4, 9.0), Dense(4, 5)]),
    Sum(),
    SiLU(),
    Dense(5, 2),
    rng=0,
    dtype="float64",
)
rng = np.random.default_rng(9)
x0, x1, t = rng.standard_normal((6, 2)), rng.standard_normal((6, 2)), rng.random(6)


class Noted:
    """An optimizer that moves nothing and keeps the gradient."""

    def __init__(self, net):
        self.net = net

    def step(self):
        self.gradient = self.net.grad.copy()
        self.net.zero_grad()


note = Noted(G)
flow_step(G, note, x0, x1, t)
by_differences = numerical_gradient(lambda _: flow_step(G, Noted(G), x0, x1, t)["loss"], G.theta)
show_checks([compare("flow_step, dtheta", note.gradient, by_differences, FIRST)])

# %% [markdown]
# ## Predict: better pairs
#
# (30.2) leaves a loss that V cannot remove. It depends on the *pairs*, and these we may choose: $x_0$ has to be distributed like the noise and $x_1$ like the data, and nothing was said about both together.
#
# So in each batch of 128 we exchange the noise until the sum of the squared distances $\lVert x_1 - x_0 \rVert^2$ is least, and train again, with the same network, rate and number of steps. With independent pairs the loss ended at about 8. And now?
#
# - **a** at about the same: the network is as large as before and the clouds are as far apart
# - **b** at about half of it
# - **c** at less than a tenth

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
V = time_mlp(2, WIDTH, embedding=0, rng=0)
straight = EightFlow(V, adam(V), (2,), coupling="ot", ema=0.99)
losses_of["optimal transport"] = level(train(straight))
for name, value in losses_of.items():
    print(f"{name:<18} loss {value:.3f}")

check.flow_and_diffusion.p2(guess)

# %% [markdown]
# ## Derive: pairs that do not cross
#
# Which noise shall go to which data? The cheapest one-to-one assignment of a batch, with costs $c_{ij}$, is a permutation:
#
# $$ p = \arg\min_p \sum_i c_{i, p_i} \tag{eq:transport.assignment} $$
#
# (It is exact. The library finds it together with *prices* $a_i$ and $b_j$ with $a_i + b_j \le c_{ij}$ for all $i$, $j$ and equality where $i$ is assigned to $j$. Any other assignment costs $\sum_i c_{i q_i} \ge \sum_i a_i + \sum_j b_j$, which is what this one costs.) With squared distances this is the least mean squared way from one cloud to the other, and its square root is a distance, like the one of lesson 14:
#
# $$ W_2^2 = \min_p \frac1n \sum_i \lVert a_i - b_{p_i} \rVert^2 \tag{eq:transport.wasserstein} $$
#
# In the training it is applied to the noise of each batch (*minibatch optimal transport*; Pooladian et al. 2023, Tong et al. 2024):
#
# $$ x_0 \leftarrow x_0[p], \qquad p = \arg\min_p \sum_n \lVert x_1[n] - x_0[p_n] \rVert^2 \tag{eq:flow.coupling} $$
#
# Both clouds remain what they were, so all of (30.3) still holds. **What do we gain?** Suppose that two pairs $(a, c)$ and $(b, d)$ of the best assignment meet: at some time $0 < t < 1$ both are at one place, $(1 - t)\, a + t\, c = (1 - t)\, b + t\, d$, so $c - d = -\frac{1 - t}{t} (a - b)$. Exchange their ends. The squares cancel, and the cost changes by
#
# $$ \lVert a - d \rVert^2 + \lVert b - c \rVert^2 - \lVert a - c \rVert^2 - \lVert b - d \rVert^2 = 2\, (a - b) \cdot (c - d) = -2\, \tfrac{1 - t}{t}\, \lVert a - b \rVert^2 < 0 \tag{30.6} $$
#
# So it was not the best. *In the best assignment no two paths meet*, the place and the time say which pair is passing, and for a fixed set of pairs the second term of (30.2) is 0. (Over many batches it is not quite 0, since each batch has another assignment.) Then $u$ is the velocity of single pairs, constant along each of them, the paths are straight, and one step of Euler is exact.
#
# ## Check: straight paths
#
# How straight are they? Ask a solver that chooses its own steps. From six evaluations $k_i$ the method of Dormand and Prince computes two results of different order, whose difference tells how wrong a step of length $h$ is, relative to a tolerance $\tau$:
#
# $$ r = \operatorname{rms} \frac{h \sum_i e_i k_i}{\tau\, (1 + \max(|x|, |x'|))} \tag{eq:ode.error} $$
#
# If $r \le 1$ the step is accepted. The error is of fifth order, $r \propto h^5$, so the length for which $r$ would be 1 is $h\, r^{-1/5}$. Take nine tenths of that, to be safe, and never change too much at once:
#
# $$ h \leftarrow h \min\bigl( 10,\ \max(0.2,\ 0.9\, r^{-1/5}) \bigr) \tag{eq:ode.step} $$
#
# On straight paths it takes long steps, and the number of evaluations tells how curved they are. We judge the points by $W_2^2$, and by the *energy distance*, which needs no assignment,
#
# $$ 2 \operatorname{mean}_{i, j} \lVert a_i - b_j \rVert - \operatorname{mean}_{i \ne j} \lVert a_i - a_j \rVert - \operatorname{mean}_{i \ne j} \lVert b_i - b_j \rVert \tag{eq:energy.distance} $$
#
# how much farther the two clouds are from each other than each is from itself (0 on average if they are equal in distribution). Neither means anything without its floor, moons against other moons.

# %%
small = np.random.default_rng(10).standard_normal((2, 8, 2))
crossing = squared_distances(*small)
best = assignment(crossing)
tried = [crossing[range(8), np.random.default_rng(k).permutation(8)].sum() for k in range(500)]
print(
    f"the best assignment costs {crossing[range(8), best].sum():.3f}, the best of 500 random ones {min(tried):.3f}"
)
show_checks([compare("coupled, x0[p]", coupled(small[1], small[0]), small[1][best], 0.0)])

NUMBERS = (1, 2, 4, 10, 50)
scores = {}


def judge(name, game, numbers=NUMBERS, back=lambda x: x):
    """Print and keep W_2^2 for each number of evaluations."""
    scores[name] = {n: squared_wasserstein(REAL, drawn(game, n, back)) for n in numbers}
    print(f"{name:<22}", "   ".join(f"{n}: {value:.3f}" for n, value in scores[name].items()))


floor = squared_wasserstein(REAL, OTHER)
print(f"\nsquared distance to the moons, by number of evaluations; moons against other moons {floor:.3f}")
for name, game in (("flow, independent", plain), ("flow, transport", straight)):
    judge(name, game)
    ended, evaluations = adaptive(lambda x, t: game.predict(x, t, None), source)
    print(
        f"   adaptive solver: {evaluations} evaluations, energy distance {energy_distance(REAL, ended):.4f}"
    )
print(f"   moons against other moons: energy distance {energy_distance(REAL, OTHER):.4f}")

usually(
    "one step of the flow with transport is ten times nearer",
    scores["flow, transport"][1] < 0.1 * scores["flow, independent"][1],
)

# %%
title = "Independent pairs give curved paths, pairs by optimal transport nearly straight ones"
with figure(title, panels=2, size=(9.5, 4.6)) as axes:
    for ax, (name, game) in zip(
        axes, (("independent pairs", plain), ("optimal transport", straight)), strict=True
    ):
        path = [source[:80]]
        for k in range(40):
            path.append(path[-1] + game.predict(path[-1], k / 40, None) / 40)
        ax.plot(*REAL.T, ".", color="0.85", markersize=3)
        ax.plot(*np.stack(path).transpose(2, 0, 1), "-", color="#1f4e9c", linewidth=0.7)
        ax.plot(*path[0].T, "o", color="black", markerfacecolor="white", markersize=3)
        ax.plot(*path[-1].T, "o", color="#d1600a", markersize=3)
        ax.set(title=name, xlim=(-7, 7), ylim=(-7, 7), aspect="equal", xticks=(), yticks=())

# %% [markdown]
# ## Derive: one step from many
#
# The assignment costs time, and for large pictures a batch is too small to contain good pairs. There is another source of pairs: *a trained flow*. It carries each $x_0$ to one $x_1$, always the same. Train a student on such pairs, at $t = 0$ alone (Liu et al. 2023):
#
# $$ x_1 = x_0 + V(x_0, 0) \tag{eq:distil.t} $$
#
# By (30.2) it learns $\mathbb{E}\, [x_1 - x_0 \mid x_0]$, as in (30.4); but now $x_0$ determines $x_1$, the mean is over one value, and nothing is blurred. The student is a generator like that of a GAN: one evaluation, noise in, data out. No D has taught it; the teacher's pairs say who belongs to whom.
#
# (Trained at every $t$ it is a flow again, with straighter paths, since the teacher's pairs cross less than random ones: *reflow*. `minigan train distil --reflow`.)


# %%
class Student(Eight, Distilled):
    pass


plain.evaluations = 20
V = time_mlp(2, WIDTH, embedding=0, rng=1)
student = Student(V, adam(V), (2,), 0, lambda: plain, pairs=steps(4000, 64), ema=0.99)
train(student)
judge("student of the first", student, (1,))
usually(
    "the student is nearer in one step than its teacher in four",
    scores["student of the first"][1] < scores["flow, independent"][4],
)

# %% [markdown]
# ## Derive: a diffusion, forwards
#
# Diffusion models (Sohl-Dickstein et al. 2015; Ho, Jain and Abbeel 2020) came first, with another vocabulary. *Here $x_0$ is the data* and $x_T$ the noise. From one step to the next a little of the data is replaced by noise, with $\varepsilon \sim \mathcal{N}(0, I)$ and small numbers $\beta_k$: $x_k = \sqrt{1 - \beta_k}\, x_{k-1} + \sqrt{\beta_k}\, \varepsilon$. The roots keep the variance: if $x_{k-1}$ has the variance 1, so has $x_k$. Let
#
# $$ a_k = \prod_{j \le k} (1 - \beta_j) \tag{eq:noise.linear} $$
#
# Then $x_k$ needs no loop:
#
# $$ x_k = \sqrt{a_k}\, x_0 + \sqrt{1 - a_k}\, \varepsilon \tag{eq:noise.forward} $$
#
# By induction: insert it for $k - 1$ into the step. The data gets the factor $\sqrt{(1 - \beta_k)\, a_{k-1}} = \sqrt{a_k}$. The two noises are independent Gaussians, so their sum is one Gaussian, with the variance $(1 - \beta_k)(1 - a_{k-1}) + \beta_k = 1 - a_k$. If you know the noise, you know the data:
#
# $$ x_0 = \frac{x_k - \sqrt{1 - a_k}\, \varepsilon}{\sqrt{a_k}} \tag{eq:noise.inverse} $$
#
# **One step back, if the data is known.** Write $\alpha_k = 1 - \beta_k$. Given $x_0$, $x_{k-1}$ is Gaussian with the mean $\sqrt{a_{k-1}}\, x_0$ and the variance $1 - a_{k-1}$; and $x_k$ tells about it with the variance $\beta_k$. Bayes' rule multiplies the two Gaussians: the precisions (inverse variances) add up,
#
# $$ \frac{\alpha_k}{\beta_k} + \frac{1}{1 - a_{k-1}} = \frac{\alpha_k - a_k + 1 - \alpha_k}{\beta_k (1 - a_{k-1})} = \frac{1 - a_k}{\beta_k (1 - a_{k-1})} \tag{30.7} $$
#
# and the mean is the mean of $x_k / \sqrt{\alpha_k}$ and $\sqrt{a_{k-1}}\, x_0$, weighted by their precisions:
#
# $$ q(x_{k-1} \mid x_k, x_0) = \mathcal N \Bigl( \frac{\sqrt{a_{k-1}}\, \beta_k}{1 - a_k} x_0 + \frac{\sqrt{\alpha_k} (1 - a_{k-1})}{1 - a_k} x_k,\ \frac{1 - a_{k-1}}{1 - a_k} \beta_k \Bigr) \tag{eq:noise.posterior} $$
#
# **What to learn.** Let a network $S(x_k, k/T)$ guess the noise, `eq:noise.inverse` turns the guess into one of $x_0$, and the posterior into a Gaussian for $x_{k-1}$. The bound on the likelihood (lesson 23) is a sum over the steps of $\mathrm{KL}(q \,\Vert\, p)$ of two Gaussians of equal variance $s^2$, which is $\lVert \mu_q - \mu_p \rVert^2 / 2 s^2$, so a multiple of $\lVert \varepsilon - S \rVert^2$, with a factor for each $k$. Ho et al. left the factors out, which gives less weight to small noise, and the pictures improved:
#
# $$ L = \operatorname{mean} \bigl( S(x_k, k/T) - \varepsilon \bigr)^2 \tag{eq:ddpm.loss} $$
#
# Least squares again, so by the argument of (30.2) $S$ learns the mean of all noises that could be in $x_k$. *A flow and a diffusion model learn the same thing*: a mean over all that may have led to this place. (Exercise 1 computes one from the other.)
#
# **Backwards.** Let $b > a$ belong to an earlier step. Any $s \le \sqrt{1 - b}$ gives a way there,
#
# $$ x' = \sqrt b\, x_0 + \sqrt{1 - b - s^2}\, \varepsilon + s z \tag{eq:noise.earlier} $$
#
# with new noise $z$: the variance of the noise is $1 - b$ in any case. The usual choice is
#
# $$ s = \eta \sqrt{\frac{1 - b}{1 - a}} \sqrt{1 - \frac ab} \tag{eq:noise.new} $$
#
# For $\eta = 1$ and neighbouring steps $1 - a / b = \beta_k$, and $s^2$ is the variance of `eq:noise.posterior`: the sampler of DDPM. For $\eta = 0$ no noise is drawn, and the way is that of a flow: DDIM (Song et al. 2021).
#
# ## Derive: how a network sees the time
#
# $S$ has to know how much noise there is, and one number among many inputs is easily overlooked. It becomes a vector of sines and cosines of many frequencies, with $t = k / T$ and the scale $c = 1000$:
#
# $$ y = \bigl[ \sin(c\, t\, w_k),\ \cos(c\, t\, w_k) \bigr]_k, \qquad w_k = 10000^{-2k/d} \tag{eq:time.embedding} $$
#
# Its derivative exchanges sine and cosine, and one number comes back for each sample:
#
# $$ \frac{dy}{dt} = \bigl[ c w_k \cos(c\, t\, w_k),\ -c w_k \sin(c\, t\, w_k) \bigr]_k \tag{eq:time.derivative} $$
#
# $$ dt = \sum_j dy_j\, \frac{dy_j}{dt} \tag{eq:time.dt} $$
#
# Twice differentiated, each is itself times $-(c w)^2$, so the second-order pass of lesson 15 gets
#
# $$ dt = -v \sum_j dy_j\, (c w_j)^2\, y_j \tag{eq:time.curvature} $$
#
# A dense layer maps the vector $e$ to one number for each channel, which is added at every pixel, and so collects the gradient of every pixel:
#
# $$ y_{nijc} = h_{nijc} + b_{nc} \tag{eq:shift} $$
#
# $$ db_{nc} = \sum_{ij} dy_{nijc} \tag{eq:shift.db} $$
#
# All blocks of the network need $e$. So the state is the pair $(h, e)$, and a block changes $h$ and keeps $e$. It is made of `Copy`, `Parallel` and a layer that chooses one of its inputs, whose other inputs get no gradient:
#
# $$ (h, e) \mapsto (f(h, e), e) \tag{eq:keep} $$
#
# $$ y = x_i \tag{eq:take} $$
#
# $$ dx_i = dy, \qquad dx_j = 0 \ (j \ne i) \tag{eq:take.dx} $$
#
# ## See the code
#
# The step of the diffusion model, and its samplers: the loop that calls `earlier`.

# %%
show_source(ddpm_step, noise.noisy, noise.without_noise, noise.earlier, DDPM.draw)

# %% [markdown]
# ## Check: the closed form, the samplers, the layers
#
# A thousand small steps against `eq:noise.forward`; DDIM with the true noise, which has to end exactly at the data, in any number of steps; and the layers that carry the time.

# %%
a = noise.linear_betas(1000)
rng = np.random.default_rng(11)
points = np.full(20_000, 1.5)
for k in range(1, 301):
    alpha = a[k] / a[k - 1]
    points = np.sqrt(alpha) * points + np.sqrt(1 - alpha) * rng.standard_normal(len(points))
print(compare("mean after 300 steps", points.mean(), 1.5 * np.sqrt(a[300]), 0.05))
print(compare("variance", points.var(), 1 - a[300], 0.05))

x, eps = rng.standard_normal((2, 5, 2))
found = noise.noisy(x, eps, a[1000])
for k, before in ((1000, 400), (400, 50), (50, 0)):
    guessed = noise.without_noise(found, eps, a[k])
    found = noise.earlier(guessed, eps, a[k], a[before])
show_checks(
    [
        compare("three steps of DDIM", found, x, 1e-9),
        compare(
            "variance of the posterior",
            noise.earlier(0 * x, 0 * x, a[7], a[6], 1.0, 1 + 0 * x),
            noise.posterior(a, np.array([7]))[2] + 0 * x,
            1e-9,
        ),
    ]
)

block = Sequential(
    Parallel([], [TimeEmbedding(4, 9.0)]),
    Keep(Parallel([Dense(2, 3)], [Dense(4, 3)]), Shift(), SiLU()),
    Take(0),
    rng=0,
    dtype="float64",
)
print(block.forward((x, rng.random(5)))[0].shape, "is what such a block makes of", x.shape)

# %% [markdown]
# Now the training. The data of a diffusion should have a size near 1, so the moons are shifted and halved, and the samples brought back. The noise is one Gaussian, as it must be for `eq:noise.forward`.

# %%
MIDDLE, SCALE = np.float32([0.8, 0.05]), np.float32(2)


def smaller(n, rng):
    return (moons(n, rng) - MIDDLE) / SCALE


def larger(x):
    return x * SCALE + MIDDLE


S = time_mlp(2, WIDTH, embedding=32, rng=0)
diffusion = DDPM(S, adam(S), (2,), ema=0.99)
print(f"loss {level(train(diffusion, smaller)):.3f}")
x = smaller(len(REAL), np.random.default_rng(12))
eps = np.random.default_rng(13).standard_normal(x.shape)
ks = (0, 100, 200, 400, 1000)
title = "Noise blurs the moons step by step; the network takes it out again"
with figure(title, panels=(2, 5), size=(11, 4.6)) as axes:
    back = np.random.default_rng(14).standard_normal(x.shape).astype(np.float32)
    held = {1000: back}
    for k, before in zip(range(1000, 0, -20), range(980, -1, -20), strict=True):
        guessed = noise.without_noise(back, diffusion.predict(back, k / 1000, None), float(a[k]))
        noise_in_it = (back - np.sqrt(a[k]) * guessed) / np.sqrt(1 - a[k])
        back = noise.earlier(guessed, noise_in_it, a[k], a[before]).astype(np.float32)
        held[before] = back
    for column, k in enumerate(ks):
        for row, points in enumerate((noise.noisy(x, eps, a[k]), held[ks[-1 - column]])):
            axes[row, column].plot(*points.T, ".", color=("#1f4e9c", "#d1600a")[row], markersize=2)
            axes[row, column].set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=(), yticks=())
            axes[row, column].set_title(f"k = {(k, ks[-1 - column])[row]}")
    axes[0, 0].set_ylabel("forwards")
    axes[1, 0].set_ylabel("backwards")

# %% [markdown]
# ## Predict: four large steps
#
# With the sampler of DDPM, which adds new noise at each step, 200 evaluations give good moons. Now we allow four. What do the samples look like?
#
# - **a** all of them are at one place, as in the first experiment
# - **b** they are on the moons, but there are gaps
# - **c** they fill the space between the moons too

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
diffusion.sampler = "ddim"
judge("DDPM, drawn by DDIM", diffusion, NUMBERS[1:], back=larger)
diffusion.sampler = "ddpm"
judge("DDPM, with new noise", diffusion, (*NUMBERS[1:], 200), back=larger)
coarse, fine = (drawn(diffusion, n, larger) for n in (4, 200))

check.flow_and_diffusion.p3(guess)

# %% [markdown]
# ## Derive: a GAN for large steps
#
# Take one small step back. Where was the point before? It has moved by little noise, so the answer is one narrow Gaussian, and a mean describes it. Take a large step back, and *many* data may have led here: the true distribution of $x_{k-1}$, given $x_k$, is a mixture over all data,
#
# $$ q(x_{k-1} \mid x_k) = \sum_j w_j(x_k)\, q(x_{k-1} \mid x_k, x_0^{(j)}) \tag{30.8} $$
#
# with as many peaks as there are kinds of data, and a network that knows the mean can only put one Gaussian in their middle. To draw *one of several* is what a GAN can do. Xiao, Kreis and Vahdat (2022) take only $T = 4$ steps, from the schedule of a continuous process with a growing rate of noise, $b_0 + (b_1 - b_0)\, s$ at time $s$, whose integral is in the exponent,
#
# $$ a_k = \exp\bigl( -b_0 s - \tfrac12 (b_1 - b_0) s^2 \bigr), \qquad s = k / T \tag{eq:noise.few} $$
#
# and let a GAN undo each. The real pairs are two neighbours of the diffusion. $x_k$ has to be drawn from $x_{k-1}$, not from $x_0$, or the two would not belong together ($\alpha_k = a_k / a_{k-1}$):
#
# $$ x_k = \sqrt{\alpha_k}\, x_{k-1} + \sqrt{1 - \alpha_k}\, \varepsilon \tag{eq:ddgan.now} $$
#
# G draws clean data from $x_k$ and a code $z$, and the posterior brings it to the noise of step $k - 1$; D sees a pair and judges whether the one could have come before the other:
#
# $$ x'_{k-1} \sim q\bigl( x_{k-1} \mid x_k,\ G(x_k, k/T, z) \bigr) \tag{eq:ddgan.drawn} $$
#
# $$ L_D\bigl( D(x_{k-1}, x_k, k),\ D(x'_{k-1}, x_k, k) \bigr) \tag{eq:ddgan.d} $$
#
# The mean of `eq:noise.posterior` is $c_0 x_0 + c_k x_k$. So of D's gradient in $x'_{k-1}$ the drawn data gets the share
#
# $$ d x_0' = c_0\, dx'_{k-1} \tag{eq:ddgan.g} $$
#
# and D's gradient in $x_k$ is not needed. With $T = 1$ there is nothing left of the data in $x_1$, $c_0 = 1$, and this is an ordinary GAN. With $T$ large, the steps are small and G has to be no more than a mean. *Between the two is a choice*: each of the four games is easier than the whole, because $x_k$ says roughly where to go, and noise on real and fake keeps D from being too sure (lesson 16).

# %%
show_source(ddgan_step)

# %% [markdown]
# ## Check: how many evaluations, how near
#
# G and D are networks with branches: G sees $(x_k, (t, z))$, D a pair and the number of the step, which enters like a label (lesson 19). A GAN of lesson 8's kind, with R1, is trained for as many steps, to compare with.


# %%
def critic_and_generator(T, latent=2, w=WIDTH):
    seen = Parallel([TimeEmbedding(32), Dense(32, w)], [Dense(latent, w)])
    blocks = [Residual(Dense(w, 2 * w), SiLU(), Dense(2 * w, w, gain=0.5)) for _ in range(3)]
    G = Sequential(Parallel([Dense(2, w)], [seen, Sum()]), Sum(), *blocks, Dense(w, 2), rng=0)
    pair = Parallel([Take(0, 1), Join(), Dense(4, w)], [Take(2), Embedding(T, w)])
    judging = [Dense(w, w), LeakyReLU(0.2), Dense(w, w), LeakyReLU(0.2), Dense(w, 1)]
    return G, Sequential(Parallel([], [], []), Copy(2), pair, Sum(), LeakyReLU(0.2), *judging, rng=1)


def denoising(T):
    G, D = critic_and_generator(T)
    opts = {"G": adam(G, beta1=0.0), "D": adam(D, beta1=0.0)}
    return DDGAN(G, D, losses.non_saturating, [R1(0.3)], opts, (2,), latent=2, T=T, ema=0.99)


four = denoising(4)
train(four, smaller)
judge("DDGAN, four steps", four, (4,), larger)

blocks = [Residual(Dense(WIDTH, 2 * WIDTH), SiLU(), Dense(2 * WIDTH, WIDTH, gain=0.5)) for _ in range(3)]
G = Sequential(Dense(2, WIDTH), *blocks, Dense(WIDTH, 2), rng=0)
D = Sequential(
    *[layer for n in (2, WIDTH, WIDTH) for layer in (Dense(n, WIDTH), LeakyReLU(0.2))],
    Dense(WIDTH, 1),
    rng=1,
)
gan = GAN(G, D, losses.non_saturating, [R1(0.3)], adam(G, 0.0), adam(D, 0.0), 2, EMA(G, 0.99, warmup=True))
train(gan, smaller)
made = larger(gan.sample(len(REAL), np.random.default_rng(5)))
scores["GAN"] = {1: squared_wasserstein(REAL, made)}
print(f"{'GAN':<22} 1: {scores['GAN'][1]:.3f}")

assert not show_checks(
    found
    for claim in certificate.claims()
    if claim.subject == "ddgan" and (claim.verb == "values" or "NonSaturating" in claim.sample)
    for found in claim.run()
)

title = "In four large steps DDPM draws the middle between the moons, and DDGAN the moons"
with figure(title, panels=4, size=(12, 2.9)) as axes:
    shown = {
        "DDPM, 200 evaluations": fine,
        "DDPM, 4": coarse,
        "DDGAN, 4": drawn(four, 4, larger),
        "GAN, 1": made,
    }
    for ax, (name, points) in zip(axes, shown.items(), strict=True):
        ax.plot(*REAL.T, ".", color="0.85", markersize=3)
        ax.plot(*points.T, ".", color="#d1600a", markersize=3)
        ax.set(title=name, xlim=(-5.2, 6.8), ylim=(-4.2, 4.2), aspect="equal", xticks=(), yticks=())

usually(
    "DDGAN's four steps are nearer than DDPM's",
    scores["DDGAN, four steps"][4] < scores["DDPM, with new noise"][4],
)
usually(
    "the plain GAN is the nearest with one evaluation",
    scores["GAN"][1] < min(found[1] for name, found in scores.items() if 1 in found and name != "GAN"),
)

# %%
title = "Flows and diffusions get nearer with more evaluations; good pairs, students and GANs need few"
with figure(title, size=(8.5, 4.4), marker=True) as ax:
    for name, found in scores.items():
        alone = {"marker": "*", "color": "black", "linestyle": "none"} if name == "GAN" else {}
        ax.loglog(list(found), list(found.values()), label=name, markersize=8, **alone)
    ax.axhline(floor, color="black", linestyle=":", linewidth=1)
    ax.annotate("moons against other moons", (8, floor * 0.72), fontsize=9)
    ax.set(
        xlabel="evaluations of the network for a sample",
        ylabel="squared distance W₂² to the moons",
        ylim=(floor / 2, None),
    )
    ax.set_xticks([1, 2, 4, 10, 50, 200], [1, 2, 4, 10, 50, 200])
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)

# %% [markdown]
# In the plane the plain GAN of lesson 8 usually beats everything that is as fast. It has two kinds of data to cover, R1 keeps it stable, and the distance counts strays for little. The others earn their price where a GAN has its troubles: with thousands of kinds of data, of which it loses some, and with trainings that have to succeed at the first attempt. What is each of them for?
#
# | | learns by | evaluations | choose it if |
# |---|---|---|---|
# | GAN | a game | 1 | it has to be fast, or the loss has to be learned (textures, pictures from pictures), and you can watch for lost modes |
# | flow | least squares | 10 to 50 | you want a training that just falls, and any noise as its source |
# | flow with transport | least squares, an assignment in each batch | 1 to 10 | the same, in few dimensions or with large batches |
# | diffusion | least squares | 20 to 1,000 | quality and coverage count, time does not; guidance and editing are well understood |
# | student | least squares on a teacher's pairs | 1 | you have a good teacher, and it is too slow |
# | denoising diffusion GAN | four games | 4 | you want a diffusion's coverage at nearly a GAN's speed |
#
# The plane is a kind world: two dimensions, and as much data as we like. The ranking for pictures is a measurement, `minigan results after`, and docs/howto/after.md has the commands.
#
# ## Modify
#
# ### Exercise 1: both ends of a path (★)
#
# A flow's answer contains more than a velocity. Given `x` (N, 2), the times `t` (N,) and the velocities `v` (N, 2) of straight paths, return where each path began and where it will end, `x0, x1`. Then explain: what does the network's guess of `x1` look like at $t = 0$, and what at $t$ near 1?


# %% tags=["exercise"]
def both_ends(x, t, v):
    return ...  # your code: x0 (N, 2), x1 (N, 2)


check.flow_and_diffusion.q1(both_ends)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def both_ends(x, t, v):
#     t = t[:, None]
#     return x - t * v, x + (1 - t) * v
# ```
#
# Solve `eq:flow.path` for $x_0$ with $x_1 = x_0 + v$. With $v = u$ these are conditional means: at $t = 0$ the guess of $x_1$ is the mean of all data (30.4), near $t = 1$ it is the place itself, and in between it becomes sharp. A network that predicts the noise, the data or the velocity predicts the other two as well; papers differ in which one they train.
#
# </details>

# %% [markdown]
# ### Exercise 2: the flow that nobody trained (★★)
#
# (30.5) for the usual noise, $x_0 \sim \mathcal{N}(0, I)$, and data that is a finite set. Given `x` (N, d), one number `t` below 1, and `data` (M, d), return the best velocity $\mathbb{E}\, [x_1 - x_0 \mid x_t = x]$, (N, d). Then explain: what does a flow draw that has learned its training set perfectly?


# %% tags=["exercise"]
def best_velocity(x, t, data):
    return ...  # your code: (N, d)


check.flow_and_diffusion.q2(best_velocity)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def best_velocity(x, t, data):
#     exponent = -np.sum((x[:, None] - t * data) ** 2, axis=2) / (2 * (1 - t) ** 2)
#     w = np.exp(exponent - exponent.max(axis=1, keepdims=True))
#     w = w / w.sum(axis=1, keepdims=True)
#     return (w @ data - x) / (1 - t)
# ```
#
# Given $x_1$, $x_t$ is Gaussian with the mean $t x_1$ and the standard deviation $1 - t$; Bayes' rule makes weights of it. Near $t = 1$ the exponents are huge, and without subtracting the largest all weights would be 0. Followed to the end, the field leads to the points of `data` and to no others: *the perfect flow copies its training set*. Everything new that a flow or a diffusion draws comes from what its network cannot represent.
#
# </details>

# %% [markdown]
# ### Exercise 3: a sampler of your own (★★★)
#
# Euler wastes evaluations on curved paths. Write a function `follow(field, x, n)` that follows `field(x, t)` from $t = 0$ to 1 with *at most* `n` evaluations (`n` is even) and ends at least twice as near as Euler with as many. What it does with them is your choice: two evaluations a step, one that is used twice, steps of different length. The check runs it on fields with known solutions that you do not see. When it is right, put it in place of `euler` for the first flow and compare.


# %% tags=["exercise"]
def follow(field, x, n):
    return ...  # your code: x at t = 1


check.flow_and_diffusion.q3(follow)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def follow(field, x, n):
#     h = 2 / n
#     for k in range(n // 2):
#         v = field(x, k * h)
#         ahead = field(x + h * v, (k + 1) * h)
#         x = x + h * (v + ahead) / 2
#     return x
# ```
#
# Heun's method: go ahead as Euler would, look at the velocity there, and take the step with the mean of both. Its error falls with $h^2$, Euler's with $h$, so with twice the step it still wins as soon as $n$ is not tiny. Karras et al. (2022) draw diffusion models with it. The formula of Adams and Bashforth is as good with *one* evaluation a step: it uses the velocity of the step before, $x + \frac h2 (3 v_k - v_{k-1})$.
#
# </details>

# %% [markdown]
# ## Break it
#
# Five bugs. In each case the network learns without complaint, and its loss falls.
#
# 1. *Velocity backwards*: $x_0 - x_1$, as in papers that count the time from the data to the noise.
# 2. *The plan on the wrong side*: the permutation is applied the other way round, its inverse.
# 3. *The root forgotten*: $a_k x + (1 - a_k)\, \varepsilon$.
# 4. *Noise added twice*: new noise $s z$ is added, and none of the old removed.
# 5. *The lost 2*: the mean squared error, with the gradient of its half.
#
# Which of them does the gradient check catch, the whole step against differences of its loss?
#
# - **a** all of them
# - **b** the first, the third and the fifth
# - **c** only the fifth
# - **d** none

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def backwards(V, opt, x0, x1, t, labels=None):
    s = t.reshape(-1, *[1] * (x1.ndim - 1))
    v, caches = V.forward(((1 - s) * x0 + s * x1, t if labels is None else (t, labels)))
    value, dv = losses.mse(v, x0 - x1)  # right: x1 - x0
    V.backward(dv, caches, need_dx=False)
    opt.step()
    return {"loss": value}


def wrong_side(x0, x1, labels=None):
    new = x0.copy()
    new[assignment(squared_distances(*(x.reshape(len(x), -1) for x in (x1, x0))))] = x0  # right: x0[p]
    return new


def without_roots(x, eps, a):
    a = np.reshape(a, (-1, *[1] * (x.ndim - 1)))
    return (a * x + (1 - a) * eps).astype(x.dtype)  # right: the roots of both


def twice_noisy(x0, eps, a, b, eta=0.0, z=None):
    s = eta * np.sqrt((1 - b) / (1 - a)) * np.sqrt(1 - a / b)
    moved = np.sqrt(b) * x0 + np.sqrt(1 - b) * eps  # right: 1 - b - s^2
    return moved if z is None else moved + s * z


def half_gradient(y, t):
    return float(np.mean((y - t) ** 2)), (y - t) / y.size  # right: 2 (y - t)


CLAIMS = [
    claim
    for claim in certificate.claims()
    if claim.subject in ("flow", "ddpm") and claim.verb in ("gradients", "values", "coupling")
]


def examine():
    for claim in CLAIMS:
        for found in claim.run():
            yield found._replace(name=f"{claim.subject}, {claim.verb}: {found.name}")


caught = {}
for name, owner, verb, wrong in (
    ("velocity backwards", flow, "flow_step", backwards),
    ("the plan on the wrong side", flow, "coupled", wrong_side),
    ("the root forgotten", noise, "noisy", without_roots),
    ("noise added twice", noise, "earlier", twice_noisy),
    ("the lost 2", losses, "mse", half_gradient),
):
    with planted(owner, verb, wrong):
        caught[name] = {found.name for found in examine() if not found.ok}
    print(f"{name:<27} caught by: {'; '.join(sorted(caught[name]))}")

check.flow_and_diffusion.p4(guess)

by_gradients = {name for name, checks in caught.items() if any("gradients" in found for found in checks)}
assert by_gradients == {"the lost 2"}
assert all(caught.values())
assert not show_checks(found for found in examine() if not found.ok)

# %% [markdown]
# A right gradient of a wrong value (lesson 4), four times. What catches them is a number worked out image by image, an assignment found by trying all permutations of six points, and a sampler that is given the true noise and has to find the data again. Such a check is short, and for a sampler it is the only one there is: nothing else in the training depends on it.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:flow.path`, `eq:flow.loss`: a straight path, least squares on its velocity | `minigan.zoo.flow.flow_step` | `tests/zoo/test_flow.py`: `test_the_step_by_hand` |
# | `eq:flow.coupling`: the noise exchanged in each batch | `minigan.zoo.flow.coupled` | `tests/zoo/test_flow.py`: `test_the_pairs`, `test_straight_paths_need_one_evaluation` |
# | `eq:transport.assignment`: exact, by prices | `minigan.metrics.transport.assignment` | `tests/metrics/test_transport.py`: `test_nothing_is_cheaper` |
# | `eq:transport.wasserstein`: the least mean squared way | `minigan.metrics.transport.squared_wasserstein` | `tests/metrics/test_transport.py`: `test_the_distance_of_a_shift` |
# | `eq:energy.distance`: farther from each other than from themselves | `minigan.metrics.energy_distance` | `tests/metrics/test_energy.py`: `test_by_hand` |
# | `eq:ode.euler`: straight on | `minigan.models.ode.euler` | `tests/models/test_ode.py`: `test_euler_by_hand` |
# | `eq:ode.error`, `eq:ode.step`: as long as the tolerance allows | `minigan.models.ode.adaptive` | `tests/models/test_ode.py`: `test_the_tolerance_is_kept_and_costs` |
# | `eq:distil.t`: the whole way at once | `minigan.zoo.distil.Distilled.step` | `tests/zoo/test_distil.py`: `test_the_student_begins_as_its_teacher_and_draws_without_it` |
# | `eq:noise.forward`: to step $k$ at once | `minigan.models.noise.noisy` | `tests/models/test_noise.py`: `test_forward_and_back_by_hand` |
# | `eq:noise.posterior`: one step back, if the data is known | `minigan.models.noise.posterior` | `tests/models/test_noise.py`: `test_the_posterior_is_that_of_gaussians` |
# | `eq:noise.earlier`, `eq:noise.new`: DDPM and DDIM | `minigan.models.noise.earlier` | `tests/models/test_noise.py`: `test_an_earlier_step_by_hand` |
# | `eq:ddpm.loss`: which noise is in it? | `minigan.zoo.ddpm.ddpm_step` | `tests/zoo/test_ddpm.py`: `test_the_step_of_ddpm_by_hand` |
# | `eq:time.embedding`, `eq:time.dt`: a time as sines and cosines | `minigan.layers.TimeEmbedding` | `tests/layers/more/test_time.py`: `test_the_embedding_by_hand` |
# | `eq:ddgan.drawn`, `eq:ddgan.g`: a GAN undoes a large step | `minigan.zoo.ddgan.ddgan_step` | `tests/zoo/test_ddpm.py`: `test_the_step_of_ddgan_by_hand` |
#
# - Least squares teaches a mean. Where many small steps each need only a mean, that is enough, and there is no game.
# - The mean of all paths through a place carries the cloud of noise to the cloud of data. Pairs decide how straight; straight paths need one step.
# - A flow and a diffusion model learn the same conditional mean in different coordinates.
# - A large step needs *one of several* answers, and a mean is none of them. There a GAN comes in, and it will do so wherever an answer has to be chosen and not averaged.
#
# ## Next
#
# This was the last lesson. You can now read any paper on generative models with three questions: what is compared with what (scores, nearest points, velocities)? is it a mean or a choice? how often is the network evaluated? And you can build what it describes from layers whose gradients you have checked yourself.
#
# Train the four recipes on pictures: `minigan train flow`, `ddpm`, `distil`, `ddgan`. Then take an idea that is missing here, write it as a recipe (docs/contributing.md), and prove its step before you trust its pictures.
