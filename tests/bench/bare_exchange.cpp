// What the machine itself takes for the exchanges of path_bench: libmodbus alone, in rounds like the gateway's, its
// answers thrown away.
//
//   bare_exchange --ports 1502,1503 --units 25 --registers 20 --seconds 10
//
// One thread a port asks every unit once a second. Prints {"cpu_ms_per_s": processor time of all threads}.
#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <modbus.h>

namespace {

double process_cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> ports;
  int units = 25, registers = 20, seconds = 10;
  CLI::App app{"Modbus TCP exchanges with nothing around them"};
  app.add_option("--ports", ports)->delimiter(',')->required();
  app.add_option("--units", units);
  app.add_option("--registers", registers);
  app.add_option("--seconds", seconds);
  CLI11_PARSE(app, argc, argv);

  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  const double before = process_cpu_ms();
  for (std::size_t i = 0; i < ports.size(); ++i)
    threads.emplace_back([&, i] {
      const std::unique_ptr<modbus_t, decltype(&modbus_free)> line{modbus_new_tcp("127.0.0.1", ports[i]), modbus_free};
      if (!line || modbus_connect(line.get()) != 0) return;
      std::vector<std::uint16_t> values(static_cast<std::size_t>(registers));
      auto due = std::chrono::steady_clock::now() + i * std::chrono::milliseconds{20};
      for (int round = 0; round < seconds; ++round, due += std::chrono::seconds{1}) {
        std::this_thread::sleep_until(due);
        for (int unit = 1; unit <= units; ++unit) {
          modbus_set_slave(line.get(), unit);
          if (modbus_read_registers(line.get(), 0, registers, values.data()) == registers) ++answered;
        }
      }
      modbus_close(line.get());
    });
  for (auto& thread : threads) thread.join();
  const int asked = static_cast<int>(ports.size()) * units * seconds;
  if (answered != asked) {
    fmt::print(stderr, "only {} of {} requests were answered\n", answered.load(), asked);
    return 1;
  }
  fmt::print("{{\"cpu_ms_per_s\": {:.4f}}}\n", (process_cpu_ms() - before) / seconds);
  return 0;
}
