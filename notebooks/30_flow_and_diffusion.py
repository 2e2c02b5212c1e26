# %% [markdown]
# # Lesson 30: Flows and diffusion
#
# **Goal** Derive, train and compare the methods that followed GANs: a flow, a diffusion model, a student that draws in one step, and a GAN that undoes the large steps of a diffusion. Know what each of them costs when it draws.
#
# **Prerequisites** Lesson 3 (least squares), lesson 14 (moving earth), lesson 15 (R1), lesson 21 (matching), lesson 23 (the bound on the likelihood). Conditional expectation; Bayes' rule for Gaussians.
#
# **Run time** 60 s on two cores (estimated).
#
# Since about 2021 the best-known image generators have been diffusion models and flows. They have no opponent: a network learns by least squares, its loss falls, and modes are seldom lost. But drawing is slow. A GAN evaluates its network once for a picture, while a diffusion model evaluates it tens to hundreds of times, and one way to bring that down to four is a GAN.
#
# **Recall.** Five questions from earlier lessons; answer before you unfold.
#
# <details><summary>1. Lesson 29: a network is trained with the squared error, and several pictures would fit its input. What does it draw? And with the absolute error?</summary>The mean of all that would fit, a blur. With the absolute error the median, pixel by pixel.</details>
# <details><summary>2. Lesson 21: in what sense does a generator trained by matching (IMLE) lose no mode, and what does it draw between the modes?</summary>Every data point pulls its nearest sample closer, so each mode has samples nearby. Samples between the modes that are nearest to no data point get no gradient, so they stay.</details>
# <details><summary>3. Lesson 14: what is the distance between two heaps of earth, in one sentence?</summary>The least average distance over which the earth has to be carried to turn one heap into the other.</details>
# <details><summary>4. Lesson 9: can the losses of a GAN tell you that a mode was dropped?</summary>No. They only compare the present D with the present G; you have to count the modes.</details>
# <details><summary>5. Lesson 23: why does a VAE add noise to its code?</summary>The bound on the likelihood is an expectation over the codes that an image may have, and adding the noise draws one of them.</details>

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
# We want to turn eight Gaussians into two moons. Both are clouds of points in the plane, so training takes seconds and everything can be seen.
#
# A *flow* uses a network $V(x, t)$ that says with what velocity a point at $x$ moves at time $t$. It learns like this: draw a point $x_0$ from the Gaussians and, *independently*, a point $x_1$ from the moons, and a time $t$ between 0 and 1. Imagine going from $x_0$ to $x_1$ in a straight line at constant speed. At time $t$ you are at $x_t = (1 - t)\, x_0 + t\, x_1$, and your velocity is $x_1 - x_0$. The network sees $x_t$ and $t$, and is trained by least squares to predict this velocity.
#
# To draw a sample, take a point $x_0$ and follow $V$ from $t = 0$ to 1. With many small steps that works well. Now take a single one: $x_0 + V(x_0, 0)$. Where do the points of the eight Gaussians end up?
#
# - **a** on the moons, somewhat blurred
# - **b** nearly all at one place
# - **c** about where they were: the first step is short

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
class Eight:
    """A game whose noise is not N(0, 1) but a mixture of eight Gaussians."""

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
    """Train a game on N batches of the moons -> what it reports for each step."""
    rng = np.random.default_rng(seed)
    return [game.step(lambda: (data(BATCH, rng), None), rng) for _ in range(N)]


def level(rows, name="loss"):
    """The mean loss of the last tenth of a training."""
    return np.mean([row[name] for row in rows[-len(rows) // 10 :]])


def drawn(game, evaluations, back=lambda x: x):
    """As many samples as there are points in REAL; `back` undoes a change of scale."""
    game.evaluations = evaluations
    return back(game.sample(len(REAL), np.random.default_rng(5)))


V = time_mlp(2, WIDTH, embedding=0, rng=0)
plain = EightFlow(V, adam(V), (2,), ema=0.99)
losses_of = {"independent": level(train(plain))}
source = gaussians(len(REAL), np.random.default_rng(5))
ends = {n: drawn(plain, n) for n in (1, 50)}
for n, points in ends.items():
    print(f"steps: {n:2d}   standard deviation of the end points {points.std(axis=0).round(2)}")
print(
    f"mean of the moons {REAL.mean(axis=0).round(2)}, mean of the points after one step {ends[1].mean(axis=0).round(2)}"
)

check.flow_and_diffusion.p1(guess)

title = "One step of a flow with independent pairs takes all points near the mean of the moons"
with figure(title, panels=3, size=(10.5, 3.6)) as axes:
    shown = {"eight Gaussians": source, "one step": ends[1], "fifty steps": ends[50]}
    for ax, (name, points) in zip(axes, shown.items(), strict=True):
        ax.plot(*REAL.T, ".", color="0.8", markersize=3)
        ax.plot(*points.T, ".", color="#d1600a", markersize=3)
        ax.set(title=name, xlim=(-7, 7), ylim=(-7, 7), aspect="equal", xticks=(), yticks=())

# %% [markdown]
# ## Derive: the velocity is a mean
#
# Let $(x_0, x_1)$ be a random pair with any joint distribution, as long as $x_0$ alone is distributed like the noise and $x_1$ alone like the data. The path and the loss of *flow matching* (Lipman et al. 2023; here with straight paths) are
#
# $$ x_t = (1 - t)\, x_0 + t\, x_1 \tag{eq:flow.path} $$
#
# $$ L = \operatorname{mean} \bigl( V(x_t, t) - (x_1 - x_0) \bigr)^2 \tag{eq:flow.loss} $$
#
# where the mean is over pairs, times and coordinates.
#
# **What is the best V?** Many pairs may pass through the same place $x$ at the same time $t$, each with its own velocity. Write
#
# $$ u(x, t) = \mathbb{E} \bigl[ x_1 - x_0 \,\big|\, x_t = x \bigr] \tag{30.1} $$
#
# for the mean of these velocities. Insert $u$ into the square: $V - (x_1 - x_0) = (V - u) + (u - (x_1 - x_0))$. The mean of the mixed term is 0: for any fixed $x_t = x$ the first bracket is a constant, and the second has mean 0 by (30.1). So
#
# $$ \mathbb{E}\, \lVert V - (x_1 - x_0) \rVert^2 = \mathbb{E}\, \lVert V - u \rVert^2 + \mathbb{E}\, \lVert u - (x_1 - x_0) \rVert^2 \tag{30.2} $$
#
# V can bring the first term down to 0, by being equal to $u$. The second term doesn't contain V: it measures how much the velocities of paths through the same place differ, and *the expected loss of a flow can't fall below it* (divided by the number of coordinates). So least squares on single pairs, which we can draw, teaches the mean over all pairs, which we never have to compute.
#
# **Does following the mean lead to the data?** Take any smooth function $h$ of the position, and ask how its mean over the moving cloud changes with time. If each point moves along its own straight line, the chain rule and then the law of total expectation, $\mathbb{E}\, [\,\cdot\,] = \mathbb{E}\, \mathbb{E}\, [\,\cdot \mid x_t]$, give
#
# $$ \frac{d}{dt}\, \mathbb{E}\, h(x_t) = \mathbb{E} \bigl[ \nabla h(x_t) \cdot (x_1 - x_0) \bigr] = \mathbb{E} \bigl[ \nabla h(x_t) \cdot u(x_t, t) \bigr] \tag{30.3} $$
#
# If instead each point follows $u$, the chain rule alone gives $\frac{d}{dt} \mathbb{E}\, h(x_t) = \mathbb{E}\, [\nabla h(x_t) \cdot u(x_t, t)]$, the same equation. Both clouds start as the noise, and the mean of every $h$ obeys the same equation. If $u$ is smooth, the solution is unique, so *both clouds have the same distribution at every time*, and at $t = 1$ that is the distribution of the data. A single point may end at a different place; the cloud as a whole doesn't.
#
# **Why everything came to one place.** At $t = 0$ the position is $x_0$ itself, and with independent pairs it says nothing about $x_1$:
#
# $$ u(x, 0) = \mathbb{E}\, x_1 - x, \qquad x + u(x, 0) = \mathbb{E}\, x_1 \tag{30.4} $$
#
# A step of Euler's method
#
# $$ x \leftarrow x + \tfrac1n\, v(x, t) \tag{eq:ode.euler} $$
#
# with $n = 1$ and $v = u$ jumps to the mean of all data. With many steps, the velocity is corrected on the way: the later it is, the fewer data points are still plausible destinations.
#
# **The field in closed form.** If the data is a finite set of points $x_1^{(j)}$, and the noise is a mixture of equally likely Gaussians with centres $\mu_i$ and standard deviation $s$, we can compute $u$. Given $x_1$ and $x_t = x$, the noise must have been $x_0 = (x - t x_1) / (1 - t)$, so the velocity is $x_1 - x_0 = (x_1 - x) / (1 - t)$. Bayes' rule says how probable each $x_1$ is, and $u$ is the weighted mean
#
# $$ u(x, t) = \sum_j w_j\, \frac{x_1^{(j)} - x}{1 - t}, \qquad w_j \propto \sum_i \exp \Bigl( - \frac{\lVert x - t x_1^{(j)} - (1 - t) \mu_i \rVert^2}{2 (1 - t)^2 s^2} \Bigr) \tag{30.5} $$
#
# with weights normalised to add up to 1.
#
# ## See the code
#
# Here are the training step of a flow, and how it draws.

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
    """u(x, t) by (30.5), with s2 for the variance of each Gaussian: x (N, 2) -> (N, 2)."""
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

title = "The network has learned the mean velocity: its arrows nearly cover the exact ones"
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
# (Grey: the cloud at time $t$ and the exact velocities, drawn at a quarter of their length; orange: the network's velocities. Near $t = 1$ the comparison would make little sense: there (30.5) leads to its 2,000 particular points, which the network doesn't know.) Next, the gradient of the training step, for a small smooth network, against differences:

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
    """An optimizer that leaves the weights alone and keeps the gradient."""

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
# In (30.2) there is a term that V can't reduce. It depends on the *pairs*, and these we may choose: $x_0$ has to be distributed like the noise and $x_1$ like the data, but their joint distribution is free.
#
# So in each batch of 128 we reorder the noise so that the sum of the squared distances $\lVert x_1 - x_0 \rVert^2$ is as small as possible, and train again, with the same network, learning rate and number of steps. With independent pairs the loss ended between 8 and 9. Where does it end now?
#
# - **a** at about the same value: the network is no larger, and the clouds are as far apart as before
# - **b** at about half of that
# - **c** at less than a tenth of that

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
V = time_mlp(2, WIDTH, embedding=0, rng=0)
straight = EightFlow(V, adam(V), (2,), coupling="ot", ema=0.99)
losses_of["optimal transport"] = level(train(straight))
for name, value in losses_of.items():
    print(f"{name:<18} loss {value:.3f}")

check.flow_and_diffusion.p2(guess)
usually(
    "with optimal transport the loss is less than a tenth",
    losses_of["optimal transport"] < 0.1 * losses_of["independent"],
)

# %% [markdown]
# ## Derive: pairs that do not meet
#
# Which noise should go to which data point? The cheapest one-to-one assignment within a batch, where pairing $i$ with $j$ costs $c_{ij}$, is a permutation:
#
# $$ p = \arg\min_p \sum_i c_{i, p_i} \tag{eq:transport.assignment} $$
#
# (The library computes it exactly, and can prove it: along with $p$ it finds *prices* $a_i$ and $b_j$ such that $a_i + b_j \le c_{ij}$ for all $i$ and $j$, with equality where $i$ is assigned to $j$. Any other assignment $q$ costs $\sum_i c_{i q_i} \ge \sum_i a_i + \sum_j b_j$, and the right side is the cost of $p$.) If the costs are squared distances between two clouds of $n$ points $a_i$ and $b_j$, the least mean cost is the square of a distance between the clouds, a relative of the one in lesson 14:
#
# $$ W_2^2 = \min_p \frac1n \sum_i \lVert a_i - b_{p_i} \rVert^2 \tag{eq:transport.wasserstein} $$
#
# In training, the noise of each batch is reordered this way (*minibatch optimal transport*; Pooladian et al. 2023, Tong et al. 2024):
#
# $$ x_0 \leftarrow x_0[p], \qquad p = \arg\min_p \sum_n \lVert x_1[n] - x_0[p_n] \rVert^2 \tag{eq:flow.coupling} $$
#
# Noise and data, each taken alone, keep their distributions, so all that follows from (30.3) still holds. **What do we gain?** Suppose that two paths of the best assignment, from $a$ to $c$ and from $b$ to $d$ with $a \ne b$, meet: at some time $0 < t < 1$ both are at the same place. Then $(1 - t)\, a + t\, c = (1 - t)\, b + t\, d$, so $c - d = -\frac{1 - t}{t} (a - b)$. Exchange their ends. All squares cancel, and the cost changes by
#
# $$ \lVert a - d \rVert^2 + \lVert b - c \rVert^2 - \lVert a - c \rVert^2 - \lVert b - d \rVert^2 = 2\, (a - b) \cdot (c - d) = -2\, \tfrac{1 - t}{t}\, \lVert a - b \rVert^2 < 0 \tag{30.6} $$
#
# So the assignment wasn't the best one after all. *In the best assignment no two paths are at the same place at the same time.* Then place and time determine which pair is passing, and for a fixed set of pairs the second term of (30.2) is 0. (Over many batches it isn't quite 0, since each batch has its own assignment.) Where it is 0, $u$ is the velocity of a single pair, constant along its path: the paths are straight, and one step of Euler is exact.
#
# ## Check: straight paths
#
# How straight are the learned paths? Let a solver decide that chooses the lengths of its own steps. The method of Dormand and Prince evaluates the field at seven points, with results $k_i$ (the last of a step serves as the first of the next one, so a step costs six new evaluations). From these it forms two results of different order, and their difference $h \sum_i e_i k_i$ estimates the error of a step of length $h$ from $x$ to $x'$. Relative to a tolerance $\tau$ that is
#
# $$ r = \operatorname{rms} \frac{h \sum_i e_i k_i}{\tau\, (1 + \max(|x|, |x'|))} \tag{eq:ode.error} $$
#
# The step is accepted if $r \le 1$. The estimate is of fifth order, $r \propto h^5$, so the length with $r = 1$ would be $h\, r^{-1/5}$. To be safe we take nine tenths of that, and limit how much the length may change at once:
#
# $$ h \leftarrow h \min\bigl( 10,\ \max(0.2,\ 0.9\, r^{-1/5}) \bigr) \tag{eq:ode.step} $$
#
# The straighter the paths, the longer the steps and the fewer the evaluations. We compare the end points with the moons by $W_2^2$, and by the *energy distance*, which needs no assignment:
#
# $$ 2 \operatorname{mean}_{i, j} \lVert a_i - b_j \rVert - \operatorname{mean}_{i \ne j} \lVert a_i - a_j \rVert - \operatorname{mean}_{i \ne j} \lVert b_i - b_j \rVert \tag{eq:energy.distance} $$
#
# It says how much farther the two clouds are from each other than each is from itself, and is 0 on average if both have the same distribution. Neither number means much without its floor, the distance of the moons from a second set of moons.

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
    """Print W_2^2 for each number of evaluations, and keep it in `scores`."""
    scores[name] = {n: squared_wasserstein(REAL, drawn(game, n, back)) for n in numbers}
    print(f"{name:<22}", "   ".join(f"{n}: {value:.3f}" for n, value in scores[name].items()))


floor = squared_wasserstein(REAL, OTHER)
print(f"\nsquared distance to the moons for each number of evaluations; for other moons it is {floor:.3f}")
for name, game in (("flow, independent", plain), ("flow, transport", straight)):
    judge(name, game)
    ended, evaluations = adaptive(lambda x, t: game.predict(x, t, None), source)
    print(
        f"   adaptive solver: {evaluations} evaluations, energy distance {energy_distance(REAL, ended):.4f}"
    )
print(f"   other moons: energy distance {energy_distance(REAL, OTHER):.4f}")

usually(
    "after one step, the flow with transport has less than a tenth of the other's squared distance",
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
# The assignment takes time, and among the few pictures of a batch, in a space of many dimensions, hardly any pairs are close. There is another source of pairs: *a trained flow*. It carries each $x_0$ to one $x_1$, always the same. Train a student on such pairs, at $t = 0$ alone (Liu et al. 2023), so that it draws by
#
# $$ x_1 = x_0 + V(x_0, 0) \tag{eq:distil.t} $$
#
# By (30.2) it learns $\mathbb{E}\, [x_1 - x_0 \mid x_0]$, as in (30.4). But now $x_0$ determines $x_1$, so the mean is taken over a single value, and nothing is averaged away. The student is a generator like that of a GAN: noise in, data out, in one evaluation. It needs no D, since the teacher's pairs say which $x_1$ belongs to which $x_0$. (It starts from the teacher's weights.)
#
# Trained at every $t$, the student becomes a flow again, with straighter paths than the teacher's. This is called *reflow*: `minigan train distil --reflow`.


# %%
class Student(Eight, Distilled):
    pass


plain.evaluations = 20
V = time_mlp(2, WIDTH, embedding=0, rng=1)
student = Student(V, adam(V), (2,), 0, lambda: plain, pairs=steps(4000, 64), ema=0.99)
train(student)
judge("student of the first", student, (1,))
usually(
    "the student is closer in one step than its teacher in four",
    scores["student of the first"][1] < scores["flow, independent"][4],
)

# %% [markdown]
# ## Derive: a diffusion, forwards
#
# Diffusion models (Sohl-Dickstein et al. 2015; Ho, Jain and Abbeel 2020) came earlier, with a different vocabulary. *Here $x_0$ is the data* and $x_T$ is nearly pure noise. Each of $T$ steps replaces a little of the data by noise, with $\varepsilon \sim \mathcal{N}(0, I)$ and small numbers $\beta_k$: $x_k = \sqrt{1 - \beta_k}\, x_{k-1} + \sqrt{\beta_k}\, \varepsilon$. The roots preserve the variance: if $x_{k-1}$ has variance 1, so has $x_k$. With $T = 1000$, $\beta_k$ rises linearly from 0.0001 to 0.02. Let
#
# $$ a_k = \prod_{j \le k} (1 - \beta_j) \tag{eq:noise.linear} $$
#
# (papers write $\bar\alpha_k$). Then we can compute $x_k$ without a loop:
#
# $$ x_k = \sqrt{a_k}\, x_0 + \sqrt{1 - a_k}\, \varepsilon \tag{eq:noise.forward} $$
#
# The proof is by induction: insert the formula for $k - 1$ into the step. The data gets the factor $\sqrt{(1 - \beta_k)\, a_{k-1}} = \sqrt{a_k}$. The two noises are independent Gaussians, so their sum is Gaussian, with the variance $(1 - \beta_k)(1 - a_{k-1}) + \beta_k = 1 - a_k$. Whoever knows the noise knows the data:
#
# $$ x_0 = \frac{x_k - \sqrt{1 - a_k}\, \varepsilon}{\sqrt{a_k}} \tag{eq:noise.inverse} $$
#
# **One step back, if the data is known.** Write $\alpha_k = 1 - \beta_k$. Given $x_0$, we know two things about $x_{k-1}$. By `eq:noise.forward` it is Gaussian with mean $\sqrt{a_{k-1}}\, x_0$ and variance $1 - a_{k-1}$. And $x_k / \sqrt{\alpha_k}$ equals $x_{k-1}$ plus noise of variance $\beta_k / \alpha_k$. Bayes' rule multiplies two Gaussians, so their precisions (inverse variances) add up,
#
# $$ \frac{\alpha_k}{\beta_k} + \frac{1}{1 - a_{k-1}} = \frac{\alpha_k - a_k + 1 - \alpha_k}{\beta_k (1 - a_{k-1})} = \frac{1 - a_k}{\beta_k (1 - a_{k-1})} \tag{30.7} $$
#
# (using $\alpha_k a_{k-1} = a_k$ and $\beta_k = 1 - \alpha_k$). The new mean is the average of $x_k / \sqrt{\alpha_k}$ and $\sqrt{a_{k-1}}\, x_0$, weighted by their precisions:
#
# $$ q(x_{k-1} \mid x_k, x_0) = \mathcal N \Bigl( \frac{\sqrt{a_{k-1}}\, \beta_k}{1 - a_k} x_0 + \frac{\sqrt{\alpha_k} (1 - a_{k-1})}{1 - a_k} x_k,\ \frac{1 - a_{k-1}}{1 - a_k} \beta_k \Bigr) \tag{eq:noise.posterior} $$
#
# **What to learn.** A network $S(x_k, k/T)$ predicts the noise. `eq:noise.inverse` turns that into a prediction of $x_0$, and `eq:noise.posterior` into a Gaussian $p$ for $x_{k-1}$. The bound on the likelihood (lesson 23) is, apart from its two ends, a sum over the steps of $\mathrm{KL}(q \,\Vert\, p)$, where $q$ is the true posterior. For two Gaussians of equal variance $s^2$ that is $\lVert \mu_q - \mu_p \rVert^2 / 2 s^2$, so it is a multiple of $\lVert \varepsilon - S \rVert^2$, with a factor that depends on $k$. Ho et al. dropped these factors, which gives less weight to the steps with little noise, and the pictures improved:
#
# $$ L = \operatorname{mean} \bigl( S(x_k, k/T) - \varepsilon \bigr)^2 \tag{eq:ddpm.loss} $$
#
# This is least squares again, so by the argument of (30.2) $S$ learns the mean of all noises that could be in $x_k$. *A flow and a diffusion model learn the same kind of thing*: a conditional mean over everything that may have led to this place. (In exercise 1 you compute the expected noise and data from a flow's velocity.)
#
# **Backwards.** Suppose that we are at a step with the value $a$ and want to go to an earlier one, with $b > a$. For any $s \le \sqrt{1 - b}$, and new noise $z \sim \mathcal{N}(0, I)$, we can use
#
# $$ x' = \sqrt b\, x_0 + \sqrt{1 - b - s^2}\, \varepsilon + s z \tag{eq:noise.earlier} $$
#
# since the noise in it has the variance $1 - b$ whatever $s$ is. (For $x_0$ and $\varepsilon$ we insert the predictions.) The usual choice is
#
# $$ s = \eta \sqrt{\frac{1 - b}{1 - a}} \sqrt{1 - \frac ab} \tag{eq:noise.new} $$
#
# For $\eta = 1$ and neighbouring steps, $1 - a / b = \beta_k$ and $s^2$ is the variance of `eq:noise.posterior`: this is the sampler of DDPM. For $\eta = 0$ no new noise is added, and the path is determined by its start, as in a flow: this is DDIM (Song et al. 2021).
#
# ## Derive: how a network sees the time
#
# $S$ has to know how much noise its input contains, and a single number next to many inputs is easily drowned out. So it is turned into a vector of $d$ sines and cosines of many frequencies, with $t = k / T$ and the scale $c = 1000$ (below, the index $k$ counts frequencies, from 0):
#
# $$ y = \bigl[ \sin(c\, t\, w_k),\ \cos(c\, t\, w_k) \bigr]_k, \qquad w_k = 10000^{-2k/d} \tag{eq:time.embedding} $$
#
# Differentiation turns sines into cosines and cosines into negative sines. In the backward pass the entries add up to one number for each sample:
#
# $$ \frac{dy}{dt} = \bigl[ c w_k \cos(c\, t\, w_k),\ -c w_k \sin(c\, t\, w_k) \bigr]_k \tag{eq:time.derivative} $$
#
# $$ dt = \sum_j dy_j\, \frac{dy_j}{dt} \tag{eq:time.dt} $$
#
# Differentiating an entry twice gives $-(c w)^2$ times the entry, where $w$ is its frequency. So the second-order pass of lesson 15, along a direction $v$, gets
#
# $$ dt = -v \sum_j dy_j\, (c w_j)^2\, y_j \tag{eq:time.curvature} $$
#
# Let $e$ be the embedding of the time, usually after a layer or two. A dense layer maps $e$ to one number $b_{nc}$ for each sample and channel, which is added at every pixel $(i, j)$, and so its gradient is a sum over all pixels:
#
# $$ y_{nijc} = h_{nijc} + b_{nc} \tag{eq:shift} $$
#
# $$ db_{nc} = \sum_{ij} dy_{nijc} \tag{eq:shift.db} $$
#
# Every block of the network needs $e$. So what travels through the network is the pair $(h, e)$, and a block changes $h$ and keeps $e$:
#
# $$ (h, e) \mapsto (f(h, e), e) \tag{eq:keep} $$
#
# It is built from `Copy`, `Parallel` and a layer `Take` that returns one of its inputs, so the other inputs get no gradient:
#
# $$ y = x_i \tag{eq:take} $$
#
# $$ dx_i = dy, \qquad dx_j = 0 \ (j \ne i) \tag{eq:take.dx} $$
#
# ## See the code
#
# Here are the training step of the diffusion model and its two samplers, in one loop that calls `earlier`.

# %%
show_source(ddpm_step, noise.noisy, noise.without_noise, noise.earlier, DDPM.draw)

# %% [markdown]
# ## Check: the closed form, the samplers, the layers
#
# We compare three hundred small steps with `eq:noise.forward`, up to chance. We run DDIM with the true noise: it has to end at the data, in any number of steps. And we build one block that carries the time along.

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
print("a block with time: input", x.shape, "output", block.forward((x, rng.random(5)))[0].shape)

# %% [markdown]
# Now the training. The data of a diffusion should have a variance near 1, so we shift and halve the moons, and undo this for the samples. The noise is now a single Gaussian, as `eq:noise.forward` requires.

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
title = "Noise destroys the moons step by step; the network takes it out again"
with figure(title, panels=(2, 5), size=(11, 4.6)) as axes:
    back = np.random.default_rng(14).standard_normal(x.shape).astype(np.float32)
    held = {1000: back}
    for k, before in zip(range(1000, 0, -20), range(980, -1, -20), strict=True):
        found_noise = diffusion.predict(back, k / 1000, None)
        guessed = noise.without_noise(back, found_noise, float(a[k]))
        back = noise.earlier(guessed, found_noise, a[k], a[before]).astype(np.float32)
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
# The sampler of DDPM adds new noise in each step. With 200 evaluations its samples form two moons, with some strays. Now we allow it only four. What do the samples look like?
#
# - **a** all of them are at one place, as in the first experiment
# - **b** they're on the moons, but there are gaps
# - **c** they also fill the space between the moons

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
# Take one small step back. Where was the point before? It was moved by only a little noise, so the answer is close to one narrow Gaussian, and a mean is enough to describe it. Now take a large step back. *Many* data points may have led here: the true distribution of $x_{k-1}$, given $x_k$, is a mixture over all data,
#
# $$ q(x_{k-1} \mid x_k) = \sum_j w_j(x_k)\, q(x_{k-1} \mid x_k, x_0^{(j)}) \tag{30.8} $$
#
# where $w_j$ is the probability that $x_k$ came from $x_0^{(j)}$. It may have several peaks, and a network that knows only the mean can only place one Gaussian in their middle. Drawing *one of several* is what a GAN can do. Xiao, Kreis and Vahdat (2022) take only $T = 4$ steps. Their schedule comes from a continuous process in which noise is added at a growing rate, $b_0 + (b_1 - b_0)\, s$ at time $s$ (0.1 to 20 in the library). The integral of the rate is in the exponent:
#
# $$ a_k = \exp\bigl( -b_0 s - \tfrac12 (b_1 - b_0) s^2 \bigr), \qquad s = k / T \tag{eq:noise.few} $$
#
# A GAN learns to undo each step. Its real pairs are two neighbouring steps of a diffusion. $x_k$ has to be made from $x_{k-1}$, not separately from $x_0$, or the two wouldn't belong together. With $\alpha_k = a_k / a_{k-1}$,
#
# $$ x_k = \sqrt{\alpha_k}\, x_{k-1} + \sqrt{1 - \alpha_k}\, \varepsilon \tag{eq:ddgan.now} $$
#
# G draws clean data from $x_k$ and a code $z$, and `eq:noise.posterior` adds the noise of step $k - 1$ to it. D sees a pair and judges whether the first could have come just before the second:
#
# $$ x'_{k-1} \sim q\bigl( x_{k-1} \mid x_k,\ G(x_k, k/T, z) \bigr) \tag{eq:ddgan.drawn} $$
#
# $$ L_D\bigl( D(x_{k-1}, x_k, k),\ D(x'_{k-1}, x_k, k) \bigr) \tag{eq:ddgan.d} $$
#
# The mean of `eq:noise.posterior` is $c_0 x_0 + c_k x_k$. So the gradient that D passes back to $x'_{k-1}$ reaches G's output $x_0'$ with the factor $c_0$,
#
# $$ d x_0' = c_0\, dx'_{k-1} \tag{eq:ddgan.g} $$
#
# and D's gradient in $x_k$ isn't needed, since $x_k$ doesn't depend on G. With $T = 1$ almost nothing of the data is left in $x_1$, $c_0 = 1$, and this is an ordinary GAN. With $T$ large, the steps are small, and a G that knows the mean would be enough. *In between you have a choice.* The authors' argument is that each of the four games is easier than the single large one, because $x_k$ says roughly where to go, and because noise on both real and fake keeps D from being too certain (lesson 16).

# %%
show_source(ddgan_step)

# %% [markdown]
# ## Check: how many evaluations, how close
#
# G and D are networks with branches: G sees $(x_k, (t, z))$; D sees a pair and the number of the step, which enters like a label (lesson 19). For comparison we train a GAN like that of lesson 8, with R1, for the same number of steps.


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

title = "In four large steps DDPM fills the middle between the moons; DDGAN stays closer to them"
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
    "after four steps DDGAN is closer than DDPM",
    scores["DDGAN, four steps"][4] < scores["DDPM, with new noise"][4],
)
usually(
    "of all methods with one evaluation, the plain GAN is the closest",
    scores["GAN"][1] < min(found[1] for name, found in scores.items() if 1 in found and name != "GAN"),
)

# %%
title = "Flows and diffusions get closer with more evaluations; with good pairs, a teacher or a D, few are enough"
with figure(title, size=(8.5, 4.4), marker=True) as ax:
    for name, found in scores.items():
        alone = {"marker": "*", "color": "black", "linestyle": "none"} if name == "GAN" else {}
        ax.loglog(list(found), list(found.values()), label=name, markersize=8, **alone)
    ax.axhline(floor, color="black", linestyle=":", linewidth=1)
    ax.annotate("a second set of moons", (8, floor * 0.72), fontsize=9)
    ax.set(
        xlabel="evaluations of the network for a sample",
        ylabel="squared distance W₂² to the moons",
        ylim=(floor / 2, None),
    )
    ax.set_xticks([1, 2, 4, 10, 50, 200], [1, 2, 4, 10, 50, 200])
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)

# %% [markdown]
# In this plane the plain GAN does well for its one evaluation (the last statement printed above says whether it was the best this time). There are only two moons to cover, R1 keeps the training stable, and a few strays add little to the distance. The other methods pay off where GANs have trouble: with thousands of kinds of data, some of which a GAN loses, and where a training has to succeed at the first attempt. As a rule of thumb:
#
# | | learns by | evaluations | choose it if |
# |---|---|---|---|
# | GAN | a game | 1 | it has to be fast, or the loss has to be learned (textures, pictures from pictures), and you can watch for lost modes |
# | flow | least squares | 10 to 50 | you want a stable training whose loss simply falls, or a noise of your choice |
# | flow with transport | least squares, an assignment in each batch | 1 to 10 | the same, in few dimensions or with large batches |
# | diffusion | least squares | 20 to 1,000 | quality and coverage matter more than speed, or you want its well-studied methods of guidance and editing |
# | student | least squares on a teacher's pairs | 1 | you have a good teacher that is too slow |
# | denoising diffusion GAN | four games | 4 | you want the coverage of a diffusion at nearly the speed of a GAN |
#
# Our plane is an easy world: two dimensions, and as much data as we like. `minigan results after` measures the ranking for pictures, and docs/howto/after.md has the commands.
#
# ## Modify
#
# ### Exercise 1: both ends of a path (★)
#
# A flow's prediction contains more than a velocity. Given positions `x` (N, 2), times `t` (N,) and velocities `v` (N, 2) of points on straight paths, return where each path began and where it will end, `x0, x1`. Then explain: what does the network's prediction of `x1` look like at $t = 0$, and what near $t = 1$?


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
# Insert $x_1 = x_0 + v$ into `eq:flow.path` and solve for $x_0$. With $v = u$ the results are conditional means. At $t = 0$ (and with independent pairs) the prediction of $x_1$ is the mean of all data (30.4), near $t = 1$ it is the point itself, and in between it gets sharper. So a network that predicts the noise, the data or the velocity also predicts the other two (for $0 < t < 1$). Papers differ in which one they train.
#
# </details>

# %% [markdown]
# ### Exercise 2: the flow that nobody trained (★★)
#
# Write (30.5) for the usual noise, $x_0 \sim \mathcal{N}(0, I)$, independent pairs, and a finite set of data. Given `x` (N, d), one number `t` below 1, and `data` (M, d), return the best velocity $\mathbb{E}\, [x_1 - x_0 \mid x_t = x]$, (N, d). Then explain: if a flow learns its training set perfectly, what does it draw?


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
# Given $x_1$, $x_t$ is Gaussian with mean $t x_1$ and standard deviation $1 - t$, and Bayes' rule turns these densities into weights. Near $t = 1$ the exponents are hugely negative; without subtracting the largest, all weights could underflow to 0. Followed to the end, the field leads to the points of `data` and to no others: *the perfect flow copies its training set*. If a flow or a diffusion draws something new, it is because its network hasn't fitted this field exactly.
#
# </details>

# %% [markdown]
# ### Exercise 3: a sampler of your own (★★★)
#
# Euler's method wastes evaluations on curved paths. Write a function `follow(field, x, n)` that follows `field(x, t)` from $t = 0$ to 1 with *at most* `n` evaluations (`n` is even), and whose error is less than half of the error of Euler's method with `n` evaluations. How you use them is up to you: two evaluations in each step, evaluations that are used twice, steps of different lengths. The check runs your function on hidden fields with known solutions. When it passes, use it in place of `euler` for the first flow, and compare.


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
# This is Heun's method: go ahead as Euler would, look at the velocity there, and take the step again with the mean of the two velocities. Its error falls like $h^2$, Euler's like $h$, so although its steps are twice as long it wins unless $n$ is very small. Karras et al. (2022) use it to draw from diffusion models. The method of Adams and Bashforth is of the same order with only *one* evaluation in each step: it reuses the velocity of the step before, $x + \frac h2 (3 v_k - v_{k-1})$.
#
# </details>

# %% [markdown]
# ## Break it
#
# Here are five bugs. With each of them the network still trains, and its loss falls.
#
# 1. *Velocity backwards*: $x_0 - x_1$, the velocity for a time that runs from the data to the noise.
# 2. *The plan on the wrong side*: instead of the permutation, its inverse is applied.
# 3. *The root forgotten*: $a_k x + (1 - a_k)\, \varepsilon$.
# 4. *Noise added twice*: the sampler adds new noise $s z$, but removes none of the old.
# 5. *The lost 2*: the value is the mean squared error, the gradient is that of half of it.
#
# Which of them are caught by comparing the gradient of a whole step with differences of its loss?
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
# The first three bugs give a right gradient of a wrong value (lesson 4), and the fourth is in the sampler, which has no gradient. They're caught by a loss that is computed a second time, sample by sample, by an assignment found by trying all permutations of six points, and by one step of the sampler compared with the formula of the paper. Such checks are short. For the sampler there is no other: nothing in the training depends on it.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:flow.path`, `eq:flow.loss`: a straight path, and least squares on its velocity | `minigan.zoo.flow.flow_step` | `tests/zoo/test_flow.py`: `test_the_step_by_hand` |
# | `eq:flow.coupling`: the noise reordered in each batch | `minigan.zoo.flow.coupled` | `tests/zoo/test_flow.py`: `test_the_pairs`, `test_straight_paths_need_one_evaluation` |
# | `eq:transport.assignment`: exact, by prices | `minigan.metrics.transport.assignment` | `tests/metrics/test_transport.py`: `test_nothing_is_cheaper` |
# | `eq:transport.wasserstein`: the least mean squared distance | `minigan.metrics.transport.squared_wasserstein` | `tests/metrics/test_transport.py`: `test_the_distance_of_a_shift` |
# | `eq:energy.distance`: farther from each other than from themselves | `minigan.metrics.energy_distance` | `tests/metrics/test_energy.py`: `test_by_hand` |
# | `eq:ode.euler`: equal steps along the velocity | `minigan.models.ode.euler` | `tests/models/test_ode.py`: `test_euler_by_hand` |
# | `eq:ode.error`, `eq:ode.step`: steps as long as the tolerance allows | `minigan.models.ode.adaptive` | `tests/models/test_ode.py`: `test_the_tolerance_is_kept_and_costs` |
# | `eq:distil.t`: the whole path in one step | `minigan.zoo.distil.Distilled.step` | `tests/zoo/test_distil.py`: `test_the_student_begins_as_its_teacher_and_draws_without_it` |
# | `eq:noise.forward`: from the data to step $k$ at once | `minigan.models.noise.noisy` | `tests/models/test_noise.py`: `test_forward_and_back_by_hand` |
# | `eq:noise.posterior`: one step back, if the data are known | `minigan.models.noise.posterior` | `tests/models/test_noise.py`: `test_the_posterior_is_that_of_gaussians` |
# | `eq:noise.earlier`, `eq:noise.new`: DDPM and DDIM | `minigan.models.noise.earlier` | `tests/models/test_noise.py`: `test_an_earlier_step_by_hand` |
# | `eq:ddpm.loss`: predict the noise | `minigan.zoo.ddpm.ddpm_step` | `tests/zoo/test_ddpm.py`: `test_the_step_of_ddpm_by_hand` |
# | `eq:time.embedding`, `eq:time.dt`: a time as sines and cosines | `minigan.layers.TimeEmbedding` | `tests/layers/more/test_time.py`: `test_the_embedding_by_hand` |
# | `eq:ddgan.drawn`, `eq:ddgan.g`: a GAN undoes a large step | `minigan.zoo.ddgan.ddgan_step` | `tests/zoo/test_ddpm.py`: `test_the_step_of_ddgan_by_hand` |
#
# - Least squares teaches a mean. If you take many small steps, each of them needs only a mean, and you don't need a game.
# - Following the mean velocity at each place carries the cloud of noise to the cloud of data. How straight the paths are depends on the pairs, and a straight path needs a single step.
# - A flow and a diffusion model both learn conditional means, in different coordinates.
# - A large step needs *one of several* answers, and their mean is often none of them. That is where a GAN can help, here and wherever an answer has to be chosen instead of averaged.
#
# ## Next
#
# This was the last lesson. When you read a paper on generative models, ask three questions. What is compared with what (scores, nearest points, velocities)? Is the answer a mean or a choice? How often is the network evaluated? And you can build what the paper describes from layers whose gradients you have checked yourself.
#
# Train the four recipes on pictures: `minigan train flow`, `ddpm`, `distil`, `ddgan`. Then take an idea that is missing here, write it as a recipe (docs/contributing.md), and check its step before you trust its pictures.
