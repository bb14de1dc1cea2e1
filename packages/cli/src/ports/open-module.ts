import { FgamError } from '@fgam/data';
import { GROUNDING_MODEL } from '../train/model-names.js';
import { modelFolder, type NamedModel, openNamedModel } from '../train/open-model.js';
import { weightsSha256 } from '../weights-sha256.js';
import { type EvidenceFile, readEvidenceFile } from './evidence-file.js';
import { type ModuleForm, readModuleForm } from './module-file.js';

/** Begins the place of a rectification module that reads evidence in words. */
export const TEXT = 'text:';

/** A trained rectification module, and how it was trained: on evidence if it reads that and no images, or on images. */
export interface OpenModule extends NamedModel, Partial<ModuleForm> {
  readonly evidence?: EvidenceFile;
}

/**
 * A rectification module by its folder, or by `text:` and its folder where it reads evidence in words.
 *
 * @throws FgamError `fgam/bad-critic` where the name and the module's training differ in that; as `openNamedModel`
 * and {@link readModuleForm} do
 */
export async function openModule(name: string): Promise<OpenModule> {
  const isText = name.startsWith(TEXT);
  const module = await openNamedModel(isText ? name.slice(TEXT.length) : name);
  const evidence = await readEvidenceFile(module.folder);
  if (isText && evidence !== undefined) return { ...module, evidence };
  if (!isText && evidence === undefined) return { ...module, ...(await readModuleForm(module.folder)) };
  throw new FgamError<'fgam/bad-critic'>(
    'fgam/bad-critic',
    isText
      ? `${name}: expected a module that was trained on evidence (evidence.json beside its weights), got one that reads images; name it without ${TEXT}`
      : `${name}: expected a module that reads images, got one that was trained on evidence; name it ${TEXT}${name}`,
  );
}

/**
 * Who looks at the images of a module that reads evidence: the one that is named; else the shipped grounding
 * checkpoint, where the module was trained on its evidence; else the answering model, where that can.
 */
export async function groundingFor(
  { evidence }: OpenModule,
  { named, answering }: { readonly named?: NamedModel | undefined; readonly answering?: NamedModel } = {},
): Promise<NamedModel | undefined> {
  if (named !== undefined || evidence?.grounding === undefined) return named ?? answering;
  const isShipped = evidence.grounding === (await weightsSha256(modelFolder(GROUNDING_MODEL)));
  return isShipped ? openNamedModel(GROUNDING_MODEL) : answering;
}
