# %% [markdown]
# # Lesson 0: A first look
#
# **Goal** See a GAN draw, train one, break it, and know which lesson answers the question you now have.
#
# **Prerequisites** None. Run each cell with Shift-Enter, from top to bottom.
#
# **Run time** 40 s on one core (measured).
#
# A GAN is a game between two networks. The *generator* G turns noise into pictures. The *discriminator* D is shown real pictures and G's fakes, and gives each a score: high for real. D learns to tell them apart, and G learns to raise the score of its fakes. Nobody shows G a real picture. All it ever gets is D's
# gradient: which change of this fake would raise its score. That is the whole idea, and this is the whole picture of it:

# %% tags=["diagram"]
from minigan.teach.diagram import diagram

diagram()

# %% [markdown]
# Solid arrows are computed forward. Dashed ones run backward: each loss sends a gradient to the network that it trains. Most of the following lessons begin with this diagram, with the part at hand lit.

# %%
import numpy as np

from minigan import data, game, losses, models, plots
from minigan.data.toy import RING_MODES
from minigan.models import pretrained
from minigan.optim import Adam, cosine
from minigan.penalties import R1
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, film, steps

# %% [markdown]
# ## Look: digits that nobody wrote
#
# A trained model comes with the library. It is the one that `minigan train` makes in four minutes on two cores, from ten thousand handwritten digits. We ask it for forty new ones:

# %%
digits = pretrained.load("gan-mnist")
rng = np.random.default_rng(0)
plots.show(plots.grid(digits.sample(40, rng), columns=10))

# %% [markdown]
# None of these is in the training set. Each began as 64 random numbers, the noise $z$, and a label that says which digit to draw. What is the noise for, then? Keep it, and change only the label: each row below has a single $z$.

# %%
z, labels = rng.standard_normal((5, 64)), np.arange(10)
rows = [digits.generate((np.repeat(one[None], 10, axis=0), labels)) for one in z]
plots.show(plots.grid(np.concatenate(rows), columns=10))

# %% [markdown]
# The label says *what*, the noise says *how*: slanted or upright, thick or thin. Nobody told G about slant. It found out that handwriting has one, because D would have noticed a G that draws every digit upright.
#
# ## Walk: from one digit to another
#
# The noise is a point in a space of 64 dimensions, and G is a continuous function. So if the point moves a little, the digit changes a little. We let twenty points walk in circles:

# %%
walk = [plots.grid(images, columns=10, scale=2) for images in digits.walk(steps(48, 4), 20, rng)]
film("Twenty digits change their style without a jump", walk)

# %% [markdown]
# Every picture on the way is a digit too, though G was never trained on that particular noise. If it had memorised its training images, it would have to jump from one to the next.
#
# ## Train: your own, in seconds
#
# Pictures have too many dimensions to see what goes on. So for your own GAN the data are points in the plane: eight small heaps on a circle. We call them modes. Here is all that it takes: two networks, two optimizers, a loss, and a loop. Its arguments are the knobs that you will turn later.


# %%
def train(gamma=1.0, rate=2e-3, latent=16, width=64, loss=losses.non_saturating, n=3000, seed=0):
    """Train on the ring -> where the same 400 fakes are at each of 61 moments, and how many are near each mode there."""
    G, D = models.toy(latent=latent, width=width, depth=3, rng=seed)
    opt_G, opt_D = (Adam(net, cosine(rate, n), beta1=0.0, beta2=0.99) for net in (G, D))
    gan = game.GAN(G, D, loss, [R1(gamma)], opt_G, opt_D, latent=latent)
    rng = np.random.default_rng(seed + 1)
    fixed = rng.standard_normal((400, latent)).astype("float32")
    frames, near = [G(fixed)], []
    for t in range(steps(n, 60)):
        gan.step(lambda: (data.ring(128, rng), None), rng)
        if (t + 1) % steps(n // 60, 1) == 0:
            frames.append(G(fixed))
            distance = np.linalg.norm(frames[-1][:, None] - RING_MODES, axis=2)  # (400, 8)
            near.append((distance < 0.1).sum(axis=0))
    return frames, near


# %% [markdown]
# ### Predict
#
# At first the fakes are one shapeless cloud. How do they get to the eight modes?
#
# - **a** one mode after another: first all of them at one, then some leave for the next
# - **b** first they spread out over the whole ring, then they gather at the modes
# - **c** every fake goes straight to the mode that is nearest
#
# Replace the question mark by a letter, then run both cells: the result shows once you have chosen. A wrong guess is remembered better than a right explanation. (`guess = "show"` shows it without one.)

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
frames, near = train()
check.first_look.p1(guess)
film("The same 400 fakes from the first step to the last", frames, seconds=8)

# %% [markdown]
# Watch it two or three times. No fake knows where the modes are. Each only follows D's gradient at its own place, and D changes all the time, because G does.
#
# ## Break: turn one knob
#
# The `1.0` in `train` is the weight of the *gradient penalty*. It keeps D flat where the real points are. Suppose you find that it is only a nuisance: D could tell real from fake much better without it. So you leave it out.
#
# ### Predict
#
# What will become of the fakes *without* the penalty?
#
# - **a** the same, only sooner: a better D is a better teacher
# - **b** nothing: D wins at once, and G learns nothing
# - **c** they gather at a few of the modes and leave the others empty
#
# Choose before you run the next cell.

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
without, few = train(gamma=0.0)
check.first_look.p2(guess)
print("fakes of 400 near each of the eight modes, at the end")
print("penalty ", *(f"{n:4d}" for n in near[-1]))
print("none    ", *(f"{n:4d}" for n in few[-1]))

with figure("Two trainings that differ in one number: the weight of the penalty") as ax:
    ax.plot([(n > 4).sum() for n in near], label="penalty 1")
    ax.plot([(n > 4).sum() for n in few], label="no penalty")
    ax.set(xlabel="time (60 = the end)", ylabel="modes with more than 1 % of the fakes", ylim=(0, 8.5))

# %%
film("The same training without a penalty", without, seconds=8)

# %% [markdown]
# Each single fake may be good: D cannot say what is wrong with it. But G draws the same few over and over, and that is called *mode collapse*. With seeds 0 to 4 all eight modes are found with the penalty, and 1, 5, 3, 3 and 3 without it. No line of code is wrong. Two players who improve against each other need not end up where you want them. It is also why people say that GANs are hard to train. Most of what made them easier is in this course, and you can compute all of it by hand.
#
# ## Ask: why?
#
# Turn a knob of `train`, one at a time, and watch the film. Then take the lesson that explains it:
#
# | try | and ask | answered by |
# |---|---|---|
# | `gamma=0.1`, `gamma=100.0` | why does a flat D bring the game to rest, and how flat is too flat? | [lesson 16](16_dirac_gan.ipynb), and [15](15_gradient_penalties.ipynb) for its gradient |
# | `rate=0.1`, `rate=1e-5` | why does a step that is twice as long not get there twice as fast? | [lesson 5](05_optimizers_and_games.ipynb) |
# | `loss=losses.minimax` | what does each loss tell G, and when is that nothing? | [lesson 3](03_losses.ipynb), [lesson 7](07_the_gan_game.ipynb) |
# | `loss=losses.wasserstein` | how far are two heaps of points apart? | [lesson 14](14_wasserstein.ipynb) |
# | `latent=1` | can a line cover a ring? What is left out? | [lesson 9](09_when_gans_fail.ipynb) |
# | `width=4` | what can a small D not see? | [lesson 6](06_discriminator_alone.ipynb) |
# | another `seed` | was it luck? | [lesson 8](08_first_gan.ipynb) |
#
# And if a number or a gradient of this library looks wrong to you: the next lesson shows how to find out.
#
# ## Next
#
# [Lesson 1: Derivatives a computer can check](01_derivatives.ipynb). The whole course rests on derivatives written by hand, so it begins with an instrument that tells a right one from a wrong one. If you would rather read a complete GAN first, `microgan.py`, next to this notebook, is one file of plain Python.
