# %% [markdown]
# # Lesson 29: Image to image
#
# **Goal** Train a network that turns a picture into another picture, from pairs (pix2pix) and without them (CycleGAN); derive what each of its losses asks for and what none of them asks for; measure both against doing nothing.
#
# **Prerequisites** Lesson 13 (convolutions, receptive fields), lesson 15 (R1), lesson 19 (conditional GANs), lesson 25 (perceptual distance).
#
# **Run time** 80 s on two cores (estimated).
#
# Map from aerial photograph, colour from grey, summer from winter: often the input of a generator should be a picture and not noise. If you have pairs, before and after, regression gives a blur, and a D makes it sharp. If you have none, two GANs that translate in opposite directions do it nearly as well, or so the published pictures suggest; here true pairs exist, so we can check.
#
# **Recall.** Five questions from earlier lessons; answer before you unfold.
#
# <details><summary>1. Lesson 19: why does D have to see the label, and not only G?</summary>A D that does not see it accepts any good picture, so nothing would make G obey its label.</details>
# <details><summary>2. Lesson 13: how many pixels in a row does a position see after three convolutions with kernel 4 and stride 2?</summary>1, 4, 10, 22: each layer adds (kernel - 1) times the product of the strides below it.</details>
# <details><summary>3. Lesson 12: what does InstanceNorm use that BatchNorm does not need, and what does it avoid?</summary>The mean and variance of each channel of each single image. It does not mix the images of a batch.</details>
# <details><summary>4. Lesson 3: which constant minimises the mean squared error to several numbers?</summary>Their mean.</details>
# <details><summary>5. Lesson 25: why compare features of VGG and not pixels?</summary>A sharp picture that is off by a pixel has a large error of pixels, a blurred one a small error. Features see the texture in both.</details>

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
from minigan.optim import Adam, cosine
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually
from minigan.zoo import cyclegan, pix2pix, superres, translation
from minigan.zoo.cyclegan import cyclegan_step
from minigan.zoo.pix2pix import pix2pix_step
from minigan.zoo.superres import superres_step

# %% [markdown]
# ## Predict: what does D add?
#
# Noto and Twemoji are two sets of emoji that show the same 1,641 things in two styles. Given Noto's picture $y$, draw Twemoji's, $x$. About a tenth of the pairs are held out: no training sees them, nor any of their variants.
#
# Two networks of equal size are trained on the same batches for as many steps. The first learns from the mean absolute error of its pixels alone. The second has to please a D too, which sees the drawn picture beside $y$. We judge them on the held-out pairs, by the same absolute error, and by their *edges*: the mean difference of neighbouring pixels, as a share of that of the true picture. Who wins?
#
# - **a** the second, in both
# - **b** the first has the smaller error, the second more of the edges
# - **c** the first, in both: it spends its whole effort on the pixels

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
    """Print and keep: absolute error, SSIM, and the share of the true picture's edges."""
    results[name] = np.abs(u - x).mean(), metrics.ssim(u, x, 2).mean(), edges(u) / edges(x)
    print("{:<28} absolute error {:.3f}   SSIM {:.3f}   edges {:.0%}".format(name, *results[name]))


def train(game, source, n, batch, seed=1):
    rng = np.random.default_rng(seed)
    return [game.step(lambda: source.batch(batch), rng) for _ in range(n)]


def by_pixels_alone(seed=0):
    """The same G, batches and jitter, without D."""
    G = unet(source.shape, 3, WIDTH, translation.levels_of(source.shape), np.random.default_rng(seed))
    opt, rng = Adam(G, cosine(2e-3, N), beta1=0.5, beta2=0.999), np.random.default_rng(1)
    same = options.source(np.random.default_rng(0), np.random.default_rng(1))
    for _ in range(N):
        x, y = translation.jittered(*same.batch(BATCH), options.jitter, rng)
        u, caches = G.forward(y)
        G.backward(l1(u, x)[1], caches, need_dx=False)
        opt.step()
    return G


judge("Noto's picture as it is", Y)
plain = by_pixels_alone()
judge("pixels alone", plain(Y))
game = pix2pix.build(options, source, np.random.default_rng(0))
rows = train(game, source, N, BATCH)
judge("pix2pix", game.translate(Y))

check.image_to_image.p1(guess)
(plain_error, _, plain_edges), (gan_error, _, gan_edges) = results["pixels alone"], results["pix2pix"]
usually("pixels alone have the smaller error", plain_error < gan_error)
usually("pix2pix has more of the edges", gan_edges > plain_edges)
usually(
    "both are nearer to the truth than the given picture",
    max(plain_error, gan_error) < np.abs(X - Y).mean(),
)


# %%
def sheet(ax, columns, names):
    """Each column of pictures in a row of the figure, with its name at the left."""
    n = len(columns[0])
    ax.imshow(plots.grid(np.concatenate(columns), columns=n, pad=1))
    ax.set_yticks([16 + 33 * k for k in range(len(names))], names)
    ax.set_xticks([])
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)


shown = np.arange(0, len(X), max(1, len(X) // 12))[:12]
title = "Held-out emoji: regression draws them soft, pix2pix with more edges, neither as the artist did"
with figure(title, size=(10, 3.7)) as ax:
    sheet(
        ax,
        [Y[shown], plain(Y[shown]), game.translate(Y[shown]), X[shown]],
        ["Noto (given)", "pixels alone", "pix2pix", "Twemoji (true)"],
    )

# %% [markdown]
# ## Derive: what a loss of pixels wants
#
# Several Twemoji may fit one Noto: the artist could have chosen another red, or a border. Let $p_i$ be the probability of the value $x_i$ of one pixel, given the input. The squared error $\sum_i p_i (u - x_i)^2$ has the derivative $2 \sum_i p_i (u - x_i)$, which is 0 at the *mean*. For the absolute error the derivative of each $|u - x_i|$ is $\pm 1$:
#
# $$ \frac{d}{du} \sum_i p_i\, |u - x_i| = \sum_{x_i < u} p_i - \sum_{x_i > u} p_i \tag{29.1} $$
#
# It changes its sign where as much probability is below as above, at the *median*. A mean is a blur of everything that could be; a median is that of the majority, if there is one, so it is sharper. But it is taken pixel by pixel, each pixel by itself: where the place of an edge is uncertain, there is no majority for any edge, and the median is flat or follows the mean. That is the loss with which we started:
#
# $$ L_1 = \operatorname{mean} \lvert G(y) - x \rvert \tag{eq:pix2pix.l1} $$
#
# No loss that compares pixel with pixel can prefer *one possible picture* to the mixture of all. A D can, because mixtures do not occur among real pictures. But it has to know what was asked for:
#
# $$ L_D = \operatorname{loss.d}\bigl( D(x, y),\; D(G(y), y) \bigr) \tag{eq:pix2pix.d} $$
#
# As in lesson 7, now for each $y$ by itself, the best D has $\sigma(D) = p(x \mid y) / (p(x \mid y) + p_G(x \mid y))$, and the game ends where G draws from $p(x \mid y)$. Without $y$, D would compare the mixtures over all $y$, and G could answer a cat with a perfect flag. G gets both losses (Isola et al. 2017):
#
# $$ L_G = \lambda L_1 + \operatorname{loss.g}\bigl( D(G(y), y) \bigr) \tag{eq:pix2pix.g} $$
#
# How large is $\lambda$ to be? Each pixel value gets $\lambda \operatorname{sign}(u - x) / n$ from the first term, with $n = 8 \cdot 32 \cdot 32 \cdot 3$ in our batch: for $\lambda = 100$, the paper's and the recipe's choice, that is $100 / 24576 = 0.004$. We will measure what D says. In a training of half a minute it would not be heard, so we took $\lambda = 3$.
#
# ## Derive: a map of scores
#
# The absolute error looks after the layout: that a head is where the head is. D is needed for what it leaves out, edges and textures, and these are *local*. So its D has no dense layer at the end. It is three convolutions, with kernels 4, 4, 3 and strides 2, 2, 1, and its output is a map of scores. By the recursion of lesson 13, with $s_l$ the product of the strides so far, a score sees
#
# $$ r_{l+1} = r_l + (k - 1)\, s_l, \qquad 1 \to 4 \to 10 \to 18 \tag{eq:patch\_critic} $$
#
# pixels in a row: a patch. Every patch is a decision of its own, real or drawn, and the loss is the mean over the *losses* of all patches, not the loss of a mean score: for a convex loss $\ell$,
#
# $$ \operatorname{mean}_{ij}\, \ell(f_{ij}) \ge \ell(\operatorname{mean}_{ij} f_{ij}) \tag{29.2} $$
#
# (Jensen), and the gap is what a good patch could do to hide a bad one. A *PatchGAN* has few weights, works at any size of picture, and gets 64 decisions from each of ours, where a D with one score gets one.
#
# ## Derive: a U-Net
#
# G must pass the input's details to the output, and must see the whole picture to know what it shows. An encoder and a decoder do the second, through a bottleneck of 2 x 2 positions, which no outline survives. So at each level the picture itself passes *beside* what is drawn at half the size and below (Ronneberger et al. 2015):
#
# $$ y = \bigl[ x,\; \mathrm{up}(\mathrm{below}(\mathrm{down}(x))) \bigr] \tag{eq:unet.level} $$
#
# In the library's words: `Copy`, then `Parallel` with an empty branch and one that goes down and up, then `Join`. *Below* is the same construction again. Its backward pass needs no thought: `Join` cuts the gradient in two, each branch returns its part, `Copy` adds,
#
# $$ dx = dy_{\text{beside}} + J_{\text{down}}^\top J_{\text{below}}^\top J_{\text{up}}^\top\, dy_{\text{below}} \tag{29.3} $$
#
# and through the first term each layer gets a gradient that no bottleneck has weakened.
#
# ## See the code
#
# The step, the U-Net (a level calls itself for the level below), and the critic.

# %%
show_source(pix2pix_step, unet, models.unet._level, patch_critic)

# %% [markdown]
# ## Check: the patch, the skip connection, the gradients
#
# First the patch of one score: the pixels in which its gradient is not 0. Then a U-Net whose last convolution reads nothing but the picture that passed beside everything: it has to return its input, through the last tanh. Then the step: each network's gradient against differences of the losses it is said to learn from, and the losses worked out patch by patch.

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
last.W[1, 1, :3] = np.eye(3)  # the middle of the window, and the first three channels: the picture itself
print(compare("the picture passes beside the bottleneck", G(y), np.tanh(y), ADJOINT))


def steps_checked(*verbs):
    """The library's own checks of the step of pix2pix (`minigan certify --only pairs` has those of the others)."""
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
# What does D look at? Its scores on true and on drawn pictures, patch by patch, and the size of its gradient in G's picture beside that of the absolute error.

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
    f"gradient in a pixel, root mean square: {game.lam:.0f} L1 {np.sqrt(np.mean(of_pixels**2)):.5f}, D {np.sqrt(np.mean(of_D**2)):.5f}"
)
usually("D's gradient is the smaller one", np.mean(of_D**2) < np.mean(of_pixels**2))
true, fake = D((X, Y)).mean(), D((game.translate(Y), Y)).mean()
print(f"mean score of all held-out pictures: true {true:.3f}, drawn {fake:.3f}")
usually("true patches score higher than drawn ones", true > fake)

# %% [markdown]
# (White: real, 1; black: drawn, 0. These are the targets of the least squares loss.) A gradient that is smaller need not have less effect. Where G is unsure the signs of the absolute error point up for one picture and down for the next, and cancel over the batches; what D says is about edges of any picture, and adds up.
#
# ## Derive: without pairs
#
# Now take the pairs away: a heap of Noto, a heap of Twemoji. A D that compares whole heaps is all that is left, and a G that pleases it may draw *any* Twemoji for a given Noto. CycleGAN (Zhu et al. 2017) adds a second network F that draws back, with its own critic,
#
# $$ L_D = \operatorname{loss.d}\bigl( D_X(x),\; D_X(G(y)) \bigr) + \operatorname{loss.d}\bigl( D_Y(y),\; D_Y(F(x)) \bigr) \tag{eq:cyclegan.d} $$
#
# and demands that there and back is the same picture, in both directions:
#
# $$ L_{\text{cycle}} = \operatorname{mean} \lvert F(G(y)) - y \rvert + \operatorname{mean} \lvert G(F(x)) - x \rvert \tag{eq:cyclegan.cycle} $$
#
# So $G(y)$ has to contain everything that F needs to recover $y$: two different Notos cannot become one Twemoji. A third loss, optional, says that a picture which is in the set already should stay as it is. It keeps the colours from changing places,
#
# $$ L_{\text{same}} = \operatorname{mean} \lvert G(x) - x \rvert + \operatorname{mean} \lvert F(y) - y \rvert \tag{eq:cyclegan.same} $$
#
# $$ L = \operatorname{loss.g}\bigl( D_X(G(y)) \bigr) + \operatorname{loss.g}\bigl( D_Y(F(x)) \bigr) + \lambda L_{\text{cycle}} + \mu L_{\text{same}} \tag{eq:cyclegan.g} $$
#
# Both networks of a cycle learn from it. With $e$ the gradient of the absolute error in $F(G(y))$, F gets $\lambda e$ at its output, and G gets, at its own output, what F passes back plus what its critic says:
#
# $$ d\,G(y) = \lambda\, J_F^\top e + J_{D_X}^\top\, df \tag{29.4} $$

# %%
show_source(cyclegan_step)

# %% [markdown]
# ## Predict: the other solution
#
# Suppose that G and F are perfect: no critic can tell their pictures from real ones, and both cycles close exactly. Let $T$ turn a picture into its mirror image, and set $G'(y) = T(G(y))$ and $F'(x) = F(T(x))$. (Half of the training pictures are mirrored at random anyway.) What do the critics and the cycle say to $G'$ and $F'$?
#
# - **a** the cycle no longer closes
# - **b** the cycle closes, but the critics see that pictures are the wrong way round
# - **c** nothing: all these losses keep their values

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
M = steps(300, 2)
both_options = cyclegan.Options(width=12, batch=4, steps=M, lr=2e-3)
heaps = both_options.source(np.random.default_rng(0), np.random.default_rng(1))
both = cyclegan.build(both_options, heaps, np.random.default_rng(0))
train(both, heaps, M, 4)
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

# %%
title = "CycleGAN, both ways: a picture that is drawn and drawn back is nearly itself again"
with figure(title, size=(10, 6.0)) as ax:
    sheet(
        ax,
        [Y[shown], G(Y[shown]), F(G(Y[shown])), G_other(Y[shown]), X[shown], F(X[shown]), G(F(X[shown]))],
        ["y, Noto", "G(y)", "F(G(y))", "G'(y)", "x, Twemoji", "F(x)", "G(F(x))"],
    )

# %% [markdown]
# $F'(G'(y)) = F(T(T(G(y)))) = F(G(y))$: the mirror cancels, and the critics judge mirrored emoji as they judge emoji. *Any* change $T$ that maps the set of pictures onto itself gives another solution; a permutation of all emoji is one. The critics and `eq:cyclegan.cycle` cannot choose. What chooses the solution that we want is $L_{\text{same}}$, which objects to the other one (last column), and the U-Net: its skip connections make it easy to stay near the input. The pictures look right because the network is lazy.
#
# So look at the table soberly. With pairs, pix2pix gets nearer to the truth than the picture as it is, though it looks worse. CycleGAN, in so short a training, is about as far from it as doing nothing: its pictures are sharp and plausible, somewhat recoloured copies, and have the error of a copy. Where no pairs exist there is no truth to compare with, and nothing would tell us. (`minigan results pairs` has the trainings of 2,000 steps.)
#
# ## Derive: super-resolution
#
# One more translation: from small to large. Its pairs cost nothing, since every large picture can be shrunk. The network adds to an enlargement, so that at first it is not worse than one:
#
# $$ G(y) = \mathrm{up}_k(y) + \mathrm{body}(y) \tag{eq:enlarger} $$
#
# Many large pictures have the same small one, so (29.1) applies in full: pixels alone give a soft picture. Two more losses ask for something else (Ledig et al. 2017), the features of a VGG $\phi$ that never changes (lesson 25), and a GAN:
#
# $$ L_\phi = \operatorname{mean} \bigl( \phi(G(y)) - \phi(x) \bigr)^2 \tag{eq:superres.features} $$
#
# $$ L_G = \operatorname{mean} \lvert G(y) - x \rvert + \lambda_\phi L_\phi + \lambda_{\text{adv}} \operatorname{loss.g}\bigl( D(G(y)) \bigr) \tag{eq:superres.g} $$
#
# The weights need care: features of VGG are in the hundreds and their squares in the ten thousands, so $\lambda_\phi = 2 \cdot 10^{-6}$ makes both terms comparable. Why not judge by pixels? Take true portraits, and spoil them in two ways.

# %%
show_source(superres_step, enlarger)

# %% [markdown]
# ## Check: three ways to make a portrait larger
#
# Portraits of 16 x 16 pixels become 32 x 32. We train by pixels alone, briefly, and judge by PSNR (from the mean squared error; more is better) and by the distance of VGG's features (less is better).

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
    "the trained one has a better PSNR than bicubic", found["trained by pixels"][0] > found["bicubic"][0]
)

title = "Four times as many pixels: a network trained by pixels beats interpolation and is softer than the truth"
with figure(title, size=(9, 3.9)) as ax:
    first = slice(0, min(10, count))
    sheet(
        ax,
        [*(u[first] for u in list(candidates.values())[:3]), x[first]],
        [*list(candidates)[:3], "the truth"],
    )

# %% [markdown]
# The truth, moved by one pixel, is as sharp as the truth, and the error of pixels puts it below every soft picture in the table. VGG's features prefer it to the blurred one. Each measure asks its own question, and a network gives the answer that it is asked for. (`minigan results pairs` has the trainings with VGG and with a GAN.)
#
# ## Modify
#
# ### Exercise 1: where two losses meet (★)
#
# Given G's pictures `u`, the true ones `x`, both (N, H, W, C), D's gradient `d` in `u` (what `D.backward` returns for G's loss) and the weight `lam`, return the gradient of $L_G$ in `u`, with which G's backward pass begins.


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
# Gradients of a sum add up. The absolute error's is a sign, the same for an error of 0.01 and of 1, divided by the number of values that the mean is taken over. `d` already is the gradient of what G wants, so it has no minus.
#
# </details>

# %% [markdown]
# ### Exercise 2: what the losses would draw (★★)
#
# For one input, `x` (K, H, W) are all pictures that could be meant, and `w` (K,) are their probabilities, up to a factor. Return two pictures (H, W): the one that minimises the expected squared error, and the one that minimises the expected absolute error. (Of several equally good, the smallest values.) Then explain: when is the second one of the K pictures, and when is it none of them?


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
# (29.1) is negative as long as less than half of the weight is at or below $u$. If one picture has more than half of the probability it is the median in every pixel, and the drawn picture is that one, sharp. If no picture has a majority, each pixel chooses its own, and the result is a patchwork which is none of them.
#
# </details>

# %% [markdown]
# ### Exercise 3: another solution (★★)
#
# Given functions `G`, `F` that satisfy CycleGAN's critics and its cycle, a change `T` that maps the pictures G draws onto themselves, and `T_back`, which undoes it (not necessarily equal to `T`), return two functions `G2`, `F2` that satisfy both as well and draw other pictures. Then explain: which of the losses of this lesson could tell the two solutions apart?


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
# $F_2(G_2(y)) = F(T^{-1}(T(G(y)))) = F(G(y))$, and $G_2(F_2(x)) = T(G(F(T^{-1} x)))$ is $x$ if $G(F(x)) = x$. $D_X$ sees pictures of the same set. The absolute error of pairs can tell them apart, and $L_{\text{same}}$, which asks that G leaves a Twemoji where it is.
#
# </details>

# %% [markdown]
# ## Break it
#
# Five bugs.
#
# 1. *The skip connection forgotten in the backward pass*: `Copy` returns the gradient of one branch instead of the sum.
# 2. *The averaged map*: the loss of the mean score, instead of the mean loss of the scores (29.2).
# 3. *Jittered apart*: each picture of a pair is shifted and mirrored by itself.
# 4. *One order for both heaps*: CycleGAN's two sets are shuffled alike, so its batches hold pairs.
# 5. *Relatives separated*: pairs are held out one by one, so `woman-running` is tested after a training with `man-running`.
#
# Which of them make the results on the held-out pairs look *better* than they deserve?
#
# - **a** the second and the third
# - **b** the fourth and the fifth
# - **c** none: bugs make results worse

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
    chosen = self.targets.indices(n)
    return to_float(self.targets.x[chosen]), to_float(
        self.inputs.x[chosen]
    )  # right: only if they are aligned


def examine():
    small = unet((4, 4, 2), 1, 2, 1, rng=0, dtype="float64")
    yield from network_checks(small, (2, 4, 4, 2))
    yield from steps_checked("values")
    x = np.random.default_rng(0).standard_normal((9, 6, 6, 1))
    a, b = translation.jittered(x, x, 2, np.random.default_rng(1))
    yield compare("both pictures of a pair move alike", a, b, 0.0)
    numbers = np.arange(40, dtype=np.uint8).reshape(-1, 1, 1, 1)
    a, b = Pairs(numbers, numbers, rng=np.random.default_rng(0), aligned=False).batch(40)
    yield Check("two heaps hold no pairs", float((a == b).mean()), 0.5)
    held = pairs.is_held_out(["man-running", "woman-running", "male-pilot", "female-pilot"])
    yield compare("relatives stay together", held[::2].astype(int), held[1::2].astype(int), 0.0)


caught = {}
for name, owner, verb, wrong in (
    ("the skip connection forgotten", Copy, "backward", lambda self, dy, cache: dy[-1]),
    ("the averaged map", losses.Minimax, "d", averaged),
    ("jittered apart", translation, "jittered", apart),
    ("one order for both heaps", Pairs, "batch", in_one_order),
    ("relatives separated", pairs, "_family", lambda name: name),
):
    with planted(owner, verb, wrong):
        caught[name] = {found.name for found in examine() if not found.ok}
    print(f"{name:<30} caught by: {'; '.join(sorted(caught[name]))}")

check.image_to_image.p3(guess)
assert all(caught.values())
assert not [found for found in examine() if not found.ok]

# %% [markdown]
# Gradients are checked by differences, and the first bug fails there. The second changes value and gradient alike, and a value worked out patch by patch catches it. The last three are in the *data*, where there is no derivative to check. What helps is to write down what has to be true, as one line that can fail: both move alike, no pairs in a batch, relatives on one side. The last two would have made this lesson's table better, and nobody looks for a bug in a good result.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:unet.level`: the picture beside what was drawn below it | `minigan.models.unet.unet` | `tests/models/test_unet.py`: `test_a_level_is_the_picture_beside_what_was_drawn_below_it`, `test_details_pass_beside_the_bottleneck` |
# | `eq:patch_critic`: a score sees 18 x 18 pixels | `minigan.models.unet.patch_critic` | `tests/models/test_unet.py`: `test_a_patch_has_18_pixels` |
# | `eq:pix2pix.l1`, `eq:pix2pix.d`, `eq:pix2pix.g`: pixels, and a D that sees the input | `minigan.zoo.pix2pix.pix2pix_step` | `tests/zoo/test_pix2pix.py`: `test_the_reported_losses_are_those_of_the_paper` |
# | `eq:cyclegan.d`, `eq:cyclegan.cycle`, `eq:cyclegan.same`, `eq:cyclegan.g`: there and back | `minigan.zoo.cyclegan.cyclegan_step` | `tests/zoo/test_cyclegan.py`: `test_the_reported_losses_are_those_of_the_paper` |
# | `eq:enlarger`: an enlargement, and what is missing | `minigan.models.unet.enlarger` | `tests/models/test_unet.py`: `test_an_enlarger_adds_to_the_enlarged_picture` |
# | `eq:superres.features`, `eq:superres.g`: pixels, textures, and a GAN | `minigan.zoo.superres.superres_step` | `tests/zoo/test_superres.py`: `test_the_reported_losses_are_those_of_the_paper` |
#
# - A loss of pixels asks for the mean or the median of all that fits. A D asks for one of them, and has to see the input.
# - A map of scores judges texture patch by patch; the absolute error looks after the layout.
# - Skip connections carry the detail, a bottleneck the meaning, and `Copy` adds the two gradients.
# - A closed cycle does not say which picture belongs to which. The network's laziness does, and the weight `same`.
# - Always measure against doing nothing.
#
# ## Next
#
# [Lesson 30: Flows and diffusion](30_flow_and_diffusion.ipynb). A D draws one of several possible pictures where a regression draws their mean. The last lesson is about methods that get by with means, by taking many small steps, and about the place where a GAN comes back.
