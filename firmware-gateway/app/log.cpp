#include "firmware-gateway/app/log.hpp"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <sstream>

#include <fcntl.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "firmware-gateway/app/log_limit.hpp"

namespace gateway {
namespace {

std::filesystem::path budget_file(const std::filesystem::path& runtime_folder) {
  return runtime_folder.empty() ? runtime_folder : runtime_folder / "log-budget";
}

// What is left of the log's budget, in a file for the next life of the program: one that is killed again and again
// would otherwise have a whole burst each time. Written with each line that passes, which is seldom; the file lies in
// memory (/run), and what can't be kept there is no reason to say nothing.
class KeptBudget {
 public:
  explicit KeptBudget(const std::filesystem::path& file)
      : file_(file.empty() ? -1 : ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {}
  ~KeptBudget() {
    if (file_ >= 0) ::close(file_);
  }
  KeptBudget(const KeptBudget&) = delete;
  KeptBudget& operator=(const KeptBudget&) = delete;

  void restore(LogLimit& limit) const {
    char text[256] = {};
    if (file_ < 0 || ::pread(file_, text, sizeof text - 1, 0) <= 0) return;
    std::istringstream in(text);
    LogLimit::Budgets left;
    for (auto& budget : left) {
      std::int64_t at = 0;
      if (!(in >> budget.lines >> at)) return;
      budget.at = LogLimit::Time{std::chrono::nanoseconds{at}};
    }
    limit.resume(left, LogLimit::Time::clock::now());
  }
  void keep(const LogLimit& limit) const {
    if (file_ < 0) return;
    // Of one length, so that a newer text covers an older one.
    std::string text;
    for (const auto& budget : limit.budgets())
      text += fmt::format("{:010.3f} {:020}\n", budget.lines, budget.at.time_since_epoch().count());
    [[maybe_unused]] const auto written = ::pwrite(file_, text.data(), text.size(), 0);
  }

 private:
  int file_;
};

// Passes on what LogLimit lets through, with a word about what it held back.
class LimitedSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LimitedSink(const std::filesystem::path& kept) : kept_(kept) { kept_.restore(limit_); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text{message.payload.data(), message.payload.size()};
    const auto verdict = limit_.look_at(text, LogLimit::Time::clock::now());
    if (!verdict.pass) return;
    kept_.keep(limit_);
    // In the same line: another one would be outside of the budget.
    std::string more;
    if (verdict.like_this > 0) more += fmt::format(" (and {} more like it since the last)", verdict.like_this);
    if (verdict.others > 0)
      more += fmt::format(" ({} lines of other kinds were left out, to spare the disk)", verdict.others);
    const auto line = one_line(text, longest_log_line - more.size()) + more;
    out_.log({message.time, message.source, message.logger_name, message.level, line});
  }
  void flush_() override { out_.flush(); }
  void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override {
    out_.set_formatter(std::move(formatter));
  }
  void set_pattern_(const std::string& pattern) override { out_.set_pattern(pattern); }

 private:
  LogLimit limit_;
  KeptBudget kept_;
  spdlog::sinks::stderr_sink_mt out_;
};

}  // namespace

void set_up_log(const std::string& level, const std::filesystem::path& runtime_folder) {
  auto logger = std::make_shared<spdlog::logger>("gateway", std::make_shared<LimitedSink>(budget_file(runtime_folder)));
  // journald stamps each line itself.
  logger->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%l: %v" : "%Y-%m-%d %H:%M:%S.%e %l: %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

void forget_log_budget(const std::filesystem::path& runtime_folder) {
  std::error_code ignored;
  std::filesystem::remove(budget_file(runtime_folder), ignored);
}

}  // namespace gateway
