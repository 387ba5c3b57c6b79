// The meter poller against Debian's python3-pymodbus, which shares no code with us or with libmodbus, over TCP and over
// an RTU line made by socat.
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collectors/metering/bus_plan.hpp"
#include "collectors/metering/meter_poller.hpp"
#include "tests/support/loopback.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

class Program {
 public:
  explicit Program(std::vector<std::string> words) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~Program() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

 private:
  pid_t pid_ = -1;
};

Site site_on(const std::string& url, const ModelLibrary& models) {
  std::string text = "[site]\nid = \"s\"\n[[bus]]\nid = \"x\"\nurl = \"" + url + "\"\n";
  int unit = 0;
  for (const auto* model :
       {"eastron-sdm630", "chint-dtsu666", "abb-b23", "kaifeng-xintai", "arad-octave", "acrel-adl3000e", "gavazzi-em24",
        "siemens-pac2200", "schneider-iem3155", "peacefair-pzem004t"})
    text += "[[meter]]\nid = \"" + std::string(model) + "\"\nbus = \"x\"\nunit = " + std::to_string(++unit) +
            "\nmodel = \"" + model + "\"\n";
  auto site = parse_site(text, "site.toml", models);
  EXPECT_TRUE(site) << site.error().front().text();
  return std::move(*site);
}

class PymodbusPeer : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const bool rtu = GetParam();
    if (rtu) {
      folder_ = std::filesystem::temp_directory_path() / ("pymodbus-peer-" + std::to_string(::getpid()));
      std::filesystem::create_directories(folder_);
      const auto near = (folder_ / "gateway").string(), far = (folder_ / "meters").string();
      line_ = std::make_unique<Program>(
          std::vector<std::string>{"socat", "pty,raw,echo=0,link=" + near, "pty,raw,echo=0,link=" + far});
      for (int i = 0; i < 200 && !(std::filesystem::exists(near) && std::filesystem::exists(far)); ++i)
        std::this_thread::sleep_for(20ms);
      server_ = std::make_unique<Program>(std::vector<std::string>{"/usr/bin/python3", SERVER, "rtu", far});
      url_ = "rtu://" + near + "?baud=19200";
    } else {
      const auto port = std::to_string(test::free_port());
      server_ = std::make_unique<Program>(std::vector<std::string>{"/usr/bin/python3", SERVER, "tcp", port});
      url_ = "tcp://127.0.0.1:" + port;
    }
    site_ = std::make_unique<Site>(site_on(url_, models_));
    link_ = std::make_unique<ModbusLink>(site_->buses[0].url);
    // The server is up when it answers.
    for (int i = 0; i < 300; ++i) {
      std::uint16_t one = 0;
      if (link_->read({1, 4, 0, 300ms, 0ns}, {&one, 1})) return;
      std::this_thread::sleep_for(100ms);
    }
    FAIL() << "pymodbus does not answer at " << url_;
  }
  void TearDown() override {
    link_.reset();
    server_.reset();
    line_.reset();
    std::error_code error;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, error);
  }
  std::vector<Reading> poll(std::size_t meter) {
    MeterPoller poller(*site_, MeterId{meter}, poll_tasks(*site_, MeterId{meter}).front().registers);
    ResponseTime response(2s);
    const auto polled = poller.poll(*link_, clock_, response, false);
    EXPECT_TRUE(polled) << polled.error().text;
    if (!polled) return {};
    return {polled->begin(), polled->end()};
  }
  const Reading& find(const std::vector<Reading>& readings, Quantity quantity) {
    static const Reading none;
    for (const auto& reading : readings)
      if (site_->point(reading.point()).quantity == quantity) return reading;
    ADD_FAILURE() << "no " << traits(quantity).name;
    return none;
  }

  ModelLibrary models_ = ModelLibrary::embedded();
  SystemClock clock_;
  std::filesystem::path folder_;
  std::string url_;
  std::unique_ptr<Program> line_, server_;
  std::unique_ptr<Site> site_;
  std::unique_ptr<ModbusLink> link_;
};

TEST_P(PymodbusPeer, TenModelsReadWhatTheirTablesSay) {
  const auto eastron = poll(0);
  EXPECT_EQ(find(eastron, Quantity::voltage_l1).as_gauge(), 230.5);
  EXPECT_EQ(find(eastron, Quantity::active_power).as_gauge(), 1234.5);
  EXPECT_EQ(find(eastron, Quantity::energy_import).as_counter(), 1'234'500'000);
  const auto chint = poll(1);
  EXPECT_NEAR(find(chint, Quantity::active_power).as_gauge(), 1234.5, 1e-9);
  EXPECT_EQ(find(chint, Quantity::energy_import).as_counter(), 1'234'500'000);
  const auto abb = poll(2);
  EXPECT_NEAR(find(abb, Quantity::active_power).as_gauge(), 1234.5, 1e-9);
  EXPECT_EQ(find(abb, Quantity::energy_import).as_counter(), 1'234'500'000);
  const auto kaifeng = poll(3);
  EXPECT_EQ(find(kaifeng, Quantity::volume).as_counter(), 1'234'500'000);
  EXPECT_NEAR(find(kaifeng, Quantity::flow).as_gauge(), 545, 1e-3);
  const auto arad = poll(4);
  EXPECT_EQ(find(arad, Quantity::volume).as_counter(), 1'234'500'000);
  const double watts[] = {1234, 1234.5, 1234.5, 1250, 1234.5};
  for (std::size_t i = 0; i < 5; ++i) {
    const auto readings = poll(5 + i);
    EXPECT_NEAR(find(readings, Quantity::active_power).as_gauge(), watts[i], 1e-9) << i;
    EXPECT_EQ(find(readings, Quantity::energy_import).as_counter(), 1'234'500'000) << i;
    EXPECT_TRUE(find(readings, Quantity::energy_import).good()) << i;
  }
  for (const std::size_t with_voltage : {5u, 6u, 9u})
    EXPECT_NEAR(find(poll(with_voltage), Quantity::voltage_l1).as_gauge(), 230.5, 1e-9) << with_voltage;
}

TEST_P(PymodbusPeer, ARegisterThatIsNotThereIsAnExceptionAndTheNextRequestIsInStep) {
  std::uint16_t word = 0;
  const auto missing = link_->read({1, 4, 0xFF00, 2s, 0ns}, {&word, 1});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, PollFailure::exception);
  EXPECT_EQ(missing.error().exception, 2);
  EXPECT_EQ(find(poll(0), Quantity::active_power).as_gauge(), 1234.5);
}

TEST_P(PymodbusPeer, AUnitThatIsNotThereIsATimeoutOrAnExceptionAndTheNextRequestIsInStep) {
  std::uint16_t word = 0;
  const auto missing = link_->read({99, 4, 0, 300ms, 0ns}, {&word, 1});
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().kind == PollFailure::timeout || missing.error().kind == PollFailure::exception)
      << missing.error().text;
  EXPECT_EQ(find(poll(0), Quantity::active_power).as_gauge(), 1234.5);
}

INSTANTIATE_TEST_SUITE_P(Lines, PymodbusPeer, testing::Values(false, true),
                         [](const auto& line) { return line.param ? "Rtu" : "Tcp"; });

}  // namespace
}  // namespace gateway
