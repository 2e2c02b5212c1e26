# %% [markdown]
# # Lesson 1: Derivatives a computer can check
#
# **Goal** Take any derivative that was written by hand and show that it is right to ten digits, or name the entry in which it is wrong.
#
# **Prerequisites** Derivatives and Taylor's formula; NumPy arrays. No networks, no GANs.
#
# **Run time** 2 s on two cores (measured).
#
# A program with a wrong sorting routine crashes or prints nonsense. A network with a wrong gradient does neither. It learns, a little worse than it
# could, and its author tries another learning rate. GANs are legendary for being hard to train, and a good part of the legend is wrong
# gradients that nobody looked for. So before the first network comes the instrument: a way to *ask the function itself* what its slope is.
# Everything in this library was held against it, and from the next lesson on you will hold your own work against it.

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
# The slope of $f$ at $x$ is the limit of $\frac{f(x + h) - f(x)}{h}$ for $h \to 0$. A computer cannot take a limit, but it can take a small $h$. Our
# function is $f(x) = \log(1 + e^x)$, called *softplus*; the losses of lesson 3 are made of it. Its slope is the *sigmoid*,
# $f'(x) = \frac{1}{1 + e^{-x}}$, so at $x = 1$ we know what should come out: 0.7310585786300049.
#
# In ordinary double precision (about 16 digits), which of these steps comes closest?
#
# - **a** $h = 10^{-1}$
# - **b** $h = 10^{-4}$
# - **c** $h = 10^{-8}$
# - **d** $h = 10^{-15}$: the smaller the better, that is what a limit means
#
# Commit to a letter before you run on. A wrong guess is remembered better than a right explanation.

# %% tags=["predict"]
guess = "?"  # "a", "b", "c" or "d"

# %%
x, slope = 1.0, sigmoid(np.array(1.0))
for k in (1, 4, 8, 15):
    h = 10.0**-k
    quotient = (softplus(np.array(x + h)) - softplus(np.array(x))) / h
    print(f"h = 1e-{k:02d}   quotient {quotient:.16f}   off by {abs(quotient - slope):.0e}")

check.nb01_p1(guess)

# %% [markdown]
# ## Derive: two errors pull against each other
#
# **The error of the formula.** Taylor's formula around $x$ says
#
# $$ f(x \pm h) = f(x) \pm h\, f'(x) + \frac{h^2}{2} f''(x) \pm \frac{h^3}{6} f'''(x) + \dots \tag{1.1} $$
#
# Subtract $f(x)$ and divide by $h$: the one-sided quotient is $f' + \frac h2 f'' + \dots$, so its error shrinks like $h$.
#
# **The error of the machine.** A double keeps about 16 digits: $f(x)$ is stored with an error of up to $\varepsilon |f(x)|$, $\varepsilon \approx 10^{-16}$. The
# subtraction $f(x + h) - f(x)$ keeps those absolute errors while the difference itself becomes tiny, and then we divide by $h$. Both together:
#
# $$ \text{error}(h) \approx \frac h2 |f''| + \frac{2 \varepsilon |f|}{h}, \qquad \text{least at } h \approx 2 \sqrt{\varepsilon\, |f / f''|} \approx 10^{-8} . \tag{1.2} $$
#
# Half of the digits: that is all a one-sided quotient can give. Two better ideas follow from (1.1).
#
# **Step to both sides.** Subtract the two forms of (1.1) from each other. $f(x)$ cancels, and so does $f''$:
#
# $$ \frac{\partial f}{\partial x_i} = \frac{f(x + h e_i) - f(x - h e_i)}{2h} + O(h^2) \tag{eq:difference.central} $$
#
# where $e_i$ is the $i$-th unit vector, so this is for functions of many variables too. The error is now $\frac{h^2}{6} f''' + \frac{\varepsilon |f|}{h}$, least near
# $h = \varepsilon^{1/3} \approx 10^{-5}$, where it leaves ten to eleven digits.
#
# **Step to the side.** If $f$ is analytic, (1.1) also holds for an imaginary step: $f(x + \mathrm{i} h) = f + \mathrm{i} h f' - \frac{h^2}{2} f'' - \dots$ The slope stands alone
# in the imaginary part:
#
# $$ \frac{\partial f}{\partial x_i} = \frac{\operatorname{Im} f(x + \mathrm{i}\, h\, e_i)}{h} + O(h^2) \tag{eq:difference.complex} $$
#
# Nothing is subtracted, so there is no rounding to magnify. Take $h = 10^{-20}$, and $h^2$ is nothing at all. (Squire and Trapp, 1998.)

# %%
steps = 10.0 ** -np.arange(0.5, 20, 0.5)


def off(quotient):
    return max(abs(float(quotient) - float(slope)), 1e-17)  # the picture is logarithmic and cannot show 0


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
    ax.set(xlabel="step h (small to the right)", ylabel="error of the slope", ylim=(1e-18, 10))
    ax.invert_xaxis()
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))

# %% [markdown]
# Read each line from the left. First it falls, as Taylor promises: with $h$ for the one-sided quotient, with $h^2$ for the other two. Then, for all but
# the complex step, rounding takes over and the error *rises* like $1/h$. And in float32, with its 7 digits, even the best central difference
# gives five on a lucky day: too few to tell a right gradient from one that is wrong by a hair. **Proofs are made in float64**, training in
# float32. ($10^{-17}$ at the bottom of the picture stands for no error at all.)
#
# ## See the code
#
# This is the library's own source, read from the file as you look at it. Notice that it changes `x` in place, one entry at a time, and puts
# the entry back even if `f` raises: so `f` may be a whole network that reads its weights from `x`.

# %%
show_source(numerical_gradient, complex_gradient)

# %% [markdown]
# It refuses float32 outright, with the reason in the message:

# %%
try:
    numerical_gradient(np.sum, np.ones(3, np.float32))
except TypeError as error:
    print(error)

# %% [markdown]
# ## Check: a gradient of many variables
#
# Now a gradient you might have to write one day. The *log-sum-exp* is a smooth maximum of $n$ numbers:
#
# $$ f(x) = \log \sum_j e^{x_j}, \qquad \frac{\partial f}{\partial x_i} = \frac{e^{x_i}}{\sum_j e^{x_j}} \tag{1.3} $$
#
# by the chain rule: the outer $\log$ gives $1 / \sum_j e^{x_j}$, the inner sum gives $e^{x_i}$. (Its gradient is the *softmax*.) How far is it from the
# differences? We measure relative to the largest entry, so that one number judges the whole array:
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

# %% [markdown]
# `FIRST`, $10^{-7}$, is the bound this library puts on every first derivative. A right gradient stays a thousand times below it; a wrong one,
# as you will see, misses it by a factor of a million. There is nothing in between, and so nothing to argue about.
#
# ## Predict: what is the slope of a corner?
#
# Most networks use an activation with a corner: the LeakyReLU, $f(x) = x$ for $x > 0$ and $0.2\,x$ otherwise. What does the central difference report
# for its slope at $x = 0$?
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
check.nb01_p2(guess)

at = np.linspace(-1, 1, 201)
with figure("A difference that straddles a corner reports a slope that neither side has") as ax:
    ax.plot(at, np.where(at > 0, 1, 0.2), label="slope")
    for h in (0.5, 0.1):
        slopes = [numerical_gradient(leaky, np.array([a]), h)[0] for a in at]
        ax.plot(at, slopes, label=f"central difference, h = {h}")
    ax.set(xlabel="x", ylabel="slope of LeakyReLU")

# %% [markdown]
# Within $h$ of a corner the difference lies, and the smaller the $h$ the rarer that is. With $h = 10^{-5}$ and a few hundred random inputs it almost
# never happens. If a check fails at one single entry, by a few percent, look first whether that entry sits on a corner.
#
# ## Derive: a million entries, two evaluations
#
# Central differences cost two evaluations of $f$ for each entry. A small GAN has a million weights, and one evaluation is a pass over a batch: that
# would take hours. But a gradient is a linear map, and a linear map can be probed with a single random direction $v$:
#
# $$ \langle \nabla f(x), v \rangle = \frac{f(x + h v) - f(x - h v)}{2h} + O(h^2) \tag{1.4} $$
#
# Two evaluations, whatever the size. A gradient that is wrong in one entry out of a hundred thousand is wrong by $v_i$ times that error on the left, and
# the right side does not know of it. Exercise 1 asks you to write this; here it finds one wrong sign among 100,000:

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


check.nb01_q1(directional)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def directional(f, x, v, h):
#     return (f(x + h * v) - f(x - h * v)) / (2 * h)
# ```
#
# It is the central difference of the function $t \mapsto f(x + t v)$ at $t = 0$, whose slope is $\langle \nabla f(x), v \rangle$ by the chain rule. That is why $v$ must not be
# normalised: along $2v$ one moves twice as fast.
#
# </details>

# %% [markdown]
# ### Exercise 2: the complex step
#
# `eq:difference.complex` for a function of one number. In Python $\mathrm{i}$ is written `1j`.


# %% tags=["exercise"]
def complex_derivative(f, x, h):
    return ...  # your code


check.nb01_q2(complex_derivative)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def complex_derivative(f, x, h):
#     return np.imag(f(x + 1j * h)) / h
# ```
#
# It needs an `f` that is built of analytic pieces: `np.exp`, `np.sin`, products and sums. `np.abs`, `np.real` and comparisons of complex numbers are not
# analytic, and end it.
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


check.nb01_q3(second_derivative)

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
# An instrument is trusted once one has seen it fail things. Four people write the gradient of $f(x) = \operatorname{mean}_j \operatorname{softplus}(x_j)$, which is $\sigma(x_i) / n$. One is
# right, two are wrong, and the fourth is something else. Before you run: what will the check say to the fourth, who takes the *sum* in both places?
#
# - **a** central differences object
# - **b** only the complex step objects
# - **c** both object
# - **d** neither objects

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

check.nb01_p3(guess)

# %% [markdown]
# So remember what a gradient check proves: **this slope belongs to this value**. That the value is the right one is a second claim. It takes a number
# worked by hand, or somebody else's program: for `sums, twice`, the value at $x = 0$ should be $\log 2 = 0.693$ for any $n$, and it is not.
#
# The instrument itself can be broken as well. Here we plant two bugs in the library, for as long as a `with` lasts, and let it judge the *right* gradient:
# central differences with a step that is too small, and a softplus whose author took `abs(x)` where the library is careful with complex numbers.


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
# The first bug condemns an innocent gradient: rounding. In the second the value is right for every real number, and the central difference is content. But
# `np.abs` of a complex number throws the imaginary part away, and with it the slope. Two instruments that work in different ways check each other.
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
# - A check proves that a slope belongs to a value. It says nothing about whether the value is the one you wanted.
#
# ## Next
#
# [Lesson 2: The dense layer](02_dense_layer.ipynb). The whole calculus of a network is three matrix products; you derive them, and this lesson's instrument checks you.
