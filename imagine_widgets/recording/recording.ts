// Sound and film in the browser: one state for each widget, a view for each place where it is shown.
import { SoundView } from "../sound/view.ts";
import { VideoView } from "../video/view.ts";
import type { Model } from "../link.ts";
import { RecordingState } from "./state.ts";
import type { FromKernel } from "./wire.ts";

export default () => {
  let state: RecordingState;
  return {
    initialize({ model }: { model: Model<FromKernel> }) {
      state = new RecordingState(model);
      return () => state.dispose();
    },
    render({ model, el }: { model: Model<FromKernel>; el: HTMLElement }) {
      const view = model.get?.("kind") === "video" ? new VideoView(state, el) : new SoundView(state, el);
      return () => view.dispose();
    },
  };
};
