#include "cloud-sync/store/meter_requests.hpp"

#include <thread>

#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/folder_lock.hpp"

namespace gateway {

Expected<RequestAnswer> ask_meter_request(const std::filesystem::path& folder, const MeterRequest& request,
                                          std::chrono::milliseconds patience) {
  const auto file = folder / "gateway.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return failure(std::errc::no_such_file_or_directory, file.string());
  // Unlike dead letters, what is told of a meter is of now: it must not wait for a start that may be far away.
  if (!FolderLock::holder(folder)) return failure(std::errc::no_child_process, folder.string());
  try {
    auto database = Database::open(file, Database::Mode::write);
    database.leave_as_found();
    auto ask = database.prepare(
        "INSERT INTO meter_request(kind, meter, old_last, new_first, from_ms, to_ms, amount, by, reason) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id");
    ask.with(name_of(request.kind), request.meter, request.old_last, request.new_first, to_ms(request.from),
             to_ms(request.to), request.amount, request.by, request.reason);
    RequestAnswer answer{.request = ask.step() ? ask.integer(0) : 0, .done = false, .text = {}};
    while (ask.step()) {
    }
    ask.reset();
    auto look = database.prepare("SELECT done, answer FROM meter_request WHERE id = ?1 AND answer IS NOT NULL");
    constexpr std::chrono::milliseconds pause{100};
    for (auto waited = std::chrono::milliseconds{0}; waited < patience; waited += pause) {
      if (look.with(answer.request).step()) {
        answer.done = look.integer(0) != 0;
        answer.text = look.text(1);
        return answer;
      }
      look.reset();
      if (!FolderLock::holder(folder)) break;
      std::this_thread::sleep_for(pause);
    }
    // What nobody has taken is withdrawn: it must not be done by a start that nobody thinks of any more.
    auto withdraw =
        database.prepare("DELETE FROM meter_request WHERE id = ?1 AND taken = 0 AND answer IS NULL RETURNING id");
    const bool withdrawn = withdraw.with(answer.request).step();
    while (withdraw.step()) {
    }
    return failure(withdrawn ? std::errc::no_child_process : std::errc::timed_out, folder.string());
  } catch (const DatabaseError& failed) {
    return std::unexpected(failed.error());
  }
}

}  // namespace gateway
