"""What a kernel refuses: before compiled code could read or write beyond an array, and with a sentence that says why."""

import pickle

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels.checks import MANY, Arguments
from minigan.layers import Dense
from minigan.network import Sequential
from minigan.optim import EMA, SGD, Adam, RMSProp

x, W, dy = np.ones((2, 8, 8, 3)), np.ones((4, 4, 3, 5)), np.ones((2, 4, 4, 5))
image, K, larger = np.ones((2, 4, 4, 3)), np.ones((3, 3, 3, 5)), np.ones((2, 8, 8, 5))
rows, C, P = np.ones((300, 40)), np.ones(40), [np.ones(1000) for _ in range(4)]
many, one = np.ones((2000, 500)), np.ones(1000)

WRONG = {
    "conv2d: channels": (kernels.conv2d, x[..., :2], W, 2, 1),
    "conv2d: not square": (kernels.conv2d, x, W[:3], 2, 1),
    "conv2d: three axes": (kernels.conv2d, x[0], W, 2, 1),
    "conv2d: kernel larger than the image": (kernels.conv2d, x[:, :1], W, 2, 1),
    "conv2d: stride 0": (kernels.conv2d, x, W, 0, 1),
    "conv2d: pad -1": (kernels.conv2d, x, W, 2, -1),
    "conv2d: half a stride": (kernels.conv2d, x, W, 1.5, 1),
    "conv2d_dx: channels": (kernels.conv2d_dx, dy[..., :4], W, 2, 1, (8, 8)),
    "conv2d_dx: size": (kernels.conv2d_dx, dy, W, 2, 1, (12, 8)),
    "conv2d_dx: one number": (kernels.conv2d_dx, dy, W, 2, 1, (8,)),
    "conv2d_dW: channels of x": (kernels.conv2d_dW, x[..., :2], dy, 2, 1, np.zeros_like(W)),
    "conv2d_dW: channels of dy": (kernels.conv2d_dW, x, dy[..., :4], 2, 1, np.zeros_like(W)),
    "conv2d_dW: batch": (kernels.conv2d_dW, x, dy[:1], 2, 1, np.zeros_like(W)),
    "conv2d_dW: size": (kernels.conv2d_dW, x, dy[:, :3], 2, 1, np.zeros_like(W)),
    "upconv2d: channels": (kernels.upconv2d, image[..., :2], K),
    "upconv2d: even kernel": (kernels.upconv2d, image, W),
    "upconv2d_dx: odd size": (kernels.upconv2d_dx, larger[:, :7], K),
    "upconv2d_dW: size": (kernels.upconv2d_dW, image, larger[:, :6], np.zeros_like(K)),
    "dense": (kernels.dense, rows, np.ones((39, 7))),
    "dense: bias": (kernels.dense, rows, np.ones((40, 7)), np.ones(6)),
    "dense_dx": (kernels.dense_dx, rows, np.ones((7, 39))),
    "dense_dW: rows": (kernels.dense_dW, rows, rows[:299], np.zeros((40, 40))),
    "dense_dW: a column, which NumPy would repeat": (kernels.dense_dW, rows, rows[:, :1], np.zeros((40, 40))),
    "add_bias: short": (kernels.add_bias, rows.copy(), C[:39]),
    "add_bias: long": (kernels.add_bias, rows.copy(), np.ones(80)),
    "add_bias: another factor": (kernels.add_bias, rows.copy(), np.ones(20)),
    "leaky_relu_dx": (kernels.leaky_relu_dx, many, many[:1000], 0.2),
    "leaky_relu_dx: same size": (kernels.leaky_relu_dx, many, many.T, 0.2),
    "column_sums: a number": (kernels.column_sums, np.ones(())),
    "column_moments: a number": (kernels.column_moments, np.ones(())),
    "batchnorm: mean": (kernels.batchnorm, rows, C[:3], C, C, C),
    "batchnorm: beta": (kernels.batchnorm, rows, C, C, C, C[:3]),
    "batchnorm: gamma of one": (kernels.batchnorm, rows, C, C, C[:1], C),
    "batchnorm_dx: x": (kernels.batchnorm_dx, rows, rows[:100], C, C, C),
    "batchnorm_dx: mean": (kernels.batchnorm_dx, rows, rows, C[:3], C, C),
    "adam: grad": (kernels.adam, P[0], np.ones(999), P[2], P[3], 0.1, 0.5, 0.9, 1e-8, 1),
    "adam: v of one": (kernels.adam, P[0], P[1], P[2], np.ones(1), 0.1, 0.5, 0.9, 1e-8, 1),
    "adam: a matrix": (kernels.adam, *(np.ones((10, 10)) for _ in range(4)), 0.1, 0.5, 0.9, 1e-8, 1),
    "ema: short": (kernels.ema, np.ones(1000), np.ones(10), 0.5),
    "ema: long": (kernels.ema, np.ones(10), np.ones(1000), 0.5),
    "ema: of one": (kernels.ema, np.ones(1000), np.ones(1), 0.5),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("which", ["fast", "reference"])
def test_wrong_shapes_are_refused(case, which):
    function, *args = WRONG[case]
    before = [a.copy() for a in args if isinstance(a, np.ndarray)]
    name = case.split(":")[0]
    with kernels.use(which):
        for _ in range(2):  # what does not fit is not remembered
            with pytest.raises(ValueError, match=rf"^{name} expects .*, got .*\("):
                function(*args)
    for a, b in zip((a for a in args if isinstance(a, np.ndarray)), before, strict=True):
        assert np.array_equal(a, b)


def test_the_message_names_what_was_expected_and_given():
    with pytest.raises(ValueError, match="conv2d_dW expects") as error:
        kernels.conv2d_dW(x, dy[:, :3], 2, 1, np.zeros_like(W))
    assert str(error.value) == (
        "conv2d_dW expects x (N, H, W, C), dy (N, R, S, O), dW (k, k, C, O), got x (2, 8, 8, 3), dy (2, 3, 4, 5), "
        "dW (4, 4, 3, 5), stride 2, pad 1: a convolution of 8 pixels has 4 outputs, dy has 3"
    )


@pytest.mark.parametrize("wrong", [[1.0, 2.0], 3.0, None, "text", np.ma.masked_array([1.0, 2.0], [True, False])])
def test_what_is_not_an_array_is_refused(wrong):
    with pytest.raises(TypeError, match="leaky_relu: x must be a NumPy array, got"):
        kernels.leaky_relu(wrong, 0.2)
    with pytest.raises(TypeError, match="ema: theta must be a NumPy array, got"):
        kernels.ema(np.ones(2), wrong, 0.5)


@pytest.mark.parametrize("dtype", ["U3", object, "datetime64[s]", "S2"])
def test_other_dtypes_than_numbers_are_refused(dtype):
    with pytest.raises(TypeError, match="column_sums computes with numbers, got x of dtype"):
        kernels.column_sums(np.zeros((3, 4)).astype(dtype))


IN_PLACE = {
    "conv2d_dW": (kernels.conv2d_dW, [x, dy, 2, 1, np.zeros_like(W)], [4]),
    "upconv2d_dW": (kernels.upconv2d_dW, [image, larger, np.zeros_like(K)], [2]),
    "dense_dW": (kernels.dense_dW, [rows, rows, np.zeros((40, 40))], [2]),
    "add_bias": (kernels.add_bias, [rows, C], [0]),
    "adam": (kernels.adam, [*P, 0.1, 0.5, 0.9, 1e-8, 1], [0, 1, 2, 3]),
    "ema": (kernels.ema, [one, P[0], 0.5], [0]),
}


@pytest.mark.parametrize("name", IN_PLACE)
@pytest.mark.parametrize("which", ["fast", "reference"])
def test_an_output_that_is_read_only_or_too_narrow_is_refused(name, which):
    function, args, outputs = IN_PLACE[name]
    for i in outputs:
        given = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
        given[i].flags.writeable = False
        with pytest.raises(ValueError, match=rf"{name} changes \w+ in place, but \w+ is read-only"), kernels.use(which):
            function(*given)
        for wrong in (given[i].astype(int), None):
            others = [a.astype(complex) if isinstance(a, np.ndarray) and wrong is None else a for a in given]
            others[i] = given[i].copy() if wrong is None else wrong
            if wrong is None and all(j == i for j in range(len(args)) if isinstance(args[j], np.ndarray)):
                continue
            with pytest.raises(TypeError, match=rf"{name} cannot change \w+ of dtype"), kernels.use(which):
                function(*others)


@pytest.mark.parametrize("which", ["fast", "reference"])
def test_an_output_that_shares_memory_with_another_argument_is_refused(which):
    memory, one = np.ones(5000), np.ones
    a, b = memory[:1000], memory[999:1999]
    others = [np.ones(1000), np.ones(1000)]
    calls = {
        "adam": lambda: kernels.adam(a, b, *others, 0.1, 0.5, 0.9, 1e-8, 1),
        "ema": lambda: kernels.ema(a, b, 0.5),
        "add_bias": lambda: kernels.add_bias(memory[:1000].reshape(10, 100), memory[:100]),
        "dense_dW": lambda: kernels.dense_dW(memory[:40].reshape(4, 10), np.ones((4, 10)), memory[30:130].reshape(10, 10)),
        "conv2d_dW": lambda: kernels.conv2d_dW(one((1, 4, 4, 2)), memory[:12].reshape(1, 2, 2, 3), 2, 1, memory[:96].reshape(4, 4, 2, 3)),
        "upconv2d_dW": lambda: kernels.upconv2d_dW(memory[:4].reshape(1, 2, 2, 1), np.ones((1, 4, 4, 1)), memory[:9].reshape(3, 3, 1, 1)),
    }  # fmt: skip
    for name, call in calls.items():
        with (
            pytest.raises(ValueError, match=rf"{name} changes \w+ in place, but \w+ and \w+ share memory"),
            kernels.use(which),
        ):
            call()
    assert (memory == 1).all()
    kernels.ema(memory[::2], memory[1::2], 0.5)  # these do not overlap, although their ranges do
    kernels.conv2d(x, W, 2, 1)


@pytest.mark.parametrize("which", ["fast", "reference"])
def test_keywords_and_other_byte_orders(which):
    swapped = x.astype(">f8")
    with kernels.use(which):
        expected = kernels.conv2d(x, W, 2, 1)
        np.testing.assert_allclose(kernels.conv2d(W=W, x=x, pad=1, stride=2), expected)
        np.testing.assert_allclose(kernels.conv2d(swapped, W, 2, 1), expected)
        np.testing.assert_allclose(kernels.leaky_relu(-swapped, 0.5), -0.5 * x)
        moved = kernels.dense(x=rows, W=np.ones((40, 7)), b=np.ones(7))
        assert (moved == 41).all()
        with pytest.raises(TypeError, match="missing a required argument"):
            kernels.conv2d(x=x, W=W)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unpickled_arrays_are_for_compiled_code_too(dtype):
    """They have a dtype object of their own, which equals NumPy's but is another one."""
    a, b, out = (pickle.loads(pickle.dumps(np.ones(shape, dtype))) for shape in ((6, 3), (6, 5), (3, 5)))
    assert Arguments("f", ["a", "b", "out"], "a N n | b N m | *out n m").compiled((a, b, out))
    fresh = np.arange(18, dtype=dtype).reshape(6, 3), np.arange(15, dtype=dtype).reshape(3, 5)
    again = pickle.loads(pickle.dumps(fresh))
    assert kernels.dense(*again).tobytes() == kernels.dense(*fresh).tobytes()


def test_what_is_remembered_are_shapes_alone():
    """A call with the shapes of a right one is refused, or goes to the twin, if its arrays are not as good."""

    def given():
        return np.ones((6, 3)), np.ones((6, 5)), np.zeros((3, 5))

    a, b, out = given()
    arguments = Arguments("f", ["a", "b", "out"], "a N n | b N m | *out n m")
    assert not arguments.known(a, b, out)
    assert arguments.compiled((a, b, out))
    assert arguments.known(*given())
    single = a.astype(np.float32)
    assert not arguments.compiled((single, b, out))  # for the twin
    assert not arguments.compiled((a.astype(">f8"), b.astype(">f8"), out.astype(">f8")))
    assert arguments.compiled((single, b.astype(np.float32), out.astype(np.float32)))
    read_only = np.zeros((3, 5))
    read_only.flags.writeable = False
    shared = np.zeros(30)
    view = shared[:15].reshape(3, 5)
    for wrong in (
        (a, b, read_only),
        (a, shared.reshape(6, 5), view),
        (shared[10:28].reshape(6, 3), b, view),
        (a, b, out[:2]),
        (a[:5], b, out),
    ):
        with pytest.raises(ValueError, match=r"^f "):
            arguments.compiled(wrong)
    for wrong in (
        (a.tolist(), b, out),
        (a, b.tolist(), out),
        (a, np.ma.ones((6, 5)), out),
        (a, None, out),
        ((6, 3), b, out),
        (a, b),
        (),
    ):
        with pytest.raises(TypeError, match=r"^f: "):
            arguments.compiled(wrong)
    assert arguments.compiled((shared[15:].reshape(5, 3)[:5], np.ones((5, 5)), view))  # apart, in one array


def test_an_optional_array_may_be_missing_in_a_remembered_call():
    arguments = Arguments("f", ["a", "b"], "a N n | b? n")
    a, b = np.ones((6, 3)), np.ones(3)
    assert arguments.compiled((a, b))
    assert arguments.compiled((a,))
    assert arguments.known(a)
    assert arguments.known(a, None)
    assert arguments.known(a, b)
    assert not arguments.compiled((a, b.astype(np.float32)))  # for the twin
    for wrong, error in ((np.ones(4), ValueError), ([1.0, 1.0, 1.0], TypeError)):
        with pytest.raises(error, match=r"^f"):
            arguments.compiled((a, wrong))


def test_few_combinations_of_shapes_are_remembered():
    arguments = Arguments("f", ["x"], "x N")
    for n in range(MANY + 10):
        assert arguments.compiled((np.empty(n, np.float32),)) == (n > 0)
    assert len(arguments.fitting) <= MANY


@pytest.mark.parametrize("optimizer", [SGD, RMSProp, Adam])
def test_an_optimizer_refuses_vectors_that_do_not_fit(optimizer):
    def case():
        net = Sequential(Dense(3, 4), rng=0)
        return net, optimizer(net, lr=0.1)

    name = optimizer.__name__
    net, moves = case()
    net.theta = net.theta + 1
    with pytest.raises(
        ValueError, match=rf"{name}: net.theta has been replaced by another array.*net.theta\[\.\.\.\] = values"
    ):
        moves.step()
    net, moves = case()
    net.grad = net.grad.copy()
    with pytest.raises(ValueError, match=f"{name}: net.grad has been replaced by another array"):
        moves.step()
    for wrong, error, message in (
        (
            np.zeros(15, np.float32),
            ValueError,
            r"must be vectors of one length and dtype, got \(16,\) float32 and \(15,\)",
        ),
        (np.zeros(1, np.float32), ValueError, "must be vectors of one length"),
        (np.zeros(16), ValueError, "must be vectors of one length and dtype, got .* float64"),
        (np.zeros(32, np.float32)[::2], ValueError, "must be contiguous and writable"),
        (np.zeros(16, int), TypeError, "must be a NumPy array of floats, got dtype int"),
        ([0.0] * 16, TypeError, "must be a NumPy array of floats, got list"),
    ):
        net, moves = case()
        slot = moves.slots[0]
        setattr(moves, slot, wrong)
        before = net.theta.copy()
        with pytest.raises(error, match=f"{name}: .*{slot} .*{message}"):
            moves.step()
        assert np.array_equal(net.theta, before)
        assert moves.t == 0
    net, moves = case()
    moves.step()  # as it is, all is well


def test_an_average_refuses_a_vector_that_does_not_fit():
    net = Sequential(Dense(3, 4), rng=0)
    ema = EMA(net)
    net.theta = net.theta[:5]
    with pytest.raises(
        ValueError, match=r"ema expects average \(P,\), theta \(P,\), got average \(16,\), theta \(5,\)"
    ):
        ema.step()
