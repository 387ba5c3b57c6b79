import { render } from "preact";
import { App } from "./app";
import { received, start } from "./store/gateway";
import { watchPaint } from "./store/painted";
import { applyTheme, language, theme, wall } from "./store/preferences";
import { needsLogin, session } from "./store/session";
import { watchSound } from "./store/sound";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app");

const applyLanguage = (): void => {
  document.documentElement.lang = language.get() === "zh" ? "zh-CN" : "en";
};
applyLanguage();
language.subscribe(applyLanguage);
applyTheme();
theme.subscribe(applyTheme);
wall.subscribe(applyTheme);

/** Longer than this nobody looks at an empty page. */
const DRAW_AT_LATEST_MS = 400;

// Drawing "connecting" first and the figures right after would be drawn twice; on an old computer that is a third of the time to
// the first number. A gateway that is there answers sooner than the page could say that it is being asked.
let drawn = false;
const draw = (): void => {
  if (drawn) return;
  drawn = true;
  render(<App />, root);
  watchPaint();
};
received.subscribe(draw);
session.subscribe(() => needsLogin(session.get()) && draw());
setTimeout(draw, DRAW_AT_LATEST_MS);
start();
watchSound();
