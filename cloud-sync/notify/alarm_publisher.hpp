// Every alarm as a retained MQTT message under a topic of its own, and Home Assistant's discovery for each, so that it
// appears there by itself. Whoever subscribes knows how things stand, and gets every change, each with its id.
//
// What was published of alarms that site.toml does not have any more is taken back.
//
// One message at a time is on its way, until the broker has acknowledged it. On every connect everything is published
// anew: a broker may have forgotten. The channel's calls come on the publisher's thread; connected() may be called by
// any.
#pragma once

#include <deque>
#include <map>

#include "cloud-sync/notify/journal_follower.hpp"

namespace gateway {

// A session with a broker. The app makes it: cloud-sync does not know the drivers.
struct MqttChannel {
  std::function<void()> start;
  std::function<void()> stop;
  // done(true): the broker has acknowledged; done(false): the connection was not there, or went before. Any thread may
  // call it, also before publish() returns.
  std::function<void(const std::string& topic, const std::string& payload, bool retained,
                     std::function<void(bool)> done)>
      publish;
};

class AlarmPublisher final : public JournalFollower {
 public:
  // `states`: how the alarms stood when the store was opened. Everything handed in must outlive it.
  AlarmPublisher(const Notify& notify, const Site& site, const Clock& clock, JournalAccess journal,
                 NotifierPosition position, const DescribeAlarm& describe, std::span<const AlarmRecord> states);
  ~AlarmPublisher() override;

  // Changes that wait in memory for a broker that is away, about; the rest waits in the journal.
  static constexpr std::size_t most_waiting = 1'000;

  // Before start().
  void use(MqttChannel channel) { channel_ = std::move(channel); }
  // Any thread. refused: the broker does not take us, somebody has to mend something.
  void connected(bool up, std::string_view reason, bool refused = false);

  static std::string status_topic(const Notify& notify) { return notify.base_topic + "/alarms/status"; }

 private:
  struct Outgoing {
    std::string topic;
    std::string payload;
    std::int64_t event = 0;  // 0: not a change
  };
  void take(const AlarmEvent& event, UtcTime now) override;
  std::chrono::nanoseconds work(UtcTime now) override;
  [[nodiscard]] bool is_settled() const override { return outgoing_.empty(); }
  [[nodiscard]] std::string memory() const override { return on_broker_; }
  [[nodiscard]] bool is_full() const override { return outgoing_.size() >= most_waiting + 2 * states_.size(); }
  void on_stop() override;

  void publish_all();
  void put(AlarmId alarm);
  void take_back_others();
  [[nodiscard]] std::string state_topic(std::string_view rule, std::string_view source) const;
  [[nodiscard]] std::string state_topic(AlarmId alarm) const {
    return state_topic(site_.rule_of(alarm).id, site_.source_of(alarm).id);
  }
  [[nodiscard]] std::string state_json(AlarmId alarm) const;
  [[nodiscard]] std::string discovery_topic(std::string_view rule, std::string_view source) const;
  [[nodiscard]] std::string discovery_topic(AlarmId alarm) const {
    return discovery_topic(site_.rule_of(alarm).id, site_.source_of(alarm).id);
  }
  [[nodiscard]] std::string discovery_json(AlarmId alarm) const;

  const Notify& notify_;
  const Site& site_;
  const DescribeAlarm& describe_;
  MqttChannel channel_;
  std::map<AlarmId, AlarmEvent> states_;  // newest of each
  std::deque<Outgoing> outgoing_;
  std::string on_broker_;  // the alarms that were published there: a line each, rule and source

  // Between the session's thread and ours.
  struct Link {
    std::mutex mutex;
    bool up = false;
    bool refused = false;
    bool fresh = false;           // connected since work() last looked
    std::optional<bool> answer;   // of the message under way
    std::uint64_t under_way = 0;  // its number; 0: none
    std::string reason;
  };
  std::shared_ptr<Link> link_ = std::make_shared<Link>();
  std::uint64_t attempts_ = 0;
  MonotonicTime sent_at_{};
  MonotonicTime not_before_{};  // after a refusal
  bool started_ = false;
};

}  // namespace gateway
