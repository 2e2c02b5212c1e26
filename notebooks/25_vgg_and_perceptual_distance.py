# %% [markdown]
# # Lesson 25: VGG and perceptual distance
#
# **Goal** Use a trained classifier to compare pictures: know what each of its stages keeps, compute the distance of two pictures and its
# gradient in one of them, and build from these a loss, a distance between sets, and a discriminator.
#
# **Prerequisites** Lesson 10 (convolution), lesson 13 (receptive fields, the Fréchet distance), lesson 18 (the hinge loss). The chain rule
# in lesson 2's form, $dx = J^\top dy$.
#
# **Run time** 25 s on two cores (estimated).
#
# A network that was trained to name what photographs show had to learn which differences between pictures matter and which don't. We
# don't need its answer, "terrier", but its hidden layers are useful everywhere: in the loss behind sharp super-resolution, in the FID, in
# the discriminator of a GAN. All of these rest on the features of a *frozen* network, one whose weights no longer change, and on
# the gradient in the picture that comes back through it.
#
# **Before you start: five questions from earlier lessons**
#
# <details><summary>1. (Lesson 10) How many weights does a 3 x 3 convolution from 64 to 128 channels have?</summary>
#
# $3 \cdot 3 \cdot 64 \cdot 128 = 73{,}728$, and 128 biases, whatever the size of the image.
#
# </details>
#
# <details><summary>2. (Lesson 13) Two convolutions with kernel 3 and stride 1: how large is the receptive field?</summary>
#
# $1 + 2 + 2 = 5$ pixels in a row. With a stride or a pool it grows faster from there on.
#
# </details>
#
# <details><summary>3. (Lesson 18) Which samples give D no gradient under the hinge loss?</summary>
#
# Reals with a score above 1 and fakes with a score below -1: those that D already sorts correctly, with a margin.
#
# </details>
#
# <details><summary>4. (Lesson 20) All features are multiplied by 2. What happens to the Fréchet distance?</summary>
#
# It becomes four times as large, and no picture has changed. A Fréchet distance means nothing without the name of its features.
#
# </details>
#
# <details><summary>5. (Lesson 24) Where does a VAE-GAN measure the error of a reconstruction?</summary>
#
# In the features of its own discriminator. This lesson takes the features of a network that was trained beforehand and never changes.
#
# </details>

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("D", "gradient_G")

# %%
import numpy as np

from minigan import data, evaluation, metrics, models, plots
from minigan.apps.invert import Latent
from minigan.differences import check_gradient
from minigan.layers import Normalize
from minigan.measure.certify import features as certified
from minigan.models import pretrained
from minigan.models.perceptual import each
from minigan.models.projection import Projection
from minigan.models.vgg import VGG
from minigan.optim import Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually
from minigan.zoo.projected import ProjectedGAN

# %% [markdown]
# ## Predict: which copy is nearer?
#
# Take a picture, a portrait or an emoji, and make two copies. One is shifted to the right by one pixel. The other is blurred: each pixel
# becomes the mean of its 3 x 3 neighbourhood. We measure how far each copy is from the original, once by the mean squared error of the pixels,
# and once by the mean squared error of the activations at `conv3_3`, a layer of the network VGG-16 (explained below). Which copy is nearer
# to the original?
#
# - **a** the shifted one, in both
# - **b** the blurred one, in both
# - **c** the blurred one in the pixels, the shifted one in the features
# - **d** the shifted one in the pixels, the blurred one in the features

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
net = models.vgg(16, weights="conv3_3")  # VGG-16 up to conv3_3, which comes with the package
faces, emoji = (data.load(name).to_float() for name in ("portraits", "emoji"))  # (N, 32, 32, 3), RGB


def neighbour(x, down, right):
    """The picture moved `down` and `right` by up to one pixel; the border is repeated."""
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return wide[:, 1 - down : x.shape[1] + 1 - down, 1 - right : x.shape[2] + 1 - right]


def blurred(x):
    return sum(neighbour(x, i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)) / np.float32(9)


STAGES = ("conv1_2", "conv2_2", "conv3_3")
PLACES = ("pixels", *STAGES)


def seen(x):
    return {"pixels": x} | net.stages(x, STAGES)


def far(x, y):
    """The mean squared difference over the variance of x, in the pixels and at three stages."""
    a, b = seen(x), seen(y)
    return {place: float(np.mean((a[place] - b[place]) ** 2) / a[place].var()) for place in PLACES}


found, n = {}, steps(24, 4)
for name, x in (("portraits", faces[:n]), ("emoji", emoji[:n])):
    for harm, y in (
        ("shifted", neighbour(x, 0, 1)),
        ("blurred", blurred(x)),
        ("another one", np.roll(x, 1, axis=0)),
    ):
        found[name, harm] = far(x, y)
        row = "   ".join(f"{place} {value:.3f}" for place, value in found[name, harm].items())
        print(f"{name:<10} {harm:<12} {row}")

check.vgg_and_perceptual_distance.p1(guess)


# %%
def sheet(ax, images, columns, title=None):
    ax.imshow(plots.grid(images, columns=columns, pad=1))
    ax.set_axis_off()
    if title:
        ax.set_title(title)


title = "In the pixels the blur is nearer; the deeper the stage, the nearer the shift"
with figure(title, panels=2, size=(9.5, 3.4), marker=True) as (left, right):
    x = np.concatenate([faces[:3], emoji[[0, 500, 900]]])
    sheet(left, np.concatenate([x, neighbour(x, 0, 1), blurred(x)]), 6, "original, shifted, blurred")
    for name in ("portraits", "emoji"):
        ratio = [found[name, "shifted"][place] / found[name, "blurred"][place] for place in PLACES]
        right.semilogy(range(4), ratio, label=name)
    right.axhline(1, color="black", linewidth=1, linestyle=":", marker="")
    right.set_xticks(range(4), PLACES)
    right.set_yticks([0.5, 1, 2, 4], ["1/2", "1", "2", "4"])
    right.minorticks_off()
    right.set_ylabel("distance shifted / blurred")

for name in ("portraits", "emoji"):
    shifted, blur = found[name, "shifted"], found[name, "blurred"]
    assert shifted["pixels"] > 2 * blur["pixels"]
    assert quick() or shifted["conv3_3"] < blur["conv3_3"]

# %% [markdown]
# In the pixels the shift is more than three times as far away as the blur: at every edge of the picture a dark pixel is compared with a light
# one. To us the shifted copy looks like the original, and the blurred one does not. At `conv3_3` the order is reversed. A position there
# describes its whole neighbourhood, such as "an edge, dark on the left". A shift by one pixel hardly changes that description, and a blur
# weakens the edge.
#
# ## Derive: what a stage sees
#
# VGG-16 (Simonyan and Zisserman, 2015) is about as plain as a deep network can be: 3 x 3 convolutions with padding 1, each followed by ReLU.
# After every two or three of them a 2 x 2 max pool halves the height and width, and the next convolution doubles the channels: 64, 128, 256, 512.
# We call each layer's output a *stage*, and name it after its place: `conv2_1` is the first convolution after the first pool. Its activations,
# the *features* of the picture at that stage, are taken after the ReLU. Why only 3 x 3? Two such layers see 5 x 5 pixels, three see 7 x 7.
# With $c$ channels in and out, the numbers of weights compare like this:
#
# $$ 2 \cdot 9 c^2 = 18 c^2 < 25 c^2, \qquad 3 \cdot 9 c^2 = 27 c^2 < 49 c^2 \tag{25.1} $$
#
# The stack is cheaper than one layer with a large kernel, and has a ReLU between its layers.
#
# The recursion of lesson 13 gives the receptive field $r$ of a stage (in pixels, starting at 1) and the distance $j$ in pixels between the
# fields of two neighbours (starting at 1): a convolution adds $2 j$ to $r$; a pool adds $j$ to $r$ and then doubles $j$.

# %%
fields, r, j = {}, 1, 1
for stage in net.places:
    kernel, stride = (2, 2) if stage.startswith("pool") else (3, 1)
    r, j = r + (kernel - 1) * j, j * stride
    fields[stage] = r
    channels = net.stages(faces[:1], [stage])[stage].shape[3]
    print(
        f"{stage:<8} {32 // j:2d} x {32 // j:<2d} positions, {channels:3d} channels, sees {r:2d} x {r} pixels"
    )

# %% [markdown]
# The receptive field of a position of `conv3_3` is 40 x 40 pixels, larger than our pictures, though most of its weight is near the middle
# (lesson 13). Each position describes what it sees by 256 numbers.
#
# ## Derive: the input is part of the network
#
# The weights were trained on inputs of a certain form, and two sets of weights for VGG-16 are in common use. *Oxford's*, which this library
# ships, expects BGR (blue first) from 0 to 255, minus a mean for each channel. *torchvision's* expects RGB from 0 to 1, minus another mean,
# divided by a standard deviation. Our pictures are RGB in $[-1, 1]$. Both conversions have the same form: channel $c$ of the result $y$
# is computed from channel $o(c)$ of the picture $x$, where $o$ is a permutation, with a mean $\mu_c$ and a standard deviation $s_c$:
#
# $$ y_c = \frac{\frac{a}{2}(x_{o(c)} + 1) - \mu_c}{s_c} \tag{eq:normalize.forward} $$
#
# with $a = 255$ or $1$. It is tempting to do this before the network, as preprocessing. But we want the gradient *in the picture*. Each
# $x_{o(c)}$ occurs in one equation only, with the factor $\frac{a}{2 s_c}$, so
#
# $$ dx_{o(c)} = \frac{a}{2 s_c}\, dy_c \tag{eq:normalize.dx} $$
#
# By hand: with Oxford's weights channel $c = 0$ of $y$ is blue, so $o(0) = 2$, and $s_0 = 1$. From $dy_0 = 2$ we get $dx_2 = 127.5 \cdot 2 = 255$. The
# library makes the conversion the first *layer* of the network, so it cannot be forgotten, and the gradient passes through it as through any
# other layer.
#
# ## Derive: the distance and its gradient
#
# Write $\phi_s(x)$ for the features of $x$ at stage $s$. The *perceptual loss* (Johnson, Alahi and Fei-Fei, 2016) compares $x$ with a target $t$ at
# one or several stages, each with a weight $w_s$:
#
# $$ L = \sum_s w_s \operatorname{mean}\,(\phi_s(x) - \phi_s(t))^2 \tag{eq:perceptual} $$
#
# The target's features are constants. The gradient of the mean square in $\phi_s(x)$ is twice the difference over the number of entries,
# $\text{size}_s$, and the chain rule takes it back to the picture,
#
# $$ dx = \sum_s J_s(x)^\top \frac{2 w_s}{\text{size}_s}\, (\phi_s(x) - \phi_s(t)) \tag{eq:perceptual.gradient} $$
#
# where $J_s$ is the Jacobian of $\phi_s$ in $x$. Taken literally, this needs a backward pass for each stage. But each stage is computed from the one
# before it: $\phi_3$ from $\phi_2$, and $\phi_2$ from $\phi_1$. Let $g_s$ be the gradient of all of $L$ in $\phi_s$. A change of $\phi_s$ acts on $L$ directly, and through the
# next stage. So
#
# $$ g_s = \frac{2 w_s}{\text{size}_s}\, (\phi_s(x) - \phi_s(t)) + J_{s \to s+1}^\top\, g_{s+1} \tag{25.2} $$
#
# where $J_{s \to s+1}$ is the Jacobian of $\phi_{s+1}$ in $\phi_s$. *One* backward pass is enough: it starts at the deepest stage and adds, at each
# stage, that stage's own gradient. No gradient is computed for the weights: they are frozen.
#
# ## See the code
#
# `VGG.backward` is (25.2): the sum is `add(dx, gradients.get(i))`. `each` returns the loss of each picture of a batch, and the gradient.

# %%
show_source(Normalize.forward, Normalize.backward, VGG.backward, each)

# %% [markdown]
# ## Check: the stages, the gradient, the field
#
# We did not train these weights, so no training shows whether they are used as intended. Instead, each stage is computed a second time from
# its definition, by slow plain code, in float64 and for a picture whose size the pools do not divide. The gradient of three stages at once is
# compared with the complex step (lesson 1), whose tiny step crosses no kink. Both checks are part of `minigan certify`. Last, the receptive
# field: which pixels get a gradient from one position of `conv3_3`?

# %%
show_checks(  # checks with the same name share a line, which shows the worst
    found._replace(name=name)
    for name, claim in (
        ("all stages against their definition", certified.stages),
        ("the gradient in the picture", certified.gradient),
        ("the perceptual loss and its gradient", certified.perceptual_loss),
    )
    for found in claim()
)

big = np.random.default_rng(0).uniform(-1, 1, (steps(4, 2), 64, 64, 3))
found_features, caches = net.forward(big, ["conv3_3"])
one = np.zeros_like(found_features["conv3_3"])
one[:, 8, 8] = 1  # all channels of one position in the middle
touched = np.any(net.backward({"conv3_3": one}, caches) != 0, axis=(0, 3))
print(
    f"one position of conv3_3 depends on {touched.any(axis=1).sum()} x {touched.any(axis=0).sum()} pixels"
)
assert touched.any(axis=1).sum() <= fields["conv3_3"]

# %% [markdown]
# ## Predict: a picture from noise
#
# With a gradient in the picture we can optimise the picture itself. Take the features of a portrait at one stage, forget the portrait, and
# start from noise: Adam changes the *pixels* until the features agree (Mahendran and Vedaldi, 2015). What comes out?
#
# - **a** the portrait, from every stage: there are more features than pixels
# - **b** nearly the portrait from `conv1_2`; from `conv3_3` a picture with the same parts in the same places, but with other pixels
# - **c** noise from every stage: the network is not invertible

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def descend(loss, x, n, rate):
    """Adam on the pixels of x, kept in [-1, 1].   loss(x) -> values (N,), dx"""
    picture = Latent(x.copy())  # pixels as the parameters of an optimizer
    adam = Adam(picture, cosine(rate, n), beta1=0.9, beta2=0.99)
    for _ in range(n):
        picture.grad[...] = loss(picture.z)[1].reshape(-1)
        adam.step()
        np.clip(picture.z, -1, 1, out=picture.z)
    return picture.z


def in_units(target, stages):
    """Weights that make all stages count alike: 1 over the mean square of the target's features."""
    return {s: 1 / float(np.mean(y**2)) for s, y in net.stages(target, stages).items()}


target = faces[[3, 7]]
start = 0.3 * np.random.default_rng(1).standard_normal(target.shape).astype(np.float32)
inverted, errors = {}, {}
for stage in STAGES:
    weights = in_units(target, [stage])
    x = descend(lambda x, weights=weights: each(net, x, target, weights), start, steps(150, 2), 0.1)
    before, after = (each(net, image, target, weights)[0].mean() for image in (start, x))
    inverted[stage], errors[stage] = x, float(np.sqrt(np.mean((x - target) ** 2)))
    print(f"{stage}: feature distance {before:.2f} -> {after:.3f}, pixels off by {errors[stage]:.2f}")

check.vgg_and_perceptual_distance.p2(guess)

title = "From conv1_2 the portrait returns; conv3_3 keeps the parts and leaves the pixels free"
with figure(title, panels=4, size=(9.5, 2.6)) as axes:
    for ax, (name, images) in zip(axes, ({"the portraits": target} | inverted).items(), strict=True):
        sheet(ax, images, 2, name)

if not quick():
    usually(
        "the deeper the stage, the farther the pixels are from the portrait's",
        [*errors.values()] == sorted(errors.values()),
    )

# %% [markdown]
# At `conv3_3` the feature distance has fallen to about a hundredth, and the pixels are still far off. Hair, face and collar are in their places
# and have roughly their colours, but the single pixels are free and keep much of the noise from which they started. **This is what a
# perceptual distance does not see**: a great many pictures have nearly the same deep features, and gradient descent finds one of them. So a
# deep stage is rarely used alone: one adds an error of the pixels, or an early stage, or takes the picture from a G that does not draw noise.
#
# ## Derive: why a squared error blurs
#
# Suppose that the right answer is uncertain: a low-resolution picture fits many sharp ones, $t_1, \dots, t_K$. Which single answer $x$ has the
# least expected loss? Let $\bar\phi$ be the mean of the targets' features. Then the cross terms cancel in the mean over $k$:
#
# $$ \operatorname{mean}_k \lVert \phi(x) - \phi(t_k) \rVert^2 = \lVert \phi(x) - \bar\phi \rVert^2 + \operatorname{mean}_k \lVert \phi(t_k) - \bar\phi \rVert^2 \tag{25.3} $$
#
# and the second term does not depend on $x$. In the pixels $\phi(x) = x$, and the best answer is the *mean picture*: nine copies of a portrait,
# the portrait itself and its eight shifts by one pixel, have the blur above as their mean. In the features the best answer is a picture
# whose features are as near as possible to $\bar\phi$. That is another picture, because $\phi$ is not linear. We start at the mean picture and descend.

# %%
around = [neighbour(target, i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
mean_picture = sum(around) / np.float32(9)
of_each = [net.stages(x, STAGES) for x in around]
mean_features = {s: sum(f[s] for f in of_each) / np.float32(9) for s in STAGES}


def to_the_mean(stages):
    """loss(x): the first term of (25.3), each stage in units of its mean square."""

    def loss(x):
        found, caches = net.forward(x, stages)
        away = {s: found[s] - mean_features[s] for s in stages}
        unit = {s: float(np.mean(mean_features[s] ** 2)) for s in stages}
        gradients = {s: 2 * away[s] / np.float32(unit[s] * away[s][0].size) for s in stages}
        values = sum(np.mean(away[s] ** 2, axis=(1, 2, 3)) / unit[s] for s in stages)
        return values, net.backward(gradients, caches)

    return loss


def sharpness(x):
    """The mean absolute difference between a pixel and its right neighbour."""
    return float(np.abs(np.diff(x, axis=2)).mean())


best = {"one of the nine": target, "best in the pixels": mean_picture}
best["best in the features"] = descend(to_the_mean(STAGES), mean_picture, steps(60, 2), 0.05)
for name, x in best.items():
    print(f"{name:<21} sharpness {sharpness(x) / sharpness(target):.2f}")

title = "If the answer is uncertain, the best one in the pixels is a blur; in the features it has edges"
with figure(title, panels=3, size=(9, 2.9)) as axes:
    for ax, (name, images) in zip(axes, best.items(), strict=True):
        sheet(ax, images, 2, name)

sharp = [sharpness(best[name]) for name in ("best in the pixels", "best in the features")]
usually("the features' answer is sharper than the pixels'", sharp[1] > sharp[0])

# %% [markdown]
# So a network for super-resolution that is trained with a perceptual loss can draw a sharp edge even where it cannot know the edge's exact
# place. It may also invent textures: it is asked for plausible features, not for the mean picture. (The library's VAE and
# `minigan train superres` have this loss as an option.)
#
# ## Derive: a distance between sets
#
# For a picture drawn by a GAN there is no target. We compare two *sets*, and lesson 13 has the distance: describe each picture by a vector $f$,
# and take the Fréchet distance of two Gaussians with the sets' means $m_a$, $m_b$ and covariances $C_a$, $C_b$,
#
# $$ d^2 = \lVert m_a - m_b \rVert^2 + \operatorname{tr} \bigl( C_a + C_b - 2\, (C_a C_b)^{1/2} \bigr) \tag{eq:metric.frechet} $$
#
# For digits we had a classifier of digits. For other pictures the library takes VGG: the vector has 256 numbers, the mean of each channel of
# `conv3_3` over all positions,
#
# $$ f_c = \frac{1}{H' W'} \sum_{i, j} \phi_{\text{conv3\_3}}(x)_{i j c} \tag{25.4} $$
#
# The mean forgets the places: $f$ says *which* textures and parts there are, not where. (The FID does the same with the last pooled layer of
# another network, Inception-v3. Our distance is not an FID and can't be compared with one.)

# %%
portraits, rng = data.load("portraits").images, np.random.default_rng(0)
n = steps(150, 20)
one, two = portraits[rng.permutation(len(portraits))[: 2 * n]].reshape(2, n, 32, 32, 3)
drawn = plots.to_image(pretrained.load("gan-portraits").sample(n, rng))
floats = two.astype(np.float32) / 127.5 - 1
sets = {
    "other portraits: the floor": two,
    "shifted by two pixels": plots.to_image(neighbour(neighbour(floats, 0, 1), 0, 1)),
    "blurred": plots.to_image(blurred(floats)),
    "drawn by a GAN": drawn,
}
judged = {}
for features in (evaluation.PIXELS, evaluation.VGG16):
    reference = evaluation.describe(one, features)[0]
    judged[features] = [
        metrics.frechet_distance(reference, evaluation.describe(images, features)[0])
        for images in sets.values()
    ]
    floor = judged[features][0]
    print(f"{features}, in units of the floor:")
    for name, value in zip(sets, judged[features], strict=True):
        print(f"    {name:<27} {value / floor:5.2f}")

title = "In the pixels a shift is worse than a blur; in VGG's features it is the other way round"
with figure(title, size=(8, 2.8)) as ax:
    rows = np.arange(len(sets))
    for k, (features, values) in enumerate(judged.items()):
        ax.barh(rows + 0.36 * k, np.array(values) / values[0], 0.34, label=features, hatch=("//", "")[k])
    ax.set_yticks(rows + 0.18, sets)
    ax.invert_yaxis()
    ax.axvline(1, color="black", linewidth=1, linestyle=":")
    ax.set_xlabel("Fréchet distance from real portraits, floor = 1")

# %% [markdown]
# With so few pictures the floor is high: the covariance of 256 features needs thousands of pictures (`minigan evaluate` takes them). So look
# only at the order of the rows.
#
# ## Derive: a discriminator on frozen features
#
# D must learn useful features before it can teach G anything, and VGG has some already. So let D look at VGG's features and train only what comes
# after them. This is the idea of the *projected GAN* (Sauer, Chitta, Müller and Geiger, 2021), here in a simple form,
#
# $$ D(x) = \bigl( D_1(\phi_1(x) M_1),\; D_2(\phi_2(x) M_2),\; D_3(\phi_3(x) M_3) \bigr) \tag{25.5} $$
#
# with three small networks $D_s$, called *heads*, one for each of the stages `conv1_2`, `conv2_2` and `conv3_3`, and so one for each scale. The
# matrix $M_s$ multiplies the channels at every position. The hinge loss is the mean over the scores of all three heads. Each head's backward
# pass ends with a gradient $dy_s$ in its input, and G's gradient comes back through all three, by (25.2):
#
# $$ dx = \sum_s J_s(x)^\top \bigl( dy_s\, M_s^\top \bigr) \tag{25.6} $$
#
# **What are the $M_s$?** Matrices of random numbers, drawn once and never trained, $M_s \sim \mathcal{N}(0, \frac1n)$ for $n$ channels. (The code divides them
# by 100 as well, because these features are in the hundreds.) They look useless, but in the paper they improve the samples. The paper's
# explanation: fakes differ from reals in some channels more than in others. A head that sees the channels themselves can rely on the few that
# give the most away; G repairs these, and nothing tells it about the others. Now mix the channels. Let $\delta$ be the difference between the
# mean features of reals and fakes, a vector of $n$ numbers. The difference in the mixed channel $m$ is $\sum_c \delta_c M_{c m}$, with mean 0 over the draws
# of $M$, and variance
#
# $$ \mathbb{E} \Bigl( \sum_c \delta_c M_{c m} \Bigr)^2 = \frac{1}{n} \sum_c \delta_c^2 = \frac{\lVert \delta \rVert^2}{n} \tag{25.7} $$
#
# *the same for every $m$*: on average each mixed channel carries the same share of the whole difference, however unevenly it was spread over
# the original channels. Let us count. With the shares $q_c = \delta_c^2 / \lVert \delta \rVert^2$, the number $1 / \sum_c q_c^2$ is $n$ if all channels have the same share, and
# 1 if a single channel has all of it. So it says by how many channels the difference is carried.

# %%
P = Projection(net, 32, np.random.default_rng(0))


def in_use(difference):
    """The number of channels that carry the difference, over the number of all channels."""
    q = difference**2 / np.sum(difference**2)
    return 1 / np.sum(q**2) / len(q)


x, fakes = (images[:64].astype(np.float32) / 127.5 - 1 for images in (one, drawn))
means = [
    {s: y.mean(axis=(0, 1, 2)) for s, y in net.stages(images, STAGES).items()} for images in (x, fakes)
]
shares = {}
for stage in P.M:
    delta = means[0][stage] - means[1][stage]
    mixed = np.mean(
        [in_use(delta @ Projection(net, 32, np.random.default_rng(k)).M[stage]) for k in range(9)]
    )
    shares[stage] = in_use(delta), mixed
    print(
        f"{stage}: the difference of reals and fakes is carried by {shares[stage][0]:.0%} of the channels, ",
        end="",
    )
    print(f"after mixing by {mixed:.0%}")

title = "After mixing about a third of the channels carry the difference, however it was spread before"
with figure(title, size=(7.5, 2.8)) as ax:
    for k, name in enumerate(("VGG's channels", "mixed")):
        ax.bar(
            np.arange(3) + 0.36 * k,
            [row[k] for row in shares.values()],
            0.34,
            label=name,
            hatch=("//", "")[k],
        )
    ax.set_xticks(np.arange(3) + 0.18, shares)
    ax.set(ylabel="share that carries it", ylim=(0, 0.6))

usually(
    "mixing spreads the difference over more of the channels at two of the three stages or at all",
    sum(b > a for a, b in shares.values()) >= 2,
)

# %% [markdown]
# Why a third and not 1? The squares of Gaussian numbers vary: $\mathbb{E} q^2$ is about three times $(\mathbb{E} q)^2$. So after mixing the share is about a third at
# every stage, however the difference was spread before. Where a few channels carried it, that is a gain. Where more than a third of
# the channels carried it already, mixing gains nothing by this count.
#
# ## See the code: through frozen features into G
#
# The gradient passes through `P`, the frozen features and the mixing, but no optimizer changes it.

# %%
show_source(Projection.backward, ProjectedGAN.d_step, ProjectedGAN.g_step)

# %% [markdown]
# ## Check: the gradient through the projection
#
# (25.6) against differences, for some entries of a picture of 8 x 8 pixels:

# %%
exact = Projection(models.vgg(16, weights="conv3_3", dtype="float64"), 4, np.random.default_rng(1))
rng = np.random.default_rng(2)
x = rng.uniform(-1, 1, (1, 8, 8, 3))
y, caches = exact.forward(x)
dy = [rng.standard_normal(part.shape) for part in y]
pixels = rng.permutation(x.size)[: steps(24, 4)]
dx = exact.backward(dy, caches).reshape(-1)[pixels]


def sent(x):
    return sum(float(np.sum(d * part)) for d, part in zip(dy, exact(x), strict=True))


show_checks([check_gradient("dx, three stages", dx, sent, x, at=pixels)])

# %% [markdown]
# `minigan train projected` trains a projected GAN. Each of its steps is expensive: VGG costs far more than a small D.
#
# ## Modify
#
# ### Exercise 1: back through the conversion
#
# `*` Write `eq:normalize.dx` for any permutation. Given `dy` (N, H, W, C), the number `scale` ($a$), and the sequences `std` and `order`, with one
# entry for each channel of $y$, return `dx`. (Some of the test cases have a permutation that is not its own inverse. Why does that matter?)


# %% tags=["exercise"]
def conversion_dx(dy, scale, std, order):
    return ...  # your code: an array like dy


check.vgg_and_perceptual_distance.q1(conversion_dx)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def conversion_dx(dy, scale, std, order):
#     dx = np.empty_like(dy)
#     dx[..., list(order)] = scale / (2 * np.array(std)) * dy
#     return dx
# ```
#
# The forward pass *reads* `x[..., order]`, so the backward pass *writes* to `dx[..., order]`. That is the inverse permutation, `argsort(order)`.
# If only red and blue are exchanged, it equals `order`, so the mistake `dy[..., order]` stays hidden until somebody needs another order.
#
# </details>

# %% [markdown]
# ### Exercise 2: directions only
#
# `**` In `eq:perceptual` positions and channels with large features outweigh the others. LPIPS (Zhang et al., 2018) therefore first divides the
# features at each position, a vector, by their length. Change the distance accordingly. Given the features `u` and `v` (N, C) at N positions,
# return
#
# $$ L = \operatorname{mean}_n \Bigl\lVert \frac{u_n}{\lVert u_n \rVert} - \frac{v_n}{\lVert v_n \rVert} \Bigr\rVert^2 \tag{25.8} $$
#
# and its gradient in `u`. Then explain: in which direction can a row of `u` change without changing $L$?


# %% tags=["exercise"]
def direction_distance(u, v):
    return ...  # your code: the value, du (N, C)


check.vgg_and_perceptual_distance.q2(direction_distance)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def direction_distance(u, v):
#     size = np.linalg.norm(u, axis=1, keepdims=True)
#     a, b = u / size, v / np.linalg.norm(v, axis=1, keepdims=True)
#     da = 2 * (a - b) / len(u)
#     du = (da - a * np.sum(a * da, axis=1, keepdims=True)) / size
#     return np.mean(np.sum((a - b) ** 2, axis=1)), du
# ```
#
# The Jacobian of $a = u / \lVert u \rVert$ is $(I - a a^\top) / \lVert u \rVert$: it removes the part along $u$, as the projections of lesson 12 do. So $du$ is
# perpendicular to $u$, and making $u$ longer or shorter changes nothing: only the *proportions* of the features at a position count. The
# division by $\lVert u \rVert$ is there because the same step turns a long $u$ less.
#
# </details>

# %% [markdown]
# ### Exercise 3: a texture
#
# `**` Which features occur in a picture, and which occur *together*, no matter where? For features $f$ (P, C) at P positions, the Gram matrix
# $A_f = \frac1P f^\top f$ says that (Gatys, Ecker and Bethge, 2015). Given the features `f` of a picture and `t` of a target, both (P, C), return the
# mean of $(A_f - A_t)^2$ over the $C \times C$ entries, and its gradient in `f`. ($f$ occurs twice in $A_f$.)


# %% tags=["exercise"]
def texture_distance(f, t):
    return ...  # your code: the value, df (P, C)


check.vgg_and_perceptual_distance.q3(texture_distance)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def texture_distance(f, t):
#     away = (f.T @ f - t.T @ t) / len(f)
#     return np.mean(away**2), 4 * f @ away / (away.size * len(f))
# ```
#
# A small change $\Delta$ of $f$ changes $A_f$ by $\frac1P (\Delta^\top f + f^\top \Delta)$. `away`, $A_f - A_t$, is symmetric, so both terms contribute the same, and with the
# 2 of the square the factor is 4. To make a texture, use this distance in place of the squared difference at some stages
# (`f = found[s].reshape(-1, C)`), send `df` into `net.backward`, and let `descend` change the pixels.
#
# </details>

# %% [markdown]
# ## Break it
#
# Four bugs from the museum of the library's tests:
#
# 1. *Red and blue exchanged*: RGB goes into weights that were trained on BGR, and the backward pass makes the same exchange.
# 2. *The range of tanh*: a picture in $[-1, 1]$ goes in as it is, minus a mean of about 110.
# 3. *The gradient stops at the conversion*: $dx$ is the gradient in the converted picture, BGR from 0 to 255.
# 4. *Only one stage sends its gradient*: of a loss over three stages only the gradient of the deepest arrives.
#
# For each we ask three questions. Do the features agree with the definition? Is $dx$ the gradient? And the test that everybody makes: *does the
# loss fall* when we descend from noise as above? With how many of the four bugs does the loss fall?
#
# - **a** none: a wrong network has no useful gradient
# - **b** two: those whose gradient is right
# - **c** three
# - **d** all four

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
right_forward, right_backward, right_pass = Normalize.forward, Normalize.backward, VGG.backward


def range_of_tanh(self, x):
    return x[..., list(self.order)] - np.array(self.mean, x.dtype), x.shape  # right: 127.5 (x + 1) - mean


def deepest_only(self, dstages, caches, learn=False):
    name = max(dstages, key=self.places.get)
    return right_pass(self, {name: dstages[name]}, caches, learn)  # right: all of dstages


bugs = {
    "red and blue exchanged": (
        (Normalize, "forward", lambda self, x: right_forward(self, x[..., ::-1])),  # right: x
        (Normalize, "backward", lambda self, dy, shape: right_backward(self, dy, shape)[..., ::-1]),
    ),
    "the range of tanh": (
        (Normalize, "forward", range_of_tanh),
        (Normalize, "backward", lambda self, dy, shape: dy[..., list(self.order)]),
    ),
    "stops at the conversion": ((Normalize, "backward", lambda self, dy, shape: dy),),
    "one stage sends": ((VGG, "backward", deepest_only),),
}


def questions():
    """(question, answer): the definition, the gradient, and to what share of its start the loss falls."""
    yield "the definition", all(found.ok for found in certified.stages())
    yield "the gradient", gradient_holds()
    weights = in_units(target, STAGES)
    x = descend(lambda x: each(net, x, target, weights), start, steps(25, 2), 0.1)
    fall = each(net, x, target, weights)[0].mean() / each(net, start, target, weights)[0].mean()
    yield "the loss falls to", float(fall)


def gradient_holds():
    x, t = np.random.default_rng(5).uniform(-1, 1, (2, 1, 8, 8, 3))
    of_all = dict.fromkeys(STAGES, 1e-4)
    at = np.arange(5, x.size, 31)
    dx = each(exact.net, x, t, of_all)[1].reshape(-1)[at]
    return check_gradient("dx", dx, lambda x: each(exact.net, x, t, of_all)[0][0], x, at=at).ok


caught, falls = {}, 0
for name, (first, *others) in bugs.items():
    with planted(*first), planted(*(others[0] if others else first)):
        answers = dict(questions())
    caught[name] = [question for question in ("the definition", "the gradient") if not answers[question]]
    falls += answers["the loss falls to"] < 0.9
    print(f"{name:<24} caught by: {', '.join(caught[name])}; ", end="")
    print(f"the loss falls to {answers['the loss falls to']:.0%}")

check.vgg_and_perceptual_distance.p3(guess)
assert caught == {
    "red and blue exchanged": ["the definition"],
    "the range of tanh": ["the definition"],
    "stops at the conversion": ["the gradient"],
    "one stage sends": ["the gradient"],
}
usually("the loss falls with three of the four bugs", falls == 3)
assert all(found.ok for found in [*certified.stages(), *certified.gradient()])
assert gradient_holds()

# %% [markdown]
# The first two compute the right gradient of the wrong features. The loss falls as it should, and only the definition, or the stored answers
# of another program, can show that these are not VGG's features. The fourth computes a part of the gradient, which is still good enough
# to descend. Only the third is noticed, and by luck, because red and blue receive each other's gradient. With grey pictures, whose three channels are
# equal and whose gradient is the sum over them, the loss would fall here too. *A falling loss proves nothing.* These are three different
# questions, and you have to ask them all.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:normalize.forward`: the input that the weights were trained on | `minigan.layers.Normalize.forward` | `tests/layers/more/test_normalize.py`: `test_by_hand` |
# | `eq:normalize.dx`: $dx_{o(c)} = \frac{a}{2 s_c} dy_c$ | `minigan.layers.Normalize.backward` | `tests/layers/more/test_normalize.py`: `test_by_hand` |
# | `eq:perceptual`: the distance in the features | `minigan.models.perceptual` | `tests/models/test_perceptual.py`: `test_value_by_hand`, `test_it_prefers_sharp_and_shifted_to_blurred` |
# | `eq:perceptual.gradient`: all stages in one backward pass | `minigan.models.perceptual` | `tests/models/test_perceptual.py`: `test_value_by_hand`, `test_each_image_on_its_own` |
# | `eq:metric.frechet`: two sets, in the features of `conv3_3` | `minigan.metrics.frechet_distance` | `tests/metrics/test_frechet.py`: `test_by_hand` |
# | `eq:game.through`: through D and the frozen features into G | `minigan.zoo.projected.ProjectedGAN.g_step` | `tests/zoo/test_projected.py`: `test_gs_gradient_passes_through_the_frozen_features` |
#
# - In the pixels a shift is farther away than a blur; in deep features it is nearer. The conversion of the input belongs to the network.
# - The gradient of a loss at several stages takes one backward pass, in which each stage adds its own. Deep features alone do not determine a picture.
# - If the answer is uncertain, the squared error asks for a mean: in the pixels that is a blur, in the features a picture with edges.
# - A projected GAN trains only small heads on frozen features, whose channels are mixed at random so that the heads cannot rely on a few of them.
#
# ## Next
#
# [Lesson 26: Small data](26_small_data.ipynb). Frozen features are one way to help a D that has few pictures to learn from. Another is to
# change these pictures at random each time D sees them, and the gradient has to pass through these changes, too.
