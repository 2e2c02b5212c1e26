# %% [markdown]
# # Lesson 26: Small data
#
# **Goal** Train a GAN on 400 pictures: see how D learns them by heart, show D randomly changed pictures without teaching G to draw the
# changes, and test whether G copied anything.
#
# **Prerequisites** Lesson 8 (the two steps), lesson 7 (the best D, the JSD), lesson 13 (DCGAN), lesson 15 (R1). Linear maps: transpose, eigenvalues.
#
# **Run time** 50 s on two cores (estimated).
#
# The famous GANs were trained on tens of thousands of pictures, and you have four hundred. With so few, D finds a shortcut: it learns the
# pictures by heart, and from then on it tells G nothing but "you are not one of these". In 2020 several groups found the same cure within
# weeks: a random map in front of D, called *augmentation*. It works only if it is applied to the right pictures, and if G's gradient passes
# through it. (We follow Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training", and Karras et al. 2020, "Training
# generative adversarial networks with limited data".)
#
# **Before you start: five questions from earlier lessons**
#
# <details><summary>1. (Lesson 25) A training runs with a wrong gradient. Does its loss fall?</summary>
#
# Often it does: a direction that is not too far from the right one makes it fall. So this lesson checks each adjoint, and does not judge it by a training.
#
# </details>
#
# <details><summary>2. (Lesson 23) Can a VAE learn its training pictures by heart?</summary>
#
# Yes, and its bound shows it: the bound is then worse on held-out pictures. A GAN has no such number, so this lesson has to make one.
#
# </details>
#
# <details><summary>3. (Lesson 20) A G outputs its training pictures. What do precision, recall and the Fréchet distance say?</summary>
#
# That its pictures are as good as real ones. Only the distance to the nearest training picture shows that they are copies.
#
# </details>
#
# <details><summary>4. (Lesson 19) How does the label reach D, and what would go wrong if only the reals had one?</summary>
#
# Together with the picture, for reals and fakes alike. D uses whatever only one kind has to tell the two apart. Remember this.
#
# </details>
#
# <details><summary>5. (Lesson 7) For a fixed G, what does the loss of the best D measure?</summary>
#
# The Jensen-Shannon divergence between the distributions of the data and of the fakes, as D sees them.
#
# </details>

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("real", "fake", "D")

# %%
import numpy as np

from minigan import data, evaluation, losses, models, penalties, plots
from minigan.differences import ADJOINT, compare
from minigan.game import GAN
from minigan.gradcheck import layer_checks
from minigan.layers import Color, Cutout, Dense, Flatten, Mirror, Reshape, Translation
from minigan.layers.more import augment
from minigan.layers.more.augment import Augmentation
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually
from minigan.zoo import small
from minigan.zoo.small import Adaptive, adapted, adaptive, augmented

# %% [markdown]
# ## Predict: against a perfect G
#
# Of the 4,000 cartoon portraits of the package we take 400 as our training set, *known*, and 400 others that are never used for training, *held
# out*. The remaining 3,200 come from the same program and play the part of the fakes: this G is perfect. (All are shrunk to 16 x 16 pixels.) D
# trains for a thousand steps, known portraits against "fakes". Both kinds have the same distribution, so there is no difference to find. What
# will D have learned in the end?
#
# - **a** nothing: the scores of all three kinds have the same mean
# - **b** known portraits score higher, and held-out ones score like the fakes
# - **c** known and held-out portraits score higher than the fakes

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
portraits = data.load("portraits").to_float()  # (4000, 32, 32, 3)
tiny = portraits.reshape(-1, 16, 2, 16, 2, 3).mean(axis=(2, 4))  # (4000, 16, 16, 3)
order = np.random.default_rng(0).permutation(len(tiny))
known, held_out, perfect = np.split(tiny[order], [400, 800])
KINDS = {"known": known, "held out": held_out, "fakes": perfect[:400]}
LATENT, LOSS = 64, losses.non_saturating
ALONE, TOGETHER = steps(1000, 8), steps(900, 6)  # steps of D alone, and of a GAN
N_ADA = 10_000  # the number of reals D sees while p can go from 0 to 1 (see "how often?" below)


def networks(first=(), seed=0, channels=3):
    """G and D of a DCGAN for 16 x 16 pixels; D begins with the layers `first`."""
    rng = np.random.default_rng(seed)
    G, D = models.dcgan_up((16, 16, channels), LATENT, 16, rng=rng)
    return G, augmented(D, list(first), False, rng) if first else D


def learn(first=(), target=None, n=ALONE, seed=0):
    """Train D alone, against the perfect G -> D, rows of (step, mean score of each kind, r, p).

    r is the mean sign of the scores of the last reals, and p the probability of the maps `first`, which is adapted if there is a target.
    """
    _, D = networks(first, seed)
    opt, rng, rows, signs = Adam(D, 2e-3, beta1=0.5, beta2=0.99), np.random.default_rng(seed + 1), [], []
    for t in range(n):
        real, fake = (images[rng.integers(len(images), size=32)] for images in (known, perfect))
        (r, real_caches), (f, fake_caches) = D.forward(real), D.forward(fake)
        _, dr, df = LOSS.d(r, f)
        D.backward(dr, real_caches, need_dx=False)
        D.backward(df, fake_caches, need_dx=False)
        opt.step()
        signs.append(np.sign(r).mean())
        if target is not None and t % 4 == 3:
            for layer in adaptive(D):
                layer.p[...] = adapted(layer.p, np.mean(signs[-4:]), target, 4 * 32 / N_ADA)
        if t % steps(20, 4) == 0 or t == n - 1:
            p = float(adaptive(D)[0].p[0]) if first else 0.0
            rows.append((t, *(float(D(x).mean()) for x in KINDS.values()), np.mean(signs[-20:]), p))
    return D, np.array(rows)


def told_apart(D):
    """The share of pairs in which the known portrait scores higher than the held-out one: 1/2 if D can't tell."""
    return float(np.mean(D(known).reshape(-1, 1) > D(held_out).reshape(1, -1)))


plain, rows = learn()
print(
    "D's mean score: " + ", ".join(f"{kind} {s:.2f}" for kind, s in zip(KINDS, rows[-1, 1:4], strict=True))
)
print(f"a known portrait scores higher than a held-out one in {told_apart(plain):.0%} of all pairs")

check.small_data.p1(guess)


# %%
def scores_of(ax, rows, title):
    for k, kind in enumerate(KINDS):
        ax.plot(rows[:, 0], rows[:, 1 + k], label=kind)
    ax.set(xlabel="step", ylabel="D's mean score", title=title)


def sheet(ax, images, columns, title=None):
    ax.imshow(plots.grid(images, columns=columns, pad=1), cmap="gray", vmin=0, vmax=255)
    ax.set_axis_off()
    if title:
        ax.set_title(title)


title = "With no difference to find, D learns its 400 portraits by heart"
with figure(title, panels=2, size=(9.5, 3.2)) as (left, right):
    scores_of(left, rows, "held-out portraits score like the fakes")
    bins = np.linspace(-4, 4, 41)
    for name, style in (("known", "stepfilled"), ("held out", "step")):
        values = np.clip(plain(KINDS[name]).ravel(), -4, 4)
        color = "0.75" if name == "known" else "#d1600a"
        right.hist(values, bins, histtype=style, color=color, linewidth=2, label=name)
    right.set(xlabel="D's score", ylabel="portraits", title="after the training")

usually("D tells known portraits from held-out ones in two of three pairs", told_apart(plain) > 2 / 3)
score_known, score_held, score_fake = rows[-1, 1:4]
usually(
    "held-out portraits score like the fakes", score_known - score_held > 2 * abs(score_held - score_fake)
)

# %% [markdown]
# The best possible D (lesson 7) gives everything the score 0. Ours was asked "real or fake?" and learned to answer another question, "one of my
# 400, or not?" With only 400 pictures that is possible. Think of what it means for the game: G is already perfect, and D's gradient pushes it
# away, towards 400 particular portraits. A real training need not wait for a perfect G: it is enough that learning by heart becomes easier for
# D than finding a difference. And the log does not show it, because it contains only the scores of pictures D trains on: *hold out some pictures,
# if you can afford it.*
#
# ## Derive: a map in front of D, for both kinds
#
# A classifier with little data is trained on shifted, recoloured, mirrored copies of its pictures. Let $T$ be such a random map, and write $T P$
# for the distribution of $T(x)$ if $x$ has the distribution $P$. The data have the distribution $P$, and G's pictures have $Q$.
#
# **Only the reals.** D compares $T P$ with $Q$. By lesson 7 the best G for the best D makes them equal:
#
# $$ Q = T P \tag{26.1} $$
#
# so G learns to draw shifted, recoloured pictures with holes. The augmentation *leaks*.
#
# **Both.** D compares $T P$ with $T Q$, and for the best G
#
# $$ T Q = T P \tag{26.2} $$
#
# $Q = P$ solves this. The game has the same solution as before, and D sees many more different pictures. Now G's loss is computed from
# $D(T(G(z)))$, so its gradient has to come back through $T$. With $J_T$ the Jacobian of the map that was drawn, and $df$ the gradient in the score,
#
# $$ d\,\text{fake} = J_T^\top\, J_D^\top\, df \tag{26.3} $$
#
# So $T$ acts like the first layers of D, and each map needs a backward pass, the adjoint of the map, by hand.
#
# **Is $Q = P$ the only solution?** $T$ acts on distributions as a linear map: $T P$ is a weighted sum of the distributions that the single maps
# make of $P$. (26.2) says $T (P - Q) = 0$. If $T$ has the eigenvalue 0, there are differences $P - Q$ that D cannot see. Take mirroring, $M$, with
# the probability $p$:
#
# $$ T = (1 - p)\, I + p\, M, \qquad M^2 = I \tag{26.4} $$
#
# The eigenvalues of $M$ are $1$ (differences that mirroring does not change) and $-1$ (differences between left and right, whose sign it
# changes), so those of $T$ are
#
# $$ 1 \quad \text{and} \quad 1 - 2 p \tag{26.5} $$
#
# *A difference between left and right is multiplied by $1 - 2p$ before D sees it.* At $p = \frac12$ it is gone: to D, a G that mirrors every
# portrait is perfect. If left and right do not matter, that is welcome, and it doubles the data (`Mirror`). If they do matter, as for digits,
# keep $p$ below $\frac12$: any other $p$ lets some of the difference through. The same holds for quarter turns, exercise 2. And a hole in
# *every* picture hides what can be recognised only in a complete picture. With $p < 1$ a share $1 - p$ of all pictures stays complete.

# %%
p = np.linspace(0, 1, 101)


def jsd(a, b):
    """The Jensen-Shannon divergence of rows of probabilities (lesson 7)."""
    m = (a + b) / 2
    return sum(np.sum(q * np.log(np.maximum(q, 1e-300) / m), axis=-1) for q in (a, b)) / 2


left_only, right_only = np.stack([1 - p, p], axis=1), np.stack([p, 1 - p], axis=1)
with figure(
    "The nearer p is to 1/2, the less D sees of left and right; at 1/2 it sees nothing", size=(7, 2.9)
) as ax:
    ax.plot(p, np.abs(1 - 2 * p), label="|1 - 2p|, the eigenvalue")
    ax.plot(
        p, jsd(left_only, right_only) / np.log(2), label="JSD of a picture and its mirror image, in bits"
    )
    ax.set(xlabel="probability p of mirroring, reals and fakes alike", ylim=(0, 1.05))

# %% [markdown]
# ## Derive: the adjoints
#
# Once its random numbers are drawn, every map is linear, apart from a constant. So its adjoint is its transpose, and the tangent pass of a
# gradient penalty is the map without the constant.
#
# **Colours.** Brightness $b$, saturation $s$ and contrast $k$ are drawn for each picture:
#
# $$ y = K S\, (x + b), \qquad b \sim U(-\tfrac12, \tfrac12) \tag{eq:color.forward} $$
#
# $$ S x = s\, x + (1 - s) \operatorname{mean}_c x, \qquad K x = k\, x + (1 - k) \operatorname{mean}_{ijc} x, \qquad dx = K S\, dy \tag{eq:color.map} $$
#
# Replacing $n$ numbers by their mean is multiplying by the matrix $A$ whose entries are all $\frac1n$, so $A^\top = A$. Hence $S = s I + (1 - s) A_c$ and
# $K = k I + (1 - k) A_{ijc}$ are symmetric. Do they commute? $A_{ijc} A_c = A_c A_{ijc} = A_{ijc}$, since the mean of the means of equally large groups is the mean of
# all. So $(K S)^\top = S K = K S$, and the backward pass is the forward pass without $b$.
#
# **Translation.** The pixel at $(i, j)$ comes from $(i + r, j + c)$, or is 0 if that is outside the picture:
#
# $$ y_{ij} = x_{i + r,\, j + c}, \qquad |r| \le H/8, \quad |c| \le W/8 \tag{eq:translation.forward} $$
#
# Each $x_{i'j'}$ is copied to at most one pixel of $y$, at $i = i' - r$, $j = j' - c$, and gets the gradient of that pixel:
#
# $$ dx_{ij} = dy_{i - r,\, j - c} \tag{eq:translation.dx} $$
#
# and 0 if that is outside, for pixels that were moved out of the picture. By hand, for one row with $r = 0$, $c = 1$: $x = (1, 2, 3)$ becomes
# $y = (2, 3, 0)$, and from $dy = (u, v, w)$ we get $dx = (0, u, v)$.
#
# **A hole, and a mirror.** A hole multiplies by $m$, which is 0 in a random rectangle and 1 elsewhere. Both maps are their own transposes:
#
# $$ y = m\, x, \qquad dx = m\, dy \tag{eq:cutout.forward} $$
#
# $$ y_{ij} = x_{i,\, W - 1 - j}, \qquad dx_{ij} = dy_{i,\, W - 1 - j} \tag{eq:mirror.forward} $$
#
# ## See the code
#
# The base class draws the random numbers and keeps the map's parameters in the cache; each map adds a few short methods. `augmented` puts the maps in front of D.

# %%
show_source(Augmentation.forward, Color, Translation, Cutout, augmented)

# %% [markdown]
# ## Check: an adjoint for each map
#
# Each backward pass is compared with differences, and with the tangent pass: $\langle dy, A v \rangle = \langle A^\top dy, v \rangle$. The state of the random generator is
# restored before each call, so that all calls draw the same map.


# %%
def map_checks():
    for layer in (Color(), Translation(), Cutout(), Mirror()):
        for found in layer_checks(layer, (3, 8, 6, 3)):
            if found.name in ("dx", "adjoint"):
                yield found._replace(name=f"{type(layer).__name__} {found.name}")


show_checks(map_checks())

crooked = np.argmax(
    np.abs(portraits - portraits[:, :, ::-1]).sum(axis=(1, 2, 3))
)  # the least symmetric one
x = np.repeat(portraits[[crooked]], 5, axis=0)
views = {}
for layer in (Color(), Translation(), Cutout(), Mirror()):
    views[type(layer).__name__] = layer.init(1, np.float32).forward(x)[0]
title = "Five draws of each map: one portrait gives D many pictures to look at"
with figure(title, panels=(2, 2), size=(8, 3.4)) as axes:
    for ax, (name, images) in zip(axes.ravel(), views.items(), strict=True):
        sheet(ax, images, 5, name)

# %% [markdown]
# Now train the same D against the perfect G once more, but with all pictures, of both kinds, going through `Color`, `Translation` and `Cutout`.
# (Zhao et al. call this set DiffAugment.)


# %%
def maps(p=1.0):
    return [Color(p), Translation(p), Cutout(p)]


with_maps, rows_maps = learn(maps())
print(
    f"known above held-out: plain {told_apart(plain):.0%} of all pairs, augmented {told_apart(with_maps):.0%}"
)

title = "With both kinds augmented, D learns far less of the 400 portraits by heart"
with figure(title, panels=2, size=(9.5, 3)) as axes:
    for ax, name, found in zip(axes, ("plain", "both kinds augmented"), (rows, rows_maps), strict=True):
        scores_of(ax, found, name)
        ax.set_ylim(-1.6, 1.6)

usually(
    "with augmentation D tells known portraits from held-out ones in fewer pairs, by at least 5 %",
    told_apart(with_maps) < told_apart(plain) - 0.05,
)

# %% [markdown]
# ## Predict: only the reals
#
# Now two complete GANs, whose G has to learn. To keep the training short they learn from 400 digits of MNIST. In the first GAN, D sees all
# pictures shifted and with a hole, real and fake, as above. In the second, only the real pictures are changed, as one would augment the
# data of a classifier. (Black is -1 here, so the zeros that come in from outside, and the holes, are grey.) What does the second G draw?
#
# - **a** digits as clean as the first one's: D learns to look past holes and shifts
# - **b** digits with grey holes and grey margins
# - **c** nothing recognisable

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
mnist = data.load("mnist10k").to_float(pad_to=32).reshape(-1, 16, 2, 16, 2, 1).mean(axis=(2, 4))
digits, other_digits, _ = np.split(mnist[np.random.default_rng(1).permutation(len(mnist))], [400, 800])


def train(first=(), change=None, n=TOGETHER, seed=0):
    """A GAN on the 400 digits, with R1; `change` is applied to the reals alone."""
    G, D = networks(first, seed, channels=1)
    opt_G, opt_D = (Adam(net, cosine(2e-3, n), beta1=0.0, beta2=0.99) for net in (G, D))
    gan = GAN(G, D, LOSS, [penalties.R1(0.1)], opt_G, opt_D, LATENT, EMA(G, 0.99, warmup=True))
    rng = np.random.default_rng(seed + 1)
    for _ in range(n):
        x = digits[rng.integers(len(digits), size=32)]
        gan.step(lambda x=x: (x if change is None else change(x), None), rng)
    return gan


T = Sequential(Translation(), Cutout(), rng=5)  # the same maps, outside D
many = np.random.default_rng(8).standard_normal((400, LATENT)).astype(np.float32)
drawn = {"both": train([Translation(), Cutout()]).generate(many)}
drawn["only the reals"] = train(change=lambda x: T.forward(x)[0]).generate(many)

check.small_data.p2(guess)


def grey(images):
    """The share of pixels within 0.2 of grey, which is the colour of a hole."""
    return float(np.mean(np.abs(images) < 0.2))


for name, images in ({"the digits": digits, "shifted, with a hole": T.forward(digits)[0]} | drawn).items():
    print(f"grey pixels, {name:<20} {grey(images):4.0%}")

title = "Augment both kinds, and G draws digits; augment only the reals, and it draws the holes, too"
with figure(title, panels=3, size=(10, 2.4)) as axes:
    sheet(axes[0], T.forward(digits[:24])[0], 8, "what D sees of the reals")
    for ax, (name, images) in zip(axes[1:], drawn.items(), strict=True):
        sheet(ax, images[:24], 8, f"drawn, augmented: {name}")

usually(
    "with only the reals augmented, G draws more than twice as much grey",
    grey(drawn["only the reals"]) > 2 * grey(drawn["both"]),
)

# %% [markdown]
# For the second D the task is easy: a clean picture is a fake. So G learns to draw what D takes for real, (26.1). No layer of this GAN is
# wrong, and no gradient.
#
# ## Derive: how often?
#
# Augmentation has a cost, too: it hides part of the evidence from D, and with a large training set it can do more harm than good. Karras et
# al. (2020) let D's scores decide how often to augment (*adaptive discriminator augmentation*, ADA). Apply the map to each picture with
# probability $p$, measure by $r$ how sure D is of the reals, and compare it with a target $r^*$:
#
# $$ p \leftarrow p + \operatorname{sign}(r - r^*)\, \delta, \qquad r = \operatorname{E}\bigl[\operatorname{sign} D(T(x))\bigr] \tag{eq:ada} $$
#
# If $r = 1$, every real has a positive score, as if D knew them all. If $r = 0$, as many scores are positive as negative, as if D could not tell. The
# paper's target, $r^* = 0.6$, is in between. The rule works like a thermostat: above the target $p$ rises, D's task becomes harder, and $r$
# falls; below the target $p$ falls. Only the *sign* of $r - r^*$ counts, so $p$ moves at a constant speed. With batches of $B$ reals, one such
# update every four steps, and a $\delta$ that takes $p$ from 0 to 1 while D sees $N$ reals,
#
# $$ \delta = \frac{4 B}{N} \tag{26.6} $$
#
# The paper has $N = 500{,}000$ and trains on millions of pictures. Our training is short, so we take $N = 10{,}000$ and a lower target,
# $r^* = 0.2$. Why not the mean score instead of $r$? The size of scores depends on the loss, on the penalty, and on how long we have trained;
# their signs depend on these much less.

# %%
show_source(adapted, Adaptive.step)

# %%
TARGET = 0.2
ada, rows_ada = learn(maps(0.0), target=TARGET)
print(f"r at the end: plain {rows[-1, 4]:.2f}, ADA {rows_ada[-1, 4]:.2f} with p = {rows_ada[-1, 5]:.2f}")
print(f"known above held-out: plain {told_apart(plain):.0%} of all pairs, ADA {told_apart(ada):.0%}")

title = "As D learns the 400 portraits, ADA raises p and holds r near its target"
with figure(title, panels=2, size=(9.5, 3)) as (left, right):
    left.plot(rows[:, 0], rows[:, 4], label="r, plain")
    left.plot(rows_ada[:, 0], rows_ada[:, 4], label="r, ADA")
    left.axhline(TARGET, color="black", linewidth=1, linestyle=":")
    left.set(xlabel="step", ylim=(-0.3, 1), title="r, how sure D is of the reals (dotted: the target)")
    right.plot(rows_ada[:, 0], rows_ada[:, 5], color="#d1600a", label="p")
    right.set(xlabel="step", ylim=(0, 1), title="probability of each map")

usually("with ADA D is less sure of its 400 portraits", rows_ada[-1, 4] < rows[-1, 4])

# %% [markdown]
# ## Derive: was anything copied?
#
# That D knows its pictures by heart does not mean that G copies them: G never sees one. But D's gradient may lead it to copies, and measures that
# compare two sets do not notice (lesson 20). So we look, for each fake $\tilde x$, at the distance to the nearest training picture $x_{i^*}$. How
# small is too small? A plain picture has close neighbours anyway. So compare the distance with $o_{i^*}$, the distance from that training picture
# to its own nearest *other* training picture:
#
# $$ \text{suspect if} \quad \min_i \lVert \tilde x - x_i \rVert < \tfrac12\, o_{i^*} \tag{26.7} $$
#
# A new picture from the same distribution should be about as far from $x_{i^*}$ as the other training pictures are. A test needs cases where the
# answer is known: the 400 digits with a little noise (copies), 400 other digits (no copies), and copies that are shifted by a single
# pixel.

# %%
rng = np.random.default_rng(3)
cases = {
    "copies with noise": digits + 0.05 * rng.standard_normal(digits.shape).astype(np.float32),
    "copies, shifted by a pixel": np.roll(digits, 1, axis=2),
    "other digits": other_digits,
    **{f"GAN, augmented: {name}": images for name, images in drawn.items()},
}
suspects, near = {}, {}
for name, images in cases.items():
    found = evaluation.memorised(images, digits, np.random.default_rng(0))
    suspects[name], near[name] = np.mean(found["distance"] < found["own"] / 2), found
    print(f"{name:<30} suspect {suspects[name]:4.0%}   nearest {np.median(found['distance']):5.2f}", end="")
    print(f"   that one's nearest other {np.median(found['own']):5.2f}")

assert suspects["copies with noise"] > 0.9
assert suspects["other digits"] < 0.1

fakes, index = drawn["both"][:16], near["GAN, augmented: both"]["index"][:16]
title = "Fakes (above) and the nearest of the 400 digits (below): alike, but not copies"
with figure(title, size=(8, 1.7)) as ax:
    sheet(ax, np.concatenate([fakes, digits[index]]), 16)

# %% [markdown]
# The test finds the noisy copies, and finds nothing wrong with the other digits. But it misses the shifted copies: in the
# pixels a shift is far away (lesson 25). So run the test in the space of some features, too, and *look at the pairs*. Neither of our Gs is
# suspect after so few steps, while D knew its pictures after a thousand. **D can memorise long before G does**: what a small set costs first is a
# useful gradient, not the privacy of its pictures.
#
# ## Modify
#
# ### Exercise 1: repeat the border
#
# `**` The zeros that come in from outside can be seen in every shifted picture. Change the translation so that it repeats the border: for a row
# $x$ of $W$ pixels
#
# $$ y_i = x_{\min(\max(i + r,\, 0),\, W - 1)} \tag{26.8} $$
#
# Given `dy` (W,) and the shift `r`, return `dx`. Then explain: which pixel receives the most gradients?


# %% tags=["exercise"]
def border_dx(dy, r):
    return ...  # your code: an array like dy


check.small_data.q1(border_dx)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def border_dx(dy, r):
#     where = np.clip(np.arange(len(dy)) + r, 0, len(dy) - 1)
#     dx = np.zeros_like(dy)
#     np.add.at(dx, where, dy)
#     return dx
# ```
#
# The transpose of copying is adding. The border pixel was copied $|r| + 1$ times, so it receives the sum of $|r| + 1$ gradients; `dx[where] = dy`
# would keep only the last of them. (With zeros, as in Zhao et al., no pixel of the fake receives more than one.)
#
# </details>

# %% [markdown]
# ### Exercise 2: what a turn hides
#
# `**` Every picture, real or fake, is turned by $k$ quarter turns with the probability `p[k]`, $k = 0, 1, 2, 3$. As in (26.4) the map acts on
# distributions, now over four orientations, and its matrix has the entries $T_{ij} = p_{(i - j) \bmod 4}$. Return the smallest absolute value of its
# eigenvalues: the factor that is left of the difference that D sees least. (Test yourself: if each of the three turns has the probability $q$, it
# is $|1 - 4q|$.)


# %% tags=["exercise"]
def weakest(p):
    return ...  # your code: one number


check.small_data.q2(weakest)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def weakest(p):
#     T = np.array([[p[(i - j) % 4] for j in range(4)] for i in range(4)])
#     return np.abs(np.linalg.eigvals(T)).min()
# ```
#
# Each row is the one above, shifted by one place. The eigenvectors of such a matrix are the Fourier vectors, and its eigenvalues are the discrete
# Fourier transform of $p$: $\sum_k p_k\, \mathrm{i}^{mk}$ for $m = 0, 1, 2, 3$. If all four turns are equally likely, the eigenvalues are $1, 0, 0, 0$: D can't
# tell upright portraits from portraits in any other orientation, so nothing keeps G from drawing them upside down.
#
# </details>

# %% [markdown]
# ### Exercise 3: a layer of your own
#
# `***` A project: build the augmentation of exercise 2 as a layer. Each picture for which `on` is True is turned by 1, 2 or 3 quarter turns, all
# equally likely; the others stay as they are. `drawn` returns the cache, a tuple of arrays; `apply` is the map; `adjoint` is its transpose. The
# checks look at single pictures, at the whole batch, at `p`, at the adjoint, and at one case that you have to decide yourself: what should happen
# to pictures that aren't square?


# %% tags=["exercise"]
class Turn(Augmentation):
    numbers = 1  # uniform random numbers for each picture

    def drawn(self, u, on, shape):  # u (N, 1) in [0, 1), on (N,) bool, shape (N, H, W, C)
        return ...  # your code: a tuple of arrays

    def apply(self, x, cache):
        return ...  # your code: an array like x

    def adjoint(self, dy, cache):
        return ...  # your code: an array like dy


check.small_data.q3(Turn)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# class Turn(Augmentation):
#     numbers = 1
#
#     def drawn(self, u, on, shape):
#         if shape[1] != shape[2]:
#             raise ValueError(f"only square images can be turned, got {shape}")
#         return (np.where(on, 1 + np.floor(3 * u[:, 0]).astype(int), 0),)
#
#     def apply(self, x, cache):
#         return np.stack([np.rot90(image, k) for image, k in zip(x, cache[0])])
#
#     def adjoint(self, dy, cache):
#         return np.stack([np.rot90(image, -k) for image, k in zip(dy, cache[0])])
# ```
#
# A turn is a permutation of the pixels, so its transpose is its inverse, the turn in the other direction. A half turn is its own transpose, but
# quarter turns are not: with `adjoint = apply` one turned picture in three, on average, would still get the right gradient. Here pictures that
# aren't square are refused; to turn these only by half turns is another good answer. Finally, `check_layer(Turn(), (3, 6, 6, 3))` from
# `minigan.gradcheck` checks all methods of the layer.
#
# </details>

# %% [markdown]
# ## Break it
#
# Five bugs from the museum of the library's tests:
#
# 1. *Another hole*: the backward pass draws a new hole.
# 2. *Shifted on*: the backward pass shifts in the same direction as the forward pass.
# 3. *The mean is a constant*: the backward pass of the contrast is $k\, dy$, without the gradient through the mean.
# 4. *One draw for the batch*: either all pictures of a batch are mirrored, or none.
# 5. *The thermostat reversed*: $\operatorname{sign}(r^* - r)$.
#
# Which of them do the gradient checks above catch?
#
# - **a** 1, 2 and 3
# - **b** 1, 2, 3 and 4
# - **c** all five

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def mean_is_constant(self, dy, cache):
    _, s, k = (part[..., None] for part in cache)
    dy = s * dy + (1 - s) * dy.mean(axis=3, keepdims=True)
    return k * dy  # right: + (1 - k) * dy.mean(axis=(1, 2, 3), keepdims=True)


def turned_round(p, r, target, step):
    return np.clip(p + np.sign(target - r) * step, 0, 1)  # right: r - target


bugs = {
    "another hole": (Cutout, "backward", lambda self, dy, cache: self.forward(dy)[0]),  # right: cache
    "shifted on": (
        Translation,
        "adjoint",
        lambda self, dy, cache: augment.moved(dy, cache[0]),
    ),  # right: -cache[0]
    "the mean is a constant": (Color, "adjoint", mean_is_constant),
    "one draw for the batch": (
        Mirror,
        "drawn",
        lambda self, u, on, shape: (np.full_like(on, on[0]),),
    ),  # right: on
    "the thermostat": (small, "adapted", turned_round),
}


def thermostat():
    """For a D that is sure of all reals, p has to rise by (26.6)."""
    G = Sequential(Dense(2, 12), Reshape(2, 2, 3), rng=0, dtype="float64")
    D = Sequential(Color(0.5), Flatten(), Dense(12, 1), rng=1, dtype="float64")
    D.theta[...], D.layers[-1].b[...] = 0, 3.0
    game = Adaptive(G, D, LOSS, [], SGD(G, 0.0), SGD(D, 0.0), latent=2)
    game.speed, game.opt_D.t = 1 / 1000, 3
    game.step(lambda: (np.zeros((6, 2, 2, 3)), None), np.random.default_rng(0))
    return compare("p rises when D is sure", D.layers[0].p, [0.5 + 4 * 6 / 1000], ADJOINT)


def own_map():
    """Of forty copies of one picture, some have to be mirrored and some not."""
    x = np.repeat(portraits[:1], 40, axis=0)
    y = Mirror().init(0, np.float32).forward(x)[0]
    alike = np.mean([np.array_equal(a, b) for a, b in zip(x, y, strict=True)])
    return compare("each picture has a map of its own", float(0 < alike < 1), 1.0, 0.0)


caught = {}
for name, bug in bugs.items():
    with planted(*bug):
        found = {
            "gradients": all(c.ok for c in map_checks()),
            "own map": own_map().ok,
            "thermostat": thermostat().ok,
        }
    caught[name] = [kind for kind, ok in found.items() if not ok]
    print(f"{name:<24} caught by: {', '.join(caught[name])}")

check.small_data.p3(guess)
assert caught == {
    "another hole": ["gradients"],
    "shifted on": ["gradients"],
    "the mean is a constant": ["gradients"],
    "one draw for the batch": ["own map"],
    "the thermostat": ["thermostat"],
}
assert not show_checks([*map_checks(), own_map(), thermostat()])

# %% [markdown]
# The first three are wrong transposes, and differences find them. The fourth has the right gradient of another random map, one that treats all
# pictures of a batch alike: each picture is still mirrored half of the time, but a single step shows D fewer kinds of pictures. The fifth has
# no gradient at all: it takes the augmentation away from a D that needs it. And the worst bug of this lesson, *only the reals*, was not a bug in any
# layer: it passes every check, and only the pictures show it.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:color.forward`: brightness, saturation, contrast | `minigan.layers.Color.transform` | `tests/layers/more/test_augment.py`: `test_color_by_hand` |
# | `eq:color.map`: $(K S)^\top = K S$ | `minigan.layers.Color.apply` | `tests/layers/more/test_augment.py`: `test_the_map_of_color_is_symmetric` |
# | `eq:translation.forward`: zeros come in | `minigan.layers.Translation.apply` | `tests/layers/more/test_augment.py`: `test_translation_by_hand` |
# | `eq:translation.dx`: back to where it came from | `minigan.layers.Translation.adjoint` | `tests/layers/more/test_augment.py`: `test_translation_by_hand` |
# | `eq:cutout.forward`: forward and backward through the same hole | `minigan.layers.Cutout.apply` | `tests/layers/more/test_augment.py`: `test_cutout_by_hand` |
# | `eq:mirror.forward`: its own transpose | `minigan.layers.Mirror.apply` | `tests/layers/more/test_augment.py`: `test_mirror_by_hand` |
# | `eq:ada`: the update of $p$ | `minigan.zoo.small.adapted` | `tests/zoo/test_small.py`: `test_p_rises_while_d_is_sure_of_the_real_images` |
# | `eq:game.through`: through D *and* T | `minigan.zoo.small.augmented` | `tests/layers/more/test_augment.py`: `test_both_steps_are_the_gradients_of_what_they_report_through_the_augmentation` |
#
# - With little data D learns the pictures by heart. Only held-out pictures show it.
# - Put a random map in front of D, for reals and fakes, and let the gradient pass through it. If only the reals are changed, the changes leak into G's pictures.
# - D must be able to see every difference through the map: no eigenvalue of $T$ may be 0.
# - ADA lets D's scores decide how often to augment. To find copies, compare fakes with their nearest training pictures, and look at the pairs.
#
# ## Next
#
# [Lesson 27: Inverse problems](27_inverse_problems.ipynb). Once G is trained, we can use it: from which $z$ would it draw a given picture, if only
# half of that picture is known?
