/** One of VS Code's own icons; what it means has to be said beside it. */
export function Icon({ name, spin = false }: { readonly name: string; readonly spin?: boolean }) {
  const classes = `codicon codicon-${name}${spin ? ' codicon-modifier-spin' : ''}`;
  return <span class={classes} aria-hidden="true" />;
}
