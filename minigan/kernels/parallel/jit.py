"""How kernels are compiled: `@jit` for what Python calls, `@inside` for what only compiled code calls.

`numba.njit` compiles a function for the dtypes it meets, on its first call; nothing compiles at import.  The
machine code is kept on disk (cache.py), so only the first process waits for the compiler.  We always ask for the same
options:

  nogil=True              the kernel releases Python's lock: two threads can run it at the same time (see launch.py)
  error_model="numpy"     1/0 is inf, as in NumPy, and not an exception: without that test the loop vectorises
  fastmath={"contract"}   a*b + c may become one fused multiply-add, with one rounding instead of two: faster and more
                          accurate.  The other fast-math flags stay off: "nnan" and "ninf" promise that no NaN and no
                          infinity ever occurs, and a library that stops at the first NaN must be able to see it
  _nrt=False              arrays are not reference-counted inside a kernel.  Counted, all threads would update one
                          counter in memory at every slice.  In return a kernel cannot create an array
  no_cfunc_wrapper=True   no entry point for C, which nobody uses and which takes time to compile

If the package is installed in a folder that cannot be written, there is no place for the cache.  The kernels are then
compiled again in each process, and one warning says so.  NUMBA_DISABLE_JIT=1 runs the loops as plain Python (for a
debugger), NUMBA_BOUNDSCHECK=1 checks indices.
"""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numba
from numba import types
from numba.core import cgutils, config, event, utils
from numba.core.compiler import compile_internal
from numba.core.compiler_lock import global_compiler_lock
from numba.core.targetconfig import ConfigStack
from numba.extending import lower_builtin, type_callable

from minigan.kernels.parallel.cache import KernelCache, warn_once

OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
_kernels: list[Callable] = []  # all functions given to `jit`
_listeners: list[event.Listener] = []  # of on_compile: one or none
_copies: WeakKeyDictionary = (
    WeakKeyDictionary()
)  # a kernel's machine code -> {(function, argument types): its copy there}


def jit(function: Callable) -> Callable:
    """Compile `function` on its first call, with the cache on disk if there is a folder for it."""
    _kernels.append(function)
    dispatcher = numba.njit(**OPTIONS)(function)
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return dispatcher
    try:
        dispatcher._cache = KernelCache(function)
    except RuntimeError as error:  # "cannot cache function ...: no locator available": no folder can be written
        if "cannot cache" not in str(error):
            raise
        warn_once(
            "folder",
            "minigan found no folder where compiled kernels can be kept, so each process compiles them again "
            "(some seconds). Set NUMBA_CACHE_DIR to a folder you may write to.",
        )
    return dispatcher


# is_locked looks for this method in each call, which takes ten times as long
_owns_lock: Callable[[], bool] = getattr(
    getattr(global_compiler_lock, "_lock", None), "_is_owned", global_compiler_lock.is_locked
)


def compiling() -> bool:
    """True if this thread is in the middle of a compilation, and so the caller is a signal handler.

    The compiler cannot begin a second function there.
    """
    return _owns_lock()


def inside(function: Callable, *, compiled: Callable | None = None, inlined: bool = True) -> Callable:
    """Make `function` callable from compiled code; called from Python it remains the Python function it is.

    Numba's own way (`register_jitable`) optimises such a function and turns it into machine code by itself, and then
    once more as part of each caller, at every level of calls.  That took two thirds of all compile time.  Here the
    function only becomes a part of the kernel that calls it, and the optimiser sees it once.

    Parameters
    ----------
    function : callable
        It must return nothing, and takes positional arguments only.
    compiled : callable, optional
        What compiled code runs instead of `function`; the same parameters.
    inlined : bool
        False keeps one copy for each kernel, which is called.  Otherwise the optimiser may copy the body to wherever it
        is called, and copies loops of known length many times: right for small things, slow to compile for large ones.
    """
    body = compiled or function

    @type_callable(function)
    def typed(context: Any) -> Callable:
        returns_nothing: Any = lambda *args: types.none  # noqa: E731
        returns_nothing.pysig = utils.pysignature(function)
        return returns_nothing

    @lower_builtin(function, types.VarArg(types.Any))
    def lowered(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        convention, how = context.call_conv, () if inlined else ("noinline",)
        machine = context.declare_function(builder.module, _copy(context, body, signature.args))
        status, _ = convention.call_function(builder, machine, types.none, signature.args, values, attrs=how)
        with cgutils.if_unlikely(builder, status.is_error):  # only with bounds checks
            convention.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return function


def _copy(context: Any, body: Callable, arguments: tuple) -> Any:
    """The copy of `body` in the library that is being compiled, made when it is first needed there."""
    library = context.active_code_library
    copies = _copies.setdefault(library, {})
    if (body, arguments) not in copies:
        flags = ConfigStack.top_or_none().copy()  # the caller's: bounds checks, fast maths, ...
        flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        description = compile_internal(
            context.typing_context, context, library, body, arguments, types.none, flags, {}
        ).fndesc
        library.get_function(description.mangled_name).linkage = "linkonce_odr"  # dropped if all calls were inlined
        copies[body, arguments] = description
    return copies[body, arguments]


def on_compile(callback: Callable[[str, int, int], None] | None) -> None:
    """Call `callback(name, index, most)` each time a kernel begins to be compiled; None ends that.

    A first training step may wait for the compiler for many seconds; with this a progress bar can say for what.  What is
    found in the cache on disk is not compiled and not reported.

    Parameters
    ----------
    callback : callable or None
        It replaces an earlier one.  name: the kernel, such as "winograd.conv2d_dx"; index: 1, 2, ... since this call;
        most: the number of kernels in the library.  A run on one dtype compiles the ones it needs, so at most this many.
    """
    for listener in _listeners:
        event.unregister("numba:compile", listener)
    _listeners.clear()
    if callback:
        _listeners.append(_Listener(callback))
        event.register("numba:compile", _listeners[0])


class _Listener(event.Listener):
    def __init__(self, callback: Callable[[str, int, int], None]) -> None:
        self.callback, self.index = callback, 0

    def on_start(self, event: Any) -> None:
        function = event.data["dispatcher"].py_func
        if function in _kernels:  # and not one of the program's other compiled functions
            self.index += 1
            name = f"{function.__module__.rpartition('.')[2]}.{function.__name__.strip('_')}"
            self.callback(name, self.index, max(len(_kernels), self.index))

    def on_end(self, event: Any) -> None:
        pass
