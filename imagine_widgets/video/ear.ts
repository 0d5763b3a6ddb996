// What is heard of a film while it plays: the picture waits for the sound to begin, but not for long.
import { Player } from "../sound/player.ts";
import type { RecordingState } from "../recording/state.ts";
import type { Ear } from "./reel.ts";

const PATIENCE = 1500; // milliseconds before the picture goes on without its sound, which joins it later

export class FilmEar implements Ear {
  isOn = false;
  readonly player: Player;
  private readonly seconds: () => number;
  private begun = 0;

  constructor(state: RecordingState, seconds: () => number) {
    this.player = new Player(state, () => undefined);
    this.seconds = seconds;
  }

  at(): number | undefined {
    if (!this.player.isPlaying) return undefined;
    const isLate = !this.player.isSounding && performance.now() - this.begun > PATIENCE;
    return isLate ? undefined : this.player.position;
  }

  from(time: number): void {
    this.begun = performance.now();
    if (this.isOn) this.player.play({ from: time, to: this.seconds(), band: null, channel: 0 });
  }

  stop(): void {
    this.player.stop();
  }
}
