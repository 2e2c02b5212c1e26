"""What Numba cannot express in Python, written as LLVM instructions: atomic numbers, addresses, calls by address.

Numba's way to do that is `intrinsic`: the function returns the types of a call and the instructions that implement it.
`state` is always an array of int64 that all threads can see.  The atomic instructions also order the memory accesses around
them: a thread that reads ("acquire") a number written by `compare_and_swap` or `add` ("release") also sees everything
that was written before it.
"""

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic

INT, BYTES = ir.IntType(64), ir.IntType(8).as_pointer()
SPAN = (
    types.voidptr,
    types.int64,
    types.int64,
    types.int64,
)  # a share's parameters: its arguments, start, stop, number


intrinsic: Any = _intrinsic  # for a type checker: its first parameter is not given in a call


def element_pointer(context: Any, builder: Any, kind: Any, array: Any, i: Any) -> Any:
    """A pointer to array[i], for an array of Numba type `kind`."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [i])


@intrinsic
def address(typing: Any, array: Any) -> Any:
    """The address of the first number of `array` in memory."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ptrtoint(context.make_array(signature.args[0])(context, builder, values[0]).data, INT)

    return types.int64(array), code


@intrinsic
def load(typing: Any, state: Any, i: Any) -> Any:
    """state[i] as it is now, read atomically (acquire)."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load_atomic(element_pointer(context, builder, signature.args[0], *values), "acquire", 8)

    return types.int64(state, types.int64), code


@intrinsic
def add(typing: Any, state: Any, i: Any, n: Any) -> Any:
    """state[i] += n, atomically; the value before."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = element_pointer(context, builder, signature.args[0], *values[:2])
        return builder.atomic_rmw("add", place, values[2], "acq_rel")

    return types.int64(state, types.int64, types.int64), code


@intrinsic
def compare_and_swap(typing: Any, state: Any, i: Any, old: Any, new: Any) -> Any:
    """If state[i] is `old`, set it to `new`, atomically; True if it was."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = element_pointer(context, builder, signature.args[0], *values[:2])
        return builder.extract_value(builder.cmpxchg(place, values[2], values[3], "acq_rel", "acquire"), 1)

    return types.boolean(state, types.int64, types.int64, types.int64), code


@intrinsic
def pause(typing: Any) -> Any:
    """Tell the core that this loop is only waiting, so that the other thread on the same core gets more of it."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        if platform.machine() in ("x86_64", "AMD64"):
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), kind), [])
        return context.get_dummy_value()

    return types.void(), code


@intrinsic
def yield_core(typing: Any, function: Any) -> Any:
    """Call the operating system's function at this address, which gives the core to another program for a moment."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.call(builder.inttoptr(values[0], ir.FunctionType(ir.IntType(32), []).as_pointer()), [])
        return context.get_dummy_value()

    return types.void(types.int64), code


@intrinsic
def call_share(typing: Any, function: Any, state: Any, at: Any, i: Any, j: Any, s: Any) -> Any:
    """Call the share function at this address for the span i .. j, share number s; True if it failed.

    Its arguments are packed in `state` from state[at] on.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        convention = context.call_conv
        target = builder.inttoptr(values[0], convention.get_function_type(types.void, SPAN).as_pointer())
        packed = builder.bitcast(element_pointer(context, builder, signature.args[1], *values[1:3]), BYTES)
        status, _ = convention.call_function(builder, target, types.void, SPAN, [packed, *values[3:]])
        return status.is_error

    return types.boolean(types.int64, state, types.int64, types.int64, types.int64, types.int64), code


def share_function(context: Any, builder: Any, kernel: Any, signature: Any, packed: Any) -> Any:
    """Emit a function (arguments, i, j, s) that unpacks the arguments and calls kernel(i, j, s, *arguments)."""
    convention = context.call_conv
    name = builder.module.get_unique_name("share")
    function = ir.Function(builder.module, convention.get_function_type(types.void, SPAN), name)
    function.linkage = "internal"
    body = ir.IRBuilder(function.append_basic_block("entry"))
    arguments, *span = convention.get_arguments(function)
    unpacked = cgutils.unpack_tuple(body, body.load(body.bitcast(arguments, packed.as_pointer())))
    context.get_function(kernel, signature)(body, [*span, *unpacked])
    convention.return_value(body, context.get_dummy_value())
    return function
