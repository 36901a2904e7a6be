"""Hand tracking of ADBench, the simple form: 26 pose parameters of a skinned hand.

The skeleton and the vertices are random, with the shapes of ADBench's model.
"""

import numpy as np

SIZES = {
    "small": {"vertices": 544, "points": 100},
    "large": {"vertices": 544, "points": 100_000},
}
WRT = ("theta",)
LOOPS = True
BOUND = 5


def data(rng, vertices, points):
    """A palm of two bones and five fingers of four, in a fixed pose."""
    parents = np.array([-1, 0] + [k - 1 if k % 4 != 2 else 1 for k in range(2, 22)])
    bones = len(parents)
    relatives = np.zeros((bones, 4, 4))
    absolutes = np.zeros((bones, 4, 4))
    for k in range(bones):
        q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        relatives[k, :3, :3] = q * np.sign(np.linalg.det(q))
        relatives[k, :3, 3] = 0.3 * rng.standard_normal(3)
        relatives[k, 3, 3] = 1.0
        above = absolutes[parents[k]] if k else np.eye(4)
        absolutes[k] = above @ relatives[k]
    positions = np.ones((vertices, 4))
    positions[:, :3] = rng.standard_normal((vertices, 3))
    weights = rng.random((vertices, bones)) ** 8
    weights /= np.sum(weights, axis=1, keepdims=True)
    return (
        0.3 * rng.standard_normal(26),
        parents,
        relatives,
        np.linalg.inv(absolutes),
        positions,
        weights,
        rng.standard_normal((points, 3)),
        rng.integers(0, vertices, points),
    )


def pose_angles(theta, bones):
    """Return the angles about x, z, y of each bone: two for a finger's first one."""
    angles = np.zeros((bones, 3))
    k = 6
    for finger in range(5):
        first = 2 + 4 * finger
        angles[first, 0] = theta[k]
        angles[first, 1] = theta[k + 1]
        angles[first + 1, 0] = theta[k + 2]
        angles[first + 2, 0] = theta[k + 3]
        k += 4
    return angles


def euler_rotation(xzy):
    """Return the rotation as a matrix of four by four."""
    cx, sx = np.cos(xzy[0]), np.sin(xzy[0])
    cz, sz = np.cos(xzy[1]), np.sin(xzy[1])
    cy, sy = np.cos(xzy[2]), np.sin(xzy[2])
    Rx = np.eye(4)
    Rx[1, 1] = Rx[2, 2] = cx
    Rx[2, 1] = sx
    Rx[1, 2] = -sx
    Ry = np.eye(4)
    Ry[0, 0] = Ry[2, 2] = cy
    Ry[0, 2] = sy
    Ry[2, 0] = -sy
    Rz = np.eye(4)
    Rz[0, 0] = Rz[1, 1] = cz
    Rz[1, 0] = sz
    Rz[0, 1] = -sz
    return Rz @ Ry @ Rx


def axis_rotation(axis):
    """Return the rotation about an axis by its length."""
    squared = np.sum(axis**2)
    R = np.eye(3)
    if squared < 1e-8:
        return R
    angle = np.sqrt(squared)
    x, y, z = axis / angle
    s, c = np.sin(angle), np.cos(angle)
    R[0, 0] = x * x + (1.0 - x * x) * c
    R[0, 1] = x * y * (1.0 - c) - z * s
    R[0, 2] = x * z * (1.0 - c) + y * s
    R[1, 0] = x * y * (1.0 - c) + z * s
    R[1, 1] = y * y + (1.0 - y * y) * c
    R[1, 2] = y * z * (1.0 - c) - x * s
    R[2, 0] = x * z * (1.0 - c) - y * s
    R[2, 1] = y * z * (1.0 - c) + x * s
    R[2, 2] = z * z + (1.0 - z * z) * c
    return R


def primal(theta, parents, relatives, inverses, positions, weights, points, nearest):
    bones = len(parents)
    angles = pose_angles(theta, bones)
    absolutes = np.empty((bones, 4, 4))
    for k in range(bones):
        relative = relatives[k] @ euler_rotation(angles[k])
        if parents[k] < 0:
            absolutes[k] = relative
        else:
            absolutes[k] = absolutes[parents[k]] @ relative
    skinned = np.zeros((len(positions), 3))
    for k in range(bones):
        transform = absolutes[k] @ inverses[k]
        skinned += weights[:, k : k + 1] * (positions @ transform[:3].T)
    placed = skinned @ axis_rotation(theta[0:3]).T + theta[3:6]
    return np.sum((points - placed[nearest]) ** 2)


def _angle_partials(xz):
    """Return the rotation about x, then z, and its derivatives by both angles."""
    cx, sx, cz, sz = np.cos(xz[0]), np.sin(xz[0]), np.cos(xz[1]), np.sin(xz[1])
    R = np.array([[cz, -sz * cx, sz * sx], [sz, cz * cx, -cz * sx], [0.0, sx, cx]])
    by_x = np.array([[0.0, sz * sx, sz * cx], [0.0, -cz * sx, -cz * cx], [0, cx, -sx]])
    by_z = np.array([[-sz, -cz * cx, cz * sx], [cz, -sz * cx, sz * sx], [0.0, 0.0, 0]])
    return R, by_x, by_z


def _axis_partials(axis):
    """Return the rotation about an axis, and its derivatives by the axis."""
    angle = np.sqrt(np.sum(axis**2))
    u = axis / angle
    s, c = np.sin(angle), np.cos(angle)
    cross = np.array([[0.0, -u[2], u[1]], [u[2], 0.0, -u[0]], [-u[1], u[0], 0.0]])
    outer = np.outer(u, u)
    R = c * np.eye(3) + s * cross + (1.0 - c) * outer
    by_angle = c * cross + s * (outer - np.eye(3))
    partials = np.empty((3, 3, 3))
    for k in range(3):
        du = -u[k] * u / angle
        du[k] += 1.0 / angle
        turned = np.array(
            [[0.0, -du[2], du[1]], [du[2], 0.0, -du[0]], [-du[1], du[0], 0.0]]
        )
        partials[k] = u[k] * by_angle + s * turned
        partials[k] += (1.0 - c) * (np.outer(du, u) + np.outer(u, du))
    return R, partials


def by_hand_numpy(
    theta, parents, relatives, inverses, positions, weights, points, nearest
):
    """Vertices by their blended transforms; the axis may not be zero."""
    bones = len(parents)
    angles = pose_angles(theta, bones)
    turns = [_angle_partials(xzy) for xzy in angles]
    absolutes = np.empty((bones, 4, 4))
    for k in range(bones):
        relative = relatives[k].copy()
        relative[:, :3] = relative[:, :3] @ turns[k][0]
        absolutes[k] = absolutes[parents[k]] @ relative if k else relative
    transforms = (absolutes @ inverses)[:, :3]
    blended = (weights @ transforms.reshape(bones, 12)).reshape(-1, 3, 4)
    skinned = np.einsum("vij,vj->vi", blended, positions)
    R, by_axis = _axis_partials(theta[:3])
    placed = skinned @ R.T + theta[3:6]

    vertices = len(positions)
    counts = np.bincount(nearest, minlength=vertices)
    sums = [np.bincount(nearest, points[:, k], vertices) for k in range(3)]
    placed_bar = 2.0 * (counts[:, None] * placed - np.stack(sums, axis=1))
    theta_bar = np.empty(26)
    theta_bar[3:6] = np.sum(placed_bar, axis=0)
    R_bar = placed_bar.T @ skinned
    theta_bar[:3] = np.sum(by_axis * R_bar, axis=(1, 2))
    blended_bar = (placed_bar @ R)[:, :, None] * positions[:, None, :]
    transforms_bar = (weights.T @ blended_bar.reshape(-1, 12)).reshape(bones, 3, 4)
    absolutes_bar = np.zeros((bones, 4, 4))
    absolutes_bar[:, :3] = transforms_bar @ inverses.transpose(0, 2, 1)
    for k in range(bones - 1, -1, -1):
        turn, by_x, by_z = turns[k]
        above = absolutes[parents[k]] if k else np.eye(4)
        turn_bar = (above @ relatives[k])[:, :3].T @ absolutes_bar[k][:, :3]
        if k >= 2 and (k - 2) % 4 < 3:
            at = 6 + 4 * ((k - 2) // 4) + (k - 2) % 4
            at += (k - 2) % 4 > 0
            theta_bar[at] = np.sum(by_x * turn_bar)
            if (k - 2) % 4 == 0:
                theta_bar[at + 1] = np.sum(by_z * turn_bar)
        if k:
            relative = relatives[k].copy()
            relative[:, :3] = relative[:, :3] @ turn
            absolutes_bar[parents[k]] += absolutes_bar[k] @ relative.T
    return (theta_bar,)


def by_hand_numba(
    theta, parents, relatives, inverses, positions, weights, points, nearest
):
    """Transforms of three by four; vertices by their blended transforms, with BLAS."""
    bones, vertices = len(parents), len(positions)
    angles = pose_angles(theta, bones)
    relative = np.empty((bones, 3, 4))
    absolutes = np.empty((bones, 3, 4))
    transforms = np.empty((bones, 12))
    for k in range(bones):
        R, _, _ = _angle_partials(angles[k])
        for i in range(3):
            for j in range(3):
                s = 0.0
                for p in range(3):
                    s += relatives[k, i, p] * R[p, j]
                relative[k, i, j] = s
            relative[k, i, 3] = relatives[k, i, 3]
        if parents[k] < 0:
            absolutes[k] = relative[k]
        else:
            _compose(absolutes[parents[k]], relative[k], absolutes[k])
        _compose(absolutes[k], inverses[k], transforms[k].reshape(3, 4))
    blended = np.empty((vertices, 12))
    np.dot(weights, transforms, blended)
    R, by_axis = _axis_partials(theta[0:3])

    bar = np.zeros((vertices, 4))  # sums of points and their count, then adjoints
    for m in range(len(points)):
        v = nearest[m]
        for i in range(3):
            bar[v, i] -= points[m, i]
        bar[v, 3] += 1.0
    theta_bar = np.zeros(26)
    R_bar = np.zeros((3, 3))
    x, g = np.empty(3), np.empty(3)
    for v in range(vertices):
        for i in range(3):
            s = 0.0
            for j in range(4):
                s += blended[v, 4 * i + j] * positions[v, j]
            x[i] = s
        for i in range(3):
            placed = theta[3 + i]
            for j in range(3):
                placed += R[i, j] * x[j]
            g[i] = 2.0 * (bar[v, 3] * placed + bar[v, i])
            theta_bar[3 + i] += g[i]
            for j in range(3):
                R_bar[i, j] += g[i] * x[j]
        for i in range(3):
            s = 0.0
            for j in range(3):
                s += R[j, i] * g[j]
            for j in range(4):
                blended[v, 4 * i + j] = s * positions[v, j]
    for k in range(3):
        for i in range(3):
            for j in range(3):
                theta_bar[k] += by_axis[k, i, j] * R_bar[i, j]
    transforms_bar = np.empty((bones, 12))
    np.dot(weights.T, blended, transforms_bar)
    absolutes_bar = np.empty((bones, 3, 4))
    for k in range(bones):
        for i in range(3):
            for j in range(4):
                s = 0.0
                for p in range(4):
                    s += transforms_bar[k, 4 * i + p] * inverses[k, j, p]
                absolutes_bar[k, i, j] = s
    at = 25
    for k in range(bones - 1, 1, -1):
        above, new, here = absolutes[parents[k]], absolutes_bar[k], relative[k]
        above_bar = absolutes_bar[parents[k]]
        # The adjoint of the relative transform, then that of its rotation.
        local = np.empty((3, 3))
        for i in range(3):
            for j in range(3):
                s = 0.0
                for p in range(3):
                    s += above[p, i] * new[p, j]
                local[i, j] = s
        place = (k - 2) % 4
        if place < 3:
            _, by_x, by_z = _angle_partials(angles[k])
            x_bar = z_bar = 0.0
            for i in range(3):
                for j in range(3):
                    s = 0.0
                    for p in range(3):
                        s += relatives[k, p, i] * local[p, j]
                    x_bar += by_x[i, j] * s
                    z_bar += by_z[i, j] * s
            if place == 0:
                theta_bar[at] = z_bar
                at -= 1
            theta_bar[at] = x_bar
            at -= 1
        for i in range(3):
            for j in range(3):
                s = new[i, 3] * here[j, 3]
                for p in range(3):
                    s += new[i, p] * here[j, p]
                above_bar[i, j] += s
            above_bar[i, 3] += new[i, 3]
    return (theta_bar,)


def _compose(a, b, out):
    """Write the product of two affine transforms to out."""
    for i in range(3):
        for j in range(4):
            s = a[i, 3] if j == 3 else 0.0
            for p in range(3):
                s += a[i, p] * b[p, j]
            out[i, j] = s


def _with(np, array, to_angles):
    """Return the function for libraries whose arrays are not written."""

    def rotation(x, z):
        one, zero = 1.0 + 0.0 * x, 0.0 * x
        cx, sx, cz, sz = np.cos(x), np.sin(x), np.cos(z), np.sin(z)
        rows = [cz, -sz * cx, sz * sx, zero], [sz, cz * cx, -cz * sx, zero]
        return array([*rows, [zero, sx, cx, zero], [zero, zero, zero, one]])

    def axis_rotation(axis):
        angle = np.sqrt(np.sum(axis**2))
        x, y, z = axis / angle
        s, c = np.sin(angle), np.cos(angle)
        v = 1.0 - c
        return array(
            [
                [x * x * v + c, x * y * v - z * s, x * z * v + y * s],
                [x * y * v + z * s, y * y * v + c, y * z * v - x * s],
                [x * z * v - y * s, y * z * v + x * s, z * z * v + c],
            ]
        )

    def function(
        theta, parents, relatives, inverses, positions, weights, points, nearest
    ):
        absolutes = []
        for k in range(len(relatives)):
            x, z = to_angles(theta, k)
            relative = relatives[k] @ rotation(x, z)
            # As in the primal, a bone's parent: the palm, or the bone before it.
            above = 1 if k % 4 == 2 else k - 1
            absolutes.append(absolutes[above] @ relative if k else relative)
        transforms = np.stack(absolutes) @ inverses
        moved = np.einsum("vk,kij,vj->vi", weights, transforms[:, :3], positions)
        placed = moved @ axis_rotation(theta[0:3]).T + theta[3:6]
        return np.sum((points - placed[nearest]) ** 2)

    return function


def _angles(theta, k):
    zero = 0.0 * theta[0]
    finger, place = divmod(k - 2, 4)
    if k < 2 or place == 3:
        return zero, zero
    at = 6 + 4 * finger
    return (theta[at], theta[at + 1]) if place == 0 else (theta[at + place + 1], zero)


def for_jax(np, lax):
    return _with(np, np.array, _angles)


def for_torch(torch):
    def array(rows):
        return torch.stack([torch.stack(row) for row in rows])

    return _with(torch, array, _angles)


def for_autograd(np):
    return _with(np, np.array, _angles)
