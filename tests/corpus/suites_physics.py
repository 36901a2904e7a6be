"""Mechanics, vision and hands of benchmark suites, in our own words."""

import numpy as np

from corpus import case, exactly, integers, normal, positive


@case((4, 3))
def all_distances(points):
    """The power 1/2 of sums of squares, zero on the diagonal."""
    return np.sum((points[None, :] - points[:, None]) ** 2, -1) ** 0.5


def _roots_of_pairs(points):
    gap = points[:, None, :] - points[None, :, :]
    return np.sqrt((gap * gap).sum(-1))


@case(
    exactly([[0.0, 0.1, 0.0], [1.4, 0.0, 0.2], [0.1, 1.5, 0.0], [0.0, 0.3, 1.6]]),
    0.9,
    analytic=False,
)
def lennard_jones(points, sigma):
    """The upper triangle of all distances, its zeros masked out."""
    apart = np.triu(_roots_of_pairs(points))
    ratio = (sigma / apart[apart > 1e-6]) ** 6
    return (4.0 * (ratio * ratio - ratio)).sum()


def _turned_about(axis, x):
    """Rodrigues' formula, and its limit where the axis is zero."""
    square = np.sum(axis * axis)
    if square != 0.0:
        angle = np.sqrt(square)
        unit = axis / angle
        along = np.dot(unit, x) * (1.0 - np.cos(angle))
        return x * np.cos(angle) + np.cross(unit, x) * np.sin(angle) + unit * along
    else:
        return x + np.cross(axis, x)


ROTATION, CENTRE, FOCAL, OFFSET, LENS = 0, 3, 6, 7, 9


def _seen_by(camera, x):
    local = _turned_about(
        camera[ROTATION : ROTATION + 3], x - camera[CENTRE : CENTRE + 3]
    )
    flat = local[0:2] / local[2]
    square = np.sum(flat**2)
    bent = flat * (1.0 + camera[LENS] * square + camera[LENS + 1] * square * square)
    return bent * camera[FOCAL] + camera[OFFSET : OFFSET + 2]


@case(
    normal(2, 11, scale=0.2),
    lambda rng: rng.standard_normal((3, 3)) * 0.3 + np.array([0.0, 0.0, 4.0]),
    positive(4),
    exactly([[0, 1], [1, 2], [0, 0], [1, 1]], "int64"),
    (4, 2),
    wrt="cameras,points,weights,features",
    heavy=True,
)
def bundle_adjustment(cameras, points, weights, pairs, features):
    """Reprojection errors of all observations, and how far weights are from one."""
    n = pairs.shape[0]
    errors = np.empty((n, 2))
    for i in range(n):
        camera, point = pairs[i]
        seen = _seen_by(cameras[camera], points[point])
        errors[i] = weights[i] * (seen - features[i])
    return errors, 1.0 - np.square(weights)


def _turned(angles):
    """A rotation about the axes one after another, as entries of identities."""
    made = np.eye(3)
    for k in range(3):
        c, s = np.cos(angles[k]), np.sin(angles[k])
        one = np.eye(3)
        i, j = (k + 1) % 3, (k + 2) % 3
        one[i, i] = one[j, j] = c
        one[j, i] = s
        one[i, j] = -one[j, i]
        made = made @ one
    return made


@case(
    normal(4, 3, scale=0.4),
    (4, 4, 4),
    exactly([-1, 0, 1, 0], "int64"),
    (3, 4),
    positive(3, 4),
    (2, 3),
    integers(0, 3, 2),
    wrt="angles,rest,vertices,weights,seen",
    heavy=True,
)
def hand_tracking(angles, rest, parents, vertices, weights, seen, matches):
    """Bones turned one in the frame of another, and the skin that they blend."""
    bones = np.empty((4, 4, 4))
    for k in range(4):
        local = np.eye(4)
        local[:3, :3] = _turned(angles[k])
        turned = rest[k] @ local
        if parents[k] < 0:
            bones[k] = turned
        else:
            bones[k] = bones[parents[k]] @ turned
    placed = np.stack([bones[k] @ vertices.T for k in range(4)])
    skin = np.sum(placed.transpose(2, 0, 1) * weights[:, :, None], axis=1)[:, :3]
    return np.stack([seen[i] - skin[matches[i]] for i in range(len(matches))])


@case(
    exactly([1.0, 0.1, 0.1, 1.1]),
    1.0,
    exactly([0.0, 0.1, 0.25, 0.3]),
    wrt="start,mu",
    analytic=False,
)
def orbit_at_times(start, mu, times):
    """Runge and Kutta's steps of an orbit, of the lengths that are asked for."""

    def slope(state):
        r = np.linalg.norm(state[:2])
        return np.hstack((state[2:], -mu * state[:2] / r**3))

    path = np.zeros((len(times), 4))
    path[0] = start
    for i in range(len(times) - 1):
        h = times[i + 1] - times[i]
        k1 = slope(path[i])
        k2 = slope(path[i] + 0.5 * h * k1)
        k3 = slope(path[i] + 0.5 * h * k2)
        k4 = slope(path[i] + h * k3)
        path[i + 1] = path[i] + h / 6.0 * (k1 + 2 * (k2 + k3) + k4)
    return path


@case((4, 2), (4, 2), positive(4), 0.05, 2, writes=("x", "v"), wrt="x,v,mass,dt")
def planets_kick_each_other(x, v, mass, dt, steps):
    """Pairwise kicks into both velocities, then a drift; the energy at the end."""
    n = len(mass)
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                gap = x[i] - x[j]
                kick = dt * np.dot(gap, gap) ** -1.5
                v[i] -= gap * mass[j] * kick
                v[j] += gap * mass[i] * kick
        x += dt * v
    return 0.5 * np.sum(mass[:, None] * v**2)
