"""Who computes: threads, their pool, how compiled code hands work over, BLAS by address.  Off the reading path.

A kernel needs three names from here: `jit_with_products` or `inside` to be compiled, `launch` to be called, `share` to be cut.
"""
