# %% [markdown]
# # Lesson 22: The article, line by line
#
# **Goal** Read what is written about GANs as a referee does: sentence by sentence, what is right, what is loose, what is wrong, and which
# derivation or which number shows it.
#
# **Prerequisites** Lesson 3 (losses and their gradients), lesson 4 (checks), lessons 7 to 9 (the game, the two steps, failures). For the last program lesson 12, and lesson 15 for its penalty.
#
# **Run time** 28 s on two cores (measured).
#
# This library began with an article, an introduction to GANs in Chinese like many others in every language: a page of theory, two formulas, a
# listing of eighty lines. It was written to help, and it gets the idea right, but if you follow it to the letter you will never have a GAN.
# That is usual. You now know enough to judge every line. Read kindly: most wrong sentences are right ones half remembered, and the best
# answer to a wrong line is a line that works.
#
# Its first sentences, with our translation:
#
# “生成对抗网络(GAN)是一种基于博弈理论的图像生成技术” (section 1.1): "the generative adversarial network is a technique of image generation based on game theory". **Right.** Lesson 7 derives the game, lesson 8 plays it. Images are one use of it: the ring of lesson 8 has no images.
#
# “将生成器(G)与判别器(D)的博弈转化为在噪声中的博弈” (1.1): "turns the game of G and D into a game in noise". **Loose.** The noise $z$ is G's input. The game is about two distributions, that of the data and that of $G(z)$.
#
# “由 Iterative Closest Point(ICP)算法和生成器(G)与判别器(D)组成” (2.1): "consists of the algorithm Iterative Closest Point (ICP) and of G and D". **Half right.** G and D it is. ICP aligns two clouds of points, and no GAN contains it; [lesson 21](21_icp_imle_gan.ipynb) runs both on the same points.
#
# “分别在噪声中和无噪声环境中进行训练” (2.1): "[G and D] are trained in noise and in an environment without noise". **Loose.** It is true that G sees only noise. But half of D's input is $G(z)$, which comes from noise too.
#
# “生成器主要负责生成随机噪声图像” (3.2): "G is chiefly there to make random noise images". **Reversed.** The input is noise, the output is images. They look like noise only before the training.
#
# “判别器则用于评估生成器生成的图像与真实图像之间的差异” (3.2): "D serves to judge the difference between generated and real images". **Right,** and more so than it sounds. D sees one image at a time and compares nothing; yet at its best its loss measures the distance of the two distributions (lesson 7).

# %%
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

import minigan
from minigan import data, game, losses, models, plots
from minigan.data import Dataset
from minigan.differences import ADJOINT, FIRST, Check, compare, numerical_gradient
from minigan.evaluation import report, watch
from minigan.evaluation.report import scores
from minigan.gradcheck import step_checks
from minigan.layers import Dense, Flatten, Layer, LeakyReLU, ReLU
from minigan.layers.activations import sigmoid
from minigan.losses import NonSaturating
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, cosine
from minigan.penalties import r1
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, quick, show_checks, show_source, steps, usually
from minigan.trainer import Trainer

# %% [markdown]
# ## Predict: a D that is proportional to P
#
# The article says that both players can be described by formulas (2.2):
#
# $$ G(x; z) \propto \sum_{i=1}^{N} P(x_i), \qquad D(x; z) = I(x; z) \propto \sum_{i=1}^{N} P(x_i) \tag{22.1} $$
#
# It does not say what $P$, $I$ and $x_i$ are. The best interpretation is this: $P(x)$ is the probability of $x$ in the data, and D's output for $x$ is proportional to it. Frequent images look real, rare ones fake.
#
# Take the die of lesson 7. The real one shows its five faces with $p = (0.40, 0.30, 0.15, 0.10, 0.05)$. G has a die too, $q = \operatorname{softmax}(a)$, and is already perfect: $q = p$. D says of face $k$ that it is real with probability $1.2\, p_k$. G does gradient descent on its non-saturating loss. Where does it end?
#
# - **a** nowhere: it is perfect
# - **b** to the most frequent face, and the other four die out
# - **c** to the uniform die

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
real = np.repeat(np.arange(5), [8, 6, 3, 2, 1])  # twenty throws, each face as often as it should be
p = np.bincount(real) / 20


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def verdict_of_the_article(q):
    return 1.2 * p


def verdict_of_the_best_d(q):
    return p / (p + q)


def walk(verdict, a, rate=0.5, n=2000):
    """G takes n steps of gradient descent on -sum q log D, with D fixed in each step -> its die after each."""
    dice = [softmax(a)]
    for _ in range(n):
        q = dice[-1]
        cost = -np.log(verdict(q))
        a = a - rate * q * (cost - q @ cost)
        dice.append(softmax(a))
    return np.array(dice)


def kl(a, b):
    return np.sum(a * np.log(a / b), axis=-1)


def jsd(p, q):
    return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2


walks = {}
for name, verdict in (("c P", verdict_of_the_article), ("p / (p + q)", verdict_of_the_best_d)):
    for start, a in (("q = p", np.log(p)), ("uniform", np.zeros(5))):
        walks[name, start] = walk(verdict, a)
        print(f"D = {name:<12} from {start:<8} G ends at", walks[name, start][-1].round(3))

check.the_article.p1(guess)

title = "Against p / (p + q) G converges to the data; against c P it ends at a single face"
with figure(title, panels=2, size=(10, 3.4)) as (left, right):
    rows = {"data p": p, "G against D = c P": walks["c P", "q = p"][-1]}
    rows["G against D = p / (p + q)"] = walks["p / (p + q)", "q = p"][-1]
    for k, (name, hatch) in enumerate(zip(rows, ("", "///", "..."), strict=True)):
        place = np.arange(1, 6) + 0.27 * (k - 1)
        left.bar(place, rows[name], 0.27, label=name, hatch=hatch, edgecolor="white")
    left.set(title="a perfect G, 2000 steps later", xlabel="face of the die", ylabel="probability")
    left.legend(loc="upper right")
    for name, style in (("c P", "--"), ("p / (p + q)", "-")):
        right.plot(jsd(p, walks[name, "uniform"][:201]), style, color="black", label=f"D = {name}")
    right.set(title="a uniform G", xlabel="step of G", ylabel="JSD from the data", ylim=(0, None))
    right.legend(loc="center right")

for start in ("q = p", "uniform"):
    assert np.abs(walks["p / (p + q)", start][-1] - p).max() < 1e-3
    assert walks["c P", start][-1][0] > 0.99
assert jsd(p, walks["c P", "uniform"][:30]).min() < 0.01 < 0.2 < jsd(p, walks["c P", "uniform"][-1])

# %% [markdown]
# On the right, note the dip: a uniform G that follows $c P$ comes near the data, after ten steps or so, and goes past it. If you had stopped
# the training there, you would have believed the formula.
#
# ## Derive: why neither formula can be right
#
# **To the letter.** On the right of (22.1) there is neither $x$ nor $z$: the $x_i$ are summed over. So the right side is one number, and what is proportional to it is a constant. A constant D says $c$ of everything, and the value of the game is
#
# $$ V = \log c + \log(1 - c) = \log c (1 - c) \le -\log 4 \tag{22.2} $$
#
# since $c (1 - c) \le \frac14$, whatever the data and whatever G. It cannot tell anything apart, and gives G no gradient. A constant G makes one image, for every $z$. (And $I$? In textbooks it is an indicator, which is 0 or 1, or a mutual information, which is one number for two whole distributions. Neither is a verdict on an $x$.)
#
# **Kindly, for D.** $D(x) = c\, P(x)$ contains $p$, but not $q$. D does not know which G it plays against! Lesson 7 derived the best D, and it depends on both:
#
# $$ D^* = \frac{p}{p + q}, \qquad V(D^*, G) = -\log 4 + 2\, \mathrm{JSD}(p, q) \tag{22.3} $$
#
# For which data could both be right? $c\, p = p / (p + q)$ wherever $p > 0$ means $p + q = 1/c$ there: only if $p + q$ is flat. When the game is at its end, $q = p$, it means that the data is uniform. For all other data $c P$ is not the best D, and at $q = p$ it is worse than a coin: there the only best D is the constant $\frac12$.
#
# **And G?** Its loss against $c P$ is a mean over its fakes, and a mean is never below the smallest value:
#
# $$ L_G = \sum_k q_k \bigl( -\log c\, p_k \bigr) \ge -\log \bigl( c \max_k p_k \bigr) \tag{22.4} $$
#
# with equality if G makes the most frequent face only. This is (9.3) of lesson 9: against a D that does not answer, collapse is the best answer. In $D^*$ the $q$ in the denominator prevents it: the more fakes on a face, the lower its score.
#
# **Kindly, for G.** Let $G(x) \propto P(x)$ mean that G is a density: the input is an $x$, and the output is how probable it is. Such models exist, but they are not GANs. A GAN's G is a *sampler*: the input is noise, the output is an $x$. Its density is never computed; it is defined by the samples:
#
# $$ \operatorname{Prob}\bigl( G(z) \in A \bigr) = \int_A q(x)\, dx \qquad \text{for every set } A, \quad z \sim \mathcal{N}(0, I) \tag{22.5} $$
#
# What happens if we use the formula as a sampler, with noise as its input? The data is $\mathcal{N}(2, 0.5^2)$ on a line, and we draw twenty thousand numbers $z$. The true sampler is $G(z) = 2 + 0.5\, z$. The other returns $c\, P(z)$, values of a bell curve, with the best $c$:

# %%
z = np.random.default_rng(0).standard_normal(20_000)
line = 2 + 0.5 * np.random.default_rng(1).standard_normal(20_000)  # the data


def P(x):
    return np.exp(-((x - 2) ** 2) / (2 * 0.5**2)) / (0.5 * np.sqrt(2 * np.pi))


def apart(a, b):
    """The earth mover's distance on a line, as in lesson 14."""
    return np.abs(np.sort(a) - np.sort(b)).mean()


c = min(np.linspace(0.5, 10, 96), key=lambda c: apart(c * P(z), line))
print(
    f"distance from the data: 2 + z/2  {apart(2 + z / 2, line):.3f}   {c:.1f} P(z)  {apart(c * P(z), line):.3f}"
)
print(
    f"share of the numbers below 0.5: data {np.mean(line < 0.5):.1%}   c P(z) {np.mean(c * P(z) < 0.5):.1%}"
)

title = "A density is not a sampler: with noise as input P returns heights of a bell curve, not data"
with figure(title, panels=2, size=(10, 3.2)) as axes:
    edges = np.linspace(-0.5, 4.5, 61)
    for ax, name, made in zip(axes, ("2 + z/2", f"{c:.1f} P(z)"), (2 + z / 2, c * P(z)), strict=True):
        ax.hist(line, edges, density=True, color="0.8", label="data")
        ax.hist(
            made, edges, density=True, histtype="step", color="black", linewidth=1.8, label=f"G(z) = {name}"
        )
        ax.set(xlabel="x", ylabel="density", ylim=(0, 1.6))
        ax.legend(loc="upper right")

assert apart(2 + z / 2, line) < 0.05 < 1 < apart(c * P(z), line)

# %% [markdown]
# (The bars on the left of the second panel are cut off: they hold five of six numbers.)
#
# ## Derive: five steps
#
# The article's outline of a training is better than its formulas (2.2):
#
# 1. “训练生成器和判别器”, "train G and D";
# 2. “生成随机噪声图像”, "generate random noise images";
# 3. “训练生成器,使其能够生成更真实、更逼真的图像”, "train G so that it can make truer, more lifelike images";
# 4. “测试生成器,评估其生成图像的质量”, "test G, judge the quality of its images";
# 5. “循环训练生成器和判别器”, "train G and D in a loop".
#
# **Right in outline.** The first is D's step, followed by G's, which the article names again as the third:
#
# $$ \theta_D \leftarrow \theta_D - \eta\, \nabla_{\theta_D} \Bigl[ L_D\bigl(D(x),\, D(G(z))\bigr) + \sum P \Bigr] \tag{eq:game.d\_step} $$
#
# $$ \theta_G \leftarrow \theta_G - \eta\, \nabla_{\theta_G} L_G\bigl(D(x),\, D(G(z))\bigr) \tag{eq:game.g\_step} $$
#
# The second has to come before the first, since D's step needs fakes, and once more between the two, since G's step uses new noise and the D that has just moved. It draws noise, not noise images: G turns the noise into images. And the fourth is what most introductions leave out. The author knew that the loss does not show quality.
#
# One way to judge, of which lesson 20 has more: treat the images of each kind as a cloud of points, with the mean $m$ and the covariance $C$ of its coordinates (here the 64 pixels), and ask how far you have to move one cloud to make it the other. For two Gaussians that is the *Fréchet distance*,
#
# $$ d^2 = \lVert m_a - m_b \rVert^2 + \operatorname{tr} \bigl( C_a + C_b - 2\, (C_a C_b)^{1/2} \bigr) \tag{eq:metric.frechet} $$
#
# 0 for equal clouds, and never quite 0 for two samples.
#
# ## See the code
#
# One step of the game, and the loop around it. Find the five steps.

# %%
show_source(game.GAN.step, Trainer.run)

# %% [markdown]
# ## Check: the formulas, in numbers
#
# D's loss is $-V$ (lesson 7). The library computes it, on twenty throws of each die, for the best D, for $c P$ with the best $c$, and for a coin; once against some die of G, and once against the perfect one. D's scores are $s = \log \frac{D}{1 - D}$.

# %%
fake = np.repeat(np.arange(5), [2, 2, 4, 6, 6])


def value(D, fake):
    """V(D, G) by the library's own loss, on the twenty throws."""
    s = np.log(D / (1 - D))
    return -losses.minimax.d(s[real], s[fake])[0]


for name, throws in (("some G", fake), ("the perfect G", real)):
    q = np.bincount(throws) / 20
    best = value(p / (p + q), throws)
    print(compare(f"{name}: V(D*, G) = -log 4 + 2 JSD", best, -np.log(4) + 2 * jsd(p, q), ADJOINT))
    article = max(value(c * p, throws) for c in np.linspace(0.1, 2.49, 400))
    coin = value(np.full(5, 0.5), throws)
    print(f"    V of D*: {best:.4f}   of c P at its best: {article:.4f}   of a coin: {coin:.4f}")
    assert article < best
assert article < coin  # at q = p

# %% [markdown]
# Against the perfect G the article's D is worse than one that says nothing. Here are the gradients in $a$ that it gives to that G, next to
# differences of (22.4).


# %%
def loss_against_the_article(a):
    return -softmax(a) @ np.log(1.2 * p)


def gradient_of_perfect(D):
    """The gradient in a of -sum q log D at q = p, with D fixed."""
    cost = -np.log(D)
    return p * (cost - p @ cost)


against = gradient_of_perfect(1.2 * p)
print(
    compare("gradient against c P", against, numerical_gradient(loss_against_the_article, np.log(p)), FIRST)
)
print("gradients of the perfect G against c P:", against.round(3))
print("            against D* = p / (p + p):", gradient_of_perfect(p / (p + p)).round(3))
assert np.argmin(against) == 0

# %% [markdown]
# Now the five steps, on 1,797 real digits of 8 x 8 pixels and a small pair of dense networks, by hand. A twin runs `GAN.step`, with the same random numbers.

# %%
digits = data.load("digits8")
images = digits.to_float()  # (1797, 8, 8, 1) in [-1, 1]
look = watch(digits.images, None, "digits8", seed=0)


def small_gan(seed=0):
    G, D = models.mlp(shape=(8, 8, 1), latent=16, width=16, rng=seed)
    adam = partial(Adam, lr=1e-3, beta1=0.5, beta2=0.99)
    average = EMA(G, 0.99, warmup=True)
    return game.GAN(G, D, losses.non_saturating, (), adam(G), adam(D), latent=16, ema=average)


def five_steps(gan, x, rng):
    z = gan.noise(len(x), rng)  # 2. noise, of which G makes images
    # 1. train D, on both batches at once ...
    row = game.fast_d_step(gan.G, gan.D, gan.loss, (), gan.opt_D, x, z)
    z = gan.noise(len(x), rng)  # 2. once more
    row |= game.g_step(gan.G, gan.D, gan.loss, gan.opt_G, x, z)  # 1. and 3. ... and train G
    gan.ema.step()
    return row | look(gan)  # 4. judge the images


gan, twin = small_gan(), small_gan()
rng, its_rng, order = (np.random.default_rng(seed) for seed in (1, 1, 2))
for _ in range(3):  # 5. again and again
    x = images[order.integers(len(images), size=64)]
    row = five_steps(gan, x, rng)
    twin.step(lambda x=x: (x, None), its_rng)

print("  ".join(f"{name} {number:.3f}" for name, number in row.items()))
print(compare("G by five steps and by GAN.step", gan.G.theta, twin.G.theta, 0.0))
print(compare("D by five steps and by GAN.step", gan.D.theta, twin.D.theta, 0.0))

# %% [markdown]
# And the same round in `minigan.trace`, pass by pass, with the article's number for each. Every gradient is checked where it is used.

# %%
seen = minigan.trace(gan.G, gan.D, x[:8], gan.noise(8, rng))
for stage in seen.stages:
    number = "2" if stage.title.startswith("G(z): forward") else "1" if stage.step == "D step" else "3"
    print(f"{number}   {stage.step}   {stage.title}")
print(f"\n{len(seen.checked)} gradients checked, {len(seen.failed)} failed")
assert not seen.failed

# %% [markdown]
# Why is the fourth step necessary? We train for a thousand rounds and measure the quality every hundred: the squared distance of 898 generated images from as many real ones. Compare it with D's loss.

# %%
healthy, N = small_gan(), steps(1000, 40)
trainer = Trainer(
    healthy, images, batch=64, steps=N, log_every=1, evaluate=look, evaluate_every=N // steps(10, 2)
)
log = trainer.run()
loss_D = np.array([row["loss_D"] for row in log])
judged = np.array([(row["step"], row["frechet_pixels_8x8"]) for row in log if "precision" in row])
floor = look.floor["frechet_pixels_8x8"]

title = "D's loss hardly changes after the first tenth; the images get better to the end"
with figure(title, panels=2, size=(10, 3.2)) as (left, right):
    left.plot(np.convolve(loss_D, np.full(20, 0.05), mode="valid"), color="black")
    left.axhline(np.log(4), color="0.4", linestyle=":", linewidth=1)
    left.annotate("log 4", (0.9 * N, np.log(4) - 0.03), va="top")
    left.set(title="loss of D, mean of 20 steps", xlabel="step", ylim=(0.9, 1.9))
    right.plot(*judged.T, "o-", color="black", label="generated")
    right.axhline(floor, color="0.4", linestyle=":", linewidth=1.5, label="real against real")
    right.set(title="Fréchet distance from the data", xlabel="step", ylim=(0, None))

early, late = (loss_D[part].mean() for part in (slice(N // 10, N // 5), slice(-N // 10, None)))
print(f"loss of D: {early:.3f} in the second tenth, {late:.3f} in the last")
print(
    f"Fréchet distance: {judged[0, 1]:.1f} after a tenth, {judged[-1, 1]:.1f} at the end, real images {floor:.1f}"
)
assert quick() or (abs(early - late) < 0.1 and judged[-1, 1] < 0.7 * judged[0, 1])  # at 5 of 5 seeds

# %% [markdown]
# ## Predict: an optimizer for the listing
#
# Section 4.2 has the code. Its G ends with `Dense(10, activation='softmax')`, ten positive numbers that add up to 1, and its loss is
#
# ```python
# loss = -np.log(fake_output[np.argmax(fake_output)] + 1)
# ```
#
# Nothing in the listing minimises this loss. We add that: a G of two dense layers, noise of 16 numbers, the softmax, for each sample the largest of its ten numbers, and Adam. After 300 steps we run G on 64 noise vectors. What is the output?
#
# - **a** ten times about $\frac{1}{10}$
# - **b** for each noise one 1 and nine 0, the 1 where the noise had its largest number at first
# - **c** the same for all 64 noises: one 1 and nine 0, the 1 always at the same place
# - **d** the same as at first: an argmax has no gradient, so nothing changes

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def listing(a):
    """-log(f[argmax] + 1), f = softmax(a), mean over the batch (N, 10) -> its value, its gradient in a."""
    f, rows = softmax(a), np.arange(len(a))
    winner = f.argmax(axis=1)
    top = f[rows, winner][:, None]
    da = top * f
    da[rows, winner] -= top[:, 0]
    return -np.mean(np.log(top + 1)), da / (1 + top) / len(a)


ten = Sequential(Dense(16, 256), ReLU(), Dense(256, 10), rng=0)
opt, rng = Adam(ten, 1e-3), np.random.default_rng(2)
ours = np.random.default_rng(1).standard_normal((64, 16))
answers = [softmax(ten(ours))]
for _ in range(steps(300, 10)):
    a, caches = ten.forward(rng.standard_normal((64, 16)))
    value_now, da = listing(a)
    ten.backward(da, caches)
    opt.step()
answers.append(softmax(ten(ours)))

for when, f in zip(("at first", "at the end"), answers, strict=True):
    winners = np.bincount(f.argmax(axis=1), minlength=10)
    print(
        f"{when:<11} mean of the largest {f.max(axis=1).mean():.3f}   how often each is the largest: {winners}"
    )
print(f"loss {value_now:.4f}   -log 2 = {-np.log(2):.4f}")

check.the_article.p2(guess)
assert quick() or np.bincount(answers[1].argmax(axis=1), minlength=10).max() == 64

with figure(
    "With the listing's loss one number grows towards 1, the same one for all noise", 2, (10, 3)
) as axes:
    for ax, when, f in zip(axes, ("at first", "after 300 steps"), answers, strict=True):
        ax.imshow(f.T, cmap="gray_r", vmin=0, vmax=1, aspect="auto")
        ax.set(
            title=f"G's ten numbers {when} (black: 1)",
            xlabel="noise",
            ylabel="number",
            yticks=range(0, 10, 3),
        )
        ax.grid(visible=False)

# %% [markdown]
# ## Derive: the listing, line by line
#
# It does not run, for simple reasons. The lines after `output_layer = base_model.output` are indented, and Python refuses to read on. The layer `Noise` that is imported does not exist in Keras; there is a `GaussianNoise`. `plt` is never imported, and the model is loaded from an address that says `your_username`. (The article's second listing, the full code, breaks off in
# the middle of a word.) All this could be fixed in an hour. So suppose it is fixed. What would it do?
#
# **“定义损失函数”, "define the loss".** Let $f = \operatorname{softmax}(a)$, and $m$ the place of the largest. As in lesson 7, $\partial f_m / \partial a_j = f_m (\delta_{jm} - f_j)$, so that
#
# $$ \frac{\partial}{\partial a_j} \bigl[ -\log(1 + f_m) \bigr] = \frac{f_m\, (f_j - \delta_{jm})}{1 + f_m} \tag{22.6} $$
#
# The argmax itself has no gradient: it is an index, and does not change when $a$ changes a little. But the *value* at that index has one, and (22.6) is negative for $j = m$ and positive for all others. So the largest grows and the other nine shrink, until $f_m = 1$ and the loss is $-\log 2$. Each answer becomes surer. And since all noise vectors share the weights, the index that is most often the largest wins for all of them. *(22.6) contains no image and no D.* The result would be the same for any data.
#
# **Kindly:** perhaps `fake_output` was to be D's probability, $\sigma(f)$ with a score $f$ as everywhere in this library. Then the loss points the right way. With the sigmoid's derivative $\sigma(f)\, \sigma(-f)$,
#
# $$ \frac{\partial}{\partial f} \bigl[ -\log(1 + \sigma(f)) \bigr] = -\frac{\sigma(f)\, \sigma(-f)}{1 + \sigma(f)} \tag{22.7} $$
#
# instead of
#
# $$ df_n = -\frac{\sigma(-f_n)}{N} \tag{eq:loss.non\_saturating.g.gradients} $$
#
# The `+ 1` avoids $\log 0$, a real concern. But where D is sure of a fake, $f \to -\infty$, (22.7) goes to 0 like $e^f$, just like the minimax gradient: the fakes that need a gradient most get none. (It is $\sigma(-f) / (1 + \sigma(f))$ times the minimax gradient, a factor that goes to 1 there.) And nowhere is it larger than $3 - 2 \sqrt 2 = 0.17$. (Write $s = \sigma(f)$: the derivative of $s (1 - s) / (1 + s)$ is 0 where $s^2 + 2 s = 1$, at
# $s = \sqrt 2 - 1$.) The library avoids $\log 0$ without ever computing a probability: $-\log \sigma(f) = \operatorname{softplus}(-f)$.
#
# And `np.argmax(fake_output)`, without an axis, is *one* place, counted through the whole array. It selects one fake of the batch, the one that D already believes most, and only this one is pushed. (Of a single sample with ten numbers, `fake_output[7]` asks for an eighth sample, and is an error.)
#
# **`Dense(10, activation='softmax')` at the end of G.** Ten probabilities are the output of a *classifier* of digits. An image of 28 x 28 has 784 numbers, and ten cannot be reshaped into them, as the listing tries to do at its end. Would a softmax of 784 work? Its pixels add up to 1: an image with one white pixel at most. A G that works ends with
# `Dense(n, 784), Tanh(), Reshape(28, 28, 1)`, each pixel for itself in $[-1, 1]$.
#
# **`real_images = base_model.predict(generated_input)`.** This is the worst line, and it looks the most harmless. The "real" images are made by the same model as the fakes, which is also taken for D. *The listing contains no real image.* Apart from the random layers that each call adds (below), $q = p$ by construction, for any G, and by (22.3)
#
# $$ V(D^*, G) = -\log 4 \qquad \text{for every } G \tag{22.8} $$
#
# The function that G should minimise is constant. The working line is `data.load("digits8")`, or any folder of pictures.
#
# **`x.astype('float32') / 255.0`,** and again in the loss, and a third time before the picture is shown. It is right once, for bytes from 0 to 255. But here it divides the output of a softmax each time, which is between 0 and 1 already: white becomes 0.004. What does D see? If the image enters as $x / 255$, its first layer and that layer's gradients are
#
# $$ y = \frac{x}{255}\, W + b, \qquad dx = \frac{1}{255}\, dy\, W^{\top}, \qquad dW = \frac{x^{\top}}{255}\, dy \tag{22.9} $$
#
# All images have nearly the same score, the gradient that G gets is 255 times smaller, and so is that of D's first weights.
#
# **`Dense(28*28, activation='relu')(x)` inside a function.** Each call makes a *new* layer with new random weights that nothing else uses. It can never learn. In this library layers are made once, when the network is built, and all weights stand in `theta`.
#
# **`base_model.trainable = [0, 0, 0]`.** It was meant to freeze the model. In Python a list with three zeros is true, so the model may learn. But suppose it were frozen: against a D that never moves G has one best answer, the image with D's highest score, for all noise (9.3).
#
# **`for i in range(10)`.** The loss is computed ten times and never used. No line of the listing changes a weight. The working line is `Trainer(...).run()`.
#
# ## See the code
#
# The lines that do this right, and the one that refuses bytes.

# %%
show_source(NonSaturating.g, Dataset.to_float, Sequential.cast)

# %% [markdown]
# ## Check: each line, run in small
#
# What Python says about two of its lines, the three zeros, the argmax, and ten numbers as an image:

# %%
two_lines = "output_layer = base_model.output\n    output_layer = Noise()(output_layer)\n"
try:
    compile(two_lines, "the listing", "exec")
except IndentationError as error:
    print("IndentationError:", error.msg)

print("bool([0, 0, 0]) =", bool([0, 0, 0]))

one_sample = answers[0][1:2]  # (1, 10)
try:
    one_sample[np.argmax(one_sample)]
except IndexError as error:
    print("IndexError:", error)

try:
    answers[0][0].reshape((28, 28))
except ValueError as error:
    print("ValueError:", error)

white = ((images + 1) / 2).sum(axis=(1, 2, 3))  # 0 is black, 1 is white
print(
    f"the pixels of a digit add up to {white.mean():.1f}, {white.min():.1f} at least; those of a softmax to 1"
)
assert white.min() > 10

fresh = [Dense(64, 10) for _ in range(2)]
one, other = (Sequential(layer, rng=rng)(images[:1].reshape(1, 64)) for layer in fresh)
print(f"two new layers on one digit: {one[0, :3].round(2)} and {other[0, :3].round(2)}")
assert np.abs(one - other).max() > 0.1

# %% [markdown]
# The two gradients against differences, (22.6) for a batch of four, and (22.7):

# %%
a = np.random.default_rng(3).standard_normal((4, 10))
print(compare("(22.6)", listing(a)[1], numerical_gradient(lambda a: listing(a)[0], a), FIRST))

f = np.linspace(-8, 8, 161)
with_one = -sigmoid(f) * sigmoid(-f) / (1 + sigmoid(f))
differences = numerical_gradient(lambda f: -np.sum(np.log(1 + sigmoid(f))), f)
print(compare("(22.7)", with_one, differences, FIRST))
print(f"largest, by hand 3 - 2 sqrt 2 = {3 - 2 * 2**0.5:.4f}: {np.abs(with_one).max():.4f}")

title = "With the + 1 G gets no gradient where D is sure of the fake, just as with minimax"
with figure(title, panels=2, size=(10, 3.4)) as (left, right):
    for name, push in (
        ("non-saturating", sigmoid(-f)),
        ("minimax", sigmoid(f)),
        ("log(1 + D)", -with_one),
    ):
        left.plot(f, push, label=name)
        right.semilogy(f, push, label=name)
    left.set(title="push on a fake, N times minus the gradient", xlabel="D's score of the fake")
    right.set(title="the same, in powers of ten", xlabel="D's score of the fake")

print(
    f"times the minimax gradient: {-with_one[0] / sigmoid(f[0]):.4f} at f = -8, {-with_one[80] / sigmoid(f[80]):.4f} at 0"
)
assert np.all(-with_one < sigmoid(f))
assert -with_one[0] > 0.999 * sigmoid(f[0])  # both go to 0 like e^f

# %% [markdown]
# Now the second division. A layer of our own divides the input of D by 255; G is fixed, D learns alone, as in lesson 6, once with Adam and once with plain gradient descent.


# %%
class Again(Layer):
    def forward(self, x):
        return x / 255, None

    def backward(self, dy, cache):
        return dy / 255


def learn_alone(divided, optimizer, n):
    """D's losses in n steps; and the gradient that G would get at first."""
    G = small_gan().G
    layers = [Flatten(), Dense(64, 64), LeakyReLU(0.2), Dense(64, 1)]
    D = Sequential(*[Again()] * divided, *layers, rng=0)
    rng, losses_of_d = np.random.default_rng(0), []
    opt = optimizer(D)
    f, caches = D.forward(G(rng.standard_normal((64, 16))))
    heard = D.backward(losses.non_saturating.g(None, f)[1] * 64, caches, learn=False)
    for _ in range(n):
        x, z = images[rng.integers(len(images), size=64)], rng.standard_normal((64, 16))
        losses_of_d.append(game.d_step(G, D, losses.non_saturating, (), opt, x, z)["loss_D"])
    return losses_of_d, np.linalg.norm(heard.reshape(64, -1), axis=1).mean()


title = "Divided again, D sees nothing: Adam recovers slowly, plain descent stays at log 4"
with figure(title, panels=2, size=(10, 3.2)) as axes:
    heard, ends = {}, {}
    for ax, name, optimizer in (
        (axes[0], "Adam, rate 0.001", partial(Adam, lr=1e-3)),
        (axes[1], "descent, rate 0.05", partial(SGD, lr=0.05)),
    ):
        for words, divided in (("images in [-1, 1]", 0), ("divided by 255 again", 1)):
            curve, heard[divided] = learn_alone(divided, optimizer, steps(300, 10))
            ax.plot(curve, label=words)
            ends[name[:4], divided] = curve[-1]
        ax.axhline(np.log(4), color="0.4", linestyle=":", linewidth=1)
        ax.set(title=f"loss of D, {name}", xlabel="steps of D, G fixed", ylim=(0, 1.6))

print(f"the gradient that G gets at first: {heard[0]:.3f}, and divided again {heard[1]:.5f}")
for (name, divided), end in ends.items():
    print(f"{name}, {'divided again' if divided else 'as they are'}: D's loss ends at {end:.3f}")
assert heard[1] < heard[0] / 50
assert (
    quick() or max(ends["Adam", 0], ends["desc", 0]) < 0.1 < 0.4 < ends["Adam", 1] < 1.2 < ends["desc", 1]
)  # at 5 of 5 seeds

# %% [markdown]
# Adam divides each weight's step by the usual size of its gradient (lesson 5), so the small gradients do not slow it down. But the weights
# still have to grow until they undo the division, and meanwhile D makes a tenth of the progress it could make. Plain descent does not move at
# all. And a program that stretches each picture from its darkest to its brightest pixel, as `plt.imshow` does, hides the bug.
#
# ## Check: the program that the article wanted
#
# Here it is, complete; each line is the working form of one in the listing: real images from a file, two networks, a loss, two optimizers, steps, a judgement, a picture. The labels (lesson 19) help, as in the library's default; `r1` is the penalty of lesson 15.

# %%
N = steps(1000, 30)
folder = Path(tempfile.mkdtemp()) / "the article"

digits = data.load("digits8")
G, D = models.dcgan_up(shape=(8, 8, 1), latent=32, width=32, classes=10, rng=0)
adam = partial(Adam, lr=cosine(2e-3, N), beta1=0.0, beta2=0.99)
penalty, mean = partial(r1, gamma=0.5), EMA(G, 0.995, warmup=True)
gan = game.GAN(G, D, losses.non_saturating, [penalty], adam(G), adam(D), latent=32, ema=mean, classes=10)
trainer = Trainer(gan, digits.images, digits.labels, batch=64, steps=N, out=folder)
trainer.run()
half = (
    len(digits.images) // 2
)  # 898: as many fakes as the floor has reals, since the distance depends on the number
result, files = report(trainer, "digits8", n=steps(half, 200))
plots.save_png(folder / "digits.png", plots.grid(gan.sample(100, np.random.default_rng(1)), 10, scale=4))

print(files["table"].read_text())

# %% [markdown]
# And the last of its wishes, “将生成的图像与真实图像进行比较,计算出判断结果” (3.2): "compare the generated with the real images and compute the verdict". `report` has drawn it; from a run on disk, `minigan evaluate RUN` does. The share above the histogram is the subject of exercise 3.

# %%
title = "Real digits and the program's own, with D's score on each: hard for you to tell, easier for D"
with figure(title, size=(10, 7.8)) as ax:
    ax.imshow(np.asarray(Image.open(files["scores"])))
    ax.axis("off")

some, labels = digits.images[:300], digits.labels[:300]
made = plots.to_image(gan.sample(300, np.random.default_rng(3), labels))
share = np.mean(scores(gan, some, labels)[:, None] > scores(gan, made, labels))
print(f"in {share:.0%} of all pairs D scores the real image higher")
frechet = result["measures"]["frechet_distance"]
print(
    f"Fréchet distance {frechet['value']:.2f}, real against real {frechet['floor']:.2f}, {half} images each"
)
assert quick() or result["samples"]["generated"] == result["samples"]["real"] == result["samples"]["floor"]

rng = np.random.default_rng(2)
chosen, asked = rng.integers(len(images), size=4), rng.integers(10, size=4)
pairs = (images[chosen], digits.labels[chosen]), (rng.standard_normal((4, 32)), asked)
show_checks(step_checks(G, D, losses.non_saturating, *pairs, [penalty], samples=steps(100, 10)))
usually("the distance is below 1.5, and D can tell", frechet["value"] < 1.5 and share > 0.6)

# %% [markdown]
# (The real images are those D learned from, which makes it look better than it is: lesson 6.) A thousand steps on 8 x 8 pixels do not give a beautiful face (the article's example is “一张美女的照片”, "the photograph of a beautiful woman"), but this is a GAN. Everything in it scales: `minigan train` makes digits of 32 x 32, and trains on any folder of pictures. And every gradient in it, the penalty's too, belongs to the value that it reports.
#
# ## Modify
#
# ### Exercise 1: the gradient of the listing
#
# Equation (22.6) for a batch: given `a` (N, 10), the numbers before the softmax, return the gradient in `a` of the mean over the batch of $-\log(1 + f_m)$, where $m$ is the place of the largest in each row.


# %% tags=["exercise"]
def listing_gradient(a):
    return ...  # your code: an array like a


check.the_article.q1(listing_gradient)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def listing_gradient(a):
#     e = np.exp(a - a.max(axis=1, keepdims=True))
#     f = e / e.sum(axis=1, keepdims=True)
#     winner = np.eye(a.shape[1])[f.argmax(axis=1)]
#     top = f.max(axis=1, keepdims=True)
#     return top / (1 + top) * (f - winner) / len(a)
# ```
#
# A classifier is trained with $-\log f$ at the true class, whose gradient is $f$ minus a one at that class. This is the same, times a factor between 0 and $\frac12$, and the class is the one that G names already. A classifier that is trained on its own answers only learns to be sure.
#
# </details>

# %% [markdown]
# ### Exercise 2: G against the article's D
#
# G's die is $q = \operatorname{softmax}(a)$, and D says of face $k$ that it is real with probability $c\, p_k$, and is fixed. Given `a` (K,), `p` (K,) and the number `c`, return the gradient in `a` of the non-saturating loss $L_G = -\sum_k q_k \log(c\, p_k)$.


# %% tags=["exercise"]
def gradient_against_cp(a, p, c):
    return ...  # your code: an array like a


check.the_article.q2(gradient_against_cp)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def gradient_against_cp(a, p, c):
#     q = np.exp(a - a.max())
#     q = q / q.sum()
#     cost = -np.log(c * p)
#     return q * (cost - q @ cost)
# ```
#
# $\partial q_k / \partial a_j = q_k (\delta_{kj} - q_j)$ gives each face its cost, minus the mean cost, times its share. A constant in all costs cancels with the mean, so $c$ does not matter. The gradient is 0 at $q = p$ only if all $p_k$ are alike.
#
# </details>

# %% [markdown]
# ### Exercise 3: the verdict
#
# One number for D's verdict (the last title in the picture above): take one real and one generated image at random. How probable is it that D gives the real one the higher score? Given scores `r` (N,) and `f` (M,), return the share of all N M pairs in which it does; a tie counts half.


# %% tags=["exercise"]
def verdict_on(r, f):
    return ...  # your code: one number


check.the_article.q3(verdict_on)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def verdict_on(r, f):
#     d = r[:, None] - f
#     return np.mean(d > 0) + np.mean(d == 0) / 2
# ```
#
# $\frac12$ means that D cannot tell, with ties at half a point so that a constant D gets it. Scores near 0 have no special place here: a D whose scores are all too high by 3 tells as well as before. (In statistics it is the area under the curve of hits against false alarms.)
#
# </details>

# %% [markdown]
# ## Break it
#
# The article's bugs, planted in the library one at a time:
#
# 1. *The listing's loss*: G's loss is $-\log(D + 1)$ at the argmax of the batch, with the right gradient of that value.
# 2. *A second / 255*: the images of the data set are divided again; G's output is in $[-1, 1]$, as before.
# 3. *D is frozen*: its gradients are computed but not kept.
# 4. *No real image*: D gets images of G in place of the real ones.
#
# The checks: both whole steps against differences of what they report (`step_checks`), and three checks of what a GAN should do. Which of the four are caught by *the differences*?
#
# - **a** all four
# - **b** the loss and the frozen D
# - **c** the frozen D only
# - **d** none

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
right_float, right_step = Dataset.to_float, game.d_step


def listings_loss(self, r, f):
    s = f.reshape(-1)
    k = s.argmax()
    ds = np.zeros_like(s)
    ds[k] = -sigmoid(s[k]) * sigmoid(-s[k]) / (1 + sigmoid(s[k]))
    return float(-np.log(sigmoid(s[k]) + 1)), ds.reshape(f.shape)  # right: mean softplus(-f)


def divided_twice(self, pad_to=None):
    return right_float(self, pad_to) / 255  # right: once


def frozen(G, D, loss, penalties, opt_D, x, z, rng=None):
    (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(G.forward(z)[0])
    value, d_real, d_fake = loss.d(r, f)
    D.backward(d_real, real_caches, learn=False)  # right: learn=True
    D.backward(d_fake, fake_caches, learn=False)
    opt_D.step()
    return {"loss_D": value, "penalty": 0.0, "score_real": float(r.mean()), "score_fake": float(f.mean())}


def no_real_image(G, D, loss, penalties, opt_D, x, z, rng=None):
    again = np.random.default_rng(abs(int(1e6 * z.sum()))).standard_normal(z.shape)
    return right_step(G, D, loss, penalties, opt_D, G.forward(again)[0], z, rng)  # right: x


def examine():
    G, D = models.toy(latent=2, width=6, depth=1, rng=0, dtype="float64")
    x, other, z = np.random.default_rng(0).standard_normal((3, 4, 2))
    yield from step_checks(G, D, losses.non_saturating, x, z)
    sure = -20 * np.ones((4, 1))
    df = 4 * losses.non_saturating.g(None, sure)[1]
    yield compare("rejected fakes get a gradient", df, -np.ones((4, 1)), FIRST)
    some = Dataset(digits.images[:9], None, "some")
    back = plots.to_image(some.to_float()).astype(float)
    yield compare("bytes, floats and back", back, some.images.astype(float), 0.0)
    still = SGD(D, lr=0.0)
    reported = [
        game.d_step(G, D, losses.non_saturating, (), still, real, z)["loss_D"] for real in (x, other)
    ]
    yield Check("D looks at the data", float(reported[0] == reported[1]), 0.0, "other reals, the same loss")


bugs = {
    "the listing's loss": (NonSaturating, "g", listings_loss),
    "a second / 255": (Dataset, "to_float", divided_twice),
    "D is frozen": (game, "d_step", frozen),
    "no real image": (game, "d_step", no_real_image),
}
caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = list(examine())
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

check.the_article.p3(guess)
assert caught == {
    "the listing's loss": {"rejected fakes get a gradient"},
    "a second / 255": {"bytes, floats and back"},
    "D is frozen": {"D step, dtheta"},
    "no real image": {"D looks at the data"},
}
assert not show_checks(examine())

# %% [markdown]
# Differences only show whether a gradient belongs to its value, not whether that value is a sensible one to minimise. Three of the four bugs
# pass them (lesson 1), and each needs a check of its own.
#
# And what happens in a training with each bug? We train the small pair from above for 400 steps each. The log shows D's loss over the last hundred steps:

# %%
noise = np.random.default_rng(5).standard_normal((100, 16)).astype(np.float32)
rows, logs = {}, {}
for name, bug in {"as it should be": (game, "d_step", game.d_step), **bugs}.items():
    gan = small_gan()
    two_passes = planted(
        game, "fast_d_step", lambda *step: game.d_step(*step)
    )  # where the bugs are planted
    with planted(*bug), two_passes:
        run = Trainer(gan, digits.to_float(), batch=64, steps=steps(400, 20), log_every=1)
        logs[name] = np.array([row["loss_D"] for row in run.run()])[-100:]
    rows[name] = gan.G.forward(noise)[0]
    print(f"{name:<19} loss of D {logs[name].mean():.3f} +- {logs[name].std():.3f}", end="   ")
    print(f"Fréchet distance {look(gan)['frechet_pixels_8x8']:5.1f}", end="   ")
    print(f"spread of a pixel over the noise {rows[name].std(axis=0).mean():.2f}")

title = "400 steps with each of the article's lines: the best-looking log is the one without data"
with figure(title, size=(10, 3.8)) as ax:
    sheet = plots.grid(np.concatenate([made[:14] for made in rows.values()]), columns=14, scale=4)
    ax.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    ax.set(xticks=(), yticks=np.arange(5) * 34 + 18)
    ax.set_yticklabels([f"{name}\nD's loss {logs[name].mean():.2f}" for name in rows])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)

if not quick():
    off = {name: np.abs(log - np.log(4)).mean() for name, log in logs.items()}
    print("nearest to log 4:", min(off, key=off.get))  # no real image, at 5 of 5 seeds
    spread = {
        name: made.std(axis=0).mean() / rows["as it should be"].std(axis=0).mean()
        for name, made in rows.items()
    }
    print(
        "spread over the noise, healthy = 1: ",
        ", ".join(f"{name} {share:.2f}" for name, share in spread.items()),
    )
    assert spread["D is frozen"] < 1
    assert spread["a second / 255"] < 0.5

# %% [markdown]
# Without data D's loss stays very near $\log 4$, as (22.8) says: the best log of the five, and noise in the pictures. With the second
# division G learns to draw what it is given, grey. Against a D that never changes, the images become more alike: at five seeds the spread of a pixel over the noise was 0.2 to 0.6 of the healthy one, and no image was a digit. (That G must end at one image is true of an infinitely long training.) With the listing's loss one fake in 64 is pushed, and D wins easily.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:loss.minimax.d`: $L_D = -V$, at its best $\log 4 - 2\, \mathrm{JSD}$ | `minigan.losses.Minimax.d` | `tests/test_losses.py`: `test_minimax_by_hand`, `test_equilibrium_is_2_log_2_or_log_2` |
# | `eq:game.d_step`: step 1 | `minigan.game.d_step` | `tests/test_game.py`: `test_each_step_moves_its_own_network_only`, `test_both_steps_against_differences_with_each_penalty` |
# | `eq:game.g_step`: steps 1 and 3 | `minigan.game.g_step` | `tests/test_game.py`: `test_each_step_moves_its_own_network_only`, `test_both_steps_against_differences_with_each_penalty` |
# | `eq:game.d_step`, then `eq:game.g_step`, again and again | `minigan.game.GAN.step` | `tests/test_game.py`: `test_a_step_is_d_step_then_g_step` |
# | `eq:metric.frechet`: step 4, in every run | `minigan.evaluation.watch` | `tests/evaluation/test_watch.py`: `test_real_images_reach_the_floor_and_noise_does_not`, `test_every_measure_has_a_panel_and_one_is_in_the_bar` |
# | `eq:loss.non_saturating.g.gradients`: $-\sigma(-f)/N$, not $-\log(f + 1)$ | `minigan.losses.NonSaturating.g` | `tests/test_losses.py`: `test_non_saturating_by_hand`, `test_minimax_vanishes_where_non_saturating_does_not` |
#
# - G is a sampler, D* is $p / (p + q)$. A D that knows only $p$ drives even a perfect G to one mode.
# - The five steps are right, and the fourth is essential: the loss hardly changes while the images get better.
# - The worst error of the listing is the one that is hardest to see: it has no data.
#
# ## Next
#
# [Lesson 23: Autoencoders and the VAE](23_autoencoders_and_vae.ipynb). GANs draw better images than VAEs, says the article. What is a VAE, why are its pictures blurred, and what can it do that a GAN cannot? The article's other claims:
#
# | the article says | what is true | here |
# |---|---|---|
# | ICP, G and D make a GAN (2.1) | wrong: a GAN matches no points | [lesson 21](21_icp_imle_gan.ipynb) runs ICP, IMLE and a GAN on the same points |
# | GANs draw better images than VAEs, and handle noise (2.3) | loose | [lesson 23](23_autoencoders_and_vae.ipynb): what a VAE draws, why it is blurred, and what it knows instead |
# | load a pretrained generator, such as a VAE-GAN (3.2) | possible | [lesson 24](24_vaegan_and_attribute_arithmetic.ipynb) |
# | load a pretrained discriminator, such as VGG (3.2) | loose: VGG is a classifier | [lesson 25](25_vgg_and_perceptual_distance.ipynb): VGG as a distance between pictures |
# | NumPy for arrays, PIL for pictures, shown on screen (3.2) | right | `minigan.plots`: sheets, films, `show` |
# | D compares and shows its verdict (3.2, 3.3) | right | `minigan evaluate RUN`, and the picture above |
# | images, inpainting, video (4.1) | right | images in every lesson; inpainting in [27](27_inverse_problems.ipynb), video in [28](28_video.ipynb), pictures from pictures in [29](29_image_to_image.ipynb) |
# | portraits (4.2) | right | 4,000 cartoon portraits are in the package, lessons [24](24_vaegan_and_attribute_arithmetic.ipynb) and [26](26_small_data.ipynb); photographs from any folder |
# | how to make GANs better and faster (1.2), promised | | [lesson 10](10_convolution.ipynb), [12](12_normalisation.ipynb), [15](15_gradient_penalties.ipynb), [17](17_r1_to_r3gan.ipynb), [18](18_spectral_norm_and_loss_zoo.ipynb) |
# | what comes after (1.2), promised | | [lesson 30](30_flow_and_diffusion.ipynb): flow matching and diffusion; [lesson 17](17_r1_to_r3gan.ipynb) ends at R3GAN (2024) |
#
# The documentation carries the complete table with its links ("From the article to the code", `docs/article.md`), the recipes for data, layers and losses of your own
# (`docs/howto`), and all results with the commands that measure them (`docs/results.md`).
#
# You can read any article now. Ask the same questions: what is $q$, what does D see, in which array is this gradient, and which number would show that the claim is true?
