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

Numba's cache of compiled kernels checks a kernel's own file only, but a kernel contains code from other files too.  So
each kernel writes a STAMP, a checksum of all files in kernels/ when it was compiled; `launch` compiles it again if they
have changed since.  (The position of STAMP must therefore never change: an old kernel writes it where it used to be.)
"""

import zlib
from pathlib import Path
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
TICKET, DONE, CALLS, PRODUCTS = 0, 8, 16, 24
ENTRY, LENGTH, SHARES, FAILED, CUTS, YIELD, STAMP, BLAS, ARGS = 32, 33, 34, 35, 36, 37, 40, 41, 48
SIZE = 512  # of `state`; the arguments of a job must fit behind ARGS
LEFT = 0xFFFF  # the bits of a ticket that count the shares left; the bits above hold the number of the job
PATIENCE = 1_000  # reads of a number (some 20 microseconds) before a waiting thread lets other programs have the core
IDLE = 4_000  # this many more reads for a pool thread between two jobs: longer than the pauses within a training step

THIS_STAMP = zlib.crc32(b"".join(p.read_bytes() for p in sorted(Path(__file__).parent.parent.rglob("*.py"))))
COMPILED = not config.DISABLE_JIT  # type: ignore[attr-defined]  # else kernels are plain Python, and so is `offer` (threads.py)


def write_job(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """The instructions of offer(state, kernel, args, length): write ENTRY, LENGTH and the arguments into `state`."""
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
    builder.store(INT(THIS_STAMP), position(STAMP))
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


@jit
def fork(state: np.ndarray) -> None:
    """Offer the job written in `state` to all threads, take part in it, and return when all of it is done."""
    shares = max(1, min(state[CUTS], state[LENGTH]))
    state[SHARES], state[FAILED], state[DONE] = shares, 0, 0
    ticket = load(state, TICKET)
    compare_and_swap(state, TICKET, ticket, ((ticket >> 16) + 1) << 16 | shares)
    compute_shares(state)
    reads = 0
    while load(state, DONE) < shares:
        wait(state, reads)
        reads += 1
