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

What Numba cannot say in Python is said here in LLVM's words, through its door for that (`intrinsic`): reading and
changing a number that another thread changes, and calling a function of which only the address is known.

All kernels have some of this file compiled into them, and Numba's cache of compiled kernels looks at a kernel's own file
alone.  So each kernel leaves a STAMP of the files that it was compiled with; `launch` compiles it anew if they changed.
"""

import platform
import zlib
from pathlib import Path

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from minigan.kernels.jit import inside, jit

# where in `state` (int64) what stands; what several threads watch or change has a cache line of its own
TICKET, DONE, CALLS, PRODUCTS = 0, 8, 16, 24
ENTRY, LENGTH, SHARES, FAILED, CUTS, YIELD, BLAS, STAMP, ARGS = 32, 33, 34, 35, 36, 37, 38, 40, 48
SIZE = 512  # of `state`; the arguments of a job must fit behind ARGS
LEFT = 0xFFFF  # these bits of a ticket: the shares left; the bits above: the number of the job
PATIENCE = 1_000  # looks at a number (some 20 microseconds) before who waits lets other programs have the core

THIS_STAMP = zlib.crc32(
    b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("native", "blas", "jit"))
)
COMPILED = not numba.config.DISABLE_JIT  # else kernels are plain Python, and so is `share` (threads.py)

INT, BYTES = ir.IntType(64), ir.IntType(8).as_pointer()
SPAN = (types.voidptr, types.int64, types.int64, types.int64)  # what a share gets: its arguments, from, to, its number


def _place(context, builder, kind, state, i):
    return builder.gep(context.make_array(kind)(context, builder, state).data, [i])


@intrinsic
def load(typing, state, i):
    """state[i] as it is now, and all that was written before it."""

    def code(context, builder, signature, values):
        return builder.load_atomic(_place(context, builder, signature.args[0], *values), "acquire", 8)

    return types.int64(state, types.int64), code


@intrinsic
def add(typing, state, i, n):
    """state[i] += n, indivisibly."""

    def code(context, builder, signature, values):
        return builder.atomic_rmw("add", _place(context, builder, signature.args[0], *values[:2]), values[2], "acq_rel")

    return types.int64(state, types.int64, types.int64), code


@intrinsic
def swap(typing, state, i, old, new):
    """Put `new` into state[i] if `old` is there, indivisibly; was it?"""

    def code(context, builder, signature, values):
        place = _place(context, builder, signature.args[0], *values[:2])
        return builder.extract_value(builder.cmpxchg(place, values[2], values[3], "acq_rel", "acquire"), 1)

    return types.boolean(state, types.int64, types.int64, types.int64), code


@intrinsic
def pause(typing):
    """Tell the core that this loop only waits (it then leaves more to the thread that shares it)."""

    def code(context, builder, signature, values):
        if platform.machine() in ("x86_64", "AMD64"):
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), kind), [])
        return context.get_dummy_value()

    return types.void(), code


def _borrowed(context, builder, kind, value):
    """An array whose owners are not counted: were they, all threads would count on one number in memory, with each slice
    they take, and lose half of what the second thread gains."""
    if not isinstance(kind, types.Array):
        return value
    array = context.make_array(kind)(context, builder, value)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    return array._getvalue()


def _entry(context, builder, kernel, called, packed):
    """A function (arguments, i, j, s) that unpacks the arguments and calls kernel(i, j, s, *arguments)."""
    convention = context.call_conv
    name = builder.module.get_unique_name("share")
    function = ir.Function(builder.module, convention.get_function_type(types.void, SPAN), name)
    function.linkage = "internal"
    inside = ir.IRBuilder(function.append_basic_block("entry"))
    arguments, *span = convention.get_arguments(function)
    unpacked = cgutils.unpack_tuple(inside, inside.load(inside.bitcast(arguments, packed.as_pointer())))
    context.get_function(kernel, called)(inside, [*span, *unpacked])
    convention.return_value(inside, context.get_dummy_value())
    return function


def offer(context, builder, signature, values):
    """What share(state, kernel, args, length) is in compiled code: ENTRY, LENGTH and the arguments written into `state`.

    An array stays with its owner, who called us and waits.
    """
    (_, kernel, args, _), (state, _, given, length) = signature.args, values
    called = kernel.get_call_type(context.typing_context, (*SPAN[1:], *args.types), {})
    pairs = zip(args.types, cgutils.unpack_tuple(builder, given), strict=True)
    packed = context.make_tuple(builder, args, [_borrowed(context, builder, *pair) for pair in pairs])
    size, room = context.get_abi_sizeof(packed.type), 8 * (SIZE - ARGS)
    if size > room:
        raise TypeError(f"the arguments of a kernel need {size} bytes, {room} are there")

    def place(i):
        return _place(context, builder, signature.args[0], state, INT(i))

    builder.store(packed, builder.bitcast(place(ARGS), packed.type.as_pointer()))
    builder.store(builder.ptrtoint(_entry(context, builder, kernel, called, packed.type), INT), place(ENTRY))
    builder.store(length, place(LENGTH))
    builder.store(INT(THIS_STAMP), place(STAMP))
    return context.get_dummy_value()


@intrinsic
def call(typing, address, state, i, j, s):
    """Call the function at `address` with the arguments behind state[ARGS]; did it fail?"""

    def code(context, builder, signature, values):
        convention = context.call_conv
        function = builder.inttoptr(values[0], convention.get_function_type(types.void, SPAN).as_pointer())
        packed = builder.bitcast(_place(context, builder, signature.args[1], values[1], INT(ARGS)), BYTES)
        status, _ = convention.call_function(builder, function, types.void, SPAN, [packed, *values[2:]])
        return status.is_error

    return types.boolean(types.int64, state, types.int64, types.int64, types.int64), code


@intrinsic
def let_others(typing, address):
    """Call the system's function at `address`, which lets other programs have the core."""

    def code(context, builder, signature, values):
        builder.call(builder.inttoptr(values[0], ir.FunctionType(ir.IntType(32), []).as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.int64), code


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
            if call(state[ENTRY], state, length * s // shares, length * (s + 1) // shares, s):
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
        wait(state, idle)
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
