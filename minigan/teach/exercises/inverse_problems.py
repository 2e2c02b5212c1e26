"""Lesson 27, inverse problems: the gradient of a search, a consistent enlargement, and a measurement of one's own."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.teach.exercises.exercise import Exercise, Formula, NotWritten, Prediction, Wrong

_rng = np.random.default_rng(27)

p1 = Prediction(
    "d",
    a="it satisfies all 100 equations, but in the other 684 directions it is still the average: 87 % of the average's "
    "error remains.",
    b="they tell the exact fit little, but they tell a lot to a G that has only 64 numbers to choose.",
    c="the margin is large: 100 equations for 64 unknowns leave little room.",
    d="G's images have 64 unknowns, so 100 sums leave little room among them; among all images they leave 684 dimensions.",
)
p2 = Prediction(
    "c",
    a="a sum of squares of a *linear* map has one minimum value. G isn't linear, and the objective has many local minima.",
    b="they differ, but the value does say something: a code that explains the known half well is more likely to be right "
    "about the other half.",
    c="this is what makes restarts useful: the best start can be chosen without knowing the truth.",
)
p3 = Prediction(
    "b",
    a="a large hole in one piece leaves a lot open, and a sharp wrong guess costs more than a blur.",
    b="with the random mask some known pixel is close to every hidden one. A hole in one piece leaves room for several "
    "digits, and a sharp guess pays twice for that.",
    c="it's the other way round: a hole in one piece leaves more open than scattered pixels do.",
    d="scattered pixels say nearly everything: some known pixel is close to every hidden one.",
)
p4 = Prediction(
    "b",
    a="two of them compute the right gradient of a wrong function, so it agrees with differences of that function.",
    b="in these two the gradient doesn't belong to the value. The other two are right gradients of a wrong function.",
    c="in training mode G also has right gradients, but of a different function.",
    d="Adam hides the factor in the pictures, but the differences are compared with dz itself.",
)


def _dz(
    J: np.ndarray,
    A: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    lam: float,
    of_misfit: float = 2,
    of_z: float = 2,
) -> np.ndarray:
    return of_misfit * J.T @ (A.T @ (A @ x - y)) + of_z * lam * z


def _case(k: int, n: int, m: int, lam: float) -> tuple:
    shapes = (n, k), (m, n), (n,), (m,), (k,)
    return (*(_rng.standard_normal(shape) for shape in shapes), lam)


q1 = Formula(
    right=lambda J, A, x, y, z, lam: _dz(J, A, x, y, z, lam),
    cases=[_case(3, 7, 5, 0.3), _case(4, 9, 2, 1.7)],
    todo="first the misfit u = A @ x - y; then the chain rule from right to left, A.T and J.T.",
    praise="with A the identity and lam = 0, descent along it looks for the image closest to y that G can draw; with a "
    "linear G that is least squares.",
    mistakes={
        "the term of lam |z|^2 is missing: its gradient is 2 lam z": lambda J, A, x, y, z, lam: _dz(
            J, A, x, y, z, lam, of_z=0
        ),
        "the gradient of lam |z|^2 is 2 lam z, with the 2": lambda J, A, x, y, z, lam: _dz(J, A, x, y, z, lam, of_z=1),
        "the term 2 lam z has the wrong sign: a descent step has to shorten z": lambda J, A, x, y, z, lam: _dz(
            J, A, x, y, z, lam, of_z=-2
        ),
        "the gradient of |u|^2 is 2 u: the misfit's 2 is missing": lambda J, A, x, y, z, lam: _dz(
            J, A, x, y, z, lam, of_misfit=1
        ),
        "the misfit is A x - y, not y - A x": lambda J, A, x, y, z, lam: _dz(J, A, x, y, z, lam, of_misfit=-2),
        "A.T is applied to y only, not to the misfit: it has to be A.T @ (A @ x - y)": lambda J, A, x, y, z, lam: (
            2 * J.T @ (x - A.T @ y) + 2 * lam * z
        ),
        "A x is missing from the misfit: u = A x - y": lambda J, A, x, y, z, lam: 2 * J.T @ (A.T @ -y) + 2 * lam * z,
    },
)


def _means(x: np.ndarray, k: int) -> np.ndarray:
    N, H, W, C = x.shape
    return x.reshape(N, H // k, k, W // k, k, C).mean(axis=(2, 4))


def _blocks(y: np.ndarray, k: int) -> np.ndarray:
    return y.repeat(k, axis=1).repeat(k, axis=2)


def _images(N: int, H: int, W: int, C: int, k: int) -> tuple:
    return _rng.standard_normal((N, k * H, k * W, C)), _rng.standard_normal((N, H, W, C)), k


q2 = Formula(
    right=lambda x, y, k: x + _blocks(y - _means(x, k), k),
    cases=[_images(2, 1, 3, 2, 2), _images(3, 2, 1, 1, 3)],
    todo="how far is each block's mean from the one in y? Add the difference to all pixels of the block.",
    praise="it is a projection: doing it a second time changes nothing, and the detail inside each block stays.",
    mistakes={
        "this adds the adjoint of what is missing, with its 1/k^2; the correction only repeats": lambda x, y, k: (
            x + _blocks(y - _means(x, k), k) / k**2
        ),
        "the correction has the wrong sign: add what is missing, y - means": lambda x, y, k: (
            x - _blocks(y - _means(x, k), k)
        ),
        "this returns flat blocks; the detail that G drew inside each block has to stay": lambda x, y, k: _blocks(y, k),
        "this adds y without subtracting the old means": lambda x, y, k: x + _blocks(y, k),
        "this moves only halfway: the means are not equal to y yet": lambda x, y, k: (
            x + _blocks(y - _means(x, k), k) / 2
        ),
        "one number for the whole image is not enough: every block has its own misfit": lambda x, y, k: (
            x + (y - _means(x, k)).mean(axis=(1, 2), keepdims=True)
        ),
    },
)

H, W, C = 8, 16, 3


def _outcome(method: Callable, a: np.ndarray, what: str) -> np.ndarray:
    """The result of a method, an array with a row for each image; it must not change its argument."""
    kept = a.copy()
    found = method(a)
    if found is None or found is ...:
        raise NotWritten
    if not isinstance(found, np.ndarray) or found.ndim < 1 or len(found) != len(a):
        shape = found.shape if isinstance(found, np.ndarray) else type(found).__name__
        raise Wrong(f"{what} has to return an array with one row for each of the {len(a)} images, got {shape}")
    if not np.array_equal(a, kept):
        raise Wrong(f"{what} changes its argument; make a new array instead")
    return found


def examine(answer: Any) -> str | None:
    """What is wrong with a measurement, a class or an object with __call__ and adjoint; None if nothing is."""
    A = answer() if inspect.isclass(answer) or inspect.isfunction(answer) else answer  # a function may make one
    if not callable(A) or not hasattr(A, "adjoint"):
        return "a measurement has two methods: __call__(x) and adjoint(y)"
    x, other = np.random.default_rng(5).standard_normal((2, 3, H, W, C))
    y = _outcome(A, x, "A(x)")
    if np.abs(_outcome(A, 0 * x, "A(x)")).max() > 0:
        return "it is not linear: A(0) is not 0. Leave out the constant that is always added"
    if not np.allclose(A(2 * x - 3 * other), 2 * y - 3 * A(other), atol=1e-9):
        return "it is not linear: A(2 a - 3 b) differs from 2 A(a) - 3 A(b)"
    if not np.allclose(A(x[:1]), y[:1], atol=1e-9):
        return "it mixes images: A of a single image differs from that image's row in a batch"
    u = np.random.default_rng(6).standard_normal(y.shape)
    back = _outcome(A.adjoint, u, "A.adjoint(y)")
    if back.shape != x.shape:
        return f"A.adjoint has to return images of the shape of x, {x.shape}, got {back.shape}"
    return _wrong_adjoint(A, x, y, u, back) or _wrong_use(A, x)


def _wrong_adjoint(A: Any, x: np.ndarray, y: np.ndarray, u: np.ndarray, back: np.ndarray) -> str | None:
    forth = (y * u).sum(axis=tuple(range(1, y.ndim)))  # <A x, u>, image by image
    here = (x * back).sum(axis=(1, 2, 3))  # <x, A' u>
    if np.allclose(forth, here, rtol=1e-9):
        return None
    factor = here / forth
    if np.allclose(factor, factor[0], rtol=1e-6):
        return f"A.adjoint is {factor[0]:.6g} times the adjoint: <x, A' u> has to equal <A x, u>"
    if np.allclose(A(back), u, atol=1e-9):
        return "A(A.adjoint(u)) = u, so it is an inverse and not the adjoint: <x, A' u> differs from <A x, u>"
    return f"A.adjoint is not the adjoint: <A x, u> = {forth[0]:.6g}, but <x, A' u> = {here[0]:.6g}"


def _wrong_use(A: Any, x: np.ndarray) -> str | None:
    """Dtype, other sizes, and whether anything is lost."""
    y = A(x.astype(np.float32))
    if y.dtype != np.float32 or A.adjoint(y).dtype != np.float32:
        return "float32 images have to give float32 numbers, in both directions: otherwise the search runs in float64"
    large = np.zeros((1, 32, 32, C), np.float32)
    if A.adjoint(A(large)).shape != large.shape:
        return "it does not work for images of 32 x 32 x 3"
    n = 8 * 8 * C
    matrix = A(np.eye(n).reshape(n, 8, 8, C)).reshape(n, -1)
    if np.linalg.matrix_rank(matrix) == n:
        return "it loses nothing: every image can be computed from y, so G is not needed"
    return None


q3 = Exercise(
    todo="begin with __call__, the easier one; then find A' from <A x, u> = <x, A' u>: which entries of u is a pixel of x "
    "multiplied by, and with which factors?",
    praise="the search can use it as it is. Pass it to `search` and look at what G invents in place of what you threw away.",
    examine=examine,
)
