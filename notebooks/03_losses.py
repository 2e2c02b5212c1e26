# %% [markdown]
# # Lesson 3: Losses from logits
#
# **Goal** Turn a discriminator's score into a loss and its slope, in a form that survives any score, and see why the first GAN loss leaves a young generator without
# a gradient.
#
# **Prerequisites** Lesson 1 (gradient checks) and lesson 2 (slopes, `dy` notation); logarithms; the idea of a probability.
#
# **Run time** 6 s on two cores (measured).
#
# The discriminator D is shown a picture and says how real it looks, as one number. The papers write $D(x) \in (0, 1)$, a probability, and the losses as $-\log D(x)$. Whoever types
# that in gets a GAN that trains for ten minutes and then prints `nan` for ever: D had become very sure of one picture. The cure is to let D say a *score*, any real
# number, and to do the mathematics before the arithmetic. It costs nothing, and every slope becomes simpler on the way.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("scores", "loss_G", "loss_D")

# %%
import numpy as np

from minigan import losses
from minigan.differences import ADJOINT, FIRST, compare, numerical_gradient
from minigan.layers.activations import sigmoid, softplus
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source

# %% [markdown]
# ## Predict: what does a computer say?
#
# D takes a real picture for a fake and is very sure of it: its score is $s = -100$. The probability it gives to "real" is $p = \frac{1}{1 + e^{-s}}$, and its loss is $-\log p$. With pencil and paper that
# is $\log(1 + e^{100})$, which is 100 to forty digits. Now in float32, in which networks are trained:
#
# `-np.log(1 / (1 + np.exp(-s)))`
#
# - **a** 100
# - **b** 0
# - **c** inf
# - **d** nan

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"


# %%
def as_printed(s):
    """The loss of a real picture, written as in the papers."""
    return -np.log(1 / (1 + np.exp(-s)))


def its_slope(s):
    """By the chain rule: -1/p times dp/ds = p (1 - p)."""
    p = 1 / (1 + np.exp(-s))
    return -1 / p * p * (1 - p)


with np.errstate(all="ignore"):  # NumPy would warn; a training loop has long scrolled past
    for s in np.array([5, -5, -50, -100], np.float32):
        print(f"score {s:5.0f}   as printed {as_printed(s):8.5f}, slope {its_slope(s):8.5f}", end="   ")
        print(f"from the logit {softplus(-s):9.5f}")

check.nb03_p1(guess)

# %% [markdown]
# A loss of `inf` is a nuisance. A slope of `nan` is the end: the optimizer adds it to every weight below, and from then on the network is `nan` altogether.
#
# ## Derive: from a score to a loss
#
# **A score is a logit.** Any probability can be written as odds, $p : (1 - p)$, and odds as their logarithm, which runs over all real numbers: $s = \log \frac{p}{1 - p}$, the *logit*. Solved for $p$,
# and in a form in which $e$ is only ever raised to something negative:
#
# $$ \sigma(x) = \frac{1}{1 + e^{-x}} = \begin{cases} 1 / (1 + e^{-x}) & x > 0 \\ e^{x} / (1 + e^{x}) & x \le 0 \end{cases} \tag{eq:sigmoid.forward} $$
#
# So let D say $s$, and read $\sigma(s)$ as its probability when we want to talk about it. $s = 0$ means "I cannot tell", and since $1 - \sigma(s) = \sigma(-s)$, doubt and certainty are mirror images.
#
# **A loss is a surprise.** The truth is $t = 1$ (real) or $t = 0$ (fake). D gave the truth the probability $\sigma(s)^t (1 - \sigma(s))^{1 - t}$. Many pictures together got the product of theirs; we want it
# large, so we want minus its logarithm small, and take the mean:
#
# $$ L = \operatorname{mean}\bigl[ -t \log \sigma(s) - (1 - t) \log(1 - \sigma(s)) \bigr] = \operatorname{mean}\bigl[ \operatorname{softplus}(s) - t\, s \bigr] \tag{eq:bce} $$
#
# This is the *binary cross-entropy*, and the right-hand side is the mathematics before the arithmetic. To see it, write down two logarithms:
#
# $$ -\log \sigma(s) = \log(1 + e^{-s}) = \operatorname{softplus}(-s), \qquad -\log(1 - \sigma(s)) = \operatorname{softplus}(s) = s + \operatorname{softplus}(-s) \tag{3.1} $$
#
# and insert them: $t\,(\operatorname{softplus}(s) - s) + (1 - t) \operatorname{softplus}(s)$. No probability is left, and so none can round to 0 or to 1. The one function that remains is tamed by pulling
# the large part out of the logarithm, $\log(1 + e^x) = \log\bigl(e^x (e^{-x} + 1)\bigr)$:
#
# $$ \operatorname{softplus}(x) = \log(1 + e^{x}) = \max(x, 0) + \log\bigl(1 + e^{-|x|}\bigr) \tag{eq:softplus.forward} $$
#
# **Its slope is probability minus truth.** The way back asks for two derivatives. The sigmoid is $y = 1 / u$ with $u = 1 + e^{-x}$, so its derivative is $e^{-x} / u^2 = \frac{1}{u} \cdot \frac{u - 1}{u}$:
#
# $$ \sigma'(x) = y\, (1 - y), \qquad y = \sigma(x) \tag{eq:sigmoid.derivative} $$
#
# at most $\frac14$, and tiny where D is sure. Softplus, $\log(1 + e^x)$, has $\frac{e^x}{1 + e^x}$:
#
# $$ \operatorname{softplus}'(x) = \sigma(x) \tag{eq:softplus.derivative} $$
#
# The slope of a log-probability is a probability. So for a batch of $N$ scores
#
# $$ ds = \frac{\sigma(s) - t}{N} \tag{eq:bce.gradient} $$
#
# which lies between $-1/N$ and $1/N$, whatever D says. By hand: D gives a real picture the score 0. Its probability is $\frac12$, the loss is $\log 2 = 0.693$, the slope is $\frac12 - 1 = -\frac12$: raise that score.
#
# **A little less than certainty.** With $t = 1$ the slope is negative at every score: a picture long recognised still pushes, and its score grows without end. *Label smoothing* replaces the truth, in a share $\epsilon$ of the
# cases, by the toss of a coin. On average the target is then
#
# $$ t = (1 - \epsilon)\, \text{target} + \frac{\epsilon}{2} \tag{eq:bce.smoothing} $$
#
# and the slope is 0 at the finite score $\log \frac{t}{1 - t}$. With $\epsilon = 0.2$ a real picture has $t = 0.9$, and its score is pulled to $\log 9 = 2.2$, from both sides.

# %%
s = np.arange(-120, 60, dtype=np.float32)
with np.errstate(all="ignore"):
    printed = as_printed(s)
printed[~np.isfinite(printed) | (printed == 0)] = np.nan  # a picture cannot show them
survive = s[np.isfinite(printed)]

with figure("Written through the probability, the loss of a real picture exists in a window only") as ax:
    ax.semilogy(s, printed, color="0.65", linewidth=6, linestyle="-", label="-log(1 / (1 + exp(-s)))")
    ax.semilogy(s, softplus(-s), color="black", linestyle="--", label="softplus(-s)")
    ax.annotate("inf", (survive[0], 80), (survive[0] - 14, 1e-3), arrowprops={"arrowstyle": "->"})
    ax.annotate("exactly 0", (survive[-1], 1e-7), (30, 1e-3), arrowprops={"arrowstyle": "->"})
    ax.set(xlabel="D's score s of a real picture, in float32", ylabel="its loss")
    ax.legend(loc="lower left")

print(f"the window: {survive[0]:.0f} to {survive[-1]:.0f}")
assert -90 < survive[0] < -85
assert 15 < survive[-1] < 18

# %% [markdown]
# ## See the code
#
# Three functions, each as long as its formula. Notice the comments that carry the equation's name, and what the docstring calls the plain form.

# %%
show_source(sigmoid, softplus, losses.bce_with_logits)

# %% [markdown]
# ## Check: the slope, near and far
#
# Far out the loss is almost a straight line, so that even a difference with $h = 1$ is exact there.

# %%
rng = np.random.default_rng(0)
near, far = rng.standard_normal(4), np.array([-1e4, 1e4, 1e4, -1e4])
for where, s, h in (("near", near, 1e-5), ("far ", far, 1.0)):
    t = np.array([1.0, 0.0, 1.0, 0.0])
    slope = losses.bce_with_logits(s, t)[1]
    expected = numerical_gradient(lambda s: losses.bce_with_logits(s, t)[0], s, h)
    print(compare(where, slope, expected, FIRST))

p, x = sigmoid(near), near.copy()
print(compare("sigmoid'", p * (1 - p), numerical_gradient(lambda x: sigmoid(x).sum(), x), FIRST))
print(compare("softplus'", p, numerical_gradient(lambda x: softplus(x).sum(), x), FIRST))
s = np.log([0.9 / 0.1, 0.1 / 0.9])  # where smoothed targets of 1 and 0 let go
slope = losses.bce_with_logits(s, np.array([1.0, 0.0]), smoothing=0.2)[1]
print(compare("smoothed, at rest", slope, np.zeros(2), ADJOINT))

# %% [markdown]
# ## Predict: what does a rejected generator feel?
#
# Now the game. D is shown real pictures, with scores $r$, and fakes made by the generator G, with scores $f$. In the first GAN paper D wants $\log D(\text{real}) + \log(1 - D(\text{fake}))$ large, and G wants the same thing
# *small*: G minimises $\log(1 - D(\text{fake}))$, "do not be recognised".
#
# At the beginning G draws noise and D is sure of it: $f = -10$. How large is the slope of G's loss in $f$ (for a batch of one)? It is all that G has to learn from.
#
# - **a** about 1: the greater the failure, the more there is to learn
# - **b** about 0.5
# - **c** about 0.00005

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
for f in np.array([[-10.0], [0.0], [10.0]]):
    (_, minimax), (_, non_saturating) = losses.minimax.g(None, f), losses.non_saturating.g(None, f)
    print(f"f = {f[0]:5.1f}   minimax {minimax[0]:9.6f}   non-saturating {non_saturating[0]:9.6f}")

check.nb03_p2(guess)

# %% [markdown]
# ## Derive: two losses of G with the same aim
#
# D's loss is the cross-entropy of two batches, real with $t = 1$ and fake with $t = 0$:
#
# $$ L_D = \operatorname{mean}\bigl[-\log \sigma(r)\bigr] + \operatorname{mean}\bigl[-\log(1 - \sigma(f))\bigr] \tag{3.2} $$
#
# or, with (3.1),
#
# $$ L_D = \operatorname{mean}\operatorname{softplus}(-r) + \operatorname{mean}\operatorname{softplus}(f) \tag{eq:loss.minimax.d} $$
#
# Its slopes say how wrong D was about each picture:
#
# $$ dr = -\frac{\sigma(-r)}{N}, \qquad df = \frac{\sigma(f)}{N} \tag{eq:loss.minimax.d.gradients} $$
#
# A number to keep in mind: a D that cannot tell says 0 to everything, and its loss is $2 \log 2 = 1.386$.
#
# G can take the same quantity with the other sign, the *minimax* game,
#
# $$ L_G = \operatorname{mean} \log(1 - \sigma(f)) = -\operatorname{mean}\operatorname{softplus}(f) \tag{eq:loss.minimax.g} $$
#
# $$ df = -\frac{\sigma(f)}{N} \tag{eq:loss.minimax.g.gradients} $$
#
# or maximise the probability of being taken for real, the *non-saturating* loss,
#
# $$ L_G = -\operatorname{mean} \log \sigma(f) = \operatorname{mean}\operatorname{softplus}(-f) \tag{eq:loss.non\_saturating.g} $$
#
# $$ df = -\frac{\sigma(-f)}{N} \tag{eq:loss.non\_saturating.g.gradients} $$
#
# Both slopes are negative everywhere: both say "raise $f$". But where D rejects with certainty, $f \to -\infty$, the first is $\sigma(f) \to 0$ and the second $\sigma(-f) \to 1$. *The minimax generator learns least when it is worst.*
#
# How much that matters shows the smallest experiment there is: let G own the score itself and walk down its loss, $f \leftarrow f - \eta\, df$ with $\eta = 0.5$, from $f = -10$ until D is in doubt, $f = 0$.


# %%
def walk(loss, f=-10.0, rate=0.5):
    path = [f]
    while path[-1] < 0:
        path.append(path[-1] - rate * float(loss.g(None, np.array([path[-1]]))[1][0]))
    return path


paths = {"minimax": walk(losses.minimax), "non-saturating": walk(losses.non_saturating)}
f = np.linspace(-10, 10, 201)
title = "While D is sure of itself, minimax gives G no slope: 44,000 steps instead of 22"
with figure(title, panels=2) as (left, right):
    for name, loss in (("minimax", losses.minimax), ("non-saturating", losses.non_saturating)):
        left.plot(f, -loss.g(None, f)[1] * f.size, label=name)
        right.semilogx(np.arange(1, len(paths[name]) + 1), paths[name])
    left.set(title="push on a score: minus its slope", xlabel="D's score f of a fake")
    left.legend(loc="center left", handlelength=2.2, fontsize=9)
    right.set(title="the score of a fake that follows it", xlabel="steps", ylabel="f")

print({name: len(path) - 1 for name, path in paths.items()}, "steps")
assert 18 <= len(paths["non-saturating"]) - 1 <= 24
assert 35_000 < len(paths["minimax"]) < 50_000

# %% [markdown]
# In the library a loss is an object with two faces, `d` for what D minimises and `g` for what G minimises. Each returns a value and the slopes of the scores, and knows nothing of networks: backpropagation
# starts from these slopes. There are six; lesson 18 compares them.

# %%
show_source(losses.minimax, losses.non_saturating)

# %%
r, f = rng.standard_normal((2, 5, 1))
for name, loss in losses.GAN_LOSSES.items():
    of_d = numerical_gradient(lambda f: loss.d(r, f)[0], f)
    of_g = numerical_gradient(lambda f: loss.g(r, f)[0], f)
    print(compare(f"{name:<15} d", loss.d(r, f)[2], of_d, FIRST))
    print(compare(f"{name:<15} g", loss.g(r, f)[1], of_g, FIRST))

# %% [markdown]
# ## Derive: other answers than yes and no
#
# Not every network is asked "real or fake?". The same thought, *a loss is a surprise*, minus the logarithm of the probability that was given to the truth, answers other questions too.
#
# **Which of K?** A classifier (the library's DigitNet of lesson 20 is one) gives each class $k$ a score $s_k$, and probabilities in proportion to $e^{s_k}$, which is the *softmax*: $p_k = e^{s_k} / \sum_j e^{s_j}$. The mean surprise of $N$ samples is
#
# $$ L = -\operatorname{mean}_n \log p_{n,\, \text{label}_n}, \qquad p = \operatorname{softmax}(s) \tag{eq:cross\_entropy} $$
#
# Of one sample that is $\log \sum_j e^{s_j} - s_{\text{label}}$. The first term has the slope $e^{s_k} / \sum_j e^{s_j} = p_k$, the second $-1$ at the label and 0 elsewhere, a row called onehot:
#
# $$ ds = \frac{p - \text{onehot}}{N} \tag{eq:cross\_entropy.gradient} $$
#
# Probability minus truth, again; with two classes and the scores 0 and $s$ it *is* `eq:bce.gradient`. And again the large part is pulled out before the arithmetic: a number subtracted from all scores of a row changes no $p$, so subtract the
# largest, and no exponential overflows.
#
# **How much?** If the truth scatters around the prediction $y$ like a normal variable of variance 1, the surprise is $\frac12 (t - y)^2$ and a constant; if its probability falls off like $e^{-|t - y|}$, it is $|t - y|$. So, with *size* for
# the number of entries, and the derivatives $2u$ of $u^2$ and $\operatorname{sign} u$ of $|u|$:
#
# $$ L = \operatorname{mean}\,(y - t)^2, \qquad dy = \frac{2\, (y - t)}{\text{size}} \tag{eq:mse} $$
#
# $$ L = \operatorname{mean} |y - t|, \qquad dy = \frac{\operatorname{sign}(y - t)}{\text{size}} \tag{eq:l1} $$
#
# The first pulls in proportion to the distance, the second with the same force from anywhere. If one constant has to serve all of $t$, the pulls must cancel: $\sum (y - t) = 0$ makes it the *mean*, as many above as below the *median*.
#
# **How far from the noise?** Suppose that a network says of each number the mean $\mu$ and the variance $\sigma^2 = e^{\lambda}$ of a normal variable $q$ (a logarithm, so that no variance comes out negative), and that $q$ should stay near the standard normal noise $p$. Measure by
# how much more surprising the draws of $q$ are to one who expects $p$: $\operatorname{mean}[\log q(x) - \log p(x)]$ for $x$ from $q = \mathcal{N}(\mu, \sigma^2)$, with $p = \mathcal{N}(0, 1)$. The constants cancel, and
# $\frac12 \operatorname{mean}\bigl[ x^2 - (x - \mu)^2 / \sigma^2 - \log \sigma^2 \bigr]$ remains. The mean of $x^2$ is $\mu^2 + \sigma^2$, that of $(x - \mu)^2$ is $\sigma^2$. Summed over the numbers of a sample, mean over the batch:
#
# $$ L = \frac{1}{2N} \sum \bigl( \mu^2 + e^{\lambda} - 1 - \lambda \bigr), \qquad \lambda = \log \sigma^2 \tag{eq:gaussian\_kl} $$
#
# $$ d\mu = \frac{\mu}{N}, \qquad d\lambda = \frac{e^{\lambda} - 1}{2N} \tag{eq:gaussian\_kl.gradients} $$
#
# This *Kullback-Leibler divergence* is never negative, since $e^\lambda \ge 1 + \lambda$, and both slopes vanish at mean 0 and variance 1 only.

# %%
show_source(losses.softmax_cross_entropy, losses.mse, losses.l1, losses.gaussian_kl)

# %% [markdown]
# ## Check: value and slope of each
#
# The slopes against differences. The values against something that knows nothing of the formula: two classes are the binary cross-entropy, the best constants are those of NumPy, and the divergence is an integral, summed on a fine grid.

# %%
s, labels = rng.standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
y, t = rng.standard_normal((2, 5, 4))
for name, loss, x, other in (
    ("classes", losses.softmax_cross_entropy, s, labels),
    ("mse", losses.mse, y, t),
    ("l1", losses.l1, y, t),
    ("divergence, mu", losses.gaussian_kl, y, t),
):
    expected = numerical_gradient(lambda x: loss(x, other)[0], x)
    print(compare(f"slope: {name}", loss(x, other)[1], expected, FIRST))
expected = numerical_gradient(lambda log_var: losses.gaussian_kl(y, log_var)[0], t)
print(compare("slope: divergence, log var", losses.gaussian_kl(y, t)[2], expected, FIRST))

two = np.stack([np.zeros(5), s[:, 0]], axis=1)
real = np.array([0, 1, 1, 0, 1])
classes, binary = losses.softmax_cross_entropy(two, real), losses.bce_with_logits(s[:, 0], real)
print(compare("two classes", classes[0], binary[0], ADJOINT))
print(compare("two classes, slope", classes[1][:, 1], binary[1], ADJOINT))

t = rng.standard_normal(7)  # an odd number, so that the median is one of them, at the corner of l1
print(compare("mse at the mean", losses.mse(np.full(7, t.mean()), t)[1].sum(), 0.0, ADJOINT))
print(compare("l1 at the median", losses.l1(np.full(7, np.median(t)), t)[1].sum(), 0.0, ADJOINT))

mu, log_var, x = 0.7, -0.4, np.linspace(-12, 12, 100_001)
log_q = -((x - mu) ** 2) / (2 * np.exp(log_var)) - log_var / 2
integral = np.sum(np.exp(log_q) / np.sqrt(2 * np.pi) * (log_q + x**2 / 2)) * (x[1] - x[0])
value = losses.gaussian_kl(np.array([[mu]]), np.array([[log_var]]))[0]
print(compare("divergence", value, integral, FIRST))

# %% [markdown]
# ## Modify
#
# ### Exercise 1: a softplus that survives
#
# Given an array `x`, return $\log(1 + e^x)$ for each entry, right for $x = -40$ (where it is $4 \cdot 10^{-18}$, not 0) and for $x = 1000$.


# %% tags=["exercise"]
def my_softplus(x):
    return ...  # your code


check.nb03_q1(my_softplus)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_softplus(x):
#     return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
# ```
#
# `exp` is only ever taken of something negative, so it lies in (0, 1] and cannot overflow. And `log1p(u)` computes $\log(1 + u)$ without forming $1 + u$, which for small $u$ would round to 1.
#
# </details>

# %% [markdown]
# ### Exercise 2: probability minus truth
#
# Given scores `s` and targets `t`, arrays of the same shape, return the slope `ds` of the mean binary cross-entropy. (The scores are small here; you may write the sigmoid as you like.)


# %% tags=["exercise"]
def cross_entropy_gradient(s, t):
    return ...  # your code: ds, an array like s


check.nb03_q2(cross_entropy_gradient)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def cross_entropy_gradient(s, t):
#     return (1 / (1 + np.exp(-s)) - t) / s.size
# ```
#
# The long way, through the probability, gives the same: $\partial L / \partial p = \frac{p - t}{p (1 - p)}$ times $\partial p / \partial s = p (1 - p)$. The factor $p (1 - p)$, which vanishes where D is sure, cancels. That is why this loss and the sigmoid
# belong together.
#
# </details>

# %% [markdown]
# ### Exercise 3: the hinge
#
# A loss without any logarithm. D wants $r \ge 1$ and $f \le -1$, and leaves alone what is right by that margin:
#
# $$ L_D = \operatorname{mean} \max(0,\, 1 - r) + \operatorname{mean} \max(0,\, 1 + f) \tag{eq:loss.hinge.d} $$
#
# Given `r` and `f`, arrays of N scores each, return `value, d_real, d_fake`.


# %% tags=["exercise"]
def hinge_d(r, f):
    return ...  # your code: value, d_real, d_fake


check.nb03_q3(hinge_d)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def hinge_d(r, f):
#     value = np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean()
#     d_real = np.where(r < 1, -1, 0) / r.size
#     d_fake = np.where(f > -1, 1, 0) / f.size
#     return value, d_real, d_fake
# ```
#
# Inside the margin the slope is constant, so a very wrong score pulls no harder than a slightly wrong one; outside it is 0. The corners lie at $r = 1$ and $f = -1$, where (lesson 1) a difference would report half the slope.
#
# </details>

# %% [markdown]
# ## Break it
#
# A loss makes two claims, a value and a slope, and each can be wrong alone. Three bugs, all found in published code:
#
# 1. *The forgotten 1/N.* The value is a mean, the slope is not divided. With twice the batch the learning rate has doubled.
# 2. *The sigmoid twice.* D ends in a sigmoid, and the loss takes another one. Its author even differentiated correctly through both.
# 3. *The printed formula*, $\log(1 + e^s)$, as it stands in the papers.
#
# Which of them does the gradient check of lesson 1 let through, at ordinary scores?
#
# - **a** all three
# - **b** the second only
# - **c** the second and the third

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
s, t = rng.standard_normal(6), np.array([1.0, 0, 1, 1, 0, 0])
right = losses.bce_with_logits


def examine():
    value, slope = losses.bce_with_logits(s, t)
    expected = numerical_gradient(lambda s: losses.bce_with_logits(s, t)[0], s)
    yield compare("slope against differences", slope, expected, FIRST)
    p = 1 / (1 + np.exp(-s))
    definition = np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))
    yield compare("value against its definition", value, definition, ADJOINT)
    far, _ = losses.bce_with_logits(np.array([-1e4, 1e4]), np.array([1.0, 0.0]))
    yield compare("value far out", far, 1e4, FIRST)


def without_one_over_n(s, target):
    value, slope = right(s, target)
    return value, slope * s.size  # right: slope


def sigmoid_twice(s, target):
    p = sigmoid(s)
    value, slope = right(p, target)  # right: right(s, target)
    return value, slope * p * (1 - p)


caught = {}
for title, name, wrong in (
    ("the forgotten 1/N", "bce_with_logits", without_one_over_n),
    ("the sigmoid twice", "bce_with_logits", sigmoid_twice),
    ("the printed formula", "softplus", lambda x: np.log(1 + np.exp(x))),
):
    print(title)
    with planted(losses, name, wrong), np.errstate(all="ignore"):
        checks = list(examine())
    show_checks(checks)
    caught[title] = [c.ok for c in checks]
    print()

check.nb03_p3(guess)
assert caught == {
    "the forgotten 1/N": [False, True, True],
    "the sigmoid twice": [True, False, False],
    "the printed formula": [True, True, False],
}
assert not show_checks(examine())

# %% [markdown]
# Three bugs, three different checks. So `minigan certify` makes three claims about every loss: *its slope is the slope of its value* (differences), *its value is the one of the paper* (the definition, written
# through the probability, score by score), and *both are finite at scores of ±10,000*.
#
# What did the sigmoid twice do to a training? Scores in $(0, 1)$ mean probabilities between $\sigma(0) = 0.5$ and $\sigma(1) = 0.73$: D can never call a picture fake, and never be surer than 0.73 that one is real. It runs, it learns something,
# and nobody knows.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:softplus.forward`: $\max(x, 0) + \log(1 + e^{-\lvert x \rvert})$ | `minigan.layers.activations.softplus` | `tests/layers/test_activations.py`: `test_no_overflow_at_1e4`, `test_small_arguments_keep_their_digits` |
# | `eq:bce`: $\operatorname{mean}[\operatorname{softplus}(s) - t s]$ | `minigan.losses.bce_with_logits` | `tests/test_losses.py`: `test_bce_by_hand` |
# | `eq:bce.gradient`: $(\sigma(s) - t) / N$ | `minigan.losses.bce_with_logits` | `tests/test_losses.py`: `test_bce_by_hand` |
# | `eq:cross_entropy.gradient`: $(p - \text{onehot}) / N$ | `minigan.losses.softmax_cross_entropy` | `tests/test_losses.py`: `test_cross_entropy_by_hand` |
# | `eq:mse`, `eq:l1`: $\operatorname{mean} (y - t)^2$, $\operatorname{mean} \lvert y - t \rvert$ | `minigan.losses.mse`, `minigan.losses.l1` | `tests/test_losses.py`: `test_mse_and_l1_by_hand` |
# | `eq:gaussian_kl`: $\frac{1}{2N} \sum (\mu^2 + e^\lambda - 1 - \lambda)$ | `minigan.losses.gaussian_kl` | `tests/test_losses.py`: `test_gaussian_kl_by_hand` |
# | `eq:loss.minimax.d`: $\operatorname{mean} \operatorname{softplus}(-r) + \operatorname{mean} \operatorname{softplus}(f)$ | `minigan.losses.Minimax.d` | `tests/test_losses.py`: `test_minimax_by_hand` |
# | `eq:loss.non_saturating.g`: $\operatorname{mean} \operatorname{softplus}(-f)$ | `minigan.losses.NonSaturating.g` | `tests/test_losses.py`: `test_non_saturating_by_hand`, `test_minimax_vanishes_where_non_saturating_does_not` |
# | `eq:loss.hinge.d`: $\operatorname{mean} \max(0, 1 - r) + \operatorname{mean} \max(0, 1 + f)$ | `minigan.losses.Hinge.d` | `tests/test_losses.py`: `test_hinge_by_hand` |
#
# - A discriminator ends without an activation. Its score is a logit; the probability is for talking.
# - The slope of the cross-entropy is probability minus truth, over N.
# - Two losses with the same aim can have very different slopes, and it is the slope that teaches.
#
# ## Next
#
# [Lesson 4: Gradient-check clinic](04_gradient_clinic.ipynb). Six patients, six bugs that real projects shipped. Some of them no gradient check can see, and you learn which other check does.
