// A session whose messages and states a test can wait for.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "drivers/mqtt/mqtt_session.hpp"

namespace gateway::test {

class MqttClient {
 public:
  struct Message {
    std::string topic;
    std::string payload;
    bool retained = false;
    bool operator==(const Message&) const = default;
  };

  explicit MqttClient(MqttOptions options)
      : session_(std::move(options), {[this](std::string_view topic, std::string_view payload, bool retained) {
                                        const std::scoped_lock lock(mutex_);
                                        messages_.push_back({std::string(topic), std::string(payload), retained});
                                        changed_.notify_all();
                                      },
                                      [this](MqttState state, std::string_view reason) {
                                        const std::scoped_lock lock(mutex_);
                                        state == MqttState::connected ? ++connects_ : ++losses_;
                                        state_ = state;
                                        if (!reason.empty()) reason_ = reason;
                                        changed_.notify_all();
                                      }}) {
    session_.start();
  }

  template <class Condition>
  bool wait(Condition condition, std::chrono::seconds longest = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [&] { return condition(*this); });
  }
  bool wait_connects(int count) {
    return wait([&](const auto& self) { return self.connects_ >= count; });
  }
  bool wait_losses(int count) {
    return wait([&](const auto& self) { return self.losses_ >= count; });
  }
  bool wait_message(const Message& wanted) {
    return wait([&](const auto& self) {
      for (const auto& message : self.messages_)
        if (message == wanted) return true;
      return false;
    });
  }
  bool wait_reason() {
    return wait([](const auto& self) { return !self.reason_.empty(); });
  }
  [[nodiscard]] MqttState state() const {
    const std::scoped_lock lock(mutex_);
    return state_;
  }
  [[nodiscard]] std::string reason() const {
    const std::scoped_lock lock(mutex_);
    return reason_;
  }
  [[nodiscard]] std::size_t messages() const {
    const std::scoped_lock lock(mutex_);
    return messages_.size();
  }
  [[nodiscard]] std::vector<Message> all() const {
    const std::scoped_lock lock(mutex_);
    return messages_;
  }
  void forget() {
    const std::scoped_lock lock(mutex_);
    messages_.clear();
  }
  MqttSession& session() { return session_; }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Message> messages_;
  std::string reason_;
  MqttState state_ = MqttState::retrying;
  int connects_ = 0;
  int losses_ = 0;
  MqttSession session_;  // last: its callbacks use the rest
};

}  // namespace gateway::test
