# %% [markdown]
# # Lesson 15: Gradient penalties by hand
#
# **Goal** Differentiate a function of D's gradient with respect to D's weights, exactly, without autograd, through any layer whose samples do
# not mix; and know four bugs that others had, and which check catches each.
#
# **Prerequisites** Lesson 1 (differences), lesson 2 (the backward pass and the chain), lesson 4 (tangents and the adjoint test), lesson 12 (BatchNorm), lesson 14 (why a critic's gradient should be bounded).
#
# **Run time** 18 s on two cores (measured).
#
# The most effective cure for an unstable GAN is a *gradient penalty*, a term that keeps D from becoming steep. It is a function of D's
# gradient in the image, and the optimizer needs its gradient in the weights: a derivative of a derivative. In PyTorch that is one flag,
# `create_graph=True`, and a graph nobody looks at. Written by hand it is usually wrong: a well-known NumPy library has a WGAN-GP that is
# exact for ReLU and silently wrong for tanh, and its pictures don't show it. This lesson is the heart of the library: the same derivative in
# two short loops, exact for every layer, and you will see why nothing more is needed.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("penalty", "gradient_D")

# %%
import numpy as np

from minigan import penalties
from minigan.differences import ADJOINT, SECOND, compare, numerical_gradient
from minigan.fast_step import backward_with_penalties
from minigan.game import d_step
from minigan.gradcheck import network_checks, step_checks
from minigan.layers import (
    BatchNorm,
    Dense,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Reshape,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from minigan.layers.activations import Activation, sigmoid
from minigan.layers.chain import Chain
from minigan.layers.layer import Layer, MixedSamplesError
from minigan.layers.linear import Linear
from minigan.losses import non_saturating, wasserstein
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import PENALTIES, add_penalty, r1
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: which parameters does a penalty train?
#
# The simplest penalty, *R1*, is half the mean squared norm of D's gradient at the images of a batch. Here are two critics with the same
# weights: a dense layer from 2 to 8 numbers, an activation function, and a dense layer from 8 to 1. In one the activation is LeakyReLU, in
# the other tanh. Both dense layers have biases. A bias adds a constant to a layer's output. Which biases change the penalty when they change?
#
# - **a** none: constants have no gradient
# - **b** with LeakyReLU none; with tanh the hidden ones, but not the last
# - **c** in both critics the hidden ones, but not the last
# - **d** all of them

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def critic(activation):
    D = Sequential(Dense(2, 8), activation, Dense(8, 1), rng=0, dtype="float64")
    D.theta += 0.3 * np.random.default_rng(1).standard_normal(D.theta.size)  # biases away from 0
    return D


def r1_value(D, x):
    scores, caches = D.forward(x)
    g = D.backward(np.ones_like(scores), caches, learn=False)  # (N, 2): the gradient of D at each point
    return 0.5 * np.sum(g**2) / len(x)


x = np.random.default_rng(2).standard_normal((5, 2))
places = {"W": range(16), "b": range(16, 24), "last W": range(24, 32), "last b": [32]}
for activation in (LeakyReLU(0.2), Tanh()):
    D = critic(activation)
    gradients = numerical_gradient(lambda _, D=D: r1_value(D, x), D.theta)
    sizes = [f"{name} {np.abs(gradients[at]).max():.4f}" for name, at in places.items()]
    print(f"{activation!s:<15} largest gradient of the penalty:", "  ".join(sizes))

check.gradient_penalties.p1(guess)

# %% [markdown]
# Remember the second row. A hidden bias shifts the argument of tanh, and so changes the derivative of tanh there, and with it D's gradient.
# So a parameter can change a gradient although the formula of the gradient does not contain it as a factor. This second effect is the whole
# difficulty.
#
# ## Derive: hold v fixed
#
# **The question.** D maps each image $x_n$ to one score. Its gradient at an image is an array with the shape of the image:
#
# $$ g_n = \frac{\partial D(x_n)}{\partial x_n} \tag{eq:penalty.g} $$
#
# For all $n$ at once that is a backward pass that starts with ones: it gives $\partial (\sum_m D(x_m)) / \partial x_n$, and in this sum only $D(x_n)$ depends on $x_n$. (Remember this sentence. It is true as long as samples do not mix.) A penalty is a function of $g$. *R1* and *WGAN-GP* are
#
# $$ P = \frac{\gamma}{2} \operatorname{mean}_n \lVert g_n \rVert^2 \quad\text{on real images} \tag{eq:penalty.r1} $$
#
# $$ P = \lambda \operatorname{mean}_n \bigl( \lVert g_n \rVert - 1 \bigr)^2 \quad\text{between real and fake} \tag{eq:penalty.wgan\_gp} $$
#
# and we want $\nabla_\theta P$, the gradient of $P$ in all weights of D. *DRAGAN* (Kodali et al., 2017) is the same function of $g$ as WGAN-GP, at other points. It needs no fakes, only points near the data:
#
# $$ P = \lambda \operatorname{mean}_n \bigl( \lVert g_n \rVert - 1 \bigr)^2 \quad\text{around real images} \tag{eq:penalty.dragan} $$
#
# "Around" has to be measured in units of the data, the standard deviation of all values of the batch; a value moves by at most half of it:
#
# $$ x = x_{\text{real}} + \tfrac12 \operatorname{std}(x_{\text{real}})\, u, \qquad u \sim U(0, 1) \tag{eq:penalty.around} $$
#
# with one $u$ for each value, as in the authors' code. (Such a $u$ has the mean $\int_0^1 u\, du = \frac12$ and the variance $\int_0^1 u^2\, du - \frac14 = \frac1{12}$. So the points are not centred on the data: each value is raised by a quarter of a standard deviation on average, with a spread of $\frac{1}{2 \sqrt{12}} \approx 0.14$ of one.)
#
# **The obvious way is too expensive.** By the chain rule
# $\nabla_\theta P = \sum_{n,i} \frac{\partial P}{\partial g_{ni}} \frac{\partial g_{ni}}{\partial \theta}$. The last factor is a second
# derivative, $\partial^2 D / \partial x \, \partial \theta$. For images of 784 pixels and a D with half a million weights it has four hundred
# million entries, for each image. But we don't need the entries, only one sum over them, with the weights
#
# $$ v = \frac{\partial P}{\partial g} \tag{15.1} $$
#
# which has the shape of $g$ and is easy to compute: $\partial \lVert g_n \rVert^2 / \partial g_n = 2 g_n$, and $\partial \lVert g_n \rVert / \partial g_n = g_n / \lVert g_n \rVert$, so that
#
# $$ v = \frac{\gamma\, g}{N} \tag{eq:penalty.r1.v} $$
#
# $$ v = \frac{2 \lambda}{N} \Bigl( 1 - \frac{1}{\lVert g_n \rVert} \Bigr)\, g_n \tag{eq:penalty.wgan\_gp.v} $$
#
# **The trick.** In $\sum_{n,i} v_{ni}\, \frac{\partial g_{ni}}{\partial \theta}$ the numbers $v$ are only factors. So compute them first,
# *hold them fixed*, and pull the derivative out of the sum: $\nabla_\theta P = \nabla_\theta \sum_n v_n \cdot g_n$. And $v_n \cdot g_n$ is
# the directional derivative of D at $x_n$ along $v_n$. It is a *tangent* (lesson 4): push $v$ forward through D, without any backward pass.
# With $J_n = \partial D / \partial x$ at $x_n$, a row,
#
# $$ \nabla_\theta P(g) = \nabla_\theta \bigl( v \cdot g \bigr) = \nabla_\theta \Bigl[ \sum_n J_n(x_n; \theta)\, v_n \Bigr] \tag{eq:penalty.tangent} $$
#
# Now it is a *first* derivative, of something that a forward pass computes. Three passes: one backward for $g$, one forward with $v$, and one
# backward through the forward one.
#
# ## Derive: two streams forward
#
# What does a layer do to a direction? It multiplies it by its Jacobian, layer after layer:
#
# $$ w = J_L \cdots J_2\, J_1\, v \tag{eq:chain.tangent} $$
#
# - *Dense.* $(x + h v) W + b = (x W + b) + h\, v W$: the direction becomes $v W$. The weights multiply it; the bias is constant and drops out.
#
# $$ w = L(v; W) \tag{eq:linear.tangent} $$
#
# - *An activation,* number by number: $f(x + h v) = f(x) + h f'(x)\, v$, with $f'$ either 1 or $\alpha$ for LeakyReLU and $f' = 1 - y^2$ for $y = \tanh x$.
#
# $$ w = f'(x)\, v \tag{eq:activation.tangent} $$
#
# So each layer now has *two* inputs, $x_{l-1}$ and $v_{l-1}$, and two outputs, $x_l = f_l(x_{l-1})$ and $v_l = J_l(x_{l-1})\, v_{l-1}$. That is a network like any other, with twice as many inputs and outputs.
#
# ## Derive: two streams back
#
# We differentiate it like any other, with the question of lesson 2: *which outputs does it affect, and how strongly?* Write $dw_l$ for the gradient of the tangent stream $v_l$ and $dx_l$ for that of the primal
# stream $x_l$. At the output $dw_L = 1$, because the sum in `eq:penalty.tangent` adds up the pushed directions, and $dx_L = 0$, because it does not contain the scores.
#
# - A direction $v_{l-1}$ affects only $v_l$, with strength $J_l$.
# - An input $x_{l-1}$ affects $x_l$ with strength $J_l$. And it affects $v_l = J_l(x_{l-1})\, v_{l-1}$ *if the Jacobian depends on* $x$. Call this second contribution $k$, the **curvature** of the layer:
#
# $$ k(dw, v) = \frac{\partial}{\partial x}\bigl[\, dw^{\top} J(x)\, v \,\bigr] \tag{eq:layer.curvature} $$
#
# - Together:
#
# $$ \begin{aligned} dw_{l-1} &= J_l^{\top}\, dw_l \\ dx_{l-1} &= J_l^{\top}\, dx_l + k_l(dw_l, v_{l-1}) \end{aligned} \tag{eq:chain.second} $$
#
# These two lines are the entire theory. (Small $dw$ is the gradient in the tangent stream, an array for the whole batch; $dW$ is that in the weights.) What remains is $k$ and the gradients of the parameters for each kind of layer.
#
# **Dense.** The Jacobian is $W$ wherever $x$ is: $k = 0$. A weight affects both outputs, $v W$ and $x W + b$, and each is the product that lesson 2 differentiated. A bias affects only the second:
#
# $$ dW \mathrel{+}= v^{\top} dw + x^{\top} dx, \qquad db \mathrel{+}= \textstyle\sum_n dx_n \tag{15.2} $$
#
# **LeakyReLU.** $f'$ is constant on both sides of the kink, so $f'' = 0$ and $k = 0$ (except at the kink itself, which no image hits exactly).
#
# **An activation.** $v_l = f'(x)\, v$, entry by entry, and its derivative in $x$ is $f''(x)\, v$:
#
# $$ k(dy, v) = f''(x)\, v\, dy \tag{eq:activation.curvature} $$
#
# For tanh,
#
# $$ y = \tanh x \tag{eq:tanh.forward} $$
#
# is $\sinh x / \cosh x$. Each of the two is the other's derivative, so $f' = (\cosh^2 x - \sinh^2 x) / \cosh^2 x = 1 - y^2$, from the output alone, and
#
# $$ f'' = \frac{d}{dx} (1 - y^2) = -2 y\, y' = -2 y\, (1 - y^2) \tag{eq:tanh.curvature} $$
#
# Now you can check your prediction. In a D of dense layers and LeakyReLUs nothing is curved: $dx$ starts as 0 and stays 0, and by (15.2)
# every bias gets the gradient 0. One tanh makes $dx$ nonzero, and then everything *below* it, biases too, gets a gradient.
#
# **By hand.** D(x) = 2 tanh(x): a dense layer with the weight $u = 1$ and the bias $b = 0$, then tanh, then a weight $a = 2$. At $x = \log 2$ we have $y = \frac35$ and $1 - y^2 = 0.64$, so $g = a u (1 - y^2) = 1.28$, and for R1 with $\gamma = 1$ and one sample
# $v = 1.28$ too. Tangents: $1.28 \to 1.28 \to 1.28 \cdot 0.64 = 0.8192 \to 1.6384$, which is $v g$. Back: $dw$: $1 \to 2 \to 2 \cdot 0.64 = 1.28$. And $dx$ starts in the tanh, as
# $-2 \cdot 0.6 \cdot 0.64 \cdot v \cdot dw = -0.768 \cdot 1.28 \cdot 2 = -1.96608$. So $da = 0.8192$, $du = 1.28 \cdot 1.28 - 1.96608 \log 2 = 0.2756$, $db = -1.96608$. The library, layer by layer:

# %%
D = Sequential(Dense(1, 1), Tanh(), Dense(1, 1, bias=False), rng=0, dtype="float64")
D.theta[...] = 1, 0, 2  # u, b, a
scores, caches = D.forward(np.array([[np.log(2)]]))
g = D.backward(np.ones((1, 1)), caches, learn=False)
value, v = r1(g)
_, tangents = D.tangent(v, caches)
print(f"g {g.item():.4f}   P {value:.4f}   v {v.item():.4f}")

dw, dx = np.ones((1, 1)), None  # the gradients at the output
for layer, (v, tcache), cache in zip(D.layers[::-1], tangents[::-1], caches[::-1], strict=True):
    dw, dx = layer.backward_tangent(dw, dx, v, tcache, cache)
    shown = "none" if dx is None else f"{dx.item():.4f}"
    print(f"below {layer!s:<26} v {v.item():.4f}   dw {dw.item():.4f}   dx {shown}")
print("gradients of u, b, a:", D.grad)

# %% [markdown]
# What if the code leaves out $dx$, like the library mentioned above? Take $D(x) = \tanh(w x)$ at $x = 1$, one weight, and move it:


# %%
def gradient_of_r1(weight):
    D = Sequential(Dense(1, 1, bias=False), Tanh(), rng=0, dtype="float64")
    D.theta[...] = weight
    add_penalty(D, *D.forward(np.ones((1, 1))), r1)
    return D.grad.item()


w = np.linspace(0.02, 2.5, 125)
P = 0.5 * (w * (1 - np.tanh(w) ** 2)) ** 2
both = [gradient_of_r1(weight) for weight in w]
with planted(Tanh, "d2f", lambda self, y: 0 * y):  # f'' forgotten
    one = [gradient_of_r1(weight) for weight in w]
differences = np.gradient(P, w)

title = "Without the second stream a steep tanh unit is pushed the wrong way"
with figure(title, panels=2) as (left, right):
    left.plot(w, P)
    left.set(title="R1 of tanh(w x) at x = 1", xlabel="weight w", ylabel="penalty")
    right.plot(w, both, label="both streams")
    right.plot(w, one, label="tangent stream only")
    right.plot(w[::8], differences[::8], "o", color="black", markersize=4, label="differences")
    right.axhline(0, color="0.5", linewidth=0.8, linestyle="-")
    right.set(title="its derivative in w", xlabel="weight w")

assert np.abs(both - differences)[1:-1].max() < 2e-3

# %% [markdown]
# Beyond $w \approx 0.8$ the unit saturates: a larger weight makes D *flatter* at this point, and the true derivative of the penalty is negative. The tangent stream alone has the opposite sign, and a step along it makes D steeper: gradient descent with it does not descend.
#
# ## Derive: other activation functions
#
# For another activation function only $f''$ changes. The **sigmoid** has $f' = y\, (1 - y)$. By the product rule $f'' = y' (1 - y) - y\, y' = y' (1 - 2y)$, that is
#
# $$ f'' = y\, (1 - y)\, (1 - 2y) \tag{eq:sigmoid.curvature} $$
#
# The derivative of **softplus** is the sigmoid (lesson 3), so its second derivative is the sigmoid's first:
#
# $$ f'' = \sigma(x)\, (1 - \sigma(x)) \tag{eq:softplus.curvature} $$
#
# It is never 0, and nowhere above $\frac14$. **SiLU** (Elfwing et al., 2018) multiplies $x$ by its own sigmoid, a ReLU with a smooth kink:
#
# $$ y = x\, s, \qquad s = \sigma(x) \tag{eq:silu.forward} $$
#
# The product rule with $s' = s\, (1 - s)$ gives
#
# $$ f' = s + x\, s\, (1 - s) \tag{eq:silu.derivative} $$
#
# and once more $f'' = s' + (x s')' = 2 s' + x s''$. Here $s''$ is the curvature of the sigmoid, $s' (1 - 2s)$, so that $s'$ can be taken out:
#
# $$ f'' = s\, (1 - s)\, \bigl(2 + x\, (1 - 2s)\bigr) \tag{eq:silu.curvature} $$
#
# At $x = 0$ this is $\frac14 \cdot 2 = \frac12$: the derivative of ReLU jumps there from 0 to 1, and SiLU spreads the jump over a few units of $x$.
#
# ## Derive: a check of the second order
#
# How do you check a second derivative without taking one? Lesson 4 held the tangent $J v$ against differences of outputs (`eq:gradcheck.tangent`). Once we trust it, $dy^{\top} J v$ is a number that a forward pass computes, for any weights. Move one weight up and down, push the same $v$ forward again, and you have the derivative without using the two streams:
#
# $$ \frac{\partial}{\partial \theta}\bigl[ dy^{\top} J(x; \theta)\, v \bigr] \quad\text{against central differences of}\quad dy^{\top} J(x; \theta)\, v \tag{eq:gradcheck.second} $$
#
# With $dy = 1$ and $v = \partial P / \partial g$ the left side is `eq:penalty.tangent`. But the two streams work for any $v$, and a random $v$ tests them better: no entry of it is 0. The same check works with $x$ in place of $\theta$.
#
# ## See the code
#
# First the layers. Notice that `Linear.tangent` returns the cache `(v, 0)` where `forward` returned `(x, 1)`: the factors of $W$ and of the bias. So the *same* `backward` and `accumulate` serve the tangent stream, and (15.2) needs no line of its
# own.

# %%
show_source(
    Linear.forward, Linear.tangent, Linear.accumulate, Activation.tangent, Activation.curvature, Tanh.d2f
)

# %% [markdown]
# Then one layer's part of the backward pass, the two loops over the layers, and the three passes. `learn` says whether a layer's parameters
# collect their gradients, `need_dx` whether the gradient in the input is needed.

# %%
show_source(Layer.backward_tangent, Chain.tangent, Chain.streams, add_penalty, r1, penalties.wgan_gp)

# %% [markdown]
# ## Check: every penalty through flat and curved critics
#
# The value of a penalty needs first derivatives only, so differences of it in each weight check the gradient without using the streams. The critics: one piecewise linear, one curved in three ways. (The derivation of LayerNorm's curvature takes half a page; it is in `minigan/layers/norm.py`, and is checked here as well.)

# %%
critics = {
    "LeakyReLU": [Dense(3, 6), LeakyReLU(0.2), Dense(6, 4), LeakyReLU(0.2), Dense(4, 1)],
    "curved": [Dense(3, 6), Tanh(), Dense(6, 4), LayerNorm(4), Softplus(), Dense(4, 1)],
}
x = np.random.default_rng(3).standard_normal((5, 3))
for name, layers in critics.items():
    D = Sequential(*layers, rng=0, dtype="float64")
    D.theta += 0.3 * np.random.default_rng(4).standard_normal(D.theta.size)
    for which, penalty in PENALTIES.items():

        def value(_=None, D=D, penalty=penalty):
            scores, caches = D.forward(x)
            return penalty(D.backward(np.ones_like(scores), caches, learn=False))[0]

        D.zero_grad()
        add_penalty(D, *D.forward(x), penalty)
        print(compare(f"{name:<9} {which:<7}", D.grad, numerical_gradient(value, D.theta), SECOND))

# %% [markdown]
# Each activation function alone: its value against the formula, $f'$ against differences of $f$, and $f''$ (the curvature for $v = dy = 1$)
# against differences of $f'$. And the points of DRAGAN, by their mean and standard deviation.

# %%
at = np.linspace(-4, 4, 17)
one = np.ones_like(at)
values = {
    Tanh(): np.sinh(at) / np.cosh(at),
    Sigmoid(): 1 / (1 + np.exp(-at)),
    Softplus(): np.log(1 + np.exp(at)),
    SiLU(): at * sigmoid(at),
}
for layer, expected in values.items():
    y, cache = layer.forward(at)
    first = numerical_gradient(lambda x, layer=layer: layer.forward(x)[0].sum(), at)
    second = numerical_gradient(lambda x, layer=layer: layer.backward(one, layer.forward(x)[1]).sum(), at)
    print(compare(f"{layer!s:<10} f", y, expected, ADJOINT))
    print(compare(f"{layer!s:<10} f'", layer.backward(one, cache), first, SECOND))
    print(compare(f"{layer!s:<10} f''", layer.curvature(one, one, cache), second, SECOND))

real = np.random.default_rng(11).standard_normal((500, 28, 28, 1))
away = (penalties.around(real, np.random.default_rng(12)) - real) / real.std()
print(compare("around: raised by 1/4", away.mean(), 1 / 4, 1e-2))
print(compare("around: spread 1/(2 sqrt 12)", away.std(), 1 / (2 * 12**0.5), 1e-2))
assert 0 <= away.min() < away.max() <= 0.5

# %% [markdown]
# Now `eq:gradcheck.second`, written out: one random direction, one random $dy$, and the two streams against differences of tangents.

# %%
D = Sequential(Dense(3, 5), SiLU(), Dense(5, 4), Sigmoid(), Dense(4, 2), rng=0, dtype="float64")
rng = np.random.default_rng(13)
x, v, dy = (rng.standard_normal((4, n)) for n in (3, 3, 2))


def pushed(_=None):
    return np.sum(dy * D.tangent(v, D.forward(x)[1])[0])


_, caches = D.forward(x)
_, tangents = D.tangent(v, caches)
dx = D.backward_tangent(dy, tangents, caches)
print(compare("second order in theta", D.grad, numerical_gradient(pushed, D.theta), SECOND))
print(compare("second order in x", dx, numerical_gradient(pushed, x), SECOND))

# %% [markdown]
# One call does this for any network of yours (`second order`), and another checks a whole training step, with each penalty at its own points:

# %%
curved = Sequential(Dense(2, 5), Tanh(), Dense(5, 1), rng=0)
show_checks(network_checks(curved, (4, 2)))
print()
G = Sequential(Dense(3, 4), LeakyReLU(0.2), Dense(4, 2), rng=1)
x, z = np.random.default_rng(5).standard_normal((4, 2)), np.random.default_rng(6).standard_normal((4, 3))
show_checks(step_checks(G, curved, non_saturating, x, z, [r1, penalties.wgan_gp, penalties.dragan]))

# %% [markdown]
# ## Derive: loss and penalty in one pass
#
# D's step needs the ordinary gradient of its loss too: a backward pass that starts with $c_n = \partial L / \partial D(x_n)$. In a piecewise-linear D with one score for each sample, that is no new pass. The tangent stream starts with 1 and the loss's
# with $c_n$; both are multiplied by the same matrices $J_l^\top$, sample by sample. So one is $c$ times the other all the way down,
#
# $$ dx_l = c \odot dw_l, \qquad c_n = \frac{\partial L}{\partial D(x_n)} \tag{eq:penalty.shared} $$
#
# and a layer's two products become one, with a different left factor:
#
# $$ dW \mathrel{+}= (c\, x + v)^{\top} \delta \quad\text{instead of}\quad x^{\top}(c\, \delta) + v^{\top} \delta \tag{eq:linear.both} $$
#
# ($\delta$ is $dw$.) So the ordinary backward pass of ones does both, if each layer's cache is taken at $c\, x + v$: that is `blend`, one short method of a layer. Then the backward pass of the loss costs nothing extra. The step in `minigan/game.py` stays plain; the step that trains, in `minigan/fast_step.py`, does this. Is the result the same?

# %%
show_source(Chain.blend, Linear.blend, backward_with_penalties)

# %%
D = critic(LeakyReLU(0.2))
x, c = np.random.default_rng(7).standard_normal((5, 2)), np.random.default_rng(8).standard_normal((5, 1))
scores, caches = D.forward(x)
D.backward(c, caches)
add_penalty(D, scores, caches, r1)
apart = D.grad.copy()
D.zero_grad()
backward_with_penalties(D, c, scores, caches, [r1])
print(compare("in one pass against two", D.grad, apart, ADJOINT))

# %% [markdown]
# And what does a penalty do to D? Here is D alone, as in lesson 6, between two clouds on a line; G does not learn. The points at which a penalty is computed are part of its definition: R1 at the real points, *R2* (the same formula) at the fakes, and WGAN-GP at points
# $t\, x_{\text{real}} + (1 - t)\, x_{\text{fake}}$, with one $t$ from 0 to 1 for each pair (`eq:penalty.between`).

# %%
still = Sequential(Dense(1, 1), rng=0)
still.theta[...] = 0.2, -1  # fakes: -1 + 0.2 z
games = {
    "no penalty": (non_saturating, ()),
    "R1": (non_saturating, [r1]),
    "R1 + R2": (non_saturating, [r1, penalties.r2]),
    "Wasserstein, WGAN-GP": (wasserstein, [penalties.wgan_gp]),
}
at = np.linspace(-1.8, 1.8, 181)[:, None]
gradients = {}
for name, (loss, chosen) in games.items():
    D = Sequential(Dense(1, 64), LeakyReLU(0.2), Dense(64, 64), LeakyReLU(0.2), Dense(64, 1), rng=0)
    opt, rng = Adam(D, 1e-3), np.random.default_rng(0)
    for _ in range(steps(1500, 10)):
        real, z = 1 + 0.2 * rng.standard_normal((64, 1)), rng.standard_normal((64, 1))
        d_step(still, D, loss, chosen, opt, real, z, rng)
    gradients[name] = D.backward(np.ones_like(at), D.forward(at)[1], learn=False)[:, 0]
    middle = np.abs(gradients[name][at[:, 0] ** 2 < 0.25]).max()
    at_data, at_fakes = (np.abs(gradients[name][np.abs(at[:, 0] - c) < 0.3]).mean() for c in (1, -1))
    print(
        f"{name:<21} largest in the middle {middle:5.1f}, mean at the data {at_data:6.3f}, at the fakes {at_fakes:6.3f}"
    )

with figure("R1 makes D flat at the data, and steeper at the fakes; R1 + R2 makes it flat at both") as ax:
    for name, gradient in gradients.items():
        ax.plot(at, gradient, label=name)
    ax.axvspan(-1.4, -0.6, facecolor="none", edgecolor="0.8", hatch="///")
    ax.axvspan(0.6, 1.4, facecolor="none", edgecolor="0.8", hatch="...")
    ax.annotate("fakes", (-1.1, -4), fontsize=11)
    ax.annotate("data", (0.9, -4), fontsize=11)
    ax.set(xlabel="place x", ylabel="gradient of D", ylim=(-6, None))
    ax.legend(loc="upper right", bbox_to_anchor=(1.34, 1))

# %% [markdown]
# Without a penalty D is steep everywhere, and the longer it learns the steeper. R1 makes it flat at the data, so that D leaves a fake alone
# once it has arrived there. But D makes up for it elsewhere: at the fakes its gradient is *larger* than without a penalty, 1.3 to 1.5 times (at 5 of 5 seeds). So a penalty also changes D where it is not applied. With R2 it is flat at the fakes as well: after 1500 steps
# against a fixed G, hardly any gradient is left for G. (In a game G is not fixed; lesson 17 is about this pair.) WGAN-GP asks for a gradient
# of norm 1 on the way from fake to data, and gets it.
#
# ## Predict: the gradient of a D with BatchNorm
#
# D is a dense layer, a BatchNorm and another dense layer, `Sequential(Dense(2, 4), BatchNorm(4), Dense(4, 1))`, with weights of ordinary size. We compute its gradients as before, by a backward pass that starts with ones, on a batch of 64. How large are they?
#
# - **a** about as large as without BatchNorm
# - **b** much larger: BatchNorm divides by a small standard deviation
# - **c** 0
# - **d** NaN

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
D = Sequential(Dense(2, 4), BatchNorm(4), Dense(4, 1), rng=0, dtype="float64")
x = np.random.default_rng(9).standard_normal((64, 2))
scores, caches = D.forward(x)
g = D.backward(np.ones_like(scores), caches, learn=False)
print(f"largest gradient by a backward pass of ones {np.abs(g).max():.1e}")

moved = x.copy()
moved[0] += 1e-5 * np.array([-0.6, 0.8])
change = (D.forward(moved)[0] - scores) / 1e-5
print(
    f"move image 0: its own score by {change[0].item():.3f}, the other 63 by {change[1:].sum():.3f} in all"
)

check.gradient_penalties.p2(guess)

# %% [markdown]
# BatchNorm subtracts the mean of the batch, so its outputs add up to 0 over the batch, for any input: $\sum_m D(x_m)$ is constant, and a backward pass of ones gives the gradient of a constant. Here the sentence that you were asked to remember is false: not only $D(x_n)$ depends on $x_n$. What the pass computes in general is
#
# $$ \frac{\partial}{\partial x_n} \sum_m D(x_m) = \frac{\partial D(x_n)}{\partial x_n} + \sum_{m \ne n} \frac{\partial D(x_m)}{\partial x_n} \tag{15.3} $$
#
# and the second sum is zero only if samples do not mix. R1 on this D would be exactly 0, however steep D is. With a LeakyReLU after the BatchNorm it is not 0 but some other number, which is worse. One could compute the first term
# alone, but even that is the gradient of $D(x_n)$ *in the company of these 63*, not of a function of one image. There is no "gradient of D at an image" here, so the library refuses:

# %%
try:
    add_penalty(D, scores, caches, r1)
except MixedSamplesError as error:
    print(error)

# %% [markdown]
# ## Modify
#
# ### Exercise 1: a penalty of your own
#
# WGAN-GP also punishes a D that is *too flat*. The one-sided penalty (Petzka et al., 2018) does not: $P = \lambda \operatorname{mean}_n \max(0, \lVert g_n \rVert - 1)^2$. Given `g` of shape (N, H, W, C) and `lam`, return `value, v`, where $v = \partial P / \partial g$. The norm of an
# image runs over all of it.


# %% tags=["exercise"]
def one_sided(g, lam):
    return ...  # your code: value, v


check.gradient_penalties.q1(one_sided)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def one_sided(g, lam):
#     norm = np.sqrt(np.sum(g**2, axis=(1, 2, 3), keepdims=True))
#     excess = np.maximum(0, norm - 1)
#     value = lam * np.mean(excess**2)
#     v = 2 * lam / len(g) * excess * g / np.where(norm == 0, 1, norm)
#     return value, v
# ```
#
# The outer derivative is $2 \lambda / N$ times the excess, and the gradient of the norm is the unit vector $g_n / \lVert g_n \rVert$. Where the excess is 0 its square is flat, so $v$ is 0 there, and it does not matter that the norm has no gradient at $g = 0$. `add_penalty` needs nothing more than this function.
#
# </details>

# %% [markdown]
# ### Exercise 2: both streams, by hand
#
# For $D(x) = \tanh(x W + b)\, a$ with `x` (N, n), `W` (n, m), `b` (m,), `a` (m, 1), and given directions `v` (N, n): return the gradients `dW, db, da` of $\sum_n J_n v_n$.


# %% tags=["exercise"]
def second_order(x, v, W, b, a):
    return ...  # your code: dW, db, da


check.gradient_penalties.q2(second_order)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def second_order(x, v, W, b, a):
#     y = np.tanh(x @ W + b)
#     v1 = v @ W  # the tangent below the tanh
#     v2 = (1 - y**2) * v1  # and above it
#     dw = np.ones((len(x), 1)) @ a.T  # the gradient in v2
#     da = v2.sum(axis=0)[:, None]
#     dx = -2 * y * (1 - y**2) * v1 * dw  # starts here
#     dw = (1 - y**2) * dw  # the gradient in v1
#     return v.T @ dw + x.T @ dx, dx.sum(axis=0), da
# ```
#
# The last layer gets nothing from the primal stream, because the sum contains no score. W gets a contribution from both streams, each with its own cache: $v$ with $dw$ and $x$ with $dx$. The bias gets only that of the primal stream.
#
# </details>

# %% [markdown]
# ### Exercise 3: a curved layer
#
# Write the layer $y = \sin x$ with all its verbs. `forward(x)` returns `y, cache`; `backward(dy, cache)` returns `dx`; `tangent(v, cache)` returns `w, tcache` (the same cache will do); `curvature(dy, v, cache)` returns $k$.


# %% tags=["exercise"]
class Sine(Layer):
    curved = True

    def forward(self, x):
        return ...  # your code: y, cache

    def backward(self, dy, cache):
        return ...  # your code: dx

    def tangent(self, v, cache):
        return ...  # your code: w, tcache

    def curvature(self, dy, v, cache):
        return ...  # your code: k


check.gradient_penalties.q3(Sine)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# class Sine(Layer):
#     curved = True
#
#     def forward(self, x):
#         return np.sin(x), x
#
#     def backward(self, dy, x):
#         return np.cos(x) * dy
#
#     def tangent(self, v, x):
#         return np.cos(x) * v, x
#
#     def curvature(self, dy, v, x):
#         return -np.sin(x) * v * dy
# ```
#
# $f' = \cos x$ and $f'' = -\sin x$, each in its verb. The line `curved = True` is part of the answer: without it the library does not call `curvature`, and all first-order checks still hold. A layer of one's own under a gradient penalty is this much work.
#
# </details>

# %% [markdown]
# ## Break it
#
# Four bugs of real projects, each examined with the checks of lesson 4. Before you run: the last of them, *the norm over the channels*, is the best-known bug of WGAN-GP ports. An image's gradient $g_n$ has the shape (H, W, C), and
# `norm(axis=1)`, in PyTorch's layout, takes one norm for each *pixel*. Its author's $v$ is the right gradient of that value. Which check catches it?
#
# - **a** the step against differences: the gradient is wrong
# - **b** the second order of D
# - **c** none of the gradient checks; only a value worked by hand

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def bias_moves(self, v, cache):
    return self.forward(v)  # right: v W, and the cache (v, 0)


def printed_only(D, scores, caches, penalty, dy=None):
    value, _ = penalty(D.backward(np.ones_like(scores), caches, learn=False))
    if dy is not None:
        D.backward(dy, caches)  # right: and v is pushed through D and back
    return value


def over_the_channels(g, lam=10.0):
    norm = np.sqrt(np.sum(g**2, axis=-1, keepdims=True))  # right: over all axes but the first
    v = 2 * lam * (norm - 1) / norm * g / norm.size
    return lam * float(np.mean((norm - 1) ** 2)), v


judge = Sequential(Flatten(), Dense(8, 5), Tanh(), Dense(5, 1), rng=0)
judge.theta += 0.3 * np.random.default_rng(1).standard_normal(judge.theta.size)  # biases away from 0
painter = Sequential(Dense(3, 8), Reshape(2, 2, 2), rng=1)
rng = np.random.default_rng(10)
x, z, four = rng.standard_normal((4, 2, 2, 2)), rng.standard_normal((4, 3)), np.ones((1, 2, 2, 1))


def examine():
    yield from network_checks(judge, x)
    yield from step_checks(painter, judge, wasserstein, x, z, [penalties.wgan_gp])
    yield compare(
        "norm of four gradients of 1 is 2", penalties.wgan_gp(four, 1.0)[0], (2 - 1) ** 2, ADJOINT
    )


bugs = {
    "f'' of tanh forgotten": (Tanh, "d2f", lambda self, y: 0 * y),
    "the bias moves along": (Linear, "tangent", bias_moves),
    "the penalty is only printed": (penalties, "add_penalty", printed_only),
    "the norm over the channels": (penalties, "wgan_gp", over_the_channels),
}
caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = list(examine())
    show_checks(checks)
    caught[name] = [found.name for found in checks if not found.ok]
    print()

check.gradient_penalties.p3(guess)
assert "dx" not in caught["f'' of tanh forgotten"]
assert "second order, dtheta" in caught["f'' of tanh forgotten"]
assert "tangent" in caught["the bias moves along"]
assert caught["the penalty is only printed"] == ["D step, dtheta"]
assert caught["the norm over the channels"] == ["norm of four gradients of 1 is 2"]
assert all(found.ok for found in examine())

# %% [markdown]
# The first bug passes every check of first order, the adjoint test too, and in a LeakyReLU critic it changes nothing at all. The second passes `second order`, which differentiates whatever `tangent` computes; whether that is the tangent is another check. The third is `create_graph=True` forgotten: the value in the log is right, but it does not change D. Only the check of the whole step against differences of what it reports catches it. In the fourth the value is wrong, and the gradient belongs to it (lesson 1).
#
# What does it do to D? Take images of 8 x 8 pixels with one channel, real ones brighter than fakes by 1 in each pixel, and a D whose gradient at each pixel is $s$: norm $8 s$ over the image. The Wasserstein loss rewards it with the difference of the mean scores,
# $64 s$. The right penalty weighs that against $10\, (8 s - 1)^2$. The sum $-64 s + 10\, (8 s - 1)^2$ is least at $8 s = 1 + \frac{8}{20} = 1.4$. The wrong one averages over images *and pixels*, and each pixel's norm is $s$:
# $-64 s + 10\, (s - 1)^2$, least at $s = 1 + \frac{64}{20} = 4.2$, which is a norm of $8 s = 33.6$.


# %%
def steepness(penalty):
    """The mean norm of D's gradient between real and fake, as it learns with the Wasserstein loss."""
    D = Sequential(Flatten(), Dense(64, 32), LeakyReLU(0.2), Dense(32, 1), rng=0)
    still = Sequential(Reshape(8, 8, 1), rng=0)  # fakes are noise
    opt, rng, norms = Adam(D, 1e-3), np.random.default_rng(0), []
    for _ in range(steps(1000, 5)):
        real, z = 1 + rng.standard_normal((32, 8, 8, 1)), rng.standard_normal((32, 64))
        d_step(still, D, wasserstein, [penalty], opt, real, z, rng)
        scores, caches = D.forward((real + z.reshape(real.shape)) / 2)
        g = D.backward(np.ones_like(scores), caches, learn=False)
        norms.append(np.mean(np.sqrt(np.sum(g**2, axis=(1, 2, 3)))))
    return norms


over_the_channels = penalties.Custom(over_the_channels, place="between")
title = "With the norm over the channels D becomes more than twenty times too steep"
with figure(title) as ax:
    right, wrong = steepness(penalties.wgan_gp), steepness(over_the_channels)
    ax.plot(right, label="norm over the image")
    ax.plot(wrong, label="norm over the channels of each pixel")
    ax.set(xlabel="steps of D, images of 8 x 8", ylabel="norm of D's gradient", ylim=(0, None))

print(f"at the end: {right[-1]:.2f} and {wrong[-1]:.2f}")
usually(
    "the norms are those computed above, to 15 %",
    abs(right[-1] / 1.4 - 1) < 0.15 and abs(wrong[-1] / 33.6 - 1) < 0.15,
)

# %% [markdown]
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:penalty.g`: $g_n = \partial D(x_n) / \partial x_n$, a backward pass of ones | `minigan.penalties.add_penalty` | `tests/test_penalties.py`: `test_linear_critic_by_hand`, `test_mixed_samples_are_refused_and_nothing_is_added` |
# | `eq:penalty.r1.v`: $v = \gamma g / N$ | `minigan.penalties.r1` | `tests/test_penalties.py`: `test_r1_by_hand` |
# | `eq:penalty.wgan_gp.v`: $v = \frac{2 \lambda}{N} (1 - 1 / \lVert g_n \rVert)\, g_n$ | `minigan.penalties.wgan_gp` | `tests/test_penalties.py`: `test_wgan_gp_by_hand`, `test_the_norm_runs_over_all_axes_of_a_sample` |
# | `eq:penalty.around`: $x_{\text{real}} + \frac12 \operatorname{std}(x_{\text{real}})\, u$, for DRAGAN | `minigan.penalties.around` | `tests/test_penalties.py`: `test_around_adds_up_to_half_a_standard_deviation` |
# | `eq:penalty.tangent`: $\nabla_\theta P = \nabla_\theta \sum_n J_n v_n$, $v$ held fixed | `minigan.penalties.add_penalty` | `tests/test_penalties.py`: `test_tanh_critic_by_hand` |
# | `eq:chain.tangent`: $w = J_L \cdots J_1 v$ | `minigan.layers.chain.Chain.tangent` | `tests/layers/test_chain.py`: `test_worked_by_hand` |
# | `eq:chain.second`: $dw_{l-1} = J^\top dw_l$, $dx_{l-1} = J^\top dx_l + k_l$ | `minigan.layers.layer.Layer.backward_tangent` | `tests/layers/test_chain.py`: `test_second_order_by_hand` |
# | `eq:activation.curvature`: $k = f''(x)\, v\, dy$ | `minigan.layers.activations.Activation.curvature` | `tests/layers/test_activations.py`: `test_curved_activations_by_hand` |
# | `eq:silu.curvature`: $f'' = s\, (1 - s)\, (2 + x\, (1 - 2s))$ | `minigan.layers.SiLU` | `tests/layers/test_activations.py`: `test_curved_activations_by_hand` |
# | `eq:gradcheck.second`: the streams against differences of $dy^\top J v$ | `minigan.gradcheck.network_checks` | `tests/test_gradcheck.py`: `test_a_forgotten_curvature_is_caught`, `test_a_bias_that_moves_under_the_tangent_is_caught` |
# | `eq:penalty.shared`: $dx_l = c \odot dw_l$ | `minigan.layers.chain.Chain.blend` | `tests/test_penalties.py`: `test_sharing_the_pass_with_a_loss_changes_nothing` |
#
# - The gradient of a penalty is the gradient of a tangent: hold $v$ fixed, push it forward, run backward through that.
# - Two gradients go backward. The second starts where a layer is curved, and trains everything below, biases too. In a ReLU network you never notice that it is missing.
# - A penalty is about one image: its norm runs over all of the image, and D must not contain a BatchNorm.
# - First-order checks see none of this. Check the second order, the whole step and one number worked by hand.
#
# ## Next
#
# [Lesson 16: DiracGAN](16_dirac_gan.ipynb). You can compute any penalty now. In the smallest GAN there is, two numbers and a single data point, two eigenvalues show which penalties make the game converge.
