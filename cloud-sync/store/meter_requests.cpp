#include "cloud-sync/store/meter_requests.hpp"

#include "cloud-sync/store/database.hpp"
#include "cloud-sync/store/folder_lock.hpp"
#include "cloud-sync/store/left_request.hpp"

namespace gateway {

namespace {

// For a gateway that runs: unlike dead letters, what is told of a meter is of now, and must not wait for a start that
// may be far away.
Expected<Database> store_of_running(const std::filesystem::path& folder) {
  const auto file = folder / "gateway.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return failure(error ? error : make_error_code(std::errc::no_such_file_or_directory), file.string());
  if (!FolderLock::holder(folder)) return failure(std::errc::no_child_process, folder.string());
  auto database = Database::open(file, Database::Mode::write);
  database.leave_as_found();
  return database;
}

}  // namespace

Expected<void> can_ask_meter_request(const std::filesystem::path& folder) {
  try {
    auto database = store_of_running(folder);
    if (!database) return std::unexpected(database.error());
    const Transaction writes(*database);  // rolled back
    return {};
  } catch (const DatabaseError& failed) {
    return std::unexpected(failed.error());
  }
}

Expected<RequestAnswer> ask_meter_request(const std::filesystem::path& folder, const MeterRequest& request,
                                          std::chrono::milliseconds patience) {
  try {
    auto opened = store_of_running(folder);
    if (!opened) return std::unexpected(opened.error());
    auto& database = *opened;
    auto ask = database.prepare(
        "INSERT INTO meter_request(kind, meter, old_last, new_first, from_ms, to_ms, amount, by, reason) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id");
    ask.with(name_of(request.kind), request.meter, request.old_last, request.new_first, to_ms(request.from),
             to_ms(request.to), request.amount, request.by, request.reason);
    const auto id = leave_request(ask);
    auto look = database.prepare("SELECT done, answer FROM meter_request WHERE id = ?1 AND answer IS NOT NULL");
    if (await_answer(look, id, folder, patience))
      return RequestAnswer{.request = id, .done = look.integer(0) != 0, .text = std::string{look.text(1)}};
    // What nobody has taken is withdrawn: it must not be done by a start that nobody thinks of any more.
    auto withdraw =
        database.prepare("DELETE FROM meter_request WHERE id = ?1 AND taken = 0 AND answer IS NULL RETURNING id");
    const bool withdrawn = withdraw.with(id).step();
    while (withdraw.step()) {
    }
    return failure(withdrawn ? std::errc::no_child_process : std::errc::timed_out, folder.string());
  } catch (const DatabaseError& failed) {
    return std::unexpected(failed.error());
  }
}

}  // namespace gateway
