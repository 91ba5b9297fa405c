export const nothing = () => undefined;
export const increment = (number) => number + 1;
export const incrementAll = (numbers) => numbers.map((number) => number + 1);
export const echo = (data) => data;

export function isPrime(number) {
  if (number < 2 || (number > 2 && number % 2 === 0)) return false;
  for (let d = 3; d * d <= number; d += 2) {
    if (number % d === 0) return false;
  }
  return true;
}
