// gateway notify test: sends a test message the way a [[notify]] says, and tells what the far end answered.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>

#include "cloud-sync/notify/way.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/configuration.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/app/mqtt_channel.hpp"

namespace gateway {
namespace {

// Publishes beside the alarms, so that no state of theirs is touched, and waits for the broker's acknowledgement.
Reply publish_test(const Notify& notify, const Site& site) {
  struct Heard {
    std::mutex mutex;
    std::condition_variable changed;
    bool up = false;
    bool refused = false;
    std::string reason;
    std::optional<bool> acknowledged;
  };
  const auto heard = std::make_shared<Heard>();
  const auto topic = notify.base_topic + "/alarms/test";
  const auto channel =
      mqtt_channel(notify, site.id + "-test", "", [heard](bool up, std::string_view reason, bool refused) {
        const std::scoped_lock lock(heard->mutex);
        heard->up = up;
        heard->refused = refused;
        if (!reason.empty()) heard->reason = reason;
        heard->changed.notify_all();
      });
  channel.start();
  std::unique_lock lock(heard->mutex);
  heard->changed.wait_for(lock, notify.timeout, [&] { return heard->up || !heard->reason.empty(); });
  const bool up = heard->up;
  lock.unlock();
  if (up)
    channel.publish(topic, R"({"test":true})", false, [heard](bool acknowledged) {
      const std::scoped_lock guard(heard->mutex);
      heard->acknowledged = acknowledged;
      heard->changed.notify_all();
    });
  lock.lock();
  if (up) heard->changed.wait_for(lock, notify.timeout, [&] { return heard->acknowledged.has_value(); });
  Reply answer;
  const bool taken = heard->acknowledged.value_or(false);
  answer.outcome = taken            ? Reply::Outcome::taken
                   : heard->refused ? Reply::Outcome::refused_us
                                    : Reply::Outcome::try_again;
  answer.said = taken                   ? "the broker has acknowledged a message to " + topic
                : heard->reason.empty() ? "the broker does not answer"
                                        : heard->reason;
  lock.unlock();
  channel.stop();
  return answer;
}

std::string_view advice(Reply::Outcome outcome) {
  switch (outcome) {
    case Reply::Outcome::taken:
      return "taken";
    case Reply::Outcome::try_again:
      return "not taken; the gateway would try again";
    case Reply::Outcome::refused_message:
      return "the far end does not take such a message";
    case Reply::Outcome::refused_us:
      return "refused: look at the address, the secrets and the certificate authority";
  }
  return "";
}

}  // namespace

int notify_test(const NotifyArguments& arguments) {
  const auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  const auto& site = configuration->site;
  const auto notify = std::ranges::find(site.notifiers, arguments.id, &Notify::id);
  if (notify == site.notifiers.end()) {
    std::string known;
    for (const auto& each : site.notifiers) known += (known.empty() ? "" : ", ") + each.id;
    fmt::print(stderr, "there is no [[notify]] '{}' in {}; {}\n", arguments.id, arguments.config,
               known.empty() ? "it has none" : "it has " + known);
    return exit_bad_configuration;
  }
  Reply answer;
  if (notify->kind == Notify::Kind::mqtt) {
    answer = publish_test(*notify, site);
  } else {
    const std::atomic<bool> stopping{false};
    const DescribeAlarm describe = [](const AlarmRecord&, bool) { return std::string(); };
    Way way(*notify, site, describe, stopping);
    answer = way.send_test(SystemClock{}.utc());
  }
  const bool taken = answer.outcome == Reply::Outcome::taken && answer.left_out.empty();
  fmt::print(taken ? stdout : stderr, "{} ({}): {}\n  {}\n", notify->id, name_of(notify->kind),
             answer.left_out.empty() ? advice(answer.outcome) : "not taken for everybody", answer.said);
  return taken ? exit_done : exit_failed;
}

}  // namespace gateway
