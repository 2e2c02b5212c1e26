# %% [markdown]
# # Lesson 16: DiracGAN
#
# **Goal** Tell from two eigenvalues whether a GAN circles, converges or diverges, for any loss and any penalty; know why R1 makes the game
# converge and WGAN-GP does not, and what this smallest of GANs cannot show.
#
# **Prerequisites** Lesson 5 (a step is a matrix; games rotate), lesson 3 (the losses), lesson 15 (gradient penalties). Complex numbers; $x' = \lambda x$ has the solution $e^{\lambda t}$.
#
# **Run time** 11 s on two cores (measured).
#
# Large GANs train for days, and when one of them oscillates it is hard to say whether the loss, the penalty, the learning rate or the data
# caused it. Here is a GAN with only two numbers, which we can analyse completely. It has the same problem as the large ones: in 2018 it
# settled the question which penalties make a GAN converge, and its answer, R1, is in every StyleGAN since. (Mescheder, Geiger and Nowozin,
# "Which training methods for GANs do actually converge?")

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("penalty", "gradient_G", "gradient_D")

# %%
from functools import partial

import numpy as np

from minigan import game, losses, penalties
from minigan.differences import ADJOINT, SECOND, compare
from minigan.gradcheck import step_checks
from minigan.layers import Dense, Tanh
from minigan.losses import GAN_LOSSES
from minigan.measure.certify.dirac import DiracGAN, closed_field, closed_form, in_order
from minigan.measure.results.dirac import trajectory
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.penalties import r1, wgan_gp
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_source

# %% [markdown]
# ## Predict: which game converges?
#
# The data is one point, the number 0, again and again. G has one weight $\theta$ and makes the number $\theta$, for any noise. D has one weight $\psi$ and scores a number $x$ with $\psi x$. The equilibrium is $\theta = \psi = 0$: G makes the data, and D is flat. Both follow
# their gradients, smoothly and at the same time, from $\theta = 0.8$, $\psi = 0.6$, at the distance 1. The loss is the non-saturating one. After 20 units of time, which of these games is within 0.1 of the equilibrium?
#
# - **a** the one with R1 and the one with WGAN-GP: any penalty will do
# - **b** only the one with R1
# - **c** only the one with WGAN-GP
# - **d** all three, the one without a penalty too

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
cures = {
    "no penalty": None,
    "R1, γ = 0.3": partial(r1, gamma=0.3),
    "WGAN-GP, λ = 0.3": partial(wgan_gp, lam=0.3),
}
orbits = {}
for name, penalty in cures.items():
    field = DiracGAN(losses.non_saturating, penalty).field  # by the library's own forward and backward
    orbits[name] = trajectory(field, start=(0.8, 0.6), time=20, step=0.05)
    print(f"{name:<17} ends at the distance {np.hypot(*orbits[name][-1]):.3f}")

check.dirac_gan.p1(guess)

title = "With R1 the game converges; without a penalty or with WGAN-GP it circles"
with figure(title, panels=3, size=(10, 3.6)) as axes:
    for ax, (name, way) in zip(axes, orbits.items(), strict=True):
        ax.plot(*way.T, linewidth=1.2)
        ax.plot(*way[0], "o", color="black", markerfacecolor="white")
        ax.plot(*way[-1], "o", color="black")
        ax.plot(0, 0, "+", color="black", markersize=14)
        ax.set(title=name, xlabel="θ, what G makes", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal")
    axes[0].set_ylabel("ψ, the gradient of D")

# %% [markdown]
# (○ is the start, ● the end, + the equilibrium.) This lesson explains these three pictures, each by one formula.
#
# ## Derive: the field
#
# Smooth training means that each player's velocity is minus its own gradient. The two velocities form a vector at each point of the plane, a *field*:
#
# $$ w(\theta, \psi) = \Bigl( -\frac{\partial L_G}{\partial \theta},\; -\frac{\partial L_D}{\partial \psi} \Bigr), \qquad G(z) = \theta, \quad D(x) = \psi x \tag{eq:dirac.field} $$
#
# D scores the data with $r = \psi \cdot 0 = 0$, always, and the fake with $f = \psi \theta$. So the chain rule has one step. For G, $\partial f / \partial \theta = \psi$; for D, $\partial f / \partial \psi = \theta$, and $\partial r / \partial \psi = 0$. Write $L_G'(f)$ and $L_D'(f)$ for the derivatives of the losses in the fake's score, and $P(\psi)$ for a penalty, a function of D's gradient, which is $\psi$ at every place:
#
# $$ w = \bigl( -L_G'(f)\, \psi,\; -L_D'(f)\, \theta - P'(\psi) \bigr), \qquad f = \psi\, \theta \tag{eq:dirac.closed\_field} $$
#
# *G follows D's gradient, D follows G's position, and the penalty restrains D.* With the Wasserstein loss $L_D = f - r$, $L_G = -f$ and no penalty that is $\theta' = \psi$, $\psi' = -\theta$: a rotation. With the non-saturating loss (lesson 3) $-L_G' = \sigma(-f)$ and $L_D' = \sigma(f)$, so
#
# $$ \theta' = \sigma(-f)\, \psi, \qquad \psi' = -\sigma(f)\, \theta - P'(\psi) \tag{16.1} $$
#
# **Near the equilibrium.** At $(0, 0)$ the field is 0. Near it the field is given by its linear part, the Jacobian. Differentiate: $-L_G'(f)\, \psi$ by $\theta$ gives $-L_G''(f)\, \psi^2 = 0$ at $(0, 0)$, and by $\psi$ it gives $-L_G''(f)\, \theta \psi - L_G'(f) = -L_G'(0)$. In the same way below, with
# R1, $P = \frac\gamma2 \psi^2$, $P'' = \gamma$:
#
# $$ \frac{\partial w}{\partial(\theta, \psi)}\Big|_{(0, 0)} = \begin{pmatrix} 0 & -L_G'(0) \\ -L_D'(0) & -\gamma \end{pmatrix} \tag{eq:dirac.jacobian} $$
#
# Its eigenvalues solve $\lambda^2 - \operatorname{tr} \lambda + \det = 0$ (lesson 5), here
#
# $$ \lambda^2 + \gamma \lambda + a^2 = 0, \qquad a^2 = -L_G'(0)\, L_D'(0) \tag{16.2} $$
#
# $$ \lambda = -\frac{\gamma}{2} \pm \sqrt{\frac{\gamma^2}{4} - a^2} \tag{eq:dirac.eigenvalues} $$
#
# A solution of $x' = J x$ is a sum of terms $e^{\lambda t}$: the *real part* of $\lambda$ is the rate at which the distance grows or, if it is negative, shrinks, and the *imaginary part* is the angular speed. Without a penalty $\lambda = \pm \mathrm{i} a$, and the game rotates for ever. It is a pendulum: $\theta$ is its position, $\psi$ its velocity, and $\gamma$ is *friction*.
#
# By hand: non-saturating with $\gamma = 0.3$ has $a^2 = \frac12 \cdot \frac12$ and $\lambda = -0.15 \pm \mathrm{i} \sqrt{0.25 - 0.0225} = -0.15 \pm 0.477\, \mathrm{i}$. In 20 units of time the distance shrinks to about $e^{-0.15 \cdot 20} = e^{-3} = 0.05$. In the picture above it was 0.04.
#
# ## See the code
#
# `DiracGAN.field` runs the library's own networks, losses and penalties; `closed_field` has the formula above, with the derivatives of each loss in a table. Each checks the other.

# %%
show_source(DiracGAN, closed_field, closed_form)

# %% [markdown]
# ## Check: all losses, all fields, all eigenvalues
#
# The library's field against the formula at random points, with R1 and with WGAN-GP, and the eigenvalues of its Jacobian, taken by differences, against `eq:dirac.eigenvalues`:

# %%
points = np.random.default_rng(0).uniform(-2, 2, (20, 2))
for name, loss in GAN_LOSSES.items():
    dirac = DiracGAN(loss, partial(r1, gamma=0.3))
    found = np.array([dirac.field(*at) for at in points])
    print(
        compare(f"{name:<14} field", found, [closed_field(name, "r1", 0.3, *at) for at in points], ADJOINT)
    )
    theirs = in_order(closed_form(name, 0.3))
    print(compare(f"{'':<14} eigenvalues", in_order(dirac.eigenvalues()), theirs, 1e-8), end="")
    print(f"   {theirs[-1]:.3f}")

# %% [markdown]
# Minimax, non-saturating and relativistic have $a = \frac12$; hinge and Wasserstein, whose derivatives have the size 1, have $a = 1$ and rotate twice as fast. *Least squares* has $a = 0$ and does not rotate at all: its D wants the score 1 for the data and 0 for a fake, but the data's score $\psi \cdot 0$ is always 0, and at the score 0 a fake gives no gradient. A D with a bias would do better; the smallest GAN is too small for this loss.
#
# ## Predict: ten times the friction
#
# The non-saturating game with R1 and $\gamma = 1$ converges at the rate $\frac12$: the distance shrinks like $e^{-t/2}$. Now $\gamma = 10$. It converges
#
# - **a** ten times faster
# - **b** faster, but not ten times
# - **c** at the same rate
# - **d** many times slower

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
for gamma in (0.1, 1.0, 10.0):
    dirac = DiracGAN(losses.non_saturating, partial(r1, gamma=gamma))
    both = ", ".join(f"{value:.3f}" for value in in_order(dirac.eigenvalues()))
    print(f"γ = {gamma:4.1f}   eigenvalues {both}   rate {-dirac.eigenvalues().real.max():.3f}")

check.dirac_gan.p2(guess)

# %% [markdown]
# ## Derive: the best friction
#
# As long as $\gamma < 2a$ the root in `eq:dirac.eigenvalues` is imaginary, and both eigenvalues have the real part $-\gamma / 2$: twice the friction, twice the rate. At $\gamma = 2a$ they meet at $-a$. Beyond that both are real, their product is still $a^2$ by (16.2), and their sum is $-\gamma$. So one of them goes towards $-\gamma$, and the other, which decides the rate, back to 0:
#
# $$ \lambda_{\text{slow}} = -\frac{\gamma}{2} + \sqrt{\frac{\gamma^2}{4} - a^2} \approx -\frac{a^2}{\gamma}, \qquad \gamma \gg 2a \tag{16.3} $$
#
# ($\sqrt{\gamma^2 / 4 - a^2} \approx \frac\gamma2 - \frac{a^2}{\gamma}$.) Too much friction makes D's gradient nearly 0 at once, and G, which follows this gradient, moves very slowly.

# %%
gammas = np.geomspace(0.05, 20, 200)
title = "Friction makes the game converge faster up to γ = 2a, and slower beyond"
with figure(title, panels=2, size=(9, 3.6)) as (left, right):
    for loss, a, marker in (("non_saturating", 0.5, "."), ("wasserstein", 1.0, "x")):
        roots = np.array([closed_form(loss, gamma) for gamma in gammas])
        left.plot(roots.real.ravel(), roots.imag.ravel(), marker, markersize=4, label=f"a = {a}")
        right.loglog(gammas, -roots.real.max(axis=1), label=f"{loss}, a = {a}")
        right.axvline(2 * a, color="0.6", linewidth=1, linestyle=":")
        for gamma in np.geomspace(0.1, 10, 7):
            rate = -DiracGAN(GAN_LOSSES[loss], partial(r1, gamma=gamma)).eigenvalues().real.max()
            right.plot(gamma, rate, "o", color="black", markersize=3)
    left.set(title="the two eigenvalues as γ grows", xlabel="real part", ylabel="imaginary part")
    left.set(xlim=(-3, 0.3), aspect="equal")
    left.axvline(0, color="0.5", linewidth=0.8, linestyle="-")
    left.legend(loc="upper left")
    right.set(title="rate of the slower one (dots: the library)", xlabel="penalty γ")

# %% [markdown]
# ## Derive: when the real part is zero
#
# Without a penalty the real part is 0, and an eigenvalue with real part 0 decides nothing: the terms that the Jacobian leaves out matter. Here we can compute them. Let $\rho^2 = \theta^2 + \psi^2$. By (16.1)
#
# $$ \tfrac12 (\rho^2)' = \theta \theta' + \psi \psi' = \theta \psi\, \bigl( \sigma(-f) - \sigma(f) \bigr) = -f \tanh \tfrac f2 \tag{16.4} $$
#
# since $\sigma(f) - \sigma(-f) = \tanh \frac f2$. This is never positive: the game moves inward, but hardly. Near the equilibrium, $f \tanh \frac f2 \approx \frac12 f^2$ with $f = \theta \psi = \frac12 \rho^2 \sin 2 \varphi$, and the mean of $\sin^2$ over a turn is $\frac12$:
#
# $$ (\rho^2)' \approx -f^2 \approx -\frac{\rho^4}{8}, \qquad \text{so} \quad \rho \approx \sqrt{\frac{8}{t}} \tag{16.5} $$
#
# A hundred times closer takes *ten thousand* times as long, where friction needs only $\log 100$. And for the minimax loss, whose $-L_G' = \sigma(f)$ as well, the bracket in (16.4) is 0: a perfect circle, at every distance.

# %%
times = 0.05 * np.arange(16_001)
free = trajectory(partial(closed_field, "non_saturating", None, 0), (0.8, 0.6), 800, 0.05)
held = trajectory(partial(closed_field, "non_saturating", "r1", 0.3), (0.8, 0.6), 25, 0.05)
with figure("Without friction the distance falls like 1/√t, with friction exponentially") as ax:
    ax.loglog(times[1:], np.hypot(*free.T)[1:], label="no penalty")
    ax.loglog(times[400:], np.sqrt(8 / times[400:]), label="√(8 / t), (16.5)")
    ax.loglog(times[1:501], np.hypot(*held.T)[1:], label="R1, γ = 0.3")
    ax.set(xlabel="time", ylabel="distance from the equilibrium", ylim=(0.03, 2))
    ax.legend(loc="lower left")

print(f"t = 800: distance {np.hypot(*free[-1]):.4f}, by (16.5) {np.sqrt(8 / 800):.4f}")
assert abs(np.hypot(*free[-1]) / np.sqrt(8 / 800) - 1) < 0.02

# %% [markdown]
# **With WGAN-GP** the penalty is $\lambda (|\psi| - 1)^2$, and $P' = 2 \lambda (\psi - \operatorname{sign} \psi)$. It makes D's gradient 1 in size, *even when G has reached the data*. Just above $\psi = 0$ it pushes upward with $2 \lambda$, just below downward. So the equilibrium is not even a point where the field is 0: there is no
# Jacobian, and no rate. It ends in a *limit cycle*, a closed curve that attracts from both sides.

# %%
rings = {}
for start in ((2.0, 0.0), (0.05, 0.0)):
    rings[start] = trajectory(partial(closed_field, "non_saturating", "wgan_gp", 0.3), start, 40, 0.02)

title = "WGAN-GP: from outside and from inside, the game ends on the same closed curve"
with figure(title, size=(6, 3.8)) as ax:
    for name, (start, way) in zip(("from outside", "from inside"), rings.items(), strict=True):
        ax.plot(*way.T, linewidth=1.3, label=name)
        ax.plot(*start, "o", color="black", markerfacecolor="white")
    ax.plot(0, 0, "+", color="black", markersize=14)
    ax.set(xlabel="θ", ylabel="ψ", aspect="equal", xlim=(-1.6, 2.2), ylim=(-1.4, 1.4))
    ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1))

last = [np.hypot(*way[-1000:].T) for way in rings.values()]
print("distance on the last 20 units:", "  ".join(f"{d.min():.2f} to {d.max():.2f}" for d in last))
assert all(d.min() > 0.9 for d in last)

# %% [markdown]
# So is WGAN-GP bad? It makes good pictures, in lesson 14 and elsewhere. But it does not *converge*: you need the moving average of the weights (lesson 5), which is in the middle of the cycle, and a decreasing learning rate.
#
# ## Derive: steps are not time
#
# A computer does not move smoothly; it takes steps of size $\eta$. **At once:** a step is $1 + \eta J$, its eigenvalues are $1 + \eta \lambda$, and the game converges if their sizes are below 1. For a pair $\lambda = -\frac\gamma2 \pm \mathrm{i} \omega$, with $\frac{\gamma^2}{4} + \omega^2 = a^2$,
#
# $$ |1 + \eta \lambda|^2 = \Bigl( 1 - \frac{\eta \gamma}{2} \Bigr)^2 + \eta^2 \omega^2 = 1 - \eta \gamma + \eta^2 a^2 \tag{16.6} $$
#
# So friction has to compensate the growth that the step itself causes: $\gamma > \eta a^2$. If $\gamma$ is large, the fast eigenvalue, near $-\gamma$, gives $|1 - \eta \gamma| < 1$: $\gamma < 2 / \eta$. **In turns,** as the library plays: D moves to $\psi' = (1 - \eta \gamma) \psi - \eta a \theta$, and then G to $\theta' = \theta + \eta a \psi'$ (both
# gradients written as $a$). In the order $(\psi, \theta)$
#
# $$ A = \begin{pmatrix} 1 - \eta \gamma & -\eta a \\ \eta a (1 - \eta \gamma) & 1 - \eta^2 a^2 \end{pmatrix}, \qquad \det A = 1 - \eta \gamma \tag{16.7} $$
#
# (the terms $\pm \eta^2 a^2 (1 - \eta \gamma)$ cancel). Complex eigenvalues have the size $\sqrt{\det}$ (lesson 5), so with *any* friction $\gamma > 0$ it converges, up to about $2 / \eta$ again. Does the library's game do what (16.7) says?


# %%
class Point(game.GAN):
    """DiracGAN as the library trains it: d_step, then g_step, with SGD."""

    def __init__(self, psi, theta, rate, gamma):
        G, D = (Sequential(Dense(1, 1, bias=False), rng=0, dtype="float64") for _ in "GD")
        G.theta[...], D.theta[...] = theta, psi
        chosen = [partial(r1, gamma=gamma)]
        super().__init__(G, D, losses.wasserstein, chosen, SGD(G, rate), SGD(D, rate), latent=1)

    def noise(self, n, rng, labels=None):
        return np.ones((n, 1))

    def play(self):
        self.step(lambda: (np.zeros((1, 1)), None), np.random.default_rng(0))
        return np.array([self.D.theta[0], self.G.theta[0]])


def in_turns(eta, gamma):  # (16.7) for a = 1
    return np.array([[1 - eta * gamma, -eta], [eta * (1 - eta * gamma), 1 - eta**2]])


played = np.stack([Point(1, 0, 0.2, 0.5).play(), Point(0, 1, 0.2, 0.5).play()], axis=1)
print(compare("a step of the library's game, (16.7)", played, in_turns(0.2, 0.5), ADJOINT))

# %%
eta, gammas = 0.2, np.geomspace(0.01, 15, 400)
growth = {"at once": [], "in turns": []}
for gamma in gammas:
    at_once = np.eye(2) + eta * np.array([[-gamma, -1], [1, 0]])
    growth["at once"].append(np.abs(np.linalg.eigvals(at_once)).max())
    growth["in turns"].append(np.abs(np.linalg.eigvals(in_turns(eta, gamma))).max())

title = "Simultaneous steps need γ above η a²; for alternating steps any friction will do"
with figure(title) as ax:
    for name, sizes in growth.items():
        ax.semilogx(gammas, sizes, label=name)
    ax.axhline(1, color="black", linewidth=1, linestyle=":")
    ax.axvline(eta, color="0.6", linewidth=1, linestyle=":")
    ax.axvline(2 / eta, color="0.6", linewidth=1, linestyle=":")
    ax.annotate("η a²", (eta * 1.05, 1.06))
    ax.annotate("2/η", (2 / eta * 0.72, 1.06))
    ax.set(xlabel="penalty γ, with η = 0.2 and a = 1", ylabel="growth in a step", ylim=(0.78, 1.1))
    ax.legend(loc="upper left", bbox_to_anchor=(0.45, 1))

at_once, turns = np.array(growth["at once"]), np.array(growth["in turns"])
assert (at_once[gammas < 0.19] > 1).all()
assert (at_once[(gammas > 0.21) & (gammas < 9.7)] < 1).all()
assert (turns[gammas < 9.7] < 1).all()

# %% [markdown]
# ## Derive: what a single data point cannot show
#
# One point is an extreme simplification. Let the data be a cloud of width $\sigma$ around 0 and G make the same cloud around $\theta$: $x = \sigma u$ and $\tilde x = \theta + \sigma z$, with $u, z$ of mean 0 and mean square 1. D's loss (non-saturating) now has a curvature of its own. With $\text{softplus}'' = \frac14$ at 0,
#
# $$ \frac{\partial^2 L_D}{\partial \psi^2}\Big|_{(0,0)} = \tfrac14 \operatorname{mean} x^2 + \tfrac14 \operatorname{mean} \tilde x^2 = \frac{\sigma^2}{2} \tag{16.8} $$
#
# and in the Jacobian this is added to $\gamma$: *a wide cloud provides friction* $\gamma = \sigma^2 / 2$ *by itself.* A nonzero gradient of D costs loss on the pictures where it is wrong. A single point is the limit $\sigma \to 0$, the worst case. But it is the case of pictures: a set of photographs has no width in most directions. So noise on the pictures, real and fake, stabilises a GAN: noise of width $\sigma$ is a penalty of strength $\sigma^2 / 2$. (Roth et al., 2017, make it exact.) For the Wasserstein loss, which is straight, (16.8) is 0 and a cloud does not help.


# %%
def cloud_rate(loss, sigma, h=1e-5):
    """The rate of the slower eigenvalue for a cloud of width sigma, by the library's own steps."""
    u = np.random.default_rng(0).standard_normal((50, 1))
    u = np.concatenate([u, -u]) / np.sqrt(np.mean(u**2))
    G, D = Sequential(Dense(1, 1), rng=0, dtype="float64"), DiracGAN(loss).D

    def field(theta, psi):
        G.theta[...], D.theta[...] = (sigma, theta), psi
        game.d_step(G, D, loss, (), SGD(D, 1.0), sigma * u, u)  # a step of rate 1 is the field
        moved, D.theta[...] = D.theta[0] - psi, psi
        game.g_step(G, D, loss, SGD(G, 1.0), sigma * u, u)
        return np.array([G.theta[1] - theta, moved])

    columns = [(field(*step) - field(*-step)) / (2 * h) for step in h * np.eye(2)]
    return -np.linalg.eigvals(np.stack(columns, axis=1).astype(complex)).real.max()


widths = np.linspace(0, 1.6, 9)
fine = np.linspace(0, 1.6, 161)
with figure("A cloud of data provides friction by itself, but not with a linear loss") as ax:
    ax.plot(
        fine,
        [-max(e.real for e in closed_form("non_saturating", s**2 / 2)) for s in fine],
        label="by (16.8)",
    )
    for marker, loss in (("o", losses.non_saturating), ("s", losses.wasserstein)):
        rates = [cloud_rate(loss, sigma) for sigma in widths]
        ax.plot(widths, rates, marker, color="black", markersize=5, label=f"library, {loss.name}")
    ax.set(xlabel="width σ of the data", ylabel="rate of coming home", ylim=(-0.03, None))

print(compare("rate at σ = 1, by (16.8) 1/4", cloud_rate(losses.non_saturating, 1.0), 0.25, SECOND))

# %% [markdown]
# ## Modify
#
# ### Exercise 1: the field
#
# Equation (16.1) with R1: given the numbers `theta`, `psi` and `gamma`, return the two speeds `theta', psi'` of the non-saturating game. (`np.exp` is all you need.)


# %% tags=["exercise"]
def speeds(theta, psi, gamma):
    return ...  # your code: the speed of theta, the speed of psi


check.dirac_gan.q1(speeds)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def speeds(theta, psi, gamma):
#     f = psi * theta
#     pull = 1 / (1 + np.exp(f))  # sigmoid(-f)
#     push = 1 / (1 + np.exp(-f))  # sigmoid(f)
#     return pull * psi, -push * theta - gamma * psi
# ```
#
# Each player's speed is minus the gradient of its *own* loss. G moves along D's gradient $\psi$, times the probability that D rejects it; D moves away from G's position, times the probability that D is deceived. Only D has friction.
#
# </details>

# %% [markdown]
# ### Exercise 2: the rate
#
# Given the numbers `a` and `gamma`, return the rate at which the game converges: minus the largest real part of the two eigenvalues. Mind the case in which the root is imaginary.


# %% tags=["exercise"]
def settling_rate(a, gamma):
    return ...  # your code: one number


check.dirac_gan.q2(settling_rate)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def settling_rate(a, gamma):
#     inside = gamma**2 / 4 - a**2
#     return gamma / 2 - np.sqrt(max(inside, 0.0))
# ```
#
# If the root is imaginary it does not change the real part, so it counts as 0. The slower of the two eigenvalues has the plus sign in `eq:dirac.eigenvalues`, and with the minus in front of it, the rate has a minus.
#
# </details>

# %% [markdown]
# ### Exercise 3: a look ahead
#
# A cure without a penalty. Step from $x$ to $\hat x = x + \eta\, w(x)$, evaluate the field *there*, go back, and take the step with that value: $x + \eta\, w(\hat x)$. This is the *extragradient*. Given `field` (a function of an array of two numbers), the array `x` and `eta`, return the new array.


# %% tags=["exercise"]
def lookahead(field, x, eta):
    return ...  # your code: an array like x


check.dirac_gan.q3(lookahead)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def lookahead(field, x, eta):
#     ahead = x + eta * field(x)
#     return x + eta * field(ahead)
# ```
#
# For $w = J x$ the step is $1 + \eta J + \eta^2 J^2$. With $\lambda = \mathrm{i} a$ its eigenvalue is $1 - \eta^2 a^2 + \mathrm{i} \eta a$, of the squared size $1 - \eta^2 a^2 + \eta^4 a^4 < 1$ for $\eta a < 1$. The field at the second point is rotated inward. The cost is a second gradient for every step. (Korpelevich 1976; for GANs, Gidel et al. 2019.)
#
# </details>

# %% [markdown]
# ## Break it
#
# DiracGAN is also a test: it shows whether loss, penalty, wiring and signs *together* make the right game, which no single gradient can. Here are four bugs and three checks: the gradient check of whole steps (lesson 4), the eigenvalues, and one value worked by hand.
#
# 1. *A lost minus.* G minimises $+\operatorname{mean} f$ with the Wasserstein loss, value and gradient alike.
# 2. *R1 without its half,* in value and gradient: the $\gamma$ of a paper is $2\gamma$ here.
# 3. *R1 at the fakes* instead of at the data.
# 4. *The curvature of tanh forgotten* (lesson 15).
#
# Before you run: which of them do the eigenvalues of DiracGAN *miss*?
#
# - **a** only the first
# - **b** the second and the third
# - **c** the third and the fourth
# - **d** none of them

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def with_the_grain(self, r, f):
    return float(np.mean(f)), np.full_like(f, 1 / f.size)  # right: -mean f, -1 / N


def without_half(g, gamma=1.0):
    return gamma * float(np.sum(g * g)) / len(g), 2 * gamma * g / len(g)  # right: gamma / 2, gamma


G = Sequential(Dense(2, 4), Tanh(), Dense(4, 2), rng=0)
D = Sequential(Dense(2, 4), Tanh(), Dense(4, 1), rng=1)
x, z = np.random.default_rng(2).standard_normal((2, 5, 2))


def examine():
    steps = step_checks(G, D, losses.wasserstein, x, z, [penalties.r1])
    yield "gradients", all(found.ok for found in steps)
    dirac = DiracGAN(losses.wasserstein, partial(penalties.r1, gamma=0.3))
    found = compare("", in_order(dirac.eigenvalues()), in_order(closed_form("wasserstein", 0.3)), 1e-8)
    yield "eigenvalues", found.ok
    flat = Sequential(Dense(1, 4), Tanh(), Dense(4, 1), rng=0, dtype="float64")
    still = DiracGAN(losses.wasserstein).G
    still.theta[...] = 1.0  # fakes at 1, data at 0
    row = game.d_step(
        still, flat, losses.wasserstein, [penalties.r1], SGD(flat, 0.0), np.zeros((1, 1)), np.ones((1, 1))
    )
    by_hand = (
        0.5 * float((flat.layers[0].W @ flat.layers[2].W).item()) ** 2
    )  # the derivative of tanh at 0 is 1
    yield "value by hand", abs(row["penalty"] - by_hand) < 1e-12


bugs = {
    "a lost minus": (losses.Wasserstein, "g", with_the_grain),
    "R1 without its half": (penalties, "r1", without_half),
    "R1 at the fakes": (penalties.R1, "place", "fake"),
    "curvature forgotten": (Tanh, "d2f", lambda self, y: 0 * y),
}
caught = {}
for name, bug in bugs.items():
    with planted(*bug):
        caught[name] = [kind for kind, ok in examine() if not ok]
    print(f"{name:<20} caught by: {', '.join(caught[name])}")

check.dirac_gan.p3(guess)
assert caught == {
    "a lost minus": ["eigenvalues"],
    "R1 without its half": ["eigenvalues", "value by hand"],
    "R1 at the fakes": ["value by hand"],
    "curvature forgotten": ["gradients"],
}
assert all(ok for _, ok in examine())

# %% [markdown]
# The lost minus makes the eigenvalues real, $+0.86$ and $-1.16$: G and D move away from the equilibrium together. No gradient check detects that, as with patient F of lesson 4. DiracGAN cannot detect R1 at the fakes, because its D has the same gradient everywhere: R1 and R2 are the same here. (They are not in a real GAN, and lesson 17 uses both.) And a linear D has no curvature to forget.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:dirac.field`: $w = (-\partial L_G / \partial \theta, -\partial L_D / \partial \psi)$ | `minigan.measure.certify.dirac.DiracGAN.field` | `tests/measure/test_certify.py`: `test_the_wasserstein_dirac_gan_by_hand` |
# | `eq:dirac.closed_field`: $(-L_G' \psi,\ -L_D' \theta - P'(\psi))$ | `minigan.measure.certify.dirac.closed_field` | `tests/measure/results/test_dirac.py`: `test_the_library_agrees_with_the_closed_forms` |
# | `eq:dirac.jacobian`: a rotation, and friction $-\gamma$ on D | `minigan.measure.certify.dirac.DiracGAN.eigenvalues` | `tests/measure/test_certify.py`: `test_the_wasserstein_dirac_gan_by_hand` |
# | `eq:dirac.eigenvalues`: $-\gamma/2 \pm \sqrt{\gamma^2/4 - a^2}$ | `minigan.measure.certify.dirac.closed_form` | `tests/measure/results/test_dirac.py`: `test_circles_and_spirals`, `test_a_loss_with_a_wrong_sign_is_seen` |
#
# - A GAN near its equilibrium is a pendulum. Without friction it oscillates for ever; R1 is friction, and $\gamma = 2a$ is the best value.
# - With a penalty whose target is the norm 1 the game has no resting point. With the target 0 it has one.
# - Simultaneous steps add energy, so $\gamma$ has to exceed $\eta a^2$. Alternating steps do not.
# - A wide cloud of data, or noise on it, is friction too. Photographs have no width in most directions.
#
# ## Next
#
# [Lesson 17: From R1 to R3GAN](17_r1_to_r3gan.ipynb). Friction cures the oscillation. Do lost modes need another cure? The modern baseline combines two, and we measure the effect of each.
