# %% [markdown]
# # Lesson 27: Inverse problems
#
# **Goal** Restore an image of which you know half the pixels, a small copy, or a hundred random sums, with one search through a frozen G; derive its gradient, and say when G's knowledge beats the average of the data and when plain algebra beats G.
#
# **Prerequisites** Lesson 8 (backward *through* a network that does not move), lesson 12 (BatchNorm in evaluation mode), lesson 13 (DCGAN). Linear algebra: projections, the trace.
#
# **Run time** 50 s on two cores (estimated).
#
# A scratch across a photograph, a thumbnail that should be large, a scanner with time for a hundred measurements: each time you know $y = A x$ plus noise, with fewer numbers in $y$ than in $x$, and infinitely many images fit. You want the one that looks like an image. A trained generator draws nothing else, so look for it among G's images: no new training, and one program for all three problems (Bora, Jalal, Price and Dimakis, 2017).

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("z", "G", "fake")

# %% [markdown]
# **Recall.** Answer before you unfold.
#
# <details><summary>Lesson 26: an augmentation changes real images and fakes before D sees them. Why does it need a backward pass?</summary>
#
# G's gradient comes from D's score of the *changed* fake, so it passes through the augmentation. For a shift or a flip the backward pass is the transposed map. You meet transposed maps again below.
#
# </details>
#
# <details><summary>Lesson 24: how do you add a beard to a portrait with a VAE-GAN?</summary>
#
# Encode it, add the difference of the mean codes with and without a beard, decode. Here there is no encoder: we have to search for the code.
#
# </details>
#
# <details><summary>Lesson 20: what is the floor of a distance between two sets of images?</summary>
#
# The distance between two sets of *real* images of the same size. No generator should be expected below it. A number without its floor says little.
#
# </details>
#
# <details><summary>Lesson 12: what does BatchNorm subtract in evaluation mode?</summary>
#
# The running mean, a constant. So the image that G draws for one noise vector does not depend on the rest of the batch.
#
# </details>
#
# <details><summary>Lesson 5: a gradient is multiplied by 16, in all its entries and at every step. What does Adam do differently?</summary>
#
# Nothing: Adam divides by the root mean square of the gradients, which is 16 times as large too. Keep this in mind for a bug below.
#
# </details>

# %%
from functools import partial

import numpy as np

from minigan import data, plots
from minigan.apps import invert, measurement, poisson, restore
from minigan.apps.generator import generator
from minigan.data.mask import mask
from minigan.layers.more import frozen
from minigan.layers.more.frozen import FrozenBatchNorm
from minigan.measure.certify import inverse as certified
from minigan.measure.results.inverse import Middle
from minigan.models import digitnet, pretrained
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually
from minigan.zoo import context

# %% [markdown]
# ## Predict: 100 sums of 784 pixels
#
# A camera without a lens. It reports 100 numbers, each a sum of all 784 pixels of a digit with random weights, plus a little noise. We know the weights, and try three ways to find the digit:
#
# 1. the *average* of ten thousand digits, which does not use the measurements at all;
# 2. the *exact fit*: of all images with precisely these 100 sums, the one nearest to the average;
# 3. *G*: the image that G can draw and whose sums are nearest to the measured ones. They will not be equal.
#
# Which is nearest to the true digit, in squared error per pixel?
#
# - **a** the exact fit: it uses all that is known, and the others violate it
# - **b** the average: 100 equations for 784 unknowns say next to nothing, and a wrong image costs more than a blurred one
# - **c** G, by a small margin
# - **d** G: its error is less than half of the other two

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
G = generator(pretrained.load("vaegan-mnist"))  # frozen; of a VAE-GAN we need the G only
digits = data.load("mnist10k")
images = digits.to_float(pad_to=32)  # (10000, 32, 32, 1) in [-1, 1]
chosen = np.random.default_rng(1).permutation(len(images))[: steps(16, 2)]
x, labels = images[chosen], digits.labels[chosen]
others = np.delete(images, chosen, axis=0)
average = others.mean(axis=0)


def camera(m):
    """m random sums of the 28 x 28 pixels inside the black frame."""
    return Middle(measurement.Mix(m, (28, 28, 1), np.random.default_rng(0)), 2)


def measured(A, x):
    """y = A x + noise, whose norm is 0.1 where pixels go from 0 to 1."""
    y = A(x)
    noise = np.random.default_rng(1).standard_normal(y.shape).astype(y.dtype)
    return y + np.float32(0.2 / np.sqrt(y.shape[1])) * noise


def exact_fit(A, y):
    """The image nearest to the average among those with A x = y, (27.1)."""
    phi = A.A.phi.astype(float)  # (784, m)
    return average + A.adjoint(np.linalg.solve(phi.T @ phi, (y - A(average[None])).T).T)


INSIDE = np.pad(np.ones((28, 28), bool), 2)  # of the black frame


def error(found, x, where=INSIDE):
    """The mean squared error of the pixels `where` inside the frame, with pixels from 0 to 1."""
    return np.mean((found - x)[:, where & INSIDE] ** 2) / 4


def read(found, labels):
    """The share of digits that DigitNet reads right."""
    return np.mean(digitnet.features(np.clip(found, -1, 1).astype(np.float32))[1].argmax(axis=1) == labels)


def strip(ax, name, images):
    """One row of images."""
    sheet = plots.grid(np.clip(images, -1, 1), columns=len(images))
    ax.imshow(sheet.squeeze(), cmap="gray", vmin=0, vmax=255)
    ax.set_title(name)
    ax.set_axis_off()


search = partial(restore.restore, steps=steps(100, 3))
A = camera(100)
y = measured(A, x)
found, codes, _ = search(G, A, y, np.random.default_rng(0))
ways = {"average": np.broadcast_to(average, x.shape), "exact fit": exact_fit(A, y), "G": found}
errors = {name: error(images, x) for name, images in ways.items()}
for name, images_found in ways.items():
    misfit = np.sqrt(np.mean(np.sum((A(images_found) - y) ** 2, axis=1)))
    print(
        f"{name:<10} squared error {errors[name]:.4f}   distance from y {misfit:7.2f}   read right {read(images_found, labels):.0%}"
    )
print(f"{'truth':<10} {'':<22}   {'':<23}   read right {read(x, labels):.0%}")

check.inverse_problems.p1(guess)

title = "From 100 random sums: the exact fit is a noisy average, and G's images are digits"
with figure(title, panels=(4, 1), size=(9, 4.2)) as axes:
    for ax, (name, images_found) in zip(axes[:, 0], ({"truth": x} | ways).items(), strict=True):
        strip(ax, f"{name}, squared error {errors[name]:.3f}" if name in errors else name, images_found)

if not quick():
    usually(
        "G's error is less than half of the others",
        errors["G"] < 0.5 * min(errors["average"], errors["exact fit"]),
    )

# %% [markdown]
# (To be fair: these digits are among the ten thousand that the VAE-GAN was trained on. G stores no images, but it was shaped by them. `minigan results inverse` does the same with digits that no model has seen.)
#
# ## Derive: what an exact fit cannot know
#
# Let $\bar x$ be the average. Minimise $\lVert x - \bar x \rVert^2$ under the condition $A x = y$. At the minimum the gradient $x - \bar x$ is a combination of the rows of $A$, that is $x = \bar x + A^{\top} u$, and the condition says $A \bar x + A A^{\top} u = y$:
#
# $$ \hat x = \bar x + A^{\top} (A A^{\top})^{-1} (y - A \bar x) \tag{27.1} $$
#
# Without noise $y = A x$, and $\hat x - \bar x = P (x - \bar x)$ with $P = A^{\top} (A A^{\top})^{-1} A$. This matrix is symmetric and $P^2 = P$: the orthogonal projection on the space of the $m$ rows. What is lost is the rest, $(I - P)(x - \bar x)$. The entries of $A$ are independent Gaussians, which prefer no direction, so $\mathbb{E} P$ commutes with every rotation and is a multiple $c I$ of the identity. A projection on $m$ dimensions has the trace $m$, so $c\, n = m$, and
#
# $$ \mathbb{E} \lVert x - \hat x \rVert^2 = (x - \bar x)^{\top} (I - \mathbb{E} P) (x - \bar x) = \Bigl( 1 - \frac mn \Bigr) \lVert x - \bar x \rVert^2 \tag{27.2} $$
#
# With $m = 100$ and $n = 784$ it keeps 87 % of the average's error. *Algebra alone learns one pixel per equation.*
#
# G learns more from an equation, because it needs less: the images it can draw form a surface with as many dimensions as $z$ has entries, here 64, in a space of 784. A hundred equations are more than enough to find a point on it. Two errors remain: the search may end at a wrong point, and the true image is not exactly on the surface. The second does not shrink however many sums you measure, while (27.2) goes to 0. So there must be an $m$ from which the exact fit wins. (Bora et al. prove the good news: for a G of $d$ layers with ReLU, of the order of $k d \log n$ random sums are enough to come within a constant factor of the nearest image that G can draw, where $k$ is the length of $z$.)
#
# ## Derive: the search
#
# $$ z^{*} = \arg\min_z \; \bigl\| A\,G(z) - y \bigr\|^2 + \lambda \lVert z \rVert^2 \tag{eq:invert} $$
#
# *Why this sum?* If the noise is Gaussian with standard deviation $s$, then $-\log p(y|z) = \lVert A G(z) - y \rVert^2 / 2 s^2$ plus a constant. And G was trained on $z \sim \mathcal{N}(0, I)$, so $-\log p(z) = \frac12 \lVert z \rVert^2$ plus a constant. By Bayes' rule the most probable code minimises the sum of both, and $2 s^2$ times the sum is `eq:invert` with
#
# $$ \lambda = s^2 \tag{27.3} $$
#
# Without the second term a search may wander to codes that G has never seen in training, and draw anything there.
#
# **The gradient.** Let $u = A\, G(z) - y$. A small $\delta z$ changes $u$ by $A J_G\, \delta z$ and $\lVert u \rVert^2$ by $2 u^{\top} A J_G\, \delta z$. So
#
# $$ dz = J_G^{\top}\, 2 A^{\top} \bigl( A\,G(z) - y \bigr) + 2 \lambda z \tag{eq:invert.dz} $$
#
# From right to left: the misfit, back through the measurement, back through G. The last factor is the backward pass you know. In a training it ends in $d\theta_G$, and $dz$ is thrown away; now $\theta_G$ stays (`learn=False`) and $dz$ is what we want. An optimizer does not care: z is its parameter vector.
#
# **Three measurements.** The search needs $A$ and its *adjoint* $A^{\top}$, the map with
#
# $$ \langle A x, u \rangle = \langle x, A^{\top} u \rangle \quad \text{for all } x, u \tag{27.4} $$
#
# *Hidden pixels.* $m$ is 1 where a pixel is known and 0 where it is hidden; $\langle m \odot x, u \rangle = \langle x, m \odot u \rangle$, so
#
# $$ A x = m \odot x, \qquad A^{\top} = A \tag{eq:mask} $$
#
# *A small copy.* Every block of $k \times k$ pixels becomes one, its mean:
#
# $$ (A x)_{ij} = \frac{1}{k^2} \sum_{a, b < k} x_{ki + a,\, kj + b} \tag{eq:shrink} $$
#
# In $\langle A x, u \rangle = \sum_{ij} u_{ij} (A x)_{ij}$ the pixel $x_{ki + a, kj + b}$ has the factor $u_{ij} / k^2$, and this factor is its entry of $A^{\top} u$:
#
# $$ (A^{\top} u)_{ki + a,\, kj + b} = \frac{u_{ij}}{k^2} \tag{eq:shrink.adjoint} $$
#
# The adjoint *enlarges*, but it is not the inverse: it also divides by $k^2$.
#
# *Random sums.* With a Gaussian matrix whose columns have length 1 on average, so that $\lVert A x \rVert$ is about $\lVert x \rVert$:
#
# $$ A x = \Phi x, \qquad \Phi_{ij} \sim \mathcal{N}(0, 1/m) \tag{eq:mix} $$
#
# $$ A^{\top} u = \Phi^{\top} u \tag{eq:mix.adjoint} $$
#
# **A frozen G.** The search must go through the G that draws: BatchNorm with its running mean and variance $v$. Those are constants, so the layer is $y = \gamma (x - \text{mean}) / \sqrt{v + \epsilon} + \beta$, a line for each channel, and
#
# $$ dx = \frac{\gamma}{\sqrt{v + \epsilon}} \odot dy \tag{eq:frozen.dx} $$
#
# Compare lesson 12, where the mean and the variance depended on $x$ and subtracted two more terms. `G.forward` in training mode would be wrong twice: it gives another image, and it mixes the images that are searched side by side.
#
# **D has a say.** Yeh et al. (2017) add what G minimised in training, so that an image fits and looks real:
#
# $$ L = \lVert A\, G(z) - y \rVert^2 + \lambda \lVert z \rVert^2 + w\, L_G\bigl( D(G(z)) \bigr), \qquad dx = 2 A^{\top} u + w\, J_D^{\top}\, \frac{\partial L_G}{\partial f} \tag{27.5} $$
#
# and then $dz = J_G^{\top} dx + 2 \lambda z$. It is `g_step` with two more terms and another parameter vector. D is frozen as well.
#
# ## See the code
#
# The objective with its gradient, the three measurements, the frozen layer, and D's verdict. `restore` adds the bookkeeping: Adam on the codes, several starts for each image, and the best one goes on.

# %%
show_source(
    invert.objective,
    measurement.Mask,
    measurement.Shrink,
    measurement.Mix,
    FrozenBatchNorm.backward,
    invert.by_critic,
)

# %% [markdown]
# ## Check: adjoints, gradient, and nothing else moves
#
# For each measurement: (27.4) with random arrays; the value from its definition; $dz$ against central differences, BatchNorm and D included; and after a search, that G and D are unchanged to the bit and that the image found is what $G(z)$ draws. The library keeps these checks for `minigan certify`, and we run them here:


# %%
def search_checks():
    for name in certified.measurements():
        yield from certified.search(name)


show_checks(search_checks())

# %% [markdown]
# ## Predict: forty starts
#
# Now the left half of a digit is hidden. We search forty times, from forty random codes. What do you expect of the forty final values of `eq:invert`?
#
# - **a** all are equal up to rounding: the objective is a sum of squares and has one minimum
# - **b** they differ, and so do the images, but the value does not tell a good image from a bad one
# - **c** they differ, and the lower the value, the nearer is the *hidden* half to the truth, on the whole

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
rng = np.random.default_rng(3)
half = mask("half:left", (32, 32), rng)  # True where a pixel is known
hide = measurement.Mask(half)
STARTS = steps(40, 4)
some = 4 if len(x) > 4 else 0
truth = np.repeat(x[some : some + 1], STARTS, axis=0)
start = rng.standard_normal((STARTS, G.latent))
_, drawn, values = invert.invert(G, hide, hide(truth), start, steps=steps(100, 3), l2=restore.L2)
missed = np.mean((drawn - truth)[:, ~half] ** 2, axis=(1, 2)) / 4
order = np.argsort(values)
ranks = np.argsort(order), np.argsort(np.argsort(missed))
agreement = np.corrcoef(*ranks)[0, 1]
print(
    f"value from {values.min():.0f} to {values.max():.0f}; error of the hidden half from {missed.min():.3f} to {missed.max():.3f}"
)
print(f"rank correlation of the two: {agreement:.2f}")

check.inverse_problems.p2(guess)

title = "Forty starts end in different valleys, and the value tells the good ones"
with figure(title, panels=2, size=(9, 3.4)) as (left, right):
    left.plot(values, missed, "o")
    left.set(xlabel="final value of the objective", ylabel="squared error of the hidden half")
    shown = np.concatenate([truth[:1], drawn[order[: steps(5, 1)]], drawn[order[-steps(6, 1) :]]])
    right.imshow(plots.grid(shown, columns=6).squeeze(), cmap="gray")
    right.set_title("the truth, the five lowest; below, the six highest")
    right.set_axis_off()

if not quick():
    usually("the lower the value, the better the hidden half", agreement > 0.3)

# %% [markdown]
# The objective is a sum of squares *of a network*, and has many valleys. A start decides in which one Adam ends. You can't see the hidden half, but you can see the value, and a code that explains the known half well is more likely to be right about the other. So `restore` searches shortly from several starts and continues from the best one.
#
# ## Derive: how many sums until the exact fit wins
#
# (27.2) is a straight line in $m$, from the average's error at $m = 0$ down to 0 at $m = n$. G has a floor, the distance of the digits from its surface. Let us draw both.

# %%
SUMS = (25, 50, 100, 200, 400, 750) if not quick() else (50, 750)
few = x[: steps(8, 2)]
curve = {"exact fit": [], "G": []}
for m in SUMS:
    A = camera(m)
    y = measured(A, few)
    curve["exact fit"].append(error(exact_fit(A, y), few))
    curve["G"].append(error(search(G, A, y, np.random.default_rng(0), steps=steps(60, 3))[0], few))
    print(f"{m:4d} sums: exact fit {curve['exact fit'][-1]:.4f}, G {curve['G'][-1]:.4f}")

title = "G is far ahead in the middle: with too few sums it guesses, with enough the exact fit wins"
with figure(title, marker=True) as ax:
    for name, line in curve.items():
        ax.plot(SUMS, line, label=name)
    base = error(np.broadcast_to(average, few.shape), few)
    ax.plot(
        [0, 784],
        [base, 0],
        color="0.5",
        linewidth=1,
        linestyle=":",
        marker="",
        label="(1 - m/n) × the average's error, (27.2)",
    )
    ax.set(xlabel="measured sums m, of n = 784 pixels", ylabel="squared error per pixel", ylim=(0, None))

if not quick():
    line = np.array(curve["exact fit"]) / (base * (1 - np.array(SUMS) / 784))
    print("exact fit, measured / (27.2):", "  ".join(f"{ratio:.2f}" for ratio in line))
    usually("100 sums: G wins", curve["G"][2] < curve["exact fit"][2])
    usually("750 sums: the exact fit wins", curve["exact fit"][-1] < curve["G"][-1])

# %% [markdown]
# Where a hundred sums are known, a learned prior is worth hundreds of further ones. At the left end there are fewer equations than entries of $z$: many digits fit, the search takes one of them, and a sharp wrong digit costs more than the average. And with nearly as many sums as pixels the prior itself is the error: G's curve stays on its floor, and the straight line passes below it.
#
# ## Predict: half of a digit
#
# Back to the hidden half. We compare G with the average of the data, each in the hidden pixels only, and do the same with two other masks: the middle hidden, and four fifths of all pixels hidden at random. Where is G's squared error *less than half* of the average's?
#
# - **a** with all three
# - **b** only with the pixels hidden at random
# - **c** with the middle and the half
# - **d** with none

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
MASKS = {"random:0.8": "80 % at random", "centre:16": "the middle", "half:left": "the left half"}
filled, table = {}, {}
for spec in MASKS:
    known = mask(spec, (32, 32), np.random.default_rng(0))
    by_average = np.where(known[:, :, None], x, average)
    by_search = restore.inpaint(G, x, known, np.random.default_rng(0), steps=steps(100, 3))
    filled[spec] = by_average, by_search
    table[spec] = [error(images, x, ~known) for images in (by_average, by_search)]
    right = [read(images, labels) for images in (by_average, by_search)]
    print(
        f"hidden: {MASKS[spec]:<15} average {table[spec][0]:.3f}, read right {right[0]:.0%}   "
        f"G {table[spec][1]:.3f}, read right {right[1]:.0%}   ratio {table[spec][1] / table[spec][0]:.2f}"
    )

check.inverse_problems.p3(guess)

title = "Scattered pixels fix the digit; half of it leaves room, and G fills it with a possible one"
with figure(title, panels=(7, 1), size=(9, 7.2)) as axes:
    strip(axes[0, 0], "truth", x)
    for k, (spec, (by_average, by_search)) in enumerate(filled.items()):
        strip(axes[2 * k + 1, 0], f"{MASKS[spec]} hidden, filled with the average", by_average)
        strip(axes[2 * k + 2, 0], "filled by G", by_search)

# %% [markdown]
# ## Derive: why a good guess has twice the error
#
# Let $x$ be the hidden pixels. Given the known ones, they still have a distribution, with a mean $\mu$ and a total variance $V$ (summed over the pixels). The best guess in squared error is $\mu$, with the error $V$. But $\mu$ is a blur of all that could be there. Suppose instead you draw a sharp $\tilde x$ from the same distribution, as a perfect G would. Both $x$ and $\tilde x$ have mean $\mu$ and variance $V$, and are independent given the known pixels:
#
# $$ \mathbb{E} \lVert \tilde x - x \rVert^2 = \mathbb{E} \lVert \tilde x - \mu \rVert^2 + \mathbb{E} \lVert x - \mu \rVert^2 = 2 V \tag{27.6} $$
#
# *A perfect, sharp guess has twice the error of the best blur.* And the average image, which ignores the known pixels, has the error of the full variance $V_0 \ge V$. So a perfect G beats it in squared error only if
#
# $$ V < \tfrac12 V_0 \tag{27.7} $$
#
# only if the known pixels explain more than half of the variance of the hidden ones. Scattered pixels do: a stroke passes near every hidden one. One half of a digit hardly does: a 3 may be an 8. There G's error is about that of the average, and still its filling is a digit where the average is a ghost. The number and the eye ask different things, so report both, as the table above does with DigitNet.
#
# ## Derive: no edge around the hole
#
# G fits the known pixels only nearly. If you paste its pixels into the hole, the error shows as an edge. But its *differences* between neighbouring pixels are good everywhere. So look for the image $x$ that equals the known pixels $k$ outside the hole, and whose differences are as near as possible to those of G's image $g$:
#
# $$ \min_x \sum_{p \sim q} \bigl( (x_p - x_q) - (g_p - g_q) \bigr)^2, \qquad x = k \text{ at known pixels} \tag{27.8} $$
#
# where the sum runs over the pairs of neighbours. The derivative in a hidden $x_p$ is twice the sum over its neighbours $q$, and must be 0:
#
# $$ \sum_{q \sim p} (x_p - x_q) = \sum_{q \sim p} (g_p - g_q) \quad \text{for each hidden } p, \qquad x = k \text{ elsewhere} \tag{eq:poisson} $$
#
# A linear equation for each hidden pixel, Poisson's equation in pixels (Pérez et al., 2003). If G's image is too dark by a constant, the constant drops out of the right side. The matrix is symmetric and positive definite, so `poisson.blend` uses conjugate gradients. In colour:

# %%
P = generator(pretrained.load("vaegan-portraits"))
faces = data.load("portraits").to_float()[np.random.default_rng(5).permutation(1000)[: steps(10, 2)]]
known = mask("centre:16", (32, 32), np.random.default_rng(0))
raw = restore.restore(
    P,
    measurement.Mask(known),
    measurement.Mask(known)(faces),
    np.random.default_rng(0),
    steps=steps(100, 3),
)[0]
pasted = np.where(known[:, :, None], faces, raw)
blended = poisson.blend(known, faces, raw)

edge = known[:, :-1] != known[:, 1:]  # pairs of neighbours, one of them hidden
off = {
    name: np.abs(np.diff(images_found - faces, axis=2))[:, edge].mean()
    for name, images_found in (("pasted", pasted), ("blended", blended))
}
print("error of the jump across the edge:", "  ".join(f"{name} {size:.3f}" for name, size in off.items()))

title = "Blending lowers the edge of the hole, and lets the colours of the border leak in"
with figure(title, panels=(4, 1), size=(8.5, 4.6)) as axes:
    strip(axes[0, 0], "truth", faces)
    strip(axes[1, 0], "known", np.where(known[:, :, None], faces, -0.3))
    strip(axes[2, 0], "G's pixels pasted", pasted)
    strip(axes[3, 0], "blended", blended)

if not quick():
    usually("blended, the jump across the edge is nearer to the true one", off["blended"] < off["pasted"])

# %% [markdown]
# **A small copy.** The same call with another $A$: the means of blocks of 4 x 4 pixels, 8 x 8 numbers in each colour, become 32 x 32.

# %%
A = measurement.Shrink(4)
small = A(faces)
large = search(P, A, small, np.random.default_rng(0))[0]
blocks = small.repeat(4, axis=1).repeat(4, axis=2)
for name, images_found in (("blocks", blocks), ("G", large)):
    print(
        f"{name:<7} squared error {np.mean((images_found - faces) ** 2) / 4:.4f}   misses its small copy by {np.abs(A(images_found) - small).mean():.3f} a pixel"
    )

title = "Four times as large: G invents edges that a small copy does not show"
with figure(title, panels=(3, 1), size=(8.5, 3.6)) as axes:
    strip(axes[0, 0], "the small copy, as blocks", blocks)
    strip(axes[1, 0], "G", large)
    strip(axes[2, 0], "truth", faces)

# %% [markdown]
# ## Derive: the other way, a network that fills holes
#
# A search costs a few hundred passes through G for every image. A *context encoder* (Pathak et al., 2016) does it in one: G sees the image with its hole, and the mask, and draws what is missing. Here $m$ is 1 where a pixel is *hidden*. Two losses teach it. The first asks for the right pixels:
#
# $$ L_{\text{rec}} = \frac{\lVert m \odot (G(x, m) - x) \rVert^2}{\sum m} \tag{eq:context.rec} $$
#
# Its minimum is the mean of all that could be there (lesson 3): the best number and the blur of (27.6). So D, which sees the hole only, compares fillings with the true content,
#
# $$ L_D = \operatorname{loss.d}\bigl( D(m \odot x),\; D(m \odot G(x, m)) \bigr) \tag{eq:context.d} $$
#
# and G minimises both, with most of the weight on the first:
#
# $$ L_G = \lambda_{\text{rec}} L_{\text{rec}} + \lambda_{\text{adv}} \operatorname{loss.g}\bigl( D(m \odot G(x, m)) \bigr) \tag{eq:context.g} $$
#
# In the gradient the mask appears twice: $2 m \odot (G - x) / \sum m$, and $m \odot dx$ of what comes back from D. What G draws at known pixels is thrown away, so it gets no gradient.

# %%
show_source(context.context_step, context.with_hole)

# %% [markdown]
# We train one on the other digits, for the left half only and with the squared error alone, and compare it with the search.

# %%
batches, weights = np.random.default_rng(7).spawn(2)
source = data.Epochs(others, rng=batches)
options = context.Options(width=8, latent=64, steps=steps(600, 3))
game = context.build(options, source, weights)
hidden = np.broadcast_to(~half, (32, 32, 32))  # the left half of each of 32 digits
for _ in range(options.steps):
    batch = source.batch(32)[0]
    context.context_step(game.G, game.D, game.loss, (), game.optimizers, batch, hidden, rec=1.0, adv=0.0)
    game.average()

by_encoder = restore.in_one_pass(game, x, half)
by_average, by_search = filled["half:left"]
three = {"average": by_average, "search": by_search, "context encoder": by_encoder}
contrast = {}
for name, images_found in ({"truth": x} | three).items():
    hole = images_found[:, ~half]
    contrast[name] = np.mean(np.abs(hole))  # 1 for black and white, 0 for grey
    print(
        f"{name:<16} squared error {error(images_found, x, ~half):.3f}   read right {read(images_found, labels):.0%}   "
        f"mean |pixel| {contrast[name]:.3f}"
    )

title = "Squared error alone: the context encoder has the best number and blurs what it cannot know"
with figure(title, panels=(4, 1), size=(9, 4.2)) as axes:
    for ax, (name, images_found) in zip(axes[:, 0], ({"truth": x} | three).items(), strict=True):
        strip(ax, name, images_found)

if not quick():
    usually(
        "the context encoder's error is the lowest",
        error(by_encoder, x, ~half) < min(error(by_average, x, ~half), error(by_search, x, ~half)),
    )
    usually("and it is paler than the search", contrast["context encoder"] < contrast["search"])

# %% [markdown]
# As (27.6) says: the network that was trained for the squared error wins in squared error, and is grey where it does not know. The search commits itself. The context encoder needs a training for its kind of hole and then a few milliseconds; the search works for every $A$ and needs hundreds of passes.
#
# ## Modify
#
# ### Exercise 1: the gradient of the search (★)
#
# `eq:invert.dz` for one image with everything as a matrix: `J` (n, k) is the Jacobian of G at `z` (k,), `x = G(z)` (n,), `A` (m, n), `y` (m,), and `lam` the weight. Return `dz` (k,).


# %% tags=["exercise"]
def code_gradient(J, A, x, y, z, lam):
    return ...  # your code: an array (k,)


check.inverse_problems.q1(code_gradient)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def code_gradient(J, A, x, y, z, lam):
#     u = A @ x - y
#     return J.T @ (2 * A.T @ u) + 2 * lam * z
# ```
#
# The misfit has the shape of $y$, $A^{\top}$ makes it an image, $J^{\top}$ a code. In the library neither matrix exists: `A.adjoint` and `G.backward` multiply by the transposes without forming them.
#
# </details>

# %% [markdown]
# ### Exercise 2: make it consistent (★★)
#
# Above, G's large image missed its small copy by a little. Change it as little as possible, in squared error, so that its block means are *exactly* right. Given `x` (N, H, W, C), `y` (N, H/k, W/k, C) and `k`, return the new images. Then answer for yourself: why can this only bring the image nearer to the truth?


# %% tags=["exercise"]
def consistent(x, y, k):
    return ...  # your code: images like x


check.inverse_problems.q2(consistent)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def consistent(x, y, k):
#     N, H, W, C = x.shape
#     means = x.reshape(N, H // k, k, W // k, k, C).mean(axis=(2, 4))
#     return x + (y - means).repeat(k, axis=1).repeat(k, axis=2)
# ```
#
# This is (27.1) with $x$ in place of the average: $A A^{\top} = I / k^2$, so $A^{\top} (A A^{\top})^{-1}$ repeats each number over its block, *without* the $1 / k^2$ of the adjoint. The images with the right means form a flat space, the truth is in it, and the result is the foot of the perpendicular from $x$. By Pythagoras the foot is nearer to every point of that space than $x$ was.
#
# </details>

# %% [markdown]
# ### Exercise 3: a measurement of your own (★★★)
#
# A project. Think of another way to lose part of an image: its colours, every second row, its sharpness (a blur), the right-left order of its pixels mixed into one sum. Write it as a class with the two methods of `Mask`, `Shrink` and `Mix`, for images of 8 x 8 x 3, 32 x 32 x 3 and any other height and width that is a multiple of 8. It has to be linear, treat each image by itself, keep the dtype, and lose something.
#
# The check knows nothing of your choice. It examines what every measurement has to satisfy. When it is content, restore `faces` from it: `search(P, MyMeasurement(), MyMeasurement()(faces), rng)[0]`, and look at the result with `strip`.


# %% tags=["exercise"]
class MyMeasurement:
    def __call__(self, x):  # (N, H, W, C) -> y (N, ...)
        raise NotImplementedError  # your code

    def adjoint(self, y):  # y (N, ...) -> (N, H, W, C)
        raise NotImplementedError  # your code


check.inverse_problems.q3(MyMeasurement)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# class MyMeasurement:
#     weights = np.array([0.299, 0.587, 0.114])  # how bright red, green and blue appear
#
#     def __call__(self, x):
#         return x @ self.weights.astype(x.dtype)  # (N, H, W)
#
#     def adjoint(self, y):
#         return y[..., None] * self.weights.astype(y.dtype)
# ```
#
# One of many: the brightness alone, so the search *colours* grey photographs. Each pixel of $A^{\top} y$ is the brightness times the three weights, the transposed row. G gives skin the colour of skin and has to guess the background. For a blur with a symmetric window the adjoint is the blur itself; for "every second row" it puts zeros between the rows.
#
# </details>

# %% [markdown]
# ## Break it
#
# Four bugs. With each of them a search runs, and its objective falls.
#
# 1. *Enlarged*: the adjoint of the small copy repeats each number over its block, and forgets to divide by $k^2$.
# 2. *Taken for grey*: the misfit of a masked image is taken over all pixels. The hidden ones hold 0 in $y$, and 0 is grey.
# 3. *No pull*: $\lambda \lVert z \rVert^2$ is in the value, and $2 \lambda z$ is not in the gradient.
# 4. *Training mode*: G is copied, but not frozen.
#
# Which of them does the comparison of $dz$ with differences catch?
#
# - **a** all four
# - **b** the first and the third
# - **c** the first, the third and the fourth
# - **d** only the third: Adam makes the factor of the first disappear

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def enlarged(self, y):
    return y.repeat(self.k, axis=1).repeat(self.k, axis=2)  # right: / k^2


def taken_for_grey(G, A, y, z, labels, l2, prior=None):
    x, caches = G.forward(z if labels is None else (z, labels))
    everywhere = y.shape == x.shape  # a mask
    u = x - y if everywhere else A(x) - y  # right: A(x) - y
    value = (u * u).reshape(len(u), -1).sum(axis=1) + l2 * (z * z).sum(axis=1)
    dx = 2 * u if everywhere else A.adjoint(2 * u)
    if prior is not None:
        more, d_prior = prior(x, labels)
        value, dx = value + more, dx + d_prior
    dz = G.backward(dx, caches, learn=False)
    return value, (dz[0] if isinstance(dz, tuple) else dz) + 2 * l2 * z, x


def no_pull(G, A, y, z, labels, l2, prior=None):
    value, dz, x = right_objective(G, A, y, z, labels, l2, prior)
    return value, dz - 2 * l2 * z, x  # right: dz


def not_frozen(net):
    return net.astype(net.dtype)  # right: freeze(net)


right_objective = invert.objective
bugs = {
    "enlarged": (measurement.Shrink, "adjoint", enlarged),
    "taken for grey": (invert, "objective", taken_for_grey),
    "no pull": (invert, "objective", no_pull),
    "training mode": (frozen, "freeze", not_frozen),
}
caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = list(search_checks())
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

check.inverse_problems.p4(guess)
assert {name for name, found in caught.items() if "dz" in found} == {"enlarged", "no pull"}
assert "adjoint" in caught["enlarged"]
assert "value" in caught["taken for grey"]
assert "the image is G(z)" in caught["training mode"]
assert not [found for found in search_checks() if not found.ok]

# %% [markdown]
# *Taken for grey* has the right gradient of the wrong value: only the value, computed once more from its definition, gives it away. *Training mode* computes right gradients of another network. And *enlarged* is caught by the adjoint test at once. Would you have seen it in a picture? The same search with each of the first two bugs:

# %%
shown = slice(0, steps(8, 2))
trials = {"right": {}, "enlarged": {}, "taken for grey": {}}
shrink = measurement.Shrink(4)
for name, results in trials.items():
    with planted(*bugs.get(name, (invert, "objective", right_objective))):
        results["small copy"] = search(
            G, shrink, shrink(x[shown]), np.random.default_rng(0), steps=steps(60, 3)
        )[0]
        results["half hidden"] = search(
            G, hide, hide(x[shown]), np.random.default_rng(0), steps=steps(60, 3)
        )[0]

title = "A factor of 16 does no visible harm, hidden pixels taken for grey do"
with figure(title, panels=(3, 2), size=(9, 3.6)) as axes:
    for row, (name, results) in zip(axes, trials.items(), strict=True):
        for ax, (problem, images_found) in zip(row, results.items(), strict=True):
            strip(ax, f"{name}: {problem}", images_found)

for problem in ("small copy", "half hidden"):
    print(
        problem,
        "  ".join(f"{name} {error(results[problem], x[shown]):.4f}" for name, results in trials.items()),
    )

# %% [markdown]
# With *enlarged* the misfit's gradient is 16 times as long, and Adam divides it out again; only its weight beside $\lambda$ and D has changed. So the pictures are other ones, but about as good. Such a bug stays until somebody replaces Adam by SGD.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:invert`: $\lVert A G(z) - y \rVert^2 + \lambda \lVert z \rVert^2$ | `minigan.apps.invert.objective` | `tests/apps/test_invert.py`: `test_the_gradient_of_the_objective`, `test_it_finds_what_g_can_draw` |
# | `eq:invert.dz`: $J_G^\top 2 A^\top u + 2 \lambda z$ | `minigan.apps.invert.objective` | `tests/apps/test_invert.py`: `test_the_gradient_of_the_objective`, `test_it_changes_neither_g_nor_the_arguments` |
# | `eq:mask`: hidden pixels have no gradient | `minigan.apps.measurement.Mask` | `tests/apps/test_measurement.py`: `test_by_hand`, `test_the_adjoint_is_the_transpose` |
# | `eq:shrink`, `eq:shrink.adjoint`: means, and shares | `minigan.apps.measurement.Shrink` | `tests/apps/test_measurement.py`: `test_by_hand`, `test_the_adjoint_is_the_transpose` |
# | `eq:mix`, `eq:mix.adjoint`: $\Phi x$, $\Phi^\top u$ | `minigan.apps.measurement.Mix` | `tests/apps/test_measurement.py`: `test_random_measurements_keep_the_length_in_the_mean` |
# | `eq:frozen.dx`: $\gamma\, dy / \sqrt{v + \epsilon}$ | `minigan.layers.more.frozen.FrozenBatchNorm.backward` | `tests/layers/more/test_frozen.py`: `test_frozen_batch_norm_by_hand` |
# | `eq:poisson`: G's differences, the border's level | `minigan.apps.poisson.blend` | `tests/apps/test_poisson.py`: `test_the_hole_solves_the_equation`, `test_a_constant_error_of_the_generator_disappears` |
# | `eq:context.rec`, `eq:context.d`, `eq:context.g`: one pass | `minigan.zoo.context.context_step` | `tests/zoo/test_context.py`: `test_the_reported_losses_are_those_of_the_paper` |
#
# - One search for all linear measurements: forward through G and $A$, backward through $A^{\top}$ and G, a step of z. A measurement is a map and its adjoint.
# - A prior is worth most when you measure few numbers, but more than $z$ has. Its floor is the distance from the images that G can draw.
# - A sharp guess has twice the squared error of the best blur. Decide which you want before you choose a method, and report both numbers.
#
# ## Next
#
# [Lesson 28: Video](28_video.ipynb). From one image to sixteen in a row: what stays, what moves, and a backward pass through time.
