# %% [markdown]
# # Lesson 11: Transposed convolution and upsampling
#
# **Goal** Build the layers with which a generator enlarges pictures, know that the first of them is just the backward pass of a convolution, and see why it makes chessboards before they are in all your pictures.
#
# **Prerequisites** Lesson 10: the list of triples, $dx$ and $dW$ of a convolution. The adjoint test of lesson 2.
#
# **Run time** 16 s on two cores (measured).
#
# In 2016 generated pictures had a common flaw. Look closely, and there is a fine grid on them, like cloth: every second pixel a little too bright. It was in the pictures of the best groups. People blamed the training, the loss, the number of parameters. The
# cause was one layer, and one could have found it by counting on one's fingers (Odena, Dumoulin and Olah 2016). In this lesson you do the count, and then build the layer that has no such flaw, and make it more than three times as fast.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("G")

# %%
import time

import numpy as np

from minigan import data, kernels
from minigan.differences import ADJOINT, compare
from minigan.gradcheck import layer_checks
from minigan.kernels import convolution, im2col, reference, upconv
from minigan.layers import (
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    Dense,
    LeakyReLU,
    Reshape,
    UpConv2d,
    Upsample2x,
)
from minigan.losses import mse
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: is it the inverse?
#
# A convolution with kernel 4 and stride 2 turns 28 x 28 pixels into 14 x 14 numbers. The layer of this lesson takes 14 x 14 numbers to 28 x 28 pixels *with the same weights*. It has been sold under the name "deconvolution". We convolve a digit with a random kernel, with eight output channels, so that
# there are twice as many numbers as pixels and nothing needs to get lost. Then we apply the new layer. What comes back?
#
# - **a** the digit
# - **b** the digit, times a constant
# - **c** a picture in which the digit can be seen, but smeared, and not the digit
#
# Commit to a letter before you run on.

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
seven = data.load("mnist10k").images[7_300:7_301] / 255.0  # (1, 28, 28, 1)
W = np.random.default_rng(0).standard_normal((4, 4, 1, 8))
small = reference.conv2d(seven, W, stride=2, pad=1)  # (1, 14, 14, 8)
back = reference.conv2d_dx(small, W, stride=2, pad=1, hw=(28, 28))

with figure("There and back: the shape returns, the digit does not", panels=3, size=(8, 3)) as axes:
    for ax, image, name in zip(axes, (seven, small, back), ("x", "A x, the first channel", "A' A x")):
        ax.imshow(image[0, :, :, 0], cmap="gray")
        ax.set_axis_off()
        ax.set_title(f"{name}: {image.shape[1]} x {image.shape[2]} x {image.shape[3]}")

scale = np.sum(back * seven) / np.sum(seven**2)  # the best constant
print(compare("x against A' A x / constant", back / scale, seven, 0.01))
check.transposed_convolution.p1(guess)

# %% [markdown]
# ## Derive: the adjoint
#
# A convolution without its bias is a linear map, $y = A x$. Every linear map has an *adjoint* (or transpose) $A^\top$, which goes the other way and is defined by one equation, for all $x$ and $u$:
#
# $$ \langle A x,\; u \rangle = \langle x,\; A^{\top} u \rangle \tag{11.1} $$
#
# where $\langle\,,\rangle$ is the sum of the products of all entries. If $A$ is multiplication by a matrix, $A^\top$ is multiplication by the transposed matrix. It is not an inverse. (A rotation's transpose happens to be its inverse. For a stretch by 10, the transpose is a stretch by 10.)
#
# Let us find it. Lesson 10 had a list of triples (output $i$, tap $a$, input $m = s i - p + a$), and $y_i$ is the sum of $x_m W_a$ over the triples with that $i$. So, on a line and with one channel,
#
# $$ \langle A x,\; u \rangle = \sum_{(i, a, m)} x_m\, W_a\, u_i = \sum_m x_m \Bigl( \sum_{(i, a, m) \text{ with this } m} u_i\, W_a \Bigr) \tag{11.2} $$
#
# and the bracket is $(A^\top u)_m$. To compute it, run through the list, and for each triple add $u_i W_a$ at place $s i - p + a$. You have seen this line: with $u = dy$ it is $dx$. *The backward pass of a linear layer is its adjoint*; backpropagation is nothing but (11.1), layer by layer.
#
# **A layer of its own.** Now use the same line forward. Call its input $x$ again and its output $y$. Each input pixel takes the kernel, multiplies it, and lays it down on the output around its place, and where kernels overlap they add up:
#
# $$ y_{s i - p + a} \mathrel{+}= x_i\, W_a \tag{eq:conv\_transpose.forward} $$
#
# In images $i$ and $a$ are pairs, $x_i$ is a row of $c_\text{in}$ channels and $W_a$ a matrix $(c_\text{in}, c_\text{out})$, as always. The first kernel begins at $-p$, the last at $s (H - 1) - p$ and ends $k$ places later; $p$ places are cut off at each end. What remains is
#
# $$ H' = (H - 1)\, s - 2p + k \tag{eq:conv\_transpose.size} $$
#
# For $k = 4$, $s = 2$, $p = 1$ this is $2 H$: the picture doubles. *By hand*, on a line, with kernel $W = (1, 10, 100, 1000)$ and $x = (1, 2, 3)$, so that each decimal place shows a tap and each digit a pixel:
#
# | place | -1 | 0 | 1 | 2 | 3 | 4 | 5 | 6 |
# |---|---|---|---|---|---|---|---|---|
# | 1 lays down | 1 | 10 | 100 | 1000 | | | | |
# | 2 lays down | | | 2 | 20 | 200 | 2000 | | |
# | 3 lays down | | | | | 3 | 30 | 300 | 3000 |
# | y | cut | 10 | 102 | 1020 | 203 | 2030 | 300 | cut |
#
# **Its backward pass** is the adjoint of the adjoint, and that is the map we began with, a convolution:
#
# $$ dx_i = \sum_a dy_{s i - p + a}\, W_a^{\top} \tag{eq:conv\_transpose.dx} $$
#
# and its weights meet, in each triple, one input and one gradient:
#
# $$ dW_a \mathrel{+}= \sum_i x_i^{\top}\, dy_{s i - p + a} \tag{eq:conv\_transpose.dW} $$
#
# The same three readings of the same list, with input and output exchanged.
#
# ## See the code
#
# So the library has no kernel for this layer. Its forward is `conv2d_dx`, its backward is `conv2d`. Notice the `swapaxes`: the weights are kept as $(c_\text{in}, c_\text{out})$ of *this* layer, and the convolution wants the transpose of each tap.

# %%
show_source(ConvTranspose2d)

# %% [markdown]
# ## Check: by hand, by the adjoint, by differences

# %%
row = ConvTranspose2d(1, 1, 4, stride=2, pad=1).init(rng=0, dtype=np.float64)
row.W[...] = 0
row.W[1, :, 0, 0] = [1, 10, 100, 1000]  # the second row of the kernel: even rows of the output see it
y = row(np.array([1.0, 2, 3]).reshape(1, 1, 3, 1))
print("by hand:", y[0, 0, :, 0])

rng = np.random.default_rng(0)
W, x = rng.standard_normal((3, 3, 2, 5)), rng.standard_normal((2, 7, 6, 2))
Ax = reference.conv2d(x, W, 2, 1)
u = rng.standard_normal(Ax.shape)
Atu = reference.conv2d_dx(u, W, 2, 1, (7, 6))
print(compare("<A x, u> against <x, A' u>", np.sum(Ax * u), np.sum(x * Atu), ADJOINT))
print()
show_checks(layer_checks(ConvTranspose2d(2, 3, 4, stride=2, pad=1), (2, 3, 4, 2)))

# %% [markdown]
# ## Predict: a flat picture
#
# A sky: all pixels are 1. It goes through a transposed convolution with kernel 3, stride 2, all of whose nine taps are 1. In the middle of the output, away from the border, what will you see?
#
# - **a** a flat picture: the same sky, twice as large
# - **b** stripes of two values
# - **c** a board of three values

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def ones(k, pad=0):
    layer = ConvTranspose2d(1, 1, k, stride=2, pad=pad, bias=False).init(rng=0, dtype=np.float64)
    layer.W[...] = 1
    return layer


sky = np.ones((1, 9, 9, 1))
print(ones(3)(sky)[0, 6:11, 6:11, 0])
check.transposed_convolution.p2(guess)

# %%
title = "Only a kernel that its stride divides reaches all pixels alike"
with figure(title, panels=3, size=(9, 3.4)) as axes:
    for ax, k in zip(axes, (3, 4, 5)):
        counts = ones(k)(sky)[0, 6:13, 6:13, 0]
        ax.imshow(counts, cmap="gray", vmin=-2, vmax=counts.max())
        for (i, j), count in np.ndenumerate(counts):
            ax.text(j, i, int(count), ha="center", va="center", color="white" if count < 3 else "black")
        ax.set_axis_off()
        ax.set_title(f"k = {k}, stride 2: taps that reach a pixel")

# %% [markdown]
# ## Derive: count the taps
#
# Place $m$ of the output is reached by tap $a$ if $m = s i - p + a$ for some $i$, that is, if $a$ and $m + p$ leave the same remainder when divided by $s$. With $s = 2$: places of one parity are reached by the even taps, those of the other by the odd ones. A kernel of 3 has two even taps $W_0, W_2$ and
# a single odd one. So on a line the counts alternate 2, 1, 2, 1; on images they multiply, and there are 4, 2 and 1. With $k = 4$ there are two of each, 4 everywhere.
#
# $$ \text{taps that reach a place} = \bigl\lceil (k - r) / s \bigr\rceil, \qquad r = (m + p) \bmod s, \qquad \text{the same for all places if and only if } s \text{ divides } k \tag{11.3} $$
#
# On average it is $k / s$ in each direction. This number has a second use. A layer's first weights are drawn so that it keeps the size of a signal (lesson 2), and for that one has to know of how many products an output is the sum:
#
# $$ \text{fan-in} = \max\bigl(1,\, (k / s)^2\bigr)\, c_{\text{in}} \tag{eq:conv\_transpose.fan\_in} $$
#
# With random weights a sum of 4 products is $\sqrt{4} = 2$ times as large as a single one, so an untrained G with $k = 3$ *begins* with pixels of three sizes in a regular pattern, and three such layers lay three patterns over each other.
#
# **Not only in G.** The gradient that D sends to a picture is the backward pass of D's first convolution, which is a transposed convolution. If D has kernel 3 and stride 2, G is taught with gradients on a chessboard, whatever G's own layers are:

# %%
rng = np.random.default_rng(3)
for k in (3, 4):
    power = np.zeros((2, 2))  # of the gradient at each place in a block of 2 x 2, over fifty untrained Ds
    for seed in range(50):
        D = Sequential(Conv2d(1, 8, k, 2, 1), LeakyReLU(0.2), Conv2d(8, 1, 4), rng=seed, dtype="float64")
        scores, caches = D.forward(rng.standard_normal((8, 16, 16, 1)))
        dx = D.backward(rng.standard_normal(scores.shape), caches, learn=False)[:, 4:12, 4:12, 0]
        power += (dx.reshape(8, 4, 2, 4, 2) ** 2).mean(axis=(0, 1, 3))
    sizes = np.sqrt(power / power.min()).ravel()
    print(f"D with kernel {k}: size of the gradient at the four places of a block", sizes.round(2))

# %% [markdown]
# ## Predict: is 4, stride 2, the cure?
#
# With $k = 4$ and stride 2 four taps reach every pixel. (The widely copied Torch and PyTorch versions of DCGAN have this kernel, the paper of
# 2015 had 5; the count above came later, in 2016.) Now the weights are random, as at the beginning of a training, one channel in, one out.
# The input is the sky, a constant. What comes out in the middle?
#
# - **a** a flat picture, since every pixel is the sum of four products
# - **b** a board of four values
# - **c** noise

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
four = ConvTranspose2d(1, 1, 4, stride=2, pad=1).init(rng=0, dtype=np.float64)
print(four(sky)[0, 6:10, 6:10, 0].round(2))
check.transposed_convolution.p3(guess)

# %% [markdown]
# ## Derive: first copy, then convolve
#
# Four taps each, but *which* four: pixels of different parity see disjoint quarters of the kernel, and nothing says that these have the same sum. The layer can draw a flat sky only after it has learned four equations, $W_{00} + W_{02} + W_{20} + W_{22} = W_{01} + \dots$, for each pair of channels.
#
# The cure is to let all pixels see all weights. First copy every pixel to a block of 2 x 2 (the layer `Upsample2x`). Place $m$ of the output reads the one place $\lfloor m / 2 \rfloor$, in each direction:
#
# $$ y_m = x_{\lfloor m/2 \rfloor} \tag{eq:upsample.forward} $$
#
# The list of this layer has the pairs $(m, i)$ with $i = \lfloor m/2 \rfloor$, all of strength 1. Where it read, add: $x_i$ was read by its copies, four of them on an image, and each copy had its own effect. So their gradients are added,
#
# $$ dx_i = \sum_{m:\, \lfloor m/2 \rfloor = i} dy_m \tag{eq:upsample.dx} $$
#
# The sum over a block is four times its mean: copying and `AvgPool2d(2)` of lesson 10 are each other's adjoint, but for the factor 4.
#
# Now call the copies $u$, and convolve them with stride 1, $k$ odd, and a border of $\lfloor k/2 \rfloor$ so that the size stays:
#
# $$ y_i = \sum_a u_{i - \lfloor k/2 \rfloor + a}\, W_a, \qquad u_m = x_{\lfloor m/2 \rfloor} \tag{eq:upconv.forward} $$
#
# If $x$ is flat then $u$ is flat, and every $y_i$ is the same number times $\sum_a W_a$. *A flat picture stays flat, whatever the weights are* (but for the border, where zeros come in).
#
# The backward pass needs no new thought. The convolution delivers $dW$ and the gradients $du$ of the copies (lesson 10, with $u$ in place of $x$), and `eq:upsample.dx` adds these up:
#
# $$ dx_j = \sum_{m:\, \lfloor m/2 \rfloor = j} du_m \tag{eq:upconv.dx} $$
#
# $$ dW_a \mathrel{+}= \sum_i u_{i - \lfloor k/2 \rfloor + a}^{\top}\, dy_i \tag{eq:upconv.dW} $$
#
# Does it matter once a network is trained? We let three generators learn something that has no fine structure at all. Two numbers go in, a soft spot at that place comes out. They differ in nothing but the layer that grows the picture. To measure the board, sort the pixels into the four places of a block of 2 x 2, take the mean of each, and
# ask how much of all variance is between these four means. In a picture without a board it is almost nothing.


# %%
def growing(grow):
    layers = [Dense(2, 256), Reshape(4, 4, 16), LeakyReLU(0.2), grow(16, 16), LeakyReLU(0.2)]
    return Sequential(*layers, grow(16, 8), LeakyReLU(0.2), grow(8, 1), rng=0)


def spots(at, side):
    """A soft spot at each place (N, 2): images (N, side, side, 1) in [-1, 1]."""
    line = np.linspace(-1, 1, side)
    down, right = (np.exp(-((line - at[:, [i]]) ** 2) / 0.18) for i in range(2))
    return (2 * down[:, :, None] * right[:, None, :] - 1)[..., None].astype(np.float32)


def board(images):
    """The share of the variance that lies between the four places of a block of 2 x 2."""
    n, half = len(images), images.shape[1] // 2
    blocks = images[:, : 2 * half, : 2 * half, 0].reshape(n, half, 2, half, 2)
    return float(blocks.mean(axis=(1, 3)).var(axis=(1, 2)).mean() / blocks.var(axis=(1, 2, 3, 4)).mean())


GROW = {
    "transposed, k = 3": lambda n, m: ConvTranspose2d(n, m, 3, 2, 1),
    "transposed, k = 4": lambda n, m: ConvTranspose2d(n, m, 4, 2, 1),
    "copy, then convolve": lambda n, m: UpConv2d(n, m, 3),
}
moments, last = (0, 30, steps(600, 40)), steps(600, 40)
shown, boards = {}, {}
for name, grow in GROW.items():
    G, rng = growing(grow), np.random.default_rng(1)
    side, opt, boards[name] = G(np.zeros((1, 2))).shape[1], Adam(G, lr=2e-3, beta1=0.9), []
    for t in range(last + 1):
        at = rng.uniform(-0.5, 0.5, (32, 2))
        y, caches = G.forward(at)
        value, dy = mse(y, spots(at, side))
        boards[name].append(board(y))
        if t in moments:
            shown[name, t] = G(np.array([[-0.2, 0.3]]))[0, :, :, 0]
        G.backward(dy, caches, need_dx=False)
        opt.step()
    first_and_last = f"board at first {boards[name][0]:.4f}, at last {boards[name][-1]:.5f}"
    print(f"{name:<20}  {side} x {side}, loss {value:.4f}, {first_and_last}")

# %%
title = "Transposed convolutions begin with a chessboard; a copy that is convolved has none"
with figure(title, panels=(3, 3), size=(6.5, 7)) as axes:
    for row_of_axes, name in zip(axes, GROW):
        for ax, t in zip(row_of_axes, moments):
            ax.imshow(shown[name, t], cmap="gray")
            ax.set_axis_off()
            ax.set_title(f"{name}\nstep {t}" if t == 0 else f"\nstep {t}")

# %%
with figure("A transposed convolution has to unlearn the board, step by step") as ax:
    for name, shares in boards.items():
        ax.loglog(1 + np.arange(len(shares)), np.maximum(shares, 1e-6), label=name)
    ax.set(xlabel="step + 1", ylabel="board: share of the variance")
    ax.legend(loc="lower left")
if not quick():
    early = {name: max(shares[:30]) for name, shares in boards.items()}
    assert early["copy, then convolve"] < min(early["transposed, k = 3"], early["transposed, k = 4"])

# %% [markdown]
# A regression unlearns the board in one or two hundred steps: its loss sees every pixel. A GAN's generator learns only what D tells it, and D may have other things to look at, so it can take much longer there; it is the early pictures, and those of networks that were not trained long enough, that show the cloth. Good GANs
# have been built of both layers. In the library `models.dcgan` grows by transposed convolutions, as DCGAN did, and `models.dcgan_up` by copies.
#
# ## Derive: the copies are never made
#
# Copying is a waste: the convolution then multiplies the same number several times. On a line, with $k = 3$, write out what two neighbouring outputs are, with $u_{2j} = u_{2j+1} = x_j$:
#
# $$ \begin{aligned} y_{2j} &= u_{2j-1} W_0 + u_{2j} W_1 + u_{2j+1} W_2 = x_{j-1}\, W_0 + x_j\, (W_1 + W_2) \\ y_{2j+1} &= u_{2j} W_0 + u_{2j+1} W_1 + u_{2j+2} W_2 = x_j\, (W_0 + W_1) + x_{j+1}\, W_2 \end{aligned} \tag{11.4} $$
#
# Two products instead of three, if the sums of weights are made beforehand. Now ask where $x_j$ goes: to $y_{2j-1}$ with $W_2$ (the second line, one $j$ earlier), to $y_{2j}$ with $W_1 + W_2$, to $y_{2j+1}$ with $W_0 + W_1$, and to $y_{2j+2}$ with $W_0$. Four places, two apart for neighbours: *a transposed convolution*,
# kernel 4, stride 2, padding 1, with the taps $K = (W_2,\; W_1 + W_2,\; W_0 + W_1,\; W_0)$. For any odd $k$:
#
# $$ y_{2j - p + b} \mathrel{+}= x_j\, K_b, \qquad K_b = W_{2p - b} + W_{2p + 1 - b}, \qquad p = \lfloor k/2 \rfloor, \quad b = 0 \dots k \tag{eq:upconv.folded} $$
#
# (taps outside $W$ are zero). Look at the sums: $K_0 + K_2 = W_0 + W_1 + W_2 = K_1 + K_3$. This is the equation that a free kernel of 4 would have to learn; here it is built in.
#
# In two dimensions the folding is done in both, and a 3 x 3 kernel becomes a 4 x 4 kernel of which each pixel sees 4 taps: 4 products instead of 9. And kernel 4, stride 2 is just what Winograd's nine products of lesson 10 were made for, which leaves $4 \cdot 9/16 = 2.25$.

# %%
show_source(upconv._taps, upconv._expand, upconv.upconv2d, upconv.upconv2d_dW)

# %% [markdown]
# ## Check: the same numbers, sooner
#
# First $T$, the matrix of the folding, $K = T W$. Then the folded layer against the plain one, in all three directions, and against differences; and the copies alone, against differences, against the mean, and followed by a `Conv2d` with the weights of an `UpConv2d`. Then the clock.

# %%
print(upconv._taps(3, np.int64))
rng = np.random.default_rng(4)
x, W, dy = (rng.standard_normal(shape) for shape in ((2, 3, 5, 4), (3, 3, 4, 6), (2, 6, 10, 6)))
dW, plain = np.zeros_like(W), np.zeros_like(W)
upconv.upconv2d_dW(x, dy, dW)
reference.upconv2d_dW(x, dy, plain)
print(compare("y ", upconv.upconv2d(x, W), reference.upconv2d(x, W), ADJOINT))
print(compare("dx", upconv.upconv2d_dx(dy, W), reference.upconv2d_dx(dy, W), ADJOINT))
print(compare("dW", dW, plain, ADJOINT))
checks = [c for c in layer_checks(UpConv2d(2, 3), (2, 3, 4, 2)) if c.name in ("dx", "dtheta", "adjoint")]
assert not show_checks(checks)

copies, once, pool = Upsample2x(), UpConv2d(4, 6, 3).init(rng=0, dtype=np.float64), AvgPool2d(2)
assert not show_checks(c for c in layer_checks(copies, (2, 3, 4, 2)) if c.name in ("dx", "adjoint"))
u, dy = copies(x), rng.standard_normal((2, 6, 10, 4))
print(compare("copies against 4 x the mean's dx", u, 4 * pool.backward(x, u.shape), ADJOINT))
print(compare("their dx against 4 x the mean   ", copies.backward(dy, x.shape), 4 * pool(dy), ADJOINT))
after = Conv2d(4, 6, 3, pad=1).init(rng=1, dtype=np.float64)
after.W[...], after.b[...] = once.W, once.b
print(compare("copies, then Conv2d             ", after(u), once(x), ADJOINT))

# %%
threads = kernels.get_threads()
kernels.set_threads(1)
x, W = (rng.standard_normal(shape, np.float32) for shape in ((16, 16, 16, 128), (3, 3, 128, 64)))
K = np.ascontiguousarray(upconv._expand(W))
ways = {
    "copies, im2col": lambda: im2col.conv2d(x.repeat(2, axis=1).repeat(2, axis=2), W, 1, 1),
    "copies, Winograd": lambda: convolution.conv2d(x.repeat(2, axis=1).repeat(2, axis=2), W, 1, 1),
    "folded, im2col": lambda: im2col.conv2d_dx(x, K, 2, 1, (32, 32)),
    "folded, Winograd": lambda: upconv.upconv2d(x, W),
}
took = dict.fromkeys(ways, np.inf)
for _ in range(steps(9, 2)):
    for name, way in ways.items():
        start = time.perf_counter()
        way()
        took[name] = min(took[name], time.perf_counter() - start)
kernels.set_threads(threads)
for name, products in zip(ways, ("9   ", "4   ", "4   ", "2.25")):
    speed = took["copies, im2col"] / took[name]
    print(f"{name:<18} {products} products a pixel   {1000 * took[name]:6.1f} ms   {speed:.1f} x")
usually(
    "folded and with Winograd it is more than twice as fast",
    took["folded, Winograd"] < took["copies, im2col"] / 2,
)

# %% [markdown]
# ## Modify
#
# ### Exercise 1: lay the kernels down
#
# A transposed convolution on a line: given `x` and `W` (rows of numbers), stride `s`, padding `p`, return `y`. Mind its length.


# %% tags=["exercise"]
def lay_down(x, W, s, p):
    return ...  # your code


check.transposed_convolution.q1(lay_down)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def lay_down(x, W, s, p):
#     y = np.zeros((len(x) - 1) * s + len(W))
#     for i in range(len(x)):
#         y[s * i : s * i + len(W)] += x[i] * W
#     return y[p : len(y) - p]
# ```
#
# Lay everything down first, as if there were no padding, and cut `p` places off each end after. In a convolution padding adds zeros to the input; here, in its adjoint, it throws outputs away, since those were never read from anything but zeros. (Mind `y[p:-p]`: for `p = 0` it is empty.)
#
# </details>

# %% [markdown]
# ### Exercise 2: fold a kernel
#
# Given `W` with an odd number `k` of taps, return the `k + 1` taps `K` of `eq:upconv.folded`. Begin with $k = 3$, which stands in the text; the check also asks for 1 and 5.


# %% tags=["exercise"]
def fold(W):
    return ...  # your code


check.transposed_convolution.q2(fold)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def fold(W):
#     turned = W[::-1]
#     return np.append(turned, 0) + np.append(0, turned)
# ```
#
# $K_b = W_{k-1-b} + W_{k-b}$ since $2p = k - 1$: the kernel turned round, plus the same moved by one. In other words $K$ is the turned kernel convolved with $(1, 1)$, and $(1, 1)$ is the kernel of copying. "Copy, then convolve" are two convolutions in a row, and two convolutions are one.
#
# </details>

# %% [markdown]
# ### Exercise 3: the backward pass of copy and convolve
#
# On a line, with three taps: given `dy` ($2n$ gradients), `x` ($n$ numbers) and `W` (3 taps), return `dx` and `dW` of "copy each number twice, then convolve with padding 1". You may make the copies.


# %% tags=["exercise"]
def upconv_gradients(dy, x, W):
    return ...  # your code: dx, dW


check.transposed_convolution.q3(upconv_gradients)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def upconv_gradients(dy, x, W):
#     u = np.pad(x.repeat(2), 1)
#     du, dW = np.zeros_like(u), np.zeros_like(W)
#     for i in range(len(dy)):
#         du[i : i + 3] += dy[i] * W
#         dW += dy[i] * u[i : i + 3]
#     return du[1:-1].reshape(-1, 2).sum(axis=1), dW
# ```
#
# A window of three is read as a whole, and its gradient is laid down as a whole. At the end the gradients of the two copies of each number are *added*, not averaged: both copies went their own way.
#
# </details>

# %% [markdown]
# ## Break it
#
# Three bugs, all found in published code.
#
# 1. *The flip, on one side only.* Forward is written with a signal-processing convolution, which turns the kernel; backward without.
# 2. *The mean.* "One pixel became four, so the gradient is the mean of the four."
# 3. *The fan-in of the other layer.* The weights of a transposed convolution are drawn for a fan-in of $k^2 c_\text{in}$, as if it were a convolution. The stride is forgotten.
#
# Which of the checks of `layer_checks` catches the *third*?
#
# - **a** `dtheta`, since it concerns the weights
# - **b** `adjoint`, since forward and backward no longer have the same scale
# - **c** none of them

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def flips(self, x):
    flipped = self.W[::-1, ::-1].swapaxes(2, 3)  # right: no flip
    return reference.conv2d_dx(x, flipped, self.stride, self.pad, self.size(*x.shape[1:3]))


def averages(self, dy, shape):
    n, h, w, c = shape
    return dy.reshape(n, h, 2, w, 2, c).mean(axis=(2, 4))  # right: sum


def without_stride(self):
    return self.k * self.k * self.c_in  # right: (k / s)^2 c_in


def examine():
    return layer_checks(ConvTranspose2d(2, 3, 4, stride=2, pad=1), (2, 3, 4, 2))


print("the flip")
with planted(ConvTranspose2d, "apply", flips):
    assert show_checks(examine())
print("\nthe mean")
with planted(Upsample2x, "backward", averages):
    assert show_checks(layer_checks(Upsample2x(), (2, 3, 4, 2)))
print("\nthe fan-in")
with planted(ConvTranspose2d, "taps", without_stride):
    assert not show_checks(examine())

check.transposed_convolution.p4(guess)

# %% [markdown]
# The layer is right, with any weights. Only its *first* weights are too small, by a factor $s = 2$, and that is not a matter of derivatives. What catches it? A measurement of what the weights were chosen for: that the signal keeps its size.


# %%
def sizes(levels=5):
    """Root mean square of a signal after each of some transposed convolutions and LeakyReLUs."""
    x = np.random.default_rng(0).standard_normal((2, 4, 4, 32))
    found = [1.0]
    for level in range(levels):
        x = ConvTranspose2d(32, 32, 4, stride=2, pad=1).init(rng=level, dtype=np.float64)(x)
        x = np.where(x > 0, x, 0.2 * x)
        found.append(float(np.sqrt(np.mean(x**2))))
    return found


right = sizes()
with planted(ConvTranspose2d, "taps", without_stride):
    wrong = sizes()
print("right: ", np.round(right, 3))
print("wrong: ", np.round(wrong, 3))
caught = show_checks([compare("the size is kept, within a third", wrong[-1], right[0], 1 / 3)])
assert caught
assert not show_checks([compare("the size is kept, within a third", right[-1], right[0], 1 / 3)])

with figure("A fan-in that forgets the stride halves the signal at every layer", marker=True) as ax:
    ax.semilogy(right, label="fan-in (k / s)² c")
    ax.semilogy(wrong, label="fan-in k² c")
    ax.set(xlabel="transposed convolutions passed", ylabel="size of the signal")

# %% [markdown]
# A picture that is grown from 4 to 128 pixels by such layers begins grey, and so do the gradients in the backward pass. It does train, slowly, and its authors find that it "needs BatchNorm". (Lesson 12 shows what BatchNorm would do here: it sets the size to 1 after each layer, and hides the bug.)
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:conv_transpose.forward`: $y_{s i - p + a} \mathrel{+}= x_i W_a$ | `minigan.layers.ConvTranspose2d.apply` | `tests/layers/test_conv.py`: `test_transposed_by_hand`, `test_the_transposed_convolution_is_the_adjoint_of_the_convolution` |
# | `eq:conv_transpose.dx`: $dx_i = \sum_a dy_{s i - p + a} W_a^\top$ | `minigan.layers.ConvTranspose2d.adjoint` | `tests/layers/test_conv.py`: `test_transposed_by_hand` |
# | `eq:conv_transpose.dW`: $dW_a \mathrel{+}= \sum_i x_i^\top dy_{s i - p + a}$ | `minigan.layers.ConvTranspose2d.outer` | `tests/layers/test_conv.py`: `test_transposed_by_hand` |
# | `eq:conv_transpose.size`: $(H - 1) s - 2p + k$ | `minigan.layers.ConvTranspose2d.size` | `tests/layers/test_conv.py`: `test_k4_s2_p1_halves_and_doubles` |
# | `eq:conv_transpose.fan_in`: $\max(1, (k / s)^2)\, c_\text{in}$ | `minigan.layers.ConvTranspose2d.taps` | `tests/layers/test_conv.py`: `test_initial_variance_is_2_over_the_fan_in`, `test_the_variance_passes_through_a_transposed_convolution` |
# | `eq:upsample.dx`: $dx_i = \sum_{\lfloor m/2 \rfloor = i} dy_m$ | `minigan.layers.Upsample2x.backward` | `tests/layers/test_pool.py`: `test_upsample_by_hand` |
# | `eq:upconv.forward`: $y_i = \sum_a u_{i - \lfloor k/2 \rfloor + a} W_a$ | `minigan.layers.UpConv2d.apply` | `tests/layers/test_upconv.py`: `test_worked_by_hand`, `test_no_checkerboard` |
# | `eq:upconv.dx`: $dx_j = \sum_{\lfloor m/2 \rfloor = j} du_m$ | `minigan.kernels.reference.upconv2d_dx` | `tests/layers/test_upconv.py`: `test_worked_by_hand` |
# | `eq:upconv.dW`: $dW_a \mathrel{+}= \sum_i u_{i - \lfloor k/2 \rfloor + a}^\top dy_i$ | `minigan.kernels.reference.upconv2d_dW` | `tests/layers/test_upconv.py`: `test_worked_by_hand` |
# | `eq:upconv.folded`: $K_b = W_{2p - b} + W_{2p + 1 - b}$ | `minigan.kernels.upconv.upconv2d` | `tests/kernels/test_upconv.py`: `test_upconv`, `test_the_expansion_of_three_taps` |
#
# - The transposed convolution is the adjoint of the convolution: its forward is that one's backward. It is not an inverse.
# - Count the taps that reach a pixel. If the stride does not divide the kernel, some pixels get more than others, in G's pictures and in D's gradients.
# - Copying and then convolving keeps a flat picture flat, and folded into the weights it needs a quarter of the products.
# - A derivative check says nothing about first weights. Measure the size of the signal.
#
# ## Next
#
# [Lesson 12: Normalisation](12_normalisation.ipynb). One line sets the size of every signal to 1, whatever the weights are, and it is the line by which the images of a batch begin to see each other.
