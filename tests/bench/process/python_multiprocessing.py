"""Python's multiprocessing.Pool, with its default start method."""

from multiprocessing import Pool

from pools import WORKERS, Pools


def close(pool):
    pool.close()
    pool.join()


if __name__ == "__main__":
    Pools(
        make=lambda: Pool(WORKERS),
        submit=lambda pool, function, *arguments: pool.apply_async(function, arguments),
        get=lambda result: result.get(),
        run_map=lambda pool, function, items, chunk: pool.map(function, items, chunksize=chunk),
        close=close,
    ).main()
