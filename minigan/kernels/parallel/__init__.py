"""Who computes: kernels compiled once, cut into shares, computed by a pool of threads.  Off the reading path.

The author of a kernel needs three names from here:

    @kernel    compiles a function (i, j, s, *arguments) that computes items i .. j - 1, as share number s
    launch     calls it on all threads, each share once (@product_kernel and `matmul` if it multiplies matrices)
    @inside    makes a helper function callable from kernels (@subroutine if it has loops)

    threads.py      `kernel`, `launch`, scratch memory, how many threads
    pool.py         the threads
    native.py       how compiled code hands them shares
    intrinsics.py   the instructions that takes
    blas.py         matrix products in compiled code
    jit.py          how functions are compiled
    memory.py       keep the memory that a step frees
"""
