// The labeler, the review, sound and film in the browser: one state for each widget, a view for each place where it is shown.
import { LabelerState } from "../labeler/state.ts";
import { LabelerView } from "../labeler/view.ts";
import type { Model } from "../link.ts";
import { RecordingState } from "../recording/state.ts";
import { ReviewState } from "../review/state.ts";
import { ReviewView } from "../review/view.ts";
import { SoundView } from "../sound/view.ts";
import { VideoView } from "../video/view.ts";

interface Shown {
  dispose(): void;
}
interface Kept extends Shown {
  show(element: HTMLElement): Shown;
}

function kept<State extends Shown>(state: State, show: (state: State, element: HTMLElement) => Shown): Kept {
  return { show: (element) => show(state, element), dispose: () => state.dispose() };
}

/** Which widget it is, its kernel says. */
function begin(model: Model<never>): Kept {
  const kind = model.get?.("kind");
  if (kind === "sound") return kept(new RecordingState(model), (state, element) => new SoundView(state, element));
  if (kind === "video") return kept(new RecordingState(model), (state, element) => new VideoView(state, element));
  if (kind === "review") return kept(new ReviewState(model), (state, element) => new ReviewView(state, element));
  return kept(new LabelerState(model), (state, element) => new LabelerView(state, element));
}

export default () => {
  let widget: Kept;
  return {
    initialize({ model }: { model: Model<never> }) {
      widget = begin(model);
      return () => widget.dispose();
    },
    render({ el }: { el: HTMLElement }) {
      const view = widget.show(el);
      return () => view.dispose();
    },
  };
};
