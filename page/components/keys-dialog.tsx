import { Icon } from './icon.tsx';
import { Modal } from './modal.tsx';

const keys: readonly (readonly [string, string])[] = [
  ['/', 'to the box'],
  ['Enter', 'ask; open a picture'],
  ['Tab', 'to the next part: box, slider, filters, wall'],
  ['← → ↑ ↓', 'walk among pictures; move the slider; the next picture while one is open'],
  ['Page ↑ Page ↓', 'a window of pictures up or down'],
  ['Home End', 'the first picture, the last one'],
  ['Esc', 'close'],
  ['?', 'these keys'],
];

/** The keys by which the page is used. */
export const KeysDialog = ({ onClose }: { readonly onClose: () => void }) => (
  <Modal label="Keys" className="small" onClose={onClose}>
    <div class="title">
      <h2>Keys</h2>
      <button type="button" class="plain" aria-label="Close" onClick={onClose}>
        <Icon name="cross" />
      </button>
    </div>
    <dl class="keys">
      {keys.map(([key, meaning]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  </Modal>
);
