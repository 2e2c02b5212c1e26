# %% [markdown]
# # Lesson 4: Gradient-check clinic
#
# **Goal** Know which check catches which bug, so that you can diagnose a network that trains badly, and know when you have looked everywhere.
#
# **Prerequisites** Lessons 1 to 3: differences, the dense layer, losses.
#
# **Run time** 3 s on two cores (measured).
#
# Six patients are waiting. Each is this library with one line replaced by a line that somebody once shipped: in a textbook's repository, in a
# framework's GAN example, in a port. None of them crashes. Most of them train, and produce something. Their authors tuned learning rates for
# weeks. You will plant each bug, run all checks on it, and see that *no check catches everything*.

# %%
from functools import partial

import numpy as np

from minigan import data, game, gradcheck, losses, models
from minigan.differences import ADJOINT, Check, compare
from minigan.gradcheck import layer_checks, step_checks
from minigan.layers import Dense, LayerNorm, LeakyReLU, Sigmoid
from minigan.layers.layer import Layer
from minigan.losses import NonSaturating
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: the first patient
#
# **Patient A.** The derivative of the sigmoid is usually written $\sigma'(x) = \sigma(x)(1 - \sigma(x))$. A layer that keeps its *output*
# $y = \sigma(x)$ in the cache should use $y\,(1 - y)$. Patient A has a function `sigmoid_derivative(x)` and calls it with what is in the
# cache: $\sigma(y)(1 - \sigma(y))$. Its derivative is between 0.20 and 0.25 everywhere, as if no unit were ever sure.
#
# The same wrong derivative is used by `backward` ($J^\top dy$) and by `tangent` ($J v$). Look at three checks: `dx` and `tangent`, each against differences, and `adjoint`, $\langle dy, J v \rangle = \langle J^\top dy, v \rangle$. Which catch it?
#
# - **a** all three
# - **b** `dx` and `tangent`, but not `adjoint`
# - **c** `adjoint` only
# - **d** none

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def logistic(y):
    return 1 / (1 + np.exp(-y))


def of_the_output(self, y):
    return logistic(y) * (1 - logistic(y))  # right: y * (1 - y)


patient_a = partial(planted, Sigmoid, "df", of_the_output)

with patient_a():
    assert show_checks(layer_checks(Sigmoid(), (5, 3)))

check.gradient_clinic.p1(guess)

# %% [markdown]
# ## Derive: what each check can see
#
# Let $J$ be the true Jacobian of what `forward` computes. What `backward` multiplies by, written by hand, is some matrix $B^\top$; what `tangent` multiplies by is some matrix $T$. We want $B = T = J$.
#
# **Differences** compare each with the function itself, one equation for each verb. For `tangent` it is
#
# $$ J v = \frac{f(x + h v) - f(x - h v)}{2h} + O(h^2) \tag{eq:gradcheck.tangent} $$
#
# They detect every error larger than their own, about $10^{-10}$.
#
# **The adjoint test** asks
#
# $$ \langle dy,\; J v \rangle = \langle J^{\top} dy,\; v \rangle \tag{eq:gradcheck.adjoint} $$
#
# of the two matrices as they are: $\langle dy, T v \rangle - \langle B^\top dy, v \rangle = \langle dy, (T - B)\, v \rangle$. It detects
# $T \ne B$, to $10^{-16}$, but it does not know $J$. Patient A has $T = B \ne J$. So the two kinds of check are not interchangeable.
# Differences are less precise but compare with the function itself; the adjoint test is a million times more precise but compares only the
# two hand-written verbs with each other.
#
# **The step.** A whole training step runs D on two batches, computes a loss, runs backward twice, or through one network into another. Each
# part may be right and the wiring wrong. So the step is checked as a whole, against the numbers that it writes into its own log:
#
# $$ \nabla_\theta \bigl[\, \text{loss} + \text{penalty} \,\bigr] \quad\text{against central differences of}\quad \text{loss} + \text{penalty} \tag{eq:gradcheck.step} $$
#
# and another check makes sure that the step of one player does not change the other.
#
# **What differences take for granted.** They call `forward` again and again, and trust it. So some things must be checked before: that the
# weights a layer computes with are those that the optimizer moves; that `backward` does not change its arguments; that a sample's output does
# not depend on the rest of the batch.
#
# ## See the code
#
# Here are the checks of these three assumptions, and the step of G that most of the patients below have in common. In it, `learn=False` makes
# the difference between a gradient that passes *through* D and one that is also added *to* D's parameters.

# %%
show_source(gradcheck._assumptions, game.g_step)

# %% [markdown]
# ## Check: everybody is healthy
#
# First the checks themselves: on the library as it is, none may report a bug. `ward()` builds fresh layers and networks each time, and runs
# every check we have on them. The last line is a number worked by hand: at a score of 2, G's non-saturating loss is
# $\log(1 + e^{-2}) = 0.126928$.


# %%
def ward() -> list[Check]:
    checks = []
    for layer in (Dense(3, 4), Sigmoid(), LeakyReLU(0.2), LayerNorm(3)):
        checks += layer_checks(layer, (5, 3))
    G = Sequential(Dense(2, 5), LeakyReLU(0.2), Dense(5, 2), rng=1, dtype=np.float64)
    D = Sequential(Dense(2, 6), LeakyReLU(0.2), Dense(6, 1), rng=2, dtype=np.float64)
    x, z = np.random.default_rng(0).standard_normal((2, 4, 2))
    checks += step_checks(G, D, losses.non_saturating, x, z)
    by_hand = losses.non_saturating.g(None, np.array([2.0]))[0]
    return [*checks, compare("value by hand", by_hand, 0.12692801104297, ADJOINT)]


assert not show_checks(ward())

# %% [markdown]
# ## Predict: the second patient
#
# **Patient B.** A *LayerNorm* subtracts from each sample the mean of its own numbers and divides by their standard deviation (lesson 12
# derives it). Its code does so along the last axis. Patient B has axis 0: it takes the mean of each column, over the batch. Forward,
# backward, tangent and curvature all use the same wrong axis. Which check rejects it?
#
# - **a** `dx`
# - **b** `dtheta`
# - **c** only "a sample alone": the first sample by itself against the first sample in its batch

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
patient_b = partial(planted, LayerNorm, "axes", (0,))  # right: (-1,)

with patient_b():
    assert show_checks(layer_checks(LayerNorm(3), (5, 3)))

check.gradient_clinic.p2(guess)

# %% [markdown]
# It has become a normalisation over the batch. In a classifier nobody would notice. In a discriminator with a gradient penalty, which needs
# the gradient of D at *this* picture, the result now depends on all other pictures too.
#
# ## Modify
#
# ### Exercise 1: the skip connection
#
# A residual block computes $y = x + f(x)$. One published implementation added $x$ in the forward pass, but ran only $f$ backward. Write it
# right: given `dy` and `body_backward`, the function that turns a gradient in $f$'s output into the gradient in its input, return the
# gradient in $x$. Do not change `dy`.


# %% tags=["exercise"]
def residual_backward(dy, body_backward):
    return ...  # your code: dx


check.gradient_clinic.q1(residual_backward)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def residual_backward(dy, body_backward):
#     return dy + body_backward(dy)
# ```
#
# $x$ affects $y$ in two ways, and the chain rule adds them up. Writing `dy += body_backward(dy)` gives the same number and overwrites the
# caller's array: where a second layer uses that gradient, this is a bug far away from here.
#
# </details>

# %% [markdown]
# ### Exercise 2: the most precise check
#
# Write the adjoint test. `tangent(v)` returns $T v$ and `backward(dy)` returns $B^\top dy$; return how far $\langle dy, T v \rangle$ and $\langle B^\top dy, v \rangle$ are apart, as a number that is never negative.


# %% tags=["exercise"]
def adjoint_gap(tangent, backward, v, dy):
    return ...  # your code: one number


check.gradient_clinic.q2(adjoint_gap)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def adjoint_gap(tangent, backward, v, dy):
#     return abs(np.sum(dy * tangent(v)) - np.sum(backward(dy) * v))
# ```
#
# The inner product of two arrays is the sum over all entries of their product. The two sums run over different numbers of entries, those of $y$ and those of $x$, and still have to be equal, which makes the test so precise.
#
# </details>

# %% [markdown]
# ### Exercise 3: a layer of your own
#
# Write the layer $y = |x|$, with three verbs: `forward(x)` returns `y, cache`; `backward(dy, cache)` returns `dx`; `tangent(v, cache)` returns `w, tcache` (the same cache will do). It has no weights, and it is linear on both sides of its kink, so `accumulate` and `curvature` have nothing to do. The check lets `check_layer` examine it, as the library's own layers are examined.


# %% tags=["exercise"]
class Absolute(Layer):
    def forward(self, x):
        return ...  # your code: y, cache

    def backward(self, dy, cache):
        return ...  # your code: dx

    def tangent(self, v, cache):
        return ...  # your code: w, tcache


check.gradient_clinic.q3(Absolute)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# class Absolute(Layer):
#     def forward(self, x):
#         return np.abs(x), np.sign(x)
#
#     def backward(self, dy, cache):
#         return cache * dy
#
#     def tangent(self, v, cache):
#         return cache * v, cache
# ```
#
# The Jacobian is diagonal, with the sign of $x$ on its diagonal, so both verbs multiply by it. Backward needs only `np.sign(x)`, so the cache holds only that. For complex numbers `np.abs` would not do (lesson 1), and
# the library's own LeakyReLU looks at `x.real`.
#
# </details>

# %% [markdown]
# ## Break it
#
# Four more patients.
#
# **Patient C** (the two-line ReLU). `dy[y <= 0] *= alpha; return dy`, without a copy. In a plain chain of layers it works: nothing uses that `dy` again. Next to a skip connection (exercise 1) it overwrites the gradient of the skip connection.
#
# **Patient D** (an assignment). The author's own initialisation says `self.W = ...` where the library says `self.W[...] = ...`. Now the layer computes with one array, and the optimizer moves another.
#
# **Patient E** (reported for a much-used framework). The step of G runs backward through D *and into it*. G's gradient is left in D's gradient buffer, and D's next step goes partly where G wants it.
#
# **Patient F.** G's loss has lost a minus: it minimises $\operatorname{mean} \operatorname{softplus}(f)$, and the gradient belongs to this value. So G tries to be recognised. Before you run: which check catches patient F?
#
# - **a** `G step, dtheta`: the gradient of G's whole step
# - **b** `G step moves only G`
# - **c** only the value worked by hand

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def in_place(self, dy, y):
    dy[y <= 0] *= self.alpha  # right: a new array, kernels.leaky_relu_dx(dy, y, self.alpha)
    return dy


def bind(self, rng):
    self.W = rng.standard_normal(self.W.shape)  # right: self.W[...] = ...


def g_step_into_d(G, D, loss, opt_G, x, z):
    fake, caches = G.forward(z)
    f, fake_caches = D.forward(fake)
    value, d_fake = loss.g(None, f)
    dx = D.backward(d_fake, fake_caches)  # right: D.backward(d_fake, fake_caches, learn=False)
    G.backward(dx, caches)
    opt_G.step()
    return {"loss_G": value}


def be_recognised(self, r, f):
    value = float(np.mean(np.logaddexp(0, f)))  # right: softplus(-f)
    return value, logistic(f) / f.size  # right: -sigmoid(-f) / N


patients = {
    "A: sigmoid of a sigmoid": patient_a,
    "B: norm over the batch": patient_b,
    "C: ReLU in place": partial(planted, LeakyReLU, "backward", in_place),
    "D: weights rebound": partial(planted, Dense, "reset", bind),
    "E: G's step into D": partial(planted, game, "g_step", g_step_into_d),
    "F: a lost minus": partial(planted, NonSaturating, "g", be_recognised),
}
findings = {}
for name, patient in patients.items():
    with patient():
        findings[name] = {}
        for found in ward():
            findings[name][found.name] = findings[name].get(found.name, True) and found.ok
    print(f"{name:<26} caught by", "; ".join(kind for kind, ok in findings[name].items() if not ok))

check.gradient_clinic.p3(guess)

# %% [markdown]
# Here is all of it in one picture (without the checks that caught nothing this time). Each column is a check, and no column is full. Each row
# is a bug, and each row has at least one mark.

# %%
instruments = [
    kind for kind in findings["F: a lost minus"] if any(not row[kind] for row in findings.values())
]
caught = np.array([[not row[kind] for kind in instruments] for row in findings.values()])

with figure("No check catches all six bugs, and no bug escapes all checks", size=(8, 4)) as ax:
    rows, columns = np.nonzero(caught)
    ax.scatter(columns, rows, s=220, marker="X", color="black")
    rows, columns = np.nonzero(~caught)
    ax.scatter(columns, rows, s=12, marker="o", color="0.6")
    ax.set_xticks(range(len(instruments)), instruments, rotation=35, ha="right")
    ax.set_yticks(range(len(findings)), findings)
    ax.set(xlim=(-0.6, len(instruments) - 0.4), ylim=(len(findings) - 0.5, -0.5))
    ax.set_title("X: caught    small dot: holds")

assert caught.any(axis=1).all()
assert not caught.all(axis=0).any()
assert [kind for kind, ok in findings["F: a lost minus"].items() if not ok] == ["value by hand"]

# %% [markdown]
# Patient F deserves a second look, because no gradient check will ever find it. Let us train it next to a healthy twin, on the ring of eight
# Gaussians that lesson 8 is about.


# %%
def train(patient=None):
    G, D = models.toy(latent=2, width=32, depth=2, rng=0)
    opt_G, opt_D = Adam(G, 1e-3), Adam(D, 1e-3)
    rng, log = np.random.default_rng(1), []
    for _ in range(steps(600, 10)):
        x, z = data.ring(128, rng), rng.standard_normal((128, 2))
        game.d_step(G, D, losses.non_saturating, (), opt_D, x, z)
        log.append(game.g_step(G, D, losses.non_saturating, opt_G, x, z)["loss_G"])
    return log, G(np.random.default_rng(2).standard_normal((300, 2)))


healthy = train()
with patients["F: a lost minus"]():
    sick = train()

title = "The sick generator has the better-looking loss, and runs away from the data"
with figure(title, panels=2) as (left, right):
    for name, (log, _) in (("healthy", healthy), ("patient F", sick)):
        left.plot(log, label=name)
    left.set(title="loss of G", xlabel="step", ylim=(0, None))
    real = data.ring(300, np.random.default_rng(3))
    right.scatter(*sick[1].T, s=14, marker="x", color="#d1600a", label="patient F")
    right.scatter(*healthy[1].T, s=14, marker="+", color="#1f4e9c", label="healthy")
    right.scatter(*real.T, s=10, marker="o", facecolor="white", edgecolor="black", label="data")
    right.set(title="300 points of each generator")
    right.set_aspect("equal", adjustable="datalim")

distance, sick_distance = (np.mean(np.linalg.norm(points, axis=1)) for _, points in (healthy, sick))
print(f"mean distance from the centre: data 1, healthy {distance:.2f}, patient F {sick_distance:.2f}")
usually("the sick G has the smaller loss", sick[0][-1] < healthy[0][-1])
usually("it ends farther from the data", abs(distance - 1) < sick_distance - 1)

# %% [markdown]
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:gradcheck.tangent`: $J v$ against a difference along $v$ | `minigan.gradcheck.check_layer` | `tests/test_gradcheck.py`: `test_a_tangent_of_the_wrong_size_is_caught` |
# | `eq:gradcheck.adjoint`: $\langle dy, J v \rangle = \langle J^\top dy, v \rangle$ | `minigan.gradcheck.check_network` | `tests/test_gradcheck.py`: `test_a_wrong_backward_is_named_with_index_expected_and_got` |
# | `eq:gradcheck.step`: a step's gradient against differences of its log | `minigan.gradcheck.check_step` | `tests/test_gradcheck.py`: `test_a_generator_that_never_moves_is_caught`, `test_a_step_that_moves_the_other_network_is_caught` |
#
# - Differences compare with the function, the adjoint test compares `backward` with `tangent`: use both.
# - No gradient check sees a wrong value (lesson 1). Keep one number worked by hand for each formula.
# - Check the whole step, and which network it moves. Check what the checks assume: views, arguments, samples alone.
# - The library's museum (`tests/museum`) has dozens of such patients, each with the name of the check that catches it.
#
# ## Next
#
# [Lesson 5: Optimizers and games](05_optimizers_and_games.ipynb). The gradients are right now. Follow them, and a single player arrives; two players, each following theirs, may circle for ever.
