// Bars by uPlot: the one place that knows the library. What is drawn says the same as the table
// under it; colours are told apart by their darkness, too.

import uPlot from '../vendor/uplot-1.6.32/uPlot.esm.js';
import { h, put } from './dom.js';

const HEIGHT = 260;
const FONT = '14px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif';

/** The colours of the page, for the canvas. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Styles of the library, once. */
function styled() {
  if (document.querySelector('link[data-uplot]')) return;
  document.head.append(h('link', { rel: 'stylesheet', href: 'vendor/uplot-1.6.32/uPlot.min.css', 'data-uplot': '' }));
}

/**
 * `chart`: {labels: [text], series: [{name, values, dark?}], goal?: {name, value}}; later series
 * lie over earlier ones. Drawn when the place has a width, and again when that changes.
 */
export function draw(ctx, place, { labels, series, goal }) {
  styled();
  const at = labels.map((_, index) => index);
  const bars = uPlot.paths.bars({ size: [0.7, 48], align: 0 });
  const line = colour('--line');
  const ink = colour('--ink-soft');
  const lines = series.map(({ name, dark }) => ({ label: name, paths: bars, points: { show: false }, fill: dark ? colour('--brand') : '#b9d9cb', stroke: colour('--brand'), width: 1 }));
  const data = [at, ...series.map((one) => one.values)];
  if (goal) {
    lines.push({ label: goal.name, stroke: colour('--bad-ink'), width: 2, dash: [8, 5], points: { show: false } });
    data.push(at.map(() => goal.value));
  }
  const wide = (values) => Math.max(1, ...values);
  const most = Math.max(...data.slice(1).map(wide));
  const options = (width) => {
    const longest = Math.max(...labels.map((label) => [...label].length));
    const room = Math.max(1, Math.floor((width - 60) / (longest * 14 + 20)));
    const step = Math.ceil(labels.length / room);
    return {
      width, height: HEIGHT, legend: { show: false }, cursor: { show: false }, series: [{}, ...lines],
      scales: { x: { time: false, range: [-0.6, labels.length - 0.4] }, y: { range: [0, most * 1.08] } },
      axes: [
        { font: FONT, stroke: ink, grid: { show: false }, ticks: { stroke: line }, splits: at.filter((index) => index % step === 0), values: (_, shown) => shown.map((index) => labels[index] ?? '') },
        { font: FONT, stroke: ink, size: 60, grid: { stroke: line }, ticks: { stroke: line }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
      ],
    };
  };
  const paper = h('div', { 'aria-hidden': 'true' });
  const key = (one, kind) => h('span.key', {}, h(`i.${kind}`), one.name);
  put(place, h('p.keys.small', { 'aria-hidden': 'true' }, series.map((one) => key(one, one.dark ? 'dark' : 'light')), goal && key(goal, 'goal')), paper);
  let drawn = null;
  const watch = new ResizeObserver(() => {
    const width = Math.floor(paper.clientWidth);
    if (!width || width === drawn?.width) return;
    drawn?.destroy();
    drawn = new uPlot(options(width), data, paper);
  });
  watch.observe(paper);
  ctx.left(() => { watch.disconnect(); drawn?.destroy(); });
}
