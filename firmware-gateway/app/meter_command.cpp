// gateway exchange, gateway correct: what a person tells of a meter, through the store of the running gateway.
#include <algorithm>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "cloud-sync/store/meter_requests.hpp"
#include "core/clock.hpp"
#include "core/problem.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/configuration.hpp"
#include "firmware-gateway/app/confirm.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/app/meter_entry.hpp"

namespace gateway {
namespace {

// As the API takes them.
constexpr std::size_t longest_by = 100;
constexpr std::size_t longest_reason = 1000;

int wrong(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return exit_bad_configuration;
}

const Meter* find_meter(const Site& site, const std::string& id) {
  const auto found = std::ranges::find(site.meters, id, &Meter::id);
  if (found != site.meters.end()) return &*found;
  std::vector<std::string_view> ids;
  for (const auto& meter : site.meters) ids.push_back(meter.id);
  const auto near = nearest(id, ids);
  wrong(fmt::format("no meter is called '{}'{}", id, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  return nullptr;
}

// What is wrong with the signature; "": nothing.
std::string wrong_with_signature(const MeterEntryArguments& arguments) {
  const auto blank = [](const std::string& text) { return text.find_first_not_of(" \t") == std::string::npos; };
  const auto several_lines = [](const std::string& text) { return text.find_first_of("\r\n") != std::string::npos; };
  if (blank(arguments.by)) return "--by is the name of the one who says so; it stands in the journal and in the report";
  if (blank(arguments.reason)) return "--reason says why; it stands in the journal and in the report";
  if (arguments.by.size() > longest_by || several_lines(arguments.by))
    return fmt::format("--by is one line of {} bytes at most", longest_by);
  if (arguments.reason.size() > longest_reason || several_lines(arguments.reason))
    return fmt::format("--reason is one line of {} bytes at most", longest_reason);
  return "";
}

int tell(const MeterEntryArguments& arguments, const Error& error) {
  if (error.code == std::errc::no_such_file_or_directory) {
    fmt::print(stderr, "there is no store in {}; --data is the folder that `gateway run --data` writes to\n",
               arguments.data);
  } else if (error.code == std::errc::no_child_process) {
    fmt::print(stderr, "no gateway runs on {}; start it, it has to know when the meter was exchanged or corrected\n",
               arguments.data);
  } else if (error.code == std::errc::timed_out) {
    fmt::print(stderr,
               "the gateway has not answered yet. It does this when it gets to it, after its next start at the latest: "
               "before you say it again, see whether `gateway audit --trace {}` has it\n",
               arguments.meter);
  } else {
    fmt::print(stderr, "the store in {} can't be written: {}; may this user write there? (sudo)\n", arguments.data,
               error.message());
  }
  return exit_failed;
}

// `question`: what is to be confirmed, after it is known that the answer will be of use.
int ask(const MeterEntryArguments& arguments, const MeterRequest& request, const std::string& question) {
  if (const auto ready = can_ask_meter_request(arguments.data); !ready) return tell(arguments, ready.error());
  if (!confirmed(arguments.yes, question)) return exit_failed;
  const auto answer = ask_meter_request(arguments.data, request);
  if (!answer) return tell(arguments, answer.error());
  fmt::print(answer->done ? stdout : stderr, "{}{}\n", answer->done ? "" : "refused: ", answer->text);
  return answer->done ? exit_done : exit_failed;
}

}  // namespace

int exchange(const ExchangeArguments& arguments) {
  const auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  const auto* meter = find_meter(configuration->site, arguments.meter);
  if (meter == nullptr) return exit_bad_configuration;
  MeterRequest request{
      .kind = MeterRequest::Kind::exchange, .meter = meter->id, .by = arguments.by, .reason = arguments.reason};
  for (const auto& [option, text, place] : {std::tuple{"--old", &arguments.old_reading, &request.old_last},
                                            std::tuple{"--new", &arguments.new_reading, &request.new_first}}) {
    const auto reading = parse_thousandths(*text);
    if (!reading || *reading < 0)
      return wrong(
          fmt::format("{}: '{}' is no reading; write what the display says, as 12345.6, without a unit and "
                      "with six decimals at most",
                      option, *text));
    *place = *reading;
  }
  if (const auto problem = wrong_with_signature(arguments); !problem.empty()) return wrong(problem);
  const auto unit = unit_of(*meter);
  return ask(arguments, request,
             fmt::format("{} ({}): the old meter ended at {} {}, the new one began at {} {}. Book it?", meter->id,
                         meter->name.local, thousandths_text(request.old_last), unit,
                         thousandths_text(request.new_first), unit));
}

int correct(const CorrectArguments& arguments) {
  const auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  const auto& site = configuration->site;
  const auto* meter = find_meter(site, arguments.meter);
  if (meter == nullptr) return exit_bad_configuration;
  MeterRequest request{
      .kind = MeterRequest::Kind::correct, .meter = meter->id, .by = arguments.by, .reason = arguments.reason};
  for (const auto& [option, text, place] :
       {std::tuple{"--from", &arguments.from, &request.from}, std::tuple{"--to", &arguments.to, &request.to}}) {
    const auto time = parse_local_time(*text, *site.time);
    if (!time) return wrong(fmt::format("{}: {}", option, time.error()));
    *place = *time;
  }
  const auto amount = parse_thousandths(arguments.amount);
  if (!amount || *amount == 0)
    return wrong(
        fmt::format("--amount: '{}' is no amount; write what is to be added, as 12.5, or taken away, as -12.5, "
                    "without a unit and with six decimals at most",
                    arguments.amount));
  request.amount = *amount;
  if (const auto problem = wrong_with_correction(request.from, request.to, SystemClock{}.utc(), site.store, *site.time))
    return wrong(*problem);
  if (const auto problem = wrong_with_amount(*meter, request.from, request.to, *amount))
    return wrong(fmt::format("--amount: {}", *problem));
  if (const auto problem = wrong_with_signature(arguments); !problem.empty()) return wrong(problem);
  return ask(arguments, request,
             fmt::format("{} ({}), {} to {}: {}{} {}. Book it?", meter->id, meter->name.local, arguments.from,
                         arguments.to, *amount > 0 ? "+" : "", thousandths_text(*amount), unit_of(*meter)));
}

}  // namespace gateway
