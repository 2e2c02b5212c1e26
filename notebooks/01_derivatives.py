# %% [markdown]
# # Lesson 1: Derivatives a computer can check
#
# **Goal** Take any derivative that was written by hand and show that it is right to ten digits, or name the entry in which it is wrong.
#
# **Prerequisites** Derivatives and Taylor's formula; NumPy arrays. No networks, no GANs.
#
# **Run time** 2 s on two cores (measured).
#
# A program with a wrong sorting routine crashes or prints nonsense. A network with a wrong gradient does neither. It learns, a little worse
# than it could, and its author tries another learning rate. GANs are known for being hard to train, and part of that reputation is due to
# wrong gradients that nobody checked. So before the first network we build an instrument: a way to *measure the derivative of any function*.
# Every derivative in this library was checked with it, and from the next lesson on you will check your own work with it.
#
# (In each lesson, run the cells from top to bottom. Where a cell says `guess = "?"`, put in a letter first. Calls of `check.` judge your
# guess or your answer; you don't have to read their code.)

# %%
import numpy as np

from minigan import differences
from minigan.differences import FIRST, compare, complex_gradient, numerical_gradient
from minigan.layers import activations
from minigan.layers.activations import sigmoid, softplus
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, planted, show_checks, show_source

# %% [markdown]
# ## Predict: how small should the step be?
#
# The derivative of $f$ at $x$ is the limit of $\frac{f(x + h) - f(x)}{h}$ for $h \to 0$. A computer cannot take a limit, but it can take a
# small $h$. Our function is $f(x) = \log(1 + e^x)$, called *softplus*; the losses of lesson 3 are made of it. Its derivative is the
# *sigmoid*, $f'(x) = \sigma(x) = \frac{1}{1 + e^{-x}}$, so at $x = 1$ we know what should come out: 0.7310585786300049.
#
# In ordinary double precision (about 16 digits), which of these steps comes closest?
#
# - **a** $h = 10^{-1}$
# - **b** $h = 10^{-4}$
# - **c** $h = 10^{-8}$
# - **d** $h = 10^{-15}$: the smaller the better, as in a limit
#
# Commit to a letter before you run on. A wrong guess is remembered better than a right explanation.

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
x, exact = 1.0, sigmoid(np.array(1.0))  # the library's functions take arrays, here one of a single number
for k in (1, 4, 8, 15):
    h = 10.0**-k
    quotient = (softplus(np.array(x + h)) - softplus(np.array(x))) / h
    print(f"h = 1e-{k:02d}   quotient {quotient:.16f}   off by {abs(quotient - exact):.0e}")

check.derivatives.p1(guess)

# %% [markdown]
# ## Derive: two errors in opposite directions
#
# **The error of the formula.** Taylor's formula around $x$ says
#
# $$ f(x \pm h) = f(x) \pm h\, f'(x) + \frac{h^2}{2} f''(x) \pm \frac{h^3}{6} f'''(x) + \dots \tag{1.1} $$
#
# Subtract $f(x)$ and divide by $h$: the one-sided quotient is $f' + \frac h2 f'' + \dots$, so its error shrinks like $h$.
#
# **The error of the machine.** A double keeps about 16 digits: $f(x)$ is stored with an error of up to $\varepsilon |f(x)|$, where
# $\varepsilon \approx 10^{-16}$. The difference $f(x + h) - f(x)$ is tiny but still has these absolute errors, and then we divide it by $h$.
# The two errors together:
#
# $$ \text{error}(h) \approx \frac h2 |f''| + \frac{2 \varepsilon |f|}{h}, \qquad \text{least at } h \approx 2 \sqrt{\varepsilon\, |f / f''|} \approx 10^{-8} . \tag{1.2} $$
#
# That is half of the digits, and a one-sided quotient cannot do better. Two better ideas follow from (1.1).
#
# **Step to both sides.** Subtract the two forms of (1.1) from each other. $f(x)$ cancels, and so does $f''$:
#
# $$ \frac{\partial f}{\partial x_i} = \frac{f(x + h e_i) - f(x - h e_i)}{2h} + O(h^2) \tag{eq:difference.central} $$
#
# where $e_i$ is the $i$-th unit vector, so this works for functions of many variables too. In one variable the error is now about
# $\frac{h^2}{6} |f'''| + \frac{\varepsilon |f|}{h}$. It is least near $h = \varepsilon^{1/3} \approx 10^{-5}$, where ten to eleven digits are
# right.
#
# **Step to the side.** If $f$ equals its Taylor series (if it is *analytic*, as all functions built from sums, products, $\exp$ and $\sin$
# are), (1.1) also holds for an imaginary step: $f(x + \mathrm{i} h) = f + \mathrm{i} h f' - \frac{h^2}{2} f'' - \dots$ To first order the
# imaginary part is $h f'$, and nothing else:
#
# $$ \frac{\partial f}{\partial x_i} = \frac{\operatorname{Im} f(x + \mathrm{i}\, h\, e_i)}{h} + O(h^2) \tag{eq:difference.complex} $$
#
# Nothing is subtracted, so no rounding error is magnified. With $h = 10^{-20}$ the error $h^2$ is far below the last digit. (Squire and
# Trapp, 1998.)

# %%
steps = 10.0 ** -np.arange(0.5, 20, 0.5)


def off(quotient):
    return max(abs(float(quotient) - float(exact)), 1e-17)  # the picture is logarithmic and cannot show 0


def f(x, dtype=np.float64):
    return softplus(np.asarray(x, dtype))


def central(h, dtype=np.float64):
    above, below = dtype(x + h), dtype(x - h)
    return (f(above, dtype) - f(below, dtype)) / (above - below) if above != below else 0.0


with figure("Too small a step is worse than one too large, unless nothing is subtracted") as ax:
    ax.loglog(steps, [off((f(x + h) - f(x)) / h) for h in steps], label="one-sided")
    ax.loglog(steps, [off(central(h)) for h in steps], label="central")
    ax.loglog(steps, [off(central(h, np.float32)) for h in steps], label="central, in float32")
    ax.loglog(steps, [off(f(x + 1j * h, complex).imag / h) for h in steps], label="complex step")
    ax.set(xlabel="step h (small to the right)", ylabel="error of the derivative", ylim=(1e-18, 10))
    ax.invert_xaxis()
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))

# %% [markdown]
# Read each line from the left. First it falls, as Taylor's formula says: with $h$ for the one-sided quotient, with $h^2$ for the other two.
# Then, except for the complex step, rounding takes over and the error *rises* like $1/h$. In float32, with its 7 digits, even the best
# central difference has five right digits at most: too few to tell a right gradient from one that is slightly wrong. **We check gradients in
# float64** and train in float32. ($10^{-17}$ at the bottom of the picture stands for no error at all.)
#
# ## See the code
#
# This is the library's own source, read from the file when you run the cell. Notice that `numerical_gradient` changes `x` in place, one entry
# at a time, and restores the entry even if `f` raises an exception. So `f` may be a whole network that reads its weights from `x`.

# %%
show_source(numerical_gradient, complex_gradient)

# %% [markdown]
# It refuses float32, and the message says why:

# %%
try:
    numerical_gradient(np.sum, np.ones(3, np.float32))
except TypeError as error:
    print(error)

# %% [markdown]
# ## Check: a gradient of many variables
#
# Now a gradient you may have to write one day. The *log-sum-exp* is a smooth maximum of $n$ numbers:
#
# $$ f(x) = \log \sum_j e^{x_j}, \qquad \frac{\partial f}{\partial x_i} = \frac{e^{x_i}}{\sum_j e^{x_j}} \tag{1.3} $$
#
# by the chain rule: the outer $\log$ gives $1 / \sum_j e^{x_j}$, the inner sum gives $e^{x_i}$. (Its gradient is called the *softmax*.) How
# far is it from the differences? We measure the error relative to the largest entry, so that one number judges the whole array:
#
# $$ \text{error} = \frac{\max_i |a_i - b_i|}{\max_i |b_i|} \tag{eq:difference.error} $$


# %%
def logsumexp(x):
    return np.log(np.sum(np.exp(x)))


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x))


x = np.random.default_rng(0).standard_normal(6)
print("by hand    ", softmax(x))
print("differences", numerical_gradient(logsumexp, x))
print(compare("against central differences", softmax(x), numerical_gradient(logsumexp, x), FIRST))
side = complex_gradient(logsumexp, x.astype(complex)).real
print(compare("against the complex step   ", softmax(x), side, 1e-12))

errors = []
for seed in range(200):  # and at two hundred other points
    x = np.random.default_rng(seed).standard_normal(6)
    errors.append(compare("", softmax(x), numerical_gradient(logsumexp, x), FIRST).error)
print(f"the worst of 200 points: {max(errors):.1e}, {FIRST / max(errors):.0f} times below the bound")
assert max(errors) < FIRST / 100

# %% [markdown]
# `FIRST`, $10^{-7}$, is the bound that this library puts on every first derivative. Here a right gradient is at least a few hundred times
# below it. (Over the whole library the worst is still about 40 times below; `minigan certify` prints it for every layer and loss.) A wrong
# gradient, as you will see, misses the bound by a factor of a million. So the verdict is never close.
#
# ## Predict: what is the derivative at a kink?
#
# Most networks use an activation function with a *kink*: the LeakyReLU, $f(x) = x$ for $x > 0$ and $0.2\,x$ otherwise. What does the central
# difference report as its derivative at $x = 0$?
#
# - **a** 1
# - **b** 0.2
# - **c** 0.6
# - **d** an error, or NaN

# %% tags=["predict"]
guess = "?"


# %%
def leaky(x):
    return np.sum(np.where(x > 0, x, 0.2 * x))


print("at 0:", numerical_gradient(leaky, np.zeros(1))[0])
check.derivatives.p2(guess)

at = np.linspace(-1, 1, 201)
with figure("A difference across a kink reports a derivative that neither side has") as ax:
    ax.plot(at, np.where(at > 0, 1, 0.2), label="derivative")
    for h in (0.5, 0.1):
        quotients = [numerical_gradient(leaky, np.array([a]), h)[0] for a in at]
        ax.plot(at, quotients, label=f"central difference, h = {h}")
    ax.set(xlabel="x", ylabel="derivative of LeakyReLU")

# %% [markdown]
# Within $h$ of a kink the difference is wrong, and the smaller $h$ is, the rarer that is. With $h = 10^{-5}$ and a few hundred random inputs
# it almost never happens. If a check fails at one single entry, by a few percent, look first whether that entry is at a kink.
#
# ## Derive: a million entries, two evaluations
#
# Central differences cost two evaluations of $f$ for each entry. A small GAN has a million weights, and one evaluation is a pass over a
# batch, so a check of all entries would take hours. But to first order a step $h v$ changes $f$ by $h \langle \nabla f(x), v \rangle$, where
# $\langle a, b \rangle = \sum_i a_i b_i$ is the inner product. So a single random direction $v$ tests all entries at once:
#
# $$ \langle \nabla f(x), v \rangle = \frac{f(x + h v) - f(x - h v)}{2h} + O(h^2) \tag{1.4} $$
#
# That takes two evaluations, whatever the size. If the gradient is wrong in entry $i$, the left side is wrong by $v_i$ times that error, and
# the right side isn't. Exercise 1 asks you to write this; here it finds one wrong sign among 100,000:

# %%
rng = np.random.default_rng(0)
x, v, h = rng.standard_normal(100_000), rng.standard_normal(100_000), 1e-5
along = (logsumexp(x + h * v) - logsumexp(x - h * v)) / (2 * h)

right = softmax(x)
wrong = right.copy()
wrong[31_415] *= -1
print(compare("right gradient          ", right @ v, along, 1e-6))
print(compare("one wrong sign in 100000", wrong @ v, along, 1e-6))

# %% [markdown]
# ## Modify
#
# Write the body of each function and run its cell. The check says what is wrong, as far as the numbers tell.
#
# ### Exercise 1: the derivative along a direction
#
# Equation (1.4): given a function `f`, a point `x` and a direction `v` (arrays of the same shape), and a step `h`.


# %% tags=["exercise"]
def directional(f, x, v, h):
    return ...  # your code


check.derivatives.q1(directional)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def directional(f, x, v, h):
#     return (f(x + h * v) - f(x - h * v)) / (2 * h)
# ```
#
# It is the central difference of the function $t \mapsto f(x + t v)$ at $t = 0$, whose derivative is $\langle \nabla f(x), v \rangle$ by the
# chain rule. So $v$ must not be normalised: along $2v$ the function changes twice as fast.
#
# </details>

# %% [markdown]
# ### Exercise 2: the complex step
#
# `eq:difference.complex` for a function of one number. In Python $\mathrm{i}$ is written `1j`.


# %% tags=["exercise"]
def complex_derivative(f, x, h):
    return ...  # your code


check.derivatives.q2(complex_derivative)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def complex_derivative(f, x, h):
#     return np.imag(f(x + 1j * h)) / h
# ```
#
# It needs an analytic `f`: `np.exp`, `np.sin`, products and sums will do. `np.abs`, `np.real` and comparisons of complex numbers are not
# analytic, and the method fails with them.
#
# </details>

# %% [markdown]
# ### Exercise 3: the second derivative
#
# Find $f''(x)$ from $f(x + h)$, $f(x)$ and $f(x - h)$: *add* the two forms of (1.1), where before we subtracted them. Lesson 15 needs second derivatives
# for gradient penalties, and this is how they are checked.


# %% tags=["exercise"]
def second_derivative(f, x, h):
    return ...  # your code


check.derivatives.q3(second_derivative)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def second_derivative(f, x, h):
#     return (f(x + h) - 2 * f(x) + f(x - h)) / h**2
# ```
#
# $f(x + h) + f(x - h) = 2 f(x) + h^2 f''(x) + O(h^4)$: the odd terms cancel. Rounding is now divided by $h^2$, so the best step is larger,
# $\varepsilon^{1/4} \approx 10^{-4}$.
#
# </details>

# %% [markdown]
# ## Break it
#
# We trust an instrument once we have seen it reject something. Four people write the gradient of
# $f(x) = \operatorname{mean}_j \operatorname{softplus}(x_j)$, which is $\sigma(x_i) / n$. One is right and two are wrong. The fourth takes
# the *sum* instead of the mean, in the function and in the gradient. Before you run: what will the check say to the fourth?
#
# - **a** the central differences reject it
# - **b** only the complex step rejects it
# - **c** both reject it
# - **d** neither rejects it

# %% tags=["predict"]
guess = "?"

# %%
x = np.random.default_rng(3).standard_normal(7)
n = x.size
people = {
    "right": (lambda x: np.mean(softplus(x)), lambda x: sigmoid(x) / n),
    "forgets the 1/n": (lambda x: np.mean(softplus(x)), lambda x: sigmoid(x)),
    "skips the last entry": (lambda x: np.mean(softplus(x)), lambda x: np.append(sigmoid(x[:-1]), 0) / n),
    "sums, twice": (lambda x: np.sum(softplus(x)), lambda x: sigmoid(x)),
}
for name, (value, gradient) in people.items():
    central = numerical_gradient(value, x)
    side = complex_gradient(value, x.astype(complex)).real
    both = [("central", central), ("complex", side)]
    show_checks([compare(f"{name}, {kind}", gradient(x), b, FIRST) for kind, b in both])

check.derivatives.p3(guess)

# %% [markdown]
# So remember what a gradient check proves: **this gradient belongs to this value**. Whether the value is the right one is a second question.
# To answer it you need a number worked by hand, or somebody else's program: for `sums, twice`, the value at $x = 0$ should be
# $\log 2 = 0.693$ for any $n$, and it is not. Most lessons end with a bug of this kind: *a right gradient of a wrong value*.
#
# The instrument itself can be broken too. `planted` replaces a function of the library by a wrong one while a `with` block runs. We plant two
# bugs and let each judge the *right* gradient: central differences with a step that is too small, and a softplus whose author took
# `np.abs(x)` where the library is careful with complex numbers.


# %%
def mean_softplus(x):
    return np.mean(activations.softplus(x))


def judge(title):
    central = differences.numerical_gradient(mean_softplus, x)
    side = differences.complex_gradient(mean_softplus, x.astype(complex)).real
    print(title)
    both = [("central", central), ("complex", side)]
    caught = show_checks([compare(kind, sigmoid(x) / n, b, FIRST) for kind, b in both])
    print()
    return caught


assert not judge("as it is")
with planted(differences, "numerical_gradient", lambda f, x: numerical_gradient(f, x, h=1e-14)):
    assert judge("h = 1e-14")
with planted(activations, "softplus", lambda x: np.maximum(x.real, 0) + np.log1p(np.exp(-np.abs(x)))):
    assert judge("softplus with np.abs")
assert not judge("and as it is again")

# %% [markdown]
# The first bug rejects a right gradient, because of rounding. In the second the value is right for every real number, and the central
# difference holds. But `np.abs` of a complex number throws the imaginary part away, and the derivative with it. So two instruments that work
# in different ways check each other.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:difference.central`: $(f(x + h e_i) - f(x - h e_i)) / 2h$ | `minigan.differences.numerical_gradient` | `tests/test_gradcheck.py`: `test_numerical_gradient_of_a_quadratic_form` |
# | `eq:difference.complex`: $\operatorname{Im} f(x + \mathrm{i} h e_i) / h$ | `minigan.differences.complex_gradient` | `tests/test_gradcheck.py`: `test_complex_gradient_is_exact_to_rounding` |
# | `eq:difference.error`: $\max \lvert a - b \rvert / \max \lvert b \rvert$ | `minigan.differences.compare` | `tests/test_gradcheck.py`: `test_compare_is_relative_to_the_largest_and_names_the_worst` |
#
# - Differences have two errors: Taylor's, which shrinks with $h$, and rounding, which grows with $1/h$. Central, float64, $h = 10^{-5}$: ten digits.
# - The complex step subtracts nothing and is exact to rounding, for analytic functions.
# - A check proves that a gradient belongs to a value. It doesn't say whether the value is the one you wanted.
#
# ## Next
#
# [Lesson 2: The dense layer](02_dense_layer.ipynb). The derivatives of a dense network are three matrix products. You derive them, and this
# lesson's instrument checks you.
