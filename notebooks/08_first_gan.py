# %% [markdown]
# # Lesson 8: Your first GAN
#
# **Goal** Build a training step of a GAN from its parts, see what D tells G, train a generator of eight Gaussians, and judge it by counting
# instead of by looking.
#
# **Prerequisites** Lessons 2 to 7: networks, losses, optimizers, what D measures and what the game is about.
#
# **Run time** 12 s on two cores (measured).
#
# You have all the parts: layers, losses, checked gradients, an optimizer, a theory. A GAN adds only the order of some twelve calls, and
# beginners and famous repositories have made every possible mistake in it: they moved the wrong network, moved the right one twice, stopped a
# gradient where it should pass, or let it pass where it should stop. So we go through those lines slowly, once, with all shapes. Then we
# train, on data in the plane, where you can see everything.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("gradient_G", "gradient_D")

# %%
import copy

import numpy as np

import minigan
from minigan import data, game, losses, models
from minigan.data.toy import RING_MODES, RING_STD
from minigan.differences import ADJOINT, FIRST, Check, compare, numerical_gradient
from minigan.gradcheck import step_checks
from minigan.layers.activations import sigmoid
from minigan.metrics import mixture_quality
from minigan.optim import EMA, Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: where do the arrows point?
#
# The data: eight Gaussians with standard deviation 0.01 on the unit circle,
#
# $$ x = (\cos a,\, \sin a) + 0.01\, e, \qquad a = \frac{2 \pi k}{8}, \quad e \sim \mathcal{N}(0, I) \tag{eq:data.ring} $$
#
# G turns two Gaussian numbers into a point, D turns a point into a score; both have three hidden layers of 64 units. G is untrained, and its fakes form a shapeless cloud. We train D alone for 300 steps, without changing G. Now D's gradient says in which direction each fake should move to look more real: an arrow. What share of the arrows points
# to the mode next to it, within 45 degrees?
#
# - **a** nearly all: that is where the data is
# - **b** about a quarter
# - **c** none

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def push(D, x):
    """What G's loss wants of each fake: minus its gradient in x, (N, 2)."""
    f, caches = D.forward(x)
    _, df = losses.non_saturating.g(None, f)
    return -D.backward(df, caches, learn=False)  # through D, not into it


def towards_a_mode(x, arrows):
    """Share of the arrows that point to the nearest mode, within 45 degrees."""
    away = RING_MODES - x[:, None]  # (N, 8, 2)
    nearest = away[np.arange(len(x)), np.linalg.norm(away, axis=2).argmin(axis=1)]
    cosine = np.sum(nearest * arrows, axis=1)
    cosine /= np.linalg.norm(nearest, axis=1) * np.linalg.norm(arrows, axis=1)
    return float(np.mean(cosine > 0.5**0.5))


G, D = models.toy(latent=2, width=64, depth=3, rng=0)
opt, rng = Adam(D, 1e-3), np.random.default_rng(1)
z = np.random.default_rng(3).standard_normal((1000, 2))
judges = {}
for t in range(steps(300, 30) + 1):
    if t in (0, 30, 300):
        judges[t] = copy.deepcopy(D)
        print(
            f"after {t:3d} steps of D: {towards_a_mode(G(z), push(D, G(z))):.0%} point to the nearest mode"
        )
    game.d_step(G, D, losses.non_saturating, (), opt, data.ring(256, rng), rng.standard_normal((256, 2)))

check.first_gan.p1(guess)
usually(
    "fewer than half of the arrows point to the nearest mode", towards_a_mode(G(z), push(D, G(z))) < 0.5
)


# %%
side = np.linspace(-1.7, 1.7, 90)
places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


def draw(ax, D, fakes, arrows=70):
    """D's probability as grey (white: real), the modes as rings, the fakes as dots, some with their arrows."""
    p = sigmoid(D(places).astype(float)).reshape(len(side), len(side))
    ax.contourf(side, side, p, levels=np.linspace(0, 1, 11), cmap="gray", alpha=0.75)
    fakes = fakes[np.abs(fakes).max(axis=1) < 1.7]
    way = push(D, fakes[:arrows])
    way = way / np.linalg.norm(way, axis=1, keepdims=True)
    style = {"color": "#d1600a", "scale": 13, "width": 0.006, "headwidth": 4}
    ax.quiver(*fakes[:arrows].T, *way.T, **style)
    ax.plot(*fakes.T, ".", color="#1f4e9c", markersize=4)
    ax.plot(*RING_MODES.T, "o", color="black", markerfacecolor="none", markersize=11)
    ax.set(xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), xticks=(), yticks=(), aspect="equal")


title = "The arrows point where D's score rises, and seldom to a mode"
with figure(title, panels=len(judges), size=(10, 3.7)) as axes:
    for ax, (t, judge) in zip(axes, judges.items(), strict=True):
        draw(ax, judge, G(z[:80]))
        ax.set_title(f"D after {t} steps")

# %% [markdown]
# (Circles are the modes, dots the fakes, grey is D's probability of real, white for 1. Fakes outside the frame are not drawn.)
#
# ## Derive: the gradient that passes through D
#
# Let $x_n = G(z_n)$ be a fake and $f_n = D(x_n)$ its score. G's loss is $L_G = \operatorname{mean} \operatorname{softplus}(-f)$, with the gradients of lesson 3,
#
# $$ df_n = -\frac{\sigma(-f_n)}{N} \tag{eq:loss.non\_saturating.g.gradients} $$
#
# $x_n$ affects the loss through its own score only. So by the chain rule, $\partial L_G / \partial x_n = df_n\, \nabla D(x_n)$, and the direction in which this fake should move, the arrow, is minus that:
#
# $$ -\frac{\partial L_G}{\partial x_n} = \frac{\sigma(-f_n)}{N}\, \nabla D(x_n) \tag{8.1} $$
#
# *Its direction is that of D's gradient at $x_n$; its length is the norm of that gradient times the remaining doubt*, $\sigma(-f_n)$, the
# probability that D gives to "fake". If D is at its best, $D = \log p/q$ (lesson 6), the arrow points where the ratio of reals to fakes rises
# fastest: not to the nearest real, but away from places with many fakes. And where D has seen no data, it points wherever D's last linear
# piece happens to rise.
#
# G does not control its points directly, only its weights. So the backward pass continues into G:
#
# $$ d\theta_G = J_G^{\top}\, J_D^{\top}\, df \tag{eq:game.through} $$
#
# where $J_D$ is the Jacobian of D in $x$, and $J_G$ that of G in its weights. From the right: the gradient passes *through* D (no weight of D learns from it), then *into* G. Then G takes one step:
#
# $$ \theta_G \leftarrow \theta_G - \eta\, \nabla_{\theta_G} L_G\bigl(D(G(z))\bigr) \tag{8.2} $$
#
# D's step is the one of lesson 6, with fakes of the current G:
#
# $$ \theta_D \leftarrow \theta_D - \eta\, \nabla_{\theta_D} \Bigl[ L_D\bigl(D(x),\, D(G(z))\bigr) + \sum P \Bigr] \tag{eq:game.d\_step} $$
#
# ($P$ are penalties, from lesson 15 on; here there are none.)
#
# ## See the code
#
# Read both until you know them by heart. Notice where each gradient stops: in `d_step` at the fakes (there is no `G.backward`), in `g_step` at D's weights (`learn=False`).

# %%
show_source(game.d_step, game.g_step)

# %% [markdown]
# ## Check: the same, by hand
#
# Now we do it without them. Two small networks in float64, a batch of five. **D's step**, stage by stage:

# %%
G, D = models.toy(latent=2, width=6, depth=1, rng=0, dtype="float64")
twin_G, twin_D = copy.deepcopy((G, D))  # for the library to play with
opt_G, opt_D = Adam(G, 1e-3), Adam(D, 1e-3)
rng = np.random.default_rng(0)
x, z = data.ring(5, rng).astype(float), rng.standard_normal((5, 2))

fake, _ = G.forward(z)  # 1. five fakes; D's step does not need the caches of G
r, real_caches = D.forward(x)  # 2. two batches of scores,
f, fake_caches = D.forward(fake)  #    and two sets of caches, both kept
loss_D, d_real, d_fake = losses.non_saturating.d(r, f)  # 3. a number, and how wrong D was about each
D.backward(d_real, real_caches, need_dx=False)  # 4. both gradients into D; they add up in D.grad
D.backward(d_fake, fake_caches, need_dx=False)
print(f"fakes {fake.shape}   scores {r.shape} {f.shape}   gradients {d_real.shape} {d_fake.shape}")
print(f"loss of D {loss_D:.4f}   D.grad {D.grad.shape}   G.grad {np.abs(G.grad).max():.1f} everywhere")


def loss_of_d(_):
    return losses.non_saturating.d(D(x), D(fake))[0]


print(compare("D.grad", D.grad, numerical_gradient(loss_of_d, D.theta), FIRST))
opt_D.step()  # 5. D moves, and D.grad is zero again

# %% [markdown]
# **G's step.** New noise, new fakes, and the D that has just moved:

# %%
z2 = rng.standard_normal((5, 2))
fake, caches = G.forward(z2)  # 1. this time G's caches are kept
f, fake_caches = D.forward(fake)  # 2. their scores
loss_G, df = losses.non_saturating.g(None, f)  # 3. G's loss
dx = D.backward(df, fake_caches, learn=False)  # 4. through D: minus the arrows, (5, 2)
G.backward(dx, caches, need_dx=False)  # 5. into G
print(
    f"df {df.shape}   dx {dx.shape}   G.grad {G.grad.shape}   D.grad {np.abs(D.grad).max():.1f} everywhere"
)


def loss_of_g(_):
    return losses.non_saturating.g(None, D(G(z2)))[0]


print(compare("G.grad", G.grad, numerical_gradient(loss_of_g, G.theta), FIRST))
opt_G.step()  # 6. G moves

# %% [markdown]
# The library, on copies of the same networks with the same numbers, has to give the same weights:

# %%
game.d_step(twin_G, twin_D, losses.non_saturating, (), Adam(twin_D, 1e-3), x, z)
game.g_step(twin_G, twin_D, losses.non_saturating, Adam(twin_G, 1e-3), x, z2)
print(compare("D by hand and by d_step", D.theta, twin_D.theta, ADJOINT))
print(compare("G by hand and by g_step", G.theta, twin_G.theta, ADJOINT))
show_checks(step_checks(G, D, losses.non_saturating, x, z))

# %% [markdown]
# For any pair of networks, with any layers, `minigan.trace(G, D, x, z)` lists these stages with all shapes and sizes, layer by layer, and checks every gradient where it is used. Here are its first lines; evaluate it in a cell of its own to see the rest.

# %%
print("\n".join(str(minigan.trace(G, D, x, z)).splitlines()[:3]))

# %% [markdown]
# ## Predict: G or its average?
#
# Training is a loop over these two steps. `GAN` holds the two networks, their optimizers, and a running average of G's weights (`eq:ema` of lesson 5, over about the last hundred steps). We train with Adam at a constant rate, 3000 steps. A fake is *of high quality* if it lies within three standard deviations, 0.03, of a mode; a mode is *found* if some fake
# of high quality belongs to it:
#
# $$ \text{modes} = \bigl|\{ k : \min_n \lVert x_n - c_k \rVert \le 3\, \sigma \}\bigr|, \qquad \text{high quality} = \tfrac1N \bigl|\{ n : \min_k \lVert x_n - c_k \rVert \le 3\, \sigma \}\bigr| \tag{eq:metric.modes} $$
#
# Take G at the end, and the network whose weights are the average. Both get the same noise. Which has more fakes of high quality?
#
# - **a** about the same: at the end G hardly changes any more
# - **b** the average, by far
# - **c** G, by far: the mean of two networks is not a network that does anything sensible

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
FRESH = np.random.default_rng(9).standard_normal((2500, 2))


def quality(net, z=FRESH):
    return mixture_quality(net(z), RING_MODES, RING_STD)


def train(rate, n, batch=256, keep=(), seed=0):
    """A GAN on the ring -> the GAN, a list of (step, losses, quality), and copies of G and D at the steps `keep`."""
    G, D = models.toy(latent=2, width=64, depth=3, rng=seed)
    opt_G, opt_D = Adam(G, rate, beta2=0.99), Adam(D, rate, beta2=0.99)
    average = EMA(G, 0.99, warmup=True)
    gan = game.GAN(G, D, losses.non_saturating, (), opt_G, opt_D, latent=2, ema=average)
    rng, log, kept = np.random.default_rng(seed + 1), [], {}
    for t in range(n + 1):
        if t in keep:
            kept[t] = copy.deepcopy((G, D))
        row = gan.step(lambda: (data.ring(batch, rng), None), rng)
        if t % 100 == 0:
            now, mean = quality(G)["high_quality"], quality(average.net)["high_quality"]
            log.append((t, row["loss_D"], row["loss_G"], now, mean))
    return gan, np.array(log), kept


N = steps(3000, 60)
circling, log, _ = train(1e-3, N)
for name, net in (("G at the end", circling.G), ("its average", circling.ema.net)):
    found = quality(net)
    print(f"{name:<13} modes {found['modes']}   high quality {found['high_quality']:5.1%}")

check.first_gan.p2(guess)
now, mean = (quality(net)["high_quality"] for net in (circling.G, circling.ema.net))
usually("the average has more than twice as many fakes of high quality", mean > 2 * now)

# %% [markdown]
# That is lesson 5 in the plane: at a constant rate the players circle, and the average of the circling weights is near the middle. There is a
# second way to make them converge: let the rate fall to 0 (the library's `cosine`). We train again, and this time keep copies for a film.

# %%
frames = tuple(steps(t, t // 50) for t in (0, 250, 500, 1000, 1500, 3000))
calm, calm_log, film = train(cosine(1e-3, N), N, keep=frames)
for name, net in (("G at the end", calm.G), ("its average", calm.ema.net)):
    found = quality(net)
    print(f"{name:<13} modes {found['modes']}   high quality {found['high_quality']:5.1%}")

title = "G spreads out over the ring, then gathers at the modes; in the end D is in doubt only there"
with figure(title, panels=(2, 3), size=(10, 7)) as axes:
    for ax, (t, (G_t, D_t)) in zip(axes.flat, film.items(), strict=True):
        draw(ax, D_t, G_t(FRESH[:150]), arrows=40)
        ax.set_title(f"step {t}: high quality {quality(G_t)['high_quality']:.0%}")

# %%
title = "At a constant rate G circles; its average, or a falling rate, settles on the modes"
with figure(title, panels=2, size=(10, 3.6)) as (left, right):
    for name, rows in (("constant rate", log), ("falling rate", calm_log)):
        left.plot(rows[:, 0], rows[:, 1], label=f"{name}: loss of D")
        right.plot(rows[:, 0], rows[:, 3], label=f"{name}: G")
    left.axhline(np.log(4), color="black", linestyle=":", linewidth=1)
    left.annotate("log 4", (2600, np.log(4) + 0.03), va="bottom")
    right.plot(log[:, 0], log[:, 4], label="constant rate: average of G")
    left.set(title="loss of D", xlabel="step", ylim=(0.4, 1.8))
    right.set(title="share of fakes of high quality", xlabel="step", ylim=(0, 1))
    left.legend(loc="lower left", fontsize=9)
    right.legend(loc="upper left", fontsize=9)

usually("with a falling rate more than 40 % are of high quality", quality(calm.G)["high_quality"] > 0.4)

# %% [markdown]
# At the constant rate D's loss falls below $\log 4$ step by step: G is always a little off the modes, and D has learned to see how little.
#
# Why do even the good ones reach no more than two thirds? The noise is one connected cloud, and G is a continuous function, so its fakes form
# one connected cloud too. It has to stretch thin bridges between the modes, and some fakes lie on them. (Look at the last picture.) A wider G
# makes the bridges thinner but cannot cut them.
#
# ## Modify
#
# ### Exercise 1: the arrows
#
# Equation (8.1), without looking it up: given a network `D` and fakes `x` (N, 2), return the arrows (N, 2), for the non-saturating loss. D must not learn from it.


# %% tags=["exercise"]
def arrows_on(D, x):
    return ...  # your code: an array like x


check.first_gan.q1(arrows_on)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def arrows_on(D, x):
#     f, caches = D.forward(x)
#     _, df = losses.non_saturating.g(None, f)
#     return -D.backward(df, caches, learn=False)
# ```
#
# `D.backward` multiplies by $J_D^\top$, sample by sample, and returns the gradient in its input: $df_n \nabla D(x_n)$. The minus turns it
# into a direction of descent. With `learn=True` the result would be the same, but D's own gradient would have changed.
#
# </details>

# %% [markdown]
# ### Exercise 2: D's step
#
# Write `d_step` without penalties, for the loss `losses.non_saturating`: `x` are reals, `z` is noise, `opt_D` moves D. Return the value of D's loss.


# %% tags=["exercise"]
def my_d_step(G, D, opt_D, x, z):
    return ...  # your code: one step of D; return its loss


check.first_gan.q2(my_d_step)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_d_step(G, D, opt_D, x, z):
#     fake, _ = G.forward(z)
#     r, real_caches = D.forward(x)
#     f, fake_caches = D.forward(fake)
#     value, d_real, d_fake = losses.non_saturating.d(r, f)
#     D.backward(d_real, real_caches)
#     D.backward(d_fake, fake_caches)
#     opt_D.step()
#     return value
# ```
#
# Two batches, two caches, two backward passes that add up in `D.grad`. No gradient goes into G: its fakes are data for D. One could also put both batches into one array of 2N; as long as no layer mixes its samples, it is the same.
#
# </details>

# %% [markdown]
# ### Exercise 3: G's step
#
# And `g_step`, for the same loss. Return the value of G's loss.


# %% tags=["exercise"]
def my_g_step(G, D, opt_G, z):
    return ...  # your code: one step of G; return its loss


check.first_gan.q3(my_g_step)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_g_step(G, D, opt_G, z):
#     fake, caches = G.forward(z)
#     f, fake_caches = D.forward(fake)
#     value, df = losses.non_saturating.g(None, f)
#     dx = D.backward(df, fake_caches, learn=False)
#     G.backward(dx, caches)
#     opt_G.step()
#     return value
# ```
#
# The gradient of the loss in the score passes through D, as if G and D were one long network, and only the part that belongs to G learns. In
# frameworks with automatic differentiation this is where people forget to set D's gradient back to zero.
#
# </details>

# %% [markdown]
# ## Break it
#
# Two bugs in the wiring, both from real projects, and one in how the noise is drawn:
#
# 1. *D left out*: G gets the gradient of the score as if D were not there, the same number for both coordinates. (A NumPy library with thousands of stars.)
# 2. *The fakes are not cut off*: in D's step the gradient goes on into G, and stays in G's gradient until its next step. (A forgotten `detach`.)
# 3. *The noise is drawn once*: the code fixes the noise for the pictures in the log, so that they can be compared, and uses the same array to train.
#
# The third trains with a batch of 64. At the end we compare D's loss with that of a healthy training with fresh noise. Which is nearer to $\log 4$, the equilibrium?
#
# - **a** that of the healthy training
# - **b** that of the training with the reused noise
# - **c** there is no difference: both play the same game

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def without_d(G, D, loss, opt_G, x, z):
    fake, caches = G.forward(z)
    value, df = loss.g(None, D.forward(fake)[0])
    G.backward(df * np.ones_like(fake), caches)  # right: D.backward(df, fake_caches, learn=False)
    opt_G.step()
    return {"loss_G": value}


def not_cut_off(G, D, loss, penalties, opt_D, x, z, rng=None):
    fake, caches = G.forward(z)
    (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(fake)
    value, d_real, d_fake = loss.d(r, f)
    D.backward(d_real, real_caches)
    G.backward(D.backward(d_fake, fake_caches), caches)  # right: D.backward(d_fake, fake_caches)
    opt_D.step()
    return {"loss_D": value}


drawn = game.GAN.noise


def drawn_once(self, n, rng, labels=None):
    return drawn(self, n, np.random.default_rng(0), labels)  # right: rng, which moves on


ours = np.random.default_rng(0).standard_normal((64, 2))
results = {}
for name, bug in (("fresh noise", drawn), ("reused noise", drawn_once)):
    with planted(game.GAN, "noise", bug):
        gan, log, _ = train(cosine(1e-3, N), N, batch=64)
    results[name] = gan, log
    seen, fresh = (quality(gan.ema.net, z)["high_quality"] for z in (ours, FRESH))
    print(
        f"{name:<13} loss of D {log[-5:, 1].mean():.3f}   high quality: on 64 noises {seen:4.0%}, on new ones {fresh:4.0%}"
    )
print(f"log 4 = {np.log(4):.3f}")

check.first_gan.p3(guess)

with figure(
    "From the noise it was trained on, G makes the ring; from new noise, bridges", 2, (8, 4)
) as axes:
    memorised = results["reused noise"][0].ema.net
    for ax, noise, name in ((axes[0], ours, "the 64 it knows"), (axes[1], FRESH[:400], "400 new ones")):
        ax.plot(*RING_MODES.T, "o", color="black", markerfacecolor="none", markersize=12)
        ax.plot(*memorised(noise).T, ".", color="#1f4e9c", markersize=4)
        ax.set(xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), aspect="equal", title=name)


# %%
def examine():
    G, D = models.toy(latent=2, width=6, depth=1, rng=0, dtype="float64")
    x, z = np.random.default_rng(0).standard_normal((2, 4, 2))
    yield from step_checks(G, D, losses.non_saturating, x, z)
    gan = game.GAN(G, D, losses.non_saturating, (), Adam(G), Adam(D), latent=2)
    rng = np.random.default_rng(0)
    alike = np.array_equal(gan.noise(4, rng), gan.noise(4, rng))
    yield Check("new noise each time", float(alike), 0.0, "the same array was drawn twice")


caught = {}
for name, owner, verb, wrong in (
    ("D left out", game, "g_step", without_d),
    ("the fakes are not cut off", game, "d_step", not_cut_off),
    ("the noise is drawn once", game.GAN, "noise", drawn_once),
):
    print(name)
    with planted(owner, verb, wrong):
        checks = list(examine())
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

assert caught == {
    "D left out": {"G step, dtheta"},
    "the fakes are not cut off": {"D step moves only D"},
    "the noise is drawn once": {"new noise each time"},
}
healthy, reused = (results[name][1][-5:, 1].mean() for name in ("fresh noise", "reused noise"))
usually("with reused noise D's loss is nearer to log 4", abs(reused - np.log(4)) < abs(healthy - np.log(4)))

# %% [markdown]
# The third has the best log of all: D's loss is near $\log 4$, and every picture shows fakes of high quality, because the pictures use the
# noise of the training. Its game is right, and so are its gradients, but it is played with 64 fakes. **Measure with noise that was never used
# to train.**
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:game.d_step`: one step of D | `minigan.game.d_step` | `tests/test_game.py`: `test_each_step_moves_its_own_network_only`, `test_both_steps_against_differences_with_each_penalty` |
# | `eq:game.g_step`: one step of G | `minigan.game.g_step` | `tests/test_game.py`: `test_each_step_moves_its_own_network_only`, `test_both_steps_against_differences_with_each_penalty` |
# | `eq:game.through`: $d\theta_G = J_G^\top J_D^\top df$ | `minigan.game.g_step` | `tests/test_game.py`: `test_both_steps_against_differences_with_each_penalty` |
# | `eq:loss.non_saturating.g.gradients`: $-\sigma(-f)/N$ | `minigan.losses.NonSaturating.g` | `tests/test_losses.py`: `test_non_saturating_by_hand` |
# | `eq:data.ring`: eight Gaussians | `minigan.data.ring` | `tests/data/test_toy.py`: `test_each_mode_gets_its_share_and_its_width` |
# | `eq:metric.modes`: modes, high quality | `minigan.metrics.mixture_quality` | `tests/metrics/test_modes.py`: `test_a_case_by_hand` |
# | `eq:ema`: the average of G | `minigan.optim.EMA.step` | `tests/test_optim.py`: `test_ema_by_hand` |
#
# - A GAN alternates two steps. In D's step the gradient stops at the fakes; in G's it passes through D, and D's weights do not learn from it.
# - G learns about the data only from the arrows: D's gradient at its own fakes, times the remaining doubt.
# - G circles; sample from its average, or let the rate fall. Count modes and good fakes, on new noise: the log can mislead.
#
# ## Next
#
# [Lesson 9: When GANs fail](09_when_gans_fail.ipynb). This training went well. Now we make it fail on purpose, in three ways, and learn which
# numbers show it and which only seem to.
