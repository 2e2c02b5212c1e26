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
# A generator turns noise into pictures and a discriminator turns pictures into a score, and both are the same thing: layers end to end. If you understand one
# layer, what it computes, what it must remember, and what it hands back, you understand them all; convolutions, in lesson 10, will be this
# lesson again with the same weights used in many places.

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
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps

# %% [markdown]
# ## Predict: which product is the gradient?
#
# A dense layer takes a batch of $N = 64$ samples with 100 numbers each, `x` of shape (64, 100), and returns `y = x @ W + b` with 10 numbers for each: `W` has the shape
# (100, 10) and `y` the shape (64, 10). Somewhere above, a loss $L$ is computed from `y`, and we are handed its slope, `dy` $= \partial L / \partial y$, an array like `y`. Which of
# these is the slope of the weights, `dW` $= \partial L / \partial W$?
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

check.nb02_p1(guess)

# %% [markdown]
# Shapes are a good guide, and here they leave one answer. But as soon as a layer has as many outputs as inputs, they leave several. So we derive.
#
# ## Derive: which outputs did this number reach, and how strongly?
#
# Write `dx` for $\partial L / \partial x$, and so on: *d and a name is the slope of the loss, in the shape of the thing named*. This one convention carries through the whole library.
#
# The layer computes, for sample $n$ and output $j$,
#
# $$ y_{nj} = \sum_i x_{ni}\, W_{ij} + b_j . \tag{2.1} $$
#
# As a product of matrices, and with the bias added to every row:
#
# $$ y = x W \tag{eq:dense.forward} $$
#
# Now ask of each number the only question of backpropagation: *which outputs did it reach, and how strongly?*
#
# **An input $x_{ni}$** reached all outputs of its own sample $n$, output $j$ with strength $W_{ij}$. Each of these outputs has a slope $dy_{nj}$, and the chain rule adds up the ways:
# $dx_{ni} = \sum_j dy_{nj} W_{ij}$, which is
#
# $$ dx = dy\, W^{\top} \tag{eq:dense.dx} $$
#
# **A weight $W_{ij}$** reached output $j$ of *every* sample, with strength $x_{ni}$ in sample $n$: $dW_{ij} = \sum_n x_{ni}\, dy_{nj}$, which is
#
# $$ dW \mathrel{+}= x^{\top} dy \tag{eq:dense.dW} $$
#
# **A bias $b_j$** reached output $j$ of every sample, with strength 1:
#
# $$ db_j \mathrel{+}= \sum_n dy_{nj} \tag{2.2} $$
#
# (In the library this is `eq:linear.db`, and its sum runs over the pixels of an image too.)
#
# None of this needed the product of matrices as such, only that $y$ is linear in $x$ and linear in $W$. So write $L(x; W)$ for the linear part and $\mathbf{1}$ for a one at every place, and
# the dense layer is one case of
#
# $$ y = L(x; W) + b\,\mathbf{1} \tag{eq:linear.forward} $$
#
# A convolution (lesson 10) has another $L$, and the same bias. Two things are easily overlooked.
#
# *The batch is summed, not averaged.* If the loss is a mean over the batch, then its $1/N$ is already inside `dy`.
#
# *It says $\mathrel{+}=$.* In one training step a discriminator is run on real pictures and on fakes, and both runs say something about the same $W$. So slopes are added
# to what is there, and somebody (the optimizer, after its step) sets them back to zero.
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
# `forward` returns two things: `y`, and a *cache*, what the way back will need. Here it is `x`, because $dW = x^\top dy$ asks for it again. The cache is handed to you, not
# hidden in the layer: a GAN keeps two of them alive, one of the real batch and one of the fake, and a layer that remembers "the last input" would give
# the slopes of the one at the point of the other. (That is a real bug of real projects.)
#
# ## See the code
#
# A layer is *five verbs*; here are `forward`, `backward` and `accumulate` (the fourth, `tangent`, comes in a minute, and the fifth, `curvature`, in lesson 15). `Linear` holds what Dense
# shares with the convolutions; `Dense` says only its three products. Notice the comments: `eq:dense.dW` is the name of the equation above, and it stands on
# the line that computes it.

# %%
show_source(Dense.apply, Dense.adjoint, Dense.outer, Linear.forward, Linear.backward, Linear.accumulate)

# %% [markdown]
# ## Check: the three slopes against differences
#
# For a check we need a loss. Any function of `y` will do; the handiest is $L = \sum c_{nj}\, y_{nj}$ with random numbers $c$, because then `dy` is $c$. (Why random, and not all
# ones? With ones a transposed or reordered `dy` looks the same as the right one.) The sizes 5, 3, 4 are all different, for the same reason.

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
# The library does all this, and more, in one call, for any layer, yours too:

# %%
show_checks(layer_checks(Dense(3, 4), (5, 3)))

# %% [markdown]
# `dtheta` is the slope of all parameters in one vector. The line `adjoint` needs no step $h$ at all, and is the sharpest check we have. Let $J$ be the Jacobian $\partial y / \partial x$.
# `backward` multiplies by $J^\top$; the verb `tangent` multiplies by $J$, pushing a direction $v$ *forward*. Whatever $dy$ and $v$ are,
#
# $$ \langle dy,\; J v \rangle = \langle J^{\top} dy,\; v \rangle \tag{eq:gradcheck.adjoint} $$
#
# so the two verbs check each other down to the last digit. (`second order` belongs to lesson 15.)
#
# ## Derive: a network
#
# Two dense layers in a row are no more than one: $(x W_1) W_2 = x\, (W_1 W_2)$. What makes depth worth having is a bend between them, the *activation*, one function of one
# number, applied to each number by itself:
#
# $$ y = f(x) \tag{eq:activation.forward} $$
#
# Many bends will do. The one in most of our networks is
#
# $$ y = \begin{cases} x & x > 0 \\ \alpha x & x \le 0 \end{cases} \tag{eq:leaky\_relu.forward} $$
#
# the LeakyReLU; with $\alpha = 0$ it is the ReLU. Whatever $f$ is, an input reached one output only, its own, with strength $f'(x)$: the Jacobian is diagonal, and
#
# $$ dx = f'(x)\, dy \tag{eq:activation.dx} $$
#
# with $f'(x)$ either 1 or $\alpha$ for the LeakyReLU. Here the cache is needed to know on which side of the bend each number was.
#
# **The chain.** A network is layers end to end:
#
# $$ y = f_L\bigl(\cdots f_2(f_1(x))\bigr) \tag{eq:chain.forward} $$
#
# Call the numbers between them $x_l = f_l(x_{l-1})$, with $x_0 = x$. The input $x_{l-1}$ of a layer reaches the loss through $x_l$ only, with the strengths of the Jacobian. So each layer gets the
# slope of its output from the layer above, and hands the slope of its input to the layer below:
#
# $$ dx_{l-1} = J_l^{\top}\, dx_l, \qquad J_l = \frac{\partial f_l}{\partial x_{l-1}}, \qquad l = L, \dots, 1 \tag{eq:chain.dx} $$
#
# Its parameters $\theta_l$ (here $W$ and $b$) reach the loss through $x_l$ only, too. Moved by $\delta$, they move $x_l$ by $\frac{\partial f_l}{\partial \theta_l} \delta$ and so the loss by
# $\bigl\langle dx_l,\, \frac{\partial f_l}{\partial \theta_l} \delta \bigr\rangle$; read as a product with $\delta$, that is the slope the layer adds as the other one passes by:
#
# $$ d\theta_l \mathrel{+}= \Bigl(\frac{\partial f_l}{\partial \theta_l}\Bigr)^{\!\top} dx_l \tag{eq:chain.dtheta} $$
#
# For a dense layer it is `eq:dense.dW` and (2.2). That is all of backpropagation. No layer knows what stands above or below it.

# %%
show_source(Chain.forward, Chain.backward)

# %% [markdown]
# **Layers that only move numbers.** A dense layer takes rows, a picture has height, width and colours. So a discriminator lays each picture out in a row, and a generator folds a row into a picture:
#
# $$ (N, H, W, C) \to (N,\, H W C) \tag{eq:flatten.forward} $$
#
# $$ (N, \dots) \to (N, \text{shape}) \tag{eq:reshape.forward} $$
#
# Each number reaches one output, with strength 1. The Jacobian is a permutation, and the transpose of a permutation is its inverse: the slope is folded back into the shape of the input, which is all the cache has to hold.
#
# **A way around.** A residual block runs its layers, the *body*, beside a *shortcut*, which is $x$ itself, or one layer where the body changes the shape:
#
# $$ y = \text{shortcut}(x) + \text{body}(x) \tag{eq:residual.forward} $$
#
# Now an input reaches the output in two ways, and the ways add up:
#
# $$ dx = J_{\text{shortcut}}^{\top}\, dy + J_{\text{body}}^{\top}\, dy \tag{eq:residual.dx} $$
#
# If the shortcut is $x$ itself, its part is $dy$, untouched by any weight: however deep the network and however small the weights of the bodies, the slope of the loss comes down to the first layer. By hand: a
# body $3 x + 1$, at $x = 2$ with $dy = 5$, gives $y = 2 + 7 = 9$ and $dx = 5 + 3 \cdot 5 = 20$.
#
# ## Check: a network and its pieces
#
# First the whole: $d\theta$ and $dx$ of a chain. Then, one by one, the layers that can stand in it.

# %%
net = Sequential(Dense(3, 6), LeakyReLU(0.2), Dense(6, 2), rng=0)
print(net.summary(np.zeros((5, 3))))
print()
show_checks(network_checks(net, (5, 3)))

# %%
pieces = {
    "bend": (Tanh(), (5, 3)),
    "flatten": (Flatten(), (5, 2, 3, 4)),
    "reshape": (Reshape(2, 3, 4), (5, 24)),
    "way around": (Residual(Dense(3, 3), LeakyReLU(0.2)), (5, 3)),
    "with a layer in it": (Residual(Dense(3, 4), shortcut=Dense(3, 4)), (5, 3)),
}
for name, (layer, shape) in pieces.items():
    found = {one.name: one for one in layer_checks(layer, shape)}
    show_checks(found[slope]._replace(name=f"{name}, {slope}") for slope in ("dx", "dtheta"))

x = rng.standard_normal((5, 3))
net = net.astype(np.float64)
first, bend, last = net.layers
print(compare("chain, y", net(x), last(bend(first(x))), ADJOINT))
body = Dense(3, 3)
block = Residual(body).init(0, np.float64)
_, cache = block.forward(x)
print(compare("way around, y", block(x), x + body(x), ADJOINT))
print(compare("way around, dx", block.backward(x, cache), x + x @ body.W.T, ADJOINT))

# %% [markdown]
# Now let such networks learn something. Each gets 128 points of a wave and follows the slope of the mean squared error downhill (with Adam, the optimizer of
# lesson 5). They differ in the number of hidden units. The first has 32 of them but no activation.

# %%
at = np.linspace(-3, 3, 128)[:, None]
wave = np.sin(2 * at)
networks = {
    "32 units, no bend": Sequential(Dense(1, 32), Dense(32, 1, gain=1.0), rng=0, dtype="float64"),
    "4 units": Sequential(Dense(1, 4), LeakyReLU(0.0), Dense(4, 1, gain=1.0), rng=0, dtype="float64"),
    "32 units": Sequential(Dense(1, 32), LeakyReLU(0.0), Dense(32, 1, gain=1.0), rng=0, dtype="float64"),
}
errors = {}
for name, net in networks.items():
    units = net.layers[0].n_out
    net.layers[0].W[...] = np.where(np.arange(units) % 2, 1, -1)  # so that the bends, at x = -b / W,
    net.layers[0].b[...] = np.linspace(-2.5, 2.5, units)  # begin spread over the line
    opt = Adam(net, lr=0.01)
    for _ in range(steps(2000, 20)):
        y, caches = net.forward(at)
        errors[name], dy = mse(y, wave)
        net.backward(dy, caches)
        opt.step()

title = "Each hidden unit can bend the line once; without an activation nothing bends"
with figure(title, panels=3, size=(9, 3)) as axes:
    for ax, (name, net) in zip(axes, networks.items(), strict=True):
        ax.plot(at, wave, color="0.6", linewidth=4, label="to be learned" if ax is axes[0] else None)
        ax.plot(at, net(at), color="black", linestyle="--", label="network" if ax is axes[0] else None)
        ax.set_title(f"{name}: error {errors[name]:.4f}")
        ax.set(ylim=(-1.8, 1.8), xlabel="x")
    axes[0].legend(loc="lower center", ncols=2, fontsize=8)

assert quick() or errors["32 units"] < 0.01 < errors["4 units"] < errors["32 units, no bend"]

# %% [markdown]
# ## Predict: how large should the first weights be?
#
# Learning begins with random weights, $W_{ij} \sim \mathcal{N}(0, \text{gain}^2 / n)$, $n$ being the number of inputs. The division by $n$ is natural: a sum of $n$ terms of variance $1/n$ has variance 1. So take gain
# 1, and send a batch of standard normal numbers through thirty layers of 256 units with ReLU. How large is what comes out, beside what went in?
#
# - **a** about as large
# - **b** about 1.4 times smaller
# - **c** tens of thousands of times smaller
# - **d** exactly 0: all units are dead

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def sizes(gain, depth=30, width=256):
    """Root mean square of the signal after each layer, and of the slope on its way back."""
    layers = [part for _ in range(depth) for part in (Dense(width, width, gain=gain), LeakyReLU(0.0))]
    net = Sequential(*layers, rng=0)
    x = np.random.default_rng(1).standard_normal((64, width))
    dy = np.random.default_rng(2).standard_normal((64, width))
    forward, backward = [1.0], [1.0]
    _, caches = net.forward(x)
    for cache in caches[1::2]:  # a ReLU's cache is its output
        forward.append(float(np.sqrt(np.mean(np.square(cache, dtype=float)))))
    slope = net.cast(dy)
    for i in reversed(range(len(layers))):
        slope = layers[i].backward(slope, caches[i])
        if i % 2 == 0:
            backward.append(float(np.sqrt(np.mean(np.square(slope, dtype=float)))))
    return forward, backward


found = {gain: sizes(gain) for gain in (1.0, 2**0.5, 2.0)}
print(f"gain 1: {1 / found[1.0][0][-1]:,.0f} times smaller after 30 layers")
check.nb02_p2(guess)

# %% [markdown]
# ## Derive: half of it is thrown away
#
# With independent weights of mean 0, the variance of $u_j = \sum_i x_i W_{ij}$ is $\sum_i x_i^2 \operatorname{Var} W_{ij} = \text{gain}^2 \cdot \operatorname{mean}_i x_i^2$. And $u_j$ is symmetric around 0, so ReLU sets half of it to zero: the mean square of
# $\max(u, 0)$ is half of that of $u$. Together:
#
# $$ \operatorname{mean} x_{l+1}^2 = \frac{\text{gain}^2}{2} \operatorname{mean} x_l^2 \tag{2.3} $$
#
# Only one gain keeps a signal alive through many layers, and the slope on its way back too, since it passes the same weights and the same bends:
#
# $$ W \sim \mathcal{N}\Bigl(0,\; \frac{\text{gain}^2}{\text{fan-in}}\Bigr), \qquad \text{gain} = \sqrt{2} \tag{eq:init.he} $$

# %%
title = "Only a gain of √2 carries a signal through thirty layers, and its slope back"
with figure(title, panels=2) as (ahead, back):
    for gain, (forward, backward) in found.items():
        name = {1.0: "gain 1", 2.0: "gain 2"}.get(gain, "gain √2")
        ahead.semilogy(forward, label=name)
        back.semilogy(backward, label=name)
    ahead.set(title="forward: size of the signal", xlabel="layers passed")
    back.set(title="backward: size of the slope", xlabel="layers passed, from the output")
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


check.nb02_q1(dense_backward)

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
# Each has the shape of what it is the slope of: (N, n_in), (n_in, n_out), (n_out,). In `x.T @ dy` the axis of the samples is the one that is summed away, and that is the
# sum over all the outputs a weight has reached.
#
# </details>

# %% [markdown]
# ### Exercise 2: the backward pass of LeakyReLU
#
# Given the slope `dy` of its output and its input `x`, of any shape, and `alpha`, return `dx`. Do not change `dy`: it belongs to whoever called.


# %% tags=["exercise"]
def leaky_backward(dy, x, alpha):
    return ...  # your code: dx


check.nb02_q2(leaky_backward)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def leaky_backward(dy, x, alpha):
#     return np.where(x > 0, dy, alpha * dy)
# ```
#
# $f'(x)$ is 1 where $x > 0$ and $\alpha$ elsewhere. For $\alpha > 0$ the sign of the *output* says the same as the sign of $x$, so the library keeps the output, which the next
# layer has to keep anyway.
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


check.nb02_q3(two_layers)

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
# Forward keeps `x`, `u` and `h`; these are the caches. Backward uses them in the opposite order. The layer at the bottom does not need its `dx`: nobody reads the slope of the
# data, and the library saves that product too (`need_dx=False`).
#
# </details>

# %% [markdown]
# ## Break it
#
# Three bugs, each once written in earnest. The first forgets to transpose, in a square layer where the shapes do not complain. The second averages the slope of the bias
# over the batch, "because the loss is a mean". The third writes `dW = x' dy` where `dW += x' dy` was meant.
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

print("\nthe mean of dy as the slope of the bias")
with planted(kernels, "column_sums", mean_over_samples):
    assert show_checks(layer_checks(Dense(3, 4), (5, 3)))

print("\ndW assigned")
with planted(kernels, "dense_dW", assign):
    assert not show_checks(layer_checks(Dense(3, 4), (5, 3)))

check.nb02_p3(guess)


# %% [markdown]
# The third goes through every line. A check can only see what it does, and these checks run backward once. So here is a fourth check, made for this bug: backward on two batches
# has to leave the *sum* of the two slopes. The library makes it too, where it matters: `check_step`, in lesson 4, checks the whole step of a discriminator, which runs backward
# twice.


# %%
def two_batches(layer):
    a, b = (np.random.default_rng(seed).standard_normal((5, 3)) for seed in (0, 1))
    slopes = []
    for batches in ([a], [b], [a, b]):
        layer.grad[...] = 0
        for x in batches:
            y, cache = layer.forward(x)
            layer.accumulate(y, cache)  # y as its own slope: the loss is sum y^2 / 2
        slopes.append(layer.grad.copy())
    return [compare("two batches add up", slopes[2], slopes[0] + slopes[1], FIRST)]


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
# - To find a slope, ask which outputs a number reached and how strongly; then add up the ways.
# - Slopes have the shape of the thing they are the slope of. They are summed over the batch and added to what is there.
# - The cache is what backward needs again, and it is handed over, never hidden.
#
# ## Next
#
# [Lesson 3: Losses from logits](03_losses.ipynb). A network ends in a number; a loss says what that number should have been. Written as in the papers it overflows, and one
# small change of it decides whether a generator learns at all.
