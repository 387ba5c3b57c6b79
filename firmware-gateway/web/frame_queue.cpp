#include "firmware-gateway/web/frame_queue.hpp"

#include <algorithm>

namespace gateway {

void FrameQueue::push_first(Frame frame) { entries_.push_back({std::move(frame), Kind::first}); }

void FrameQueue::push_event(Frame frame) {
  if (overflowed_) return;
  if (events_ == most_events || event_bytes_ + frame->size() > most_event_bytes) {
    overflowed_ = true;
    entries_.clear();
    return;
  }
  ++events_;
  event_bytes_ += frame->size();
  entries_.push_back({std::move(frame), Kind::event});
}

bool FrameQueue::push_live(Frame frame) {
  if (overflowed_) return true;
  // The new frame goes to the end, not into the old one's place: it tells of a time after the events in between, and
  // they must not undo it.
  const bool dropped = std::erase_if(entries_, [](const Entry& entry) { return entry.kind == Kind::live; }) > 0;
  entries_.push_back({std::move(frame), Kind::live});
  return dropped;
}

bool FrameQueue::has_live() const noexcept {
  return std::ranges::any_of(entries_, [](const Entry& entry) { return entry.kind == Kind::live; });
}

Frame FrameQueue::pop() {
  if (entries_.empty()) return nullptr;
  auto entry = std::move(entries_.front());
  entries_.pop_front();
  if (entry.kind == Kind::event) {
    --events_;
    event_bytes_ -= entry.frame->size();
  }
  return std::move(entry.frame);
}

}  // namespace gateway
