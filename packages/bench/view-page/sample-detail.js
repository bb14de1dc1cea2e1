import { element, facts } from './dom.js';
import { colourOf } from './sample-figure.js';

/** Regions, relations and the rest of a sample, in words. */
export function sampleDetail({ sample, questions = [] }, figure) {
  const { regions, caption, captionScore, conversations = [], incomplete } = sample;
  const items = regions.map((region, index) => regionItem(region, index, figure));
  figure.onChoice((chosen) =>
    items.forEach((item, index) =>
      item.querySelector('button').setAttribute('aria-pressed', String(index === chosen)),
    ),
  );
  return [
    caption === undefined ? undefined : element('h3', {}, 'Caption'),
    caption === undefined ? undefined : element('p', {}, caption),
    captionScore && facts([['fits the image', `${captionScore.value.toFixed(3)} (${captionScore.model})`]]),
    element('h3', {}, `Regions (${regions.length})`),
    element('ol', { class: 'regions' }, ...items),
    incomplete &&
      element(
        'p',
        { class: 'muted' },
        incomplete === 'all'
          ? 'Regions were left out.'
          : `Regions were left out of: ${incomplete.join(', ')}.`,
      ),
    ...relationList(figure, regions),
    ...questionList(questions),
    ...conversations.flatMap(({ id, source, turns }) => [
      element('h3', {}, `Conversation ${id} (${source})`),
      ...turns.flatMap(({ question, answer }) => [
        element('p', { class: 'muted' }, question),
        element('blockquote', {}, answer),
      ]),
    ]),
  ];
}

function regionItem(region, index, figure) {
  const {
    id,
    label,
    description,
    attributes,
    source,
    score,
    provenance,
    descriptionProvenance,
    descriptionScore,
  } = region;
  const more = [
    ['id', id],
    ['source', source],
    ['score', score?.toFixed(3)],
    ['attributes', attributes?.join(', ')],
    ['box', ['x0', 'y0', 'x1', 'y1'].map((side) => region.box[side].toFixed(3)).join(', ')],
    ['mask', region.mask?.kind],
    ['text fits', descriptionScore && `${descriptionScore.value.toFixed(3)} (${descriptionScore.model})`],
    ...fields('found by', provenance),
    ...fields('described by', descriptionProvenance),
  ];
  return element(
    'li',
    { class: colourOf(index) },
    element(
      'button',
      {
        type: 'button',
        'aria-pressed': 'false',
        title: 'Show on the image',
        onclick: () => figure.choose(index),
      },
      element('b', {}, String(index + 1)),
      // Between the words that a screen reader says.
      ' ',
      element('span', {}, label),
    ),
    description === label ? undefined : element('p', {}, description),
    element(
      'details',
      {},
      element('summary', { 'aria-label': `Provenance of region ${index + 1}` }, 'Provenance'),
      facts(more),
    ),
  );
}

/** A record's fields, each under its name. */
function fields(title, record) {
  return Object.entries(record ?? {}).map(([name, value]) => [
    `${title}: ${name}`,
    typeof value === 'object' ? JSON.stringify(value) : value,
  ]);
}

function relationList({ relations, places }, regions) {
  if (relations.length === 0) return [];
  const name = (id) => {
    const index = places.get(id);
    return index === undefined ? id : `${index + 1} ${regions[index].label}`;
  };
  const items = relations.map(({ subject, word, object }) =>
    element('li', {}, `${name(subject)} `, element('strong', {}, word), ` ${name(object)}`),
  );
  return [
    element('h3', {}, `Relations (${relations.length})`),
    element(
      'details',
      { open: relations.length <= 12 },
      element('summary', {}, 'As a list'),
      element('ul', { class: 'relations' }, ...items),
    ),
  ];
}

function questionList(questions) {
  if (questions.length === 0) return [];
  return [
    element('h3', {}, `Questions (${questions.length})`),
    element(
      'details',
      {},
      element('summary', {}, 'With their answers'),
      element(
        'ul',
        { class: 'relations' },
        ...questions.map(({ kind, question, answer }) =>
          element(
            'li',
            {},
            element('span', { class: 'badge' }, kind),
            ` ${question} `,
            element('strong', {}, answer),
          ),
        ),
      ),
    ),
  ];
}
