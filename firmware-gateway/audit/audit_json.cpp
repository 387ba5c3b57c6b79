#include "firmware-gateway/audit/audit_columns.hpp"
#include "firmware-gateway/audit/audit_export.hpp"
#include "firmware-gateway/web/json_writer.hpp"

namespace gateway {
namespace {

void number(JsonWriter& json, std::string_view key, std::int64_t millionths) {
  json.key(key).raw(decimal(millionths, 6));
}

void optional_number(JsonWriter& json, std::string_view key, std::optional<std::int64_t> millionths) {
  if (millionths) {
    number(json, key, *millionths);
  } else {
    json.key(key).null();
  }
}

void write_row(JsonWriter& json, const AuditReport& report, const AuditLine& line) {
  json.begin_object();
  for (const auto& column : audit_columns()) {
    const auto value = column.value(report, line);
    json.key(column.key);
    if (!value) {
      json.null();
    } else if (column.number) {
      json.raw(*value);
    } else {
      json.string(*value);
    }
  }
  json.end_object();
}

void write_total(JsonWriter& json, const AuditTotal& total) {
  json.begin_object();
  json.member("month", day_text(total.month.first).substr(0, 7)).member("node", total.name);
  json.member("name", total.label.local).member("name_en", total.label.english);
  optional_number(json, "standard_coal_kgce", total.coal);
  optional_number(json, "carbon_kgco2", total.carbon);
  optional_number(json, "water_m3", total.water);
  json.member("standard_coal_per_m2", total.coal ? per(*total.coal, total.floor_area_m2) : std::nullopt);
  json.member("standard_coal_per_head", total.coal ? per(*total.coal, total.heads) : std::nullopt);
  json.member("carbon_per_m2", total.carbon ? per(*total.carbon, total.floor_area_m2) : std::nullopt);
  json.member("water_per_head", total.water ? per(*total.water, total.heads) : std::nullopt);
  json.end_object();
}

void write_event(JsonWriter& json, const AuditReport& report, const QualityRecord& event) {
  json.begin_object();
  json.member("meter", report.site->meter(event.meter).id).member("event", name_of(event.kind));
  json.member("at", local_text(event.at, *report.site->time));
  json.member("at_ms", to_ms(event.at));
  json.member("unit", unit_of(report.site->meter(event.meter).utility));
  number(json, "before", event.before);
  number(json, "after", event.after);
  number(json, "amount", event.amount);
  json.member("by", event.by).member("comment", event.comment);
  json.end_object();
}

void write_reading(JsonWriter& json, const AuditReport& report, const CounterRecord& reading) {
  json.begin_object();
  json.member("at", local_text(reading.at, *report.site->time)).member("at_ms", to_ms(reading.at));
  number(json, "reading", reading.reading);
  json.end_object();
}

void write_trace(JsonWriter& json, const AuditReport& report, const MeterTrace& trace) {
  json.begin_object();
  json.member("month", day_text(trace.month.first).substr(0, 7));
  json.member("meter", report.site->meter(trace.meter).id).member("sign", trace.sign);
  json.member("unit", unit_of(report.site->meter(trace.meter).utility));
  for (const auto& [key, reading] : {std::pair{"first", &trace.first}, std::pair{"last", &trace.last}}) {
    json.key(key);
    if (*reading) {
      write_reading(json, report, **reading);
    } else {
      json.null();
    }
  }
  json.key("events").begin_array();
  for (const auto& event : trace.events) write_event(json, report, event);
  json.end_array();
  number(json, "by_readings", trace.by_readings);
  number(json, "corrections", trace.corrected);
  number(json, "at_the_edges", trace.at_edges());
  number(json, "booked", trace.booked);
  json.key("readings").begin_array();
  for (const auto& reading : trace.readings) write_reading(json, report, reading);
  json.end_array().end_object();
}

}  // namespace

std::string audit_json(const AuditReport& report) {
  JsonWriter json(4096 + 1600 * report.lines.size());
  json.begin_object();
  json.member("site", report.site->id)
      .member("name", report.site->name.local)
      .member("name_en", report.site->name.english);
  json.member("timezone", report.site->time_zone);
  json.member("from", day_text(report.period.first)).member("to", day_text(report.period.last));
  json.member("made_ms", to_ms(report.made));
  json.key("rows").begin_array();
  for (const auto& line : report.lines) write_row(json, report, line);
  json.end_array().key("totals").begin_array();
  for (const auto& total : report.totals) write_total(json, total);
  json.end_array().key("quality_events").begin_array();
  for (const auto& event : report.events) write_event(json, report, event);
  json.end_array().key("trace").begin_array();
  for (const auto& trace : report.traces) write_trace(json, report, trace);
  json.end_array().key("notes").begin_array();
  for (const auto& note : audit_notes(report))
    json.begin_object().member("zh", note.zh).member("en", note.en).end_object();
  json.end_array().end_object();
  return json.take();
}

}  // namespace gateway
