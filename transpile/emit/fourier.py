"""Fourier transforms as text, for compiled code, which has no library."""

from __future__ import annotations

FFT = '''\
    def _fft(rows, inverse):
        """Return the transform of each row, unscaled; by chirps for any length."""
        n = rows.shape[1]
        sign = 1.0 if inverse else -1.0
        size = 1
        while size < n:
            size *= 2
        made = rows.copy()
        if size == n:
            for r in range(rows.shape[0]):
                _butterflies(made[r], sign)
            return made
        size *= 2
        chirp = np.empty(n, dtype=np.complex128)
        kernel = np.zeros(size, dtype=np.complex128)
        line = np.empty(size, dtype=np.complex128)
        for k in range(n):
            angle = sign * np.pi * (k * k % (2 * n)) / n
            chirp[k] = complex(np.cos(angle), np.sin(angle))
            kernel[k] = np.conjugate(chirp[k])
        for k in range(1, n):
            kernel[size - k] = kernel[k]
        _butterflies(kernel, -1.0)
        for r in range(rows.shape[0]):
            for k in range(n):
                line[k] = rows[r, k] * chirp[k]
            for k in range(n, size):
                line[k] = 0.0
            _butterflies(line, -1.0)
            for k in range(size):
                line[k] *= kernel[k]
            _butterflies(line, 1.0)
            for k in range(n):
                made[r, k] = line[k] * chirp[k] / size
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
        turns = np.empty(n, dtype=np.complex128)
        half = 1
        while half < n:
            for k in range(half):
                angle = sign * np.pi * k / half
                turns[k] = complex(np.cos(angle), np.sin(angle))
            for start in range(0, n, 2 * half):
                for k in range(half):
                    odd = a[start + k + half] * turns[k]
                    a[start + k + half] = a[start + k] - odd
                    a[start + k] += odd
            half *= 2
    '''
FOURIER = (BUTTERFLIES, FFT)
