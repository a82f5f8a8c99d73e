/** Fewer updates of a student than this are for trying out: nothing is learnt. */
const FEWEST_UPDATES = 20;

/** Notice for the top of a report whose students had so few updates that it has no results; undefined otherwise. */
export const toyNotice = (updates: number, conclusions: 'findings' | 'verdicts'): string | undefined =>
  updates < FEWEST_UPDATES
    ? `This is the toy run (--tiny): ${updates} updates a training, for trying out. Nothing is learnt, and neither numbers nor ${conclusions} are results.`
    : undefined;
