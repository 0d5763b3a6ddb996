// A field in which a person writes where to go: a time such as 1:02:03.5, or a frame such as #120.
import { make } from "../elements.ts";

/** `go` hears the seconds, or the number of a frame from 1 on, and says whether there is such a place. */
export function jumpField(hint: string, go: (seconds: number, frame: number | undefined) => boolean, leave: () => void): HTMLInputElement {
  const field = make("input", { class: "im-jump", placeholder: hint, title: `Go to ${hint} (T)`, "aria-label": `Go to ${hint}` });
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // no letter is a key of the widget here
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    const text = field.value.trim();
    const seconds = text.split(":").reduce((sum, part) => sum * 60 + Number(part || NaN), 0);
    const frame = text.startsWith("#") ? Number(text.slice(1) || NaN) : undefined;
    const isThere = event.key === "Escape" || go(seconds, frame);
    field.setAttribute("aria-invalid", String(!isThere));
    if (!isThere) return field.select();
    field.value = "";
    leave();
  });
  return field;
}
