# %% [markdown]
# # Lesson 12: Normalisation
#
# **Goal** Derive the backward pass of BatchNorm completely, see which part of a gradient it removes, and know its cost: the output for one
# image depends on the other images of the batch.
#
# **Prerequisites** Lessons 1 and 2; lesson 11 for the size of a signal. Mean and variance.
#
# **Run time** 11 s on two cores (measured).
#
# A network of many layers multiplies by many matrices. If each makes its signal a little too small, the output is nearly 0; a little too large, and it explodes. Good first weights help (lessons 2 and 11), but training changes them. In 2015 Ioffe and Szegedy put one line between the layers: *subtract the mean,
# divide by the standard deviation*. Deep networks that had hardly trained before now trained at once, and soon GANs did. The line looks harmless. But almost everybody gets its derivative wrong the first time, a second set of statistics makes a generator behave differently in use, and it has a side effect that a discriminator should not have.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("G")

# %%
import numpy as np

from minigan import data, kernels, models
from minigan.differences import ADJOINT, FIRST, compare, numerical_gradient
from minigan.gradcheck import layer_checks
from minigan.kernels import reference
from minigan.layers import (
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    InstanceNorm,
    LayerNorm,
    LeakyReLU,
    MinibatchStd,
    PixelNorm,
)
from minigan.layers.layer import MixedSamplesError
from minigan.layers.norm import _SampleNorm, curve, project, standardize
from minigan.losses import mse
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: a batch of two
#
# BatchNorm takes the values of one channel in all samples of the batch, subtracts their mean, and divides by their standard deviation. (Then it multiplies by a learned $\gamma$ and adds a learned $\beta$, at first 1 and 0.) Somebody with little memory trains with a batch of *two* samples, after a dense layer. In one channel the two values are
# 0.3 and 17. What does BatchNorm return?
#
# - **a** 0.3 and 17, slightly changed
# - **b** -1 and 1
# - **c** -8.35 and 8.35
#
# Commit to a letter before you run on.

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
norm = BatchNorm(1).init(rng=0, dtype=np.float64)
for two in ([0.3, 17.0], [-2.0, 5.0], [1.0, 0.0]):
    y, cache = norm.forward(np.array(two)[:, None])
    dx = norm.backward(np.array([[3.0], [-1.0]]), cache)
    print(
        f"{two!s:<12} -> {y.ravel().round(4)}    the gradients (3, -1) come back as {dx.ravel().round(5)}"
    )

check.normalisation.p1(guess)

# %% [markdown]
# The output only says which of the two numbers is larger. And their gradients are zero: for any two numbers the outputs are -1 and 1, so there is nothing to learn. The batch size is part of this layer. With the formula for $dx$ we will see why.
#
# ## Derive: forward
#
# Let $x_1, \dots, x_M$ be the values of one channel: in a batch of $N$ images of $H \times W$ pixels there are $M = N H W$ of them, after a dense layer $M = N$. Each channel is treated separately, so we need no index for it.
#
# $$ \mu = \frac1M \sum_m x_m, \qquad \sigma^2 = \frac1M \sum_m (x_m - \mu)^2 \tag{eq:batchnorm.moments} $$
#
# $$ \hat x = \frac{x - \operatorname{mean} x}{s}, \qquad s = \sqrt{\operatorname{mean}\,(x - \operatorname{mean} x)^2 + \varepsilon} \tag{eq:norm.standardize} $$
#
# $$ y = \gamma\, \hat x + \beta \tag{eq:norm.affine} $$
#
# The last two lines hold for other norms too, which differ in what the mean runs over. With the moments of a channel in the batch they are BatchNorm:
#
# $$ y = \gamma\, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta \tag{eq:batchnorm.forward} $$
#
# The small $\varepsilon = 10^{-5}$ is for a channel that is constant: there $x - \mu = 0$ and the division would be 0 by 0. And with $\gamma$ and $\beta$ the network can still give a channel any mean and standard deviation, such as 3 and 0.1, with two numbers instead of all the weights below.
#
# ## Derive: the backward pass
#
# Given $dy_m$. The easy part is $\gamma$ and $\beta$, which affect every value of their channel:
#
# $$ d\gamma \mathrel{+}= \sum_m dy_m\, \hat x_m \tag{eq:batchnorm.dgamma} $$
#
# $$ d\beta \mathrel{+}= \sum_m dy_m \tag{eq:batchnorm.dbeta} $$
#
# and the gradient in $\hat x$ is $d\hat x_m = \gamma\, dy_m$. Now $x_j$. It affects its own $\hat x_j$ directly. But it also changes the mean and the standard deviation, and through these *every* $\hat x_m$. So we need all of $\partial \hat x_m / \partial x_j$. In three steps, with $\delta_{mj} = 1$ if $m = j$ and 0 otherwise:
#
# $$ \frac{\partial (x_m - \mu)}{\partial x_j} = \delta_{mj} - \frac1M \tag{12.1} $$
#
# $$ \frac{\partial \sigma^2}{\partial x_j} = \frac2M \sum_m (x_m - \mu) \Bigl( \delta_{mj} - \frac1M \Bigr) = \frac2M (x_j - \mu), \qquad \text{since } \sum_m (x_m - \mu) = 0 \tag{12.2} $$
#
# $$ \frac{\partial s}{\partial x_j} = \frac{1}{2 s} \frac{\partial \sigma^2}{\partial x_j} = \frac{x_j - \mu}{M s} = \frac{\hat x_j}{M} \tag{12.3} $$
#
# The quotient $\hat x_m = (x_m - \mu) / s$ has the derivative $\frac1s \frac{\partial (x_m - \mu)}{\partial x_j} - \frac{x_m - \mu}{s^2} \frac{\partial s}{\partial x_j}$, so
#
# $$ \frac{\partial \hat x_m}{\partial x_j} = \frac1s \Bigl( \delta_{mj} - \frac1M - \frac{\hat x_m \hat x_j}{M} \Bigr) \tag{12.4} $$
#
# a symmetric matrix. Multiply by $d\hat x_m$ and sum over $m$: the three terms become $d\hat x_j$, a mean, and a mean with $\hat x$. Write this for any $u$ in the place of $d\hat x$, because we will meet it often:
#
# $$ P u = u - \operatorname{mean} u - \hat x\, \operatorname{mean}(\hat x\, u) \tag{eq:norm.project} $$
#
# $$ dx = \frac{P(\gamma\, dy)}{s} \tag{eq:norm.dx} $$
#
# For BatchNorm $\gamma$ is the same number for the whole channel and can be taken out, and the two means are the gradients of $\beta$ and $\gamma$, which have been summed anyway:
#
# $$ dx = \frac{\gamma}{s} \Bigl( dy - \frac{d\beta}{M} - \hat x\, \frac{d\gamma}{M} \Bigr), \qquad s = \sqrt{\sigma^2 + \varepsilon} \tag{eq:batchnorm.dx} $$
#
# *By hand*, with $\varepsilon = 0$ and $\gamma = 1$: $x = (1, 1, 5, 5)$ has $\mu = 3$, $s = 2$, $\hat x = (-1, -1, 1, 1)$. Only the first output counts, $dy = (1, 0, 0, 0)$. Then $d\beta = 1$, $d\gamma = -1$, and $dx = \frac12 \bigl( (1, 0, 0, 0) - \frac14 + \frac14 (-1, -1, 1, 1) \bigr) = (\frac14, -\frac14, 0, 0)$: to raise the first output, raise the first value
# *and lower the second*, since raising the first alone would also change mean and standard deviation.

# %%
norm = BatchNorm(1, eps=0).init(rng=0, dtype=np.float64)
y, cache = norm.forward(np.array([[1.0], [1], [5], [5]]))
dx = norm.learn(np.array([[1.0], [0], [0], [0]]), cache)
print("y     ", y.ravel())
print("dx    ", dx.ravel())
print("dgamma", norm.dgamma, "  dbeta", norm.dbeta)

# %% [markdown]
# **What P does.** Fit a straight line to the points $(\hat x_m, u_m)$ by least squares. Since $\hat x$ has mean 0 and mean square 1 (but for $\varepsilon$), the line's height is $\operatorname{mean} u$ and its tilt is $\operatorname{mean}(\hat x u)$. So $P u$ is *the residual of this fit*. Shifting all values together changes nothing after normalisation, nor does stretching them, and $P$ removes these two components from a gradient. For a batch of two nothing is left, since a line goes through any two points.

# %%
rng = np.random.default_rng(0)
x = np.sort(rng.standard_normal((24, 1)), axis=0)
xhat, s = standardize(x, 0, 1e-5)
u = 0.6 + 0.8 * xhat + 0.5 * rng.standard_normal(x.shape)
left_over = project(u, xhat, 0)

title = "What comes back through a norm is what a straight line leaves over"
with figure(title, panels=2) as (before, after):
    for ax, gradients, name in ((before, u, "dy"), (after, left_over, "P dy")):
        ax.plot(xhat, gradients, "o", color="black", markersize=5)
        ax.plot(xhat, gradients.mean() + xhat * (xhat * gradients).mean(), label="least-squares line")
        ax.vlines(
            xhat.ravel(),
            (gradients.mean() + xhat * (xhat * gradients).mean()).ravel(),
            gradients.ravel(),
            color="0.6",
        )
        ax.set(xlabel="normalised value", ylabel=name, ylim=(-2.2, 3))

print(f"dy:   mean {u.mean():8.5f}, mean with xhat {(u * xhat).mean():8.5f}")
print(f"P dy: mean {left_over.mean():8.5f}, mean with xhat {(left_over * xhat).mean():8.5f}")

# %% [markdown]
# (The second mean is not quite 0, because of $\varepsilon$: $\operatorname{mean} \hat x^2 = \sigma^2 / (\sigma^2 + \varepsilon)$.)
#
# **The size of the weights no longer matters.** If a dense layer below is multiplied by $c$, so are $x$, $\mu$ and $s$, and $\hat x$ stays. So the loss does not change along $W \to c W$: its gradient has no component along $W$,
#
# $$ \langle dW, W \rangle = \frac{d}{dc} L(c\, W) \Big|_{c = 1} = 0 \tag{12.5} $$
#
# and weights that are drawn too small or too large give the same outputs at the first step. Ten dense layers learn the wave of lesson 2, from first weights of half, right and double size:


# %%
line = np.linspace(-3, 3, 128)[:, None]
wave = np.sin(2 * line)


def deep(normalised, size):
    layers = []
    for n in (1, *[32] * 9):
        layers += [Dense(n, 32), *([BatchNorm(32)] if normalised else []), LeakyReLU(0.2)]
    net = Sequential(*layers, Dense(32, 1, gain=1.0), rng=0, dtype=np.float64)
    for layer in net.layers[:-1]:  # all but the last, which no norm follows
        if isinstance(layer, Dense):
            layer.W *= size
    return net


losses = {}
for normalised in (False, True):
    for size in (0.5, 1, 2):
        net, losses[normalised, size] = deep(normalised, size), []
        opt = Adam(net, lr=1e-3, beta1=0.9)
        for t in range(steps(300, 20)):
            y, caches = net.forward(line)
            value, dy = mse(y, wave)
            losses[normalised, size].append(value)
            net.backward(dy, caches, need_dx=False)
            if t == 0 and normalised:
                W, dW = net.layers[3].W, net.layers[3].dW
                cosine = np.sum(W * dW) / np.sqrt(np.sum(W**2) * np.sum(dW**2))
                print(f"weights of size {size}: cosine of the angle between dW and W {cosine:.0e}")
            opt.step()

with figure("With BatchNorm first weights of the wrong size do little harm", panels=2) as axes:
    for ax, normalised, name in zip(axes, (False, True), ("without", "with BatchNorm")):
        for size in (0.5, 1, 2):
            ax.semilogy(np.maximum(losses[normalised, size], 1e-6), label=f"first weights times {size}")
        ax.set(title=name, xlabel="step", ylabel="loss", ylim=(5e-7, 5e6))
worst = max(losses[True, size][-1] for size in (0.5, 1, 2))
usually(
    "with BatchNorm every size of the first weights learns, without it not",
    worst < 0.003 < 0.05 < losses[False, 2][-1],
)

# %% [markdown]
# Doubled weights in ten layers make the output $2^{10}$ times as large, and the first loss some hundred thousand. With BatchNorm all three begin with the same loss and learn, and sooner than without. (The cosines are not 0 to the last digit because of $\varepsilon$. The three curves differ after the first step because an optimizer's steps have the same length: they rotate long weights less than short ones. And this is the easiest case, with all the data in each batch. It also explains how a wrong fan-in, like that of lesson 11, stays hidden for years.)
#
# ## See the code
#
# Forward and backward of BatchNorm, and the three lines of the kernel's plain twin that compute (12.1) to (12.4).

# %%
show_source(BatchNorm.forward, BatchNorm.learn, reference.column_moments, reference.batchnorm_dx)

# %% [markdown]
# ## Check: BatchNorm against differences

# %%
norm = BatchNorm(3).init(rng=0, dtype=np.float64)
norm.gamma[...], norm.beta[...] = [1.5, -0.5, 2.0], [0.3, -1.0, 0.1]
x, dy = rng.standard_normal((2, 4, 3, 3)), rng.standard_normal((2, 4, 3, 3))
y, cache = norm.forward(x)
dx = norm.learn(dy, cache)


def loss(_=None):
    return np.sum(dy * norm.forward(x)[0])


mu, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
print(compare("y        ", y, norm.gamma * (x - mu) / np.sqrt(var + norm.eps) + norm.beta, ADJOINT))
print(compare("dx       ", dx, numerical_gradient(loss, x), FIRST))
print(compare("dgamma   ", norm.dgamma, numerical_gradient(loss, norm.theta, at=range(3)), FIRST))
print(compare("dbeta    ", norm.dbeta, numerical_gradient(loss, norm.theta, at=range(3, 6)), FIRST))
print(compare("sum of dx", 1 + dx.sum(axis=(0, 1, 2)), np.ones(3), ADJOINT))

# %% [markdown]
# ## Predict: the other statistics
#
# A trained G should draw *one* image. There is no batch for a mean. So during training BatchNorm keeps a *running* mean and variance, and uses these later. At each step they move by a tenth ("momentum 0.1") towards those of the batch; they begin at 0 and 1.
#
# Suppose a channel has the mean 10, in every batch. After ten steps somebody looks at G's pictures. Which mean does BatchNorm subtract?
#
# - **a** 10
# - **b** about 6.5
# - **c** 1

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
norm = BatchNorm(1).init(rng=0, dtype=np.float64)
for t in range(1, 61):
    norm.forward(10 + rng.standard_normal((64, 1)))
    if t in (1, 5, 10, 20, 40, 60):
        print(f"after {t:2d} steps: mean {norm.running_mean[0]:6.3f}, variance {norm.running_var[0]:.3f}")

check.normalisation.p2(guess)

# %% [markdown]
# ## Derive: learning and use
#
# With momentum $m$,
#
# $$ \bar\mu \leftarrow \bar\mu + m\,(\mu - \bar\mu), \qquad \bar\sigma^2 \leftarrow \bar\sigma^2 + m\,\Bigl(\frac{M}{M-1}\sigma^2 - \bar\sigma^2\Bigr) \tag{eq:batchnorm.running} $$
#
# If $\mu$ is constant, the distance $\mu - \bar\mu$ is multiplied by $1 - m$ at each step, so that from $\bar\mu = 0$
#
# $$ \bar\mu_t = \bigl( 1 - (1 - m)^t \bigr)\, \mu, \qquad 1 - 0.9^{10} = 0.65 . \tag{12.6} $$
#
# Where does $M / (M - 1)$ come from? The standard deviations are measured from the batch's own mean, which is a little nearer to its values than the true mean $\mu_0$. Exactly, $\sum_m (x_m - \mu)^2 = \sum_m (x_m - \mu_0)^2 - M (\mu - \mu_0)^2$; the expected values on the right are $M \sigma_0^2$ and $M \cdot \sigma_0^2 / M$, so
#
# $$ \mathbb{E}\, \sigma^2 = \frac{M - 1}{M}\, \sigma_0^2 \tag{12.7} $$
#
# and the factor corrects it on average. The batch itself is normalised with the uncorrected $\sigma^2$. Later, in use,
#
# $$ y = \gamma\, \frac{x - \bar\mu}{\sqrt{\bar\sigma^2 + \varepsilon}} + \beta \tag{eq:batchnorm.use} $$
#
# which multiplies and shifts each channel: it takes no mean over the batch and mixes nothing. *Learning and using are two different functions.* In this library they are two different calls, `G.forward(z)` to learn and `G(z)` to use, so you cannot forget to switch the mode.

# %%
show_source(BatchNorm.__call__)

# %% [markdown]
# How different are they? We draw the same $z$ again and again, each time in a different batch, and measure how much its picture changes.

# %%
G, _ = models.dcgan(shape=(16, 16, 1), latent=16, width=8, rng=0)
for _ in range(100):
    G.forward(rng.standard_normal((64, 16)))  # let the running statistics settle
mine, batches, moved = rng.standard_normal((1, 16)), (2, 4, 8, 16, 32, 64, 128), []
for batch in batches:
    pictures = []
    for _ in range(steps(40, 8)):
        company = rng.standard_normal((batch - 1, 16))
        pictures.append(G.forward(np.concatenate([mine, company]))[0][0])
    moved.append(np.std(pictures, axis=0).mean() / np.std(pictures[0]))
used = [G(np.concatenate([mine, rng.standard_normal((batch - 1, 16))]))[0] for batch in batches]

title = "While G learns, a picture depends on the pictures beside it, less so in larger batches"
with figure(title, marker=True) as ax:
    ax.loglog(batches, moved, label="the same z in other company, learning: G.forward(z)")
    root = moved[-1] * np.sqrt(batches[-1] / np.array(batches))
    ax.loglog(batches, root, marker="", label="falling as 1 / square root of the batch")
    ax.set(xlabel="batch", ylabel="how far its picture changes\n(standard deviation / contrast)")
    ax.set_xticks(batches, batches)
    ax.set_yticks([0.05, 0.1, 0.2, 0.4], ["5 %", "10 %", "20 %", "40 %"])
    ax.minorticks_off()
print(f"in use, G(z): it moves by {max(np.abs(u - used[0]).max() for u in used):.0e}")
assert max(np.abs(u - used[0]).max() for u in used) < 1e-5
if not quick():
    assert moved[0] > 3 * moved[-1]

# %% [markdown]
# ## Predict: what a discriminator cannot see
#
# D begins with a convolution, then BatchNorm. As usual it is shown a batch of real images, and after that a batch of fakes. Suppose that G draws perfect digits in every respect but one: they have half the contrast, $\frac12 x$. D has had no training yet. How far are its scores of the fakes from its scores of the same digits in full contrast?
#
# - **a** about half as large
# - **b** they are all different, there is no rule
# - **c** they are the same to four digits or more

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
digits = data.load("digits8").images[:64] / 127.5 - 1  # (64, 8, 8, 1) in [-1, 1]


def critic(norm):
    body = [
        Conv2d(1, 16, 4, 2, 1),
        *norm(16),
        LeakyReLU(0.2),
        Conv2d(16, 32, 4, 2, 1),
        *norm(32),
        LeakyReLU(0.2),
    ]
    return Sequential(*body, Flatten(), Dense(128, 1, gain=1.0), rng=0, dtype=np.float64)


for name, norm in (("no norm", lambda n: []), ("BatchNorm", lambda n: [BatchNorm(n)])):
    D = critic(norm)
    full, half = D.forward(digits)[0], D.forward(digits / 2)[0]
    print(f"{name:<10} full contrast {full[:4, 0].round(4)}   half {half[:4, 0].round(4)}")

check.normalisation.p3(guess)

# %% [markdown]
# The convolution is linear, so half the contrast comes out as half the values; BatchNorm divides by half the standard deviation. BatchNorm removes exactly what all fakes have in common, so G does not learn to correct it. The other direction is as bad: in a batch with one odd image, the scores of all *others* change.
#
# DCGAN (2016) had BatchNorm in both networks and worked: BatchNorm in D is a flaw, but it works. It no longer works with gradient penalties (lesson 15). They need the gradient of D *at one image*, $\partial D(x_n) / \partial x_n$, and and where images mix it does not exist: the score of $x_n$ also depends on all the others. The library refuses, and says why:

# %%
D = critic(lambda n: [BatchNorm(n)])
scores, caches = D.forward(digits)
try:
    D.tangent(np.ones_like(digits), caches)
except MixedSamplesError as error:
    print(error)

# %% [markdown]
# ## Derive: one formula over other axes
#
# (12.1) to (12.4) hold for any $M$ values. Take them from *one* sample, and no samples mix. In an array $(N, H, W, C)$ one can choose:
#
# | norm | the mean runs over | values of one mean |
# |---|---|---|
# | BatchNorm | samples and pixels, each channel for itself | $N H W$ |
# | LayerNorm (here) | channels, each pixel for itself | $C$ |
# | InstanceNorm | pixels, each channel of each sample for itself | $H W$ |
# | PixelNorm | channels, each pixel for itself, without subtracting the mean | $C$ |
#
# $$ \text{LayerNorm:} \quad \operatorname{mean} = \text{over the channels of each sample (and pixel)} \tag{eq:layernorm.axes} $$
#
# $$ \text{InstanceNorm:} \quad \operatorname{mean} = \text{over the pixels of each channel of each sample} \tag{eq:instancenorm.axes} $$
#
# $\gamma$ and $\beta$ still belong to a channel, whatever the means run over. So their gradients are summed over everything that the channel's two numbers affect, in all samples and pixels:
#
# $$ d\gamma \mathrel{+}= \sum dy\, \hat x \tag{eq:norm.dgamma} $$
#
# $$ d\beta \mathrel{+}= \sum dy \tag{eq:norm.dbeta} $$
#
# These are no longer the two means in $P$, and $\gamma$, which in LayerNorm is another number for each value of the mean, stays inside: $P(\gamma\, dy)$ of `eq:norm.dx` is all there is, without the shortcut of `eq:batchnorm.dx`.
#
# PixelNorm does not subtract the mean, and has no parameters:
#
# $$ y = \frac{x}{s}, \qquad s = \sqrt{\operatorname{mean}_c\, x_c^2 + \varepsilon} \tag{eq:pixelnorm.forward} $$
#
# Then (12.1) has no $\frac1M$, and from (12.4) it is missing too: the projection keeps only its last term,
#
# $$ dx = \frac{dy - y\, \operatorname{mean}_c(y\, dy)}{s} \tag{eq:pixelnorm.dx} $$
#
# Two functions serve all of them:

# %%
show_source(standardize, project, _SampleNorm.backward, LayerNorm, InstanceNorm, PixelNorm.backward)

# %% [markdown]
# Let the layers show it. Take one output number, the first pixel of the first channel of the first image: for which inputs is its gradient not 0?

# %%
x = rng.standard_normal((3, 3, 3, 4))  # three images of 3 x 3 pixels, four channels
one = np.zeros_like(x)
one[0, 0, 0, 0] = 1
title = "Each norm looks at other neighbours, and only BatchNorm at other images"
with figure(title, panels=4, size=(10, 3.1)) as axes:
    for ax, norm in zip(axes, (BatchNorm(4), LayerNorm(4), InstanceNorm(4), PixelNorm())):
        norm.init(rng=0, dtype=np.float64)
        dx = norm.backward(one, norm.forward(x)[1])
        reached = (np.abs(dx) > 1e-12).reshape(3, 9, 4)  # image, pixel, channel
        for image in range(3):
            rows = np.arange(10) + 10 * image + image  # a gap between the images
            ax.pcolormesh(
                range(5), rows, 1 - 0.75 * reached[image], cmap="gray", vmin=0, vmax=1, edgecolors="0.7"
            )
        ax.grid(False)
        ax.invert_yaxis()
        ax.set(title=type(norm).__name__, xlabel="channel")
        ax.set_xticks([0.5, 1.5, 2.5, 3.5], range(4))
        ax.set_yticks([4.5, 15.5, 26.5], ["image 1", "image 2", "image 3"] if norm.mixes else [""] * 3)
        images = reached.any(axis=(1, 2)).sum()
        print(f"{type(norm).__name__:<13} reaches {reached.sum():2d} inputs, in {images} of the images")

# %% [markdown]
# Dark squares are the inputs that share a mean with that one output; each block of nine rows is an image, with one row for each pixel.
#
# ## Derive: the tangent, and how it changes with x
#
# Where samples do not mix we can ask how the output changes when $x$ moves along a direction $v$. This is the tangent $w = J v$ of lesson 2, and lesson 15 needs it. The Jacobian of $\hat x$ is (12.4), $P / s$, and symmetric, so tangent and backward use the same line. Only $\gamma$ multiplies afterwards, and $\beta$, a constant, drops out:
#
# $$ w = \gamma\, \frac{P v}{s} \tag{eq:norm.tangent} $$
#
# (In this pass $\gamma$ meets $P v / s$ where it met $\hat x$ before. This is the `u` in `accumulate` below, and the reason why it adds nothing to $d\beta$ then.)
#
# $P$ and $s$ both depend on $x$. So the Jacobian changes with $x$: these layers are *curved*. How does $dy^\top P v / s$ depend on $x$, if $dy$ (which contains $\gamma$ already) and $v$ are held fixed? Write $a = \operatorname{mean}(\hat x\, dy)$ and $b = \operatorname{mean}(\hat x\, v)$, over the $M$ values of one mean. Then
# $dy^\top P v = M \bigl( \operatorname{mean}(dy\, v) - \operatorname{mean} dy\, \operatorname{mean} v - a\, b \bigr)$, and $x$ is in three places: in $a$, in $b$, and in the $s$ below.
#
# - $M a = \sum_m dy_m\, \hat x_m$ is a loss whose gradient we have derived: $P\, dy / s$. Likewise the gradient of $M b$ is $P v / s$. So $-M a\, b$ has the gradient $-(b\, P\, dy + a\, P v) / s$, and this is divided by $s$ once more.
# - The gradient of $1 / s$ is $-\hat x / (M s^2)$, from (12.3). It multiplies $dy^\top P v = M \operatorname{mean}(dy\, P v)$.
#
# Both together, and $P$ taken out of the first since it is linear:
#
# $$ \frac{\partial}{\partial x}\Bigl[ dy^{\top} \frac{P v}{s} \Bigr] = -\frac{P\bigl(dy\, \operatorname{mean}(\hat x v) + v\, \operatorname{mean}(\hat x\, dy)\bigr) + \hat x\, \operatorname{mean}(dy\, P v)}{s^2} \tag{eq:norm.curvature} $$
#
# *By hand*, with the numbers from above, $\hat x = (-1, -1, 1, 1)$, $s = 2$, and $dy = v = (1, 0, 0, 0)$: $P v = (\frac12, -\frac12, 0, 0)$ and $a = b = -\frac14$, so the first term is $P(-\frac12 v) = (-\frac14, \frac14, 0, 0)$, the second $\frac18 \hat x$, and the curvature $\frac{1}{32} (3, -1, -1, -1)$. Its sum is 0: shifting all values together does not change the Jacobian either. PixelNorm has the same formula, with the $P$ that does not subtract the mean.

# %%
show_source(curve, _SampleNorm.tangent, _SampleNorm.accumulate)

# %% [markdown]
# ## Derive: two relatives
#
# Two more layers each share one property of BatchNorm, on purpose.
#
# **Dropout** is *two functions* as well. In training, it sets a random share $p$ of all values to 0, so that no unit can rely on another; in use, it does nothing. So that the mean is the same in both, the other values are scaled up. $\mathbb{E}\, m = 1 - p$, so divide by it, and $\mathbb{E}\, y = x$:
#
# $$ y = \frac{m\, x}{1 - p}, \qquad m \sim \operatorname{Bernoulli}(1 - p) \tag{eq:dropout.forward} $$
#
# The mask is drawn, not computed from $x$. Once drawn it is a constant, and the layer multiplies each value by a number. So the gradient is multiplied by the same number; it has to be the *same* mask, which is why the cache keeps it:
#
# $$ dx = \frac{m\, dy}{1 - p} \tag{eq:dropout.dx} $$
#
# **MinibatchStd** *mixes the samples*. A D that judges each image alone cannot see that all of them are equal: the collapse of lesson 9. So ProGAN gives D that information. Take the standard deviation $s_j$ of each of the $F$ values of a sample over the batch, take the mean of all of them, and add this one number to every sample (and pixel) as one more channel:
#
# $$ y = [x,\, c], \qquad c = \operatorname{mean}_j \sqrt{\operatorname{var}_n x_{nj} + \varepsilon} \tag{eq:minibatch\_std.forward} $$
#
# In the backward pass $dx$ has two parts. The copy passes $dy_x$ on. And $c$, which appears in many places, gets the sum of their gradients. By (12.3), with the $N$ samples for $M$, $\partial s_j / \partial x_{nj} = (x_{nj} - \operatorname{mean}_n x_{nj}) / (N s_j)$, and $c$ is the sum of all $s_j / F$:
#
# $$ dx = dy_x + \Bigl( \sum dy_c \Bigr)\, \frac{x - \operatorname{mean}_n x}{N F\, s}, \qquad s = \sqrt{\operatorname{var}_n x + \varepsilon} \tag{eq:minibatch\_std.dx} $$
#
# If D prefers variety, this term pushes each sample away from the mean of the batch. But if all are exactly equal, $x - \operatorname{mean}_n x = 0$, and there is no push.

# %%
show_source(Dropout.forward, Dropout.backward, MinibatchStd.forward, MinibatchStd.backward)

# %% [markdown]
# ## Check: all of them
#
# Some of the lines that `layer_checks` prints, for each; of BatchNorm and MinibatchStd only those of the first order, since they refuse a tangent. (`second order` is the derivative of the derivative, which lesson 15 needs: the norms are curved, and there it is not zero. Dropout is linear once its mask is drawn.)

# %%
wanted = ("dx", "dtheta", "tangent", "adjoint", "second order, dx")
for layer in (BatchNorm(4), LayerNorm(4), InstanceNorm(4), PixelNorm(), Dropout(0.3), MinibatchStd()):
    print(layer)
    checks = [c for c in layer_checks(layer, (3, 3, 2, 4)) if c.name in wanted]
    assert not show_checks(c for c in checks if c.name != "dtheta" or layer.parameters)

# %% [markdown]
# The curvature alone: by hand, and against differences of $dy^\top P v / s$, over the channels and over the pixels. And the purpose of the last two layers: the mean is kept, and a batch of equal images has no standard deviation.


# %%
def turned(x, dy, v, axes):
    """dy' P v / s, a number: what `curve` is the gradient of."""
    xhat, s = standardize(x, axes, 1e-5)
    return np.sum(dy * project(v, xhat, axes) / s)


first = np.array([1.0, 0, 0, 0])
xhat, s = standardize(np.array([1.0, 1, 5, 5]), (0,), 0)
print("by hand:", 32 * curve(first, first, xhat, s, (0,)), "/ 32")
x, dy, v = rng.standard_normal((3, 2, 3, 2, 4))
for name, axes in (("LayerNorm   ", (-1,)), ("InstanceNorm", (1, 2))):
    k = curve(dy, v, *standardize(x, axes, 1e-5), axes)
    differences = numerical_gradient(lambda _, axes=axes: turned(x, dy, v, axes), x)
    print(compare(f"{name} curvature", k, differences, FIRST))

y, _ = Dropout(0.3).init(rng=0, dtype=np.float64).forward(np.ones((400, 500)))
print(compare("Dropout keeps the mean", y.mean(), 1.0, 0.01))
varied = rng.standard_normal((8, 5))
for name, images in (("varied", varied), ("equal ", varied[:1].repeat(8, axis=0))):
    print(f"MinibatchStd, {name} images: c = {MinibatchStd()(images)[0, -1]:.4f}")

# %% [markdown]
# ## Modify
#
# ### Exercise 1: the backward pass of BatchNorm
#
# Given `dy` and `x` (M, C), `gamma` (C,) and `eps`, return `dx`, `dgamma`, `dbeta`.


# %% tags=["exercise"]
def batchnorm_backward(dy, x, gamma, eps):
    return ...  # your code: dx, dgamma, dbeta


check.normalisation.q1(batchnorm_backward)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def batchnorm_backward(dy, x, gamma, eps):
#     s = np.sqrt(x.var(axis=0) + eps)
#     xhat = (x - x.mean(axis=0)) / s
#     dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
#     dx = gamma / s * (dy - dbeta / len(x) - xhat * dgamma / len(x))
#     return dx, dgamma, dbeta
# ```
#
# Only the last line is more than a definition, and its two corrections come from the change of the mean and of the standard deviation. Code without them trains, at first; it pushes the mean of every channel in a direction that does not change the loss.
#
# </details>

# %% [markdown]
# ### Exercise 2: fold a norm away
#
# A finished G is used, not trained: its BatchNorm is `eq:batchnorm.use` with constant statistics. Given the dense layer before it, `W` (n_in, C) and `b` (C,), and the norm's `gamma`, `beta`, `mean`, `var` (C,) and `eps`, return `W2, b2` such that `x @ W2 + b2` is the dense layer followed by the norm. (This is how networks are made faster before they are shipped.)


# %% tags=["exercise"]
def without_norm(W, b, gamma, beta, mean, var, eps):
    return ...  # your code: W2, b2


check.normalisation.q2(without_norm)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def without_norm(W, b, gamma, beta, mean, var, eps):
#     scale = gamma / np.sqrt(var + eps)
#     return W * scale, (b - mean) * scale + beta
# ```
#
# $\gamma (x W + b - \bar\mu) / \bar s + \beta$, sorted by what is multiplied by $x$. Each channel is a column of W, and `W * scale` multiplies columns. It also shows that in use BatchNorm adds nothing that the dense layer could not do: it changes only the training.
#
# </details>

# %% [markdown]
# ### Exercise 3: a norm of your own
#
# *GroupNorm* (Wu and He 2018) is between LayerNorm and InstanceNorm: the channels are cut into `groups` of neighbours, and a mean runs over all pixels and the channels of one group, in one sample. Given `dy` and `x` (N, H, W, C), the number of `groups` and `eps`, return `dx` (with $\gamma = 1$). The functions `standardize(x, axes, eps)` and `project(u, xhat, axes)` are imported.


# %% tags=["exercise"]
def groupnorm_backward(dy, x, groups, eps):
    return ...  # your code: dx


check.normalisation.q3(groupnorm_backward)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def groupnorm_backward(dy, x, groups, eps):
#     N, H, W, C = x.shape
#     cut, axes = (N, H, W, groups, C // groups), (1, 2, 4)
#     xhat, s = standardize(x.reshape(cut), axes, eps)
#     return (project(dy.reshape(cut), xhat, axes) / s).reshape(x.shape)
# ```
#
# A reshape makes the group an axis of its own, and the rest is the same formula over other axes. With one group per channel it is InstanceNorm; and it refuses nothing, because no sample sees another.
#
# </details>

# %% [markdown]
# ## Break it
#
# Four bugs, each found in somebody's code.
#
# 1. *Held still.* Mean and standard deviation are taken for constants on the backward pass: $dx = \gamma\, dy / s$.
# 2. *The momentum of the other library.* 0.1 in PyTorch is 0.9 in Keras: the running statistics are nearly those of the last batch.
# 3. *One look.* The variance is computed as $\operatorname{mean} x^2 - (\operatorname{mean} x)^2$: right on paper, and only one pass over the data.
# 4. *Still learning.* In use, the statistics of the batch are taken.
#
# Which of them do the checks of derivatives, `layer_checks` in float64, catch?
#
# - **a** all four
# - **b** the first
# - **c** the first and the third
# - **d** the first, the second and the third

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def held_still(dy, x, mean, inv_std, gamma):
    _, dgamma, dbeta = reference.batchnorm_dx(dy, x, mean, inv_std, gamma)
    return gamma * inv_std * dy, dgamma, dbeta  # right: ... (dy - dbeta / M - xhat dgamma / M)


def one_look(x):
    axes = tuple(range(x.ndim - 1))
    return x.mean(axis=axes), (x * x).mean(axis=axes) - x.mean(axis=axes) ** 2  # right: mean (x - mean)^2


right_forward = BatchNorm.forward


def other_momentum(self, x):
    self.momentum = 0.9  # right: 0.1
    return right_forward(self, x)


bugs = {
    "held still": (kernels, "batchnorm_dx", held_still),
    "the momentum of the other library": (BatchNorm, "forward", other_momentum),
    "one look": (kernels, "column_moments", one_look),
    "still learning": (BatchNorm, "__call__", lambda self, x: self.forward(x)[0]),
}
x = rng.standard_normal((6, 4))
derivatives = {}
for name, bug in bugs.items():
    with planted(*bug):
        derivatives[name] = layer_checks(BatchNorm(4), x)
    print(name)
    show_checks([c for c in derivatives[name] if not c.ok or c.name == "dx"])
    print()

check.normalisation.p4(guess)
caught = [name for name, checks in derivatives.items() if not all(c.ok for c in checks)]
assert caught == ["held still"]

# %% [markdown]
# In three of the bugs every derivative is right. Each needs a different check: is the running mean after one step a tenth of the batch's? Does an image look the same alone as in a batch? And, because training uses float32: what if the mean is large? With a mean of 4000 and a standard deviation of 1, the two terms of the one-look
# formula are both sixteen million, float32 keeps seven digits of them, and their difference is 0, or even negative.


# %%
def others():
    norm = BatchNorm(4).init(rng=0, dtype=np.float64)
    norm.forward(x)
    yield compare("running mean after a step", norm.running_mean, 0.1 * x.mean(axis=0), ADJOINT)
    yield compare("alone as in a batch", norm(x[:2]), norm(x)[:2], ADJOINT)
    far = (4000 + np.random.default_rng(1).standard_normal((1000, 1))).astype(np.float32)
    y, _ = BatchNorm(1).init(rng=0).forward(far)
    yield compare("standard deviation 1 far from 0, in float32", y.std(), 1.0, 1e-3)


for name, bug in bugs.items():
    print(name)
    with planted(*bug), np.errstate(all="ignore"):
        found = show_checks(others())
    assert found == (name != "held still")
    print()
assert not show_checks(others())

# %% [markdown]
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:norm.standardize`: $\hat x = (x - \operatorname{mean} x) / s$ | `minigan.layers.norm.standardize` | `tests/layers/test_norm.py`: `test_what_is_averaged` |
# | `eq:norm.project`: $u - \operatorname{mean} u - \hat x \operatorname{mean}(\hat x u)$ | `minigan.layers.norm.project` | `tests/layers/test_norm.py`: `test_tangent_and_curvature_by_hand` |
# | `eq:norm.dx`: $P(\gamma\, dy) / s$ | `minigan.layers.norm._SampleNorm.backward` | `tests/layers/test_norm.py`: `test_worked_by_hand` |
# | `eq:norm.tangent`: $w = \gamma P v / s$ | `minigan.layers.norm._SampleNorm.tangent` | `tests/layers/test_norm.py`: `test_tangent_and_curvature_by_hand` |
# | `eq:norm.curvature`: $-(P(dy \operatorname{mean}(\hat x v) + v \operatorname{mean}(\hat x\, dy)) + \hat x \operatorname{mean}(dy\, P v)) / s^2$ | `minigan.layers.norm.curve` | `tests/layers/test_norm.py`: `test_tangent_and_curvature_by_hand` |
# | `eq:batchnorm.dx`: $\frac{\gamma}{s} (dy - d\beta / M - \hat x\, d\gamma / M)$ | `minigan.kernels.reference.batchnorm_dx` | `tests/kernels/test_reference.py`: `test_batchnorm_gradients_are_differences` |
# | `eq:batchnorm.moments`: $\mu$, $\sigma^2$ of each channel | `minigan.kernels.norm.column_moments` | `tests/layers/test_norm.py`: `test_float32_survives_a_large_mean` |
# | `eq:batchnorm.running`: $\bar\mu \leftarrow \bar\mu + m (\mu - \bar\mu)$ | `minigan.layers.BatchNorm.forward` | `tests/layers/test_norm.py`: `test_batch_norm_running_statistics_by_hand`, `test_batch_norm_running_average_reaches_the_truth` |
# | `eq:batchnorm.use`: $\gamma (x - \bar\mu) / \sqrt{\bar\sigma^2 + \varepsilon} + \beta$ | `minigan.layers.BatchNorm.__call__` | `tests/layers/test_norm.py`: `test_batch_norm_evaluation_uses_the_running_statistics_and_leaves_them_alone` |
# | `eq:pixelnorm.dx`: $(dy - y \operatorname{mean}_c(y\, dy)) / s$ | `minigan.layers.PixelNorm.backward` | `tests/layers/test_norm.py`: `test_pixel_norm_by_hand` |
# | `eq:dropout.forward`: $y = m\, x / (1 - p)$ | `minigan.layers.Dropout.forward` | `tests/layers/more/test_dropout.py`: `test_worked_by_hand`, `test_the_mean_is_kept` |
# | `eq:minibatch_std.dx`: $dy_x + (\sum dy_c) (x - \operatorname{mean}_n x) / (N F s)$ | `minigan.layers.MinibatchStd.backward` | `tests/layers/more/test_minibatch_std.py`: `test_worked_by_hand` |
#
# - The backward pass of a norm: subtract from the gradient its mean and its part along $\hat x$, divide by $s$. What remains is the residual of fitting a straight line.
# - BatchNorm is two functions, one for training and one for use. Check which of them a program calls.
# - In G it makes the size of the weights unimportant. In D it hides what all fakes have in common, and rules out gradient penalties: use a norm that stays inside a sample, or none.
#
# ## Next
#
# [Lesson 13: DCGAN on digits](13_dcgan_on_digits.ipynb). Convolutions that shrink, transposed ones that grow, BatchNorm in G: now we have all the parts, and in two minutes they draw digits.
