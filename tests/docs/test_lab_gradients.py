"""The GAN lab of the site computes what the library computes: every loss, penalty and nonlinearity, Adam, the eigenvalues."""

import numpy as np
import pytest
from docs.javascript import engines, run

from minigan import game, losses
from minigan.differences import compare, require
from minigan.layers import Dense, LeakyReLU, Tanh
from minigan.measure.certify.steps import KeepingSGD
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import R1, R2

SCRIPTS = [f"lab/{name}.js" for name in ("matrix", "network", "losses", "game", "eigen", "spectrum")]
NONLINEARITIES = {"leaky_relu": lambda: LeakyReLU(0.2), "tanh": Tanh}
PENALTIES = {"none": (), "r1": (R1,), "r2": (R2,), "both": (R1, R2)}
N, LATENT, WIDTH, GAMMA = 7, 3, 5, 0.7  # an odd width: the products of the lab work on blocks of four rows
SETUP = """
const built = (options, G, D) => {
  const game = new Game(options, new Random(1));
  game.G.theta.set(G);
  game.D.theta.set(D);
  return game;
};
const columns = (rows) => Float64Array.from(rows[0].flatMap((_, j) => rows.map((row) => row[j])));  // (N, k) -> (k, N)
"""


def networks(nonlinearity, rng, width=WIDTH, latent=LATENT):
    def net(n_in, n_out):
        f = NONLINEARITIES[nonlinearity]
        layers = Dense(n_in, width), f(), Dense(width, width), f(), Dense(width, n_out, gain=1.0)
        net = Sequential(*layers, rng=rng, dtype=np.float64)
        net.theta[...] += 0.1 * rng.standard_normal(
            net.theta.size
        )  # biases start at 0, which would hide an error in them
        return net

    return net(latent, 2), net(2, 1)


def settings(loss, penalty, nonlinearity, **more):
    sizes = {"latent": LATENT, "nonlinearity": nonlinearity, "width": WIDTH}
    return {"loss": loss, "penalty": penalty, "gamma": GAMMA, "lrD": 0.01, "lrG": 0.02, "beta1": 0.5} | sizes | more


def in_javascript(engine, folder, body, data):
    return run(engine, folder, SCRIPTS, f"(() => {{ {SETUP} {body} }})()", data)


@engines
def test_every_gradient_of_both_steps_is_the_librarys(engine, tmp_path):
    cases, expected = [], []
    rng = np.random.default_rng(0)
    for loss in losses.GAN_LOSSES:
        for penalty, kinds in PENALTIES.items():
            for nonlinearity in NONLINEARITIES:
                G, D = networks(nonlinearity, rng)
                x, z = rng.standard_normal((N, 2)), rng.standard_normal((N, LATENT))
                thetas = {"G": G.theta.tolist(), "D": D.theta.tolist()}
                cases.append(
                    {"options": settings(loss, penalty, nonlinearity), "x": x.tolist(), "z": z.tolist()} | thetas
                )
                D_records, G_records = KeepingSGD(D, lr=0.0), KeepingSGD(G, lr=0.0)
                row = game.d_step(G, D, losses.GAN_LOSSES[loss], [kind(GAMMA) for kind in kinds], D_records, x, z)
                row |= game.g_step(G, D, losses.GAN_LOSSES[loss], G_records, x, z)
                name = f"{loss}, {penalty}, {nonlinearity}"
                expected.append((name, D_records.seen, G_records.seen, row))
    body = f"""return data.map(({{ options, G, D, x, z }}) => {{
      const game = built(options, G, D), row = game.dGradient(columns(x), columns(z), {N});
      Object.assign(row, game.gGradient(columns(x), columns(z), {N}));
      return {{ row, D: [...game.D.grad], G: [...game.G.grad] }};
    }})"""
    for (name, dD, dG, row), found in zip(expected, in_javascript(engine, tmp_path, body, cases), strict=True):
        require([compare(f"{name}: D", found["D"], dD, 1e-10), compare(f"{name}: G", found["G"], dG, 1e-10)])
        ours = {"lossD": "loss_D", "penalty": "penalty", "real": "score_real", "fake": "score_fake", "lossG": "loss_G"}
        for theirs, our in ours.items():
            assert found["row"][theirs] == pytest.approx(row[our], rel=1e-10, abs=1e-12), name


@engines
def test_ten_steps_with_adam_end_at_the_same_weights(engine, tmp_path):
    rng = np.random.default_rng(3)
    G, D = networks("tanh", rng)
    data = {"options": settings("non_saturating", "both", "tanh"), "G": G.theta.tolist(), "D": D.theta.tolist()}
    xs, zs = rng.standard_normal((10, N, 2)), rng.standard_normal((10, N, LATENT))
    opt_G, opt_D = Adam(G, 0.02, beta2=0.99), Adam(D, 0.01, beta2=0.99)
    for x, z in zip(xs, zs, strict=True):
        game.d_step(G, D, losses.non_saturating, [R1(GAMMA), R2(GAMMA)], opt_D, x, z)
        game.g_step(G, D, losses.non_saturating, opt_G, x, z)
    body = f"""const game = built(data.options, data.G, data.D);
    data.xs.forEach((x, t) => {{
      game.stepD(columns(x), columns(data.zs[t]), {N});
      game.stepG(columns(x), columns(data.zs[t]), {N});
    }});
    return {{ G: [...game.G.theta], D: [...game.D.theta] }};"""
    found = in_javascript(engine, tmp_path, body, data | {"xs": xs.tolist(), "zs": zs.tolist()})
    require([compare("D", found["D"], D.theta, 1e-9), compare("G", found["G"], G.theta, 1e-9)])


def in_order(values):
    return sorted(values, key=lambda e: (round(e.real, 6), e.imag))


@engines
def test_eigenvalues_are_numpys(engine, tmp_path):
    rng = np.random.default_rng(5)
    matrices = [rng.standard_normal((n, n)) for n in (1, 2, 3, 5, 12, 24)]
    matrices += [np.array([[0.0, -1], [1, 0]]), np.diag([3.0, 2, 1]), np.eye(4)[[1, 2, 3, 0]], np.zeros((3, 3))]
    body = "return data.map((rows) => eigenvalues(rows.flat(), rows.length));"
    for A, found in zip(matrices, in_javascript(engine, tmp_path, body, [A.tolist() for A in matrices]), strict=True):
        got = in_order(complex(*pair) for pair in found)
        np.testing.assert_allclose(got, in_order(np.linalg.eigvals(A).astype(complex)), atol=1e-8)


@engines
def test_the_spectrum_is_that_of_the_librarys_jacobian(engine, tmp_path):
    """With as many iterations as parameters, Arnoldi finds every eigenvalue of the Jacobian of the game's vector field."""
    rng = np.random.default_rng(7)
    G, D = networks("tanh", rng, width=2, latent=1)
    x, z = rng.standard_normal((N, 2)), rng.standard_normal((N, 1))
    theta, size = np.concatenate([G.theta, D.theta]), G.theta.size

    def field(theta):
        G.theta[...], D.theta[...] = theta[:size], theta[size:]
        D_records, G_records = KeepingSGD(D, lr=0.0), KeepingSGD(G, lr=0.0)
        game.d_step(G, D, losses.non_saturating, [R1(GAMMA)], D_records, x, z)
        game.g_step(G, D, losses.non_saturating, G_records, x, z)
        return -np.concatenate([G_records.seen, D_records.seen])

    h = 1e-5
    columns = [(field(theta + step) - field(theta - step)) / (2 * h) for step in h * np.eye(theta.size)]
    expected = np.linalg.eigvals(np.stack(columns, axis=1))
    options = settings("non_saturating", "r1", "tanh", latent=1, width=2)
    data = {
        "options": options,
        "G": theta[:size].tolist(),
        "D": theta[size:].tolist(),
        "x": x.tolist(),
        "z": z.tolist(),
    }
    body = f"""const game = built(data.options, data.G, data.D), before = [...game.D.theta];
    const found = spectrum(game, columns(data.x), columns(data.z), {N}, new Random(2), 1000, 1e-5);
    return {{ found, kept: before.every((value, i) => value === game.D.theta[i]) }};"""
    answer = in_javascript(engine, tmp_path, body, data)
    assert answer["kept"]
    found = np.array([complex(*pair) for pair in answer["found"]])
    outer = expected[np.abs(expected) > 1e-3 * np.abs(expected).max()]
    assert len(outer) >= 10
    for value in outer:
        assert np.abs(found - value).min() < 1e-5 * np.abs(expected).max()
