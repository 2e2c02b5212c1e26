# %% [markdown]
# # Lesson 27: Inverse problems
#
# **Goal** Restore an image when you know only half of its pixels, a small copy of it, or a hundred random sums, each time with the same search through a frozen G. Derive the gradient of that search. Learn when G beats the average of the data, and when plain linear algebra beats G.
#
# **Prerequisites** Lesson 8 (backward *through* a network that does not move), lesson 12 (BatchNorm in evaluation mode), lesson 13 (DCGAN). Linear algebra: projections, the trace.
#
# **Run time** 50 s on two cores (estimated).
#
# You have a photograph with a scratch, a thumbnail that should be large, or a scanner with time for only a hundred measurements. In each case you know $y = A x$ plus noise, where the linear map $A$ (the *measurement*) returns fewer numbers than $x$ has pixels, so infinitely many images $x$ fit. You want the one that looks like an image. A trained generator draws images, so search among those: this needs no new training, and one program solves all three problems (Bora, Jalal, Price and Dimakis, 2017). Finding $x$ from $y$ is called an *inverse problem*.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("z", "G", "fake")

# %% [markdown]
# **Recall.** Answer before you unfold.
#
# <details><summary>Lesson 26: an augmentation changes real images and fakes before D sees them. Why does it need a backward pass?</summary>
#
# G's gradient comes from D's score of the *augmented* fake, so it has to pass through the augmentation. A shift or a flip is a linear map, and its backward pass is the transposed map. You'll meet transposed maps again below.
#
# </details>
#
# <details><summary>Lesson 24: how do you add a beard to a portrait with a VAE-GAN?</summary>
#
# Encode the portrait, add the mean code of bearded portraits minus that of beardless ones, and decode. In this lesson there is no encoder, so we have to search for the code.
#
# </details>
#
# <details><summary>Lesson 20: what is the floor of a distance between two sets of images?</summary>
#
# The distance between two equally large sets of *real* images. Don't expect a generator to go below it. A distance without its floor says little.
#
# </details>
#
# <details><summary>Lesson 12: what does BatchNorm subtract in evaluation mode?</summary>
#
# The running mean, a constant. So the image that G draws from one noise vector doesn't depend on the rest of the batch.
#
# </details>
#
# <details><summary>Lesson 5: every gradient is multiplied by 16, in all entries and at every step. What does Adam do differently?</summary>
#
# Nothing (apart from its tiny $\epsilon$): Adam divides by the root mean square of past gradients, which is also 16 times as large. Keep this in mind for a bug below.
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
# Imagine a camera without a lens. It reports 100 numbers. Each is a sum of all 784 pixels of a digit with random weights, plus a little noise. We know the weights, and we try three ways to recover the digit:
#
# 1. the *average* of ten thousand digits, which doesn't use the measurements at all;
# 2. the *exact fit*: of all images that have exactly these 100 sums, the one nearest to the average;
# 3. *G*: of all images that G can draw, the one whose sums are nearest to the measured ones (they won't match exactly).
#
# Which is nearest to the true digit, in squared error per pixel?
#
# - **a** the exact fit: it uses all the measurements, and the other two violate them
# - **b** the average: 100 equations for 784 unknowns say almost nothing, and a wrong image costs more than a blurred one
# - **c** G, by a small margin
# - **d** G: its error is less than half of either other error

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
G = generator(pretrained.load("vaegan-mnist"))  # the G of a VAE-GAN, frozen
digits = data.load("mnist10k")
images = digits.to_float(pad_to=32)  # (10000, 32, 32, 1) in [-1, 1]
chosen = np.random.default_rng(1).permutation(len(images))[: steps(16, 2)]
x, labels = images[chosen], digits.labels[chosen]
others = np.delete(images, chosen, axis=0)
average = others.mean(axis=0)


def camera(m):
    """m random sums of the 28 x 28 pixels inside the black border."""
    return Middle(measurement.Mix(m, (28, 28, 1), np.random.default_rng(0)), 2)


def measured(A, x):
    """y = A x + noise; the noise has a norm of about 0.1 on the scale where pixels go from 0 to 1."""
    y = A(x)
    noise = np.random.default_rng(1).standard_normal(y.shape).astype(y.dtype)
    return y + np.float32(0.2 / np.sqrt(y.shape[1])) * noise


def exact_fit(A, y):
    """Of all images with A x = y, the one nearest to the average: (27.1)."""
    phi = A.A.phi.astype(float)  # (784, m)
    return average + A.adjoint(np.linalg.solve(phi.T @ phi, (y - A(average[None])).T).T)


INSIDE = np.pad(np.ones((28, 28), bool), 2)  # the pixels inside the black border


def error(found, x, where=INSIDE):
    """The mean squared error over the pixels `where`, without the border, on the scale where pixels go from 0 to 1."""
    return np.mean((found - x)[:, where & INSIDE] ** 2) / 4


def read(found, labels):
    """The share of images that DigitNet classifies as the right digit."""
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
# (A warning about this comparison: these digits are among the ten thousand that the VAE-GAN was trained on. `minigan results inverse` makes the same comparison on digits that no model has seen.)
#
# ## Derive: what an exact fit cannot know
#
# Let $\bar x$ be the average, and let $A$ be an $m \times n$ matrix. Minimise $\lVert x - \bar x \rVert^2$ subject to $A x = y$. At the minimum the gradient $2 (x - \bar x)$ must be a combination of the rows of $A$ (otherwise we could move along the constraint and get closer). So $x = \bar x + A^{\top} u$ for some $u$, the constraint becomes $A \bar x + A A^{\top} u = y$, and solving for $u$ gives
#
# $$ \hat x = \bar x + A^{\top} (A A^{\top})^{-1} (y - A \bar x) \tag{27.1} $$
#
# Without noise $y = A x$, so $\hat x - \bar x = P (x - \bar x)$ with $P = A^{\top} (A A^{\top})^{-1} A$. This matrix is symmetric and satisfies $P^2 = P$: it is the orthogonal projection onto the space spanned by the $m$ rows of $A$. The remaining error is $(I - P)(x - \bar x)$. How large is it on average over random $A$? The entries of $A$ are independent Gaussians, so no direction is special: $A$ and $A Q$ have the same distribution for every rotation $Q$. Hence $\mathbb{E} P$ commutes with every rotation, and must be a multiple $c I$ of the identity. A projection onto $m$ dimensions has trace $m$, so $c\, n = m$, and since $(I - P)^2 = I - P$,
#
# $$ \mathbb{E} \lVert x - \hat x \rVert^2 = (x - \bar x)^{\top} (I - \mathbb{E} P) (x - \bar x) = \Bigl( 1 - \frac mn \Bigr) \lVert x - \bar x \rVert^2 \tag{27.2} $$
#
# With $m = 100$ and $n = 784$ the exact fit keeps 87 % of the average's squared error. *Algebra alone learns one pixel per equation.* (The noise adds a little to (27.2), most when $m$ is close to $n$ and $A A^{\top}$ is nearly singular.)
#
# G learns more from each equation, because it has less to find out. The images it can draw form a surface in the space of 784 pixels, with at most as many dimensions as $z$ has entries, here 64. A hundred equations can be enough to single out a point on it. Two errors remain: the search may end at a wrong point, and the true image does not lie exactly on the surface. The second error doesn't shrink however many sums you measure, while (27.2) goes to 0 as $m$ approaches $n$. So above some $m$ the exact fit must win. (Bora et al. prove the good news. Let $k$ be the length of $z$. For a G of $d$ layers with ReLU, on the order of $k d \log n$ random sums suffice for the error to be at most a constant times that of the nearest image G can draw, plus a multiple of the noise. This holds with high probability, and only if the search really finds the minimum of the misfit, which gradient descent doesn't guarantee.)
#
# ## Derive: the search
#
# $$ z^{*} = \arg\min_z \; \bigl\| A\,G(z) - y \bigr\|^2 + \lambda \lVert z \rVert^2 \tag{eq:invert} $$
#
# *Why this sum?* Suppose that each measured number has independent Gaussian noise with standard deviation $s$. Then $-\log p(y|z) = \lVert A G(z) - y \rVert^2 / 2 s^2$ plus a constant. G was trained on $z \sim \mathcal{N}(0, I)$, so $-\log p(z) = \frac12 \lVert z \rVert^2$ plus a constant. By Bayes' rule the most probable code minimises the sum of the two, and $2 s^2$ times that sum is `eq:invert` with
#
# $$ \lambda = s^2 \tag{27.3} $$
#
# Without the second term a search may wander off to codes that G has never seen in training, where it can draw anything. (`restore` uses $\lambda = 0.5$, although the noise of our 100 sums has a variance of only $0.2^2 / 100 = 0.0004$. The reason is that $s$ also has to cover what G can't draw. In the table above G's image is at a distance of several units from $y$: a misfit of 4, for example, spread over 100 sums, is a variance of $4^2 / 100 = 0.16$ each.)
#
# **The gradient.** Let $u = A\, G(z) - y$ be the *misfit*. A small $\delta z$ changes $u$ by $A J_G\, \delta z$, where $J_G$ is the Jacobian of G at $z$, and so it changes $\lVert u \rVert^2$ by $2 u^{\top} A J_G\, \delta z$. Hence
#
# $$ dz = J_G^{\top}\, 2 A^{\top} \bigl( A\,G(z) - y \bigr) + 2 \lambda z \tag{eq:invert.dz} $$
#
# Read the first term from right to left: take the misfit, go back through the measurement, go back through G. Multiplying by $J_G^{\top}$ is the backward pass you know. In training we keep $d\theta_G$ and throw $dz$ away; here $\theta_G$ stays fixed (`learn=False`) and $dz$ is what we want. The optimizer doesn't care: $z$ is its parameter vector.
#
# **Three measurements.** The search needs $A$ and its *adjoint* $A^{\top}$, the map that satisfies
#
# $$ \langle A x, u \rangle = \langle x, A^{\top} u \rangle \quad \text{for all } x, u \tag{27.4} $$
#
# For a matrix it is the transpose. It also exists where nobody writes $A$ as a matrix, as in the next three cases.
#
# *Hidden pixels.* The mask $m$ is 1 where a pixel is known and 0 where it is hidden, and $\odot$ multiplies pixel by pixel. Since $\langle m \odot x, u \rangle = \langle x, m \odot u \rangle$,
#
# $$ A x = m \odot x, \qquad A^{\top} = A \tag{eq:mask} $$
#
# *A small copy.* Every block of $k \times k$ pixels is replaced by its mean:
#
# $$ (A x)_{ij} = \frac{1}{k^2} \sum_{a, b < k} x_{ki + a,\, kj + b} \tag{eq:shrink} $$
#
# In $\langle A x, u \rangle = \sum_{ij} u_{ij} (A x)_{ij}$ the pixel $x_{ki + a, kj + b}$ is multiplied by $u_{ij} / k^2$. By (27.4) that factor is the entry of $A^{\top} u$ at this pixel:
#
# $$ (A^{\top} u)_{ki + a,\, kj + b} = \frac{u_{ij}}{k^2} \tag{eq:shrink.adjoint} $$
#
# So the adjoint *enlarges* the small image, but it doesn't undo $A$: it also divides by $k^2$.
#
# *Random sums.* $\Phi$ is an $m \times n$ matrix of independent Gaussians. With variance $1/m$ each column has a squared length of 1 on average, so $\lVert A x \rVert$ is about as large as $\lVert x \rVert$:
#
# $$ A x = \Phi x, \qquad \Phi_{ij} \sim \mathcal{N}(0, 1/m) \tag{eq:mix} $$
#
# $$ A^{\top} u = \Phi^{\top} u \tag{eq:mix.adjoint} $$
#
# **A frozen G.** The search must use G in evaluation mode, as when it draws: BatchNorm takes its running mean and its running variance $v$. These are constants, so the layer is $y = \gamma (x - \text{mean}) / \sqrt{v + \epsilon} + \beta$, an affine map for each channel, and
#
# $$ dx = \frac{\gamma}{\sqrt{v + \epsilon}} \odot dy \tag{eq:frozen.dx} $$
#
# Compare this with lesson 12, where the mean and the variance depended on $x$, which gave two more terms. Using `G.forward` in training mode would be wrong twice over: it draws a different image, and it mixes images that are searched side by side.
#
# **D has a say.** Yeh et al. (2017) add the loss that G minimised in training, with a weight $w$, so that the image both fits and looks real. With $f = D(G(z))$:
#
# $$ L = \lVert A\, G(z) - y \rVert^2 + \lambda \lVert z \rVert^2 + w\, L_G\bigl( D(G(z)) \bigr), \qquad dx = 2 A^{\top} u + w\, J_D^{\top}\, \frac{\partial L_G}{\partial f} \tag{27.5} $$
#
# where $dx$ is the gradient at G's output, and then $dz = J_G^{\top} dx + 2 \lambda z$. This is `g_step` with two more terms and a different parameter vector. D is frozen too.
#
# ## See the code
#
# Here are the objective with its gradient, the three measurements, the frozen layer, and the term from D. `restore` adds the bookkeeping: it runs Adam on the codes, tries several starts for each image, and continues from the best one.

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
# For each measurement we check (27.4) on random arrays, the value of the objective against its definition, and $dz$ against central differences, with BatchNorm and D in the loop. After a search we check that G and D haven't changed by a single bit, and that the image found is what $G(z)$ draws. These checks are part of `minigan certify`:


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
# - **a** they're equal up to rounding: the objective is a sum of squares and has one minimum
# - **b** they differ, and so do the images, but the value doesn't tell a good image from a bad one
# - **c** they differ, and on the whole a lower value means that the *hidden* half is closer to the truth

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
print(f"rank correlation of the two: {agreement:.2f} (1: the same order, 0: unrelated)")

check.inverse_problems.p2(guess)

title = "Forty starts end in different minima, and a lower value tends to mean a better image"
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
# The objective contains a *network*, so it has many local minima, and the start decides in which one Adam ends. You can't see the hidden half, but you can see the value, and a code that explains the known half well is more likely to be right about the other half. That's why `restore` makes a short search from each of several starts and continues from the best one.
#
# ## Derive: how many sums until the exact fit wins
#
# (27.2) is a straight line in $m$, from the average's error at $m = 0$ down to 0 at $m = n$. G's error has a floor, the distance of the digits from the surface of images it can draw. Let's plot both.

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

title = "G is far ahead in between; with very few sums it guesses wrong, with enough the exact fit wins"
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
    usually("25 sums: the exact fit wins", curve["exact fit"][0] < curve["G"][0])
    usually("100 sums: G wins", curve["G"][2] < curve["exact fit"][2])
    usually("750 sums: the exact fit wins", curve["exact fit"][-1] < curve["G"][-1])

# %% [markdown]
# Compare the printed errors: from 100 sums G typically gets as close as the exact fit does from hundreds more. At the left end there are fewer equations than entries of $z$, so many digits fit, the search picks one of them, and a sharp wrong digit costs more than a blur. At the right end, with nearly as many sums as pixels, G's own limits are the error: its curve stays near its floor, and the straight line passes below it.
#
# ## Predict: half of a digit
#
# Back to the hidden half. We compare G with the average of the data, on the hidden pixels only, and repeat this with two other masks: the middle hidden, and four fifths of all pixels hidden at random. For which masks is G's squared error *less than half* of the average's?
#
# - **a** with all three
# - **b** only with the pixels hidden at random
# - **c** with the middle and with the left half
# - **d** with none

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
MASKS = {"random:0.8": "80 % at random", "centre:16": "the middle", "half:left": "the left half"}
filled, table = {}, {}
for spec in MASKS:
    known = mask(spec, (32, 32), np.random.default_rng(0))
    by_average = np.where(known[:, :, None], x, average)
    by_search = restore.inpaint(  # blend=False: G's pixels as they are
        G, x, known, np.random.default_rng(0), steps=steps(100, 3), blend=False
    )
    filled[spec] = by_average, by_search
    table[spec] = [error(images, x, ~known) for images in (by_average, by_search)]
    right = [read(images, labels) for images in (by_average, by_search)]
    print(
        f"hidden: {MASKS[spec]:<15} average {table[spec][0]:.3f}, read right {right[0]:.0%}   "
        f"G {table[spec][1]:.3f}, read right {right[1]:.0%}   ratio {table[spec][1] / table[spec][0]:.2f}"
    )

check.inverse_problems.p3(guess)

if not quick():
    ratio = {spec: by_search / by_average for spec, (by_average, by_search) in table.items()}
    usually(
        "G's error is less than half of the average's with the random mask only",
        ratio["random:0.8"] < 0.5 < min(ratio["centre:16"], ratio["half:left"]),
    )

title = "Scattered pixels nearly fix the digit; half a digit leaves room, and G fills it with something possible"
with figure(title, panels=(7, 1), size=(9, 7.2)) as axes:
    strip(axes[0, 0], "truth", x)
    for k, (spec, (by_average, by_search)) in enumerate(filled.items()):
        strip(axes[2 * k + 1, 0], f"{MASKS[spec]} hidden, filled with the average", by_average)
        strip(axes[2 * k + 2, 0], "filled by G", by_search)

# %% [markdown]
# ## Derive: why a good guess has twice the error
#
# Let $x$ be the hidden pixels. Given the known ones, they still have a distribution, with a mean $\mu$ and a total variance $V$ (summed over the pixels). The best guess in squared error is $\mu$, and its expected error is $V$. But $\mu$ is a blur of everything that could be there. Suppose that instead you draw a sharp $\tilde x$ from the same distribution. Given the known pixels, $x$ and $\tilde x$ are independent, and both have mean $\mu$ and variance $V$, so the mixed term vanishes:
#
# $$ \mathbb{E} \lVert \tilde x - x \rVert^2 = \mathbb{E} \lVert \tilde x - \mu \rVert^2 + \mathbb{E} \lVert x - \mu \rVert^2 = 2 V \tag{27.6} $$
#
# *A perfect, sharp guess has twice the squared error of the best blur.* Compare that with the average image, which ignores the known pixels. Its error is the full variance $V_0$ of the hidden pixels. From now on let $V$ be the average over all images; then $V_0 = V + {}$(the variance of $\mu$ from image to image). The perfect guess beats the average image only if
#
# $$ V < \tfrac12 V_0 \tag{27.7} $$
#
# that is, only if the known pixels explain more than half of the variance of the hidden ones. Scattered pixels do: some known pixel is close to every hidden one. Half of a digit hardly does: a 3 may turn out to be an 8. In that case G's error is about as large as that of the average, and yet G's filling looks like a digit where the average is a ghost. The number and the eye judge different things, so report both, as the table above does with DigitNet. (Our search isn't a draw from that distribution. It looks for the most probable code. But it too commits to one sharp answer.)
#
# ## Derive: no edge around the hole
#
# G fits the known pixels only approximately. If you paste its pixels into the hole, the mismatch shows as an edge. But a mismatch that is nearly constant leaves the *differences* between neighbouring pixels right. So look for the image $x$ that equals the known pixels $k$ outside the hole, and whose differences are as close as possible to those of G's image $g$:
#
# $$ \min_x \sum_{p \sim q} \bigl( (x_p - x_q) - (g_p - g_q) \bigr)^2, \qquad x = k \text{ at known pixels} \tag{27.8} $$
#
# The sum runs over all pairs $p \sim q$ of neighbouring pixels. Its derivative with respect to a hidden $x_p$ is twice a sum over the neighbours $q$ of $p$, and must be 0:
#
# $$ \sum_{q \sim p} (x_p - x_q) = \sum_{q \sim p} (g_p - g_q) \quad \text{for each hidden } p, \qquad x = k \text{ elsewhere} \tag{eq:poisson} $$
#
# This is one linear equation for each hidden pixel: Poisson's equation on a grid (Pérez et al., 2003). If G's image is too dark by a constant, the constant drops out of the right side. The matrix of the system is symmetric and positive definite, so `poisson.blend` solves it by conjugate gradients, channel by channel. Let's try it on portraits:

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

edge = known[:, :-1] != known[:, 1:]  # neighbours in a row of which exactly one is hidden
off = {
    name: np.abs(np.diff(images_found - faces, axis=2))[:, edge].mean()
    for name, images_found in (("pasted", pasted), ("blended", blended))
}
print("error of the jump across the edge:", "  ".join(f"{name} {size:.3f}" for name, size in off.items()))

title = "Blending softens the edge of the hole, and lets the colours around it leak in"
with figure(title, panels=(4, 1), size=(8.5, 4.6)) as axes:
    strip(axes[0, 0], "truth", faces)
    strip(axes[1, 0], "known", np.where(known[:, :, None], faces, -0.3))
    strip(axes[2, 0], "G's pixels pasted", pasted)
    strip(axes[3, 0], "blended", blended)

if not quick():
    usually(
        "after blending, the jumps across the edge are closer to the true ones",
        off["blended"] < off["pasted"],
    )

# %% [markdown]
# **A small copy.** This is the same call with a different $A$. We know the means of blocks of 4 x 4 pixels, 8 x 8 numbers for each colour, and want 32 x 32 pixels.

# %%
A = measurement.Shrink(4)
small = A(faces)
large = search(P, A, small, np.random.default_rng(0))[0]
blocks = small.repeat(4, axis=1).repeat(4, axis=2)
for name, images_found in (("blocks", blocks), ("G", large)):
    print(
        f"{name:<7} squared error {np.mean((images_found - faces) ** 2) / 4:.4f}   misses its small copy by {np.abs(A(images_found) - small).mean():.3f} a pixel"
    )

title = "Four times as wide and high: G invents edges that the small copy does not show"
with figure(title, panels=(3, 1), size=(8.5, 3.6)) as axes:
    strip(axes[0, 0], "the small copy, as blocks", blocks)
    strip(axes[1, 0], "G", large)
    strip(axes[2, 0], "truth", faces)

# %% [markdown]
# ## Derive: the other way, a network that fills holes
#
# A search takes a few hundred passes through G for every image. A *context encoder* (Pathak et al., 2016) takes one: its G sees the image with the hole, and the mask, and draws what is missing. In this section $m$ is 1 where a pixel is *hidden*. There are two losses. The first asks for the right pixels:
#
# $$ L_{\text{rec}} = \frac{\lVert m \odot (G(x, m) - x) \rVert^2}{\sum m} \tag{eq:context.rec} $$
#
# where $\sum m$ counts every channel of every hidden pixel. The best answer is the mean of everything that could be there (lesson 3), the blur of (27.6) with the lowest error. To get something sharper, a D that sees only the hole compares fillings with true content,
#
# $$ L_D = \operatorname{loss.d}\bigl( D(m \odot x),\; D(m \odot G(x, m)) \bigr) \tag{eq:context.d} $$
#
# and G minimises a weighted sum, with most of the weight on the first loss:
#
# $$ L_G = \lambda_{\text{rec}} L_{\text{rec}} + \lambda_{\text{adv}} \operatorname{loss.g}\bigl( D(m \odot G(x, m)) \bigr) \tag{eq:context.g} $$
#
# The mask appears twice in the gradient at G's output: $2 m \odot (G - x) / \sum m$ from the first loss, and $m \odot dx$ from the second, where $dx$ comes back from D. What G draws at known pixels is thrown away, so it gets no gradient.

# %%
show_source(context.context_step, context.with_hole)

# %% [markdown]
# We train a context encoder on all the other digits, with the left half hidden, with the squared error alone, and compare it with the search. (Our 16 digits are new to the context encoder, but not to the G of the search.)

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

by_encoder = restore.in_one_pass(game, x, half, blend=False)
by_average, by_search = filled["half:left"]
three = {"average": by_average, "search": by_search, "context encoder": by_encoder}
contrast = {}
for name, images_found in ({"truth": x} | three).items():
    hole = images_found[:, ~half]
    contrast[name] = np.mean(np.abs(hole))  # 1 if all pixels are black or white, 0 if all are grey
    print(
        f"{name:<16} squared error {error(images_found, x, ~half):.3f}   read right {read(images_found, labels):.0%}   "
        f"mean |pixel| {contrast[name]:.3f}"
    )

title = "Trained by squared error alone, the context encoder has the lowest error, and is greyer than the search"
with figure(title, panels=(4, 1), size=(9, 4.2)) as axes:
    for ax, (name, images_found) in zip(axes[:, 0], ({"truth": x} | three).items(), strict=True):
        strip(ax, name, images_found)

if not quick():
    usually(
        "the context encoder has the lowest error",
        error(by_encoder, x, ~half) < min(error(by_average, x, ~half), error(by_search, x, ~half)),
    )
    usually(
        "the context encoder is greyer than the search", contrast["context encoder"] < contrast["search"]
    )

# %% [markdown]
# This is what (27.6) leads us to expect: the network that was trained for squared error wins in squared error, and draws grey where it can't know. The search commits itself to one digit. The context encoder has to be trained for its kind of hole, and then needs one pass for each image; the search works for every $A$ without training, and needs hundreds of passes.
#
# ## Modify
#
# ### Exercise 1: the gradient of the search (★)
#
# Compute `eq:invert.dz` for one image, with ordinary matrices: `J` (n, k) is the Jacobian of G at `z` (k,), `x = G(z)` has shape (n,), `A` (m, n), `y` (m,), and `lam` is the weight $\lambda$. Return `dz` (k,).


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
# The misfit has the shape of $y$, $A^{\top}$ turns it into an image, and $J^{\top}$ turns that into a code. The library never builds $J$: `G.backward` multiplies by its transpose without forming it, and `A.adjoint` does the same for the mask and the small copy.
#
# </details>

# %% [markdown]
# ### Exercise 2: make it consistent (★★)
#
# Above, the block means of G's large image were not quite equal to the small copy. Change the image as little as possible, in squared error, so that its block means are *exactly* right. Given `x` (N, H, W, C), `y` (N, H/k, W/k, C) and `k`, return the new images. Then explain: if `y` contains no noise, why can this only bring the image closer to the truth?


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
# This is (27.1) with $x$ in place of the average. Here $A A^{\top} = I / k^2$, so $A^{\top} (A A^{\top})^{-1}$ repeats each number over its block, *without* the $1 / k^2$ of the adjoint. The images with the right block means form an affine subspace, the truth is in it, and the result is the foot of the perpendicular from $x$ onto it. By Pythagoras the foot is closer to every point of that subspace than $x$ was (unless $x$ was already in it).
#
# </details>

# %% [markdown]
# ### Exercise 3: a measurement of your own (★★★)
#
# This one is a small project. Think of another way to lose part of an image: its colours, every second row, its sharpness (a blur), or its left-right orientation (the sum of the image and its mirror image). Write it as a class with the two methods of `Mask`, `Shrink` and `Mix`. It should accept images of 8 x 8 x 3, of 32 x 32 x 3, and of any other height and width that is a multiple of 8. It has to be linear, treat each image on its own, keep the dtype, and lose information.
#
# The check doesn't know what you chose. It tests what every measurement has to satisfy. When it passes, restore `faces` from your measurement with `search(P, MyMeasurement(), MyMeasurement()(faces), rng)[0]`, and look at the result with `strip`.


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
# This is one of many answers: it keeps the brightness alone, so the search *colours* a grey picture. Each pixel of $A^{\top} y$ is $y$ times the three weights: the row of weights has become a column. For a blur with a symmetric window, and zeros outside the image, the adjoint is the blur itself. For "every second row" the adjoint puts rows of zeros in between.
#
# </details>

# %% [markdown]
# ## Break it
#
# Here are four bugs. With each of them the search still runs.
#
# 1. *Enlarged*: the adjoint of the small copy repeats each number over its block, but forgets to divide by $k^2$.
# 2. *Taken for grey*: the misfit of a masked image is taken over all pixels. In $y$ the hidden pixels are 0, and 0 is grey.
# 3. *Term left out*: the value contains $\lambda \lVert z \rVert^2$, but the gradient doesn't contain $2 \lambda z$.
# 4. *Training mode*: G is copied, but not frozen.
#
# Which of them are caught by comparing $dz$ with central differences of the objective?
#
# - **a** all four
# - **b** the first and the third
# - **c** the first, the third and the fourth
# - **d** only the third: Adam hides the factor of the first

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


def term_left_out(G, A, y, z, labels, l2, prior=None):
    value, dz, x = right_objective(G, A, y, z, labels, l2, prior)
    return value, dz - 2 * l2 * z, x  # right: dz


def not_frozen(net):
    return net.astype(net.dtype)  # right: freeze(net)


right_objective = invert.objective
bugs = {
    "enlarged": (measurement.Shrink, "adjoint", enlarged),
    "taken for grey": (invert, "objective", taken_for_grey),
    "term left out": (invert, "objective", term_left_out),
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
assert {name for name, found in caught.items() if "dz" in found} == {"enlarged", "term left out"}
assert "adjoint" in caught["enlarged"]
assert "value" in caught["taken for grey"]
assert "the image is G(z)" in caught["training mode"]
assert not [found for found in search_checks() if not found.ok]

# %% [markdown]
# *Taken for grey* has the right gradient of a wrong value: only comparing the value with its definition reveals it. *Training mode* computes correct gradients of a different function. *Enlarged* is also caught by the adjoint test. But would you have seen it in a picture? Here is the same search with each of the first two bugs:

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

title = "The missing factor of 1/16 does no visible harm; taking hidden pixels for grey does"
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
# With *enlarged* the misfit's gradient is 16 times too large, but Adam rescales the whole gradient, so all that changes is the weight of the misfit relative to $\lambda$ and to D. The pictures differ, but the printed errors are about equal. A bug like this can stay unnoticed until somebody replaces Adam by SGD.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:invert`: $\lVert A G(z) - y \rVert^2 + \lambda \lVert z \rVert^2$ | `minigan.apps.invert.objective` | `tests/apps/test_invert.py`: `test_the_gradient_of_the_objective`, `test_it_finds_what_g_can_draw` |
# | `eq:invert.dz`: $J_G^\top\, 2 A^\top u + 2 \lambda z$ | `minigan.apps.invert.objective` | `tests/apps/test_invert.py`: `test_the_gradient_of_the_objective`, `test_it_changes_neither_g_nor_the_arguments` |
# | `eq:mask`: hidden pixels have no gradient | `minigan.apps.measurement.Mask` | `tests/apps/test_measurement.py`: `test_by_hand`, `test_the_adjoint_is_the_transpose` |
# | `eq:shrink`, `eq:shrink.adjoint`: block means and their adjoint | `minigan.apps.measurement.Shrink` | `tests/apps/test_measurement.py`: `test_by_hand`, `test_the_adjoint_is_the_transpose` |
# | `eq:mix`, `eq:mix.adjoint`: $\Phi x$, $\Phi^\top u$ | `minigan.apps.measurement.Mix` | `tests/apps/test_measurement.py`: `test_random_measurements_keep_the_length_in_the_mean` |
# | `eq:frozen.dx`: $\gamma\, dy / \sqrt{v + \epsilon}$ | `minigan.layers.more.frozen.FrozenBatchNorm.backward` | `tests/layers/more/test_frozen.py`: `test_frozen_batch_norm_by_hand` |
# | `eq:poisson`: G's differences, and the known pixels around the hole | `minigan.apps.poisson.blend` | `tests/apps/test_poisson.py`: `test_the_hole_solves_the_equation`, `test_a_constant_error_of_the_generator_disappears` |
# | `eq:context.rec`, `eq:context.d`, `eq:context.g`: filling a hole in one pass | `minigan.zoo.context.context_step` | `tests/zoo/test_context.py`: `test_the_reported_losses_are_those_of_the_paper` |
#
# - One search works for all linear measurements: forward through G and $A$, backward through $A^{\top}$ and G, one step on $z$. To add a measurement, write the map and its adjoint.
# - A generator helps most when you have few measurements, but more than $z$ has entries. Its error can't fall below the distance from the truth to the images that G can draw.
# - A perfect sharp guess has twice the squared error of the best blur. Decide which one you want before you choose a method, and report a measure of each.
#
# ## Next
#
# [Lesson 28: Video](28_video.ipynb). From one image to sixteen in a row: what stays, what moves, and a backward pass through time.
