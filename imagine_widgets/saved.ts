// Whether what a person did is on disk, in the words that she reads.
import { count, make } from "./elements.ts";
import type { Outbox } from "./outbox.ts";

type Sent = { batch: string; things: readonly unknown[] };

export function savedWords<Edit extends Sent>(outbox: Outbox<Edit>, isCut: boolean, isReady: boolean): Node[] {
  const said = (kind: string, text: string): Node => make("span", { class: `im-${kind}`, text });
  const unsaved = `${count(outbox.count)} not saved`;
  if (isCut) return [said("unsaved", `${outbox.count ? `${unsaved}. ` : ""}The kernel has ended: run the cell again`)];
  if (!isReady) return [said("waits", "Waiting for the kernel…")];
  const again = make("button", { type: "button", class: "im-small", text: "Try again", onclick: () => outbox.sendAgain() });
  if (outbox.refusal) return [said("unsaved", `${unsaved}. ${outbox.refusal}`), again];
  if (outbox.late) return [said("unsaved", `${unsaved}: the kernel is silent`), again];
  return [outbox.count ? said("waits", `Saving ${count(outbox.count)}…`) : said("safe", "All saved")];
}
