// What the banner says, in words: times, places in line, names. Facts come in, plain text goes out.

/** When a program would take more memory than the server may have. JupyterLab cuts such words off after 140 letters. */
export const OUT_OF_MEMORY =
  "A program ended: all memory of your server was in use. Its variables are lost, files are safe. A larger size of server may help.";

/** 1st, 2nd, 3rd, 4th, 11th, 21st … */
export function ordinal(number) {
  const tens = number % 100;
  const ending = tens > 10 && tens < 14 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th";
  return `${number}${ending}`;
}

/** "under a minute", "12 min", "2 h 5 min". */
export function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""}`;
}

/** "4:07", as on a clock that runs down. */
export function countdown(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** "10:42", the moment `seconds` ago on this browser's clock. */
export function moment(seconds) {
  return new Date(Date.now() - seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** "mara has had NVIDIA A100 since 10:42 (38 min)." */
export function holder(one) {
  const who = one.mine ? "You have" : `${one.user} has`;
  return `${who} had ${one.cards.join(", ")} since ${moment(one.held)} (${span(one.held)}).`;
}

/** "all cards are lent" → "All cards are lent. " */
function sentence(words) {
  const said = words.trim().replace(/\.$/, "");
  return said && `${said[0].toUpperCase()}${said.slice(1)}. `;
}

/** What the banner says of one kernel; nothing for a kernel that quietly works. */
export function sentences(kernel, holders) {
  if (kernel?.is === "waiting") {
    const line = kernel.of > 1 ? `${ordinal(kernel.place)} of ${kernel.of} in line` : "Next in line";
    return {
      title: `${line} for a graphics card`,
      text: `${sentence(kernel.why)}Your kernel starts by itself as soon as one is free.`,
      list: holders.map(holder),
    };
  }
  if (kernel?.is === "holding" && kernel.left !== null) {
    const cards = kernel.cards.join(", ");
    return {
      title: `The graphics card goes back in ${countdown(kernel.left)}`,
      text: `This kernel has not worked for a while, and ${cards} is lent to one kernel at a time. Run a cell to keep it; `
        + "otherwise the kernel ends: files stay, variables are lost.",
    };
  }
  if (kernel?.is === "lost") {
    return {
      title: "The graphics card was taken back",
      text: `${sentence(kernel.why)}It was started again without one: files are safe, variables are lost. `
        + "To use a card again, restart the kernel; it waits in line if it must.",
    };
  }
  if (kernel?.is === "failed") return { title: "The kernel could not start", text: kernel.why };
  return null;
}
