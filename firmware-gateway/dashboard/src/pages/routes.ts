import { lazy } from "../ui/lazy";
import type { Route } from "../router";
import { OverviewPage } from "./overview/overview_page";

const energy = lazy(async () => (await import("./energy/energy_page")).EnergyPage);
const water = lazy(async () => (await import("./water/water_page")).WaterPage);
const security = lazy(async () => (await import("./security/security_page")).SecurityPage);
const alarms = lazy(async () => (await import("./alarms/alarms_page")).AlarmsPage);
const devices = lazy(async () => (await import("./devices/devices_page")).DevicesPage);
const audit = lazy(async () => (await import("./audit/audit_page")).AuditPage);
const system = lazy(async () => (await import("./system/system_page")).SystemPage);

/** The first is the start page. The menu shows itself as soon as there are two. */
export const ROUTES: readonly [Route, ...Route[]] = [
  { path: "overview", title: "page.overview", icon: "overview", page: OverviewPage },
  { path: "energy", title: "page.energy", icon: "bolt", page: energy.page },
  { path: "water", title: "page.water", icon: "drop", page: water.page },
  { path: "security", title: "page.security", icon: "shield", page: security.page },
  { path: "alarms", title: "page.alarms", icon: "bell", page: alarms.page },
  { path: "devices", title: "page.devices", icon: "device", page: devices.page },
  { path: "audit", title: "page.audit", icon: "table", page: audit.page },
  { path: "system", title: "page.system", icon: "system", page: system.page },
];

/** So that every page is there when the connection is not. One that fails is fetched again when it is wanted. */
export async function preloadPages(): Promise<void> {
  for (const page of [energy, water, security, alarms, devices, audit, system]) await page.preload().catch(() => undefined);
}
