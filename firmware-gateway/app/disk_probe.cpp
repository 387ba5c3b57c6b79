#include "firmware-gateway/app/disk_probe.hpp"

#include <system_error>
#include <thread>

namespace gateway {

DiskProbe::DiskProbe(std::function<bool()> takes_writes, std::chrono::nanoseconds interval)
    : asked_(std::make_shared<Asked>()), interval_(interval) {
  asked_->takes_writes = std::move(takes_writes);
}

void DiskProbe::look(MonotonicTime now) {
  if (now < next_ || asked_->under_way.load()) return;
  next_ = now + interval_;
  asked_->under_way = true;
  try {
    std::thread([asked = asked_] {
      asked->works = asked->takes_writes();
      asked->under_way = false;
    }).detach();
  } catch (const std::system_error&) {  // no more threads: next time
    asked_->under_way = false;
  }
}

}  // namespace gateway
