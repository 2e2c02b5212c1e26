"""What is known of an image: y = A x, with a linear A.  Its adjoint A' carries the gradient of y back to x.

Mask        some pixels                              inpainting
Shrink      the means of k x k blocks                super-resolution
Mix         random sums of all pixels                compressed sensing
"""

from typing import Protocol

import numpy as np

from minigan.running.arguments import check_generator, check_shape, check_whole
from minigan.running.arrays import as_array


class Measurement(Protocol):
    """A linear map of each image of a batch, and its adjoint: <A x, y> = <x, A' y>."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """x (N, H, W, C) -> y (N, ...)."""

    def adjoint(self, y: np.ndarray) -> np.ndarray:
        """y (N, ...) -> (N, H, W, C)."""


class Mask:
    """A x = m x: m is 1 where a pixel is known and 0 where it is hidden.     m (H, W) bool; A' = A."""

    def __init__(self, known: np.ndarray):
        known = as_array("a mask", known)
        if known.dtype != bool or known.ndim != 2 or not known.any():
            raise ValueError(f"a mask is bool (H, W) with at least one known pixel, got {known.dtype} {known.shape}")
        self.known = known

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.where(self.known[:, :, None], x, x.dtype.type(0))  # eq:mask

    adjoint = __call__


class Shrink:
    """A x = the mean of each k x k block;   A' y = y / k^2 at each pixel of the block.     (N, H, W, C) -> (N, H/k, W/k, C)

    Raises ValueError if k does not divide H and W.
    """

    def __init__(self, k: int):
        check_whole("Shrink", k=k)
        self.k = k

    def __call__(self, x: np.ndarray) -> np.ndarray:
        N, H, W, C = x.shape
        if H % self.k or W % self.k:
            raise ValueError(f"blocks of {self.k} x {self.k} do not divide an image of {H} x {W}")
        return x.reshape(N, H // self.k, self.k, W // self.k, self.k, C).mean(axis=(2, 4))  # eq:shrink

    def adjoint(self, y: np.ndarray) -> np.ndarray:
        return y.repeat(self.k, axis=1).repeat(self.k, axis=2) / y.dtype.type(self.k**2)  # eq:shrink.adjoint


class Mix:
    """A x = Phi x,  Phi_ij ~ N(0, 1/m): m random sums of all n = H W C numbers.     (N, H, W, C) -> (N, m)

    Bora et al. 2017, sec. 6.1.
    """

    def __init__(self, m: int, shape: tuple[int, int, int], rng: np.random.Generator):
        check_shape("Mix", shape)
        check_whole("Mix", m=m)
        check_generator(rng)
        self.shape = shape
        self.phi = (rng.standard_normal((int(np.prod(shape)), m)) / np.sqrt(m)).astype(np.float32)  # (n, m)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), -1) @ self.phi.astype(x.dtype, copy=False)  # eq:mix

    def adjoint(self, y: np.ndarray) -> np.ndarray:
        return (y @ self.phi.T.astype(y.dtype, copy=False)).reshape(-1, *self.shape)  # eq:mix.adjoint
