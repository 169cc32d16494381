import { render } from "preact";
import { App } from "./app";
import "./style/base.css";
import "./style/page.css";
import "./style/stop.css";
import "./style/acts.css";
import "./style/difficulty.css";
import "./style/numbers.css";
import "./style/screens.css";

const root = document.getElementById("app");
if (root !== null) {
  render(<App />, root);
}
