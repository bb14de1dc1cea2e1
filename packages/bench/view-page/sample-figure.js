import { element, shape } from './dom.js';

/** The drawing's longer side in its own units: tags and arrows are sized against it, whatever the image's pixels. */
const SIDE = 500;
const TAG = 22;
const COLOURS = 6;
/** All relations of a sample are drawn up to so many; beyond that those of the chosen region. */
const FEW = 6;

export const colourOf = (index) => `colour-${index % COLOURS}`;

/** The path of a mask in units of the drawing: polygons in image fractions, or run lengths down the columns. */
export function maskPath(mask, width, height) {
  if (mask.kind === 'polygons')
    return mask.polygons
      .map((flat) => {
        const points = [];
        for (let i = 0; i + 1 < flat.length; i += 2)
          points.push(`${flat[i] * width} ${flat[i + 1] * height}`);
        return points.length > 0 ? `M${points.join('L')}Z` : '';
      })
      .join('');
  const [rows, columns] = mask.size;
  const parts = [];
  let at = 0;
  mask.counts.forEach((count, run) => {
    for (let end = at + count; run % 2 === 1 && at < end; ) {
      const x = Math.floor(at / rows);
      const y = at % rows;
      const tall = Math.min(end - at, rows - y);
      parts.push(
        `M${(x * width) / columns} ${(y * height) / rows}h${width / columns}v${(tall * height) / rows}h${-width / columns}Z`,
      );
      at += tall;
    }
    if (run % 2 === 0) at += count;
  });
  return parts.join('');
}

/**
 * The image with what lies on it. Its state is in `figure`: `chosen`, the region that stands out; `shown`, which layers.
 *
 * @param evidence - boxes of a critic, beside the regions
 */
export function createFigure({ row, sample, alt, evidence = [] }) {
  const regions = sample?.regions ?? [];
  const relations = [
    ...(sample?.relations ?? []).map(({ subject, relation, object }) => ({
      subject,
      word: relation,
      object,
    })),
    ...(sample?.annotatedRelations ?? []).map(({ subject, predicate, object }) => ({
      subject,
      word: predicate,
      object,
    })),
  ];
  const places = new Map(regions.map(({ id }, index) => [id, index]));
  const shown = { boxes: true, masks: true, relations: relations.length <= FEW };
  let chosen;
  const image = element('img', { src: `/api/images/${row}`, alt });
  const layer = shape('svg', { 'aria-hidden': 'true' });
  const fault = element(
    'p',
    { class: 'muted', hidden: true },
    'The image can not be shown: its file is missing or of another format.',
  );
  const frame = element('div', { class: 'frame' }, image, layer);
  const listeners = [];

  const draw = () => {
    const size = {
      width: image.naturalWidth || sample?.width || 1,
      height: image.naturalHeight || sample?.height || 1,
    };
    const scale = SIDE / Math.max(size.width, size.height);
    const [width, height] = [size.width * scale, size.height * scale];
    layer.setAttribute('viewBox', `0 0 ${width} ${height}`);
    // An image of few pixels is shown as these pixels, not as a blur.
    image.classList.toggle('pixels', scale > 2);
    const isDim = (index) => chosen !== undefined && chosen !== index;
    const corners = (box) => ({
      x: box.x0 * width,
      y: box.y0 * height,
      width: (box.x1 - box.x0) * width,
      height: (box.y1 - box.y0) * height,
    });
    const parts = [];
    regions.forEach(({ box, mask }, index) => {
      const group = shape('g', { class: `${colourOf(index)}${isDim(index) ? ' dim' : ''}` });
      if (shown.masks && mask)
        group.append(
          shape('path', { class: 'mask', d: maskPath(mask, width, height), 'fill-rule': 'evenodd' }),
        );
      if (shown.boxes) {
        const place = corners(box);
        const [x, y] = [Math.min(place.x, width - TAG), Math.min(place.y, height - TAG)];
        group.append(
          shape('rect', { class: 'box', ...place }),
          shape('rect', { class: 'tag', x, y, width: TAG, height: TAG }),
          shape('text', { x: x + TAG / 2, y: y + TAG * 0.74 }, String(index + 1)),
        );
      }
      parts.push(group);
    });
    if (shown.relations)
      for (const relation of relations) {
        const [from, to] = [places.get(relation.subject), places.get(relation.object)];
        if (from === undefined || to === undefined) continue;
        const isOne = chosen === undefined ? relations.length <= FEW : chosen === from;
        if (isOne)
          parts.push(arrow(corners(regions[from].box), corners(regions[to].box), relation.word, from));
      }
    for (const box of evidence) parts.push(shape('rect', { class: 'evidence', ...corners(box) }));
    layer.replaceChildren(...parts);
  };

  image.addEventListener('load', draw);
  image.addEventListener('error', () => {
    frame.hidden = true;
    fault.hidden = false;
  });
  draw();

  const layers = [
    ['boxes', 'Boxes', regions.length > 0],
    ['masks', 'Masks', regions.some(({ mask }) => mask)],
    ['relations', 'Relations', relations.length > 0],
  ].filter(([, , isThere]) => isThere);
  const toggles = layers.map(([name, label]) =>
    element(
      'label',
      {},
      element('input', {
        type: 'checkbox',
        checked: shown[name],
        onchange: (event) => {
          shown[name] = event.target.checked;
          draw();
        },
      }),
      label,
    ),
  );
  const hint =
    relations.length > FEW
      ? element(
          'p',
          { class: 'muted' },
          `${relations.length} relations: choose a region to see its own as arrows.`,
        )
      : undefined;
  return {
    relations,
    places,
    node: element(
      'div',
      {},
      layers.length > 0
        ? element(
            'fieldset',
            { class: 'views' },
            element('legend', { class: 'unseen' }, 'Shown on the image'),
            ...toggles,
          )
        : undefined,
      frame,
      fault,
      hint,
    ),
    /** Lets one region stand out, or none. */
    choose(index) {
      chosen = chosen === index ? undefined : index;
      if (chosen !== undefined && relations.length > FEW && !shown.relations) {
        shown.relations = true;
        const box = toggles[layers.findIndex(([name]) => name === 'relations')]?.querySelector('input');
        if (box) box.checked = true;
      }
      draw();
      for (const listener of listeners) listener(chosen);
    },
    onChoice: (listener) => listeners.push(listener),
  };
}

/** From the middle of one box to that of another, bent a little so that both directions can be seen. */
function arrow(from, to, word, index) {
  const [x0, y0] = [from.x + from.width / 2, from.y + from.height / 2];
  const [x1, y1] = [to.x + to.width / 2, to.y + to.height / 2];
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [bendX, bendY] = [(-(y1 - y0) / length) * 26, ((x1 - x0) / length) * 26];
  const [midX, midY] = [(x0 + x1) / 2 + bendX, (y0 + y1) / 2 + bendY];
  const path = `M${x0} ${y0}Q${midX} ${midY} ${x1} ${y1}`;
  // The head lies along the curve's end.
  const angle = (Math.atan2(y1 - midY, x1 - midX) * 180) / Math.PI;
  return shape(
    'g',
    { class: colourOf(index), 'data-relation': word },
    shape('path', { class: 'arrow-under', d: path }),
    shape('path', { class: 'arrow', d: path }),
    shape('path', {
      class: 'head',
      d: 'M0 0L-11 5.5L-11 -5.5Z',
      transform: `translate(${x1} ${y1}) rotate(${angle})`,
    }),
    shape('text', { class: 'relation', x: (x0 + x1) / 4 + midX / 2, y: (y0 + y1) / 4 + midY / 2 + 4 }, word),
  );
}
