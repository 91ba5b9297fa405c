"""pebble, from PyPI: process pools whose calls can be stopped."""

from pebble import ProcessPool

from pools import WORKERS, Pools


def close(pool):
    pool.close()
    pool.join()


if __name__ == "__main__":
    Pools(
        make=lambda: ProcessPool(WORKERS),
        submit=lambda pool, function, *arguments: pool.schedule(function, args=arguments),
        get=lambda future: future.result(),
        run_map=lambda pool, function, items, chunk: pool.map(function, items,
                                                              chunksize=chunk).result(),
        close=close,
    ).main()
