// Finding a class among thousands: few letters reach it, accents and scripts do not matter, a taxon shows what is in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Search } from "../imagine_widgets/grid/search.ts";
import { taxa } from "./worms_tree.ts";

const FIRST = ["ac", "ba", "ca", "di", "eu", "fra", "go", "ha", "li", "me", "no", "oi", "pa", "rhi", "sa", "te", "un", "vo"];
const MIDDLE = ["lan", "nto", "pho", "ri", "so", "the", "ce", "mi"];
const LAST = ["us", "ia", "ella", "nema", "oides", "opsis"];
const KINDS = ["finmarchicus", "minor", "gracilis", "borealis", "elegans", "marina", "similis"];

/** `count` species as in WoRMS: genus and kind, families and orders above. */
function species(count: number): { title: string; background: string; parents: string[] }[] {
  const all = FIRST.flatMap((a) => MIDDLE.flatMap((b) => LAST.flatMap((c) => KINDS.map((kind) => ({ a, b, c, kind })))));
  return all.slice(0, count).map(({ a, b, c, kind }) => {
    const genus = `${a[0]!.toUpperCase()}${a.slice(1)}${b}${c}`;
    return { title: `${genus} ${kind}`, background: "", parents: [genus, `${a}${b}idae`, `${a}ida`] };
  });
}

const none = (_: number): number => 0;
const found = (search: Search, typed: string, titles: { title: string }[], most = 12, often = none): string[] =>
  search.find(typed, often, most).map((label) => titles[label]!.title);

/** The letters of which a person may take four: so many of the genus, the rest of the kind, or of genus alone. */
function tries(title: string): string[] {
  const [genus, kind] = title.toLowerCase().split(" ") as [string, string];
  return [genus.slice(0, 4), genus.slice(0, 3) + kind[0], genus.slice(0, 2) + kind.slice(0, 2), genus[0] + kind.slice(0, 3)];
}

/** What a person may type for a title: its beginning, a word of it, or the beginnings of its words. */
function beginnings(title: string, most: number): string[] {
  const [first, ...later] = title.toLowerCase().split(/[^a-z]+/) as [string, ...string[]];
  const woven = (letters: number): string[] =>
    later.flatMap((word) => Array.from({ length: letters - 1 }, (_, i) => first.slice(0, i + 1) + word.slice(0, letters - i - 1)));
  const lengths = Array.from({ length: most }, (_, i) => i + 1);
  return lengths.flatMap((letters) => [...[first, ...later].map((word) => word.slice(0, letters)), ...woven(letters)]);
}

/** Letters and arrows until a title is the one that Enter takes. */
function keys(search: Search, title: string, classes: { title: string }[]): number {
  const costs = beginnings(title, 6).map((typed) => [typed.length, found(search, typed, classes).indexOf(title)] as const);
  return Math.min(...costs.filter(([, at]) => at >= 0).map(([letters, at]) => letters + at));
}

test("in a tree of 560 taxa of the sea three keys lead to one, four to nearly all, and four letters list each of them", () => {
  const classes = taxa();
  const search = new Search(classes);
  assert.ok(classes.length >= 500, `${classes.length}`);
  const taken = classes.map(({ title }) => keys(search, title, classes));
  const mean = taken.reduce((sum, one) => sum + one, 0) / taken.length;
  const few = taken.filter((one) => one <= 4).length / taken.length;
  console.log(`label search: ${mean.toFixed(2)} keys, ${(100 * few).toFixed(1)} % of ${taken.length} by at most 4`);
  assert.ok(mean <= 3, `${mean}`);
  assert.ok(few >= 0.93, `${few}`);
  const [one, two] = [(word: string) => word.slice(0, 4), ([a, b]: string[]) => a!.slice(0, 2) + b!.slice(0, 2)];
  for (const { title } of classes) {
    const words = title.toLowerCase().split(" ");
    assert.ok(found(search, words.length > 1 ? two(words) : one(words[0]!), classes).includes(title), title);
  }
});

test("what the grid holds is reached by four letters and Enter among 5,000", () => {
  const classes = species(5000);
  const search = new Search(classes);
  const held = new Set(Array.from({ length: 40 }, (_, i) => (i * 997) % classes.length));
  const often = (label: number): number => (held.has(label) ? 10 : 0);
  for (const label of held) {
    const { title } = classes[label]!;
    assert.ok(tries(title).some((typed) => found(search, typed, classes, 1, often)[0] === title), title);
  }
});

test("accents, other scripts and signs are letters as any other", () => {
  const classes = ["Ålænder", "عوالق نباتية", "<img src=x>", "Thalassiosira"].map((title) => ({ title, background: "" }));
  const search = new Search(classes);
  assert.deepEqual(found(search, "alæn", classes), ["Ålænder"]);
  assert.deepEqual(found(search, "نبا", classes), ["عوالق نباتية"]);
  assert.deepEqual(found(search, "<im", classes), ["<img src=x>"]);
  assert.deepEqual(found(search, "zzzz", classes), []);
  assert.deepEqual(found(search, "  ", classes), []);
});

test("a taxon shows what belongs to it, after those that are called so", () => {
  const classes = [
    { title: "Calanus minor", background: "", parents: ["Calanidae", "Calanoida"] },
    { title: "Metridia lucens", background: "", parents: ["Metridinidae", "Calanoida"] },
    { title: "Calanoida", background: "" },
  ];
  assert.deepEqual(found(new Search(classes), "calanoida", classes), ["Calanoida", "Calanus minor", "Metridia lucens"]);
  assert.deepEqual(found(new Search(classes), "lucens cala", classes), ["Metridia lucens"]);
});
