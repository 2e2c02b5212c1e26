# %% [markdown]
# # Lesson 28: Video
#
# **Goal** Derive backpropagation through time for a GRU, to the second order; build a GAN of clips from a content that stays and a motion that goes on, with one critic for frames and one for clips; and measure motion instead of admiring it.
#
# **Prerequisites** Lesson 10 (convolution and its gradients), lesson 15 (gradient penalties: the tangent stream and the primal stream), lesson 8 (the two steps). The chain rule for several paths.
#
# **Run time** 40 s on two cores (estimated).
#
# A film is not a pile of pictures: each frame may be perfect, and between two of them a 3 becomes an 8 and jumps across the room. So a generator of clips has to keep one thing and change another, and what is wrong in the last frame may have its cause in the first. The gradient has to travel there, back through time. (Tulyakov, Liu, Yang and Kautz, 2018: MoCoGAN.)

# %% [markdown]
# **Recall.** Answer before you unfold.
#
# <details><summary>Lesson 27: what is the adjoint of a linear map A, and where does a search need it?</summary>
#
# The map with $\langle A x, u \rangle = \langle x, A^{\top} u \rangle$. It carries the misfit from the measurements back to the pixels. This lesson has two more: the adjoint of copying is adding, and the adjoint of stacking frames is adding too.
#
# </details>
#
# <details><summary>Lesson 25: VGG is used as a loss. Into which network's weights does its gradient go?</summary>
#
# Into none of VGG's: the gradient passes *through* VGG (`learn=False`) and into the network that made the image.
#
# </details>
#
# <details><summary>Lesson 21: IMLE keeps every mode. What does it need that a GAN does not need?</summary>
#
# A distance between two samples. For clips that is even harder to name than for images: a clip that starts one frame later is far away in pixels.
#
# </details>
#
# <details><summary>Lesson 15: the gradient of a penalty runs two streams backward. Which, and when is one of them zero?</summary>
#
# The gradient of the tangent stream and that of the primal stream. The second begins at 0 and stays 0 while all layers are piecewise linear; a curved layer feeds it.
#
# </details>
#
# <details><summary>Lesson 10: how many outputs has a convolution with kernel 4, stride 2 and padding 1 over 16 inputs?</summary>
#
# $\lfloor (16 + 2 - 4) / 2 \rfloor + 1 = 8$. Below it counts frames.
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
# The clips: 16 frames of 32 x 32 pixels, in which two digits fly straight on and bounce off the walls. We know every place and every label, so clips can be *measured*. `bouncing` finds the two bright things in each frame, follows them from frame to frame, and has DigitNet read them:
#
# - *keeps its digits*: each of the two is read as the same digit in at least 80 % of the frames;
# - *obeys the bounce*: both centres stay within a pixel of a path that flies straight on and is reflected at the walls.
#
# Now shuffle the frames within each clip. Its digits are the same as before. What happens to the two shares?
#
# - **a** the second falls to 0, and the first stays as it is
# - **b** both stay about as they are: the frames are the same
# - **c** the second falls to 0, and the first falls as well, although no digit has changed

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"

# %%
rng = np.random.default_rng(0)
clips, motion = data.bouncing_digits(steps(30, 3), rng)  # uint8 (30, 16, 32, 32, 1), and how they were made
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
    usually("most real clips do", measures["real"]["obeys"] > 0.5)
    usually(
        "the measure of identity falls too", measures["shuffled"]["identity"] < measures["real"]["identity"]
    )

# %%
film(
    "Real clips: each digit flies straight on and bounces",
    [plots.grid(frame, columns=6, scale=2) for frame in clips[:6].swapaxes(0, 1)],
)

# %% [markdown]
# Two lessons before any network. First, every measure has a ceiling: about a quarter of the *real* clips fail, because digits touch and DigitNet misreads small ones. Compare with the row *real*, not with 100 %. Second, measures depend on each other: to say that a digit stays the same, you must know which of the two it is, and the tracker uses motion for that. Without motion it takes one for the other.
#
# ## Derive: paths that bounce
#
# A point flies with the speed $v$ between walls at 0 and $R$. Reflect the room instead of the point: in a corridor of mirrored rooms it flies straight on, at $p + v t$. The corridor repeats after $2R$, and the second half of a period is the first one mirrored:
#
# $$ x(t) = \min(q,\, 2R - q), \qquad q = (p + v t) \bmod 2R \tag{eq:clips.bounce} $$
#
# To judge a measured path $x_1, \dots, x_T$, try many phases $p$ and speeds $v$ and take the nearest:
#
# $$ e^2 = \min_{p, v} \operatorname{mean}_t \bigl( x_t - x_{p, v}(t) \bigr)^2 \tag{eq:clips.path} $$
#
# The library has a second kind of clips, portraits that nod and blink while their colours turn. Turning colours is a rotation of RGB about the axis of the greys, $a = (1, 1, 1) / \sqrt 3$. Split a colour into its part along $a$, which stays, and the rest, which turns in the plane perpendicular to $a$: $\text{rest} \cdot \cos + (a \times \text{rest}) \sin$. With $K$ for the matrix of $a \times$, and $a a^{\top} = \frac13 \mathbf 1 \mathbf 1^{\top}$,
#
# $$ Q(a) = \cos a\, I + \sin a\, K + (1 - \cos a)\, \tfrac13 \mathbf 1 \mathbf 1^{\top} \tag{eq:clips.hue} $$
#
# (where $a$ now is the angle). Greys stay grey: $Q \mathbf 1 = \mathbf 1$, as $K \mathbf 1 = 0$.

# %%
t = np.arange(12)
print("fold by hand, R = 18, from 15 with speed 2:", fold(15 + 2.0 * t))
print("a grey stays:", turn(np.array(1.2)) @ [0.4, 0.4, 0.4])

# %% [markdown]
# ## Derive: a state, and two gates
#
# Motion needs memory: the next frame follows from the last. A *recurrent* layer carries a state $h_t$ from frame to frame, with the same weights in each. The gated recurrent unit (GRU; Cho et al., 2014) changes it a little at a time. From the input $x_t$ and the old state it computes two gates, numbers between 0 and 1,
#
# $$ r = \sigma(x_t W_r + h_{t-1} U_r + b_r), \qquad u = \sigma(x_t W_u + h_{t-1} U_u + b_u) \tag{eq:gru.gates} $$
#
# a candidate for the new state, which sees the old one as far as $r$ lets it,
#
# $$ n = \tanh\bigl( x_t W_n + b_n + r \odot (h_{t-1} U_n + c) \bigr) \tag{eq:gru.candidate} $$
#
# and moves from the old state to the candidate, unless $u$ is near 1:
#
# $$ h_t = n + u \odot (h_{t-1} - n) \tag{eq:gru.state} $$
#
# **Backward, through time.** The state $h_t$ affects the loss in two ways: through its own output, whose gradient $dy_t$ comes from above, and through $h_{t+1}$, which contains everything that follows. Gradients of several paths add up:
#
# $$ dh_t = dy_t + \Bigl( \frac{\partial h_{t+1}}{\partial h_t} \Bigr)^{\!\top} dh_{t+1}, \qquad t = T, \dots, 1 \tag{eq:gru.through\_time} $$
#
# That is all there is to *backpropagation through time* (Werbos, 1990): start at the last frame, carry $dh$ to the first.
#
# **One frame.** Go through the three equations from the last to the first. `eq:gru.state` gives $dn = (1 - u) \odot dh_t$ and $du = (h_{t-1} - n) \odot dh_t$, and a first share $u \odot dh_t$ of $dh_{t-1}$. Name the arguments: $s$ of tanh in the candidate, $q_r$ and $q_u$ of $\sigma$ in the gates, $m = h_{t-1} U_n + c$. Then
#
# $$ ds = (1 - n^2) \odot dn, \qquad dq_r = r (1 - r) \odot m \odot ds, \qquad dq_u = u (1 - u) \odot du \tag{28.1} $$
#
# since $\partial s / \partial r = m$. All three use $p = h_{t-1} U$, the third part through $r$, so $dp = (dq_r, dq_u, r \odot ds)$ and
#
# $$ dh_{t-1} = u \odot dh_t + dp\, U^{\top}, \qquad dp = (dq_r,\, dq_u,\, r \odot ds) \tag{eq:gru.dh} $$
#
# All frames share the weights, so each adds its part:
#
# $$ dU \mathrel{+}= \sum_t h_{t-1}^{\top} dp_t \tag{eq:gru.dU} $$
#
# **How far does a gradient get?** From frame $T$ back to frame 1 it is multiplied by $T - 1$ Jacobians, each with the same weights. A plain recurrence $h_t = \tanh(x_t W + h_{t-1} U)$ has the Jacobian $U^{\top}$ times derivatives below 1, and the product shrinks or grows exponentially. In `eq:gru.dh` one term, $u \odot dh$, passes no matrix and no nonlinearity. Alone it gives
#
# $$ \lVert dh_1 \rVert \approx u^{T-1} \lVert dh_T \rVert, \qquad u = \sigma(b_u) \text{ at the beginning of a training} \tag{28.2} $$
#
# ## Predict: thirty-one frames back
#
# A GRU with 16 units and random weights, clips of 32 frames, and a loss that looks at the last state only. How large is the gradient of the *first* input, relative to that of the last? With all biases 0, so $u$ is about $\frac12$, and with $b_u = 3$, so $u$ is about 0.95:
#
# - **a** about as large in both: that is what the gates are for
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
    if plain:  # gates that are always open and never keep: h[t] = tanh(x[t] W + h[t-1] U)
        layer.b[:UNITS], layer.b[UNITS : 2 * UNITS] = 50, -50
    y, cache = layer.forward(rng.standard_normal((50, LONG, 4)))
    dy = np.zeros_like(y)
    dy[:, -1] = rng.standard_normal((50, UNITS))
    dx = layer.backward(dy, cache)
    found = np.sqrt((dx**2).mean(axis=(0, 2)))
    return found / found[-1]


reach = {"plain recurrence": sizes(0, plain=True), "GRU, b_u = 0": sizes(0), "GRU, b_u = 3": sizes(3)}
for name, line in reach.items():
    print(f"{name:<18} first frame against last {line[0]:.0e}")

check.video.p2(guess)

title = "A gradient survives thirty frames only if the gate keeps the state"
with figure(title) as ax:
    for name, line in reach.items():
        ax.semilogy(np.arange(1, LONG + 1), line, label=name)
    ax.set(xlabel="frame", ylabel="gradient of its input, relative to the last")

assert reach["GRU, b_u = 0"][0] < 1e-4 < 1e-2 < reach["GRU, b_u = 3"][0]

# %% [markdown]
# So a gate is an offer, not a guarantee. A network that is to remember for $T$ frames should begin with a $b_u$ that lets it (exercise 2).
#
# ## See the code: the recurrence and its backward pass

# %%
show_source(GRU.forward, GRU.back)

# %% [markdown]
# ## Derive: content and motion
#
# MoCoGAN splits the noise of a clip. The *content* $c \sim \mathcal{N}(0, I)$ is drawn once. The *motion* is a path: noise $e_t$ for each frame drives a GRU, whose first state is random too, and $h_t$ is the motion of frame $t$. One generator of images draws each frame from both:
#
# $$ y_{n, t} = [c_n,\, x_{n, t}] \tag{eq:join\_frames.forward} $$
#
# $$ y_{n, t} = f(x_{n, t}) \tag{eq:frames.forward} $$
#
# (first joined, then drawn; $n$ counts clips and $t$ frames). Nothing in it knows how many frames there are. **Backward.** To the layers inside $f$, $N$ clips of $T$ frames are a batch of $NT$ images, and each has its own backward pass:
#
# $$ dx_{n, t} = J(x_{n, t})^{\top} dy_{n, t} \tag{eq:frames.dx} $$
#
# The content was copied into every frame, and the adjoint of copying is adding:
#
# $$ dc_n = \sum_t dy_{n, t}^{(c)} \tag{eq:join\_frames.dx} $$
#
# *All frames together decide what the content should be*; that makes it the part that stays.
#
# **A critic that sees motion.** A critic of single frames cannot notice shuffled ones. $D_V$ sees clips, by convolutions whose windows have $k_t$ frames:
#
# $$ y[t, i] = \sum_{a, b} x[s_t t - p_t + a,\; s i - p + b]\, W[b, a] + \beta \tag{eq:temporal.forward} $$
#
# with $a$ over frames and $b$ over places. It needs no new kernel. Put the $k_t$ frames of each window side by side, as channels,
#
# $$ S[t, a] = x[s_t t - p_t + a] \tag{eq:temporal.stack} $$
#
# and it is the convolution of images of lesson 10, on stacks; there are
#
# $$ T' = \Bigl\lfloor \frac{T + 2 p_t - k_t}{s_t} \Bigr\rfloor + 1 \tag{eq:temporal.size} $$
#
# of them. Backward, the convolution gives $dS$, and a frame is in several stacks, so it adds up:
#
# $$ dx[s_t t - p_t + a] \mathrel{+}= dS[t, a] \tag{eq:temporal.dx} $$
#
# $$ dW[b, a] \mathrel{+}= \sum_{t, i} x[s_t t - p_t + a,\; s i - p + b]^{\top} dy[t, i] \tag{eq:temporal.dW} $$
#
# **Two critics.** $D_I$ judges a few frames of each clip, chosen at random, $D_V$ whole clips. Each learns from its own loss,
#
# $$ L_I = L_D\bigl(D_I(x_t),\, D_I(G(z)_s)\bigr), \qquad L_V = L_D\bigl(D_V(x),\, D_V(G(z))\bigr) \tag{eq:mocogan.d} $$
#
# and G minimises its losses against both. The gradient of $D_V$ reaches all frames, that of $D_I$ the frames it has seen:
#
# $$ L_G = L_G\bigl(D_I(G(z)_s)\bigr) + L_G\bigl(D_V(G(z))\bigr), \qquad d\,G(z) = dx^V + \mathbf 1_{t = s}\, dx^I \tag{eq:mocogan.g} $$
#
# From there it goes through the image generator into $h_t$, back through time, and into $c$, $h_0$ and the weights.
#
# ## See the code: the networks and the step

# %%
show_source(
    networks.generator, networks.video_critic, TemporalConv.stack, TemporalConv.unstack, mocogan_step
)

# %% [markdown]
# ## Derive: R1 on clips, to the second order
#
# R1 wants a small gradient of $D_V$ at real clips, in *all* frames together:
#
# $$ P = \frac{\gamma}{2N} \sum_n \sum_t \Bigl\lVert \frac{\partial D_V}{\partial x_{n, t}} \Bigr\rVert^2 \tag{28.3} $$
#
# By lesson 15 its gradient in the weights is that of $\langle v, \nabla_x D \rangle$ with $v = \gamma g / N$ held still: push $v$ forward, as a clip of directions, then run backward through that pass. In a `TemporalConv` with LeakyReLU that is one stream. A recurrent critic has curved layers *and* time, so two streams travel back through time, coupled in every frame. Forward first, by the product rule on `eq:gru.state`, with a dot for the derivative along $v$:
#
# $$ \dot h_t = (1 - u) \odot \dot n + \dot u \odot (h_{t-1} - n) + u \odot \dot h_{t-1} \tag{eq:gru.tangent} $$
#
# $$ \dot u = u (1 - u) \odot \dot q_u, \qquad \dot n = (1 - n^2) \odot \dot s, \qquad \dot s = \dot a_n + r (1 - r) \odot \dot q_r \odot m + r \odot \dot m \tag{28.4} $$
#
# with $a_n = x_t W_n + b_n$. Now backward. Take $m$ as the example. It enters the primal pass in $s = a_n + r \odot m$, and the tangent pass in $\dot s$. Both paths count:
#
# $$ dm = r \odot ds + (1 - r) \odot r \odot \dot q_r \odot d\dot s, \qquad m = h_{t-1} U_n + c \tag{eq:gru.second} $$
#
# The second term is what one forgets. The other intermediate values follow in the same way, and both $dh$ and $d\dot h$ are carried to frame $t - 1$.
#
# ## Check: both orders, through time
#
# Every verb of the GRU against differences, also the second order; `JoinFrames`, `Frames` and `TemporalConv`; R1 of a recurrent critic of clips; and, in the whole step of MoCoGAN, the gradient of G, which comes from two critics and through time (a part of the library's certificate).


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
# Training MoCoGAN on clips of digits takes half an hour. The motion alone can be learned in seconds: a *point* that bounces in a room of 18 x 18, twelve frames long, one or two units a frame in each direction. G is a GRU and two dense layers that turn its state into a place. $D_I$ sees four places of each clip, $D_V$ the whole path. We train G twice with `mocogan_step`: with both critics, and with $D_I$ alone. What does the second one learn?
#
# - **a** nothing: the places never look right
# - **b** the right places, and a motion of its own, which no loss has judged
# - **c** the same as with both: a GRU moves smoothly by itself

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
    """A G of paths; without `both`, D_V is a network of zeros that never moves."""
    rng, kink = np.random.default_rng(seed), LeakyReLU(0.2)
    G = Sequential(GRU(1, MOTION, initial=True), Frames(Dense(MOTION, 64), kink, Dense(64, 2)), rng=seed)
    G.layers[0].b[MOTION : 2 * MOTION] = 1  # remember, to begin with
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
        at = rng.permuted(np.tile(np.arange(T), (2, batch, 1)), axis=2)[
            :, :, :4
        ]  # the frames that D_I sees
        mocogan_step(G, D_I, D_V, losses.non_saturating, penalties, opts, x, noise(batch, rng), at)
    return G


def judged(paths):
    """What is known of real paths (N, T, 2): where, how fast, how straight, and how near to a path that bounces."""
    v = np.diff(paths, axis=1)
    pace = np.linalg.norm(v, axis=2)
    turned = np.sum(v[:, 1:] * v[:, :-1], axis=2) / np.maximum(pace[:, 1:] * pace[:, :-1], 1e-9)
    return {
        "spread of the places": paths.std(),
        "length of a step": pace.mean(),
        "cosine of two steps": turned.mean(),
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

title = "With D_V the points fly through the room; with D_I alone they creep, at the right places"
with figure(title, panels=3, size=(10, 3.6)) as axes:
    for ax, (name, kind) in zip(axes, paths.items(), strict=True):
        for path in kind[:6]:
            ax.plot(*path.T, "-", marker=".", linewidth=1)
        ax.set(title=name, xlim=(-1, 19), ylim=(-1, 19), aspect="equal")

if not quick():
    real, with_both, alone = found.values()
    for what in ("length of a step", "cosine of two steps"):
        closer = abs(with_both[what] - real[what]) < abs(alone[what] - real[what])
        usually(f"{what}: with both critics it is closer to the real one", closer)
    what = "distance from a bouncing path"
    usually("but D_I alone has the better distance from a bouncing path", alone[what] < with_both[what])

# %%
film(
    "Paths of G, trained with both critics",
    list(((paths["D_I and D_V"] - 9) / 7).swapaxes(0, 1)),
    seconds=3,
)

# %% [markdown]
# $D_I$ is satisfied as soon as the places look right, one by one, and can't ask for more. So the points creep: nothing rewards a step. With $D_V$ they cross the room at the right pace and turn at the walls, although 800 steps are too few for sharp corners.
#
# Look at the last number again: by the distance from a bouncing path *the creeping points are the better ones*. A path that hardly moves is near to a bouncing path of speed 0, and the measure allows that. A single measure can be right in every detail and prefer the wrong model. Print several, and know what each is blind to.
#
# Both critics are needed in a film of images for another reason too: $D_I$ sees many frames sharply, and $D_V$, which has to look at everything, is the weaker judge of a single one.
#
# **Clips of images.** If this installation has a trained MoCoGAN, here it is: one content in each row, three motions. Otherwise `minigan train mocogan --out runs/clips` makes one, and `minigan video runs/clips --out clips.gif` films it.

# %%
trained = [name for name in pretrained.names() if name.startswith("mocogan")]


def three_by_three():
    """A film of three contents, each with three motions; None without a trained model."""
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
# The smallest recurrent layer, one number: $h_t = \tanh(a_t + w\, h_{t-1})$ with $h_0 = 0$. Given `a` (T,), the number `w` and the gradient `dh` (T,) that each $h_t$ receives *directly* from the loss, return `da` (T,) and `dw`. (Compute the states first.)


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
# `carried` is the whole idea: the part of the gradient that comes from later frames. In `dw` each frame adds its part, with the *old* state, `h[t]` in this counting. If $|w| < 1$ the carried part shrinks by more than $w$ in every frame.
#
# </details>

# %% [markdown]
# ### Exercise 2: a gate that remembers (★★)
#
# By (28.2) a share $u^{T}$ of a state survives $T$ frames if nothing else happens. Which bias $b_u$ makes that share one half, when inputs and states contribute nothing to the gate, so $u = \sigma(b_u)$? Return it as a function of `T`. Then explain: why does it grow like the logarithm of $T$?


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
# $u^T = \frac12$, and $b = \log \frac{u}{1 - u}$ inverts the sigmoid. For large $T$, $1 - u \approx \frac{\log 2}{T}$, so $b \approx \log T - \log \log 2$: to remember ten times as long, add $\log 10 = 2.3$. That is why a start of $b_u = 2$ or 3 is enough for clips.
#
# </details>

# %% [markdown]
# ## Break it
#
# **The truncation.** In many programs the state is detached from its past in the loop over frames (`h = h.detach()`), so that training is faster or memory lasts. Then `eq:gru.through_time` loses its second term: the gradient of frame $t$ stops there. The forward pass is the same, the loss falls, no number is NaN.
#
# A task that needs memory: the sign of the *first* number, asked for at the last of 12 frames. The GRU begins with $b_u = 2$. Which share of signs is right after the training, with the full gradient and with the truncated one?
#
# - **a** full: nearly all. Truncated: nearly all too, it only learns more slowly
# - **b** full: nearly all. Truncated: not much more than a half, with luck two thirds
# - **c** a half in both: 12 frames are too many

# %% tags=["predict"]
guess = "?"  # "a", "b" or "c"


# %%
def edited(function, right, wrong):
    """The function with one place of its source replaced: a bug of one line."""
    source, scope = textwrap.dedent(inspect.getsource(function)), dict(function.__globals__)
    assert source.count(right) == 1
    exec(source.replace(right, wrong), scope)
    return scope[function.__name__]


truncated = edited(GRU.back, "dh = dh * u + dp @ self.U.T", "dh = 0 * dh")


def remembers(frames, n, seed=0, b_u=2.0):
    """The share of right signs after a training of n steps."""
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

title = "Truncated, the network cannot learn what a gradient would have to carry over many frames"
with figure(title, marker=True) as ax:
    for name, line in shares.items():
        ax.plot(lengths, line, label=name)
    ax.axhline(0.5, color="black", linewidth=1, linestyle=":")
    ax.set(
        xlabel="frames between the number and the question",
        ylabel="share of signs that are right",
        ylim=(0.4, 1.03),
    )

if not quick():
    usually("the full gradient learns 12 frames", shares["full gradient"][-1] > 0.9)
    usually("the truncated one does not", shares["truncated"][-1] < 0.85)

# %% [markdown]
# Some of the truncated ones are better than chance: the GRU's random weights keep an echo of the past, and the last layer learns to read it. So the bug looks like a difficult task. What do the checks say of it, and of three others, each a change of one line?
#
# 1. *Truncated*, as above.
# 2. *Contents in turn*: the frames of a clip get the contents of all clips of the batch, one after the other (`repeat` where `repeat_interleave` was meant).
# 3. *Time runs backward*: the adjoint of stacking takes the frames of a window in the wrong order.
# 4. *Truncated in the second order*: somebody has mended the first bug, but not its twin in `backward_tangent`, where $dh$ is carried too.
#
# Before you run: which checks can notice the fourth, and would a GAN without a penalty ever suffer from it?

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
# For a check the truncation is not subtle: the gradients of most frames are wrong by their largest part. It survives in programs because the forward pass is right and the loss falls. The fourth bug is found by the second order only, and only a recurrent critic with a gradient penalty suffers from it: G needs no second order.
#
# ## Summary
#
# | formula | code | test |
# |---|---|---|
# | `eq:clips.bounce`, `eq:clips.hue`: known motion | `minigan.data.clips` | `tests/data/test_clips.py`: `test_a_point_bounces`, `test_greys_stay_grey_when_colours_turn` |
# | `eq:clips.path`: the nearest bouncing path | `minigan.metrics.motion.path_error` | `tests/metrics/test_motion.py`: `test_a_path_that_obeys_has_no_error` |
# | `eq:gru.gates`, `eq:gru.candidate`, `eq:gru.state` | `minigan.layers.GRU.forward` | `tests/layers/more/test_gru.py`: `test_the_recurrence` |
# | `eq:gru.through_time`, `eq:gru.dh`, `eq:gru.dU`: back to the first frame | `minigan.layers.GRU.back` | `tests/layers/more/test_gru.py`: `test_one_number_by_hand`, `test_the_gradient_of_the_last_frame_reaches_the_first` |
# | `eq:gru.tangent`, `eq:gru.second`: two streams through time | `minigan.layers.GRU.backward_tangent` | `tests/layers/more/test_gru.py`: `test_every_verb_at_every_length` |
# | `eq:frames.forward`, `eq:frames.dx`, `eq:join_frames.forward`, `eq:join_frames.dx` | `minigan.layers.JoinFrames` | `tests/layers/more/test_frames.py`: `test_every_frame_by_itself`, `test_content_beside_motion` |
# | `eq:temporal.forward`, `eq:temporal.stack`, `eq:temporal.size`, `eq:temporal.dx`, `eq:temporal.dW` | `minigan.layers.TemporalConv` | `tests/layers/more/test_temporal.py`: `test_the_sum`, `test_three_frames_by_hand` |
# | `eq:mocogan.d`, `eq:mocogan.g`: two critics | `minigan.zoo.mocogan.mocogan_step` | `tests/zoo/test_mocogan.py`: `test_the_reported_losses_are_those_of_the_paper`, `test_r1_on_clips_is_exact` |
#
# - Backpropagation through time is one line: own gradient plus what comes from the next frame. A gate decides how far it gets.
# - What is copied into all frames receives the sum of their gradients, and stays; what a recurrence makes moves.
# - A critic asks only for what it sees. Single frames do not show motion, and a measure of motion needs a row for real clips.
#
# ## Next
#
# [Lesson 29: Image to image](29_image_to_image.ipynb). From noise as the input to an image as the input: translating one kind of picture into another, with pairs and without.
