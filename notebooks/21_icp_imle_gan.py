# %% [markdown]
# # Lesson 21: ICP, IMLE, GAN: three ways to move one cloud of points onto another
#
# **Goal** Run three algorithms on the same points, one that matches and turns, one that matches and learns, and one that does not match at all; know from their formulas what each can do and what it cannot.
#
# **Prerequisites** Lesson 8 (the two steps, the arrows), lesson 9 (counting modes), lesson 14 (the sliced Wasserstein distance). Matrices: trace, determinant, singular values.
#
# **Run time** 24 s on two cores (measured).
#
# An article about GANs that many beginners have read says that a GAN "consists of the Iterative Closest Point algorithm, a generator and a discriminator". G and D you know. The third is a famous algorithm from another field: it aligns two clouds of points, such as two scans of one statue. Does a GAN contain it? We will look for it in `d_step` and `g_step`. But first we should know what to look for. So we run it, then a successor with a generator, then a GAN, and compare the three pictures.

# %%
import numpy as np

from minigan import game, losses, models
from minigan.differences import ADJOINT, FIRST, Check, compare, numerical_gradient
from minigan.gradcheck import step_checks
from minigan.layers import Dense, LeakyReLU, Residual
from minigan.metrics import mixture_quality, neighbours, sliced_wasserstein
from minigan.network import Sequential
from minigan.optim import Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually
from minigan.zoo.icp import best_motion, icp
from minigan.zoo.icp import turned as turn
from minigan.zoo.imle import DataToSamples, SamplesToData

# %% [markdown]
# ## Predict: from which starts does it succeed?
#
# The data $x$: seven stars, about the shape of the Plough, and around each 20 points with a standard deviation of 0.04. The other cloud, $y$, is a copy that was rotated and shuffled: we don't know which point of $y$ was which point of $x$.
#
# The **Iterative Closest Point** algorithm (ICP; Besl and McKay, 1992) guesses. *Match:* the partner of each point of $y$ is the nearest point of $x$. *Move:* rotate and shift $y$, as a whole, as near to the partners as possible. Then match again, and so on, until no partner changes.
#
# At first nearly all partners are wrong. We turn the copy by 0, 5, 10, ..., 355 degrees and let ICP run from each. From what share of these starts does it find the right place?
#
# - **a** nearly all: wrong partners are replaced by better ones, round by round
# - **b** about half
# - **c** less than a tenth: only where most partners are right at once

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
STARS = np.array(
    [(-1.42, 0.42), (-0.82, 0.49), (-0.37, 0.25), (0.08, 0.02), (0.23, -0.55), (1.08, -0.63), (1.23, -0.01)]
)
STD = 0.04
star = np.repeat(np.arange(7), 20)  # to which star each point belongs
N = len(star)
x = STARS[star] + STD * np.random.default_rng(0).standard_normal((N, 2))


show_source(icp)  # a recipe of the library, minigan train icp

mixed = np.random.default_rng(1).permutation(N)  # y_i is a copy of x[mixed[i]]
degrees = np.arange(0, 360, steps(5, 30))
runs = {a: icp(turn(x[mixed], a), x) for a in degrees}
rest = np.array([way[-1] for _, _, way in runs.values()])  # what is left of the distance
home = np.array([np.array_equal(partner, mixed) for _, partner, _ in runs.values()])
print(
    f"{home.mean():.0%} of the starts come home; there the distance left is {np.sqrt(rest[home].max()):.0e}"
)
print(f"the others are left with {np.sqrt(rest[~home].min()):.2f} to {np.sqrt(rest[~home].max()):.2f}")
print(f"rounds: {np.mean([len(way) for _, _, way in runs.values()]):.0f} on average")

check.icp_imle_gan.p1(guess)
assert 0.35 < home.mean() < 0.65
assert rest[home].max() < 1e-20 < 1e-2 < rest[~home].min()

# %%
title = "From a start near enough ICP finds every partner; from others it rests at a wrong place"
with figure(title, panels=3, size=(11, 3.4)) as (near, far, ends):
    for ax, a in ((near, 60), (far, 120)):
        ax.plot(*x.T, "o", color="0.6", markerfacecolor="none", markersize=7, label="x")
        ax.plot(*turn(x[mixed], a).T, ".", color="#d1600a", markersize=3, label="y, start")
        ax.plot(*runs[a][0].T, "x", color="#1f4e9c", markersize=4, label="y, end")
        ax.set(title=f"turned by {a}°", xlim=(-1.9, 1.9), ylim=(-2.2, 1.7), aspect="equal")
        ax.legend(loc="lower center", ncol=3, fontsize=8, handlelength=1, columnspacing=1)
    ends.plot(degrees[home], np.sqrt(rest[home]), "o", label="home")
    ends.plot(degrees[~home], np.sqrt(rest[~home]), "x", color="black", label="elsewhere")
    ends.set(
        title="distance left, root of the mean square",
        xlabel="turned by, degrees",
        xticks=range(0, 361, 90),
    )

# %% [markdown]
# ## Derive: the best motion
#
# *Matching* needs no formula. *Moving* does: given pairs $(y_i, x_i)$, which rotation $R$ and which shift $t$ make
#
# $$ E(R, t) = \sum_i \lVert x_i - R y_i - t \rVert^2 \tag{21.1} $$
#
# least? **The shift.** The gradient in $t$ is $-2 \sum_i (x_i - R y_i - t)$, and it is 0 where
#
# $$ t = \bar x - R\, \bar y \tag{21.2} $$
#
# with the means $\bar x$, $\bar y$. Inserted into (21.1), it leaves the same problem for the centred points $x_i - \bar x$ and $y_i - \bar y$, without a shift. Call these $x_i$ and $y_i$ from here on.
#
# **The rotation.** A rotation does not change lengths, $\lVert R y_i \rVert = \lVert y_i \rVert$, so
#
# $$ E = \sum_i \lVert x_i \rVert^2 + \sum_i \lVert y_i \rVert^2 - 2 \sum_i x_i^{\top} R\, y_i, \qquad \sum_i x_i^{\top} R\, y_i = \operatorname{tr}(R H), \quad H = \sum_i y_i\, x_i^{\top} \tag{21.3} $$
#
# since $x^\top R y$ is a number, so its own trace, and a trace does not change when factors are permuted cyclically: $\operatorname{tr}(x^\top R y) = \operatorname{tr}(R\, y x^\top)$. *The pairs matter only through the $2 \times 2$ matrix $H$, and $\operatorname{tr}(RH)$ should be as large as possible.* Take the singular values, $H = U S V^\top$ with $S = \operatorname{diag}(s_1, s_2)$, $s_1 \ge s_2 \ge 0$, and permute cyclically again:
#
# $$ \operatorname{tr}(R H) = \operatorname{tr}(R\, U S V^{\top}) = \operatorname{tr}(M S) = s_1 M_{11} + s_2 M_{22}, \qquad M = V^{\top} R\, U \tag{21.4} $$
#
# $M$ is a product of orthogonal matrices, so orthogonal: its columns have length 1, and no entry is above 1. So the trace is at most $s_1 + s_2$, reached by $M = I$, which is $R = V U^\top$.
#
# **But is that a rotation?** An orthogonal matrix of determinant $-1$ is a mirror image, and no motion turns a left hand into a right one. $\det M = \det(V U^\top)$ for every rotation $R$. If that is $-1$, then $M = I$ is impossible. The orthogonal $2 \times 2$ matrices of determinant $-1$ are $\begin{pmatrix} c & s \\ s & -c \end{pmatrix}$ with $c^2 + s^2 = 1$, so the trace is $c\, (s_1 - s_2)$, largest for $c = 1$: the reflection acts where it costs least, on the smaller singular value. Both cases in one line (Kabsch, 1976):
#
# $$ R = V \begin{pmatrix} 1 & 0 \\ 0 & \det(V U^{\top}) \end{pmatrix} U^{\top} \tag{21.5} $$
#
# By hand: $y$ are $(\pm 1, 0)$ and $(0, \pm 2)$, and $x$ is $y$ after a quarter turn, $(0, \pm 1)$ and $(\mp 2, 0)$. Then $H = \begin{pmatrix} 0 & 2 \\ -8 & 0 \end{pmatrix}$, with $s = (8, 2)$, $U = \begin{pmatrix} 0 & 1 \\ 1 & 0 \end{pmatrix}$, $V = \begin{pmatrix} -1 & 0 \\ 0 & 1 \end{pmatrix}$. $V U^\top = \begin{pmatrix} 0 & -1 \\ 1 & 0 \end{pmatrix}$, a quarter turn with determinant 1, and
# $E = 10 + 10 - 2 \cdot (8 + 2) = 0$.
#
# ## Derive: the distance falls until it stops
#
# Write $e_k$ for the mean squared distance to the current partners, in round $k$. Two lines show that it never rises:
#
# 1. *Move.* The best motion for these partners is at least as good as no motion, which is one of the candidates: the mean becomes some $e' \le e_k$.
# 2. *Match.* Each point keeps its partner or takes a nearer one: $e_{k+1} \le e'$.
#
# $$ e_0 \ge e_1 \ge e_2 \ge \dots \ge 0 \tag{21.6} $$
#
# There are only finitely many ways to choose partners, so (ties aside) it stops. But *where* is not guaranteed. When it stops every point has its nearest partner, and for these partners no motion is better: a minimum, but a local one. A Plough in the wrong orientation can be a good fit if each point only sees its neighbourhood.
#
# Alternating two steps should remind you of another algorithm. We come back to this.

# %%
title = "ICP never takes a step back, wherever it ends"
with figure(title, size=(8, 3.4), marker=True) as ax:
    for a in (30, 60, 120, 180):
        way = np.sqrt(runs[a][2])
        ax.semilogy(np.maximum(way, 1e-3), markevery=2, label=f"turned by {a}°")
    ax.set(xlabel="round", ylabel="distance to partners (0: at the foot)", ylim=(8e-4, 1))

assert all((np.diff(way) <= 1e-12).all() for _, _, way in runs.values())
assert home[list(degrees).index(60)]
assert not home[list(degrees).index(120)]

# %% [markdown]
# ## Derive: matching for a G that learns
#
# A rigid motion has three numbers. It cannot deform the cloud, and it cannot make a Plough out of noise. Let us keep the matching, and replace the motion by a generator: $s_j = G(z_j)$ for $j = 1, \dots, M$. **Implicit maximum likelihood estimation** (IMLE; Li and Malik, 2018) finds for each *data point* its nearest *sample*, and moves that sample nearer (they keep the partners for several steps; we search again before each):
#
# $$ L = \frac1N \sum_{i=1}^N \min_j \lVert x_i - s_j \rVert^2, \qquad s_j = G(z_j) \tag{21.7} $$
#
# **Its gradient.** Let $j(i)$ be the sample nearest to $x_i$. If there is no tie, all others are farther by some margin, and a small move of the samples does not change which is nearest. So near the current samples $\min_j \lVert x_i - s_j \rVert^2$ *is* the function $\lVert x_i - s_{j(i)} \rVert^2$, which does not contain the others:
#
# $$ \frac{\partial L}{\partial s_j} = \frac2N \sum_{i:\, j(i) = j} (s_j - x_i) \tag{21.8} $$
#
# Its negative pulls a sample towards the mean of the data points that chose it, and the more of them, the harder. (Ties are kinks, as in LeakyReLU at 0.) The rest is an ordinary backward pass into G.
#
# **No mode can be dropped.** Say a share $p$ of the data lies at some star, and no sample is within the distance $d$ of any of these points. Then each of them adds more than $d^2$ to the sum, so $L > p\, d^2$. In other words,
#
# $$ \text{some sample is within } \sqrt{L / p} \text{ of a data point at this star} \tag{21.9} $$
#
# for *every* star. If the loss is small, every data point has a sample nearby. Nothing like this holds for a GAN (lesson 9).
#
# **Strays are free.** And a sample that no data point chose? In (21.8) its sum is empty. It gets no gradient, and may be anywhere: between two stars, or far away. IMLE asks *is there a sample for each data point?* and never *is there a data point for this sample?*
#
# **The other direction** asks just that: each sample chooses the nearest data point,
#
# $$ L' = \frac1M \sum_{j=1}^M \min_i \lVert x_i - s_j \rVert^2 \tag{21.10} $$
#
# It has no strays, but it is 0 for a G that makes a single data point again and again. *This* is ICP's direction: the moving cloud looks for partners in the fixed one. In ICP it does no harm, because a rigid cloud cannot collapse.
#
# ## See the code
#
# Now the library: the motion (21.5), the search for neighbours, and the two steps of a GAN. Look for a line that compares a fake with a data point.

# %%
show_source(best_motion, neighbours.nearest, game.d_step, game.g_step)

# %% [markdown]
# `nearest` is in the folder of the measures, and neither step calls it. In `d_step` reals and fakes come together only in `loss.d(r, f)`, as scores, and the gradient for a fake depends on its own score (a relativistic loss compares the scores of row $n$ with row $n$, which is a random pair and not a match). `g_step` does not use the real batch at all, unless the loss is relativistic. We can leave it out altogether:

# %%
G, D = models.toy(latent=2, width=8, depth=1, rng=0)
z = np.random.default_rng(0).standard_normal((5, 2))
print("a GAN's step of G, given no data:", game.g_step(G, D, losses.non_saturating, Adam(G, 1e-3), None, z))

# %% [markdown]
# The push on a fake is $-\partial L_G / \partial x_n = \frac{\sigma(-f_n)}{N} \nabla D(x_n)$ for the fake $x_n$ (8.1), and then
#
# $$ d\theta_G = J_G^{\top}\, J_D^{\top}\, df \tag{eq:game.through} $$
#
# It contains no data point. D's weights hold everything it has learned from the data. **If a GAN had a matching step, it would be in `g_step`, in place of D**: instead of a direction from D, each fake would get a partner to move to. We can build exactly this without writing a new step. Let D be a network without layers, the identity: its "score" of a point is the point itself. And let the loss be (21.7), and declare that it needs the reals. Then `g_step` is a step of IMLE.


# %%
show_source(DataToSamples, SamplesToData)  # of the recipe imle

NOBODY = Sequential(rng=0, dtype="float64")  # no layers: what comes in goes out
imle = DataToSamples()

# %% [markdown]
# Compare `DataToSamples` and `icp`: one line of each is the same search. In this sense IMLE is a successor of ICP.
#
# ## Check: the motion, the gradient, the step
#
# **The best motion.** In the plane there is a second formula. With $R$ a rotation by the angle $a$, $\operatorname{tr}(RH) = \cos a\, (H_{11} + H_{22}) + \sin a\, (H_{12} - H_{21})$, which is largest where $(\cos a, \sin a)$ has the direction of these two numbers. It needs no singular values, and no mirror image can occur. For pairs that are a noisy copy, and for pairs that are a mirror image, where the
# determinant in (21.5) is $-1$:


# %%
def by_the_angle(y, x):
    H = (y - y.mean(axis=0)).T @ (x - x.mean(axis=0))
    a = np.arctan2(H[0, 1] - H[1, 0], H[0, 0] + H[1, 1])
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


rng = np.random.default_rng(2)
pairs = {
    "a noisy copy": turn(x, 75) + 0.1 * rng.standard_normal((N, 2)),
    "a mirror image": turn(x * [1, -1], 75) + 0.1 * rng.standard_normal((N, 2)),
}


def motion_checks(motion=best_motion):
    for name, y in pairs.items():
        yield compare(f"{name}: R", motion(y, x)[0], by_the_angle(y, x), ADJOINT)


show_checks(motion_checks())


# %% [markdown]
# **The search and the gradient.** All pairs in one table, without `eq:metric.distance`; then (21.8) against differences of (21.7); then a whole step of G, as the optimizer gets it.


# %%
class Noted:
    """An optimizer that moves nothing and keeps the gradient."""

    def __init__(self, net):
        self.net = net

    def step(self):
        self.gradient = self.net.grad.copy()
        self.net.zero_grad()


def matching_checks():
    rng = np.random.default_rng(3)
    data, s, z = rng.standard_normal((6, 2)), rng.standard_normal((6, 2)), rng.standard_normal((6, 2))
    index, distance = neighbours.nearest(data, s)
    table = np.sqrt(np.sum((data[:, None] - s) ** 2, axis=2))  # (6, 6)
    yield compare("nearest: who", index[:, 0], table.argmin(axis=1), 0.0)
    yield compare("nearest: how far", distance[:, 0], table.min(axis=1), ADJOINT)
    for name, loss in (("data to samples", imle), ("samples to data", SamplesToData())):
        gradient = numerical_gradient(lambda s, loss=loss: loss.g(data, s)[0], s)
        yield compare(f"{name}: ds", loss.g(data, s)[1], gradient, FIRST)
    G = Sequential(Residual(Dense(2, 4), LeakyReLU(0.2), Dense(4, 2)), rng=0, dtype="float64")
    G.theta += 0.3 * rng.standard_normal(G.theta.size)  # biases away from 0
    note = Noted(G)
    game.g_step(G, NOBODY, imle, note, data, z)
    gradient = numerical_gradient(lambda _: imle.g(data, G(z))[0], G.theta)
    yield compare("a step of IMLE: dtheta", note.gradient, gradient, FIRST)


show_checks(matching_checks())

# %% [markdown]
# (`Residual` adds its input to the output of its layers, $y = x + \text{body}(x)$. A G of this form begins near the identity, and learns *by how much to move* each point. That suits our three ways of moving a cloud, and we give the same G to IMLE and to the GAN.)
#
# ## Predict: the other way round
#
# A small round cloud of noise, $z = 0.4\, e$ with $e \sim \mathcal{N}(0, I)$, new at every step, is in the middle of the Plough; six of the seven stars have some point of it nearby, the last has none. We train G twice from the same start, with (21.7) and with (21.10). Both losses fall, the second to less than a thousandth. How many of the seven stars does the second G draw in the end?
#
# - **a** all seven: each data point is the nearest of some sample at some time
# - **b** the six that it began with
# - **c** one

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def mover(seed=0):
    body = [Dense(2, 64), LeakyReLU(0.2), Dense(64, 64), LeakyReLU(0.2), Dense(64, 2, gain=0.1)]
    return Sequential(Residual(*body), rng=seed)


def shapeless(rng, n=N):
    return 0.4 * rng.standard_normal((n, 2))


def train_matching(loss, draw, n, rate=3e-3, seed=0):
    """A G that is moved by matching alone; draw(rng) gives its z for a step."""
    G, rng = mover(seed), np.random.default_rng(seed)
    opt = Adam(G, cosine(rate, n), beta2=0.99)
    for _ in range(n):
        game.g_step(G, NOBODY, loss, opt, x, draw(rng))
    return G


FRESH = shapeless(np.random.default_rng(7), 2000)
both = {
    "the start": mover(),
    "data to samples": train_matching(imle, shapeless, steps(500, 5)),
    "samples to data": train_matching(SamplesToData(), shapeless, steps(500, 5)),
}
for name, G in both.items():
    s = G(FRESH[:N]).astype(float)
    found = mixture_quality(G(FRESH), STARS, STD)
    taken = len(np.unique(neighbours.nearest(x, s)[0])) / N
    print(
        f"{name:<16} L {imle.g(x, s)[0]:.4f}   L' {SamplesToData().g(x, s)[0]:.4f}   stars {found['modes']}   ",
        end="",
    )
    print(f"high quality {found['high_quality']:4.0%}   samples that somebody took {taken:.0%}")

check.icp_imle_gan.p2(guess)

s = both["data to samples"](FRESH[:N])
loss = imle.g(x, s.astype(float))[0]
farthest = max(neighbours.nearest(x[star == k], s)[1].min() for k in range(7))
print(
    f"(21.9): every star has a sample within {np.sqrt(7 * loss):.2f} of a point; found within {farthest:.2f}"
)

title = "Data to samples: every star is reached, and strays are free. Samples to data: all on one star"
with figure(title, panels=3, size=(11, 2.7)) as axes:
    for ax, (name, G) in zip(axes, both.items(), strict=True):
        s = G(FRESH[:N])
        if name != "samples to data":
            taken = s[neighbours.nearest(x, s)[0][:, 0]]
            for i in range(0, N, 4):  # a line from a data point to the sample that it takes
                ax.plot(*np.stack([x[i], taken[i]]).T, color="#d1600a", linewidth=0.8, linestyle="-")
        ax.plot(*STARS.T, "o", color="black", markerfacecolor="none", markersize=12)
        ax.plot(*s.T, ".", color="#1f4e9c", markersize=4)
        ax.set(title=name, xlim=(-1.9, 1.7), ylim=(-1.1, 1.1), aspect="equal")

assert farthest <= np.sqrt(7 * loss)
if not quick():
    found = {name: mixture_quality(G(FRESH), STARS, STD) for name, G in both.items()}
    usually("data to samples finds all stars", found["data to samples"]["modes"] == 7)
    usually("samples to data finds one", found["samples to data"]["modes"] == 1)
    quality = [found[name]["high_quality"] for name in ("data to samples", "samples to data")]
    usually("and draws it better", quality[0] < quality[1])

# %% [markdown]
# The formulas predicted this. With (21.7) G reaches all stars, and most samples are between them, because no data point chose them. With (21.10) every single sample is perfect and six stars have none: each sample moved to its nearest data point, the cloud contracted, and no term of $L'$ ever sends a sample away.
#
# ## Predict: which is sharper?
#
# Now all three, on four clouds, with the same data $x$:
#
# 1. *turned*: the copy, turned by 30 degrees,
# 2. *bent*: the same, but bent into a bow before it was turned,
# 3. *far*: turned by 120 degrees, from where ICP failed,
# 4. *shapeless*: the noise of the last section, new at every step.
#
# IMLE and the GAN have the same G with the same first weights; the noise $z$ is simply the cloud. The GAN has a D of the same size, the non-saturating loss, and no penalty. On the shapeless cloud, which of the two ends with more fakes of high quality, within three standard deviations of a star?
#
# - **a** IMLE: for every data point it knows which sample to move there
# - **b** the GAN
# - **c** about the same: G is the same, and so is its bridge from star to star

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def train_gan(draw, n, rate=1e-3, seed=0):
    G, rng = mover(seed), np.random.default_rng(seed)
    _, D = models.toy(latent=2, width=64, depth=2, rng=seed)
    opt_G, opt_D = Adam(G, cosine(rate, n), beta2=0.99), Adam(D, cosine(rate, n), beta2=0.99)
    for _ in range(n):
        game.d_step(G, D, losses.non_saturating, (), opt_D, x, draw(rng))
        game.g_step(G, D, losses.non_saturating, opt_G, None, draw(rng))
    return G


def bow(points):
    return points + 0.2 * points[:, :1] ** 2 * [0, 1]


clouds = {"turned": turn(x, -30), "bent": turn(bow(x), -30), "far": turn(x, 120), "shapeless": FRESH}
ended = {}
for name, y in clouds.items():
    draw = shapeless if name == "shapeless" else lambda rng, y=y: y
    ended[name] = {
        "ICP": icp(y, x)[0],
        "IMLE": train_matching(imle, draw, steps(500, 5))(y),
        "GAN": train_gan(draw, steps(1500, 10))(y),
    }


def judge(points):
    """mixture_quality, the distance from the data, and the share that lies at the star it came from."""
    found = mixture_quality(points, STARS, STD)
    found["distance"] = sliced_wasserstein(points, x, np.random.default_rng(0))
    if len(points) == N:
        found["own star"] = np.mean(neighbours.nearest(points, STARS)[0][:, 0] == star)
    return found


marks = {name: {who: judge(points) for who, points in row.items()} for name, row in ended.items()}
print(f"{'':<16} stars   high quality   reverse KL   distance   at its own star")
for name, row in marks.items():
    for who, found in row.items():
        own = f"{found['own star']:.0%}" if "own star" in found else "-"
        print(f"{name:<10} {who:<5} {found['modes']:5d}   {found['high_quality']:12.0%}   ", end="")
        print(f"{found['reverse_kl']:10.2f}   {found['distance']:8.3f}   {own:>15}")

check.icp_imle_gan.p3(guess)

# %%
title = (
    "ICP is exact where a motion is enough; IMLE reaches every star; the GAN is the sharper one on noise"
)
with figure(title, panels=(4, 4), size=(11, 7.4)) as axes:
    for column, (name, y) in enumerate(clouds.items()):
        for ax, (who, points) in zip(axes[:, column], ({"start": y} | ended[name]).items(), strict=True):
            ax.plot(*STARS.T, "o", color="black", markerfacecolor="none", markersize=11)
            ax.plot(*points[:300].T, ".", color="#1f4e9c", markersize=3)
            if name != "shapeless":  # the points of the last star, wherever they have gone
                ax.plot(*points[star == 6].T, "^", color="#d1600a", markersize=4)
            ax.set(xlim=(-1.8, 1.6), ylim=(-1.25, 1.25), xticks=(), yticks=(), aspect="equal")
            if who == "start":
                ax.set_title(name)
            if column == 0:
                ax.set_ylabel(who, fontweight="bold")

if not quick():
    assert marks["turned"]["ICP"]["distance"] < 1e-9  # no training in it
    for name in ("turned", "bent"):
        own = min(marks[name][method]["own star"] for method in ("ICP", "IMLE"))
        usually(f"{name}: ICP and IMLE bring every point to its own star", own > 0.98)
    usually("far: none of them does", all(found["own star"] < 0.3 for found in marks["far"].values()))
    usually("IMLE has all stars in every row", all(row["IMLE"]["modes"] == 7 for row in marks.values()))
    high = {method: found["high_quality"] for method, found in marks["shapeless"].items()}
    usually("shapeless: the GAN has the most fakes of high quality", max(high, key=high.get) == "GAN")

# %% [markdown]
# (Circles are the stars, triangles the points that belong to the last one, wherever they have gone. Some points lie outside the frames.) Column by column:
#
# - *turned*: ICP is exact to the last digit, with three numbers. IMLE comes within 0.001 of it. The GAN's cloud misses one star by a little: only D's gradient holds a fake in place, and where fakes and data nearly agree D is in doubt and flat.
# - *bent*: a motion is not enough; ICP does what it can, and still finds every point's own star. Both networks unbend the bow.
# - *far*: all three go wrong. None of them knows which points belong together, and nearness is misleading here. ICP stops in a wrong orientation, IMLE reaches all seven stars and has strays, the GAN moves points to the nearest star. Few points reach their own star.
# - *shapeless*: this is the task of a generator. ICP can only shift the noise. IMLE spreads the points evenly (a small reverse KL) and leaves most of them between the stars; the GAN draws them to the stars, since D penalises every fake where there is no data. Neither can cut the bridges, for the reason given in lesson 8.
#
# | | ICP | IMLE | GAN |
# |---|---|---|---|
# | what moves the points | a rotation and a shift | a network | a network |
# | what pulls at them | each moved point's nearest data point | each data point's nearest sample | the gradient of D |
# | says who belongs to whom | yes, the list of partners | yes, from data to samples | no: there is no list |
# | needs | a distance | a distance | a D, trained at the same time |
# | a number that tells how far it is | falls in every round | falls, up to the noise | no (lesson 9) |
# | goes wrong by | resting at a local minimum | strays | dropping modes, circling |
#
# The cost and the benefit of the GAN have the same cause: *it needs no distance*. In the plane it is clear what near means. For photographs it is not: a face moved by a few pixels can be farther from the original than a blurred one. ICP and IMLE need a definition of near; D learns what matters.
#
# **So what could the article have meant?** Not that a GAN contains ICP: it has no matching, in `g_step` or elsewhere, and ICP has no noise, no network and nothing to learn. But similar statements are true. Both algorithms alternate: one step finds out *where the two clouds differ* (the partners; D), the other *moves one of them accordingly* (the motion; G). But in ICP both steps lower the same number, so it stops, and in a GAN they do not, so it circles. There is a generator trained by closest points, IMLE. And portraits are often brought to one position by their landmarks, eyes on eyes, before a GAN sees them; the formula for that is (21.5). Perhaps the author meant one of these.
#
# ## Modify
#
# ### Exercise 1: weighted pairs
#
# Some partners are certain, others doubtful. Give each pair a weight $w_i > 0$ and minimise $\sum_i w_i \lVert x_i - R y_i - t \rVert^2$. Go through (21.2) to (21.5) again and see where the weights enter. Given `y`, `x` (N, 2) and `w` (N,), return `R, t`; $R$ has to be a rotation.


# %% tags=["exercise"]
def weighted_motion(y, x, w):
    return ...  # your code: R (2, 2), t (2,)


check.icp_imle_gan.q1(weighted_motion)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def weighted_motion(y, x, w):
#     w = w[:, None] / w.sum()
#     y0, x0 = (w * y).sum(axis=0), (w * x).sum(axis=0)
#     H = (w * (y - y0)).T @ (x - x0)
#     U, _, Vt = np.linalg.svd(H)
#     R = Vt.T @ np.diag([1, np.linalg.det(Vt.T @ U.T)]) @ U.T
#     return R, x0 - R @ y0
# ```
#
# The gradient in $t$ is $-2 \sum_i w_i (x_i - R y_i - t)$, so both means become weighted means. The trace becomes $\sum_i w_i x_i^\top R y_i = \operatorname{tr}(R H)$ with $H = \sum_i w_i\, y_i x_i^\top$. From there on nothing changes: (21.4) holds for any $H$.
#
# </details>

# %% [markdown]
# ### Exercise 2: a copy of another size
#
# If $y$ may also be enlarged, minimise $\sum_i \lVert x_i - c\, R\, y_i - t \rVert^2$. The best $R$ is the same as before (why?), and is given. Return the best factor `c`.


# %% tags=["exercise"]
def enlargement(y, x, R):
    return ...  # your code: one number


check.icp_imle_gan.q2(enlargement)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def enlargement(y, x, R):
#     y, x = y - y.mean(axis=0), x - x.mean(axis=0)
#     return np.sum(x * (y @ R.T)) / np.sum(y**2)
# ```
#
# Centred, the sum is $\sum \lVert x_i \rVert^2 + c^2 \sum \lVert y_i \rVert^2 - 2 c \operatorname{tr}(R H)$. For any $c > 0$ the best $R$ still makes the trace largest, and the derivative in $c$ is 0 at $c = \operatorname{tr}(R H) / \sum \lVert y_i \rVert^2$. The worse the pairs fit, the smaller the trace, and $c$ with it: a bad fit shrinks. And ICP with a free $c$ has a second perfect answer, $c = 0$ and all points on one data point, which is the collapse of (21.10) again.
#
# </details>

# %% [markdown]
# ### Exercise 3: both directions
#
# Add both directions: $L + L'$, (21.7) plus (21.10), which is known as the Chamfer distance. For data `x` (N, 2) and samples `s` (M, 2), $M$ not necessarily $N$, return its value and its gradient in `s`. You may call `neighbours.nearest`.


# %% tags=["exercise"]
def both_ways(x, s):
    return ...  # your code: value, ds


check.icp_imle_gan.q3(both_ways)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def both_ways(x, s):
#     j, to_sample = neighbours.nearest(x, s)
#     i, to_data = neighbours.nearest(s, x)
#     ds = 2 * (s - x[i[:, 0]]) / len(s)
#     np.add.at(ds, j[:, 0], 2 * (s[j[:, 0]] - x) / len(x))
#     return np.mean(to_sample**2) + np.mean(to_data**2), ds
# ```
#
# In the first direction several data points may choose the same sample, and all of them pull: `ds[j] += ...` would keep only the last of them, because NumPy reads all of `ds[j]` before it writes. `np.add.at` adds one after the other.
#
# </details>

# %% [markdown]
# ## Break it
#
# Five bugs, the first three in the search:
#
# 1. *The farthest*: a sign, and the search returns the farthest point.
# 2. *Squared already*: it returns squared distances, and the caller squares them again.
# 3. *The wrong way round*: queries and points are exchanged, so each point looks for its nearest query.
# 4. *Somebody else's gradient*: in `g_step` the gradients come out of D in another order than the fakes went in.
# 5. *The mirror*: the determinant is left out of (21.5), $R = V U^\top$.
#
# `DataToSamples` does not notice the first bug; it uses the returned points, squares the distance, and pulls. Which check catches it?
#
# - **a** the gradient `ds` against differences
# - **b** the table of all pairs
# - **c** both

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
right = neighbours.nearest


def farthest_of_all(queries, points, k=1):
    index, distance = right(queries, points, len(points))
    return index[:, ::-1][:, :k], distance[:, ::-1][:, :k]  # right: from the front


def squared_already(queries, points, k=1):
    index, distance = right(queries, points, k)
    return index, distance**2  # right: distance


def wrong_way_round(queries, points, k=1):
    return right(points, queries, k)  # right: queries, points


def somebody_elses(G, D, loss, opt_G, x, z):
    fake, caches = G.forward(z)
    f, fake_caches = D.forward(fake)
    value, df, *_ = loss.g(D.forward(x)[0], f)
    G.backward(D.backward(df, fake_caches, learn=False)[::-1], caches)  # right: in the order of the fakes
    opt_G.step()
    return {"loss_G": value}


def mirrored(y, x):
    U, _, Vt = np.linalg.svd((y - y.mean(axis=0)).T @ (x - x.mean(axis=0)))
    R = Vt.T @ U.T  # right: the determinant in between
    return R, x.mean(axis=0) - R @ y.mean(axis=0)


def examine(motion=best_motion):
    yield from motion_checks(motion)
    yield from matching_checks()
    rise = np.diff(icp(turn(x, 60), x, motion)[2]).max()
    yield Check(
        "ICP never rises", max(float(rise), 0.0), 1e-12, f"from one round to the next by {rise:.3g}"
    )
    G, D = models.toy(latent=2, width=6, depth=1, rng=0)
    data, z = np.random.default_rng(4).standard_normal((2, 5, 2))
    yield from step_checks(G, D, losses.non_saturating, data, z)


caught = {}
for name, owner, verb, wrong in (
    ("the farthest", neighbours, "nearest", farthest_of_all),
    ("squared already", neighbours, "nearest", squared_already),
    ("the wrong way round", neighbours, "nearest", wrong_way_round),
    ("somebody else's gradient", game, "g_step", somebody_elses),
    ("the mirror", None, None, mirrored),
):
    print(name)
    if owner:
        with planted(owner, verb, wrong):
            checks = list(examine())
    else:
        checks = list(examine(motion=wrong))
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

check.icp_imle_gan.p4(guess)

assert caught["the farthest"] == {"nearest: who", "nearest: how far", "ICP never rises"}
assert {"data to samples: ds", "nearest: how far"} <= caught["squared already"]
assert "nearest: who" not in caught["squared already"]
assert "nearest: who" in caught["the wrong way round"]
assert caught["somebody else's gradient"] == {"a step of IMLE: dtheta", "G step, dtheta"}
assert caught["the mirror"] == {"a mirror image: R"}
assert not [found for found in examine() if not found.ok]

# %% [markdown]
# With *the farthest*, the gradient belongs to $\operatorname{mean}_i \max_j \lVert x_i - s_j \rVert^2$, and differences cannot show that this is the wrong value (lesson 1). You need an independent search, or a property of the right algorithm: ICP's distance never rises. *Squared already* is the opposite case: everybody is found, ICP
# runs as before, for it only asks *who*, and the gradient is the one of (21.8); what is wrong is the number in the log, and differences of it give the bug away. *Somebody else's gradient* has the right shape and the right sum; the check of IMLE's step catches it, and so does the library's own check of a GAN's step.
#
# *The mirror* is the one that stays for years. As long as the pairs are good, $\det(V U^\top) = 1$ of itself, and ICP from twelve of our starts ends as it did, home or not. The bug waits for pairs that fit better in a mirror. Suppose somebody has labelled seven landmarks in a photograph, and the photograph was taken as mirrors show it:

# %%
for a in degrees[:: steps(6, 3)]:
    assert np.isclose(icp(turn(x[mixed], a), x, mirrored)[2][-1], runs[a][2][-1])

photograph = turn(STARS * [1, -1], -30)
tried = {"seven landmarks, mirrored": photograph}
for name, motion in (("with the determinant", best_motion), ("without", mirrored)):
    R, t = motion(photograph, STARS)
    left = np.sqrt(np.mean(np.sum((photograph @ R.T + t - STARS) ** 2, axis=1)))
    print(f"{name:<21} determinant of R {np.linalg.det(R):2.0f}   distance left {left:.2f}")
    tried[f"{name}: {left:.2f} left"] = photograph @ R.T + t

title = "Without the determinant a left hand is turned into a right one, and the fit is perfect"
with figure(title, panels=3, size=(11, 2.7)) as axes:
    for ax, (name, points) in zip(axes, tried.items(), strict=True):
        ax.plot(*STARS.T, "o", color="black", markerfacecolor="none", markersize=14)
        for k, point in enumerate(points):
            ax.annotate(str(k + 1), point, ha="center", va="center", color="#1f4e9c", fontweight="bold")
        ax.set(title=name, xlim=(-1.9, 1.7), ylim=(-1.3, 1.2), aspect="equal")

assert left < 1e-9

# %% [markdown]
# (Circles are the stars, numbers the landmarks.) The seven numbers lie in their circles, and the face behind them would have its parting on the other side. No motion does that, and a program that says "turned by" should not either.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:metric.distance`: who is nearest | `minigan.metrics.neighbours.nearest` | `tests/metrics/test_neighbours.py`: `test_by_hand`, `test_against_all_pairs` |
# | `eq:game.d_step`: data and fakes meet as scores | `minigan.game.d_step` | `tests/test_game.py`: `test_both_steps_against_differences_with_each_penalty` |
# | `eq:game.g_step`: where a matching would stand | `minigan.game.g_step` | `tests/test_game.py`: `test_only_a_relativistic_loss_compares_with_the_real_batch` |
# | `eq:game.through`: $d\theta_G = J_G^\top J_D^\top df$ | `minigan.game.g_step` | `tests/test_game.py`: `test_both_steps_against_differences_with_each_penalty` |
# | `eq:metric.modes`: stars reached, high quality | `minigan.metrics.mixture_quality` | `tests/metrics/test_modes.py`: `test_a_case_by_hand` |
# | `eq:metric.sliced`: distance of two clouds | `minigan.metrics.sliced_wasserstein` | `tests/metrics/test_wasserstein.py`: `test_by_hand` |
#
# - ICP: match, move, match, move. It falls in every round, is exact where a rigid motion is enough and the start is near, and says who belongs to whom.
# - IMLE keeps the matching and puts a generator in place of the motion. From data to samples no mode can be lost, and strays are free; from samples to data nothing strays, and everything may be lost.
# - A GAN has no matching. D learns in which direction fakes are to be pushed, so no distance has to be given, and no number falls.
#
# ## Next
#
# [Lesson 22: The article](22_the_article.ipynb). One sentence of the article is settled. The next lesson takes its program, line by line: what breaks, what was meant, and the line that works.
