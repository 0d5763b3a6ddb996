// Sound to hear: stretches from the kernel, one after another without a gap, and where in them the ear is now.
import type { RecordingState } from "../recording/state.ts";

const FIRST = 1; // seconds of hearing in the first message, so that it begins soon
const STRETCH = 4; // and in each after it
const LONGEST = 16; // and of the sound, which may be played faster
const AHEAD = 6; // seconds of hearing that are here before they are needed

export interface Wish {
  from: number;
  to: number;
  band: [number, number] | null;
  channel: number;
}

export class Player {
  speed = 1; // the kernel makes it slower or faster, so that nothing beyond what browsers play gets lost
  private loud = 0;
  private readonly state: RecordingState;
  private readonly moved: () => void;
  private context: AudioContext | undefined;
  private volume: GainNode | undefined;
  private wish: Wish | undefined;
  private number = Math.floor(Math.random() * 1e9); // of what is played now: answers to what was played before are not heard
  private asked = 0; // the second of the sound up to which it was asked for
  private came = 0; // and up to which it is here
  private begun = 0; // the context's time at which the sound's `from` is heard
  private readonly nodes = new Set<AudioBufferSourceNode>();
  private request = 0;

  /** `moved` is called with each frame while something is heard, and when it ends. */
  constructor(state: RecordingState, moved: () => void) {
    this.state = state;
    this.moved = moved;
    state.waves.add(this.receive);
  }

  /** How much louder it plays: many underwater sounds are far below full scale. */
  get decibels(): number {
    return this.loud;
  }

  set decibels(loud: number) {
    this.loud = loud;
    if (this.volume) this.volume.gain.value = 10 ** (loud / 20);
  }

  get isPlaying(): boolean {
    return this.wish !== undefined;
  }

  /** Whether what was wished for has begun. */
  get isSounding(): boolean {
    return this.begun > 0 && this.context?.state === "running";
  }

  /** The second of the sound that is heard now. */
  get position(): number {
    if (!this.wish || !this.context) return 0;
    const heard = this.begun ? Math.max(0, this.context.currentTime - this.begun) * this.speed : 0;
    return Math.min(this.wish.from + heard, this.came, this.wish.to);
  }

  play(wish: Wish): void {
    this.stop();
    this.context ??= new AudioContext();
    void this.context.resume();
    this.volume = this.context.createGain();
    this.volume.gain.value = 10 ** (this.loud / 20);
    this.volume.connect(this.context.destination);
    Object.assign(this, { wish, asked: wish.from, came: wish.from, begun: 0 });
    this.ask();
    this.request = requestAnimationFrame(() => this.tick());
  }

  stop(): void {
    cancelAnimationFrame(this.request);
    this.number++;
    for (const node of this.nodes) node.stop();
    this.nodes.clear();
    this.volume?.disconnect();
    this.wish = undefined;
  }

  dispose(): void {
    this.stop();
    this.state.waves.delete(this.receive);
    void this.context?.close();
    this.context = undefined;
  }

  private ask(): void {
    const { wish } = this;
    if (!wish || this.asked >= wish.to || this.asked > this.came) return; // one stretch at a time
    const [start, speed] = [this.asked, this.speed];
    const end = Math.min(start + Math.min((start === wish.from ? FIRST : STRETCH) * speed, LONGEST), wish.to);
    this.asked = end;
    this.state.send({ type: "listen", number: this.number, start, end, band: wish.band, channel: wish.channel, speed });
  }

  private readonly receive = (number: number, buffer: DataView<ArrayBuffer>): void => {
    if (number !== this.number || !this.context) return;
    if (!buffer.byteLength) {
      this.stop(); // the kernel has told why
      return this.moved();
    }
    const bytes = buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
    this.context.decodeAudioData(bytes).then(
      (sound) => number === this.number && this.schedule(sound),
      (error: unknown) => {
        this.stop();
        this.state.stumble(error);
      },
    );
  };

  private schedule(sound: AudioBuffer): void {
    const { context, wish } = this;
    if (!context || !wish) return;
    const node = context.createBufferSource();
    node.buffer = sound;
    node.connect(this.volume!);
    if (!this.begun) this.begun = context.currentTime + 0.05;
    const when = this.begun + (this.came - wish.from) / this.speed;
    if (when < context.currentTime) this.begun += context.currentTime - when; // it came late: the clock waits
    node.start(Math.max(when, context.currentTime));
    this.nodes.add(node);
    node.addEventListener("ended", () => this.nodes.delete(node));
    this.came = this.asked;
  }

  private tick(): void {
    const { wish } = this;
    if (!wish) return;
    if (this.position >= wish.to - 1e-3) this.stop();
    else if ((this.came - this.position) / this.speed < AHEAD) this.ask();
    this.moved();
    if (this.wish) this.request = requestAnimationFrame(() => this.tick());
  }
}
