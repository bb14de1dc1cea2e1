import { describe, expect, it } from 'vitest';
import { type ChatMessage, openChatTemplate } from './chat-template.js';
import { promptWithImages } from './prompt-with-images.js';

const messages: ChatMessage[] = [
  { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Is it red?' }] },
];

describe('openChatTemplate', () => {
  it('renders messages, special tokens by their roles, and what only training reads as nothing', () => {
    const template = openChatTemplate(
      "{{ bos_token }}{% for m in messages %}{{ m['role'] }}:{% for c in m['content'] %}{% generation %}{{ c['type'] }} {% endgeneration %}{% endfor %}{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}",
      { bos_token: '<s>' },
    );
    expect(template.render(messages)).toBe('<s>user:image text assistant:');
  });

  it('trims around what only training reads as around any tag', () => {
    const template = openChatTemplate(
      '{%- for m in messages %}\n{%- generation -%}  {{ m.role }}  {%- endgeneration -%}  {% endfor %}END',
      {},
    );
    expect(template.render(messages)).toBe('userEND');
  });

  it('refuses what is no template, and says what a template refuses', () => {
    expect(() => openChatTemplate('{% for x %}', {})).toThrow(
      expect.objectContaining({ code: 'models/bad-tokenizer' }),
    );
    const strict = openChatTemplate("{{ raise_exception('no images') }}", {});
    expect(() => strict.render(messages)).toThrow(/chat template: .*no images/);
  });
});

describe('promptWithImages', () => {
  const chatTemplate = { render: (given: readonly ChatMessage[]) => JSON.stringify(given) };
  const model = { chatTemplate, imageToken: '<image>', family: {} };

  it('leaves a prompt that says where its images are, or has none', () => {
    expect(promptWithImages(model, 'Here <image> it is', 1)).toBe('Here <image> it is');
    expect(promptWithImages(model, 'Is it red?', 0)).toBe('Is it red?');
    const first = { ...model, family: { imagesFirst: true } };
    expect(promptWithImages(first, 'Is it red?', 1)).toBe('Is it red?');
  });

  it('asks the template, else puts images first', () => {
    expect(promptWithImages(model, 'Is it red?', 1)).toBe(JSON.stringify(messages));
    const bare = { ...model, chatTemplate: undefined };
    expect(promptWithImages(bare, 'Is it red?', 2)).toBe('<image>\n<image>\nIs it red?');
  });
});
