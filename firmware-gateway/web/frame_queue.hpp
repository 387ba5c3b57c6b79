// What one stream client has yet to be sent, in the order in which it happened.
//
// Of `live` frames only the newest is kept: a client that reads slowly gets fewer. Events (alarms, sensors) are all
// kept, up to a bound; beyond it the queue is emptied and says overflowed(): the client is to be closed. So a client's
// memory is bounded whatever it does. Frames are shared between clients. For the network thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace gateway {

using Frame = std::shared_ptr<const std::string>;

class FrameQueue {
 public:
  static constexpr std::size_t most_events = 1000;
  static constexpr std::size_t most_event_bytes = std::size_t{512} * 1024;

  // The whole picture a client begins with: never dropped, not counted.
  void push_first(Frame frame);
  void push_event(Frame frame);
  // True when an older live frame that was still waiting was dropped for it.
  bool push_live(Frame frame);
  // Whether one waits that the next would drop.
  [[nodiscard]] bool has_live() const noexcept;
  // Null when there is nothing to send.
  Frame pop();

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  enum class Kind { first, live, event };
  struct Entry {
    Frame frame;
    Kind kind{};
  };
  std::deque<Entry> entries_;
  std::size_t events_ = 0;
  std::size_t event_bytes_ = 0;
  bool overflowed_ = false;
};

}  // namespace gateway
