"""Python's ProcessPoolExecutor, with its default start method."""

from concurrent.futures import ProcessPoolExecutor

from pools import WORKERS, Pools

if __name__ == "__main__":
    Pools(
        make=lambda: ProcessPoolExecutor(WORKERS),
        submit=lambda pool, function, *arguments: pool.submit(function, *arguments),
        get=lambda future: future.result(),
        run_map=lambda pool, function, items, chunk: pool.map(function, items, chunksize=chunk),
        close=lambda pool: pool.shutdown(),
    ).main()
