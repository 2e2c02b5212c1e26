# %% [markdown]
# # Lesson 28: Video
#
# **Goal** Derive backpropagation through time for a GRU, including the second order. Build a GAN that draws short video clips from a content that stays fixed and a motion that changes from frame to frame, with one critic for frames and one for clips. Measure motion instead of just watching it.
#
# **Prerequisites** Lesson 8 (the two steps), lesson 10 (convolution and its gradients), lesson 15 (gradient penalties: the tangent stream and the primal stream). The chain rule for several paths.
#
# **Run time** 40 s on two cores (estimated).
#
# A film is more than a pile of pictures. Every frame may be perfect, and yet between two of them a 3 may turn into an 8 and jump across the room. So a generator of clips has to keep some things fixed while it changes others, and a fault in the last frame may have its cause in the first. The gradient has to travel all the way there, back through time. (The method is MoCoGAN: Tulyakov, Liu, Yang and Kautz, 2018.)

# %% [markdown]
# **Recall.** Answer before you unfold.
#
# <details><summary>Lesson 27: what is the adjoint of a linear map A, and where does a search need it?</summary>
#
# The map with $\langle A x, u \rangle = \langle x, A^{\top} u \rangle$. It carries the misfit from the measurements back to the pixels. This lesson has two more adjoints: that of copying a vector into every frame, and that of stacking frames. Both turn out to be sums.
#
# </details>
#
# <details><summary>Lesson 25: VGG is used as a loss. Into which network's weights does its gradient go?</summary>
#
# Not into VGG's: the gradient passes *through* VGG (`learn=False`) and into the weights of the network that made the image.
#
# </details>
#
# <details><summary>Lesson 21: IMLE keeps every mode. What does it need that a GAN does not need?</summary>
#
# A distance between two samples. For clips a good one is even harder to find than for images: the same clip, started one frame later, is far away in pixels.
#
# </details>
#
# <details><summary>Lesson 15: the backward pass of a gradient penalty carries two gradients. Which ones, and when is one of them zero?</summary>
#
# The gradient of the tangent stream and that of the primal stream. The second starts at 0 and stays 0 as long as all layers are piecewise linear; a curved layer adds to it.
#
# </details>
#
# <details><summary>Lesson 10: how many outputs does a convolution with kernel 4, stride 2 and padding 1 have over 16 inputs?</summary>
#
# $\lfloor (16 + 2 - 4) / 2 \rfloor + 1 = 8$. Below, the same formula counts frames.
#
# </details>

# %%
import inspect
import textwrap

import numpy as np

from minigan import data, losses, plots
from minigan.data.clips import fold, turn
from minigan.differences import FIRST, compare, numerical_gradient
from minigan.evaluation import bouncing
from minigan.gradcheck import layer_checks, network_checks
from minigan.layers import (
    GRU,
    Dense,
    Flatten,
    Frames,
    JoinFrames,
    LeakyReLU,
    Reshape,
    TemporalConv,
)
from minigan.measure.certify import video as certified
from minigan.measure.certify.routed import gradients
from minigan.metrics.motion import path_error
from minigan.models import mocogan as networks
from minigan.models import pretrained
from minigan.network import Sequential
from minigan.optim import SGD, Adam, cosine
from minigan.penalties import R1, add_penalty
from minigan.teach import exercises as check
from minigan.teach.lessons import figure, film, planted, quick, show_checks, show_source, steps, usually
from minigan.zoo.mocogan import mocogan_step

# %% [markdown]
# ## Predict: which number notices?
#
# Our clips have 16 frames of 32 x 32 pixels, in which two digits move in straight lines and bounce off the walls. We made them, so we know how they should move and can *measure* clips. `bouncing` finds the two bright objects in each frame, tracks them from frame to frame, and lets DigitNet read them wherever the two are apart. It reports two shares of clips:
#
# - *keep their digits*: each object is read as the same digit in at least 80 % of these frames;
# - *obey the bounce*: the centre of each object stays within a pixel (root mean square) of a straight path that is reflected at the walls.
#
# Now shuffle the frames within each clip. The digits are the same as before. What happens to the two shares?
#
# - **a** the second falls to 0, and the first stays as it is
# - **b** both stay about as they are: the frames are the same
# - **c** the second falls to 0, and the first falls as well, although no digit has changed

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
rng = np.random.default_rng(0)
clips, motion = data.bouncing_digits(steps(30, 3), rng)  # uint8 (30, 16, 32, 32, 1), and their true motion
shuffled = np.stack([clip[rng.permutation(16)] for clip in clips])
mixed = clips.reshape(-1, *clips.shape[2:])[rng.permutation(16 * len(clips))].reshape(clips.shape)
kinds = {"real": clips, "shuffled": shuffled, "frames of different clips": mixed}
measures = {name: bouncing(kind) for name, kind in kinds.items()}
for name, found in measures.items():
    print(
        f"{name:<26} keep their digits {found['identity']:4.0%}   obey the bounce {found['obeys']:4.0%}   "
        f"distance from a path {found['path_error']:.2f} pixels   smooth steps {found['smooth']:.0%}"
    )

check.video.p1(guess)

title = "Three clips, and the same frames in another order: no frame shows the difference"
with figure(title, panels=(2, 1), size=(9.5, 4.2)) as axes:
    for ax, name in zip(axes[:, 0], ("real", "shuffled"), strict=True):
        ax.imshow(plots.grid(kinds[name][:3]).squeeze(), cmap="gray")
        ax.set_title(name)
        ax.set_axis_off()

if not quick():
    usually("no shuffled clip obeys the bounce", measures["shuffled"]["obeys"] == 0)
    usually("most real clips obey the bounce", measures["real"]["obeys"] > 0.5)
    usually(
        "fewer shuffled clips than real ones keep their digits",
        measures["shuffled"]["identity"] < measures["real"]["identity"],
    )

# %%
film(
    "Real clips: each digit moves in a straight line and bounces",
    [plots.grid(frame, columns=6, scale=2) for frame in clips[:6].swapaxes(0, 1)],
)

# %% [markdown]
# This teaches us two things before any network is trained. First, every measure has a ceiling: even some of the *real* clips fail, since digits that touch are hard to track and small digits are hard to read. So compare with the row *real*, not with 100 %. Second, measures depend on each other: to say that a digit stays the same you must know which of the two it is, and the tracker uses motion for that. When the motion is destroyed it confuses the two.
#
# ## Derive: paths that bounce
#
# A point starts at $p$ and moves with the velocity $v$ between walls at 0 and $R$. Reflect the room instead of the point: in a corridor of mirrored rooms the point moves in a straight line, and at time $t$ it is at $p + v t$. The corridor repeats after $2R$, and the second half of each period is the mirror image of the first:
#
# $$ x(t) = \min(q,\, 2R - q), \qquad q = (p + v t) \bmod 2R \tag{eq:clips.bounce} $$
#
# To judge a measured path $x_1, \dots, x_T$, try many starting points $p$ and velocities $v$ and take the nearest path $x_{p, v}$:
#
# $$ e^2 = \min_{p, v} \operatorname{mean}_t \bigl( x_t - x_{p, v}(t) \bigr)^2 \tag{eq:clips.path} $$
#
# This is done for rows and for columns separately, and the distance from a bouncing path is the root of the sum of both.
#
# The library has a second kind of clips, portraits that nod and blink while their colours change. The change of colours is a rotation of RGB space about the axis of greys, the unit vector $k = (1, 1, 1) / \sqrt 3$. Split a colour into its part along $k$, which stays, and the rest $r$, which turns in the plane perpendicular to $k$: after a turn by the angle $a$ it is $\cos a\, r + \sin a\, (k \times r)$. Let $K$ be the matrix of $k \times$. The part along $k$ is obtained with $k k^{\top} = \frac13 \mathbf 1 \mathbf 1^{\top}$, so the whole rotation is
#
# $$ Q(a) = \cos a\, I + \sin a\, K + (1 - \cos a)\, \tfrac13 \mathbf 1 \mathbf 1^{\top} \tag{eq:clips.hue} $$
#
# Greys stay grey: $Q \mathbf 1 = \mathbf 1$, since $K \mathbf 1 = 0$.

# %%
t = np.arange(12)
print("a bounce with R = 18, from 15 with velocity 2:", fold(15 + 2.0 * t))
print("a grey stays:", turn(np.array(1.2)) @ [0.4, 0.4, 0.4])

# %% [markdown]
# ## Derive: a state, and two gates
#
# Motion needs memory: each frame follows from the ones before. A *recurrent* layer carries a state $h_t$ from frame to frame and uses the same weights in every frame. The gated recurrent unit (GRU; Cho et al., 2014) can change its state a little at a time. From the input $x_t$ and the old state it computes two *gates*, vectors of numbers between 0 and 1, called the reset gate $r$ and the update gate $u$,
#
# $$ r = \sigma(x_t W_r + h_{t-1} U_r + b_r), \qquad u = \sigma(x_t W_u + h_{t-1} U_u + b_u) \tag{eq:gru.gates} $$
#
# then a candidate for the new state, in which $r$ decides how much of the old state is seen,
#
# $$ n = \tanh\bigl( x_t W_n + b_n + r \odot (h_{t-1} U_n + c) \bigr) \tag{eq:gru.candidate} $$
#
# and finally the new state, a mixture of both. Where $u$ is near 1 the old state stays, where $u$ is near 0 the candidate replaces it:
#
# $$ h_t = n + u \odot (h_{t-1} - n) \tag{eq:gru.state} $$
#
# (This is the variant of cuDNN and PyTorch. The original paper applies $r$ before the product with $U_n$.)
#
# **Backward, through time.** The layer's output in frame $t$ is the state itself, $y_t = h_t$. So $h_t$ affects the loss in two ways: directly, as an output, whose gradient $dy_t$ comes from the next layer, and through $h_{t+1}$ and everything that follows. Gradients along several paths add up (with $dh_{T+1} = 0$):
#
# $$ dh_t = dy_t + \Bigl( \frac{\partial h_{t+1}}{\partial h_t} \Bigr)^{\!\top} dh_{t+1}, \qquad t = T, \dots, 1 \tag{eq:gru.through\_time} $$
#
# That is all there is to *backpropagation through time* (Werbos, 1990): start at the last frame and carry $dh$ back to the first.
#
# **One frame.** Now compute the second term, what frame $t$ passes back to $h_{t-1}$. Go through the three equations from the last to the first. `eq:gru.state` gives $dn = (1 - u) \odot dh_t$ and $du = (h_{t-1} - n) \odot dh_t$, and passes $u \odot dh_t$ straight back to $h_{t-1}$. Give the arguments names: $s$ is the argument of tanh in the candidate, $q_r$ and $q_u$ are those of $\sigma$ in the gates, and $m = h_{t-1} U_n + c$. Then
#
# $$ ds = (1 - n^2) \odot dn, \qquad dq_r = r (1 - r) \odot m \odot ds, \qquad dq_u = u (1 - u) \odot du \tag{28.1} $$
#
# since $\partial s / \partial r = m$. Put the three matrices side by side, $U = (U_r, U_u, U_n)$, and let $p = h_{t-1} U$. The third part of $p$ enters $s$ multiplied by $r$, so
#
# $$ dh_{t-1} = u \odot dh_t + dp\, U^{\top}, \qquad dp = (dq_r,\, dq_u,\, r \odot ds) \tag{eq:gru.dh} $$
#
# to which frame $t - 1$ adds its own $dy_{t-1}$. All frames share the weights, so each adds its part:
#
# $$ dU \mathrel{+}= \sum_t h_{t-1}^{\top} dp_t \tag{eq:gru.dU} $$
#
# and likewise for $W$, $b$ and $c$.
#
# **How far does a gradient get?** On the way from frame $T$ back to frame 1 it is multiplied by $T - 1$ Jacobians, all with the same weights. The plain recurrence $h_t = \tanh(x_t W + h_{t-1} U)$ has Jacobians made of $U$ and of derivatives of tanh, which are at most 1, and such a product typically shrinks or grows exponentially. But in `eq:gru.dh` one term, $u \odot dh_t$, passes through no matrix and no nonlinearity. On its own it gives
#
# $$ \lVert dh_1 \rVert \approx u^{T-1} \lVert dh_T \rVert, \qquad u = \sigma(b_u) \text{ at the beginning of a training} \tag{28.2} $$
#
# where the second equation neglects what inputs and states contribute to the gate.
#
# ## Predict: thirty-one frames back
#
# Take a GRU with 16 units and random weights, sequences of 32 frames, and a loss that depends only on the last state. How large is the gradient with respect to the *first* input, relative to that of the last input? Compare two cases: all biases 0, so $u$ is about $\frac12$; and $b_u = 3$, so $u$ is about 0.95.
#
# - **a** about as large as that of the last input in both cases: that is what gates are for
# - **b** about a thousandth with $b_u = 0$, about a half with $b_u = 3$
# - **c** about a millionth with $b_u = 0$, about a tenth with $b_u = 3$

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
UNITS, LONG = 16, 32


def sizes(b_u, plain=False):
    """The root mean square of the gradient of each frame's input, relative to the last frame's."""
    layer, rng = GRU(4, UNITS).init(0, np.float64), np.random.default_rng(0)
    layer.b[UNITS : 2 * UNITS] = b_u
    if plain:  # r = 1 and u = 0: h[t] = tanh(x[t] W + h[t-1] U)
        layer.b[:UNITS], layer.b[UNITS : 2 * UNITS] = 50, -50
    y, cache = layer.forward(rng.standard_normal((50, LONG, 4)))
    dy = np.zeros_like(y)
    dy[:, -1] = rng.standard_normal((50, UNITS))
    dx = layer.backward(dy, cache)
    found = np.sqrt((dx**2).mean(axis=(0, 2)))
    return found / found[-1]


reach = {"plain recurrence": sizes(0, plain=True), "GRU, b_u = 0": sizes(0), "GRU, b_u = 3": sizes(3)}
for name, line in reach.items():
    print(f"{name:<18} first frame relative to the last {line[0]:.0e}")

check.video.p2(guess)

title = "A gradient survives thirty frames only if the gate keeps the state"
with figure(title) as ax:
    for name, line in reach.items():
        ax.semilogy(np.arange(1, LONG + 1), line, label=name)
    ax.set(xlabel="frame", ylabel="gradient of its input, relative to the last")

assert reach["GRU, b_u = 0"][0] < 1e-4 < 1e-2 < reach["GRU, b_u = 3"][0]

# %% [markdown]
# So having gates isn't enough. A network that should remember for $T$ frames has to start with a $b_u$ that lets it do so (exercise 2).
#
# ## See the code: the recurrence and its backward pass

# %%
show_source(GRU.forward, GRU.back)

# %% [markdown]
# ## Derive: content and motion
#
# MoCoGAN splits the noise of a clip in two. The *content* $c \sim \mathcal{N}(0, I)$ is drawn once for each clip. The *motion* is a path: a GRU whose initial state $h_0$ is random receives new noise $e_t$ in each frame, and its state $h_t$ is the motion of frame $t$. In two steps, content and motion are joined, and one generator of images $f$ draws every frame from them ($n$ counts clips, $t$ counts frames, and $x$ and $y$ are the input and output of each step):
#
# $$ y_{n, t} = [c_n,\, x_{n, t}] \tag{eq:join\_frames.forward} $$
#
# $$ y_{n, t} = f(x_{n, t}) \tag{eq:frames.forward} $$
#
# Nothing in this depends on the number of frames, so the same G can draw clips of any length.
#
# **Backward.** To the layers inside $f$, $N$ clips of $T$ frames are just a batch of $NT$ images, each with its own backward pass:
#
# $$ dx_{n, t} = J(x_{n, t})^{\top} dy_{n, t} \tag{eq:frames.dx} $$
#
# The content was copied into every frame, and the adjoint of copying is adding. With $dy^{(c)}$ for the entries of $dy$ that belong to the content:
#
# $$ dc_n = \sum_t dy_{n, t}^{(c)} \tag{eq:join\_frames.dx} $$
#
# *All frames together decide what the content should be.*
#
# **A critic that sees motion.** A critic of single frames can't notice that frames were shuffled. So a second critic, $D_V$, sees whole clips. It uses convolutions over time and space, whose windows contain $k_t$ frames:
#
# $$ y[t, i] = \sum_{a, b} x[s_t t - p_t + a,\; s i - p + b]\, W[b, a] + \beta \tag{eq:temporal.forward} $$
#
# Here $i$ is a place in the output, $a$ runs over the frames of the window and $b$ over its places; $s_t$ and $p_t$ are stride and padding in time, $s$ and $p$ those in space, and $\beta$ is the bias. We need no new convolution code for this. Stack the $k_t$ frames of each window, as channels of one image,
#
# $$ S[t, a] = x[s_t t - p_t + a] \tag{eq:temporal.stack} $$
#
# and the sum becomes lesson 10's convolution of images, applied to these stacks. There are
#
# $$ T' = \Bigl\lfloor \frac{T + 2 p_t - k_t}{s_t} \Bigr\rfloor + 1 \tag{eq:temporal.size} $$
#
# stacks. In the backward pass the convolution returns $dS$. A frame may be in several stacks, so its gradients add up:
#
# $$ dx[s_t t - p_t + a] \mathrel{+}= dS[t, a] \tag{eq:temporal.dx} $$
#
# $$ dW[b, a] \mathrel{+}= \sum_{t, i} x[s_t t - p_t + a,\; s i - p + b]^{\top} dy[t, i] \tag{eq:temporal.dW} $$
#
# **Two critics.** $D_I$ judges a few frames of each clip, chosen at random (frames $t$ of real clips, frames $s$ of drawn ones); $D_V$ judges whole clips. Let $L_D$ and $L_G$ be the two sides of any GAN loss. Each critic learns from its own loss,
#
# $$ L_I = L_D\bigl(D_I(x_t),\, D_I(G(z)_s)\bigr), \qquad L_V = L_D\bigl(D_V(x),\, D_V(G(z))\bigr) \tag{eq:mocogan.d} $$
#
# and G minimises the sum of its losses against both. The gradient $dx^V$ from $D_V$ reaches all frames, the gradient $dx^I$ from $D_I$ only the frames that it has seen:
#
# $$ L_G = L_G\bigl(D_I(G(z)_s)\bigr) + L_G\bigl(D_V(G(z))\bigr), \qquad d\,G(z) = dx^V + \mathbf 1_{t = s}\, dx^I \tag{eq:mocogan.g} $$
#
# From there the gradient goes through the image generator to every $h_t$, and back through time, into the weights on its way.
#
# ## See the code: the networks and the step

# %%
show_source(
    networks.generator, networks.video_critic, TemporalConv.stack, TemporalConv.unstack, mocogan_step
)

# %% [markdown]
# ## Derive: R1 on clips, to the second order
#
# R1 asks for a small gradient of $D_V$ at real clips, over *all* frames together:
#
# $$ P = \frac{\gamma}{2N} \sum_n \sum_t \Bigl\lVert \frac{\partial D_V}{\partial x_{n, t}} \Bigr\rVert^2 \tag{28.3} $$
#
# Write $g$ for the gradient $\nabla_x D_V$. By lesson 15 the gradient of $P$ with respect to the weights equals that of $\langle v, \nabla_x D_V \rangle$ with $v = \gamma g / N$ held constant: push $v$, which has the shape of a clip, forward through the network, then run backward through that pass. With `TemporalConv` and LeakyReLU a single stream is enough. A recurrent critic has curved layers *and* time, so two streams travel back through time, and they are coupled in every frame. First forward: apply the product rule to `eq:gru.state`, with a dot for the derivative along $v$:
#
# $$ \dot h_t = (1 - u) \odot \dot n + \dot u \odot (h_{t-1} - n) + u \odot \dot h_{t-1} \tag{eq:gru.tangent} $$
#
# $$ \dot u = u (1 - u) \odot \dot q_u, \qquad \dot n = (1 - n^2) \odot \dot s, \qquad \dot s = \dot a_n + r (1 - r) \odot \dot q_r \odot m + r \odot \dot m \tag{28.4} $$
#
# with $a_n = x_t W_n + b_n$; the linear parts follow directly, such as $\dot a_n = \dot x_t W_n$ and $\dot m = \dot h_{t-1} U_n$. Now backward, with $m$ as the example. It enters the primal pass through $s = a_n + r \odot m$, and the tangent pass through $\dot s$ in (28.4). Both paths count:
#
# $$ dm = r \odot ds + (1 - r) \odot r \odot \dot q_r \odot d\dot s, \qquad m = h_{t-1} U_n + c \tag{eq:gru.second} $$
#
# The second term is the one that is easily forgotten. The other intermediate values follow in the same way, and both $dh$ and $d\dot h$ are carried back to frame $t - 1$.
#
# ## Check: both orders, through time
#
# We check against differences: every method of the GRU, including the second order; `JoinFrames`, `Frames` and `TemporalConv`; R1 of a recurrent critic; and, in a whole step of MoCoGAN, the gradient of G, which comes from two critics and back through time (this one is part of `minigan certify`).


# %%
def layers_and_penalty():
    rng = np.random.default_rng(3)
    yield from layer_checks(
        GRU(2, 3, initial=True), (rng.standard_normal((2, 5, 2)), rng.standard_normal((2, 3)))
    )
    yield from layer_checks(TemporalConv(2, 2, 2, k_t=3, pad_t=1), (2, 4, 3, 3, 2))
    join = Sequential(JoinFrames(), Frames(Dense(5, 2), LeakyReLU(0.2)), rng=1, dtype="float64")
    yield from network_checks(join, (rng.standard_normal((2, 3)), rng.standard_normal((2, 4, 2))))
    D = Sequential(GRU(2, 4), Flatten(), Dense(20, 1), rng=2, dtype="float64")
    x = rng.standard_normal((3, 5, 2))

    def penalty(_=None):
        return add_penalty(D, *D.forward(x), R1(0.7))

    penalty()
    found = D.grad.copy()
    yield compare(
        "R1 of a recurrent critic, dtheta", found, numerical_gradient(penalty, D.theta), 10 * FIRST
    )


def step_of_mocogan():
    yield from gradients(certified.networks, certified.step_of(), {"G": certified.LEARNED["G"]})


show_checks([*layers_and_penalty(), *step_of_mocogan()])

# %% [markdown]
# ## Predict: which critic makes it bounce?
#
# Training MoCoGAN on clips of digits takes about half an hour. The motion alone can be learned in seconds: let a *point* bounce in a room of 18 x 18 for twelve frames, moving one or two units a frame along each axis. G is a GRU followed by two dense layers that turn its state into a position. $D_I$ sees four positions of each path one by one, and $D_V$ sees the whole path. We train G twice with `mocogan_step`: with both critics, and with $D_I$ alone. What does G learn from $D_I$ alone?
#
# - **a** nothing: the positions never look right
# - **b** the right positions, with a motion of its own that no loss has judged
# - **c** the same as with both critics: a GRU moves smoothly by itself

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
ROOM, T, MOTION = 18.0, 12, 32


def flights(n, rng):
    """Real paths (n, T, 2) of points that bounce between 0 and 18."""
    start, speed = rng.uniform(0, 2 * ROOM, (n, 1, 2)), rng.choice([1.0, 2.0], (n, 1, 2))
    return fold(start + speed * np.arange(T)[:, None], ROOM)


def noise(n, rng):
    e, h0 = 0.2 * rng.standard_normal((n, T, 1)), rng.standard_normal((n, MOTION))
    return e.astype(np.float32), h0.astype(np.float32)


def train(n, both=True, seed=0, batch=64):
    """A G of paths; if not `both`, all weights of D_V are zero and stay zero."""
    rng, kink = np.random.default_rng(seed), LeakyReLU(0.2)
    G = Sequential(GRU(1, MOTION, initial=True), Frames(Dense(MOTION, 64), kink, Dense(64, 2)), rng=seed)
    G.layers[0].b[MOTION : 2 * MOTION] = 1  # b_u: start with some memory
    D_I = Sequential(
        Dense(2, 64), LeakyReLU(0.2), Dense(64, 64), LeakyReLU(0.2), Dense(64, 1, gain=1.0), rng=seed + 1
    )
    over_time = [TemporalConv(2, 64, 1, k_t=4, stride_t=2, pad_t=1), LeakyReLU(0.2)]
    over_time += [TemporalConv(64, 64, 1, k_t=4, stride_t=2, pad_t=1), LeakyReLU(0.2), Flatten()]
    judge = [Dense(T // 4 * 64, 64), LeakyReLU(0.2), Dense(64, 1, gain=1.0)]
    D_V = Sequential(Reshape(T, 1, 1, 2), *over_time, *judge, rng=seed + 2)
    opts = {
        name: Adam(net, cosine(2e-3, n), beta1=0.0, beta2=0.99)
        for name, net in (("G", G), ("D_I", D_I), ("D_V", D_V))
    }
    if not both:
        D_V.theta[...], opts["D_V"] = 0, SGD(D_V, 0.0)
    penalties = {"D_I": [R1(0.02)], "D_V": [R1(0.02)]}
    for _ in range(n):
        x = (flights(batch, rng) / 9 - 1).astype(np.float32)  # (batch, T, 2) in [-1, 1]
        every = np.tile(np.arange(T), (2, batch, 1))
        at = rng.permuted(every, axis=2)[:, :, :4]  # the frames that D_I sees
        mocogan_step(G, D_I, D_V, losses.non_saturating, penalties, opts, x, noise(batch, rng), at)
    return G


def judged(paths):
    """How paths (N, T, 2) are spread out, how fast and how straight they are, and how close to a path that bounces."""
    v = np.diff(paths, axis=1)
    pace = np.linalg.norm(v, axis=2)
    turned = np.sum(v[:, 1:] * v[:, :-1], axis=2) / np.maximum(pace[:, 1:] * pace[:, :-1], 1e-9)
    return {
        "spread of the positions": paths.std(),
        "length of a step": pace.mean(),
        "cosine between two steps": turned.mean(),
        "distance from a bouncing path": np.median(path_error(paths, (0.0, ROOM))),
    }


rng = np.random.default_rng(9)
paths = {"real": flights(300, rng)}
for name, both in (("D_I and D_V", True), ("D_I alone", False)):
    paths[name] = (train(steps(800, 4), both)(noise(300, rng)).astype(float) + 1) * 9
found = {name: judged(kind) for name, kind in paths.items()}
for name, numbers in found.items():
    print(f"{name:<12}", "   ".join(f"{what} {value:.2f}" for what, value in numbers.items()))

check.video.p3(guess)

title = "With D_V the points cross the room; with D_I alone they creep, at the right positions"
with figure(title, panels=3, size=(10, 3.6)) as axes:
    for ax, (name, kind) in zip(axes, paths.items(), strict=True):
        for path in kind[:6]:
            ax.plot(*path.T, "-", marker=".", linewidth=1)
        ax.set(title=name, xlim=(-1, 19), ylim=(-1, 19), aspect="equal")

if not quick():
    real, with_both, alone = found.values()
    for what in ("length of a step", "cosine between two steps"):
        closer = abs(with_both[what] - real[what]) < abs(alone[what] - real[what])
        usually(f"{what}: with both critics it is closer to the real one", closer)
    what = "distance from a bouncing path"
    usually("but D_I alone has the smaller distance from a bouncing path", alone[what] < with_both[what])

# %%
film(
    "Paths of G, trained with both critics",
    list(((paths["D_I and D_V"] - 9) / 7).swapaxes(0, 1)),
    seconds=3,
)

# %% [markdown]
# $D_I$ judges positions one by one. Once they look right it can't ask for more: nothing tells G how far to move in a step. With $D_V$ the points cross the room at nearly the real pace and turn at the walls, although 800 steps of training are too few for sharp corners.
#
# Now look at the last number and the last line again. Where that line says `yes`, *the creeping points are the better ones* by their distance from a bouncing path. A path that stays in a small region is close to a bouncing path of low speed, and the measure doesn't ask for the real speeds. A measure can be correct in every detail and still prefer the wrong model. Print several, and know what each of them can't see.
#
# If $D_V$ sees everything, why keep $D_I$? Tulyakov et al. report that training on videos converges much better with it: judging single frames is an easier task, so its gradients are useful sooner.
#
# **Clips of images.** If this installation has a trained MoCoGAN, the next cell shows it: one content in each row, with three motions. Otherwise `minigan train mocogan --out runs/clips` trains one, and `minigan video runs/clips --out clips.gif` films it.

# %%
trained = [name for name in pretrained.names() if name.startswith("mocogan")]


def three_by_three():
    """A film of three contents, each with three motions; None if there is no trained model."""
    if not trained:
        print("no trained MoCoGAN in this installation")
        return None
    game = pretrained.load(trained[0])
    c, motion = game.noise(9, np.random.default_rng(1))
    drawn = game.generate((np.repeat(c[::3], 3, axis=0), motion))  # each content three times
    return film(
        "Three contents, each with three motions",
        [plots.grid(x, columns=3, scale=3) for x in drawn.swapaxes(0, 1)],
    )


three_by_three()

# %% [markdown]
# ## Modify
#
# ### Exercise 1: backward through time (★★)
#
# The smallest recurrent layer has a single number as its state: $h_t = \tanh(a_t + w\, h_{t-1})$ with $h_0 = 0$. Given `a` (T,), the number `w`, and the gradients `dh` (T,) that the states receive *directly* from the loss, return `da` (T,) and `dw`. (Compute the states first.)


# %% tags=["exercise"]
def through_time(a, w, dh):
    return ...  # your code: da (T,), dw


check.video.q1(through_time)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def through_time(a, w, dh):
#     h = [0.0]
#     for a_t in a:
#         h.append(np.tanh(a_t + w * h[-1]))
#     da, dw, carried = np.zeros(len(a)), 0.0, 0.0
#     for t in reversed(range(len(a))):
#         ds = (dh[t] + carried) * (1 - h[t + 1] ** 2)
#         da[t] = ds
#         dw += ds * h[t]
#         carried = w * ds
#     return da, dw
# ```
#
# `carried` is the whole idea: the part of the gradient that comes from later frames. Each frame adds its part to `dw`, with the *old* state, which is `h[t]` in this list. In every frame the gradient is multiplied by $w (1 - h_t^2)$, a factor of at most $|w|$ in size.
#
# </details>

# %% [markdown]
# ### Exercise 2: a gate that remembers (★★)
#
# By `eq:gru.state` a share $u^{T}$ of a state survives $T$ frames if nothing else happens. Which bias $b_u$ makes that share one half, if inputs and states contribute nothing to the gate, so that $u = \sigma(b_u)$? Return it as a function of `T`. Then explain: why does it grow like the logarithm of $T$?


# %% tags=["exercise"]
def half_life_bias(T):
    return ...  # your code: one number


check.video.q2(half_life_bias)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def half_life_bias(T):
#     u = 0.5 ** (1 / T)
#     return np.log(u / (1 - u))
# ```
#
# $u^T = \frac12$ gives $u$, and $b = \log \frac{u}{1 - u}$ inverts the sigmoid. For large $T$, $1 - u \approx \frac{\log 2}{T}$, so $b \approx \log T - \log \log 2$: to remember ten times as long, add $\log 10 = 2.3$. For clips of 16 frames that is about 3.
#
# </details>

# %% [markdown]
# ## Break it
#
# **The truncation.** Some programs detach the state from its past in the loop over frames (`h = h.detach()`), to save time or memory. If this happens in every frame, `eq:gru.through_time` loses its second term: the gradient of frame $t$ stops there. The forward pass is the same, the loss falls, and nothing becomes NaN.
#
# Here is a task that needs memory: in the last of 12 frames, report the sign of the *first* number. The GRU starts with $b_u = 2$. What share of the signs is right after training, with the full gradient and with the truncated one?
#
# - **a** full: nearly all. Truncated: nearly all too, it only learns more slowly
# - **b** full: nearly all. Truncated: not much more than half, with luck two thirds
# - **c** half in both: 12 frames are too many

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def edited(function, right, wrong):
    """The function with one piece of its source replaced: a bug of one line."""
    source, scope = textwrap.dedent(inspect.getsource(function)), dict(function.__globals__)
    assert source.count(right) == 1
    exec(source.replace(right, wrong), scope)
    return scope[function.__name__]


truncated = edited(GRU.back, "dh = dh * u + dp @ self.U.T", "dh = 0 * dh")


def remembers(frames, n, seed=0, b_u=2.0):
    """The share of right signs after n steps of training."""
    net, rng = Sequential(GRU(1, 8), Frames(Dense(8, 1)), rng=seed), np.random.default_rng(seed + 1)
    net.layers[0].b[8:16] = b_u
    opt = Adam(net, lr=0.02)
    for _ in range(n):
        x = rng.standard_normal((32, frames, 1)).astype(np.float32)
        y, caches = net.forward(x)
        dy = np.zeros_like(y)
        dy[:, -1] = (y[:, -1] - np.sign(x[:, 0])) / 32  # squared error of the last frame
        net.backward(dy, caches, need_dx=False)
        opt.step()
    x = rng.standard_normal((1000, frames, 1)).astype(np.float32)
    return np.mean(np.sign(net(x)[:, -1]) == np.sign(x[:, 0]))


lengths = (2, 6, 12) if not quick() else (2,)
shares = {"full gradient": [], "truncated": []}
for frames in lengths:
    shares["full gradient"].append(remembers(frames, steps(300, 3)))
    with planted(GRU, "back", truncated):
        shares["truncated"].append(remembers(frames, steps(300, 3)))
for name, line in shares.items():
    print(
        f"{name:<14}",
        "   ".join(f"{frames} frames: {share:.0%}" for frames, share in zip(lengths, line, strict=True)),
    )

check.video.p4(guess)

title = "With the truncated gradient the network hardly learns what it has to remember over many frames"
with figure(title, marker=True) as ax:
    for name, line in shares.items():
        ax.plot(lengths, line, label=name)
    ax.axhline(0.5, color="black", linewidth=1, linestyle=":")
    ax.set(
        xlabel="frames: the number is in the first, the question in the last",
        ylabel="share of signs that are right",
        ylim=(0.4, 1.03),
    )

if not quick():
    usually("the full gradient learns 12 frames", shares["full gradient"][-1] > 0.9)
    usually("the truncated one does not", shares["truncated"][-1] < 0.85)

# %% [markdown]
# The truncated gradient does better than chance where the sequence is short: the GRU's random weights keep an echo of the past, and the last layer learns to read it. So the bug looks like a difficult task. What do the checks say about it, and about three more bugs, each a change of one line?
#
# 1. *Truncated*: the bug above.
# 2. *Contents in turn*: the frames of a clip get the contents of all clips in the batch in turn (`np.tile` where `np.repeat` was meant).
# 3. *Time runs backward*: the adjoint of stacking takes the frames of a window in reverse order.
# 4. *Truncated in the second order*: somebody has fixed the first bug, but not its twin in `backward_tangent`, where $dh$ is carried too.
#
# Before you run the cell: which checks can notice the fourth bug, and would a GAN without a gradient penalty ever suffer from it?

# %%
in_turn = "np.tile(c, (f.shape[1], 1)).reshape(*f.shape[:2], -1)"
bugs = {
    "truncated": (GRU, "back", truncated),
    "contents in turn": (JoinFrames, "forward", edited(JoinFrames.forward, "c[:, None]", in_turn)),
    "time runs backward": (
        TemporalConv,
        "unstack",
        edited(TemporalConv.unstack, "dS[:, out, :, :, a]", "dS[:, out, :, :, self.k_t - 1 - a]"),
    ),
    "truncated in the second order": (
        GRU,
        "backward_tangent",
        edited(GRU.backward_tangent, "dh = dh * u + dk * su * ku + dp @ self.U.T", "dh = 0 * dh"),
    ),
}
caught = {}
for name, bug in bugs.items():
    print(name)
    with planted(*bug):
        checks = list(layers_and_penalty())
    show_checks(checks)
    caught[name] = {found.name for found in checks if not found.ok}
    print()

assert {"dx", "dtheta"} <= caught["truncated"]
assert "a sample alone" in caught["contents in turn"]
assert "dx" in caught["time runs backward"]
second = {
    "second order, dx",
    "second order, dx1",
    "second order, dtheta",
    "R1 of a recurrent critic, dtheta",
}
assert caught["truncated in the second order"] <= second
assert "R1 of a recurrent critic, dtheta" in caught["truncated in the second order"]
assert not [found for found in layers_and_penalty() if not found.ok]

# %% [markdown]
# To a gradient check the truncation is a gross error: see the relative errors of `dx` and `dtheta`. Bugs like it survive because the forward pass is right and the loss falls. The fourth bug is found only by checks of the second order, and only a recurrent critic with a gradient penalty suffers from it: G needs no second order.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:clips.bounce`, `eq:clips.hue`: motion that is known exactly | `minigan.data.clips` | `tests/data/test_clips.py`: `test_a_point_bounces`, `test_greys_stay_grey_when_colours_turn` |
# | `eq:clips.path`: the nearest bouncing path | `minigan.metrics.motion.path_error` | `tests/metrics/test_motion.py`: `test_a_path_that_obeys_has_no_error` |
# | `eq:gru.gates`, `eq:gru.candidate`, `eq:gru.state` | `minigan.layers.GRU.forward` | `tests/layers/more/test_gru.py`: `test_the_recurrence` |
# | `eq:gru.through_time`, `eq:gru.dh`, `eq:gru.dU`: back to the first frame | `minigan.layers.GRU.back` | `tests/layers/more/test_gru.py`: `test_one_number_by_hand`, `test_the_gradient_of_the_last_frame_reaches_the_first` |
# | `eq:gru.tangent`, `eq:gru.second`: two streams through time | `minigan.layers.GRU.backward_tangent` | `tests/layers/more/test_gru.py`: `test_every_verb_at_every_length` |
# | `eq:frames.forward`, `eq:frames.dx`, `eq:join_frames.forward`, `eq:join_frames.dx` | `minigan.layers.JoinFrames` | `tests/layers/more/test_frames.py`: `test_every_frame_by_itself`, `test_content_beside_motion` |
# | `eq:temporal.forward`, `eq:temporal.stack`, `eq:temporal.size`, `eq:temporal.dx`, `eq:temporal.dW` | `minigan.layers.TemporalConv` | `tests/layers/more/test_temporal.py`: `test_the_sum`, `test_three_frames_by_hand` |
# | `eq:mocogan.d`, `eq:mocogan.g`: two critics | `minigan.zoo.mocogan.mocogan_step` | `tests/zoo/test_mocogan.py`: `test_the_reported_losses_are_those_of_the_paper`, `test_r1_on_clips_is_exact` |
#
# - Backpropagation through time is one line: a state's own gradient plus what comes back from the next frame. The gates decide how far it gets.
# - The content is copied into every frame, so it receives the sum of their gradients. The motion is the state of a recurrence, so its gradient goes back through time.
# - A critic can ask only for what it sees, and single frames don't show motion. A measure of motion means little without its value on real clips.
#
# ## Next
#
# [Lesson 29: Image to image](29_image_to_image.ipynb). G's input will be an image instead of noise: we translate one kind of picture into another, with pairs and without.
