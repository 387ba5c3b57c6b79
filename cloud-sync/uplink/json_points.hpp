// Line protocol, as LineEncoder writes it, as JSON for people and programs behind a broker:
//
//   {"points":[{"measurement":"electricity","time_ms":1763913600000,
//               "tags":{"area":"b1","meter":"main","site":"cangshan"},"fields":{"power_w":1234.5,"energy_import_wh":5000}}]}
//
// Messages of whole points, none longer than asked for unless one point alone is. Pure; for one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// Appends the point; false, and nothing appended, when the line is not line protocol with a time.
[[nodiscard]] bool append_json_point(std::string& json, std::string_view line);

class JsonPoints {
 public:
  // `lines` must outlive it.
  JsonPoints(std::string_view lines, std::size_t most_bytes) noexcept : lines_(lines), most_bytes_(most_bytes) {}

  // nullopt: that was all.
  [[nodiscard]] std::optional<std::string> next();
  // Lines that were left out so far.
  [[nodiscard]] std::uint64_t unreadable() const noexcept { return unreadable_; }

 private:
  std::string_view lines_;
  std::size_t most_bytes_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace gateway
