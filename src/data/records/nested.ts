import { parseJson } from '../../files/json.ts';
import type { JsonLine } from '../../files/json-lines.ts';
import { isNoAnswer } from './no-answer.ts';

/** Fields that hold an annotation with fields of its own, as joins of questions and annotations leave them. */
const ANNOTATIONS = ['annotation', 'annotations', 'ground_truth', 'target', 'gt'];

/**
 * The annotations in a row as rows of their own: an object, JSON of one in a text, a list of objects of which each is an
 * annotator's, or columns with its name before a dot, `annotation.answer`, as pandas flattens an object.
 */
export const nestedLines = ({ row, where }: JsonLine): JsonLine[] =>
  ANNOTATIONS.flatMap((name) => {
    const value = opened(row[name]);
    if (isObject(value)) return [{ where: `${where} ${name}`, row: value }];
    if (isListOfObjects(value)) return [{ where: `${where} ${name}`, row: annotatorsOf(value) }];
    const flat = Object.entries(row).filter(([field]) => field.startsWith(`${name}.`));
    if (flat.length === 0) return [];
    const own = flat.map(([field, inner]) => [field.slice(name.length + 1), inner] as const);
    return [{ where: `${where} ${name}`, row: Object.fromEntries(own) }];
  });

/** Annotations of a list: the fields of a single one, or the answers of all. */
const annotatorsOf = (list: readonly Row[]): Row => (list.length === 1 ? list[0]! : { answers: list });

type Row = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

const isListOfObjects = (value: unknown): value is readonly Row[] =>
  Array.isArray(value) && value.length > 0 && value.every(isObject);

/** A value, or what a text holds that is JSON of an object or a list. */
const opened = (value: unknown): unknown =>
  typeof value === 'string' && /^\s*[[{]/.test(value) ? parseJson(value) : value;

/** Names of fields that may hold answers, and of those beside them that say something of the answer only. */
const LIKE_ANSWERS = /answer|label|gold|target|ground_?truth/i;
const ABOUT_ANSWERS = /type|kind|confidence|score|weight|count|(^|_)(id|idx|n|num)$/i;

/** Levels of objects that are looked into. */
const DEEPEST = 3;

/** Paths of the fields that look as if they held an answer, at any level: `meta.answer`. Those that hold none are left out. */
export const answerLikeFields = (row: Row, place: readonly string[] = []): string[] =>
  Object.entries(row).flatMap(([name, given]) => {
    const [value, path] = [opened(given), [...place, name]];
    const inner = Array.isArray(value) ? value[0] : value;
    const below = isObject(inner) && path.length < DEEPEST ? answerLikeFields(inner, path) : [];
    const isLike = LIKE_ANSWERS.test(name) && !ABOUT_ANSWERS.test(name) && !isNoAnswer(value);
    return below.length === 0 && isLike ? [path.join('.')] : below;
  });
