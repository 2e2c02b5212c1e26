# %% [markdown]
# # Lesson 15: Gradient penalties by hand
#
# **Goal** Differentiate a function of D's slope in D's weights, exactly, without autograd, through any layer whose samples do not mix; and know the three ways in which others get it wrong.
#
# **Prerequisites** Lesson 1 (differences), lesson 2 (the backward pass and the chain), lesson 4 (tangents and the adjoint test), lesson 12 (BatchNorm), lesson 14 (why a critic's slope is to be bounded).
#
# **Run time** 18 s on two cores (measured).
#
# The cure for most of what goes wrong in a GAN is a term that keeps D from becoming steep, a *gradient penalty*. It is a function of D's gradient in the image, and the optimizer needs its gradient in the
# weights: a derivative of a derivative. In PyTorch that is one flag, `create_graph=True`, and a graph nobody looks at. Written by hand it usually is wrong: a well-known NumPy library has a
# WGAN-GP that is exact for ReLU and silently wrong for tanh, and no picture it makes will tell. This lesson is the heart of the library: the same derivative in two short loops, exact for
# every layer, and you will see why nothing more is needed.

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
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps

# %% [markdown]
# ## Predict: whom does a penalty teach?
#
# The simplest penalty, *R1*, is half the mean squared slope of D at the images of a batch. Here are two critics with the same weights, a dense layer from 2 to 8 numbers, a bend, and a dense layer from 8 to 1.
# In one the bend is LeakyReLU, in the other tanh. Both dense layers have biases. A bias adds a constant to what a layer says. Which biases change the penalty when they move?
#
# - **a** none: constants have no slope
# - **b** with LeakyReLU none; with tanh the hidden ones, but not the last
# - **c** in both critics the hidden ones, but not the last
# - **d** all of them

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def critic(bend):
    D = Sequential(Dense(2, 8), bend, Dense(8, 1), rng=0, dtype="float64")
    D.theta += 0.3 * np.random.default_rng(1).standard_normal(D.theta.size)  # biases away from 0
    return D


def r1_value(D, x):
    scores, caches = D.forward(x)
    g = D.backward(np.ones_like(scores), caches, learn=False)  # (N, 2): the slope of D at each point
    return 0.5 * np.sum(g**2) / len(x)


x = np.random.default_rng(2).standard_normal((5, 2))
places = {"W": range(16), "b": range(16, 24), "last W": range(24, 32), "last b": [32]}
for bend in (LeakyReLU(0.2), Tanh()):
    D = critic(bend)
    slopes = numerical_gradient(lambda _, D=D: r1_value(D, x), D.theta)
    sizes = [f"{name} {np.abs(slopes[at]).max():.4f}" for name, at in places.items()]
    print(f"{bend!s:<15} largest slope of the penalty:", "  ".join(sizes))

check.nb15_p1(guess)

# %% [markdown]
# Keep the second row in mind. A hidden bias moves the place at which tanh is bent, and with it D's slope: a weight can change a slope without standing in it. This second way is the whole difficulty.
#
# ## Derive: hold v still
#
# **What is asked.** D takes images $x_n$, each to one score. Its slope at an image is an array like the image:
#
# $$ g_n = \frac{\partial D(x_n)}{\partial x_n} \tag{eq:penalty.g} $$
#
# For all $n$ at once that is a backward pass that starts with ones: it gives $\partial (\sum_m D(x_m)) / \partial x_n$, and of this sum only $D(x_n)$ knows of $x_n$. (Remember this sentence. It holds for as long as
# samples do not mix.) A penalty is a number made of $g$. *R1* and *WGAN-GP* are
#
# $$ P = \frac{\gamma}{2} \operatorname{mean}_n \lVert g_n \rVert^2 \quad\text{on real images} \tag{eq:penalty.r1} $$
#
# $$ P = \lambda \operatorname{mean}_n \bigl( \lVert g_n \rVert - 1 \bigr)^2 \quad\text{between real and fake} \tag{eq:penalty.wgan\_gp} $$
#
# and we want $\nabla_\theta P$, the slope of $P$ in all weights of D. *DRAGAN* (Kodali et al., 2017) is the same function of $g$ as WGAN-GP, taken elsewhere. It needs no fakes, only the neighbourhood of the data:
#
# $$ P = \lambda \operatorname{mean}_n \bigl( \lVert g_n \rVert - 1 \bigr)^2 \quad\text{around real images} \tag{eq:penalty.dragan} $$
#
# "Around" has to be measured in the data's own unit, the deviation of all values of the batch; half of it is the farthest that a value is moved:
#
# $$ x = x_{\text{real}} + \tfrac12 \operatorname{std}(x_{\text{real}})\, u, \qquad u \sim U(0, 1) \tag{eq:penalty.around} $$
#
# with one $u$ for each value, as in the authors' code. (Such a $u$ has the mean $\int_0^1 u\, du = \frac12$ and the variance $\int_0^1 u^2\, du - \frac14 = \frac1{12}$. So the points lie to one side: each value is raised by a quarter of a deviation on average, with a spread of $\frac{1}{2 \sqrt{12}} \approx 0.14$ of one.)
#
# **The obvious way is too long.** By the chain rule $\nabla_\theta P = \sum_{n,i} \frac{\partial P}{\partial g_{ni}} \frac{\partial g_{ni}}{\partial \theta}$. The last factor is a second derivative, $\partial^2 D / \partial x \, \partial \theta$. For
# images of 784 pixels and a D with half a million weights it has four hundred million entries, for each image. But nobody asked for the entries. We need one sum over them, with the weights
#
# $$ v = \frac{\partial P}{\partial g} \tag{15.1} $$
#
# which is an array like $g$, and easy to have: $\partial \lVert g_n \rVert^2 / \partial g_n = 2 g_n$, and $\partial \lVert g_n \rVert / \partial g_n = g_n / \lVert g_n \rVert$, so that
#
# $$ v = \frac{\gamma\, g}{N} \tag{eq:penalty.r1.v} $$
#
# $$ v = \frac{2 \lambda}{N} \Bigl( 1 - \frac{1}{\lVert g_n \rVert} \Bigr)\, g_n \tag{eq:penalty.wgan\_gp.v} $$
#
# **The trick.** In $\sum_{n,i} v_{ni}\, \frac{\partial g_{ni}}{\partial \theta}$ the numbers $v$ are only factors. So compute them first, *hold them still*, and pull the derivative out of the sum:
# $\nabla_\theta P = \nabla_\theta \sum_n v_n \cdot g_n$. And $v_n \cdot g_n$ is an old friend: the slope of D at $x_n$ along the direction $v_n$. It is a *tangent* (lesson 4), which is had by pushing $v$ forward through D, without any
# backward pass. With $J_n = \partial D / \partial x$ at $x_n$, a row,
#
# $$ \nabla_\theta P(g) = \nabla_\theta \bigl( v \cdot g \bigr) = \nabla_\theta \Bigl[ \sum_n J_n(x_n; \theta)\, v_n \Bigr] \tag{eq:penalty.tangent} $$
#
# Now it is a *first* derivative, of something that is computed in a forward pass. Three passes: one backward for $g$, one forward with $v$, and one backward through the forward one.
#
# ## Derive: two streams forward
#
# What does a layer do to a direction? It pushes it with its Jacobian, so layer after layer
#
# $$ w = J_L \cdots J_2\, J_1\, v \tag{eq:chain.tangent} $$
#
# - *Dense.* $(x + h v) W + b = (x W + b) + h\, v W$: the direction becomes $v W$. It meets the weights but not the bias, which does not move.
#
# $$ w = L(v; W) \tag{eq:linear.tangent} $$
#
# - *An activation,* number by number: $f(x + h v) = f(x) + h f'(x)\, v$, with $f'$ either 1 or $\alpha$ for LeakyReLU and $f' = 1 - y^2$ for $y = \tanh x$.
#
# $$ w = f'(x)\, v \tag{eq:activation.tangent} $$
#
# So each layer now has *two* inputs, $x_{l-1}$ and $v_{l-1}$, and two outputs, $x_l = f_l(x_{l-1})$ and $v_l = J_l(x_{l-1})\, v_{l-1}$. That is a network like any other, with twice as many wires.
#
# ## Derive: two streams back
#
# And it is differentiated like any other, by the one question of lesson 2: *which outputs did it reach, and how strongly?* Write $dw_l$ for the slope of the tangent stream $v_l$ and $dx_l$ for that of the primal
# stream $x_l$. At the end stand $dw_L = 1$, because the sum in `eq:penalty.tangent` adds up the pushed directions, and $dx_L = 0$, because it does not contain the scores.
#
# - A direction $v_{l-1}$ reached $v_l$ only, with strength $J_l$.
# - An input $x_{l-1}$ reached $x_l$ with strength $J_l$. And it reached $v_l = J_l(x_{l-1})\, v_{l-1}$ *if the Jacobian depends on* $x$. Call what comes from there $k$, the **curvature** of the layer:
#
# $$ k(dw, v) = \frac{\partial}{\partial x}\bigl[\, dw^{\top} J(x)\, v \,\bigr] \tag{eq:layer.curvature} $$
#
# - Together:
#
# $$ \begin{aligned} dw_{l-1} &= J_l^{\top}\, dw_l \\ dx_{l-1} &= J_l^{\top}\, dx_l + k_l(dw_l, v_{l-1}) \end{aligned} \tag{eq:chain.second} $$
#
# These two lines are the entire theory. (Small $dw$ is the slope of a stream, as big as a batch; $dW$ is that of the weights.) It remains to say $k$, and what a weight gets, for each kind of layer.
#
# **Dense.** The Jacobian is $W$ wherever $x$ is: $k = 0$. A weight reached both outputs, $v W$ and $x W + b$, and each is the product lesson 2 differentiated. A bias reached the second only:
#
# $$ dW \mathrel{+}= v^{\top} dw + x^{\top} dx, \qquad db \mathrel{+}= \textstyle\sum_n dx_n \tag{15.2} $$
#
# **LeakyReLU.** $f'$ is constant on both sides of the bend, so $f'' = 0$ and $k = 0$ (but at the bend itself, which no image hits).
#
# **An activation.** $v_l = f'(x)\, v$, number by number, and its slope in $x$ is $f''(x)\, v$:
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
# Now your prediction can be read off. In a D of dense layers and LeakyReLUs nothing is curved: $dx$ starts as 0 and stays 0, and by (15.2) no bias is taught. One tanh gives birth to $dx$, and everything *below* it, biases too,
# gets a share.
#
# **By hand.** D(x) = 2 tanh(x): a dense layer with the weight $u = 1$ and the bias $b = 0$, then tanh, then a weight $a = 2$. At $x = \log 2$ we have $y = \frac35$ and $1 - y^2 = 0.64$, so $g = a u (1 - y^2) = 1.28$, and for R1 with $\gamma = 1$ and one sample
# $v = 1.28$ too. Tangents: $1.28 \to 1.28 \to 1.28 \cdot 0.64 = 0.8192 \to 1.6384$, which is $v g$. Back: $dw$: $1 \to 2 \to 2 \cdot 0.64 = 1.28$. And $dx$ is born in the tanh, as
# $-2 \cdot 0.6 \cdot 0.64 \cdot v \cdot dw = -0.768 \cdot 1.28 \cdot 2 = -1.96608$. So $da = 0.8192$, $du = 1.28 \cdot 1.28 - 1.96608 \log 2 = 0.2756$, $db = -1.96608$. The library, layer by layer:

# %%
D = Sequential(Dense(1, 1), Tanh(), Dense(1, 1, bias=False), rng=0, dtype="float64")
D.theta[...] = 1, 0, 2  # u, b, a
scores, caches = D.forward(np.array([[np.log(2)]]))
g = D.backward(np.ones((1, 1)), caches, learn=False)
value, v = r1(g)
_, tangents = D.tangent(v, caches)
print(f"g {g.item():.4f}   P {value:.4f}   v {v.item():.4f}")

dw, dx = np.ones((1, 1)), None  # the slopes at the end
for layer, (v, tcache), cache in zip(D.layers[::-1], tangents[::-1], caches[::-1], strict=True):
    dw, dx = layer.backward_tangent(dw, dx, v, tcache, cache)
    born = "none" if dx is None else f"{dx.item():.4f}"
    print(f"below {layer!s:<26} v {v.item():.4f}   dw {dw.item():.4f}   dx {born}")
print("slopes of u, b, a:", D.grad)

# %% [markdown]
# What if $dx$ is forgotten, as in the library of the opening? Take $D(x) = \tanh(w x)$ at $x = 1$, one weight, and move it:


# %%
def slope_of_r1(weight):
    D = Sequential(Dense(1, 1, bias=False), Tanh(), rng=0, dtype="float64")
    D.theta[...] = weight
    add_penalty(D, *D.forward(np.ones((1, 1))), r1)
    return D.grad.item()


w = np.linspace(0.02, 2.5, 125)
P = 0.5 * (w * (1 - np.tanh(w) ** 2)) ** 2
both = [slope_of_r1(weight) for weight in w]
with planted(Tanh, "d2f", lambda self, y: 0 * y):  # f'' forgotten
    one = [slope_of_r1(weight) for weight in w]
differences = np.gradient(P, w)

title = "Without the second stream a steep tanh unit is pushed the wrong way"
with figure(title, panels=2) as (left, right):
    left.plot(w, P)
    left.set(title="R1 of tanh(w x) at x = 1", xlabel="weight w", ylabel="penalty")
    right.plot(w, both, label="both streams")
    right.plot(w, one, label="tangent stream only")
    right.plot(w[::8], differences[::8], "o", color="black", markersize=4, label="differences")
    right.axhline(0, color="0.5", linewidth=0.8, linestyle="-")
    right.set(title="its slope in w", xlabel="weight w")

assert np.abs(both - differences)[1:-1].max() < 2e-3

# %% [markdown]
# Beyond $w \approx 0.8$ the unit saturates: a larger weight makes D *flatter* at this point, and the true slope of the penalty is negative. The tangent stream alone says "smaller weight", which makes D steeper. A descent on it does not
# descend.
#
# ## Derive: other bends
#
# From one bend to the next only $f''$ changes. The **sigmoid** has $f' = y\, (1 - y)$. By the product rule $f'' = y' (1 - y) - y\, y' = y' (1 - 2y)$, that is
#
# $$ f'' = y\, (1 - y)\, (1 - 2y) \tag{eq:sigmoid.curvature} $$
#
# The slope of **softplus** is the sigmoid (lesson 3), so its second derivative is the sigmoid's first:
#
# $$ f'' = \sigma(x)\, (1 - \sigma(x)) \tag{eq:softplus.curvature} $$
#
# It is never 0, and nowhere above $\frac14$. **SiLU** (Elfwing et al., 2018) multiplies $x$ by its own sigmoid, a ReLU with a smooth corner:
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
# At the corner, $x = 0$, this is $\frac14 \cdot 2 = \frac12$: the ReLU's jump of the slope from 0 to 1, spread over a few units of $x$.
#
# ## Derive: a witness for the second order
#
# How do you check a second derivative without taking one? Lesson 4 held the tangent $J v$ against differences of outputs (`eq:gradcheck.tangent`). Once it is trusted, $dy^{\top} J v$ is a number that a forward pass computes, for any weights you like. Move one weight up and down, push the same $v$ again, and you have its slope without knowing of streams:
#
# $$ \frac{\partial}{\partial \theta}\bigl[ dy^{\top} J(x; \theta)\, v \bigr] \quad\text{against central differences of}\quad dy^{\top} J(x; \theta)\, v \tag{eq:gradcheck.second} $$
#
# With $dy = 1$ and $v = \partial P / \partial g$ the left side is `eq:penalty.tangent`. But the two streams do not care where $v$ comes from, so a random $v$ tests them better: no entry of it is 0. The same with $x$ in the place of $\theta$.
#
# ## See the code
#
# First the layers. Notice that `Linear.tangent` returns the cache `(v, 0)` where `forward` returned `(x, 1)`: what $W$ met and what the bias met. So the *same* `backward` and `accumulate` serve the tangent stream, and (15.2) needs no line of its
# own.

# %%
show_source(
    Linear.forward, Linear.tangent, Linear.accumulate, Activation.tangent, Activation.curvature, Tanh.d2f
)

# %% [markdown]
# Then one layer's share of the way back, the two loops over the layers, and the three passes. `learn` says whether a layer's parameters collect their gradients, `need_dx` whether anybody needs what comes out at the bottom.

# %%
show_source(Layer.backward_tangent, Chain.tangent, Chain.streams, add_penalty, r1, penalties.wgan_gp)

# %% [markdown]
# ## Check: every penalty through flat and curved critics
#
# The value of a penalty needs first derivatives only, so its differences in each weight are a witness who knows nothing of streams. The critics: one piecewise linear, one curved in three ways. (LayerNorm's curvature takes half a page; it stands in
# `minigan/layers/norm.py`, and is checked here as well.)

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
# Each bend by itself: its value against the formula, $f'$ against differences of $f$, and $f''$ (the curvature for $v = dy = 1$) against differences of $f'$. And the points of DRAGAN, by their mean and their spread.

# %%
at = np.linspace(-4, 4, 17)
one = np.ones_like(at)
values = {
    Tanh(): np.sinh(at) / np.cosh(at),
    Sigmoid(): 1 / (1 + np.exp(-at)),
    Softplus(): np.log(1 + np.exp(at)),
    SiLU(): at * sigmoid(at),
}
for bend, expected in values.items():
    y, cache = bend.forward(at)
    first = numerical_gradient(lambda x, bend=bend: bend.forward(x)[0].sum(), at)
    second = numerical_gradient(lambda x, bend=bend: bend.backward(one, bend.forward(x)[1]).sum(), at)
    print(compare(f"{bend!s:<10} f", y, expected, ADJOINT))
    print(compare(f"{bend!s:<10} f'", bend.backward(one, cache), first, SECOND))
    print(compare(f"{bend!s:<10} f''", bend.curvature(one, one, cache), second, SECOND))

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
born = D.backward_tangent(dy, tangents, caches)
print(compare("second order in theta", D.grad, numerical_gradient(pushed, D.theta), SECOND))
print(compare("second order in x", born, numerical_gradient(pushed, x), SECOND))

# %% [markdown]
# One call does this for a network of yours, streams and all (`second order`), and another checks a whole training step, with the points at which each penalty is taken:

# %%
curved = Sequential(Dense(2, 5), Tanh(), Dense(5, 1), rng=0)
show_checks(network_checks(curved, (4, 2)))
print()
G = Sequential(Dense(3, 4), LeakyReLU(0.2), Dense(4, 2), rng=1)
x, z = np.random.default_rng(5).standard_normal((4, 2)), np.random.default_rng(6).standard_normal((4, 3))
show_checks(step_checks(G, curved, non_saturating, x, z, [r1, penalties.wgan_gp, penalties.dragan]))

# %% [markdown]
# ## Derive: the loss rides along
#
# D's step needs the ordinary slope of its loss too: a backward pass that starts with $c_n = \partial L / \partial D(x_n)$. In a piecewise-linear D with one score for each sample, that is no new pass. The tangent stream starts with 1 and the loss's
# with $c_n$; both are multiplied by the same matrices $J_l^\top$, sample by sample. So one is $c$ times the other all the way down,
#
# $$ dx_l = c \odot dw_l, \qquad c_n = \frac{\partial L}{\partial D(x_n)} \tag{eq:penalty.shared} $$
#
# and a layer's two products become one, with a different left factor:
#
# $$ dW \mathrel{+}= (c\, x + v)^{\top} \delta \quad\text{instead of}\quad x^{\top}(c\, \delta) + v^{\top} \delta \tag{eq:linear.both} $$
#
# ($\delta$ is $dw$.) So the ordinary backward pass of ones does both, if each layer's cache is taken at $c\, x + v$: that is `blend`, one short method of a layer. The loss's backward pass costs nothing any more. The step you have read stays plain; the one that trains does this, in `minigan/fast_step.py`. Does it change anything?

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
# And what does a penalty do to D? Here is D alone, as in lesson 6, between two clouds on a line; G stands still. Where a penalty is taken is part of it: R1 at the real points, *R2* (the same formula) at the fakes, and WGAN-GP at points
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
slopes = {}
for name, (loss, chosen) in games.items():
    D = Sequential(Dense(1, 64), LeakyReLU(0.2), Dense(64, 64), LeakyReLU(0.2), Dense(64, 1), rng=0)
    opt, rng = Adam(D, 1e-3), np.random.default_rng(0)
    for _ in range(steps(1500, 10)):
        real, z = 1 + 0.2 * rng.standard_normal((64, 1)), rng.standard_normal((64, 1))
        d_step(still, D, loss, chosen, opt, real, z, rng)
    slopes[name] = D.backward(np.ones_like(at), D.forward(at)[1], learn=False)[:, 0]
    middle = np.abs(slopes[name][at[:, 0] ** 2 < 0.25]).max()
    at_data = np.abs(slopes[name][np.abs(at[:, 0] - 1) < 0.3]).mean()
    print(f"{name:<21} steepest in the middle {middle:5.1f}, at the data on average {at_data:6.3f}")

with figure("A penalty shapes the slope of D where it is taken, and only there") as ax:
    for name, slope in slopes.items():
        ax.plot(at, slope, label=name)
    ax.axvspan(-1.4, -0.6, facecolor="none", edgecolor="0.8", hatch="///")
    ax.axvspan(0.6, 1.4, facecolor="none", edgecolor="0.8", hatch="...")
    ax.annotate("fakes", (-1.1, -4), fontsize=11)
    ax.annotate("data", (0.9, -4), fontsize=11)
    ax.set(xlabel="place x", ylabel="slope of D", ylim=(-6, None))
    ax.legend(loc="upper right", bbox_to_anchor=(1.34, 1))

# %% [markdown]
# Without a penalty D is steep everywhere, and the longer it learns the steeper. R1 makes it flat at the data, so that a fake that has arrived there is left in peace, and leaves it steep where the fakes come from. With R2 it is flat at the
# fakes as well: after 1500 steps against a G that stands still, hardly anything is left for G to follow. (In a game G does not stand still; lesson 17 is about this pair.) WGAN-GP asks for a slope of 1 on the way from fake to data, and gets it.
#
# ## Predict: the slope of a D with BatchNorm
#
# D is a dense layer, a BatchNorm and another dense layer, `Sequential(Dense(2, 4), BatchNorm(4), Dense(4, 1))`, with weights of ordinary size. We ask for its slopes as before, by a backward pass that starts with ones, on a batch of 64. How large are they?
#
# - **a** about as large as without BatchNorm
# - **b** much larger: BatchNorm divides by a small deviation
# - **c** 0
# - **d** NaN

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
D = Sequential(Dense(2, 4), BatchNorm(4), Dense(4, 1), rng=0, dtype="float64")
x = np.random.default_rng(9).standard_normal((64, 2))
scores, caches = D.forward(x)
g = D.backward(np.ones_like(scores), caches, learn=False)
print(f"largest slope by a backward pass of ones {np.abs(g).max():.1e}")

moved = x.copy()
moved[0] += 1e-5 * np.array([-0.6, 0.8])
change = (D.forward(moved)[0] - scores) / 1e-5
print(
    f"move image 0: its own score by {change[0].item():.3f}, the other 63 by {change[1:].sum():.3f} in all"
)

check.nb15_p2(guess)

# %% [markdown]
# BatchNorm subtracts the mean of the batch, so its outputs add up to 0 over the batch, whatever comes in: $\sum_m D(x_m)$ is constant, and a pass of ones gives the slope of a constant. Here the sentence you were to remember
# fails: not only $D(x_n)$ knows of $x_n$. What the pass computes in general is
#
# $$ \frac{\partial}{\partial x_n} \sum_m D(x_m) = \frac{\partial D(x_n)}{\partial x_n} + \sum_{m \ne n} \frac{\partial D(x_m)}{\partial x_n} \tag{15.3} $$
#
# and the second sum is zero only if samples do not mix. R1 on this D would be exactly 0, and push nothing, with D as steep as it likes. With a LeakyReLU after the BatchNorm it is not 0 but some other number, which is worse. One could compute the first term
# alone, but even that is the slope of $D(x_n)$ *in the company of these 63*, not of a function of one image. There is no "slope of D at an image" here, so the library refuses:

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


check.nb15_q1(one_sided)

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
# The outer slope is $2 \lambda / N$ times the excess, and the slope of the norm is the unit vector $g_n / \lVert g_n \rVert$. Where the excess is 0 its square is flat, so $v$ is 0 there, and the norm's missing slope at $g = 0$ does not matter. This is all `add_penalty` needs: pass
# it this function.
#
# </details>

# %% [markdown]
# ### Exercise 2: both streams, by hand
#
# For $D(x) = \tanh(x W + b)\, a$ with `x` (N, n), `W` (n, m), `b` (m,), `a` (m, 1), and given directions `v` (N, n): return the slopes `dW, db, da` of $\sum_n J_n v_n$.


# %% tags=["exercise"]
def second_order(x, v, W, b, a):
    return ...  # your code: dW, db, da


check.nb15_q2(second_order)

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
# The last layer gets nothing from the primal stream, because no score stands in the sum. W gets both shares, with the cache that belongs to each: $v$ to $dw$ and $x$ to $dx$. The bias gets only the primal share.
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


check.nb15_q3(Sine)

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
# $f' = \cos x$ and $f'' = -\sin x$, each in its verb. The line `curved = True` is part of the answer: without it nobody asks for the curvature, and all first-order checks still hold. A layer of one's own under a gradient penalty is this much work.
#
# </details>

# %% [markdown]
# ## Break it
#
# Four bugs of real projects, each with the instrument of lesson 4 held against it. Before you run: the last of them, *the norm over the channels*, is the best-known bug of WGAN-GP ports. An image's slope $g_n$ has the shape (H, W, C), and
# `norm(axis=1)`, in PyTorch's layout, takes one norm for each *pixel*. Its author's $v$ is the right slope of that value. Which check catches it?
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
    yield compare("norm of four slopes of 1 is 2", penalties.wgan_gp(four, 1.0)[0], (2 - 1) ** 2, ADJOINT)


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

check.nb15_p3(guess)
assert "dx" not in caught["f'' of tanh forgotten"]
assert "second order, dtheta" in caught["f'' of tanh forgotten"]
assert "tangent" in caught["the bias moves along"]
assert caught["the penalty is only printed"] == ["D step, dtheta"]
assert caught["the norm over the channels"] == ["norm of four slopes of 1 is 2"]
assert all(found.ok for found in examine())

# %% [markdown]
# The first bug passes every check of first order, the adjoint test too, and in a LeakyReLU critic it changes nothing at all. The second passes `second order`, which differentiates the tangent such as it is; that the tangent is one is another line. The third is `create_graph=True` forgotten: the value in the log is right, and D never feels it. Only
# the whole step, held against differences of what it reports, sees it. The fourth is a right gradient of a wrong penalty.
#
# What does it do to D? Take images of 8 x 8 pixels with one channel, real ones brighter than fakes by 1 in each pixel, and a D whose slope at each pixel is $s$: norm $8 s$ over the image. The Wasserstein loss rewards it with the difference of the mean scores,
# $64 s$. The right penalty weighs that against $10\, (8 s - 1)^2$. The sum $-64 s + 10\, (8 s - 1)^2$ is least at $8 s = 1 + \frac{8}{20} = 1.4$. The wrong one averages over images *and pixels*, and each pixel's norm is $s$:
# $-64 s + 10\, (s - 1)^2$, least at $s = 1 + \frac{64}{20} = 4.2$, which is a norm of $8 s = 33.6$.


# %%
def steepness(penalty):
    """The mean norm of D's slope between real and fake, as it learns with the Wasserstein loss."""
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
    ax.set(xlabel="steps of D, images of 8 x 8", ylabel="norm of D's slope", ylim=(0, None))

print(f"at the end: {right[-1]:.2f} and {wrong[-1]:.2f}")
assert quick() or (1.2 < right[-1] < 1.6 and 28 < wrong[-1] < 38)

# %% [markdown]
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:penalty.g`: $g_n = \partial D(x_n) / \partial x_n$, a backward pass of ones | `minigan.penalties.add_penalty` | `tests/test_penalties.py`: `test_linear_critic_by_hand`, `test_mixed_samples_are_refused_and_nothing_is_added` |
# | `eq:penalty.r1.v`: $v = \gamma g / N$ | `minigan.penalties.r1` | `tests/test_penalties.py`: `test_r1_by_hand` |
# | `eq:penalty.wgan_gp.v`: $v = \frac{2 \lambda}{N} (1 - 1 / \lVert g_n \rVert)\, g_n$ | `minigan.penalties.wgan_gp` | `tests/test_penalties.py`: `test_wgan_gp_by_hand`, `test_the_norm_runs_over_all_axes_of_a_sample` |
# | `eq:penalty.around`: $x_{\text{real}} + \frac12 \operatorname{std}(x_{\text{real}})\, u$, for DRAGAN | `minigan.penalties.around` | `tests/test_penalties.py`: `test_around_adds_up_to_half_a_standard_deviation` |
# | `eq:penalty.tangent`: $\nabla_\theta P = \nabla_\theta \sum_n J_n v_n$, $v$ held still | `minigan.penalties.add_penalty` | `tests/test_penalties.py`: `test_tanh_critic_by_hand` |
# | `eq:chain.tangent`: $w = J_L \cdots J_1 v$ | `minigan.layers.chain.Chain.tangent` | `tests/layers/test_chain.py`: `test_worked_by_hand` |
# | `eq:chain.second`: $dw_{l-1} = J^\top dw_l$, $dx_{l-1} = J^\top dx_l + k_l$ | `minigan.layers.layer.Layer.backward_tangent` | `tests/layers/test_chain.py`: `test_second_order_by_hand` |
# | `eq:activation.curvature`: $k = f''(x)\, v\, dy$ | `minigan.layers.activations.Activation.curvature` | `tests/layers/test_activations.py`: `test_curved_activations_by_hand` |
# | `eq:silu.curvature`: $f'' = s\, (1 - s)\, (2 + x\, (1 - 2s))$ | `minigan.layers.SiLU` | `tests/layers/test_activations.py`: `test_curved_activations_by_hand` |
# | `eq:gradcheck.second`: the streams against differences of $dy^\top J v$ | `minigan.gradcheck.network_checks` | `tests/test_gradcheck.py`: `test_a_forgotten_curvature_is_caught`, `test_a_bias_that_moves_under_the_tangent_is_caught` |
# | `eq:penalty.shared`: $dx_l = c \odot dw_l$ | `minigan.layers.chain.Chain.blend` | `tests/test_penalties.py`: `test_sharing_the_pass_with_a_loss_changes_nothing` |
#
# - The gradient of a penalty is the gradient of a tangent: hold $v$ still, push it forward, run backward through that.
# - Two slopes travel back. The second is born where a layer is curved, and teaches everything below, biases too. A ReLU net never tells that it is missing.
# - A penalty is about one image: its norm runs over all of the image, and no BatchNorm may stand in D.
# - First-order checks see none of this. Hold the second order, the whole step and one number by hand against it.
#
# ## Next
#
# [Lesson 16: DiracGAN](16_dirac_gan.ipynb). You can compute any penalty now. The smallest GAN there is, two numbers and no data but a point, shows by two eigenvalues which of them makes the game settle.
