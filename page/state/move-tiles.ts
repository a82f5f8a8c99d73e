/** Corner of a tile, in pixels from that of its wall. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

const MILLISECONDS = 450;
const EASING = 'cubic-bezier(.2, .7, .2, 1)';

/**
 * Lets each tile that stays go from where it was to where it is, and new ones appear. Each move is added to those that
 * are under way, so that tiles glide on while a slider is moved.
 *
 * @param before Where the tiles were, by path.
 * @param after Where they are.
 */
export const moveTiles = (
  wall: HTMLElement,
  before: ReadonlyMap<string, Corner>,
  after: ReadonlyMap<string, Corner>,
): void => {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const options = { duration: MILLISECONDS, easing: EASING };
  for (const element of wall.querySelectorAll<HTMLElement>('.tile[data-path]')) {
    const [old, now] = [before.get(element.dataset.path!), after.get(element.dataset.path!)];
    if (!now) continue;
    if (!old)
      element.animate(
        [
          { opacity: 0, scale: 0.94 },
          { opacity: 1, scale: 1 },
        ],
        options,
      );
    else if (old.x !== now.x || old.y !== now.y) {
      // from far away a tile comes from beyond the edge of the window
      const far = innerHeight;
      const rise = Math.max(-far, Math.min(far, old.y - now.y));
      const path = [{ transform: `translate(${old.x - now.x}px, ${rise}px)` }, { transform: 'translate(0, 0)' }];
      element.animate(path, { ...options, composite: 'add' });
    }
  }
};
