// The labeler and the review in the browser: one state for each widget, a view for each place where it is shown.
import type { Model } from "../link.ts";
import { ReviewState } from "../review/state.ts";
import { ReviewView } from "../review/view.ts";
import { LabelerState } from "./state.ts";
import { LabelerView } from "./view.ts";
import type { FromKernel } from "./wire.ts";

export default () => {
  let state: LabelerState;
  return {
    initialize({ model }: { model: Model<FromKernel> }) {
      state = model.get?.("kind") === "review" ? new ReviewState(model) : new LabelerState(model);
      return () => state.dispose();
    },
    render({ el }: { el: HTMLElement }) {
      const view = state instanceof ReviewState ? new ReviewView(state, el) : new LabelerView(state, el);
      return () => view.dispose();
    },
  };
};
