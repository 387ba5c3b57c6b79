import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Live, Meter } from "../../api/wire";
import { AgeText, Empty, Value } from "../../ui/parts";
import { Icon } from "../../ui/icon";
import { useTexts } from "../../i18n/texts";
import { ageOf, ageOfFrame } from "../../store/age";

/** Closed until asked for: a site has hundreds, and rows nobody sees cost an old computer time every second. */
export function MetersPanel({ live, since }: { live: Live; since: number }): JSX.Element {
  const { t, f, name } = useTexts();
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState("");

  const areaNames = new Map(live.areas.map((area) => [area.id, name(area)]));
  const subitemNames = new Map(live.subitems.map((subitem) => [subitem.code, name(subitem)]));
  const online = live.meters.filter((meter) => meter.online === true).length;
  const wanted = search.trim().toLowerCase();
  const matches = (meter: Meter): boolean => wanted === ""
    || [meter.id, meter.name, meter.name_en, areaNames.get(meter.area ?? "") ?? ""].some((text) => text.toLowerCase().includes(wanted));
  // Meters that do not answer first; else in the order of the configuration.
  const rank = (meter: Meter): number => (meter.online === false ? 0 : 1);
  const shown = open ? live.meters.filter(matches).sort((a, b) => rank(a) - rank(b)) : [];

  return (
    <section id="meters" class="panel meters" aria-labelledby="meters-title">
      <header class="panel-head">
        <h2 id="meters-title">
          <button type="button" class="fold" aria-expanded={open} aria-controls="meters-list" onClick={() => setOpen(!open)}>
            <Icon name="chevron" size={16} />{t("meters.title")}
          </button>
        </h2>
        <div class="panel-note">
          <span class={`num ${online < live.meters.length ? "warn" : ""}`}>
            {online < live.meters.length && <Icon name="medium" size={13} />}
            {t("meters.summary", { online, total: live.meters.length })}
          </span>
          <AgeText age={ageOfFrame(since)} always={false} />
        </div>
        <ul class="buses" aria-label={t("meters.buses")}>
          {live.buses.map((bus) => (
            <li key={bus.id} class={bus.online === false ? "bus warn" : "bus"} title={bus.url}>
              <Icon name={bus.online === false ? "unlink" : bus.online === true ? "check" : "clock"} size={14} />
              <span>{bus.id}</span>
              <span class="num">{bus.meters_online}/{bus.meters}</span>
              {bus.online !== true && <span>{t(bus.online === false ? "status.offline" : "status.unknown")}</span>}
            </li>
          ))}
        </ul>
      </header>
      <div id="meters-list" hidden={!open}>
        {open && live.meters.length === 0 && <Empty icon="gauge" title={t("meters.empty")} />}
        {open && live.meters.length > 0 && <>
          <div class="search">
            <Icon name="search" size={16} />
            <input type="search" aria-label={t("meters.search")} placeholder={t("meters.search")} value={search}
              onInput={(event) => setSearch(event.currentTarget.value)} />
          </div>
          {shown.length === 0 && <Empty icon="search" title={t("meters.no_match")} />}
          {shown.length > 0 && (
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t("meters.name")}</th>
                  <th scope="col" class="wide">{t("meters.area")}</th>
                  <th scope="col" class="wide">{t("meters.subitem")}</th>
                  <th scope="col" class="right">{t("meters.now")}</th>
                  <th scope="col" class="right">{t("meters.today")}</th>
                  <th scope="col" class="right wide">{t("meters.counter")}</th>
                  <th scope="col" class="right">{t("meters.age")}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((meter) => {
                  const water = meter.kind === "water";
                  const age = ageOf(meter.age_ms, since, meter.online, meter.stale_after_ms);
                  return (
                    <tr key={meter.id} data-meter={meter.id}>
                      <th scope="row">
                        <span class="kind" title={t(`meters.${meter.kind}`)}><Icon name={water ? "drop" : "bolt"} size={15} /></span>
                        {name(meter)}
                      </th>
                      <td class="wide">{areaNames.get(meter.area ?? "") ?? meter.area}</td>
                      <td class="wide dim">{subitemNames.get(meter.subitem ?? "") ?? meter.subitem}</td>
                      <td class="right strong"><Value quantity={water ? f.flow(meter.flow_l_per_h) : f.power(meter.power_w)} age={age} /></td>
                      <td class="right"><Value quantity={water ? f.volume(meter.volume_today_l) : f.energy(meter.energy_today_wh)} age={age} /></td>
                      <td class="right wide"><Value quantity={water ? f.counterVolume(meter.volume_l) : f.counterEnergy(meter.energy_wh)} age={age} /></td>
                      <td class="right"><AgeText age={age} /></td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          )}
        </>}
      </div>
    </section>
  );
}
