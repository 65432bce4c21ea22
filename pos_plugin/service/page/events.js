// What happens at the till while nobody asks: printer states and notices, as they come.
// A stream with the token in its header; when it breaks it is opened again, later and later.
import * as api from "./api.js";

const AGAIN_MS = 1000;
const AGAIN_MS_MAX = 30_000;

export const stream = { connected: false };

// Calls `happened` after every event, and once when the stream stands: what was missed is asked for.
export async function followEvents(happened) {
  for (let pause_ms = AGAIN_MS; ; pause_ms = Math.min(pause_ms * 2, AGAIN_MS_MAX)) {
    try {
      const answer = await api.events();
      if (answer.ok) {
        stream.connected = true;
        pause_ms = AGAIN_MS;
        happened();
        await read(answer.body, happened);
      }
    } catch {
      // The service is away; whether it comes back is seen by asking again.
    }
    stream.connected = false;
    await new Promise((done) => setTimeout(done, pause_ms));
  }
}

// Events end with an empty line (server-sent events, WHATWG HTML §9.2); comments keep it alive.
async function read(body, happened) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value.replaceAll("\r\n", "\n")).split("\n\n");
    text = parts.pop();
    if (parts.some((part) => /^data:/m.test(part))) happened();
  }
}
