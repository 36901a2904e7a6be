"""The loss of ADBench's LSTM, whose gates are elementwise, over a sequence."""

import numpy as np

SIZES = {
    "small": {"layers": 2, "width": 14, "length": 1_024},
    "large": {"layers": 4, "width": 14, "length": 2_048},
}
WRT = ("main", "extra")
LOOPS = True
BOUND = 3.5


def data(rng, layers, width, length):
    """Weights and biases of the layers, those of input and output, states, inputs."""
    main = rng.uniform(-1.0, 1.0, (2 * layers, 4 * width))
    extra = rng.uniform(-1.0, 1.0, (3, width))
    state = rng.uniform(-1.0, 1.0, (2 * layers, width))
    return main, extra, state, (rng.random((length, width)) < 0.2) * 1.0


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def cell_step(weight, bias, hidden, cell, x):
    """Return the next hidden state and cell of a layer."""
    b = len(hidden)
    forget = sigmoid(x * weight[:b] + bias[:b])
    ingate = sigmoid(hidden * weight[b : 2 * b] + bias[b : 2 * b])
    outgate = sigmoid(x * weight[2 * b : 3 * b] + bias[2 * b : 3 * b])
    change = np.tanh(hidden * weight[3 * b :] + bias[3 * b :])
    cell = cell * forget + ingate * change
    return outgate * np.tanh(cell), cell


def primal(main, extra, state, sequence):
    state = state.copy()
    total = 0.0
    for t in range(len(sequence) - 1):
        x = sequence[t] * extra[0]
        for i in range(0, len(state), 2):
            hidden, cell = cell_step(main[i], main[i + 1], state[i], state[i + 1], x)
            state[i] = hidden
            state[i + 1] = cell
            x = hidden
        predicted = x * extra[1] + extra[2]
        normalised = predicted - np.log(np.sum(np.exp(predicted)) + 2.0)
        total += np.sum(sequence[t + 1] * normalised)
    return -total / ((len(sequence) - 1) * sequence.shape[1])


def by_hand_numpy(main, extra, state, sequence):
    n, b = sequence.shape[0] - 1, sequence.shape[1]
    layers = len(main) // 2
    weight = main[::2].reshape(layers, 4, b)
    bias = main[1::2].reshape(layers, 4, b)
    hidden = np.empty((n + 1, layers, b))
    cell = np.empty((n + 1, layers, b))
    gates = np.empty((n, layers, 4, b))
    hidden[0], cell[0] = state[::2], state[1::2]
    inputs = sequence[:-1] * extra[0]
    for t in range(n):
        x = inputs[t]
        for k in range(layers):
            gate = gates[t, k]
            gate[::2] = x * weight[k, ::2] + bias[k, ::2]
            gate[1::2] = hidden[t, k] * weight[k, 1::2] + bias[k, 1::2]
            gate[:3] = 1.0 / (1.0 + np.exp(-gate[:3]))
            gate[3] = np.tanh(gate[3])
            cell[t + 1, k] = cell[t, k] * gate[0] + gate[1] * gate[3]
            x = hidden[t + 1, k] = gate[2] * np.tanh(cell[t + 1, k])
    last = hidden[1:, -1]
    powers = np.exp(last * extra[1] + extra[2])
    gold = sequence[1:]
    share = powers / (np.sum(powers, axis=1) + 2.0)[:, None]
    predicted_bar = (np.sum(gold, axis=1)[:, None] * share - gold) / (n * b)
    extra_bar = np.empty_like(extra)
    extra_bar[1] = np.sum(predicted_bar * last, axis=0)
    extra_bar[2] = np.sum(predicted_bar, axis=0)

    gates_bar = np.empty_like(gates)
    inputs_bar = np.empty_like(inputs)
    hidden_bar = np.zeros((layers, b))
    cell_bar = np.zeros((layers, b))
    squashed = np.tanh(cell[1:])
    for t in range(n - 1, -1, -1):
        x_bar = predicted_bar[t] * extra[1]
        for k in range(layers - 1, -1, -1):
            forget, ingate, outgate, change = gates[t, k]
            bar = gates_bar[t, k]
            h_bar = hidden_bar[k] + x_bar
            s = squashed[t, k]
            c_bar = cell_bar[k] + h_bar * outgate * (1.0 - s**2)
            bar[0] = c_bar * cell[t, k] * forget * (1.0 - forget)
            bar[1] = c_bar * change * ingate * (1.0 - ingate)
            bar[2] = h_bar * s * outgate * (1.0 - outgate)
            bar[3] = c_bar * ingate * (1.0 - change**2)
            cell_bar[k] = c_bar * forget
            hidden_bar[k] = bar[1] * weight[k, 1] + bar[3] * weight[k, 3]
            x_bar = bar[0] * weight[k, 0] + bar[2] * weight[k, 2]
        inputs_bar[t] = x_bar
    extra_bar[0] = np.sum(inputs_bar * sequence[:-1], axis=0)
    below = np.concatenate([inputs[:, None], hidden[1:, :-1]], axis=1)
    main_bar = np.empty((layers, 2, 4, b))
    main_bar[:, 1] = np.sum(gates_bar, axis=0)
    main_bar[:, 0, ::2] = np.sum(gates_bar[:, :, ::2] * below[:, :, None], axis=0)
    main_bar[:, 0, 1::2] = np.sum(gates_bar[:, :, 1::2] * hidden[:-1, :, None], axis=0)
    return main_bar.reshape(main.shape), extra_bar


def by_hand_numba(main, extra, state, sequence):
    n, b = sequence.shape[0] - 1, sequence.shape[1]
    layers = len(main) // 2
    hidden = np.empty((n + 1, layers, b))
    cell = np.empty((n + 1, layers, b))
    gates = np.empty((n, layers, 5, b))  # the fifth is tanh of the new cell
    last_bar = np.empty((n, b))
    main_bar = np.zeros_like(main)
    extra_bar = np.zeros_like(extra)
    x = np.empty(b)
    for k in range(layers):
        hidden[0, k] = state[2 * k]
        cell[0, k] = state[2 * k + 1]
    for t in range(n):
        for j in range(b):
            x[j] = sequence[t, j] * extra[0, j]
        for k in range(layers):
            w, o, gate = main[2 * k], main[2 * k + 1], gates[t, k]
            for j in range(b):
                h = hidden[t, k, j]
                p = 1.0 / (1.0 + np.exp(-(x[j] * w[j] + o[j])))
                q = 1.0 / (1.0 + np.exp(-(h * w[b + j] + o[b + j])))
                r = 1.0 / (1.0 + np.exp(-(x[j] * w[2 * b + j] + o[2 * b + j])))
                u = np.tanh(h * w[3 * b + j] + o[3 * b + j])
                c = cell[t, k, j] * p + q * u
                s = np.tanh(c)
                gate[0, j], gate[1, j], gate[2, j] = p, q, r
                gate[3, j], gate[4, j] = u, s
                cell[t + 1, k, j] = c
                x[j] = hidden[t + 1, k, j] = r * s
        powers, gold = 2.0, 0.0
        for j in range(b):
            e = np.exp(x[j] * extra[1, j] + extra[2, j])
            last_bar[t, j] = e
            powers += e
            gold += sequence[t + 1, j]
        factor = gold / powers
        for j in range(b):
            bar = (factor * last_bar[t, j] - sequence[t + 1, j]) / (n * b)
            extra_bar[1, j] += bar * x[j]
            extra_bar[2, j] += bar
            last_bar[t, j] = bar * extra[1, j]

    hidden_bar = np.zeros((layers, b))
    cell_bar = np.zeros((layers, b))
    for t in range(n - 1, -1, -1):
        x_bar = last_bar[t]
        for k in range(layers - 1, -1, -1):
            w, gate = main[2 * k], gates[t, k]
            w_bar, o_bar = main_bar[2 * k], main_bar[2 * k + 1]
            for j in range(b):
                below = hidden[t + 1, k - 1, j] if k else sequence[t, j] * extra[0, j]
                h = hidden[t, k, j]
                p, q, r = gate[0, j], gate[1, j], gate[2, j]
                u, s = gate[3, j], gate[4, j]
                h_bar = hidden_bar[k, j] + x_bar[j]
                c_bar = cell_bar[k, j] + h_bar * r * (1.0 - s * s)
                cell_bar[k, j] = c_bar * p
                p_bar = c_bar * cell[t, k, j] * p * (1.0 - p)
                q_bar = c_bar * u * q * (1.0 - q)
                r_bar = h_bar * s * r * (1.0 - r)
                u_bar = c_bar * q * (1.0 - u * u)
                w_bar[j] += p_bar * below
                w_bar[b + j] += q_bar * h
                w_bar[2 * b + j] += r_bar * below
                w_bar[3 * b + j] += u_bar * h
                o_bar[j] += p_bar
                o_bar[b + j] += q_bar
                o_bar[2 * b + j] += r_bar
                o_bar[3 * b + j] += u_bar
                hidden_bar[k, j] = q_bar * w[b + j] + u_bar * w[3 * b + j]
                x_bar[j] = p_bar * w[j] + r_bar * w[2 * b + j]
        for j in range(b):
            extra_bar[0, j] += x_bar[j] * sequence[t, j]
    return main_bar, extra_bar


def _layer(np, sigmoid, weight, bias, hidden, cell, x):
    b = len(hidden)
    gates = np.concatenate((x, hidden, x, hidden)) * weight + bias
    squashed = sigmoid(gates[: 3 * b])
    cell = cell * squashed[:b] + squashed[b : 2 * b] * np.tanh(gates[3 * b :])
    return squashed[2 * b :] * np.tanh(cell), cell


def for_jax(np, lax):
    from jax.nn import sigmoid

    def function(main, extra, state, sequence):
        def step(state, pair):
            x, gold = pair[0] * extra[0], pair[1]
            new = []
            for i in range(0, len(main), 2):
                x, cell = _layer(
                    np, sigmoid, main[i], main[i + 1], state[i], state[i + 1], x
                )
                new += [x, cell]
            predicted = x * extra[1] + extra[2]
            normalised = predicted - np.log(np.sum(np.exp(predicted)) + 2.0)
            return np.stack(new), np.sum(gold * normalised)

        totals = lax.scan(step, state, (sequence[:-1], sequence[1:]))[1]
        return -np.mean(totals) / sequence.shape[1]

    return function


def _with_lists(np, sigmoid):
    """Return the function for libraries that record what is done to arrays."""

    def function(main, extra, state, sequence):
        states = [state[i] for i in range(len(state))]
        weights = [main[i] for i in range(len(main))]
        last = []
        for t in range(len(sequence) - 1):
            x = sequence[t] * extra[0]
            for i in range(0, len(weights), 2):
                w, o, h, c = weights[i], weights[i + 1], states[i], states[i + 1]
                x, states[i + 1] = _layer(np, sigmoid, w, o, h, c, x)
                states[i] = x
            last.append(x)
        predicted = np.stack(last) * extra[1] + extra[2]
        logs = np.log(np.sum(np.exp(predicted), 1) + 2.0)
        return -np.mean(sequence[1:] * (predicted - logs[:, None]))

    return function


def for_torch(torch):
    return _with_lists(torch, torch.sigmoid)


def for_autograd(np):
    return _with_lists(np, lambda x: 1.0 / (1.0 + np.exp(-x)))
