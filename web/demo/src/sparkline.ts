/** A line of the last values, drawn into an `svg` of 88 by 28 units. */

const WIDTH = 88;
const HEIGHT = 28;
const MARGIN = 3;
const KEPT = 40;
const AT_FIRST = 12; // so that few values already make a line

export class Sparkline {
  readonly #line: SVGPolylineElement;
  readonly #dot: SVGCircleElement;
  readonly #values: number[] = [];

  constructor(svg: Element) {
    this.#line = svg.querySelector("polyline")!;
    this.#dot = svg.querySelector("circle")!;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > KEPT) this.#values.shift();
    const points = this.#points();
    this.#line.setAttribute("points", points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "));
    const [x, y] = points[points.length - 1]!;
    this.#dot.setAttribute("cx", x.toFixed(1));
    this.#dot.setAttribute("cy", y.toFixed(1));
  }

  #points(): [number, number][] {
    const low = Math.min(...this.#values);
    const range = Math.max(...this.#values) - low;
    const step = (WIDTH - 2 * MARGIN) / (Math.max(this.#values.length, AT_FIRST) - 1);
    const start = WIDTH - MARGIN - step * (this.#values.length - 1);
    return this.#values.map((value, index) => {
      const height = range === 0 ? 0.5 : (value - low) / range;
      return [start + index * step, HEIGHT - MARGIN - height * (HEIGHT - 2 * MARGIN)];
    });
  }
}
