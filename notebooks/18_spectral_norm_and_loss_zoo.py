# %% [markdown]
# # Lesson 18: Spectral norm and the loss zoo
#
# **Goal** Bound D's gradient through its weights alone, with the right gradient and without a penalty; know what that costs D; derive the
# layer that connects all pixels of a picture, self-attention; and see the six losses as one family: what each tells D, what each makes G
# minimise, and why a flat D makes them nearly the same.
#
# **Prerequisites** Lesson 7 (D at its best, what G minimises), lesson 10 (convolution), lesson 14 (the critic, the bound (14.7)), lesson 15 (tangent and curvature), lesson 16 (friction). Singular values.
#
# **Run time** 48 s on two cores (measured).
#
# Many papers on GANs do one of two things. Some restrain D: they clip its weights, penalise it, or divide its weights by something. Others
# propose a new loss. Large studies that compared the combinations found smaller differences than everybody had hoped for (Lucic et al.,
# 2018): tuned with the same care, most losses come out about even. This lesson shows why that is no accident. Dividing the weights is the
# most elegant way to restrain D, and it works. But it also takes away something that no paper puts into its title, and that you can compute
# in a few lines.

# %%
from itertools import pairwise

import numpy as np

from minigan import data, game, losses
from minigan.data.toy import GRID_MODES, GRID_STD
from minigan.differences import FIRST, compare, numerical_gradient
from minigan.gradcheck import layer_checks, network_checks
from minigan.layers import Conv2d, Dense, LeakyReLU, SelfAttention, SpectralNorm
from minigan.layers.more import attention
from minigan.losses import GANLoss, Hinge, LeastSquares
from minigan.metrics import mixture_quality
from minigan.network import Sequential
from minigan.optim import EMA, Adam, cosine
from minigan.penalties import r1
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: a D whose gradient is at most 1
#
# Lesson 14 asked for a critic whose gradient has a norm of at most 1 everywhere, and its third exercise showed how to get one without a penalty: divide each matrix of D by its largest singular value. Then no layer makes a difference larger, so D does not either. This is *spectral normalisation* (Miyato et al., 2018).
#
# The smallest task: reals at $-1$ and at $1$, fakes at $0$. The earth mover's distance is 1, and the best critic, $|x|$, shows all of it: $\operatorname{mean} D(\text{real}) - \operatorname{mean} D(\text{fake}) = 1$. Now a D with one hidden layer of 64 LeakyReLUs with $\alpha = 0.2$, spectrally normalised, is trained with the Wasserstein loss until it no longer improves. How much of the distance does it show?
#
# - **a** 1: the gradient may be 1, and $|x|$ needs two of the 64 units
# - **b** 0.8: LeakyReLU wastes a fifth
# - **c** 0.4

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def network(sizes, wrap=lambda layer: layer, rng=0):
    """Dense layers with LeakyReLUs between them, each dense layer wrapped."""
    layers = [wrap(Dense(n, m)) for n, m in pairwise(sizes[:-1])]
    body = [part for layer in layers for part in (layer, LeakyReLU(0.2))]
    return Sequential(*body, wrap(Dense(sizes[-2], sizes[-1], gain=1.0)), rng=rng)


def valleys(K):
    """K fakes on a line from -1 to 1, each between two reals -> reals, fakes, (2K, 1) each; their distance is 1/K."""
    x = np.linspace(-1, 1, 2 * K + 1)[:, None]
    return np.repeat(x[0::2], 2, axis=0)[1:-1], np.repeat(x[1::2], 2, axis=0)


still = Sequential(Dense(1, 1, bias=False), rng=0)
still.theta[...] = 1  # G is the identity: z are the fakes


def taught(K, hidden):
    """A spectrally normalised D that has learned the K valleys, and the share of the distance that it shows."""
    real, fake = valleys(K)
    D, n = network([1, *[64] * hidden, 1], SpectralNorm), steps(400, 30)
    opt = Adam(D, cosine(1e-2, n), 0.5, 0.99)
    for _ in range(n):
        game.d_step(still, D, losses.wasserstein, (), opt, real, fake)
    return D, K * float(np.mean(D(real)) - np.mean(D(fake)))


critics = {(1, 1): taught(1, 1)}
print(f"of the distance 1 it shows {critics[1, 1][1]:.3f}")

check.spectral_norm_and_loss_zoo.p1(guess)
assert quick() or abs(critics[1, 1][1] - 0.4) < 0.005

# %% [markdown]
# It never shows more, for any seed and any width. We come back to this number when we can derive it. First the tool.
#
# ## Derive: the largest singular value
#
# A layer maps $x$ to $M^\top x$ (in the library's rows: $x M$, with $M$ of shape $(n_{\text{in}}, n_{\text{out}})$). Write $M = \sum_i s_i\, u_i v_i^\top$, its singular value decomposition: $s_1 \ge s_2 \ge \dots \ge 0$, the $u_i$ orthonormal, the $v_i$ too, so that $M v_i = s_i u_i$ and $M^\top u_i = s_i v_i$. An $x = \sum c_i u_i$ becomes $\sum s_i c_i v_i$, of the squared length
# $\sum s_i^2 c_i^2 \le s_1^2 \sum c_i^2$. So $s_1$, the *spectral norm*, is the largest factor by which $M$ stretches a vector, and by (14.7) a D whose matrices all have $s_1 = 1$ has a gradient of norm 1 at most.
#
# **Power iteration.** A decomposition in each step of training would be expensive, and we need one number of it. Take any $v = \sum c_i v_i$. One multiplication by $M^\top M$ makes $\sum s_i^2 c_i v_i$ of it: each component grows by its own $s_i^2$, and the first outgrows all others. After $k$ multiplications, with a normalisation in between, which changes no direction,
#
# $$ v \propto \sum_i s_i^{2k}\, c_i v_i \propto v_1 + \sum_{i > 1} \Bigl( \frac{s_i}{s_1} \Bigr)^{2k} \frac{c_i}{c_1}\, v_i \tag{18.1} $$
#
# so the angle to $v_1$ shrinks in each step by $(s_2 / s_1)^2$, unless the start happened to have $c_1 = 0$. In the library's notation:
#
# $$ v \leftarrow \frac{M^{\top} M v}{\lVert M^{\top} M v \rVert}, \qquad u = \frac{M v}{\lVert M v \rVert} \tag{eq:spectral.power} $$
#
# $$ \sigma = u^{\top} M v \tag{eq:spectral.sigma} $$
#
# which is $\lVert M v \rVert$. If $v$ makes a small angle $\theta$ with $v_1$ and leans towards $v_2$, then $\sigma^2 = s_1^2 \cos^2 \theta + s_2^2 \sin^2 \theta$, hence
#
# $$ s_1 - \sigma \approx \frac{s_1^2 - s_2^2}{2 s_1}\, \theta^2 \tag{18.2} $$
#
# The value is wrong by the *square* of the angle: it converges with $(s_2 / s_1)^4$, and if $s_2$ is near $s_1$, so that the angle shrinks slowly, then the factor in front is small. So one step of power iteration for each step of training is enough. $W$ changes a little, $v$ is kept and follows. Notice the sign of the error: $\lVert M v \rVert \le s_1$, always, so a lagging $\sigma$
# divides by too little, and D is a little steeper than 1.

# %%
rng = np.random.default_rng(0)
layer = SpectralNorm(Dense(6, 4)).init(0, np.float64)
U, V = (np.linalg.qr(rng.standard_normal((n, 4)))[0] for n in (6, 4))
start = V @ np.array([0.5, 1.0, 0.7, 0.3])
k = np.arange(25)
title = "The angle shrinks by (s2/s1)² a step, the error of the value by its square"
with figure(title, panels=2, size=(9.5, 3.4)) as axes:
    for ax, second, labelled in zip(axes, (0.7, 0.9), (True, False), strict=True):
        layer.layer.W[...] = U * np.array([1, second, 0.5, 0.2]) @ V.T
        layer.v[...] = start
        found = [layer._estimate(int(n)) for n in k]
        angle = np.array([np.linalg.norm(v - V[:, 0] * (v @ V[:, 0])) for _, v, _ in found])
        off = np.array([1 - sigma for _, _, sigma in found])
        for marks, line, power in (("o", angle, 2), ("s", off, 4)):
            name = {2: "sine of the angle of v", 4: "1 - σ"}[power] if labelled else None
            ax.semilogy(k, line, marks, color="black", markersize=4, markerfacecolor="none", label=name)
            name = f"slope (s2/s1)^{power}" if labelled else None
            ax.semilogy(k[6:], line[6] * second ** (power * (k[6:] - 6)), color="0.4", label=name)
        ax.set(title=f"s1 = 1, s2 = {second}", xlabel="steps of power iteration", ylim=(1e-8, 3))
        rate = angle[20] / angle[19]
        print(f"s2 = {second}: a step shrinks the angle by {rate:.4f}, (s2/s1)² = {second**2:.4f}")
        assert abs(rate - second**2) < 1e-3

# %% [markdown]
# ## Derive: the gradient through W / σ
#
# The layer uses $\bar W = W / \sigma$ instead of $W$:
#
# $$ y = L(x;\; W / \sigma) \tag{eq:spectral.forward} $$
#
# Backpropagation gives $d\bar W$, the gradient of the loss in $\bar W$, as for any layer. We want $dW$. The obvious answer $d\bar W / \sigma$ forgets that $\sigma$ depends on $W$. How does $\sigma$ change? With the exact vectors, $\sigma = u^\top W v$, and if $W$ moves by a small $\delta W$,
#
# $$ \delta \sigma = u^{\top}\, \delta W\, v + \delta u^{\top}\, W v + u^{\top} W\, \delta v = u^{\top}\, \delta W\, v + \sigma\, \delta u^{\top} u + \sigma\, v^{\top} \delta v = u^{\top}\, \delta W\, v \tag{18.3} $$
#
# because $W v = \sigma u$ and $W^\top u = \sigma v$, and a vector that stays of length 1 moves at right angles to itself. *To first order the vectors may be held fixed.* With $\delta \bar W = \delta W / \sigma - W\, \delta\sigma / \sigma^2$ the loss moves by
#
# $$ \langle d\bar W, \delta \bar W \rangle = \frac1\sigma \langle d\bar W, \delta W \rangle - \frac1\sigma \langle d\bar W, \bar W \rangle\, u^{\top} \delta W\, v \tag{18.4} $$
#
# where $\langle A, B \rangle$ is the sum of all products of entries. And $u^\top \delta W\, v = \langle u v^\top, \delta W \rangle$, so the factor of $\delta W$ is
#
# $$ dW = \frac{1}{\sigma} \Bigl( d\bar W - \langle d\bar W, \bar W \rangle\, u v^{\top} \Bigr), \qquad \bar W = W / \sigma \tag{eq:spectral.dW} $$
#
# What does the second term do? Multiply by $W$ and sum: $\langle dW, W \rangle = \langle d\bar W, \bar W \rangle - \langle d\bar W, \bar W \rangle\, u^\top \bar W v = 0$, as $u^\top \bar W v = 1$. **The gradient is at right angles to the weights.** It has to be: $17\, W$ makes the same layer as $W$, so along $W$ the loss is flat.
#
# **By hand.** $W = \begin{pmatrix} 3 & 0 \\ 0 & 4 \end{pmatrix}$, so $\sigma = 4$ and $u = v = (0, 1)$. With $x = (1, 2)$ and $dy = (1, 1)$, $d\bar W = x^\top dy = \begin{pmatrix} 1 & 1 \\ 2 & 2 \end{pmatrix}$, and $\langle d\bar W, \bar W \rangle = 1 \cdot \frac34 + 2 \cdot 1 = \frac{11}{4}$. So
# $dW = \frac14 \begin{pmatrix} 1 & 1 \\ 2 & 2 - \frac{11}{4} \end{pmatrix}$, and $\langle dW, W \rangle = \frac34 - \frac34 = 0$.
#
# ## See the code
#
# Notice three things. `_normalised` gives the wrapped layer other weights for a moment and collects the gradient, so no layer needs to know
# about it. `forward`, for training, takes one step of power iteration and keeps `v`; `__call__`, for evaluation, takes none. And $\sigma$
# divides only the weights: a bias does not change differences.

# %%
show_source(
    SpectralNorm._estimate,
    SpectralNorm._normalised,
    SpectralNorm.forward,
    SpectralNorm.__call__,
    SpectralNorm.accumulate,
)

# %% [markdown]
# ## Check: the gradient, and how exact the vectors have to be
#
# A new layer starts from the exact vectors (`reset` computes one decomposition), so all checks of lesson 4 apply to a network of such layers, those of second order too. Then we move $W$ far from where it was, let $v$ take $k$ steps towards the new vector, and compare the gradient with differences of a forward pass that takes its step of power iteration as always.

# %%
show_checks(network_checks(network([3, 5, 4, 1], SpectralNorm), (6, 3)))

x, dy = rng.standard_normal((5, 6)), rng.standard_normal((5, 4))
layer.layer.W[...] = U * np.array([1, 0.8, 0.5, 0.2]) @ V.T


def value(W, v):
    layer.layer.W[...], layer.v[...] = W, v
    return float(np.sum(dy * layer.forward(x)[0]))


W, errors = layer.layer.W.copy(), {}
for n in (0, 5, 10, 20, 40):
    layer.layer.W[...], layer.v[...], layer.grad[...] = W, start, 0
    v = layer._estimate(n)[1]
    layer.v[...] = v
    layer.accumulate(dy, layer.forward(x)[1])
    got = layer.layer.dW.copy()
    expected = numerical_gradient(lambda W, v=v: value(W, v), W.copy())
    errors[n] = compare("dW", got, expected, FIRST).error
    print(f"v {n:2d} steps behind W: error of dW {errors[n]:.0e}   <dW, W> = {np.sum(got * W):.0e}")
assert errors[40] < 1e-6 < 1e-3 < errors[0]

# %% [markdown]
# The error falls like the angle of $v$, not like its square: for the gradient the direction matters. $\langle dW, W \rangle = 0$ holds at every stage, since the library's $\sigma$ is $\lVert M v \rVert$ with the $v$ it has, however inexact that is. In training $W$ moves in small steps, and $v$ is seldom far behind.
#
# ## Derive: what it means for a convolution
#
# For a convolution the library, like the paper, takes the kernel as a matrix $M$ of shape $(k^2 c_{\text{in}},\, c_{\text{out}})$: all but the last axis, last axis. That is the map of *one window* to one pixel. The layer applies it to all windows, and its true norm is that of the whole map, image to image. Let window $i$ of $x$ be $x_{(i)}$, with $k^2 c_{\text{in}}$ numbers:
#
# $$ \lVert y \rVert^2 = \sum_i \lVert M^\top x_{(i)} \rVert^2 \le \sigma(M)^2 \sum_i \lVert x_{(i)} \rVert^2 \le \sigma(M)^2 \Bigl\lceil \frac ks \Bigr\rceil^2 \lVert x \rVert^2 \tag{18.5} $$
#
# because with stride $s$ each pixel lies in at most $\lceil k / s \rceil$ windows along each axis. For the lower bound, an image that is zero except in one whole window can reach $\sigma(M)$ there, and other windows that overlap with it can only add. So
#
# $$ \sigma(M) \le \lVert \text{convolution} \rVert \le \lceil k / s \rceil\, \sigma(M) \tag{18.6} $$
#
# The kernels of lesson 10, $4 \times 4$ with stride 2, may therefore stretch by 2 each after spectral normalisation, and three of them by 8. Here is the whole map on an image of $8 \times 8$, computed column by column, one pixel at a time. A kernel of ones comes near the bound: one smooth image is the best for all windows. Where windows do not overlap, both norms are one.


# %%
def norms(layer, size=8):
    """-> of the reshaped kernel, of the whole convolution on an image of size x size."""
    pixels = np.eye(size * size * layer.c_in).reshape(-1, size, size, layer.c_in)
    whole = layer.apply(pixels).reshape(len(pixels), -1)
    return [np.linalg.svd(A, compute_uv=False)[0] for A in (layer.W.reshape(-1, layer.c_out), whole)]


for k, s, pad in ((3, 1, 1), (4, 2, 1), (4, 4, 0)):
    conv = Conv2d(2, 3, k, s, pad).init(0, np.float64)
    drawn = norms(conv)
    conv.W[...] = 1
    flat = norms(conv)
    print(f"{conv!s:<32} true norm / norm of M: drawn {drawn[1] / drawn[0]:.2f}", end="   ")
    print(f"all ones {flat[1] / flat[0]:.2f}   at most {-(-k // s)}")
    for matrix, true in (drawn, flat):
        assert matrix * (1 - 1e-12) <= true <= -(-k // s) * matrix * (1 + 1e-12)

# %% [markdown]
# (Sedghi, Gupta and Long, 2019, compute the true norm by a Fourier transform.) In practice the factor does no harm: a D whose gradient is bounded by 8 is bounded too, and a larger bound is welcome, as we will see now.
#
# ## Derive: a budget of kinks
#
# Why 0.4? A D with one hidden layer is $D(x) = \sum_i b_i\, \varphi(a_i x + c_i) + c$, and its two matrices, one row and one column, have the norms $\lVert a \rVert = \lVert b \rVert = 1$. LeakyReLU is a straight line and an absolute value,
#
# $$ \varphi(t) = \frac{1 + \alpha}{2}\, t + \frac{1 - \alpha}{2}\, |t| \tag{18.7} $$
#
# so with the place $k_i = -c_i / a_i$ of the kink of unit $i$,
#
# $$ D(x) = \text{a straight line} + \frac{1 - \alpha}{2} \sum_i b_i\, |a_i|\; |x - k_i| \tag{18.8} $$
#
# Let there be $K$ fakes in a row, each between two reals at the distance $h$ on either side. Their earth mover's distance is $h$. What does each term show, $\operatorname{mean} D(\text{real}) - \operatorname{mean} D(\text{fake})$? A straight line shows nothing, since a fake lies in the middle of its reals. Nor does $|x - k|$ at a fake $y$ if $k$ is farther from it than $h$, because it is straight there. Otherwise it shows
# $\frac12 (|y - h - k| + |y + h - k|) - |y - k| = h - |y - k|$, at most $h$, if the kink is at the fake. *A kink helps one fake of the $K$,* so it shows at most $h / K$. And by the inequality of Cauchy and Schwarz $\sum_i |b_i| |a_i| \le \lVert b \rVert \lVert a \rVert = 1$. Together
#
# $$ \frac{\operatorname{mean} D(\text{real}) - \operatorname{mean} D(\text{fake})}{W} \le \frac{1 - \alpha}{2 K} \tag{18.9} $$
#
# That is 0.4 for one fake and $\alpha = 0.2$, and for $K$ of them 0.4 divided by $K$, with any number of units. **Spectral norm bounds the gradient by 1, but it also limits the kinks.** The best critic, with gradient $\pm 1$ and a kink at every point, is a 1-Lipschitz function, but this D cannot come near it. (Anil, Lucas and Grosse, 2019: a network of this kind whose gradient *has* the norm 1 everywhere is a linear function.)
#
# Deeper networks can do a little more, as we measure.

# %%
for hidden in (1, 3):
    for K in (1, 2, 4, 8):
        critics[hidden, K] = critics.get((hidden, K)) or taught(K, hidden)
        shown = critics[hidden, K][1]
        bound = f"   (18.9): {0.4 / K:.3f}" if hidden == 1 else ""
        print(f"{hidden} hidden, {K} valleys: it shows {shown:.3f} of the distance{bound}")

at = np.linspace(-1, 1, 401)[:, None]
real, fake = valleys(4)
title = "With spectral norm D can make one bowl, but hardly any ripples"
with figure(title, panels=2, size=(10, 3.6)) as (left, right):
    best = 0.25 - np.abs((at + 1) % 0.5 - 0.25)
    left.plot(at, 0.25 - best, color="0.6", linewidth=3, linestyle="-", label="best critic")
    for hidden, style in ((1, "--"), (3, "-.")):
        D = critics[hidden, 4][0]
        left.plot(at, D(at) - D(at).min(), linestyle=style, color="black", label=f"{hidden} hidden")
    left.plot(fake, 0 * fake - 0.03, "x", color="#d1600a", markersize=8, label="fakes")
    left.plot(real, 0 * real - 0.03, "o", color="#1f4e9c", markersize=6, label="reals")
    left.set(title="four valleys", xlabel="place", ylabel="score")
    left.legend(fontsize=8, loc="upper center", ncols=2)
    Ks = np.array([1, 2, 4, 8])
    right.loglog(Ks, 0 * Ks + 1.0, color="0.6", linewidth=3, linestyle="-", label="best critic")
    right.loglog(Ks, 0.4 / Ks, color="black", linestyle=":", label="(18.9)")
    for hidden, mark in ((1, "o"), (3, "^")):
        shares = [critics[hidden, K][1] for K in Ks]
        right.loglog(Ks, shares, mark, color="black", markersize=7, label=f"{hidden} hidden")
    right.set(title="share of the distance shown", xlabel="valleys K", xticks=Ks, xticklabels=Ks)
    right.minorticks_off()
    right.legend(fontsize=8, loc="lower left")

assert quick() or all(abs(critics[1, K][1] * K - 0.4) < 0.005 for K in Ks)
usually(
    "three hidden layers show more than one, and less than twice as much",
    all(0.4 < critics[3, K][1] * K < 0.8 for K in Ks),
)
assert all(critics[1, K][1] <= 0.4 / K + 0.002 for K in Ks)

# %% [markdown]
# Look at the bowl. An upward kink at any of the fakes counts the same, so D makes a bowl of them. It tells all fakes except the innermost
# ones to go *outward*, not to the real next to them. So much for four fakes in a row. The grid of lesson 9 has 25 modes; there this D sees
# one heap of data and one heap of fakes, and their outlines.
#
# How loose is the product of the norms, as a bound on the gradient? Very, and more so with depth: the direction that one layer stretches most is not the one that the next does.


# %%
def gradient_at(D, x):
    scores, caches = D.forward(x)
    return np.linalg.norm(D.backward(np.ones_like(scores), caches, learn=False), axis=1)


square = np.random.default_rng(3).uniform(-1, 1, (4000, 2))
ratios = []
for depth in (1, 2, 3, 4):
    D = network([2, *[64] * depth, 1], rng=depth)
    product = np.prod([np.linalg.svd(part.W, compute_uv=False)[0] for part in D.layers[::2]])
    ratios.append(product / gradient_at(D, square).max())
    print(
        f"{depth} hidden: product of the norms {product:6.1f}, largest gradient found {product / ratios[-1]:.2f}"
    )
assert ratios[-1] > 20 > 5 > ratios[0]

# %% [markdown]
# ## Derive: a layer that connects all pixels
#
# A convolution has a second limit besides its kinks. With kernels of $3 \times 3$ and stride 1 a pixel gets one step further in each layer, so the corner of an $8 \times 8$ image reaches the opposite one after seven, and by a single path. If a kernel of one channel has the norm 1, the squares of its nine entries sum to 1; if they are all alike, each is $\frac13$, and the path is worth $3^{-7} = 1/2187$.
# A kernel with a single nonzero corner entry gets there with 1, and sees nothing else. Zhang et al. (2019) normalise the weights and add a layer that treats near and far pixels alike: *self-attention* (SAGAN).
#
# Take an image as a list of its $T = H W$ pixels, $x$ of shape $(T, C)$. Each pixel has a query, a row of $q$, a key, a row of $k$, and a value, a row of $v$; all three are dense layers of the same $x$, with $W_q, W_k$ of shape $(C, d)$ and $W_v$ of shape $(C, C)$. An inner product measures how well the query of $i$ fits the key of $j$. With entries of variance 1 a sum of $d$ products has the variance $d$, and dividing by the root makes it 1 again:
#
# $$ S = \frac{q\, k^{\top}}{\sqrt d}, \qquad q = x W_q, \quad k = x W_k, \quad v = x W_v \tag{eq:attention.scores} $$
#
# $S$ is $(T, T)$: every pixel against every pixel, at any distance. A softmax makes each row a probability, the attention of pixel $i$ to all $j$:
#
# $$ A_{ij} = \frac{e^{S_{ij}}}{\sum_l e^{S_{il}}} \tag{eq:attention.weights} $$
#
# Pixel $i$ gets the weighted mean of all values, $(A v)_i = \sum_j A_{ij} v_j$. It is added to the pixel, times one number $\gamma$ that is learned and starts at 0: the layer begins as the identity.
#
# $$ y = x + \gamma\, A v \tag{eq:attention.forward} $$
#
# **By hand.** One channel, $W_q = W_k = W_v = 1$, $\gamma = 2$, two pixels $0$ and $a = \sqrt{\log 3}$. The first has the scores $0, 0$, so it weights both equally and gets $a / 2$. The second has $0$ and $a^2 = \log 3$, so the weights $\frac14$ and $\frac34$, and gets $\frac34 a$. $y = (a,\; \frac52 a)$.
#
# **Through the softmax.** In one row, $\partial A_j / \partial S_l = A_j\, ([j = l] - A_l)$: the numerator gives the first term, the denominator the second. The matrix is symmetric, so backward (from a gradient $d$ in $A$) and tangent (from a direction $d$ of $S$) multiply by the same matrix:
#
# $$ J_A\, d = A \odot \Bigl( d - \sum_j A_j d_j \Bigr) \tag{eq:attention.softmax} $$
#
# **Backward.** All else is products of two matrices, and lesson 2 has the rule: from $o = A v$ follow $dA = do\, v^{\top}$ and $dv = A^{\top} do$, here with $do = \gamma\, dy$; from $q\, k^{\top}$, with the gradient $dS$ (we divide it by $\sqrt d$ at once), follow $dq = dS\, k$ and $dk = dS^{\top} q$. The pixels are used four times, directly and in $q$, $k$ and $v$, so their gradient is a sum of four:
#
# $$ \begin{aligned} dS &= J_A (\gamma\, dy\, v^{\top}) / \sqrt d \\ dx &= dy + dS\, k\, W_q^{\top} + dS^{\top} q\, W_k^{\top} + \gamma\, A^{\top} dy\, W_v^{\top} \end{aligned} \tag{eq:attention.dx} $$
#
# The weights are those of three dense layers, `eq:dense.dW` three times, and $\gamma$ has multiplied every entry of $A v$:
#
# $$ dW_q \mathrel{+}= x^{\top} dq, \quad dW_k \mathrel{+}= x^{\top} dk, \quad dW_v \mathrel{+}= x^{\top} dv, \quad d\gamma \mathrel{+}= \sum dy \odot A v \tag{eq:attention.dW} $$
#
# **Tangent.** A penalty needs more (lesson 15). The letter $v$ is used already, so the incoming direction is $\dot x$, and a dot marks the directions that follow from it: $\dot q = \dot x W_q$, $\dot k = \dot x W_k$, $\dot v = \dot x W_v$, and then the product rule twice, with the softmax in between.
#
# $$ \dot S = \frac{\dot q\, k^{\top} + q\, \dot k^{\top}}{\sqrt d}, \qquad \dot A = J_A \dot S, \qquad w = \dot x + \gamma\, (\dot A v + A \dot v) \tag{eq:attention.tangent} $$
#
# **Second order.** Now backward through these lines, from $d\dot o = \gamma\, dw$, the gradient of $\dot o = \dot A v + A \dot v$. Each array collects a gradient from every product that contains it. $A$ appears in three places: in $A \dot v$, and in $\dot A = A \odot (\dot S - r)$ twice, as the factor and inside $r$, the sum over a row of $A \dot S$; a change of $r$ costs $-\sum A\, d\dot A$. $\dot S$ appears only in $\dot A$, through $J_A$, and $q$ appears in $\dot S$ and, through $A$, in $S$.
#
# $$ \begin{aligned} d\dot A &= d\dot o\, v^{\top}, \qquad dA = d\dot o\, \dot v^{\top} + d\dot A \odot (\dot S - r) - \dot S \textstyle\sum A\, d\dot A, \qquad r = \sum A \dot S \\ dq &= d\dot S\, \dot k + dS\, k, \qquad dk = d\dot S^{\top} \dot q + dS^{\top} q, \qquad d\dot S = \frac{J_A d\dot A}{\sqrt d}, \quad dS = \frac{J_A dA}{\sqrt d} \end{aligned} \tag{eq:attention.second} $$
#
# With $dv = \dot A^{\top} d\dot o$ the curvature of `eq:layer.curvature` is $dq\, W_q^{\top} + dk\, W_k^{\top} + dv\, W_v^{\top}$. The gradient in the direction is that of `backward`, with $dw$ in place of $dy$, and a weight gets contributions from both streams, as in (15.2).
#
# **The cost.** $S$ has $T^2$ numbers for each image, a million at $32 \times 32$, so the layer is used where the maps are small. And the bound on the gradient is lost. Let a pixel be 0, so that it weights all pixels equally, and change it by $\delta x$: its scores change by $\delta x\, W_q k_j^{\top} / \sqrt d$, and its output, besides its own share of $\frac1T$, by the *covariance* of keys and values over the image, which grows with the square of the pixels. No norm of the three matrices bounds the gradient of this layer (Kim, Papamakarios and Mnih, 2021);
# SAGAN divides them by their norms nevertheless.
#
# ## See the code: self-attention
#
# In the code a $t$ stands for a dot, and `val` is $v$ where `v` is the direction.

# %%
show_source(
    SelfAttention.forward,
    SelfAttention._heads,
    SelfAttention.back,
    SelfAttention.tangent,
    SelfAttention.backward_tangent,
    attention._softmax,
)

# %% [markdown]
# ## Check: attention, all five verbs
#
# First and second order against differences, then the pixels by hand, the corners of the image, and the gradient at a pixel 0 between $t$ and $-t$: one channel, all weights 1, so $1 + \frac13 + \frac23 t^2$.

# %%
assert not show_checks(layer_checks(SelfAttention(3, 2), (2, 2, 3, 3)))


def corner_to_corner(layers, x, of=(-1, -1), by=(0, 0)):
    """The derivative of one output pixel with respect to one input pixel."""
    net = Sequential(*layers, rng=0)
    for part in net.layers:
        for name in part.parameters:
            getattr(part, name)[...] = {"W": 1 / 3, "b": 0}.get(name, 1)
    y, caches = net.forward(x)
    dy = np.zeros_like(y)
    dy[0, *of] = 1
    return float(net.backward(dy, caches, learn=False)[0, *by, 0])


by_hand = SelfAttention(1, 1).init(0, np.float64)
by_hand.theta[...] = 1, 1, 1, 2  # Wq, Wk, Wv, gamma
a = np.sqrt(np.log(3))
blank = np.zeros((1, 8, 8, 1))
far = corner_to_corner([Conv2d(1, 1, 3, 1, 1) for _ in range(7)], blank)
everywhere = corner_to_corner([SelfAttention(1, 1)], blank)
print(
    f"corner to corner: seven convolutions 1/{1 / far:.0f}, attention that looks at all alike 1/{1 / everywhere:.0f}\n"
)
checks = [
    compare(
        "two pixels by hand", by_hand(np.array([0, a]).reshape(1, 1, 2, 1)).ravel(), [a, 2.5 * a], 1e-12
    ),
    compare("seven convolutions", far, 3.0**-7, 1e-6),
]
for size in (1, 2, 4, 8):
    x = np.array([0.0, size, -size]).reshape(1, 1, 3, 1)
    gradient = corner_to_corner([SelfAttention(1, 1)], x, (0, 0))
    checks.append(compare(f"gradient at 0, t = {size}", gradient, 4 / 3 + 2 / 3 * size**2, 1e-6))
assert not show_checks(checks)

# %% [markdown]
# ## Derive: the six losses, four curves
#
# Now the losses. A loss acts on D and G through its gradients in the scores; a *push* is minus a gradient, the direction in which a score should move. Those made of softplus were differentiated in lessons 3 and 17. The other three take a line each; in all of them a score has the share $\frac1N$ in its mean.
#
# *Least squares* (`eq:loss.least_squares.d`): the $\frac12$ cancels the 2 of the square. The gradient is the difference from the label, 1 for a real, 0 for a fake:
#
# $$ dr = \frac{r - 1}{N}, \qquad df = \frac{f}{N} \tag{eq:loss.least\_squares.d.gradients} $$
#
# G wants the label of the reals for its fakes, and pushes with the distance from it:
#
# $$ L_G = \tfrac12 \operatorname{mean}\,(f - 1)^2 \tag{eq:loss.least\_squares.g} $$
#
# $$ df = \frac{f - 1}{N} \tag{eq:loss.least\_squares.g.gradients} $$
#
# *Hinge* (`eq:loss.hinge.d`): $\max(0, 1 - r)$ is the line $1 - r$ to the left of 1 and 0 to the right of it; $\max(0, 1 + f)$ is $1 + f$ to the right of $-1$. At the kink itself any number between the two would do, and the library uses 0. With $[\;]$ for 1 if true and 0 if not,
#
# $$ dr = -\frac{[\,r < 1\,]}{N}, \qquad df = \frac{[\,f > -1\,]}{N} \tag{eq:loss.hinge.d.gradients} $$
#
# G has no margin. It raises its scores, whatever they are, with a constant gradient:
#
# $$ L_G = -\operatorname{mean} f \tag{eq:loss.hinge.g} $$
#
# $$ df = -\frac1N \tag{eq:loss.hinge.g.gradients} $$
#
# *Wasserstein* (`eq:loss.wasserstein.d`): the same without a margin, straight lines for D too,
#
# $$ dr = -\frac1N, \qquad df = \frac1N \tag{eq:loss.wasserstein.d.gradients} $$
#
# and $L_G$ is exactly the hinge's, so only the D that G climbs is different:
#
# $$ df = -\frac1N \tag{eq:loss.wasserstein.g.gradients} $$
#
# Now all six in a picture. The relativistic loss compares two scores, $L_D = \operatorname{mean} \operatorname{softplus}(f - r)$; we hold the other one at 0. The library computes everything.

# %%
s = np.linspace(-3, 3, 241)
zero, one = np.zeros(1), np.ones_like


def of_d(loss, real):
    """Value and push of D's loss, the score of one real (or one fake) at s, the other at 0."""
    rows = [loss.d(a, zero) if real else loss.d(zero, a) for a in s[:, None]]
    return np.array([row[0] for row in rows]), -np.array([row[1 if real else 2][0] for row in rows])


def of_g(loss):
    rows = [loss.g(zero, a) for a in s[:, None]]
    return np.array([row[0] for row in rows]), -np.array([row[1][0] for row in rows])


LOOKS = {  # what a curve is called for G, and how it is drawn
    "minimax": ("minimax", "#5d4037", (0, (5, 1, 1, 1))),
    "non_saturating": ("non-saturating, relativistic", "#1f4e9c", "-"),
    "least_squares": ("least squares", "#d1600a", "--"),
    "hinge": ("hinge", "#2e7d32", "-."),
    "wasserstein": ("hinge, Wasserstein", "#7b1fa2", ":"),
}
title = "Six losses, a handful of curves: they differ little near the middle, and most where D is sure"
with figure(title, panels=(2, 3), size=(11, 6)) as axes:
    columns = (
        (
            "D, a real",
            lambda loss: of_d(loss, True),
            ("non_saturating", "least_squares", "hinge", "wasserstein"),
        ),
        (
            "D, a fake",
            lambda loss: of_d(loss, False),
            ("non_saturating", "least_squares", "hinge", "wasserstein"),
        ),
        ("G, a fake", of_g, ("minimax", "non_saturating", "least_squares", "wasserstein")),
    )
    for column, (who, curves, names) in zip(axes.T, columns, strict=True):
        for name in names:
            values, pushes = curves(losses.GAN_LOSSES[name])
            label, colour, dashes = LOOKS[name]
            if who != "G, a fake":
                label = {
                    "non_saturating": "minimax, non-saturating,\nrelativistic",
                    "wasserstein": "Wasserstein",
                }.get(name, label)
            style = {"label": label, "color": colour, "linestyle": dashes}
            column[0].plot(s, values - values[120], **style)
            column[1].plot(s, pushes, **style)
        column[0].set(title=f"{who}: loss, less that at score 0", ylim=(-3, 4))
        column[1].set(title=f"{who}: push", xlabel="score", ylim=(-3.2, 3.2))
        column[0].legend(fontsize=7.5)
        column[1].legend([], [])

pushes = {
    name: (of_d(loss, True)[1], of_d(loss, False)[1], of_g(loss)[1])
    for name, loss in losses.GAN_LOSSES.items()
}
assert np.allclose(pushes["relativistic"], pushes["non_saturating"])
assert np.array_equal(pushes["hinge"][2], pushes["wasserstein"][2])
at_0 = {name: [float(push[120]) for push in of_all] for name, of_all in pushes.items()}
for name, (on_real, on_fake, on_g) in at_0.items():
    print(
        f"{name:<15} push at score 0: D on a real {on_real:4.1f}, D on a fake {on_fake + 0.0:4.1f}, G {on_g:4.1f}"
    )
assert at_0["least_squares"] == [1, 0, 1]  # 0 is the label of a fake
assert at_0["hinge"] == at_0["wasserstein"] == [1, -1, 1]
assert at_0["minimax"] == at_0["non_saturating"] == at_0["relativistic"] == [0.5, -0.5, 0.5]
inside = np.abs(s) < 0.99
assert np.array_equal(np.array(pushes["hinge"])[:, inside], np.array(pushes["wasserstein"])[:, inside])

# %% [markdown]
# *At score 0* the pushes are not equal: softplus pushes with $\frac12$, hinge and Wasserstein with 1. Least squares pushes a real with 1 and
# a fake not at all, because 0 is the label of a fake. But each is smooth there (or straight), which will be important below.
#
# *Saturating:* the minimax G gets no gradient where D is sure (score far to the left), the only loss of G that does so. For D, softplus and
# hinge stop pushing scores that are right by far. Least squares pulls *back* a score that is beyond its label, and Wasserstein pushes on for
# ever. *How strong:* on a very wrong score softplus, hinge and Wasserstein push with 1 at most, least squares without limit, so one odd
# picture can dominate a batch.
#
# *Is there a fixed point?* Let reals and fakes be alike, so D gives all of them one score $s$. In which direction does D's loss push $s$?

# %%
print("push on a common score of   " + "".join(f"{a:7.1f}" for a in (-2.0, 0.0, 0.5, 2.0)))
for name, loss in losses.GAN_LOSSES.items():
    gradients = [loss.d(np.array([a]), np.array([a]))[1:] for a in (-2.0, 0.0, 0.5, 2.0)]
    print(f"{name:<28}" + "".join(f"{round(-float(dr[0] + df[0]), 2) + 0.0:7.2f}" for dr, df in gradients))

# %% [markdown]
# Minimax, non-saturating and relatives pull it to 0, least squares to $\frac12$, the middle of its labels. The hinge leaves it where it is between $-1$ and $1$. Wasserstein and the relativistic loss see differences only and leave it anywhere: their scores may drift, and mean nothing by themselves. Where a curve of pushes falls there is curvature, and by lesson 16 curvature is friction; in the margin hinge and Wasserstein have none.
#
# ## Derive: D at its best
#
# As in lesson 7, a die with faces $k$: the real one with the probabilities $p_k$, G's with $q_k$, and D with a free score $s_k$ for each. Where a real costs $a(s)$ and a fake $b(s)$, each face minimises $p\, a(s) + q\, b(s)$ for itself.
#
# - *Minimax, non-saturating:* $-p\, \sigma(-s) + q\, \sigma(s) = 0$ gives $s = \log p/q$ (lesson 6).
# - *Least squares:* $p\,(s - 1) + q\, s = 0$ gives $s = p / (p + q)$. (With the labels $1$ and $-1$ it would be $(p - q) / (p + q)$.)
# - *Hinge:* between $-1$ and $1$ the sum is a straight line of slope $q - p$, beyond $1$ only $q$ is left, which rises, and below $-1$ only $-p$, which falls. So the best is at a kink, $s = \operatorname{sign}(p - q)$. This D gives a vote instead of a ratio.
# - *Wasserstein:* the straight line without kinks. There is no best score unless D is bounded.
# - *Relativistic:* a pair of faces, $j$ real and $k$ fake, has the probability $p_j q_k$, the reverse $p_k q_j$. For this pair $t = s_j - s_k$ costs $p_j q_k \operatorname{softplus}(-t) + p_k q_j \operatorname{softplus}(t)$, which is least at $t = \log \frac{p_j q_k}{p_k q_j}$. All pairs reach their minimum at once with $s = \log p/q + \text{any constant}$.
#
# Put in, these leave behind (the first is (7.7), the last is the same computation for pairs, $p \otimes q$ having the entries $p_j q_k$):
#
# $$ \begin{aligned} \text{minimax} &: \log 4 - 2\, \mathrm{JSD}(p, q) & \text{least squares} &: \tfrac14 - \tfrac18 \textstyle\sum \frac{(p - q)^2}{p + q} \\ \text{hinge} &: 2 - \textstyle\sum |p - q| & \text{relativistic} &: \log 2 - \mathrm{JSD}(p \otimes q,\, q \otimes p) \end{aligned} \tag{18.10} $$
#
# For least squares use $4 p q = (p + q)^2 - (p - q)^2$; for the hinge each face costs $p + q - |p - q|$. Half of $\sum |p - q|$ is the *total variation*, the largest difference of probability that any one event can show.
#
# ## Derive: what G minimises
#
# Against D at its best a fake of face $k$ costs $c_k$, and for the first three losses that depends on one number only, $u_k = q_k / p_k$: how overcrowded its face is. G follows $\sum_k c_k\, \delta q_k$ with D held fixed. Is that the gradient of something? Take a function $\Phi$ with $\Phi' = c$:
#
# $$ \delta \sum_k p_k\, \Phi\Bigl( \frac{q_k}{p_k} \Bigr) = \sum_k \Phi'(u_k)\, \delta q_k = \sum_k c(u_k)\, \delta q_k \tag{18.11} $$
#
# So *the integral of the cost over the crowding is what G minimises.* If $c$ rises with $u$, then $\Phi$ is convex, and the sum is least at $q = p$, because $\sum p_k \Phi(u_k) \ge \Phi(\sum p_k u_k) = \Phi(1)$.
#
# $$ \begin{aligned} \text{minimax} &: c = \log \tfrac{u}{1 + u} & \Phi &= u \log u - (1 + u) \log (1 + u) \\ \text{non-saturating} &: c = \log (1 + u) & \Phi &= (1 + u) \log (1 + u) - u \\ \text{least squares} &: c = \tfrac12 \bigl( \tfrac{u}{1 + u} \bigr)^2 & \Phi &= \tfrac12 \bigl( u - 2 \log (1 + u) - \tfrac{1}{1 + u} \bigr) \\ \text{hinge} &: c = \operatorname{sign}(u - 1) & \Phi &= |u - 1| \end{aligned} \tag{18.12} $$
#
# The first is $2\, \mathrm{JSD} - \log 4$, the second (7.12) again, the last twice the total variation. What least squares minimises has no name. (Mao and his colleagues find Pearson's $\chi^2$ for labels with $b - c = 1$ and $b - a = 2$, such as $-1$, $1$ and $0$, and with G's loss taken over the reals as well; for the labels that everybody uses, $0$, $1$ and $1$, it is this.) Wasserstein, with the best 1-Lipschitz critic, minimises $W$, by (7.10).
# Against the relativistic D a fake costs $\sum_j p_j \log(1 + u_k / u_j)$: it is compared with all others, and rises with $u_k$ too.

# %%
log_u = np.linspace(-5, 5, 201)
u = np.exp(log_u)
costs = {
    "minimax": np.log(u / (1 + u)),
    "non-saturating": np.log(1 + u),
    "least squares": 0.5 * (u / (1 + u)) ** 2,
    "hinge": np.sign(u - 1),
}
title = "Minimax rewards a forgotten place without limit; the non-saturating loss punishes an invented one"
with figure(title, size=(8.5, 3.6)) as ax:
    for name, cost in costs.items():
        ax.plot(log_u, cost, label=name)
    ax.set(xlabel="log q/p: left, fakes are missing; right, there are too many", ylabel="cost of a fake")
    ax.legend(loc="upper left")

# %% [markdown]
# ## Derive: from a divergence to a loss
#
# (18.11) starts from a loss and finds a divergence. Nowozin, Cseke and Tomioka (2016) start from a divergence, an *f-divergence* $\sum_k q_k\, f(p_k / q_k)$ with a convex $f$ and $f(1) = 0$, and find a loss. A convex function is the upper edge of its tangents: $f(t) = \max_T\, [\, t\, T - f^*(T) \,]$, where the *conjugate* $f^*(T) = \max_t\, [\, t\, T - f(t) \,]$ says how low the tangent with slope $T$ has to be. With one $T_k$ for each face,
#
# $$ \sum_k q_k\, f\Bigl( \frac{p_k}{q_k} \Bigr) = \max_T \Bigl[ \sum_k p_k T_k - \sum_k q_k\, f^*(T_k) \Bigr], \qquad T_k = f'(p_k / q_k) \text{ at best} \tag{18.13} $$
#
# and that is a game for D: large $T$ on reals, small $f^*(T)$ on fakes. One conjugate by hand. $\mathrm{KL}(p \Vert q)$ has $f(t) = t \log t$. The derivative of $t\, T - t \log t$ is $T - \log t - 1$, zero at $t = e^{T - 1}$, so $f^*(T) = e^{T - 1}\, T - e^{T - 1} (T - 1) = e^{T - 1}$. D's loss is $\operatorname{mean} e^{f - 1} - \operatorname{mean} r$, its best score $1 + \log p/q$, and what is left is
# $-\mathrm{KL}(p \Vert q)$. The same with $f(t) = |t - 1|$ gives $f^*(T) = T$ for $|T| \le 1$, and nothing is gained beyond: the Wasserstein loss for a D whose *scores* are bounded, which is the hinge at its best. A bound on the scores gives total variation, a bound on the gradient gives $W$.
#
# ## Check: the gradients, D at its best, and what G minimises
#
# First the gradients of the three losses, D's and G's, against differences.

# %%
checks = []
some_real, some_fake = 1.5 * np.random.default_rng(18).standard_normal((2, 9))
for loss in (losses.least_squares, losses.hinge, losses.wasserstein):
    _, dr, df = loss.d(some_real, some_fake)
    gradients = {
        "D, dr": (dr, lambda s, loss=loss: loss.d(s, some_fake)[0], some_real),
        "D, df": (df, lambda s, loss=loss: loss.d(some_real, s)[0], some_fake),
        "G, df": (loss.g(None, some_fake)[1], lambda s, loss=loss: loss.g(None, s)[0], some_fake),
    }
    for name, (got, of, at_scores) in gradients.items():
        checks.append(compare(f"{loss.name}: {name}", got, numerical_gradient(of, at_scores), FIRST))
assert not show_checks(checks)

# %% [markdown]
# Now the two dice of lesson 7. Each loss is given all 400 pairs of throws, so that the relativistic one has its exact expectation too, and gradient descent finds the best table of scores.


# %%
real_throws, fake_throws = (
    np.repeat(np.arange(5), [8, 6, 3, 2, 1]),
    np.repeat(np.arange(5), [2, 2, 4, 6, 6]),
)
p, q = (np.bincount(throws) / 20 for throws in (real_throws, fake_throws))
R, F = (a.ravel() for a in np.meshgrid(real_throws, fake_throws, indexing="ij"))


def best_table(loss, rate, n=600):
    s = np.zeros(5)
    for _ in range(n):
        _, d_real, d_fake = loss.d(s[R], s[F])
        s = s - rate * (np.bincount(R, d_real, 5) + np.bincount(F, d_fake, 5))
    return s, loss.d(s[R], s[F])[0]


def kl(a, b):
    return float(np.sum(a * np.log(a / b)))


def jsd(a, b):
    return (kl(a, (a + b) / 2) + kl(b, (a + b) / 2)) / 2


class ForKL(GANLoss):
    """D's side of the f-GAN of KL(p || q)."""

    name = "f-GAN of KL"

    def d(self, r, f):
        e = np.exp(f - 1)
        return np.mean(e) - np.mean(r), np.full_like(r, -1 / r.size), e / f.size


pairs = np.outer(p, q)
theory = {
    losses.minimax: (5.0, np.log(p / q), np.log(4) - 2 * jsd(p, q)),
    losses.least_squares: (2.0, p / (p + q), 1 / 4 - np.sum((p - q) ** 2 / (p + q)) / 8),
    losses.hinge: (5e-2, np.sign(p - q), 2 - np.sum(np.abs(p - q))),
    losses.relativistic: (5.0, np.log(p / q), np.log(2) - jsd(pairs, pairs.T)),
    ForKL(): (0.5, 1 + np.log(p / q), -kl(p, q)),
}
for loss, (rate, score, left_over) in theory.items():
    found, left = best_table(loss, rate)
    if loss.relativistic:
        found, score = found - found[0], score - score[0]
    bound = 0.05 if loss is losses.hinge else 1e-3  # it goes to and fro at its corner
    print(compare(f"{loss.name:<14} best scores", found, score, bound), end="   ")
    print(f"loss {left:.4f}, by theory {left_over:.4f}")
    assert compare("", found, score, bound).ok
    assert abs(left - left_over) < bound

# %% [markdown]
# And G: its die is a softmax of five numbers, the library computes its costs at the best scores, and its gradient, with D held fixed, is compared with differences of $\sum p\, \Phi(q / p)$.


# %%
def softmax(a):
    e = np.exp(a - a.max())
    return e / e.sum()


walks = {
    losses.minimax: (lambda u: np.log(1 / u), lambda u: u * np.log(u) - (1 + u) * np.log(1 + u)),
    losses.non_saturating: (lambda u: np.log(1 / u), lambda u: (1 + u) * np.log(1 + u) - u),
    losses.least_squares: (lambda u: 1 / (1 + u), lambda u: (u - 2 * np.log(1 + u) - 1 / (1 + u)) / 2),
    losses.hinge: (lambda u: np.sign(1 - u), lambda u: np.abs(u - 1)),
}
a = np.log(q) + np.array([0.3, -0.2, 0.1, 0.0, -0.4])
for loss, (score, phi) in walks.items():
    now = softmax(a)
    c = np.array([loss.g(None, np.array([one_score]))[0] for one_score in score(now / p)])
    expected = numerical_gradient(lambda a, phi=phi: np.sum(p * phi(softmax(a) / p)), a)
    print(compare(f"{loss.name:<14} G minimises its Φ", now * (c - now @ c), expected, FIRST))
    assert compare("", now * (c - now @ c), expected, FIRST).ok

# %% [markdown]
# ## Predict: hinge or Wasserstein?
#
# Now a loss and a restraint together. Two GANs on the grid of 25 modes,
#
# $$ x \in \{-4, -2, 0, 2, 4\}^2 + 0.05\, e, \qquad e \sim \mathcal{N}(0, I) \tag{eq:data.grid} $$
#
# divided by 4 for the networks; D spectrally normalised; the same first weights, the same noise. One uses the hinge loss, the other Wasserstein. How far apart are the weights of the two Gs after some hundred steps of Adam?
#
# - **a** as far as with another seed: a game forgets its start
# - **b** a little: the losses differ, but not by much
# - **c** they are equal, to the last bit

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
CURES = {"nothing": (None, ()), "spectral norm": (SpectralNorm, ()), "R1": (None, (lambda g: r1(g, 0.02),))}
FRESH = np.random.default_rng(9).standard_normal((2500, 2))


def play(loss, cure, seed):
    """A GAN on the grid -> G and D, the average of G, and the largest score on the way."""
    n, batch, largest = steps(1500, 20), 128, 0.0
    wrap, penalties = CURES[cure]
    rng = np.random.default_rng(seed)
    G = network([2, 64, 64, 64, 2], rng=rng)
    D = network([2, 64, 64, 64, 1], wrap or (lambda layer: layer), rng)
    opt_G, opt_D = (Adam(net, cosine(2e-3, n), 0.5, 0.99) for net in (G, D))
    average = EMA(G, 0.98, warmup=True)
    for t in range(n):
        real = data.grid(batch, rng) / 4
        game.d_step(G, D, loss, penalties, opt_D, real, rng.standard_normal((batch, 2)), rng)
        game.g_step(G, D, loss, opt_G, real, rng.standard_normal((batch, 2)))
        average.step()
        if t % 20 == 0:
            largest = max(largest, np.abs(D(real)).max(), np.abs(D(G(FRESH[:128]))).max())
    return (G, D), average.net, float(largest)


played = {
    (loss.name, "spectral norm", 0): play(loss, "spectral norm", 0)
    for loss in (losses.hinge, losses.wasserstein)
}
((one_G, _), _, largest), ((other_G, _), _, _) = played.values()
print(f"largest difference of a weight of G: {np.abs(one_G.theta - other_G.theta).max()}")
print(f"largest score on the way: {largest:.2f}")

check.spectral_norm_and_loss_zoo.p2(guess)
assert np.array_equal(one_G.theta, other_G.theta)
assert largest < 1

# %% [markdown]
# ## Derive: near 0 all losses are straight
#
# No score ever came near the kink of the hinge, so its gradients were $\mp \frac1N$, those of Wasserstein, in every step. A GAN with "hinge and spectral norm" on such data is a Wasserstein GAN.
#
# And the others? A D whose gradient has norm 1 at most, on data about 2 wide, has scores that differ by 2 at the very most, and by (18.9) by much less. For small scores $\sigma(-r) = \frac12 - \frac r4 + \dots$, so the gradients are
#
# $$ dr = -\frac1N \Bigl( \frac12 - \frac r4 + \dots \Bigr), \qquad df = \frac1N \Bigl( \frac12 + \frac f4 + \dots \Bigr) \tag{18.14} $$
#
# that is half of Wasserstein's, and a correction. Adam divides by the size of a gradient (lesson 5), so the half is gone. Least squares has the gradients $\frac1N (r - 1)$ and $\frac1N f$; around its own fixed point, $r = \frac12 + r'$, they are $\frac1N (-\frac12 + r')$ and $\frac1N (\frac12 + f')$: the half again. *A flat D sees little of a loss except its linear part, and that is the same for all* (Qin, Mitra and Wonka, 2020, say it for Lipschitz constants in general). We measure the angle between the gradient of each loss in D's weights and that of Wasserstein, for one D, trained with the non-saturating loss; and the same for G's pushes on its fakes.

# %%
cloud = Sequential(Dense(2, 2, bias=False), rng=0)
cloud.theta[...] = 0.6, 0, 0, 0.6  # fakes: 0.6 z, against the ring


def cosine_of(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def gradients_of_all(wrap):
    """{loss: (gradient of D, pushes on the fakes)} at one D, and the range of its scores."""
    D, rng = network([2, 32, 32, 32, 1], wrap), np.random.default_rng(2)
    opt = Adam(D, 1e-3, 0.5, 0.99)
    for _ in range(steps(300, 5)):
        z = rng.standard_normal((128, 2))
        game.d_step(cloud, D, losses.non_saturating, (), opt, data.ring(128, rng), z)
    x, y, state, found = data.ring(256, rng), cloud(rng.standard_normal((256, 2))), D.state.copy(), {}
    for name, loss in losses.GAN_LOSSES.items():
        shift = 0.5 if name == "least_squares" else 0.0  # each around its own fixed point
        D.state[...], D.grad[...] = state, 0  # the same step of power iteration for all
        (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(y)
        _, dr, df = loss.d(r + shift, f + shift)
        D.backward(dr, real_caches)
        D.backward(df, fake_caches)
        pushes = D.backward(loss.g(r + shift, f + shift)[1], fake_caches, learn=False)
        found[name] = D.grad.copy(), pushes.ravel()
    return found, max(np.abs(r).max(), np.abs(f).max())


alike = {}
for name, wrap in (("no cure", lambda layer: layer), ("spectral norm", SpectralNorm)):
    found, widest = gradients_of_all(wrap)
    print(f"{name}: scores up to {widest:.2f} in size.   Cosine with Wasserstein, for D and for G:")
    for loss, rows in found.items():
        alike[name, loss] = [cosine_of(a, b) for a, b in zip(rows, found["wasserstein"], strict=True)]
        print(f"    {loss:<15} {alike[name, loss][0]:6.3f}   {alike[name, loss][1]:6.3f}")

others = [loss for loss in losses.GAN_LOSSES if loss != "wasserstein"]
flat, free = ({loss: alike[cure, loss] for loss in others} for cure in ("spectral norm", "no cure"))
usually("with spectral norm all pushes on G are alike", min(of_G for _, of_G in flat.values()) > 0.95)
usually(
    "and D's gradients, but least squares",
    min(flat[loss][0] for loss in others if loss != "least_squares") > 0.95,
)
usually("without it D's gradients are not", max(of_D for of_D, _ in free.values()) < 0.8)

# %% [markdown]
# With spectral norm they are nearly one, but for the least squares of D: its correction is $r'$ next to $\frac12$, that of softplus $\frac r4$ next to $\frac12$. So it is four times as large, and a score of 0.3 is not small compared with $\frac12$. Without a cure the gradients point in quite different directions.
#
# ## Check: losses and restraints on the grid
#
# A short training of each pair, with two seeds. The measure is the reverse KL of lesson 9: 0 if all 25 modes get as many fakes, 3.22 if one gets all. This is a snapshot of a beginning, not the verdict: `docs/results.md` has all losses and cures over 10,000 steps, on ring and grid, and `minigan results mixtures` makes that table again.

# %%
TABLE = (losses.non_saturating, losses.hinge)
marks = {}
for loss in TABLE:
    for name in CURES:
        for seed in (0, 1):
            where = loss.name, name, seed
            if where not in played:
                played[where] = play(loss, name, seed)
            found = mixture_quality(4 * played[where][1](FRESH), GRID_MODES, GRID_STD)
            marks[where] = found["reverse_kl"]
print(f"{'reverse KL, two seeds':<24}" + "".join(f"{name:>18}" for name in CURES))
for loss in TABLE:
    cells = [f"{marks[loss.name, name, 0]:8.2f}{marks[loss.name, name, 1]:6.2f}" for name in CURES]
    print(f"{loss.name:<24}" + "".join(f"{cell:>18}" for cell in cells))
means = {name: np.mean([mark for (_, cure, _), mark in marks.items() if cure == name]) for name in CURES}
print(f"{'mean':<24}" + "".join(f"{mean:>18.2f}" for mean in means.values()))
show_checks([compare("hinge and Wasserstein, spectral norm", one_G.theta, other_G.theta, 0.0)])

usually(
    "spectral norm is the worst of the table", means["spectral norm"] > max(means["R1"], means["nothing"])
)

side = np.linspace(-1.4, 1.4, 60)
places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
title = "After 1,500 steps: with spectral norm the fakes lie on a thin curve, with both losses"
with figure(title, (2, 3), (10.5, 7)) as axes:
    for row, name in zip(axes, ("non_saturating", "hinge"), strict=True):
        for ax, cure in zip(row, CURES, strict=True):
            (_, D), average, _ = played[name, cure, 0]
            score = D(places).reshape(len(side), len(side))
            ax.contour(side, side, score, 12, colors="0.6", linewidths=0.7, linestyles="-")
            ax.plot(*GRID_MODES.T / 4, "o", color="black", markerfacecolor="none", markersize=9)
            ax.plot(*average(FRESH[:500]).T, ".", color="#1f4e9c", markersize=3)
            ax.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), xticks=(), yticks=(), aspect="equal")
            ax.set_title(f"{name.replace('_', '-')}, {cure}: reverse KL {marks[name, cure, 0]:.2f}")

# %% [markdown]
# (Circles are the modes, dots the fakes, thin lines the contours of D's score.) Two seeds are few, and a GAN of 1,500 steps is far from done;
# the hinge with R1 has hardly begun. Still, one column differs: spectral norm is the worst of the table. Its fakes lie on a thin curve, a
# strip in one picture and a loop in the other, and leave most modes empty. The contours of D show why: where the fakes are, they are nearly
# parallel and nearly straight. Such a D tells fakes the direction of the heap of data, and little of its structure. In the table of 10,000
# steps the difference is complete: on the grid R1 keeps 25.0 modes of 25 with the non-saturating loss and 24.9 with the hinge, spectral norm
# 2.5 and 0.5 (means of ten seeds). On the ring, whose eight modes lie on one closed curve, spectral norm keeps all eight, as well as any
# other. It is not a bad method. Miyato and his colleagues made ImageNet work with it, with wide Ds of many layers, whose convolutions may
# stretch by more than 1. But it limits what D can express.
#
# ## Modify
#
# ### Exercise 1: power iteration
#
# Given a matrix `M` of any shape, a vector `v` and a number of steps `n`, take `n` steps of power iteration from `v` and return the estimate $\sigma = \lVert M v \rVert$. Do not use a decomposition.


# %% tags=["exercise"]
def largest_stretch(M, v, n):
    return ...  # your code: one number


check.spectral_norm_and_loss_zoo.q1(largest_stretch)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def largest_stretch(M, v, n):
#     for _ in range(n):
#         v = M.T @ (M @ v)
#         v = v / np.linalg.norm(v)
#     return np.linalg.norm(M @ v)
# ```
#
# Two products of a matrix and a vector for each step, and never $M^\top M$ itself, which would cost as much as a whole layer. Forward and backward of a convolution are such a pair of products too: with them in place of `M` and `M.T` the same three lines find the true norm of (18.6).
#
# </details>

# %% [markdown]
# ### Exercise 2: through sigma
#
# `eq:spectral.dW`: given `dW_bar`, the gradient $d\bar W$ of the loss in $W / \sigma$, the weights `W`, and their leading singular vectors `u` and `v`, return $dW$.


# %% tags=["exercise"]
def through_sigma(dW_bar, W, u, v):
    return ...  # your code: an array like W


check.spectral_norm_and_loss_zoo.q2(through_sigma)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def through_sigma(dW_bar, W, u, v):
#     sigma = u @ W @ v
#     return (dW_bar - np.sum(dW_bar * W / sigma) * np.outer(u, v)) / sigma
# ```
#
# The inner product is a single number: how much the loss would rise if $\bar W$ grew as a whole. It cannot grow, so that part is subtracted, along the one direction in which $\sigma$ changes.
#
# </details>

# %% [markdown]
# ### Exercise 3: a game for the other KL
#
# Take $f(t) = -\log t$ in (18.13). Find its conjugate, for scores $T < 0$, and given `p` and `q`, arrays of positive probabilities, return the best scores `T`, an array, and the `value` $\sum p\, T - \sum q\, f^*(T)$ that D reaches with them.


# %% tags=["exercise"]
def reverse_game(p, q):
    return ...  # your code: T, value


check.spectral_norm_and_loss_zoo.q3(reverse_game)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def reverse_game(p, q):
#     T = -q / p
#     conjugate = -1 - np.log(-T)
#     return T, np.sum(p * T) - np.sum(q * conjugate)
# ```
#
# $t\, T + \log t$ has the derivative $T + 1 / t$, zero at $t = -1 / T$, and there it is $-1 - \log(-T)$. The best score is $f'(p / q) = -q / p$. What comes out is $\sum q \log (q / p)$, $\mathrm{KL}(q \Vert p)$: the divergence that the non-saturating G minimises together with $-2\, \mathrm{JSD}$. Scores that have to be negative are awkward for a network; one writes $T = -e^{-s}$ and trains $s$, which at its best is $\log p/q$ again.
#
# </details>

# %% [markdown]
# ## Break it
#
# Three bugs of the norm and two of the losses:
#
# 1. *Transposed*: power iteration multiplies by $M M^\top$. (A matter of which axis of $W$ comes first; the layer is square, so nothing crashes.)
# 2. *Never kept*: each forward pass takes its step of power iteration, but does not store $v$.
# 3. *Sigma taken for a constant*: $dW = d\bar W / \sigma$.
# 4. *The margin on the wrong side*: the hinge asks for $r \ge -1$ and $f \le 1$.
# 5. *The labels of least squares exchanged*, in D's loss only: 0 for a real and 1 for a fake.
#
# All gradients of the losses are right for their values. Which of the first three passes every check of a *fresh* layer, its norm included?
#
# - **a** the first
# - **b** the second
# - **c** the third

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def transposed(self, n):
    M, v = self._matrix(), self.v
    for _ in range(n):
        v = M @ (M.T @ v)  # right: M.T @ (M @ v)
        v = v / np.linalg.norm(v)
    u = M @ v / np.linalg.norm(M @ v)
    return u, v, u @ M @ v


def never_kept(self, x):
    u, v, sigma = self._estimate(1)  # right: and self.v[...] = v
    with self._normalised(sigma) as lent:
        y, cache = lent.forward(x)
    return y, (cache, u, v, sigma)


def sigma_constant(self, dy, cache):
    with self._normalised(cache[3]) as lent:
        lent.accumulate(dy, cache[0])
        dW_bar = lent.dW
    self.layer.dW += dW_bar / cache[3]  # right: less <dWbar, Wbar> u v'


def wrong_side(self, r, f):
    value = np.mean(np.maximum(-1 - r, 0)) + np.mean(np.maximum(f - 1, 0))  # right: 1 - r, 1 + f
    return value, np.where(r < -1, -1, 0) / r.size, np.where(f > 1, 1, 0) / f.size


def exchanged(self, r, f):
    return (np.mean(r**2) + np.mean((f - 1) ** 2)) / 2, r / r.size, (f - 1) / f.size


def norm_of(layer):
    """The largest singular value of the weights that the layer uses."""
    used = layer(np.eye(len(layer.layer.W))) - layer.layer.b
    return np.linalg.svd(used, compute_uv=False)[0]


def examine():
    rng = np.random.default_rng(7)
    net = Sequential(SpectralNorm(Dense(4, 4)), LeakyReLU(0.2), SpectralNorm(Dense(4, 4)), rng=1)
    for found in network_checks(net, (3, 4)):
        yield found._replace(name=f"fresh: {found.name}")
    layer = SpectralNorm(Dense(4, 4)).init(0, np.float64)
    layer.forward(np.ones((1, 4)))
    yield compare("fresh: norm 1", norm_of(layer), 1.0, 1e-6)
    layer.layer.W[...] = rng.standard_normal((4, 4))  # far from its first value
    for _ in range(200):
        layer.forward(np.ones((1, 4)))
    yield compare("W moved: norm 1", norm_of(layer), 1.0, 1e-6)
    r, f = 1.5 * rng.standard_normal((2, 6))
    for loss in (losses.hinge, losses.least_squares):
        expected = numerical_gradient(lambda f, loss=loss: loss.d(r, f)[0], f)
        yield compare("gradients of the losses", loss.d(r, f)[2], expected, FIRST)
    yield compare("best D: hinge", best_table(losses.hinge, 5e-2)[0], np.sign(p - q), 0.05)
    yield compare("best D: least squares", best_table(losses.least_squares, 2.0)[0], p / (p + q), 1e-6)


bugs = {
    "transposed": (SpectralNorm, "_estimate", transposed),
    "never kept": (SpectralNorm, "forward", never_kept),
    "sigma taken for a constant": (SpectralNorm, "accumulate", sigma_constant),
    "the margin on the wrong side": (Hinge, "d", wrong_side),
    "the labels exchanged": (LeastSquares, "d", exchanged),
}
caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = list(examine())
    show_checks([found for found in checks if not found.ok])
    caught[name] = {found.name for found in checks if not found.ok}
    print()

check.spectral_norm_and_loss_zoo.p3(guess)
assert "fresh: norm 1" in caught["transposed"]
assert caught["never kept"] == {"W moved: norm 1"}
assert "fresh: dtheta" in caught["sigma taken for a constant"]
assert "W moved: norm 1" not in caught["sigma taken for a constant"]
assert caught["the margin on the wrong side"] == {"best D: hinge"}
assert caught["the labels exchanged"] == {"best D: least squares"}
assert not show_checks(examine())

# %% [markdown]
# For each bug there is one kind of check that catches it. The second bug is the dangerous one: a state that is right at the start passes
# every test of a new layer. *Check what changes after it has changed.* In the last two the value is wrong and the gradient belongs to it
# (lesson 1); only the score of the best D shows it. With the wrong margin a D that outputs 0 for everything has the loss 0 and never learns.
# With exchanged labels D wants the score 1 for fakes, and so does G: nobody disagrees, and nothing is learned.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:spectral.power`: $v \leftarrow M^\top M v$, made a unit vector | `minigan.layers.SpectralNorm._estimate` | `tests/layers/more/test_spectral_norm.py`: `test_each_forward_takes_one_step_and_use_takes_none` |
# | `eq:spectral.sigma`: $\sigma = u^\top M v$ | `minigan.layers.SpectralNorm._estimate` | `tests/layers/more/test_spectral_norm.py`: `test_the_largest_singular_value_becomes_1` |
# | `eq:spectral.forward`: $W / \sigma$ in place of $W$ | `minigan.layers.SpectralNorm._normalised` | `tests/layers/more/test_spectral_norm.py`: `test_worked_by_hand`, `test_nothing_is_stretched_by_more_than_1` |
# | `eq:spectral.dW`: less $\langle d\bar W, \bar W \rangle\, u v^\top$ | `minigan.layers.SpectralNorm.accumulate` | `tests/layers/more/test_spectral_norm.py`: `test_worked_by_hand`, `test_the_output_does_not_depend_on_the_size_of_w_and_so_the_slope_is_orthogonal_to_it` |
# | `eq:attention.forward`: $x + \gamma\, A v$ | `minigan.layers.SelfAttention.forward` | `tests/layers/more/test_attention.py`: `test_worked_by_hand`, `test_every_pixel_sees_every_other_but_no_other_sample` |
# | `eq:attention.weights`: softmax of $q k^\top / \sqrt d$, row by row | `minigan.layers.SelfAttention.forward` | `tests/layers/more/test_attention.py`: `test_the_scale_is_one_over_sqrt_d`, `test_large_scores_do_not_overflow` |
# | `eq:attention.dW`: three dense layers and one number | `minigan.layers.SelfAttention._heads` | `tests/layers/more/test_attention.py`: `test_worked_by_hand` |
# | `eq:attention.second`: backward through the tangent | `minigan.layers.SelfAttention.backward_tangent` | `tests/layers/more/test_attention.py`: `test_curvature_is_the_change_of_the_slope_and_leaves_the_gradient_alone` |
# | `eq:loss.least_squares.d`: best at $p / (p + q)$ | `minigan.losses.LeastSquares.d` | `tests/test_losses.py`: `test_least_squares_by_hand` |
# | `eq:loss.hinge.d`: best at $\operatorname{sign}(p - q)$ | `minigan.losses.Hinge.d` | `tests/test_losses.py`: `test_hinge_by_hand` |
# | `eq:loss.hinge.d.gradients`: $-[r < 1]/N$, $[f > -1]/N$ | `minigan.losses.Hinge.d` | `tests/test_losses.py`: `test_hinge_by_hand` |
# | `eq:loss.least_squares.g.gradients`: $(f - 1)/N$, without limit | `minigan.losses.LeastSquares.g` | `tests/test_losses.py`: `test_least_squares_by_hand` |
# | `eq:loss.wasserstein.g.gradients`: $-1/N$, as the hinge's | `minigan.losses.Wasserstein.g` | `tests/test_losses.py`: `test_wasserstein_by_hand` |
# | `eq:loss.relativistic.d`: best at $\log p/q + \text{constant}$ | `minigan.losses.Relativistic.d` | `tests/test_losses.py`: `test_relativistic_by_hand`, `test_equilibrium_is_2_log_2_or_log_2` |
#
# - Divide each matrix by its largest singular value, found by one step of power iteration at a time, and D's gradient is bounded. The gradient $dW$ is orthogonal to $W$.
# - Spectral norm limits the kinks: with one hidden layer D shows $(1 - \alpha) / 2K$ of the distance of $K$ valleys.
# - Attention treats the far side of a picture like the next pixel. It consists of products and one softmax, and its gradients follow from the product rule; no norm of its matrices bounds its gradient.
# - Every loss has its best D, and G minimises the integral of its cost over $q / p$.
# - A flat D sees only the linear part of a loss. There hinge is Wasserstein, and the others nearly so.
#
# ## Next
#
# [Lesson 19: Conditional GANs](19_conditional_gans.ipynb). So far G draws what it likes. Now we give it a label to draw, and D the same
# label.
