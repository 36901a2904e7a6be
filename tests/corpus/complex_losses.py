"""Real losses of complex parameters: a contour integral, spectra, a scattering loop."""

import numpy as np

from corpus import case, exactly, plane


@case(plane(3, scale=0.3), plane(3), analytic=False, core=True, float32=True)
def moments_of_residues(poles, weights):
    """Integrals along a circle around all poles: sums of residues."""
    turn = np.exp(2j * np.pi * np.arange(64) / 64).astype(poles.dtype)
    z = 2 * turn
    f = np.sum(weights / (z[:, np.newaxis] - poles), axis=1)
    first, second = np.mean(f * z), np.mean(f * z * z)
    return np.abs(second) ** 2 + np.real(np.conj(first) * second)


@case(plane(3, scale=0.3), plane(3), analytic=False, float32=True)
def residues_in_a_loop(poles, weights):
    """The same point by point, by the rule of rectangles."""
    total = np.zeros(2, dtype=poles.dtype)
    for k in range(64):
        z = 2 * np.exp(2j * np.pi * k / 64)
        f = np.sum(weights / (z - poles))
        total[0] += f * z / 64
        total[1] += f * z**2 / 64
    return np.abs(total[1]) ** 2 + np.real(np.conj(total[0]) * total[1])


@case(plane(8), plane(8), analytic=False, core=True, float32=True)
def blurred(z, kernel):
    """What a circular convolution misses, and the power in low frequencies."""
    spectrum = np.fft.fft(z) * np.fft.fft(kernel)
    missed = np.fft.ifft(spectrum) - z
    return np.sum(np.abs(missed) ** 2) + np.mean(np.abs(spectrum[:3]) ** 2)


@case(plane(4, 6), (6,), analytic=False, float32=True)
def two_dimensional_spectrum(z, window):
    spectrum = np.fft.fftshift(np.fft.fft2(z * window))
    return np.sum(np.abs(spectrum) ** 2 * np.arange(6)) + np.angle(spectrum[1, 2])


@case(
    exactly([0.3 + 0.2j, -0.4j, 0.1 - 0.5j, 0.6], "complex128"),
    plane(2),
    0.4,
    writes=("waves",),
    analytic=False,
    core=True,
    float32=True,
)
def scattered(reflection, waves, phase):
    """Layers of mirrors: both amplitudes are written over at each one."""
    for k in range(len(reflection)):
        r = reflection[k]
        passed = np.sqrt(1.0 - np.abs(r) ** 2)
        down = (waves[0] + r * waves[1]) / passed
        waves[1] = (waves[1] + np.conj(r) * waves[0]) / passed
        waves[0] = down
        waves *= np.exp(1j * phase * np.array([-1.0, 1.0]))
    return np.abs(waves[1] / waves[0]) ** 2
