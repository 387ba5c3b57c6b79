import { render } from "preact";
import { App } from "./app";
import { start } from "./store/gateway";
import { applyTheme, language, theme, wall } from "./store/preferences";

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

// Before the first rendering: the connection is made while the frame is drawn.
start();
render(<App />, root);
