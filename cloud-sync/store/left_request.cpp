#include "cloud-sync/store/left_request.hpp"

#include <thread>

#include "cloud-sync/store/folder_lock.hpp"

namespace gateway {

std::int64_t leave_request(Statement& insert) {
  const auto id = insert.step() ? insert.integer(0) : 0;
  while (insert.step()) {
  }
  insert.reset();
  return id;
}

bool await_answer(Statement& look, std::int64_t id, const std::filesystem::path& folder,
                  std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds pause{100};
  for (auto waited = std::chrono::milliseconds{0}; waited < patience; waited += pause) {
    if (look.with(id).step()) return true;
    look.reset();
    if (!FolderLock::holder(folder)) return false;
    std::this_thread::sleep_for(pause);
  }
  return false;
}

}  // namespace gateway
