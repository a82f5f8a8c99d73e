import { Option } from 'commander';
import { type Example, type Learnable, UserError } from '../../index.ts';

/** `--only`: a part of the data, chosen by a field of its annotation lines. */
export const filterOption = (): Option =>
  new Option('--only <field=values>', 'learn from such examples alone, as kind=color,shape: a lesson before the whole');

/**
 * The task, reading only the examples whose field has one of the values.
 *
 * @throws UserError where the option is no `field=value,value`, or no example has such a field and value.
 */
export const filterExamples = <T extends Learnable>(task: T, only: string | undefined): T => {
  if (only === undefined) return task;
  const [, field, list] = /^([^=]+)=(.+)$/.exec(only) ?? [];
  if (field === undefined || list === undefined)
    throw new UserError(`--only: ${only} says no field and value: write it as kind=color,shape`);
  const values = list.split(',');
  return {
    ...task,
    read: async (folder, split, options) => {
      const examples = await task.read(folder, split, options);
      const such = examples.filter(({ about }) => values.includes(String(about?.[field])));
      if (such.length > 0) return such;
      throw new UserError(
        `--only: no example of ${split} has the ${field} ${values.join(' or ')}: ${there(examples, field)}`,
      );
    },
  };
};

/** Number of values that an error lists. */
const LISTED = 8;

const there = (examples: readonly Example[], field: string): string => {
  const seen = [
    ...new Set(examples.flatMap(({ about }) => (about?.[field] === undefined ? [] : [String(about[field])]))),
  ];
  if (seen.length === 0) {
    const fields = [...new Set(examples.flatMap(({ about }) => Object.keys(about ?? {})))];
    return `its fields are ${fields.join(', ') || 'none'}`;
  }
  return `there are ${seen.slice(0, LISTED).join(', ')}${seen.length > LISTED ? ', …' : ''}`;
};
