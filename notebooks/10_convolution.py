# %% [markdown]
# # Lesson 10: Convolution, and how to make it fast
#
# **Goal** Derive the convolution and its two gradients by hand, first on a line and then on images, and turn the same sum into a program that is some ten thousand times as fast, without changing a digit that matters.
#
# **Prerequisites** Lesson 1 (gradient checks) and lesson 2 (the dense layer). Lessons 7 and 8 say what the convolutions will be used for.
#
# **Run time** 11 s on two cores (measured).
#
# The GAN of lesson 8 drew points in a plane with dense layers. Now the points become pictures. A dense layer from a colour picture of 64 x 64 pixels to 64 numbers per block of 2 x 2 would need
# 800 million weights, and would have to learn anew in each corner what an edge is. A convolution does the same job with 3072 weights, since it looks everywhere with the same small window.
# It is also where the time goes: nearly all multiplications of the GAN of lesson 13 are made in convolutions. If you write the seven loops of the definition as they
# stand in a book, in Python, waits a week for what others have in a minute. So this lesson has two halves: the right sum, and the same sum, fast.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("D")

# %%
import time

import numba
import numpy as np

from minigan import data, kernels
from minigan.differences import ADJOINT, FIRST, compare, numerical_gradient
from minigan.gradcheck import layer_checks
from minigan.kernels import convolution, im2col, reference, winograd
from minigan.layers import AvgPool2d, Conv2d, MaxPool2d
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: how many outputs does a pixel reach?
#
# Discriminators like to look at a picture through windows of 4 x 4 pixels, one window at every second pixel of every second row. ("Kernel 4, stride 2".) Each output is a weighted sum of the 16 pixels in its window. Turn the question
# round, as backpropagation does: how many windows is one pixel in the middle of the picture part of?
#
# - **a** 16, one for each place it can have in a window
# - **b** 8
# - **c** 4
# - **d** it depends on the pixel
#
# Commit to a letter before you run on.

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
ones = np.ones((4, 4, 1, 1))  # a kernel of ones: the output is the number of times that a pixel was seen
for place in ((3, 3), (3, 4), (4, 4)):
    x = np.zeros((1, 8, 8, 1))
    x[0, *place] = 1
    y = reference.conv2d(x, ones, stride=2, pad=1)
    print(f"pixel {place} is part of {int(y.sum())} windows of the {y.size}")

check.convolution.p1(guess)

# %% [markdown]
# Remember the number 4 = $(k / s)^2$: it is what the gradient of a pixel will be a sum of, and in lesson 11 it decides how large the first weights of a generator have to be.
#
# ## Derive: on a line
#
# Let $x$ be a row of $n$ numbers and $W$ a *kernel* of $k$ numbers, its *taps*. Lay the kernel on the row, multiply what lies on each other, add up, and write the sum down. Move on by the *stride* $s$ and repeat. So that the ends are not
# neglected, $p$ zeros are put before the row and after it, the *padding*. Output $i$ begins at position $s i - p$:
#
# $$ y_i = \sum_{a=0}^{k-1} x_{s i - p + a}\, W_a + b, \qquad x_m = 0 \text{ outside } 0 \le m < n \tag{10.1} $$
#
# How many outputs? The padded row has $n + 2p$ places, and the last window has to end inside: $s i + k \le n + 2 p$. So $i$ runs from 0 to $\lfloor (n + 2p - k) / s \rfloor$, and there are (for an image, $H$ in place of $n$)
#
# $$ H' = \Bigl\lfloor \frac{H + 2p - k}{s} \Bigr\rfloor + 1 \tag{eq:conv.size} $$
#
# *By hand*: $x = (1, 2, 3, 4)$, $W = (1, 0, -1)$, $s = p = 1$, $b = 0$. With the padding the row is $0, 1, 2, 3, 4, 0$, and each output is left neighbour minus right neighbour: $y = (-2, -2, -2, 3)$. This kernel measures how steeply the row
# falls, everywhere at once.
#
# (A mathematician would call (10.1) a *correlation*. In a convolution proper the kernel is turned round, $W_{k-1-a}$. Since $W$ is learned, the two differ in nothing but names, and all of deep learning uses (10.1). It becomes a bug only when
# someone mixes the two; we come to that.)
#
# **The backward pass.** As in lesson 2, ask of each number which outputs it reached, and how strongly. $x_m$ reached output $i$ through tap $a$ if $m = s i - p + a$, with strength $W_a$. We could solve this for all pairs $(i, a)$, minding strides and borders.
# It is easier not to: go through all pairs $(i, a)$ as the forward pass did, and *where it read, add*:
#
# $$ dx_{s i - p + a} \mathrel{+}= dy_i\, W_a \qquad \text{for all } i, a, \text{ outside dropped} \tag{10.2} $$
#
# The same for the weights. $W_a$ reached every output $i$, with strength $x_{s i - p + a}$, so
#
# $$ dW_a = \sum_i x_{s i - p + a}\, dy_i, \qquad db = \sum_i dy_i \tag{10.3} $$
#
# Three readings of one list: the triples (output $i$, tap $a$, input $m = s i - p + a$). The forward pass runs through it and adds into $y$, the backward pass adds into $dx$, and into $dW$. *A backward pass that reads another list than its forward pass is wrong.*
#
# *By hand*, with $dy = (1, 0, 0, 2)$: output 0 lays $1 \cdot W = (1, 0, -1)$ on positions $-1, 0, 1$, output 3 lays $2 W = (2, 0, -2)$ on positions 2, 3, 4. Inside remain $dx = (0, -1, 2, 0)$. And $dW_0$ pairs each gradient with the number to its left:
# $1 \cdot 0 + 2 \cdot 3 = 6$; $dW_1 = 1 \cdot 1 + 2 \cdot 4 = 9$; $dW_2 = 1 \cdot 2 + 2 \cdot 0 = 2$.

# %%
x, W, dy = np.array([1.0, 2, 3, 4]), np.array([1.0, 0, -1]), np.array([1.0, 0, 0, 2])
triples = [(i, a, i - 1 + a) for i in range(4) for a in range(3) if 0 <= i - 1 + a < 4]  # s = p = 1

y, dx, dW = np.zeros(4), np.zeros(4), np.zeros(3)
for i, a, m in triples:
    y[i] += x[m] * W[a]
    dx[m] += dy[i] * W[a]
    dW[a] += x[m] * dy[i]
print("y ", y)
print("dx", dx)
print("dW", dW)

# %% [markdown]
# ## Derive: on images, with channels
#
# Three things change, and the formulas do not.
#
# *Two directions.* Let $i$, $a$ and $m$ be pairs (row, column). The kernel has $k \times k$ taps, and $s i - p + a$ is meant for each of the two.
#
# *Channels.* A pixel is not a number but a row of $C$ of them: red, green, blue, or after the first layer whatever has been learned. The output has $O$ channels. So a tap is a matrix: $W_a$ of shape $(C, O)$, and $x_m W_a$ is a row times
# a matrix, **a dense layer for each tap**.
#
# *A batch.* Everything happens to each image alike; in $dW$ and $db$ the images are added up, as in lesson 2.
#
# An image batch has the shape (N, H, W, C), the weights $(k, k, C, O)$. The three directions become, with the transposes that a dense layer has,
#
# $$ y_i = \sum_a x_{s i - p + a}\, W_a \tag{eq:conv.forward} $$
#
# $$ dx_{s i - p + a} \mathrel{+}= dy_i\, W_a^{\top} \tag{eq:conv.dx} $$
#
# $$ dW_a \mathrel{+}= \sum_i x_{s i - p + a}^{\top}\, dy_i \tag{eq:conv.dW} $$
#
# *First weights.* By lesson 2 they need the variance $\text{gain}^2 / \text{fan-in}$, where the fan-in is the number of products that one output is the sum of. Count them in the first of the three: $k^2$ taps, with $c_\text{in} = C$ products each for one output channel,
#
# $$ \text{fan-in} = k^2\, c_{\text{in}} \tag{eq:conv.fan\_in} $$
#
# The stride is not in it: an output has one whole window, however far the next one is. (At the border some of the products are with zeros of the padding, and the signal is a little smaller there.)
#
# What can nine numbers do? Three kernels of 3 x 3, laid on a handwritten digit:

# %%
seven = data.load("mnist10k").images[7_300:7_301] / 255.0  # (1, 28, 28, 1)
upward = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4
kernels_3x3 = {
    "the digit": None,
    "upper edges": -upward,
    "left edges": -upward.T,
    "blurred": np.full((3, 3), 1 / 9),
}

with figure("Nine numbers are enough to find edges, or to blur them", panels=4, size=(10, 3)) as axes:
    for ax, (name, kernel) in zip(axes, kernels_3x3.items()):
        shown = seven if kernel is None else reference.conv2d(seven, kernel[:, :, None, None], 1, 1)
        ax.imshow(shown[0, :, :, 0], cmap="gray", vmin=-1, vmax=1)
        ax.set_axis_off()
        ax.set_title(name)

# %% [markdown]
# White is positive, black negative, grey is zero. A D whose first layer has such kernels can detect in its second layer an upper edge next to a left edge, that is, a corner; and so on. These kernels are not written by hand but learned.
#
# **A convolution is a dense layer**, one with very few weights. Write all pixels of an image of 6 x 6 in one row of 36, all outputs of a 4 x 4, stride 2, padding 1 convolution in one row of 9. Then $y = x M$ with a matrix $M$ (36, 9). Its entries are the
# taps:

# %%
taps = np.arange(1.0, 17).reshape(4, 4, 1, 1)
basis = np.eye(36).reshape(36, 6, 6, 1)  # one image for each pixel, which alone is 1
M = reference.conv2d(basis, taps, stride=2, pad=1).reshape(36, 9)

with figure("A convolution is a dense layer of few weights, used again and again", size=(9, 3.6)) as ax:
    ax.imshow(np.where(M > 0, M, np.nan).T, cmap="viridis", aspect="auto")
    for (m, i), tap in np.ndenumerate(M):
        if tap:
            ax.text(
                m, i, int(tap), ha="center", va="center", fontsize=7, color="white" if tap < 11 else "black"
            )
    ax.set(xlabel="pixel m of the 6 x 6 image", ylabel="output i of 3 x 3")
    ax.grid(False)

print(f"{M.size} weights, {np.count_nonzero(M)} of them not 0, {len(set(M[M > 0]))} different ones")

# %% [markdown]
# The number in each square says which of the 16 taps stands there. So nothing of lesson 2 has to be derived again: $dx = dy\, M^\top$, and $dW_a$ is the sum of $M$'s gradients over all places where tap $a$ stands. That is a second derivation of the
# three formulas, and a check that we will use below.
#
# ## Derive: windows without weights
#
# Classifiers shrink pictures by a *pool* as well: cut the picture into blocks of $k \times k$, and keep one number of each block, in each channel for itself. Nothing is learned. The blocks do not overlap and there is no padding, so *each pixel is in exactly one window*, $(k / s)^2 = 1$. One can take the mean:
#
# $$ y_i = \frac{1}{k^2} \sum_{m \in \text{block } i} x_m \tag{eq:avgpool.forward} $$
#
# That is a convolution of stride $s = k$ whose taps are all $1 / k^2$ times the unit matrix. So `eq:conv.dx` holds, and since no place is added to twice, its $\mathrel{+}=$ is an equals sign:
#
# $$ dx_m = \frac{dy_i}{k^2}, \qquad m \in \text{block } i \tag{eq:avgpool.dx} $$
#
# Or one can take the largest:
#
# $$ y_i = \max_{m \in \text{block } i} x_m \tag{eq:maxpool.forward} $$
#
# Move the pixels by less than the distance of the largest to the second, and the winner stays the winner: there $y_i$ *is* $x_m$ of the winner, with the derivative 1, and does not depend on the others at all.
#
# $$ dx_m = \begin{cases} dy_i & m = \arg\max_{\text{block } i} x \\ 0 & \text{else} \end{cases} \tag{eq:maxpool.dx} $$
#
# (If two are largest, $y_i$ has a kink as ReLU has at 0, and no gradient. The library uses the first.) *By hand*, a block $(1, 2; 3, 4)$ with $dy = 4$: the mean is 2.5 and all four pixels get 1; the maximum is 4 and its pixel gets 4, the others 0. Three quarters of the pixels get no gradient, so discriminators shrink by convolutions of stride 2 instead, and G gets a gradient from every pixel. The classifier with which lesson 20 measures pictures has two maximum pools.
#
# ## See the code
#
# The library's definition of a convolution, in plain NumPy. It runs through the $k^2$ taps; each is a dense layer for all images and all places together. Notice that the three functions share one loop, `_taps`: the list of triples.

# %%
show_source(reference._taps, reference.conv2d, reference.conv2d_dx, reference.conv2d_dW)

# %% [markdown]
# And the layer: three lines, one for each direction, and the same five verbs as the dense layer, since both inherit them from `Linear` (lesson 2).

# %%
show_source(Conv2d)

# %% [markdown]
# The pools put the $k^2$ pixels of a block on an axis of their own, where mean, maximum and winner are NumPy's:

# %%
show_source(AvgPool2d, MaxPool2d)

# %% [markdown]
# ## Check: differences, and the matrix
#
# The sizes are odd on purpose: five rows, eight columns, stride 2, so that in one direction the last window does not reach the edge. A pixel that no window saw must get the gradient 0.

# %%
rng = np.random.default_rng(0)
x, W = rng.standard_normal((2, 5, 8, 2)), rng.standard_normal((4, 4, 2, 3))
dy = rng.standard_normal(reference.conv2d(x, W, 2, 1).shape)
dW = np.zeros_like(W)
reference.conv2d_dW(x, dy, 2, 1, dW)
dx = reference.conv2d_dx(dy, W, 2, 1, (5, 8))


def loss(_=None):
    return np.sum(dy * reference.conv2d(x, W, 2, 1))


print("y has the shape", dy.shape)
print(compare("dx against differences", dx, numerical_gradient(loss, x), FIRST))
print(compare("dW against differences", dW, numerical_gradient(loss, W), FIRST))

basis = np.eye(80).reshape(80, 5, 8, 2)
M = reference.conv2d(basis, W, 2, 1).reshape(80, -1)  # one row for each number of the image
print(compare("dx against dy M'      ", dx.reshape(2, 80), dy.reshape(2, -1) @ M.T, ADJOINT))
print()
show_checks(layer_checks(Conv2d(2, 3, 4, stride=2, pad=1), (2, 5, 8, 2)))

# %% [markdown]
# The pools: by hand, against differences, and the mean as the convolution that it is. And the fan-in: counted, by a kernel of ones on a picture of ones, and then used. With weights of variance $1 / \text{fan-in}$ an output must be as large as an input.

# %%
block = np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1)
for pool in (AvgPool2d(2), MaxPool2d(2)):
    y, cache = pool.forward(block)
    print(f"{pool}: y {y.ravel()}, dx {pool.backward(np.full_like(y, 4), cache).ravel()}")
    assert not show_checks(c for c in layer_checks(pool, (2, 4, 6, 3)) if c.name in ("dx", "adjoint"))
x, dy = rng.standard_normal((2, 4, 6, 3)), rng.standard_normal((2, 2, 3, 3))
W = np.full((2, 2, 1, 1), 1 / 4) * np.eye(3)
pool = AvgPool2d(2)
print(compare("mean as a convolution, y ", pool(x), reference.conv2d(x, W, 2, 0), ADJOINT))
expected = reference.conv2d_dx(dy, W, 2, 0, (4, 6))
print(compare("mean as a convolution, dx", pool.backward(dy, x.shape), expected, ADJOINT))

layer = Conv2d(8, 32, 4, stride=2, pad=1, gain=1.0).init(rng=0, dtype=np.float64)
y = layer(rng.standard_normal((32, 16, 16, 8)))[:, 1:-1, 1:-1]  # without the border
layer.W[...] = 1
products = layer(np.ones((1, 16, 16, 8)))[0, 4, 4, 0]
print(compare("fan-in                   ", layer.taps(), products, ADJOINT))
print(compare("mean square of an output ", np.mean(y**2), 1.0, 0.1))

# %% [markdown]
# ## Predict: does it matter in which order one adds?
#
# Now fast. A layer as in lesson 13: 32 images of 16 x 16 with 64 channels become 8 x 8 with 128 channels, kernel 4, stride 2, padding 1. That is
# $32 \cdot 8 \cdot 8 \cdot 16 \cdot 64 \cdot 128$, 268 million multiplications, in each direction, for one layer, in each step.
#
# `as_defined` is the formula: for each output number, the sum over the taps and the input channels. `reordered` does the same multiplications, but adds each product at once where it belongs, and lets the output channel `o` run fastest. Both are compiled to
# machine code by Numba. How much faster is the second?
#
# - **a** not at all: the same multiplications take the same time
# - **b** slower: it writes to memory 268 million times instead of once for each output
# - **c** about twice as fast
# - **d** more than five times as fast

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def as_defined(xp, W, y):  # xp: x with its padding, stride 2
    N, rows, columns, O = y.shape
    k, _, C, _ = W.shape
    for n in range(N):
        for i in range(rows):
            for j in range(columns):
                for o in range(O):
                    total = y[n, i, j, o]
                    for a in range(k):
                        for b in range(k):
                            for c in range(C):
                                total += xp[n, 2 * i + a, 2 * j + b, c] * W[a, b, c, o]
                    y[n, i, j, o] = total


def reordered(xp, W, y):
    N, rows, columns, O = y.shape
    k, _, C, _ = W.shape
    for n in range(N):
        for i in range(rows):
            for j in range(columns):
                for a in range(k):
                    for b in range(k):
                        for c in range(C):
                            for o in range(O):
                                y[n, i, j, o] += xp[n, 2 * i + a, 2 * j + b, c] * W[a, b, c, o]


def best(f, times):
    """The shortest of several times: whatever else the machine does can only add to it."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        f()
        took.append(time.perf_counter() - start)
    return min(took)


threads = kernels.get_threads()
kernels.set_threads(1)  # one core for everybody
rng = np.random.default_rng(1)
x, W = (rng.standard_normal(shape, np.float32) for shape in ((32, 16, 16, 64), (4, 4, 64, 128)))
xp = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
results, seconds = {}, {}

pixel = np.zeros((1, 1, 1, 128), np.float32)  # all 2048 would take Python a minute: one will do
seconds["Python loops"] = best(lambda: as_defined(xp, W, pixel), 1) * 2048
for name, loops in (("compiled, as defined", as_defined), ("compiled, reordered", reordered)):
    compiled = numba.njit(loops)
    compiled(xp[:1], W, np.zeros((1, 8, 8, 128), np.float32))  # the first call compiles
    results[name] = np.zeros((32, 8, 8, 128), np.float32)
    compiled(xp, W, results[name])
    seconds[name] = best(lambda: compiled(xp, W, np.zeros_like(results[name])), steps(3, 1))

for name, took in seconds.items():
    print(f"{name:<22} {1000 * took:10.1f} ms")

check.convolution.p2(guess)

# %% [markdown]
# The weights `W[a, b, c, o]` lie in memory with `o` running fastest. As defined, the innermost loop runs over `c` and takes one weight in 128, jumping; each jump fetches 64 bytes and uses 4. And each addition has to wait for the one before, since all go into the same
# `total`. Reordered, the innermost loop takes neighbours and adds to neighbours: the processor multiplies 8 numbers at once, and none waits for the other. *Fast code is first of all code that reads memory in order.*
#
# ## Derive: one matrix product
#
# Better still is to let others do the work. The product of two large matrices is the one thing that every computer has a perfect program for (BLAS, which is behind NumPy's `@`): it also knows in which pieces to go through memory so that what it has once fetched is used often.
# So we write the patch that output $i$ sees as one row:
#
# $$ P_i = \bigl( x_{s i - p},\; x_{s i - p + 1},\; \dots,\; x_{s i - p + k - 1} \bigr) \qquad \text{of } k^2 C \text{ numbers, one row for each output pixel} \tag{10.4} $$
#
# and the weights, in the same order, as a matrix $w$ $(k^2 C, O)$. Then all of the convolution is one dense layer on $P$, in all three directions (this is called *im2col*):
#
# $$ y = P w, \qquad dP = dy\, w^{\top}, \qquad dw = P^{\top} dy \tag{10.5} $$
#
# and since $P$ is a copy of $x$'s entries, each to several places, the gradients of all copies of a pixel are added up to get $dx$: where it was read, add.
#
# The price is memory. Each pixel is in $(k / s)^2 = 4$ windows, so $P$ is four times as large as $x$ (nine times for a 3 x 3 kernel of stride 1), and is written and read once more. The library makes $P$ in blocks of 2 MB, small enough to stay in the processor's
# cache, and multiplies each before it makes the next. (`i` and `j` are the rows that one thread computes, share number `s`; `state` is how threads and products are called from compiled code.)

# %%
show_source(im2col._forward, im2col._gather)

# %% [markdown]
# ## Derive: fewer multiplications
#
# So far every program made the same 268 million multiplications. One can do with fewer (Winograd 1980; for networks Lavin and Gray 2016). Take the smallest case there is, two outputs of a kernel with two taps $g_0, g_1$ on three inputs $d_0, d_1, d_2$:
#
# $$ y_0 = d_0\, g_0 + d_1\, g_1, \qquad y_1 = d_1\, g_0 + d_2\, g_1 \tag{10.6} $$
#
# Four products. But $d_1$ appears in both lines, once with $g_0$ and once with $g_1$. Compute $d_1 (g_0 + g_1)$ *once* and use it in both, then repair: in the first line $d_1 g_0$ is too much and $d_0 g_0$ is missing, in the second $d_1 g_1$ is too much and $d_2 g_1$ is missing.
#
# $$ m_0 = (d_0 - d_1)\, g_0, \quad m_1 = d_1\, (g_0 + g_1), \quad m_2 = (d_2 - d_1)\, g_1, \qquad y_0 = m_0 + m_1, \quad y_1 = m_1 + m_2 \tag{10.7} $$
#
# Three products, exactly the same two outputs. It is called F(2, 2): two outputs, two taps. *By hand*: $d = (1, 2, 4)$, $g = (3, -1)$ give $m = (-3, 4, -2)$ and $y = (1, 2)$, and indeed $1 \cdot 3 - 2 = 1$, $2 \cdot 3 - 4 = 2$.
#
# Additions have become more. Why is it a gain? Because of the channels. $d_i$ is a row of $C$ numbers, $g_a$ a matrix $(C, O)$, and a product costs $C \cdot O$ multiplications, while a sum of two $d$'s costs $C$ additions and a sum of two outputs costs $O$. The sums of $g$'s are made once for
# all images. With 64 and 128 channels, an addition is cheap.
#
# Written with matrices, where $\odot$ multiplies entry by entry:
#
# $$ y = A^{\top} \bigl[ (G g) \odot (B^{\top} d) \bigr], \qquad B^{\top} = \begin{pmatrix} 1 & -1 & 0 \\ 0 & 1 & 0 \\ 0 & -1 & 1 \end{pmatrix}, \quad G = \begin{pmatrix} 1 & 0 \\ 1 & 1 \\ 0 & 1 \end{pmatrix}, \quad A^{\top} = \begin{pmatrix} 1 & 1 & 0 \\ 0 & 1 & 1 \end{pmatrix} \tag{10.8} $$
#
# **On images.** A two-dimensional convolution of 2 x 2 taps on a patch of 3 x 3 gives 2 x 2 outputs. Think of it as (10.6) with the *rows* of the patch as $d_0, d_1, d_2$, the rows of the kernel as $g_0, g_1$, and "times" meaning the one-dimensional convolution of two rows. (10.7) used nothing of its products but that
# $(d - d') g = d g - d' g$ and $d (g + g') = d g + d g'$, and that is true of this "times" too. So three convolutions of rows, each of them done by (10.7) with three products: nine, where the definition has sixteen.
#
# $$ y = A^{\top} \bigl[\, (G g G^{\top}) \odot (B^{\top} d B) \,\bigr] A \tag{eq:winograd.forward} $$
#
# **Stride 2, four taps.** Our kernel is 4 x 4 with stride 2. On a line, $y_i = x_{2i-1} W_0 + x_{2i} W_1 + x_{2i+1} W_2 + x_{2i+2} W_3$. Pair the inputs, $d_i = (x_{2i-1}, x_{2i})$, and the taps, $g_0 = (W_0, W_1)$, $g_1 = (W_2, W_3)$:
#
# $$ y_i = d_i \cdot g_0 + d_{i+1} \cdot g_1 \tag{10.9} $$
#
# two taps, stride *one*, twice the channels: (10.6). In two dimensions the pairs are blocks of 2 x 2 pixels, and four times the channels. So our layer is nine matrix products of $4 C$ by $O$, and makes 151 million multiplications instead of 268.
#
# **The backward pass** costs a line. For a fixed $g$, (10.8) is linear in $d$: $y = A^\top \operatorname{diag}(G g)\, B^\top d$. Its transpose sends the gradient back, and likewise for $g$. In two dimensions:
#
# $$ dd = B \bigl[\, (G g G^{\top}) \odot (A\, dy\, A^{\top}) \,\bigr] B^{\top} \tag{eq:winograd.dx} $$
#
# $$ dg = G^{\top} \bigl[\, (B^{\top} d B) \odot (A\, dy\, A^{\top}) \,\bigr] G \tag{eq:winograd.dW} $$
#
# Six lines of NumPy check all three, on one tile:

# %%
B_t = np.array([[1.0, -1, 0], [0, 1, 0], [0, -1, 1]])
G = np.array([[1.0, 0], [1, 1], [0, 1]])
A_t = np.array([[1.0, 1, 0], [0, 1, 1]])
rng = np.random.default_rng(2)
d, g, dy = rng.standard_normal((3, 3)), rng.standard_normal((2, 2)), rng.standard_normal((2, 2))

products = (G @ g @ G.T) * (B_t @ d @ B_t.T)
lifted = A_t.T @ dy @ A_t
image, kernel, gradients = d[None, :, :, None], g[:, :, None, None], np.zeros((2, 2, 1, 1))
reference.conv2d_dW(image, dy[None, :, :, None], 1, 0, gradients)
expected = reference.conv2d(image, kernel, 1, 0)[0, :, :, 0]
print(f"{products.size} products")
print(compare("y ", A_t @ products @ A_t.T, expected, ADJOINT))
expected = reference.conv2d_dx(dy[None, :, :, None], kernel, 1, 0, (3, 3))[0, :, :, 0]
print(compare("dd", B_t.T @ ((G @ g @ G.T) * lifted) @ B_t, expected, ADJOINT))
print(compare("dg", G.T @ ((B_t @ d @ B_t.T) * lifted) @ G, gradients[:, :, 0, 0], ADJOINT))

# %% [markdown]
# In the library the three matrices have dissolved into loops of additions, and what is left of the formula are nine matrix products:

# %%
show_source(winograd._conv2d, winograd.products, winograd._outputs)

# %% [markdown]
# ## Predict: what does the trick cost in digits?
#
# Winograd's way subtracts numbers and adds them up again later. In float32, which keeps seven digits, how far will its result be from the exact one, compared with the programs that follow the definition?
#
# - **a** not at all: on paper it is the same number
# - **b** about as far as the others, near the seventh digit
# - **c** three or four digits are lost

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
ways = {
    "one product per tap": lambda: reference.conv2d(x, W, 2, 1),
    "im2col, in blocks": lambda: im2col.conv2d(x, W, 2, 1),
    "Winograd": lambda: winograd.conv2d(x, W),
}
for name, way in ways.items():
    results[name] = way()
    seconds[name] = best(way, steps(15, 2))
exact = reference.conv2d(x.astype(np.float64), W.astype(np.float64), 2, 1)

for name, took in seconds.items():
    off = f"off by {compare(name, results[name], exact, 1e-5).error:.0e}" if name in results else ""
    print(f"{name:<22} {1000 * took:10.1f} ms   {seconds['Python loops'] / took:8,.0f} x   {off}")
assert all(compare(name, y, exact, 1e-5).ok for name, y in results.items())

check.convolution.p3(guess)

# %%
with figure(
    "From the loops of a textbook to Winograd: the same numbers, some ten thousand times as fast"
) as ax:
    bars = ax.barh(list(seconds), list(seconds.values()), color="0.75", edgecolor="black")
    ax.bar_label(bars, [f"{1000 * s:,.1f} ms" for s in seconds.values()], padding=4)
    ax.set(
        xscale="log", xlabel="seconds on one core: 32 x 16 x 16 x 64 to 32 x 8 x 8 x 128", xlim=(1e-3, 1e3)
    )
    ax.invert_yaxis()
    ax.grid(axis="y")
usually(
    "Winograd is thousands of times as fast as Python loops",
    seconds["Python loops"] > 3000 * seconds["Winograd"],
)

# %% [markdown]
# Read it from above. Compiling was worth a factor of some hundreds, reading memory in order about ten more, BLAS two or three against loops that are already good, and Winograd nearly its theoretical $16 / 9 = 1.8$ on top. All results agree to six digits or more. They do not agree to the last bit, since each adds in
# another order. All coefficients in (10.8) are 0 or $\pm 1$, which is why nothing is lost. (Larger tiles save even more multiplications, but need coefficients such as 4 and 1/24, and those do cost digits.)
#
# Is Winograd always the fastest? An addition is cheap compared with a product of $C \cdot O$ only if there are channels enough:

# %%
ratios = {}
for channels in (4, 8, 16, 32, 64, 128):
    shapes = (32, 16, 16, channels), (4, 4, channels, channels)
    a, b = (rng.standard_normal(shape, np.float32) for shape in shapes)
    ratio = []
    for _ in range(steps(9, 1)):  # neighbours in time: what slows one slows both
        slow = best(lambda: im2col.conv2d(a, b, 2, 1), 2)
        ratio.append(slow / best(lambda: winograd.conv2d(a, b), 2))
    ratios[channels] = np.median(ratio)

with figure("Nine products instead of sixteen pay off only with many channels", marker=True) as ax:
    ax.semilogx(list(ratios), list(ratios.values()), label="measured: time of im2col / time of Winograd")
    ax.axhline(16 / 9, linestyle=":", color="0.4", label="16 / 9: if additions cost nothing")
    ax.axhline(1, linestyle="--", color="0.4", label="equally fast")
    ax.set(xlabel="channels, in and out", ylabel="times faster", ylim=(0, 2.2))
    ax.set_xticks(list(ratios), list(ratios))
    ax.minorticks_off()

kernels.set_threads(threads)
print("   ".join(f"{c} channels: {ratio:.2f}" for c, ratio in ratios.items()))
usually("Winograd is slower with few channels and faster with many", ratios[4] < 1 < ratios[128])

# %% [markdown]
# So the library chooses by shape, in one place and with the measured numbers next to it:

# %%
show_source(convolution._winograd)

# %% [markdown]
# ## Modify
#
# ### Exercise 1: the backward pass, on a line
#
# One image, one channel, one dimension: given `dy`, `x` and `W` (rows of numbers), the stride `s` and the padding `p`, return `dx` and `dW`: equations (10.2) and (10.3). Loops are fine.


# %% tags=["exercise"]
def convolution_gradients(dy, x, W, s, p):
    return ...  # your code: dx, dW


check.convolution.q1(convolution_gradients)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def convolution_gradients(dy, x, W, s, p):
#     dx, dW = np.zeros_like(x), np.zeros_like(W)
#     for i in range(len(dy)):
#         for a in range(len(W)):
#             m = s * i - p + a
#             if 0 <= m < len(x):
#                 dx[m] += dy[i] * W[a]
#                 dW[a] += x[m] * dy[i]
#     return dx, dW
# ```
#
# The loops and the line `m = s * i - p + a` are those of the forward pass, letter by letter. Only the last line changes, from `y[i] += x[m] * W[a]` to the two others: each of the three numbers in the product takes its turn as the one whose gradient is wanted.
#
# </details>

# %% [markdown]
# ### Exercise 2: lay out the patches
#
# Equation (10.4): given images `x` (N, H, W, C), a window of `k` x `k` and a stride `s`, without padding, return `P` of shape (N H' W', k k C): one row for each output pixel, images first, then rows, then columns; in a row the taps in their order, and for each tap its $C$
# channels. Then `P @ W.reshape(-1, O)` is the convolution.


# %% tags=["exercise"]
def patches(x, k, s):
    return ...  # your code


check.convolution.q2(patches)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def patches(x, k, s):
#     N, H, W, C = x.shape
#     rows, columns = (H - k) // s + 1, (W - k) // s + 1
#     P = np.empty((N, rows, columns, k, k, C), x.dtype)
#     for a in range(k):
#         for b in range(k):
#             P[:, :, :, a, b] = x[:, a : a + s * rows : s, b : b + s * columns : s]
#     return P.reshape(N * rows * columns, k * k * C)
# ```
#
# Tap (a, b) of all output pixels together is a slice of x with stride s, so $k^2$ copies do it all. The six axes of P are laid out in the order in which the matrix wants them, and the reshape at the end costs nothing.
#
# </details>

# %% [markdown]
# ### Exercise 3: four products instead of six
#
# The 3 x 3 kernels of lesson 11 need F(2, 3): two outputs of three taps, $y_0 = d_0 g_0 + d_1 g_1 + d_2 g_2$ and $y_1 = d_1 g_0 + d_2 g_1 + d_3 g_2$, from four inputs. Given `d` and `g` (four and three numbers), return `y0, y1` with *four* multiplications. Dividing or multiplying by a constant such as 2 does not
# count. The check does count.
#
# Begin with $m_0 = (d_0 - d_2)\, g_0$ and $m_3 = (d_1 - d_3)\, g_2$, so that $y_0 = m_0 + \dots$ and $y_1 = \dots - m_3$. What is left to be found is $d_2 (g_0 + g_2) + d_1 g_1$ in the first line and $d_1 (g_0 + g_2) + d_2 g_1$ in the second. Look at their sum and at their difference.


# %% tags=["exercise"]
def two_outputs(d, g):
    return ...  # your code: y0, y1


check.convolution.q3(two_outputs)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def two_outputs(d, g):
#     m0 = (d[0] - d[2]) * g[0]
#     m1 = (d[1] + d[2]) * ((g[0] + g[1] + g[2]) / 2)
#     m2 = (d[2] - d[1]) * ((g[0] - g[1] + g[2]) / 2)
#     m3 = (d[1] - d[3]) * g[2]
#     return m0 + m1 + m2, m1 - m2 - m3
# ```
#
# The sum of the two things wanted is $(d_1 + d_2)(g_0 + g_2 + g_1)$, their difference $(d_2 - d_1)(g_0 + g_2 - g_1)$: one product each, and half of sum and difference give both back. On images it is $4 \cdot 4 = 16$ products where the definition has 36. This is
# `kernels/winograd3.py`.
#
# </details>

# %% [markdown]
# ## Break it
#
# Three programs of other people, in the place of ours.
#
# 1. *The border*: the padded gradient is cropped one pixel too early, so every gradient lands beside its pixel.
# 2. *The stride*: "backward is the convolution of `dy` with the kernel", as in the lecture, where the stride was 1.
# 3. *The flip*: the author uses a signal-processing routine, a convolution proper, which turns the kernel round. In all three directions, faithfully.
#
# We have four checks: `dx` and `dtheta` against differences, `adjoint`, and the numbers worked by hand above. Which of them catch the *third* program?
#
# - **a** all four
# - **b** `dx` and `dtheta`, but not `adjoint`
# - **c** only the numbers worked by hand
# - **d** none, and rightly so: it is not a bug

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def by_hand():
    """x = (1, 2, 3, 4) and W = (1, 0, -1), as the middle row of an image and of a 3 x 3 kernel."""
    layer = Conv2d(1, 1, 3, pad=1).init(rng=0, dtype=np.float64)
    layer.W[...] = 0
    layer.W[1, :, 0, 0] = [1, 0, -1]
    return compare(
        "by hand", layer(np.array([1.0, 2, 3, 4]).reshape(1, 1, 4, 1)).ravel(), [-2, -2, -2, 3], ADJOINT
    )


def examine():
    return [*layer_checks(Conv2d(2, 3, 4, stride=2, pad=1), (2, 6, 8, 2)), by_hand()]


def cropped_early(dy, W, stride, pad, hw):
    dx = reference.conv2d_dx(dy, W, stride, 0, (hw[0] + 2 * pad, hw[1] + 2 * pad))
    return dx[:, pad - 1 : pad - 1 + hw[0], pad - 1 : pad - 1 + hw[1]]  # right: pad : pad + ...


def stride_forgotten(dy, W, stride, pad, hw):
    return reference.conv2d_dx(dy, W, 1, pad, hw)  # right: stride


def turned(W):
    return W[::-1, ::-1]


print("the border")
with planted(kernels, "conv2d_dx", cropped_early):
    assert show_checks(examine())
print("\nthe stride")
with planted(kernels, "conv2d_dx", stride_forgotten):
    assert show_checks(examine())
print("\nthe flip")
with (
    planted(kernels, "conv2d", lambda x, W, s, p: reference.conv2d(x, turned(W), s, p)),
    planted(kernels, "conv2d_dx", lambda dy, W, s, p, hw: reference.conv2d_dx(dy, turned(W), s, p, hw)),
    planted(kernels, "conv2d_dW", lambda x, dy, s, p, dW: reference.conv2d_dW(x, dy, s, p, turned(dW))),
):
    flipped = examine()
    assert show_checks(flipped)

check.convolution.p4(guess)
assert [c.name for c in flipped if not c.ok] == ["by hand"]
assert not show_checks(examine())

# %% [markdown]
# The third program is a perfectly good layer. It learns as well as ours, with every kernel turned round in memory, and no derivative can object. It becomes a bug on the day somebody loads weights that were trained elsewhere, or writes one of the three directions anew. That is why each layer of the library is also tested
# on numbers worked by hand, and against the stored answers of another framework.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:conv.forward`: $y_i = \sum_a x_{s i - p + a} W_a$ | `minigan.kernels.reference.conv2d` | `tests/kernels/test_reference.py`: `test_convolution_is_its_definition` |
# | `eq:conv.dx`: $dx_{s i - p + a} \mathrel{+}= dy_i W_a^\top$ | `minigan.kernels.reference.conv2d_dx` | `tests/layers/test_conv.py`: `test_worked_by_hand` |
# | `eq:conv.dW`: $dW_a \mathrel{+}= \sum_i x_{s i - p + a}^\top dy_i$ | `minigan.kernels.reference.conv2d_dW` | `tests/layers/test_conv.py`: `test_worked_by_hand`, `test_stride_and_padding_by_hand` |
# | `eq:conv.size`: $\lfloor (H + 2p - k) / s \rfloor + 1$ | `minigan.layers.Conv2d.size` | `tests/layers/test_conv.py`: `test_output_sizes_are_those_of_the_docstring` |
# | `eq:conv.fan_in`: $k^2 c_\text{in}$ | `minigan.layers.Conv2d.taps` | `tests/layers/test_conv.py`: `test_initial_variance_is_2_over_the_fan_in` |
# | `eq:avgpool.dx`: $dx_m = dy_i / k^2$ | `minigan.layers.AvgPool2d.backward` | `tests/layers/test_pool.py`: `test_average_by_hand` |
# | `eq:maxpool.dx`: $dx_m = dy_i$ for the winner, else 0 | `minigan.layers.MaxPool2d.backward` | `tests/layers/test_pool.py`: `test_maximum_by_hand`, `test_a_tie_goes_to_the_first` |
# | `eq:winograd.forward`: $A^\top [(G g G^\top) \odot (B^\top d B)] A$ | `minigan.kernels.winograd.conv2d` | `tests/kernels/test_convolution.py`: `test_winograd_4x4`, `test_winograd_3x3` |
# | `eq:winograd.dx`: $B [(G g G^\top) \odot (A\, dy\, A^\top)] B^\top$ | `minigan.kernels.winograd.conv2d_dx` | `tests/kernels/test_convolution.py`: `test_winograd_4x4`, `test_adjoint_identities` |
# | `eq:winograd.dW`: $G^\top [(B^\top d B) \odot (A\, dy\, A^\top)] G$ | `minigan.kernels.winograd.conv2d_dW` | `tests/kernels/test_convolution.py`: `test_winograd_4x4` |
#
# - One list of triples (output, tap, input) is read three times: forward, for $dx$, for $dW$. Where it read, add.
# - A convolution is a dense layer for each tap, or one dense layer on the patches, or a large dense layer of few weights. Each view proves the others.
# - Fast means: read memory in order, give BLAS large matrices that stay in the cache, and only then save multiplications.
#
# ## Next
#
# [Lesson 11: Transposed convolution and upsampling](11_transposed_convolution.ipynb). A discriminator shrinks pictures; a generator has to make them grow. You have written its layer already, as the backward pass of this one, and it can leave the marks of a chessboard on every picture it draws.
