# %% [markdown]
# # Lesson 2: The dense layer
#
# **Goal** Derive the backward pass of the dense layer and of an activation, chain them into a network, and know by heart the three products in which
# almost all the arithmetic of training is spent.
#
# **Prerequisites** Lesson 1 (a gradient is checked against differences); the product of matrices; the chain rule.
#
# **Run time** 7 s on two cores (measured).
#
# A generator turns noise into pictures and a discriminator turns pictures into a score. Both are layers, one after another. If you understand
# what one layer computes, what it must remember, and what it returns in the backward pass, you understand them all. Convolutions, in lesson
# 10, are this lesson again with the same weights used at many positions.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("G", "D")

# %%
import numpy as np

from minigan import kernels
from minigan.differences import ADJOINT, FIRST, compare, numerical_gradient
from minigan.gradcheck import layer_checks, network_checks
from minigan.layers import Dense, Flatten, LeakyReLU, Reshape, Residual, Tanh
from minigan.layers.chain import Chain
from minigan.layers.linear import Linear
from minigan.losses import mse
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: which product is the gradient?
#
# A dense layer takes a batch of $N = 64$ samples with 100 numbers each, `x` of shape (64, 100), and returns `y = x @ W + b` with 10 numbers
# for each: `W` has the shape (100, 10) and `y` the shape (64, 10). Further on, a loss $L$ is computed from `y`, and we are given its
# gradient, `dy` $= \partial L / \partial y$, an array with the shape of `y`. Which of these is the gradient of the weights, `dW`
# $= \partial L / \partial W$?
#
# - **a** `dy.T @ x`
# - **b** `x.T @ dy`
# - **c** `dy @ W.T`
# - **d** `x @ dy`

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
rng = np.random.default_rng(0)
x, W, dy = rng.standard_normal((64, 100)), rng.standard_normal((100, 10)), rng.standard_normal((64, 10))
print("W       ", W.shape)
print("dy.T @ x", (dy.T @ x).shape)
print("x.T @ dy", (x.T @ dy).shape)
print("dy @ W.T", (dy @ W.T).shape)

check.dense_layer.p1(guess)

# %% [markdown]
# Shapes are a good guide, and here only one answer fits. But if a layer has as many outputs as inputs, several fit. So we derive.
#
# ## Derive: which outputs did this number reach, and how strongly?
#
# Write `dx` for $\partial L / \partial x$, and so on: *d and a name is the gradient of the loss in that array, and has its shape*. The whole
# library uses this convention.
#
# The layer computes, for sample $n$ and output $j$,
#
# $$ y_{nj} = \sum_i x_{ni}\, W_{ij} + b_j . \tag{2.1} $$
#
# The sum is a product of matrices,
#
# $$ y = x W \tag{eq:dense.forward} $$
#
# and the bias is added to every row of it (`eq:linear.forward`, below).
#
# Now ask of each number the one question of backpropagation: *which outputs does it affect, and how strongly?*
#
# **An input $x_{ni}$** affects all outputs of its own sample $n$, output $j$ with strength $W_{ij}$. Each of these outputs has a gradient
# $dy_{nj}$, and the chain rule adds up the contributions: $dx_{ni} = \sum_j dy_{nj} W_{ij}$, which is
#
# $$ dx = dy\, W^{\top} \tag{eq:dense.dx} $$
#
# **A weight $W_{ij}$** affects output $j$ of *every* sample, with strength $x_{ni}$ in sample $n$: $dW_{ij} = \sum_n x_{ni}\, dy_{nj}$, which
# is
#
# $$ dW \mathrel{+}= x^{\top} dy \tag{eq:dense.dW} $$
#
# **A bias $b_j$** affects output $j$ of every sample, with strength 1:
#
# $$ db_j \mathrel{+}= \sum_n dy_{nj} \tag{2.2} $$
#
# (In the library this is `eq:linear.db`, and its sum runs over the pixels of an image too.)
#
# We used only that the output is linear in $x$ and linear in $W$. So write $L(x; W)$ for the linear part, here $x W$, and $\mathbf{1}$ for an
# array of ones. The dense layer is one case of
#
# $$ y = L(x; W) + b\,\mathbf{1} \tag{eq:linear.forward} $$
#
# A convolution (lesson 10) has another $L$ and the same bias. Two things are easily overlooked.
#
# *The batch is summed, not averaged.* If the loss is a mean over the batch, then its $1/N$ is already inside `dy`.
#
# *It says $\mathrel{+}=$.* In one training step a discriminator runs on real pictures and on fakes, and both batches contribute to the
# gradient of the same $W$. So each gradient is added to what is there, and the optimizer sets it back to zero after its step.
#
# By hand, with one sample $x = (1, 2)$, $W = \begin{pmatrix} 1 & 0 & -1 \\ 2 & 3 & 1 \end{pmatrix}$ and $dy = (1, -1, 2)$: the first entry of $dx$ is $1 \cdot 1 - 1 \cdot 0 + 2 \cdot (-1) = -1$, and the first row of $dW$ is
# $1 \cdot dy = (1, -1, 2)$, the second $2 \cdot dy$.

# %%
layer = Dense(2, 3).init(rng=0, dtype=np.float64)
layer.W[...] = [[1, 0, -1], [2, 3, 1]]  # in place: W is a view into the network's one vector of weights
x, dy = np.array([[1.0, 2.0]]), np.array([[1.0, -1.0, 2.0]])

y, cache = layer.forward(x)
layer.accumulate(dy, cache)
print("y ", y)
print("dx", layer.backward(dy, cache))
print("dW", *layer.dW)
print("db", layer.db)

# %% [markdown]
# `forward` returns two things: `y`, and a *cache*, which holds what the backward pass will need. Here it is `x`, because $dW = x^\top dy$
# uses it again. The cache is returned to you, not hidden in the layer. A GAN keeps two caches at once, one of the real batch and one of the
# fake batch. A layer that remembers only "the last input" would compute the gradients of one batch at the inputs of the other. (That is a
# real bug of real projects.)
#
# ## See the code
#
# A layer has *five verbs*. Here are `forward`, `backward` and `accumulate`; the fourth, `tangent`, comes below, and the fifth, `curvature`,
# in lesson 15. `Linear` holds what Dense shares with the convolutions; `Dense` adds only its three products. Notice the comments:
# `eq:dense.dW` is the name of the equation above, on the line that computes it.

# %%
show_source(Dense.apply, Dense.adjoint, Dense.outer, Linear.forward, Linear.backward, Linear.accumulate)

# %% [markdown]
# ## Check: the three gradients against differences
#
# A check needs a loss. Any function of `y` will do; the easiest is $L = \sum c_{nj}\, y_{nj}$ with random numbers $c$, because then `dy` is
# $c$. (Why random, and not all ones? With ones a transposed or reordered `dy` looks the same as the right one.) The sizes 5, 3, 4 are all
# different, for the same reason.

# %%
rng = np.random.default_rng(1)
layer = Dense(3, 4).init(rng=1, dtype=np.float64)
layer.b[...] = rng.standard_normal(4)  # a bias of 0 would hide a wrong bias
x, c = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))


def loss(_=None):
    return np.sum(c * layer(x))


_, cache = layer.forward(x)
layer.accumulate(c, cache)
print(compare("dx", layer.backward(c, cache), numerical_gradient(loss, x), FIRST))
print(compare("dW", layer.dW, numerical_gradient(loss, layer.theta, at=range(12)).reshape(3, 4), FIRST))
print(compare("db", layer.db, numerical_gradient(loss, layer.theta, at=range(12, 16)), FIRST))

# %% [markdown]
# One call of the library does all this, and more, for any layer, yours too:

# %%
show_checks(layer_checks(Dense(3, 4), (5, 3)))

# %% [markdown]
# `dtheta` is the gradient of all parameters in one vector. The line `adjoint` needs no step $h$ at all, and is the most precise check we
# have. Let $J$ be the Jacobian $\partial y / \partial x$. `backward` multiplies by $J^\top$; the verb `tangent` multiplies by $J$, pushing a
# direction $v$ *forward*. For all $dy$ and $v$
#
# $$ \langle dy,\; J v \rangle = \langle J^{\top} dy,\; v \rangle \tag{eq:gradcheck.adjoint} $$
#
# so the two verbs check each other to the last digit. (`second order` belongs to lesson 15.)
#
# ## Derive: a network
#
# Two dense layers in a row are equivalent to one: $(x W_1) W_2 = x\, (W_1 W_2)$. Depth needs a *nonlinearity* between them, an activation
# function: a function of one number, applied to each entry by itself:
#
# $$ y = f(x) \tag{eq:activation.forward} $$
#
# Many functions will do. The one in most of our networks is
#
# $$ y = \begin{cases} x & x > 0 \\ \alpha x & x \le 0 \end{cases} \tag{eq:leaky\_relu.forward} $$
#
# the LeakyReLU; with $\alpha = 0$ it is the ReLU. For any $f$, an input affects only one output, its own, with strength $f'(x)$: the Jacobian
# is diagonal, and
#
# $$ dx = f'(x)\, dy \tag{eq:activation.dx} $$
#
# with $f'(x)$ either 1 or $\alpha$ for the LeakyReLU. Here the cache tells on which side of the kink each number was.
#
# **The chain.** A network applies one layer after another:
#
# $$ y = f_L\bigl(\cdots f_2(f_1(x))\bigr) \tag{eq:chain.forward} $$
#
# Call the arrays between them $x_l = f_l(x_{l-1})$, with $x_0 = x$. The input $x_{l-1}$ of a layer affects the loss only through $x_l$, with
# the strengths in the Jacobian. So each layer gets the gradient of its output from the layer after it, and returns the gradient of its input
# to the layer before it:
#
# $$ dx_{l-1} = J_l^{\top}\, dx_l, \qquad J_l = \frac{\partial f_l}{\partial x_{l-1}}, \qquad l = L, \dots, 1 \tag{eq:chain.dx} $$
#
# Its parameters $\theta_l$ (here $W$ and $b$) also affect the loss only through $x_l$. A change $\delta$ of them changes $x_l$ by
# $\frac{\partial f_l}{\partial \theta_l} \delta$ and so the loss by
# $\bigl\langle dx_l,\, \frac{\partial f_l}{\partial \theta_l} \delta \bigr\rangle$. Written as an inner product with $\delta$, this is the
# gradient that the layer adds during the backward pass:
#
# $$ d\theta_l \mathrel{+}= \Bigl(\frac{\partial f_l}{\partial \theta_l}\Bigr)^{\!\top} dx_l \tag{eq:chain.dtheta} $$
#
# For a dense layer it is `eq:dense.dW` and (2.2). That is all of backpropagation. No layer knows which layers are before or after it.

# %%
show_source(Chain.forward, Chain.backward)

# %% [markdown]
# **Layers that only change the shape.** A dense layer takes rows, but a picture has height, width and colours. So a discriminator flattens
# each picture into a row, and a generator reshapes a row into a picture:
#
# $$ (N, H, W, C) \to (N,\, H W C) \tag{eq:flatten.forward} $$
#
# $$ (N, \dots) \to (N, \text{shape}) \tag{eq:reshape.forward} $$
#
# Each number becomes one output, with strength 1. The Jacobian is a permutation, and the transpose of a permutation is its inverse. So
# backward only reshapes the gradient to the shape of the input, and that shape is all the cache has to hold.
#
# **Skip connections.** A residual block adds the output of its layers, the *body*, to that of a *shortcut*. The shortcut is $x$ itself, or
# one layer if the body changes the shape:
#
# $$ y = \text{shortcut}(x) + \text{body}(x) \tag{eq:residual.forward} $$
#
# An input affects the output in two ways, and their gradients add up:
#
# $$ dx = J_{\text{shortcut}}^{\top}\, dy + J_{\text{body}}^{\top}\, dy \tag{eq:residual.dx} $$
#
# If the shortcut is $x$ itself, its part is $dy$, and no weight changes it: however deep the network is and however small the weights of the
# bodies are, the gradient of the loss reaches the first layer. By hand: a body $3 x + 1$, at $x = 2$ with $dy = 5$, gives $y = 2 + 7 = 9$ and
# $dx = 5 + 3 \cdot 5 = 20$.
#
# ## Check: a network and its pieces
#
# First the whole: $d\theta$ and $dx$ of a chain. Then each of its layers alone.

# %%
net = Sequential(Dense(3, 6), LeakyReLU(0.2), Dense(6, 2), rng=0)
print(net.summary(np.zeros((5, 3))))
print()
show_checks(network_checks(net, (5, 3)))

# %%
pieces = {
    "activation": (Tanh(), (5, 3)),
    "flatten": (Flatten(), (5, 2, 3, 4)),
    "reshape": (Reshape(2, 3, 4), (5, 24)),
    "skip connection": (Residual(Dense(3, 3), LeakyReLU(0.2)), (5, 3)),
    "with a layer in the shortcut": (Residual(Dense(3, 4), shortcut=Dense(3, 4)), (5, 3)),
}
for name, (layer, shape) in pieces.items():
    found = {one.name: one for one in layer_checks(layer, shape)}
    show_checks(found[part]._replace(name=f"{name}, {part}") for part in ("dx", "dtheta"))

x = rng.standard_normal((5, 3))
net = net.astype(np.float64)
first, activation, last = net.layers
print(compare("chain, y", net(x), last(activation(first(x))), ADJOINT))
body = Dense(3, 3)
block = Residual(body).init(0, np.float64)
_, cache = block.forward(x)
print(compare("skip connection, y", block(x), x + body(x), ADJOINT))
print(compare("skip connection, dx", block.backward(x, cache), x + x @ body.W.T, ADJOINT))

# %% [markdown]
# Now let such networks learn something. Each gets 128 points of a wave and does gradient descent on the mean squared error (with Adam, the
# optimizer of lesson 5). They differ in the number of hidden units. The first has 32 of them but no activation function.

# %%
at = np.linspace(-3, 3, 128)[:, None]
wave = np.sin(2 * at)
networks = {
    "32 units, linear": Sequential(Dense(1, 32), Dense(32, 1, gain=1.0), rng=0, dtype="float64"),
    "4 units": Sequential(Dense(1, 4), LeakyReLU(0.0), Dense(4, 1, gain=1.0), rng=0, dtype="float64"),
    "32 units": Sequential(Dense(1, 32), LeakyReLU(0.0), Dense(32, 1, gain=1.0), rng=0, dtype="float64"),
}
errors = {}
for name, net in networks.items():
    units = net.layers[0].n_out
    net.layers[0].W[...] = np.where(np.arange(units) % 2, 1, -1)  # the kinks are at x = -b / W;
    net.layers[0].b[...] = np.linspace(-2.5, 2.5, units)  # spread them over the line
    opt = Adam(net, lr=0.01)
    for _ in range(steps(2000, 20)):
        y, caches = net.forward(at)
        errors[name], dy = mse(y, wave)
        net.backward(dy, caches)
        opt.step()

title = "Each hidden unit adds one kink to the line; without an activation there is none"
with figure(title, panels=3, size=(9, 3)) as axes:
    for ax, (name, net) in zip(axes, networks.items(), strict=True):
        ax.plot(at, wave, color="0.6", linewidth=4, label="to be learned" if ax is axes[0] else None)
        ax.plot(at, net(at), color="black", linestyle="--", label="network" if ax is axes[0] else None)
        ax.set_title(f"{name}: error {errors[name]:.4f}")
        ax.set(ylim=(-1.8, 1.8), xlabel="x")
    axes[0].legend(loc="lower center", ncols=2, fontsize=8)

usually(
    "the more kinks, the smaller the error",
    errors["32 units"] < errors["4 units"] < errors["32 units, linear"],
)

# %% [markdown]
# ## Predict: how large should the first weights be?
#
# Training begins with random weights, $W_{ij} \sim \mathcal{N}(0, \text{gain}^2 / n)$, where $n$ is the number of inputs. Dividing by $n$ is
# natural: a sum of $n$ terms of variance $1/n$ has variance 1. So take gain 1, and send a batch of standard normal numbers through thirty
# layers of 256 units with ReLU. How large is the output, compared with the input?
#
# - **a** about as large
# - **b** about 1.4 times smaller
# - **c** tens of thousands of times smaller
# - **d** exactly 0: all units are dead

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def sizes(gain, depth=30, width=256):
    """Root mean square of the signal after each layer, and of the gradient in the backward pass."""
    layers = [part for _ in range(depth) for part in (Dense(width, width, gain=gain), LeakyReLU(0.0))]
    net = Sequential(*layers, rng=0)
    x = np.random.default_rng(1).standard_normal((64, width))
    dy = np.random.default_rng(2).standard_normal((64, width))
    forward, backward = [1.0], [1.0]
    _, caches = net.forward(x)
    for cache in caches[1::2]:  # a ReLU's cache is its output
        forward.append(float(np.sqrt(np.mean(np.square(cache, dtype=float)))))
    dx = net.cast(dy)
    for i in reversed(range(len(layers))):
        dx = layers[i].backward(dx, caches[i])
        if i % 2 == 0:
            backward.append(float(np.sqrt(np.mean(np.square(dx, dtype=float)))))
    return forward, backward


found = {gain: sizes(gain) for gain in (1.0, 2**0.5, 2.0)}
print(f"gain 1: {1 / found[1.0][0][-1]:,.0f} times smaller after 30 layers")
check.dense_layer.p2(guess)

# %% [markdown]
# ## Derive: ReLU removes half of the signal
#
# With independent weights of mean 0, the variance of $u_j = \sum_i x_i W_{ij}$ is
# $\sum_i x_i^2 \operatorname{Var} W_{ij} = \text{gain}^2 \cdot \operatorname{mean}_i x_i^2$. And $u_j$ is symmetric around 0, so ReLU sets
# half of the values to zero, and the mean square of $\max(u, 0)$ is half of that of $u$. Together:
#
# $$ \operatorname{mean} x_{l+1}^2 = \frac{\text{gain}^2}{2} \operatorname{mean} x_l^2 \tag{2.3} $$
#
# Only one gain keeps the size of a signal through many layers:
#
# $$ W \sim \mathcal{N}\Bigl(0,\; \frac{\text{gain}^2}{\text{fan-in}}\Bigr), \qquad \text{gain} = \sqrt{2} \tag{eq:init.he} $$
#
# What about the gradient? In the backward pass $dx_i = \sum_j W_{ij}\, du_j$ is a sum over the $n_{\text{out}}$ *outputs* of the layer, and ReLU has
# removed half of the $du_j$. So
#
# $$ \operatorname{mean} dx_{l-1}^2 = \frac{\text{gain}^2}{2}\, \frac{\text{fan-out}}{\text{fan-in}} \operatorname{mean} dx_l^2 \tag{2.4} $$
#
# He's gain keeps the size of the gradient *only in a layer with as many outputs as inputs*, such as ours. A layer with four times as many outputs as inputs
# makes the gradient twice as large. In a network whose widths differ the factors multiply to (last width) / (first width), which is harmless.

# %%
rng = np.random.default_rng(3)
for n_in, n_out in ((256, 256), (128, 512), (512, 128)):
    factors = []
    for seed in range(20):
        layer = Dense(n_in, n_out, gain=2**0.5).init(seed, np.float64)
        half = rng.standard_normal((64, n_out)) * (rng.random((64, n_out)) < 0.5)  # what ReLU lets through
        _, cache = layer.forward(rng.standard_normal((64, n_in)))
        factors.append(np.mean(layer.backward(half, cache) ** 2))
    print(compare(f"{n_in} -> {n_out}: mean dx^2, (2.4)", np.mean(factors), n_out / n_in, 0.05))
    assert abs(np.mean(factors) - n_out / n_in) < 0.05 * n_out / n_in

# %%
title = "Only a gain of √2 keeps the size of the signal, and here of the gradient, for thirty layers"
with figure(title, panels=2) as (ahead, back):
    for gain, (forward, backward) in found.items():
        name = {1.0: "gain 1", 2.0: "gain 2"}.get(gain, "gain √2")
        ahead.semilogy(forward, label=name)
        back.semilogy(backward, label=name)
    ahead.set(title="forward: size of the signal", xlabel="layers passed")
    back.set(title="backward: size of the gradient", xlabel="layers passed, from the output")
    back.set_ylim(ahead.get_ylim())

assert 20_000 < found[1.0][0][0] / found[1.0][0][-1] < 60_000
assert 0.3 < found[2**0.5][0][-1] < 3

# %% [markdown]
# ## Modify
#
# ### Exercise 1: the backward pass of a dense layer
#
# Given `dy` (N, n_out), `x` (N, n_in) and `W` (n_in, n_out), return the tuple `dx, dW, db`.


# %% tags=["exercise"]
def dense_backward(dy, x, W):
    return ...  # your code: dx, dW, db


check.dense_layer.q1(dense_backward)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def dense_backward(dy, x, W):
#     dx = dy @ W.T
#     dW = x.T @ dy
#     db = dy.sum(axis=0)
#     return dx, dW, db
# ```
#
# Each gradient has the shape of its array: (N, n_in), (n_in, n_out), (n_out,). The product `x.T @ dy` sums over the samples, because a weight
# affects the output of every sample.
#
# </details>

# %% [markdown]
# ### Exercise 2: the backward pass of LeakyReLU
#
# Given the gradient `dy` of its output and its input `x`, of any shape, and `alpha`, return `dx`. Do not change `dy`: it belongs to the
# caller.


# %% tags=["exercise"]
def leaky_backward(dy, x, alpha):
    return ...  # your code: dx


check.dense_layer.q2(leaky_backward)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def leaky_backward(dy, x, alpha):
#     return np.where(x > 0, dy, alpha * dy)
# ```
#
# $f'(x)$ is 1 where $x > 0$ and $\alpha$ elsewhere. For $\alpha > 0$ the output has the same sign as $x$, so the library keeps the output, which the next layer has to keep anyway.
#
# </details>

# %% [markdown]
# ### Exercise 3: backpropagation, all of it
#
# A network of two layers without biases: `u = x @ W1`, `h` = LeakyReLU(0.2) of `u`, `y = h @ W2`. The loss is the mean over *all entries* of $(y - t)^2$, so `dy = 2 * (y - t) / y.size`. Given
# `x`, `t`, `W1`, `W2`, return `dW1, dW2`.


# %% tags=["exercise"]
def two_layers(x, t, W1, W2):
    return ...  # your code: dW1, dW2


check.dense_layer.q3(two_layers)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def two_layers(x, t, W1, W2):
#     u = x @ W1
#     h = np.where(u > 0, u, 0.2 * u)
#     y = h @ W2
#     dy = 2 * (y - t) / y.size
#     dW2 = h.T @ dy
#     dh = dy @ W2.T
#     du = np.where(u > 0, dh, 0.2 * dh)
#     dW1 = x.T @ du
#     return dW1, dW2
# ```
#
# Forward keeps `x`, `u` and `h`; these are the caches. Backward uses them in the opposite order. The first layer does not need its `dx`,
# since nothing uses the gradient in the data, and the library saves that product too (`need_dx=False`).
#
# </details>

# %% [markdown]
# ## Break it
#
# Three bugs that real projects had. The first forgets to transpose, in a square layer where the shapes fit anyway. The second averages the
# gradient of the bias over the batch, "because the loss is a mean". The third writes `dW = x' dy` instead of `dW += x' dy`.
#
# Before you run: which check catches the third?
#
# - **a** `dx`
# - **b** `dtheta`
# - **c** none of these

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def assign(x, dy, dW):
    dW[...] = x.T @ dy  # right: dW += x' dy


def mean_over_samples(a):
    return a.mean(axis=tuple(range(a.ndim - 1)))  # right: a.sum


print("W where W' belongs")
with planted(Dense, "adjoint", lambda self, dy, x: dy @ self.W):
    assert show_checks(layer_checks(Dense(4, 4), (5, 4)))

print("\nthe mean of dy as the gradient of the bias")
with planted(kernels, "column_sums", mean_over_samples):
    assert show_checks(layer_checks(Dense(3, 4), (5, 3)))

print("\ndW assigned")
with planted(kernels, "dense_dW", assign):
    assert not show_checks(layer_checks(Dense(3, 4), (5, 3)))

check.dense_layer.p3(guess)


# %% [markdown]
# The third passes every check. A check can only see what it runs, and these checks run backward once. So here is a fourth check, made for
# this bug: after a backward pass on each of two batches, `dW` must be the *sum* of the two gradients. The library checks this too:
# `check_step`, in lesson 4, checks the whole step of a discriminator, which runs backward twice.


# %%
def two_batches(layer):
    a, b = (np.random.default_rng(seed).standard_normal((5, 3)) for seed in (0, 1))
    grads = []
    for batches in ([a], [b], [a, b]):
        layer.grad[...] = 0
        for x in batches:
            y, cache = layer.forward(x)
            layer.accumulate(y, cache)  # y as its own gradient: the loss is sum y^2 / 2
        grads.append(layer.grad.copy())
    return [compare("two batches add up", grads[2], grads[0] + grads[1], FIRST)]


assert not show_checks(two_batches(Dense(3, 4).init(0, np.float64)))
with planted(kernels, "dense_dW", assign):
    assert show_checks(two_batches(Dense(3, 4).init(0, np.float64)))

# %% [markdown]
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:dense.forward`: $y = x W$ | `minigan.layers.Dense.apply` | `tests/layers/test_dense.py`: `test_worked_by_hand` |
# | `eq:dense.dx`: $dx = dy\, W^\top$ | `minigan.layers.Dense.adjoint` | `tests/layers/test_dense.py`: `test_worked_by_hand` |
# | `eq:dense.dW`: $dW \mathrel{+}= x^\top dy$ | `minigan.layers.Dense.outer` | `tests/layers/test_dense.py`: `test_accumulate_adds_and_backward_does_not` |
# | `eq:linear.db`: $db \mathrel{+}= \sum_n dy_n$ | `minigan.layers.linear.Linear.accumulate` | `tests/layers/test_dense.py`: `test_the_bias_slope_sums_over_the_batch` |
# | `eq:leaky_relu.dx`: $dx = dy$ or $\alpha\, dy$ | `minigan.layers.LeakyReLU.backward` | `tests/layers/test_activations.py`: `test_leaky_relu_by_hand` |
# | `eq:chain.dx`: $dx_{l-1} = J_l^\top dx_l$ | `minigan.layers.chain.Chain.backward` | `tests/layers/test_chain.py`: `test_worked_by_hand` |
# | `eq:chain.dtheta`: $d\theta_l \mathrel{+}= (\partial f_l / \partial \theta_l)^\top dx_l$ | `minigan.layers.layer.Layer.learn` | `tests/layers/test_chain.py`: `test_worked_by_hand` |
# | `eq:residual.dx`: $dx = J_{\text{shortcut}}^\top dy + J_{\text{body}}^\top dy$ | `minigan.layers.Copy.backward` | `tests/layers/test_branches.py`: `test_worked_by_hand` |
# | `eq:init.he`: $W \sim \mathcal{N}(0, 2 / n)$ | `minigan.layers.parameters.normal` | `tests/layers/test_dense.py`: `test_the_variance_survives_many_relu_layers` |
#
# - To find a gradient, ask which outputs a number affects and how strongly; then add up the contributions.
# - A gradient has the shape of its array. It is summed over the batch and added to what is there.
# - The cache holds what backward needs again; `forward` returns it, and no layer hides it.
# - He's gain keeps the size of the signal in every layer, and that of the gradient where fan-in and fan-out are equal.
#
# ## Next
#
# [Lesson 3: Losses from logits](03_losses.ipynb). A network ends in a number, and a loss compares it with what it should have been. Written
# as in the papers the loss overflows, and one small change of it decides whether a generator learns at all.
