"""How compiled code hands shares of its work to other threads, without Python.

Python threads take turns holding Python's lock, and a thread that waits for the lock, or for work, is put to sleep; waking it
takes 10 to 150 microseconds, depending on the machine.  A training step consists of a hundred calls of 50 microseconds to
a few milliseconds.  So the threads of our pool wait inside compiled code, which needs no lock: they read a number in memory
again and again (for some milliseconds; then they do sleep).  Handing over a job takes one microsecond:

    the caller     writes the job into `state`, an array that all threads see: which function, its arguments, how many
                   shares; and last of all the TICKET, the number of shares that no thread has started yet
    every thread   the caller included, takes one share after the other.  "Replace ticket t by t - 1 if it is still t" is
                   one atomic instruction, so no share is computed twice.  If a thread is late (it was asleep, or
                   another program has its core), the others compute its shares
    DONE           counts the finished shares; the caller goes on when all are done

The number of the job is part of the ticket, so a late thread cannot take a share of one job with the fields of another.

A call first writes its job into an array of its own, and compiled code moves it to the one that all threads see.  There is
no moment at which Python runs while a shared job is half written or the pool is taken: a signal handler or Ctrl-C in between
can neither change the job nor leave the pool taken.  If another call has the pool, the caller computes its job alone.
"""

from typing import Any

import numpy as np
from numba.core import config

from minigan.kernels.parallel.intrinsics import (
    INT,
    SPAN,
    add,
    call_share,
    compare_and_swap,
    element_pointer,
    load,
    pause,
    share_function,
    yield_core,
)
from minigan.kernels.parallel.jit import inside, jit

# positions in `state` (int64); a number that several threads watch or change has a cache line of its own
TICKET, DONE, CALLS, PRODUCTS, BUSY = 0, 8, 16, 24, 32
ENTRY, LENGTH, SHARES, FAILED, CUTS, YIELD, USED, BLAS, ARGS = 40, 41, 42, 43, 44, 45, 46, 48, 56
SIZE = 512  # of `state`; the arguments of a job must fit behind ARGS
LEFT = 0xFFFF  # the bits of a ticket that count the shares left; the bits above hold the number of the job
PATIENCE = 1_000  # reads of a number (some 20 microseconds) before a waiting thread lets other programs have the core
IDLE = 4_000  # this many more reads for a pool thread between two jobs: longer than the pauses within a training step

COMPILED = not config.DISABLE_JIT  # type: ignore[attr-defined]  # else kernels are plain Python, and so is `offer` (launch.py)


def write_job(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """The instructions of offer(state, kernel, args, length): write ENTRY, LENGTH, the arguments and their size."""
    (_, kernel, args, _), (state, _, given, length) = signature.args, values
    called = kernel.get_call_type(context.typing_context, (*SPAN[1:], *args.types), {})
    size, room = context.get_abi_sizeof(given.type), 8 * (SIZE - ARGS)
    if size > room:
        raise TypeError(f"the arguments of a kernel need {size} bytes, but there is room for {room}")

    def position(i: int) -> Any:
        return element_pointer(context, builder, signature.args[0], state, INT(i))

    builder.store(given, builder.bitcast(position(ARGS), given.type.as_pointer()))
    function = share_function(context, builder, kernel, called, given.type)
    builder.store(builder.ptrtoint(function, INT), position(ENTRY))
    builder.store(length, position(LENGTH))
    builder.store(INT(-(-size // 8)), position(USED))
    return context.get_dummy_value()


@inside
def wait(state: np.ndarray, reads: int) -> None:
    """Wait a moment between two reads of a number; after PATIENCE reads, let other programs have the core."""
    if reads > PATIENCE and state[YIELD]:
        yield_core(state[YIELD])
    pause()


@inside
def compute_shares(state: np.ndarray) -> None:
    """Take shares of the job in `state` and compute them until none is left."""
    while True:
        ticket = load(state, TICKET)
        left = ticket & LEFT
        if left == 0:
            return
        if compare_and_swap(state, TICKET, ticket, ticket - 1):
            shares, length = state[SHARES], state[LENGTH]
            s = shares - left
            if call_share(state[ENTRY], state, ARGS, length * s // shares, length * (s + 1) // shares, s):
                state[FAILED] = 1
            add(state, DONE, 1)


@jit
def serve(state: np.ndarray, calls: int, patience: int) -> int:
    """The loop of a pool thread: compute shares until CALLS changes, or until `patience` reads found no work."""
    idle = 0
    while idle < patience and load(state, CALLS) == calls:
        if load(state, TICKET) & LEFT:
            compute_shares(state)
            idle = 0
        wait(state, idle - IDLE)
        idle += 1
    return load(state, CALLS)


@inside
def compute_alone(job: np.ndarray) -> None:
    """Compute all shares of the job in `job` on this thread."""
    shares, length = max(1, min(job[CUTS], job[LENGTH])), job[LENGTH]
    job[FAILED] = 0
    for s in range(shares):
        if call_share(job[ENTRY], job, ARGS, length * s // shares, length * (s + 1) // shares, s):
            job[FAILED] = 1


@jit
def alone(job: np.ndarray) -> int:
    """Compute the job on this thread -> 1 if a share failed."""
    compute_alone(job)
    return job[FAILED]


@jit
def fork(job: np.ndarray, pool: np.ndarray) -> int:
    """Compute the job written in `job` with the threads that wait at `pool` -> 1 if a share failed.

    If another call is using them, this thread computes it alone.  Both arguments are a `state`.
    """
    if not compare_and_swap(pool, BUSY, 0, 1):
        compute_alone(job)
        return job[FAILED]
    pool[ENTRY], pool[LENGTH] = job[ENTRY], job[LENGTH]
    for k in range(ARGS, ARGS + job[USED]):
        pool[k] = job[k]
    shares = max(1, min(job[CUTS], job[LENGTH]))
    pool[SHARES], pool[FAILED], pool[DONE] = shares, 0, 0
    ticket = load(pool, TICKET)
    compare_and_swap(pool, TICKET, ticket, ((ticket >> 16) + 1) << 16 | shares)
    compute_shares(pool)
    reads = 0
    while load(pool, DONE) < shares:
        wait(pool, reads)
        reads += 1
    failed = pool[FAILED]
    compare_and_swap(pool, BUSY, 1, 0)
    return failed
