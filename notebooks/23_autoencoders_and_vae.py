# %% [markdown]
# # Lesson 23: Autoencoders and the VAE
#
# **Goal** Derive the bound that a variational autoencoder maximises, read each of its terms in bits, tighten it with several codes for each image, and explain why its pictures are blurred.
#
# **Prerequisites** Lesson 3 (surprise, cross-entropy, the divergence of a normal distribution from the standard one), lesson 13 (the Fréchet distance and its floor). Bayes' rule; mean and covariance.
#
# **Run time** 60 s on two cores (estimated).
#
# A GAN draws images and does nothing else: it cannot say how probable a given image is, and it cannot find the noise behind one. A *variational autoencoder*, or VAE (Kingma and Welling 2014; Rezende, Mohamed and Wierstra 2014), finds a code for any image and bounds the image's probability from below. Its two networks lower one loss together, and there is no opponent. Its pictures are blurred, and we will see why. Even so, many of today's large image generators work on the codes of an autoencoder of this family.
#
# **Recall** Five questions from earlier lessons, before you start:
#
# <details><summary>Lesson 22: what does the best D compute, if the data have the density p and the fakes q?</summary>
#
# $p / (p + q)$: not whether an image is good, but how likely it is to be real rather than fake. That gives the ratio $p / q$, but neither of the two densities.
#
# </details>
#
# <details><summary>Lesson 20: why is a Fréchet distance always stated together with its floor?</summary>
#
# It is not 0 even between two samples of real images. That value is the floor: about what a perfect generator would get.
#
# </details>
#
# <details><summary>Lesson 16: which sign must the real parts of the eigenvalues have for a game to converge, and why does a single loss never circle?</summary>
#
# Negative. If all parameters descend the same loss, the Jacobian of the dynamics is minus the Hessian of the loss. It is symmetric, so its eigenvalues are real, and nothing rotates.
#
# </details>
#
# <details><summary>Lesson 7: is KL(p || q) a distance?</summary>
#
# No. It is never negative, and 0 only if $p = q$, but it is not symmetric: $\mathrm{KL}(p \,\|\, q)$ is the mean of $\log (p / q)$ over $p$, and $\mathrm{KL}(q \,\|\, p)$ is a mean over $q$.
#
# </details>
#
# <details><summary>Lesson 3: how surprising is an event of probability 1/8, in bits and in nats?</summary>
#
# $-\log_2 \frac18 = 3$ bits, which is $3 \log 2 \approx 2.1$ nats. The shortest possible code spends that many bits on the event.
#
# </details>

# %%
import inspect
import lzma

import numpy as np

from minigan import data, losses, metrics, plots
from minigan.differences import ADJOINT, compare
from minigan.layers import Dense
from minigan.measure.certify.autoencoders import networks, step_of, values
from minigan.measure.certify.routed import gradients
from minigan.models import bound, digitnet
from minigan.models.likelihood import Bernoulli, Gaussian
from minigan.network import Sequential
from minigan.optim import SGD
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source, steps, usually
from minigan.zoo import vae

# %% [markdown]
# ## Predict: can an autoencoder draw?
#
# An **autoencoder** is a pair of networks with a bottleneck between them. An encoder E turns an image $x$ of 784 pixels into a *code* $z$ of 20 numbers, and a decoder G turns the code back into an image. Both are trained to bring $G(E(x))$, the *reconstruction*, as close to $x$ as possible, and nothing else is asked of them.
#
# Now use G as a generator. We measure the mean and the covariance of the codes of all training images, draw new codes from the normal distribution with that mean and covariance, and let G turn them into images. What do we see?
#
# - **a** digits: the new codes have the same mean and spread as those of real digits
# - **b** noise: none of the new codes is the code of an image
# - **c** strokes: some of the images are digits, and many are not
#
# Commit to a letter before you run the next cells.

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
LATENT, BATCH, JUDGED = 20, 100, steps(1000, 100)
digits = data.load("mnist10k").to_float()  # (10000, 28, 28, 1) in [-1, 1]
order = np.random.default_rng(0).permutation(len(digits))
test, train = digits[order[:1000]], digits[order[1000:]]


def fit(n, step=None, **options):
    """E and G, 784-200-200-code and back, trained for n steps -> the model, the rows of its log."""
    rng = np.random.default_rng(0)
    source = data.Epochs(train, rng=rng)
    chosen = {"latent": LATENT, "lr": 2e-3, "schedule": "cosine"} | options
    model = vae.build(vae.Options(steps=n, **chosen), source, rng)
    step = step or (lambda model, x, rng: model.step(lambda: (x, None), rng))
    return model, [step(model, source.batch(BATCH)[0], rng) for _ in range(n)]


def reconstruction_step(model, x, rng):
    """The step of an autoencoder: that of a VAE without the noise and without the second term of its loss."""
    no_noise = np.zeros((len(x), model.latent), np.float32)
    opts = model.optimizers["E"], model.optimizers["G"]
    return vae.elbo_step(model.E, model.G, model.likelihood, *opts, x, no_noise, beta=0.0)


def features(images):
    """The features of the first images in digitnet, the library's classifier of digits (lesson 13)."""
    framed = np.pad(images[:JUDGED], ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=-1)
    return digitnet.features(np.clip(framed, -1, 1))[0]


def distance(images):
    return metrics.frechet_distance(of_reals, features(images))


def sheet(ax, images, name):
    ax.imshow(plots.grid(images, columns=len(images), pad=1), cmap="gray", vmin=0, vmax=255)
    ax.set_title(name)
    ax.set_axis_off()


of_reals = features(test)
auto, _ = fit(steps(800, 10), reconstruction_step, likelihood="brightness")
codes = auto.encode(train)
drawn = np.random.default_rng(1).multivariate_normal(codes.mean(axis=0), np.cov(codes.T), 1000)
of_auto = auto.generate(drawn.astype(np.float32))
rebuilt = auto.reconstruct(test)

check.autoencoders_and_vae.p1(guess)
print(
    f"Frechet distance: reconstructions {distance(rebuilt):6.1f}   drawn {distance(of_auto):6.1f}",
    end="   ",
)
print(f"floor, reals against other reals {distance(train[:1000]):.1f}")
usually(
    "the drawn images are at least twice as far from the reals as the reconstructions",
    distance(of_auto) > 2 * distance(rebuilt),
)

title = "An autoencoder copies digits well, and draws few of its own"
with figure(title, panels=(3, 1), size=(9, 2.9)) as axes:
    for ax, (name, images) in zip(
        axes[:, 0], {"images": test, "reconstructions": rebuilt, "drawn": of_auto}.items(), strict=True
    ):
        sheet(ax, images[:16], name)

# %% [markdown]
# ## Derive: compression
#
# The loss of an autoencoder is the error of the reconstruction, for example
#
# $$ L = \frac1N \sum_n \lVert x_n - G(E(x_n)) \rVert^2 \tag{23.1} $$
#
# (The code above uses the cross-entropy of each pixel's brightness, lesson 3, which suits pictures that are nearly black and white. Below, squared errors are compared.)
#
# If E and G are linear, apart from a constant, we know the best ones. Let $C$ be the covariance of the images, with the eigenvalues $c_1 \ge c_2 \ge \dots$. With codes of $d$ numbers, the images that G can draw form a plane of $d$ dimensions, and the best plane passes through the mean image. The point of the plane nearest to an image is its orthogonal projection, so the error is the variance outside the plane: the trace of $C$ minus the variance inside. The variance inside is largest if the plane is spanned by the first $d$ eigenvectors, so
#
# $$ L_{\min} = \sum_{j > d} c_j \tag{23.2} $$
#
# This is principal component analysis. A nonlinear autoencoder replaces the plane by a curved surface. How much does the curvature gain, on images that neither method has seen?

# %%
mean = train.reshape(len(train), -1).mean(axis=0)
centred, fresh = (x.reshape(len(x), -1) - mean for x in (train, test))
variances, axes_of_c = np.linalg.eigh(np.cov(centred.T))  # in increasing order
V = axes_of_c[:, -LATENT:]
left = {
    "principal components": fresh - fresh @ V @ V.T,
    "autoencoder": (test - rebuilt).reshape(len(test), -1),
}
print(
    f"{LATENT} of 784 eigenvalues leave {variances[:-LATENT].sum() / variances.sum():.0%} of the variance, by (23.2)"
)
share = {name: np.mean(u**2) / np.mean(fresh**2) for name, u in left.items()}
for name, part in share.items():
    print(f"{name:<21} {part:.0%} of the variance of the test images is lost")
usually(
    "the autoencoder loses less than the linear one", share["autoencoder"] < share["principal components"]
)

# %% [markdown]
# Neither method says which codes belong to images. The loss (23.1) does not depend on where the codes are, so E may put them anywhere and leave gaps between them. To draw, we need a *distribution* of codes, and a loss that holds E to it.
#
# ## Derive: a bound of log p(x)
#
# So we begin with the distribution. A code is standard normal noise, $p(z) = \mathcal{N}(0, I)$, as in a GAN; this distribution is called the *prior*. But now G's output is not the image itself: it gives the parameters of a density $p(x \mid z)$. Then every image has a probability density,
#
# $$ p(x) = \int p(x \mid z)\, p(z)\, dz = \mathbb{E}_{z \sim p(z)}\; p(x \mid z) \tag{23.3} $$
#
# and we could train G by maximum likelihood: raise $\log p(x)$ for the images of the training set. The problem is the mean in (23.3). Of a million codes drawn from the prior, perhaps none gives anything like *this* seven, so an estimate from samples is nearly always far too small.
#
# We should draw the codes that matter. Let $q(z \mid x)$ be any density that is positive everywhere and easy to draw from; E will propose one for each image. Multiply and divide by it:
#
# $$ \log p(x) = \log \mathbb{E}_{z \sim q(z \mid x)} \left[ \frac{p(x \mid z)\, p(z)}{q(z \mid x)} \right] \ge \mathbb{E}_{z \sim q(z \mid x)} \left[ \log \frac{p(x \mid z)\, p(z)}{q(z \mid x)} \right] = B(x) \tag{23.4} $$
#
# The logarithm is concave, so the logarithm of a mean is at least the mean of the logarithms (Jensen's inequality). $B$ is the *evidence lower bound*, the ELBO. How large is the gap? By Bayes' rule $p(x \mid z)\, p(z) = p(z \mid x)\, p(x)$. Insert this into $B$, and write $\mathbb{E}_q$ for the mean over $z \sim q(z \mid x)$:
#
# $$ \log p(x) - B(x) = \mathbb{E}_q \log \frac{q(z \mid x)}{p(z \mid x)} = \mathrm{KL}\bigl( q(z \mid x) \,\|\, p(z \mid x) \bigr) \ge 0 \tag{23.5} $$
#
# *The gap is the divergence of $q$ from the posterior $p(z \mid x)$*, the true distribution of the codes that could have produced $x$. So raising $B$ does two things. $\log p(x)$ does not depend on E, so E can raise $B$ only by moving $q$ closer to the posterior. And G raises a lower bound of $\log p(x)$. Finally we split the fraction in (23.4) in another way:
#
# $$ B(x) = \mathbb{E}_q \log p(x \mid z) - \mathrm{KL}\bigl( q(z \mid x) \,\|\, p(z) \bigr) \tag{23.6} $$
#
# The first term asks for a good reconstruction from a noisy code, the second keeps the codes near the prior. **In bits:** to send $x$, first send a code, no more precisely than $q$ specifies it. This costs $\mathrm{KL} / \log 2$ bits. Then send what the code leaves open, which costs $-\log p(x \mid z) / \log 2$ bits. The whole message takes $-B(x) / \log 2$ bits on average. (That a noisy code can be sent for so little takes a trick, *bits-back coding*: Hinton and van Camp 1993.)
#
# ## Derive: two densities of an image
#
# We assume that the pixels are independent once the code is given, and $y = G(z)$ has one number for each pixel. (Images are in $[-1, 1]$; $t = (x + 1) / 2$ is in $[0, 1]$.)
#
# **Bernoulli.** A pixel is white with probability $\sigma(y)$. Since $\log \sigma(y) = y - \operatorname{softplus}(y)$ and $\log (1 - \sigma(y)) = -\operatorname{softplus}(y)$, the cases $t = 1$ and $t = 0$ are one formula,
#
# $$ \log p(x \mid y) = \sum_j \bigl( t_j y_j - \operatorname{softplus}(y_j) \bigr), \qquad t = \frac{x + 1}{2} \tag{eq:bernoulli} $$
#
# which is minus the cross-entropy of lesson 3, summed over the pixels. Since $\operatorname{softplus}' = \sigma$,
#
# $$ \frac{\partial \log p}{\partial y} = t - \sigma(y) \tag{eq:bernoulli.gradient} $$
#
# But digits have grey edges, and a Bernoulli distribution gives a probability to black and to white only. So each image is *binarised* at random, anew each time it is used:
#
# $$ P(x' = 1) = \frac{x + 1}{2}, \qquad P(x' = -1) = \frac{1 - x}{2} \tag{eq:bernoulli.prepare} $$
#
# The picture we look at is the mean of the distribution, which is grey again:
#
# $$ x = 2 \sigma(y) - 1, \qquad \frac{dx}{dy} = 2 \sigma(y)\, (1 - \sigma(y)) = \frac{1 - x^2}{2} \tag{eq:bernoulli.mean} $$
#
# **Gaussian.** A pixel is normally distributed with mean $y$ and standard deviation $s$:
#
# $$ \log p(x \mid y) = -\sum_j \left( \frac{(x_j - y_j)^2}{2 s^2} + \log s + \tfrac{1}{2} \log 2\pi \right) \tag{eq:gaussian} $$
#
# $$ \frac{\partial \log p}{\partial y} = \frac{x - y}{s^2} \tag{eq:gaussian.gradient} $$
#
# So the weight of the squared error against the KL divergence is not a matter of taste: it is $1 / (2 s^2)$, where $s$ says how exactly a pixel is predicted.
#
# Both are *sums* over the pixels, and the KL divergence is a sum over the numbers of the code. With a mean in place of one of these sums the loss belongs to another model, as we will see.
#
# ## Derive: a path through the noise
#
# E returns two arrays, the mean $\mu$ and the logarithm $\lambda$ of the variance, so $q(z \mid x) = \mathcal{N}(\mu, s^2)$ with $s = e^{\lambda / 2}$, independently for each number of the code. The first term of (23.6) is a mean over draws from $q$. What is its gradient in $\mu$ and $\lambda$? A random generator that is called with these parameters cannot be differentiated. So draw the noise first, from a distribution without parameters, and compute the code from it:
#
# $$ z = \mu + s \odot \varepsilon, \qquad s = e^{\lambda / 2}, \qquad \varepsilon \sim \mathcal{N}(0, 1) \tag{eq:vae.z} $$
#
# This is called *reparameterisation*. The noise $\varepsilon$ is now one more input, like a GAN's $z$, and the code is a differentiable function of $\mu$ and $\lambda$: $\partial z / \partial \mu = 1$ and $\partial z / \partial \lambda = \frac12 s \varepsilon$. One draw for each image is enough, because the mean of its gradient over the draws is the gradient we want.
#
# The second term needs no draw. Lesson 3 computed it:
#
# $$ L = \frac{1}{2N} \sum \bigl( \mu^2 + e^{\lambda} - 1 - \lambda \bigr), \qquad \lambda = \log s^2 \tag{eq:gaussian\_kl} $$
#
# $$ d\mu = \frac{\mu}{N}, \qquad d\lambda = \frac{e^{\lambda} - 1}{2N} \tag{eq:gaussian\_kl.gradients} $$
#
# Now add the two. Let $dz$ be the gradient of $-\frac1N \sum_n \log p(x_n \mid z_n)$ in $z$, which G's backward pass returns, and let the KL divergence have the weight $\beta$, which is 1 in a VAE:
#
# $$ d\mu = dz + \beta \, \frac{\mu}{N} \tag{eq:vae.d\_mu} $$
#
# $$ d\lambda = \tfrac{1}{2}\, dz \odot s \odot \varepsilon + \beta \, \frac{e^{\lambda} - 1}{2N} \tag{eq:vae.d\_log\_var} $$
#
# By hand: one image $x = 1$; E returns $\mu = 2$, $\lambda = 0$; $\varepsilon = -1$, so $z = 1$; $G(z) = 3z$, so $y = 3$; the density is a Gaussian with standard deviation 1; $\beta = 2$. Then $dy = y - x = 2$, $dz = 3 \cdot 2 = 6$, $d\mu = 6 + 2 \cdot 2 = 10$ and $d\lambda = \frac12 \cdot 6 \cdot (-1) + 0 = -3$.
#
# ## See the code
#
# The step of a VAE, the KL divergence, and the two densities. With $\varepsilon = 0$ and $\beta = 0$ it is the step of the autoencoder above.

# %%
show_source(vae.elbo_step, losses.gaussian_kl, Bernoulli, Gaussian)

# %% [markdown]
# ## Check: the example, every gradient, and a case where log p(x) is known
#
# First the example by hand. Then the check of the whole step that `minigan certify` runs: the numbers in its log against their definitions, and the gradient of each network against differences of the loss. Last, (23.5). If G is linear, $x = W^\top z + b + s\, e$ with standard normal noise $e$, then $x$ is normal with mean $b$ and covariance $W^\top W + s^2 I$. The posterior is normal too, with covariance $\Sigma = (I + W W^\top / s^2)^{-1}$ and mean $\Sigma\, W (x - b) / s^2$. So all three terms of (23.5) are known. (We choose a $W$ with orthogonal rows, so that $\Sigma$ is diagonal. And in place of normal noise we take the four combinations of $\varepsilon = \pm 1$: the mean of a quadratic function over them is the mean over the normal noise, exactly.)

# %%
W, B, S = np.array([[1.5, -0.5, 0.7], [0.2, 0.6, 0.0]]), np.array([0.2, -0.1, 0.3]), 0.8
SIGNS = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
THREE = np.array([0.9, 0.4, -0.3])  # the image


def log_normal(u, cov):
    return -0.5 * (u @ np.linalg.solve(cov, u) + np.linalg.slogdet(2 * np.pi * cov)[1])


class Proposal:
    """An E whose q(z|x) is the same for every image."""

    def __init__(self, mu, log_var):
        self.mu, self.log_var = mu, log_var

    def __call__(self, x):
        return np.tile(self.mu, (len(x), 1)), np.tile(self.log_var, (len(x), 1))

    def forward(self, x):
        return self(x), None

    def backward(self, dy, caches, need_dx=True):
        pass


class Still:
    """An optimizer that moves nothing."""

    def step(self):
        pass


def linear():
    """G, log p(x), and the mean and log-variance of the posterior."""
    G = Sequential(Dense(2, 3), rng=0, dtype="float64")
    G.layers[0].W[...], G.layers[0].b[...] = W, B
    truth = log_normal(THREE - B, W.T @ W + S**2 * np.eye(3))
    var = 1 / (1 + np.sum(W**2, axis=1) / S**2)
    return G, truth, var * (W @ (THREE - B)) / S**2, np.log(var)


def by_hand():
    """The example: E gives (2 x, 0), G(z) = 3 z."""
    nets = {"E": networks()["E"], "G": Sequential(Dense(1, 1), rng=0, dtype="float64")}
    nets["G"].theta[...] = 3, 0
    got = {}

    class E:
        def forward(self, x):
            return (2 * x, 0 * x), None

        def backward(self, dy, caches, need_dx=True):
            got["d_mu"], got["d_log_var"] = (part.item() for part in dy)

    row = vae.elbo_step(
        E(), nets["G"], Gaussian(1.0), Still(), SGD(nets["G"], 0.0), np.ones((1, 1)), -np.ones((1, 1)), 2.0
    )
    return row, got


def vae_checks():
    row, got = by_hand()
    yield compare(
        "by hand: KL, d mu, d lambda", [row["kl"], got["d_mu"], got["d_log_var"]], [2, 10, -3], ADJOINT
    )
    one = {name: lambda row: row["loss"] for name in "EG"}
    for likelihood in (Bernoulli(), Gaussian(0.4)):
        yield from values(likelihood, 1)
        yield from gradients(networks, step_of(likelihood, 1), one)
    G, truth, mu, log_var = linear()
    m, v = mu + (0.5, -0.2), log_var + (0.7, 0.3)  # a q that is not the posterior
    row = vae.elbo_step(Proposal(m, v), G, Gaussian(S), Still(), SGD(G, 0.0), np.tile(THREE, (4, 1)), SIGNS)
    gap = 0.5 * np.sum(np.exp(v - log_var) + (m - mu) ** 2 / np.exp(log_var) - 1 - (v - log_var))
    yield compare("ELBO + KL(q || posterior) = log p(x)", -row["loss"] + gap, truth, ADJOINT)


assert not show_checks(vae_checks())

# %% [markdown]
# ## Predict: how many bits is a digit?
#
# A binarised digit is 784 pixels, each black or white: 784 bits. A model that knows how often each pixel is white, but nothing about how pixels depend on each other, needs about 300. (We count $-\log_2 p$; codes of about that length exist.) The compressor lzma, given all the test images at once, needs about 240 for each. We train a VAE with 20 numbers in its code for a few seconds, on nine thousand digits. How many bits does it need for a digit that it has not seen?
#
# - **a** about 300
# - **b** about 240
# - **c** about 170
# - **d** about 40: twenty numbers of two bits each

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
model, log = fit(steps(1500, 10))
likelihood = model.likelihood
binary = likelihood.prepare(test, np.random.default_rng(2))
noise = np.random.default_rng(3).standard_normal((len(test), LATENT)).astype(np.float32)
log_p, kl = bound.elbo(model.E, model.G, likelihood, binary, noise)
t = (binary + 1) / 2
often = np.clip((train.mean(axis=0) + 1) / 2, 0.001, 0.999)
alone = -np.mean(np.sum(t * np.log2(often) + (1 - t) * np.log2(1 - often), axis=(1, 2, 3)))
packed = np.packbits((binary > 0).reshape(len(binary), -1), axis=1).tobytes()
bits = {
    "black or white": (784.0, 0.0),
    "lzma, all test images together": (8 * len(lzma.compress(packed, preset=9)) / len(test), 0.0),
    "each pixel's frequency": (alone, 0.0),
    "VAE": (-log_p / np.log(2), kl / np.log(2)),
}
check.autoencoders_and_vae.p2(guess)
for name, (pixels, code) in bits.items():
    print(
        f"{name:<31} {pixels + code:5.0f} bits"
        + (f"   {code:.0f} for the code, {pixels:.0f} for the pixels" if code else "")
    )
usually(
    "the VAE needs less than two thirds of the bits that the frequencies need",
    sum(bits["VAE"]) < 2 / 3 * alone,
)

title = "The VAE needs far fewer bits for an unseen digit than a compressor that was not trained on digits"
with figure(title, size=(8, 2.3)) as ax:
    for name, (pixels, code) in reversed(bits.items()):
        ax.barh(name, code, color="#d1600a", label="code" if code else None)
        ax.barh(name, pixels, left=code, color="#1f4e9c", label="pixels" if code else None)
    ax.set(xlabel="bits for a digit")
    ax.legend(loc="lower right")

# %% [markdown]
# It can also draw. The codes come from the prior, as in a GAN:

# %%
z = np.random.default_rng(4).standard_normal((1000, LATENT)).astype(np.float32)
of_vae, copies = model.generate(z), model.reconstruct(test)
title = "From codes of the prior the VAE draws many digits and some stray shapes, all of them soft"
with figure(title, panels=(3, 1), size=(9, 2.9)) as axes:
    rows = {"images": test, "reconstructions": copies, "drawn by the VAE": of_vae}
    for ax, (name, images) in zip(axes[:, 0], rows.items(), strict=True):
        sheet(ax, images[:16], name)
print(f"Frechet distance of what is drawn: VAE {distance(of_vae):.1f}, autoencoder {distance(of_auto):.1f}")

# %% [markdown]
# Do not expect a large difference between the two distances: the autoencoder's codes came from a normal distribution that was fitted to its codes after the training. But it has no $p(x)$, so it cannot count bits, and the codes of the VAE came from the prior itself. Why does the VAE still draw stray shapes? The second term of (23.6) pulls each $q(z \mid x)$ towards the prior, but nothing makes all of them *together* equal to it. The mean of $q(z \mid x)$ over all images is only roughly the prior, and where its density is low, G has hardly learned what to draw.

# %% [markdown]
# ## Derive: what the second term is worth, and beta
#
# The KL divergence is a price. E pays it for each number of the code that it uses. If a number helps the pixels less than it costs, E does not use it: $\mu = 0$ and $s = 1$ for every image, and the price is 0. The weight $\beta$ (Higgins et al. 2017) changes the price. To see which numbers are used, we take the sum in `eq:gaussian_kl` apart, one number of the code at a time:


# %%
def price(model):
    """The KL divergence of each number of the code, in nats, mean over the test images."""
    mu, log_var = model.E(test)
    return np.sort(0.5 * np.mean(mu**2 + np.exp(log_var) - 1 - log_var, axis=0))[::-1]


betas = {f"β = {beta}": fit(steps(500, 10), beta=beta)[0] for beta in (0.2, 1, 5)}

prices = {name: price(one) for name, one in betas.items()}
with figure("The higher the price, the fewer of the code's twenty numbers are used", 2, (10, 3.2)) as (
    left,
    right,
):
    for name, one in prices.items():
        left.plot(np.arange(1, LATENT + 1), one, marker="o", label=name)
    left.set(
        xlabel="number of the code, most used first",
        ylabel="KL divergence, nats",
        xticks=(1, 5, 10, 15, 20),
    )
    found = np.concatenate([one.generate(z[:10]) for one in betas.values()])
    right.imshow(plots.grid(found, columns=10, pad=1), cmap="gray", vmin=0, vmax=255)
    right.set_title("drawn: " + ", ".join(betas))
    right.set_axis_off()
used = {name: int(np.sum(one > 0.05)) for name, one in prices.items()}
elbos = {}
for name, one in betas.items():
    log_p, kl = bound.elbo(one.E, one.G, likelihood, binary, noise)
    elbos[name] = log_p - kl
    print(f"{name:<8} numbers in use {used[name]:2d}   KL {kl:5.1f}   -log p(x|z) {-log_p:6.1f}   ", end="")
    print(f"-ELBO {kl - log_p:6.1f} nats   Frechet distance {distance(one.generate(z)):5.1f}")
usually("with β = 5 fewer numbers are in use", used["β = 5"] < used["β = 1"])
usually("the model trained with β = 1 has the highest ELBO", max(elbos, key=elbos.get) == "β = 1")

# %% [markdown]
# With $\beta \ne 1$ the loss is no longer minus the bound. The ELBO in the table has $\beta = 1$ for all three models, so the model that was trained with $\beta = 1$ should have the highest. A small $\beta$ buys exact pixels with codes that are far from the prior; with a large $\beta$ few numbers are in use, and the blur grows. Choose $\beta = 1$ for probabilities, and another value only if you need the pictures or the codes, not $\log p(x)$.
#
# ## Derive: more codes, a tighter bound
#
# Call the fraction in (23.4) the *weight* $w$ of a code. The more $w$ varies from code to code, the larger the gap in Jensen's inequality. A mean of $k$ weights varies less. So Burda, Grosse and Salakhutdinov (2016) draw $k$ codes $z_i = \mu + s \odot \varepsilon_i$ for each image and put the mean *inside* the logarithm. In $\log w$ the constants of the two normal densities cancel, and $(z - \mu)^2 / s^2 = \varepsilon^2$, so
#
# $$ \log w = \log p(x \mid z) + \tfrac{1}{2} \sum_j \bigl( \varepsilon_j^2 + \lambda_j - z_j^2 \bigr) \tag{eq:iwae.weights} $$
#
# $$ L_k = \log \frac{1}{k} \sum_{i=1}^{k} w_i \tag{eq:iwae} $$
#
# $\mathbb{E}\, L_1$ is the ELBO. **It is a bound for every k:** $\mathbb{E}\, w = \int q \, \frac{p(x \mid z)\, p(z)}{q}\, dz = p(x)$, so by Jensen $\mathbb{E} L_k \le \log \mathbb{E} \frac1k \sum_i w_i = \log p(x)$. **It never falls with k:** the mean of $k + 1$ numbers is the mean of the $k + 1$ means that each leave one number out. Jensen's inequality for this outer mean gives
#
# $$ L_{k+1} = \log \frac{1}{k+1} \sum_{j} \Bigl( \frac1k \sum_{i \ne j} w_i \Bigr) \ge \frac{1}{k+1} \sum_j \log \Bigl( \frac1k \sum_{i \ne j} w_i \Bigr), \qquad \text{so} \quad \mathbb{E} L_{k+1} \ge \mathbb{E} L_k \tag{23.7} $$
#
# since each term on the right is an $L_k$. **The gap falls like 1/k:** write the mean of the weights as $p(x)\, (1 + \delta)$, where $\delta$ has mean 0 and variance $\operatorname{Var}(w) / (k\, p(x)^2)$, if $w$ has a finite variance. For large $k$ this is small, and $\log(1 + \delta) \approx \delta - \delta^2 / 2$:
#
# $$ \log p(x) - \mathbb{E} L_k \approx \frac{\operatorname{Var}(w)}{2 k\, p(x)^2} \tag{23.8} $$
#
# **The gradient.** The derivative of $\log \sum_j w_j$ in one $\log w_i$ is that weight's share of the sum:
#
# $$ \frac{\partial L_k}{\partial \log w_i} = \frac{w_i}{\sum_j w_j} \tag{eq:iwae.gradient} $$
#
# A code that explains the image well counts more. The loss is $-\frac1N \sum_n L_k(x_n)$, and $\log w_i$ depends on $z_i$ through G and through $-\frac12 z_i^2$:
#
# $$ dz_i = \tilde w_i \left( -\frac{\partial \log p(x \mid z_i)}{\partial z_i} + z_i \right), \qquad \tilde w_i = \frac{w_i}{N \sum_j w_j} \tag{eq:iwae.dz} $$
#
# Then $d\mu = \sum_i dz_i$. And $\lambda$ acts through every code, and directly through the $\frac12 \lambda_j$ in `eq:iwae.weights`:
#
# $$ d\lambda = \sum_i \tfrac{1}{2}\, dz_i \odot s \odot \varepsilon_i - \tfrac{1}{2} \sum_i \tilde w_i \tag{eq:iwae.d\_log\_var} $$
#
# By hand, with the networks of the first example and $\varepsilon = -1, -2$: $z = 1, 0$ and $y = 3, 0$. Up to the constant $-\frac12 \log 2\pi$ of the density, $\log w_1 = -\frac12 (1 - 3)^2 + \frac12 (1 + 0 - 1) = -2$ and $\log w_2 = -\frac12 + \frac12 (4 + 0 - 0) = \frac32$. The second code has $e^{3.5} = 33$ times the weight of the first.
#
# ## See the code: many codes

# %%
show_source(bound.log_weights, bound.log_mean_exp, vae.iwae_step)

# %% [markdown]
# ## Check: the bound with many codes
#
# The example, and the values and gradients of the whole step. Then the gap against (23.8), on the linear model, where $\log p(x)$ is known, with a $q$ that is not the posterior.


# %%
def iwae_checks():
    G = Sequential(Dense(1, 1), rng=0, dtype="float64")
    G.theta[...] = 3, 0
    opts, E = (Still(), SGD(G, 0.0)), Proposal(np.array([2.0]), np.zeros(1))
    row = vae.iwae_step(E, G, Gaussian(1.0), *opts, np.ones((1, 1)), np.array([[[-1.0]], [[-2.0]]]))
    right = 0.5 * np.log(2 * np.pi) - np.log((np.exp(-2) + np.exp(1.5)) / 2)
    yield compare("by hand: the loss of two codes", row["loss"], right, ADJOINT)
    one = {name: lambda row: row["loss"] for name in "EG"}
    for likelihood in (Bernoulli(), Gaussian(0.4)):
        for found in (*values(likelihood, 4), *gradients(networks, step_of(likelihood, 4), one)):
            yield found._replace(name=f"k = 4: {found.name}")


assert not show_checks(iwae_checks())

# %%
G, truth, mu, log_var = linear()
wrong_q, rng = Proposal(mu + (0.3, -0.2), log_var + (0.5, 0.3)), np.random.default_rng(5)
many = np.tile(THREE, (steps(20_000, 2000), 1))
ks = np.array([1, 3, 10, 30, 100])
gaps = [truth - bound.log_likelihood(wrong_q, G, Gaussian(S), many, int(k), rng).mean() for k in ks]
w = np.exp(bound.log_likelihood(wrong_q, G, Gaussian(S), many, 1, rng) - truth)  # w / p(x)
print(f"mean of w / p(x): {w.mean():.3f}, expected 1")
for k, gap in zip(ks, gaps, strict=True):
    print(f"k = {k:3d}   log p(x) - L_k = {gap:.4f}   by (23.8) {w.var() / (2 * k):.4f}")

some = binary[: steps(100, 5)]
counts = (1, 5, 50, steps(500, 60))
rising = [bound.log_likelihood(model.E, model.G, likelihood, some, k, rng).mean() for k in counts]
title = "With k codes the gap falls like 1/k in the linear model; for digits the bound rises slowly"
with figure(title, 2, (9, 3.2), marker=True) as (left, right):
    left.loglog(ks, gaps, label="linear model")
    left.loglog(ks, w.var() / (2 * ks), label="by (23.8)")
    left.set(xlabel="codes k", ylabel="log p(x) - bound, nats")
    right.semilogx(counts, rising, label="the VAE of the digits")
    right.set(xlabel="codes k", ylabel="bound of log p(x), nats")
print("digits:", "   ".join(f"k = {k}: {value:.1f}" for k, value in zip(counts, rising, strict=True)))
usually("each larger k has a higher bound", rising == sorted(rising))

# %% [markdown]
# For digits the weights differ by large factors from code to code, and (23.8) would hold only for a $k$ far beyond ours: the bound gains a few nats and is still rising at the end. To *estimate* $\log p(x)$, papers use $k = 5000$. A model *trained* on $L_k$ with $k > 1$ is called an importance-weighted autoencoder, IWAE. With the layers of this lesson but codes of 50 numbers, all 60,000 digits and thousands of epochs, Burda et al. report $-\log p(x)$ of 86.76 nats for the VAE and 84.78 for the IWAE with 50 codes. The library's own VAE reaches 87.43 (`docs/results.md`).
#
# ## Predict: the best picture
#
# Now the blur. Hold E fixed, and suppose that G can be any function at all and is trained for ever. Several images have codes near $z$. Which picture does G draw at $z$?
#
# - **a** the one of these images that is most typical
# - **b** their mean
# - **c** a different one of them each time

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %% [markdown]
# ## Derive: why it is blurred
#
# The code of image $n$ is at $z$ with density $q(z \mid x_n)$. So by `eq:bernoulli.gradient` the gradient of the mean log-likelihood in the picture $y$ at $z$ is proportional to $\sum_n q(z \mid x_n)\, (t_n - \sigma(y))$, and the best picture is the one where this is 0:
#
# $$ \sigma(y^*(z)) = \frac{\sum_n q(z \mid x_n)\, t_n}{\sum_n q(z \mid x_n)} \tag{23.9} $$
#
# *A weighted mean of all images that could have this code.* `eq:gaussian.gradient` gives the same mean, of $x_n$. If the code leaves open whether a stroke is a pixel further to the left, the mean has half of it here and half there: a soft edge. That is the right answer to the question that the loss asks; a sharp digit in the wrong place would cost more. We compute the right side of (23.9) from the training images, without G, for a VAE whose codes have two numbers:

# %%
plane, _ = fit(steps(1000, 10), latent=2)
grid = np.stack(np.meshgrid(np.linspace(-1.5, 1.5, 8), np.linspace(1.5, -1.5, 8)), axis=-1).reshape(-1, 2)
grid = grid.astype(np.float32)
mu, log_var = plane.E(train)
log_q = -0.5 * np.sum((grid[:, None] - mu) ** 2 / np.exp(log_var) + log_var, axis=2)  # (64, 9000)
q = np.exp(log_q - log_q.max(axis=1, keepdims=True))
q /= q.sum(axis=1, keepdims=True)
means = (q @ train.reshape(len(train), -1)).reshape(-1, 28, 28, 1)
pictures = plane.generate(grid)
check.autoencoders_and_vae.p3(guess)

title = "What G draws (left) is close to the mean of the images that could have the code (right)"
with figure(title, 2, (8, 4.2)) as axes:
    for ax, name, images in zip(
        axes, ("G", "weighted means of training images"), (pictures, means), strict=True
    ):
        ax.imshow(plots.grid(images, columns=8, pad=0), cmap="gray", vmin=0, vmax=255)
        ax.set_title(name)
        ax.set_axis_off()


def error(a, b):
    return np.mean(np.abs(a - b))


def grey(images):
    return np.mean(np.abs(images) < 0.8)


nearest = train[q.argmax(axis=1)]
print(
    f"images that share a code: about {np.median(1 / np.sum(q**2, axis=1)):.0f} (median of 1 / sum of q^2)"
)
print(
    f"mean error of G: against the means {error(pictures, means):.3f}, against the likeliest image {error(pictures, nearest):.3f}"
)
shares = {"digits": test, "VAE, 20 numbers": of_vae, "VAE, 2 numbers": plane.generate(z[:, :2])}
for name, images in shares.items():
    print(f"{name:<16} {grey(images):.0%} of the pixels are grey")
usually(
    "G is nearer to the mean than to the likeliest image", error(pictures, means) < error(pictures, nearest)
)
usually("fewer numbers in the code, more grey", grey(shares["VAE, 2 numbers"]) > grey(of_vae) > grey(test))

# %% [markdown]
# (At the border of the square few images share a code, and G, a smooth function, cannot follow each of them.) There are three ways out. *A longer code* leaves less open, but then it is harder to make all codes together look like the prior. *A better density:* here the pixels are independent given $z$, and those of real images are not. Or *another judge:* the mean of two sevens is not a seven, and a D can learn to see that. The next lesson takes the third way.
#
# ## Modify
#
# ### Exercise 1: another prior (**)
#
# Let the prior be $\mathcal{N}(m, r^2)$ instead of $\mathcal{N}(0, 1)$, with an $m$ and a $\log r^2$ for each number of the code. Given `mu`, `log_var` (N, latent) and `m`, `log_r2` (latent,), return $\mathrm{KL}(q \,\|\, p)$, summed over the code and averaged over the batch, and its gradients in `mu` and `log_var`. What does a small $r$ do to the gradient in $\mu$?


# %% tags=["exercise"]
def kl_from_prior(mu, log_var, m, log_r2):
    return ...  # your code: value, d_mu, d_log_var


check.autoencoders_and_vae.q1(kl_from_prior)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def kl_from_prior(mu, log_var, m, log_r2):
#     N, u = len(mu), mu - m
#     ratio = np.exp(log_var - log_r2)
#     value = 0.5 * np.sum(u**2 / np.exp(log_r2) + ratio - 1 - (log_var - log_r2)) / N
#     return value, u / np.exp(log_r2) / N, (ratio - 1) / (2 * N)
# ```
#
# Measure the code in units of the prior: $(z - m) / r$ is standard normal under $p$, and under $q$ it has the mean $(\mu - m) / r$ and the variance $s^2 / r^2$. Insert these into `eq:gaussian_kl`: a divergence does not depend on the unit. The gradient in $\mu$ is $(\mu - m) / r$ times another $1 / r$ from the chain rule: a narrow prior pulls hard.
#
# </details>

# %% [markdown]
# ### Exercise 2: how exact is a pixel? (**)
#
# The standard deviation $s$ of a Gaussian density need not be chosen by hand. Given images `x` and what G drew for them, `y`, both (N, H, W, C), return the one `s` that makes the sum of `eq:gaussian` over the whole batch largest, and, at this `s`, the mean of $-\log_2 p$ for *one value* (one channel of one pixel). How many bits does it save to halve all errors?


# %% tags=["exercise"]
def exactness(x, y):
    return ...  # your code: s, bits of a value


check.autoencoders_and_vae.q2(exactness)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def exactness(x, y):
#     s = np.sqrt(np.mean((x - y) ** 2))
#     return s, (0.5 + np.log(s) + 0.5 * np.log(2 * np.pi)) / np.log(2)
# ```
#
# The derivative of the sum in $s$ is $\sum \bigl[ (x - y)^2 / s^3 - 1 / s \bigr]$, zero at $s^2 = \operatorname{mean} (x - y)^2$. There the squared errors cost exactly $\frac12$ nat a value, however large they are, and only $\log s$ varies: halving all errors saves one bit in every value. The bits of a density may be negative, because a density is a probability *per unit of length*; only differences count.
#
# </details>

# %% [markdown]
# ### Exercise 3: a density for bytes (***)
#
# A pixel on disk is one of 256 bytes, $x = b / 127.5 - 1$. Build a distribution over them. The class has two methods, like `Bernoulli` and `Gaussian`: `log_p(x, y)`, for images `x` and G's output `y` of the same shape, and the call, which also returns the gradient in `y`. The distribution is your choice: take any smooth bump around `y`, and give each byte the part of it between the byte's two edges, $x \pm \frac{1}{255}$. The checks: the 256 probabilities sum to 1 for every `y`, even one near black or white or beyond; no byte has $\log p = -\infty$; the gradient agrees with differences.


# %% tags=["exercise"]
class Bytes:
    """p(x|y) of a byte x in [-1, 1]."""

    s = 0.1  # how wide the bump is

    def log_p(self, x, y):
        return ...  # your code: (N,), the sum over the pixels

    def __call__(self, x, y):
        return ..., ...  # your code: log_p (N,), its gradient in y, of the shape of y


check.autoencoders_and_vae.q3(Bytes)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# class Bytes:
#     s = 0.1
#
#     def log_p(self, x, y):
#         return self(x, y)[0]
#
#     def __call__(self, x, y):
#         a, b = (x + 1 / 255 - y) / self.s, (x - 1 / 255 - y) / self.s  # the two edges
#         black, white = x < -0.999, x > 0.999
#         log_p = np.where(black | white, 0, np.log1p(-np.exp(-2 / 255 / self.s)))
#         log_p = log_p - np.where(white, 0, np.logaddexp(0, -a)) - np.where(black, 0, np.logaddexp(0, b))
#         above, below = np.exp(-np.logaddexp(0, -b)), np.exp(-np.logaddexp(0, a))  # sigmoid of b and of -a
#         dy = (np.where(black, 0, above) - np.where(white, 0, below)) / self.s
#         return log_p.reshape(len(x), -1).sum(axis=1), dy
# ```
#
# The byte gets $\sigma(a) - \sigma(b)$, a piece of the logistic distribution. Computed as a difference, this rounds to 0 far from $y$, and its logarithm is $-\infty$. But $\sigma(a) - \sigma(b) = \sigma(a)\, \sigma(-b)\, (1 - e^{b - a})$, and the logarithm of each factor is safe to compute. Black gets everything below its upper edge, $\sigma(a)$; white gets everything above its lower edge, $\sigma(-b)$. Otherwise the part of the bump beyond the ends would be lost, and the probabilities would sum to less than 1.
#
# </details>

# %% [markdown]
# ## Break it
#
# Five bugs from the museum of the library's tests (`tests/museum`):
#
# 1. *The KL divergence averaged* over the numbers of the code, while the log-likelihood is summed over the pixels: $\beta = 1/20$ by accident.
# 2. *The likelihood averaged* over the pixels, while the KL divergence is summed over the code.
# 3. *The half lost:* $\partial z / \partial \lambda = s \varepsilon$, as if $\lambda$ were $\log s$.
# 4. *No path through the noise:* the gradient in $\mu$ has only the part of the KL divergence.
# 5. *The mean of the logarithms* in the bound with $k$ codes, instead of the logarithm of the mean.
#
# Which of them does the gradient check, the comparison of every gradient with differences, *miss*?
#
# - **a** none
# - **b** the third and the fourth
# - **c** the first, the second and the fifth

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
right_kl, right_gaussian, right_bernoulli = losses.gaussian_kl, Gaussian.__call__, Bernoulli.__call__


def kl_averaged(mu, log_var):
    return tuple(part / mu.shape[1] for part in right_kl(mu, log_var))  # right: a sum over the code


def averaged(right):
    def wrong(self, x, y):
        return tuple(part / x[0].size for part in right(self, x, y))  # right: a sum over the pixels

    return wrong


def edited(step, right, wrong):
    """The step with one piece of its source replaced."""
    names = dict(vars(vae))
    exec(inspect.getsource(step).replace(right, wrong), names)
    return names[step.__name__]


def mean_of_logs(a):
    return a.mean(axis=0), np.full_like(a, 1 / len(a))  # right: log mean exp


bugs = {
    "the KL divergence averaged": (losses, "gaussian_kl", kl_averaged),
    "the likelihood averaged": (Gaussian, "__call__", averaged(right_gaussian)),
    "the half lost": (vae, "elbo_step", edited(vae.elbo_step, "dz * s * eps / 2", "dz * s * eps")),
    "no path through the noise": (
        vae,
        "elbo_step",
        edited(vae.elbo_step, "(dz + beta * d_mu", "(beta * d_mu"),
    ),
    "the mean of the logarithms": (bound, "log_mean_exp", mean_of_logs),
}
caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        found = [*vae_checks(), *iwae_checks()]
    show_checks(found)
    caught[name] = {one.name for one in found if not one.ok}
    print()

check.autoencoders_and_vae.p4(guess)
by_gradient = {name for name, found in caught.items() if any("dtheta" in one for one in found)}
assert by_gradient == {"the half lost", "no path through the noise"}
assert all(caught.values())

# %% [markdown]
# In the first, the second and the fifth, every gradient is the gradient of the value that is computed. The error shows only against a value computed in another way: the example by hand, the definition, the model whose $\log p(x)$ is known. How would you notice during a training? The first two have a signature:

# %%
SHORT = steps(400, 10)
sick = {"right": model}
for name, bug in (
    ("the KL divergence averaged", (losses, "gaussian_kl", kl_averaged)),
    ("the likelihood averaged", (Bernoulli, "__call__", averaged(right_bernoulli))),
):
    with planted(*bug):
        sick[name] = fit(SHORT)[0]
title = "KL averaged: good reconstructions, bad samples. Likelihood averaged: one picture for all"
with figure(title, panels=(3, 2), size=(11, 3.0)) as axes:
    for (left, right), (name, one) in zip(axes, sick.items(), strict=True):
        mu, log_var = one.E(test)
        cost = losses.gaussian_kl(mu, log_var)[0]
        print(
            f"{name:<27} KL {cost:6.2f} nats   error of reconstructions {error(one.reconstruct(test), test):.3f}",
            end="   ",
        )
        print(f"Frechet distance of what is drawn {distance(one.generate(z)):6.1f}")
        sheet(left, one.reconstruct(test[:12]), f"{name}: reconstructions")
        sheet(right, one.generate(z[:12]), "drawn")

# %% [markdown]
# With the likelihood averaged, the KL divergence counts 784 times as much as it should. E gives every image nearly $\mu = 0$ and $s = 1$, which costs nothing, and G can only draw the mean of all images. This is called *posterior collapse*, and the KL divergence in the log shows it at once: it is near 0. With the KL divergence averaged, everything looks well: the loss is low, and the reconstructions are good. Only the images drawn from the prior are bad.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:bernoulli`: $\sum t y - \operatorname{softplus}(y)$ | `minigan.models.likelihood.Bernoulli.log_p` | `tests/models/test_likelihood.py`: `test_bernoulli_by_hand`, `test_bernoulli_stays_finite` |
# | `eq:bernoulli.gradient`: $t - \sigma(y)$ | `minigan.models.likelihood.Bernoulli` | `tests/models/test_likelihood.py`: `test_bernoulli_by_hand`, `test_gradients_against_differences` |
# | `eq:bernoulli.prepare`: white with a probability equal to the brightness | `minigan.models.likelihood.Bernoulli.prepare` | `tests/models/test_likelihood.py`: `test_binarised_pixels_are_white_as_often_as_they_are_bright` |
# | `eq:bernoulli.mean`: $2 \sigma(y) - 1$ | `minigan.models.likelihood.Bernoulli.mean_derivative` | `tests/models/test_likelihood.py`: `test_the_derivative_of_the_mean` |
# | `eq:gaussian`: the squared error in units of $s$ | `minigan.models.likelihood.Gaussian.log_p` | `tests/models/test_likelihood.py`: `test_gaussian_by_hand` |
# | `eq:gaussian.gradient`: $(x - y) / s^2$ | `minigan.models.likelihood.Gaussian` | `tests/models/test_likelihood.py`: `test_gaussian_by_hand`, `test_gradients_against_differences` |
# | `eq:gaussian_kl`: $\frac1{2N} \sum (\mu^2 + e^\lambda - 1 - \lambda)$ | `minigan.losses.gaussian_kl` | `tests/test_losses.py`: `test_gaussian_kl_by_hand` |
# | `eq:vae.z`: $\mu + s \varepsilon$, and with it `eq:vae.d_mu`, `eq:vae.d_log_var` | `minigan.zoo.vae.elbo_step` | `tests/zoo/test_vae.py`: `test_the_elbo_step_by_hand`, `test_the_bound_rises` |
# | `eq:iwae.weights`: $\log p(x \mid z) + \frac12 \sum (\varepsilon^2 + \lambda - z^2)$ | `minigan.models.bound.log_weights` | `tests/models/test_bound.py`: `test_weights_are_the_ratio_of_the_densities` |
# | `eq:iwae`: $\log \frac1k \sum w$, and `eq:iwae.gradient` | `minigan.models.bound.log_mean_exp` | `tests/models/test_bound.py`: `test_log_mean_exp_by_hand`, `test_the_bound_rises_to_the_truth_with_k` |
# | `eq:iwae.dz`, `eq:iwae.d_log_var` | `minigan.zoo.vae.iwae_step` | `tests/zoo/test_vae.py`: `test_the_iwae_step_by_hand` |
#
# - An autoencoder compresses; it becomes a generator when its codes have a known distribution.
# - The ELBO is below $\log p(x)$ by the divergence of E's $q$ from the posterior. In bits it is the length of a message: the code, then the pixels.
# - $k$ codes inside the logarithm make the bound tighter; a mean of $k$ logarithms does not.
# - The best G draws the weighted mean of all images that share a code. The blur is what the loss asks for.
#
# ## Next
#
# [Lesson 24: VAE-GAN and attribute arithmetic](24_vaegan_and_attribute_arithmetic.ipynb). The VAE finds the code of an image, and the GAN draws sharp images. One model does both, and lets us add a beard to a portrait.
