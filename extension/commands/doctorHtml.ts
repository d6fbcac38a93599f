import {
  FFMPEG_CHECK,
  type CheckState,
  type HealthCheck,
  type HealthResult,
} from '../../shared/protocol/health';
import { escapeHtml, staticPage } from '../html';

/** A button of the page: a command and what it is called. */
export type DoctorButton = readonly [command: string, title: string];

const ABOVE: readonly DoctorButton[] = [
  ['masklet.doctor', 'Run Again'],
  ['masklet.copyDoctor', 'Copy as Text'],
  ['masklet.showKernelLog', 'Show Kernel Log'],
  ['masklet.reportProblem', 'Report a Problem...'],
];

/** What mends a check that is not in order, by its name. */
const FIXES: Readonly<Record<string, DoctorButton>> = {
  [FFMPEG_CHECK]: ['masklet.installFfmpeg', 'Download ffmpeg'],
  onnxruntime: ['masklet.installCuda', 'Install CUDA Support...'],
  model: ['masklet.selectModel', 'Select Model...'],
};

/** The commands that the page's buttons may run, and no others. */
export const DOCTOR_COMMANDS: readonly string[] = [...ABOVE, ...Object.values(FIXES)].map(
  ([command]) => command,
);

const SIGNS: Readonly<Record<CheckState, readonly [sign: string, words: string]>> = {
  ok: ['✓', 'OK'],
  warning: ['!', 'Warning'],
  failed: ['✕', 'Failed'],
};

/** The result of the checks as a page that runs no script: its buttons are links to commands. */
export function doctorHtml({ version, pid, checks }: HealthResult): string {
  return staticPage({
    title: 'Masklet Doctor',
    allows: "style-src 'unsafe-inline'",
    style: STYLE,
    body: `<h1>Masklet Doctor</h1>
    <p>${escapeHtml(summaryOf(checks))} Masklet ${escapeHtml(version)}, kernel process ${pid}.</p>
    <p class="buttons">${ABOVE.map(button).join(' ')}</p>
    <table>
      <thead><tr><th scope="col">State</th><th scope="col">Part</th><th scope="col">Detail</th></tr></thead>
      <tbody>${checks.map(row).join('')}</tbody>
    </table>`,
  });
}

/** The same as text, to paste into a message. */
export function doctorText({ version, checks }: HealthResult): string {
  const lines = checks.map(({ name, state, detail, hint }) =>
    [
      `${state.padEnd(8)} ${name}: ${oneLine(detail)}`,
      ...(hint && state !== 'ok' ? [`         ${oneLine(hint)}`] : []),
    ].join('\n'),
  );
  return [`Masklet ${version}`, ...lines, ''].join('\n');
}

function summaryOf(checks: readonly HealthCheck[]): string {
  const count = (state: CheckState): number => checks.filter((check) => check.state === state).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  if (failed + warnings === 0) return 'Everything is in order.';
  const parts = [
    ...(failed > 0 ? [failed === 1 ? '1 check failed' : `${failed} checks failed`] : []),
    ...(warnings > 0 ? [warnings === 1 ? '1 warning' : `${warnings} warnings`] : []),
  ];
  return `${parts.join(', ')}.`;
}

function row({ name, state, detail, hint }: HealthCheck): string {
  const [sign, words] = SIGNS[state];
  const wrong = state !== 'ok';
  const fix = wrong ? FIXES[name] : undefined;
  return (
    `<tr class="${state}"><td><span class="sign" aria-hidden="true">${sign}</span> ${words}</td>` +
    `<th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(detail)}` +
    (wrong && hint ? `<p>${escapeHtml(hint)}</p>` : '') +
    (fix ? `<p>${button(fix)}</p>` : '') +
    '</td></tr>'
  );
}

function button([command, title]: DoctorButton): string {
  return `<a class="button" role="button" href="command:${command}">${escapeHtml(title)}</a>`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

const STYLE = `
  body { padding: 0 2em 2em; max-width: 72em; line-height: 1.5; }
  h1 { font-weight: 500; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; overflow-wrap: anywhere; }
  tbody tr { border-top: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)); }
  td:first-child, tbody th { white-space: nowrap; }
  tbody th { font-weight: 600; }
  td p { margin: 6px 0 0; }
  .ok .sign { color: var(--vscode-testing-iconPassed); }
  .warning .sign { color: var(--vscode-problemsWarningIcon-foreground); font-weight: bold; }
  .failed .sign { color: var(--vscode-problemsErrorIcon-foreground); }
  .buttons { display: flex; flex-wrap: wrap; gap: 8px; }
  .button { display: inline-block; padding: 4px 12px; border-radius: 2px; text-decoration: none;
    background: var(--vscode-button-background); color: var(--vscode-button-foreground);
    border: 1px solid var(--vscode-button-border, transparent); }
  .button:hover { background: var(--vscode-button-hoverBackground); color: var(--vscode-button-foreground); }
  .button:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
`;
