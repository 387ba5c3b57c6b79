// Devices that announced themselves to the broker and are not in site.toml: what to paste there to take them in.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ProposedDevice } from "../../api/wire";
import { useTexts } from "../../i18n/texts";
import { Icon } from "../../ui/icon";
import { Panel } from "../../ui/parts";

export function ProposedPanel({ proposed }: { proposed: readonly ProposedDevice[] }): JSX.Element | null {
  const { t } = useTexts();
  const [copied, setCopied] = useState("");
  if (proposed.length === 0) return null;
  return (
    <Panel id="proposed" title={t("proposed.title")} note={<span>{t("proposed.note")}</span>}>
      <ul class="cards">{proposed.map((device) => (
        <li class="card" key={device.announced} data-proposed={device.id}>
          <h3>{device.name} <span class="online">{device.kind}</span></h3>
          <p class="dim payload">{device.announced}</p>
          <pre class="toml" tabIndex={0}>{device.toml}</pre>
          {/* Only pages by https or of the box itself may write to the clipboard; the text can be marked by hand everywhere. */}
          {navigator.clipboard !== undefined && <button type="button" class="button" onClick={() => {
            navigator.clipboard.writeText(device.toml).then(() => setCopied(device.announced), () => setCopied(""));
          }}><Icon name={copied === device.announced ? "check" : "table"} size={15} />{t(copied === device.announced ? "proposed.copied" : "proposed.copy")}</button>}
        </li>))}
      </ul>
    </Panel>
  );
}
