/** An element with properties and children; text is text, never markup. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** An element of the page that is always there. */
export const part = (id) => document.getElementById(id);

/** Says what went wrong; nothing takes the words away. */
export function warn(text = '') {
  part('alert').hidden = text === '';
  part('alert').textContent = text;
}

/** Choices of one value as buttons in a row: radio buttons, so that arrow keys and screen readers know them. */
export function choiceRow({ name, legend, hint, choices, chosen, onChoose, row = 'scale' }) {
  const inputs = choices.map(({ value, key, label }) => {
    const input = element('input', { type: 'radio', name, value: String(value), checked: value === chosen });
    input.setAttribute('aria-label', key === label ? label : `${key}, ${label}`);
    input.addEventListener('change', () => onChoose(value));
    return element(
      'label',
      {},
      input,
      element('span', {}, key, element('small', {}, key === label ? '' : label)),
    );
  });
  return element(
    'fieldset',
    { className: row },
    element('legend', {}, legend, element('small', {}, hint)),
    element('div', { className: 'choices' }, ...inputs),
  );
}
