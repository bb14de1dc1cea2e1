import { imageBytes, readImageSize } from '@fgam/data';
import { boxedImage } from './boxed-image.js';
import { type Html, html } from './html.js';
import type { Report, ReportExample } from './schema.js';

type Attempt = ReportExample['trajectory']['attempts'][number];
type Feedback = NonNullable<Attempt['feedback']>;
type Issue = Extract<Feedback, { verdict: 'revise' }>['issues'][number];

const STOPS: Readonly<Record<string, string>> = {
  accepted: 'the critic accepted the answer',
  unchanged: 'the answer did not change',
  cycle: 'answers came back: a cycle',
  'max-rounds': 'the limit of rounds was reached',
  budget: 'the budget ran out',
  degraded: 'the critic or a revision failed: the first answer stands',
};

/** Example trajectories, those that the loop broke first. */
export async function examplesSection({ examples }: Report): Promise<Html | undefined> {
  if (examples.length === 0) return undefined;
  const harm = (example: ReportExample): number => (outcomeOf(example).isHarm ? 0 : 1);
  const ordered = examples
    .map((example, place) => ({ example, place }))
    .toSorted((a, b) => harm(a.example) - harm(b.example));
  return html`${await Promise.all(ordered.map(({ example, place }) => exampleCard(example, place)))}`;
}

/** Where an example is in the page, by its place in the report. */
export function exampleAnchor(place: number): string {
  return `example-${place}`;
}

async function exampleCard(example: ReportExample, place: number): Promise<Html> {
  const { image, variant, question, answer, trajectory, right } = example;
  const { className, words } = outcomeOf(example);
  return html`<article class="card example" id="${exampleAnchor(place)}">
<h3>${question}${words && html` <span class="badge ${className}">${words}</span>`}</h3>
<div class="columns">
${boxedImage(example, await readImageSize(imageBytes(image)))}
<div class="story">
${
  variant &&
  html`<p class="muted">${variant}</p>
`
}<p class="truth"><span class="label">True answer</span> <strong>${answer}</strong></p>
<ol class="rounds">
${trajectory.attempts.map((attempt, index) => attemptItem(attempt, index, right?.attempts[index]))}<li class="final">
<p class="label">Final answer ${verdictBadge(right?.final)}</p>
<blockquote>${trajectory.final}</blockquote>
<p class="muted">Stopped: ${STOPS[trajectory.stop] ?? trajectory.stop}. <code>${trajectory.id}</code></p>
</li>
</ol>
</div>
</div>
</article>
`;
}

function attemptItem({ response, feedback }: Attempt, index: number, isRight: boolean | undefined): Html {
  return html`<li>
<p class="label">${index === 0 ? 'First answer' : `Answer after round ${index}`} ${verdictBadge(isRight)}</p>
<blockquote>${response}</blockquote>
${feedback && feedbackBlock(feedback)}
</li>
`;
}

function feedbackBlock(feedback: Feedback): Html {
  const confidence =
    feedback.confidence === undefined ? '' : `, confidence ${feedback.confidence.toFixed(2)}`;
  if (feedback.verdict === 'accept')
    return html`<div class="feedback accept"><p class="label">Critic: accept${confidence}</p></div>`;
  return html`<div class="feedback revise"><p class="label">Critic: revise${confidence}</p>
${feedback.text && html`<p>${feedback.text}</p>`}
${feedback.issues.length === 0 ? '' : html`<ul>${feedback.issues.map(issueItem)}</ul>`}
</div>`;
}

function issueItem({ kind, claim, correction }: Issue): Html {
  const arrow = html`<span aria-hidden="true">→</span><span class="unseen">should be</span>`;
  return html`<li><span class="badge">${kind}</span> <q>${claim}</q>
${correction === undefined ? '' : html`${arrow} <q>${correction}</q>`}</li>`;
}

function verdictBadge(isRight: boolean | undefined): Html | undefined {
  if (isRight === undefined) return undefined;
  return isRight
    ? html`<span class="badge good">✓ right</span>`
    : html`<span class="badge bad">✗ wrong</span>`;
}

function outcomeOf({ right }: ReportExample): { isHarm: boolean; className: string; words: string } {
  const first = right?.attempts[0];
  if (!right || first === undefined) return { isHarm: false, className: '', words: '' };
  if (first && !right.final) return { isHarm: true, className: 'bad', words: 'broken by the loop' };
  if (!first && right.final) return { isHarm: false, className: 'good', words: 'fixed by the loop' };
  return first
    ? { isHarm: false, className: 'good', words: 'right throughout' }
    : { isHarm: false, className: 'bad', words: 'wrong to the end' };
}
