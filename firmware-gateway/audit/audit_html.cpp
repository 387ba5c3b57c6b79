#include <tuple>

#include <fmt/format.h>

#include "firmware-gateway/audit/audit_columns.hpp"
#include "firmware-gateway/audit/audit_export.hpp"

namespace gateway {
namespace {

constexpr std::string_view style = R"(@page{size:A4 landscape;margin:12mm}
body{font:13px/1.45 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1a1a1a;margin:16px}
h1{font-size:20px;margin:0 0 2px}h2{font-size:15px;margin:18px 0 4px}p{margin:2px 0}
table{border-collapse:collapse;width:100%;font-size:10px}thead{display:table-header-group}tr{break-inside:avoid}
th,td{border:1px solid #bbb;padding:2px 4px;text-align:left;vertical-align:top}
th{background:#eef1f4;font-weight:600}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td:first-child{white-space:nowrap}.en{color:#555;font-weight:400}li{margin:1px 0})";

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string both(std::string_view zh, std::string_view en) {
  return fmt::format("{} <span class=en>{}</span>", escape(zh), escape(en));
}

std::string html_cell(std::string_view text, bool number) {
  return fmt::format("<td{}>{}</td>", number ? " class=n" : "", escape(text));
}

std::string head(std::initializer_list<AuditNote> titles) {
  std::string out = "<table><thead><tr>";
  for (const auto& title : titles) out += fmt::format("<th>{}</th>", both(title.zh, title.en));
  return out + "</tr></thead><tbody>\n";
}

std::string optional_cell(std::optional<std::int64_t> millionths) {
  return html_cell(millionths ? decimal(*millionths, 6) : "–", true);
}
std::string optional_cell(std::optional<double> value) {
  return html_cell(value ? fmt::format("{:.4f}", *value) : "–", true);
}

void write_lines(std::string& out, const AuditReport& report) {
  out += fmt::format("<h2>{}</h2>\n<table><thead><tr>", both("用量、费用与指标", "Consumption, cost and indicators"));
  for (const auto& column : audit_columns())
    if (column.printed) out += fmt::format("<th>{}</th>", both(column.zh, column.en));
  out += "</tr></thead><tbody>\n";
  for (const auto& line : report.lines) {
    out += "<tr>";
    for (const auto& column : audit_columns())
      if (column.printed) out += html_cell(column.value(report, line).value_or("–"), column.number);
    out += "</tr>\n";
  }
  out += "</tbody></table>\n";
}

void write_totals(std::string& out, const AuditReport& report) {
  if (report.totals.empty()) return;
  out += fmt::format("<h2>{}</h2>\n", both("综合能耗", "All energy together"));
  out += head({{"月份", "month"},
               {"区域", "area"},
               {"标准煤 kgce", "standard coal"},
               {"碳排放 kgCO2", "carbon"},
               {"用水 m3", "water"},
               {"kgce/m2", "standard coal per m2"},
               {"kgce/人", "standard coal per head"},
               {"m3/人", "water per head"}});
  for (const auto& total : report.totals) {
    out += "<tr>" + html_cell(day_text(total.month.first).substr(0, 7), false) +
           fmt::format("<td>{}</td>", both(total.label.local, total.label.english)) + optional_cell(total.coal) +
           optional_cell(total.carbon) + optional_cell(total.water) +
           optional_cell(total.coal ? per(*total.coal, total.floor_area_m2) : std::nullopt) +
           optional_cell(total.coal ? per(*total.coal, total.heads) : std::nullopt) +
           optional_cell(total.water ? per(*total.water, total.heads) : std::nullopt) + "</tr>\n";
  }
  out += "</tbody></table>\n";
}

void write_event_rows(std::string& out, const AuditReport& report, std::span<const QualityRecord> events) {
  out += head({{"时间", "time"},
               {"仪表", "meter"},
               {"事件", "event"},
               {"之前读数", "before"},
               {"之后读数", "after"},
               {"计入量", "booked"},
               {"操作人与原因", "who and why"}});
  for (const auto& event : events) {
    const auto name = event_name(event.kind);
    out += "<tr>" + html_cell(local_text(event.at, *report.site->time), false) +
           html_cell(report.site->meter(event.meter).id, false) + fmt::format("<td>{}</td>", both(name.zh, name.en)) +
           html_cell(decimal(event.before, 6), true) + html_cell(decimal(event.after, 6), true) +
           html_cell(decimal(event.amount, 6), true) +
           html_cell(event.by.empty() ? event.comment : event.by + ": " + event.comment, false) + "</tr>\n";
  }
  out += "</tbody></table>\n";
}

void write_traces(std::string& out, const AuditReport& report) {
  for (const auto& trace : report.traces) {
    const auto& meter = report.site->meter(trace.meter);
    const auto unit = unit_of(meter.utility);
    out += fmt::format("<h2>{} · {} {}</h2>\n", day_text(trace.month.first).substr(0, 7), escape(meter.id),
                       both(meter.name.local, meter.name.english));
    if (!trace.first || !trace.last) {
      out += fmt::format("<p>{}</p>\n", both("没有计数器读数", "no counter readings were kept"));
      continue;
    }
    for (const auto& [reading, zh, en] :
         {std::tuple{&trace.first, "起始读数", "first reading"}, std::tuple{&trace.last, "末次读数", "last reading"}})
      out += fmt::format("<p>{}: {} {} ({})</p>\n", both(zh, en), decimal((*reading)->reading, 6), unit,
                         local_text((*reading)->at, *report.site->time));
    if (!trace.events.empty()) write_event_rows(out, report, trace.events);
    out += fmt::format("<p>{} {} + {} {} + {} {} = <b>{} {}</b></p>\n", both("按读数", "by the readings"),
                       decimal(trace.by_readings, 6), both("更正", "corrections"), decimal(trace.corrected, 6),
                       both("时段边界", "at the edges"), decimal(trace.at_edges(), 6), decimal(trace.booked, 6), unit);
  }
}

}  // namespace

std::string audit_html(const AuditReport& report) {
  const auto& site = *report.site;
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=zh-CN><head><meta charset=utf-8><title>{} {} – "
      "{}</title>\n<style>{}</style></head><body>\n"
      "<h1>{}</h1>\n<p>{}：{} – {}（{}） · {} {}</p>\n",
      escape(site.name.local), day_text(report.period.first), day_text(report.period.last), style,
      both(site.name.local + " 能源资源消费审计报表", site.name.english + ", energy and water audit"),
      both("统计期", "period"), day_text(report.period.first), day_text(report.period.last), escape(site.time_zone),
      both("生成时间", "made"), local_text(report.made, *site.time));
  write_totals(out, report);
  write_lines(out, report);
  write_traces(out, report);
  if (!report.events.empty()) {
    out += fmt::format("<h2>{}</h2>\n", both("数据质量事件", "Data-quality events"));
    write_event_rows(out, report, report.events);
  }
  out += fmt::format("<h2>{}</h2>\n<ul>\n", both("依据与说明", "Sources and remarks"));
  for (const auto& note : audit_notes(report)) out += fmt::format("<li>{}</li>\n", both(note.zh, note.en));
  return out + "</ul>\n</body></html>\n";
}

}  // namespace gateway
