# %% [markdown]
# # Lesson 19: Conditional GANs
#
# **Goal** Give G a label to draw, and D the same label: know which game that is and which divergence it minimises, how a label enters a
# network and what its gradient is, and why no gradient check sees the number that matters most.
#
# **Prerequisites** Lesson 7 (the best D and the divergence that is left), lesson 8 (the ring and its bridges), lesson 15 (gradient penalties); lessons 10 to 12 for the digits.
#
# **Run time** 47 s on two cores (measured).
#
# A GAN that draws digits draws whichever it likes. If you want a seven, you may draw until one comes. Mirza and Osindero (2014) gave both players one more input, the label that G should draw. It looks simple, an array of integers together with the images. But you cannot differentiate with respect to an integer, it can get lost without any error, and when it is lost the pictures look as good as before.

# %%
from functools import partial

import numpy as np

from minigan import data, game, losses, metrics, models, plots
from minigan.data.toy import RING_MODES, RING_STD
from minigan.differences import ADJOINT, Check, compare
from minigan.fast_step import with_label
from minigan.gradcheck import network_checks, step_checks
from minigan.layers import (
    Beside,
    Concat,
    Conv2d,
    Dense,
    Embedding,
    Flatten,
    Join,
    LabelScore,
    LeakyReLU,
    Parallel,
    Reshape,
)
from minigan.layers.chain import Chain
from minigan.layers.layer import Layer
from minigan.layers.more.embedding import one_hot
from minigan.layers.parameters import constant, normal
from minigan.layers.tree import first
from minigan.metrics import mixture_quality
from minigan.models import digitnet
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, cosine
from minigan.penalties import add_penalty, r1, wgan_gp
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: does G use the label?
#
# The ring of lesson 8, eight Gaussians on a circle. We number them: the mode at the angle $2 \pi k / 8$ has the label $k$. G gets the pair (noise, label) and turns it into a point. D is as before: it sees points, and no labels. After the training we request each label from G 300 times. Which share of its fakes is nearest to the requested mode?
#
# - **a** nearly all: G has the label, so it uses it
# - **b** about an eighth: G has learned to ignore the label, and the fakes of each label are all around the ring
# - **c** a small share, but G does use the label: each label has a mode of its own, only not the right one

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
K, LATENT, WIDTH = 8, 2, 48


class Forget(Layer):
    """(x, label) -> x: what comes after it is not told."""

    pairs = True

    def forward(self, x):
        return x[0], None

    def backward(self, dy, cache):
        return dy, None


def hidden(n):
    layers = []
    for n_in in (n, WIDTH, WIDTH):
        layers += [Dense(n_in, WIDTH), LeakyReLU(0.2)]
    return layers


def networks(told, seed):
    """G and D for the ring.  told: "nobody", "G", "G and D" (joined to the point), "score" (G and D, one score a class)."""
    rng = np.random.default_rng(seed)
    if told == "nobody":
        return models.toy(LATENT, WIDTH, depth=3, rng=rng)
    entry = Concat(right=[Embedding(K, 8)])  # [z, e_label]
    G = Sequential(entry, *hidden(LATENT + 8), Dense(WIDTH, 2, gain=1.0), rng=rng)
    ways = {
        "G": lambda: [Forget(), *hidden(2), Dense(WIDTH, 1, gain=1.0)],
        "G and D": lambda: [Concat(right=[Embedding(K, 8)]), *hidden(2 + 8), Dense(WIDTH, 1, gain=1.0)],
        "score": lambda: [Beside(*hidden(2)), LabelScore(WIDTH, K)],
    }
    return G, Sequential(*ways[told](), rng=rng)


def train(told, n, seed=3, batch=64):
    G, D = networks(told, seed)
    opt_G, opt_D = Adam(G, cosine(2e-3, n), beta2=0.99), Adam(D, cosine(2e-3, n), beta2=0.99)
    classes = 0 if told == "nobody" else K
    gan = game.GAN(G, D, losses.non_saturating, (), opt_G, opt_D, LATENT, classes=classes)
    rng = np.random.default_rng(seed + 1)
    for _ in range(n):
        y = rng.integers(K, size=batch)
        x = RING_MODES[y] + RING_STD * rng.standard_normal((batch, 2))
        gan.step(lambda: (x.astype(np.float32), y), rng)
    return G


ASKED = np.arange(300 * K) % K
FRESH = np.random.default_rng(9).standard_normal((300 * K, LATENT))


def got(points):
    """Row k: the shares of the eight modes among the fakes that were asked for as k."""
    nearest = np.linalg.norm(points[:, None] - RING_MODES, axis=2).argmin(axis=1)
    return np.bincount(K * ASKED + nearest, minlength=K * K).reshape(K, K) / 300


def report(name, points):
    shares, found = got(points), mixture_quality(points, RING_MODES, RING_STD)
    print(f"{name:<22} modes {found['modes']}   high quality {found['high_quality']:4.0%}   ", end="")
    print(
        f"as asked {np.trace(shares) / K:4.0%}   most frequent mode of a label {shares.max(axis=1).mean():4.0%}"
    )


N = steps(800, 10)
fakes = {"G": train("G", N)((FRESH, ASKED))}
report("G is told", fakes["G"])

check.conditional_gans.p1(guess)
shares = got(fakes["G"])
usually("fewer than half of the fakes have the label that was asked for", np.trace(shares) / K < 0.5)

# %% [markdown]
# Read the last number again: nearly all fakes of one label are at *one* mode. G does use the label, but it has assigned the labels to the modes itself. With another seed the assignment is different, and by chance one or two labels are right: with four seeds, 0, 12, 13 and 23 % were as requested. (The figure shows the clearest case.)
#
# ## Predict: with and without labels
#
# Now D gets the label too: its inputs are pairs, (real, its label) and (fake, the requested label). A third training has no labels at all, as in lesson 8. All have the same sizes, the same 800 steps and the same 64 points a step. In lesson 8 the fakes on the bridges between the modes reduced the share of high quality. Compared with the GAN without labels, the share of high quality of the GAN with labels is
#
# - **a** far higher
# - **b** the same: a label says where a point should be, not how well it is drawn
# - **c** lower: each class gets an eighth of the points

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
fakes["nobody"] = train("nobody", N)(FRESH)
fakes["G and D"] = train("G and D", N)((FRESH, ASKED))
for told in ("nobody", "G", "G and D"):
    report(f"{told} told", fakes[told])

check.conditional_gans.p2(guess)

title = "A D without labels lets G name the modes as it likes; a D with labels makes it draw what was asked"
with figure(title, panels=(2, 3), size=(10, 6.6)) as axes:
    for (above, below), told in zip(axes.T, ("nobody", "G", "G and D"), strict=True):
        above.plot(*fakes[told][:400].T, ".", color="#1f4e9c", markersize=3)
        above.plot(*RING_MODES.T, "o", color="black", markerfacecolor="none", markersize=13)
        for k, mode in enumerate(RING_MODES):
            above.text(*(1.3 * mode), str(k), ha="center", va="center", fontweight="bold")
            if told != "nobody":
                inside = 0.68 * np.median(fakes[told][k::K], axis=0)
                above.text(*inside, str(k), ha="center", va="center", color="#1f4e9c", style="italic")
        above.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), xticks=(), yticks=(), aspect="equal")
        above.set_title(f"told: {told}")
        below.imshow(got(fakes[told]), cmap="gray_r", vmin=0, vmax=1)
        below.set(xlabel="nearest mode", ylabel="asked for", xticks=range(K), yticks=range(K))
        below.grid(visible=False)

if not quick():
    quality = {told: mixture_quality(x, RING_MODES, RING_STD)["high_quality"] for told, x in fakes.items()}
    usually("with the label both players draw better", quality["G and D"] > quality["nobody"])
    usually("and what was asked for", np.trace(got(fakes["G and D"])) / K > 0.95)

# %% [markdown]
# (Above, the upright numerals outside the ring are the labels of the modes; the slanted ones inside are next to the fakes requested with this label. Below, black is a share of 1; without labels there is no requested mode.) A continuous G makes one connected cloud from one cloud of noise. With a label it is eight functions, and makes eight clouds. It needs no bridges. This helps even with a D that sees no labels, when the label is just additional noise; and a D that knows the label helps more.
#
# ## Derive: the game with labels
#
# Let a label $y$ have the share $\pi_y$ of the data, and let $p(x|y)$ be the reals of this label, $q(x|y)$ the fakes requested as $y$. To keep every expectation a sum, $x$ is again a face of a die, as in lesson 7. D gives a probability to each *pair*, and the value of the game is the mean over pairs:
#
# $$ V(D, G) = \sum_y \pi_y \Bigl[ \sum_x p(x|y) \log D(x, y) + \sum_x q(x|y) \log\bigl( 1 - D(x, y) \bigr) \Bigr] \tag{19.1} $$
#
# The brackets contain the value (7.1) of an ordinary game, one for each label. A D that may choose its answer to each pair freely plays each game optimally, so (7.2) and (7.7) hold in each:
#
# $$ D^*(x, y) = \frac{p(x|y)}{p(x|y) + q(x|y)} \tag{19.2} $$
#
# $$ V(D^*, G) = -\log 4 + 2\, C(G), \qquad C(G) = \sum_y \pi_y\, \mathrm{JSD}\bigl( p(\cdot|y),\, q(\cdot|y) \bigr) \tag{19.3} $$
#
# $C$ is a mean of nonnegative numbers. It is 0 only if $q(\cdot|y) = p(\cdot|y)$ for every label that occurs.
#
# **A D without labels** gives one score to $x$, for any label. In (19.1) the sums over $y$ then apply only to $p$ and $q$, and give the *marginals* $p(x) = \sum_y \pi_y\, p(x|y)$ and $q(x) = \sum_y \pi_y\, q(x|y)$. What is left is the game of lesson 7 between these two:
#
# $$ C_{\text{blind}}(G) = \mathrm{JSD}\Bigl( \sum_y \pi_y\, p(\cdot|y),\; \sum_y \pi_y\, q(\cdot|y) \Bigr) \le C(G) \tag{19.4} $$
#
# The inequality needs one sentence: a D with labels can always ignore them, so its best value is at least as large. And the gap can be the whole range. If G draws each mode of the ring under a wrong label, every $\mathrm{JSD}$ in (19.3) is $\log 2$, and $C_{\text{blind}}$ is 0. There are $8! = 40{,}320$ ways of assigning labels to eight modes, and for a blind D all of them are equilibria, all equally good. So why did G not simply ignore the label, which is an equilibrium too? Because a label is noise with eight values, which is exactly what a G for eight modes needs.
#
# **How often is each label asked for?** The library asks for the labels of the real batch. If you ask with other shares $\pi'_y$, pairs with a frequent label are more often fake, and that alone tells D something:
#
# $$ \log \frac{\pi_y\, p(x|y)}{\pi'_y\, q(x|y)} = \log \frac{p(x|y)}{q(x|y)} + \log \frac{\pi_y}{\pi'_y} \tag{19.5} $$
#
# The last term has no gradient in $x$: G cannot reduce it, and it only distracts D. So reals and fakes should have the same shares. *Which* shares is up to you: the minimum of $C$ is the same for all positive $\pi$. We will need this freedom.
#
# **By hand.** Two faces, two labels of share $\frac12$. Reals with the label 0 are $(\frac34, \frac14)$, with the label 1 they are $(\frac14, \frac34)$. G has exchanged the labels. The marginals are $(\frac12, \frac12)$ on both sides: $C_{\text{blind}} = 0$, and the loss of a blind D stays at $\log 4 = 1.3863$. In each class the mixture of $p$ and $q$ is $(\frac12, \frac12)$, and
# $\mathrm{KL}(p \Vert m) = \frac34 \log \frac32 + \frac14 \log \frac12 = 0.3041 - 0.1733 = 0.1308$; that of $q$ is the same. So $C = 0.1308$, and $L_{D^*} = 1.3863 - 0.2616 = 1.1247$.
#
# ## Derive: how a label enters
#
# The order of labels means nothing: 3 is not between 2 and 4. So a label is written as a row of zeros with a one at its index, *one-hot*, or looked up as a row of learned numbers, an *embedding*. That is the same up to a matrix, since a one-hot row times $W$ picks a row of $W$:
#
# $$ y_n = W_{\text{label}_n} \tag{eq:embedding.forward} $$
#
# What does row $k$ affect? All samples whose label is $k$, each with strength 1. So its gradient is the *sum* of theirs, a *scatter-add*:
#
# $$ dW_{\text{label}_n} \mathrel{+}= dy_n \tag{eq:embedding.dW} $$
#
# By hand: labels $(2, 0, 2)$ with the gradients $dy = (1, 10),\ (3, 30),\ (5, 50)$ give $dW_0 = (3, 30)$, $dW_1 = 0$, $dW_2 = (6, 60)$. The label itself has no gradient. It is an integer and cannot change a little, so where the library returns the gradients in a pair, the label's is `None`.
#
# **Joined.** The row is concatenated with the noise (in G) or with the point (in D), and backward splits the gradient at the same place:
#
# $$ y = \bigl[\, \text{left}(x),\; \text{right}(c) \,\bigr] \tag{eq:concat.forward} $$
#
# $$ (dx,\, dc) = \bigl( J_{\text{left}}^{\top}\, dy_{:n},\; J_{\text{right}}^{\top}\, dy_{n:} \bigr) \tag{eq:concat.dx} $$
#
# The dense layer that follows has rows for the point and rows for the embedding, so for a pair it computes
#
# $$ [\, x,\, e_y \,]\, W = x\, W_{\text{point}} + e_y\, W_{\text{label}} \tag{19.6} $$
#
# and the second term is *a bias of the class*. **As planes:** before a convolution there is no row to join. There the embedding is as large as the image and becomes one more channel, or each class has a plane that is 1 for its own images and 0 for others. A convolution of a constant plane is again a bias of the class, except at the border of the image, where its window contains zeros.
#
# **One score for each class.** The image goes through D without the label, and the label selects the row of the last layer that computes the score:
#
# $$ (x,\, c) \mapsto (\text{body}(x),\, c) \tag{eq:beside.forward} $$
#
# $$ y_n = h_n \cdot W_{\text{label}_n} + b_{\text{label}_n} \tag{eq:label\_score.forward} $$
#
# $$ dh_n = dy_n\, W_{\text{label}_n} \tag{eq:label\_score.dx} $$
#
# $$ dW_{\text{label}_n} \mathrel{+}= dy_n\, h_n, \qquad db_{\text{label}_n} \mathrel{+}= dy_n \tag{eq:label\_score.dW} $$
#
# Only the row of the label passes a gradient to the image, and only that row learns from it. `minigan train` builds this.
#
# **Projection.** Which form *should* D have? By (19.2) its best score is $\log p(x|y) - \log q(x|y)$. Write $p(x|y) = p(y|x)\, p(x) / \pi_y$, and the same for $q$; the shares cancel:
#
# $$ \log \frac{p(x|y)}{q(x|y)} = \log \frac{p(y|x)}{q(y|x)} + \log \frac{p(x)}{q(x)} \tag{19.7} $$
#
# *Does it look like its label, more than fakes do? And does it look real?* Suppose that the first is what softmax classifiers say of some features $\phi(x)$: $\log p(y|x) = v^p_y \cdot \phi - \log \sum_k e^{v^p_k \cdot \phi}$, and the same with $v^q$. In their difference the label appears in one place only,
#
# $$ \log \frac{p(y|x)}{q(y|x)} = \bigl( v^p_y - v^q_y \bigr) \cdot \phi(x) - \Bigl[ \log \sum_k e^{v^p_k \cdot \phi} - \log \sum_k e^{v^q_k \cdot \phi} \Bigr] \tag{19.8} $$
#
# and the bracket, together with $\log p(x)/q(x)$, is some function of the features without the label. Call it $\psi$, and the rows $v^p_y - v^q_y$ the matrix $V$:
#
# $$ D(x, y) = \psi(\phi(x)) + V_y \cdot \phi(x) \tag{19.9} $$
#
# (Miyato and Koyama, 2018.) With a linear $\psi = w \cdot \phi + b$ that is $(w + V_y) \cdot \phi + b$: *a score for each class, whose rows share a common part.* The functions are the same, the training steps are not. After one step of gradient descent with the rate $\eta$ on pairs with the gradients $ds_n$, the score of a pair $(\phi, y)$ has changed by
#
# $$ -\eta \sum_{n:\, y_n = y} ds_n\, (\phi_n \cdot \phi + 1) \quad\text{(LabelScore)}, \qquad -\eta \Bigl[ \sum_{n:\, y_n = y} ds_n\, \phi_n \cdot \phi + \sum_n ds_n\, (\phi_n \cdot \phi + 1) \Bigr] \quad\text{(projection)} \tag{19.10} $$
#
# with $\phi$ held fixed (the 1 is the bias). In the first a class learns from its own images only; in the second it learns from all.
#
# ## See the code
#
# Notice the `None`s: `Embedding.backward` returns one, `LabelScore.backward` returns one with its `dh`, and `Parallel.back` returns what its branches return: it skips a branch that gets no gradient. `Concat` is `Parallel`, then `Join`; `Beside` is `Parallel` with nothing in the second branch. `with_label` is the line that gives a fake its requested label. And for a D that takes pairs, `add_penalty` differentiates only with respect to the image.

# %%
show_source(Embedding, Parallel.forward, Parallel.back, Join, Concat, Beside)

# %%
show_source(LabelScore, with_label, first, models.mlp, add_penalty)


# %% [markdown]
# The projection is not a layer of the library. Here it is as a layer of our own, with a linear $\psi$: (19.9) and its gradients; `w` learns from every sample, a row of `V` only from those of its class.


# %%
class Projection(Layer):
    """y[n] = h[n] . (w + V[label[n]]) + b."""

    pairs = True

    def __init__(self, n, classes):
        self.classes = classes
        std = 1 / np.sqrt(n)
        self.parameters = {
            "w": ((n,), normal(std)),
            "V": ((classes, n), normal(std)),
            "b": ((1,), constant(0)),
        }

    def forward(self, x):
        h, label = x
        return (h @ self.w + np.sum(h * self.V[label], axis=1) + self.b)[:, None], (h, label, 1)

    def backward(self, dy, cache):
        return dy * (self.w + self.V[cache[1]]), None

    def accumulate(self, dy, cache):
        h, label, one = cache
        self.dw += dy[:, 0] @ h
        self.dV += one_hot(label, self.classes, dy.dtype).T @ (dy * h)
        self.db += one * dy.sum()

    def tangent(self, v, cache):
        label = cache[1]
        return (v[0] @ self.w + np.sum(v[0] * self.V[label], axis=1))[:, None], (v[0], label, 0)


# %% [markdown]
# ## Check: dice with labels
#
# D is a table with one score for each pair. It does gradient descent on the library's loss, on throws in which each pair appears exactly as often as its probability says, once with the label, once without. First the case worked by hand, then three labels with different shares, and last (19.5), fakes requested with other shares.


# %%
def best_table(real, fake, cells, rate=5.0, n=600):
    """D is a table of scores; gradient descent on its loss on these throws -> scores, loss."""
    s = np.zeros(cells)
    for _ in range(n):
        value, d_real, d_fake = losses.minimax.d(s[real], s[fake])
        s -= rate * (np.bincount(real, d_real, cells) + np.bincount(fake, d_fake, cells))
    return s, value


def kl(a, b):
    some = a > 0
    return float(np.sum(a[some] * np.log(a[some] / b[some])))


def jsd(p, q):
    return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2


def examine_dice(real_counts, fake_counts):
    """Counts of the pairs (label, face), both with the same shares of the labels."""
    labels, faces = real_counts.shape
    real, fake = (np.repeat(np.arange(labels * faces), c.ravel()) for c in (real_counts, fake_counts))
    share = real_counts.sum(axis=1) / real_counts.sum()
    p, q = (c / c.sum(axis=1, keepdims=True) for c in (real_counts, fake_counts))
    C = sum(pi * jsd(*pair) for pi, *pair in zip(share, p, q, strict=True))
    blind = jsd(share @ p, share @ q)
    s, told = best_table(real, fake, labels * faces)
    _, untold = best_table(real % faces, fake % faces, faces)
    print(f"C {C:.4f}, blind {blind:.4f}   loss of D: told {told:.4f}, not told {untold:.4f}")
    yield compare("best scores, (19.2)", s.reshape(p.shape), np.log(p / q), 1e-6)
    yield compare("log 4 - 2 C, (19.3)", told, np.log(4) - 2 * C, 1e-6)
    yield compare("log 4 - 2 C of a blind D, (19.4)", untold, np.log(4) - 2 * blind, 1e-6)
    yield Check("blind is no more than told", max(0.0, blind - C), 0.0)


show_checks(examine_dice(np.array([[6, 2], [2, 6]]), np.array([[2, 6], [6, 2]])))
print()
show_checks(
    examine_dice(np.array([[6, 3, 1], [2, 4, 4], [1, 1, 2]]), np.array([[3, 3, 4], [4, 4, 2], [1, 2, 1]]))
)

real_counts, fake_counts = (
    np.array([[6, 2], [1, 3]]),
    np.array([[2, 2], [4, 4]]),
)  # shares 2/3, 1/3; 1/3, 2/3
s, _ = best_table(
    *(np.repeat(np.arange(4), counts.ravel()) for counts in (real_counts, fake_counts)), cells=4
)
p, q = (counts / counts.sum(axis=1, keepdims=True) for counts in (real_counts, fake_counts))
print()
print(compare("(19.5)", s.reshape(2, 2), np.log(p / q) + np.log([[2], [1 / 2]]), 1e-6))

# %% [markdown]
# ## Check: pairs, and their gradients
#
# The embedding by hand; a constant plane before a convolution; and (19.10), one step of plain descent, with a class that does not occur in the batch.

# %%
table = Embedding(3, 2).init(rng=0, dtype="float64")
_, cache = table.forward(np.array([2, 0, 2]))
table.accumulate(np.array([[1.0, 10], [3, 30], [5, 50]]), cache)
print(compare("embedding, labels 2, 0, 2", table.dW, [[3, 30], [0, 0], [6, 60]], 0.0))

conv = Conv2d(1, 1, 3, 1, pad=1, bias=False).init(rng=0, dtype="float64")
print("a plane of ones, convolved:", *np.round(conv(np.ones((1, 5, 5, 1)))[0, :, :, 0], 2), sep="\n  ")

rng = np.random.default_rng(0)
phi, label, ds = rng.standard_normal((5, 4)), np.array([0, 1, 1, 0, 1]), rng.standard_normal((5, 1))
judged, eta = rng.standard_normal((2, 4)), 0.1  # two pairs: labels 1, which was there, and 2, which was not
gram = judged @ phi.T  # (2, 5)
own = np.array([[0, 1, 1, 0, 1], [0, 0, 0, 0, 0]])
expected = {
    "LabelScore": -eta * (own * (gram + 1)) @ ds,
    "projection": -eta * (own * gram + gram + 1) @ ds,
}
for name, last in (("LabelScore", LabelScore(4, 3)), ("projection", Projection(4, 3))):
    D = Sequential(last, rng=0, dtype="float64")
    before = D((judged, np.array([1, 2])))
    D.backward(ds, D.forward((phi, label))[1], need_dx=False)
    SGD(D, eta).step()
    change = D((judged, np.array([1, 2]))) - before
    print(
        compare(f"{name}, (19.10)", change, expected[name], ADJOINT), f"  absent class: {change[1, 0]:.3f}"
    )

# %% [markdown]
# Now whole networks. Every way into D, with the label of every image, some of them twice, against differences: first the network (`dx` is the image's; the label has none), then a whole step with two penalties, R1 on the real pairs and WGAN-GP between the images. The last line shows what a penalty uses: the gradient $g$ of a pair.

# %%
ways = {
    "joined": [Concat(right=[Embedding(3, 2)]), Dense(6, 5), LeakyReLU(0.2), Dense(5, 1)],
    "planes": [
        Concat(left=[Reshape(2, 2, 1)], right=[Embedding(3, 4), Reshape(2, 2, 1)]),
        Conv2d(2, 2, 3, 1, pad=1),
        LeakyReLU(0.2),
        Flatten(),
        Dense(8, 1),
    ],
    "a score a class": [Beside(Dense(4, 5), LeakyReLU(0.2)), LabelScore(5, 3)],
    "projection": [Beside(Dense(4, 5), LeakyReLU(0.2)), Projection(5, 3)],
}
rng = np.random.default_rng(1)
x, z, label = rng.standard_normal((4, 4)), rng.standard_normal((4, 2)), np.array([2, 0, 2, 1])
small_G = Sequential(Concat(right=[Embedding(3, 2)]), Dense(4, 5), LeakyReLU(0.2), Dense(5, 4), rng=0)
for name, layers in ways.items():
    D = Sequential(*layers, rng=0)
    D.theta += 0.3 * rng.standard_normal(D.theta.size).astype("float32")  # no bias at 0
    print(name)
    found = [*network_checks(D, (x, label))]
    found += step_checks(small_G, D, losses.non_saturating, (x, label), (z, label), [r1, wgan_gp])
    assert not show_checks(found)

scores, caches = D.forward((x, label))
g = D.backward(np.ones_like(scores), caches, learn=False)
print("gradient of a pair:", g[0].shape, g[1])

# %% [markdown]
# Which way into D is the best? All are correct, so we have to measure. On the ring, the same training with a score for each class:

# %%
report("joined", fakes["G and D"])
scored = train("score", N)((FRESH, ASKED))
report("a score for each class", scored)
if not quick():
    usually("it draws what was asked for", np.trace(got(scored)) / K > 0.95)
    usually(
        "but less well", mixture_quality(scored, RING_MODES, RING_STD)["high_quality"] < quality["G and D"]
    )

# %% [markdown]
# Both draw what was requested. But a label that is joined at the input can shift the point before all other layers, so one narrow bump can serve all eight modes; rows at the end share fixed features. For images, where classes share strokes and edges, the label at the end has become usual.

# %% [markdown]
# ## Predict: a class of thirty
#
# Digits, at last: the ten thousand of MNIST, halved to 14 x 14 pixels to be quick, in a frame of 16 x 16. The networks are those of `minigan train`, but small: an embedding joined to the noise in G, a score for each class in D. DigitNet reads what they draw, and classifies it; the share classified *as asked* is the measure of a conditional G (the value for halved reals is printed first).
#
# But we keep only thirty twos, with some nine thousand other digits. In each step G gets the labels of the real batch. After 500 steps, how many of the requested twos are classified as twos?
#
# - **a** as many as of other digits: G's loss for a 2 is as large as for a 7
# - **b** clearly fewer than of other digits
# - **c** none

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
digits = data.load("mnist10k")
halved = digits.images.reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4)).astype(np.float32) / 127.5 - 1
images = np.pad(halved, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-1)
classes = [np.flatnonzero(digits.labels == k) for k in range(10)]
unseen, classes[2] = classes[2][30:], classes[2][:30]
everything = np.concatenate(classes)


def read(x):
    """Which digit DigitNet takes each image for; its eyes want 28 x 28."""
    large = x[:, 1:-1, 1:-1].repeat(2, axis=1).repeat(2, axis=2)
    return digitnet.features(np.clip(large, -1, 1))[1].argmax(axis=1)


def train_digits(equal, n, seed=0, batch=64, latent=16):
    """equal: each class is drawn equally often; otherwise each image is."""
    G, D = models.dcgan_up((16, 16, 1), latent, width=16, classes=10, rng=seed)
    opt_G, opt_D = (Adam(net, cosine(2e-3, n), beta1=0.0, beta2=0.99) for net in (G, D))
    average = EMA(G, 0.99, warmup=True)
    penalties = [partial(r1, gamma=0.3)]
    gan = game.GAN(G, D, losses.non_saturating, penalties, opt_G, opt_D, latent, ema=average, classes=10)
    rng = np.random.default_rng(seed)
    for _ in range(n):
        if equal:
            i = np.array([rng.choice(classes[k]) for k in rng.integers(10, size=batch)])
        else:
            i = rng.choice(everything, batch)
        gan.step(lambda: (images[i], digits.labels[i]), rng)
    return gan


def as_asked(gan):
    """The share that is read as asked, for each digit."""
    each = steps(100, 10)
    labels = np.arange(10 * each) % 10
    right = read(gan.sample(10 * each, np.random.default_rng(5), labels)) == labels
    return right.reshape(each, 10).mean(axis=0)


some = np.random.default_rng(4).permutation(len(images))[: steps(500, 50)]
print(f"halved reals, read rightly: {np.mean(read(images[some]) == digits.labels[some]):.0%}")
natural = train_digits(equal=False, n=steps(500, 2))
shares = as_asked(natural)
print("digit    ", *(f"{k:>5}" for k in range(10)))
print("as asked ", *(f"{share:5.0%}" for share in shares))
check.conditional_gans.p3(guess)
usually("the rare class is drawn worse", shares[2] < np.delete(shares, 2).mean())

# %% [markdown]
# ## Derive: what a class weighs
#
# The gradient of D's loss in the row $W_2$ of the last layer is, by `eq:label_score.dW`, a sum over the twos of the batch, and that is one image in three hundred, one in every fifth batch. The same holds for the embedding of the 2 in G. In (19.3) the class has the weight $\pi_2 = 0.003$: if all twos were nonsense, $C$ would be $0.003 \cdot \log 2$, which hardly matters to G. But we may choose the shares, since the minimum of $C$ does not depend on them. So draw the *class* first, each
# with $\frac{1}{10}$, then an image of it, and ask G in the same way:
#
# $$ C_{\text{equal}}(G) = \frac{1}{K} \sum_y \mathrm{JSD}\bigl( p(\cdot|y),\, q(\cdot|y) \bigr) \tag{19.11} $$
#
# In the code that is the line `if equal`. Nothing else changes. (For the pictures the noise is drawn with the standard deviation 0.7, which gives cleaner strokes and less variety; all numbers are measured with the full noise.)

# %%
equal = train_digits(equal=True, n=steps(500, 2))
both = {"each image equally often": shares, "each class equally often": as_asked(equal)}
for name, share in both.items():
    print(f"{name}: twos {share[2]:.0%}, all others {np.delete(share, 2).mean():.0%}")

each = 0.7 * np.random.default_rng(7).standard_normal((12, 16)).astype(np.float32)


def twelve(gan, k):
    return gan.generate((each, np.full(12, k)))


sheet = plots.grid(np.concatenate([twelve(equal, k) for k in range(10)]), columns=12, scale=3)
title = "Rows are labels, columns are noise: one z writes all ten digits in one hand"
with figure(title, size=(6.6, 5.6)) as ax:
    ax.imshow(sheet[..., 0], cmap="gray", vmin=0, vmax=255)
    ax.set(xticks=(), yticks=25 + 50 * np.arange(10), yticklabels=range(10))
    ax.set(xlabel="the same z down each column", ylabel="label")
    ax.grid(visible=False)

rows = {
    "the thirty": images[classes[2][:12]],
    "each image\nequally often": twelve(natural, 2),
    "each class\nequally often": twelve(equal, 2),
}
title = "Of thirty twos among nine thousand digits G learns little, until the class is given its weight"
with figure(title, size=(8, 2.4)) as ax:
    ax.imshow(plots.grid(np.concatenate([*rows.values()]), columns=12, scale=3)[..., 0], cmap="gray")
    ax.set(xticks=(), yticks=25 + 50 * np.arange(3), yticklabels=rows)
    ax.grid(visible=False)

usually(
    "drawing each class equally often helps the rare one", both["each class equally often"][2] > shares[2]
)

# %% [markdown]
# Now D has seen each of the thirty more than a hundred times. Has it memorised them, and does G copy them? DigitNet would not show it: a copy of a 2 is classified as a 2. So we compare the distance of G's twos to the nearest of the thirty with that of real twos outside the training set. Copies would be far nearer. And do they differ from one another as much as real ones?


# %%
def distance_to(pool, x):
    x, pool = (a.reshape(len(a), -1).astype(np.float64) for a in (x, pool))
    return metrics.nearest(x, pool)[1].mean()


def spread(x):
    flat = x.reshape(len(x), -1)
    return np.linalg.norm(flat[:, None] - flat, axis=2).sum() / (len(x) * (len(x) - 1))


many = equal.sample(200, np.random.default_rng(6), np.full(200, 2))
thirty, others = images[classes[2]], images[unseen[:200]]
for name, twos in (("twos of G", many), ("unseen real twos", others)):
    print(f"{name:<17} to the nearest of the thirty {distance_to(thirty, twos):.2f}", end="   ")
    print(f"from one another {spread(twos):.2f}")
usually("G has not copied the thirty", distance_to(thirty, many) > 0.9 * distance_to(thirty, others))
usually("nor draws less variety", spread(many) > 0.85 * spread(others))


# %% [markdown]
# So they are not copies: they are as far from the thirty as other twos are (part of that distance is bad drawing), and they differ as much. G has learned to write a 2 from the thirty and from nine other digits. After a training ten times as long this may be different.
#
# **One hand.** Look at the columns of the sheet: a slanted 1 is above a slanted 7. Nothing in the game requires that. G could use $z$ differently for each class. But all classes share its weights, and only the bias of the first layer (19.6) depends on the label, so it is easier to learn a slant once. We can measure it: for 100 noises $z$ and each digit, take the *ink* (the sum of the image) and the *slant* (how far the strokes lean, $\operatorname{cov}(x, y) / \operatorname{var}(y)$ of the ink),
# and correlate each pair of digits over the noises. If each class used $z$ in its own way, the mean correlation would be about 0.


# %%
def ink_and_slant(x):
    ink = (x[..., 0] + 1) / 2
    total = ink.sum(axis=(1, 2))
    down, across = np.mgrid[:16, :16]
    dy, dx = (a - ((ink * a).sum(axis=(1, 2)) / total)[:, None, None] for a in (down, across))
    return total, (ink * dx * dy).sum(axis=(1, 2)) / (ink * dy**2).sum(axis=(1, 2))


hundred = np.random.default_rng(8).standard_normal((100, 16)).astype(np.float32)
styles = [ink_and_slant(equal.generate((hundred, np.full(100, k)))) for k in range(10)]
pairs = np.triu_indices(10, 1)
for name, of_all in zip(("ink", "slant"), zip(*styles, strict=True), strict=True):
    mean = np.corrcoef(of_all)[pairs].mean()
    print(f"{name}: mean correlation of two digits over the noise {mean:.2f}")
    usually("the correlation is positive", mean > 0.15)

# %% [markdown]
# **Between two labels.** A label cannot change a little; its embedding can. We take the rows of two digits, and give the layers after G's embedding the noise with a row on the straight line between them. G was never trained there: the game used only ten points of this space of 16 dimensions.


# %%
def walk(gan, a, b, z, frames=9):
    G = gan.ema.net
    rows = next(layer for layer in G.layers[0].walk() if isinstance(layer, Embedding)).W  # (10, 16)
    s = np.linspace(0, 1, frames, dtype=np.float32)[:, None]
    e = (1 - s) * rows[a] + s * rows[b]
    return Chain(*G.layers[1:])(np.concatenate([np.tile(z, (frames, 1)), e], axis=1))


ways = ((4, 9), (3, 8), (1, 7), (0, 6))
film = [walk(equal, a, b, each[6]) for a, b in ways]
ends = np.concatenate([walk(equal, *ways[0], each[6], frames=2), walk(equal, *ways[2], each[6], frames=2)])
print(
    compare(
        "at its ends the walk is G", ends, equal.generate((each[[6] * 4], np.array([4, 9, 1, 7]))), 1e-5
    )
)

title = "Between two embeddings, where G was never asked, one digit turns into the other"
with figure(title, size=(8, 3.8)) as ax:
    ax.imshow(plots.grid(np.concatenate(film), columns=9, scale=3)[..., 0], cmap="gray", vmin=0, vmax=255)
    ax.set(
        xticks=25 + 50 * np.arange(9),
        xticklabels=[f"{k}/8" for k in range(9)],
        xlabel="way between the rows",
    )
    ax.set(yticks=25 + 50 * np.arange(4), yticklabels=[f"{a} to {b}" for a, b in ways])
    ax.grid(visible=False)

amount = [ink_and_slant(frames)[0] for frames in film]
for (a, b), ink in zip(ways, amount, strict=True):
    print(f"{a} to {b}: ink at the ends {ink[0]:.0f} and {ink[-1]:.0f}, least on the way {ink.min():.0f}")
usually("the ink dips on the way", amount[0].min() < 0.8 * min(amount[0][0], amount[0][-1]))

# %% [markdown]
# The 3 closes its loops, the 1 grows a bar, the 0 curls up. The 4 fades, and reappears as a 9: D never judged what is between two labels.

# %% [markdown]
# ## Modify
#
# ### Exercise 1: the divergence with labels
#
# Given `share` (K,), the shares of the labels, and `p` and `q` (K, F), of which row $y$ holds the probabilities of the faces for the label $y$, return $C$ of (19.3). Some probabilities are 0.


# %% tags=["exercise"]
def distance_with_labels(share, p, q):
    return ...  # your code: one number


check.conditional_gans.q1(distance_with_labels)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def distance_with_labels(share, p, q):
#     m = (p + q) / 2
#     C = 0.0
#     for a in (p, q):
#         ratio = np.where(a > 0, a, 1) / np.where(a > 0, m, 1)
#         C += share @ np.sum(a * np.log(ratio), axis=1) / 2
#     return C
# ```
#
# The order matters: first a divergence in each class, then the mean. A D without labels sees the opposite, first the mean of the classes, then one divergence.
#
# </details>

# %% [markdown]
# ### Exercise 2: a scale for each class
#
# There is one more way into G, possible at every layer: after a norm, the label selects scale and shift (Dumoulin et al., 2017; de Vries et al., 2017). From the output of the norm, `x` (N, n), it computes
#
# $$ y_n = \gamma_{\text{label}_n}\, x_n + \beta_{\text{label}_n} \tag{19.12} $$
#
# number by number, with $\gamma$ and $\beta$ of shape (K, n). Given `x`, `label` (N,), `gamma` and the gradient `dy` (N, n), return `dx, dgamma, dbeta`.


# %% tags=["exercise"]
def class_scale_backward(x, label, gamma, dy):
    return ...  # your code: dx, dgamma, dbeta


check.conditional_gans.q2(class_scale_backward)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def class_scale_backward(x, label, gamma, dy):
#     dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(gamma)
#     np.add.at(dgamma, label, dy * x)
#     np.add.at(dbeta, label, dy)
#     return gamma[label] * dy, dgamma, dbeta
# ```
#
# Each row collects gradients from all its samples. `dgamma[label] += dy * x` looks the same and is not: NumPy reads the rows, adds, and writes them back, and keeps only the last of several additions to one row. `np.add.at` adds one after the other; a product with one-hot rows, as in the library, gives the same and is faster.
#
# </details>

# %% [markdown]
# ### Exercise 3: a score out of two classifiers
#
# Equations (19.7) and (19.8): given features `phi` (N, n) and labels `label` (N,), the weights `Vp` and `Vq` (K, n) of two softmax classifiers, one trained on reals and one on fakes, and `marginal` (N,), the scores $\log p(x) / q(x)$, return the best conditional scores $\log p(x|y) / q(x|y)$, (N,).


# %% tags=["exercise"]
def conditional_score(phi, label, Vp, Vq, marginal):
    return ...  # your code: (N,)


check.conditional_gans.q3(conditional_score)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def conditional_score(phi, label, Vp, Vq, marginal):
#     score = marginal + np.sum(phi * (Vp - Vq)[label], axis=1)
#     score -= np.log(np.sum(np.exp(phi @ Vp.T), axis=1))
#     score += np.log(np.sum(np.exp(phi @ Vq.T), axis=1))
#     return score
# ```
#
# The label picks a row of $V^p - V^q$, and appears nowhere else. The rest is a function of `phi` alone, and a network can learn the sum without knowing its parts.
#
# (`marginal + ...` makes a new array, so that the caller's is left alone.)
#
# </details>

# %% [markdown]
# ## Break it
#
# Four bugs; somebody has trained for days with each of them:
#
# 1. *The real labels are shuffled*: images and labels of the data were shuffled separately.
# 2. *D is told another label*: G gets one draw of labels, D another.
# 3. *The label is lost in D*: somewhere it becomes 0.
# 4. *Repeated labels are lost*: the gradient of the embedding by `dW[label] += dy`.
#
# We run the gradient checks of both networks and both steps on each. How many of the four do they catch?
#
# - **a** all four
# - **b** one
# - **c** none

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
right_step = game.d_step


def shuffled(G, D, loss, penalties, opt_D, x, z, rng=None):
    return right_step(G, D, loss, penalties, opt_D, (x[0], np.roll(x[1], 1)), z, rng)  # right: (x[0], x[1])


def another(image, pair):
    return image, np.roll(pair[1], 1)  # right: pair[1]


def lost_on_the_way(self, x):
    return Parallel.forward(self, (x[0], 0 * x[1]))  # right: x


def last_one_only(self, dy, cache):
    labels, one = cache
    if one:
        self.dW[labels] += dy  # right: a scatter-add


bugs = {
    "the real labels are shuffled": (game, "d_step", shuffled),
    "D is told another label": (game, "with_label", another),
    "the label is lost in D": (Beside, "forward", lost_on_the_way),
    "repeated labels are lost": (Embedding, "accumulate", last_one_only),
}


def gradients(label):
    x, z = np.random.default_rng(1).standard_normal((2, 4, 4))
    z = z[:, :2].copy()
    D = Sequential(Beside(Dense(4, 5), LeakyReLU(0.2)), LabelScore(5, 6), rng=0)
    G = Sequential(Concat(right=[Embedding(6, 2)]), Dense(4, 5), LeakyReLU(0.2), Dense(5, 4), rng=0)
    yield from network_checks(D, (x, label))
    yield from network_checks(G, (z, label))
    yield from step_checks(G, D, losses.non_saturating, (x, label), (z, label), [r1])


caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = [*gradients(np.array([2, 0, 2, 1]))]
        alone = [*gradients(np.array([3, 0, 2, 1]))]  # no label twice
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print(f"and with no label twice in the batch: {sum(not found.ok for found in alone)} caught\n")
    assert all(found.ok for found in alone)

check.conditional_gans.p4(guess)
assert [bool(names) for names in caught.values()] == [False, False, False, True]

# %% [markdown]
# One of four, and even that one only if a label comes twice in the batch: a check that uses each label once misses it. (So make the batch of a check difficult.) In the other three the gradients are exact, but the labels mean nothing. Only the measure shows it. We train the ring for a short while with each bug, with a score for each class in D, and request labels.

# %%
n = steps(300, 3)
heard = {"no bug": train("score", n)((FRESH, ASKED))}
for name, bug in bugs.items():
    two_passes = planted(game, "fast_d_step", lambda *step: game.d_step(*step))  # where the bug is planted
    with planted(*bug), two_passes:
        heard[name] = train("score", n)((FRESH, ASKED))
answers = {name: np.trace(got(points)) / K for name, points in heard.items()}
for name, share in answers.items():
    print(f"{name:<30} as asked {share:4.0%}")

title = "Three bugs that no gradient check can see are seen by asking; the one it sees, asking does not"
with figure(title, panels=5, size=(12, 3.6)) as axes:
    for ax, (name, points) in zip(axes, heard.items(), strict=True):
        ax.imshow(got(points), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=(0, 7), yticks=(0, 7), xlabel=f"nearest mode\nas asked {answers[name]:.0%}")
        ax.set_title(name, fontsize=9)
        ax.grid(visible=False)
    axes[0].set_ylabel("asked for")

usually("the fourth bug does not show", min(answers["no bug"], answers["repeated labels are lost"]) > 0.95)
usually("the first three do", max(answers[name] for name in [*bugs][:3]) < 0.6)

# %% [markdown]
# Can we detect the three without training? Yes. If the image *is* its label, a wrong pair is visible at once. Let the reals be the numbers of their labels, build a G that draws the requested number, and put a layer in front of D that records each pair. And two calls show whether D uses the label at all.


# %%
class Spy(Layer):
    """Hands on what it is given, and remembers it."""

    pairs = True

    def __init__(self):
        self.seen = []

    def forward(self, x):
        self.seen.append(x)
        return x, None

    def backward(self, dy, cache):
        return dy


def who_hears_what():
    G = Sequential(Concat(right=[Embedding(3, 1)]), Dense(2, 1, bias=False), rng=0)
    G.theta[...] = 0, 1, 2, 0, 1  # the embedding of k is k, and G draws it, whatever the noise
    spy = Spy()
    D = Sequential(spy, Beside(Dense(1, 4), LeakyReLU(0.2)), LabelScore(4, 3), rng=0)
    label, noise = np.array([2, 0, 1, 1]), np.zeros((4, 1))
    real = label[:, None].astype(np.float32)
    game.d_step(G, D, losses.non_saturating, (), SGD(D), (real, label), (noise, label))
    game.g_step(G, D, losses.non_saturating, SGD(G), None, (noise, label))
    wrong = sum(int(np.sum(np.rint(x[:, 0]) != c)) for x, c in spy.seen)
    yield Check("pairs that reach D", float(wrong), 0.0, f"{wrong} images came with a label of another")
    change = np.abs(D.forward((real, label))[0] - D.forward((real, (label + 1) % 3))[0]).max()
    yield Check("D hears the label", float(change == 0), 0.0, "another label, and the same score")


for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = [*who_hears_what()]
    show_checks(checks)
    caught[name] |= {found.name for found in checks if not found.ok}

assert not [found for found in who_hears_what() if not found.ok]
assert caught["the real labels are shuffled"] == caught["D is told another label"] == {"pairs that reach D"}
assert caught["the label is lost in D"] == {"D hears the label"}

# %% [markdown]
# A gradient check cannot show that you minimise the right function (lesson 1). For that you need a case whose answer is known: a number worked by hand, a pair that must fit, a requested digit.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:embedding.forward`: a row for each label | `minigan.layers.Embedding.forward` | `tests/layers/more/test_embedding.py`: `test_worked_by_hand`, `test_equals_dense_on_one_hot_rows` |
# | `eq:embedding.dW`: labels that come twice collect two gradients | `minigan.layers.Embedding.accumulate` | `tests/layers/more/test_embedding.py`: `test_worked_by_hand` |
# | `eq:concat.forward`: the label beside the noise, or as a plane | `minigan.layers.Join.forward` | `tests/layers/test_concat.py`: `test_worked_by_hand`, `test_a_label_as_one_more_channel_of_an_image` |
# | `eq:concat.dx`: the gradient is cut where they were joined, `None` for a label | `minigan.layers.Join.backward` | `tests/layers/test_concat.py`: `test_worked_by_hand` |
# | `eq:beside.forward`: the label waits beside the image | `minigan.layers.Parallel.forward` | `tests/layers/more/test_label.py`: `test_beside_works_on_the_first_and_hands_the_second_on` |
# | `eq:label_score.forward`: one score for each class | `minigan.layers.LabelScore.forward` | `tests/layers/more/test_label.py`: `test_label_score_by_hand`, `test_each_class_has_its_own_critic` |
# | `eq:label_score.dW`: only the row that judged learns | `minigan.layers.LabelScore.accumulate` | `tests/layers/more/test_label.py`: `test_label_score_by_hand` |
# | `eq:penalty.g`: of a pair only the image moves | `minigan.penalties.add_penalty` | `tests/test_penalties.py`: `test_in_a_conditional_critic_only_the_image_moves` |
#
# - With labels the game is one game for each class, and G minimises the mean of their divergences. With a D without labels G minimises the divergence of the mixtures, and may assign labels as it likes.
# - A label selects a row. Gradients of a row that is used twice add up, and the label itself has no gradient.
# - Labels divide the cloud of noise, so no bridges are needed, and $z$ describes what all classes share.
# - A class counts as often as it appears. You may choose the shares, the same for reals and fakes.
# - Gradients can be right and the labels meaningless. Request something and check whether you get it.
#
# ## Next
#
# [Lesson 20: Measure, save, ship](20_measure_save_ship.ipynb). "As asked" was one measure, and it cannot see copies. The next lesson introduces the others, each next to its value for real images, and then saves and ships a trained G.
