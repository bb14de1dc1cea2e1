/** How a place is said, and so how much may stand before it. */
export interface PlaceForm {
  /** It ends in "of the image". */
  readonly ofImage: boolean;
  /** It may be the thing's own top, bottom or middle. */
  readonly mayBeOwn: boolean;
  /** It begins with `to` or `towards`. */
  readonly isDirection: boolean;
}

/** Any of some words; no part of a hyphened one. */
const any = (words: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}-])(?:${words})(?![\\p{L}\\p{N}-])`, 'iu');

const DETERMINER = 'a|an|the|this|that|these|those|his|her|its|their|my|one|two|three|four|some|another|each';
const COLOUR =
  'black|white|red|green|blue|yellow|orange|pink|purple|brown|grey|gray|silver|gold|golden|beige|tan|light|dark';
const SAID_OF =
  'is|are|placed|located|positioned|situated|pictured|seated|parked|perched|standing|sitting|lying|hanging|resting|visible|seen|shown';

/**
 * Words of looking, facing, turning, leaning: what follows is where to. Nouns ("face",
 * "head", "point") are left out.
 */
const DIRECTED = any(
  '(?:look|fac|gaz|star|glanc|peer|watch|point|aim|lean|tilt|turn|head|bend|bow|mov|angl|direct|gestur|nod|wav|swing|swerv|veer|curv|lead|reach|stretch|extend)ing|' +
    'looks|looked|gazes|stares|glances|watches|points|pointed|aims|aimed|leans|leaned|tilts|tilted|turns|turned|bends|bent|moves|moved|angled|directed|leads|reaches|stretches|stretched|extends|extended|curves|curved',
);
const DENIED = any("not|no|never|nor|neither|without|rather|instead|\\p{L}+n['’]t");
/** What brings another thing's place in, and joins. */
const OTHER = any(
  'next|beside|besides|behind|near|between|among|under|underneath|beneath|below|above|over|to|toward|towards|from|by|against|across|through|past|around|into|onto|along|front|outside|inside|and|or|but|while|as|than|like',
);
/** What a region may have; its places are not the region's. */
const OWN = any(
  'in|on|at|with|for|off|about|have|has|had|having|holding|wearing|carrying|showing|containing|featuring|that|which|who|whose|where|when',
);
/** Last words that are no noun: what follows is said of a part of the thing. */
const NO_NOUN = new RegExp(
  `(?<![\\p{L}-])(?:(?!(?:bed|seed|shed|weed|sled|breed|steed|reed)$)\\p{L}+ed|${COLOUR.replace('|orange', '')}|open|shut|torn|worn|broken|cut|wide|wider|narrow|narrower|bare|flat|empty|full|wet|darker|lighter|thick|thin|burnt|bitten)$`,
  'iu',
);

const TWO_COLOURS = new RegExp(`\\b(?:${COLOUR}),? and (?=(?:${COLOUR})\\b)`, 'gi');
/** Clothes are no place: `a man in a hat`. */
const CLOTHED = new RegExp(
  `\\b((?:m[ae]n|wom[ae]n|people|children|(?:person|boy|girl|child|kid|guy|lady|player)s?),?) (?:dressed in|in|wearing) (?:(?:${DETERMINER}) )?`,
  'i',
);
/** `is`, `parked`: said of the place, after the noun. */
const LAST_SAID = new RegExp(`(?:^| )(?:(?:${SAID_OF})(?: |$))+$`, 'i');
const VERB_LAST = /(?:ing|ed|[^su]s)$/i;
/** Another thing, as a verb's object or after a comma. */
const ANOTHER = new RegExp(`(?:(?<!wear|hold|carry)ing|,) (?:${DETERMINER}) `, 'i');
/** An article that neither begins the phrase nor follows `of` (`a slice of the cake`). */
const SECOND_ARTICLE = new RegExp(`(?<!\\bof) (?:${DETERMINER}) `, 'i');

/** Whether a place that stands after these words is the region's own, by the rule of `positionClaims`. */
export function isOfTheRegion(before: string, { ofImage, mayBeOwn, isDirection }: PlaceForm): boolean {
  const phrase = before.replace(/[\s,(]+$/, '').replaceAll(TWO_COLOURS, '');
  if (/[.;:!?]/.test(phrase) || DIRECTED.test(phrase) || DENIED.test(phrase) || OTHER.test(phrase))
    return false;
  const dressed = mayBeOwn ? phrase : phrase.replace(CLOTHED, '$1 ');
  const noun = dressed.replace(LAST_SAID, '').trim();
  if (isDirection && VERB_LAST.test(noun)) return false;
  if (ofImage) return !ANOTHER.test(phrase);
  if (OWN.test(noun) || NO_NOUN.test(noun) || SECOND_ARTICLE.test(noun)) return false;
  return !(mayBeOwn && noun.includes(','));
}
