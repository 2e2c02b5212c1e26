# %% [markdown]
# # Lesson 7: The GAN game
#
# **Goal** Know what the two players play for: the value of the game, the best D, the divergence that is left when D is at its best, and what
# each of the two losses of G really minimises.
#
# **Prerequisites** Lesson 3 (both losses of G) and lesson 6 (the best D is $p / (p + q)$). Expectations of discrete random variables.
#
# **Run time** 8 s on two cores (measured).
#
# "The generator fools the discriminator" is a story, and stories do not converge. The GAN paper of 2014 contained a page of mathematics: if D
# is always at its best, then G minimises a *divergence* between two distributions, a number that says how far apart they are, and it has its
# only minimum where fakes and reals have the same distribution. You derive that page here without gaps, with distributions so small that
# every expectation is a sum. And then you will see what the page does *not* say: the loss that everybody uses instead minimises something
# else.

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram("loss_G", "loss_D")

# %%
import numpy as np

from minigan import losses
from minigan.differences import FIRST, compare, numerical_gradient
from minigan.layers import Dense
from minigan.layers.activations import sigmoid, softplus
from minigan.losses import Minimax
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source

# %% [markdown]
# ## Predict: a false coin
#
# The real coin is fair: half heads, half tails. The forger's coin always shows heads. D is shown one throw at a time and gives it a score; as always its loss is $\operatorname{mean}\operatorname{softplus}(-r) + \operatorname{mean}\operatorname{softplus}(f)$, with $2 \log 2 = 1.386$ for a D that cannot tell. D may train for as long as it likes, and may choose its two numbers, $s(\text{heads})$ and $s(\text{tails})$, freely. How small can its loss become?
#
# - **a** 0: anybody sees that the coin is false
# - **b** 1.386: one throw says nothing
# - **c** about 0.95

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def best_table(loss, real, fake, faces, rate=5.0, n=3000):
    """D is a table with one score for each face; gradient descent on its loss on these throws -> scores, loss."""
    s = np.zeros(faces)
    for _ in range(n):
        value, d_real, d_fake = loss.d(s[real], s[fake])
        s -= rate * (np.bincount(real, d_real, faces) + np.bincount(fake, d_fake, faces))
    return s, value


HEADS, TAILS = 0, 1
s, value = best_table(losses.minimax, real=np.array([HEADS, TAILS]), fake=np.array([HEADS, HEADS]), faces=2)
print(f"D says of heads: real with {sigmoid(s)[HEADS]:.4f},   of tails: {sigmoid(s)[TAILS]:.4f}")
print(f"its loss: {value:.4f}")

check.the_gan_game.p1(guess)
assert abs(value - 0.9548) < 1e-3

# %% [markdown]
# ## Derive: the value of the game
#
# There are $K$ possible outcomes, faces of a die. The real die shows face $k$ with probability $p_k$, G's die with probability $q_k$. D gives face $k$ a score $s_k$, and $D_k = \sigma(s_k)$ is the probability it gives to "real". Goodfellow and his colleagues wrote the game as *one* number that D wants large and G wants small:
#
# $$ V(D, G) = \sum_k p_k \log D_k + \sum_k q_k \log(1 - D_k) \tag{7.1} $$
#
# In the words of lesson 3, $\log \sigma(s) = -\operatorname{softplus}(-s)$ and $\log(1 - \sigma(s)) = -\operatorname{softplus}(s)$. So $-V$ is D's loss,
#
# $$ L_D = \operatorname{mean}\operatorname{softplus}(-r) + \operatorname{mean}\operatorname{softplus}(f) = -V \tag{eq:loss.minimax.d} $$
#
# and the part of $V$ that G can change, the second sum, is G's minimax loss:
#
# $$ L_G = -\operatorname{mean}\operatorname{softplus}(f) \tag{eq:loss.minimax.g} $$
#
# **D at its best.** Lesson 6 found the best score at each point, $s^*_k = \log (p_k / q_k)$, so that
#
# $$ D^*_k = \frac{p_k}{p_k + q_k}, \qquad 1 - D^*_k = \frac{q_k}{p_k + q_k} \tag{7.2} $$
#
# Insert it into the value. The result depends on G alone:
#
# $$ V(D^*, G) = \sum_k p_k \log \frac{p_k}{p_k + q_k} + \sum_k q_k \log \frac{q_k}{p_k + q_k} \tag{7.3} $$
#
# **Make it a divergence.** Neither denominator is a distribution: $p + q$ sums to 2. Half of it is one, the *mixture* $m = (p + q) / 2$: toss a fair coin for which die to throw. Write $p_k + q_k = 2 m_k$, so $\log \frac{p_k}{p_k + q_k} = \log \frac{p_k}{m_k} - \log 2$. The $p_k$ sum to 1, so the first sum loses $\log 2$, and so does the second:
#
# $$ V(D^*, G) = -2 \log 2 + \sum_k p_k \log \frac{p_k}{m_k} + \sum_k q_k \log \frac{q_k}{m_k} \tag{7.4} $$
#
# Both sums have the same form, the *Kullback-Leibler divergence*. It is the mean, over draws from $a$, of how much less probable somebody who expects $b$ thinks they are, as a logarithm:
#
# $$ \mathrm{KL}(a \,\Vert\, b) = \sum_k a_k \log \frac{a_k}{b_k} \tag{7.5} $$
#
# (with $0 \log 0 = 0$), and the mean of the two is the *Jensen-Shannon divergence*:
#
# $$ \mathrm{JSD}(p, q) = \tfrac12 \mathrm{KL}(p \,\Vert\, m) + \tfrac12 \mathrm{KL}(q \,\Vert\, m) \tag{7.6} $$
#
# Together:
#
# $$ V(D^*, G) = -\log 4 + 2\, \mathrm{JSD}(p, q), \qquad L_{D^*} = \log 4 - 2\, \mathrm{JSD}(p, q) \tag{7.7} $$
#
# **It measures how far apart they are.** The logarithm is below its tangent at 1: $\log u \le u - 1$, with equality at $u = 1$ only. So
#
# $$ -\mathrm{KL}(a \,\Vert\, b) = \sum_k a_k \log \frac{b_k}{a_k} \le \sum_k a_k \Bigl( \frac{b_k}{a_k} - 1 \Bigr) = \sum_k b_k - \sum_k a_k \le 0 \tag{7.8} $$
#
# (all sums over the faces with $a_k > 0$; there the $a_k$ sum to 1 and the $b_k$ to at most 1). Hence KL is never negative, and it is 0 only if $a = b$. Then JSD is never negative, and 0 only if $p = m$, that is $p = q$. From above, $p_k / m_k = 2 p_k / (p_k + q_k) \le 2$, so no logarithm in (7.6) is larger than $\log 2$:
#
# $$ 0 \le \mathrm{JSD}(p, q) \le \log 2 \tag{7.9} $$
#
# with $\log 2$ reached when $p$ and $q$ share no face. JSD is also symmetric, $\mathrm{JSD}(p, q) = \mathrm{JSD}(q, p)$, and KL is not.
#
# Is JSD a distance, then, a *metric*? A metric must also satisfy the triangle inequality: a detour cannot be shorter. JSD does not. For two coins that always show different sides it is $\log 2 = 0.693$. But with the fair coin in between it is $0.2158 + 0.2158 = 0.432$ (see below). Its *root* is a metric (Endres and Schindelin, 2003): $0.833 \le 0.465 + 0.465$. So we call JSD a divergence, the word for a number that is never negative and 0 only for equal distributions.
#
# **So the game has one equilibrium: $q = p$, $D = \frac12$ everywhere, $V = -\log 4$.** D's loss is then $\log 4 = 1.386$, its largest value at its best. (A G without any overlap leaves D the loss 0.)
#
# **By hand**, the coins: $p = (\frac12, \frac12)$, $q = (1, 0)$, $m = (\frac34, \frac14)$. $\mathrm{KL}(p \Vert m) = \frac12 \log \frac23 + \frac12 \log 2 = 0.1438$, $\mathrm{KL}(q \Vert m) = \log \frac43 = 0.2877$. JSD is their mean, $0.2158$, and $L_{D^*} = 1.3863 - 0.4315 = 0.9548$.


# %%
def kl(a, b):
    some = a > 0
    return float(np.sum(a[some] * np.log(a[some] / b[some])))


def jsd(p, q):
    return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2


always_heads, always_tails, fair = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.5, 0.5])
direct, detour = jsd(always_heads, always_tails), jsd(always_heads, fair) + jsd(fair, always_tails)
print(f"JSD: direct {direct:.3f}, by way of the fair coin {detour:.3f}: no metric")
assert detour < direct

rng = np.random.default_rng(0)
longest = max(  # direct minus detour, of the roots; a metric makes it 0 at most
    np.sqrt(jsd(a, b)) - np.sqrt(jsd(a, c)) - np.sqrt(jsd(c, b))
    for a, b, c in rng.dirichlet([0.3] * 3, (5000, 3))
)
print(f"its root: direct minus detour, for 5,000 random triples, at most {longest:.3f}")
assert longest <= 1e-12

heads = np.linspace(0.001, 0.999, 200)
coins = [np.array([h, 1 - h]) for h in heads]
title = "D's loss at its best is largest, log 4, exactly where fakes and reals are alike"
with figure(title, panels=2, size=(9, 3.4)) as (left, right):
    left.plot(heads, [np.log(4) - 2 * jsd(fair, q) for q in coins], color="black")
    left.axhline(np.log(4), color="black", linestyle=":", linewidth=1)
    left.annotate("log 4", (0.02, 1.35), va="top")
    left.set(title="D's loss at its best", xlabel="heads of G's coin (the real one: 0.5)")
    right.plot(heads, [kl(fair, q) for q in coins], label="KL(p || q)")
    right.plot(heads, [kl(q, fair) for q in coins], label="KL(q || p)")
    right.plot(heads, [jsd(fair, q) for q in coins], label="JSD")
    right.set(title="three divergences of the coins", xlabel="heads of G's coin", ylim=(-0.05, 1.2))
    right.legend(loc="upper center")

# %% [markdown]
# ## See the code
#
# No divergence appears anywhere in the library's losses: they are computed from one softplus. Notice that `NonSaturating` inherits D's part
# and replaces G's.

# %%
show_source(losses.minimax, losses.non_saturating)

# %% [markdown]
# ## Check: the loss at the best D is log 4 - 2 JSD
#
# Two dice with five faces. In a batch of 20 throws each face appears exactly as often as its probability says, so the means over the batch
# are *exactly* those of the die. D does gradient descent on its loss; then we compare its scores with $\log p/q$ and its loss with (7.7). No
# other table may have a smaller loss: we try a thousand near it.

# %%
real = np.repeat(np.arange(5), [8, 6, 3, 2, 1])
fake = np.repeat(np.arange(5), [2, 2, 4, 6, 6])
p, q = (np.bincount(throws) / 20 for throws in (real, fake))

s, value = best_table(losses.minimax, real, fake, faces=5)
print(compare("scores: log p/q", s, np.log(p / q), 1e-6))
print(compare("loss: log 4 - 2 JSD, (7.7)", value, np.log(4) - 2 * jsd(p, q), 1e-6))

rng = np.random.default_rng(0)
others = [losses.minimax.d(t[real], t[fake])[0] for t in s + 0.1 * rng.standard_normal((1000, 5))]
print(f"best {value:.6f}   the best of a thousand others {min(others):.6f}")
assert min(others) > value

# %% [markdown]
# ## Derive: what G minimises
#
# Let G's die be $q = \operatorname{softmax}(a)$, with numbers $a_k$ that G owns: $q_k = e^{a_k} / \sum_j e^{a_j}$. A fake of face $k$ costs G $c_k = \log(1 - D_k)$ in the minimax game, so $L_G = \sum_k q_k c_k$. G computes the gradient of that *with D held fixed*, since G does not control D.
#
# But D follows: when $q$ changes, the best D changes too. Is the gradient with D held fixed the gradient of $V(D^*(G), G)$, the function we derived? By the chain rule,
#
# $$ \frac{d}{da}\, V(D^*(a), a) = \frac{\partial V}{\partial a} + \frac{\partial V}{\partial D} \frac{d D^*}{da} = \frac{\partial V}{\partial a} \tag{7.10} $$
#
# because at the best D the gradient in D is zero, $\partial V / \partial D = 0$. (Economists call this the envelope theorem.) So **the minimax G, against a D at its best, minimises $2\, \mathrm{JSD}$.**
#
# Now the *non-saturating* loss, $c_k = -\log D_k$. Against the best D,
#
# $$ -\log D^*_k = \log \frac{p_k + q_k}{p_k} = \log \frac{q_k}{p_k} - \log \frac{q_k}{p_k + q_k} \tag{7.11} $$
#
# Its gradient, with D held fixed, is $\sum_k \frac{\partial q_k}{\partial a} \bigl(\log \frac{q_k}{p_k} - \log \frac{q_k}{p_k + q_k}\bigr)$. The first term is the gradient of $\mathrm{KL}(q \Vert p)$: differentiating $\sum q_k \log (q_k / p_k)$ gives $\sum \frac{\partial q_k}{\partial a} \bigl(\log \frac{q_k}{p_k} + 1\bigr)$, and the ones add up to 0 because $\sum_k q_k$ stays 1. The second is minus the minimax gradient, which is that of $2\, \mathrm{JSD}$. So
#
# $$ \frac{\partial L_G}{\partial a} = \frac{\partial}{\partial a} \Bigl[\, \mathrm{KL}(q \,\Vert\, p) - 2\, \mathrm{JSD}(p, q) \Bigr] \tag{7.12} $$
#
# (Arjovsky and Bottou, 2017.) **The non-saturating G minimises a different function from the minimax G**: $\mathrm{KL}(q \Vert p)$ *minus* the divergence that the minimax G minimises. Both have their minimum at $q = p$, if G can get there. What if it cannot?
#
# ## Check: both gradients
#
# We compare them with differences of the right-hand sides. The costs $c_k$ are taken from the library's losses, one fake at a time, and the softmax is differentiated by $\partial q_k / \partial a_j = q_k (\delta_{kj} - q_j)$.


# %%
def softmax(a):
    e = np.exp(a - a.max())
    return e / e.sum()


def gradient_of_g(loss, a, s):
    """dL_G/da with D's scores s held still; the library says what a fake of each face costs."""
    c = np.array([loss.g(None, np.array([score]))[0] for score in s])
    q = softmax(a)
    return q * (c - q @ c)


def twice_jsd(a):
    return 2 * jsd(p, softmax(a))


def reverse_minus_jsd(a):
    return kl(softmax(a), p) - 2 * jsd(p, softmax(a))


a = np.array([-0.5, 0.3, 0.1, 0.8, -0.2])
best = np.log(p / softmax(a))
minimax = gradient_of_g(losses.minimax, a, best)
other = gradient_of_g(losses.non_saturating, a, best)
print(compare("minimax:        2 JSD", minimax, numerical_gradient(twice_jsd, a), FIRST))
print(compare("non-saturating: (7.12)", other, numerical_gradient(reverse_minus_jsd, a), FIRST))

home = np.log(p)  # q = p
for loss in (losses.minimax, losses.non_saturating):
    at_home = np.abs(gradient_of_g(loss, home, np.zeros(5))).max()
    print(f"{loss.name:<15} largest gradient at q = p: {at_home:.0e}")

# %% [markdown]
# ## Predict: one bump for two
#
# The reals lie in two bumps, Gaussians with standard deviation 0.5 at $-2$ and at 2. G is a single Gaussian with two parameters, its mean and its standard deviation: it cannot make two bumps. It begins with mean 0.5 and standard deviation 1, and D is at its best at every step. Where does G end with each of its losses?
#
# - **a** with both losses it becomes wide and covers both bumps
# - **b** with both it settles on one bump
# - **c** minimax covers both, non-saturating settles on one
# - **d** minimax settles on one, non-saturating covers both

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
x = np.linspace(-8, 8, 801)  # a die with 801 faces
dx = x[1] - x[0]


def log_gauss(mean, std):
    return -((x - mean) ** 2) / (2 * std**2) - np.log(std) - 0.5 * np.log(2 * np.pi)


bumps = (np.exp(log_gauss(-2, 0.5)) + np.exp(log_gauss(2, 0.5))) / 2


def play(loss, mean=0.5, log_std=0.0, rate=0.05, n=1500):
    """G = (mean, log of the standard deviation) follows its gradient against the best D."""
    for _ in range(n):
        std = np.exp(log_std)
        s = np.log(bumps) - log_gauss(mean, std)  # log p/q
        c = -softplus(s) if loss is losses.minimax else softplus(-s)
        q = np.exp(log_gauss(mean, std))
        mean -= rate * np.sum(q * (x - mean) / std**2 * c) * dx  # dq/dmean = q (x - mean) / std^2
        log_std -= rate * np.sum(q * ((x - mean) ** 2 / std**2 - 1) * c) * dx
    return mean, np.exp(log_std)


ends = {loss.name: play(loss) for loss in (losses.minimax, losses.non_saturating)}
for name, (mean, std) in ends.items():
    q = np.exp(log_gauss(mean, std))
    print(f"{name:<15} mean {mean:5.2f}  standard deviation {std:4.2f}", end="   ")
    print(f"JSD {jsd(bumps * dx, q * dx):.3f}   KL(q || p) {kl(q * dx, bumps * dx):.3f}")

check.the_gan_game.p2(guess)

title = "Against the best D minimax covers both bumps, and the non-saturating loss picks one"
with figure(title, panels=2, size=(9, 3.2)) as axes:
    for ax, (name, (mean, std)) in zip(axes, ends.items(), strict=True):
        ax.fill_between(x, bumps, color="0.85", label="reals")
        ax.plot(x, np.exp(log_gauss(0.5, 1)), color="0.5", linestyle=":", label="G at first")
        ax.plot(x, np.exp(log_gauss(mean, std)), color="black", label="G at the end")
        ax.set(title=name.replace("_", "-"), xlabel="x", xlim=(-5, 5), ylim=(0, 0.85))
        ax.legend(loc="upper left", fontsize=8)

assert abs(ends["minimax"][0]) < 0.1 < 1.9 < ends["non_saturating"][0]

# %% [markdown]
# $\mathrm{KL}(q \Vert p)$ has $p$ in the denominator: a fake where $p$ is small costs a lot, a real where $q$ is small costs nothing. It
# punishes invented samples and not forgotten ones. Everybody uses that loss nevertheless, since the other one does not move a bad G at all
# (lesson 3). This is one cause of *mode collapse*, the subject of lesson 9. A G that can make both bumps has no reason to choose one, but
# during training it may.
#
# ## Derive: a game is not a descent
#
# All of this assumed that D is always at its best. In a real training D makes one step for each step of G. Then nobody minimises JSD: (7.10) needs $\partial V / \partial D = 0$. What is left is the game of lesson 5, with some friction. Near the equilibrium D's own loss has the curvature
#
# $$ \frac{\partial^2 L_D}{\partial s_k^2} = (p_k + q_k)\, \sigma(s_k)\, \sigma(-s_k) = \frac{p_k}{2} \qquad \text{at } q = p,\ s = 0 \tag{7.13} $$
#
# (lesson 6), a bowl, while the coupling of the two players rotates. That is a game with friction, as in exercise 3 of lesson 5, and it converges; how directly, depends on how fast D learns. Let us plot the JSD of the two dice while they play.


# %%
def dice_game(rate_d, rate_g=1.0, n=300):
    """JSD after each step; rate_d = None: D at its best before each step of G."""
    s, a, divergence = np.zeros(5), np.log(np.bincount(fake) / 20), []
    for _ in range(n):
        q = softmax(a)
        divergence.append(jsd(p, q))
        if rate_d is None:
            s = np.log(p / q)
        else:
            s = s - rate_d * (-p * sigmoid(-s) + q * sigmoid(s))
        a = a - rate_g * gradient_of_g(losses.minimax, a, s)
    return np.array(divergence)


title = "JSD falls steadily as long as D keeps up; a slow D makes it oscillate"
with figure(title, size=(8, 3.4)) as ax:
    for name, rate_d in (("D at its best", None), ("D as fast as G", 1.0), ("D ten times slower", 0.1)):
        divergence = dice_game(rate_d)
        ax.semilogy(divergence, label=name)
        rises = int(np.sum(np.diff(divergence) > 1e-12))
        print(f"{name:<20} JSD rose in {rises:3d} of 299 steps, ends at {divergence[-1]:.0e}")
    ax.set(xlabel="step", ylabel="JSD of real and fake", ylim=(1e-7, 1))

assert np.sum(np.diff(dice_game(None)) > 1e-12) == 0 < np.sum(np.diff(dice_game(0.1)) > 1e-12)

# %% [markdown]
# ## Modify
#
# ### Exercise 1: D's loss at its best
#
# Given `p` and `q`, arrays of probabilities of the faces, return D's loss at its best, straight from (7.3). Some entries may be 0.


# %% tags=["exercise"]
def best_loss(p, q):
    return ...  # your code: one number


check.the_gan_game.q1(best_loss)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def best_loss(p, q):
#     loss = 0.0
#     for a in (p, q):
#         some = a > 0
#         loss -= np.sum(a[some] * np.log(a[some] / (p + q)[some]))
#     return loss
# ```
#
# Where $a_k = 0$ the term is 0, the limit of $u \log u$. The sum $p + q$ is positive wherever $p$ or $q$ is, so nothing is ever divided by 0. This is the advantage of comparing with a mixture: JSD exists even for distributions that share nothing.
#
# </details>

# %% [markdown]
# ### Exercise 2: another loss, another divergence
#
# The *least squares* GAN asks D for a score near 1 on reals and near 0 on fakes:
#
# $$ L_D = \tfrac12 \operatorname{mean} (r - 1)^2 + \tfrac12 \operatorname{mean} f^2 \tag{eq:loss.least\_squares.d} $$
#
# Repeat the derivation: which score is best at each face, and how large is D's loss then? Given `p` and `q`, all entries positive, return both, `s` (an array) and `loss` (a number).


# %% tags=["exercise"]
def best_least_squares(p, q):
    return ...  # your code: s, loss


check.the_gan_game.q2(best_least_squares)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def best_least_squares(p, q):
#     s = p / (p + q)
#     loss = (np.sum(p * (s - 1) ** 2) + np.sum(q * s**2)) / 2
#     return s, loss
# ```
#
# $p (s - 1) + q s = 0$ gives $s = p / (p + q)$, and the loss is $\frac12 \sum \frac{p q}{p + q}$: $\frac14$ if the dice are alike, 0 if they share no face. Every loss of D gives such a divergence when the best D is inserted. They differ in which errors of G they punish most.
#
# </details>

# %% [markdown]
# ### Exercise 3: a divergence, computed from D's scores
#
# Turn (7.7) around. Given D's scores `r` of reals and `f` of fakes, arrays of perhaps different lengths, return the estimate of $\mathrm{JSD}(p, q)$ that a D at its best would make.


# %% tags=["exercise"]
def jsd_from_scores(r, f):
    return ...  # your code: one number


check.the_gan_game.q3(jsd_from_scores)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def jsd_from_scores(r, f):
#     loss = np.mean(np.logaddexp(0, -r)) + np.mean(np.logaddexp(0, f))
#     return np.log(2) - loss / 2
# ```
#
# A D that is not at its best has a larger loss, so the estimate is too small: on fresh samples it is a lower bound. If it is negative, D is worse than one that says 0 to everything. On the samples it was trained on it measures D's memory (lesson 6).
#
# </details>

# %% [markdown]
# ## Break it
#
# Three changes to the losses, each with the right gradients for its value:
#
# 1. *Halved*: D's loss is the mean of its two parts instead of their sum. (Goodfellow's own tutorial of 2016 and one of the most-used collections of GANs do this.)
# 2. *Smoothed*: D is told that reals are real with probability 0.9. (A common trick against a D that is too sure.)
# 3. *A lost minus*: G's minimax loss is $+\operatorname{mean}\operatorname{softplus}(f)$.
#
# Take the first. D is trained with Adam. What changes?
#
# - **a** D learns half as fast
# - **b** nothing but the printed number
# - **c** the best D is a different one

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
right_d = Minimax.d


def halved(self, r, f):
    value, d_real, d_fake = right_d(self, r, f)
    return value / 2, d_real / 2, d_fake / 2  # right: without the 2


def smoothed(self, r, f):
    value = np.mean(softplus(r) - 0.9 * r) + np.mean(softplus(f))  # right: 1 instead of 0.9
    return value, (sigmoid(r) - 0.9) / r.size, sigmoid(f) / f.size


def lost_minus(self, r, f):
    return np.mean(softplus(f)), sigmoid(f) / f.size  # right: a minus before each


def trained():
    """A small D after 200 steps of Adam on one batch, and the last loss it reports."""
    D = Sequential(Dense(1, 1), rng=0, dtype=np.float64)
    opt, rng = Adam(D, 0.01), np.random.default_rng(0)
    x, y = 1 + rng.standard_normal((64, 1)), rng.standard_normal((64, 1)) - 1
    for _ in range(200):
        (r, real_caches), (f, fake_caches) = D.forward(x), D.forward(y)
        value, d_real, d_fake = losses.minimax.d(r, f)
        D.backward(d_real, real_caches)
        D.backward(d_fake, fake_caches)
        opt.step()
    return D.theta.copy(), value


theta, reported = trained()
with planted(Minimax, "d", halved):
    theta_halved, reported_halved = trained()
print(f"weights differ by {np.abs(theta - theta_halved).max():.0e}")
print(f"loss of D: {reported:.3f} and {reported_halved:.3f}")
check.the_gan_game.p3(guess)

# %% [markdown]
# Now all three, and four checks: the gradients against differences; D's loss at scores 0, which should be $\log 4$; the best table against $p / (p + q)$; and the gradient of G against the gradient of $2\, \mathrm{JSD}$.


# %%
def examine():
    rng = np.random.default_rng(1)
    r, f = rng.standard_normal((2, 6))
    of_d = numerical_gradient(lambda f: losses.minimax.d(r, f)[0], f)
    yield compare("gradients", losses.minimax.d(r, f)[2], of_d, FIRST)
    of_d = numerical_gradient(lambda r: losses.minimax.d(r, f)[0], r)
    yield compare("gradients", losses.minimax.d(r, f)[1], of_d, FIRST)
    of_g = numerical_gradient(lambda f: losses.minimax.g(None, f)[0], f)
    yield compare("gradients", losses.minimax.g(None, f)[1], of_g, FIRST)
    yield compare("log 4 at s = 0", losses.minimax.d(0 * r, 0 * f)[0], np.log(4), FIRST)
    best, _ = best_table(losses.minimax, real, fake, faces=5)
    q = np.bincount(fake) / 20
    yield compare("D at its best", sigmoid(best), p / (p + q), 1e-4)
    walks = gradient_of_g(losses.minimax, a, np.log(p / softmax(a)))
    yield compare("G minimises JSD", walks, numerical_gradient(twice_jsd, a), FIRST)


caught = {}
for name, verb, wrong in (
    ("halved", "d", halved),
    ("smoothed", "d", smoothed),
    ("a lost minus", "g", lost_minus),
):
    print(name)
    with planted(Minimax, verb, wrong):
        checks = list(examine())
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

assert caught == {
    "halved": {"log 4 at s = 0"},
    "smoothed": {"D at its best"},
    "a lost minus": {"G minimises JSD"},
}
assert not show_checks(examine())

# %% [markdown]
# Each sentence of the theory is a check, and each of the last three catches one change and not the others. The first two changes are not
# mistakes, as long as one knows about them: a halved loss has its equilibrium at $\log 2 = 0.693$, not at 1.386. With smoothing D ends at
# $0.9\, p / (p + q)$, no longer a measurement of $p / q$, and exercise 3 gives a wrong estimate.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:loss.minimax.d`: $L_D = -V$, at its best $\log 4 - 2\, \mathrm{JSD}$ | `minigan.losses.Minimax.d` | `tests/test_losses.py`: `test_minimax_by_hand`, `test_equilibrium_is_2_log_2_or_log_2` |
# | `eq:loss.minimax.g`: $-\operatorname{mean}\operatorname{softplus}(f)$, minimises $2\, \mathrm{JSD}$ | `minigan.losses.Minimax.g` | `tests/test_losses.py`: `test_minimax_by_hand` |
# | `eq:loss.non_saturating.g`: $\operatorname{mean}\operatorname{softplus}(-f)$, minimises $\mathrm{KL}(q \Vert p) - 2\, \mathrm{JSD}$ | `minigan.losses.NonSaturating.g` | `tests/test_losses.py`: `test_non_saturating_by_hand`, `test_minimax_vanishes_where_non_saturating_does_not` |
#
# - $V(D^*, G) = -\log 4 + 2\, \mathrm{JSD}(p, q)$: with D at its best, its loss measures how far the fakes are from the reals. It is *largest* when they are alike.
# - JSD is a divergence, not a metric; its root is a metric.
# - The minimax G then minimises JSD. The non-saturating G minimises something that would rather forget a mode than invent a sample.
# - With one step each, nobody minimises anything: it is a game.
#
# ## Next
#
# [Lesson 8: Your first GAN](08_first_gan.ipynb). No more dice: two networks, eight modes in the plane, and every step of the training written
# by you. You will see the gradient that D gives to G, as arrows.
