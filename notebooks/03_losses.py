# %% [markdown]
# # Lesson 3: Losses from logits
#
# **Goal** Turn a discriminator's score into a loss and its gradient, in a form that works for any score, and see why the first GAN loss
# leaves a young generator without a gradient.
#
# **Prerequisites** Lesson 1 (gradient checks) and lesson 2 (gradients, `dy` notation); logarithms; the idea of a probability.
#
# **Run time** 6 s on two cores (measured).
#
# The discriminator D is shown a picture and says how real it looks, as one number. The papers write $D(x) \in (0, 1)$, a probability, and the
# losses as $-\log D(x)$. If you type that in, the GAN trains for ten minutes and then prints `nan` for ever: D has become very sure of one
# picture. The cure is to let D output a *score*, any real number, and to simplify the formula before computing it. It costs nothing, and
# every gradient becomes simpler.

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


def its_gradient(s):
    """By the chain rule: -1/p times dp/ds = p (1 - p)."""
    p = 1 / (1 + np.exp(-s))
    return -1 / p * p * (1 - p)


with np.errstate(all="ignore"):  # NumPy would warn; a training loop has long scrolled past
    for s in np.array([5, -5, -50, -100], np.float32):
        print(
            f"score {s:5.0f}   as printed {as_printed(s):8.5f}, gradient {its_gradient(s):8.5f}", end="   "
        )
        print(f"from the logit {softplus(-s):9.5f}")

check.losses.p1(guess)

# %% [markdown]
# A loss of `inf` is a nuisance. A gradient of `nan` is fatal: the optimizer adds it to every weight, and from then on all the weights are
# `nan`.
#
# ## Derive: from a score to a loss
#
# **A score is a logit.** Any probability can be written as odds, $p : (1 - p)$, and odds as their logarithm, which runs over all real numbers: $s = \log \frac{p}{1 - p}$, the *logit*. Solved for $p$,
# and in a form in which $e$ is only ever raised to something negative:
#
# $$ \sigma(x) = \frac{1}{1 + e^{-x}} = \begin{cases} 1 / (1 + e^{-x}) & x > 0 \\ e^{x} / (1 + e^{x}) & x \le 0 \end{cases} \tag{eq:sigmoid.forward} $$
#
# So let D output $s$, and read $\sigma(s)$ as its probability when we want to talk about it. $s = 0$ means "I cannot tell", and
# $1 - \sigma(s) = \sigma(-s)$: the probability of "fake" is that of "real" at the opposite score.
#
# **A loss is a surprise.** The truth is $t = 1$ (real) or $t = 0$ (fake). D gives the truth the probability
# $\sigma(s)^t (1 - \sigma(s))^{1 - t}$. The probability of many pictures together is the product of theirs. We want it large, so we want
# minus its logarithm small, and take the mean:
#
# $$ L = \operatorname{mean}\bigl[ -t \log \sigma(s) - (1 - t) \log(1 - \sigma(s)) \bigr] = \operatorname{mean}\bigl[ \operatorname{softplus}(s) - t\, s \bigr] \tag{eq:bce} $$
#
# This is the *binary cross-entropy*; the right-hand side is the simplified form. To see that they are equal, write down two logarithms:
#
# $$ -\log \sigma(s) = \log(1 + e^{-s}) = \operatorname{softplus}(-s), \qquad -\log(1 - \sigma(s)) = \operatorname{softplus}(s) = s + \operatorname{softplus}(-s) \tag{3.1} $$
#
# and insert them: $t\,(\operatorname{softplus}(s) - s) + (1 - t) \operatorname{softplus}(s)$. No probability is left that could round to 0 or
# to 1. The one remaining function does not overflow if the large part is pulled out of the logarithm,
# $\log(1 + e^x) = \log\bigl(e^x (e^{-x} + 1)\bigr)$:
#
# $$ \operatorname{softplus}(x) = \log(1 + e^{x}) = \max(x, 0) + \log\bigl(1 + e^{-|x|}\bigr) \tag{eq:softplus.forward} $$
#
# **Its gradient is probability minus truth.** The backward pass needs two derivatives. The sigmoid is $y = 1 / u$ with $u = 1 + e^{-x}$, so
# its derivative is $e^{-x} / u^2 = \frac{1}{u} \cdot \frac{u - 1}{u}$:
#
# $$ \sigma'(x) = y\, (1 - y), \qquad y = \sigma(x) \tag{eq:sigmoid.derivative} $$
#
# at most $\frac14$, and tiny where D is sure. The derivative of softplus, $\log(1 + e^x)$, is $\frac{e^x}{1 + e^x}$:
#
# $$ \operatorname{softplus}'(x) = \sigma(x) \tag{eq:softplus.derivative} $$
#
# The derivative of this logarithm is a probability. So for a batch of $N$ scores
#
# $$ ds = \frac{\sigma(s) - t}{N} \tag{eq:bce.gradient} $$
#
# which is between $-1/N$ and $1/N$, for any scores. By hand: D gives a real picture the score 0. Its probability is $\frac12$, the loss is
# $\log 2 = 0.693$, the gradient is $\frac12 - 1 = -\frac12$: a step downhill raises that score.
#
# **A little less than certainty.** With $t = 1$ the gradient is negative at every score: even a picture that D has recognised long ago pushes
# its score further up, without end. *Label smoothing* replaces the truth by the toss of a coin in a share $\epsilon$ of the cases. On average
# the target is then
#
# $$ t = (1 - \epsilon)\, \text{target} + \frac{\epsilon}{2} \tag{eq:bce.smoothing} $$
#
# and the gradient is 0 at the finite score $\log \frac{t}{1 - t}$. With $\epsilon = 0.2$ a real picture has $t = 0.9$, and its score is
# pulled to $\log 9 = 2.2$, from both sides.

# %%
s = np.arange(-120, 60, dtype=np.float32)
with np.errstate(all="ignore"):
    printed = as_printed(s)
printed[~np.isfinite(printed) | (printed == 0)] = np.nan  # a picture cannot show them
survive = s[np.isfinite(printed)]

with figure(
    "Computed from the probability, the loss of a real picture is right only in a window of scores"
) as ax:
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
# ## Check: the gradient, near and far
#
# Far out the loss is almost a straight line, so even a difference with $h = 1$ is exact there.

# %%
rng = np.random.default_rng(0)
near, far = rng.standard_normal(4), np.array([-1e4, 1e4, 1e4, -1e4])
for where, s, h in (("near", near, 1e-5), ("far ", far, 1.0)):
    t = np.array([1.0, 0.0, 1.0, 0.0])
    ds = losses.bce_with_logits(s, t)[1]
    expected = numerical_gradient(lambda s: losses.bce_with_logits(s, t)[0], s, h)
    print(compare(where, ds, expected, FIRST))

p, x = sigmoid(near), near.copy()
print(compare("sigmoid'", p * (1 - p), numerical_gradient(lambda x: sigmoid(x).sum(), x), FIRST))
print(compare("softplus'", p, numerical_gradient(lambda x: softplus(x).sum(), x), FIRST))
s = np.log([0.9 / 0.1, 0.1 / 0.9])  # where the gradient is 0 for smoothed targets of 1 and 0
ds = losses.bce_with_logits(s, np.array([1.0, 0.0]), smoothing=0.2)[1]
print(compare("smoothed, at rest", ds, np.zeros(2), ADJOINT))

# %% [markdown]
# ## Predict: what gradient does a rejected generator get?
#
# Now the game. D is shown real pictures, with scores $r$, and fakes made by the generator G, with scores $f$. In the first GAN paper D wants $\log D(\text{real}) + \log(1 - D(\text{fake}))$ large, and G wants the same quantity *small*: G minimises $\log(1 - D(\text{fake}))$, the logarithm of the probability that its fake is recognised.
#
# At the beginning G draws noise and D is sure that it is fake: $f = -10$. How large is the gradient of G's loss in $f$ (for a batch of one)?
# It is all that G can learn from.
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

check.losses.p2(guess)

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
# Its gradients say how wrong D was about each picture:
#
# $$ dr = -\frac{\sigma(-r)}{N}, \qquad df = \frac{\sigma(f)}{N} \tag{eq:loss.minimax.d.gradients} $$
#
# A number to remember: a D that cannot tell outputs 0 for everything, and its loss is $2 \log 2 = 1.386$.
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
# Both gradients are negative everywhere: both raise $f$. But where D rejects a fake with certainty, $f \to -\infty$, the first has the size
# $\sigma(f) \to 0$ and the second $\sigma(-f) \to 1$. *The minimax generator learns least when it is worst.*
#
# The smallest experiment shows how much that matters. Let G own the score itself and do gradient descent on its loss,
# $f \leftarrow f - \eta\, df$ with $\eta = 0.5$, from $f = -10$ until D is in doubt, $f = 0$.


# %%
def walk(loss, f=-10.0, rate=0.5):
    path = [f]
    while path[-1] < 0:
        path.append(path[-1] - rate * float(loss.g(None, np.array([path[-1]]))[1][0]))
    return path


paths = {"minimax": walk(losses.minimax), "non-saturating": walk(losses.non_saturating)}
f = np.linspace(-10, 10, 201)
title = "While D is sure of itself, minimax gives G no gradient: 44,000 steps instead of 22"
with figure(title, panels=2) as (left, right):
    for name, loss in (("minimax", losses.minimax), ("non-saturating", losses.non_saturating)):
        left.plot(f, -loss.g(None, f)[1] * f.size, label=name)
        right.semilogx(np.arange(1, len(paths[name]) + 1), paths[name])
    left.set(title="push on a score: minus its gradient", xlabel="D's score f of a fake")
    left.legend(loc="center left", handlelength=2.2, fontsize=9)
    right.set(title="the score of a fake that follows it", xlabel="steps", ylabel="f")

print({name: len(path) - 1 for name, path in paths.items()}, "steps")
assert 18 <= len(paths["non-saturating"]) - 1 <= 24
assert 35_000 < len(paths["minimax"]) < 50_000

# %% [markdown]
# In the library a loss is an object with two methods, `d` for the loss of D and `g` for that of G. Each returns a value and the gradients in
# the scores, and knows nothing of networks: backpropagation starts from these gradients. There are six losses; lesson 18 compares them.

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
# ## Derive: other questions than yes or no
#
# Not every network is asked "real or fake?". The same idea, *a loss is a surprise*, minus the logarithm of the probability that was given to
# the truth, works for other questions too.
#
# **Which of K?** A classifier (the library's DigitNet of lesson 20 is one) gives each class $k$ a score $s_k$, and probabilities in proportion to $e^{s_k}$, which is the *softmax*: $p_k = e^{s_k} / \sum_j e^{s_j}$. The mean surprise of $N$ samples is
#
# $$ L = -\operatorname{mean}_n \log p_{n,\, \text{label}_n}, \qquad p = \operatorname{softmax}(s) \tag{eq:cross\_entropy} $$
#
# Of one sample that is $\log \sum_j e^{s_j} - s_{\text{label}}$. The gradient of the first term is $e^{s_k} / \sum_j e^{s_j} = p_k$, that of the second $-1$ at the label and 0 elsewhere; the row with a 1 at the label is called onehot:
#
# $$ ds = \frac{p - \text{onehot}}{N} \tag{eq:cross\_entropy.gradient} $$
#
# Probability minus truth, again; with two classes and the scores 0 and $s$ it *is* `eq:bce.gradient`. And again the large part is pulled out first: subtracting one number from all scores of a row changes no $p$, so the library subtracts the largest, and no exponential overflows.
#
# **How much?** If the truth is normally distributed around the prediction $y$ with variance 1, the surprise is $\frac12 (t - y)^2$ plus a
# constant. If its density falls off like $e^{-|t - y|}$, the surprise is $|t - y|$ plus a constant. A constant factor does not move the
# minimum, and everybody calls the mean *without* the $\frac12$ the mean squared error: twice the mean surprise, up to a constant. So, with
# *size* for the number of entries, and the derivatives $2u$ of $u^2$ and $\operatorname{sign} u$ of $|u|$:
#
# $$ L = \operatorname{mean}\,(y - t)^2, \qquad dy = \frac{2\, (y - t)}{\text{size}} \tag{eq:mse} $$
#
# $$ L = \operatorname{mean} |y - t|, \qquad dy = \frac{\operatorname{sign}(y - t)}{\text{size}} \tag{eq:l1} $$
#
# The first pulls in proportion to the distance, the second with the same force at any distance. If one constant has to predict all of $t$,
# the pulls must cancel: for the first loss $\sum (y - t) = 0$, so the best constant is the *mean*; for the second as many $t$ are above as
# below, so it is the *median*.
#
# **How far from the noise?** Suppose that a network outputs for each number the mean $\mu$ and the variance $\sigma^2 = e^{\lambda}$ of a
# normal distribution $q$ (the logarithm $\lambda$, so that no variance is negative), and that $q$ should stay near the standard normal noise
# $p$. We measure how much more surprising the draws of $q$ are to somebody who expects $p$: $\operatorname{mean}[\log q(x) - \log p(x)]$ for
# $x$ from $q = \mathcal{N}(\mu, \sigma^2)$, with $p = \mathcal{N}(0, 1)$. The constants cancel, and
# $\frac12 \operatorname{mean}\bigl[ x^2 - (x - \mu)^2 / \sigma^2 - \log \sigma^2 \bigr]$ remains. The mean of $x^2$ is $\mu^2 + \sigma^2$,
# that of $(x - \mu)^2$ is $\sigma^2$. Summed over the numbers of a sample, mean over the batch:
#
# $$ L = \frac{1}{2N} \sum \bigl( \mu^2 + e^{\lambda} - 1 - \lambda \bigr), \qquad \lambda = \log \sigma^2 \tag{eq:gaussian\_kl} $$
#
# $$ d\mu = \frac{\mu}{N}, \qquad d\lambda = \frac{e^{\lambda} - 1}{2N} \tag{eq:gaussian\_kl.gradients} $$
#
# This *Kullback-Leibler divergence* is never negative, since $e^\lambda \ge 1 + \lambda$, and both gradients vanish only at mean 0 and variance 1.

# %%
show_source(losses.softmax_cross_entropy, losses.mse, losses.l1, losses.gaussian_kl)

# %% [markdown]
# ## Check: value and gradient of each
#
# We check the gradients against differences, and the values against something that does not use the formula: two classes are the binary
# cross-entropy, the best constants are NumPy's mean and median, the mean squared error is twice the mean surprise, and the divergence is an
# integral, summed on a fine grid.

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
    print(compare(f"gradient: {name}", loss(x, other)[1], expected, FIRST))
expected = numerical_gradient(lambda log_var: losses.gaussian_kl(y, log_var)[0], t)
print(compare("gradient: divergence, log var", losses.gaussian_kl(y, t)[2], expected, FIRST))

two = np.stack([np.zeros(5), s[:, 0]], axis=1)
real = np.array([0, 1, 1, 0, 1])
classes, binary = losses.softmax_cross_entropy(two, real), losses.bce_with_logits(s[:, 0], real)
print(compare("two classes", classes[0], binary[0], ADJOINT))
print(compare("two classes, gradient", classes[1][:, 1], binary[1], ADJOINT))

surprise = -np.log(np.exp(-((y - t) ** 2) / 2) / np.sqrt(2 * np.pi))  # of a normal variable
constant = np.log(2 * np.pi) / 2
print(compare("mse is twice the surprise", losses.mse(y, t)[0], 2 * np.mean(surprise - constant), ADJOINT))

t = rng.standard_normal(7)  # an odd number, so that the median is one of them, at the kink of l1
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


check.losses.q1(my_softplus)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def my_softplus(x):
#     return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
# ```
#
# `exp` is only taken of numbers that are not positive, so the result is in (0, 1] and cannot overflow. And `log1p(u)` computes $\log(1 + u)$ without forming $1 + u$, which for small $u$ would round to 1.
#
# </details>

# %% [markdown]
# ### Exercise 2: probability minus truth
#
# Given scores `s` and targets `t`, arrays of the same shape, return the gradient `ds` of the mean binary cross-entropy. (The scores are small here; you may write the sigmoid as you like.)


# %% tags=["exercise"]
def cross_entropy_gradient(s, t):
    return ...  # your code: ds, an array like s


check.losses.q2(cross_entropy_gradient)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def cross_entropy_gradient(s, t):
#     return (1 / (1 + np.exp(-s)) - t) / s.size
# ```
#
# The long way, through the probability, gives the same: $\partial L / \partial p = \frac{p - t}{p (1 - p)}$ times $\partial p / \partial s = p (1 - p)$. The factor $p (1 - p)$, which vanishes where D is sure, cancels. So this loss and the sigmoid belong together.
#
# </details>

# %% [markdown]
# ### Exercise 3: the hinge
#
# A loss without any logarithm. D wants $r \ge 1$ and $f \le -1$, and ignores scores that are right by that margin:
#
# $$ L_D = \operatorname{mean} \max(0,\, 1 - r) + \operatorname{mean} \max(0,\, 1 + f) \tag{eq:loss.hinge.d} $$
#
# Given `r` and `f`, arrays of N scores each, return `value, d_real, d_fake`.


# %% tags=["exercise"]
def hinge_d(r, f):
    return ...  # your code: value, d_real, d_fake


check.losses.q3(hinge_d)

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
# Inside the margin the gradient is constant, so a very wrong score pulls no harder than a slightly wrong one; outside it is 0. The kinks are
# at $r = 1$ and $f = -1$, where (lesson 1) a difference would report half the gradient.
#
# </details>

# %% [markdown]
# ## Break it
#
# A loss returns a value and a gradient, and each can be wrong alone. Three bugs, all found in published code:
#
# 1. *The forgotten 1/N.* The value is a mean, but the gradient is not divided by N. With twice the batch the learning rate has doubled.
# 2. *The sigmoid twice.* D ends in a sigmoid, and the loss applies another one. The author even differentiated correctly through both.
# 3. *The printed formula*, $\log(1 + e^s)$, as in the papers.
#
# Which of them pass the gradient check of lesson 1, at ordinary scores?
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
    value, ds = losses.bce_with_logits(s, t)
    expected = numerical_gradient(lambda s: losses.bce_with_logits(s, t)[0], s)
    yield compare("gradient against differences", ds, expected, FIRST)
    p = 1 / (1 + np.exp(-s))
    definition = np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))
    yield compare("value against its definition", value, definition, ADJOINT)
    far, _ = losses.bce_with_logits(np.array([-1e4, 1e4]), np.array([1.0, 0.0]))
    yield compare("value far out", far, 1e4, FIRST)


def without_one_over_n(s, target):
    value, ds = right(s, target)
    return value, ds * s.size  # right: ds


def sigmoid_twice(s, target):
    p = sigmoid(s)
    value, ds = right(p, target)  # right: right(s, target)
    return value, ds * p * (1 - p)


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

check.losses.p3(guess)
assert caught == {
    "the forgotten 1/N": [False, True, True],
    "the sigmoid twice": [True, False, False],
    "the printed formula": [True, True, False],
}
assert not show_checks(examine())

# %% [markdown]
# Three bugs, three different checks. So `minigan certify` makes three claims about every loss: *its gradient is the gradient of its value*
# (differences), *its value is that of the paper* (the definition, computed from the probability, score by score), and *both are finite at
# scores of ±10,000*.
#
# What does the second sigmoid do to a training? Scores in $(0, 1)$ mean probabilities between $\sigma(0) = 0.5$ and $\sigma(1) = 0.73$: D can
# never call a picture fake, and can never be surer than 0.73 that one is real. The training runs, D learns something, and nobody notices.
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
# - A discriminator ends without an activation function. Its score is a logit; we convert it to a probability only to talk about it.
# - The gradient of the cross-entropy is probability minus truth, over N.
# - Two losses with the same aim can have very different gradients, and training follows the gradient.
#
# ## Next
#
# [Lesson 4: Gradient-check clinic](04_gradient_clinic.ipynb). Six patients, six bugs that real projects shipped. No gradient check can see
# some of them, and you learn which other check does.
