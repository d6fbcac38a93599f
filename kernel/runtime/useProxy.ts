/** Lets the downloads of this process go through `proxy`, unless the environment names one already. */
export function useProxy(proxy: string | undefined, environment: NodeJS.ProcessEnv = process.env): void {
  if (proxy === undefined) return;
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) {
    if (!environment[name] && !environment[name.toLowerCase()]) environment[name] = proxy;
  }
}
