"""The cheapest assignment of rows to columns, for a batch at a time, in the graph."""

from keras import ops

_NEVER = 1e9


def match(costs, counts):
    """Gives each row of a matrix a column of its own so that the sum of the costs is least, in each matrix of a batch.

    The Hungarian algorithm by shortest augmenting paths (Jonker and Volgenant, "A Shortest Augmenting Path Algorithm
    for Dense and Sparse Linear Assignment Problems", 1987), all matrices in step. In the graph, and not by SciPy on the
    host, so that a training step can be compiled, and run on any backend.

    Args:
        costs: float32 (batch, rows, columns), with at least as many columns as rows have to be matched.
        counts: int32 (batch,), the real rows of each matrix, which come first.

    Returns:
        int32 (batch, columns): the row that each column has, or -1.
    """
    costs = ops.cast(costs, "float32")
    batch, _, columns = ops.shape(costs)
    zero = 0.0 * costs
    # The prices of rows and columns, and the row of each column.
    state = zero[:, :, 0], zero[:, 0, :], ops.full((batch, columns), -1, dtype="int32")
    most = ops.max(counts)

    def add_row(row, row_prices, column_prices, row_of):
        is_real = row < counts
        path = _shortest_path(costs, row, is_real, row_prices, column_prices, row_of)
        return row + 1, *_augment(costs, row, is_real, path, row_prices, column_prices, row_of)

    start = ops.cast(0, "int32")
    *_, row_of = ops.while_loop(lambda row, *_: row < most, add_row, (start, *state))
    return row_of


def _shortest_path(costs, row, is_real, row_prices, column_prices, row_of):
    """From a new row to a free column, by Dijkstra's algorithm.

    Returns:
        distances (batch, columns), those of columns that were looked at; before (batch, columns), the column from which
        each was reached, or -1 from the row itself; seen (batch, columns); end (batch,), the free column; length
        (batch,).
    """
    batch, _, columns = ops.shape(costs)
    places = ops.expand_dims(ops.arange(columns, dtype="int32"), axis=0)

    def is_open(distances, before, seen, present, at, length, is_done):
        return ops.logical_not(ops.all(is_done))

    def step(distances, before, seen, present, at, length, is_done):
        reduced = _of_row(costs, present) - _of_row(row_prices, present)[:, None] - column_prices
        reached = length[:, None] + reduced
        nearer = ops.logical_and(ops.logical_not(seen), reached < distances)
        nearer = ops.logical_and(nearer, ops.logical_not(is_done)[:, None])
        distances = ops.where(nearer, reached, distances)
        before = ops.where(nearer, at[:, None], before)
        unseen = ops.where(seen, _NEVER, distances)
        nearest = ops.cast(ops.argmin(unseen, axis=1), "int32")
        length = ops.where(is_done, length, ops.min(unseen, axis=1))
        at = ops.where(is_done, at, nearest)
        next_row = ops.squeeze(ops.take_along_axis(row_of, at[:, None], axis=1), axis=1)
        is_free = ops.logical_or(is_done, next_row < 0)
        # The free column at the end keeps its price.
        seen = ops.logical_or(seen, ops.logical_and(places == at[:, None], ops.logical_not(is_free)[:, None]))
        return distances, before, seen, ops.where(is_free, present, next_row), at, length, is_free

    zero = 0.0 * column_prices
    none = ops.full((batch, columns), -1, dtype="int32")
    loop = (
        zero + _NEVER,
        none,
        ops.full((batch, columns), False, dtype="bool"),
        ops.full((batch,), 0, dtype="int32") + row,
        none[:, 0],
        zero[:, 0],
        ops.logical_not(is_real),
    )
    distances, before, seen, _, end, length, _ = ops.while_loop(is_open, step, loop)
    return distances, before, seen, end, length


def _augment(costs, row, is_real, path, row_prices, column_prices, row_of):
    """Moves the prices by the path, and gives each of its columns the row of the column before it."""
    distances, before, seen, end, length = path
    rows = ops.shape(costs)[1]
    gain = ops.where(seen, length[:, None] - distances, 0.0)
    column_prices = column_prices - gain
    # What a seen column loses its row gains; the new row gains the length of the path.
    is_of = ops.cast(row_of[:, :, None] == ops.arange(rows, dtype="int32"), "float32")
    is_new = ops.cast(ops.logical_and(ops.arange(rows, dtype="int32") == row, is_real[:, None]), "float32")
    row_prices = row_prices + ops.sum(gain[:, :, None] * is_of, axis=1) + length[:, None] * is_new
    places = ops.expand_dims(ops.arange(ops.shape(costs)[2], dtype="int32"), axis=0)

    def is_open(row_of, at, is_done):
        return ops.logical_not(ops.all(is_done))

    def step(row_of, at, is_done):
        previous = ops.squeeze(ops.take_along_axis(before, ops.maximum(at, 0)[:, None], axis=1), axis=1)
        its_row = ops.take_along_axis(row_of, ops.maximum(previous, 0)[:, None], axis=1)
        new = ops.where((previous < 0)[:, None], row, its_row)
        here = ops.logical_and(places == at[:, None], ops.logical_not(is_done)[:, None])
        return ops.where(here, new, row_of), previous, ops.logical_or(is_done, previous < 0)

    row_of, _, _ = ops.while_loop(is_open, step, (row_of, end, ops.logical_not(is_real)))
    return row_prices, column_prices, row_of


def _of_row(values, rows):
    """values[i, rows[i]] of each batch entry i: (batch, ...)."""
    index = ops.reshape(rows, (-1, *[1] * (len(values.shape) - 1)))
    return ops.squeeze(ops.take_along_axis(values, index, axis=1), axis=1)
