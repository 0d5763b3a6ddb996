// Finding a class among thousands by few letters: of its title, of the first letters of its words, of what it belongs to.
import type { Class } from "../wire.ts";

interface Entry {
  label: number;
  title: string;
  words: string[];
  parents: string[];
}

const MARKS = /\p{M}/gu;
const GAPS = /[^\p{L}\p{N}]+/u;

/** Letters as they are looked for: small, without accents. */
export function plain(text: string): string {
  return text.normalize("NFKD").replace(MARKS, "").toLowerCase();
}

export class Search {
  readonly entries: Entry[];

  constructor(classes: Class[]) {
    this.entries = classes.map((one, label) => {
      const title = plain(one.title);
      return { label, title, words: title.split(GAPS).filter(Boolean), parents: (one.parents ?? []).map(plain) };
    });
  }

  /** The best `most` classes for what was typed; of equals first those that this grid has `often`, then the shorter. */
  find(typed: string, often: (label: number) => number, most: number): number[] {
    const wanted = plain(typed.trim());
    if (!wanted) return [];
    const found = this.entries.flatMap((entry) => {
      const rank = rankOf(entry, wanted);
      return rank < 0 ? [] : [{ entry, rank, often: often(entry.label) }];
    });
    found.sort(
      (a, b) =>
        a.rank - b.rank || b.often - a.often || a.entry.title.length - b.entry.title.length || (a.entry.title < b.entry.title ? -1 : 1),
    );
    return found.slice(0, most).map(({ entry }) => entry.label);
  }
}

/** 0 is best, -1 no match: the title, its words' first letters, a later word, a taxon above, its middle. */
function rankOf({ title, words, parents }: Entry, wanted: string): number {
  if (title.startsWith(wanted)) return title === wanted ? 0 : 1;
  const parts = wanted.split(GAPS).filter(Boolean);
  if (parts.length > 1) return parts.every((part) => [...words, ...parents].some((word) => word.startsWith(part))) ? 2 : -1;
  if (words.length > 1 && isWoven(wanted, words)) return 2;
  if (words.some((word) => word.startsWith(wanted))) return 3;
  if (parents.some((parent) => parent.startsWith(wanted))) return 4;
  if (title.includes(wanted)) return 5;
  return isSparse(wanted, title) ? 6 : -1;
}

/** Whether all letters stand in the title in their order, from its first: "ge77" is Genus 77. */
function isSparse(letters: string, title: string): boolean {
  if (letters[0] !== title[0]) return false;
  let at = -1;
  return [...letters].every((letter) => (at = title.indexOf(letter, at + 1)) >= 0);
}

/** Whether letters are the beginnings of words in their order, from the first: "cafi" is Calanus finmarchicus. */
function isWoven(letters: string, words: string[]): boolean {
  if (!letters) return true;
  const [first, ...later] = words;
  if (first === undefined) return false;
  let shared = 0;
  while (shared < letters.length && letters[shared] === first[shared]) shared++;
  for (let taken = shared; taken > 0; taken--) if (isWoven(letters.slice(taken), later)) return true;
  return false;
}
