#include "firmware-gateway/app/notifiers.hpp"

#include "cloud-sync/notify/alarm_publisher.hpp"
#include "cloud-sync/notify/notifier.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "firmware-gateway/app/mqtt_channel.hpp"

namespace gateway {
namespace {

// Reads beside the store's writer, on a connection of its own: opened on the notifier's thread, at its first look.
JournalAccess journal_of(const Site& site, const std::string& id, StoreThread& store) {
  JournalAccess out;
  auto reader = std::make_shared<std::optional<StoreReader>>();
  out.read = [&site, &store, reader](std::int64_t after, std::size_t most) -> Expected<std::vector<AlarmEvent>> {
    if (!*reader) {
      auto opened = StoreReader::open(store.file(), site);
      if (!opened) return std::unexpected(opened.error());
      reader->emplace(std::move(*opened));
    }
    AlarmJournalQuery query;
    query.after = static_cast<std::uint64_t>(after);
    query.oldest_first = true;
    query.limit = most;
    auto entries = (*reader)->alarm_journal(query);
    if (!entries) return std::unexpected(entries.error());
    std::vector<AlarmEvent> events;
    for (auto& entry : *entries)
      events.push_back({static_cast<std::int64_t>(entry.record.event), std::move(entry.rule), std::move(entry.source),
                        std::move(entry.record)});
    return events;
  };
  out.save = [&store, id](const NotifierPosition& position) { store.save_notifier(id, position); };
  return out;
}

}  // namespace

Notifiers::Notifiers(const Site& site, const Clock& clock, StoreThread& store, DescribeAlarm describe,
                     std::vector<NotifierPosition> positions, const std::vector<AlarmRecord>& states)
    : describe_(std::move(describe)) {
  for (std::size_t i = 0; i < site.notifiers.size(); ++i) {
    const auto& notify = site.notifiers[i];
    auto journal = journal_of(site, notify.id, store);
    if (notify.kind != Notify::Kind::mqtt) {
      followers_.push_back(
          std::make_unique<Notifier>(notify, site, clock, std::move(journal), std::move(positions[i]), describe_));
      continue;
    }
    auto publisher = std::make_unique<AlarmPublisher>(notify, site, clock, std::move(journal), std::move(positions[i]),
                                                      describe_, states);
    publisher->use(mqtt_channel(notify, site.id, AlarmPublisher::status_topic(notify),
                                [to = publisher.get()](bool up, std::string_view reason, bool refused) {
                                  to->connected(up, reason, refused);
                                }));
    followers_.push_back(std::move(publisher));
  }
}

Notifiers::~Notifiers() { stop(); }

void Notifiers::start() {
  for (const auto& follower : followers_) follower->start();
}
void Notifiers::stop() {
  for (const auto& follower : followers_) follower->stop();
}
void Notifiers::wake() {
  for (const auto& follower : followers_) follower->wake();
}

std::vector<NotifierStatus> Notifiers::status() const {
  std::vector<NotifierStatus> out;
  for (const auto& follower : followers_) out.push_back(follower->status());
  return out;
}

}  // namespace gateway
