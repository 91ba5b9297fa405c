// Piscina, for scale: its workers are threads with a JavaScript engine each, not processes.
import { readFileSync } from 'node:fs';
import Piscina from 'piscina';

const WORKERS = 2;
const PRIMES = [112272535095293, 112582705942171, 112272535095293, 115280095190773,
  115797848077099, 1099726899285419];

const make = () => new Piscina({
  filename: new URL('worker.js', import.meta.url).href, minThreads: WORKERS, maxThreads: WORKERS,
});

const now = () => Number(process.hrtime.bigint());
const rate = (operations, start) => ({ value: operations * 1e3 / (now() - start) });

function percentiles(durations, unit = 1e3) {
  const ranked = durations.sort((a, b) => a - b);
  return { value: ranked[ranked.length >> 1] / unit,
    p99: ranked[Math.floor(ranked.length * 99 / 100)] / unit };
}

let pool;

async function warm() {
  pool ??= make();
  await noOps(100);
}

async function noOps(size) {
  const calls = [];
  for (let i = 0; i < size; ++i) calls.push(pool.run(undefined, { name: 'nothing' }));
  await Promise.all(calls);
}

async function p1(size) {
  await warm();
  const start = now();
  await noOps(size);
  return rate(size, start);
}

async function p2(size) {
  await warm();
  const durations = [];
  let last = now();
  for (let i = 0; i < size; ++i) {
    await pool.run(undefined, { name: 'nothing' });
    const next = now();
    durations.push(next - last);
    last = next;
  }
  return percentiles(durations);
}

async function p3(size) {
  await warm();
  const start = now();
  const calls = [];
  for (let i = 0; i < size; ++i) calls.push(pool.run(i, { name: 'increment' }));
  const results = await Promise.all(calls);
  if (results[size - 1] !== size) throw new Error('wrong result');
  return rate(size, start);
}

async function inChunks(size, chunk) {
  const start = now();
  const calls = [];
  for (let i = 0; i < size; i += chunk) {
    const numbers = Array.from({ length: Math.min(chunk, size - i) }, (_, k) => i + k);
    calls.push(pool.run(numbers, { name: 'incrementAll' }));
  }
  const results = (await Promise.all(calls)).flat();
  if (results[size - 1] !== size) throw new Error('wrong result');
  return rate(size, start);
}

async function p3Chunks(size) {
  await warm();
  const figures = [];
  for (const chunk of [1000, 5000, Math.ceil(size / WORKERS)]) {
    figures.push(await inChunks(size, chunk));
  }
  return figures.reduce((best, figure) => (figure.value > best.value ? figure : best));
}

async function echo(megabytes, size) {
  await warm();
  const data = new Uint8Array(megabytes * 2 ** 20);
  const durations = [];
  for (let i = 0; i < size; ++i) {
    const start = now();
    const result = await pool.run(data, { name: 'echo' });
    durations.push(now() - start);
    if (result.length !== data.length) throw new Error('wrong result');
  }
  return { value: percentiles(durations, 1e6).value };
}

async function p5(size) {
  const durations = [];
  for (let i = 0; i < size; ++i) {
    const start = now();
    const fresh = make();
    await fresh.run(undefined, { name: 'nothing' });
    durations.push(now() - start);
    await fresh.destroy();
  }
  return { value: percentiles(durations, 1e6).value };
}

async function p7(size) {
  await warm();
  const durations = [];
  for (let i = 0; i < size; ++i) {
    const start = now();
    await Promise.all(PRIMES.map((number) => pool.run(number, { name: 'isPrime' })));
    durations.push(now() - start);
  }
  return { value: percentiles(durations, 1e6).value };
}

async function idle() {
  await warm();
  console.log('idle');
  readFileSync(0);
  return { value: 0 };
}

// No P9: the CPU time of its workers, which are threads, cannot be told from the parent's.
const workloads = { P1: p1, P2: p2, 'P2-idle': idle, P3: p3, 'P3-chunks': p3Chunks,
  'P4-1MiB': (size) => echo(1, size), 'P4-100MiB': (size) => echo(100, size), P5: p5, P7: p7 };

const [name, size, warmups] = process.argv.slice(2);
if (name === '--list') {
  console.log(Object.keys(workloads).join('\n'));
} else {
  for (let i = 0; i < Number(warmups); ++i) await workloads[name](Number(size));
  console.log(JSON.stringify(await workloads[name](Number(size))));
  await pool?.destroy();
}
