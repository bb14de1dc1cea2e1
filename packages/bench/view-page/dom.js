const SVG = 'http://www.w3.org/2000/svg';

/** An element; children that are text stay text, whatever they hold. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An element of a drawing. */
export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** A field of a record's table, or nothing where there is no value. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (known.length === 0) return undefined;
  return element(
    'dl',
    {},
    ...known.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, String(value))]),
  );
}

/** What a badge says of right and wrong. */
export function verdictBadge(isRight) {
  if (isRight === undefined) return undefined;
  return element('span', { class: `badge ${isRight ? 'good' : 'bad'}` }, isRight ? '✓ right' : '✗ wrong');
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== undefined && child !== ''));
  return node;
}
