import * as Plot from '@observablehq/plot';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChartDirective, TableOutput, TableValue } from '../../shared/protocol/notebook';
import { useChartColors } from './theme';

const NARROWEST = 300;
const WIDEST = 900;
const HEIGHT = 280;
const BAR_HEIGHT = 26;
/** Longer or more names than these do not fit below upright bars. */
const LONG_NAME = 12;
const MANY_BARS = 16;

type Datum = Readonly<Record<string, TableValue>>;

interface ChartProps {
  readonly directive: ChartDirective;
  readonly output: TableOutput;
}

/** A chart of a result, as wide as there is room. */
export function Chart({ directive, output }: ChartProps): VNode {
  const figure = useRef<HTMLElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const colors = useChartColors();
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!figure.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(figure.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (width === 0) return;
    const drawn = Plot.plot({
      ...chartOptions(directive, recordsOf(output), colors),
      width: Math.min(WIDEST, Math.max(NARROWEST, width)),
    });
    plot.current?.replaceChildren(drawn);
  }, [directive, output, colors, width]);

  return (
    <figure class="chart" ref={figure}>
      {directive.title !== undefined && <figcaption>{directive.title}</figcaption>}
      <div ref={plot} role="img" aria-label={inWords(directive, output)} />
    </figure>
  );
}

function chartOptions(
  { kind, x, y = '', color, bins }: ChartDirective,
  data: readonly Datum[],
  colors: readonly string[],
): Plot.PlotOptions {
  const series = color ?? colors[0];
  const common: Plot.PlotOptions = {
    height: HEIGHT,
    color: color === undefined ? {} : { legend: true, type: 'categorical', range: [...colors] },
    marginLeft: 56,
  };
  const known = data.filter((datum) => datum[x] !== null && (kind === 'histogram' || datum[y] !== null));
  const rects = {
    x: { value: x, ...(bins === undefined ? {} : { thresholds: bins }) },
    fill: series,
    tip: true,
  };
  switch (kind) {
    case 'bar':
      return { ...common, ...barOptions(known, x, y, series) };
    case 'histogram':
      return {
        ...common,
        y: { grid: true, label: 'rows' },
        marks: [Plot.rectY(known, Plot.binX<Plot.RectYOptions>({ y: 'count' }, rects)), Plot.ruleY([0])],
      };
    case 'line':
      return {
        ...common,
        y: { grid: true },
        marks: [
          Plot.lineY(known, {
            x,
            y,
            stroke: series,
            ...(color === undefined ? {} : { z: color }),
            tip: true,
          }),
        ],
      };
    case 'scatter':
      return {
        ...common,
        grid: true,
        marks: [Plot.dot(known, { x, y, stroke: series, tip: true })],
      };
  }
}

/** Upright, or lying where the names need room; in the order of the rows. */
function barOptions(data: readonly Datum[], x: string, y: string, fill: string): Plot.PlotOptions {
  const names = [...new Set(data.map((datum) => datum[x]))];
  const longest = Math.max(0, ...names.map((name) => String(name).length));
  const channels = { fill, tip: true };
  if (longest <= LONG_NAME && names.length <= MANY_BARS) {
    return {
      x: { type: 'band', domain: names, label: x },
      y: { grid: true },
      marks: [Plot.barY(data, { x, y, ...channels }), Plot.ruleY([0])],
    };
  }
  return {
    height: names.length * BAR_HEIGHT + 60,
    marginLeft: Math.min(240, longest * 7 + 16),
    x: { grid: true },
    y: { type: 'band', domain: names, label: x },
    marks: [Plot.barX(data, { x: y, y: x, ...channels }), Plot.ruleX([0])],
  };
}

function recordsOf({ columns, rows }: TableOutput): Datum[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, n) => [name, row[n]])));
}

/** For those who do not see it; the table beside it says the rest. */
function inWords({ kind, x, y, color, title }: ChartDirective, { rows }: TableOutput): string {
  const names = { bar: 'Bar chart', histogram: 'Histogram', line: 'Line chart', scatter: 'Scatter plot' };
  const of = y === undefined ? x : `${y} by ${x}`;
  const by = color === undefined ? '' : `, coloured by ${color}`;
  return `${title === undefined ? '' : `${title}. `}${names[kind]} of ${of}${by}, ${rows.length} rows.`;
}
