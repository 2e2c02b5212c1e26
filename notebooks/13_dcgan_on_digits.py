# %% [markdown]
# # Lesson 13: DCGAN on digits
#
# **Goal** Combine the parts of the last three lessons into a GAN that draws digits, know the reason for each of its numbers, and find out by
# measurement, not by taste, how much each decision matters.
#
# **Prerequisites** Lessons 8 and 9: the two steps, the moving average, what losses do not say. Lessons 10 to 12: convolution, upsampling, BatchNorm.
#
# **Run time** 116 s on two cores (measured).
#
# The first GANs, of 2014, drew digits, small faces and CIFAR pictures, mostly with dense layers. In 2015 LAPGAN (Denton et al.) made larger
# pictures with a chain of convolutional GANs, each of which doubled the size. Training them was difficult, and one convolutional network for
# the whole picture hardly ever worked. Radford, Metz and Chintala (2016) tried many networks and published the one that trained: convolutions
# with stride in D, transposed convolutions in G, BatchNorm, no dense layers except at the ends. Their *DCGAN* is a list of decisions, and
# almost every later generator descends from it. We derive what can be derived of the list, train it, and then undo decisions, one at a time,
# to see which of them were needed.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("G", "D")

# %%
from math import comb

import numpy as np

from minigan import data, game, losses, metrics, models, penalties, plots
from minigan.data import Dataset
from minigan.differences import ADJOINT, compare
from minigan.gradcheck import step_checks
from minigan.layers import Concat, Conv2d, Dense, Embedding, ReLU, Reshape, Tanh, UpConv2d
from minigan.layers.chain import Chain
from minigan.measure.bench.flops import count
from minigan.models import digitnet
from minigan.models.dcgan import build
from minigan.network import Sequential
from minigan.optim import EMA, Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually

# %% [markdown]
# ## Predict: how far does a score see?
#
# The digits: 28 x 28 pixels, with a black frame around them to make 32 x 32, because 32 can be halved three times and 28 cannot. D halves them: three convolutions with kernel 4, stride 2 and padding 1, to maps of 16 x 16, 8 x 8 and 4 x 4 positions. Take one position of the last map, in the middle. On how many pixels of the image does it depend?
#
# - **a** 8 x 8: there are 4 x 4 positions, and 32 / 4 = 8
# - **b** 10 x 10
# - **c** 22 x 22
# - **d** all of them
#
# Commit to a letter before you run on.

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
digits = data.load("mnist10k")
reals = digits.to_float(pad_to=32)  # (10000, 32, 32, 1) in [-1, 1]

seen = {}
for seed in range(steps(40, 2)):  # many untrained Ds, to see what they have in common
    _, D = models.dcgan_up((32, 32, 1), latent=64, width=8, rng=seed, dtype="float64")
    for depth in (2, 4, 6):  # a convolution and its LeakyReLU, once, twice, three times
        body = Chain(*D.layers[:depth])
        maps, caches = body.forward(reals[4000:4001].astype(float))
        one = np.zeros_like(maps)
        one[0, maps.shape[1] // 2 - 1, maps.shape[2] // 2 - 1] = (
            1  # all channels of one place in the middle
        )
        gradient = body.backward(one, caches, learn=False)[0, :, :, 0]
        seen[maps.shape[1]] = seen.get(maps.shape[1], 0) + gradient**2
for side, power in seen.items():
    rows, columns = (np.any(power > 0, axis=axis).sum() for axis in (1, 0))
    print(f"a position of the map of {side:2d} x {side:<2d} sees {rows} x {columns} pixels")

check.dcgan_on_digits.p1(guess)

# %%
title = "One position of D's last map sees 22 x 22 of 32 x 32 pixels, and depends most on the middle ones"
with figure(title, panels=3, size=(8.5, 3.3)) as axes:
    for ax, (side, power) in zip(axes, seen.items(), strict=True):
        gradient = np.sqrt(power)
        ax.imshow(reals[4000, :, :, 0], cmap="gray", vmin=-1, vmax=3)
        (top, bottom), (left, right) = (
            np.flatnonzero(np.any(gradient != 0, axis=a))[[0, -1]] for a in (1, 0)
        )
        frame = [(left - 0.5, top - 0.5), (right + 0.5, top - 0.5), (right + 0.5, bottom + 0.5)]
        ax.plot(
            *np.array([*frame, (left - 0.5, bottom + 0.5), frame[0]]).T, "-", color="white", linewidth=1.5
        )
        down, across = np.nonzero(gradient)
        ax.scatter(
            across,
            down,
            s=24 * (gradient[down, across] / gradient.max()) ** 2,
            color="#d1600a",
            linewidths=0,
        )
        ax.set_title(f"a position of {side} x {side}")
        ax.set_axis_off()

# %% [markdown]
# (The area of a dot is the mean square of the gradient in this pixel, over forty untrained Ds.)
#
# ## Derive: down and up
#
# **Shapes.** Lesson 10 counted how many windows fit, with kernel 4, stride 2, padding 1 and an even $H$:
#
# $$ H' = \Bigl\lfloor \frac{H + 2p - k}{s} \Bigr\rfloor + 1 = \Bigl\lfloor \frac{H - 2}{2} \Bigr\rfloor + 1 = \frac H2 \tag{eq:conv.size} $$
#
# D goes 32, 16, 8, 4, and each time it doubles its channels, $w$, $2w$, $4w$: half the numbers are left after each layer. From the last map a dense layer computes one score. G is the mirror image. A dense layer turns the noise into a map of 4 x 4 positions and $4w$ channels, the *seed*; three layers double its size, by a copy and a convolution (`UpConv2d`), or in the original by a transposed convolution, $(H - 1) \cdot 2 - 2 + 4 = 2H$.
#
# **How far it sees.** Let $r_l$ be the number of pixels in a row that one position of map $l$ depends on (its *receptive field*), and $j_l$ the distance in pixels between the fields of two neighbours. A pixel sees itself: $r_0 = 1$, $j_0 = 1$. A position of map $l$ reads $k$ positions in a row of map $l - 1$. The first of them sees $r_{l-1}$ pixels, and each of the other $k - 1$ adds $j_{l-1}$ new ones. Its neighbour starts $s$ positions further:
#
# $$ r_l = r_{l-1} + (k_l - 1)\, j_{l-1}, \qquad j_l = s_l\, j_{l-1} = \prod_{i \le l} s_i \tag{13.1} $$
#
# With $k = 4$, $s = 2$: $1, 4, 10, 22$. Three layers without stride would see $1, 4, 7, 10$. The strides make the receptive field large.
#
# In G the question is: how many pixels does one position of the seed affect? By lesson 11 (`eq:upconv.folded`) a copy and a convolution of 3
# is a transposed convolution with kernel 4 and stride 2, the backward pass of one of D's layers. It affects as many pixels as D's layer
# reads: again 4, 10, 22. So one position of the seed affects a region of 22 x 22 pixels, which overlaps with those of all its neighbours, and
# the dense layer before the seed has to make the sixteen positions agree.
#
# **What it costs.** A convolution has a $k \times k$ window of matrices $c \times c'$, and $c'$ biases. At each position of its output each of these weights is used in one multiplication:
#
# $$ \text{parameters} = k^2 c\, c' + c', \qquad \text{multiplications} = k^2 c\, c'\, H' W' \tag{13.2} $$
#
# When D halves the map and doubles the channels, $c c'$ grows by 4 and $H' W'$ falls by 4. So each layer but the first costs the same time, and each has four times the weights of the one before: *the work is spread evenly over the scales; most of the weights are at the coarse end*, where there are few positions and each weight is used rarely.

# %%
x, z = reals[:1].astype(float), np.zeros((1, 64))
G, D = models.dcgan_up((32, 32, 1), latent=64, width=16, rng=0, dtype="float64")
print(D.summary(x), "\n")
print(G.summary(z))

# %% [markdown]
# ## Derive: the first step
#
# At the first step the networks know nothing, and the scores and pictures should show that: scores near 0, pictures neither white nor empty.
# This depends on the standard deviation of the first weights. Let the weights of a layer be drawn independently with mean 0 and variance
# $\text{gain}^2 / \text{fan-in}$. An output is a sum of fan-in products $x_i W_i$. The expected value of the square of the sum is
# $\sum_i x_i^2\, \mathbb{E} W_i^2$, because products of different weights have mean 0. So, *for any input*,
#
# $$ \mathbb{E}\, y^2 = \text{gain}^2 \cdot \operatorname{mean} x^2 \tag{13.3} $$
#
# (except at the border, where some of the $x_i$ are zeros). And $y$ is as likely negative as positive. LeakyReLU keeps the positive half of its mean square, and the share $\alpha^2$ of the negative half:
#
# $$ \mathbb{E} \operatorname{LeakyReLU}(y)^2 = \frac{1 + \alpha^2}{2}\, \mathbb{E}\, y^2 \tag{13.4} $$
#
# For ReLU that is one half, and so He, Zhang, Ren and Sun (2015) drew weights with twice the variance, which keeps the signal as large as it is, through any number of layers:
#
# $$ W \sim \mathcal{N}\Bigl(0,\; \frac{\text{gain}^2}{\text{fan-in}}\Bigr), \qquad \text{gain} = \sqrt{2} \tag{eq:init.he} $$
#
# With $\alpha = 0.2$ the factor of a layer is $2 \cdot 0.52 = 1.04$. D has three of them and a last layer with gain 1, so $\mathbb{E} f^2$ is $1.04^3$ times the mean square of a pixel, $0.94$; that makes $1.06$ without the border, and somewhat less with it. What does that say of the loss? Since $\operatorname{softplus}(f) = \log 2 + \frac f2 + \frac{f^2}{8} - \dots$, and $f$ is as likely negative as positive,
#
# $$ \mathbb{E}\, L_D = \mathbb{E} \operatorname{softplus}(-r) + \mathbb{E} \operatorname{softplus}(f) \approx \log 4 + \frac{\mathbb{E}\, r^2 + \mathbb{E}\, f^2}{8} \tag{13.5} $$
#
# a little above the equilibrium: D knows nothing, and its scores are small. With all weights doubled, the scores are $2^4$ times as large. That D knows as little but is very sure, and spends its first steps on unlearning.
#
# DCGAN drew all weights from $\mathcal{N}(0, 0.02^2)$. Solve $\sqrt{2 / \text{fan-in}} = 0.02$: a fan-in of 5000, which fitted its layers of 512 and 1024 channels. The number was copied into many projects with narrower networks. Here is what it would do in ours.


# %%
def sizes(net, x, change):
    """Root mean square of the input of a network, and of the output of each of its layers with weights."""
    found = [np.sqrt(np.mean(x**2))]
    for layer in net.layers:
        if "W" in layer.parameters:
            change(layer.W)
        x, _ = layer.forward(x)
        if "W" in layer.parameters:
            found.append(np.sqrt(np.mean(x**2)))
    return found


def dcgans(W):
    W[...] = 0.02 * np.random.default_rng(W.size).standard_normal(W.shape)


def double(W):
    W *= 2


STARTS = {"He": lambda W: None, "twice He": double, "0.02": dcgans}
x = reals[::1250].astype(float)
first = {}
for name, change in STARTS.items():
    each, firsts = [], []
    for seed in range(steps(40, 2)):
        _, D = models.dcgan_up((32, 32, 1), latent=64, width=16, rng=seed, dtype="float64")
        each.append(sizes(D, x, change))
        noise = np.tanh(np.random.default_rng(seed).standard_normal(x.shape))
        firsts.append(losses.non_saturating.d(D(x), D(noise))[0])
    first[name] = np.sqrt(np.mean(np.square(each), axis=0))
    print(f"{name:<9} size of the score {first[name][-1]:7.4f}   D's first loss {np.mean(firsts):6.3f}")
print(f"log 4 = {np.log(4):.3f}")

title = "He's weights keep D's signal; 0.02, right for 512 channels, leaves little of it at 16"
with figure(title, marker=True) as ax:
    for name, line in first.items():
        ax.semilogy(line, label=f"first weights: {name}")
    ax.set(ylabel="size of the signal")
    ax.set_xticks(range(5), ["image", "16 x 16", "8 x 8", "4 x 4", "score"])
    ax.legend(loc="lower left")

assert quick() or 0.6 < first["He"][-1] < 1.1
assert quick() or first["0.02"][-1] < 0.01 < 5 < first["twice He"][-1]

# %% [markdown]
# In G the sizes do not matter as much: BatchNorm sets them to 1 after each layer (lesson 12), and so 0.02 worked there. The exception is the
# last layer, before tanh, which decides how much contrast the first pictures have. (And all this is about the first step only: Adam's steps
# have the same length however small the gradients are, and weights that are too small grow.) With He's weights the input of tanh has
# $\mathbb{E}\, y^2 = 2 \cdot \frac12 = 1$: BatchNorm before it gives the mean square 1, and ReLU keeps a half.
#
# ## Derive: black must be easy
#
# G ends with tanh, whose values lie between -1 and 1, so the images are stretched to $[-1, 1]$. Is that more than a convention? The derivative of tanh is $1 - y^2$ (`eq:tanh.derivative`). If its input $u$ has a small error $\delta$, as every number in a network has, the pixel has the error
#
# $$ \tanh(u + \delta) - \tanh u \approx (1 - y^2)\, \delta \tag{13.6} $$
#
# At black, $y = -1$, that is nearly 0: every $u$ below $-3$ gives black, and G need not be precise. Four of five pixels of a digit are black.
#
# ## Predict: images from 0 to 1
#
# Somebody divides the images by 255, as is usual for a classifier. They are in $[0, 1]$, which tanh can reach too. What goes wrong?
#
# - **a** nothing: 0 and 1 are values of tanh like any others
# - **b** the background is never clean
# - **c** G uses the whole range of tanh, and its black is too black
#
# We will train it below, on digits shrunk to 16 x 16.

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
check.dcgan_on_digits.p2(guess)

u, error = np.linspace(-4, 4, 161), 0.3
with figure("At black tanh suppresses an error of its input; at 0 it passes it on in full") as ax:
    ax.fill_between(u, np.tanh(u - error), np.tanh(u + error), color="0.8", label="input off by 0.3")
    ax.plot(u, np.tanh(u), color="black", label="tanh u")
    for y, at, name in ((-1, -3.0, "black at -1"), (0, 0.0, "black at 0")):
        reach = np.tanh(at + error) - np.tanh(at - error)
        print(
            f"{name:<12} an error of 0.3 in u moves the pixel by at most {np.abs(np.tanh(at + np.array([-error, error])) - np.tanh(at)).max():.4f}"
        )
        ax.plot([at, at], [np.tanh(at - error), np.tanh(at + error)], "-", color="#d1600a", linewidth=4)
        ax.annotate(name, (at + 0.25, np.tanh(at) - 0.12 + 0.2 * (y == -1)))
    ax.set(xlabel="u", ylabel="pixel")
    ax.legend(loc="upper left")

# %% [markdown]
# ## See the code
#
# All of DCGAN is one function. `grow` is the layer by which G doubles a map: `UpConv2d(n, m, 3)` in `dcgan_up`, `ConvTranspose2d(n, m, 4, 2, 1)` in `dcgan`. (`classes` is for lesson 19.) Notice what is missing: D has no BatchNorm, for the reasons in lesson 12, and G has none after its last layer, where it would remove each image's own brightness.

# %%
show_source(models.dcgan_up, models.dcgan, build)

# %% [markdown]
# ## Check: shapes, costs, gradients
#
# (13.2) for every layer of D, against the actual number of weights and the multiplications that the kernels really do; then both whole steps of a small DCGAN of 8 x 8 pixels, BatchNorm and all, against differences.

# %%
_, D = models.dcgan_up((32, 32, 1), latent=64, width=16, rng=0)
x, side, channels = reals[:1], 32, 1
for layer in D.layers:
    if isinstance(layer, Conv2d):
        side, each = side // 2, 16 * channels * layer.c_out
        work = (
            count(lambda layer=layer, x=x: layer.forward(x))[0] // 2
        )  # an operation is a product or a sum
        channels = layer.c_out
        print(f"{layer}   {layer.W.size + layer.b.size:6,} parameters, {work:7,} multiplications")
        assert (layer.W.size + layer.b.size, work) == (each + channels, each * side**2)
    x = layer(x)

G, D = models.dcgan_up((8, 8, 1), latent=3, width=2, rng=0, dtype="float64")
rng = np.random.default_rng(0)
small = reals[:8:2].reshape(4, 8, 4, 8, 4, 1).mean(axis=(2, 4)).astype(float)
assert not show_checks(step_checks(G, D, losses.non_saturating, small, rng.standard_normal((4, 3))))

# %% [markdown]
# ## Derive: a number for better
#
# We judge pictures by eye, until we have to choose between two of them, and then we prefer our own. We want a number, before we train
# anything. D's loss is not that number (lesson 9). So let a third network judge, one that has learned to read digits and plays no part in the
# game. The library's `digitnet` turns an image into 64 *features*, the numbers from which it then reads the digit. A thousand reals are a
# cloud in this space, a thousand fakes another. Approximate each by a Gaussian, with its mean $m$ and its covariance $C$. How far do you have
# to move one to make it the other (Heusel et al. 2017)?
#
# $$ d^2 = \lVert m_a - m_b \rVert^2 + \operatorname{tr} \bigl( C_a + C_b - 2\, (C_a C_b)^{1/2} \bigr) \tag{eq:metric.frechet} $$
#
# On a line the formula is easy to see. Two Gaussians are $m_a + s_a e$ and $m_b + s_b e$; move each point to the one with the same $e$. The
# mean of the squared distance is
#
# $$ \mathbb{E}\, (m_a - m_b + (s_a - s_b)\, e)^2 = (m_a - m_b)^2 + (s_a - s_b)^2 \tag{13.7} $$
#
# and $s_a^2 + s_b^2 - 2 s_a s_b$ is the trace. Blurred fakes change the mean; fakes that are too much alike have too small a standard deviation. This *Fréchet distance* is never 0 for finite samples. Its value for real images, one half against the other, is the *floor*, and we never give a distance without its floor. (Lesson 20 is about such measures and what they cannot see.)


# %%
def blown_up(images):
    """16 x 16 to 32 x 32, which digitnet can read: each pixel four times."""
    return images if images.shape[1] == 32 else images.repeat(2, axis=1).repeat(2, axis=2)


def features(images):
    return digitnet.features(blown_up(np.clip(images, -1, 1)))[0]


tiny = reals.reshape(-1, 16, 2, 16, 2, 1).mean(axis=(2, 4))  # the same digits at 16 x 16
n = steps(1000, 100)
some = np.random.default_rng(5).permutation(len(reals))[: 2 * n]
measured = {len(x[0]): features(x[some[:n]]) for x in (reals, tiny)}


def distance(images):
    """The Frechet distance from `n` reals of the same size."""
    return metrics.frechet_distance(measured[images.shape[1]], features(images))


floor = {len(x[0]): distance(x[some[n:]]) for x in (reals, tiny)}
print("floor: reals against other reals", {side: round(d, 2) for side, d in floor.items()})
x = reals[some[n:]]
blurred = (x + np.roll(x, 1, axis=1) + np.roll(x, 1, axis=2) + np.roll(x, (1, 1), axis=(1, 2))) / 4
print(f"blurred by one pixel {distance(blurred):6.2f}")
print(f"only the ones        {distance(np.resize(reals[1001:2128], (n, 32, 32, 1))):6.2f}")
print(f"noise                {distance(np.tanh(np.random.default_rng(0).standard_normal(x.shape))):6.2f}")
on_a_line = np.random.default_rng(0).standard_normal((2, 20_000, 1)) * [[[2.0]], [[0.5]]] + [
    [[1.0]],
    [[4.0]],
]
print(compare("(1 - 4)^2 + (2 - 0.5)^2", metrics.frechet_distance(*on_a_line), 9 + 2.25, 0.03))

# %% [markdown]
# ## Derive: the average, and how old it is
#
# As in lesson 8 the samples come from a running average of G,
#
# $$ \bar\theta \leftarrow d\, \bar\theta + (1 - d)\, \theta \tag{eq:ema} $$
#
# Written out, the weights of $j$ steps ago contribute the share $(1 - d)\, d^j$, so the average is, on average,
#
# $$ \sum_{j \ge 0} j\, (1 - d)\, d^j = \frac{d}{1 - d} \tag{13.8} $$
#
# steps old. With $d = 0.99$ these are 99 steps. But the average begins at the random first weights, and after $t$ steps these still contribute the share $d^t$: 37 % after 100 steps. So in the beginning $d$ is smaller (`warmup=True`):
#
# $$ d_t = \min\Bigl( d,\; \frac{t}{t + 10} \Bigr) \tag{eq:ema.warmup} $$
#
# With $d = t / (t + 10)$ in (13.8) the age is $t / 10$, about a tenth of the training so far. (Exactly it is $t / 11$, for $d$ was smaller before.) From $t = 990$ on the minimum is 0.99. Until then the share of the first weights is the product of all factors,
# $\prod_{i \le t} \frac{i}{i + 10} = \frac{t!\, 10!}{(t + 10)!}$, which falls like $t^{-10}$.
#
# G's BatchNorms have statistics besides weights, and these have to be averaged too, or the average would be normalised with the statistics of another network. The library averages both:

# %%
show_source(EMA.step)

# %% [markdown]
# ## Check: the same noise, from the first step to the last
#
# First the average. One weight is 1 at the start and 0 after that, so its average is the share of the start that is left. The other is $j$ at
# step $j$, so its average is the mean step, and 100 minus that is the age.

# %%
left = {}
for warmup in (False, True):
    net = Sequential(Dense(1, 1), rng=0, dtype="float64")
    net.theta[...] = 1, 0
    average = EMA(net, 0.99, warmup=warmup)
    for t in range(1, 101):
        net.theta[...] = 0, t  # one weight forgets, the other counts the steps
        average.step()
    left[warmup], mean_step = average.theta
    print(
        f"warm-up {warmup!s:<5}  of the first weights {left[warmup]:.1e}   age {100 - mean_step:.1f} steps"
    )
print(compare("share with d alone", left[False], 0.99**100, ADJOINT))
print(compare("share with warm-up", left[True], 1 / comb(110, 10), ADJOINT))
print(compare("age with warm-up", 100 - mean_step, 100 / 11, ADJOINT))

# %% [markdown]
# Now we train: `dcgan_up` with 16 channels, batches of 32, noise of 64 numbers, the loss of lesson 3, Adam with a rate that falls to 0. Two parts come from later lessons, because with them a minute of training is enough. G and D get the *label* of the digit as a second input, so that G can draw a seven on request (lesson 19). And a *gradient penalty*, R1, adds the mean squared norm of D's gradient at the reals to D's loss, which keeps D from becoming too steep for G (lesson 15). From time to time we measure both G and its average, with the same noise and with the labels of the reals that we compare with.

# %%
LATENT = 64
labels = digits.labels
rng = np.random.default_rng(9)
judged = rng.standard_normal((n, LATENT)), labels[some[:n]]  # what is measured, always the same
shown = rng.standard_normal((30, LATENT)), np.arange(30) % 10  # what is looked at


def use(net, z, batch=250):
    """Images of a network in use, a few at a time: its BatchNorms take their running statistics."""
    return np.concatenate(
        [net(tuple(part[i : i + batch] for part in z)) for i in range(0, len(z[0]), batch)]
    )


def train(x, n, grow=models.dcgan_up, keep=(), look=0, other=None, seed=0):
    """A DCGAN on the images x -> the GAN, {step: pictures of its average}, rows of (step, distance of G, of its average)."""
    G, D = grow(x.shape[1:], LATENT, 16, classes=10, rng=seed)
    G = other(seed) if other else G
    opt_G, opt_D = (Adam(net, cosine(2e-3, n), beta1=0.5, beta2=0.99) for net in (G, D))
    average = EMA(G, 0.99, warmup=True)
    gan = game.GAN(G, D, losses.non_saturating, [penalties.r1], opt_G, opt_D, LATENT, average, classes=10)
    rng, film, rows = np.random.default_rng(seed + 1), {}, []
    for t in range(n + 1):
        if t in keep:
            film[t] = use(average.net, shown)
        if look and t % look == 0:
            rows.append((t, distance(use(G, judged)), distance(use(average.net, judged))))
        if t < n:
            chosen = rng.integers(len(x), size=32)
            gan.step(lambda: (x[chosen], labels[chosen]), rng)
    return gan, film, np.array(rows)


N = steps(1200, 6)
keep = tuple(N * k // 1200 for k in (0, 40, 100, 200, 400, 1200))
gan, film, rows = train(reals, N, keep=keep, look=max(1, N // 6))
print(compare("the average, use by use", gan.generate(shown), use(gan.ema.net, shown), ADJOINT))
for t, of_g, of_average in rows:
    print(f"step {t:4.0f}   distance: G {of_g:6.2f}   its average {of_average:6.2f}")
print(f"reals against other reals {floor[32]:.2f}")


# %%
def sheet(ax, images, columns, name=None):
    ax.imshow(plots.grid(images, columns=columns, pad=1), cmap="gray", vmin=0, vmax=255)
    ax.set_axis_off()
    if name:
        ax.set_title(name)


title = "The same ten noise vectors: spots, then strokes, then digits"
with figure(title, panels=(len(film), 1), size=(8, 5.6)) as axes:
    for ax, (t, pictures) in zip(axes[:, 0], film.items(), strict=True):
        sheet(ax, pictures[:10], 10, f"step {t}")

# %%
kinds = [np.flatnonzero(labels == k)[:6] for k in range(10)]
with figure("Sixty digits that G has drawn, and sixty that people wrote", 2, (10, 3.6)) as (left, right):
    rng = np.random.default_rng(3)
    sheet(left, gan.generate((rng.standard_normal((60, LATENT)), np.arange(60) % 10)), 10, "G")
    sheet(right, reals[np.transpose(kinds).ravel()], 10, "reals")

# %%
with figure("Both G and its average come near the floor; the average is smoother") as ax:
    ax.semilogy(rows[:, 0], rows[:, 1], "s--", label="G")
    ax.semilogy(rows[:, 0], rows[:, 2], "o-", label="its average")
    ax.axhline(floor[32], color="black", linestyle=":", linewidth=1.2)
    ax.annotate("reals against reals", (0.02 * N, floor[32] * 1.15))
    ax.set(xlabel="step", ylabel="Fréchet distance")
ahead = int(np.sum(rows[1:, 2] < rows[1:, 1]))
print(f"the average is nearer to the reals than G at {ahead} of {len(rows) - 1} measurements")
print(f"at the end: G {rows[-1, 1]:.1f}, its average {rows[-1, 2]:.1f}, at first {rows[0, 1]:.1f}")

# %% [markdown]
# What does one position of the seed do? Take the seed of one digit, replace a single position by that of another digit's seed, and run the
# upper layers of G. In evaluation mode BatchNorm mixes nothing (lesson 12), so by (13.1) at most 22 x 22 pixels may change.

# %%
net = gan.ema.net
sow, draw = Chain(*net.layers[:3]), Chain(*net.layers[3:])  # up to the seed (N, 4, 4, 64), and from there
print(*net.layers[:3], sep=", ")
changed, donors = (sow(net.cast(tuple(part[which] for part in shown))) for which in ([3, 6, 9], [10, 4, 5]))
mixed = changed.copy()
mixed[:, 1, 2] = donors[:, 1, 2]
images = [draw(seeds) for seeds in (changed, donors, mixed)]
change = np.abs(images[2] - images[0])
panels = np.stack([images[0], images[1], images[2], 2 * np.clip(change, 0, 1) - 1], axis=1)
title = "One position of the seed affects 22 x 22 pixels, and none outside"
with figure(title, size=(10, 1.5)) as ax:
    sheet(
        ax,
        panels.reshape(-1, 32, 32, 1),
        12,
        "three times: digit | donor of one position | result | change",
    )
for each in change:
    down, across = (np.flatnonzero(each[:, :, 0].any(axis=axis)) for axis in (1, 0))
    print(f"changed: rows {down[0]} to {down[-1]}, columns {across[0]} to {across[-1]}")
assert quick() or np.ptp(np.flatnonzero(change.any(axis=(0, 2, 3)))) + 1 == 22

# %% [markdown]
# **Has G memorised the training images?** A G that outputs its training images has a distance near the floor. So for each fake we look for
# the nearest of all ten thousand training images, and do the same for real images, among the others.

# %%
flat = reals.reshape(len(reals), -1)
fakes = gan.generate(tuple(part[: steps(500, 20)] for part in judged))
index, near = metrics.nearest(fakes.reshape(len(fakes), -1), flat)
_, others = metrics.nearest(
    flat[some[n : n + len(fakes)]], flat, k=2
)  # the nearest of all is the image itself
title = "Each fake has a nearest digit among ten thousand, and is not a copy of it"
with figure(title, panels=2, size=(10, 3.4)) as (left, right):
    pairs = np.stack([fakes[:20], reals[index[:20, 0]]], axis=1).reshape(-1, 32, 32, 1)
    sheet(left, pairs, 10, "fake | nearest real | fake | nearest real | ...")
    bins = np.linspace(0, 1.05 * max(near.max(), others.max()), 40)
    right.hist(others[:, 1], bins, color="0.75", label="reals, to the nearest other real")
    right.hist(
        near[:, 0], bins, histtype="step", color="#d1600a", linewidth=2, label="fakes, to the nearest real"
    )
    right.set(xlabel="distance of the pixels", yticks=())
    right.legend(loc="upper left", fontsize=9)
    right.set_ylim(0, 1.35 * right.get_ylim()[1])
print(f"nearest real: of a fake {np.median(near):.1f}, of a real {np.median(others[:, 1]):.1f} (medians)")
print(f"nearer than the nearest of any real: {np.mean(near < others[:, 1].min()):.1%} of the fakes")
usually(
    "fakes are no nearer to the training images than reals", np.median(near) > 0.8 * np.median(others[:, 1])
)

# %% [markdown]
# ## Check: a walk
#
# If G has learned the structure of digits, then what it draws between two noise vectors is a digit too. How should we go from $a$ to $b$? On
# the straight line $(1 - t)\, a + t\, b$ the variance is $(1 - t)^2 + t^2$, one half in the middle: this noise is too small, and G has seen
# little of that size. The library walks on a curve on which the variance stays 1:
#
# $$ z(s) = a \cos s + b \sin s, \qquad a, b \sim \mathcal{N}(0, 1) \tag{eq:game.walk} $$
#
# Independent variances add up, $\cos^2 s + \sin^2 s = 1$.

# %%
show_source(game.GAN.walk)

# %%
a, b = np.random.default_rng(1).standard_normal((2, 200_000))
for s in (0.4, 0.8):
    print(compare(f"variance at s = {s}", np.var(a * np.cos(s) + b * np.sin(s)), 1.0, 0.02))
found = []
for name, scale in (
    ("noise as on the walk", 1.0),
    ("the middle of a straight line", 0.5**0.5),
    ("smaller still", 0.3),
):
    images = gan.generate((judged[0] * scale, judged[1]))
    precision, recall = metrics.precision_recall(measured[32], features(images))
    found.append((distance(images), precision, recall))
    print(f"{name:<30} distance {found[-1][0]:5.2f}   precision {precision:.2f}   recall {recall:.2f}")
better = "yes" if found[1][0] < found[0][0] else "no"
print(
    f"precision rises and recall falls: {[row[1] for row in found] == sorted(row[1] for row in found)}",
    end=", ",
)
print(f"{[row[2] for row in found] == sorted((row[2] for row in found), reverse=True)}", end=".   ")
print(f"Has the straight line the better distance? {better}")

frames = list(gan.walk(40, 10, np.random.default_rng(4)))[:11]
title = "A walk through the noise: the label stays, the hand changes step by step"
with figure(title, size=(8, 5.6)) as ax:
    chosen = [0, 2, 3, 4, 5, 7, 9]
    sheet(ax, np.concatenate([[frame[k] for frame in frames] for k in chosen]), len(frames))

# %% [markdown]
# (*Precision* is the share of the fakes that are where reals are, *recall* the share of the reals that are where fakes are.) Noise that is
# too small gives tamer digits: more of them look real, and fewer kinds of reals are among them. Precision rises and recall falls with every
# step down this list. The Fréchet distance weighs both in one number, so it may prefer either. For a G as young as this one, whose worst flaw
# is bad digits, the middle of the straight line often gets the *better* distance (the output above says whether it does here). That does not
# make it the right way to walk: it draws less of what G can do. Smaller noise on purpose is called *truncation* (Brock, Donahue and Simonyan
# 2019); it should not happen by accident.

# %% [markdown]
# ## Derive: what a decision is worth
#
# A decision is worth what we lose without it. So we undo one at a time and change nothing else: same seed, same data, same number of steps.
# To be quick we take the digits at 16 x 16, with one level less. Three candidates: the copies of `UpConv2d` (replaced by transposed
# convolutions), BatchNorm in G (left out), and the range of the images ($[0, 1]$ instead of $[-1, 1]$; the fakes are rescaled before we
# measure them). How much is chance? A second seed shows it.


# %%
def without_norm(seed):
    label = Concat(right=[Embedding(10, 16)])  # sixteen numbers for the label, joined to the noise
    grow = [
        Dense(LATENT + 16, 512),
        Reshape(4, 4, 32),
        ReLU(),
        UpConv2d(32, 16, 3),
        ReLU(),
        UpConv2d(16, 1, 3),
    ]
    return Sequential(label, *grow, Tanh(), rng=seed)


def stretched(images):
    return 2 * images - 1


SHORT = steps(500, 6)
CHANGES = {
    "DCGAN": {"x": tiny},
    "DCGAN, another seed": {"x": tiny, "seed": 1},
    "transposed convolutions": {"x": tiny, "grow": models.dcgan},
    "transposed, another seed": {"x": tiny, "grow": models.dcgan, "seed": 1},
    "no BatchNorm in G": {"x": tiny, "other": without_norm},
    "images from 0 to 1": {"x": (tiny + 1) / 2},
}
made, scores = {}, {}
for name, changed in CHANGES.items():
    again, _, _ = train(n=SHORT, **changed)
    images = again.generate(judged)
    made[name] = stretched(images) if "0 to 1" in name else images
    scores[name] = distance(made[name])
    print(f"{name:<24} distance {scores[name]:6.2f}")
print(f"reals against other reals {floor[16]:5.2f}")

order = np.argsort(judged[1][:40], kind="stable")
pictured = [(name, images) for name, images in made.items() if "seed" not in name]
title = "Images from 0 to 1 never get a clean background; two other changes look like chance"
with figure(title, panels=(4, 1), size=(8.5, 6.0)) as axes:
    for ax, (name, images) in zip(axes[:, 0], pictured, strict=True):
        sheet(ax, images[order], 20, f"{name}: distance {scores[name]:.1f}")

# %%
chance = [scores["DCGAN"], scores["DCGAN, another seed"]]
clean = {name: np.mean(np.abs(images + 1) < 0.02) for name, images in {**made, "reals": tiny}.items()}
for name, share in clean.items():
    print(f"{name:<24} black up to a hundredth of the range: {share:.0%} of all pixels")
usually("images from 0 to 1 have fewer black pixels", clean["images from 0 to 1"] < 0.7 * clean["DCGAN"])
usually("and a distance worse than chance explains", scores["images from 0 to 1"] > 1.5 * max(chance))
usually("the other changes are within chance", scores["no BatchNorm in G"] < 1.5 * max(chance))

# %% [markdown]
# With images from 0 to 1 the distance is far worse, and the share of black pixels shows why: where a real digit is black these fakes are nearly black, because G now has to hit the number 0 exactly. That was prediction **b**. Without BatchNorm, and with transposed convolutions, G is not better and not certainly worse: *another seed changes as much*, and a table with one run for each row shows mostly luck. Small differences need longer trainings and more seeds. (The library's default was chosen that way; see its README.)
#
# But a distance sees only what its features see, and digitnet, which reads digits, ignores fine grain. Lesson 11 said where to look: a transposed convolution leaves a chessboard of light and dark pixels, the highest frequency an image has. So we compute the power at each frequency, and divide by that of the reals.


# %%
def spectrum(images):
    """Mean power at the frequencies 0 .. 8 waves in 16 pixels, across and down together."""
    x = images[..., 0] - images[..., 0].mean(axis=0)
    power = (np.abs(np.fft.fft2(x)) ** 2).mean(axis=0)
    return (power.mean(axis=0) + power.mean(axis=1))[:9]


ratios = {name: spectrum(images) / spectrum(tiny) for name, images in made.items()}
title = "Only transposed convolutions have too much of the finest grain, as lesson 11 predicted"
with figure(title, marker=True) as ax:
    for name in ("DCGAN", "transposed convolutions", "no BatchNorm in G", "images from 0 to 1"):
        ax.plot(ratios[name], label=name)
    ax.axhline(1, color="black", linestyle=":", linewidth=1)
    ax.set(
        xlabel="waves in 16 pixels (8: every second pixel light)",
        ylabel="power, fakes / reals",
        ylim=(0, None),
    )
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)

grain = {name: ratio[8] / ratio[1:4].mean() for name, ratio in ratios.items()}
for name, share in grain.items():
    print(f"{name:<24} finest grain against coarse: {share:.2f} times that of the reals")
copies, transposed = (
    [share for name, share in grain.items() if kind in name] for kind in ("DCGAN", "transposed")
)
usually("transposed convolutions have the most fine grain", min(transposed) > max(copies))

# %% [markdown]
# The fakes from 0 to 1 have hardly any fine grain at all: strokes without edges.

# %% [markdown]
# ## Modify
#
# ### Exercise 1: how far does it see?
#
# Equation (13.1): given the kernels `ks` and the strides `ss` of a row of convolutions, from the image upward, return how many pixels in a row one position of the last map depends on.


# %% tags=["exercise"]
def field_of_view(ks, ss):
    return ...  # your code: an integer


check.dcgan_on_digits.q1(field_of_view)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def field_of_view(ks, ss):
#     r, j = 1, 1
#     for k, s in zip(ks, ss):
#         r += (k - 1) * j
#         j *= s
#     return r
# ```
#
# The order of the two lines is the whole exercise: the strides *below* a layer decide how far apart the positions are that it reads; its own stride matters only for the layers above. The first layer of DCGAN has stride 2 and still sees no more than its kernel, 4.
#
# </details>

# %% [markdown]
# ### Exercise 2: what does it cost?
#
# Equation (13.2): a `Conv2d(c_in, c_out, k, s)` with bias is padded so that an image of `side` x `side` pixels gives a map of (side / s) x (side / s) positions. Return its number of parameters and the number of multiplications for one image.


# %% tags=["exercise"]
def layer_cost(side, c_in, c_out, k, s):
    return ...  # your code: parameters, multiplications


check.dcgan_on_digits.q2(layer_cost)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def layer_cost(side, c_in, c_out, k, s):
#     weights = k * k * c_in * c_out
#     return weights + c_out, weights * (side // s) ** 2
# ```
#
# Each weight is used once at every position of the output. (By the definition: Winograd's products of lesson 10 are fewer. And the zeros of the border are counted as if they were pixels.) With twice the channels everywhere both numbers are four times as large; with an image twice as wide only the second is.
#
# </details>

# %% [markdown]
# ### Exercise 3: straight on
#
# A straight line between two noise vectors is allowed, if each point is rescaled to the size of noise. Given independent noise `a` and `b` (N, d), each number with variance 1, and `t` from 0 to 1, return $(1 - t)\, a + t\, b$, times one factor, the same for all entries, so that each entry has the variance 1 again.


# %% tags=["exercise"]
def straight_on(a, b, t):
    return ...  # your code: an array like a


check.dcgan_on_digits.q3(straight_on)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def straight_on(a, b, t):
#     return ((1 - t) * a + t * b) / np.sqrt((1 - t) ** 2 + t**2)
# ```
#
# The variances of independent numbers add up, $(1 - t)^2 + t^2$, and a number divided by its standard deviation has variance 1. With $\cos s = (1 - t) / \sqrt{\cdot}$ this is a point of the library's walk: the same curve, at another pace.
#
# </details>

# %% [markdown]
# ## Break it
#
# Three bugs of real projects.
#
# 1. *Images from 0 to 1*: the code that loads the data divides by 255, and G ends with tanh. (You have seen the result.)
# 2. *Still learning*: pictures are drawn with `G.forward(z)`, so that BatchNorm uses the statistics of whatever is in the same batch. (In other libraries a forgotten `eval()`.)
# 3. *The wrong cache*: D's backward pass for the fakes uses the cache of the reals. (This happens in code that keeps a cache *in* the layer: both backward passes use the same one.)
#
# Which of them does `step_checks`, both whole steps against differences, catch?
#
# - **a** the first and the third
# - **b** the third
# - **c** the second and the third
# - **d** all three

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def divided_by_255(self, pad_to=None):
    return (right_to_float(self, pad_to) + 1) / 2  # right: x / 127.5 - 1


def still_learning(self, z, batch=250):
    return (self.ema.net if self.ema else self.G).forward(z)[0]  # right: net(z), a few at a time


def wrong_cache(G, D, loss, penalties, opt_D, x, z, rng=None):
    fake = G.forward(z)[0]
    (r, real_caches), (f, _) = D.forward(x), D.forward(fake)
    value, d_real, d_fake = loss.d(r, f)
    D.backward(d_real, real_caches, need_dx=False)
    D.backward(d_fake, real_caches, need_dx=False)  # right: fake_caches
    opt_D.step()
    return {"loss_D": value, "penalty": 0.0}


right_to_float = Dataset.to_float
bugs = {
    "images from 0 to 1": (Dataset, "to_float", divided_by_255),
    "still learning": (game.GAN, "generate", still_learning),
    "the wrong cache": (game, "d_step", wrong_cache),
}


def gradients():
    G, D = models.dcgan_up((8, 8, 1), latent=3, width=2, rng=0, dtype="float64")
    noise = np.random.default_rng(0).standard_normal((4, 3))
    return step_checks(G, D, losses.non_saturating, small, noise)


caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = gradients()
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

check.dcgan_on_digits.p3(guess)
assert caught == {
    "images from 0 to 1": set(),
    "still learning": set(),
    "the wrong cache": {"D step, dtheta"},
}

# %% [markdown]
# The first two need different checks. *Does a picture survive the way into the network and out again?* `to_float` maps pixels to $[-1, 1]$
# and `to_image` maps them back; with the bug, black comes back as grey. *Is an image the same, alone and in a batch?* What G draws for one
# noise vector must not depend on the rest of the batch.


# %%
def questions():
    some_digits = Dataset(digits.images[:5], None, "five digits")
    back = plots.to_image(some_digits.to_float()).astype(float)
    yield compare("in and out again", back, some_digits.images.astype(float), 0.0)
    z = np.random.default_rng(2).standard_normal((6, LATENT)), np.arange(6)
    alone, together = gan.generate(tuple(part[:1] for part in z)), gan.generate(z)
    yield compare("alone as in a batch", alone, together[:1], 1e-5)


before = gan.ema.net.state.copy()
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        assert show_checks(questions()) == (name != "the wrong cache")
    gan.ema.net.state[...] = before  # the running statistics have changed
    print()
assert not show_checks(questions())

# %%
with planted(game, "d_step", wrong_cache):
    deaf, _, _ = train(tiny, SHORT)
with planted(game.GAN, "generate", still_learning):
    mine = np.random.default_rng(2).standard_normal((1, LATENT)), np.array([5])
    companies = []
    for k in range(10):  # ten times the same noise, each time in a batch with three others of one digit
        others = np.random.default_rng(k).standard_normal((3, LATENT)), np.full(3, k)
        companies.append(
            gan.generate(tuple(np.concatenate(parts) for parts in zip(mine, others, strict=True)))[0]
        )
gan.ema.net.state[...] = before
companies = np.array(companies)
print(f"the same noise in ten batches: a pixel changes by up to {np.ptp(companies, axis=0).max():.2f} of 2")
usually(
    "the batch changes a pixel by more than a quarter of the range", np.ptp(companies, axis=0).max() > 0.5
)
with figure(
    "One noise vector in ten batches: its five depends on the rest of the batch", size=(8, 1.4)
) as ax:
    sheet(ax, companies, 10)

deaf_distance = distance(deaf.generate(judged))
print(f"with the wrong cache: distance {deaf_distance:.1f}, without {scores['DCGAN']:.1f}")
with figure(
    "With the wrong cache D learns nothing of the fakes, and G nothing of the digits", size=(8, 1.4)
) as ax:
    sheet(ax, deaf.generate(judged)[:20], 20)
usually("the wrong cache is far worse than chance explains", deaf_distance > 3 * max(chance))

# %% [markdown]
# G has to draw the same picture for the same noise, whatever else is in the batch: with *still learning* one noise vector gives ten different
# fives. And with the wrong cache all gradients are finite and none is zero. But they are the gradients of the scores *of the reals*, weighted
# with the errors of the fakes.
#
# **A gradient check cannot prove that this is the program you wanted** (lesson 1). For that you need checks that do not involve gradients: in
# and out again, alone as in a batch, and a distance from the data that is measured by a network outside the game.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:conv.size`: $(H + 2p - k) / s + 1$, here $H / 2$ | `minigan.layers.Conv2d.size` | `tests/layers/test_conv.py`: `test_output_sizes_are_those_of_the_docstring`, `test_k4_s2_p1_halves_and_doubles` |
# | `eq:init.he`: $\mathcal{N}(0, \text{gain}^2 / \text{fan-in})$ | `minigan.layers.conv.Convolution` | `tests/layers/test_conv.py`: `test_initial_variance_is_2_over_the_fan_in`, `test_the_variance_passes_through_a_transposed_convolution` |
# | `eq:tanh.derivative`: $1 - y^2$, 0 at black | `minigan.layers.Tanh` | `tests/layers/test_activations.py`: `test_curved_activations_by_hand` |
# | `eq:upconv.folded`: G reaches as far as D sees | `minigan.models.dcgan_up` | `tests/models/test_dcgan.py`: `test_g_makes_what_d_judges`, `test_d_doubles_its_channels_and_g_mirrors_them`, `test_every_gradient` |
# | `eq:ema`: the average, of weights and statistics | `minigan.optim.EMA.step` | `tests/test_optim.py`: `test_ema_by_hand`, `test_ema_averages_running_statistics_too` |
# | `eq:ema.warmup`: $\min(d, t / (t + 10))$ | `minigan.optim.EMA.step` | `tests/test_optim.py`: `test_ema_with_warmup_by_hand` |
# | `eq:metric.frechet`: $\lVert m_a - m_b \rVert^2 + \operatorname{tr}(\dots)$ | `minigan.metrics.frechet_distance` | `tests/metrics/test_frechet.py`: `test_by_hand`, `test_two_gaussians_on_a_line` |
# | `eq:game.walk`: $a \cos s + b \sin s$ | `minigan.game.GAN.walk` | `tests/test_game.py`: `test_a_walk_is_a_closed_curve_of_gaussian_noise` |
# | `eq:batchnorm.use`: a sample is used alone | `minigan.game.GAN.generate` | `tests/test_game.py`: `test_samples_come_from_the_average_in_evaluation_mode` |
#
# - Halve the map, double the channels: each layer does the same work, with four times as many weights, and after three layers a position sees 22 x 22 pixels.
# - He's first weights keep the size of D's signal, and its first scores are small; images in $[-1, 1]$ put black where tanh is flat.
# - To find out what a decision is worth, undo it, one at a time, and measure, with the floor and the spread of the seeds.
#
# ## Next
#
# [Lesson 14: Wasserstein distance](14_wasserstein.ipynb). So far D has said yes or no. From now on it measures *how far* the fakes are from
# the data, and for that there is a distance that can be computed by sorting.
