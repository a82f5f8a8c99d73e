import type { ComponentChildren } from 'preact';
import { fileName, percent } from '../logic/format.ts';
import type { Thumbnails } from '../state/thumbnails.ts';
import { Thumbnail } from './tile-button.tsx';

interface Props {
  readonly title: string;
  readonly pictures: readonly { readonly path: string; readonly similarity?: number }[];
  readonly thumbnails: Thumbnails | undefined;
  readonly show: (path: string) => void;
  readonly children?: ComponentChildren;
}

/** A row of small pictures. */
export const Strip = ({ title, pictures, thumbnails, show, children }: Props) => (
  <section>
    <div class="title">
      <h3>{title}</h3>
      {children}
    </div>
    <ul class="strip">
      {pictures.map(({ path, similarity }) => (
        <li key={path}>
          <button
            type="button"
            aria-label={similarity === undefined ? fileName(path) : `${fileName(path)}, ${percent(similarity)} alike`}
            onClick={() => show(path)}
          >
            {thumbnails ? <Thumbnail thumbnails={thumbnails} path={path} side={256} /> : fileName(path)}
          </button>
        </li>
      ))}
    </ul>
  </section>
);
