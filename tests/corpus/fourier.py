"""Fourier transforms: numpy.fft in programs."""

from functools import partial

import numpy as np

from corpus import case, plane

case = partial(case, analytic=False)


@case(plane(6), plane(8), core=True)
def there_and_back(z, w):
    a = np.fft.fft(z) * np.arange(6)
    return np.fft.ifft(a) + np.fft.ifft(z, norm="ortho"), np.fft.fft(w, norm="forward")


@case((7,), (8,), (4, 6), core=True)
def real_signals(x, y, A):
    """Odd and even lengths; power, and what comes back."""
    power = np.abs(np.fft.rfft(x)) ** 2
    back = np.fft.irfft(np.fft.rfft(y) * 1j ** np.arange(5))
    odd = np.fft.irfft(np.fft.rfft(x, norm="ortho"), n=7)
    return power, back, odd * x, np.fft.rfft(A, axis=0).imag


@case(plane(3, 4), (4, 3))
def several_axes(z, x):
    a = np.fft.fft2(z) * np.fft.ifftn(z)
    b = np.fft.rfft2(x)
    return np.fft.ifft2(a), np.abs(b), np.fft.irfftn(b, norm="ortho"), np.fft.fftn(x)


@case(plane(5), (6,))
def lengths(z, x):
    """Padded with zeros, and cut."""
    a = np.fft.fft(z[:5], 8)
    b = np.fft.ifft(z, n=3)
    return a, b, np.fft.rfft(x, 9).real, np.fft.irfft(z, 8), np.fft.irfft(z[:3], 10)


@case((8,), 0.3)
def spectral_derivative(u, nu):
    """One step of a diffusion equation on a ring."""
    n = len(u)
    k = 2 * np.pi * np.fft.fftfreq(n, d=1.0 / n)
    u_hat = np.fft.fft(u)
    slope = np.fft.ifft(1j * k * u_hat).real
    smooth = np.fft.ifft(np.exp(-nu * k**2) * u_hat).real
    return slope * u + smooth


@case((9,), (9,))
def convolution(x, h):
    return np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(h), n=9)


@case(plane(6), (3, 5))
def shifted(z, x):
    a = np.fft.fftshift(np.fft.fft(np.fft.ifftshift(z)))
    return (
        a * np.fft.fftfreq(6),
        np.fft.fftshift(x, axes=1),
        np.fft.rfftfreq(5, 0.1) * x[:, :3],
    )


@case(plane(5), (7,), plane(4, 3))
def hermitian(z, x, w):
    a = np.fft.hfft(z) * np.fft.hfft(z, 8, norm="forward")
    b = np.fft.ihfft(x) * np.fft.ihfft(x, n=6, norm="ortho")[0]
    return a, b, np.fft.hfft(w, axis=0), np.fft.ihfft(w.real, axis=-2)


@case(plane(3, 4), (2, 4, 3))
def shapes_given(z, x):
    """Cut and padded along several axes, named or the last ones."""
    a = (
        np.fft.fft2(z, s=(5, 2), axes=(0, 1)),
        np.fft.ifftn(z, (2, 4), axes=(1, 0), norm="ortho"),
    )
    b = np.fft.rfftn(x, s=(4, 4), axes=(1, 2)), np.fft.fftn(x, s=(3,), axes=(-3,))
    return (
        *a,
        *b,
        np.fft.irfft2(z, s=(3, 5), axes=(-2, -1)),
        np.fft.irfftn(x, (2, 3, 6), (0, 1, 2)),
    )
