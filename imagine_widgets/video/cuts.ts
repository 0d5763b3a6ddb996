// What becomes of a film's tracks by one key: key frames set and taken away, seen or gone, cut in two, made one.
import { newId } from "../outbox.ts";
import type { Labelled, Track } from "../recording/wire.ts";
import { at, hasKey, joined, split, withKey, withoutKey } from "./track.ts";

const SAME = 1e-6;

/** What is to be put and dropped, what is selected then, and what a person hears; without `put`, why not. */
export interface Cut {
  put: Labelled[];
  drop: string[];
  select?: string;
  words: string;
}

type Reshaped = (one: Labelled, track: Track) => Labelled;
const no = (words: string): Cut => ({ put: [], drop: [], words });

/** A key frame at a time, or away with it. */
export function turnKey(one: Labelled, time: number, reshaped: Reshaped): Cut {
  const track = one.shape as Track;
  const shape = at(track, time);
  const after = hasKey(track, time) ? withoutKey(track, time) : shape && withKey(track, time, shape);
  if (!after) return no("It has no other key frame, or is not seen here");
  return { put: [reshaped(one, after)], drop: [], words: hasKey(after, time) ? "Key frame" : "Key frame away" };
}

/** Gone from a time on, or seen again as it was last. */
export function turnGone(one: Labelled, time: number, reshaped: Reshaped): Cut {
  const track = one.shape as Track;
  const shape = at(track, time);
  const before = track.keys.findLast((key) => key.time <= time + SAME && key.shape);
  if (!before?.shape || (shape && Math.abs(track.keys[0]!.time - time) <= SAME)) return no("It begins here");
  const after = withKey(track, time, shape ? null : before.shape);
  return { put: [reshaped(one, after)], drop: [], words: shape ? "Gone from here on" : "Seen again" };
}

export function cutInTwo(one: Labelled, time: number, reshaped: Reshaped): Cut {
  const parts = split(one.shape as Track, time);
  if (!parts) return no("It has to be seen here and to begin before");
  const other: Labelled = { ...one, shape: parts[1], id: newId(), state: "", score: null };
  return { put: [reshaped(one, parts[0]), other], drop: [], select: other.id, words: "Split in two" };
}

/** Two tracks become the one that begins first. */
export function makeOne(one: Labelled, other: Labelled, reshaped: Reshaped): Cut {
  const begin = ({ shape }: Labelled): number => (shape as Track).keys[0]!.time;
  const [into, from] = begin(other) <= begin(one) ? [other, one] : [one, other];
  const put = [reshaped(into, joined(into.shape as Track, from.shape as Track))];
  if (from.state === "") return { put, drop: [from.id], select: into.id, words: "Joined" };
  return { put: [...put, { ...from, state: "rejected" }], drop: [], select: into.id, words: "Joined" };
}
