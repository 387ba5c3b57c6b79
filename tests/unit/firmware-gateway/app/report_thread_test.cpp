#include "firmware-gateway/app/report_thread.hpp"

#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(ReportThread, MakesOneAtATimeInTheOrderTheyWereAskedFor) {
  std::promise<void> done;
  std::vector<int> order;  // of the thread
  ReportThread reports;
  for (int i = 0; i < 3; ++i)
    reports.run(reports.take(), [&, i] {
      order.push_back(i);
      if (i == 2) done.set_value();
    });
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST(ReportThread, WhenAllPlacesAreTakenTheNextIsTurnedAwayUntilOneIsDone) {
  std::promise<void> go;
  std::promise<void> done;
  ReportThread reports;
  reports.run(reports.take(), [&, may = go.get_future().share()] { may.wait(); });
  reports.run(reports.take(), [&] { done.set_value(); });
  auto third = reports.take();
  EXPECT_NE(third, nullptr);
  EXPECT_EQ(reports.take(), nullptr);
  third = nullptr;  // whoever took it has thought better of it
  EXPECT_NE(reports.take(), nullptr);
  go.set_value();
  done.get_future().wait();
  while (reports.take() == nullptr) std::this_thread::yield();
}

TEST(ReportThread, StoppingEndsTheOneThatRunsAndThrowsAwayWhatWaits) {
  std::promise<void> runs;
  bool waiting_ran = false;
  ReportThread reports;
  reports.run(reports.take(), [&] {
    runs.set_value();
    while (!reports.stops()) std::this_thread::yield();
  });
  reports.run(reports.take(), [&] { waiting_ran = true; });
  runs.get_future().wait();
  reports.stop();
  EXPECT_FALSE(waiting_ran);
  reports.stop();
}

}  // namespace
}  // namespace gateway
