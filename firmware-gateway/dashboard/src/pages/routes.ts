import type { Route } from "../router";
import { OverviewPage } from "./overview/overview_page";

/** The first is the start page. The menu shows itself as soon as there are two. */
export const ROUTES: readonly [Route, ...Route[]] = [
  { path: "overview", title: "page.overview", icon: "overview", page: OverviewPage },
];
