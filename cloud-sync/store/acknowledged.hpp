// Which outbox rows a sink is done with (delivered, dead-lettered or dropped): everything up to a cursor, and stretches
// beyond it, because the present goes out before the past. A handful of numbers however long the backlog is. For one
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

class Acknowledged {
 public:
  struct Stretch {
    std::int64_t first = 0;
    std::int64_t last = 0;  // inclusive
  };

  Acknowledged() = default;
  explicit Acknowledged(std::int64_t cursor) noexcept : cursor_(cursor) {}
  // From text(). What can't be read is left out: then rows are sent again, which is harmless.
  Acknowledged(std::int64_t cursor, std::string_view stretches);

  [[nodiscard]] bool contains(std::int64_t row) const noexcept;
  void add(std::int64_t row);
  // Everything up to `row` is done.
  void add_up_to(std::int64_t row);
  // The first row after `row` that is not done.
  [[nodiscard]] std::int64_t next_after(std::int64_t row) const noexcept;

  // The highest row that is done.
  [[nodiscard]] std::int64_t last() const noexcept { return stretches_.empty() ? cursor_ : stretches_.back().last; }
  [[nodiscard]] std::int64_t cursor() const noexcept { return cursor_; }
  [[nodiscard]] std::string text() const;  // of the stretches: "17-20,25-25"
  [[nodiscard]] const std::vector<Stretch>& stretches() const noexcept { return stretches_; }

 private:
  void join();
  std::int64_t cursor_ = 0;
  std::vector<Stretch> stretches_;  // beyond the cursor, in order, apart from each other
};

}  // namespace gateway
