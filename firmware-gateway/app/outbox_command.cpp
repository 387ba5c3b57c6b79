#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cloud-sync/store/outbox_report.hpp"
#include "firmware-gateway/app/commands.hpp"

namespace gateway {
namespace {

std::string when(const std::optional<UtcTime>& time) {
  if (!time) return "-";
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(*time))));
}

void print_json(const std::vector<SinkReport>& reports) {
  std::string sinks;
  for (const auto& [sink, figures] : reports) {
    // Sink ids are [a-z0-9_-]: nothing to escape.
    sinks += fmt::format(
        R"({}{{"name":"{}","kept_lines":{},"kept_values":{},"delivered_lines":{},"delivered_values":{},"rewritten_values":{},"queued_batches":{},)"
        R"("queued_lines":{},"queued_values":{},"queued_bytes":{},"oldest_queued_ms":{},"dead_lines":{},"dead_values":{},"dropped_lines":{},"dropped_values":{}}})",
        sinks.empty() ? "" : ",", sink, figures.kept_lines, figures.kept_values, figures.delivered_lines,
        figures.delivered_values, figures.rewritten_values, figures.queued_batches, figures.queued_lines,
        figures.queued_values, figures.queued_bytes,
        figures.oldest_queued ? std::to_string(to_ms(*figures.oldest_queued)) : "null", figures.dead_lines,
        figures.dead_values, figures.dropped_lines, figures.dropped_values);
  }
  fmt::print(R"({{"sinks":[{}]}})"
             "\n",
             sinks);
}

void print_table(const std::vector<SinkReport>& reports) {
  if (reports.empty()) fmt::print("The store has no sink yet.\n");
  for (const auto& [sink, figures] : reports) {
    fmt::print(
        "{}\n  delivered  {:>14} lines {:>14} values\n  waiting    {:>14} lines {:>14} values, {} batches, {} bytes, "
        "the oldest since {}\n",
        sink, figures.delivered_lines, figures.delivered_values, figures.queued_lines, figures.queued_values,
        figures.queued_batches, figures.queued_bytes, when(figures.oldest_queued));
    fmt::print("  dead       {:>14} lines {:>14} values: refused by the far end\n", figures.dead_lines,
               figures.dead_values);
    fmt::print(
        "  dropped    {:>14} lines {:>14} values: given up at the cap\n  kept       {:>14} lines {:>14} values: the "
        "sum\n",
        figures.dropped_lines, figures.dropped_values, figures.kept_lines, figures.kept_values);
  }
}

}  // namespace

int outbox(const OutboxArguments& arguments) {
  const auto reports = outbox_report(arguments.data);
  if (!reports) {
    fmt::print(stderr, "{}\n", reports.error().message());
    return 1;
  }
  if (arguments.json) {
    print_json(*reports);
  } else {
    print_table(*reports);
  }
  return 0;
}

}  // namespace gateway
