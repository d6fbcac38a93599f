import { execFileSync } from 'node:child_process';

/** Bundles the project once, so that tests start the real kernel process and the real CLI. */
export default function setup(): void {
  execFileSync(process.execPath, ['esbuild.mjs'], { stdio: 'inherit' });
}
