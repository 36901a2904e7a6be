"""The exponential of a matrix as text, for compiled code, which has no library."""

from __future__ import annotations

EXPM = '''\
    def _expm(a):
        """The exponential of a matrix, by a Pade approximant and squarings."""
        n = a.shape[0]
        size = 0.0
        for j in range(n):
            total = 0.0
            for i in range(n):
                total += abs(a[i, j])
            size = max(size, total)
        squarings = 0
        while size > 5.37 and squarings < 1100:
            size /= 2.0
            squarings += 1
        scaled = a.copy()
        for i in range(n):
            for j in range(n):
                scaled[i, j] *= 0.5**squarings
        a2 = np.dot(scaled, scaled)
        a4 = np.dot(a2, a2)
        a6 = np.dot(a4, a2)
        odd = a6.copy()
        even = a6.copy()
        for i in range(n):
            for j in range(n):
                odd[i, j] += 16380.0 * a4[i, j] + 40840800.0 * a2[i, j]
                even[i, j] *= 182.0
                even[i, j] += 960960.0 * a4[i, j] + 1323241920.0 * a2[i, j]
        odd = np.dot(a6, odd)
        even = np.dot(a6, even)
        for i in range(n):
            for j in range(n):
                odd[i, j] += 33522128640.0 * a6[i, j] + 10559470521600.0 * a4[i, j]
                odd[i, j] += 1187353796428800.0 * a2[i, j]
                even[i, j] += 670442572800.0 * a6[i, j] + 129060195264000.0 * a4[i, j]
                even[i, j] += 7771770303897600.0 * a2[i, j]
            odd[i, i] += 32382376266240000.0
            even[i, i] += 64764752532480000.0
        odd = np.dot(scaled, odd)
        for i in range(n):
            for j in range(n):
                a2[i, j] = even[i, j] - odd[i, j]
                even[i, j] += odd[i, j]
        made = np.ascontiguousarray(np.linalg.solve(a2, even))
        for _ in range(squarings):
            made = np.dot(made, made)
        return made
    '''
