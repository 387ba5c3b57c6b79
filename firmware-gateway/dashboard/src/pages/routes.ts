import type { Route } from "../router";
import { AlarmsPage } from "./alarms/alarms_page";
import { AuditPage } from "./audit/audit_page";
import { DevicesPage } from "./devices/devices_page";
import { EnergyPage } from "./energy/energy_page";
import { OverviewPage } from "./overview/overview_page";
import { SecurityPage } from "./security/security_page";
import { SystemPage } from "./system/system_page";
import { WaterPage } from "./water/water_page";

/** The first is the start page. The menu shows itself as soon as there are two. */
export const ROUTES: readonly [Route, ...Route[]] = [
  { path: "overview", title: "page.overview", icon: "overview", page: OverviewPage },
  { path: "energy", title: "page.energy", icon: "bolt", page: EnergyPage },
  { path: "water", title: "page.water", icon: "drop", page: WaterPage },
  { path: "security", title: "page.security", icon: "shield", page: SecurityPage },
  { path: "alarms", title: "page.alarms", icon: "bell", page: AlarmsPage },
  { path: "devices", title: "page.devices", icon: "device", page: DevicesPage },
  { path: "audit", title: "page.audit", icon: "table", page: AuditPage },
  { path: "system", title: "page.system", icon: "system", page: SystemPage },
];
