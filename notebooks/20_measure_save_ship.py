# %% [markdown]
# # Lesson 20: Measure, save, ship
#
# **Goal** Say how good a generator is in numbers, each next to its floor; stop a training and resume it without changing a bit; hand over a network that a stranger can load and trust.
#
# **Prerequisites** Lesson 5 (Adam, the average of G), lesson 9 (a measure is tested on failures), lesson 12 (BatchNorm's running statistics), lesson 14 (Wasserstein's distance). Eigenvalues of a symmetric matrix.
#
# **Run time** 28 s on two cores (measured).
#
# The training is over. Is the result good? A loss cannot tell (lesson 9), so we measure what G draws. But every measure gives a number, even
# if it cannot see the flaw, is biased, or somebody exchanged two axes. Then the run is stopped in the evening and resumed in the morning, and
# is no longer the same run, because one small integer was not saved. Then it goes to somebody else, as a file that may run any code when it
# is opened. This lesson is about these last steps. Its first half contains no G: we try all measures on *real* digits, because for these we
# know the right answer.

# %%
import copy
import pickle
import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

import minigan
from minigan import data, evaluation, game, losses, metrics, models, penalties, plots
from minigan.differences import ADJOINT, Check, compare
from minigan.gradcheck import layer_checks
from minigan.layers import Color, Cutout, Mirror, Translation
from minigan.measure.results import damage
from minigan.measure.results.harm import HARMS, Pool
from minigan.metrics import frechet, kid, manifold
from minigan.models import digitnet
from minigan.optim import EMA, Adam, Optimizer, cosine
from minigan.running import checkpoint, files
from minigan.running.recorder import Recorder
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually
from minigan.trainer import Trainer

# %% [markdown]
# ## Predict: real against real
#
# Two sets of images are compared in *features*: DigitNet, the library's classifier of digits, computes 64 numbers for each image just before its decision. From the mean and the covariance of the features of each set the *Frechet distance* computes how far apart the two are (the formula comes below). Now both sets are real digits, 1,000 against 1,000 others, and the answer is
# about 0.9. What is it if we have only 250 against 250?
#
# - **a** again about 0.9: it is the same data
# - **b** about twice that, as the error of a mean grows when there are four times fewer samples
# - **c** about four times that

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
N = steps(500, 100)
digits = data.load("mnist10k")
chosen = np.random.default_rng(0).permutation(len(digits))[: 8 * N]
real, labels = digits.to_float()[chosen], digits.labels[chosen]  # (8 N, 28, 28, 1) in [-1, 1]
seen, read = digitnet.features(real)  # (8 N, 64) what it sees, (8 N, 10) which digit it reads


def halves(n, rng):
    """Two disjoint random sets of n of our images, as indices."""
    mixed = rng.permutation(len(seen))
    return mixed[:n], mixed[n : 2 * n]


sizes = [4 * N, 2 * N, N, N // 2, N // 4]
floor = {}
for n in sizes:
    rng = np.random.default_rng(n)
    pairs = [halves(n, rng) for _ in range(12)]
    floor[n] = np.array([metrics.frechet_distance(seen[a], seen[b]) for a, b in pairs])
    print(f"{n:5d} against {n:5d}   {floor[n].mean():.2f} +- {floor[n].std():.2f}")

check.measure_save_ship.p1(guess)
assert quick() or 3 < floor[N // 2].mean() / floor[2 * N].mean() < 6

# %% [markdown]
# So there is no such thing as *the* Frechet distance of a generator. There is one for each number of images, and a perfect generator does not get 0.
#
# ## Derive: the cheapest way to carry a Gaussian
#
# Wasserstein's distance (lesson 14), with squares: among all ways to pair the points $x$ of one distribution with the points $y$ of the other, the least mean of $\lVert x - y \rVert^2$. For Gaussians it can be computed by hand. Let the means be $m_a$, $m_b$ and the covariances $C_a$, $C_b$, and let $S = \operatorname{Cov}(x, y)$ be what the pairing adds. Multiplied out,
#
# $$ \mathbb{E} \lVert x - y \rVert^2 = \lVert m_a - m_b \rVert^2 + \operatorname{tr} C_a + \operatorname{tr} C_b - 2 \operatorname{tr} S \tag{20.1} $$
#
# so the cheapest pairing has the largest $\operatorname{tr} S$. A covariance has a *symmetric root*: with the eigenvalues and eigenvectors of $C = V \Lambda V^{\top}$ it is $R = V \Lambda^{1/2} V^{\top}$, and $R R = C$. Write $x = m_a + R_a e$ and $y = m_b + R_b h$ with $e$, $h$ of covariance 1. If $K = \operatorname{Cov}(e, h)$, then
#
# $$ \operatorname{tr} S = \operatorname{tr} (R_a K R_b) = \operatorname{tr} (K R_b R_a) \tag{20.2} $$
#
# Which $K$ are possible? For unit vectors $p$, $q$ the number $p^{\top} K q$ is the covariance of $p \cdot e$ and $q \cdot h$, both of variance 1, so it is at most 1. Now take the singular values of the product, $R_b R_a = U \Sigma V^{\top}$. Then $\operatorname{tr} (K U \Sigma V^{\top}) = \sum_i \sigma_i\, (V^{\top} K U)_{ii}$, and each of the diagonal entries is such a $p^{\top} K q$: at most 1. All of them *are* 1 for
# $K = V U^{\top}$, a rotation (or a reflection): $h = K^{\top} e$. So the maximum is the sum of the singular values,
#
# $$ \max \operatorname{tr} S = \sum_i \sigma_i (R_a R_b) = \operatorname{tr} (R_a C_b R_a)^{1/2} = \operatorname{tr} (C_a C_b)^{1/2} \tag{20.3} $$
#
# (singular values of $R_b R_a$ are the roots of the eigenvalues of $(R_b R_a)^{\top} R_b R_a = R_a C_b R_a$; and $R_a (R_a C_b) = C_a C_b$ has the same eigenvalues as $(R_a C_b) R_a$, since $A B$ and $B A$ always have.) Together
#
# $$ d^2 = \lVert m_a - m_b \rVert^2 + \operatorname{tr} \bigl( C_a + C_b - 2\, (C_a C_b)^{1/2} \bigr) \tag{eq:metric.frechet} $$
#
# The square root is one of *matrices*, not of their entries. If the covariances have the same eigenvectors, it comes down to $\sum_i (\sqrt{\lambda_i} - \sqrt{\mu_i})^2$; on a line, to $(s_a - s_b)^2$. And it is not computed as it is written: $C_a C_b$ is not symmetric, and a general matrix root may turn complex by rounding. The sum of singular values cannot.
#
# ## See the code

# %%
show_source(metrics.frechet_distance, metrics.frechet_gaussians, frechet._root)

# %% [markdown]
# ## Check: three closed forms, and all rotations
#
# On a line, for two upright ellipses, and for two tilted ones: in the plane the trace of the root of a matrix $M$ with eigenvalues $\lambda$, $\mu$ is $\sqrt\lambda + \sqrt\mu = \sqrt{\lambda + \mu + 2 \sqrt{\lambda \mu}} = \sqrt{\operatorname{tr} M + 2 \sqrt{\det M}}$, no eigenvectors needed. (The tilted ones are below, turned by 35 degrees to either side.)


# %%
def ellipse(long, short, degrees):
    """A covariance with these two standard deviations, rotated."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([long**2, short**2]) @ turn.T


A, B = ellipse(1.0, 0.25, 35), ellipse(0.8, 0.35, -35)
away = np.array([2.5, 0.6])
at_home = np.zeros(2)
tilted = away @ away + np.trace(A + B)
tilted -= 2 * np.sqrt(np.trace(A @ B) + 2 * np.sqrt(np.linalg.det(A @ B)))

closed = {
    "on a line": (([0.0], [[4.0]], [1.0], [[9.0]]), 1 + (2 - 3) ** 2),
    "upright": ((at_home, np.diag([4.0, 1.0]), away, np.diag([9.0, 0.25])), away @ away + 1 + 0.25),
    "tilted": ((at_home, A, away, B), tilted),
}
for name, (gaussians, expected) in closed.items():
    print(compare(f"{name:<10}", metrics.frechet_gaussians(*gaussians), expected, ADJOINT))

# %% [markdown]
# And the derivation itself: every rotation $K$ is a way to transport one Gaussian to the other. We try all of them.


# %%
def rotation(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


root_a, root_b = frechet._root("A", A, 2)[1], frechet._root("B", B, 2)[1]
angles = np.linspace(-np.pi, np.pi, 721)
cost = np.array(
    [away @ away + np.trace(A + B) - 2 * np.trace(root_a @ rotation(k) @ root_b) for k in angles]
)
cheapest = angles[cost.argmin()]
turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
e = 1.5 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
title = "Of all ways to carry one Gaussian onto the other, the cheapest costs the Frechet distance"
with figure(title, panels=3, size=(11, 3.2)) as (badly, well, curve):
    for ax, angle, name in (
        (badly, cheapest + np.pi, "the dearest rotation"),
        (well, cheapest, "the cheapest"),
    ):
        x, y = e @ root_a, away + e @ rotation(angle) @ root_b  # h = K' e, one a row
        ax.plot(*np.stack([x, y]).transpose(2, 0, 1), color="0.6", linewidth=0.9, linestyle="-")
        ax.plot(*x.T, "o", color="#1f4e9c", markersize=5, linestyle="none")
        ax.plot(*y.T, "x", color="#d1600a", markersize=6, linestyle="none")
        ax.set(title=name, aspect="equal", xticks=(), yticks=(), xlim=(-1.6, 4), ylim=(-1.3, 2))
    curve.plot(np.degrees(angles), cost, label="mean squared way")
    curve.axhline(tilted, color="black", linestyle=":", linewidth=1.5, label="Frechet distance")
    curve.set(xlabel="rotation K, degrees", xticks=(-180, -90, 0, 90, 180), ylim=(6.5, 11.5))

print(f"cheapest {cost.min():.6f}, at {np.degrees(cheapest):.1f} degrees; the formula {tilted:.6f}")
assert 0 <= cost.min() - tilted < 1e-3

# %% [markdown]
# Nothing in (20.1) to (20.3) but the last step, that $K = V U^{\top}$ really gives a Gaussian $y$, needs Gaussians. For other clouds with these means and covariances the formula is a lower bound of the cost. **It knows two moments of the features, and no more.** How little that is: we draw 500 "features" from a Gaussian that has the mean and the covariance of those of real digits. They
# belong to no picture at all.

# %%
some, others = seen[:N], seen[N:]
cloud = np.random.default_rng(1).multivariate_normal(others.mean(axis=0), np.cov(others.T), N)
for name, points in (("real digits", seen[N : 2 * N]), ("a Gaussian cloud", cloud)):
    distance, (precision, _) = (
        metrics.frechet_distance(some, points),
        metrics.precision_recall(some, points),
    )
    kernel, _ = metrics.kernel_distance(some, points, np.random.default_rng(0), size=N // 2)
    print(f"{name:<17} Frechet {distance:.2f}   kernel distance {kernel:6.3f}   precision {precision:.2f}")

assert quick() or (distance < floor[N].mean() + 2 * floor[N].std() and kernel > 0.4 and precision < 0.2)

# %% [markdown]
# For the Frechet distance the cloud is as good as real digits. (The other two measures come below; the kernel distance knows three moments, precision looks at each point.)
#
# ## Derive: the floor
#
# Why is real against real not 0? Let both sets be samples of size $N$ of one Gaussian in $d$ dimensions. *The means:* each coordinate of $m_a - m_b$ has the variance $2 \lambda / N$ if $\lambda$ is that of the feature. So $\mathbb{E} \lVert m_a - m_b \rVert^2 = 2 d \lambda / N$ for equal variances. A squared error has no sign, and does not cancel.
#
# *The covariances:* $C_a = \lambda (1 + E)$ and $C_b = \lambda (1 + F)$, with small symmetric $E$, $F$, whose entries have the variance $1/N$ off the diagonal (that of $x_i x_j / \lambda$ is 1) and $2/N$ on it (that of $x_i^2 / \lambda$ is 2). To first order the roots are $\sqrt\lambda\, (1 + E/2)$ and $\sqrt\lambda\, (1 + F/2)$. Their product is symmetric up to second order, so the sum of its singular values is its trace up to
# fourth order, and what is left of the formula is a square: $\operatorname{tr}(R_a R_a + R_b R_b - 2 R_a R_b) = \lVert R_a - R_b \rVert^2 = \frac\lambda4 \lVert E - F \rVert^2$, the sum of all squared entries. There are $d (d - 1)$ of variance $2/N$ and $d$ of variance $4/N$: expected $\frac\lambda4 \cdot \frac{2 d (d + 1)}{N}$. Together
#
# $$ \mathbb{E}\, d^2 \approx \frac{\lambda}{N} \cdot \frac{d\, (d + 5)}{2} \tag{20.4} $$
#
# Unequal variances $\lambda_i$ turn the sum over pairs into (we only state it, and check it on the digits)
#
# $$ \mathbb{E}\, d^2 \approx \frac1N \Bigl( \frac52 \sum_i \lambda_i + \sum_{i, j} \frac{\lambda_i \lambda_j}{\lambda_i + \lambda_j} \Bigr) \tag{20.5} $$
#
# It falls like $1/N$, and grows with the *square* of the number of features: all their covariances have to be estimated. For equal variances, Inception's 2,048 features have a floor 950 times that of our 64. So FIDs are computed with 50,000 images.
#
# ## Derive: a distance without a floor
#
# Let $k(x, y) = \varphi(x) \cdot \varphi(y)$ be a kernel: an inner product in some space of more features. Our $k$ is cubic, and its $\varphi$ consists of all products of up to three features:
#
# $$ k(x, y) = \Bigl( \frac{x \cdot y}{d} + 1 \Bigr)^3 \tag{eq:metric.cubic} $$
#
# The squared distance of the two means in that space needs no $\varphi$, only $k$ at pairs of points: $\lVert \mathbb{E} \varphi(a) - \mathbb{E} \varphi(b) \rVert^2 = \mathbb{E} k(a, a') + \mathbb{E} k(b, b') - 2\, \mathbb{E} k(a, b)$, where $a$, $a'$ are two *independent* points. Now we have $N$ samples and take the mean over all $N^2$ pairs of them. $N$ of these pairs are a sample and itself, so
#
# $$ \mathbb{E}\, \operatorname{mean}_{i, j} k(a_i, a_j) = \Bigl( 1 - \frac1N \Bigr) \mathbb{E}\, k(a, a') + \frac1N\, \mathbb{E}\, k(a, a) \tag{20.6} $$
#
# which is too much by $\frac1N \bigl( \mathbb{E} \lVert \varphi \rVert^2 - \lVert \mathbb{E} \varphi \rVert^2 \bigr)$, the variance of $\varphi$ divided by $N$. The cure is to leave these pairs out. Of the $N (N - 1)$ others each has the right expected value, and so has their mean:
#
# $$ \mathrm{MMD}^2 = \operatorname{mean}_{i \ne j} k(a_i, a_j) + \operatorname{mean}_{i \ne j} k(b_i, b_j) - 2 \operatorname{mean}_{i, j} k(a_i, b_j) \tag{eq:metric.kernel} $$
#
# Between $a$ and $b$ no sample meets itself, so there nothing is left out. The price of being right on average is that the answer may be below 0. On the features of Inception this is called KID (Binkowski et al. 2018).
#
# ## See the code

# %%
show_source(kid._squared_mmd, kid._kernel, kid._mean_of_others)

# %% [markdown]
# ## Check: the mean over all samples there are
#
# Whether an estimate is unbiased can be settled without luck. Let $a$ be 0, 1 or 3 with the probabilities 0.5, 0.3, 0.2, and $b$ be 0 or 2 with 0.6 and 0.4. There are 27 samples of three $a$ and 8 of three $b$. We take all 216 pairs, each with its probability; the mean has to be the true distance.

# %%
P, Q = {0.0: 0.5, 1.0: 0.3, 3.0: 0.2}, {0.0: 0.6, 2.0: 0.4}


def all_samples(of, n):
    """Every sample (n, 1) of a distribution {value: probability}, with its own probability."""
    grid = np.stack(np.meshgrid(*[list(of)] * n, indexing="ij"), axis=-1).reshape(-1, n)
    return [(points[:, None], np.prod([of[x] for x in points])) for points in grid]


def expected_kernel_distance():
    mean = 0.0
    for a, p in all_samples(P, 3):
        for b, q in all_samples(Q, 3):
            value, _ = metrics.kernel_distance(a, b, np.random.default_rng(0), subsets=2, size=3)
            mean += p * q * value
    return mean


def k(x, y):
    return (x * y + 1) ** 3


truth = sum(p * q * (k(x, x2)) for x, p in P.items() for x2, q in P.items())
truth += sum(p * q * (k(y, y2)) for y, p in Q.items() for y2, q in Q.items())
truth -= 2 * sum(p * q * (k(x, y)) for x, p in P.items() for y, q in Q.items())
print(f"the true distance {truth:.6f}")
print(compare("mean over all 216 pairs of samples", expected_kernel_distance(), truth, ADJOINT))

with planted(kid, "_mean_of_others", lambda a: kid._kernel(a, a).mean()):
    print(f"with the diagonal left in: {expected_kernel_distance():.6f}")

# %% [markdown]
# Three samples are enough to be right on average. Now both measures on the digits, real against real, at each number of images, and (20.5) with the variances of DigitNet's features.

# %%
variances = np.linalg.eigvalsh(np.cov(seen.T))
pairs = variances[:, None] * variances / (variances[:, None] + variances)
theory = 2.5 * variances.sum() + pairs.sum()
around = {}
for n in sizes:
    rng = np.random.default_rng(n)
    around[n] = np.array(
        [
            metrics.kernel_distance(seen[a], seen[b], rng, subsets=2, size=min(n, 1000))[0]
            for a, b in (halves(n, rng) for _ in range(12))
        ]
    )

title = "Real against real: the Frechet distance is c / N, the kernel distance 0 on average"
with figure(title, panels=2, size=(10, 3.6)) as (left, right):
    left.plot(
        np.repeat(sizes, 12),
        np.ravel([floor[n] for n in sizes]),
        "o",
        linestyle="none",
        markersize=4,
        label="12 random cuts each",
    )
    left.plot(sizes, theory / np.array(sizes), color="black", label="(20.5)")
    left.set(xscale="log", yscale="log", title="Frechet distance", xlabel="images in each set")
    right.plot(
        np.repeat(sizes, 12),
        np.ravel([around[n] for n in sizes]),
        "o",
        linestyle="none",
        markersize=4,
    )
    right.axhline(0, color="black", linewidth=1)
    right.set(xscale="log", title="kernel distance", xlabel="images in each set")
    for ax in (left, right):
        ax.set_xticks(sizes, sizes)
        ax.minorticks_off()

for n in sizes:
    print(
        f"{n:5d}: Frechet {floor[n].mean():5.2f}, (20.5) says {theory / n:5.2f}   kernel {around[n].mean():6.3f} +- {around[n].std() / 12**0.5:.3f}"
    )
if not quick():
    assert all(0.7 < floor[n].mean() * n / theory < 1.3 for n in sizes)
    assert all(abs(around[n].mean()) < 4 * around[n].std() / 12**0.5 for n in sizes)

# %% [markdown]
# The features of digits are ten clouds and no Gaussian, and still the floor is where theory has it. A known floor is no problem: *give $N$, and print real against real next to the number* (`evaluation.evaluate` does both). What happens otherwise:

# %%
pool = Pool(real[4 * N :], labels[4 * N :], real[: 2 * N])
moved = HARMS["shift"][0](pool, 2, 2 * N, None)
moved_seen, _ = digitnet.features(moved)
B_measured = metrics.frechet_distance(seen[: 2 * N], moved_seen)
print(f"A: {N // 2:5d} images, distance {floor[N // 2].mean():.2f}")
print(f"B: {2 * N:5d} images, distance {B_measured:.2f}")
assert quick() or B_measured < 0.9 * floor[N // 2].mean()

# %% [markdown]
# B wins. A are real digits; B are digits that were shifted to the right by two pixels.
#
# ## Derive: bad pictures or missing pictures?
#
# One number cannot tell a G that draws all digits badly from one that draws three of them well. So draw a ball around each point, up to its $k$-th neighbour in its own set, and call the union of the balls the region of that set. Then ask twice:
#
# $$ \text{precision} = \frac1M \sum_j \bigl[\text{fake}_j \in \bigcup_i B(\text{real}_i)\bigr], \qquad \text{recall} = \frac1N \sum_i \bigl[\text{real}_i \in \bigcup_j B(\text{fake}_j)\bigr] \tag{eq:metric.precision\_recall} $$
#
# Precision: what share of the fakes lies where reals are? Recall: what share of the reals lies where fakes are? The weak point are the balls of lonely points, which are huge. *Density* and *coverage* use balls of reals only, and count differently:
#
# $$ \text{density} = \frac{1}{k M} \sum_{i, j} \bigl[\text{fake}_j \in B(\text{real}_i)\bigr], \qquad \text{coverage} = \frac1N \sum_i \bigl[\exists j : \text{fake}_j \in B(\text{real}_i)\bigr] \tag{eq:metric.density\_coverage} $$
#
# **By hand**, on a line with $k = 1$. The reals 0, 1, 3, 4 have the balls $[-1, 1]$, $[0, 2]$, $[2, 4]$, $[3, 5]$. Of the fakes 1.5, 2.5, 12, 21 two lie in a ball, each in one: precision $\frac24$, density $\frac{2}{1 \cdot 4}$. Two of the four balls hold a fake: coverage $\frac24$. But recall: the balls of the fakes are $[0.5, 2.5]$, $[1.5, 3.5]$, $[3, 21]$, $[12, 30]$, and 1, 3 *and 4* lie in one: recall $\frac34$. The real
# 4 counts only because of the fake 12, which is a bad one.

# %%
reals, fakes = np.array([0.0, 1, 3, 4])[:, None], np.array([1.5, 2.5, 12, 21])[:, None]
by_hand = (
    *metrics.precision_recall(reals, fakes, k=1),
    *metrics.density_coverage(reals, fakes, k=1),
)
print("precision {:.2f}   recall {:.2f}   density {:.2f}   coverage {:.2f}".format(*by_hand))
assert by_hand == (0.5, 0.75, 0.5, 0.5)

title = "A bad fake, alone at 12, has a wide ball: recall counts the real 4, which no good fake is near"
with figure(title, panels=(2, 1), size=(9, 3.6)) as axes:
    for ax, own, other, name in (
        (axes[0, 0], reals, fakes, "balls of the reals"),
        (axes[1, 0], fakes, reals, "balls of the fakes"),
    ):
        radius = metrics.nearest(own, own, 2)[1][:, 1]
        for row, (centre, r) in enumerate(zip(own[:, 0], radius, strict=True)):
            style = {"color": "0.55", "linewidth": 5, "linestyle": "-", "solid_capstyle": "butt"}
            ax.plot([centre - r, centre + r], [row, row], **style)
            ax.plot(centre, row, "o", color="black", markersize=5)
        for x in other[:, 0]:
            ax.axvline(x, color="#d1600a", linestyle="--", linewidth=1.2)
        ax.set(title=f"{name} (dashed: where the others are)", xlim=(-2, 31), yticks=())
        ax.set_ylim(-0.7, 3.7)

# %% [markdown]
# **The Inception score** never looks at the data. A classifier says of picture $n$ the probabilities $p_n$ of the classes, with the mean $q$:
#
# $$ \mathrm{IS} = \exp \operatorname{mean}_n \mathrm{KL}(p_n \,\Vert\, q), \qquad q = \operatorname{mean}_n p_n \tag{eq:metric.inception} $$
#
# With $\mathrm{KL}(p \Vert q) = \sum_k p_k \log p_k - \sum_k p_k \log q_k$, and the mean of $p_n$ being $q$, its logarithm is a difference of two entropies $H$:
#
# $$ \log \mathrm{IS} = H(q) - \operatorname{mean}_n H(p_n) \tag{20.7} $$
#
# It is high if each picture is clearly of one class and the classes are equally frequent. That is all. Take of each digit the one image of which DigitNet is surest, and repeat these ten for ever:

# %%
surest = [np.where(read.argmax(axis=1) == digit, read[:, digit], 0).argmax() for digit in range(10)]
ten = np.repeat(surest, N // 10)
score, _ = metrics.inception_score(read[ten], splits=1)
of_real, _ = metrics.inception_score(read[:N], splits=1)
print(f"Inception score: {N} real digits {of_real:.2f}, ten digits repeated {score:.2f}")
print(f"Frechet distance of the ten: {metrics.frechet_distance(some, seen[ten]):.1f}")
assert score > of_real

# %% [markdown]
# ## Derive: how probable, how near?
#
# Three older measures work on plain pixels. A G draws and cannot say how probable a picture is. So the first GAN paper blurred its samples: a Gaussian of standard deviation $\sigma$ in $d$ dimensions has the density $(2 \pi \sigma^2)^{-d/2} \exp(-\lVert x - s \rVert^2 / 2 \sigma^2)$ around its centre $s$; put one on each of $n$ samples, with the weight $\frac1n$, and ask for the logarithm of their sum at a test image:
#
# $$ \log p(x) = \log \frac1n \sum_j \exp\Bigl( -\frac{\lVert x - s_j \rVert^2}{2 \sigma^2} \Bigr) - \frac d2 \log(2 \pi \sigma^2) \tag{eq:metric.parzen} $$
#
# This is the *Parzen likelihood*. ($\sigma$ is the best one on images that are not the test images.) In 784 dimensions hardly more than the nearest sample counts in the sum, so it measures closeness, and a test image that is far from all samples costs dearly.
#
# Where there is one right answer, as in a reconstruction, picture is compared with picture. The mean squared error depends on the unit of the pixels; divided by the square of their span, the *peak*, it does not. Upside down and in decibels, ten for each factor of ten, it is the peak signal-to-noise ratio:
#
# $$ \mathrm{PSNR} = 10 \log_{10} \frac{\text{peak}^2}{\operatorname{mean}\,(a - b)^2} \tag{eq:metric.psnr} $$
#
# Noise of standard deviation $\tau$ gives $20 \log_{10} (\text{peak} / \tau)$; half the error is 6 dB more. It treats all errors of one size alike. The *structural similarity* (Wang et al. 2004) asks three questions in each small window, with the means $m$, standard deviations $s$ and covariance $s_{ab}$ there. From $(m_a - m_b)^2 \ge 0$ it follows that $2 m_a m_b / (m_a^2 + m_b^2) \le 1$, with equality for equal means. In
# the same way $2 s_a s_b / (s_a^2 + s_b^2)$ compares the contrast, and the correlation $s_{ab} / (s_a s_b)$, which is at most 1 too, the structure. In the product of the last two $s_a s_b$ cancels. A small $c_1$ and $c_2$, above and below, keep an empty window from being $0/0$ and make it a 1:
#
# $$ \mathrm{SSIM} = \operatorname{mean} \frac{(2 m_a m_b + c_1)(2 s_{ab} + c_2)}{(m_a^2 + m_b^2 + c_1)(s_a^2 + s_b^2 + c_2)} \tag{eq:metric.ssim} $$
#
# The mean runs over all windows, of 11 x 11 pixels weighed by a Gaussian of standard deviation 1.5; $c_1 = (0.01\, \text{peak})^2$ and $c_2 = (0.03\, \text{peak})^2$.
#
# ## Check: pixels
#
# A density has the mass 1, also that of three samples on a line. Two even pictures with the values $\frac12$ and $\frac14$ have no contrast, so PSNR and SSIM can be done in the head; and a single window can be written out.

# %%
line = np.linspace(-8, 8, 4001)[:, None]
density = np.exp(metrics.parzen_log_likelihood(np.array([[-1.0], [0.0], [2.5]]), line, 0.7))
print(compare("Parzen: mass on a line", density.sum() * (line[1, 0] - line[0, 0]), 1.0, ADJOINT))

upper, lower = np.full((1, 12, 12, 1), 1 / 2), np.full((1, 12, 12, 1), 1 / 4)
print(compare("PSNR: an error of 1/4", metrics.psnr(upper, lower, 1.0)[0], 20 * np.log10(4), ADJOINT))
means_only = (2 / 8 + 1e-4) / (1 / 4 + 1 / 16 + 1e-4)
print(compare("SSIM: means only", metrics.ssim(upper, lower, 1.0)[0], means_only, ADJOINT))

a, b = np.random.default_rng(0).random((2, 11, 11))
bell = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
weight = np.outer(bell, bell) / bell.sum() ** 2
m_a, m_b = np.sum(weight * a), np.sum(weight * b)
squares = [np.sum(weight * u * w) for u, w in ((a - m_a, a - m_a), (b - m_b, b - m_b), (a - m_a, b - m_b))]
mean_part = (2 * m_a * m_b + 1e-4) / (m_a**2 + m_b**2 + 1e-4)
rest = (2 * squares[2] + 9e-4) / (squares[0] + squares[1] + 9e-4)
got = metrics.ssim(a[None, :, :, None], b[None, :, :, None], 1.0)[0]
print(compare("SSIM: one window", got, mean_part * rest, ADJOINT))

# %% [markdown]
# Then the digits, with answers that are known. First 500 pictures each that play the samples, and the mean over 500 other real digits; then the same real digits, harmed in three ways, each against its original.


# %%
def pixels(images):
    # (N, 28, 28, 1) in [-1, 1] -> (N, 784) in [0, 1]
    return (images.reshape(len(images), -1) + 1) / 2


pool, probable = Pool(real[N:], labels[N:], real[:N]), {}
for harm, strength, name in (
    (None, 0, "real digits"),
    ("blur", 0.7, "blurred"),
    ("dropped classes", 2, "two digits missing"),
):
    images = HARMS[harm][0](pool, strength, N, np.random.default_rng(3)) if harm else real[N : 2 * N]
    sigma = metrics.parzen_sigma(pixels(images), pixels(real[-N:]), np.logspace(-1, 0, 10))
    probable[name] = metrics.parzen_log_likelihood(pixels(images), pixels(real[:N]), sigma).mean()
    print(f"Parzen {name:<19} sigma {sigma:.2f}   {probable[name]:6.1f} nats")
assert quick() or probable["blurred"] > probable["real digits"] > probable["two digits missing"]

originals, alike = real[:N], {}
for name, images in (
    ("four fifths of the contrast", 0.8 * originals),
    ("noise of 0.2", originals + 0.2 * np.random.default_rng(0).standard_normal(originals.shape)),
    ("moved by one pixel", np.roll(originals, 1, axis=2)),
):
    alike[name] = [measure(originals, images, 2.0).mean() for measure in (metrics.psnr, metrics.ssim)]
    print(f"{name:<28} PSNR {alike[name][0]:5.1f} dB   SSIM {alike[name][1]:.2f}")
noise = alike["noise of 0.2"]
assert abs(noise[0] - 20 * np.log10(2 / 0.2)) < 0.1
assert alike["four fifths of the contrast"][0] - noise[0] < 1
assert alike["four fifths of the contrast"][1] > noise[1] + 0.1

# %% [markdown]
# The Parzen likelihood punishes missing digits, and *prefers blurred digits to real ones*, because a blurred image is nearer to everything (Theis et al. 2016 warn of it). It is in the library because old papers used it. PSNR sees no difference between less contrast and noise; SSIM does. Both call a digit moved by one pixel the worst of the three, although no reader would notice it.
#
# ## Predict: a generator that copies
#
# We let seven measures of quality and one more judge sets of 500 digits with known harm: blurred (by 0.7 pixels), noisy, without two of the digits, with 85 % of its digits from 0 to 4 (in the data it is half), fifty images ten times each, and finally *the reference set itself*, image by image, as a G would make it that has learned its training set by heart. How many of the seven say of the copies that they are worse
# than fresh real digits?
#
# - **a** five or more
# - **b** two or three
# - **c** none

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def judge(real, fake, p, pixels, fake_pixels):
    """Features of both, the probabilities read in the fakes, the pixels of both -> {measure: answer}."""
    rng = np.random.default_rng(0)
    precision, recall = metrics.precision_recall(real, fake)
    density, coverage = metrics.density_coverage(real, fake)
    return {
        "frechet": metrics.frechet_distance(real, fake),
        "kernel": metrics.kernel_distance(real, fake, rng, subsets=20, size=N // 2)[0],
        "inception": metrics.inception_score(p, splits=1)[0],
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "nearest": np.median(metrics.nearest(fake_pixels, pixels)[1]),
    }


flat = real.reshape(len(real), -1)
rng = np.random.default_rng(2)
cuts = [judge(seen[a], seen[b], read[b], flat[a], flat[b]) for a, b in (halves(N, rng) for _ in range(10))]
mean = {name: np.mean([cut[name] for cut in cuts]) for name in cuts[0]}
std_of = {name: np.std([cut[name] for cut in cuts], ddof=1) for name in cuts[0]}

pool, answers = Pool(real[N:], labels[N:], real[:N]), {}
for harm, strength, name in (
    ("blur", 0.7, "blurred"),
    ("noise", 0.2, "noisy"),
    ("dropped classes", 2, "two digits\nmissing"),
    ("unequal classes", 0.85, "unequal\nclasses"),
    ("repeated images", N // 10, "repeated\nimages"),
    ("memorised images", 1.0, "copies"),
):
    images = HARMS[harm][0](pool, strength, N, np.random.default_rng(3))
    features, p = digitnet.features(images)
    answers[name] = judge(seen[:N], features, p, flat[:N], images.reshape(N, -1))

z = {
    measure: [
        damage.MEASURES[measure][2] * (found[measure] - mean[measure]) / std_of[measure]
        for found in answers.values()
    ]
    for measure in mean
}
said = {measure: [damage.verdict(measure, [value]) for value in row] for measure, row in z.items()}
worse = [measure for measure in said if measure != "nearest" and said[measure][-1] == "sees"]
print(f"of the copies it says that they are worse: {', '.join(worse) or 'no measure of quality'}")
print(", ".join(f"{name} {value:.2f}" for name, value in answers["copies"].items()))

check.measure_save_ship.p2(guess)

title = "Every harm but one is seen by some measure; copies are seen by the nearest image only"
with figure(title, size=(10, 4.6)) as ax:
    shade = {"sees": 0.45, "nearer": 0.45, "FOOLED": 1.0}
    ax.imshow(
        [[shade.get(word, 0.0) for word in row] for row in said.values()],
        cmap="gray_r",
        vmin=0,
        vmax=1.6,
        aspect="auto",
    )
    for i, measure in enumerate(said):
        for j, word in enumerate(said[measure]):
            style = {"color": "white", "weight": "bold"} if word == "FOOLED" else {"color": "black"}
            text = (
                f"{z[measure][j]:+.0f}"
                if abs(z[measure][j]) >= 10
                else f"{round(z[measure][j], 1) + 0.0:+.1f}"
            )
            ax.text(j, i, f"{word}  {text}", ha="center", va="center", **style)
    ax.set_xticks(range(len(answers)), answers)
    ax.set_yticks(range(len(said)), [damage.MEASURES[measure][0] for measure in said])
    ax.grid(visible=False)

if not quick():
    assert not worse
    assert said["nearest"][-1] == "nearer"
    assert all(word == "sees" for word in said["coverage"][:-1] + said["frechet"][:-1])
    assert "sees" not in said["precision"][2:] + said["density"][2:]
    assert said["recall"][3] == "blind"
    assert "FOOLED" in [row[-1] for row in said.values()]

# %% [markdown]
# (The numbers are standard deviations from the mean of ten random cuts, real against real; positive is worse, or, in the last row, nearer. From 3 on a measure "sees"; below -3 it takes the harmed set for *better* than real digits, and is fooled.)
#
# Precision and density ask of each picture whether it is good; missing digits are no concern of theirs. Recall does not see unequal shares. The copies are the point: a measure that compares two sets cannot know that one of them was *stolen*. Copies are found by looking, for each fake, for its nearest training image (`evaluation.memorised`), and even that misses a copy that was moved by one pixel, and is alarmed by blurred digits, which are near to everything. It raises a suspicion; a look at the pairs decides.
# `minigan results damage` does all this with 1,500 images and more strengths.
#
# **Why "FID" is the name of one network.** Everything above, the pixel measures aside, was measured in DigitNet's features. If these are multiplied by 2, the Frechet distance becomes 4 times as large, and nothing has happened to any picture. Other features do not only change the unit, they change who wins. Two sets of 1,000 digits, one blurred, one shifted; features of DigitNet, and the plain pixels at 8 x 8:

# %%
blurred = HARMS["blur"][0](Pool(real[4 * N :], labels[4 * N :], real[: 2 * N]), 0.7, 2 * N, None)
verdicts = {}
for features in (evaluation.DIGITNET, evaluation.PIXELS):
    of_real, of_blurred, of_moved = (
        evaluation.describe(plots.to_image(images), features)[0]
        for images in (real[: 2 * N], blurred, moved)
    )
    verdicts[features] = [metrics.frechet_distance(of_real, x) for x in (of_blurred, of_moved)]
    print(f"{features:<11} blurred {verdicts[features][0]:6.2f}   shifted {verdicts[features][1]:6.2f}")

twice = metrics.frechet_distance(2 * seen[:N], 2 * seen[N : 2 * N])
print(f"features times 2: {twice / metrics.frechet_distance(seen[:N], seen[N : 2 * N]):.6f} times as far")
(a, b), (c, d) = verdicts.values()
assert quick() or (a > 2 * b and d > 2 * c)

# %% [markdown]
# A classifier was taught that a shifted digit is the same digit; pixels were not. Each is right about its own question. FID is the Frechet distance in the features of one network, Inception-v3, with one set of weights and one way to resize. With any other network it needs another name, and cannot be compared with published FIDs. Hence "Frechet distance, DigitNet".
#
# ## Derive: a small set, shown in many ways
#
# A G that copies learned it from a D that knows its images by heart. With few images D gets there soon, and its scores say nothing about any other. More images would help; so do the same ones recoloured, shifted, with a hole, mirrored. But if only the real images are treated so, that is what G learns to draw. So D sees *both* kinds through a random map $T$: $D(T(x))$ and $D(T(G(z)))$, and the gradient of G runs back through $T$ (Zhao et al. 2020). Then $T$ is nothing but the first layer of D, and each layer needs its adjoint.
#
# Colours: brightness $b$, saturation $S$, contrast $K$, drawn for each image:
#
# $$ y = K S\, (x + b), \qquad b \sim U(-\tfrac12, \tfrac12) \tag{eq:color.forward} $$
#
# $$ S x = s\, x + (1 - s) \operatorname{mean}_c x, \qquad K x = k\, x + (1 - k) \operatorname{mean}_{ijc} x, \qquad dx = K S\, dy \tag{eq:color.map} $$
#
# A mean over $n$ numbers, put in the place of each, is the matrix with the entries $\frac1n$: symmetric, and its own square. So $S$ and $K$ are symmetric, they commute, and $(K S)^\top = K S$: the backward pass is the forward pass without $b$. A translation is not symmetric, and its adjoint moves back:
#
# $$ y_{ij} = x_{i + r,\, j + c} \tag{eq:translation.forward} $$
#
# $$ dx_{ij} = dy_{i - r,\, j - c} \tag{eq:translation.dx} $$
#
# A hole is a mask, and a mirror image is its own inverse; both are symmetric:
#
# $$ y = m\, x, \qquad dx = m\, dy \tag{eq:cutout.forward} $$
#
# $$ y_{ij} = x_{i,\, W - 1 - j}, \qquad dx_{ij} = dy_{i,\, W - 1 - j} \tag{eq:mirror.forward} $$
#
# How often? Always, or as often as D's scores of real images ask for it (Karras et al. 2020): sure of all of them, $r = 1$, D has learned them by heart.
#
# $$ p \leftarrow p + \operatorname{sign}(r - r^*)\, \delta, \qquad r = \operatorname{E}\bigl[\operatorname{sign} D(T(x))\bigr] \tag{eq:ada} $$
#
# And where each image is known by its attributes, as the portraits of `data.load("portraits")` are, what G forgets can be counted instead of felt. With the frequencies $q$ of an attribute's values among generated images and $p$ among real ones, their *total variation* is
#
# $$ \mathrm{TV}(q, p) = \tfrac12 \sum_k |q_k - p_k| \tag{eq:metric.variation} $$
#
# the share of the images that would have to change their value.
#
# ## Check: an adjoint for each map
#
# The random numbers are kept in the cache, so the differences see the same map each time. Then a frequency that can be counted on the fingers: of four images two wear a hat and one a cap; of the real ones one each, and two nothing.

# %%
for layer in (Color(), Translation(), Cutout(), Mirror()):
    some = [found for found in layer_checks(layer, (3, 8, 6, 3)) if found.name in ("dx", "adjoint")]
    show_checks(found._replace(name=f"{layer}, {found.name}") for found in some)
generated, known = np.array([[0], [0], [1], [2]]), np.array([[0], [1], [2], [2]])  # hat, cap, nothing
show_checks(
    [compare("total variation", metrics.attribute_recall(generated, known)["value_error"], 1 / 4, ADJOINT)]
)

# %% [markdown]
# ## Predict: what may be forgotten
#
# Now a training. A small GAN on the digits of 8 x 8 pixels, whose G has BatchNorm; Adam, and an average of G from which pictures are drawn. It is stopped after 60 steps, saved, taken up by another process, and goes on for 40 steps. Somebody forgets one thing in the file. With one of these four the weights of G and D still end *in the same bits* as those of a run that was never stopped. Which?
#
# - **a** Adam's $m$, the running mean of the gradients
# - **b** Adam's $t$, the number of steps so far
# - **c** the running statistics of G's BatchNorm
# - **d** the place in the order of the data

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
small = data.load("digits8")
STOP, END = steps(60, 4), steps(100, 8)
folder = tempfile.TemporaryDirectory(prefix="minigan-")
home = Path(folder.name)


def build(out=None, seed=0, end=END):
    G, D = models.mlp(shape=(8, 8, 1), latent=16, width=8, rng=seed)
    average = EMA(G, 0.99, warmup=True)
    gan = game.GAN(G, D, losses.non_saturating, (), Adam(G, 1e-3), Adam(D, 1e-3), 16, average)
    return Trainer(gan, small.images, batch=32, steps=end, seed=seed, out=out)


def way(trainer):
    """Train to the end -> G's weights after each step."""
    thetas = []
    trainer.run(lambda t, row: thetas.append(trainer.game.G.theta.copy()))
    return np.array(thetas)


def drawn(trainer):
    return trainer.game.sample(100, np.random.default_rng(0))


never_stopped = build()
whole = way(never_stopped)
stopped = build(out=home / "run", end=STOP)
stopped.run()  # the last step writes a checkpoint

# %%
fresh = build()  # what a forgetful program begins with


def forget(what, trainer):
    g = trainer.game
    for opt in g.optimizers.values():
        if what in ("Adam's m", "Adam's v"):
            opt.vectors()[what[-1]][...] = 0
        if what == "Adam's t":
            opt.t = 0
    if what == "weights of D":
        g.D.theta[...] = fresh.game.D.theta
    if what == "generator of the noise":
        trainer.rng = np.random.default_rng(1)
    if what == "order of the data":
        trainer.source.restore({"generator": np.random.default_rng(1).bit_generator.state, "place": 0})
    if what == "BatchNorm's statistics":
        g.G.state[...] = fresh.game.G.state
    if what == "average of G":
        g.ema.net.theta[...] = g.G.theta


THINGS = (
    *("nothing", "weights of D", "Adam's m", "Adam's v", "Adam's t", "generator of the noise"),
    *("order of the data", "BatchNorm's statistics", "average of G"),
)
strays, ends = {}, {}
print("forgotten                 weights of G        pictures of the average, grey levels away")
for what in THINGS:
    resumed = build(
        out=home / "run", seed=7
    ).restore()  # begins with other weights: everything comes from the file
    resumed.recorder.out = None
    forget(what, resumed)
    thetas = way(resumed)
    strays[what] = np.linalg.norm(thetas - whole[STOP:], axis=1)
    ends[what] = (
        np.array_equal(thetas[-1], whole[-1]),
        np.array_equal(resumed.game.D.theta, never_stopped.game.D.theta),
        127.5 * np.abs(drawn(resumed) - drawn(never_stopped)).mean(),
    )
    bits = "the same bits" if ends[what][0] else f"{strays[what][-1]:.4f} away"
    print(f"{what:<25} {bits:<19} {ends[what][2]:.3f}")

check.measure_save_ship.p3(guess)
assert ends["nothing"] == (True, True, 0.0)
for what in ("BatchNorm's statistics", "average of G"):
    assert ends[what][:2] == (True, True)
    assert ends[what][2] > 0
for what in THINGS[1:7]:
    assert not ends[what][0]

# %% [markdown]
# The last two are the treacherous ones. While it learns, BatchNorm uses the statistics of its batch and never those that it keeps for later; so losses, gradients and weights are the same to the last bit, the log shows nothing, and only *the pictures* come from another network.
#
# ## Derive: what the next step depends on
#
# A training is one function, called again and again on everything it will need:
#
# $$ s_{t+1} = F(s_t), \qquad s = (\theta,\; m,\; v,\; t,\; \text{running statistics},\; \bar\theta,\; \text{generator},\; \text{order and place}) \tag{20.8} $$
#
# If $F$ gives the same bits for the same bits, then a run is determined by any one of its states, and to resume is to put back *all* of $s$. What is not put back begins at its first value, and one can compute what happens. Take Adam (`eq:adam`), after many steps with a steady gradient $g$, so that $m \approx g$ and $v \approx g^2$, and each step has the length $\eta$. *Without $v$:* it begins at 0, the
# new step makes it $(1 - \beta_2)\, g^2$; but $t$ is large, so there is no correction:
#
# $$ \text{first step without } v: \quad \eta\, \frac{g}{\sqrt{(1 - \beta_2)\, g^2}} = \frac{\eta}{\sqrt{1 - \beta_2}} = 32\, \eta \quad \text{for } \beta_2 = 0.999 \tag{20.9} $$
#
# *Without $t$:* moments that need no correction are corrected as those of a first step, $m$ divided by $1 - \beta_1$ and $v$ by $1 - \beta_2$:
#
# $$ \text{first step without } t: \quad \eta\, \frac{g / (1 - \beta_1)}{\sqrt{g^2 / (1 - \beta_2)}} = \eta\, \frac{\sqrt{1 - \beta_2}}{1 - \beta_1} = 0.063\, \eta \quad \text{for } \beta_1 = 0.5 \tag{20.10} $$
#
# One is a leap, the other a crawl: sixteen times too short, and hundreds of steps until it is over. Without all three it is a new Adam, with steps of the right length and no memory. (And if the learning rate follows a schedule, $t$ is where it stands on it.)

# %%
for what, length in (("nothing", 1), ("v", 0.001**-0.5), ("t", 0.001**0.5 / 0.5)):
    net = models.toy(width=2, depth=1, rng=0, dtype="float64")[0]
    opt = Adam(net, 1e-3, beta1=0.5, beta2=0.999, eps=0)
    opt.m[...], opt.v[...], opt.t = 0.3, 0.3**2, 20_000  # where a gradient of 0.3 has brought them
    if what == "v":
        opt.v[...] = 0
    if what == "t":
        opt.t = 0
    before = net.theta.copy()
    net.grad[...] = 0.3
    opt.step()
    moved_by = np.abs(net.theta - before).max() / 1e-3
    print(compare(f"forgotten: {what:<8} first step {moved_by:7.4f} rates", moved_by, length, 1e-6))

begun = np.linalg.norm(whole[STOP - 1] - fresh.game.G.theta)
title = "Whatever is forgotten, the run goes elsewhere; without v it leaps, without t it lags ever more"
with figure(title, size=(9, 4)) as ax:
    for what in THINGS[1:7]:
        ax.semilogy(range(STOP + 1, END + 1), strays[what], label=what)
    ax.axhline(begun, color="black", linewidth=1, linestyle="-")
    ax.annotate("as far as all steps before had brought it", (END, begun), ha="right", va="bottom")
    ax.set(xlabel="step", ylabel="distance of G's weights\nfrom the run never stopped")
    ax.set(xlim=(STOP, 1.43 * (END - STOP) + STOP), xticks=np.linspace(STOP, END, 5))
    ax.legend(loc="center right")

print(f"in {STOP} steps G had come {begun:.2f} far; without v it is {strays[THINGS[3]][0]:.2f} off at once")
assert quick() or strays["Adam's v"][0] > begun
assert quick() or strays["Adam's t"][-1] > 10 * strays["Adam's t"][0]

# %% [markdown]
# ## See the code
#
# What the trainer puts into the file, how the file is made trustworthy, and how it comes to the disk.

# %%
show_source(game.Game.arrays, Recorder.save, Recorder.restore, checkpoint.save, files.atomic_file)

# %% [markdown]
# ## Check: bit for bit
#
# "Close" would be no test here: what is compared are bits. All vectors of both runs, and where the random generators stand:

# %%
resumed = build(out=home / "run", seed=7).restore()
resumed.recorder.out = None
resumed.run()
for name, array in never_stopped.arrays().items():
    same = np.array_equal(array.view(np.uint8), resumed.arrays()[name].view(np.uint8))
    print(compare(f"{name:<20} same bits", float(same), 1.0, 0.0))
    assert same
assert never_stopped.rng.bit_generator.state == resumed.rng.bit_generator.state
assert never_stopped.source.state() == resumed.source.state()

# %% [markdown]
# (On another machine the same sums may be taken in another order and round differently; then the same file gives the same run up to rounding.)
#
# Three things can still happen to the file. *One flipped bit*, on a disk or on the way:

# %%
path = home / "run" / "checkpoint.safetensors"
weight = np.array([0.05], np.float32)
flipped = (weight.view(np.uint32) ^ np.uint32(1 << 30)).view(np.float32)
print(f"a weight of {weight[0]:.2f} with one bit flipped: {flipped[0]:.2g}")

raw = bytearray(path.read_bytes())
raw[-1000] ^= 64
(home / "flipped.safetensors").write_bytes(raw)
try:
    checkpoint.load(home / "flipped.safetensors")
except checkpoint.CheckpointError as error:
    print("CheckpointError:", str(error).replace(str(home), "..."))

# %% [markdown]
# *A power cut while it is being written.* The old file must not be half overwritten. So the bytes go to a temporary file in the same folder, are pushed to the disk (`fsync`), and only then the new file takes the old one's name, in one step (`replace`). We are killed in the middle:

# %%
try:
    with files.atomic_file(path) as file:
        file.write(b"half of a new checkpoint")
        raise KeyboardInterrupt
except KeyboardInterrupt:
    arrays, meta = checkpoint.load(path)
    print(f"the old checkpoint is whole: step {meta['step']}, {len(arrays)} arrays, sha256 right")

# %% [markdown]
# *And somebody else's file.* Python's own format for objects, pickle, is a little program that is run when it is loaded. It may hold anything. This one only prints:


# %%
class Weights:
    def __reduce__(self):
        return print, ("this line was run by the file, because it was loaded",)


pickle.loads(pickle.dumps(Weights()))

# %% [markdown]
# Files of weights by strangers are a way to run code on your machine. A .safetensors file holds names, shapes and numbers, and nothing in it is ever run.
#
# ## Derive: what to ship
#
# To go on training one needs all of $s$; to draw, only the average of G: its weights $\bar\theta$, and the running statistics, which are averaged with them. We train a better G, the last one of this lesson, and count.

# %%
network = {"shape": (8, 8, 1), "latent": 16, "width": 32}
G, D = models.mlp(**network, rng=0)
T = steps(1500, 20)
opt_G, opt_D = (Adam(net, cosine(2e-3, T), beta1=0.0, beta2=0.99) for net in (G, D))
r1 = [partial(penalties.r1, gamma=0.1)]
gan = game.GAN(G, D, losses.non_saturating, r1, opt_G, opt_D, 16, EMA(G, 0.998, warmup=True))
trainer = Trainer(gan, small.images, batch=64, steps=T, seed=0)
trainer.run()

samples = gan.sample(len(small) // 2, np.random.default_rng(5))
result = evaluation.evaluate(samples, small.images, evaluation.PIXELS, np.random.default_rng(6))
print(evaluation.table(result))
copies = evaluation.memorised(samples, small.images, np.random.default_rng(6))
print("\ndistance to the nearest training image, median: ", end="")
print(f"of fakes {np.median(copies['distance']):.2f}, of training images {np.median(copies['real']):.2f}")

at_floor = result["measures"]
if not quick():
    measured = at_floor["frechet_distance"]
    usually(
        "the distance is above the floor, but not far above",
        1.5 < measured["value"] / measured["floor"] < 6,
    )
    usually("recall is low", at_floor["recall"]["value"] < at_floor["recall"]["floor"] - 0.2)
    usually("fakes are no copies", np.all(copies["distance"] > 0.3 * copies["own"]))

# %% [markdown]
# Read it as a whole. Precision is nearer to its floor than recall: what this G draws is mostly good, and there are digits it never draws. Nothing was copied. Now the file. A network without its papers is of no use, so what belongs to it travels in the same file, under the same checksum. The least that a *model card* has to say: which data, under which licence; a measure by its full name, with its floor and the
# number of images; the seed and the version; and what is needed to build the network again.

# %%
measure = at_floor["frechet_distance"]
card = {
    "what": "draws digits of 8 x 8 pixels, grey, in [-1, 1]",
    "network": network,
    "data": "digits8, 1797 digits (Alpaydin and Kaynak)",
    "licence of the data": "CC BY 4.0",
    "measure": f"Frechet distance, {result['features']}: {measure['value']:.2f}, real against real {measure['floor']:.2f}",
    "images": result["samples"],
    "known faults": f"recall {at_floor['recall']['value']:.2f}, real {at_floor['recall']['floor']:.2f}",
    "seed": 0,
    "steps": T,
    "minigan": minigan.__version__,
}
average = gan.ema.net
checkpoint.save(home / "digits.safetensors", {"theta": average.theta, "state": average.state}, card)

everything = sum(array.nbytes for array in trainer.arrays().values())
shipped = (home / "digits.safetensors").stat().st_size
print(f"all that the next step needs {everything / 1e3:5.0f} kB")
print(f"the file to ship             {shipped / 1e3:5.0f} kB")
print(f"its numbers, 4 bytes each    {4 * (average.theta.size + average.state.size) / 1e3:5.0f} kB")
assert everything > 4 * shipped

# %% [markdown]
# ## Check: loaded by a stranger
#
# Who receives the file needs three lines.

# %%
arrays, card = checkpoint.load(home / "digits.safetensors")
received = models.mlp(**card["network"], rng=0)[0]
received.theta[...], received.state[...] = arrays["theta"], arrays["state"]

z = np.random.default_rng(5).standard_normal((len(samples), 16))
print(compare("the same pictures, bit for bit", received(z), average(z), 0.0))
print("\n".join(f"    {name}: {value}" for name, value in card.items()))

# %%
pictures = plots.to_image(received(z[:28]))[..., 0]
nearest = small.images[copies["index"][:28]][..., 0]
title = "The shipped G draws digits of its own: none is a copy of the training image nearest to it"
with figure(title, panels=(2, 1), size=(10, 3.6)) as axes:
    for ax, part in zip(axes[:, 0], (slice(14), slice(14, 28)), strict=True):
        framed = np.pad(
            np.stack([pictures[part], nearest[part]]), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=128
        )
        ax.imshow(np.vstack([np.hstack(row) for row in framed]), cmap="gray", vmin=0, vmax=255)
        ax.set(xticks=(), yticks=(4.5, 14.5))
        ax.set_yticklabels(["drawn", "nearest"])
        ax.grid(visible=False)

# %% [markdown]
# **Would float16 do?** It has 11 binary digits instead of 24 and half the bytes. One need not guess what that costs. We round the weights to fewer and fewer digits and measure (against all 1,797 digits; against half of them, as in the table, the same pictures are farther).


# %%
def rounded(net, digits):
    """A copy whose weights have so many binary digits."""
    new = copy.deepcopy(net)
    for array in (new.theta, new.state):
        fraction, power = np.frexp(array)  # array = fraction * 2^power, fraction from 1/2 to 1
        array[...] = np.ldexp(np.round(fraction * 2.0**digits) / 2.0**digits, power)
    return new


half = copy.deepcopy(average)
for array in (half.theta, half.state):
    array[...] = array.astype(np.float16)
reals8, rows = small.images.reshape(-1, 64) / 127.5 - 1, []
levels, exact = [24, 11, 8, 6, 5, 4, 3], average(z)
for digits_kept in levels:
    made = rounded(average, digits_kept)(z)
    off = 127.5 * np.abs(made - exact).max()
    rows.append((off, metrics.frechet_distance(reals8, made.reshape(len(made), 64))))
    print(
        f"{digits_kept:2d} digits: a pixel moves by {off:6.2f} of 255 grey levels at most, Frechet distance {rows[-1][1]:.3f}"
    )
rows = np.array(rows)
print(f"float16 itself: {127.5 * np.abs(half(z) - exact).max():.2f} grey levels at most")

title = "float16 costs less than a grey level; the Frechet distance misses changes of ten"
with figure(title, panels=2, size=(10, 3.4), marker=True) as (left, right):
    left.semilogy(levels[1:], rows[1:, 0])
    left.axhline(1, color="black", linestyle=":", linewidth=1)
    left.annotate("one grey level", (3, 1), va="bottom")
    left.set(xlabel="binary digits of each weight (11: float16)", ylabel="largest change of a pixel")
    right.plot(levels[1:], rows[1:, 1])
    right.axhline(rows[0, 1], color="black", linestyle=":", linewidth=1)
    low, high = (rows[0, 1] + sign * measure["floor_error"] for sign in (-1, 1))
    right.axhspan(low, high, color="0.88", label="standard deviation of the floor", linewidth=0)
    right.legend()
    right.set(xlabel="binary digits of each weight (11: float16)", ylabel="Frechet distance, pixels 8x8")

if not quick():
    usually(
        "the three finest roundings change the distance by less than its error",
        np.all(np.abs(rows[1:4, 1] - rows[0, 1]) < measure["floor_error"]),
    )
    usually("float16 changes no pixel by a grey level", rows[1, 0] < 1)
    usually("the coarsest rounding makes it worse", rows[-1, 1] > 1.05 * rows[0, 1])

# %% [markdown]
# So float16 could be shipped, and for large networks is. This library ships float32 all the same: the receiver's pictures are then the sender's *to the bit*, which is the only comparison that needs no judgement, and no variance of a BatchNorm can leave float16's range, 6e-8 to 65504. To train on in float16 is another matter: a step of less than a two-thousandth of a weight is rounded away.
#
# And look at the right panel once more. With six digits single pixels are off by more than ten grey levels, and the distance moves by less than real against real does from cut to cut: a measure of a *set* is blind to what happens to its members, as long as it happens to all alike. It cannot tell whether a network arrived undamaged. Bits can.
#
# ## Modify
#
# ### Exercise 1: the kernel distance
#
# `eq:metric.kernel` with the cubic kernel `eq:metric.cubic`, unbiased, of two arrays of features: `a` (N, d) and `b` (M, d), all samples at once.


# %% tags=["exercise"]
def squared_mmd(a, b):
    return ...  # your code: one number


check.measure_save_ship.q1(squared_mmd)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def squared_mmd(a, b):
#     def kernel(x, y):
#         return (x @ y.T / x.shape[1] + 1) ** 3
#
#     def of_others(x):
#         K = kernel(x, x)
#         return (K.sum() - np.trace(K)) / (len(x) * (len(x) - 1))
#
#     return of_others(a) + of_others(b) - 2 * kernel(a, b).mean()
# ```
#
# One matrix product gives all pairs. The diagonal is taken out of the sum *and* out of the count; without the second one divides by $N^2$, and the bias is downward.
#
# </details>

# %% [markdown]
# ### Exercise 2: precision and recall
#
# `eq:metric.precision_recall` for `real` (N, d), `fake` (M, d) and `k`: a ball reaches from its centre to the centre's $k$-th neighbour in its own set, the centre itself not counted, edge included. Return both numbers.


# %% tags=["exercise"]
def two_shares(real, fake, k):
    return ...  # your code: precision, recall


check.measure_save_ship.q2(two_shares)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def two_shares(real, fake, k):
#     def distances(a, b):
#         return np.linalg.norm(a[:, None] - b, axis=2)
#
#     def radii(x):
#         return np.sort(distances(x, x), axis=1)[:, k]
#
#     d = distances(real, fake)  # (N, M)
#     precision = np.mean((d <= radii(real)[:, None]).any(axis=0))
#     recall = np.mean((d <= radii(fake)).any(axis=1))
#     return precision, recall
# ```
#
# In a sorted row of distances the first, at index 0, is that of the point to itself, so index $k$ is the $k$-th neighbour. Both answers use the same table of distances; what differs is whose ball it is, and which axis is asked for "any".
#
# </details>

# %% [markdown]
# ### Exercise 3: take it up again
#
# A network `G` with BatchNorm, its Adam `opt` and a generator `rng` were just created by a new process. `arrays` holds "theta", "state", "m" and "v" as they were when the run was stopped, `meta` holds "t" (a number) and "rng" (the state of the generator's bit generator). Put everything back in place, so that the next step has the same bits as if the run had never stopped. Nothing is
# returned.


# %% tags=["exercise"]
def resume(G, opt, rng, arrays, meta):
    pass  # your code: nothing is returned


check.measure_save_ship.q3(resume)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def resume(G, opt, rng, arrays, meta):
#     G.theta[...] = arrays["theta"]
#     G.state[...] = arrays["state"]
#     opt.m[...] = arrays["m"]
#     opt.v[...] = arrays["v"]
#     opt.t = meta["t"]
#     rng.bit_generator.state = meta["rng"]
# ```
#
# `G.theta = ...` would give the *name* another array, while the layers go on with their views of the old one: a network that looks restored and draws as before. The same goes for `rng = ...`, which only names something anew inside the function.
#
# </details>

# %% [markdown]
# ## Break it
#
# Six bugs. None of them raises an error, each leaves plausible numbers.
#
# 1. *The diagonal left in*: the kernel distance counts each sample as its own neighbour.
# 2. *The wrong axis*: for the covariance, the mean over the features is subtracted from each sample, not the mean over the samples from each feature.
# 3. *The root of the entries*: `np.sqrt(C_a @ C_b)` where a matrix root is meant.
# 4. *Exchanged*: precision and recall.
# 5. *t forgotten* and 6. *v forgotten* in the checkpoint.
#
# The checks: the three closed forms from above, a set of features against itself shifted, the mean over all samples, a G that misses one of two modes, and a resumed run. Which of the closed forms catches the third bug?
#
# - **a** the two Gaussians on a line
# - **b** the two upright ellipses
# - **c** the two tilted ellipses
# - **d** all of them: a wrong root is a wrong root

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def examine():
    for name, (gaussians, expected) in closed.items():
        yield compare(name, metrics.frechet_gaussians(*gaussians), expected, 1e-9)
    shift = np.linspace(0, 1, 64)
    apart = metrics.frechet_distance(seen[:100], seen[:100] + shift)
    yield compare("a set, shifted", apart, shift @ shift, 1e-4)
    yield compare("mean of all samples", expected_kernel_distance(), truth, ADJOINT)
    mode = np.random.default_rng(0).standard_normal((40, 2))
    two, one = np.concatenate([mode, mode + 100]), mode + 0.01
    yield compare(
        "a mode is missing", np.array(metrics.precision_recall(two, one)), np.array([1.0, 0.5]), 0.1
    )
    place = home / "examined"
    shutil.rmtree(
        place, ignore_errors=True
    )  # of the call before: a new run refuses a folder that holds another
    first, second = build(end=6), build(out=place, end=3)
    first.run()
    second.run()
    third = build(out=place, seed=7, end=6).restore()
    third.recorder.out = None
    third.run()
    differ = float(not np.array_equal(first.game.G.theta, third.game.G.theta))
    yield Check("resumed, same bits", differ, 0.0, "the resumed run has other weights")


right_restore = Trainer.restore


def diagonal_in(a):
    return kid._kernel(a, a).mean()  # right: without the pairs (i, i)


def wrong_axis(x):
    x = x - x.mean(axis=1, keepdims=True)  # right: x.mean(axis=0)
    return x.T @ x / (len(x) - 1)


def root_of_entries(mean_a, cov_a, mean_b, cov_b):
    away, cov_a, cov_b = np.subtract(mean_a, mean_b), np.asarray(cov_a), np.asarray(cov_b)
    overlap = np.trace(
        np.sqrt(np.maximum(cov_a @ cov_b, 0))
    )  # right: sum of the singular values of R_a R_b
    return float(away @ away + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap)


def exchanged(real, fake, k=3):
    precision, recall = right_precision_recall(real, fake, k)
    return recall, precision  # right: precision, recall


def t_forgotten(self):
    right_restore(self)
    for opt in self.game.optimizers.values():
        opt.t = 0  # right: meta["counts"][name]
    return self


right_precision_recall, caught = metrics.precision_recall, {}
for name, owner, verb, wrong in (
    ("the diagonal left in", kid, "_mean_of_others", diagonal_in),
    ("the wrong axis", frechet, "_covariance", wrong_axis),
    ("the root of the entries", frechet, "frechet_gaussians", root_of_entries),
    ("exchanged", manifold, "precision_recall", exchanged),
    ("t forgotten", Trainer, "restore", t_forgotten),
    ("v forgotten", Optimizer, "vectors", lambda self: {"m": self.m}),  # right: m and v
):
    print(name)
    with planted(owner, verb, wrong):
        checks = list(examine())
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

check.measure_save_ship.p4(guess)
assert caught == {
    "the diagonal left in": {"mean of all samples"},
    "the wrong axis": {"a set, shifted"},
    "the root of the entries": {"tilted", "a set, shifted"},
    "exchanged": {"a mode is missing"},
    "t forgotten": {"resumed, same bits"},
    "v forgotten": {"resumed, same bits"},
}
assert not show_checks(examine())

# %% [markdown]
# The sixth deserves a second look: a list that says what is saved was one entry short, and the *same* list says what is expected in the file. So the file fits, its checksum is right, and nothing complains. A check that asks the code what the code should do is none. Only a second run that was never stopped knew better.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:metric.frechet`: by symmetric roots and singular values | `minigan.metrics.frechet_gaussians` | `tests/metrics/test_frechet.py`: `test_two_by_two_that_do_not_commute`, `test_the_bias_falls_like_1_over_n` |
# | `eq:metric.kernel`: pairs $i \ne j$ | `minigan.metrics.kernel_distance` | `tests/metrics/test_kid.py`: `test_by_hand`, `test_unbiased_and_so_sometimes_negative` |
# | `eq:metric.precision_recall`: good pictures, all pictures | `minigan.metrics.precision_recall` | `tests/metrics/test_manifold.py`: `test_precision_and_recall_by_hand`, `test_missing_modes_and_bad_pictures_are_told_apart` |
# | `eq:metric.density_coverage`: balls of reals only | `minigan.metrics.density_coverage` | `tests/metrics/test_manifold.py`: `test_density_and_coverage_by_hand` |
# | `eq:metric.inception`: $H(q) - \operatorname{mean} H(p_n)$ | `minigan.metrics.inception_score` | `tests/metrics/test_inception.py`: `test_by_hand` |
# | `eq:metric.parzen`: a Gaussian on each sample | `minigan.metrics.parzen_log_likelihood` | `tests/metrics/test_parzen.py`: `test_by_hand`, `test_a_density_on_the_line_has_the_mass_1` |
# | `eq:metric.ssim`: mean, contrast, structure in windows | `minigan.metrics.ssim` | `tests/metrics/test_images.py`: `test_ssim_against_loops`, `test_ssim_of_even_pictures_compares_their_means` |
# | `eq:adam`: its $m$, $v$ and $t$ are part of the state | `minigan.running.recorder.Recorder.restore` | `tests/test_trainer.py`: `test_a_resumed_run_has_the_bits_of_one_never_stopped` |
# | `eq:batchnorm.running`: saved, and shipped | `minigan.running.checkpoint.save` | `tests/running/test_checkpoint.py`: `test_any_arrays_come_back_bit_for_bit`, `test_each_flipped_byte_is_detected_or_harmless` |
# | `eq:ema`: the network to ship | `minigan.optim.EMA.step` | `tests/test_optim.py`: `test_ema_averages_running_statistics_too` |
#
# - A measure without its floor, its number of images and the name of its features says nothing. Real against real is not 0.
# - Each measure is blind to something, and all that compare sets are blind to copies. Take several, and look at the nearest training images.
# - To resume is to put back all that the next step depends on; the test is equality of bits with a run that was never stopped.
# - Ship the average of G with its running statistics, in a file that runs nothing, with a checksum and a card.
#
# ## Next
#
# [Lesson 21: ICP, IMLE, GAN](21_icp_imle_gan.ipynb). What our G lacked was recall: a GAN asks of every fake whether it looks real, and of no real digit whether it was ever drawn. There is a method that asks just this, and an older one whose name is often confused with both. All three on the same points.
