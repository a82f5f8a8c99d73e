import { counted, duration, grouped } from '../logic/format.ts';
import type { About, Asked } from '../source.ts';

interface Props {
  readonly asked: Asked;
  readonly about: About;
  readonly isAsking: boolean;
  /** Pictures on the wall, where it does not hold all. */
  readonly onWall: number | undefined;
  readonly progress: readonly [done: number, of: number] | undefined;
}

/** Time that the answers took, the time that a fusion model would have needed, and notices about them. */
export const Cost = ({ asked, about: { fusion, does, computes }, isAsking, onWall, progress }: Props) => (
  <div class="cost" role="status">
    {isAsking ? (
      <p>{progress ? `Asking: ${grouped(progress[0])} of ${counted(progress[1], 'picture')}` : 'Asking'}</p>
    ) : (
      <p>
        {counted(asked.asked, 'picture')} {does === 'searches' ? 'compared' : 'answered'} in{' '}
        <strong>{duration(asked.milliseconds)}</strong>
        {computes && <span class="quiet"> {computes}</span>}.
        {fusion && (
          <>
            {' '}
            Its teacher, which reads every picture again with the question, would need{' '}
            <strong>{duration(fusion.milliseconds * asked.asked)}</strong>{' '}
            <span class="quiet">
              ({fusion.basis}: {duration(fusion.milliseconds)} a picture)
            </span>
          </>
        )}
      </p>
    )}
    {onWall !== undefined && (
      <p>The first {counted(onWall, 'picture')} of this order are below: a filter or a higher cut leaves fewer.</p>
    )}
    {asked.warnings.map((warning) => (
      <p key={warning} class="warning">
        {warning}
      </p>
    ))}
  </div>
);
