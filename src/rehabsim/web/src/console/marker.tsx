// Words for the log, one tap each, or typed.

import { useRef } from "preact/hooks";
import { Press } from "./press";
import { ask } from "./asks";
import { Rating } from "./rating";

const READY_WORDS = ["Near-fall", "Handrail", "Helped"];
const MAX_LENGTH = 200;

export function Marker() {
  const input = useRef<HTMLInputElement>(null);
  // Takes what was typed.
  const text = () => {
    const typed = input.current?.value.trim() ?? "";
    if (input.current !== null) {
      input.current.value = "";
    }
    return { text: typed };
  };
  return (
    <section class="card marker" aria-labelledby="marker-title">
      <h2 id="marker-title">
        Mark this moment <small>Esc = STOP</small>
      </h2>
      <div class="marker-words" role="group" aria-label="Ready words">
        {READY_WORDS.map((word) => (
          <Press
            key={word}
            control={`marker-${word.toLowerCase()}`}
            name="marker"
            extra={() => ({ text: word })}
            label={word}
            side="right"
          />
        ))}
      </div>
      <div class="marker-text">
        <input
          ref={input}
          type="text"
          id="marker-input"
          maxLength={MAX_LENGTH}
          aria-label="Text of a marker; while you type, only Esc is STOP"
          placeholder="Note, no names"
          autocomplete="off"
          onKeyDown={(key) => {
            if (key.key === "Enter") {
              ask("marker-add", "marker", text());
              key.currentTarget.blur();
            }
          }}
        />
        <Press control="marker-add" name="marker" extra={text} label="Add" side="right" />
      </div>
      <Rating />
    </section>
  );
}
