"""How compiled code hands shares of its work to other threads, without Python.

Two Python threads take turns at Python's lock, and a thread that waits for the lock, or for work, is put to sleep; to
wake it takes 10 to 150 microseconds, by the machine.  A training step has a hundred calls of 50 microseconds to a few
milliseconds.  So the threads of our pool wait inside compiled code, which needs no lock: they look at a number in
memory again and again (for some milliseconds; then they do sleep).  A job is handed over in one microsecond:

    the caller    writes into `state`, an array both sides see: which function, its arguments, how many shares; and
                  then, as its last word, the TICKET: the shares nobody has taken yet
    everybody     takes one share after the other, the caller too: "replace ticket t by t - 1, if it is still t" is one
                  indivisible instruction, so no share is computed twice, and the shares of a thread that comes late
                  (it slept, or another program has its core) are taken by the others
    DONE          counts the shares that are finished; the caller goes on when it has reached their number

The number of the job is part of the ticket: a late thread cannot take a share of a job with the fields of another.

What Numba cannot say in Python of this stands in intrinsics.py.

All kernels have some of these files compiled into them, and Numba's cache of compiled kernels looks at a kernel's own file
alone.  So each kernel leaves a STAMP of the files that it was compiled with; `launch` compiles it anew if they changed.
(So the place of the STAMP must never change: an old kernel writes it where it then was.)
"""

import zlib
from pathlib import Path

import numba
from numba.core import cgutils

from minigan.kernels.parallel.intrinsics import (
    INT,
    SPAN,
    add,
    borrowed,
    call,
    entry,
    let_others,
    load,
    pause,
    place_of,
    swap,
)
from minigan.kernels.parallel.jit import inside, jit

# where in `state` (int64) what stands; what several threads watch or change has a cache line of its own
TICKET, DONE, CALLS, PRODUCTS = 0, 8, 16, 24
ENTRY, LENGTH, SHARES, FAILED, CUTS, YIELD, STAMP, BLAS, ARGS = 32, 33, 34, 35, 36, 37, 40, 41, 48
SIZE = 512  # of `state`; the arguments of a job must fit behind ARGS
LEFT = 0xFFFF  # these bits of a ticket: the shares left; the bits above: the number of the job
PATIENCE = 1_000  # looks at a number (some 20 microseconds) before who waits lets other programs have the core
IDLE = 4_000  # so many more looks of a thread of the pool that waits for its next job: a step's pauses are shorter

THIS_STAMP = zlib.crc32(
    b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("native", "intrinsics", "blas", "jit"))
)
COMPILED = not numba.config.DISABLE_JIT  # else kernels are plain Python, and so is `share` (threads.py)


def offer(context, builder, signature, values):
    """What share(state, kernel, args, length) is in compiled code: ENTRY, LENGTH and the arguments written into `state`.

    An array stays with its owner, who waits in `launch`: so none may be made by the compiled code that calls `share`.
    """
    (_, kernel, args, _), (state, _, given, length) = signature.args, values
    called = kernel.get_call_type(context.typing_context, (*SPAN[1:], *args.types), {})
    pairs = zip(args.types, cgutils.unpack_tuple(builder, given), strict=True)
    packed = context.make_tuple(builder, args, [borrowed(context, builder, *pair) for pair in pairs])
    size, room = context.get_abi_sizeof(packed.type), 8 * (SIZE - ARGS)
    if size > room:
        raise TypeError(f"the arguments of a kernel need {size} bytes, {room} are there")

    def place(i):
        return place_of(context, builder, signature.args[0], state, INT(i))

    builder.store(packed, builder.bitcast(place(ARGS), packed.type.as_pointer()))
    builder.store(builder.ptrtoint(entry(context, builder, kernel, called, packed.type), INT), place(ENTRY))
    builder.store(length, place(LENGTH))
    builder.store(INT(THIS_STAMP), place(STAMP))
    return context.get_dummy_value()


@inside
def wait(state, looks):
    """A moment, between two looks at a number; after some, let other programs have the core."""
    if looks > PATIENCE and state[YIELD]:
        let_others(state[YIELD])
    pause()


@inside
def help_out(state):
    """Take shares of the job in `state`, and compute them, until none is left."""
    while True:
        ticket = load(state, TICKET)
        left = ticket & LEFT
        if left == 0:
            return
        if swap(state, TICKET, ticket, ticket - 1):
            shares, length = state[SHARES], state[LENGTH]
            s = shares - left
            if call(state[ENTRY], state, ARGS, length * s // shares, length * (s + 1) // shares, s):
                state[FAILED] = 1
            add(state, DONE, 1)


@jit
def serve(state, calls, patience):
    """The life of a thread of the pool, until somebody calls it back to Python or nothing comes for `patience` looks."""
    idle = 0
    while idle < patience and load(state, CALLS) == calls:
        if load(state, TICKET) & LEFT:
            help_out(state)
            idle = 0
        wait(state, idle - IDLE)
        idle += 1
    return load(state, CALLS)


@jit
def fork(state):
    """Offer the job that stands in `state` and take part in it; all of it is done afterwards."""
    shares = max(1, min(state[CUTS], state[LENGTH]))
    state[SHARES], state[FAILED], state[DONE] = shares, 0, 0
    ticket = load(state, TICKET)
    swap(state, TICKET, ticket, ((ticket >> 16) + 1) << 16 | shares)
    help_out(state)
    looks = 0
    while load(state, DONE) < shares:
        wait(state, looks)
        looks += 1
