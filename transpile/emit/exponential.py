"""The exponential of a matrix as text, for Numba, which has none."""

from __future__ import annotations

EXPM = '''\
    def _expm(a):
        """The exponential of a matrix, by a Pade approximant and squarings."""
        size = 0.0
        for j in range(a.shape[1]):
            size = max(size, np.sum(np.abs(a[:, j])))
        squarings = 0
        while size > 5.37 and squarings < 1100:
            size /= 2.0
            squarings += 1
        a = a * 0.5**squarings
        one = np.eye(a.shape[0]).astype(a.dtype)
        a2 = a @ a
        a4 = a2 @ a2
        a6 = a4 @ a2
        odd = a6 @ (a6 + 16380.0 * a4 + 40840800.0 * a2)
        odd += 33522128640.0 * a6 + 10559470521600.0 * a4
        odd += 1187353796428800.0 * a2 + 32382376266240000.0 * one
        odd = a @ odd
        even = a6 @ (182.0 * a6 + 960960.0 * a4 + 1323241920.0 * a2)
        even += 670442572800.0 * a6 + 129060195264000.0 * a4
        even += 7771770303897600.0 * a2 + 64764752532480000.0 * one
        made = np.linalg.solve(even - odd, even + odd)
        for _ in range(squarings):
            made = made @ made
        return made
    '''
