"""NPBench's convolution with bias, and half the squared distance to a target."""

import numpy as np

SIZES = {
    "8x32x32x3, 16 of 2x2": {"n": 8, "size": 32, "inputs": 3, "outputs": 16, "k": 2},
}
TINY = {"n": 2, "size": 6, "inputs": 3, "outputs": 4, "k": 3}
WRT = ("image", "weights", "bias")
LOOPS = False


def data(rng, n, size, inputs, outputs, k):
    inner = size - k + 1
    return (
        rng.standard_normal((n, size, size, inputs)),
        rng.standard_normal((k, k, inputs, outputs)),
        rng.standard_normal(outputs),
        rng.standard_normal((n, inner, inner, outputs)),
    )


def primal(image, weights, bias, target):
    k = weights.shape[0]
    n, height, width, outputs = target.shape
    output = np.empty((n, height, width, outputs))
    for i in range(height):
        for j in range(width):
            output[:, i, j, :] = np.sum(
                image[:, i : i + k, j : j + k, :, np.newaxis]
                * weights[np.newaxis, :, :, :],
                axis=(1, 2, 3),
            )
    return 0.5 * np.sum((output + bias - target) ** 2)


def by_hand_numpy(image, weights, bias, target):
    k = weights.shape[0]
    n, height, width, outputs = target.shape
    residual = bias - target
    for a in range(k):
        for b in range(k):
            residual += image[:, a : a + height, b : b + width] @ weights[a, b]
    image_bar, weights_bar = np.zeros_like(image), np.empty_like(weights)
    flat = residual.reshape(-1, outputs)
    for a in range(k):
        for b in range(k):
            part = image[:, a : a + height, b : b + width]
            weights_bar[a, b] = part.reshape(-1, part.shape[3]).T @ flat
            image_bar[:, a : a + height, b : b + width] += residual @ weights[a, b].T
    return image_bar, weights_bar, np.sum(flat, axis=0)


def by_hand_numba(image, weights, bias, target):
    # One pass: a pixel's outputs, and what they give to weights and image.
    k, inputs = weights.shape[0], weights.shape[2]
    n, height, width, outputs = target.shape
    image_bar, weights_bar = np.zeros_like(image), np.zeros_like(weights)
    bias_bar, residual = np.zeros(outputs), np.empty(outputs)
    for s in range(n):
        for i in range(height):
            for j in range(width):
                for f in range(outputs):
                    residual[f] = bias[f] - target[s, i, j, f]
                for a in range(k):
                    for b in range(k):
                        for c in range(inputs):
                            pixel = image[s, i + a, j + b, c]
                            for f in range(outputs):
                                residual[f] += pixel * weights[a, b, c, f]
                for f in range(outputs):
                    bias_bar[f] += residual[f]
                for a in range(k):
                    for b in range(k):
                        for c in range(inputs):
                            pixel = image[s, i + a, j + b, c]
                            pixel_bar = 0.0
                            for f in range(outputs):
                                pixel_bar += residual[f] * weights[a, b, c, f]
                                weights_bar[a, b, c, f] += residual[f] * pixel
                            image_bar[s, i + a, j + b, c] += pixel_bar
    return image_bar, weights_bar, bias_bar


def for_jax(np, lax):
    def function(image, weights, bias, target):
        output = lax.conv_general_dilated(
            image, weights, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return 0.5 * np.sum((output + bias - target) ** 2)

    return function


def for_torch(torch):
    def function(image, weights, bias, target):
        output = torch.nn.functional.conv2d(
            image.permute(0, 3, 1, 2), weights.permute(3, 2, 0, 1), bias
        )
        return 0.5 * torch.sum((output.permute(0, 2, 3, 1) - target) ** 2)

    return function


def for_autograd(np):
    def function(image, weights, bias, target):
        k = weights.shape[0]
        _, height, width, _ = target.shape
        output = bias
        for a in range(k):
            for b in range(k):
                part = image[:, a : a + height, b : b + width]
                output = output + np.dot(part, weights[a, b])
        return 0.5 * np.sum((output - target) ** 2)

    return function
