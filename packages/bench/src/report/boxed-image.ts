import type { ImageSize } from '@fgam/data';
import { type Html, html } from './html.js';
import type { ReportExample } from './schema.js';

/** The overlay's longer side in its own units: tags are sized against it, whatever the image's pixels. */
const SIDE = 400;
const TAG = 26;
/** As many as the style sheet has colours. */
const COLOURS = 6;

/** An example's image with its boxes drawn over it, numbered; the list below says what they are. */
export function boxedImage({ image, question, boxes }: ReportExample, size: ImageSize): Html {
  const scale = SIDE / Math.max(size.width, size.height);
  const [width, height] = [size.width * scale, size.height * scale];
  // An image of few pixels is shown as these pixels, not as a blur.
  const className = scale > 2 ? 'pixels' : 'photo';
  return html`<figure class="boxed">
<div class="frame">
<img class="${className}" src="${image}" width="${size.width}" height="${size.height}" alt="${altOf(question, boxes)}">
<svg viewBox="0 0 ${width.toFixed(1)} ${height.toFixed(1)}" aria-hidden="true">
${boxes.map(({ box }, index) => drawBox(box, index, width, height))}</svg>
</div>
${boxes.length > 0 ? html`<figcaption>${labelList(boxes)}</figcaption>` : ''}
</figure>`;
}

function drawBox(
  box: ReportExample['boxes'][number]['box'],
  index: number,
  width: number,
  height: number,
): Html {
  const place = (value: number): string => value.toFixed(1);
  const [x, y] = [box.x0 * width, box.y0 * height];
  const [across, down] = [Math.max(0, box.x1 - box.x0) * width, Math.max(0, box.y1 - box.y0) * height];
  // A tag stays inside the image where its box touches the right or lower edge.
  const [tagX, tagY] = [Math.min(x, width - TAG), Math.min(y, height - TAG)];
  return html`<g class="${colourOf(index)}">
<rect class="box" x="${place(x)}" y="${place(y)}" width="${place(across)}" height="${place(down)}"/>
<rect class="tag" x="${place(tagX)}" y="${place(tagY)}" width="${TAG}" height="${TAG}"/>
<text x="${place(tagX + TAG / 2)}" y="${place(tagY + TAG * 0.74)}">${index + 1}</text>
</g>
`;
}

function labelList(boxes: ReportExample['boxes']): Html {
  const items = boxes.map(
    ({ label }, index) =>
      html`<li class="${colourOf(index)}"><b aria-hidden="true">${index + 1}</b> ${label}</li>`,
  );
  return html`<ol class="labels">${items}</ol>`;
}

function colourOf(index: number): string {
  return `colour-${index % COLOURS}`;
}

function altOf(question: string, boxes: ReportExample['boxes']): string {
  const labels = boxes.map(({ label }, index) => `${index + 1} ${label}`).join(', ');
  return `Image for the question: ${question}${labels && ` Boxes: ${labels}.`}`;
}
