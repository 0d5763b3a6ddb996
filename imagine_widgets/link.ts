// The line between one widget in the browser and its kernel: what is sent and heard, who is told of it, what failed.
import { count } from "./elements.ts";
import { newId } from "./outbox.ts";
import type { Failure } from "./wire.ts";

const PATIENCE_FOR_STATE = 5000; // milliseconds before the kernel is asked for everything once more
const FAILURES = 5; // at most shown
const PAUSE = 60; // seconds after which she was away from her desk
const TELLING = 5; // labels after which her speed is worth telling

type Callback<Heard> = (message: Heard, buffers: DataView<ArrayBuffer>[]) => void;

/** The browser's half of an anywidget. */
export interface Model<Heard> {
  get?(name: string): unknown;
  send(message: object): void;
  on(event: string, callback: Callback<Heard>): void;
  off(event: string, callback: Callback<Heard>): void;
}

/** What every widget tells its views; each adds its own. */
export type News<Own extends string> = "state" | "saving" | "failure" | Own;
type Listener<Own extends string, Detail> = (what: News<Own>, detail?: Detail) => void;

/** `Heard` is what the kernel says, `Own` the news for the views, which may carry a `Detail`. */
export abstract class Link<Heard, Own extends string, Detail = undefined> {
  readonly model: Model<Heard>;
  readonly me = newId();
  readonly title: string;
  failures: Failure[] = [];
  isReady = false; // the kernel has told everything
  isCut = false; // it was restarted or ended: the widget is no more than a picture
  isScored: boolean; // the model's scores are shown: who sees them first agrees too easily
  since = performance.now(); // the last step, for what a label costs
  acts = 0; // keys and clicks since then
  readonly pace = { labels: 0, seconds: 0, keys: 0 }; // of this person since the page was opened
  abstract readonly outbox: { readonly count: number; dispose(): void };
  readonly look = (): void => void (this.isReady && this.send({ type: "refresh" }));
  private timer = 0;
  private readonly listeners = new Set<Listener<Own, Detail>>();
  private readonly receive: Callback<Heard> = (message, buffers) => this.guard(() => this.hear(message, buffers));
  private readonly warn = (event: Event): void => void (this.outbox.count && event.preventDefault());

  constructor(model: Model<Heard>, title: string) {
    this.model = model;
    this.title = title;
    this.isScored = model.get?.("scores") === true;
  }

  protected abstract hear(message: Heard, buffers: DataView<ArrayBuffer>[]): void;

  /** Called once everything is there that hears the answers. */
  begin(): void {
    this.model.on("msg:custom", this.receive);
    this.model.on("comm_live_update", this.look);
    window.addEventListener("beforeunload", this.warn);
    this.hello();
  }

  send(message: object): void {
    try {
      this.model.send({ ...message, to: this.me });
    } catch (error) {
      console.info(`${this.title} has lost its kernel:`, error);
      this.isCut = true;
      this.tell("saving");
    }
  }

  listen(listener: Listener<Own, Detail>): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.send({ type: "leave" }); // the kernel lets go of what it can make again
    };
  }

  tell(what: News<Own>, detail?: Detail): void {
    for (const listener of this.listeners) this.guard(() => listener(what, detail));
  }

  guard(work: () => unknown): void {
    try {
      work();
    } catch (caught) {
      this.stumble(caught);
    }
  }

  stumble(caught: unknown): void {
    const error = caught instanceof Error ? caught : new Error(String(caught));
    this.fail({ sentence: `${this.title} stumbled: ${error.message}`, detail: error.stack ?? "" });
  }

  fail(failure: Failure): void {
    this.failures = [...this.failures.filter((one) => one.sentence !== failure.sentence), failure].slice(-FAILURES);
    for (const listener of this.listeners) listener("failure");
  }

  /** What a step cost since the one before it; from now on the next is counted. */
  cost(labels = 1): { seconds: number; keys: number } {
    const now = performance.now();
    const cost = { seconds: (now - this.since) / 1000, keys: this.acts };
    const { pace } = this;
    Object.assign(this, { since: now, acts: 0 });
    Object.assign(pace, { labels: pace.labels + labels, seconds: pace.seconds + Math.min(cost.seconds, PAUSE), keys: pace.keys + cost.keys });
    return cost;
  }

  /** Her own speed, once it is worth telling. */
  get speed(): string {
    const { labels, seconds, keys } = this.pace;
    return labels < TELLING ? "" : `${count(Math.round((labels * 3600) / seconds))} labels an hour, ${(keys / labels).toFixed(1)} keys each`;
  }

  /** The kernel has told everything. */
  protected settle(): void {
    window.clearTimeout(this.timer);
    this.isReady = true;
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    window.removeEventListener("beforeunload", this.warn);
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.look);
    this.outbox.dispose();
    this.listeners.clear();
  }

  /** What goes along with the first question. */
  protected greeting(): object {
    return {};
  }

  private hello(): void {
    this.send({ type: "hello", ...this.greeting() });
    this.timer = window.setTimeout(() => this.hello(), PATIENCE_FOR_STATE);
  }
}
