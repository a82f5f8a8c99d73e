import type { CheckpointInfo } from '../../model.ts';
import { type Cell, type Contents, factsOf, grouped, groupedCount } from '../terminal/table.ts';

/** Describes a checkpoint of another program: its sizes, its heads, its task, and the tensors that it lacks. */
export const describeForeign = (info: CheckpointInfo): Contents => {
  const { sizes, labels = [], hasTeacher, otherHeads, lacks } = info;
  const facts: [string, Cell][] = [
    ['kind', `${kindOf(info)}, ${info.format}`],
    ...(sizes ? sizeFacts(sizes) : []),
    ['head', headsOf(info)],
    ...optional(labels.length > 0, 'answers', `${labels.slice(0, 8).join(', ')}${labels.length > 8 ? ', …' : ''}`),
    ...optional(otherHeads.length > 0, 'other heads', otherHeads.join(', ')),
    ...optional(lacks.length > 0, 'to be told', lacks.join('; ')),
    ...optional(hasTeacher, 'teacher', 'carried along, and left behind when it is loaded'),
    ['parameters', grouped(info.parameters)],
    ['tensors', info.tensors],
    ...(info.notices ?? []).map((notice): [string, Cell] => ['besides', notice]),
  ];
  return { text: factsOf(facts), result: { kind: 'weights', ...info } };
};

const optional = (isThere: boolean, name: string, value: Cell): [string, Cell][] => (isThere ? [[name, value]] : []);

const kindOf = ({ model }: CheckpointInfo): string => {
  if (model === undefined) return 'weights of something else than ViLT or DiDE';
  return model === 'vilt' ? 'a ViLT, a fusion encoder' : 'a DiDE, a dual encoder';
};

const sizeFacts = (sizes: NonNullable<CheckpointInfo['sizes']>): [string, Cell][] => [
  ['layers', `${sizes.depth} of width ${sizes.width}, ${groupedCount(sizes.heads, 'head')}`],
  ['pictures', `${groupedCount(sizes.image, 'pixel')} at the shortest side, patches of ${sizes.patch}`],
  ['words', `${groupedCount(sizes.vocabulary, 'piece')}, texts up to ${sizes.words}`],
  ['modalities', sizes.types],
];

const headsOf = ({ classifiers }: CheckpointInfo): string => {
  if (classifiers.length === 0) return 'none: any task can begin from it, with a fresh head';
  return classifiers.map(({ task, answers }) => `${task}, ${groupedCount(answers, 'answer')}`).join('; ');
};
