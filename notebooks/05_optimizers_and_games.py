# %% [markdown]
# # Lesson 5: Optimizers and games
#
# **Goal** Know what an optimizer does with a right gradient, down to its eigenvalues, and why the same optimizer that finds the bottom of a
# valley may circle for ever, or diverge, when two players use it against each other.
#
# **Prerequisites** Lessons 1 to 4. The product of a 2x2 matrix with a vector, and complex numbers, $|a + \mathrm{i} b|^2 = a^2 + b^2$.
#
# **Run time** 7 s on two cores (measured).
#
# In 2016 a widely copied recipe for GANs used Adam with $\beta_1 = 0.5$ instead of the usual 0.9, "to stabilise training". Later recipes used 0.
# In classifiers hardly anybody changes it. A 2x2 matrix explains why: *a game is a valley with an imaginary curvature*, and the momentum that
# helps in a valley makes a game diverge. This lesson ends there. It begins in the valley.

# %%
import numpy as np

from minigan import game, kernels, losses
from minigan.differences import ADJOINT, compare
from minigan.gradcheck import step_checks
from minigan.kernels import reference
from minigan.layers import Dense
from minigan.measure.certify import optimizers
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, Optimizer, RMSProp, constant, cosine, linear
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source

# %% [markdown]
# ## Predict: how much does momentum save?
#
# A long valley: $f(a, b) = \frac12 (a^2 + 50\, b^2)$, steep across, flat along. Gradient descent from $(1, 1)$, with the best of all constant rates, needs 173 steps until it is a thousand times nearer to the bottom. *Momentum* adds a share $\mu$ of the last step to the next, like a heavy ball. There is no noise here, and the gradient is exact. With the best rate and the best $\mu$, how many steps does it need?
#
# - **a** about as many: momentum averages noise away, and there is none
# - **b** about half
# - **c** about a fifth
#
# Commit to a letter before you run on.

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def point(*values):
    """A network without biases whose weights are these numbers: something an optimizer can move."""
    net = Sequential(Dense(1, len(values), bias=False), rng=0, dtype=np.float64)
    net.theta[...] = values
    return net


def descend(curvature, net, opt, steps):
    """Follow the gradient of 1/2 sum curvature theta^2, and return all points."""
    way = [net.theta.copy()]
    for _ in range(steps):
        net.grad += curvature * net.theta
        opt.step()
        way.append(net.theta.copy())
    return np.array(way)


def until(way, factor=1000):
    """The step after which all points are `factor` times nearer than the first."""
    distance = np.linalg.norm(way, axis=1)
    return int(np.flatnonzero(distance > distance[0] / factor)[-1]) + 1


valley = np.array([1.0, 50.0])
kappa = valley[1] / valley[0]
best_mu = ((kappa**0.5 - 1) / (kappa**0.5 + 1)) ** 2  # both are derived below
best_rate = (1 - best_mu**0.5) ** 2 / valley[0]

ways = {}
for name, rate, mu in (
    ("gradient descent", 2 / (1 + 50), 0.0),
    ("momentum", best_rate, best_mu),
):
    net = point(1.0, 1.0)
    ways[name] = descend(valley, net, SGD(net, rate, mu), 400)
    print(f"{name:<16}  rate {rate:.3f}  mu {mu:.3f}  {until(ways[name]):4d} steps")

check.optimizers_and_games.p1(guess)
assert until(ways["gradient descent"]) > 4 * until(ways["momentum"])

# %% [markdown]
# ## Derive: one number, one factor
#
# Near its bottom every smooth valley is a bowl, and along each of its axes it is $f(\theta) = \frac{\lambda}{2} \theta^2$ with some curvature
# $\lambda > 0$. So it is enough to look at one number. Its gradient is $g = \lambda \theta$.
#
# **Gradient descent**, $\theta \leftarrow \theta - \eta\, g$, multiplies it at each step by
#
# $$ r = 1 - \eta \lambda, \qquad \text{so after $t$ steps} \quad \theta_t = r^t\, \theta_0 \tag{5.1} $$
#
# and it converges if $|r| < 1$, that is, if $0 < \eta < 2 / \lambda$. In a valley with curvatures from $\lambda_1$ to $\kappa \lambda_1$ one
# rate has to serve them all. The steepest direction needs $\eta < 2 / (\kappa \lambda_1)$, and then the flattest is slow. The best rate makes
# both ends equally slow, $1 - \eta \lambda_1 = -(1 - \eta \kappa \lambda_1)$:
#
# $$ \eta = \frac{2}{\lambda_1 (1 + \kappa)}, \qquad |r| = \frac{\kappa - 1}{\kappa + 1} \tag{5.2} $$
#
# For $\kappa = 50$ that is $0.961$ a step.
#
# **Momentum** remembers. In the form of this library (and of PyTorch), with $g$ the gradient,
#
# $$ m \leftarrow \mu\, m + g, \qquad \theta \leftarrow \theta - \eta\, m \tag{eq:sgd} $$
#
# Now two numbers go from step to step, $\theta$ and $m$. With $g = \lambda \theta$ the new $m$ is $\lambda \theta + \mu m$, and the new $\theta$ is $\theta - \eta (\lambda \theta + \mu m)$. As a matrix:
#
# $$ \begin{pmatrix} \theta \\ m \end{pmatrix} \leftarrow \begin{pmatrix} 1 - \eta \lambda & -\eta \mu \\ \lambda & \mu \end{pmatrix} \begin{pmatrix} \theta \\ m \end{pmatrix} \tag{5.3} $$
#
# **What a matrix does in the long run** follows from its *eigenvalues*, the numbers $r$ for which some vector is only multiplied,
# $A u = r u$: after $t$ steps it has become $r^t u$. For a 2x2 matrix they are the two roots of
#
# $$ r^2 - \operatorname{tr}(A)\, r + \det(A) = 0 \tag{5.4} $$
#
# ($\operatorname{tr}$ is the sum of the diagonal). Their product is $\det A$. So if they are complex, one the conjugate of the other, then
# $r \bar r = |r|^2 = \det A$: **a step that rotates shrinks by $\sqrt{\det A}$**, and we need not even solve the equation. The rest of the
# lesson uses this again and again. Here
#
# $$ \det A = (1 - \eta \lambda)\, \mu + \eta \mu \lambda = \mu \tag{5.5} $$
#
# The curvature cancels. As long as the roots are complex, *every* direction, steep or flat, shrinks by $\sqrt \mu$ a step. They are complex if $\operatorname{tr}^2 < 4 \det$, which is $(1 + \mu - \eta \lambda)^2 < 4 \mu$, or
#
# $$ (1 - \sqrt \mu)^2 < \eta \lambda < (1 + \sqrt \mu)^2 \tag{5.6} $$
#
# The best $\mu$ is the smallest for which all curvatures fit into this window. Then the flattest direction is at its lower end, $\eta \lambda_1 = (1 - \sqrt \mu)^2$,
# and the steepest at its upper end, $\eta\, \kappa \lambda_1 = (1 + \sqrt \mu)^2$. The first equation gives the rate, and their quotient is $\sqrt \kappa = (1 + \sqrt \mu) / (1 - \sqrt \mu)$. So
#
# $$ \eta = \frac{(1 - \sqrt \mu)^2}{\lambda_1}, \qquad |r| = \sqrt \mu = \frac{\sqrt \kappa - 1}{\sqrt \kappa + 1} \tag{5.7} $$
#
# The factor is that of (5.2) with $\sqrt \kappa$ in place of $\kappa$: $0.752$ a step instead of $0.961$. (Polyak found this in 1964.)

# %%
title = "Momentum swings wider across the valley at first, and converges five times sooner"
with figure(title, panels=2, size=(9, 3.4)) as (left, right):
    for name, way in ways.items():
        left.plot(*way[:40].T, marker=".", markersize=4, linewidth=1, label=name)
        right.semilogy(np.linalg.norm(way[:201], axis=1))
    left.plot(0, 0, "+", color="black", markersize=12)
    left.set(xlabel="a, along the valley", ylabel="b, across", title="the first 40 steps", ylim=(-3, 4))
    left.legend(loc="upper left", ncols=2, fontsize=8)
    right.set(xlabel="step", title="distance from the bottom", ylim=(1e-6, 3))
    right.annotate("0.961 a step", (120, 2e-2))
    right.annotate("0.752 a step", (66, 2e-5))

# %% [markdown]
# ## See the code
#
# An optimizer has a network and updates its vector `theta`. `step` is the same for all optimizers: refuse NaN, update, set the gradient back
# to zero. `update` is the formula.

# %%
show_source(Optimizer.step, SGD.update)

# %% [markdown]
# ## Check: the matrix of a step
#
# Any linear step *is* a matrix, and we can ask the code for it: set the state to $(1, 0)$, then to $(0, 1)$, make one step, and read off the
# columns. Here is the library's SGD on a bowl, next to (5.3), (5.5) and (5.7).


# %%
def matrix_of(step, size):
    """The matrix of a linear step: its columns are what becomes of the unit vectors."""
    return np.stack([step(unit) for unit in np.eye(size)], axis=1)


def one_step(state, curvature=3.0, rate=0.2, mu=0.7):
    net = point(state[0])
    opt = SGD(net, rate, mu)
    opt.m[...] = state[1]
    net.grad += curvature * net.theta
    opt.step()
    return np.array([net.theta[0], opt.m[0]])


A = matrix_of(one_step, 2)
print(A)
print(compare("the matrix (5.3)", A, [[1 - 0.2 * 3, -0.2 * 0.7], [3, 0.7]], ADJOINT))
print(compare("determinant (5.5)", np.linalg.det(A), 0.7, ADJOINT))
print(compare("|eigenvalues|", np.abs(np.linalg.eigvals(A)), [0.7**0.5] * 2, ADJOINT))

ends = [(1 - best_mu**0.5) ** 2, (1 + best_mu**0.5) ** 2]  # (5.6)
print(compare("(5.7): the rate fits both ends of the window", best_rate * valley, ends, ADJOINT))

# %% [markdown]
# ## Predict: Adam's first step
#
# The optimizer of nearly every GAN is *Adam*. For each weight it keeps a running average of the gradient and another of its square, and
# divides the first by the root of the second. In the first step two weights have the gradients 1000 and 0.001. The learning rate is 0.1. How
# far does each weight move?
#
# - **a** 100 and 0.0001
# - **b** 0.1 and 0.1
# - **c** 1.58 and 1.58, with the library's $\beta_1 = 0.5$ and $\beta_2 = 0.999$

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
net = point(0.0, 0.0)
opt = Adam(net, lr=0.1)
net.grad[...] = 1000, 0.001
opt.step()
print("after one step:", net.theta)  # the missing millionth is Adam's epsilon

check.optimizers_and_games.p2(guess)

# %% [markdown]
# ## Derive: an average that corrects for its start
#
# **The idea.** In a network, the gradients of different layers differ by orders of magnitude, and no single rate suits them all. So measure
# each gradient relative to its own usual size: step along an average $m$ of the gradient, divided by the root of an average $v$ of its
# square. If the gradient of a weight is steady, the quotient is about $\pm 1$ and the weight moves at the full rate. If it changes its sign
# all the time, $m$ is small compared with $\sqrt v$, and the weight hardly moves.
#
# Half of the idea is older. *RMSProp* divides the gradient by its usual size, but steps along the gradient itself, without an $m$:
#
# $$ v \leftarrow \rho\, v + (1 - \rho)\, g^2, \qquad \theta \leftarrow \theta - \frac{\eta\, g}{\sqrt v + \epsilon} \tag{eq:rmsprop} $$
#
# The small $\epsilon$ keeps a weight that never had a gradient from dividing 0 by 0. If $g$ is steady, $v \to g^2$, and each step has the length $\eta$, whatever the unit of $g$. But $v$ begins at 0: in the first step it is $(1 - \rho)\, g^2$, and the step is
# $1 / \sqrt{1 - \rho}$ times too long, ten times with the usual $\rho = 0.99$. Adam adds the average $m$, and corrects the first steps.
#
# **The average.** $m \leftarrow \beta m + (1 - \beta) g$, begun at 0, forgets slowly. Write it out from the first step to the $t$-th:
#
# $$ m_t = (1 - \beta) \sum_{k=1}^{t} \beta^{\,t-k}\, g_k \tag{5.8} $$
#
# Each gradient has its weight, older ones less. The weights of an average should add up to 1. These add up to (a geometric series)
#
# $$ (1 - \beta) \sum_{k=1}^{t} \beta^{\,t-k} = (1 - \beta)\, \frac{1 - \beta^t}{1 - \beta} = 1 - \beta^t \tag{5.9} $$
#
# which is $1 - \beta$ in the first step and 1 only in the long run. The rest, $\beta^t$, is the weight of the initial 0. So if all gradients have the mean $\bar g$, the mean of $m_t$ is $(1 - \beta^t)\, \bar g$, and the correction divides by $1 - \beta^t$. The same holds for $v$ with the squares, where it matters more: with $\beta_2 = 0.999$ the first $v$ is a *thousandth* of $g^2$. Altogether, with one square, one root and one division for each weight:
#
# $$ \begin{aligned} m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\ v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\ \theta &\leftarrow \theta - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} \end{aligned} \tag{eq:adam} $$
#
# **By hand.** $\beta_1 = 0.5$, $\beta_2 = 0.75$, $\epsilon = 0$. Let the first gradient be 4: $m = 2$, corrected $2 / 0.5 = 4$; $v = 0.25 \cdot 16 = 4$, corrected $4 / 0.25 = 16$; the step is $\eta \cdot 4 / \sqrt{16} = \eta$. Let the second be $-2$: $m = 0.5 \cdot 2 - 0.5 \cdot 2 = 0$, no step at all, because the two
# (with their weights) cancel.
#
# Two errors of real projects show what the correction does. The first leaves it out. The second divides by $1 - \beta$, without the power
# $t$. Let the gradient be 1 for ever, so the right step is $\eta$ for ever:

# %%
t = np.arange(1, 10_001)
m, v = 1 - 0.5**t, 1 - 0.999**t  # (5.8) for a gradient of 1, by (5.9)

title = (
    "Uncorrected, the first steps are 16 times too long; without the power t, the last 16 times too short"
)
with figure(title, size=(9, 3.4)) as ax:
    ax.loglog(t, (m / m) / np.sqrt(v / v), label="Adam: 1, always")
    ax.loglog(t, m / np.sqrt(v), label="no correction")
    ax.loglog(t, (m / (1 - 0.5)) / np.sqrt(v / (1 - 0.999)), label="divided by 1 - β, without the t")
    ax.set(xlabel="step t", ylabel="length of the step, in units of η")

print(f"first step without correction: {m[0] / v[0] ** 0.5:.2f} η, step 100: {m[99] / v[99] ** 0.5:.2f} η")

# %% [markdown]
# The library's kernel does this in one pass over memory; its plain NumPy twin reads like the formula. (Momentum is written as `m += (1 - beta1) * (grad - m)`, which is the same.)

# %%
show_source(reference.adam)

# %% [markdown]
# ## Derive: a decreasing rate
#
# The gradient of a batch is the true gradient plus noise. On the bowl, with noise of variance $s^2$, a step is
# $\theta \leftarrow (1 - \eta \lambda)\, \theta - \eta \cdot \text{noise}$, and the variance $V$ of $\theta$ converges to the solution of
# $V = (1 - \eta \lambda)^2 V + \eta^2 s^2$, which is $V = \eta s^2 / (\lambda (2 - \eta \lambda))$. With a constant rate,
#
# $$ \eta(t) = \eta \tag{eq:schedule.constant} $$
#
# the weights never come to rest: they fluctuate around the bottom with a variance in proportion to $\eta$, and with a small $\eta$ they take
# long to get there. So begin with a large rate and end with a small one. The straight line from $\eta$ at $t = 0$ to $\eta_{\text{end}}$
# (usually 0) at $t = T$, constant from there, is
#
# $$ \eta(t) = \eta + (\eta_{\text{end}} - \eta) \min(t / T,\, 1) \tag{eq:schedule.linear} $$
#
# A line has a kink at each end. Half a wave has none: $\frac{1 + \cos \pi u}{2}$ goes from 1 at $u = 0$ to 0 at $u = 1$, and its derivative,
# $-\frac{\pi}{2} \sin \pi u$, is 0 at both. Used as the share of the distance that is left, it gives
#
# $$ \eta(t) = \eta_{\text{end}} + (\eta - \eta_{\text{end}})\, \frac{1 + \cos(\pi \min(t / T,\, 1))}{2} \tag{eq:schedule.cosine} $$
#
# so a run stays near the full rate for a long time, and near the last one too. (Here $t$ counts the steps from 0. Each optimizer accepts such
# a function instead of a number.)

# %%
show_source(constant, linear, cosine)

# %% [markdown]
# ## Check: against a loop of plain numbers
#
# The library's Adam moves a whole vector with a compiled kernel. The loop below contains no array: one weight, Python floats, the paper's algorithm 1 line by line. Seven steps with random gradients and a learning rate that changes (`linear`, five steps down and two level):

# %%
show_source(optimizers.adam)

# %%
show_checks(optimizers.recurrence(Adam, optimizers.adam, {}))

# %% [markdown]
# RMSProp against its own loop, and its long first step. Then the three rates at the beginning, in the middle and at the end of 10 steps, and
# later. Last, the effect of a decreasing rate: the variance of 4000 weights on a bowl with noise.

# %%
show_checks(optimizers.recurrence(RMSProp, optimizers.rmsprop, {}))

net = point(0.0, 0.0)
opt = RMSProp(net, 0.1, rho=0.99, eps=0.0)
net.grad[...] = 1000, -0.001
opt.step()
print(compare("RMSProp's first step, 1 / sqrt(1 - rho) times 0.1", net.theta, [-1.0, 1.0], ADJOINT))

for name, rate, expected in (
    ("constant", constant(0.4), [0.4, 0.4, 0.4, 0.4]),
    ("linear", linear(0.4, 10, end=0.1), [0.4, 0.25, 0.1, 0.1]),
    ("cosine", cosine(0.4, 10, end=0.1), [0.4, 0.25, 0.1, 0.1]),
):
    print(compare(f"{name} at t = 0, 5, 10, 99", [rate(t) for t in (0, 5, 10, 99)], expected, ADJOINT))

variance = {}
for name, rate in (("constant", constant(0.4)), ("linear", linear(0.4, 200)), ("cosine", cosine(0.4, 200))):
    net, noise = point(*np.ones(4000)), np.random.default_rng(0)
    opt = SGD(net, rate)
    for _ in range(200):
        net.grad += net.theta + noise.standard_normal(4000)  # curvature 1, noise of variance 1
        opt.step()
    variance[name] = float(np.var(net.theta))
    print(f"{name:<9} variance after 200 steps {variance[name]:.4f}")
print(compare("the variance at a constant rate", variance["constant"], 0.4 / (2 - 0.4), 0.1))
assert variance["linear"] < variance["constant"] / 10
assert variance["cosine"] < variance["constant"] / 10

# %% [markdown]
# ## Predict: a game
#
# Now two players. A owns the number $x$ and wants $x y$ small. B owns the number $y$ and wants $x y$ large. There is one point where neither gains by moving alone, $(0, 0)$: if $y = 0$, every $x$ is as good as any other, and the other way round. It is the *equilibrium*.
#
# They begin at $(1, 0)$. Both follow their own gradient, at the same moment, with the rate $\eta = 0.1$: A downhill, $x \leftarrow x - \eta\, y$, B uphill, $y \leftarrow y + \eta\, x$. Both gradients are exact. Where are they after 300 steps?
#
# - **a** near the equilibrium
# - **b** still at the distance 1 from it, circling
# - **c** four times as far from it as they began

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
x, y = 1.0, 0.0
together = [(x, y)]
for _ in range(300):
    x, y = x - 0.1 * y, y + 0.1 * x  # the right-hand sides are both taken before either is moved
    together.append((x, y))
print(f"distance from the equilibrium: {np.hypot(x, y):.2f}")

check.optimizers_and_games.p3(guess)

# %% [markdown]
# ## Derive: a game rotates
#
# **Why it rotates.** The players move in the direction $(-y, x)$: A against its gradient $y$, B along its gradient $x$. This direction is
# always at a right angle to their position, since $x \cdot (-y) + y \cdot x = 0$. Nothing pulls inward. In the limit of small steps the
# distance stays the same, and they go round in circles.
#
# **At the same moment.** The step as a matrix:
#
# $$ \begin{pmatrix} x \\ y \end{pmatrix} \leftarrow \begin{pmatrix} 1 & -\eta \\ \eta & 1 \end{pmatrix} \begin{pmatrix} x \\ y \end{pmatrix}, \qquad \det = 1 + \eta^2, \qquad r = 1 \pm \mathrm{i} \eta \tag{5.10} $$
#
# It rotates by the angle $\arctan \eta$ and grows by $|r| = \sqrt{1 + \eta^2}$, *at every rate*. In 300 steps with $\eta = 0.1$:
# $1.01^{150} = 4.45$. A smaller rate only delays it.
#
# **Taking turns.** Let A move first, and B answer the *new* $x$: $x' = x - \eta y$, then $y' = y + \eta x' = \eta x + (1 - \eta^2)\, y$.
#
# $$ \begin{pmatrix} x \\ y \end{pmatrix} \leftarrow \begin{pmatrix} 1 & -\eta \\ \eta & 1 - \eta^2 \end{pmatrix} \begin{pmatrix} x \\ y \end{pmatrix}, \qquad \det = 1 - \eta^2 + \eta^2 = 1 \tag{5.11} $$
#
# The trace is $2 - \eta^2$, so by (5.4) the roots are complex for $0 < \eta < 2$, and $|r| = \sqrt{\det} = 1$: it neither grows nor shrinks. The points stay on an ellipse for ever. So the order of the moves decides whether the game diverges. (The library takes turns: D, then G.)
#
# **The average of the circling weights** is near the middle. So one keeps a running average of the weights during the game and uses that:
#
# $$ \bar\theta \leftarrow d\, \bar\theta + (1 - d)\, \theta \tag{eq:ema} $$
#
# **Momentum.** Put the two players into one complex number, $z = x + \mathrm{i} y$. A does gradient descent on $xy$, with the gradient $y$. B
# does gradient descent on $-xy$, with the gradient $-x$. Together that is $y - \mathrm{i} x = -\mathrm{i} z$. Compare this with the bowl,
# whose gradient is $\lambda \theta$:
#
# $$ g = \lambda z, \qquad \lambda = -\mathrm{i} \tag{5.12} $$
#
# **A game is a bowl with an imaginary curvature.** Everything we know about the bowl can be used again, with $\lambda = -\mathrm{i}$. Gradient descent: $r = 1 - \eta \lambda = 1 + \mathrm{i} \eta$, as in (5.10). Momentum: the matrix (5.3), with trace $1 + \mu + \mathrm{i} \eta$ and determinant $\mu$, so its eigenvalues solve
#
# $$ r^2 - (1 + \mu + \mathrm{i} \eta)\, r + \mu = 0 \tag{5.13} $$
#
# Let $r = 1 + \delta$ be the root near 1. Inserted: $\delta^2 + (1 - \mu - \mathrm{i} \eta)\, \delta - \mathrm{i} \eta = 0$. To first order in $\eta$, $\delta_1 = \mathrm{i} \eta / (1 - \mu)$: it rotates faster, as if the rate were $\eta / (1 - \mu)$. The second order decides $|r|$. Insert $\delta_1$ into the two small terms:
#
# $$ \delta = \frac{\mathrm{i} \eta + \mathrm{i} \eta\, \delta_1 - \delta_1^2}{1 - \mu} = \frac{\mathrm{i} \eta}{1 - \mu} + \frac{\eta^2 \mu}{(1 - \mu)^3} \tag{5.14} $$
#
# up to $\eta^3$, because $-\frac{1}{1 - \mu} + \frac{1}{(1 - \mu)^2} = \frac{\mu}{(1 - \mu)^2}$. And so
#
# $$ |r| = \sqrt{(1 + \operatorname{Re} \delta)^2 + (\operatorname{Im} \delta)^2} \approx 1 + \frac{\eta^2}{2}\, \frac{1 + \mu}{(1 - \mu)^3} \tag{5.15} $$
#
# With $\mu = 0$ this is the $1 + \eta^2 / 2$ of (5.10). With $\mu = 0.9$ the distance grows 1900 times faster, *in the limit* $\eta \to 0$.
# At our $\eta = 0.1$ the next orders matter: by the exact root of (5.13) it grows by 20 % a step, and without momentum by 0.5 %, so 40 times
# faster.

# %% [markdown]
# Is this only a toy? Take the smallest GAN there is. G makes one number, $\theta$, for any noise; D's score of a number is $\psi$ times it;
# the data is the number 0. With the loss `wasserstein` (lesson 14), D minimises its mean score of the fakes minus that of the data,
# $\psi \theta - 0$, and G minimises $-\psi \theta$. That is our game, with $x = \psi$ and $y = \theta$, and the library can play it with the
# same `d_step` and `g_step` that train its large GANs:


# %%
class Smallest(game.GAN):
    """G(z) = theta, D(x) = psi x, and the data is 0."""

    def __init__(self, psi, theta, rate=0.1, mu=0.0):
        G, D = point(theta), point(psi)
        super().__init__(G, D, losses.wasserstein, (), SGD(G, rate, mu), SGD(D, rate, mu), latent=1)

    def noise(self, n, rng, labels=None):
        return np.ones((n, 1))  # so that G makes theta

    def play(self):
        self.step(lambda: (np.zeros((1, 1)), None), np.random.default_rng(0))
        return np.array([self.D.theta[0], self.G.theta[0]])


def orbit(mu, steps):
    it = Smallest(1.0, 0.0, mu=mu)
    averages = EMA(it.D, 0.99), EMA(it.G, 0.99)
    way, mean = [(1.0, 0.0)], [(1.0, 0.0)]
    for _ in range(steps):
        way.append(it.play())
        for average in averages:
            average.step()
        mean.append([average.theta[0] for average in averages])
    return np.array(way), np.array(mean)


turns, mean = orbit(0.0, 300)
heavy, _ = orbit(0.5, 100)

title = "Simultaneous moves spiral out, alternating moves circle, momentum makes the game diverge"
with figure(title, panels=3, size=(10, 3.6)) as axes:
    for ax, way, name in zip(
        axes,
        (np.array(together), turns, heavy),
        ("at once", "in turns", "in turns, μ = 0.5"),
        strict=True,
    ):
        ax.plot(*way.T, linewidth=1)
        ax.plot(*way[0], "o", color="black", markerfacecolor="white")
        ax.plot(*way[-1], "o", color="black")
        ax.plot(0, 0, "+", color="black", markersize=12)
        ax.set(title=f"{name}: ends at {np.hypot(*way[-1]):.2f}", xlabel="x")
        ax.set_aspect("equal", adjustable="datalim")
    axes[0].set_ylabel("y")
    axes[1].plot(*mean.T, linewidth=1.5)
    axes[1].annotate("its average", (0.45, 0.27), ha="center")

print(f"in turns: the average ends at {np.hypot(*mean[-1]):.2f} from the equilibrium")
assert 0.9 < np.hypot(*turns[-1]) < 1.1
assert np.hypot(*mean[-1]) < 0.2
assert np.hypot(*heavy[-1]) > 5

# %% [markdown]
# (○ is where they begin, ● where they end, after 300 steps, in the last panel 100; + is the equilibrium.)
#
# ## Check: the library's game is the matrix
#
# We ask the code for its matrix again. D moves first, so $x = \psi$ is the first player, and (5.11) should come out. Below it, (5.15) next to
# the true eigenvalue. With momentum and simultaneous moves the players' step is (5.3) with a complex $\lambda$.

# %%
played = matrix_of(lambda state: Smallest(*state).play(), 2)
print(played)
print(compare("in turns, (5.11)", played, [[1, -0.1], [0.1, 1 - 0.1**2]], ADJOINT))


def complex_bowl(rate, mu, curvature):
    return np.array([[1 - rate * curvature, -rate * mu], [curvature, mu]])


def growth_at_once(rate, mu):
    return np.abs(np.linalg.eigvals(complex_bowl(rate, mu, -1j))).max() - 1


for mu in (0.0, 0.5, 0.9):
    formula = 1e-8 / 2 * (1 + mu) / (1 - mu) ** 3
    print(compare(f"|r| - 1 at mu = {mu}, (5.15)", growth_at_once(1e-4, mu), formula, 1e-2))
for rate in (1e-4, 1e-3, 1e-2, 1e-1):
    times = growth_at_once(rate, 0.9) / growth_at_once(rate, 0.0)
    print(f"rate {rate}: with mu = 0.9 the distance grows {times:.0f} times faster than without momentum")
assert 39 < growth_at_once(0.1, 0.9) / growth_at_once(0.1, 0.0) < 41
assert abs(growth_at_once(1e-4, 0.9) / growth_at_once(1e-4, 0.0) / 1900 - 1) < 0.01

# %% [markdown]
# And if they take turns? Then the state is the four numbers $x, m_x, y, m_y$, and NumPy computes the eigenvalues of the 4x4 matrix. We also
# try a *negative* momentum, which would slow down any descent in a valley: each step takes back a part of the last one. (The library's SGD
# refuses it, so this code writes out the rule.)


# %%
def in_turns(state, rate, mu):
    x, m_x, y, m_y = state
    m_x = mu * m_x + y
    x = x - rate * m_x
    m_y = mu * m_y - x
    return np.array([x, m_x, y - rate * m_y, m_y])


def at_once(state, rate, mu):
    x, m_x, y, m_y = state
    m_x, m_y = mu * m_x + y, mu * m_y - x
    return np.array([x - rate * m_x, m_x, y - rate * m_y, m_y])


def growth(step, mu, rate=0.3):
    matrix = matrix_of(lambda state: step(state, rate, mu), 4)
    return float(np.abs(np.linalg.eigvals(matrix)).max())


mus = np.linspace(-0.8, 0.3, 56)
title = "In a game momentum makes the distance grow; taken in turns, a negative one makes it shrink"
with figure(title, size=(8, 3.4)) as ax:
    for name, step in (("at once", at_once), ("in turns", in_turns)):
        ax.plot(mus, [growth(step, mu) for mu in mus], label=name)
    ax.axhline(1, color="black", linestyle=":", linewidth=1)
    ax.set(xlabel="momentum μ", ylabel="growth of the distance per step", ylim=(0.97, 1.15))

assert growth(in_turns, -0.5) < 1 < growth(in_turns, 0.3)
assert all(growth(at_once, mu) > 1 for mu in mus)
for mu in (-0.5, 0.0, 0.3):
    print(f"in turns, mu = {mu:4.1f}: {growth(in_turns, mu):.5f} a step")

# %% [markdown]
# That is the reason for $\beta_1 = 0.5$ and $\beta_1 = 0$: Adam's $\beta_1$ is its momentum. (The effect of negative momentum was found by
# Gidel et al. 2019. It has limits: at this rate, below about -0.85 the game diverges again.) A real GAN is not all rotation; near its
# equilibrium some directions are bowls and some are games, and the best momentum is a compromise. What helps against the rotation itself is
# friction, exercise 3, and it comes back as the gradient penalty of lesson 16.
#
# ## Modify
#
# ### Exercise 1: a step of Adam
#
# `eq:adam`. Given the arrays `theta`, `grad`, `m`, `v`, all of one shape, the number `t` of this step (1 for the first), and `lr, beta1, beta2, eps`, return the new `theta, m, v`. Leave the given arrays as they are.


# %% tags=["exercise"]
def adam_step(theta, grad, m, v, t, lr, beta1, beta2, eps):
    return ...  # your code: theta, m, v


check.optimizers_and_games.q1(adam_step)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def adam_step(theta, grad, m, v, t, lr, beta1, beta2, eps):
#     m = beta1 * m + (1 - beta1) * grad
#     v = beta2 * v + (1 - beta2) * grad**2
#     m_hat = m / (1 - beta1**t)
#     v_hat = v / (1 - beta2**t)
#     return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
# ```
#
# The corrected averages are used only for the step; `m` and `v` are kept uncorrected, because (5.8) is a sum from the very first step. $\epsilon$ is outside the root, so it is compared with the size of a gradient, not of its square.
#
# </details>

# %% [markdown]
# ### Exercise 2: the matrix of taking turns
#
# Without looking it up: A moves first, $x' = x - \eta y$, B answers the new $x$. Return the 2x2 matrix, an array, that turns $(x, y)$ into $(x', y')$.


# %% tags=["exercise"]
def turns_matrix(eta):
    return ...  # your code: a 2x2 array


check.optimizers_and_games.q2(turns_matrix)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def turns_matrix(eta):
#     first = np.array([[1, -eta], [0, 1]])
#     then = np.array([[1, 0], [eta, 1]])
#     return then @ first
# ```
#
# Each player alone makes a *shear*, which keeps areas: its determinant is 1. The first move is the right factor. The determinant of a product is the product of the determinants, so no sequence of such moves can converge.
#
# </details>

# %% [markdown]
# ### Exercise 3: friction
#
# Give both players a cost for being far from 0: A minimises and B maximises $x y + \frac{\gamma}{2} x^2 - \frac{\gamma}{2} y^2$ with $\gamma > 0$, both at the same moment. For which rates does the distance shrink? Return the $\eta$ below which it does, for a given `gamma`.


# %% tags=["exercise"]
def largest_rate(gamma):
    return ...  # your code: one number


check.optimizers_and_games.q3(largest_rate)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def largest_rate(gamma):
#     return 2 * gamma / (1 + gamma**2)
# ```
#
# The step is $x \leftarrow x - \eta (y + \gamma x)$, $y \leftarrow y + \eta (x - \gamma y)$, a matrix with $1 - \eta \gamma$ twice on its diagonal and $\mp \eta$ beside it. Its eigenvalues are $1 - \eta \gamma \pm \mathrm{i} \eta$, so $|r|^2 = (1 - \eta \gamma)^2 + \eta^2 = 1 - 2 \eta \gamma + \eta^2 (1 + \gamma^2)$, which
# is below 1 for $0 < \eta < 2 \gamma / (1 + \gamma^2)$. In terms of (5.12), the curvature is now $\gamma - \mathrm{i}$, and a small real part is enough.
#
# </details>

# %% [markdown]
# ## Break it
#
# Three bugs, none of them in a gradient.
#
# 1. *Adam without the power t*: it divides by $1 - \beta$. (A widely read collection of algorithms written from scratch had this bug for years.)
# 2. *The gradient is not zeroed* between steps: each step repeats all those before it, which is a momentum of 1.
# 3. *Both at once*: the code computes both players' gradients first and moves both afterwards, "because it is symmetric". (A widely read tutorial trains its GAN like this.)
#
# Lesson 4 checked the gradient of the whole step, D's and G's, against differences. Which of the three bugs does that check catch?
#
# - **a** none
# - **b** the first
# - **c** the second

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def without_the_power(theta, grad, m, v, lr, beta1, beta2, eps, t):
    reference.adam(theta, grad, m, v, lr, beta1, beta2, eps, 1)  # right: t


def never_zeroed(self):
    rate = self.rate()
    self.t += 1
    self.update(rate)  # right: and then self.net.zero_grad()


class Wait:
    def step(self):
        pass


def both_at_once(self, draw, rng):
    x, _ = draw()
    z = self.noise(len(x), rng)
    row = game.d_step(self.G, self.D, self.loss, (), Wait(), x, z)  # right: self.opt_D
    row |= game.g_step(self.G, self.D, self.loss, self.opt_G, x, z)
    self.opt_D.step()  # right: before g_step
    return row


def ward():
    G, D = point(0.3), point(0.7)
    x, z = np.random.default_rng(0).standard_normal((2, 5, 1))
    yield from step_checks(G, D, losses.non_saturating, x, z)
    for opt, loop in ((Adam, optimizers.adam), (SGD, optimizers.sgd)):
        for found in optimizers.recurrence(opt, loop, {}):
            yield found._replace(name=f"{opt.__name__}, {found.name}")
    area = np.linalg.det(matrix_of(lambda state: Smallest(*state).play(), 2))
    yield compare("area kept by a step of the game", area, 1.0, ADJOINT)


caught = {}
for title, owner, name, wrong in (
    ("Adam without the power t", kernels, "adam", without_the_power),
    ("the gradient is not zeroed", Optimizer, "step", never_zeroed),
    ("both at once", game.GAN, "step", both_at_once),
):
    print(title)
    with planted(owner, name, wrong):
        checks = list(ward())
    caught[title] = {found.name for found in checks if not found.ok}
    show_checks([found for found in checks if not found.ok][:2])
    print(f"        {len(caught[title])} of {len({found.name for found in checks})} checks\n")

check.optimizers_and_games.p4(guess)
assert not [name for names in caught.values() for name in names if "step, dtheta" in name]
assert caught["both at once"] == {"area kept by a step of the game"}
assert all(caught.values())
assert not [found for found in ward() if not found.ok]

# %% [markdown]
# A gradient check replaces the optimizer by a recorder: it reads the gradient and never sees what the optimizer does with it. The first two
# bugs are caught by the *recurrence*, written down a second time in the plainest way. (The second only by the line of SGD: the library's Adam
# clears the gradient in the same pass that reads it, so it does not need `zero_grad`.) The third is not an error in any formula. Every
# gradient is right, and every optimizer works as intended. But it is a different *dynamical system*, and only a check of the dynamics shows
# it: the area that a step should preserve grows by $1 + \eta^2 = 1.01$.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:sgd`: $m \leftarrow \mu m + g$, $\theta \leftarrow \theta - \eta m$ | `minigan.optim.SGD.update` | `tests/test_optim.py`: `test_sgd_by_hand`, `test_momentum_by_hand` |
# | `eq:adam`: $\theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)$ | `minigan.kernels.reference.adam` | `tests/test_optim.py`: `test_adam_by_hand`, `test_adam_s_eps_stands_outside_the_root` |
# | `eq:rmsprop`: $\theta \leftarrow \theta - \eta\, g / (\sqrt v + \epsilon)$ | `minigan.optim.RMSProp.update` | `tests/test_optim.py`: `test_rmsprop_by_hand` |
# | `eq:schedule.cosine`: half a wave from $\eta$ to $\eta_{\text{end}}$ | `minigan.optim.cosine` | `tests/test_optim.py`: `test_schedules_by_hand` |
# | `eq:ema`: $\bar\theta \leftarrow d \bar\theta + (1 - d) \theta$ | `minigan.optim.EMA.step` | `tests/test_optim.py`: `test_ema_by_hand` |
# | `eq:game.d_step`, `eq:game.g_step`: in turns | `minigan.game.GAN.step` | `tests/test_game.py`: `test_a_step_is_d_step_then_g_step` |
# | `eq:dirac.field`: the smallest GAN | `minigan.measure.certify.dirac.DiracGAN.field` | `tests/measure/test_certify.py`: `test_the_wasserstein_dirac_gan_by_hand` |
#
# - A linear step is a matrix, and its eigenvalues say whether it converges. If they are complex, $|r| = \sqrt{\det}$.
# - In a valley momentum turns $\kappa$ into $\sqrt \kappa$. In a game it makes the players diverge, because $\lambda$ is imaginary there.
# - Adam's averages begin at 0, and $1 - \beta^t$ is the weight of the gradients so far.
# - Two players who both follow exact gradients need not converge. That is not a bug; it is the subject of this course.
#
# ## Next
#
# [Lesson 6: A discriminator alone](06_discriminator_alone.ipynb). Before the two players meet, we train D against a G that does not learn,
# and find out what D learns: a ratio of two densities.
