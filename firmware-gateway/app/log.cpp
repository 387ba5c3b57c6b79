#include "firmware-gateway/app/log.hpp"

#include <cstdlib>
#include <memory>
#include <mutex>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "firmware-gateway/app/log_limit.hpp"

namespace gateway {
namespace {

// Passes on what LogLimit lets through, with a word about what it held back.
class LimitedSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text{message.payload.data(), message.payload.size()};
    const auto verdict = limit_.look_at(text, LogLimit::Time::clock::now());
    if (!verdict.pass) return;
    if (verdict.others > 0) {
      const auto told = fmt::format("{} lines of other kinds were left out, to spare the disk", verdict.others);
      out_.log({message.time, message.source, message.logger_name, spdlog::level::warn, told});
    }
    if (verdict.like_this == 0) return out_.log(message);
    const auto told = fmt::format("{} (and {} more like it since the last)", text, verdict.like_this);
    out_.log({message.time, message.source, message.logger_name, message.level, told});
  }
  void flush_() override { out_.flush(); }
  void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override {
    out_.set_formatter(std::move(formatter));
  }
  void set_pattern_(const std::string& pattern) override { out_.set_pattern(pattern); }

 private:
  LogLimit limit_;
  spdlog::sinks::stderr_sink_mt out_;
};

}  // namespace

void set_up_log(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("gateway", std::make_shared<LimitedSink>());
  // journald stamps each line itself.
  logger->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%l: %v" : "%Y-%m-%d %H:%M:%S.%e %l: %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace gateway
