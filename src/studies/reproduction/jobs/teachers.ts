import { loadModel, type Model } from '../../../index.ts';
import { shippedFile } from '../../shipped/files.ts';
import type { ShippedName } from '../../shipped/recipes.ts';
import { jobOf, type PlannedJob } from '../planned-job.ts';
import { type TaskName, understanding } from '../tasks.ts';
import { measuresOf, recallsOn } from './measure.ts';
import { scenesFolder } from './scenes.ts';

/** Tasks that have a teacher. */
type Taught = TaskName | 'retrieval';

/** The files of weights that the students of each task learn from: fusion encoders that come with the package. */
const files: Readonly<Record<Taught, ShippedName>> = {
  vqa: 'teacher-mini',
  nlvr2: 'teacher-nlvr2-mini',
  ve: 'teacher-snli-ve-mini',
  retrieval: 'teacher-retrieval-mini',
};

/** Loads the teacher of a task. */
export const loadTeacher = (task: Taught): Promise<Model> => loadModel(shippedFile(files[task]));

/**
 * Measures the teacher of a task on the scenes of the reproduction. It has seen none of them: it was trained on more
 * scenes of the same world, by its recipe.
 */
export const teacherJob = (task: Taught): PlannedJob =>
  jobOf(
    { kind: 'teacher', task },
    {
      needs: [],
      part: task,
      view: task,
      execute: async ({ folder, threads }) => {
        const [model, options] = [await loadTeacher(task), { data: scenesFolder(folder, task), threads }];
        return {
          measures:
            task === 'retrieval'
              ? await recallsOn(model, options)
              : await measuresOf(model, understanding[task], options),
        };
      },
    },
  );
