# %% [markdown]
# # Lesson 29: Image to image
#
# **Goal** Train networks that turn one picture into another, from pairs (pix2pix) and without pairs (CycleGAN). Derive what each of their losses asks for, and what none of them asks for. Compare both methods with doing nothing at all.
#
# **Prerequisites** Lesson 3 (losses), lesson 13 (convolutions, receptive fields), lesson 15 (R1), lesson 19 (conditional GANs), lesson 25 (perceptual distance).
#
# **Run time** 80 s on two cores (estimated).
#
# A map from an aerial photograph, colours for a grey picture, summer from winter: often the input of a generator should be a picture instead of noise. If you have pairs, before and after, plain regression gives blurred pictures, and a D asks for sharp ones. If you have no pairs, two GANs that translate in opposite directions can do it too, and the published pictures look as if they do it nearly as well. For our pictures true pairs exist, so we can check.
#
# **Recall.** Five questions from earlier lessons; answer before you unfold.
#
# <details><summary>1. Lesson 19: why does D have to see the label, and not only G?</summary>A D that doesn't see the label accepts any good picture, so nothing makes G obey its label.</details>
# <details><summary>2. Lesson 13: how many pixels in a row does a position see after three convolutions with kernel 4 and stride 2?</summary>1, 4, 10, 22: each layer adds (kernel - 1) times the product of the strides below it.</details>
# <details><summary>3. Lesson 12: over what does InstanceNorm take its mean and variance, and what does that avoid?</summary>Over the positions of one channel of one image. So it doesn't mix the images of a batch.</details>
# <details><summary>4. Lesson 3: which constant minimises the mean squared error to several numbers?</summary>Their mean.</details>
# <details><summary>5. Lesson 25: why compare VGG features instead of pixels?</summary>A sharp picture that is off by a pixel has a large pixel error, a blurred one a small pixel error. Features respond to texture, so they tell the two apart.</details>

# %%
import numpy as np

from minigan import losses, metrics, models, plots
from minigan.data import Pairs, pairs
from minigan.data.source import to_float
from minigan.differences import ADJOINT, Check, compare
from minigan.gradcheck import network_checks
from minigan.layers import Copy
from minigan.losses import l1
from minigan.measure.certify import pairs as certificate
from minigan.measure.results.pairs import bicubic, vgg_distance
from minigan.models.unet import enlarger, patch_critic, unet
from minigan.optim import EMA, Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually
from minigan.zoo import cyclegan, pix2pix, superres, translation
from minigan.zoo.cyclegan import cyclegan_step
from minigan.zoo.pix2pix import pix2pix_step
from minigan.zoo.superres import superres_step

# %% [markdown]
# ## Predict: what does D add?
#
# Noto and Twemoji are two sets of emoji that show the same 1,641 things in two styles. The task: given Noto's picture $y$, draw Twemoji's picture $x$. About a tenth of the pairs are held out: neither they nor close variants of them are used in training.
#
# We train two networks of equal size on the same batches for the same number of steps. The first learns from the mean absolute error of its pixels alone. The second also has to please a D, which sees each picture next to $y$. We judge them on the held-out pairs, by the mean absolute error and by their *edges*: the mean difference of neighbouring pixels, as a share of that of the true pictures. Which network is better?
#
# - **a** the second, in both measures
# - **b** the first has the smaller error, the second keeps more of the edges
# - **c** the first, in both measures: it spends its whole effort on the pixels

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
WIDTH, BATCH, N = 16, 8, steps(700, 3)
options = pix2pix.Options(width=WIDTH, batch=BATCH, steps=N, lr=2e-3, lam=3.0)
source = options.source(np.random.default_rng(0), np.random.default_rng(1))
X, Y = (to_float(part) for part in source.held_out)  # (188, 32, 32, 3): Twemoji's and Noto's
if quick():
    X, Y = X[:12], Y[:12]


def edges(u):
    """Mean absolute difference of neighbouring pixels, across and down."""
    return np.abs(np.diff(u, axis=1)).mean() + np.abs(np.diff(u, axis=2)).mean()


results = {}


def judge(name, u, x=X):
    """Print and keep three numbers: absolute error, SSIM, and the edges relative to those of the true pictures."""
    results[name] = np.abs(u - x).mean(), metrics.ssim(u, x, 2).mean(), edges(u) / edges(x)
    print("{:<28} absolute error {:.3f}   SSIM {:.3f}   edges {:.0%}".format(name, *results[name]))


def train(game, source, n, batch, seed=1):
    rng = np.random.default_rng(seed)
    return [game.step(lambda: source.batch(batch), rng) for _ in range(n)]


def by_pixels_alone(seed=0):
    """The same G, batches, jitter and moving average, without D."""
    G = unet(source.shape, 3, WIDTH, translation.levels_of(source.shape), np.random.default_rng(seed))
    opt, rng = Adam(G, cosine(2e-3, N), beta1=0.5, beta2=0.999), np.random.default_rng(1)
    average = EMA(G, options.ema, warmup=True)
    same = options.source(np.random.default_rng(0), np.random.default_rng(1))
    for _ in range(N):
        x, y = translation.jittered(*same.batch(BATCH), options.jitter, rng)
        u, caches = G.forward(y)
        G.backward(l1(u, x)[1], caches, need_dx=False)
        opt.step()
        average.step()
    return average.net


judge("Noto's picture as it is", Y)
plain = by_pixels_alone()
judge("pixels alone", plain(Y))
game = pix2pix.build(options, source, np.random.default_rng(0))
rows = train(game, source, N, BATCH)
judge("pix2pix", game.translate(Y))

check.image_to_image.p1(guess)
(plain_error, _, plain_edges), (gan_error, _, gan_edges) = results["pixels alone"], results["pix2pix"]
usually("the network trained on pixels alone has the smaller error", plain_error < gan_error)
usually("pix2pix keeps more of the edges", gan_edges > plain_edges)
usually(
    "both are closer to the truth than the given picture",
    max(plain_error, gan_error) < np.abs(X - Y).mean(),
)


# %%
def sheet(ax, columns, names):
    """Each set of pictures in a row of its own, with its name at the left."""
    n = len(columns[0])
    ax.imshow(plots.grid(np.concatenate(columns), columns=n, pad=1))
    ax.set_yticks([16 + 33 * k for k in range(len(names))], names)
    ax.set_xticks([])
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)


shown = np.arange(0, len(X), max(1, len(X) // 12))[:12]
title = "Held-out emoji: pixels alone give soft pictures, pix2pix more edges, neither what the artist drew"
with figure(title, size=(10, 3.7)) as ax:
    sheet(
        ax,
        [Y[shown], plain(Y[shown]), game.translate(Y[shown]), X[shown]],
        ["Noto (given)", "pixels alone", "pix2pix", "Twemoji (true)"],
    )

# %% [markdown]
# ## Derive: what a pixel loss asks for
#
# Several Twemoji pictures could fit one Noto picture: the artist could have chosen a different red, or another outline. Consider one pixel. Given the input, let it have the value $x_i$ with probability $p_i$, and let $u$ be the value that G draws. The expected squared error $\sum_i p_i (u - x_i)^2$ has the derivative $2 \sum_i p_i (u - x_i)$, which is 0 at the *mean*. For the expected absolute error, each $|u - x_i|$ has the derivative $\pm 1$:
#
# $$ \frac{d}{du} \sum_i p_i\, |u - x_i| = \sum_{x_i < u} p_i - \sum_{x_i > u} p_i \tag{29.1} $$
#
# This changes sign where as much probability lies below $u$ as above, at the *median*. The mean blends everything that is possible. The median doesn't: if one value has more than half of the probability, it is that value. That makes it the sharper of the two. But it too is taken in each pixel separately. Think of a thin dark line on white whose place is uncertain by several pixels. In no pixel is there a dark majority, so the median leaves the line out, while the mean draws a pale band. The loss that we started with is the absolute error:
#
# $$ L_1 = \operatorname{mean} \lvert G(y) - x \rvert \tag{eq:pix2pix.l1} $$
#
# A loss that judges each pixel on its own can't ask for pixels that go together, that is, for *one possible picture*. A D can, because mixtures of pictures don't occur among real ones. But D has to know what the input was:
#
# $$ L_D = \operatorname{loss.d}\bigl( D(x, y),\; D(G(y), y) \bigr) \tag{eq:pix2pix.d} $$
#
# With the loss of lesson 7, applied to each $y$ separately, the best D has $\sigma(D) = p(x \mid y) / (p(x \mid y) + p_G(x \mid y))$, and the game ends where G draws from $p(x \mid y)$. (Our G receives no noise, so it draws just one picture for each $y$ and can't match a whole distribution. What D can still do is reject pictures that are no possible answer. And our D has the least squares loss, whose best score is that same fraction, without $\sigma$.) If D didn't see $y$, it would only compare all drawn pictures with all real ones, and G could answer a cat with a perfect flag. G minimises both losses (Isola et al. 2017):
#
# $$ L_G = \lambda L_1 + \operatorname{loss.g}\bigl( D(G(y), y) \bigr) \tag{eq:pix2pix.g} $$
#
# How large should $\lambda$ be? The first term contributes $\lambda \operatorname{sign}(u - x) / n$ to the gradient of each pixel value, with $n = 8 \cdot 32 \cdot 32 \cdot 3$ in our batch. For $\lambda = 100$, the choice of the paper and of the recipe, that is $100 / 24576 = 0.004$. Below we measure the gradient from D. It is far smaller than that, so for our short training we chose $\lambda = 3$.
#
# ## Derive: a map of scores
#
# The absolute error takes care of the layout: it puts the head where the head is. D is needed for what that loss leaves out, edges and textures, and these are *local*. So the D of pix2pix has no dense layer at the end. It consists of three convolutions, with kernels 4, 4, 3 and strides 2, 2, 1, and its output is a map of scores. By the recursion of lesson 13, with $s_l$ the product of the strides so far, each score sees
#
# $$ r_{l+1} = r_l + (k - 1)\, s_l, \qquad 1 \to 4 \to 10 \to 18 \tag{eq:patch\_critic} $$
#
# pixels in a row: a patch of 18 x 18. D classifies every patch as real or drawn, and the loss is the mean of the *losses* of all patches, not the loss of the mean score. For a convex loss $\ell$ these differ by Jensen's inequality:
#
# $$ \operatorname{mean}_{ij}\, \ell(f_{ij}) \ge \ell(\operatorname{mean}_{ij} f_{ij}) \tag{29.2} $$
#
# With the loss of the mean score a very good patch could hide a bad one; with the mean of the losses each patch has its own gradient. A *PatchGAN* has few weights, works for pictures of any size, and makes 64 decisions for each of our pictures, where a D with a single score makes one.
#
# ## Derive: a U-Net
#
# G has to carry the details of the input to the output, and it has to see the whole picture to know what it shows. An encoder and a decoder achieve the second, through a bottleneck of 2 x 2 positions, which is too small for outlines. So at each level a skip connection passes the level's input $x$ around everything that happens at lower resolutions, and joins it to the result (Ronneberger et al. 2015):
#
# $$ y = \bigl[ x,\; \mathrm{up}(\mathrm{below}(\mathrm{down}(x))) \bigr] \tag{eq:unet.level} $$
#
# In the library this is `Copy`, then `Parallel` with an empty branch and one that goes down and up, then `Join`. *Below* is the same construction at half the resolution. The backward pass follows from the parts: `Join` splits the gradient in two, each branch returns its part, and `Copy` adds them,
#
# $$ dx = dy_{\text{beside}} + J_{\text{down}}^\top J_{\text{below}}^\top J_{\text{up}}^\top\, dy_{\text{below}} \tag{29.3} $$
#
# Through the first term each level gets a gradient that hasn't passed through the bottleneck.
#
# ## See the code
#
# Here are the step, the U-Net (`_level` calls itself for the level below), and the critic.

# %%
show_source(pix2pix_step, unet, models.unet._level, patch_critic)

# %% [markdown]
# ## Check: the patch, the skip connection, the gradients
#
# First we find the patch of one score: the pixels where the gradient of that score isn't 0. Then we set up a U-Net whose last convolution reads only the top skip connection: it has to return the tanh of its input. Finally we check the step: the gradient of each network against differences of the loss it should learn from, and the losses against their definitions, patch by patch.

# %%
D = patch_critic(3, 8, given=3, rng=0, dtype="float64")
rng = np.random.default_rng(2)
x, y = np.tanh(rng.standard_normal((2, 1, 32, 32, 3)))
score, caches = D.forward((x, y))
one = np.zeros_like(score)
one[0, 4, 4] = 1
seen = np.any(D.backward(one, caches, learn=False)[0][0] != 0, axis=2)
print(
    f"D makes a map of {score.shape[1]} x {score.shape[2]} scores; one of them sees {seen.any(axis=1).sum()} x {seen.any(axis=0).sum()} pixels"
)

G = unet((32, 32, 3), 3, 4, 4, rng=0, dtype="float64")
last = G.layers[-2]
last.W[...], last.b[...] = 0, 0
last.W[1, 1, :3] = np.eye(3)  # the middle of the window, the first three channels: the input picture
print(compare("the picture passes through the skip connection", G(y), np.tanh(y), ADJOINT))


def steps_checked(*verbs):
    """The library's own checks of the step of pix2pix (`minigan certify --only pairs` also checks the other steps)."""
    for claim in certificate.claims():
        if (
            claim.subject == "pix2pix"
            and claim.verb in verbs
            and claim.sample in (f"{losses.non_saturating}", "patch by patch")
        ):
            for found in claim.run():
                yield found._replace(name=f"{claim.verb}: {found.name}")


caught = show_checks(steps_checked("gradients", "values"))
assert not caught

# %% [markdown]
# What does D respond to? We look at its scores of true and of drawn pictures, patch by patch, and compare the size of its gradient in G's picture with that of the absolute error.

# %%
some = shown[[1, 4, 7, 10]]
D = game.networks["D"]
drawn = game.translate(Y[some])
maps = {"true": D((X[some], Y[some])), "drawn": D((drawn, Y[some]))}
title = "D gives every patch a score of its own; those of true patches are higher on average"
with figure(title, panels=(2, 8), size=(11, 3.0)) as axes:
    for row, (pictures, name) in enumerate(((X[some], "true"), (drawn, "drawn"))):
        for k in range(4):
            left, right = axes[row, 2 * k : 2 * k + 2]
            left.imshow(plots.to_image(pictures[k : k + 1])[0])
            right.imshow(maps[name][k, :, :, 0], cmap="gray", vmin=0, vmax=1)
            for ax in (left, right):
                ax.set(xticks=(), yticks=())
                ax.grid(visible=False)
        axes[row, 0].set_ylabel(name)

x, y = source.batch(BATCH)
u = game.G(y)
f, caches = D.forward((u, y))
of_D = D.backward(game.loss.g(None, f)[1], caches, learn=False)[0]
of_pixels = game.lam * l1(u, x)[1]
print(
    f"gradient in a pixel value, root mean square: from {game.lam:.0f} L1 {np.sqrt(np.mean(of_pixels**2)):.5f}, from D {np.sqrt(np.mean(of_D**2)):.5f}"
)
usually("the gradient from D is the smaller one", np.mean(of_D**2) < np.mean(of_pixels**2))
true, fake = D((X, Y)).mean(), D((game.translate(Y), Y)).mean()
print(f"mean score of all held-out pictures: true {true:.3f}, drawn {fake:.3f}")
usually("true patches score higher than drawn ones", true > fake)

# %% [markdown]
# (White is 1, the target for real patches; black is 0, the target for drawn ones. These are the targets of the least squares loss.) A smaller gradient need not have a smaller effect. Where G is unsure, the signs of the absolute error point up for one picture and down for the next, so they partly cancel over many batches. The gradient from D may be more consistent, since edges are missing everywhere. (This is a possible explanation; we haven't tested it.)
#
# ## Derive: without pairs
#
# Now take the pairs away and keep a set of Noto pictures and a set of Twemoji pictures. All that is left is a D that compares one set with the other, and a G that pleases it may draw *any* Twemoji for a given Noto. CycleGAN (Zhu et al. 2017) adds a second network F that translates back, with a critic of its own,
#
# $$ L_D = \operatorname{loss.d}\bigl( D_X(x),\; D_X(G(y)) \bigr) + \operatorname{loss.d}\bigl( D_Y(y),\; D_Y(F(x)) \bigr) \tag{eq:cyclegan.d} $$
#
# and demands that translating there and back returns the same picture, in both directions:
#
# $$ L_{\text{cycle}} = \operatorname{mean} \lvert F(G(y)) - y \rvert + \operatorname{mean} \lvert G(F(x)) - x \rvert \tag{eq:cyclegan.cycle} $$
#
# So $G(y)$ has to contain everything that F needs to recover $y$: if the cycle closes exactly, two different Noto pictures can't become the same Twemoji. A third, optional loss says that a picture which is already in the target set should stay as it is. In the paper it keeps colours from being swapped,
#
# $$ L_{\text{same}} = \operatorname{mean} \lvert G(x) - x \rvert + \operatorname{mean} \lvert F(y) - y \rvert \tag{eq:cyclegan.same} $$
#
# and G and F minimise the weighted sum
#
# $$ L = \operatorname{loss.g}\bigl( D_X(G(y)) \bigr) + \operatorname{loss.g}\bigl( D_Y(F(x)) \bigr) + \lambda L_{\text{cycle}} + \mu L_{\text{same}} \tag{eq:cyclegan.g} $$
#
# Both networks of a cycle learn from it. Let $e$ be the gradient of the absolute error with respect to $F(G(y))$, and $df$ that of loss.g with respect to the scores. In the cycle that starts at $y$, F receives $\lambda e$ at its output, and G receives at its own output what F passes back plus what its critic passes back:
#
# $$ d\,G(y) = \lambda\, J_F^\top e + J_{D_X}^\top\, df \tag{29.4} $$

# %%
show_source(cyclegan_step)

# %% [markdown]
# ## Predict: the other solution
#
# Suppose that G and F are perfect: no critic can tell their pictures from real ones, and both cycles close exactly. Let $T$ turn a picture into its mirror image, and set $G'(y) = T(G(y))$ and $F'(x) = F(T(x))$. (In training, pictures are mirrored with probability 1/2, so the sets contain both orientations.) How do the losses of the critics and of the cycle change if $G'$ and $F'$ replace G and F?
#
# - **a** the cycle no longer closes
# - **b** the cycle closes, but the critics see that pictures are the wrong way round
# - **c** not at all: these losses keep their values

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
M = steps(300, 2)
both_options = cyclegan.Options(width=12, batch=4, steps=M, lr=2e-3)
unpaired = both_options.source(np.random.default_rng(0), np.random.default_rng(1))
both = cyclegan.build(both_options, unpaired, np.random.default_rng(0))
train(both, unpaired, M, 4)
judge("Noto's picture as it is", Y)
judge("CycleGAN, Noto to Twemoji", both.translate(Y))
judge("Twemoji's picture as it is", X, Y)
judge("CycleGAN, Twemoji to Noto", both.translate(X, name="F"), Y)


def mirror(x):
    return x[:, :, ::-1]


def G(y):
    return both.translate(y)


def F(x):
    return both.translate(x, name="F")


def G_other(y):
    return mirror(G(y))


def F_other(x):
    return F(mirror(x))


print(
    f"\n{'':<22} {'cycle from y':>14} {'cycle from x':>14} {'score of D_X':>14} {'true error':>12} {'same':>8}"
)
for name, there, back in (("G and F", G, F), ("G' and F'", G_other, F_other)):
    row = (
        np.abs(back(there(Y)) - Y).mean(),
        np.abs(there(back(X)) - X).mean(),
        both.networks["D_X"](there(Y)).mean(),
        np.abs(there(Y) - X).mean(),
        np.abs(there(X) - X).mean(),
    )
    print(f"{name:<22} {row[0]:14.4f} {row[1]:14.4f} {row[2]:14.4f} {row[3]:12.4f} {row[4]:8.4f}")

check.image_to_image.p2(guess)
print(compare("F'(G'(y)) and F(G(y))", F_other(G_other(Y)), F(G(Y)), 1e-5))
given_error, pix2pix_error, cycle_error = (
    results[name][0] for name in ("Noto's picture as it is", "pix2pix", "CycleGAN, Noto to Twemoji")
)
usually("pix2pix is closer to the truth than CycleGAN", pix2pix_error < cycle_error)
usually(
    "CycleGAN's error differs by less than a tenth from that of doing nothing",
    abs(cycle_error - given_error) < 0.1 * given_error,
)

# %%
title = "CycleGAN: translated there and back, most pictures return, and G' draws mirror images"
with figure(title, size=(10, 6.0)) as ax:
    sheet(
        ax,
        [Y[shown], G(Y[shown]), F(G(Y[shown])), G_other(Y[shown]), X[shown], F(X[shown]), G(F(X[shown]))],
        ["y, Noto", "G(y)", "F(G(y))", "G'(y)", "x, Twemoji", "F(x)", "G(F(x))"],
    )

# %% [markdown]
# $F'(G'(y)) = F(T(T(G(y)))) = F(G(y))$: the two mirrors cancel, and the critics judge mirrored emoji just as they judge emoji. *Any* invertible change $T$ that maps the distribution of pictures onto itself gives another solution; a permutation of all the emoji would be one. The critics and `eq:cyclegan.cycle` can't tell these solutions apart. Two things favour the one that we want: $L_{\text{same}}$, which is larger for the other one (last column), and the U-Net, whose skip connections make it easy to stay close to the input. The pictures look right partly because the network is lazy.
#
# So read the table soberly. With pairs, pix2pix gets closer to the truth than the given picture is, although to our eyes its pictures look worse. CycleGAN, after such a short training, is about as far from the truth as doing nothing: its pictures are plausible, slightly recoloured copies, and have the error of a copy. Where no pairs exist, there is no truth to compare with, and nothing would have told us. (`minigan results pairs` has longer trainings.)
#
# ## Derive: super-resolution
#
# One more translation is from small to large. Its pairs cost nothing, since we can shrink every large picture. The network computes a correction to a plain enlargement, so even at the start its output is close to one:
#
# $$ G(y) = \mathrm{up}_k(y) + \mathrm{body}(y) \tag{eq:enlarger} $$
#
# Many large pictures shrink to the same small one, so what (29.1) says applies here too: a pixel loss alone gives a soft picture. Ledig et al. (2017) add two more losses, one on the features of a fixed VGG $\phi$ (lesson 25), and a GAN:
#
# $$ L_\phi = \operatorname{mean} \bigl( \phi(G(y)) - \phi(x) \bigr)^2 \tag{eq:superres.features} $$
#
# $$ L_G = \operatorname{mean} \lvert G(y) - x \rvert + \lambda_\phi L_\phi + \lambda_{\text{adv}} \operatorname{loss.g}\bigl( D(G(y)) \bigr) \tag{eq:superres.g} $$
#
# The weights need care. VGG's features are of the order of hundreds, and squared differences of tens of thousands, so $\lambda_\phi = 2 \cdot 10^{-6}$ makes the terms comparable.

# %%
show_source(superres_step, enlarger)

# %% [markdown]
# ## Check: three ways to make a portrait larger
#
# Portraits of 16 x 16 pixels become 32 x 32. We train briefly with the pixel loss alone. We judge by PSNR (the mean squared error on a logarithmic scale, in dB; higher is better) and by the distance between VGG features (lower is better). To see what these measures respond to, we also spoil the true portraits in two ways: we blur them, and we shift them by one pixel.

# %%
K = steps(250, 2)
large_options = superres.Options(width=16, blocks=2, features=0.0, adv=0.0, batch=8, steps=K)
faces = large_options.source(np.random.default_rng(0), np.random.default_rng(1))
untrained = enlarger(3, 2, 16, 2, rng=0)
untrained.layers[1].branches[1].layers[-1].W[...] = 0  # the body's last convolution: it draws nothing
small = to_float(faces.held_out[1][:2])
print(
    compare(
        "without its body it enlarges", untrained(small), small.repeat(2, axis=1).repeat(2, axis=2), ADJOINT
    )
)

larger = superres.build(large_options, faces, np.random.default_rng(0))
train(larger, faces, K, 8)
count = steps(16, 2)
truth, given = (part[:count] for part in faces.held_out)
x = to_float(truth)
candidates = {
    "each pixel four times": to_float(given.repeat(2, axis=1).repeat(2, axis=2)),
    "bicubic": to_float(bicubic(faces, given)),
    "trained by pixels": larger.translate(given),
    "the truth, blurred": (
        x + np.roll(x, 1, axis=1) + np.roll(x, 1, axis=2) + np.roll(x, (1, 1), axis=(1, 2))
    )
    / 4,
    "the truth, one pixel off": np.roll(x, 1, axis=2),
}
found = {}
for name, u in candidates.items():
    found[name] = metrics.psnr(u, x, 2).mean(), vgg_distance(u, x).mean()
    print("{:<26} PSNR {:5.2f} dB   VGG distance {:.3f}".format(name, *found[name]))
usually(
    "the trained network has a better PSNR than bicubic interpolation",
    found["trained by pixels"][0] > found["bicubic"][0],
)
shifted, blurred = found["the truth, one pixel off"], found["the truth, blurred"]
usually("PSNR prefers the blurred truth to the shifted one", shifted[0] < blurred[0])
usually("VGG's features prefer the shifted truth to the blurred one", shifted[1] < blurred[1])

title = "Four times as many pixels: the network trained on pixels beats interpolation, and is softer than the truth"
with figure(title, size=(9, 3.9)) as ax:
    first = slice(0, min(10, count))
    sheet(
        ax,
        [*(u[first] for u in list(candidates.values())[:3]), x[first]],
        [*list(candidates)[:3], "the truth"],
    )

# %% [markdown]
# The truth, shifted by one pixel, is as sharp as the truth. But PSNR ranks it below every soft picture in the table, while VGG's features prefer it to the blurred one. Every measure asks its own question, and a network learns to answer the one it is trained with. (`minigan results pairs` has the trainings with VGG and with a GAN.)
#
# ## Modify
#
# ### Exercise 1: where two losses meet (★)
#
# You are given G's pictures `u` and the true ones `x`, both (N, H, W, C), the gradient `d` of G's GAN loss in `u` (what `D.backward` returns), and the weight `lam`. Return the gradient of $L_G$ in `u`, where G's backward pass starts.


# %% tags=["exercise"]
def gradient_in_the_picture(u, x, d, lam):
    return ...  # your code: like u


check.image_to_image.q1(gradient_in_the_picture)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def gradient_in_the_picture(u, x, d, lam):
#     return lam * np.sign(u - x) / u.size + d
# ```
#
# The gradient of a sum is the sum of the gradients. That of the absolute error is a sign, the same for an error of 0.01 as for an error of 1, divided by the number of values in the mean. `d` is already the gradient of G's own loss, so it gets no minus sign.
#
# </details>

# %% [markdown]
# ### Exercise 2: what the losses would draw (★★)
#
# For one input, `x` (K, H, W) are all the pictures that could be the right answer, and `w` (K,) are their probabilities, up to a common factor. Return two pictures (H, W): the one that minimises the expected squared error, and the one that minimises the expected absolute error. (If several values of a pixel are equally good, take the smallest.) Then explain: when is the second picture sure to be one of the K, and when may it be none of them?


# %% tags=["exercise"]
def best_guesses(x, w):
    return ...  # your code: for the squared error, for the absolute error


check.image_to_image.q2(best_guesses)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def best_guesses(x, w):
#     w = w / w.sum()
#     mean = np.tensordot(w, x, axes=1)
#     order = np.argsort(x, axis=0)
#     at_most = np.cumsum(w[order], axis=0)
#     k = (at_most >= 0.5).argmax(axis=0)
#     median = np.take_along_axis(np.take_along_axis(x, order, axis=0), k[None], axis=0)[0]
#     return mean, median
# ```
#
# Just above $u$, (29.1) is negative as long as less than half of the weight is at or below $u$. If one picture has more than half of the probability, it is the median in every pixel, so the drawn picture is that picture, sharp. If no picture has a majority, different pixels may choose different pictures, and the result can be a patchwork that is none of them.
#
# </details>

# %% [markdown]
# ### Exercise 3: another solution (★★)
#
# You are given functions `G`, `F` that satisfy CycleGAN's critics and its cycle, a change `T` that maps the distribution of G's pictures onto itself, and `T_back`, which undoes `T` (it may differ from `T`). Return two functions `G2`, `F2` that satisfy the critics and the cycle as well, but draw other pictures. Then explain: which losses of this lesson could tell the two solutions apart?


# %% tags=["exercise"]
def another_solution(G, F, T, T_back):
    return ...  # your code: G2, F2


check.image_to_image.q3(another_solution)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def another_solution(G, F, T, T_back):
#     def G2(y):
#         return T(G(y))
#
#     def F2(x):
#         return F(T_back(x))
#
#     return G2, F2
# ```
#
# $F_2(G_2(y)) = F(T^{-1}(T(G(y)))) = F(G(y))$, and $G_2(F_2(x)) = T(G(F(T^{-1}(x))))$, which is $x$ if the cycle of G and F closes everywhere. $D_X$ sees pictures from the same distribution, and so does $D_Y$. The absolute error on pairs can tell the two solutions apart, and so can $L_{\text{same}}$, which asks G to leave a Twemoji as it is.
#
# </details>

# %% [markdown]
# ## Break it
#
# Here are five bugs.
#
# 1. *The skip connection forgotten in the backward pass*: `Copy` returns the gradient of one branch instead of the sum.
# 2. *The averaged map*: the loss of the mean score, instead of the mean of the losses (29.2).
# 3. *Jittered apart*: the two pictures of a pair are shifted and mirrored independently.
# 4. *One order for both sets*: CycleGAN's two sets are shuffled alike, so its batches contain pairs.
# 5. *Relatives separated*: pairs are held out one by one, so we may train on `man-running` and test on `woman-running`.
#
# Two promises stand behind this lesson's tables: CycleGAN gets no pairs, and the pictures used for testing are new. Which bugs break one of these promises, so that good results would prove less than they seem to?
#
# - **a** the second and the third
# - **b** the fourth and the fifth
# - **c** none: bugs only make results worse

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
right_d, right_jitter = losses.Minimax.d, translation.jittered


def averaged(self, r, f):
    value, d_r, d_f = right_d(self, *(s.mean(axis=(1, 2), keepdims=True) for s in (r, f)))
    return value, *(np.broadcast_to(d, s.shape) * d.size / s.size for d, s in ((d_r, r), (d_f, f)))


def apart(x, y, most, rng):
    return right_jitter(x, x, most, rng)[0], right_jitter(y, y, most, rng)[0]  # right: one draw for both


def in_one_order(self, n):
    chosen = self.targets.indices(n)  # right: the same indices for both only if they are aligned
    return to_float(self.targets.x[chosen]), to_float(self.inputs.x[chosen])


def examine():
    small = unet((4, 4, 2), 1, 2, 1, rng=0, dtype="float64")
    yield from network_checks(small, (2, 4, 4, 2))
    yield from steps_checked("values")
    x = np.random.default_rng(0).standard_normal((9, 6, 6, 1))
    a, b = translation.jittered(x, x, 2, np.random.default_rng(1))
    yield compare("both pictures of a pair move alike", a, b, 0.0)
    numbers = np.arange(40, dtype=np.uint8).reshape(-1, 1, 1, 1)
    a, b = Pairs(numbers, numbers, rng=np.random.default_rng(0), aligned=False).batch(40)
    yield Check("batches of two sets contain few pairs", float((a == b).mean()), 0.5)
    held = pairs.is_held_out(["man-running", "woman-running", "male-pilot", "female-pilot"])
    yield compare("relatives stay together", held[::2].astype(int), held[1::2].astype(int), 0.0)


caught = {}
for name, owner, verb, wrong in (
    ("the skip connection forgotten", Copy, "backward", lambda self, dy, cache: dy[-1]),
    ("the averaged map", losses.Minimax, "d", averaged),
    ("jittered apart", translation, "jittered", apart),
    ("one order for both sets", Pairs, "batch", in_one_order),
    ("relatives separated", pairs, "_family", lambda name: name),
):
    with planted(owner, verb, wrong):
        caught[name] = {found.name for found in examine() if not found.ok}
    print(f"{name:<30} caught by: {'; '.join(sorted(caught[name]))}")

check.image_to_image.p3(guess)
assert all(caught.values())
assert not [found for found in examine() if not found.ok]

# %% [markdown]
# A comparison with differences catches the first bug. The second changes value and gradient consistently, so it takes a value computed patch by patch to catch it. The last three are in the *data*, where there is no derivative to check. What helps is to write down what has to be true, as one line that can fail: both pictures move alike, batches contain no more pairs than chance gives, relatives stay on the same side. Bugs like the last two are the most dangerous. They don't make results worse, and may make them better, and nobody looks for a bug in a good result. (The losses of CycleGAN never compare the two pictures of a pair, so the fourth may change little here. With a loss or a layer that mixes the batch it could.)
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:unet.level`: the input, joined to what was computed at lower resolutions | `minigan.models.unet.unet` | `tests/models/test_unet.py`: `test_a_level_is_the_picture_beside_what_was_drawn_below_it`, `test_details_pass_beside_the_bottleneck` |
# | `eq:patch_critic`: a score sees 18 x 18 pixels | `minigan.models.unet.patch_critic` | `tests/models/test_unet.py`: `test_a_patch_has_18_pixels` |
# | `eq:pix2pix.l1`, `eq:pix2pix.d`, `eq:pix2pix.g`: a pixel loss, and a D that sees the input | `minigan.zoo.pix2pix.pix2pix_step` | `tests/zoo/test_pix2pix.py`: `test_the_reported_losses_are_those_of_the_paper` |
# | `eq:cyclegan.d`, `eq:cyclegan.cycle`, `eq:cyclegan.same`, `eq:cyclegan.g`: there and back | `minigan.zoo.cyclegan.cyclegan_step` | `tests/zoo/test_cyclegan.py`: `test_the_reported_losses_are_those_of_the_paper` |
# | `eq:enlarger`: a plain enlargement plus a correction | `minigan.models.unet.enlarger` | `tests/models/test_unet.py`: `test_an_enlarger_adds_to_the_enlarged_picture` |
# | `eq:superres.features`, `eq:superres.g`: pixels, VGG's features, and a GAN | `minigan.zoo.superres.superres_step` | `tests/zoo/test_superres.py`: `test_the_reported_losses_are_those_of_the_paper` |
#
# - A pixel loss asks for the mean or the median of all possible answers, pixel by pixel. A D asks for a picture that looks like one of them, and it has to see the input.
# - A map of scores judges texture patch by patch; the absolute error takes care of the layout.
# - Skip connections carry the details, the bottleneck sees the whole picture, and `Copy` adds the two gradients.
# - A closed cycle doesn't say which picture belongs to which. That is left to $L_{\text{same}}$ and to the network's habit of changing little.
# - Always compare with doing nothing.
#
# ## Next
#
# [Lesson 30: Flows and diffusion](30_flow_and_diffusion.ipynb). Where several pictures are possible, regression draws their mean, and a GAN can draw one of them. The last lesson is about methods that need only means, because they take many small steps, and about the point where a GAN comes back.
