import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // VS Code itself cannot be imported.
  resolve: { alias: { vscode: fileURLToPath(new URL('test/support/vscodeStandIn.ts', import.meta.url)) } },
  test: {
    // Two cores and one real model: files that start a kernel must not fight for them.
    fileParallelism: false,
    globalSetup: ['test/support/build.ts'],
    include: [`test/{unit,process${process.env.MASKLET_TEST_FULL ? ',e2e,full' : ''}}/**/*.test.ts`],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    setupFiles: [],
  },
});
