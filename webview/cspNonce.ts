/**
 * Hands the page's nonce on to the toolkit, which adds a style element to find out whether the browser knows
 * `:focus-visible` and takes its nonce from this meta element. Has to be loaded before the toolkit is.
 */
const nonce = document.currentScript?.nonce;
if (nonce) {
  const meta = document.createElement('meta');
  meta.setAttribute('property', 'csp-nonce');
  meta.content = nonce;
  document.head.append(meta);
}

export {};
