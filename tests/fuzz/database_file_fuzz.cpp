// A database file with bytes that nobody wrote: it is opened, or what reads of it is carried over; a batch can be kept
// afterwards, and what is handed to the uploader was once kept. The input is a list of changes to a good file, five
// bytes each: where (3), how many bytes, what they become; "how many" of 255 cuts the file off there.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "cloud-sync/store/store.hpp"
#include "cloud-sync/store/store_reader.hpp"
#include "core/site_reader.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::string_view toml = R"(
[site]
id = "site"
name = "site"
timezone = "Asia/Shanghai"
[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"
[[meter]]
id = "main"
bus = "plant"
unit = 1
model = "electric"
[[sink]]
id = "central"
kind = "influx1"
url = "http://127.0.0.1:8086"
database = "energy"
)";

class GoodDatabase {
 public:
  GoodDatabase() : site_(*parse_site(toml, "site.toml", test::FakeCatalogue{})) {
    // In memory: a disk's syncs are not what is looked for here.
    std::string name =
        (fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) + "/gateway-fuzz-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    auto store = Store::open(folder_, site_, clock_.now());
    GATEWAY_CHECK(store);
    for (int n = 1; n <= 40; ++n) keep(*store);
    file_ = store->file();
    *store = std::move(
        *Store::open(folder_ / "other", site_, clock_.now()));  // lets go of the first, whose log is carried over
    std::ifstream in(file_, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
  }
  ~GoodDatabase() { fs::remove_all(folder_); }

  void keep(Store& store) {
    clock_.advance(60s);
    Batch batch;
    batch.utc_offset = clock_.utc().time_since_epoch() - clock_.monotonic().time_since_epoch();
    batch.readings.push_back(
        Reading::gauge(site_.point_of(MeterId{0}, Quantity::active_power), clock_.monotonic(), 1000.0));
    batch.windows.push_back({.node = NodeId{0},
                             .length = WindowLength::minute,
                             .start = test::FakeClock::monday_midnight,
                             .amount = 1,
                             .samples = 1});
    AlarmRecord alarm;  // long over: the next look at what is kept too long takes it away
    alarm.alarm = AlarmId{0};
    alarm.event = alarm.occurrence = ++event_;
    alarm.changed = clock_.utc() - 2 * site_.store.keep_alarms;
    batch.alarms.push_back(alarm);
    batch.checkpoint.assign(32, std::byte{1});
    GATEWAY_CHECK(store.commit(batch, clock_.now()));
  }

  void try_with(std::string bytes) {
    const auto folder = folder_ / "tried";
    fs::remove_all(folder);
    fs::create_directory(folder);
    std::ofstream(folder / "gateway.db", std::ios::binary) << bytes;
    auto store = Store::open(folder, site_, clock_.now());
    if (!store) return;  // of a later version, perhaps: said so, and left alone
    (void)store->load_checkpoint();
    (void)store->load_alarms();
    keep(*store);
    (void)store->next(0, {});
    (void)store->figures(0);
    clock_.advance(2h);
    keep(*store);
    auto reader = StoreReader::open(store->file(), site_);
    if (!reader) return;
    (void)reader->history(NodeId{0}, WindowLength::minute, test::FakeClock::monday_midnight,
                          test::FakeClock::monday_midnight + 24h, 1000);
    (void)reader->alarm_journal(100);
  }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  Site site_;
  test::FakeClock clock_;
  fs::path folder_;
  fs::path file_;
  std::string bytes_;
  std::uint64_t event_ = 0;
};

}  // namespace
}  // namespace gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static gateway::GoodDatabase good;
  auto bytes = good.bytes();
  for (; size >= 5 && !bytes.empty(); data += 5, size -= 5) {
    const auto at =
        (static_cast<std::size_t>(data[0]) << 16 | static_cast<std::size_t>(data[1]) << 8 | data[2]) % bytes.size();
    if (data[3] == 255) {
      bytes.resize(at);
    } else {
      for (std::size_t i = at; i < std::min(bytes.size(), at + 1 + data[3]); ++i) bytes[i] = static_cast<char>(data[4]);
    }
  }
  good.try_with(std::move(bytes));
  return 0;
}
