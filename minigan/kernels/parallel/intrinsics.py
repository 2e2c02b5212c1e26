"""What Numba cannot say in Python, in LLVM's words: numbers that several threads change, and calls by address.

Numba's door for that is `intrinsic`: beside the types of a call it names the instructions that stand for it.  `state` is
always an array of int64 that all threads see.  Atomic instructions order what is written around them, too: who sees
a number that `swap` or `add` has written (with "release") sees all that was written before it ("acquire").
"""

import platform

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

INT, BYTES = ir.IntType(64), ir.IntType(8).as_pointer()
SPAN = (types.voidptr, types.int64, types.int64, types.int64)  # what a share gets: its arguments, from, to, its number


def place_of(context, builder, kind, state, i):
    return builder.gep(context.make_array(kind)(context, builder, state).data, [i])


@intrinsic
def load(typing, state, i):
    """state[i] as it is now, and all that was written before it."""

    def code(context, builder, signature, values):
        return builder.load_atomic(place_of(context, builder, signature.args[0], *values), "acquire", 8)

    return types.int64(state, types.int64), code


@intrinsic
def add(typing, state, i, n):
    """state[i] += n, indivisibly."""

    def code(context, builder, signature, values):
        return builder.atomic_rmw(
            "add", place_of(context, builder, signature.args[0], *values[:2]), values[2], "acq_rel"
        )

    return types.int64(state, types.int64, types.int64), code


@intrinsic
def swap(typing, state, i, old, new):
    """Put `new` into state[i] if `old` is there, indivisibly; was it?"""

    def code(context, builder, signature, values):
        place = place_of(context, builder, signature.args[0], *values[:2])
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


@intrinsic
def let_others(typing, address):
    """Call the system's function at `address`, which lets other programs have the core."""

    def code(context, builder, signature, values):
        builder.call(builder.inttoptr(values[0], ir.FunctionType(ir.IntType(32), []).as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.int64), code


@intrinsic
def call(typing, address, state, at, i, j, s):
    """Call the share at `address` with the arguments behind state[at]; did it fail?"""

    def code(context, builder, signature, values):
        convention = context.call_conv
        function = builder.inttoptr(values[0], convention.get_function_type(types.void, SPAN).as_pointer())
        packed = builder.bitcast(place_of(context, builder, signature.args[1], *values[1:3]), BYTES)
        status, _ = convention.call_function(builder, function, types.void, SPAN, [packed, *values[3:]])
        return status.is_error

    return types.boolean(types.int64, state, types.int64, types.int64, types.int64, types.int64), code


def borrowed(context, builder, kind, value):
    """An array whose owners are not counted: were they, all threads would count on one number in memory, with each slice
    they take, and lose half of what the second thread gains."""
    if not isinstance(kind, types.Array):
        return value
    array = context.make_array(kind)(context, builder, value)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    return array._getvalue()


def entry(context, builder, kernel, called, packed):
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
