"""microgan: a GAN with a gradient penalty, in one file, with nothing but Python.

No NumPy, no autograd. Two small networks learn a ring of eight Gaussians. Their
gradients, first and second order, are written by hand, and checked before each
training, which takes about two minutes and ends with a film.

    python microgan.py [SEED]      writes microgan.svg: open it in a browser
"""

import math
import random
import sys
from itertools import pairwise
from operator import add, mul

# ---- Data and noise --------------------------------------------------------------
#
# The data: points in the plane, from eight Gaussians on the unit circle. With images
# everything below would be the same, but here you can see the whole distribution.
MODES = [(math.cos(k * math.pi / 4), math.sin(k * math.pi / 4)) for k in range(8)]
STD = 0.05


def real(n, rng):  # -> (n, 2)
    return [[rng.gauss(c, STD) for c in rng.choice(MODES)] for _ in range(n)]


# The noise: what the generator G turns into points. It knows nothing of the data.
def noise(n, rng):  # -> (n, 2)
    return [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(n)]


# ---- Matrices --------------------------------------------------------------------
#
# A matrix is a list of rows, and a batch has one sample per row. Nearly all the time
# is spent in this line: row i of A times row j of B is entry (i, j) of A B'.
def dot(A, B):  # (n, k), (m, k) -> (n, m)
    return [[sum(map(mul, a, b)) for b in B] for a in A]


# The transpose. With it, `dot(A, T(B))` is the ordinary product A B.
def T(A):
    return list(zip(*A))


# All other arithmetic goes entry by entry. (`zip` stops where the shortest row ends.)
def each(f, *matrices):
    return [[f(*entries) for entries in zip(*rows)] for rows in zip(*matrices)]


# The mean over the samples; within a sample, a sum.
def mean(f, A):
    return sum(f(a) for row in A for a in row) / len(A)


# ---- A network -------------------------------------------------------------------
#
# A network is a list of weight matrices, with a tanh between any two of them. Its
# weights start with variance 1/n, so that the numbers neither grow nor shrink from
# layer to layer. The last row of each matrix is the bias, 0 at first.
def network(sizes, rng):
    def row(n, m):
        return [rng.gauss(0, n**-0.5) for _ in range(m)]

    return [[*(row(n, m) for _ in range(n)), [0.0] * m] for n, m in pairwise(sizes)]


def zeros(net):
    return [each(lambda w: 0.0, W) for W in net]


# Forward. Each layer's input gets a 1 at its end, which the bias multiplies. These
# inputs are kept in `xs`, because every backward pass needs them.
def forward(net, x):  # (n, in) -> (n, out), xs
    xs = []
    for i, W in enumerate(net):
        if i:
            x = each(math.tanh, x)
        xs.append([[*row, 1.0] for row in x])
        x = dot(xs[i], T(W))
    return x, xs


# Backward. dy is the gradient of a loss in the output; what comes back is its gradient
# in the input. On the way the gradient in each W is added to `grad`, if there is one.
# The derivative of y = tanh is 1 - y^2, so the y that was kept is enough.
def backward(net, xs, dy, grad=None):  # (n, out) -> (n, in)
    for i in reversed(range(len(net))):
        if grad:
            grad[i] = each(add, grad[i], dot(T(xs[i]), T(dy)))  # dW += x' dy
        dx = dot(dy, net[i][:-1])  # dx = dy W', without the bias
        dy = each(lambda d, y: d * (1 - y * y), dx, xs[i])
    return dx


# ---- The second order ------------------------------------------------------------
#
# The penalty below is a function of g, the gradient of D's score in x. To train D with
# it we need the gradient of a gradient, and that takes one idea: for a constant v, the
# number v . g is the derivative of the score along v. So let x move along v, and push
# this movement forward through the layers. The 1 at the end does not move.
def tangent(net, xs, v):  # (n, in) -> vs
    vs = []
    for i, W in enumerate(net):
        if i:
            v = each(lambda v, y: v * (1 - y * y), v, xs[i])
        vs.append([[*row, 0.0] for row in v])
        v = dot(vs[i], T(W))
    return vs


# Then run backward through *that* pass. Two gradients travel together: dw is that of
# the movement, dy that of the values. Each W was used twice, so it collects from both.
# At a tanh the movement was multiplied by 1 - y^2, which depends on y: hence the term
# -2 y v dv. Forget it, and everything still looks right, and is wrong.
def backward_tangent(net, xs, vs, dw, dy, grad):
    for i in reversed(range(len(net))):
        grad[i] = each(add, grad[i], dot(T(xs[i]), T(dy)))  # dW += x' dy
        grad[i] = each(add, grad[i], dot(T(vs[i]), T(dw)))  # dW += v' dw
        dx, dv = dot(dy, net[i][:-1]), dot(dw, net[i][:-1])
        dy = each(lambda d, y: d * (1 - y * y), dx, xs[i])
        dy = each(lambda d, dv, y, v: d - 2 * y * v * dv, dy, dv, xs[i], vs[i])
        dw = each(lambda d, y: d * (1 - y * y), dv, xs[i])


# ---- The game --------------------------------------------------------------------
#
# D gives each point a score a, and sigmoid(a) is its probability that the point is
# real. A loss is -log of a probability, which is softplus, and the derivative of
# softplus is sigmoid. Neither overflows, whatever the score.
def sigmoid(a):
    return (1 + math.tanh(a / 2)) / 2


def softplus(a):
    return max(a, 0) + math.log1p(math.exp(-abs(a)))


# What D wants: high scores r for real points, low scores f for fakes. The gradient
# stops at the fakes: G does not learn here. Then the penalty, R1: gamma/2 |g|^2, mean
# over the real points. D should be flat where the data is, or the two players may
# chase each other forever. The loss of the real points shares the penalty's pass.
def d_gradient(G, D, x, z, gamma):  # -> loss, penalty, gradient in D's weights
    n, grad, ones = len(x), zeros(D), [[1.0]] * len(x)
    fake, _ = forward(G, z)
    r, xs = forward(D, x)
    f, fs = forward(D, fake)
    loss = mean(lambda r: softplus(-r), r) + mean(softplus, f)
    dr = each(lambda r: -sigmoid(-r) / n, r)
    df = each(lambda f: sigmoid(f) / n, f)
    backward(D, fs, df, grad)
    g = backward(D, xs, ones)  # (n, 2): where the score rises
    penalty = gamma / 2 * mean(lambda g: g * g, g)
    v = each(lambda g: gamma * g / n, g)  # the gradient of the penalty in g
    backward_tangent(D, xs, tangent(D, xs, v), ones, dr, grad)
    return loss, penalty, grad


# What G wants: high scores for its fakes. The gradient goes through D, whose weights
# do not learn from it, and says for each fake in which direction it should move. Then
# it goes into G. That is all G ever hears of the data.
def g_gradient(G, D, z):  # -> loss, gradient in G's weights
    n, grad = len(z), zeros(G)
    fake, zs = forward(G, z)
    f, fs = forward(D, fake)
    df = each(lambda f: -sigmoid(-f) / n, f)
    backward(G, zs, backward(D, fs, df), grad)
    return mean(lambda f: softplus(-f), f), grad


# Adam: every weight moves by about the learning rate, however large its gradient is.
# m is a moving average of the gradient and v one of its square; c and d make up for
# their start at 0. With beta1 = 0, as often in GANs, m is the gradient itself.
class Adam:
    def __init__(self, net, beta1=0.0, beta2=0.99):
        self.net, self.m, self.v, self.t = net, zeros(net), zeros(net), 0
        self.beta1, self.beta2 = beta1, beta2

    def step(self, grad, lr, eps=1e-8):
        self.t += 1
        b1, b2 = self.beta1, self.beta2
        c, d = 1 - b1**self.t, 1 - b2**self.t
        for matrices in zip(self.net, grad, self.m, self.v):
            for W, dW, m, v in zip(*matrices):  # their rows
                for j, g in enumerate(dW):
                    m[j] = b1 * m[j] + (1 - b1) * g
                    v[j] = b2 * v[j] + (1 - b2) * g * g
                    W[j] -= lr * (m[j] / c) / (math.sqrt(v[j] / d) + eps)


# Training: a step of D, a step of G, and again. The learning rate falls along a cosine
# to 0, so that the players come to rest.
def train(seed=0, steps=3000, batch=32, gamma=0.1, lr=0.01, watch=None):
    rng = random.Random(seed)
    G = network([2, 16, 16, 2], rng)
    D = network([2, 32, 32, 1], rng)
    opt_G, opt_D = Adam(G), Adam(D)
    for t in range(steps):
        rate = lr * (1 + math.cos(math.pi * t / steps)) / 2
        x, z = real(batch, rng), noise(batch, rng)
        loss_D, penalty, grad = d_gradient(G, D, x, z, gamma)
        opt_D.step(grad, rate)
        loss_G, grad = g_gradient(G, D, noise(batch, rng))
        opt_G.step(grad, rate)
        if watch:
            watch(t + 1, G, loss_D, loss_G, penalty)
    return G, D


# ---- Is it right? ----------------------------------------------------------------
#
# Ask the losses themselves. Move one weight a little to either side: the loss changes
# by 2h times the derivative. (Then delete the term -2 y v dv above, and run it again.)
def check(h=1e-5):  # -> the largest error, relative to the largest gradient
    rng = random.Random(1)
    G, D = network([2, 5, 5, 2], rng), network([2, 5, 5, 1], rng)
    x, z = real(4, rng), noise(4, rng)
    errors, sizes = [], []

    def compare(net, gradient):
        for W, dW in zip(net, gradient()[-1]):
            for row, drow in zip(W, dW):
                for j, w in enumerate(row):
                    row[j] = w + h
                    above = sum(gradient()[:-1])
                    row[j] = w - h
                    below = sum(gradient()[:-1])
                    row[j] = w
                    errors.append(abs((above - below) / (2 * h) - drow[j]))
                    sizes.append(abs(drow[j]))

    compare(D, lambda: d_gradient(G, D, x, z, gamma=2.0))
    compare(G, lambda: g_gradient(G, D, z))
    return max(errors) / max(sizes)


# ---- Is it good? -----------------------------------------------------------------
#
# Count. A fake is good if it is within three standard deviations of a mode, and a mode
# is found if at least 1 % of all fakes are good and near it.
def quality(points):  # -> modes found, share of good fakes
    n = len(points)
    near = [sum(math.dist(p, c) <= 3 * STD for p in points) / n for c in MODES]
    return sum(share >= 0.01 for share in near), sum(near)


# Look. The plane in characters: the more fakes in a place, the darker.
def picture(points, rows=17, columns=37):
    cells = [[0] * columns for _ in range(rows)]
    for x, y in points:
        i = round((1.4 - y) / 2.8 * (rows - 1))
        j = round((1.4 + x) / 2.8 * (columns - 1))
        if 0 <= i < rows and 0 <= j < columns:
            cells[i][j] += 1
    inks = [[" .:+*#@"[min(n.bit_length(), 6)] for n in row] for row in cells]
    return "\n".join(map("".join, inks))


# And a film, in SVG: a circle can list all the places it moves through.
def film(frames, path):
    size = 'width="360" viewBox="-1.5 -1.5 3 3"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>']
    parts += ['<rect x="-1.5" y="-1.5" width="3" height="3" fill="#f7f7f5"/>']
    for x, y in MODES:
        place = f'cx="{x:.2f}" cy="{y:.2f}" r="{3 * STD:.2f}"'
        parts += [f'<circle {place} fill="#dde6f5"/>']
    for places in zip(*frames):  # one point in all frames
        parts += ['<circle r="0.025" fill="#d1600a">']
        for name, axis in zip(("cx", "cy"), T(places)):
            values = ";".join(f"{a:.2f}" for a in axis)
            parts += [f'<animate attributeName="{name}" values="{values}"']
            parts += ['dur="8s" repeatCount="indefinite"/>']
        parts += ["</circle>"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([*parts, "</svg>\n"]))


# All together: check the gradients, train, and look now and then at the same fakes.
if __name__ == "__main__":
    print(f"gradients against finite differences: {check():.0e}")
    fixed, frames = noise(1000, random.Random(0)), []

    def watch(t, G, loss_D, loss_G, penalty):
        if t % 50 == 0 or t == 1:
            frames.append(forward(G, fixed[:200])[0])
        if t % 500 == 0 or t == 1:
            points = forward(G, fixed)[0]
            modes, good = quality(points)
            print(f"\nstep {t}   loss of D {loss_D:.2f}   of G {loss_G:.2f}", end="")
            print(f"   penalty {penalty:.3f}   modes {modes} of 8   good {good:.0%}")
            print(picture(points), flush=True)

    train(seed=int(sys.argv[1]) if sys.argv[1:] else 0, watch=watch)
    film(frames + frames[-1:] * 10, "microgan.svg")
    print("the film is in microgan.svg")
