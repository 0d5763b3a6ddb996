// Tiles by the Jupyter server itself, where our extension is installed: no running cell holds them up.
import type { Opened } from "./wire.ts";

const AT_ONCE = 12; // tiles on their way to one page

interface Page {
  isThere?: boolean; // whether the extension answered; nobody has asked while it is not there
  flying: number;
  line: (() => void)[]; // those that wait, the newest last
}

/** One for all widgets of a page, though each has a module of its own. */
const page = ((globalThis as { imagineTiles?: Page }).imagineTiles ??= { flying: 0, line: [] });

export class Served {
  private readonly sources = new Map<number, readonly [id: string, nearest: number]>(); // of samples, by row
  private readonly asked = new Map<string, AbortController>();

  /** What the kernel signed: from now on the server may be asked for it. */
  know({ row, source }: Opened): void {
    if (source && base) this.sources.set(row, source);
    else this.sources.delete(row);
    if (!source || !base || page.isThere !== undefined) return;
    page.isThere = false;
    void get(`ping?source=${source[0]}`).then(() => (page.isThere = true), () => undefined);
  }

  /** Whether the server is asked for a tile; `done` gets it, or nothing where it could not be had. */
  ask(place: number[], done: (tile?: Blob) => void): boolean {
    const [row, level, column, line, ...look] = place as [number, number, number, number, ...number[]];
    const source = this.sources.get(row);
    if (!page.isThere || !source || level < source[1]) return false;
    const asked = new AbortController();
    this.asked.set(place.join("/"), asked);
    const path = `${source[0]}/${level}/${column}_${line}?look=${look.join()}`;
    page.line.push(() => {
      if (asked.signal.aborted) return next(-1);
      const answer = this.sources.get(row) === source ? get(path, asked.signal) : Promise.reject(new Error());
      void answer.then((tile) => done(tile), () => {
        if (asked.signal.aborted) return;
        if (this.sources.get(row) === source) this.sources.delete(row); // until it is opened again, the kernel is asked
        done();
      }).finally(() => {
        if (this.asked.get(place.join("/")) === asked) this.asked.delete(place.join("/"));
        next(-1);
      });
    });
    next(0);
    return true;
  }

  /** Nobody waits for that tile any more; whether the server had been asked for it. */
  forget(key: string): boolean {
    const asked = this.asked.get(key);
    asked?.abort();
    return this.asked.delete(key);
  }

  dispose(): void {
    for (const asked of this.asked.values()) asked.abort();
    this.asked.clear();
    this.sources.clear();
  }
}

/** One more or less is on its way: whoever came last goes next. */
function next(change: number): void {
  page.flying += change;
  while (page.flying < AT_ONCE && page.line.length) {
    page.flying++;
    page.line.pop()!();
  }
}

/** The page of a Jupyter server tells where it is; on others there is none to ask. */
const base = ((): string => {
  try {
    const told = document.getElementById("jupyter-config-data")?.textContent;
    return told ? (JSON.parse(told) as { baseUrl?: string }).baseUrl ?? "" : "";
  } catch {
    return "";
  }
})();

async function get(path: string, signal?: AbortSignal): Promise<Blob> {
  const xsrf = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  const answer = await fetch(`${base}imagine-tiles/${path}`, { headers: { "X-XSRFToken": xsrf }, signal: signal ?? null });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.blob();
}
