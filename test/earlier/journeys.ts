/**
 * Folder of test/files/earlier, always under this path: a cached teacher knows its images by their whole paths. The
 * script that makes the files writes there; the tests reach the committed ones through a link.
 */
export const files = '/tmp/dide-earlier';

/** Data sets of generated pictures, and the options of `dide scenes` that made them. */
export const data: Readonly<Record<string, readonly string[]>> = {
  vqa: ['--task', 'vqa', '--train', '8', '--validation', '4', '--test-iid', '1', '--test-comp', '1', '--hops', '0'],
  nlvr2: ['--task', 'nlvr2', '--train', '2', '--validation', '1', '--test-iid', '1', '--test-comp', '1'],
  ve: ['--task', 've', '--train', '3', '--validation', '2', '--test-iid', '1', '--test-comp', '1'],
  retrieval: ['--task', 'retrieval', '--train', '6', '--validation', '3', '--test-iid', '1', '--test-comp', '1'],
  captions: ['--task', 'pretraining', '--train', '8', '--validation', '3', '--test-iid', '1', '--test-comp', '1'],
};

const small = ['--tiny', '--threads', '1', '--seed', '3', '--batch', '8'];
const fromScratch = ['--from-scratch', '--depth', '1', '--patch', '8', '--image', '24', ...small, '--updates', '4'];
const twelve = [...small, '--updates', '12', '--checkpoint-every', '4', '--validate-every', '4'];
const model = (name: string): string => `${files}/models/${name}.safetensors`;
const dataOf = (name: string): readonly string[] => ['--data', `${files}/data/${name}`];

/** Models trained from scratch, whose best weights are kept: the command without its --out. */
export const trained: Readonly<Record<string, readonly string[]>> = {
  teacher: ['finetune', ...fromScratch, ...dataOf('vqa')],
  nlvr2: ['finetune', '--task', 'nlvr2', '--model', 'dide', ...fromScratch, ...dataOf('nlvr2')],
  ve: ['finetune', '--task', 've', ...fromScratch, ...dataOf('ve')],
  ranking: ['finetune', '--task', 'retrieval', '--false-texts', '3', ...fromScratch, ...dataOf('retrieval')],
  pretrained: ['pretrain', ...fromScratch, ...dataOf('captions')],
};

/** Runs that were killed between their first checkpoint and their end: the command without its --out. */
export const stopped: Readonly<Record<string, readonly string[]>> = {
  student: [
    ...['finetune', '--teacher', model('teacher'), ...dataOf('vqa'), ...twelve],
    ...['--accumulation', '2', '--clip', '1', '--hard-weight', '0.5'],
  ],
  retriever: ['finetune', '--task', 'retrieval', '--teacher', model('ranking'), ...dataOf('retrieval'), ...twelve],
  'pretrained-student': ['pretrain', '--teacher', model('pretrained'), ...dataOf('captions'), ...twelve],
};

/** A run over a cached teacher: the command without its --out. */
export const overCache: readonly string[] = [
  ...['finetune', '--teacher', model('teacher'), ...dataOf('vqa'), ...small, '--updates', '4'],
  ...['--cache-teacher', `${files}/teacher-cache`],
];

/** Caches of images: the student that made each, and what it is asked. */
export const caches: Readonly<Record<string, { readonly student: string; readonly question: string }>> = {
  'cache-student': { student: `${files}/runs/student/best.safetensors`, question: 'is there a red star?' },
  'cache-retriever': { student: `${files}/runs/retriever/best.safetensors`, question: 'a large red circle' },
};

/** The folder whose pictures the caches hold. */
export const pictures = `${files}/data/vqa/images/validation`;

/** Every model that answers or retrieves, by its file, and the data on which it is evaluated. */
export const evaluated: Readonly<Record<string, string>> = {
  'models/teacher.safetensors': 'vqa',
  'models/nlvr2.safetensors': 'nlvr2',
  'models/ve.safetensors': 've',
  'models/ranking.safetensors': 'retrieval',
  'runs/student/best.safetensors': 'vqa',
  'runs/retriever/best.safetensors': 'retrieval',
  'student-fp16.safetensors': 'vqa',
  'hugging-face': 'vqa',
};

/** Models that neither answer nor retrieve. */
export const pretrained: readonly string[] = [
  'models/pretrained.safetensors',
  'runs/pretrained-student/best.safetensors',
];

/** Does `dide evaluate` take `--predictions` for data of this name? */
export const hasAnswers = (name: string): boolean => name !== 'retrieval';
