"""Kernels under stress, counted: python tests/kernels/parallel/stress.py KIND CALLS  (a program, run by test_stress.py).

KIND     threads      three Python threads call kernels, a fourth keeps changing the number of threads and of shares
         signals      a signal every 0.1 ms, whose handler calls a kernel in the middle of others
         both         both at once
         interrupts   a signal every 0.1 ms that raises KeyboardInterrupt; then the pool must be as it was before

Every result is compared with the bits that the same call gave before for one of the numbers of shares in use.  Prints the number
of calls, of results with other bits, and of signals.
"""

import faulthandler
import signal
import sys
import threading
import time

import numpy as np

from minigan import kernels
from minigan.kernels.parallel import threads

threads.SMALL = 0  # cut even small work
EVERY = 1e-4  # seconds between signals
SHARES = (1, 2, 3, 4)


def _cases():
    rng = np.random.default_rng(0)
    normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)  # noqa: E731
    x, W, dy = normal(4, 8, 8, 16), normal(4, 4, 16, 64), normal(4, 4, 4, 64)
    small, K, rows, P = normal(3, 5, 6, 2), normal(3, 3, 2, 3), normal(40, 30), [normal(3000) ** 2 for _ in range(4)]

    def into(function, *args, out):
        out = out.copy()
        function(*args, out)
        return out

    def adam():
        vectors = [p.copy() for p in P]
        kernels.adam(*vectors, 0.1, 0.5, 0.9, 1e-8, 3)
        return np.concatenate(vectors)

    return [
        lambda: kernels.conv2d(x, W, 2, 1),  # Winograd
        lambda: kernels.conv2d_dx(dy, W, 2, 1, (8, 8)),
        lambda: into(kernels.conv2d_dW, x, dy, 2, 1, out=W),
        lambda: kernels.conv2d(small, K, 1, 1),  # im2col
        lambda: into(kernels.conv2d_dW, small, small[..., [0, 1, 0]].copy(), 1, 1, out=K),
        lambda: kernels.dense(rows, rows.T),
        lambda: np.concatenate(kernels.column_moments(rows)),
        lambda: kernels.leaky_relu(rows, 0.2),
        adam,
    ]


class Stress:
    """Calls in several threads, and how many gave other bits."""

    def __init__(self, most):
        self.cases, self.most = _cases(), most
        self.calls, self.wrong, self.signals, self.depth, self.answers = 0, 0, 0, 0, []
        for case in self.cases:
            self.answers.append(set())
            for shares in SHARES:
                kernels.set_threads(2, shares)
                self.answers[-1].add(case().tobytes())

    def call(self, k):
        if self.cases[k % len(self.cases)]().tobytes() not in self.answers[k % len(self.cases)]:
            self.wrong += 1
        self.calls += 1

    def until_done(self, start=0):
        k = start
        while self.calls < self.most:
            self.call(k)
            k += 1

    def change_threads(self):
        rng = np.random.default_rng(1)
        while self.calls < self.most:
            kernels.set_threads(int(rng.integers(1, 5)), int(rng.choice(SHARES)))
            time.sleep(rng.uniform(0, 2e-3))

    def on_signal(self, *_):
        self.signals += 1
        if self.depth < 3:  # signals come faster than kernels end: handlers interrupt handlers
            self.depth += 1
            self.call(self.signals)
            self.depth -= 1


def _timer(handler, repeated=True):
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY if repeated else 0)


def _interrupts(stress):
    def interrupt(*_):
        stress.signals += 1
        raise KeyboardInterrupt

    kernels.set_threads(2)
    stress.call(0)
    k = 0
    while stress.signals < stress.most:
        try:
            _timer(interrupt, repeated=False)
            while True:
                stress.call(k)
                k += 1
        except KeyboardInterrupt:
            k += 1
    for k in range(len(stress.cases)):
        stress.call(k)
    until = time.monotonic() + 10  # the threads of the pools before this one have ended by then
    while _pool_threads() > 1 and time.monotonic() < until:
        time.sleep(0.01)
    print(_pool_threads(), "thread; the pool", "works" if _pool_works() else "is lost")


def _pool_threads():
    return sum(thread.name.startswith("minigan") for thread in threading.enumerate())


def _pool_works():
    """Does another thread compute one of two shares?  Then this thread needs half the processor time for the same call."""
    from minigan.kernels.parallel.launch import kernel, launch

    @kernel
    def _slow(i, j, s, a):
        for k in range(i, j):
            for _ in range(1_000_000):
                a[k] = a[k] * 0.5 + 1

    def seconds(n):
        kernels.set_threads(n, 2) if n != kernels.get_threads() else None
        start = time.thread_time()
        launch(_slow, 2, 2, np.ones(2))
        return time.thread_time() - start

    return any(seconds(2) < 0.7 * alone for alone in [min(seconds(1) for _ in range(3))] * 50)


def main(kind, most):
    faulthandler.dump_traceback_later(max(300, most / 10), exit=True)  # it hangs
    stress = Stress(most)
    if kind == "interrupts":
        _interrupts(stress)
    else:
        others = []
        if kind in ("threads", "both"):
            others = [threading.Thread(target=stress.until_done, args=(k,)) for k in (0, 3)]
            others.append(threading.Thread(target=stress.change_threads))
        for thread in others:
            thread.start()
        if kind in ("signals", "both"):
            _timer(stress.on_signal)
        stress.until_done(5)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for thread in others:
            thread.join()
    print(stress.calls, stress.wrong, stress.signals)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
