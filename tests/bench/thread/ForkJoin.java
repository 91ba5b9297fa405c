/*
 * Java's ForkJoinPool of two workers; its ExecutorCompletionService for W11. The driver asks for
 * more warm-ups than elsewhere, so that the compiler has done its work.
 */
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.TimeUnit;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

final class ForkJoin {
    static final int WORKERS = 2;
    static final ForkJoinPool POOL = new ForkJoinPool(WORKERS);

    /** A figure and its p99, which is negative where it has no meaning. */
    record Figure(double value, double p99) {
        Figure(double value) {
            this(value, -1);
        }
    }

    interface Workload {
        Figure run(int size) throws Exception;
    }

    static Figure rate(long operations, long start) {
        return new Figure(operations * 1e3 / (System.nanoTime() - start));
    }

    static Figure percentiles(long[] durations) {
        Arrays.sort(durations);
        return new Figure(durations[durations.length / 2] / 1e3,
                durations[(int) (durations.length * 99L / 100)] / 1e3);
    }

    static ForkJoinTask<Long> submitNumber(long number) {
        return POOL.submit((Callable<Long>) () -> number);
    }

    static void numbers(int size) {
        @SuppressWarnings({"unchecked", "rawtypes"})
        ForkJoinTask<Long>[] futures = new ForkJoinTask[size];
        for (int i = 0; i < size; ++i) futures[i] = submitNumber(i);
        long sum = 0;
        for (ForkJoinTask<Long> future : futures) sum += future.join();
        if (sum != (long) size * (size - 1) / 2) throw new AssertionError();
    }

    static Figure w1(int size) {
        long start = System.nanoTime();
        numbers(size);
        return rate(size, start);
    }

    static Figure w2(int size) {
        long start = System.nanoTime();
        for (int i = 0; i < size; ++i) POOL.execute(() -> { });
        if (!POOL.awaitQuiescence(1, TimeUnit.MINUTES)) throw new AssertionError();
        return rate(size, start);
    }

    static Figure w3(int size) {
        long[] durations = new long[size];
        long last = System.nanoTime();
        for (int i = 0; i < size; ++i) {
            submitNumber(i).join();
            long now = System.nanoTime();
            durations[i] = now - last;
            last = now;
        }
        return percentiles(durations);
    }

    static Figure w4(int size) throws Exception {
        CyclicBarrier begin = new CyclicBarrier(3);
        Thread[] producers = new Thread[2];
        for (int i = 0; i < producers.length; ++i) {
            producers[i] = new Thread(() -> {
                try {
                    begin.await();
                } catch (Exception error) {
                    throw new AssertionError(error);
                }
                numbers(size / 2);
            });
            producers[i].start();
        }
        begin.await();
        long start = System.nanoTime();
        for (Thread producer : producers) producer.join();
        return rate(size, start);
    }

    static final class Fib extends RecursiveTask<Long> {
        private static final long serialVersionUID = 1;
        private final int n;

        Fib(int n) {
            this.n = n;
        }

        @Override
        protected Long compute() {
            if (n < 2) return (long) n;
            Fib left = new Fib(n - 1);
            left.fork();
            long right = new Fib(n - 2).compute();
            return left.join() + right;
        }
    }

    static Figure w5(int n) {
        long start = System.nanoTime();
        long result = POOL.invoke(new Fib(n));
        long end = System.nanoTime();
        long a = 0;
        long b = 1;
        for (int i = 0; i < n; ++i) {
            long next = a + b;
            a = b;
            b = next;
        }
        if (result != a) throw new AssertionError();
        return new Figure((b - 1) * 1e3 / (end - start));
    }

    static Figure w6(int size) {
        int chunks = 4 * WORKERS;
        long[] durations = new long[201];
        int[] in = new int[size];
        int[] out = new int[size];
        for (int i = 0; i < size; ++i) in[i] = i % 1000;
        ForkJoinTask<?>[] futures = new ForkJoinTask<?>[chunks];
        for (int pass = 0; pass < durations.length; ++pass) {
            long start = System.nanoTime();
            for (int c = 0; c < chunks; ++c) {
                int begin = (int) ((long) size * c / chunks);
                int end = (int) ((long) size * (c + 1) / chunks);
                futures[c] = POOL.submit(() -> {
                    for (int i = begin; i < end; ++i) out[i] = in[i] * in[i] + 1;
                });
            }
            for (ForkJoinTask<?> future : futures) future.join();
            durations[pass] = System.nanoTime() - start;
        }
        return new Figure(percentiles(durations).value());
    }

    static long spin(long steps, long x) {
        for (long i = 0; i < steps; ++i) x = x * 6364136223846793005L + 1442695040888963407L;
        return x;
    }

    static long sink = 1;

    static double spinCost(long steps) {
        long[] times = new long[31];
        long batch = 1_000_000 / (steps + 1) + 1;
        for (int i = 0; i < times.length; ++i) {
            long start = System.nanoTime();
            for (long k = 0; k < batch; ++k) sink = spin(steps, sink);
            times[i] = System.nanoTime() - start;
        }
        return percentiles(times).value() * 1e3 / batch;
    }

    static Figure w7(int size) {
        long steps = (long) (8000 * 10000.0 / spinCost(8000));
        double cost = spinCost(steps);
        @SuppressWarnings({"unchecked", "rawtypes"})
        ForkJoinTask<Long>[] futures = new ForkJoinTask[size];
        long start = System.nanoTime();
        for (int i = 0; i < size; ++i) {
            long seed = i;
            futures[i] = POOL.submit((Callable<Long>) () -> spin(steps, seed));
        }
        for (ForkJoinTask<Long> future : futures) future.join();
        long elapsed = System.nanoTime() - start;
        return new Figure(100 * Math.min(cost, spinCost(steps)) * size / WORKERS / elapsed);
    }

    static Figure w10(int size) throws Exception {
        numbers(size);
        System.out.println("idle");
        while (System.in.read() >= 0) { }
        return new Figure(0);
    }

    static Figure w11(int size) throws InterruptedException, ExecutionException {
        ExecutorCompletionService<Long> service = new ExecutorCompletionService<>(POOL);
        long sum = 0;
        long start = System.nanoTime();
        for (int i = 0; i < size; ++i) {
            long number = i;
            service.submit(() -> number);
        }
        for (int i = 0; i < size; ++i) sum += service.take().get();
        Figure figure = rate(size, start);
        if (sum != (long) size * (size - 1) / 2) throw new AssertionError();
        return figure;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Workload> workloads = new TreeMap<>(Map.of("W1", ForkJoin::w1,
                "W2", ForkJoin::w2, "W3", ForkJoin::w3, "W4", ForkJoin::w4, "W5", ForkJoin::w5,
                "W6", ForkJoin::w6, "W7", ForkJoin::w7, "W10", ForkJoin::w10,
                "W11", ForkJoin::w11, "W11-1M", ForkJoin::w11));
        if (arguments[0].equals("--list")) {
            workloads.keySet().forEach(System.out::println);
            return;
        }
        Workload workload = workloads.get(arguments[0]);
        int size = Integer.parseInt(arguments[1]);
        for (int i = Integer.parseInt(arguments[2]); i > 0; --i) workload.run(size);
        Figure figure = workload.run(size);
        String p99 = figure.p99() < 0 ? "" : ", \"p99\": " + figure.p99();
        System.out.println("{\"value\": " + figure.value() + p99 + "}");
        System.exit(0);
    }
}
