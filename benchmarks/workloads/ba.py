"""Bundle adjustment of ADBench: weighted reprojection errors with radial distortion."""

import numpy as np

SIZES = {
    "small": {"cameras": 10, "points": 300, "observations": 1_500},
    "large": {"cameras": 21, "points": 11_315, "observations": 36_455},
}
WRT = ("cams", "X", "w")
LOOPS = True
BOUND = 7


def data(rng, cameras, points, observations):
    """Cameras of 11 numbers: rotation, centre, focal length, principal point, radii."""
    cams = np.empty((cameras, 11))
    cams[:, 0:3] = 0.2 * rng.standard_normal((cameras, 3))
    cams[:, 3:5] = rng.standard_normal((cameras, 2))
    cams[:, 5] = -8.0 + 0.5 * rng.standard_normal(cameras)
    cams[:, 6] = 2.0 + 0.1 * rng.standard_normal(cameras)
    cams[:, 7:9] = 0.1 * rng.standard_normal((cameras, 2))
    cams[:, 9:11] = 0.02 * rng.standard_normal((cameras, 2))
    X = rng.standard_normal((points, 3))
    w = rng.uniform(0.5, 1.5, observations)
    camera = rng.integers(0, cameras, observations)
    point = np.sort(rng.integers(0, points, observations))
    feats = 0.5 * rng.standard_normal((observations, 2))
    return cams, X, w, np.stack([camera, point], axis=1), feats


def cross(a, b):
    return np.array(
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    )


def rotate(rot, x):
    """Rotate x about rot by the angle |rot|."""
    squared = np.sum(rot**2)
    if squared == 0.0:
        return x + cross(rot, x)
    theta = np.sqrt(squared)
    axis = rot / theta
    cosine = np.cos(theta)
    return (
        x * cosine
        + cross(axis, x) * np.sin(theta)
        + axis * (np.dot(axis, x) * (1.0 - cosine))
    )


def distort(radii, p):
    r2 = np.sum(p**2)
    return p * (1.0 + radii[0] * r2 + radii[1] * r2**2)


def project(cam, x):
    seen = rotate(cam[0:3], x - cam[3:6])
    return distort(cam[9:11], seen[0:2] / seen[2]) * cam[6] + cam[7:9]


def primal(cams, X, w, obs, feats):
    total = 0.0
    for k in range(len(w)):
        residual = w[k] * (project(cams[obs[k, 0]], X[obs[k, 1]]) - feats[k])
        total += np.sum(residual**2) + (1.0 - w[k] ** 2) ** 2
    return total


def by_hand_numpy(cams, X, w, obs, feats):
    """Vectorised over the observations; no camera may have a rotation of zero."""
    camera, point = obs[:, 0], obs[:, 1]
    cam = cams[camera]
    rot, focal, k1, k2 = cam[:, 0:3], cam[:, 6], cam[:, 9], cam[:, 10]
    x = X[point] - cam[:, 3:6]
    theta = np.sqrt(np.sum(rot**2, axis=1))
    axis = rot / theta[:, None]
    cosine, sine = np.cos(theta)[:, None], np.sin(theta)[:, None]
    axis_x = np.cross(axis, x)
    along = np.sum(axis * x, axis=1)[:, None]
    seen = x * cosine + axis_x * sine + axis * along * (1.0 - cosine)
    depth = seen[:, 2:3]
    p = seen[:, 0:2] / depth
    r2 = np.sum(p**2, axis=1)
    distortion = 1.0 + k1 * r2 + k2 * r2**2
    distorted = p * distortion[:, None]
    error = distorted * focal[:, None] + cam[:, 7:9] - feats

    w_bar = 2.0 * w * np.sum(error**2, axis=1) - 4.0 * w * (1.0 - w**2)
    error_bar = 2.0 * (w**2)[:, None] * error
    cam_bar = np.empty_like(cam)
    cam_bar[:, 6] = np.sum(error_bar * distorted, axis=1)
    cam_bar[:, 7:9] = error_bar
    distorted_bar = error_bar * focal[:, None]
    distortion_bar = np.sum(distorted_bar * p, axis=1)
    cam_bar[:, 9] = distortion_bar * r2
    cam_bar[:, 10] = distortion_bar * r2**2
    r2_bar = distortion_bar * (k1 + 2.0 * k2 * r2)
    p_bar = distorted_bar * distortion[:, None] + 2.0 * p * r2_bar[:, None]
    seen_bar = np.empty_like(seen)
    seen_bar[:, 0:2] = p_bar / depth
    seen_bar[:, 2] = -np.sum(p_bar * p, axis=1) / depth[:, 0]

    axis_seen = np.sum(axis * seen_bar, axis=1)[:, None]
    x_bar = (
        seen_bar * cosine
        + np.cross(seen_bar, axis) * sine
        + axis * axis_seen * (1.0 - cosine)
    )
    axis_bar = np.cross(x, seen_bar) * sine + (1.0 - cosine) * (
        seen_bar * along + x * axis_seen
    )
    theta_bar = np.sum(seen_bar * (axis_x * cosine - x * sine), axis=1)[:, None]
    theta_bar += along * axis_seen * sine
    inward = np.sum(axis_bar * axis, axis=1)[:, None]
    cam_bar[:, 0:3] = (axis_bar - inward * axis) / theta[:, None] + theta_bar * axis
    cam_bar[:, 3:6] = -x_bar
    cams_bar, X_bar = np.zeros_like(cams), np.zeros_like(X)
    np.add.at(cams_bar, camera, cam_bar)
    np.add.at(X_bar, point, x_bar)
    return cams_bar, X_bar, w_bar


def by_hand_numba(cams, X, w, obs, feats):
    cams_bar = np.zeros_like(cams)
    X_bar = np.zeros_like(X)
    w_bar = np.empty_like(w)
    for k in range(len(w)):
        camera, point = obs[k, 0], obs[k, 1]
        cam, cam_bar = cams[camera], cams_bar[camera]
        focal, k1, k2 = cam[6], cam[9], cam[10]
        r0, r1, r2 = cam[0], cam[1], cam[2]
        x0 = X[point, 0] - cam[3]
        x1 = X[point, 1] - cam[4]
        x2 = X[point, 2] - cam[5]
        squared = r0 * r0 + r1 * r1 + r2 * r2
        theta, inverse, cosine, sine = 0.0, 1.0, 1.0, 1.0
        if squared != 0.0:
            theta = np.sqrt(squared)
            inverse = 1.0 / theta
            cosine, sine = np.cos(theta), np.sin(theta)
        a0, a1, a2 = r0 * inverse, r1 * inverse, r2 * inverse
        c0 = a1 * x2 - a2 * x1
        c1 = a2 * x0 - a0 * x2
        c2 = a0 * x1 - a1 * x0
        versine = 1.0 - cosine
        along = a0 * x0 + a1 * x1 + a2 * x2
        s0 = x0 * cosine + c0 * sine + a0 * along * versine
        s1 = x1 * cosine + c1 * sine + a1 * along * versine
        s2 = x2 * cosine + c2 * sine + a2 * along * versine
        near = 1.0 / s2
        p, q = s0 * near, s1 * near
        radius = p * p + q * q
        distortion = 1.0 + radius * (k1 + radius * k2)
        u, v = p * distortion, q * distortion
        e = u * focal + cam[7] - feats[k, 0]
        f = v * focal + cam[8] - feats[k, 1]

        wk = w[k]
        w_bar[k] = 2.0 * wk * (e * e + f * f) - 4.0 * wk * (1.0 - wk * wk)
        e *= 2.0 * wk * wk
        f *= 2.0 * wk * wk
        cam_bar[6] += e * u + f * v
        cam_bar[7] += e
        cam_bar[8] += f
        e *= focal
        f *= focal
        distortion_bar = e * p + f * q
        cam_bar[9] += distortion_bar * radius
        cam_bar[10] += distortion_bar * radius * radius
        radius_bar = 2.0 * distortion_bar * (k1 + 2.0 * k2 * radius)
        g0 = (e * distortion + p * radius_bar) * near
        g1 = (f * distortion + q * radius_bar) * near
        g2 = -(g0 * p + g1 * q)

        turned = a0 * g0 + a1 * g1 + a2 * g2
        b0 = g0 * cosine + (g1 * a2 - g2 * a1) * sine + a0 * turned * versine
        b1 = g1 * cosine + (g2 * a0 - g0 * a2) * sine + a1 * turned * versine
        b2 = g2 * cosine + (g0 * a1 - g1 * a0) * sine + a2 * turned * versine
        X_bar[point, 0] += b0
        X_bar[point, 1] += b1
        X_bar[point, 2] += b2
        cam_bar[3] -= b0
        cam_bar[4] -= b1
        cam_bar[5] -= b2
        h0 = (x1 * g2 - x2 * g1) * sine + versine * (g0 * along + x0 * turned)
        h1 = (x2 * g0 - x0 * g2) * sine + versine * (g1 * along + x1 * turned)
        h2 = (x0 * g1 - x1 * g0) * sine + versine * (g2 * along + x2 * turned)
        if squared != 0.0:
            theta_bar = along * turned * sine
            theta_bar += g0 * (c0 * cosine - x0 * sine)
            theta_bar += g1 * (c1 * cosine - x1 * sine)
            theta_bar += g2 * (c2 * cosine - x2 * sine)
            theta_bar -= (h0 * a0 + h1 * a1 + h2 * a2) * inverse
            h0 = h0 * inverse + theta_bar * a0
            h1 = h1 * inverse + theta_bar * a1
            h2 = h2 * inverse + theta_bar * a2
        cam_bar[0] += h0
        cam_bar[1] += h1
        cam_bar[2] += h2
    return cams_bar, X_bar, w_bar


def for_jax(np, lax):
    from jax import vmap

    def rotate(rot, x):
        squared = np.sum(rot**2)
        # The root has no derivative at zero: another number takes its place there.
        moved = np.where(squared == 0.0, 1.0, squared)
        theta = np.sqrt(moved)
        axis = rot / theta
        turned = (
            x * np.cos(theta)
            + np.cross(axis, x) * np.sin(theta)
            + axis * (np.dot(axis, x) * (1.0 - np.cos(theta)))
        )
        return np.where(squared == 0.0, x + np.cross(rot, x), turned)

    def cost(cam, x, w, feat):
        seen = rotate(cam[0:3], x - cam[3:6])
        p = seen[0:2] / seen[2]
        r2 = np.sum(p**2)
        distorted = p * (1.0 + cam[9] * r2 + cam[10] * r2**2)
        residual = w * (distorted * cam[6] + cam[7:9] - feat)
        return np.sum(residual**2) + (1.0 - w**2) ** 2

    def function(cams, X, w, obs, feats):
        return np.sum(vmap(cost)(cams[obs[:, 0]], X[obs[:, 1]], w, feats))

    return function


def _vectorised(np, cross, total):
    """Return the function over all observations at once, for arrays of a module."""

    def function(cams, X, w, obs, feats):
        cam = cams[obs[:, 0]]
        rot = cam[:, 0:3]
        x = X[obs[:, 1]] - cam[:, 3:6]
        theta = np.sqrt(total(rot**2))[:, None]
        axis = rot / theta
        cosine = np.cos(theta)
        seen = (
            x * cosine
            + cross(axis, x) * np.sin(theta)
            + axis * (total(axis * x)[:, None] * (1.0 - cosine))
        )
        p = seen[:, 0:2] / seen[:, 2:3]
        r2 = total(p**2)[:, None]
        distorted = p * (1.0 + cam[:, 9:10] * r2 + cam[:, 10:11] * r2**2)
        error = distorted * cam[:, 6:7] + cam[:, 7:9] - feats
        return np.sum(w**2 * total(error**2)) + np.sum((1.0 - w**2) ** 2)

    return function


def for_torch(torch):
    return _vectorised(torch, torch.linalg.cross, lambda a: torch.sum(a, dim=1))


def for_autograd(np):
    def cross(a, b):
        (a0, a1, a2), (b0, b1, b2) = a.T, b.T
        parts = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
        return np.stack(parts, axis=1)

    return _vectorised(np, cross, lambda a: np.sum(a, axis=1))
