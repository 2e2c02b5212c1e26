"""Who computes: kernels compiled once, cut into shares, computed by a pool of threads.  Off the reading path.

The author of a kernel needs three names from here:

    @kernel    compiles a function (i, j, s, *arguments) that computes items i .. j - 1, as share number s
    launch     calls it on all threads, each share once (@product_kernel and `matmul` if it multiplies matrices)
    @inside    makes a helper function callable from kernels (@subroutine if it has loops)

    threads.py      how many threads, how many shares
    launch.py       `kernel`, `launch`: compiled shares on all threads
    run.py          `run`: shares of a Python function
    pool.py         the threads
    native.py       how compiled code hands them shares
    intrinsics.py   the instructions that takes
    blas.py         matrix products in compiled code
    jit.py          how functions are compiled
    cache.py        compiled code on disk, checked before it is loaded
    scratch.py      buffers that are used again
    ranks.py        the processes of one MPI job, and which slice of a batch is whose
    memory.py       keep the memory that a step frees
"""
