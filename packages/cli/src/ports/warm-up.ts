import { COLOURS, type Critic, FgamError, kindOf, renderScene, type Scene, SHAPES } from '@fgam/data';
import { LLM } from './critic-options.js';

/** One call each, as single requests ask: programs of a model are made for a number of rows and a length. */
const ASKED = [
  { question: 'is there a red circle ?', response: 'yes' },
  { question: 'describe the image .', response: 'a small red circle at the top left .' },
] as const;

/**
 * Has critics of this process judge a made-up image, so that what they make at their first use is there before a
 * server's first request, and what fails then is told at its start. One behind an endpoint, which costs, is not asked.
 *
 * @throws FgamError `fgam/bad-critic` naming the critic that fails
 */
export async function warmUp(critics: readonly Critic[]): Promise<void> {
  const here = critics.filter(({ name }) => name !== LLM);
  if (here.length === 0) return;
  const image = await renderScene(madeUpScene());
  for (const critic of here)
    try {
      for (const asked of ASKED) await critic.critique([{ image, ...asked }]);
    } catch (error) {
      throw new FgamError<'fgam/bad-critic'>(
        'fgam/bad-critic',
        `${critic.name}: expected a verdict on a made-up image, got ${error instanceof Error ? error.message : String(error)}; ` +
          'check the models that it reads, or name another with --critic',
        { cause: error },
      );
    }
}

/** An object at each of nine places: what a model knows by words of a place is read for each of them. */
function madeUpScene(): Scene {
  const [third, side] = [21, 14];
  return {
    imageSize: 64,
    objects: COLOURS.slice(0, 3).flatMap((colour, row) =>
      SHAPES.slice(0, 3).map((shape, column) => ({
        ...{ shape, colour, kind: kindOf(colour, shape), size: 'small', texture: 'plain' },
        box: { x: 4 + third * column, y: 4 + third * row, width: side, height: side },
      })),
    ),
  };
}
