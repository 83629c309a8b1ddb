import v8 from 'node:v8';

/**
 * For a process that runs the service, called first: heaps grow by at most so much between two collections. V8 lets a small heap
 * quadruple before it looks what is garbage, and the service has six of them.
 */
export function growHeapsSlowly(): void {
  v8.setFlagsFromString(`--heap-growing-percent=${process.env.XGROW ?? 40}`);
  if (process.env.XSEMI) v8.setFlagsFromString(`--semi-space-growth-factor=${process.env.XSEMI}`);
}
