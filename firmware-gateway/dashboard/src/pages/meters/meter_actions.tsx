// What people tell the gateway of a meter: that it was exchanged, and what is to be added to or taken from what it counted.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { announceExchange, correctMeter } from "../../api/client";
import type { Live } from "../../api/wire";
import { useTexts } from "../../i18n/texts";
import { HOUR, fieldTime, timeOfField } from "../../store/calendar";
import { correctionTimeFault } from "../../store/correction";
import { ActionDialog } from "../../ui/action_dialog";
import type { Field } from "../../ui/action_dialog";
import { failureText } from "../../ui/failure";
import { Icon } from "../../ui/icon";
import { useOperator } from "../../ui/operator";

type Asking = "exchange" | "correction" | null;

export function MeterActions({ live, nowMs, onChanged }: { live: Live; nowMs: number; onChanged?(): void }): JSX.Element | null {
  const { operates, administers } = useOperator();
  const { t } = useTexts();
  const [asking, setAsking] = useState<Asking>(null);
  if (live.meters.length === 0 || !operates) return null;
  const close = (): void => setAsking(null);
  return (
    <>
      <button type="button" class="button" data-action="exchange" onClick={() => setAsking("exchange")}><Icon name="gauge" size={16} />{t("exchange.open")}</button>
      {administers && <button type="button" class="button" data-action="correct" onClick={() => setAsking("correction")}><Icon name="plus" size={16} />{t("correction.open")}</button>}
      {asking === "exchange" && <ExchangeDialog live={live} onClose={close} onDone={() => onChanged?.()} />}
      {asking === "correction" && <CorrectionDialog live={live} nowMs={nowMs} onClose={close} onDone={() => onChanged?.()} />}
    </>
  );
}

interface DialogProps { live: Live; onClose(): void; onDone(): void }

function useMeterField(live: Live): Field {
  const { t, name } = useTexts();
  return { name: "meter", label: t("quality.meter"), options: live.meters.map((meter) => ({ value: meter.id, text: `${name(meter)} · ${meter.id} · ${meter.kind === "water" ? "m³" : "kWh"}` })) };
}

function ExchangeDialog({ live, onClose, onDone }: DialogProps): JSX.Element {
  const words = useTexts();
  const { t } = words;
  const meter = useMeterField(live);
  return (
    <ActionDialog title={t("exchange.title")} text={t("exchange.text")} submit={t("exchange.submit")} onClose={onClose} failure={(error) => failureText(error, words)}
      fields={[meter,
        { name: "old_reading", label: t("exchange.old"), kind: "number", required: true, placeholder: "12345.6" },
        { name: "new_reading", label: t("exchange.new"), kind: "number", required: true, placeholder: "0" },
        { name: "reason", label: t("dialog.reason"), required: true, placeholder: t("exchange.reason.example") },
      ]}
      onSubmit={async (values, by) => {
        await announceExchange(values["meter"] ?? "", { old_reading: Number(values["old_reading"]), new_reading: Number(values["new_reading"]), by, reason: values["reason"] ?? "" });
        onDone();
      }} />
  );
}

function CorrectionDialog({ live, nowMs, onClose, onDone }: DialogProps & { nowMs: number }): JSX.Element {
  const words = useTexts();
  const { t } = words;
  const zone = live.site.timezone;
  const meter = useMeterField(live);
  const hour = Math.floor(nowMs / HOUR) * HOUR;
  const times = (values: Record<string, string>): [number | null, number | null] => [timeOfField(values["from"] ?? "", zone), timeOfField(values["to"] ?? "", zone)];
  return (
    <ActionDialog title={t("correction.title")} text={t("correction.text")} submit={t("correction.submit")} onClose={onClose} failure={(error) => failureText(error, words)}
      fields={[meter,
        { name: "from", label: t("correction.from"), kind: "time", required: true, initial: fieldTime(hour - HOUR, zone) },
        { name: "to", label: t("correction.to"), kind: "time", required: true, initial: fieldTime(hour, zone) },
        { name: "sign", label: t("correction.sign"), options: [{ value: "1", text: t("correction.add") }, { value: "-1", text: t("correction.take") }] },
        { name: "amount", label: t("correction.amount"), kind: "number", required: true, placeholder: "12.5" },
        { name: "reason", label: t("dialog.reason"), required: true, placeholder: t("correction.reason.example") },
      ]}
      check={(values) => {
        const [from, to] = times(values);
        const fault = correctionTimeFault(from, to, nowMs, zone);
        if (fault !== null) return { field: fault.field, text: t(fault.text) };
        return Number(values["amount"]) === 0 ? { field: "amount", text: t("correction.nothing") } : null;
      }}
      onSubmit={async (values, by) => {
        const [from, to] = times(values);
        await correctMeter(values["meter"] ?? "", { from_ms: from ?? 0, to_ms: to ?? 0, amount: Number(values["sign"]) * Number(values["amount"]), by, reason: values["reason"] ?? "" });
        onDone();
      }} />
  );
}
