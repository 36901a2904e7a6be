"""Fourier transforms as text, for Numba, which has none."""

from __future__ import annotations

FFT = '''\
    def _fft(rows, inverse):
        """Return the transform of each row, unscaled; by chirps for any length."""
        n = rows.shape[1]
        sign = 1j if inverse else -1j
        size = 1
        while size < n:
            size *= 2
        made = rows.copy()
        if size == n:
            for r in range(rows.shape[0]):
                _butterflies(made[r], sign)
            return made
        size *= 2
        k = np.arange(n)
        chirp = np.exp(sign * np.pi * (k * k % (2 * n)) / n)
        kernel = np.zeros(size, dtype=np.complex128)
        kernel[:n] = np.conjugate(chirp)
        kernel[size - n + 1 :] = np.conjugate(chirp[1:])[::-1]
        _butterflies(kernel, -1j)
        for r in range(rows.shape[0]):
            line = np.zeros(size, dtype=np.complex128)
            line[:n] = rows[r] * chirp
            _butterflies(line, -1j)
            line *= kernel
            _butterflies(line, 1j)
            made[r] = line[:n] * chirp / size
        return made
    '''
BUTTERFLIES = '''\
    def _butterflies(a, sign):
        """Transform numbers in place; their count is a power of two."""
        n = a.shape[0]
        j = 0
        for i in range(1, n):
            bit = n >> 1
            while j & bit:
                j ^= bit
                bit >>= 1
            j ^= bit
            if i < j:
                kept = a[i]
                a[i] = a[j]
                a[j] = kept
        half = 1
        while half < n:
            turns = np.exp(sign * np.pi * np.arange(half) / half)
            for start in range(0, n, 2 * half):
                for k in range(half):
                    odd = a[start + k + half] * turns[k]
                    a[start + k + half] = a[start + k] - odd
                    a[start + k] += odd
            half *= 2
    '''
FOURIER = (BUTTERFLIES, FFT)
