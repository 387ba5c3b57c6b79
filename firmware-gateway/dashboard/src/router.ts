// Pages by the address's hash: the gateway serves one file, and a reverse proxy's sub-path needs no rule for it.
import type { ComponentType } from "preact";
import type { IconName } from "./ui/icon";
import type { TextKey } from "./i18n/zh";
import { Observable } from "./store/observable";

export interface Route {
  path: string;
  title: TextKey;
  icon: IconName;
  page: ComponentType;
}

export function pathOf(hash: string): string {
  const path = hash.replace(/^#\/?/, "").split("?")[0] ?? "";
  return path.replace(/\/+$/, "");
}

export const currentPath = new Observable(pathOf(location.hash));
window.addEventListener("hashchange", () => currentPath.set(pathOf(location.hash)));

/** The first route answers for every address that is not known. */
export function findRoute(routes: readonly [Route, ...Route[]], path: string): Route {
  return routes.find((route) => route.path === path) ?? routes[0];
}
