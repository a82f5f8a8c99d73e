import type { ModelConfig } from '../model/config.ts';

/** An accuracy as `dide evaluate --json` prints it. */
export interface CardAccuracy {
  readonly split: string;
  /** Kind of question; absent for all. */
  readonly kind?: string | undefined;
  readonly questions: number;
  /** From 0 to 1; null where no answer is known. */
  readonly accuracy: number | null;
  /** 95 % interval. */
  readonly interval: readonly [number, number] | null;
}

/** An evaluation of the model: what `dide evaluate --json` prints. */
export interface CardEvaluation {
  /** The data, as they were named. */
  readonly data: string;
  readonly lines: readonly CardAccuracy[];
}

/** Facts of a card that the model's file does not say. */
export interface CardFacts {
  /** Licence of the weights, by its identifier on the Hub: `apache-2.0`, `cc-by-4.0`, `other`. */
  readonly license: string;
  /** Ids of the models that it was made from or taught by. */
  readonly baseModels?: readonly string[] | undefined;
  /** Ids of the data sets that it has learnt from. */
  readonly datasets?: readonly string[] | undefined;
  readonly evaluations?: readonly CardEvaluation[] | undefined;
}

/** The Hub's names of tasks; any other purpose is left to be named by hand. */
const pipelines: Readonly<Record<string, string>> = {
  vqa: 'visual-question-answering',
  nlvr2: 'visual-question-answering',
  ve: 'visual-question-answering',
  retrieval: 'zero-shot-image-classification',
};

/**
 * Writes the card of a model: front matter that the Hub reads (licence, base models, data sets, metrics, results), and a
 * page about it: use, recipe, and accuracy with intervals.
 */
export const modelCard = (id: string, config: ModelConfig, facts: CardFacts): string => {
  const [, name] = id.split('/');
  return [
    `---\n${frontMatter(name!, config, facts).join('\n')}\n---`,
    `# ${name}`,
    aboutOf(config),
    `## Use\n\n\`\`\`sh\nnpx dide answer ${id} picture.jpg "what is in the picture?"\n\`\`\``,
    `\`\`\`ts\nimport { answer, loadModel } from 'dide';\n\nconst model = await loadModel('${id}');\nconsole.log(await answer(model, 'picture.jpg', 'what is in the picture?', { top: 3 }));\n\`\`\``,
    `## Made by\n\n${table(['what', 'value'], recipeOf(config, facts))}`,
    `## Accuracy\n\n${accuracyOf(facts.evaluations ?? [])}`,
    `## Licence\n\n${facts.license}${facts.license === 'other' ? ': say here which one' : ''}.`,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
};

const aboutOf = ({ architecture, sizes, task, images, answers }: ModelConfig): string => {
  const kind = architecture.towers
    ? 'A dual encoder (DiDE, Wang et al. 2022): images are encoded once and cached, and a question about all of them costs one short text and a small MLP an image'
    : 'A fusion encoder (ViLT, Kim et al. 2021), which reads an image and a text together';
  const asked = images === 1 ? 'one image' : 'two images';
  const gives =
    answers.length > 0
      ? `, with ${answers.length} answers: ${answers.slice(0, 10).map(inline).join(', ')}${answers.length > 10 ? ', …' : ''}`
      : '';
  return `${kind}. It is for the task ${inline(task)} about ${asked}${gives}. ${sizes.depth} layers of width ${sizes.width}; pictures of ${sizes.image} pixels at the shortest side in patches of ${sizes.patch}; texts of up to ${sizes.words} pieces. One file of safetensors, which says all of this and is read by [dide](https://www.npmjs.com/package/dide).`;
};

/** Text that Markdown and YAML take as it is. */
const inline = (text: unknown): string =>
  String(text)
    .replaceAll(/[\r\n|`<>]+/g, ' ')
    .replaceAll(/([\\*_[\]])/g, '\\$1');

const recipeOf = (config: ModelConfig, { baseModels = [], datasets = [] }: CardFacts): [string, string][] => {
  const { best, ...recipe } = config.recipe as Readonly<Record<string, unknown>>;
  return [
    ...(baseModels.length > 0 ? [['made from, or taught by', baseModels.join(', ')] as [string, string]] : []),
    ...(datasets.length > 0 ? [['data', datasets.join(', ')] as [string, string]] : []),
    ...Object.entries(recipe).map(([name, value]): [string, string] => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
    ...(best ? [['best on validation while it was trained', JSON.stringify(best)] as [string, string]] : []),
  ];
};

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

const accuracyOf = (evaluations: readonly CardEvaluation[]): string => {
  const known = evaluations.flatMap(({ data, lines }) =>
    lines.flatMap(({ split, kind = 'all', questions, accuracy, interval }) =>
      accuracy === null || interval === null
        ? []
        : [
            [
              data,
              split,
              kind,
              `${questions}`,
              percent(accuracy),
              `${percent(interval[0])} to ${percent(interval[1])}`,
            ],
          ],
    ),
  );
  if (known.length === 0) return 'It was not measured.';
  const command = [
    ...new Set(
      evaluations.map(
        ({ data, lines }) =>
          `\`dide evaluate MODEL --data ${data} --split ${[...new Set(lines.map(({ split }) => split))].join(',')}\``,
      ),
    ),
  ];
  return `${table(['data', 'split', 'questions', 'number', 'accuracy', '95 % interval'], known)}\n\nBootstrap intervals over the questions: ${command.join(', ')}.`;
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows.map((row) => row.map(inline))]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

/** A text of YAML, quoted as JSON is, which YAML reads. */
const quoted = (text: string): string =>
  /^[\w./-]*[a-z][\w./-]*$/i.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text);

const list = (key: string, values: readonly string[]): string[] =>
  values.length === 0 ? [] : [`${key}:`, ...values.map((value) => `- ${quoted(value)}`)];

const frontMatter = (
  name: string,
  { task, answers, recipe }: ModelConfig,
  { license, baseModels = [], datasets = [], evaluations = [] }: CardFacts,
): string[] => {
  const pipeline = pipelines[task];
  const results = evaluations.flatMap(({ data, lines }) =>
    lines.filter(({ kind, accuracy }) => kind === undefined && accuracy !== null).map((line) => ({ data, ...line })),
  );
  return [
    `license: ${quoted(license)}`,
    'library_name: dide',
    ...(pipeline === undefined ? [] : [`pipeline_tag: ${pipeline}`]),
    ...list('base_model', baseModels),
    ...list('datasets', datasets),
    ...(answers.length > 0 ? ['metrics:', '- accuracy'] : []),
    'tags:',
    '- dide',
    ...('objectives' in recipe ? ['- knowledge-distillation'] : []),
    ...(results.length === 0 ? [] : ['model-index:', `- name: ${quoted(name)}`, '  results:']),
    ...results.flatMap(({ data, split, accuracy, interval }) => [
      `  - task:\n      type: ${pipeline ?? 'other'}`,
      `    dataset:\n      name: ${quoted(data)}\n      type: ${quoted(data.replace(/^hf(\+stream)?:/, ''))}\n      split: ${quoted(split)}`,
      `    metrics:\n    - type: accuracy\n      value: ${accuracy}\n      name: ${JSON.stringify(`accuracy, 95 % interval ${percent(interval![0])} to ${percent(interval![1])}`)}`,
    ]),
  ];
};
