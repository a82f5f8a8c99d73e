/** Receives a sentence for each thing to know. */
type Say = (message: string) => void;

/** Says each sentence once: a text may be asked for several answers, and each time be found to have an unknown word. */
export const once = (say: Say | undefined): Say => {
  const said = new Set<string>();
  return (message) => {
    if (said.has(message)) return;
    said.add(message);
    say?.(message);
  };
};
