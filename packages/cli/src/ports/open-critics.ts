import { FgamError } from '@fgam/data';
import {
  createEnsembleCritic,
  createGatheringCritic,
  createLlmCritic,
  type EnsembleMember,
} from '@fgam/rectifier';
import type { Command } from 'commander';
import { GROUNDING_MODEL } from '../train/model-names.js';
import { type NamedModel, openNamedModel } from '../train/open-model.js';
import { readCalibration } from './calibration-file.js';
import { type CriticOptions, criticsInWords, LLM, type NamedCritic } from './critic-options.js';
import { type EnsembleFile, readEnsembleFile } from './ensemble-file.js';
import { modelIdentity } from './model-identity.js';
import { endpointPlace, type ModelOptions } from './model-options.js';
import { DECODE_BATCH } from './open-answerer.js';
import { type Answering, sayUsage } from './open-answering.js';
import {
  GROUNDED,
  openCritic,
  openGroundedCritic,
  type OpenCritic,
  openModuleCritic,
  warnUncalibrated,
} from './open-critic.js';
import { onlyModel } from './only-model.js';
import { groundingFor, openModule } from './open-module.js';
import { say } from '../output.js';
import { usageError } from '../usage-error.js';

/** What {@link openMembers} and {@link openCritics} go by. */
export interface OpenCriticsOptions {
  readonly options: CriticOptions & ModelOptions;
  readonly answering: Pick<Answering, 'name' | 'compact'>;
  /** For usage errors. */
  readonly command: Command;
  /** Opens critics of other names. */
  readonly openOther?: (name: string) => OpenCritic | undefined;
}

/** Critics that are open, with their weights. */
export interface OpenMembers {
  readonly members: readonly EnsembleMember[];
  readonly opened: readonly OpenCritic[];
  readonly dispose: () => Promise<void>;
}

/**
 * Opens the critics of a command line as one: one alone as it is, several, or one with `--threshold`, as an ensemble.
 *
 * @returns undefined where none is named
 */
export async function openCritics(
  request: OpenCriticsOptions,
): Promise<(OpenCritic & Pick<OpenMembers, 'members'> & { readonly name: string }) | undefined> {
  const { options, command } = request;
  const { calibration, critic } = options;
  if (calibration !== undefined && command.getOptionValueSource('critic') === 'cli')
    usageError(command, 'expected --critic or --calibration, got both');
  const file = calibration === undefined ? undefined : await readEnsembleFile(calibration);
  if (file !== undefined) await checkModel(file, request);
  const critics = file?.critics ?? critic;
  if (critics === undefined) return undefined;
  const threshold = options.threshold ?? file?.threshold;
  const warn = (each: string): void => warnUncalibrated(each, request.answering.name);
  const { members, opened, dispose } = await openMembers(
    critics,
    request,
    threshold === undefined ? warn : undefined,
  );
  const name = criticsInWords(critics);
  const [only] = opened;
  if (only !== undefined && opened.length === 1 && threshold === undefined) return { ...only, name, members };
  const settings = Object.assign({}, ...opened.map((each) => each.settings)) as OpenCritic['settings'];
  return {
    name,
    members,
    critic: createEnsembleCritic(members, threshold === undefined ? {} : { threshold }),
    settings: { ...settings, ...(threshold === undefined ? {} : { threshold }) },
    calibration: { refusals: {} },
    dispose,
  };
}

/**
 * Refuses a calibration that was found on another model's answers; an upstream that is asked for each
 * request's own model has none to compare.
 */
async function checkModel(
  { model, identity }: EnsembleFile,
  { options, answering }: OpenCriticsOptions,
): Promise<void> {
  if (options.endpoint !== undefined && options.endpointModel === undefined) return;
  if (identity === (await modelIdentity(options))) return;
  throw new FgamError<'fgam/bad-file'>(
    'fgam/bad-file',
    `${options.calibration ?? ''}: expected a calibration for ${answering.name}, got one for ${model}, or for other weights of that name; calibrate again`,
  );
}

/**
 * Opens each; where one can't be opened, those before it are freed.
 *
 * @param onUncalibrated - told of critics that no model's `calibration.json` is asked about
 */
export async function openMembers(
  critics: readonly NamedCritic[],
  request: OpenCriticsOptions,
  onUncalibrated: (name: string) => void = () => {},
): Promise<OpenMembers> {
  const { grounding } = request.options;
  // Critics that ask it share it.
  let looking: Promise<NamedModel> | undefined;
  const openGrounding = async (): Promise<NamedModel | undefined> =>
    grounding === undefined ? undefined : (looking ??= openNamedModel(grounding));
  const opened: OpenCritic[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(opened.map((each) => each.dispose()));
  };
  try {
    for (const { name } of critics) {
      const one = await openOne(name, request, openGrounding, onUncalibrated);
      // What runs here judges what several requests of a server ask at the same time together.
      opened.push(
        name === LLM
          ? one
          : { ...one, critic: createGatheringCritic(one.critic, { maxBatch: DECODE_BATCH }) },
      );
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  // Two modules have one name of their own: members go by those of the command line.
  const members = opened.map(({ critic }, i) => {
    const { name = '', weight = 1 } = critics[i] ?? {};
    return { critic: { ...critic, name }, weight };
  });
  return { members, opened, dispose };
}

async function openOne(
  name: string,
  request: OpenCriticsOptions,
  openGrounding: () => Promise<NamedModel | undefined>,
  onUncalibrated: (name: string) => void,
): Promise<OpenCritic> {
  const { answering, openOther } = request;
  const other = openOther?.(name);
  if (other !== undefined) return other;
  if (name === LLM) {
    const llm = await openLlm(request);
    onUncalibrated(name);
    return llm;
  }
  const grounding = await openGrounding();
  if (name === GROUNDED && grounding !== undefined) {
    onUncalibrated(name);
    const { model, folder } = grounding;
    // Where an object is there is the grounding model's own; which refusals help is the answering one's.
    return openGroundedCritic(model, async () => readCalibration(folder, GROUNDED));
  }
  if (answering.compact !== undefined) return openCritic(name, answering.compact, grounding);
  const module = name === GROUNDED ? undefined : await openModule(name);
  const seeing = module && (await groundingFor(module, { named: grounding }));
  const isBlind = module?.evidence !== undefined && seeing === undefined;
  if (module === undefined || isBlind)
    usageError(
      request.command,
      `expected a compact model for the critic ${name}, which asks its region-text similarity, got ${answering.name}; ` +
        `name one with --grounding (${GROUNDING_MODEL}, the shipped one, knows generated scenes alone), or another critic with --critic`,
    );
  onUncalibrated(name);
  return openModuleCritic(module, seeing);
}

/** The critic behind an endpoint: of the named model, or of the only one where the answering model is asked too. */
async function openLlm({ options, command }: OpenCriticsOptions): Promise<OpenCritic> {
  const { endpoint, criticEndpoint = endpoint, criticModel = options.endpointModel } = options;
  if (criticEndpoint === undefined)
    usageError(
      command,
      `expected --critic-endpoint and --critic-model for the critic ${LLM}, or --endpoint and --endpoint-model`,
    );
  if (criticModel === undefined && options.criticEndpoint !== undefined)
    usageError(command, `expected --critic-model for the critic ${LLM} at ${criticEndpoint}`);
  const place = endpointPlace(criticEndpoint, criticModel ?? '', options, command);
  const model = criticModel ?? (await onlyModel(place));
  if (criticModel === undefined) say(`the critic ${LLM} asks ${model}, the only model of ${criticEndpoint}`);
  const critic = createLlmCritic({
    ...place,
    model,
    readsContext: options.criticContext ?? true,
  });
  return {
    critic,
    settings: {},
    calibration: { refusals: {} },
    dispose: async () => {
      sayUsage(`critic ${critic.name}`, critic.usage());
      await critic.dispose();
    },
  };
}
