#include <fmt/format.h>

#include "cloud-sync/store/outbox_report.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/confirm.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/web/api_json.hpp"

namespace gateway {
namespace {

// Not by the C library: its time_t ends in 2038 on 32-bit ARM.
std::string when(const std::optional<UtcTime>& time) {
  if (!time) return "-";
  const auto day = std::chrono::floor<std::chrono::days>(*time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(*time - day));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

int tell(const Error& error, const std::string& data) {
  if (error.code == std::errc::no_such_file_or_directory) {
    fmt::print(stderr, "there is no store in {}; --data is the folder that `gateway run --data` writes to\n", data);
  } else {
    fmt::print(stderr, "{}\n", error.message());
  }
  return exit_failed;
}

// A sink that nothing was ever kept for is a slip, and no empty outbox.
std::optional<int> refuse_unknown_sink(const OutboxArguments& arguments) {
  const auto reports = outbox_report(arguments.data);
  if (!reports) return tell(reports.error(), arguments.data);
  if (arguments.sink.empty()) return std::nullopt;
  std::string known;
  for (const auto& [sink, figures] : *reports) {
    if (sink == arguments.sink) return std::nullopt;
    known += (known.empty() ? "" : ", ") + sink;
  }
  fmt::print(stderr, "the store has no sink '{}'; it has {}\n", arguments.sink, known.empty() ? "none yet" : known);
  return exit_bad_configuration;
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

// Which letters, in words; nothing when the command line does not say.
std::optional<std::string> chosen(const OutboxArguments& arguments) {
  const int ways = (arguments.letter > 0 ? 1 : 0) + (arguments.sink.empty() ? 0 : 1) + (arguments.all ? 1 : 0);
  if (ways != 1) return std::nullopt;
  if (arguments.letter > 0) return fmt::format("dead letter {}", arguments.letter);
  if (!arguments.sink.empty()) return fmt::format("every dead letter of {}", arguments.sink);
  return std::string("every dead letter of all sinks");
}

int change(const OutboxArguments& arguments, OutboxChange::Action action, std::string_view verb,
           std::string_view warning) {
  OutboxChange wanted{.action = action, .sink = arguments.sink, .letter = {}};
  std::string what;
  if (action == OutboxChange::Action::drop_waiting) {
    if (arguments.sink.empty() || arguments.letter > 0 || arguments.all) {
      fmt::print(stderr, "--waiting needs --sink ID, and nothing else: it gives up what waits for that one\n");
      return exit_bad_configuration;
    }
    what = "everything that waits for " + arguments.sink;
  } else {
    const auto letters = chosen(arguments);
    if (!letters) {
      fmt::print(stderr, "say which: --letter N, --sink ID or --all (`gateway outbox letters` lists them)\n");
      return exit_bad_configuration;
    }
    what = *letters;
    if (arguments.letter > 0) wanted.letter = arguments.letter;
  }
  if (const auto refused = refuse_unknown_sink(arguments)) return *refused;
  if (!confirmed(arguments.yes, fmt::format("{} {}?{}", verb, what, warning))) return exit_failed;
  const auto answer = ask_outbox_change(arguments.data, wanted);
  if (!answer) return tell(answer.error(), arguments.data);
  fmt::print("{}\n", *answer);
  return answer->starts_with("refused") ? exit_failed : exit_done;
}

}  // namespace

int outbox_letters(const OutboxArguments& arguments) {
  if (const auto refused = refuse_unknown_sink(arguments)) return *refused;
  const auto letters = dead_letters(arguments.data, arguments.sink, arguments.limit);
  if (!letters) return tell(letters.error(), arguments.data);
  if (arguments.json) {
    fmt::print("{}\n", letters_json(*letters));
    return exit_done;
  }
  if (letters->empty()) fmt::print("There are no dead letters.\n");
  for (const auto& letter : *letters) {
    constexpr std::size_t shown = 160;
    const auto line = letter.text.substr(0, std::min(letter.text.find('\n'), shown));
    fmt::print("{:>8}  {}  {}  {} {}: {}\n          {}{}\n", letter.number, when(letter.at), letter.sink, letter.lines,
               letter.lines == 1 ? "line" : "lines", letter.reason, line,
               line.size() < letter.text.size() ? " ..." : "");
  }
  return exit_done;
}

int outbox_requeue(const OutboxArguments& arguments) {
  return change(arguments, OutboxChange::Action::requeue_letters, "Send again:", "");
}

int outbox_drop(const OutboxArguments& arguments) {
  return change(arguments, arguments.waiting ? OutboxChange::Action::drop_waiting : OutboxChange::Action::drop_letters,
                "Give up for good:", " It can't be brought back.");
}

int outbox(const OutboxArguments& arguments) {
  const auto reports = outbox_report(arguments.data);
  if (!reports) return tell(reports.error(), arguments.data);
  if (arguments.json) {
    print_json(*reports);
  } else {
    print_table(*reports);
  }
  return 0;
}

}  // namespace gateway
