"""joblib, from PyPI: maps over loky's processes; it has no futures."""

from joblib import Parallel, delayed

from pools import WORKERS, Pools


def run_map(pool, function, items, chunk):
    pool.batch_size = chunk
    return pool(delayed(function)(item) for item in items)


def make():
    return Parallel(n_jobs=WORKERS).__enter__()


if __name__ == "__main__":
    Pools(
        make=make,
        submit=lambda pool, function, *arguments: pool([delayed(function)(*arguments)]),
        get=lambda results: results[0],
        run_map=run_map,
        close=lambda pool: pool.__exit__(None, None, None),
    ).main(without=("P1", "P5", "P9"))
