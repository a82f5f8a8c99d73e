import { below, pick, type Random, shuffled } from '../mulberry32.ts';
import {
  type Attribute,
  drawThing,
  emptyCells,
  type Scene,
  type Thing,
  variableAttributes,
  type World,
} from './world.ts';

/**
 * Kind of difference between the two images of a pair. `place`: a thing was moved, or two swapped places, with the same
 * things. `exchange`: two things swapped one attribute, so that all attributes are as frequent as before. `any`: one of
 * these, or a thing was changed, added or removed.
 */
export type EditClass = 'place' | 'exchange' | 'any';
export const editClasses: readonly EditClass[] = ['place', 'exchange', 'any'];

/** A small change of a scene; undefined where it is not possible. */
type Edit = (random: Random, world: World, scene: Scene) => Scene | undefined;

/** The scene with some things replaced; the others keep their identity. */
const replaced = (scene: Scene, ...changes: readonly (readonly [Thing, Thing])[]): Scene => {
  const now = new Map(changes);
  return { ...scene, things: scene.things.map((thing) => now.get(thing) ?? thing) };
};

const twoThings = (random: Random, scene: Scene): [Thing, Thing] | undefined => {
  const [first, second] = shuffled(random, scene.things);
  return first && second && [first, second];
};

const move: Edit = (random, _, scene) => {
  const cells = emptyCells(scene);
  if (cells.length === 0 || scene.things.length === 0) return undefined;
  const thing = pick(random, scene.things);
  return replaced(scene, [thing, { ...thing, cell: pick(random, cells) }]);
};

const changePlaces: Edit = (random, world, scene) => {
  const two = twoThings(random, scene);
  if (two === undefined || variableAttributes(world).every((name) => two[0][name] === two[1][name])) return undefined;
  const [first, second] = two;
  return replaced(scene, [first, { ...first, cell: second.cell }], [second, { ...second, cell: first.cell }]);
};

const withValue = (thing: Thing, name: Attribute, value: string): Thing => ({ ...thing, [name]: value });

const exchangeAttribute: Edit = (random, world, scene) => {
  const two = twoThings(random, scene);
  const differing = two === undefined ? [] : variableAttributes(world).filter((name) => two[0][name] !== two[1][name]);
  if (two === undefined || differing.length === 0) return undefined;
  const [first, second] = two;
  const name = pick(random, differing);
  return replaced(scene, [first, withValue(first, name, second[name])], [second, withValue(second, name, first[name])]);
};

const alter: Edit = (random, world, scene) => {
  const name = pick(random, variableAttributes(world));
  const thing = pick(random, scene.things);
  const others: readonly string[] = world.values[name].filter((value) => value !== thing[name]);
  return replaced(scene, [thing, withValue(thing, name, pick(random, others))]);
};

const addThing: Edit = (random, world, scene) => {
  const cells = emptyCells(scene);
  if (cells.length === 0 || scene.things.length >= world.objects.most) return undefined;
  return { ...scene, things: [...scene.things, drawThing(random, world, pick(random, cells))] };
};

const removeThing: Edit = (random, world, scene) => {
  if (scene.things.length <= world.objects.fewest) return undefined;
  const gone = below(random, scene.things.length);
  return { ...scene, things: scene.things.filter((_, place) => place !== gone) };
};

const alterOrCount: Edit = (random, world, scene) => pick(random, [alter, addThing, removeThing])(random, world, scene);

/**
 * Edits of each class. In `any`, moves and exchanges are rare: they change the answers of chained questions more often.
 */
const editsOf: { readonly [C in EditClass]: readonly Edit[] } = {
  place: [move, changePlaces],
  exchange: [exchangeAttribute],
  any: [alterOrCount, alterOrCount, alterOrCount, alterOrCount, alterOrCount, alterOrCount, exchangeAttribute, move],
};

/** The scene after a random edit of a class; undefined where the drawn edit is not possible. */
export const edited = (random: Random, world: World, scene: Scene, edit: EditClass): Scene | undefined =>
  pick(random, editsOf[edit])(random, world, scene);

/** The things of `scene` that are not in `other`. */
export const touched = (scene: Scene, other: Scene): Thing[] =>
  scene.things.filter((thing) => !other.things.includes(thing));
