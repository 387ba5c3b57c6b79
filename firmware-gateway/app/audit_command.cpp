#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "core/clock.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/configuration.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/audit/audit_export.hpp"

namespace gateway {
namespace {

// Whole or not at all: a report that is half written must not be taken for one.
bool write_file(const std::string& file, const std::string& text) {
  const auto part = file + ".part";
  const auto refused = [&] {
    const std::error_code why{errno, std::generic_category()};
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    fmt::print(stderr, "{} can't be written: {}\n", file, why.message());
    return false;
  };
  if (std::filesystem::is_directory(file)) {
    fmt::print(stderr, "{} is a folder; -o names the file that is to be written\n", file);
    return false;
  }
  errno = 0;
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out) return refused();
  }
  return std::rename(part.c_str(), file.c_str()) == 0 || refused();
}

}  // namespace

int audit(const AuditArguments& arguments) {
  const auto period = parse_audit_period(arguments.from, arguments.to);
  if (!period) {
    // What is said of an option begins with its name.
    const auto& error = period.error();
    fmt::print(stderr, "{}{}\n", error.starts_with("from ") || error.starts_with("to ") ? "--" : "", error);
    return exit_bad_configuration;
  }
  const auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  const auto file = std::filesystem::path(arguments.data) / "gateway.db";
  std::error_code unreadable;
  if (!std::filesystem::exists(file, unreadable)) {
    if (unreadable) {
      fmt::print(stderr, "{}: {}\n", file.string(), unreadable.message());
      return exit_failed;
    }
    fmt::print(stderr, "there is no store in {}; --data is the folder that `gateway run --data` writes to\n",
               arguments.data);
    return exit_failed;
  }
  auto reader = StoreReader::open(file, configuration->site);
  if (!reader) {
    fmt::print(stderr, "{}\n", reader.error().message());
    return exit_failed;
  }
  const auto report = make_audit(*reader, configuration->site, {*period, arguments.trace}, SystemClock{}.utc());
  if (!report) {
    const bool for_people =
        report.error().code == std::errc::invalid_argument || report.error().code == std::errc::no_message_available;
    fmt::print(stderr, "{}\n", for_people ? report.error().context : report.error().message());
    return report.error().code == std::errc::invalid_argument ? exit_bad_configuration : exit_failed;
  }
  const auto text = arguments.format == "json"   ? audit_json(*report) + "\n"
                    : arguments.format == "html" ? audit_html(*report)
                                                 : audit_csv(*report);
  if (!arguments.output.empty()) return write_file(arguments.output, text) ? exit_done : exit_failed;
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? exit_done : exit_failed;
}

}  // namespace gateway
